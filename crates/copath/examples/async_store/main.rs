//! An asynchronous application that stores everything itself, over an asynchronous database client.
//!
//! The engine (`copath::engine`) does no I/O: an operation gives an output, a delta and a patch. The application
//! awaits its database, applies the patch, and only then releases the output. What the engine wants to know it asks
//! for, and the application awaits the answers: from its database, or from a directory far away. Loading is the one
//! place where the engine reads by itself; it gets the group's records in a `MemoryStore`.
//!
//! Three things are easily got wrong, and this shows how to get them right:
//!
//! - *Who writes?* Each batch expects the mark that the one before has left, and leaves another one. So a second
//!   writer, or a batch that comes late, is refused.
//! - *Did it take place?* A call that fails may have. So what is in memory is forgotten, and the group is loaded again
//!   before it is used: the database knows. Opening leaves a mark too, so that no late batch comes after it, and what
//!   was read is durable.
//! - *Is it gone?* A database moves its rows about and leaves copies of them. So values lie in slots that never move:
//!   they are overwritten in place, and used again.
//!
//! `cargo run -p copath --example async_store`
#![expect(clippy::print_stdout, reason = "an example")]

mod records;

use std::path::Path;
use std::sync::Arc;

use copath::engine::{
    Answers, CommitOptions, Group, GroupParameters, GroupSettings, JoinStep, Joining, KeyPackageParameters,
    KeyPackageSecrets, LeafParameters, Needs, Prepared, Received, WelcomeOptions,
};
use copath::messages::{Add, MlsMessage, MlsMessageBody, Proposal};
use copath::{
    CipherSuite, Credential, CredentialVerdict, CryptoProvider, GroupId, Identity, StateDelta, Store, Suite,
    Timestamp,
};
use copath_codec::{Decode, Encode};
use copath_records::{Record, RecordKey, RecordKind, unwrap_payload, wrap_payload};
use records::Records;

type Error = Box<dyn std::error::Error + Send + Sync>;

const NOW: Timestamp = Timestamp(1_700_000_000);
const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// A group in memory, and the mark that its last batch has left.
struct Open {
    group: Group,
    mark: Record,
}

/// One user of the application: a database, an identity, and once it is in a group, its id. The group is in memory as
/// long as that is what the database has.
struct User {
    name: &'static str,
    provider: Arc<dyn CryptoProvider>,
    settings: GroupSettings,
    suite: Suite,
    identity: Identity,
    records: Records,
    group_id: Option<GroupId>,
    open: Option<Open>,
}

impl User {
    async fn new(name: &'static str, directory: &Path) -> Result<Self, Error> {
        let provider = copath_provider_rustcrypto::provider();
        Ok(Self {
            name,
            settings: GroupSettings::default(),
            suite: Suite::new(&provider, SUITE)?,
            identity: Identity::generate(&provider, SUITE, Credential::basic(name.as_bytes()))?,
            records: Records::open(&directory.join(name)).await?,
            group_id: None,
            open: None,
            provider,
        })
    }

    fn leaf(&self) -> LeafParameters {
        LeafParameters::new(self.identity.credential().clone(), &[SUITE])
    }

    /// The group, loaded from the database if it isn't in memory.
    async fn group(&mut self) -> Result<&Group, Error> {
        if self.open.is_none() {
            let id = self.group_id.clone().ok_or_else(|| format!("{} is in no group", self.name))?;
            let records = self.records.group(&id).await?;
            let mark = self.commit(&id, records.load(&mark_key(&id))?, StateDelta::new()).await?;
            let group = Group::load(&records, &self.provider, &self.settings, &id)?.ok_or("no group")?;
            self.open = Some(Open { group, mark });
        }
        self.open.as_ref().map(|open| &open.group).ok_or_else(|| "no group".into())
    }

