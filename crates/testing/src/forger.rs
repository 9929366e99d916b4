//! A member that can send anything: made from the public lower crates alone, with every secret of an epoch at hand.
//!
//! RFC 9420 §6, §8, §9 and §12.4. A [`Forger`] joins by a Welcome like everybody else, but signs, tags and encrypts
//! whatever it is told to, so that a message can break one rule and keep all others. It never uses the group crate
//! to build a message.

mod commit;
mod framing;
mod key_package;
mod path;

use std::sync::Arc;

use copath_codec::{Decode, DecodeContext, Opaque};
use copath_crypto::{HashOutput, Secret, Signer, Suite};
use copath_group::KeyPackageSecrets;
use copath_hpke::{HpkeOutput, decrypt_with_label};
use copath_key_schedule::{
    EncryptionSecret, EpochSecrets, JoinerSecret, KeyNonce, PskSecret, SecretTree, transcript,
};
use copath_messages::{
    ExtensionType, GroupContext, GroupInfo, GroupSecrets, LeafNode, LeafNodeSource, LeafPosition, MlsMessage,
    MlsMessageBody, Proposal, Sender, UnsignedLeafNode, Update,
};
use copath_ratchet_tree::{NodeKey, RatchetTree, TreeLimits, TreePrivateKeys};
use copath_tree_math::LeafIndex;

pub use commit::{CommitForge, ForgedCommit};
pub use framing::Sealing;
pub use key_package::{forge_key_package, forge_key_package_signed_by};

/// A member of an epoch that obeys no rule but those that it is told to.
pub struct Forger {
    /// The suite on the forger's backend.
    pub suite: Suite,
    /// Its signature key.
    pub signer: Arc<dyn Signer>,
    /// Its leaf.
    pub leaf: LeafIndex,
    /// The context of the epoch.
    pub context: GroupContext,
    /// The tree of the epoch.
    pub tree: RatchetTree,
    /// The interim transcript hash of the epoch.
    pub interim_transcript_hash: HashOutput,
    /// The secrets of the epoch.
    pub secrets: EpochSecrets,
    /// The secret tree of the epoch, which is never consumed.
    pub secret_tree: SecretTree,
    /// Its private keys in the tree.
    pub node_keys: TreePrivateKeys,
}

impl Forger {
    /// Joins by `welcome`, which has the tree inside, with the secrets of one of its key packages.
    pub fn join(
        suite: &Suite,
        signer: &Arc<dyn Signer>,
        package: &KeyPackageSecrets,
        welcome: &MlsMessage,
    ) -> Self {
        let MlsMessageBody::Welcome(welcome) = &welcome.body else { panic!("not a Welcome") };
        let entry = welcome.find(&package.reference(suite).unwrap()).unwrap();
        let sealed = HpkeOutput {
            kem_output: entry.encrypted_group_secrets.kem_output.to_vec(),
            ciphertext: entry.encrypted_group_secrets.ciphertext.to_vec(),
        };
        let keys = (&package.init_private_key, &*package.key_package.init_key);
        let opened =
            decrypt_with_label(suite, keys, "Welcome", &welcome.encrypted_group_info, &sealed).unwrap();
        let secrets = GroupSecrets::from_bytes(opened.expose()).unwrap();
        assert!(secrets.psks.is_empty(), "a forger joins without pre-shared keys");
        let joiner = JoinerSecret::from_secret(secrets.joiner_secret.duplicate());
        let intermediate = joiner.with_psk(suite, &PskSecret::absent(suite));
        let KeyNonce { key, nonce } =
            intermediate.welcome_secret(suite).unwrap().key_and_nonce(suite).unwrap();
        let info = suite.open(&key, nonce.expose(), &[], &welcome.encrypted_group_info).unwrap();
        let info = GroupInfo::from_bytes(info.expose()).unwrap();
        let tree = info.extensions.find(ExtensionType::RATCHET_TREE).unwrap();
        let tree = decode_tree(suite, &tree.extension_data);
        let own_leaf = tree.find_signature_key(signer.public_key()).unwrap();
        let own_key = package.key_package.leaf_node.encryption_key.to_vec();
        let own = (own_leaf, NodeKey::new(own_key, package.leaf_private_key.duplicate()));
        let path_secret = secrets.path_secret.as_ref().map(|path| &path.path_secret);
        let committer = LeafIndex::new(info.signer).unwrap();
        let node_keys = TreePrivateKeys::join(&tree, suite, own, committer, path_secret).unwrap();
        let context = info.group_context;
        let encoded = copath_codec::Encode::to_bytes(&context).unwrap();
        let epoch_secret = intermediate.epoch_secret(suite, &encoded).unwrap();
        let secrets = EpochSecrets::derive(suite, epoch_secret).unwrap();
        let entry = Entry { context, tree, secrets, node_keys, confirmation_tag: info.confirmation_tag };
        Self::enter(suite, signer, own_leaf, entry)
    }

