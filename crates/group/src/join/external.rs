//! Joining by an external commit.
//!
//! RFC 9420 §12.4.3.2. The joiner needs only a GroupInfo and the tree. The group that comes out is entered when the
//! delivery service has accepted the commit; until then it is pending, and can be stored as such.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{Encode, Opaque};
use copath_credentials::Timestamp;
use copath_crypto::{CryptoProvider, Signer, Suite};
use copath_hpke::Base;
use copath_key_schedule::{CommitSecret, EXTERNAL_INIT_LABEL, InitSecret, PskSecret};
use copath_messages::{
    AuthenticatedContent, Commit, CustomProposal, Extensions, ExternalInit, FramedContent, FramedContentBody,
    GroupInfo, MlsMessage, MlsMessageBody, PreSharedKey, PreSharedKeyId, Proposal, PublicMessage, Remove,
    Sender, WireFormat,
};
use copath_ratchet_tree::{LeafEntry, LeafRules, PathDraft, check_encryption_key};
use copath_rules::{Part, RuleId, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::apply::Applied;
use crate::commit::{EpochEntry, KeyInputs, NextEpoch};
use crate::credentials::questions_of_tree;
use crate::group::GroupSettings;
use crate::group_info::{UnverifiedGroup, check_joiner_support, own_extensions};
use crate::leaf::LeafParameters;
use crate::needs::{Answers, Needs};
use crate::own_leaf::PathSite;
use crate::policy::{Grease, Policy};
use crate::proposals::{Committer, ListedProposal, ProposalList, Source, select};
use crate::psk::PskPlan;
use crate::public_state::PublicState;
use crate::rules::{check_list, check_proposal, check_result, leaving};
use crate::{Group, GroupError, Misuse, Subject, grease};

/// What an external join should do besides joining.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ExternalJoinOptions {
    /// An older leaf of the same client, to be removed (a resync).
    pub replaces: Option<LeafIndex>,
    /// Pre-shared keys to inject; nonces are made here, those given are ignored.
    pub psks: Vec<PreSharedKeyId>,
    /// Octets that are authenticated with the commit.
    pub authenticated_data: Vec<u8>,
    /// Pending proposals of members, as their PublicMessages, that a registration opens external commits to: those by
    /// which members leave, which whoever gives out the GroupInfo gives out with it. A Remove of `replaces` is left to
    /// the old leaf's own.
    pub pending: Vec<MlsMessage>,
    /// Proposals of registered types of one's own, by value.
    pub custom: Vec<CustomProposal>,
}

/// An external join that may need the ratchet tree.
#[derive(Debug)]
pub struct ExternalJoinStart(UnverifiedGroup);

/// An external join whose GroupInfo and tree are verified; it may need pre-shared keys and verdicts on credentials.
#[derive(Debug)]
pub struct ExternalJoin {
    settings: GroupSettings,
    public: PublicState,
    external_pub: Opaque,
    options: ExternalJoinOptions,
    pending: Vec<ListedProposal>,
    group_info_extensions: Extensions,
    psks: PskPlan,
    subjects: Vec<(Subject, RuleId)>,
    now: Timestamp,
    needs: Needs,
}

/// A join that waits for the delivery service: once the commit is accepted, use the group.
#[derive(Debug)]
pub struct PendingExternalJoin {
    /// The commit to send, a PublicMessage.
    pub message: MlsMessage,
    /// The group as it is if the commit is accepted.
    pub group: Group,
}

impl ExternalJoinStart {
    /// Begins to join the group of `group_info`.
    ///
    /// # Errors
    /// The backend doesn't have the group's suite.
    pub fn new(
        provider: &Arc<dyn CryptoProvider>,
        settings: &GroupSettings,
        group_info: GroupInfo,
        now: Timestamp,
    ) -> Result<Self, GroupError> {
        UnverifiedGroup::new(provider, settings, group_info, now).map(Self)
    }

    /// What has to be answered before [`ExternalJoinStart::verify`].
    pub fn needs(&self) -> &Needs {
        self.0.needs()
    }

    /// Verifies GroupInfo and tree, and states what the join needs.
    ///
    /// # Errors
    /// The GroupInfo or the tree breaks a rule, the tree is missing, or the policy forbids to replace an old leaf.
    pub fn verify(self, options: ExternalJoinOptions, answers: Answers) -> Result<ExternalJoin, GroupError> {
        let Self(group) = self;
        let external_pub = group
            .group_info
            .extensions
            .external_pub()?
            .ok_or_else(|| Violation::new(rule!("12.4.3.2-01")).at(Part::GroupInfo))?
            .external_pub;
        check_encryption_key(&group.suite, external_pub.as_ref(), Part::GroupInfo)?;
        let public = group.verify(answers)?;
        let now = group.now();
        let group_info_extensions = own_extensions(&group.group_info);
        let UnverifiedGroup { suite, settings, .. } = group;
        let pending = verify_pending(&public, &settings.policy, &options.pending, now)?;
        if options.replaces.is_some() {
            settings.policy.resync.check(&public.context().group_id, &options.psks)?;
        }
        let options = with_fresh_nonces(&suite, options)?;
        let psks = PskPlan::for_joiner(&options.psks);
        let (credentials, subjects) = questions_of_tree(&public, options.replaces)?;
        let needs = Needs { psks: psks.asked().to_vec(), credentials, ..Needs::default() };
        Ok(ExternalJoin {
            settings,
            public,
            external_pub,
            options,
            pending,
            group_info_extensions,
            psks,
            subjects,
            now,
            needs,
        })
    }
}

