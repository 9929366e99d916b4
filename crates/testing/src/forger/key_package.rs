//! Key packages with a flaw.
//!
//! RFC 9420 §10.

use copath_crypto::Signer;
use copath_group::{Grease, KeyPackageParameters};
use copath_messages::{
    GroupId, KeyPackage, LeafNodeSource, LeafPosition, ProtocolVersion, UnsignedKeyPackage, UnsignedLeafNode,
};

use crate::{Member, NOW};

/// A key package of `client`'s, changed before its leaf and before itself are signed. Nobody keeps its private keys.
pub fn forge_key_package(
    client: &Member,
    edit_leaf: impl FnOnce(&mut UnsignedLeafNode),
    edit: impl FnOnce(&mut UnsignedKeyPackage),
) -> KeyPackage {
    forge_key_package_signed_by(client, [&*client.signer; 2], edit_leaf, edit)
}

/// As [`forge_key_package`]; the first signer signs the leaf, the second one the key package. The signature of a signer
/// whose key isn't that of the leaf is one over the right octets, as far as it can be made.
pub fn forge_key_package_signed_by(
    client: &Member,
    [leaf_signer, signer]: [&dyn Signer; 2],
    edit_leaf: impl FnOnce(&mut UnsignedLeafNode),
    edit: impl FnOnce(&mut UnsignedKeyPackage),
) -> KeyPackage {
    let suite = &client.suite;
    let mut parameters = KeyPackageParameters::new(client.leaf.clone(), NOW, 30);
    parameters.grease = Grease::Omit;
    let fresh = || suite.generate_kem_key_pair().unwrap().public_key;
    let mut leaf = UnsignedLeafNode {
        encryption_key: fresh().into(),
        signature_key: client.signer.public_key().into(),
        credential: client.leaf.credential.clone(),
        capabilities: client.leaf.capabilities.clone(),
        leaf_node_source: LeafNodeSource::KeyPackage(parameters.lifetime),
        extensions: client.leaf.extensions.clone(),
    };
    edit_leaf(&mut leaf);
    let nowhere = GroupId::default();
    let position = LeafPosition::InGroup { group_id: &nowhere, leaf_index: 0 };
    let leaf_node = if leaf_signer.public_key() == leaf.signature_key.as_slice() {
        leaf.sign(suite, leaf_signer, position).unwrap()
    } else {
        leaf.with_signature([0; 64].as_slice().into())
    };
    let mut package = UnsignedKeyPackage {
        version: ProtocolVersion::MLS10,
        cipher_suite: suite.cipher_suite(),
        init_key: fresh().into(),
        leaf_node,
        extensions: parameters.extensions,
    };
    edit(&mut package);
    if signer.public_key() == package.leaf_node.signature_key.as_slice() {
        package.sign(suite, signer).unwrap()
    } else {
        let octets = copath_codec::Encode::to_bytes(&package).unwrap();
        let signature = suite.sign_with_label(signer, "KeyPackageTBS", &octets).unwrap();
        package.with_signature(signature.into())
    }
}
