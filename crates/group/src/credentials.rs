//! Which credentials have to be judged, and why.
//!
//! RFC 9420 §5.3.1: the places where the Authentication Service is asked.

use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialQuestion, CredentialRole};
use copath_messages::{
    ExternalSender, GroupContextExtensions, LeafNode, Proposal, ReInit, Sender, UpdatePath,
};
use copath_ratchet_tree::Leaf;
use copath_rules::{RuleId, rule};
use copath_tree_math::LeafIndex;

use crate::apply::Applied;
use crate::proposals::{Committer, ProposalList, Source};
use crate::public_state::PublicState;
use crate::{GroupError, Subject};

/// Questions with whose credential each is about, and the rule that asks.
pub(crate) type Questions = (Vec<CredentialQuestion>, Vec<(Subject, RuleId)>);

#[derive(Default)]
struct Asked {
    questions: Vec<CredentialQuestion>,
    subjects: Vec<(Subject, RuleId)>,
}

impl Asked {
    fn valid(
        &mut self,
        role: CredentialRole,
        (credential, key): (&Credential, &[u8]),
        why: (Subject, RuleId),
    ) {
        self.questions.push(CredentialQuestion::Valid {
            role,
            credential: credential.clone(),
            signature_key: Opaque::from(key),
        });
        self.subjects.push(why);
    }

    /// A leaf that replaces another one: valid if its credential or key is new, and then a successor.
    fn replacement(&mut self, role: CredentialRole, old: &Leaf<'_>, new: &LeafNode, why: (Subject, RuleId)) {
        let credential = old.credential();
        if credential == new.credential && old.signature_key() == new.signature_key.as_slice() {
            return;
        }
        self.valid(role, (&new.credential, &new.signature_key), why);
        self.questions.push(CredentialQuestion::Successor {
            old: credential,
            old_signature_key: Opaque::from(old.signature_key()),
            new: new.credential.clone(),
            new_signature_key: new.signature_key.clone(),
        });
        self.subjects.push((why.0, rule!("5.3.1-08")));
    }
}

/// The questions that a commit raises. Proposals by reference were judged when they were queued.
pub(crate) fn questions_of_commit(
    state: &PublicState,
    list: &ProposalList,
    applied: &Applied,
    path: Option<&UpdatePath>,
) -> Result<Questions, GroupError> {
    let mut asked = Asked::default();
    for (position, entry) in list.numbered() {
        if entry.source == Source::Value {
            ask_about_proposal(&mut asked, state, &entry.proposal, &entry.sender, position)?;
        }
    }
    if let Some(path) = path {
        match list.committer {
            Committer::Member(leaf) => {
                if let Some(old) = state.tree().leaf(leaf) {
                    let why = (Subject::Committer, rule!("5.3.1-05"));
                    asked.replacement(CredentialRole::Committer, &old, &path.leaf_node, why);
                }
            }
            Committer::External => ask_about_external_joiner(&mut asked, state, applied, &path.leaf_node)?,
        }
    }
    Ok((asked.questions, asked.subjects))
}

/// The questions that a single proposal raises when it is received or about to be sent.
pub(crate) fn questions_of_proposal(
    state: &PublicState,
    proposal: &Proposal,
    sender: &Sender,
) -> Result<Questions, GroupError> {
    let mut asked = Asked::default();
    ask_about_proposal(&mut asked, state, proposal, sender, 0)?;
    Ok((asked.questions, asked.subjects))
}

/// The same questions where the client itself is about to send the Adds (rule 5.3.1-01).
pub(crate) fn as_sender((questions, mut subjects): Questions) -> Questions {
    for (_, rule) in &mut subjects {
        if *rule == rule!("5.3.1-03") {
            *rule = rule!("5.3.1-01");
        }
    }
    (questions, subjects)
}

