//! One client with its store, its groups and how far it has read.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use copath::messages::{ContentType, MlsMessage, MlsMessageBody};
use copath::{
    CipherSuite, Client, Credential, CredentialQuestion, CredentialValidator, CredentialVerdict,
    CryptoProvider, Error, Event, Group, GroupId, GroupSettings, Identity, Merged, Outbox, Secret, Store,
    Timestamp, Unavailable,
};
use copath_codec::Decode;
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;

use crate::delivery::{Delivery, Kind};
use crate::lazy::LazyStore;

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000);
pub(crate) const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
pub(crate) const PSK: &[u8] = b"known to all";

/// A failure of a promise.
pub(crate) type Broken = String;

/// How stores keep their promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sabotage {
    /// They do.
    None,
    /// A batch is written with the next one.
    LazyStore,
}

pub(crate) struct Person {
    pub(crate) number: u8,
    pub(crate) client: Client,
    pub(crate) groups: BTreeMap<u8, Group>,
    pub(crate) cursor: usize,
    cursor_file: File,
    /// The entry that was being read when the process ended: it may have been read already.
    doubtful: Option<usize>,
}

/// Believes everybody.
#[derive(Debug)]
struct Anybody;

impl CredentialValidator for Anybody {
    fn validate(&self, questions: &[CredentialQuestion], _now: Timestamp) -> Vec<CredentialVerdict> {
        questions.iter().map(|_| CredentialVerdict::Accepted).collect()
    }
}

fn store(directory: &Path, number: u8, sabotage: Sabotage) -> Arc<dyn Store> {
    let sqlite = SqliteStore::open(directory.join(format!("{number}.db"))).unwrap();
    // Every second store is encrypted.
    if number % 2 == 1 {
        let secret = StoreSecret::key([number; 32]);
        let encrypted = EncryptedStore::open_or_create(sqlite, &secret).unwrap();
        return match sabotage {
            Sabotage::None => Arc::new(encrypted),
            Sabotage::LazyStore => Arc::new(LazyStore::new(encrypted)),
        };
    }
    match sabotage {
        Sabotage::None => Arc::new(sqlite),
        Sabotage::LazyStore => Arc::new(LazyStore::new(sqlite)),
    }
}

pub(crate) fn group_id(group: u8) -> GroupId {
    GroupId::from(vec![b'g', group])
}

impl Person {
    pub(crate) fn start(
        directory: &Path,
        number: u8,
        provider: &Arc<dyn CryptoProvider>,
        sabotage: Sabotage,
    ) -> Result<Self, Broken> {
        let store = store(directory, number, sabotage);
        let credential = Credential::basic(&[number]);
        let identity = Identity::load_or_generate(&*store, provider, SUITE, credential);
        let mut settings = GroupSettings::default();
        settings.policy.past_epochs = 100_000;
        settings.policy.max_forward = 100_000;
        settings.policy.max_skipped = 100_000;
        let outbox = if number < 2 { Outbox::Kept } else { Outbox::Pending };
        let client = Client::builder()
            .provider(Arc::clone(provider))
            .store(store)
            .validator(Arc::new(Anybody))
            .suite(SUITE)
            .identity(identity.map_err(|error| format!("client {number}: no identity: {error}"))?)
            .settings(settings)
            .outbox(outbox)
            .build()
            .map_err(|error| format!("client {number} can't be built: {error}"))?;
        client.store_psk(PSK, &Secret::copy_of(PSK)).map_err(|error| error.to_string())?;
        let mut groups = BTreeMap::new();
        for id in client.groups().map_err(|error| error.to_string())? {
            let group = client.load_group(&id);
            let group = group.map_err(|error| format!("client {number} can't load {id:?}: {error}"))?;
            groups.insert(id[1], group);
        }
        client.unfinished().map_err(|error| format!("client {number} can't list: {error}"))?;
        let path = directory.join(format!("{number}.cursor"));
        let cursor_file = OpenOptions::new().create(true).write(true).read(true).truncate(false).open(path);
        let cursor_file = cursor_file.unwrap();
        let mut octets = [0; 8];
        let cursor = match cursor_file.read_exact_at(&mut octets, 0) {
            Ok(()) => u64::from_le_bytes(octets) as usize,
            Err(_) => 0,
        };
        Ok(Self { number, client, groups, cursor, cursor_file, doubtful: Some(cursor) })
    }

    /// Reads the next entry; `false` if there is none.
    pub(crate) fn read_next(&mut self, delivery: &Delivery) -> Result<bool, Broken> {
        let at = self.cursor;
        let Some(entry) = delivery.entries.get(at) else { return Ok(false) };
        let doubtful = self.doubtful == Some(at);
        match entry.kind {
            Kind::Welcome if entry.to == self.number => self.read_welcome(delivery, at)?,
            Kind::Message => self.read_message(delivery, at, doubtful)?,
            _ => {}
        }
        self.cursor += 1;
        self.cursor_file.write_all_at(&(self.cursor as u64).to_le_bytes(), 0).unwrap();
        Ok(true)
    }

    fn broken(&self, at: usize, what: impl std::fmt::Display) -> Broken {
        format!("client {} at entry {at}: {what}", self.number)
    }

