//! A client that follows a group.

use std::sync::Arc;

use copath_codec::Decode;
use copath_credentials::{CredentialQuestion, CredentialVerdict, RejectionReason, Timestamp};
use copath_crypto::{CryptoProvider, Secret};
use copath_group::{
    Answers, Group, GroupSettings, JoinRequests, JoinStep, Joining, KeyPackageSecrets, Merged, Needs,
    Prepared, Received,
};
use copath_messages::{GroupId, MlsMessage, PreSharedKeyId, ResumptionPskUsage, Welcome};
use copath_records::{MemoryStore, Store};

use crate::Mismatch;
use crate::mismatch::At;

/// What the client has besides its key package.
pub(crate) struct Secrets<'a> {
    /// What time it is.
    pub(crate) now: Timestamp,
    /// The pre-shared keys.
    pub(crate) psk: &'a dyn Fn(&PreSharedKeyId) -> Option<Secret>,
    /// The ratchet tree, if it doesn't come with the Welcome.
    pub(crate) ratchet_tree: Option<&'a [u8]>,
    /// The group that the new one is expected to come out of, and in which way.
    pub(crate) parent: Option<(&'a Group, ResumptionPskUsage)>,
}

/// A group and the store that holds it.
pub(crate) struct Follower {
    provider: Arc<dyn CryptoProvider>,
    settings: GroupSettings,
    store: MemoryStore,
    group: Group,
}

impl Follower {
    /// Follows a group that is there already.
    pub(crate) fn new(settings: GroupSettings, group: Group) -> Result<Self, Mismatch> {
        let store = MemoryStore::new();
        store.commit(&group.all_records()?)?;
        Ok(Self { provider: Arc::clone(group.provider()), settings, store, group })
    }

    /// Joins by a Welcome.
    pub(crate) fn join(
        (provider, settings): (&Arc<dyn CryptoProvider>, GroupSettings),
        secrets: &Secrets<'_>,
        package: KeyPackageSecrets,
        welcome: Welcome,
    ) -> Result<Self, Mismatch> {
        let mut joining = Joining::new(provider, &settings, welcome, secrets.now);
        let mut package = Some(package);
        let joined = loop {
            let mut answers = secrets.answers(joining.needs());
            if !joining.needs().key_packages.is_empty() {
                answers.key_package = package.take();
            }
            match joining.answer(answers)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => break *joined,
            }
        };
        Self::new(settings, joined.group)
    }

    /// The group as it is now.
    pub(crate) fn group(&self) -> &Group {
        &self.group
    }

    /// Queues a proposal.
    pub(crate) fn queue(&mut self, secrets: &Secrets<'_>, message: &[u8]) -> Result<(), Mismatch> {
        match self.group.receive(&MlsMessage::from_bytes(message)?, secrets.now)? {
            Received::Proposal(check) => {
                let answers = secrets.answers(check.needs());
                self.carry_out(|group| Ok(check.finish(group, answers)?)).map(drop)
            }
            _ => Err(Mismatch::new("no proposal")),
        }
    }

    /// Follows a Commit into the next epoch, which may be the last.
    pub(crate) fn follow(&mut self, secrets: &Secrets<'_>, message: &[u8]) -> Result<Merged, Mismatch> {
        let Received::Commit(check) = self.group.receive(&MlsMessage::from_bytes(message)?, secrets.now)?
        else {
            return Err(Mismatch::new("no commit"));
        };
        let answers = secrets.answers(check.needs());
        let staged = check.finish(&self.group, answers)?;
        self.carry_out(|group| Ok(group.merge(staged)?))
    }

    /// Loads the group from its records.
    pub(crate) fn reload(&mut self) -> Result<(), Mismatch> {
        let id: &GroupId = self.group.group_id();
        let loaded = Group::load(&self.store, &self.provider, &self.settings, id)?;
        self.group = loaded.ok_or_else(|| Mismatch::new("the group isn't in the store"))?;
        Ok(())
    }

    /// The authenticator of the epoch that the group is in.
    pub(crate) fn epoch_authenticator(&self) -> &[u8] {
        self.group.epoch_authenticator()
    }

    /// First the store, then memory.
    pub(crate) fn carry_out<T>(
        &mut self,
        prepare: impl FnOnce(&Group) -> Result<Prepared<T>, Mismatch>,
    ) -> Result<T, Mismatch> {
        let prepared = prepare(&self.group)?;
        self.store.commit(&prepared.delta).at("storing")?;
        self.group.apply(prepared.patch)?;
        Ok(prepared.output)
    }
}

impl Secrets<'_> {
    /// All answers but key packages.
    pub(crate) fn answers(&self, needs: &Needs) -> Answers {
        let mut answers = Answers::none();
        answers.psks = needs.psks.iter().map(self.psk).collect();
        answers.parent = needs.parent.as_ref().and_then(|need| {
            let (parent, _) = self.parent.filter(|(_, usage)| *usage == need.usage)?;
            parent.as_parent(need).ok()
        });
        answers.ratchet_tree = needs.ratchet_tree.as_ref().and(self.ratchet_tree).map(<[u8]>::to_vec);
        answers.credentials = needs.credentials.iter().map(verdict).collect();
        answers
    }
}

/// The vectors have no Authentication Service: every credential is good, and each identity is a client of its own.
fn verdict(question: &CredentialQuestion) -> CredentialVerdict {
    match question {
        CredentialQuestion::SameClient { a, b, .. } if a != b => {
            CredentialVerdict::Rejected(RejectionReason::Unknown)
        }
        _ => CredentialVerdict::Accepted,
    }
}

/// Lifetimes of any length; resumption PSKs as long as the vectors go back.
pub(crate) fn settings() -> GroupSettings {
    let mut settings = GroupSettings::default();
    settings.policy.lifetimes = settings.policy.lifetimes.without_max_total();
    settings.policy.resumption_epochs = 1000;
    // A passive client follows whatever the group has decided, requests to join included.
    settings.policy.join_requests = JoinRequests::Queued;
    settings
}
