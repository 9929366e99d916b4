//! A state: one member of one group.

use std::collections::BTreeMap;

use copath_codec::Encode;
use copath_credentials::Credential;
use copath_group::{Answers, Group, GroupError, GroupSettings, Needs, Prepared, Received, TreeTransfer};
use copath_group::{Misuse, WelcomeOptions};
use copath_messages::MlsMessage;
use copath_ratchet_tree::RatchetTree;
use copath_records::{MemoryStore, Store};
use copath_tree_math::LeafIndex;

use crate::actor::Actor;
use crate::authentication::judge;
use crate::clock::now;
use crate::psks::Psks;
use crate::{ClientError, decode};

/// One member's view of one group.
pub(crate) struct Member {
    pub(crate) actor: Actor,
    pub(crate) settings: GroupSettings,
    pub(crate) group: Group,
    pub(crate) psks: Psks,
    /// The state that this one succeeds, to be freed with it: the harness forgets its id.
    pub(crate) predecessor: Option<u32>,
    /// The proposals of this epoch that came or went: message to ProposalRef.
    references: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What joiners need.
#[derive(Debug, Default)]
pub(crate) struct ForJoiners {
    /// The Welcome; empty if nobody joins.
    pub(crate) welcome: Vec<u8>,
    /// The tree; empty if it travels inside.
    pub(crate) ratchet_tree: Vec<u8>,
}

impl Member {
    pub(crate) fn new(actor: Actor, settings: GroupSettings, group: Group, psks: Psks) -> Self {
        Self { actor, settings, group, psks, predecessor: None, references: BTreeMap::new() }
    }

    /// Carries out a transition. Nothing is stored: the process is the actor's whole life.
    pub(crate) fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Result<T, ClientError> {
        self.group.apply(prepared.patch)?;
        Ok(prepared.output)
    }

    /// Carries out a transition that leads to another epoch, which forgets the proposals of the one before.
    pub(crate) fn enter<T>(&mut self, prepared: Prepared<T>) -> Result<T, ClientError> {
        let output = self.carry_out(prepared)?;
        self.references.clear();
        Ok(output)
    }

    /// Carries out the transition behind a message of this member, and encodes the message.
    pub(crate) fn release(&mut self, prepared: Prepared<MlsMessage>) -> Result<Vec<u8>, ClientError> {
        let octets = decode::encoded(prepared.output.clone())?;
        self.carry_out(prepared)?;
        Ok(octets)
    }

    /// As [`Member::release`], for a proposal, which the harness will name by the message.
    pub(crate) fn release_proposal(
        &mut self,
        prepared: Prepared<MlsMessage>,
    ) -> Result<Vec<u8>, ClientError> {
        let before: Vec<Vec<u8>> = self.pending_references();
        let octets = self.release(prepared)?;
        let new = self.pending_references().into_iter().find(|reference| !before.contains(reference));
        if let Some(reference) = new {
            self.references.insert(octets.clone(), reference);
        }
        Ok(octets)
    }

    /// The ProposalRefs of all proposals that wait for a commit.
    pub(crate) fn pending_references(&self) -> Vec<Vec<u8>> {
        self.group.pending_proposals().map(|queued| queued.reference).collect()
    }

    /// Queues the proposals of `messages` that aren't yet, this member's own among them, and gives the ProposalRefs
    /// of all, each once.
    pub(crate) fn queue(&mut self, messages: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, ClientError> {
        let mut references = Vec::new();
        for (position, octets) in messages.iter().enumerate() {
            let reference = match self.references.get(octets) {
                Some(known) => known.clone(),
                None => self.queue_one(octets)?.ok_or(ClientError::NotAProposal { position })?,
            };
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        Ok(references)
    }

    fn queue_one(&mut self, octets: &[u8]) -> Result<Option<Vec<u8>>, ClientError> {
        let message = self.group.decode(octets)?;
        let Received::Proposal(check) = self.group.receive(&message, now())? else { return Ok(None) };
        let answers = answers(check.needs(), &self.psks);
        let prepared = check.finish(&self.group, answers)?;
        let reference = self.carry_out(prepared)?.reference;
        self.references.insert(octets.to_vec(), reference.clone());
        Ok(Some(reference))
    }

    /// What joiners need of the epoch that the pending commit leads to, before the commit is accepted: the harness
    /// wants it along with the commit. It is made in a copy of the group, which goes ahead and is dropped.
    pub(crate) fn for_joiners_ahead(&self, transfer: TreeTransfer) -> Result<ForJoiners, ClientError> {
        let store = MemoryStore::new();
        store.commit(&self.group.all_records()?).map_err(GroupError::from)?;
        let copy = Group::load(&store, self.group.provider(), &self.settings, self.group.group_id())?;
        let mut ahead = copy.ok_or(Misuse::NoPendingCommit)?;
        let accepted = ahead.accept_pending_commit()?;
        ahead.apply(accepted.patch)?;
        for_joiners(&ahead, &self.actor, transfer)
    }

    /// What joiners need of the present epoch, which this member began; it can be had once.
    pub(crate) fn for_joiners(&mut self, transfer: TreeTransfer) -> Result<ForJoiners, ClientError> {
        let made = for_joiners(&self.group, &self.actor, transfer)?;
        self.release_welcome()?;
        Ok(made)
    }

    /// Erases what Welcomes are made from, if there is any: they are out.
    pub(crate) fn release_welcome(&mut self) -> Result<(), ClientError> {
        if self.group.has_welcome() {
            let released = self.group.release_welcome()?;
            self.carry_out(released)?;
        }
        Ok(())
    }
}

fn for_joiners(group: &Group, actor: &Actor, transfer: TreeTransfer) -> Result<ForJoiners, ClientError> {
    let mut made = ForJoiners::default();
    if group.has_welcome() {
        let built = group.build_welcome(WelcomeOptions::default().tree(transfer), &*actor.signer)?;
        if let Some(welcome) = built.output.first() {
            made.welcome = welcome.to_bytes().map_err(GroupError::from)?;
        }
    }
    if transfer == TreeTransfer::Outside {
        made.ratchet_tree = group.export_ratchet_tree()?;
    }
    Ok(made)
}

/// Answers what the engine asks: pre-shared keys and credentials.
pub(crate) fn answers(needs: &Needs, psks: &Psks) -> Answers {
    let mut answers = Answers::none();
    answers.psks = needs.psks.iter().map(|id| psks.find(id)).collect();
    answers.credentials = needs.credentials.iter().map(judge).collect();
    answers
}

/// The first leaf with an identity: the harness names members in this way.
pub(crate) fn find_identity(tree: &RatchetTree, identity: &[u8]) -> Result<LeafIndex, ClientError> {
    let named = |credential: &Credential| matches!(credential, Credential::Basic { identity: found } if found.as_ref() == identity);
    let found = tree.members().find(|leaf| named(&leaf.credential()));
    found.map(|leaf| leaf.index()).ok_or_else(|| ClientError::NoSuchMember { identity: identity.to_vec() })
}