    fn read_welcome(&mut self, delivery: &Delivery, at: usize) -> Result<(), Broken> {
        let entry = &delivery.entries[at];
        let group = entry.group;
        if self.groups.get(&group).is_some_and(Group::is_removed)
            && let Some(removed) = self.groups.remove(&group)
        {
            removed.delete().map_err(|error| self.broken(at, error))?;
        }
        if !self.groups.contains_key(&group) {
            match self.client.join(&entry.octets, None, NOW) {
                Ok(joined) => {
                    self.groups.insert(group, joined);
                }
                Err(Error::Unavailable(Unavailable::KeyPackage)) if uses_again(delivery, at) => return Ok(()),
                Err(error) => return Err(self.broken(at, format!("can't join: {error}"))),
            }
        }
        // What the group received before the Welcome came.
        for earlier in 0..at {
            if delivery.entries[earlier].kind == Kind::Message && delivery.entries[earlier].group == group {
                self.read_message(delivery, earlier, true)?;
            }
        }
        Ok(())
    }

    fn read_message(&mut self, delivery: &Delivery, at: usize, doubtful: bool) -> Result<(), Broken> {
        let entry = &delivery.entries[at];
        if entry.is_commit() && entry.from == self.number && self.read_own_join(delivery, at)? {
            return Ok(());
        }
        let Some(group) = self.groups.get(&entry.group) else { return Ok(()) };
        let Some((epoch, content)) = entry.content else { return Err(self.broken(at, "no group message")) };
        let oldest = group.engine().past_epochs().first().copied().unwrap_or(group.epoch());
        if group.is_removed() || epoch < oldest {
            return Ok(());
        }
        if epoch > group.epoch() {
            return Err(self.broken(at, format!("epoch {epoch} is beyond {}", group.epoch())));
        }
        match content {
            ContentType::Commit => self.read_commit(delivery, at, epoch),
            ContentType::Proposal if epoch < group.epoch() => Ok(()),
            _ => self.read_other(delivery, at, doubtful),
        }
    }

    /// The external join that is under way, if this is its commit.
    fn read_own_join(&mut self, delivery: &Delivery, at: usize) -> Result<bool, Broken> {
        let entry = &delivery.entries[at];
        let join = self.client.external_join(&group_id(entry.group));
        let Some(join) = join.ok().filter(|join| join.message() == entry.octets) else { return Ok(false) };
        if delivery.is_accepted(at) {
            self.groups.remove(&entry.group);
            let group = join.confirm().map_err(|error| self.broken(at, format!("can't confirm: {error}")))?;
            self.groups.insert(entry.group, group);
        } else {
            join.drop_join().map_err(|error| self.broken(at, error))?;
        }
        Ok(true)
    }

    fn read_commit(&mut self, delivery: &Delivery, at: usize, epoch: u64) -> Result<(), Broken> {
        let entry = &delivery.entries[at];
        // A join of one's own that isn't under way is of another life: it removes the client that has joined since.
        let own = entry.from == self.number && !is_external(&entry.octets);
        let number = self.number;
        let Some(group) = self.groups.get_mut(&entry.group) else { return Ok(()) };
        let broken = |what: String| format!("client {number} at entry {at}: {what}");
        if epoch < group.epoch() {
            return match group.receive(&entry.octets, NOW) {
                Ok(Event::Known) if own => Ok(()),
                Err(_) if !own => Ok(()),
                other => Err(broken(format!("a commit of epoch {epoch} in {}: {other:?}", group.epoch()))),
            };
        }
        match group.receive_and_merge(&entry.octets, NOW) {
            Ok(Event::OwnCommitAccepted(Merged::Epoch(_))) if own => Ok(()),
            Ok(Event::CommitMerged { .. }) if !own => Ok(()),
            other => Err(broken(format!("the commit that counts, own {own}: {other:?}"))),
        }
    }

    fn read_other(&mut self, delivery: &Delivery, at: usize, doubtful: bool) -> Result<(), Broken> {
        let entry = &delivery.entries[at];
        let (own, number) = (entry.from == self.number, self.number);
        let Some(group) = self.groups.get_mut(&entry.group) else { return Ok(()) };
        match group.receive(&entry.octets, NOW) {
            Ok(Event::Known) => Ok(()),
            Ok(Event::ProposalQueued(_)) if !own => Ok(()),
            Ok(Event::Application(message)) if !own && message.data.first() == Some(&entry.from) => Ok(()),
            // Read before: by itself, or as the first copy of what was sent twice.
            Err(Error::Rejected(_)) if doubtful || delivery.is_repeated(at) => Ok(()),
            other => Err(format!("client {number} at entry {at}: {:?}, own {own}: {other:?}", entry.content)),
        }
    }
}

fn is_external(octets: &[u8]) -> bool {
    matches!(
        MlsMessage::from_bytes(octets).unwrap().body,
        MlsMessageBody::PublicMessage(message)
            if message.content.sender == copath::messages::Sender::NewMemberCommit
    )
}

/// Whether an earlier Welcome to the same client was for the same key package.
fn uses_again(delivery: &Delivery, at: usize) -> bool {
    let packages = |octets: &[u8]| match MlsMessage::from_bytes(octets).unwrap().body {
        MlsMessageBody::Welcome(welcome) => {
            welcome.secrets.into_iter().map(|secret| secret.new_member).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    let (this, entry) = (packages(&delivery.entries[at].octets), &delivery.entries[at]);
    delivery.entries[..at].iter().any(|other| {
        other.kind == Kind::Welcome
            && other.to == entry.to
            && packages(&other.octets).iter().any(|package| this.contains(package))
    })
}
