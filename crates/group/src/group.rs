//! A member's group.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_crypto::{CryptoProvider, HashOutput, Secret, Signer, Suite};
use copath_key_schedule::{ResumptionPsk, SecretTree};
use copath_messages::{GroupContext, GroupId, ReInit, Sender};
use copath_ratchet_tree::{RatchetTree, TreePrivateKeys};
use copath_tree_math::LeafIndex;

use crate::commit::{CommitIntents, EpochEntry, MemberSecrets, PendingCommit, WelcomeMaterial};
use crate::past::PastEpochs;
use crate::policy::Policy;
use crate::proposals::ProposalQueue;
use crate::protection::OpenKeys;
use crate::public_state::PublicState;
use crate::transition::StateVersion;
use crate::{GroupError, Misuse, Registrations};

/// A group as one of its members sees it.
///
/// RFC 9420. Operations are prepared on a shared reference and applied on an exclusive one
/// ([`Prepared`](crate::Prepared)); a failed one changes nothing.
pub struct Group {
    pub(crate) policy: Policy,
    pub(crate) registrations: Arc<Registrations>,
    pub(crate) public: PublicState,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) secrets: MemberSecrets,
    pub(crate) secret_tree: SecretTree,
    pub(crate) node_keys: TreePrivateKeys,
    pub(crate) queue: ProposalQueue,
    pub(crate) pending_commit: Option<PendingCommit>,
    /// What commits of one's own that lost the race were asked to do.
    pub(crate) lost: Option<CommitIntents>,
    /// The hashes of one's own commits that were accepted or lost, under the epochs that they were to end.
    pub(crate) sent_commits: BTreeMap<u64, HashOutput>,
    pub(crate) welcome: Option<WelcomeMaterial>,
    pub(crate) past: PastEpochs,
    pub(crate) resumption: BTreeMap<u64, ResumptionPsk>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) version: StateVersion,
}

/// Whether the group can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// It can.
    Active,
    /// This client was removed (RFC 9420 §12.4.2).
    Removed,
    /// It was closed by a ReInit (RFC 9420 §11.2).
    Reinitialized(ReInit),
}

/// What the application sets for a group: policy and the code points beyond RFC 9420 that it knows.
#[derive(Clone, Debug, Default)]
pub struct GroupSettings {
    /// What RFC 9420 leaves to policy.
    pub policy: Policy,
    /// The types beyond RFC 9420, and the code points of drafts.
    pub registrations: Arc<Registrations>,
}

impl Group {
    /// A group that enters its first epoch of this client.
    pub(crate) fn enter_first(settings: &GroupSettings, entry: EpochEntry) -> Self {
        let mut resumption = BTreeMap::new();
        let psk = entry.secrets.resumption_psk.as_secret().duplicate();
        resumption.insert(entry.public.epoch(), ResumptionPsk::from_secret(psk));
        Self {
            policy: settings.policy.clone(),
            registrations: Arc::clone(&settings.registrations),
            public: entry.public,
            own_leaf: entry.own_leaf,
            secrets: entry.secrets,
            secret_tree: entry.secret_tree,
            node_keys: entry.node_keys,
            queue: ProposalQueue::default(),
            pending_commit: None,
            lost: None,
            sent_commits: BTreeMap::new(),
            welcome: entry.welcome,
            past: PastEpochs::default(),
            resumption,
            lifecycle: Lifecycle::Active,
            version: StateVersion::default(),
        }
    }

    /// The group's id.
    pub fn group_id(&self) -> &GroupId {
        &self.public.context().group_id
    }

    /// The epoch that the group is in.
    pub fn epoch(&self) -> u64 {
        self.public.epoch()
    }

    /// The suite, on the group's backend.
    pub fn suite(&self) -> &Suite {
        self.public.suite()
    }

