//! One client with its store, its groups and how far it has read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use copath::messages::{ContentType, MlsMessage, MlsMessageBody};
use copath::{
    CipherSuite, Client, Credential, CredentialQuestion, CredentialValidator, CredentialVerdict,
    CryptoProvider, Error, Event, Group, GroupId, GroupSettings, Identity, Inbox, Merged, Outbox, Rejection,
    Secret, Store, Timestamp, Unavailable,
};
use copath_codec::Decode;

use crate::delivery::{Delivery, Kind};
use crate::home::{self, Home};

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
    /// The client on the first store, which joins.
    pub(crate) client: Client,
    pub(crate) homes: [Home; 2],
    pub(crate) groups: BTreeMap<u8, Group>,
    pub(crate) cursor: usize,
    cursor_file: File,
    /// The entries whose application data this client has, by their numbers; in a file, too.
    had: BTreeSet<usize>,
    had_file: File,
}

/// Believes everybody.
#[derive(Debug)]
struct Anybody;

impl CredentialValidator for Anybody {
    fn validate(&self, questions: &[CredentialQuestion], _now: Timestamp) -> Vec<CredentialVerdict> {
        questions.iter().map(|_| CredentialVerdict::Accepted).collect()
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
        let broken = |what: &str, error: &dyn std::fmt::Display| format!("client {number} {what}: {error}");
        let at = |name: &str| directory.join(format!("{number}.{name}"));
        let open = home::open(&at("db"), sabotage).map_err(|error| broken("can't open", &error))?;
        let encrypted = home::open_encrypted(&at("sealed.db"), number, sabotage);
        let (encrypted, encryption) = encrypted.map_err(|error| broken("can't open", &error))?;
        let credential = Credential::basic(&[number]);
        let identity = Identity::load_or_generate(&*open, provider, SUITE, credential);
        let identity = identity.map_err(|error| broken("has no identity", &error))?;
        let client = |store| {
            let client = build(number, &identity, provider, store);
            client.map_err(|error| broken("can't be built", &error))
        };
        let plain = Home { client: client(open)?, encryption: None };
        let sealed = Home { client: client(encrypted)?, encryption: Some(encryption) };
        // Every second one joins in its encrypted store.
        let homes = if number % 2 == 1 { [sealed, plain] } else { [plain, sealed] };
        homes[0].finish_moves(&homes[1]).map_err(|error| broken("can't move", &error))?;
        homes[1].finish_moves(&homes[0]).map_err(|error| broken("can't move back", &error))?;
        let mut groups = BTreeMap::new();
        for home in &homes {
            for (id, group) in home.groups().map_err(|error| broken("can't load", &error))? {
                if groups.insert(id[1], group).is_some() {
                    return Err(broken("has a group twice", &id[1]));
                }
            }
            home.client.unfinished().map_err(|error| broken("can't list", &error))?;
        }
        let file =
            |name| OpenOptions::new().create(true).write(true).read(true).truncate(false).open(at(name));
        let (cursor_file, mut had_file) = (file("cursor").unwrap(), file("had").unwrap());
        let mut octets = [0; 8];
        let cursor = match cursor_file.read_exact_at(&mut octets, 0) {
            Ok(()) => u64::from_le_bytes(octets) as usize,
            Err(_) => 0,
        };
        let mut had = Vec::new();
        had_file.read_to_end(&mut had).unwrap();
        let had: BTreeSet<usize> =
            had.as_chunks::<8>().0.iter().map(|octets| u64::from_le_bytes(*octets) as usize).collect();
        // A number that was torn wasn't noted.
        had_file.seek(SeekFrom::Start(8 * (had_file.metadata().unwrap().len() / 8))).unwrap();
        let client = homes[0].client.clone();
        Ok(Self { number, client, homes, groups, cursor, cursor_file, had, had_file })
    }

    /// Reads the next entry; `false` if there is none.
    pub(crate) fn read_next(&mut self, delivery: &Delivery) -> Result<bool, Broken> {
        let at = self.cursor;
        let Some(entry) = delivery.entries.get(at) else { return Ok(false) };
        match entry.kind {
            Kind::Welcome if entry.to == self.number => self.read_welcome(delivery, at)?,
            Kind::Message => self.read_message(delivery, at)?,
            _ => {}
        }
        self.cursor += 1;
        self.cursor_file.write_all_at(&(self.cursor as u64).to_le_bytes(), 0).unwrap();
        Ok(true)
    }

    /// Nothing that was received waits for being noted, once all was read.
    pub(crate) fn has_handled_all(&self) -> Result<(), Broken> {
        let waiting: usize = self.groups.values().map(|group| group.unhandled().count()).sum();
        if waiting == 0 { Ok(()) } else { Err(format!("client {}: {waiting} messages wait", self.number)) }
    }