    /// The forger in an epoch.
    pub(crate) fn enter(suite: &Suite, signer: &Arc<dyn Signer>, leaf: LeafIndex, entry: Entry) -> Self {
        let Entry { context, tree, secrets, node_keys, confirmation_tag } = entry;
        let interim = transcript::interim(suite, &context.confirmed_transcript_hash, &confirmation_tag);
        let encryption = EncryptionSecret::from_secret(secrets.encryption_secret.as_secret().duplicate());
        Self {
            suite: suite.clone(),
            signer: Arc::clone(signer),
            leaf,
            interim_transcript_hash: interim.unwrap(),
            secret_tree: SecretTree::new(encryption, tree.size()),
            context,
            tree,
            secrets,
            node_keys,
        }
    }

    /// The encoded group context.
    pub fn context_bytes(&self) -> Vec<u8> {
        copath_codec::Encode::to_bytes(&self.context).unwrap()
    }

    /// This member as a sender.
    pub fn sender(&self) -> Sender {
        Sender::Member { leaf_index: self.leaf.as_u32() }
    }

    /// Its leaf in the tree.
    pub fn own_leaf_node(&self) -> LeafNode {
        self.leaf_node(self.leaf)
    }

    /// A leaf in the tree.
    pub fn leaf_node(&self, leaf: LeafIndex) -> LeafNode {
        self.tree.leaf(leaf).unwrap().to_leaf_node().unwrap()
    }

    /// An HPKE public key whose private key nobody has.
    pub fn fresh_key(&self) -> Opaque {
        self.suite.generate_kem_key_pair().unwrap().public_key.into()
    }

    /// Signs a leaf for a place in the group; with a signer of another key the signature is void.
    pub fn sign_leaf(&self, at: LeafIndex, leaf: UnsignedLeafNode, signer: &dyn Signer) -> LeafNode {
        let position = LeafPosition::InGroup { group_id: &self.context.group_id, leaf_index: at.as_u32() };
        if signer.public_key() == leaf.signature_key.as_slice() {
            leaf.sign(&self.suite, signer, position).unwrap()
        } else {
            leaf.with_signature(Opaque::from(&[0; 64]))
        }
    }

    /// An Update of the leaf `at` with a fresh key, changed by `edit` before it is signed by `signer`.
    pub fn update_of(
        &self,
        at: LeafIndex,
        signer: &dyn Signer,
        edit: impl FnOnce(&mut UnsignedLeafNode),
    ) -> Proposal {
        let mut leaf = UnsignedLeafNode::from(self.leaf_node(at));
        leaf.encryption_key = self.fresh_key();
        leaf.leaf_node_source = LeafNodeSource::Update;
        edit(&mut leaf);
        let leaf_node = self.sign_leaf(at, leaf, signer).into();
        Proposal::Update(Update { leaf_node })
    }

    /// An Update of the forger's own leaf, signed with its own key.
    pub fn update(&self, edit: impl FnOnce(&mut UnsignedLeafNode)) -> Proposal {
        self.update_of(self.leaf, &*self.signer, edit)
    }
}

/// What an epoch is entered with.
pub(crate) struct Entry {
    pub(crate) context: GroupContext,
    pub(crate) tree: RatchetTree,
    pub(crate) secrets: EpochSecrets,
    pub(crate) node_keys: TreePrivateKeys,
    pub(crate) confirmation_tag: Opaque,
}

/// Reads a tree from the content of its extension.
pub fn decode_tree(suite: &Suite, octets: &[u8]) -> RatchetTree {
    RatchetTree::decode(suite, octets, DecodeContext::rfc9420(), &TreeLimits::default()).unwrap()
}

/// A secret of `length` octets that means nothing.
pub(crate) fn random(suite: &Suite, length: usize) -> Secret {
    suite.random_secret(length).unwrap()
}

impl core::fmt::Debug for Forger {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Forger").field("leaf", &self.leaf).field("epoch", &self.context.epoch).finish()
    }
}
