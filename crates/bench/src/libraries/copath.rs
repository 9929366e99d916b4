//! Copath: the engine, and a store of its own for each client.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{Decode as _, Encode as _};
use copath_credentials::{Credential, CredentialVerdict};
use copath_crypto::{CipherSuite, CryptoProvider, Signer, Suite};
use copath_group::{
    Answers, CommitOptions, Group, GroupParameters, GroupSettings, JoinStep, Joining, KeyPackageParameters,
    KeyPackageSecrets, LeafParameters, Needs, PathChoice, Prepared, Received, TreeTransfer, WelcomeOptions,
};
use copath_messages::{Add, Extensions, MlsMessage, MlsMessageBody, Proposal, Remove};
use copath_records::{MemoryStore, StateDelta, Store};

use super::SUITE;
use crate::clock::now;
use crate::error::{BenchError, Blame, Outcome};
use crate::member::{Applied, Change, Library, Member, Octets, Tree, Written};
use crate::store::OwnStore;

/// A client of Copath.
pub struct CopathMember {
    blame: Blame,
    suite: Suite,
    settings: GroupSettings,
    signer: Arc<dyn Signer>,
    leaf: LeafParameters,
    store: Option<OwnStore>,
    key_packages: BTreeMap<Vec<u8>, KeyPackageSecrets>,
    group: Option<Group>,
    /// What [`Member::persist`] will store.
    unsaved: Vec<StateDelta>,
    /// Whether so much is unsaved that it is all stored anew.
    outdated: bool,
    /// What was stored and [`Member::mirror`] will keep in memory.
    unmirrored: Vec<StateDelta>,
    memory: MemoryStore,
    tree: TreeTransfer,
}

/// More changes than this are stored by storing everything.
const MOST_UNSAVED: usize = 40;

impl CopathMember {
    /// A client on `provider`; without a store it keeps everything in memory.
    ///
    /// # Errors
    /// The backend lacks the suite.
    pub fn new(
        library: Library,
        provider: &Arc<dyn CryptoProvider>,
        name: &str,
        store: Option<OwnStore>,
    ) -> Outcome<Self> {
        let blame = Blame { library: library.name() };
        let suite = Suite::new(provider, CipherSuite(SUITE)).map_err(blame.on("suite"))?;
        let keys = suite.generate_signature_key_pair().map_err(blame.on("signature key"))?;
        let signer = suite.signature().signer(&keys.private_key).map_err(blame.on("signer"))?;
        let leaf = LeafParameters::new(Credential::basic(name.as_bytes()), &[suite.cipher_suite()]);
        Ok(Self {
            blame,
            suite,
            settings: GroupSettings::default(),
            signer,
            leaf,
            store,
            key_packages: BTreeMap::new(),
            group: None,
            unsaved: Vec::new(),
            outdated: true,
            unmirrored: Vec::new(),
            memory: MemoryStore::new(),
            tree: TreeTransfer::Outside,
        })
    }

    /// Its group.
    ///
    /// # Errors
    /// It is in none.
    pub fn group(&self) -> Outcome<&Group> {
        self.group.as_ref().ok_or_else(|| self.no_group())
    }

    fn no_group(&self) -> BenchError {
        self.blame.on("group")("is in no group")
    }

    /// Applies what was prepared, and keeps its delta for [`Member::persist`].
    fn carry_out<T>(&mut self, prepared: Prepared<T>) -> Outcome<T> {
        let Some(group) = &mut self.group else { return Err(self.no_group()) };
        group.apply(prepared.patch).map_err(self.blame.on("apply"))?;
        if self.unsaved.len() >= MOST_UNSAVED {
            self.unsaved.clear();
            self.outdated = true;
        }
        if self.store.is_some() && !self.outdated {
            self.unsaved.push(prepared.delta);
        }
        Ok(prepared.output)
    }

