//! Groups of real members over nothing but the tree: they add, update, remove and commit, and all follow.

#![expect(dead_code, reason = "each test file takes what it needs")]

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{DecodeContext, Encode};
use copath_credentials::{Credential, CredentialType, Timestamp};
use copath_crypto::{CipherSuite, CryptoProvider, KemKeyPair, Secret, Signer, Suite};
use copath_messages::{
    Capabilities, Extensions, GroupId, LeafNode, LeafNodeSource, LeafPosition, Lifetime, Node,
    ProtocolVersion, UnsignedLeafNode, UpdatePath,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_ratchet_tree::{
    LifetimePolicy, NodeKey, PathDraft, RatchetTree, TreeError, TreeLimits, TreePrivateKeys,
    ValidationContext,
};
use copath_rules::RuleId;
use copath_tree_math::{LeafIndex, NodeIndex};

/// The group id of all worlds.
pub(crate) const GROUP: &[u8] = b"group";

pub(crate) fn suite(number: u16) -> Suite {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([7; 32]));
    Suite::new(&provider, CipherSuite(number)).unwrap()
}

pub(crate) fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

pub(crate) fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index)
}

pub(crate) fn group_id() -> GroupId {
    GroupId(GROUP.into())
}

/// A leaf that is valid in its group, unsigned.
pub(crate) fn unsigned(suite: &Suite, encryption_key: &[u8], signature_key: &[u8]) -> UnsignedLeafNode {
    UnsignedLeafNode {
        encryption_key: encryption_key.into(),
        signature_key: signature_key.into(),
        credential: Credential::basic(b"somebody"),
        capabilities: Capabilities {
            versions: vec![ProtocolVersion::MLS10],
            cipher_suites: vec![suite.cipher_suite()],
            extensions: vec![],
            proposals: vec![],
            credentials: vec![CredentialType::BASIC],
        },
        leaf_node_source: LeafNodeSource::KeyPackage(Lifetime { not_before: 100, not_after: 200 }),
        extensions: Extensions::new(),
    }
}

/// A leaf for tests that check no signature; `number` makes its keys.
pub(crate) fn forged_leaf(suite: &Suite, number: u32) -> LeafNode {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    let mut signature_key = key;
    signature_key[31] = 1;
    unsigned(suite, &key, &signature_key).with_signature(vec![0; 64].into())
}

/// Who can sign for a leaf.
pub(crate) struct Member {
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) keys: TreePrivateKeys,
}

/// A group and all its members.
pub(crate) struct World {
    pub(crate) suite: Suite,
    pub(crate) tree: RatchetTree,
    pub(crate) members: BTreeMap<LeafIndex, Member>,
}

/// What one commit brings in.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) update: Vec<u32>,
    pub(crate) remove: Vec<u32>,
    pub(crate) add: usize,
}

impl Changes {
    pub(crate) fn add(count: usize) -> Self {
        Self { add: count, ..Self::default() }
    }

    pub(crate) fn remove(leaves: &[u32]) -> Self {
        Self { remove: leaves.to_vec(), ..Self::default() }
    }

    pub(crate) fn update(leaves: &[u32]) -> Self {
        Self { update: leaves.to_vec(), ..Self::default() }
    }
}

impl World {
    /// A group of one at leaf 0.
    pub(crate) fn new(number: u16) -> Self {
        let suite = suite(number);
        let (leaf_node, signer, keys) = new_leaf(&suite);
        let tree = RatchetTree::new(&suite, &leaf_node).unwrap();
        let keys = TreePrivateKeys::new(LeafIndex::FIRST, NodeKey::from(keys));
        Self { suite, tree, members: BTreeMap::from([(LeafIndex::FIRST, Member { signer, keys })]) }
    }

    /// A group of `members` that were added without a path.
    pub(crate) fn of(members: usize) -> Self {
        let mut world = Self::new(1);
        world.apply(&Changes::add(members - 1));
        world
    }

