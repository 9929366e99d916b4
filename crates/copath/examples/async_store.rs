//! An asynchronous application that stores everything itself, over an asynchronous database client.
//!
//! The engine (`copath::engine`) does no I/O: an operation gives an output, a delta and a patch. The application
//! awaits its database, applies the patch, and only then releases the output. What the engine wants to know it asks
//! for, and the application awaits the answers: from its database, or from a directory far away. Loading is the one
//! place where the engine reads by itself; it gets the group's records in a `MemoryStore`.
//!
//! `cargo run -p copath --example async_store`
#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;

use copath::engine::{
    Answers, CommitOptions, Group, GroupParameters, GroupSettings, JoinStep, Joining, KeyPackageParameters,
    KeyPackageSecrets, LeafParameters, Needs, Prepared, Received, WelcomeOptions,
};
use copath::messages::{Add, MlsMessage, MlsMessageBody, Proposal};
use copath::{
    CipherSuite, Credential, CredentialVerdict, CryptoProvider, GroupId, Identity, MemoryStore, StateDelta,
    Store, Suite, Timestamp,
};
use copath_codec::{Decode, Encode};
use copath_records::{Operation, Record, RecordKey, RecordKind, unwrap_payload, wrap_payload};
use tokio_rusqlite::Connection;
use tokio_rusqlite::rusqlite::{self, OptionalExtension, params};

type Error = Box<dyn std::error::Error + Send + Sync>;

const NOW: Timestamp = Timestamp(1_700_000_000);
const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// Records in an asynchronous database.
struct Records(Connection);

impl Records {
    async fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path).await?;
        let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
            CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
        connection.call(move |connection| connection.execute_batch(schema)).await?;
        Ok(Self(connection))
    }

    /// One batch, all or nothing, durable when it returns.
    async fn commit(&self, delta: StateDelta) -> Result<(), Error> {
        let work = move |connection: &mut rusqlite::Connection| {
            let transaction = connection.transaction()?;
            for operation in &delta {
                carry_out(&transaction, operation)?;
            }
            transaction.commit()
        };
        Ok(self.0.call(work).await?)
    }

    async fn load(&self, key: RecordKey) -> Result<Option<Record>, Error> {
        let work = move |connection: &mut rusqlite::Connection| {
            let select = "SELECT value FROM records WHERE key = ?1";
            connection.query_row(select, [key.as_octets()], |row| row.get::<_, Vec<u8>>(0)).optional()
        };
        Ok(self.0.call(work).await?.map(Record::from))
    }

    /// All records of one group, in memory.
    async fn group(&self, group_id: &GroupId) -> Result<MemoryStore, Error> {
        let prefixes: Vec<_> =
            RecordKind::ALL.iter().map(|kind| RecordKey::new(*kind).push_bytes(group_id)).collect();
        let work = move |connection: &mut rusqlite::Connection| {
            let mut found = Vec::new();
            let select = "SELECT key, value FROM records WHERE key >= ?1 AND key < ?2";
            let mut select = connection.prepare(select)?;
            for prefix in prefixes {
                let range = params![prefix.as_octets(), prefix.prefix_end()];
                let rows = select.query_map(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
                found.extend(rows.collect::<Result<Vec<(Vec<u8>, Vec<u8>)>, _>>()?);
            }
            Ok::<_, rusqlite::Error>(found)
        };
        let mut records = StateDelta::new();
        for (key, value) in self.0.call(work).await? {
            records.put(RecordKey::from_octets(key).ok_or("a key that no record has")?, Record::from(value));
        }
        let memory = MemoryStore::new();
        memory.commit(&records)?;
        Ok(memory)
    }
}