impl ExternalJoin {
    /// What has to be answered before [`ExternalJoin::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What everybody who follows the group knows of it, verified.
    pub fn public_state(&self) -> &PublicState {
        &self.public
    }

    /// As a client that is in the group already, in the leaf with this signature key, which the commit removes
    /// (a resync). Asks for the credentials anew; changes nothing if there is no such leaf.
    ///
    /// # Errors
    /// The policy forbids it.
    pub fn replacing(mut self, signature_key: &[u8]) -> Result<Self, GroupError> {
        let Some(leaf) = self.public.tree().find_signature_key(signature_key) else { return Ok(self) };
        self.settings.policy.resync.check(&self.public.context().group_id, &self.options.psks)?;
        self.options.replaces = Some(leaf);
        let (credentials, subjects) = questions_of_tree(&self.public, self.options.replaces)?;
        self.needs = Needs { psks: self.needs.psks, credentials, ..Needs::default() };
        self.subjects = subjects;
        Ok(self)
    }

    /// The extensions of the GroupInfo, but the ratchet tree and the key for external joins.
    pub fn group_info_extensions(&self) -> &Extensions {
        &self.group_info_extensions
    }

    /// Makes the commit that joins, with a leaf of `leaf`, signed by `signer`.
    ///
    /// # Errors
    /// A credential is refused, a pre-shared key isn't available, or the leaf doesn't fit the group.
    pub fn finish(
        self,
        leaf: &LeafParameters,
        signer: &dyn Signer,
        mut answers: Answers,
    ) -> Result<PendingExternalJoin, GroupError> {
        answers.check_credentials(&self.subjects)?;
        let psks = answers.take_psks(&self.needs.psks)?;
        let suite = self.public.suite();
        let psk_secret = self.psks.joiner_psk_secret(suite, &psks)?;
        let (kem_output, init_secret) = external_init(suite, &self.external_pub)?;
        let (list, applied) = self.select(kem_output)?;
        let mut leaf = leaf.clone().registered(&self.settings.registrations)?;
        if self.settings.policy.grease == Grease::Send {
            grease::add_to_leaf(suite, &mut leaf)?;
        }
        let draft = self.path(&applied, &leaf, signer)?;
        check_joiner_support(draft.leaf_node(), &applied.extensions)?;
        let rules = LeafRules::new(suite, &applied.extensions)?;
        rules.check(draft.tree(), applied.tree.next_leaf()?, LeafEntry::Path)?;
        let keys = Keys { init_secret, psk_secret };
        self.commit(&list, &applied, draft, signer, &keys)
    }

    /// The joiner's own proposals, and of the pending ones all that fit.
    fn select(&self, kem_output: Vec<u8>) -> Result<(ProposalList, Applied), GroupError> {
        let own = self.own_proposals(kem_output).into_iter();
        let own: Vec<_> = own.map(|own| ListedProposal::by_value(own, Committer::External)).collect();
        for (position, entry) in (0u32..).zip(&own) {
            check_proposal(&self.public, &self.settings.policy, entry, Some(Committer::External), self.now)
                .map_err(|error| error.at_proposal(position))?;
        }
        let registrations = &self.settings.registrations;
        select(registrations, Committer::External, own, self.pending.clone(), |list| {
            check_list(&self.public, list)?;
            let applied = Applied::new(&self.public, list)?;
            check_result(&self.public, list, &applied, &applied.tree)?;
            Ok(applied)
        })
    }

    fn own_proposals(&self, kem_output: Vec<u8>) -> Vec<Proposal> {
        let init = Proposal::ExternalInit(ExternalInit { kem_output: kem_output.into() });
        let leaves = |old: &LeafIndex| {
            let mut pending = self.pending.iter();
            pending.any(|entry| leaving(&self.settings.registrations, entry) == Some(*old))
        };
        let replaced = self.options.replaces.filter(|old| !leaves(old));
        let remove = replaced.map(|leaf| Proposal::Remove(Remove { removed: leaf.as_u32() }));
        let psks =
            self.options.psks.iter().map(|psk| Proposal::PreSharedKey(PreSharedKey { psk: psk.clone() }));
        let custom = self.options.custom.iter().cloned().map(Proposal::Custom);
        core::iter::once(init).chain(remove).chain(psks).chain(custom).collect()
    }

    fn path(
        &self,
        applied: &Applied,
        leaf: &LeafParameters,
        signer: &dyn Signer,
    ) -> Result<PathDraft, GroupError> {
        let site = PathSite {
            suite: self.public.suite(),
            group_id: &self.public.context().group_id,
            tree: &applied.tree,
            committer: applied.tree.next_leaf()?,
            new_leaves: &[],
            leaf,
        };
        site.draft(signer)
    }