    /// Enters a group that isn't stored yet.
    fn enter(&mut self, group: Group) {
        self.group = Some(group);
        self.unsaved.clear();
        self.outdated = true;
    }

    fn loaded(&self, store: &dyn Store) -> Outcome<Group> {
        let group_id = self.group()?.group_id();
        let loaded = Group::load(store, self.suite.provider(), &self.settings, group_id);
        loaded.map_err(self.blame.on("load"))?.ok_or_else(|| self.no_group())
    }

    fn answer(&mut self, needs: &Needs, tree: Option<&[u8]>) -> Answers {
        let mut answers = Answers::none();
        answers.credentials = needs.credentials.iter().map(|_| CredentialVerdict::Accepted).collect();
        if needs.ratchet_tree.is_some() {
            answers.ratchet_tree = tree.map(<[u8]>::to_vec);
        }
        let found = needs.key_packages.iter().find_map(|reference| self.key_packages.remove(reference));
        answers.key_package = found;
        answers
    }

    fn options(&self, change: &Change) -> Outcome<CommitOptions> {
        let mut options = CommitOptions::new().path(PathChoice::Always);
        match change {
            Change::SelfUpdate => {}
            Change::Add(key_packages) => {
                // An Add needs no path, and none of the libraries is asked for one.
                options = options.path(PathChoice::WhenNeeded);
                for octets in key_packages {
                    let message = MlsMessage::from_bytes(octets).map_err(self.blame.on("key package"))?;
                    let MlsMessageBody::KeyPackage(key_package) = message.body else {
                        return Err(self.blame.on("key package")("another message"));
                    };
                    options = options.propose(Proposal::Add(Add { key_package: Box::new(key_package) }));
                }
            }
            Change::Remove(leaf) => {
                options = options.propose(Proposal::Remove(Remove { removed: *leaf }));
            }
        }
        Ok(options)
    }
}

impl Member for CopathMember {
    fn key_package(&mut self) -> Outcome<Octets> {
        let parameters = KeyPackageParameters::new(self.leaf.clone(), now(), 60);
        let secrets = KeyPackageSecrets::generate(&self.suite, &parameters, &*self.signer)
            .map_err(self.blame.on("key package"))?;
        let message = MlsMessage::from(secrets.key_package.clone());
        let reference = secrets.reference(&self.suite).map_err(self.blame.on("key package"))?;
        self.key_packages.insert(reference, secrets);
        message.to_bytes().map_err(self.blame.on("key package"))
    }

    fn create(&mut self) -> Outcome<()> {
        let lifetime = KeyPackageParameters::new(self.leaf.clone(), now(), 60).lifetime;
        let extensions = Extensions::default();
        let parameters = GroupParameters { leaf: self.leaf.clone(), lifetime, group_id: None, extensions };
        let group = Group::create(&self.suite, &parameters, &self.settings, &*self.signer)
            .map_err(self.blame.on("create"))?;
        self.enter(group);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> Outcome<()> {
        let blame = self.blame;
        let message = MlsMessage::from_bytes(welcome).map_err(blame.on("join"))?;
        let MlsMessageBody::Welcome(welcome) = message.body else {
            return Err(blame.on("join")("no Welcome"));
        };
        let mut joining = Joining::new(self.suite.provider(), &self.settings, welcome, now());
        let joined = loop {
            let needs = joining.needs().clone();
            let answers = self.answer(&needs, tree);
            match joining.answer(answers).map_err(blame.on("join"))? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => break joined,
            }
        };
        self.enter(joined.group);
        Ok(())
    }

    fn commit(&mut self, change: &Change, tree: Tree) -> Outcome<Octets> {
        let blame = self.blame;
        self.tree = match tree {
            Tree::Inside => TreeTransfer::Inside,
            Tree::Outside => TreeTransfer::Outside,
        };
        let options = self.options(change)?;
        let draft = self.group()?.draft_commit(options, now()).map_err(blame.on("commit"))?;
        let needs = draft.needs().clone();
        let answers = self.answer(&needs, None);
        let prepared = draft.finish(self.group()?, &*self.signer, answers).map_err(blame.on("commit"))?;
        let message = self.carry_out(prepared)?;
        message.to_bytes().map_err(blame.on("commit"))
    }