    /// Applies changes without a path; returns the new leaves.
    pub(crate) fn apply(&mut self, changes: &Changes) -> Vec<LeafIndex> {
        let mut edit = self.tree.edit(&self.suite);
        for index in changes.update.iter().map(|index| leaf(*index)) {
            let member = self.members.get_mut(&index).unwrap();
            let pair = self.suite.generate_kem_key_pair().unwrap();
            let mut new = unsigned(&self.suite, &pair.public_key, member.signer.public_key());
            new.leaf_node_source = LeafNodeSource::Update;
            edit.update_leaf(index, &sign(&self.suite, new, &*member.signer, index)).unwrap();
            member.keys = member.keys.with_pending_update(NodeKey::from(pair));
        }
        for index in changes.remove.iter().map(|index| leaf(*index)) {
            edit.remove_leaf(index).unwrap();
            self.members.remove(&index);
        }
        let mut added = Vec::new();
        for _ in 0..changes.add {
            let (leaf_node, signer, keys) = new_leaf(&self.suite);
            let index = edit.add_leaf(&leaf_node).unwrap();
            added.push(index);
            let keys = TreePrivateKeys::new(index, NodeKey::from(keys));
            self.members.insert(index, Member { signer, keys });
        }
        self.tree = edit.finish().unwrap();
        for member in self.members.values_mut() {
            member.keys = member.keys.after(&self.tree);
        }
        added
    }

    /// A draft of a path by the member at `committer`, on the tree as it is.
    pub(crate) fn draft(&self, committer: u32, new_leaves: &[LeafIndex]) -> PathDraft {
        let signer = &*self.members[&leaf(committer)].signer;
        self.tree
            .create_path::<TreeError>(&self.suite, leaf(committer), new_leaves, |path_leaf| {
                let mut new = unsigned(&self.suite, &path_leaf.encryption_key, signer.public_key());
                new.leaf_node_source = LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into());
                Ok(sign(&self.suite, new, signer, path_leaf.leaf_index))
            })
            .unwrap()
    }

    /// A stand-in for the provisional group context.
    pub(crate) fn context(tree: &RatchetTree) -> Vec<u8> {
        tree.tree_hash().as_slice().to_vec()
    }

    /// Applies changes and a path over them; all members follow, the new ones by their path secret, and agree.
    pub(crate) fn commit(&mut self, committer: u32, changes: &Changes) -> UpdatePath {
        let added = self.apply(changes);
        let draft = self.draft(committer, &added);
        let context = Self::context(draft.tree());
        let path = draft.encrypt(&context).unwrap();
        for (index, member) in &mut self.members {
            if index.as_u32() == committer {
                continue;
            }
            if added.contains(index) {
                member.keys = join(&self.suite, &draft, *index, &member.keys, leaf(committer));
                continue;
            }
            let merged = self.tree.apply_path(&self.suite, leaf(committer), &path, &added).unwrap();
            assert_eq!(merged.tree().tree_hash(), draft.tree().tree_hash());
            let opened = merged.decrypt(&member.keys, &context).unwrap();
            assert!(opened.commit_secret.ct_eq(draft.commit_secret().expose()));
            member.keys = opened.private_keys;
        }
        self.tree = draft.tree().clone();
        self.members.get_mut(&leaf(committer)).unwrap().keys = draft.into_private_keys();
        self.check_keys();
        path
    }

    /// Each member holds the right private key of every filled ancestor at which it isn't unmerged, and no other.
    pub(crate) fn check_keys(&self) {
        for (index, member) in &self.members {
            let above = index.direct_path(self.tree.size()).map(|step| step.node);
            let known = above.filter(|node| self.tree.parent(*node).is_some_and(|p| !p.is_unmerged(*index)));
            let expected: Vec<NodeIndex> = std::iter::once(index.node()).chain(known).collect();
            let mut held = Vec::new();
            for (id, key) in member.keys.iter() {
                let copath_ratchet_tree::NodeKeyId::Node(node) = id else { continue };
                assert_eq!(self.tree.encryption_key(node), Some(key.public()), "{index:?} at {node:?}");
                let public = self.suite.kem().public_key(key.private().expose()).unwrap();
                assert_eq!(public, key.public());
                held.push(node);
            }
            held.sort_unstable_by_key(|node| node.level());
            assert_eq!(held, expected, "{index:?}");
        }
    }

    pub(crate) fn validate(&self) -> Result<(), TreeError> {
        validate(&self.suite, &self.tree)
    }

    /// The tree as a list of nodes, to be tampered with.
    pub(crate) fn nodes(&self) -> Vec<Option<Node>> {
        use copath_codec::Decode;
        Vec::from_bytes(&self.tree.encode().unwrap()).unwrap()
    }

    pub(crate) fn decode(&self, nodes: &[Option<Node>]) -> Result<RatchetTree, TreeError> {
        let octets = nodes.to_vec().to_bytes().unwrap();
        RatchetTree::decode(&self.suite, &octets, DecodeContext::rfc9420(), &TreeLimits::default())
    }

    /// Decodes and validates.
    pub(crate) fn receive(&self, nodes: &[Option<Node>]) -> Result<RatchetTree, TreeError> {
        let tree = self.decode(nodes)?;
        validate(&self.suite, &tree)?;
        Ok(tree)
    }

    /// Changes a leaf in a list of nodes and signs it anew.
    pub(crate) fn resign(
        &self,
        nodes: &mut [Option<Node>],
        index: u32,
        change: impl FnOnce(&mut UnsignedLeafNode),
    ) {
        let Some(Some(Node::Leaf(old))) = nodes.get_mut(index as usize * 2) else { panic!("no leaf") };
        let mut new = UnsignedLeafNode::from((**old).clone());
        change(&mut new);
        **old = sign(&self.suite, new, &*self.members[&leaf(index)].signer, leaf(index));
    }
}

