//! OpenMLS on its memory storage, which every call writes to.

use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::*;
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;

use super::SUITE;
use crate::error::{Blame, Outcome};
use crate::member::{self, Applied, Change, Library, Octets, Written};

/// Past epochs whose messages can be read, as many as Copath keeps.
const PAST_EPOCHS: usize = 3;

struct OpenMlsMember<P> {
    blame: Blame,
    provider: P,
    suite: Ciphersuite,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    welcome: Option<Octets>,
    group: Option<MlsGroup>,
}

/// A client on libcrux.
pub(super) fn on_libcrux(name: &str) -> Outcome<Box<dyn member::Member>> {
    let library = Library::OpenMlsLibcrux;
    let blame = Blame { library: library.name() };
    new(library, openmls_libcrux_crypto::Provider::new().map_err(blame.on("provider"))?, name)
}

/// A client on the RustCrypto crates.
pub(super) fn on_rustcrypto(name: &str) -> Outcome<Box<dyn member::Member>> {
    new(Library::OpenMlsRustCrypto, OpenMlsRustCrypto::default(), name)
}

fn new<P>(library: Library, provider: P, name: &str) -> Outcome<Box<dyn member::Member>>
where
    P: OpenMlsProvider + 'static,
{
    let blame = Blame { library: library.name() };
    let suite = Ciphersuite::try_from(SUITE).map_err(blame.on("suite"))?;
    let signer = SignatureKeyPair::new(suite.signature_algorithm()).map_err(blame.on("signature key"))?;
    let credential = CredentialWithKey {
        credential: BasicCredential::new(name.as_bytes().to_vec()).into(),
        signature_key: signer.public().into(),
    };
    Ok(Box::new(OpenMlsMember { blame, provider, suite, signer, credential, welcome: None, group: None }))
}

impl<P: OpenMlsProvider> OpenMlsMember<P> {
    /// The group beside the provider and the signer.
    fn parts(&mut self) -> Outcome<(&mut MlsGroup, &P, &SignatureKeyPair)> {
        let blame = self.blame;
        let group = self.group.as_mut().ok_or_else(|| blame.on("group")("is in no group"))?;
        Ok((group, &self.provider, &self.signer))
    }

    fn key_package_of(&self, octets: &[u8]) -> Outcome<KeyPackage> {
        let blame = self.blame;
        let message = MlsMessageIn::tls_deserialize_exact(octets).map_err(blame.on("key package"))?;
        match message.extract() {
            MlsMessageBodyIn::KeyPackage(key_package) => key_package
                .validate(self.provider.crypto(), ProtocolVersion::Mls10)
                .map_err(blame.on("key package")),
            other => Err(blame.on("key package")(other)),
        }
    }
}

impl<P: OpenMlsProvider> member::Member for OpenMlsMember<P> {
    fn key_package(&mut self) -> Outcome<Octets> {
        let blame = self.blame;
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(Capabilities::new(None, Some(&[self.suite]), None, None, None))
            .build(self.suite, &self.provider, &self.signer, self.credential.clone())
            .map_err(blame.on("key package"))?;
        let message = MlsMessageOut::from(bundle.into_key_package());
        message.to_bytes().map_err(blame.on("key package"))
    }

