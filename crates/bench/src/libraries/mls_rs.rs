//! mls-rs with its default features: rayon, the tree index, fast serialization.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use mls_rs::client_builder::{MlsConfig, PaddingMode};
use mls_rs::group::{ExportedTree, GroupContext, ReceivedMessage, Roster};
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::mls_rules::{CommitDirection, CommitOptions, CommitSource, EncryptionOptions, ProposalBundle};
use mls_rs::time::MlsTime;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, ExtensionList, Group, MlsMessage, MlsRules,
};
use mls_rs_core::group::{EpochRecord, GroupState, GroupStateStorage};
use mls_rs_crypto_awslc::AwsLcCryptoProvider;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use zeroize::Zeroizing;

use super::SUITE;
use crate::error::{Blame, Outcome};
use crate::member::{Applied, Change, Library, Member, Octets, Tree, Written};

struct MlsRsMember<C: MlsConfig> {
    blame: Blame,
    client: Client<C>,
    rules: Rules,
    storage: Storage,
    welcome: Option<Octets>,
    group: Option<Group<C>>,
}

/// A client on aws-lc-rs.
pub(super) fn on_aws_lc(name: &str) -> Outcome<Box<dyn Member>> {
    new(Library::MlsRsAwsLc, AwsLcCryptoProvider::new(), name)
}

/// A client on the RustCrypto crates.
pub(super) fn on_rustcrypto(name: &str) -> Outcome<Box<dyn Member>> {
    new(Library::MlsRsRustCrypto, RustCryptoProvider::new(), name)
}

fn new<P>(library: Library, crypto: P, name: &str) -> Outcome<Box<dyn Member>>
where
    P: CryptoProvider + Clone + 'static,
{
    let blame = Blame { library: library.name() };
    let suite = CipherSuite::from(SUITE);
    let provider = crypto.cipher_suite_provider(suite).ok_or_else(|| blame.on("suite")("not there"))?;
    let (secret, public) = provider.signature_key_generate().map_err(blame.on("signature key"))?;
    let credential = BasicCredential::new(name.as_bytes().to_vec()).into_credential();
    let (rules, storage) = (Rules::default(), Storage::default());
    let client = Client::builder()
        .identity_provider(BasicIdentityProvider)
        .crypto_provider(crypto)
        .group_state_storage(storage.clone())
        .mls_rules(rules.clone())
        .signing_identity(SigningIdentity::new(credential, public), secret, suite)
        .build();
    Ok(Box::new(MlsRsMember { blame, client, rules, storage, welcome: None, group: None }))
}

impl<C: MlsConfig> MlsRsMember<C> {
    fn group(&mut self) -> Outcome<&mut Group<C>> {
        let blame = self.blame;
        self.group.as_mut().ok_or_else(|| blame.on("group")("is in no group"))
    }
}

impl<C: MlsConfig> Member for MlsRsMember<C> {
    fn key_package(&mut self) -> Outcome<Octets> {
        let none = ExtensionList::default;
        let made = self.client.generate_key_package_message(none(), none(), Some(MlsTime::now()));
        made.map_err(self.blame.on("key package"))?.to_bytes().map_err(self.blame.on("key package"))
    }