fn carry_out(transaction: &rusqlite::Transaction<'_>, operation: &Operation) -> rusqlite::Result<()> {
    match operation {
        Operation::Put(key, record) => {
            let insert = "INSERT OR REPLACE INTO records (key, value) VALUES (?1, ?2)";
            transaction.execute(insert, params![key.as_octets(), record.expose()])?;
        }
        Operation::Delete(key) => {
            transaction.execute("DELETE FROM records WHERE key = ?1", [key.as_octets()])?;
        }
        Operation::DeletePrefix(prefix) => {
            let delete = "DELETE FROM records WHERE key >= ?1 AND key < ?2";
            transaction.execute(delete, params![prefix.as_octets(), prefix.prefix_end()])?;
        }
        Operation::Expect(key, expected) => {
            let select = "SELECT value FROM records WHERE key = ?1";
            let found = transaction.query_row(select, [key.as_octets()], |row| row.get::<_, Vec<u8>>(0));
            if found.optional()?.as_deref() != expected.as_ref().map(Record::expose) {
                return Err(rusqlite::Error::StatementChangedRows(0));
            }
        }
    }
    Ok(())
}

/// One user of the application: a database, an identity, and a group once it is in one.
struct User {
    name: &'static str,
    provider: Arc<dyn CryptoProvider>,
    settings: GroupSettings,
    suite: Suite,
    identity: Identity,
    records: Records,
    group: Option<Group>,
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
            group: None,
            provider,
        })
    }

    fn leaf(&self) -> LeafParameters {
        LeafParameters::new(self.identity.credential().clone(), &[SUITE])
    }

    fn group(&self) -> Result<&Group, Error> {
        self.group.as_ref().ok_or_else(|| format!("{} is in no group", self.name).into())
    }

    /// Store, then apply, then release: the order that makes a crash harmless.
    async fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Result<T, Error> {
        self.records.commit(prepared.delta).await?;
        self.group.as_mut().ok_or("no group")?.apply(prepared.patch)?;
        Ok(prepared.output)
    }

    /// A group that was just created or joined, with `also` in the same batch.
    async fn enter(&mut self, group: Group, also: StateDelta) -> Result<(), Error> {
        let mut records = group.all_records()?;
        records.merge(also);
        self.records.commit(records).await?;
        self.group = Some(group);
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
    async fn key_package(&self) -> Result<MlsMessage, Error> {
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
        let draft = self.group()?.draft_commit(CommitOptions::new().propose(add), NOW)?;
        let answers = self.answer(draft.needs()).await?;
        let signer = Arc::clone(self.identity.signer());
        let prepared = draft.finish(self.group()?, signer.as_ref(), answers)?;
        self.carry_out(prepared).await
    }

    /// The delivery service has accepted the commit; returns the Welcome.
    async fn accept(&mut self) -> Result<MlsMessage, Error> {
        let prepared = self.group()?.accept_pending_commit()?;
        self.carry_out(prepared).await?;
        let signer = Arc::clone(self.identity.signer());
        let prepared = self.group()?.build_welcome(WelcomeOptions::default(), signer.as_ref())?;
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
        let prepared = self.group()?.encrypt(data, b"", signer.as_ref())?;
        Ok(self.carry_out(prepared).await?.to_bytes()?)
    }

    async fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let message = MlsMessage::from_bytes(message)?;
        match self.group()?.receive(&message, NOW)? {
            Received::Application(prepared) => Ok(self.carry_out(prepared).await?.data),
            _ => Err("not application data".into()),
        }
    }

    /// Forgets what is in memory, and goes on from the database.
    async fn restart(&mut self) -> Result<(), Error> {
        let id = self.group()?.group_id().clone();
        self.group = None;
        let records = self.records.group(&id).await?;
        self.group = Group::load(&records, &self.provider, &self.settings, &id)?;
        Ok(())
    }
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
    alice.restart().await?; // the commit waits in the database
    let welcome = alice.accept().await?;
    bob.join(welcome).await?;
    let mut heard = Vec::new();
    for text in ["hello", "still here after a restart"] {
        let message = alice.encrypt(text.as_bytes()).await?;
        heard.push(String::from_utf8(bob.decrypt(&message).await?)?);
        alice.restart().await?;
        bob.restart().await?;
    }
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
fn an_asynchronous_application_talks_and_restarts() -> Result<(), Error> {
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let heard = runtime.block_on(talk(directory.path()))?;
    assert_eq!(heard, ["hello", "still here after a restart"]);
    Ok(())
}
