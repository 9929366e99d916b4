//! LeafNode, Credential, Capabilities, UpdatePath.

use copath::messages::{
    Capabilities, Credential, GroupId, HpkeCiphertext, LeafNode, LeafNodeSource, LeafPosition, UpdatePath,
};

use super::extension::{Place, extensions};
use super::{Describer, Done};
use crate::inspect::scalar::{Scalar, Verdict};

/// Where a leaf node stands, as far as the input tells; signatures of leaves from updates and commits are bound to it.
#[derive(Clone, Copy, Debug)]
pub(in crate::inspect) enum Standing<'a> {
    /// The input doesn't tell.
    Unknown,
    /// At this leaf of this group.
    Leaf { group_id: &'a GroupId, leaf_index: u32 },
}

/// A LeafNode with the verdict on its signature.
pub(in crate::inspect) fn leaf_node(
    d: &mut Describer<'_>,
    name: &'static str,
    leaf: &LeafNode,
    standing: Standing<'_>,
) -> Done {
    d.structure(name, "LeafNode", |d| {
        fields(d, leaf)?;
        let verdict = signature(d, leaf, standing);
        d.derived(|d| d.verdict("signature", verdict))
    })
}

/// The fields of a LeafNode.
pub(super) fn fields(d: &mut Describer<'_>, leaf: &LeafNode) -> Done {
    d.octets("encryption_key", &leaf.encryption_key)?;
    d.octets("signature_key", &leaf.signature_key)?;
    credential(d, &leaf.credential)?;
    capabilities(d, &leaf.capabilities)?;
    match &leaf.leaf_node_source {
        LeafNodeSource::KeyPackage(lifetime) => {
            d.selector("leaf_node_source", "key_package")?;
            d.structure("lifetime", "Lifetime", |d| {
                d.time("not_before", lifetime.not_before)?;
                d.time("not_after", lifetime.not_after)
            })?;
        }
        LeafNodeSource::Update => d.selector("leaf_node_source", "update")?,
        LeafNodeSource::Commit(parent_hash) => {
            d.selector("leaf_node_source", "commit")?;
            d.octets("parent_hash", parent_hash)?;
        }
    }
    extensions(d, &leaf.extensions, Place::LeafNode)?;
    d.octets("signature", &leaf.signature)
}

fn signature(d: &Describer<'_>, leaf: &LeafNode, standing: Standing<'_>) -> Verdict {
    let position = match (&leaf.leaf_node_source, standing) {
        (LeafNodeSource::KeyPackage(_), _) => LeafPosition::None,
        (_, Standing::Leaf { group_id, leaf_index }) => LeafPosition::InGroup { group_id, leaf_index },
        (_, Standing::Unknown) => {
            return Verdict::NotCheckable(
                "the group and the leaf index, which are signed along, aren't here",
            );
        }
    };
    d.known.verdict(|suite| leaf.verify_signature(suite, position))
}

pub(super) fn credential(d: &mut Describer<'_>, credential: &Credential) -> Done {
    d.structure("credential", "Credential", |d| {
        d.code("credential_type", credential.credential_type())?;
        match credential {
            Credential::Basic { identity } => d.readable("identity", identity),
            Credential::X509 { certificates } => {
                d.inline("certificates", certificates, |certificate| Scalar::Octets(certificate))
            }
            Credential::Other { body, .. } => d.bare_octets("body", body),
        }
    })
}

fn capabilities(d: &mut Describer<'_>, capabilities: &Capabilities) -> Done {
    d.structure("capabilities", "Capabilities", |d| {
        d.codes("versions", &capabilities.versions)?;
        d.codes("cipher_suites", &capabilities.cipher_suites)?;
        d.codes("extensions", &capabilities.extensions)?;
        d.codes("proposals", &capabilities.proposals)?;
        d.codes("credentials", &capabilities.credentials)
    })
}

/// An UpdatePath; `standing` is the committer's.
pub(in crate::inspect) fn update_path(
    d: &mut Describer<'_>,
    name: &'static str,
    path: &UpdatePath,
    standing: Standing<'_>,
) -> Done {
    d.structure(name, "UpdatePath", |d| {
        leaf_node(d, "leaf_node", &path.leaf_node, standing)?;
        d.list("nodes", &path.nodes, |d, node| {
            d.structure("", "UpdatePathNode", |d| {
                d.octets("encryption_key", &node.encryption_key)?;
                d.list("encrypted_path_secret", &node.encrypted_path_secret, |d, secret| {
                    hpke_ciphertext(d, "", secret)
                })
            })
        })
    })
}

pub(super) fn hpke_ciphertext(d: &mut Describer<'_>, name: &'static str, sealed: &HpkeCiphertext) -> Done {
    d.structure(name, "HPKECiphertext", |d| {
        d.octets("kem_output", &sealed.kem_output)?;
        d.encrypted("ciphertext", &sealed.ciphertext)
    })
}