    fn apply(&mut self) -> Outcome<Applied> {
        let blame = self.blame;
        let prepared = self.group()?.accept_pending_commit().map_err(blame.on("apply"))?;
        self.carry_out(prepared)?;
        if !self.group()?.has_welcome() {
            return Ok(Applied::default());
        }
        let options = WelcomeOptions::default().tree(self.tree);
        let built = self.group()?.build_welcome(options, &*self.signer).map_err(blame.on("welcome"))?;
        let welcomes = self.carry_out(built)?;
        let released = self.group()?.release_welcome().map_err(blame.on("welcome"))?;
        self.carry_out(released)?;
        let welcome = welcomes.first().map(MlsMessage::to_bytes).transpose().map_err(blame.on("welcome"))?;
        Ok(Applied { welcome })
    }

    fn receive(&mut self, message: &[u8]) -> Outcome<Option<Octets>> {
        let blame = self.blame;
        let message = self.group()?.decode(message).map_err(blame.on("receive"))?;
        match self.group()?.receive(&message, now()).map_err(blame.on("receive"))? {
            Received::Application(prepared) => Ok(Some(self.carry_out(prepared)?.data)),
            Received::Commit(check) => {
                let needs = check.needs().clone();
                let answers = self.answer(&needs, None);
                let staged = check.finish(self.group()?, answers).map_err(blame.on("receive"))?;
                let prepared = self.group()?.merge(staged).map_err(blame.on("receive"))?;
                self.carry_out(prepared)?;
                Ok(None)
            }
            other => Err(blame.on("receive")(other)),
        }
    }

    fn encrypt(&mut self, data: &[u8]) -> Outcome<Octets> {
        let blame = self.blame;
        let prepared = self.group()?.encrypt(data, b"", &*self.signer).map_err(blame.on("encrypt"))?;
        self.carry_out(prepared)?.to_bytes().map_err(blame.on("encrypt"))
    }

    fn persist(&mut self) -> Outcome<Written> {
        if std::mem::take(&mut self.outdated) {
            self.unsaved = vec![self.group()?.all_records().map_err(self.blame.on("persist"))?];
        }
        let Some(store) = &self.store else { return Ok(Written::default()) };
        let mut written = Written::default();
        for delta in std::mem::take(&mut self.unsaved) {
            written.octets += delta.bytes() as u64;
            written.transactions += 1;
            store.commit(&delta).map_err(self.blame.on("persist"))?;
            self.unmirrored.push(delta);
        }
        Ok(written)
    }

    fn empty_transaction(&mut self) -> Outcome<()> {
        self.store.as_ref().map_or(Ok(()), |store| store.nearly_nothing(0))
    }

    fn mirror(&mut self) -> Outcome<()> {
        for delta in std::mem::take(&mut self.unmirrored) {
            self.memory.commit(&delta).map_err(self.blame.on("mirror"))?;
        }
        Ok(())
    }

    fn load(&mut self) -> Outcome<()> {
        match &self.store {
            None => Ok(()),
            Some(store) => {
                let loaded = self.loaded(store)?;
                self.group = Some(loaded);
                Ok(())
            }
        }
    }

    fn load_from_memory(&mut self) -> Outcome<()> {
        let loaded = self.loaded(&self.memory)?;
        self.group = Some(loaded);
        Ok(())
    }

    fn tree(&mut self) -> Outcome<Octets> {
        self.group()?.export_ratchet_tree().map_err(self.blame.on("tree"))
    }

    fn authenticator(&mut self) -> Outcome<Octets> {
        Ok(self.group()?.epoch_authenticator().to_vec())
    }

    fn leave(&mut self) {
        self.group = None;
    }
}