    fn commit(
        &self,
        list: &ProposalList,
        applied: &Applied,
        draft: PathDraft,
        signer: &dyn Signer,
        keys: &Keys,
    ) -> Result<PendingExternalJoin, GroupError> {
        let public = &self.public;
        let tree = draft.tree().clone();
        let provisional = public.next_context(&tree.tree_hash(), applied.extensions.clone())?;
        let path = draft.encrypt(&provisional.to_bytes()?)?;
        let proposals = list.clone().into_wire();
        let mut content = self.sign(Commit { proposals, path: Some(path) }, signer)?;
        let commit_secret = CommitSecret::from_secret(draft.commit_secret().duplicate());
        let inputs = KeyInputs {
            init_secret: &keys.init_secret,
            commit_secret: &commit_secret,
            psk_secret: &keys.psk_secret,
        };
        let next = NextEpoch::derive(public, &content, provisional, &inputs)?;
        content.auth.confirmation_tag = Some(Opaque::from(next.confirmation_tag.as_ref()));
        let (public, secrets, secret_tree, _) = next.enter(public, tree)?;
        let own_leaf = applied.tree.next_leaf()?;
        let entry = EpochEntry {
            public,
            own_leaf,
            secrets,
            secret_tree,
            node_keys: draft.into_private_keys(),
            changed_leaves: Vec::new(),
            welcome: None,
            reinit: None,
        };
        let message = PublicMessage { content: content.content, auth: content.auth, membership_tag: None };
        let group = Group::enter_first(&self.settings, entry);
        Ok(PendingExternalJoin { message: MlsMessage::from(message), group })
    }

    fn sign(&self, commit: Commit, signer: &dyn Signer) -> Result<AuthenticatedContent, GroupError> {
        let context = self.public.context();
        let content = FramedContent {
            group_id: context.group_id.clone(),
            epoch: context.epoch,
            sender: Sender::NewMemberCommit,
            authenticated_data: self.options.authenticated_data.clone().into(),
            body: FramedContentBody::Commit(commit),
        };
        let context = Some(self.public.context_bytes());
        Ok(content.sign(self.public.suite(), signer, WireFormat::PUBLIC_MESSAGE, context)?)
    }
}

/// The secrets that an external commit starts from.
struct Keys {
    init_secret: InitSecret,
    psk_secret: PskSecret,
}

/// RFC 9420 §8.3, the joiner's side: KEM output and init secret.
fn external_init(suite: &Suite, external_pub: &[u8]) -> Result<(Vec<u8>, InitSecret), GroupError> {
    let seed = suite.random_secret(suite.kem().private_key_length())?;
    let exporter_context = EXTERNAL_INIT_LABEL.as_bytes();
    let (kem_output, secret) =
        Base::new(suite, &[]).export_to(external_pub, &seed, exporter_context, suite.hash_length())?;
    Ok((kem_output, InitSecret::from_secret(secret)))
}

/// Verifies pending proposals of members all but for their membership tags, which only members can.
///
/// # Errors
/// One is of another group or epoch, forged, breaks a rule, or is of a type that external commits can't name (rule
/// 12.4.3.2-04).
fn verify_pending(
    public: &PublicState,
    policy: &Policy,
    messages: &[MlsMessage],
    now: Timestamp,
) -> Result<Vec<ListedProposal>, GroupError> {
    (0u32..)
        .zip(messages)
        .map(|(position, message)| {
            verify_one_pending(public, policy, message, now).map_err(|error| error.at_proposal(position))
        })
        .collect()
}

fn verify_one_pending(
    public: &PublicState,
    policy: &Policy,
    message: &MlsMessage,
    now: Timestamp,
) -> Result<ListedProposal, GroupError> {
    let MlsMessageBody::PublicMessage(message) = &message.body else {
        return Err(Misuse::WrongMessageKind.into());
    };
    let FramedContentBody::Proposal(proposal) = &message.content.body else {
        return Err(Misuse::WrongMessageKind.into());
    };
    if !public.registrations().opens_external_commits_to(proposal.proposal_type()) {
        return Err(Violation::new(rule!("12.4.3.2-04")).into());
    }
    public.check_public_message(message)?;
    let (content, _) = public.verify_content(message.clone().into_authenticated_content())?;
    let reference = content.proposal_reference(public.suite())?.as_ref().to_vec();
    let (proposal, sender) = (Arc::new(proposal.clone()), message.content.sender);
    let alone = ListedProposal { proposal, sender, source: Source::Value };
    check_proposal(public, policy, &alone, None, now)?;
    Ok(ListedProposal { source: Source::Reference(reference), ..alone })
}

fn with_fresh_nonces(
    suite: &Suite,
    mut options: ExternalJoinOptions,
) -> Result<ExternalJoinOptions, GroupError> {
    for psk in &mut options.psks {
        psk.psk_nonce = suite.random_bytes(suite.hash_length())?.into();
    }
    Ok(options)
}