    /// Commits a batch of a group, if nobody has written since `before`; gives its mark.
    async fn commit(
        &mut self,
        id: &GroupId,
        before: Option<Record>,
        changes: StateDelta,
    ) -> Result<Record, Error> {
        let mark = wrap_payload(&self.suite.random_bytes(16)?);
        let mut delta = StateDelta::new();
        delta.expect(mark_key(id), before).merge(changes).put(mark_key(id), mark.duplicate());
        self.records.commit(delta).await?;
        Ok(mark)
    }

    /// Store, then apply, then release: the order that makes a crash harmless. If storing fails, the group is no longer
    /// in memory, and nothing was released: call again.
    async fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Result<T, Error> {
        let Open { mut group, mark } = self.open.take().ok_or("no group")?;
        let id = group.group_id().clone();
        let mark = self.commit(&id, Some(mark), prepared.delta).await?;
        group.apply(prepared.patch)?;
        self.open = Some(Open { group, mark });
        Ok(prepared.output)
    }

    /// A group that was just created or joined, with `also` in the same batch.
    async fn enter(&mut self, group: Group, also: StateDelta) -> Result<(), Error> {
        let id = group.group_id().clone();
        self.group_id = Some(id.clone());
        let mut records = group.all_records()?;
        records.merge(also);
        let mark = self.commit(&id, None, records).await?;
        self.open = Some(Open { group, mark });
        Ok(())
    }

    /// What the engine asks. A real application asks its directory whether the credentials are good.
    async fn answer(&self, needs: &Needs) -> Result<Answers, Error> {
        let mut answers = Answers::none();
        for reference in &needs.key_packages {
            if let Some(record) = self.records.load(key_package_key(reference)).await? {
                let (_, payload) = unwrap_payload(&record)?;
                let context = self.settings.registrations.decode_context();
                answers.key_package = Some(KeyPackageSecrets::from_record(payload, context)?);
            }
        }
        answers.credentials = needs.credentials.iter().map(|_| CredentialVerdict::Accepted).collect();
        Ok(answers)
    }

    async fn create(&mut self) -> Result<(), Error> {
        let lifetime = KeyPackageParameters::new(self.leaf(), NOW, 90).lifetime;
        let parameters =
            GroupParameters { leaf: self.leaf(), lifetime, group_id: None, extensions: Default::default() };
        let signer = self.identity.signer().as_ref();
        let group = Group::create(&self.suite, &parameters, &self.settings, signer)?;
        self.enter(group, StateDelta::new()).await
    }

    /// A key package to publish; its private keys are stored first.
    async fn key_package(&mut self) -> Result<MlsMessage, Error> {
        let parameters = KeyPackageParameters::new(self.leaf(), NOW, 90);
        let signer = self.identity.signer().as_ref();
        let secrets = KeyPackageSecrets::generate(&self.suite, &parameters, signer)?;
        let mut delta = StateDelta::new();
        let record = wrap_payload(secrets.to_record()?.expose());
        delta.put(key_package_key(&secrets.reference(&self.suite)?), record);
        self.records.commit(delta).await?;
        Ok(secrets.key_package.into())
    }

    /// Adds the client of a key package; returns the commit.
    async fn add(&mut self, key_package: MlsMessage) -> Result<MlsMessage, Error> {
        let MlsMessageBody::KeyPackage(key_package) = key_package.body else {
            return Err("no key package".into());
        };
        let add = Proposal::Add(Add { key_package: Box::new(key_package) });
        let draft = self.group().await?.draft_commit(CommitOptions::new().propose(add), NOW)?;
        let answers = self.answer(draft.needs()).await?;
        let signer = Arc::clone(self.identity.signer());
        let prepared = draft.finish(self.group().await?, signer.as_ref(), answers)?;
        self.carry_out(prepared).await
    }