    /// Moves a group to the client's other store.
    pub(crate) fn relocate(&mut self, group: u8) -> Result<(), Error> {
        let Some(open) = self.groups.remove(&group) else { return Ok(()) };
        let to = if self.homes[0].has(&open) { &self.homes[1] } else { &self.homes[0] };
        self.groups.insert(group, Home::send(open, to)?);
        Ok(())
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
                self.read_message(delivery, earlier)?;
            }
        }
        Ok(())
    }

    fn read_message(&mut self, delivery: &Delivery, at: usize) -> Result<(), Broken> {
        let entry = &delivery.entries[at];
        if entry.is_commit() && entry.from == self.number && self.read_own_join(delivery, at)? {
            return Ok(());
        }
        let Some((epoch, content)) = entry.content else { return Err(self.broken(at, "no group message")) };
        let Some(group) = self.groups.get_mut(&entry.group) else { return Ok(()) };
        let oldest = group.engine().past_epochs().first().copied().unwrap_or(group.epoch());
        if group.is_removed() {
            return Ok(());
        }
        if epoch < oldest {
            // Its keys are gone, or it is of before this client came.
            return match group.receive(&entry.octets, NOW) {
                Ok(Event::Known) => Ok(()),
                Ok(Event::Application(_)) if content == ContentType::Application => self.note(delivery, at),
                Err(Error::Rejected(Rejection::WrongEpoch { .. })) => Ok(()),
                other => Err(self.broken(at, format!("of epoch {epoch}, before {oldest}: {other:?}"))),
            };
        }
        if epoch > group.epoch() {
            let present = group.epoch();
            return Err(self.broken(at, format!("epoch {epoch} is beyond {present}")));
        }
        match content {
            ContentType::Commit => self.read_commit(delivery, at, epoch),
            ContentType::Proposal if epoch < group.epoch() => Ok(()),
            _ => self.read_other(delivery, at),
        }
    }

    /// The external join that is under way, if this is its commit.
    fn read_own_join(&mut self, delivery: &Delivery, at: usize) -> Result<bool, Broken> {
        let entry = &delivery.entries[at];
        let join = self.client.external_join(&group_id(entry.group));
        let Some(join) = join.ok().filter(|join| join.message() == entry.octets) else { return Ok(false) };
        if delivery.is_accepted(at) {
            if let Some(old) = self.groups.remove(&entry.group)
                && !self.homes[0].has(&old)
            {
                old.delete().map_err(|error| self.broken(at, error))?;
            }
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

    fn read_other(&mut self, delivery: &Delivery, at: usize) -> Result<(), Broken> {
        let entry = &delivery.entries[at];
        let (own, number) = (entry.from == self.number, self.number);
        let Some(group) = self.groups.get_mut(&entry.group) else { return Ok(()) };
        match group.receive(&entry.octets, NOW) {
            Ok(Event::Known) => Ok(()),
            Ok(Event::ProposalQueued(_)) if !own => Ok(()),
            Ok(Event::Application(message)) if !own && message.data.first() == Some(&entry.from) => {
                self.note(delivery, at)
            }
            // It was received before, and nothing was lost: this client has it, or the group has.
            Err(Error::Rejected(_)) if self.had.contains(&delivery.first(at)) => Ok(()),
            Err(Error::Rejected(_)) if entry.is_proposal() && holds_proposal_of(group, entry.from) => Ok(()),
            other => Err(format!("client {number} at entry {at}: {:?}, own {own}: {other:?}", entry.content)),
        }
    }

    /// Has the application data of an entry for certain, and says so.
    fn note(&mut self, delivery: &Delivery, at: usize) -> Result<(), Broken> {
        let first = delivery.first(at);
        if self.had.insert(first) {
            self.had_file.write_all(&(first as u64).to_le_bytes()).unwrap();
        }
        let entry = &delivery.entries[at];
        let Some(group) = self.groups.get_mut(&entry.group) else { return Ok(()) };
        group.handled(&entry.octets).map_err(|error| self.broken(at, error))
    }
}

/// Whether a proposal of this client waits for a commit.
fn holds_proposal_of(group: &Group, from: u8) -> bool {
    group.pending_proposals().any(|queued| queued.proposed_by.credential == Credential::basic(&[from]))
}

fn build(
    number: u8,
    identity: &Identity,
    provider: &Arc<dyn CryptoProvider>,
    store: Arc<dyn Store>,
) -> Result<Client, Error> {
    let mut settings = GroupSettings::default();
    // For some, past epochs expire.
    settings.policy.past_epochs = if number % 5 < 2 { 100_000 } else { u64::from(number) };
    settings.policy.max_forward = 100_000;
    settings.policy.max_skipped = 100_000;
    let outbox = if number < 2 { Outbox::Kept } else { Outbox::Pending };
    let client = Client::builder()
        .provider(Arc::clone(provider))
        .store(store)
        .validator(Arc::new(Anybody))
        .suite(SUITE)
        .identity(identity.clone())
        .settings(settings)
        .outbox(outbox)
        .inbox(Inbox::Kept)
        .build()?;
    client.store_psk(PSK, &Secret::copy_of(PSK))?;
    Ok(client)
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