    fn create(&mut self) -> Outcome<()> {
        let group = MlsGroup::builder()
            .ciphersuite(self.suite)
            .with_wire_format_policy(MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .padding_size(32)
            .max_past_epochs(PAST_EPOCHS)
            .with_capabilities(Capabilities::new(None, Some(&[self.suite]), None, None, None))
            .build(&self.provider, &self.signer, self.credential.clone());
        self.group = Some(group.map_err(self.blame.on("create"))?);
        Ok(())
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> Outcome<()> {
        let blame = self.blame;
        let message = MlsMessageIn::tls_deserialize_exact(welcome).map_err(blame.on("join"))?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return Err(blame.on("join")("no Welcome"));
        };
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .padding_size(32)
            .max_past_epochs(PAST_EPOCHS)
            .build();
        let tree = tree.map(RatchetTreeIn::tls_deserialize_exact).transpose().map_err(blame.on("join"))?;
        let staged = StagedWelcome::new_from_welcome(&self.provider, &config, welcome, tree);
        let group = staged.map_err(blame.on("join"))?.into_group(&self.provider);
        self.group = Some(group.map_err(blame.on("join"))?);
        Ok(())
    }

    fn commit(&mut self, change: &Change, tree: member::Tree) -> Outcome<Octets> {
        let blame = self.blame;
        let mut adds = Vec::new();
        if let Change::Add(key_packages) = change {
            for octets in key_packages {
                adds.push(self.key_package_of(octets)?);
            }
        }
        let removes = match change {
            Change::Remove(leaf) => vec![LeafNodeIndex::new(*leaf)],
            _ => Vec::new(),
        };
        let joined = !adds.is_empty();
        let (group, provider, signer) = self.parts()?;
        let bundle = group
            .commit_builder()
            .force_self_update(!joined)
            .propose_adds(adds)
            .propose_removals(removes)
            .load_psks(provider.storage())
            .map_err(blame.on("commit"))?
            .create_group_info(joined)
            .use_ratchet_tree_extension(tree == member::Tree::Inside)
            .build(provider.rand(), provider.crypto(), signer, |_| true)
            .map_err(blame.on("commit"))?
            .stage_commit(provider)
            .map_err(blame.on("commit"))?;
        let welcome = bundle.to_welcome_msg().as_ref().map(MlsMessageOut::to_bytes).transpose();
        let welcome = welcome.map_err(blame.on("commit"))?;
        let commit = bundle.commit().to_bytes().map_err(blame.on("commit"))?;
        self.welcome = welcome;
        Ok(commit)
    }

    fn apply(&mut self) -> Outcome<Applied> {
        let blame = self.blame;
        let (group, provider, _) = self.parts()?;
        group.merge_pending_commit(provider).map_err(blame.on("apply"))?;
        Ok(Applied { welcome: self.welcome.take() })
    }

    fn receive(&mut self, message: &[u8]) -> Outcome<Option<Octets>> {
        let blame = self.blame;
        let message = MlsMessageIn::tls_deserialize_exact(message).map_err(blame.on("receive"))?;
        let message = message.try_into_protocol_message().map_err(blame.on("receive"))?;
        let (group, provider, _) = self.parts()?;
        let processed = group.process_message(provider, message).map_err(blame.on("receive"))?;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(data) => Ok(Some(data.into_bytes())),
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                group.merge_staged_commit(provider, *staged).map_err(blame.on("receive"))?;
                Ok(None)
            }
            other => Err(blame.on("receive")(other)),
        }
    }

    fn encrypt(&mut self, data: &[u8]) -> Outcome<Octets> {
        let blame = self.blame;
        let (group, provider, signer) = self.parts()?;
        let message = group.create_message(provider, signer, data).map_err(blame.on("encrypt"))?;
        message.to_bytes().map_err(blame.on("encrypt"))
    }

    fn persist(&mut self) -> Outcome<Written> {
        // Every call above has written already, inside what was measured there.
        Ok(Written::default())
    }

    fn load(&mut self) -> Outcome<()> {
        let blame = self.blame;
        let (group, provider, _) = self.parts()?;
        let group_id = group.group_id().clone();
        let loaded = MlsGroup::load(provider.storage(), &group_id).map_err(blame.on("load"))?;
        self.group = loaded;
        self.parts().map(|_| ())
    }

    fn tree(&mut self) -> Outcome<Octets> {
        let blame = self.blame;
        let (group, ..) = self.parts()?;
        group.export_ratchet_tree().tls_serialize_detached().map_err(blame.on("tree"))
    }

    fn authenticator(&mut self) -> Outcome<Octets> {
        let (group, ..) = self.parts()?;
        Ok(group.epoch_authenticator().as_slice().to_vec())
    }

    fn leave(&mut self) {
        self.group = None;
    }
}