/// The questions of a client that joins: all members, and the external senders (rule 5.3.1-02).
pub(crate) fn questions_of_tree(
    public: &PublicState,
    except: Option<LeafIndex>,
) -> Result<Questions, GroupError> {
    let mut asked = Asked::default();
    for leaf in public.tree().members() {
        if Some(leaf.index()) != except {
            let why = (Subject::Leaf(leaf.index().as_u32()), rule!("5.3.1-02"));
            asked.valid(CredentialRole::Member, (&leaf.credential(), leaf.signature_key()), why);
        }
    }
    ask_about_external_senders(&mut asked, &[], public.external_senders()?, Subject::ExternalSender);
    Ok((asked.questions, asked.subjects))
}

/// The questions of a client that creates a group: the external senders that it puts in.
pub(crate) fn questions_of_creation(senders: Vec<ExternalSender>) -> Questions {
    let mut asked = Asked::default();
    ask_about_external_senders(&mut asked, &[], senders, Subject::ExternalSender);
    (asked.questions, asked.subjects)
}

fn ask_about_proposal(
    asked: &mut Asked,
    state: &PublicState,
    proposal: &Proposal,
    sender: &Sender,
    position: u32,
) -> Result<(), GroupError> {
    let subject = Subject::Proposal(position);
    let role = match sender {
        Sender::NewMemberProposal => CredentialRole::JoinRequest,
        _ => CredentialRole::Added,
    };
    match proposal {
        Proposal::Add(add) => {
            let leaf = &add.key_package.leaf_node;
            let why = (subject, rule!("5.3.1-03"));
            asked.valid(role, (&leaf.credential, &leaf.signature_key), why);
        }
        Proposal::Update(update) => {
            if let Some(old) = member(sender).and_then(|leaf| state.tree().leaf(leaf)) {
                let why = (subject, rule!("5.3.1-04"));
                asked.replacement(CredentialRole::Updated, &old, &update.leaf_node, why);
            }
        }
        Proposal::GroupContextExtensions(GroupContextExtensions { extensions })
        | Proposal::ReInit(ReInit { extensions, .. }) => {
            let context = state.registrations().decode_context();
            let new = extensions.external_senders_in(context)?.unwrap_or_default();
            let subject = |sender| Subject::ProposedSender { proposal: position, sender };
            ask_about_external_senders(asked, &state.external_senders()?, new, subject);
        }
        _ => {}
    }
    Ok(())
}

/// Senders that stand where they stood, unchanged, were judged before.
fn ask_about_external_senders(
    asked: &mut Asked,
    old: &[ExternalSender],
    new: Vec<ExternalSender>,
    subject: impl Fn(u32) -> Subject,
) {
    for (index, sender) in (0u32..).zip(&new) {
        let before = usize::try_from(index).ok().and_then(|i| old.get(i));
        if before != Some(sender) {
            let rule = if before.is_some() { rule!("5.3.1-07") } else { rule!("5.3.1-06") };
            let why = (subject(index), rule);
            asked.valid(CredentialRole::ExternalSender, (&sender.credential, &sender.signature_key), why);
        }
    }
}

fn ask_about_external_joiner(
    asked: &mut Asked,
    state: &PublicState,
    applied: &Applied,
    leaf: &LeafNode,
) -> Result<(), GroupError> {
    let why = (Subject::Committer, rule!("5.3.1-05"));
    asked.valid(CredentialRole::ExternalJoiner, (&leaf.credential, &leaf.signature_key), why);
    for old in applied.removed.iter().filter_map(|removed| state.tree().leaf(*removed)) {
        asked.questions.push(CredentialQuestion::Successor {
            old: old.credential(),
            old_signature_key: Opaque::from(old.signature_key()),
            new: leaf.credential.clone(),
            new_signature_key: leaf.signature_key.clone(),
        });
        asked.subjects.push((Subject::Committer, rule!("12.2-21")));
    }
    Ok(())
}

fn member(sender: &Sender) -> Option<LeafIndex> {
    match sender {
        Sender::Member { leaf_index } => LeafIndex::new(*leaf_index),
        _ => None,
    }
}
