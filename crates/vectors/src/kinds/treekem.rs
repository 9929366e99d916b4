//! `treekem`: update paths, made and processed.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_crypto::{CryptoProvider, HashOutput, KemKeyPair, Secret, Suite};
use copath_messages::{
    Extensions, GroupContext, GroupId, LeafNode, LeafNodeSource, LeafPosition, ProtocolVersion,
    UnsignedLeafNode, UpdatePath,
};
use copath_ratchet_tree::{NodeKey, NodeKeyId, OpenedPath, PathLeaf, RatchetTree, TreePrivateKeys};
use copath_tree_math::{LeafIndex, NodeIndex};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, require, same};
use crate::trees::{decode_tree, leaf_index, validate_unless_unlisted};
use crate::{Error, Mismatch, Outcome, keys};

/// A group, the private state of its members, and paths of theirs.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) cipher_suite: u16,
    pub(crate) group_id: Hex,
    pub(crate) epoch: u64,
    pub(crate) confirmed_transcript_hash: Hex,
    pub(crate) ratchet_tree: Hex,
    pub(crate) leaves_private: Vec<LeafPrivate>,
    pub(crate) update_paths: Vec<SentPath>,
}

/// What a member holds.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeafPrivate {
    pub(crate) index: u32,
    pub(crate) encryption_priv: Hex,
    pub(crate) signature_priv: Hex,
    pub(crate) path_secrets: Vec<NodeSecret>,
}

/// The path secret of a node.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeSecret {
    pub(crate) node: u32,
    pub(crate) path_secret: Hex,
}

/// A path, and what each leaf gets out of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentPath {
    pub(crate) sender: u32,
    pub(crate) update_path: Hex,
    pub(crate) path_secrets: Vec<Option<Hex>>,
    pub(crate) commit_secret: Hex,
    pub(crate) tree_hash_after: Hex,
}

/// A case with its tree decoded and its keys placed.
struct State<'a> {
    suite: &'a Suite,
    case: &'a Case,
    tree: RatchetTree,
    members: BTreeMap<LeafIndex, TreePrivateKeys>,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let tree = decode_tree(suite, &case.ratchet_tree)?;
    validate_unless_unlisted(suite, &tree, &case.group_id).at("ratchet_tree")?;
    let mut members = BTreeMap::new();
    for private in &case.leaves_private {
        let keys =
            member_keys(suite, &tree, private).at(format!("private keys of leaf {}", private.index))?;
        members.insert(leaf_index(private.index)?, keys);
    }
    equal("number of members", members.len(), usize::try_from(tree.member_count())?)?;
    let state = State { suite, case, tree, members };
    for sent in &case.update_paths {
        state.process_given(sent).at(format!("the vector's path of leaf {}", sent.sender))?;
        state.process_ours(sent.sender).at(format!("our path of leaf {}", sent.sender))?;
    }
    Ok(())
}

/// The private keys of a member; each has to belong to its node.
fn member_keys(
    suite: &Suite,
    tree: &RatchetTree,
    private: &LeafPrivate,
) -> Result<TreePrivateKeys, Mismatch> {
    let own = leaf_index(private.index)?;
    let leaf = tree.leaf(own).ok_or_else(|| Mismatch::new("the leaf is blank"))?;
    keys::signer(suite, &private.signature_priv, leaf.signature_key())?;
    let public = leaf.encryption_key();
    let key = keys::kem_private_key(suite, &private.encryption_priv, public).at("encryption_priv")?;
    let mut held = vec![(NodeKeyId::Node(own.node()), NodeKey::new(public.to_vec(), key))];
    for entry in &private.path_secrets {
        let node = NodeIndex::new(entry.node);
        let pair = node_key_pair(suite, &entry.path_secret.secret())?;
        let expected = tree.encryption_key(node).unwrap_or_default();
        same(&format!("key of node {}", entry.node), &pair.public_key, expected)?;
        held.push((NodeKeyId::Node(node), NodeKey::from(pair)));
    }
    Ok(TreePrivateKeys::from_keys(own, held))
}

/// The key pair of a node (RFC 9420 §7.4).
fn node_key_pair(suite: &Suite, path_secret: &Secret) -> Result<KemKeyPair, Mismatch> {
    let node_secret = suite.derive_secret(path_secret, "node")?;
    Ok(suite.kem().derive_key_pair(node_secret.expose())?)
}