    /// The delivery service has accepted the commit; returns the Welcome.
    async fn accept(&mut self) -> Result<MlsMessage, Error> {
        let group = self.group().await?;
        // If it was accepted before, and the answer got lost, the Welcome is still owed.
        if group.has_pending_commit() {
            let prepared = group.accept_pending_commit()?;
            self.carry_out(prepared).await?;
        }
        let signer = Arc::clone(self.identity.signer());
        let prepared = self.group().await?.build_welcome(WelcomeOptions::default(), signer.as_ref())?;
        let welcomes = self.carry_out(prepared).await?;
        welcomes.into_iter().next().ok_or_else(|| "no Welcome".into())
    }

    async fn join(&mut self, welcome: MlsMessage) -> Result<(), Error> {
        let MlsMessageBody::Welcome(welcome) = welcome.body else { return Err("no Welcome".into()) };
        let mut joining = Joining::new(&self.provider, &self.settings, welcome, NOW);
        loop {
            let answers = self.answer(joining.needs()).await?;
            match joining.answer(answers)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => {
                    let mut used = StateDelta::new();
                    used.delete(key_package_key(&joined.key_package_ref));
                    return self.enter(joined.group, used).await;
                }
            }
        }
    }

    async fn encrypt(&mut self, data: &[u8]) -> Result<Vec<u8>, Error> {
        let signer = Arc::clone(self.identity.signer());
        let prepared = self.group().await?.encrypt(data, b"", signer.as_ref())?;
        Ok(self.carry_out(prepared).await?.to_bytes()?)
    }

    async fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let message = MlsMessage::from_bytes(message)?;
        match self.group().await?.receive(&message, NOW)? {
            Received::Application(prepared) => Ok(self.carry_out(prepared).await?.data),
            _ => Err("not application data".into()),
        }
    }
}

fn mark_key(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::GROUP_MARK).push_bytes(group_id)
}

fn key_package_key(reference: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::KEY_PACKAGE).push_bytes(reference)
}

async fn talk(directory: &Path) -> Result<Vec<String>, Error> {
    let mut alice = User::new("alice", directory).await?;
    let mut bob = User::new("bob", directory).await?;
    alice.create().await?;
    let key_package = bob.key_package().await?;
    alice.add(key_package).await?;
    alice.open = None; // a restart: the commit waits in the database
    let welcome = alice.accept().await?;
    bob.join(welcome).await?;
    let mut heard = Vec::new();
    for text in ["hello", "still here after a restart"] {
        let message = alice.encrypt(text.as_bytes()).await?;
        heard.push(String::from_utf8(bob.decrypt(&message).await?)?);
        (alice.open, bob.open) = (None, None);
    }
    // The batch takes place and nobody knows: the key that it used is never used again.
    alice.records.answers_to_lose = 1;
    let text = b"and after a lost answer";
    let message = match alice.encrypt(text).await {
        Err(_) => alice.encrypt(text).await?,
        Ok(_) => return Err("the answer should have got lost".into()),
    };
    heard.push(String::from_utf8(bob.decrypt(&message).await?)?);
    Ok(heard)
}

fn main() -> Result<(), Error> {
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for heard in runtime.block_on(talk(directory.path()))? {
        println!("bob heard: {heard}");
    }
    Ok(())
}

#[test]
fn an_asynchronous_application_talks_restarts_and_loses_answers() -> Result<(), Error> {
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let heard = runtime.block_on(talk(directory.path()))?;
    assert_eq!(heard, ["hello", "still here after a restart", "and after a lost answer"]);
    Ok(())
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() -> Result<(), Error> {
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut alice = User::new("alice", directory.path()).await?;
        alice.create().await?;
        let mut again = User::new("alice", directory.path()).await?;
        (again.group_id, again.identity) = (alice.group_id.clone(), alice.identity.clone());
        again.encrypt(b"by another process").await?;
        assert!(alice.encrypt(b"with the same key?").await.is_err());
        alice.encrypt(b"loaded again").await?;
        assert!(again.encrypt(b"with the same key?").await.is_err());
        Ok(())
    })
}