    fn create(&mut self) -> Outcome<()> {
        let none = ExtensionList::default;
        let group = self.client.create_group(none(), none(), Some(MlsTime::now()));
        self.group = Some(group.map_err(self.blame.on("create"))?);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> Outcome<()> {
        let blame = self.blame;
        let tree = tree.map(ExportedTree::from_bytes).transpose().map_err(blame.on("join"))?;
        let welcome = MlsMessage::from_bytes(welcome).map_err(blame.on("join"))?;
        let joined = self.client.join_group(tree, &welcome, Some(MlsTime::now()));
        self.group = Some(joined.map_err(blame.on("join"))?.0);
        Ok(())
    }

    fn commit(&mut self, change: &Change, tree: Tree) -> Outcome<Octets> {
        let blame = self.blame;
        let how = How { path: !matches!(change, Change::Add(_)), tree_inside: tree == Tree::Inside };
        *self.rules.how.lock().unwrap_or_else(PoisonError::into_inner) = how;
        let mut builder = self.group()?.commit_builder().commit_time(MlsTime::now());
        match change {
            Change::SelfUpdate => {}
            Change::Add(key_packages) => {
                for octets in key_packages {
                    let key_package = MlsMessage::from_bytes(octets).map_err(blame.on("key package"))?;
                    builder = builder.add_member(key_package).map_err(blame.on("commit"))?;
                }
            }
            Change::Remove(leaf) => builder = builder.remove_member(*leaf).map_err(blame.on("commit"))?,
        }
        let output = builder.build().map_err(blame.on("commit"))?;
        let welcome = output.welcome_messages.first().map(MlsMessage::to_bytes).transpose();
        self.welcome = welcome.map_err(blame.on("commit"))?;
        output.commit_message.to_bytes().map_err(blame.on("commit"))
    }

    fn apply(&mut self) -> Outcome<Applied> {
        let blame = self.blame;
        self.group()?.apply_pending_commit().map_err(blame.on("apply"))?;
        Ok(Applied { welcome: self.welcome.take() })
    }

    fn receive(&mut self, message: &[u8]) -> Outcome<Option<Octets>> {
        let blame = self.blame;
        let message = MlsMessage::from_bytes(message).map_err(blame.on("receive"))?;
        let received = self.group()?.process_incoming_message_with_time(message, MlsTime::now());
        match received.map_err(blame.on("receive"))? {
            ReceivedMessage::ApplicationMessage(message) => Ok(Some(message.data().to_vec())),
            ReceivedMessage::Commit(_) => Ok(None),
            other => Err(blame.on("receive")(other)),
        }
    }

    fn encrypt(&mut self, data: &[u8]) -> Outcome<Octets> {
        let blame = self.blame;
        let message = self.group()?.encrypt_application_message(data, Vec::new());
        message.map_err(blame.on("encrypt"))?.to_bytes().map_err(blame.on("encrypt"))
    }

    fn persist(&mut self) -> Outcome<Written> {
        let blame = self.blame;
        let before = self.storage.written();
        self.group()?.write_to_storage().map_err(blame.on("persist"))?;
        Ok(Written { octets: self.storage.written() - before, transactions: 0 })
    }

    fn load(&mut self) -> Outcome<()> {
        let group_id = self.group()?.group_id().to_vec();
        self.group = Some(self.client.load_group(&group_id).map_err(self.blame.on("load"))?);
        Ok(())
    }

    fn tree(&mut self) -> Outcome<Octets> {
        let blame = self.blame;
        self.group()?.export_tree().to_bytes().map_err(blame.on("tree"))
    }

    fn authenticator(&mut self) -> Outcome<Octets> {
        let blame = self.blame;
        Ok(self.group()?.epoch_authenticator().map_err(blame.on("authenticator"))?.to_vec())
    }

    fn leave(&mut self) {
        self.group = None;
    }
}

/// How the commit at hand is to be made, which mls-rs asks its rules for.
#[derive(Clone, Copy, Debug, Default)]
struct How {
    path: bool,
    tree_inside: bool,
}

#[derive(Clone, Debug, Default)]
struct Rules {
    how: Arc<Mutex<How>>,
}

impl MlsRules for Rules {
    type Error = Infallible;

    fn filter_proposals(
        &self,
        _: CommitDirection,
        _: CommitSource,
        _: &Roster<'_>,
        _: &GroupContext,
        proposals: ProposalBundle,
    ) -> Result<ProposalBundle, Infallible> {
        Ok(proposals)
    }

    fn commit_options(
        &self,
        _: &Roster<'_>,
        _: &GroupContext,
        _: &ProposalBundle,
    ) -> Result<CommitOptions, Infallible> {
        let how = *self.how.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(CommitOptions::new().with_path_required(how.path).with_ratchet_tree_extension(how.tree_inside))
    }

    fn encryption_options(&self, _: &Roster<'_>, _: &GroupContext) -> Result<EncryptionOptions, Infallible> {
        Ok(EncryptionOptions::new(true, PaddingMode::StepFunction))
    }
}

/// A store in memory that counts octets.
#[derive(Clone, Debug, Default)]
struct Storage {
    inner: Arc<Mutex<Stored>>,
}

#[derive(Debug, Default)]
struct Stored {
    groups: BTreeMap<Vec<u8>, Zeroizing<Vec<u8>>>,
    epochs: BTreeMap<(Vec<u8>, u64), Zeroizing<Vec<u8>>>,
    written: u64,
}

/// Past epochs that are kept, as many as Copath keeps.
const PAST_EPOCHS: u64 = 3;

impl Storage {
    fn written(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).written
    }
}

impl GroupStateStorage for Storage {
    type Error = Infallible;

    fn state(&self, group_id: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Infallible> {
        Ok(self.inner.lock().unwrap_or_else(PoisonError::into_inner).groups.get(group_id).cloned())
    }

    fn epoch(&self, group_id: &[u8], epoch_id: u64) -> Result<Option<Zeroizing<Vec<u8>>>, Infallible> {
        let stored = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(stored.epochs.get(&(group_id.to_vec(), epoch_id)).cloned())
    }

    fn write(
        &mut self,
        state: GroupState,
        epoch_inserts: Vec<EpochRecord>,
        epoch_updates: Vec<EpochRecord>,
    ) -> Result<(), Infallible> {
        let mut stored = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        stored.written += state.data.len() as u64;
        for epoch in epoch_inserts.into_iter().chain(epoch_updates) {
            stored.written += epoch.data.len() as u64;
            stored.epochs.insert((state.id.clone(), epoch.id), epoch.data);
            let oldest = (state.id.clone(), epoch.id.saturating_sub(PAST_EPOCHS - 1));
            stored.epochs = stored.epochs.split_off(&oldest);
        }
        stored.groups.insert(state.id, state.data);
        Ok(())
    }

    fn max_epoch_id(&self, group_id: &[u8]) -> Result<Option<u64>, Infallible> {
        let stored = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(stored.epochs.keys().filter(|(id, _)| id == group_id).map(|(_, epoch)| *epoch).max())
    }
}