    /// The backend.
    pub fn provider(&self) -> &Arc<dyn CryptoProvider> {
        self.suite().provider()
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What everybody who follows the group knows.
    pub fn public_state(&self) -> &PublicState {
        &self.public
    }

    /// The group context (RFC 9420 §8.1).
    pub fn context(&self) -> &GroupContext {
        self.public.context()
    }

    /// The ratchet tree (RFC 9420 §7).
    pub fn tree(&self) -> &RatchetTree {
        self.public.tree()
    }

    /// This client's leaf in the present epoch.
    pub fn own_leaf(&self) -> LeafIndex {
        self.own_leaf
    }

    /// The epoch authenticator: equal for all members that agree on the epoch (RFC 9420 §8.7).
    pub fn epoch_authenticator(&self) -> &[u8] {
        self.secrets.epoch_authenticator.as_slice()
    }

    /// A secret of `length` octets for the application (RFC 9420 §8.5). Each use has a label of its own, and the
    /// value changes with every epoch.
    ///
    /// # Errors
    /// `length` is out of range; [`Misuse::Removed`], as the exporter secret is erased then.
    pub fn export_secret(&self, label: &[u8], context: &[u8], length: usize) -> Result<Secret, GroupError> {
        if self.is_removed() {
            return Err(Misuse::Removed.into());
        }
        Ok(self.secrets.exporter_secret.export(self.suite(), label, context, length)?)
    }

    /// The resumption PSK of the present or a remembered past epoch (RFC 9420 §8.6).
    pub fn resumption_psk(&self, epoch: u64) -> Option<&ResumptionPsk> {
        self.resumption.get(&epoch)
    }

    /// Whether this client was removed from the group; its state should be deleted.
    pub fn is_removed(&self) -> bool {
        self.lifecycle == Lifecycle::Removed
    }

    /// The ReInit that closed the group, if one did.
    pub fn reinit(&self) -> Option<&ReInit> {
        match &self.lifecycle {
            Lifecycle::Reinitialized(reinit) => Some(reinit),
            _ => None,
        }
    }

    /// Counts the patches applied; a patch made from another version is refused.
    pub fn version(&self) -> StateVersion {
        self.version
    }

    /// Past epochs whose application messages can still be read, oldest first.
    pub fn past_epochs(&self) -> Vec<u64> {
        self.past.0.keys().copied().collect()
    }

    pub(crate) fn check_active(&self) -> Result<(), Misuse> {
        match self.lifecycle {
            Lifecycle::Active => Ok(()),
            Lifecycle::Removed => Err(Misuse::Removed),
            Lifecycle::Reinitialized(_) => Err(Misuse::Reinitialized),
        }
    }

    /// Whether `signer` has the key of the own leaf.
    pub(crate) fn check_signer(&self, signer: &dyn Signer) -> Result<(), GroupError> {
        match self.tree().leaf(self.own_leaf) {
            Some(leaf) if leaf.signature_key() == signer.public_key() => Ok(()),
            _ => Err(Misuse::WrongSigner.into()),
        }
    }

    /// This client as it stands in its messages.
    pub(crate) fn own_sender(&self) -> Sender {
        Sender::Member { leaf_index: self.own_leaf.as_u32() }
    }

    /// The keys of private messages of the present epoch.
    pub(crate) fn open_keys(&self) -> OpenKeys<'_> {
        OpenKeys {
            suite: self.suite(),
            sender_data_secret: &self.secrets.sender_data_secret,
            secret_tree: &self.secret_tree,
            limits: self.policy.ratchet_limits(),
        }
    }
}

impl core::fmt::Debug for Group {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Group")
            .field("group_id", self.group_id())
            .field("epoch", &self.epoch())
            .field("suite", self.suite())
            .field("own_leaf", &self.own_leaf)
            .field("members", &self.tree().member_count())
            .field("pending_proposals", &self.queue.len())
            .field("pending_commit", &self.pending_commit.is_some())
            .finish_non_exhaustive()
    }
}