impl State<'_> {
    fn process_given(&self, sent: &SentPath) -> Result<(), Mismatch> {
        let sender = leaf_index(sent.sender)?;
        let path = UpdatePath::from_bytes(&sent.update_path)?;
        same("update_path, encoded again", &path.to_bytes()?, &sent.update_path)?;
        path.leaf_node.verify_signature(self.suite, self.position(sender, &self.group_id()))?;
        let merged = self.tree.apply_path(self.suite, sender, &path, &[])?;
        same("tree_hash_after", merged.tree().tree_hash().as_slice(), &sent.tree_hash_after)?;
        validate_unless_unlisted(self.suite, merged.tree(), &self.case.group_id)?;
        let context = self.group_context(&merged.tree().tree_hash())?;
        require("path_secrets of each leaf", sent.path_secrets.len() >= self.leaves())?;
        for (receiver, keys) in self.others(sender) {
            let merged = self.tree.apply_path(self.suite, sender, &path, &[])?;
            let opened = merged.decrypt(keys, &context).at(format!("leaf {receiver}"))?;
            let secret = sent.path_secrets.get(receiver.as_usize()).and_then(Option::as_ref);
            let secret = secret.ok_or_else(|| Mismatch::new(format!("no path secret for {receiver}")))?;
            self.check_chain(sender, receiver, &opened, &secret.secret()).at(format!("leaf {receiver}"))?;
            same("commit_secret", opened.commit_secret.expose(), &sent.commit_secret)
                .at(format!("leaf {receiver}"))?;
        }
        Ok(())
    }

    fn process_ours(&self, sender: u32) -> Result<(), Mismatch> {
        let sender = leaf_index(sender)?;
        let draft = self.tree.create_path(self.suite, sender, &[], |leaf| self.sign_leaf(&leaf))?;
        let hash = draft.tree().tree_hash();
        validate_unless_unlisted(self.suite, draft.tree(), &self.case.group_id)?;
        let context = self.group_context(&hash)?;
        let path = UpdatePath::from_bytes(&draft.encrypt(&context)?.to_bytes()?)?;
        path.leaf_node.verify_signature(self.suite, self.position(sender, &self.group_id()))?;
        for (receiver, keys) in self.others(sender) {
            let merged = self.tree.apply_path(self.suite, sender, &path, &[])?;
            same("tree hash", merged.tree().tree_hash().as_slice(), hash.as_slice())?;
            let opened = merged.decrypt(keys, &context).at(format!("leaf {receiver}"))?;
            same("commit secret", opened.commit_secret.expose(), draft.commit_secret().expose())
                .at(format!("leaf {receiver}"))?;
        }
        Ok(())
    }

    /// From the path secret that the vector has for `receiver` follow the keys that it got, and the commit secret.
    fn check_chain(
        &self,
        sender: LeafIndex,
        receiver: LeafIndex,
        opened: &OpenedPath,
        path_secret: &Secret,
    ) -> Result<(), Mismatch> {
        let ancestor = sender.common_ancestor(receiver);
        let path = self.tree.filtered_direct_path(sender);
        let mut path_secret = path_secret.duplicate();
        for step in path.into_iter().skip_while(|step| step.node != ancestor) {
            let pair = node_key_pair(self.suite, &path_secret)?;
            let held = opened.private_keys.get(NodeKeyId::Node(step.node));
            let held = held.ok_or_else(|| Mismatch::new(format!("no key for {:?}", step.node)))?;
            same("private key", held.private().expose(), pair.private_key.expose())?;
            path_secret = self.suite.derive_secret(&path_secret, "path")?;
        }
        same("commit secret", opened.commit_secret.expose(), path_secret.expose())
    }

    /// The new leaf of a path: the old one with the path's key and parent hash.
    fn sign_leaf(&self, path_leaf: &PathLeaf) -> Result<LeafNode, Mismatch> {
        let own = path_leaf.leaf_index;
        let old = self.tree.leaf(own).ok_or_else(|| Mismatch::new("the sender's leaf is blank"))?;
        let private = self.case.leaves_private.iter().find(|private| private.index == own.as_u32());
        let private = private.ok_or_else(|| Mismatch::new("no keys of the sender"))?;
        let signer = keys::signer(self.suite, &private.signature_priv, old.signature_key())?;
        let mut leaf = UnsignedLeafNode::from(old.to_leaf_node()?);
        leaf.encryption_key = path_leaf.encryption_key.clone().into();
        leaf.leaf_node_source = LeafNodeSource::Commit(path_leaf.parent_hash.as_slice().into());
        Ok(leaf.sign(self.suite, &*signer, self.position(own, &self.group_id()))?)
    }

    fn others(&self, sender: LeafIndex) -> impl Iterator<Item = (LeafIndex, &TreePrivateKeys)> {
        self.members.iter().filter(move |(leaf, _)| **leaf != sender).map(|(leaf, keys)| (*leaf, keys))
    }

    fn leaves(&self) -> usize {
        self.members.keys().next_back().map_or(0, |last| last.as_usize().saturating_add(1))
    }

    fn group_id(&self) -> GroupId {
        self.case.group_id.to_vec().into()
    }

    fn position<'g>(&self, leaf: LeafIndex, group_id: &'g GroupId) -> LeafPosition<'g> {
        LeafPosition::InGroup { group_id, leaf_index: leaf.as_u32() }
    }

    fn group_context(&self, tree_hash: &HashOutput) -> Result<Vec<u8>, Mismatch> {
        group_context(self.suite, self.case, tree_hash)
    }
}

/// The encoded context that path secrets are encrypted with; `tree_hash` is that of the tree with the path.
pub(crate) fn group_context(suite: &Suite, case: &Case, tree_hash: &HashOutput) -> Result<Vec<u8>, Mismatch> {
    let context = GroupContext {
        version: ProtocolVersion::MLS10,
        cipher_suite: suite.cipher_suite(),
        group_id: case.group_id.to_vec().into(),
        epoch: case.epoch,
        tree_hash: tree_hash.as_slice().into(),
        confirmed_transcript_hash: case.confirmed_transcript_hash.to_vec().into(),
        extensions: Extensions::new(),
    };
    Ok(context.to_bytes()?)
}