fn join(
    suite: &Suite,
    draft: &PathDraft,
    index: LeafIndex,
    keys: &TreePrivateKeys,
    committer: LeafIndex,
) -> TreePrivateKeys {
    let secret = draft.path_secret_for(index).expect("the common ancestor is on the path");
    let own = keys.leaf_key().unwrap();
    let leaf_key = NodeKey::new(own.public().to_vec(), own.private().duplicate());
    TreePrivateKeys::join(draft.tree(), suite, (index, leaf_key), committer, Some(&secret)).unwrap()
}

pub(crate) fn validate(suite: &Suite, tree: &RatchetTree) -> Result<(), TreeError> {
    let (extensions, lifetimes) = (Extensions::new(), LifetimePolicy::default());
    tree.validate(
        suite,
        &ValidationContext {
            group_id: GROUP,
            extensions: &extensions,
            lifetimes: &lifetimes,
            now: Timestamp(150),
        },
    )
}

/// A signed leaf of a key package.
pub(crate) fn new_leaf(suite: &Suite) -> (LeafNode, Arc<dyn Signer>, KemKeyPair) {
    let pair = suite.generate_kem_key_pair().unwrap();
    let signature = suite.generate_signature_key_pair().unwrap();
    let signer = suite.signature().signer(&signature.private_key).unwrap();
    let leaf_node = unsigned(suite, &pair.public_key, signer.public_key());
    (sign(suite, leaf_node, &*signer, LeafIndex::FIRST), signer, pair)
}

pub(crate) fn sign(suite: &Suite, leaf: UnsignedLeafNode, signer: &dyn Signer, index: LeafIndex) -> LeafNode {
    let position = LeafPosition::InGroup { group_id: &group_id(), leaf_index: index.as_u32() };
    leaf.sign(suite, signer, position).unwrap()
}

/// Asserts that a result is a rejection by exactly this rule.
#[track_caller]
pub(crate) fn assert_rule<T: std::fmt::Debug>(result: Result<T, TreeError>, rule: RuleId) {
    match result {
        Err(TreeError::Rejected(violation)) => assert_eq!(violation.rule(), rule, "{violation}"),
        other => panic!("expected rule {rule}, got {other:?}"),
    }
}

/// A secret of the suite's length.
pub(crate) fn secret(suite: &Suite, octet: u8) -> Secret {
    Secret::copy_of(&vec![octet; suite.hash_length()])
}
