//! A client: what the engine prepares is stored, then applied, then released.

use std::sync::Arc;

use copath_credentials::{Credential, CredentialVerdict, Timestamp};
use copath_crypto::{CipherSuite, CryptoProvider, Signer, Suite};
use copath_group::{
    Answers, CommitOptions, Group, GroupParameters, GroupSettings, JoinStep, Joining, KeyPackageParameters,
    KeyPackageSecrets, LeafParameters, Needs, Prepared, Received, TreeTransfer, WelcomeOptions,
};
use copath_messages::{Add, Extensions, KeyPackage, MlsMessage, MlsMessageBody, Proposal};
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{Record, RecordKey, RecordKind, StateDelta};

use crate::Fallible;
use crate::database::Database;

/// The time, which an application reads from its clock.
const NOW: Timestamp = Timestamp(1_700_000_000);

/// A member of one group.
pub struct Client {
    suite: Suite,
    signer: Arc<dyn Signer>,
    leaf: LeafParameters,
    settings: GroupSettings,
    database: Database,
    group: Option<Group>,
}

impl Client {
    /// A client with a fresh signature key.
    pub fn new(name: &str, database: Database) -> Fallible<Self> {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let suite = Suite::new(&provider, CipherSuite(1))?;
        let keys = suite.generate_signature_key_pair()?;
        let signer = suite.signature().signer(&keys.private_key)?;
        let leaf = LeafParameters::new(Credential::basic(name.as_bytes()), &[suite.cipher_suite()]);
        Ok(Self { suite, signer, leaf, settings: GroupSettings::default(), database, group: None })
    }

    /// Its group.
    pub fn group(&self) -> Fallible<&Group> {
        self.group.as_ref().ok_or("not in a group".into())
    }

    /// Creates a group of one.
    pub async fn create(&mut self) -> Fallible<()> {
        let lifetime = KeyPackageParameters::new(self.leaf.clone(), NOW, 30).lifetime;
        let extensions = Extensions::default();
        let parameters = GroupParameters { leaf: self.leaf.clone(), lifetime, group_id: None, extensions };
        let group = Group::create(&self.suite, &parameters, &self.settings, &*self.signer)?;
        self.database.commit(&group.all_records()?).await?;
        self.group = Some(group);
        Ok(())
    }

    /// A key package whose private keys are stored before it is published.
    pub async fn key_package(&self) -> Fallible<KeyPackage> {
        let parameters = KeyPackageParameters::new(self.leaf.clone(), NOW, 30);
        let secrets = KeyPackageSecrets::generate(&self.suite, &parameters, &*self.signer)?;
        let mut delta = StateDelta::new();
        let record = Record::copy_of(secrets.to_record()?.expose());
        delta.put(key_package_key(&secrets.reference(&self.suite)?), record);
        self.database.commit(&delta).await?;
        Ok(secrets.key_package)
    }

    /// A commit that adds somebody. It is pending until the delivery service has accepted it.
    pub async fn add(&mut self, key_package: KeyPackage) -> Fallible<MlsMessage> {
        let add = Proposal::Add(Add { key_package: Box::new(key_package) });
        let draft = self.group()?.draft_commit(CommitOptions::new().propose(add), NOW)?;
        let answers = self.answers(draft.needs()).await?;
        let prepared = draft.finish(self.group()?, &*self.signer, answers)?;
        self.carry_out(prepared).await
    }

    /// The commit was accepted: enters its epoch, and returns the Welcome.
    pub async fn accepted(&mut self) -> Fallible<MlsMessage> {
        let prepared = self.group()?.accept_pending_commit()?;
        self.carry_out(prepared).await?;
        let options = WelcomeOptions::default().tree(TreeTransfer::Inside);
        let built = self.group()?.build_welcome(options, &*self.signer)?;
        let mut welcomes = self.carry_out(built).await?;
        let released = self.group()?.release_welcome()?;
        self.carry_out(released).await?;
        welcomes.pop().ok_or("nobody was added".into())
    }

    /// Joins by a Welcome; the group is stored and the key package deleted in one batch.
    pub async fn join(&mut self, welcome: &MlsMessage) -> Fallible<()> {
        let MlsMessageBody::Welcome(welcome) = &welcome.body else { return Err("not a Welcome".into()) };
        let mut joining = Joining::new(self.suite.provider(), &self.settings, welcome.clone(), NOW);
        let joined = loop {
            let answers = self.answers(joining.needs()).await?;
            match joining.answer(answers)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => break joined,
            }
        };
        let mut delta = joined.group.all_records()?;
        delta.delete(key_package_key(&joined.key_package_ref));
        self.database.commit(&delta).await?;
        self.group = Some(joined.group);
        Ok(())
    }

    /// Encrypts a message; the ratchet has moved on in the database before it is released.
    pub async fn encrypt(&mut self, data: &[u8]) -> Fallible<MlsMessage> {
        let prepared = self.group()?.encrypt(data, b"", &*self.signer)?;
        self.carry_out(prepared).await
    }

    /// Reads a message; its key is deleted before the data is released.
    pub async fn read(&mut self, message: &MlsMessage) -> Fallible<Vec<u8>> {
        match self.group()?.receive(message, NOW)? {
            Received::Application(prepared) => Ok(self.carry_out(prepared).await?.data),
            _ => Err("not application data".into()),
        }
    }

    /// The group as it is after a restart.
    pub async fn restart(&mut self) -> Fallible<()> {
        let id = self.group()?.group_id().clone();
        let records = self.database.group_records(&id).await?;
        self.group = Group::load(&records, self.suite.provider(), &self.settings, &id)?;
        Ok(())
    }

    /// Stores what was prepared, then applies it, then releases its output. If storing fails nothing has happened.
    async fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Fallible<T> {
        self.database.commit(&prepared.delta).await?;
        self.group.as_mut().ok_or("not in a group")?.apply(prepared.patch)?;
        Ok(prepared.output)
    }

    /// What the engine can't know, asked for where it is.
    async fn answers(&self, needs: &Needs) -> Fallible<Answers> {
        let mut answers = Answers::none();
        // An application asks its directory whether the name and the key belong together.
        answers.credentials = needs.credentials.iter().map(|_| CredentialVerdict::Accepted).collect();
        for reference in &needs.key_packages {
            if let Some(record) = self.database.load(&key_package_key(reference)).await? {
                let context = self.settings.registrations.decode_context();
                answers.key_package = Some(KeyPackageSecrets::from_record(record.expose(), context)?);
            }
        }
        Ok(answers)
    }
}

fn key_package_key(reference: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::KEY_PACKAGE).push_bytes(reference)
}
