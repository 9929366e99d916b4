//! What decoding refuses, and by which rule.

use alloc::vec;
use alloc::vec::Vec;

use copath_codec::{
    BodyShape, Decode, DecodeContext, DecodeError, DecodeErrorKind, Encode, Opaque, Registry,
};
use copath_credentials::Credential;
use copath_rules::{RuleId, rule};

use super::samples;
use crate::*;

/// The rule that decoding names when the octet at `at` is `octet`.
fn rule_with<T: Encode + Decode>(value: &T, at: usize, octet: u8) -> Option<RuleId> {
    let mut bytes = value.to_bytes().unwrap();
    bytes[at] = octet;
    T::from_bytes(&bytes).err().map(|error| error.rule())
}

fn error_of<T: Decode>(bytes: &[u8]) -> DecodeError {
    T::from_bytes(bytes).err().unwrap()
}

#[test]
fn other_versions_are_refused() {
    for version in [0, 2] {
        for message in samples::messages() {
            assert_eq!(rule_with(&message, 1, version), Some(rule!("6-04")));
        }
    }
    let error = error_of::<MlsMessage>(&[0, 2]);
    assert_eq!(error.offset(), 0);
    assert_eq!(error.fields().collect::<Vec<_>>(), ["MLSMessage.version"]);
}

#[test]
fn unknown_wire_formats_are_refused() {
    for wire_format in [0u16, 0x00ff, 0xf000] {
        let [high, low] = wire_format.to_be_bytes();
        assert_eq!(error_of::<MlsMessage>(&[0, 1, high, low, 0]).rule(), rule!("6-05"));
    }
}

#[test]
fn unknown_content_and_sender_types_are_refused() {
    for value in [0, 4, 255] {
        assert_eq!(error_of::<ContentType>(&[value]).rule(), rule!("6-06"));
        let body = samples::bodies().remove(2);
        assert_eq!(rule_with(&body, 0, value), Some(rule!("6-06")));
    }
    for value in [0, 5, 255] {
        let content = samples::content(Sender::NewMemberCommit, samples::bodies().remove(2));
        let at = content.group_id.to_bytes().unwrap().len() + 8;
        assert_eq!(rule_with(&content, at, value), Some(rule!("6-06")));
    }
}

#[test]
fn unknown_leaf_sources_are_refused() {
    for value in [0, 4, 255] {
        assert_eq!(rule_with(&LeafNodeSource::Update, 0, value), Some(rule!("7.2-08")));
        let error = error_of::<LeafNodeSource>(&[value]);
        assert_eq!(
            error.kind(),
            DecodeErrorKind::Selector { enumeration: "LeafNodeSourceType", value, rule: rule!("7.2-08") }
        );
    }
}

#[test]
fn unknown_node_types_are_refused() {
    for node in samples::nodes().into_iter().flatten() {
        for value in [0, 3, 255] {
            assert_eq!(rule_with(&node, 0, value), Some(rule!("12.4.3.3-04")));
        }
    }
}

#[test]
fn unknown_proposal_or_ref_types_are_refused() {
    for entry in samples::commit().proposals {
        for value in [0, 3, 255] {
            assert_eq!(rule_with(&entry, 0, value), Some(rule!("12.4-10")));
        }
    }
}

#[test]
fn unknown_psk_types_and_usages_are_refused() {
    for psk in samples::psks() {
        for value in [0, 255] {
            assert_eq!(rule_with(&psk, 0, value), Some(rule!("8.4-05")));
            if psk.psk.psk_type() == PskType::Resumption {
                assert_eq!(rule_with(&psk, 1, value), Some(rule!("8.4-05")));
            }
        }
    }
}

#[test]
fn presence_octets_are_zero_or_one() {
    let empty = Commit::default();
    let secrets = samples::group_secrets(None);
    for value in [2, 255] {
        assert_eq!(rule_with(&empty, 1, value), Some(rule!("2.1.1-02")));
        // A joiner secret of 64 octets and its header of two come first.
        assert_eq!(rule_with(&secrets, 66, value), Some(rule!("2.1.1-02")));
        assert_eq!(error_of::<Vec<Option<Node>>>(&[1, value]).rule(), rule!("2.1.1-02"));
    }
}

#[test]
fn lists_are_filled_by_whole_elements() {
    // ParentNode: no key, no hash, five octets of leaf indices.
    assert_eq!(error_of::<ParentNode>(&[0, 0, 5, 0, 0, 0, 1, 0]).rule(), rule!("2.1.2-04"));
    // Capabilities: three octets of versions.
    let error = error_of::<Capabilities>(&[3, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(error.rule(), rule!("2.1.2-04"));
    assert_eq!(error.fields().collect::<Vec<_>>(), ["Capabilities.versions"]);
    // Commit: a Remove, and one octet too many inside of the list.
    let removal = [1, 0, 3, 0, 0, 0, 9];
    let mut commit = vec![8];
    commit.extend(removal);
    commit.extend([1, 0]);
    assert_eq!(error_of::<Commit>(&commit).rule(), rule!("2.1.2-04"));
    commit.remove(8);
    commit[0] = 7;
    assert_eq!(Commit::from_bytes(&commit).unwrap().proposals.len(), 1);
}

#[test]
fn unregistered_proposals_cannot_be_read() {
    for code in [0u16, 8, 0x0a0a, 0xf000] {
        let [high, low] = code.to_be_bytes();
        let error = error_of::<Proposal>(&[high, low, 0]);
        assert_eq!(error.rule(), rule!("12.1-04"));
        assert!(
            matches!(error.kind(), DecodeErrorKind::UnregisteredBody { code: found, .. } if found == code)
        );
    }
}

// covers: 12.1-04
#[test]
fn registered_proposals_keep_their_octets() {
    let context = DecodeContext::default()
        .with_body(Registry::Proposal, 0xf000, BodyShape::Vector)
        .with_body(Registry::Proposal, 0xf001, BodyShape::Empty)
        // A registration can't take the place of a type of RFC 9420.
        .with_body(Registry::Proposal, 3, BodyShape::Empty);
    for (bytes, body) in [(&[0xf0, 0, 2, 8, 9][..], &[2, 8, 9][..]), (&[0xf0, 1], &[])] {
        let proposal = Proposal::from_bytes_in(bytes, &context).unwrap();
        assert_eq!(proposal.to_bytes().unwrap(), bytes);
        assert_eq!(proposal.proposal_type().0, u16::from_be_bytes([bytes[0], bytes[1]]));
        assert!(matches!(proposal, Proposal::Custom(custom) if custom.body == body));
    }
    let removal = Proposal::from_bytes_in(&[0, 3, 0, 0, 0, 9], &context).unwrap();
    assert_eq!(removal, Proposal::Remove(Remove { removed: 9 }));
}

#[test]
fn a_key_package_has_the_version_of_its_message() {
    let mut key_package = samples::key_package();
    key_package.version = ProtocolVersion(2);
    let bytes = MlsMessage::from(key_package.clone()).to_bytes().unwrap();
    let error = error_of::<MlsMessage>(&bytes);
    assert_eq!(error.rule(), rule!("10-08"));
    assert_eq!(error.offset(), 4);
    // By itself it decodes: whether the version fits is judged with the group.
    assert_eq!(KeyPackage::from_bytes(&key_package.to_bytes().unwrap()).unwrap(), key_package);
}

#[test]
fn vectors_over_the_limit_are_told_apart() {
    let context = DecodeContext::default().with_max_vector(64);
    let bytes = MlsMessage::from(samples::welcome()).to_bytes().unwrap();
    let error = MlsMessage::from_bytes_in(&bytes, &context).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::OverLimit);
    assert_eq!(error.rule(), rule!("2.1.2-08"));
}

/// A length without octets behind it allocates nothing.
#[test]
fn declared_lengths_are_checked_first() {
    let huge = [0, 1, 0, 3, 0, 1, 0xbf, 0xff, 0xff, 0xff, 1, 2, 3];
    assert_eq!(error_of::<MlsMessage>(&huge).rule(), rule!("2.1.2-04"));
}

/// Indices are judged where there is a tree.
// covers: 7.2-06
#[test]
fn decoding_is_structural_only() {
    let leaf = samples::leaf(samples::key_package_source());
    assert_eq!(
        LeafNode::from_bytes(&leaf.to_bytes().unwrap()).unwrap().capabilities,
        samples::capabilities()
    );
    let mut twice = samples::extensions();
    twice.0.extend(samples::extensions().0);
    assert_eq!(Extensions::from_bytes(&twice.to_bytes().unwrap()).unwrap(), twice);
    let descending = ParentNode {
        encryption_key: Opaque::default(),
        parent_hash: Opaque::default(),
        unmerged_leaves: vec![3, 1, 1, u32::MAX],
    };
    assert_eq!(ParentNode::from_bytes(&descending.to_bytes().unwrap()).unwrap(), descending);
}

// covers: 5.3-04
#[test]
fn a_leaf_with_an_unknown_credential_type_decodes() {
    let mut leaf = samples::leaf(LeafNodeSource::Update);
    leaf.credential = Credential::Other { credential_type: CredentialType(0xf000), body: vec![2, 1, 1] };
    assert_eq!(LeafNode::from_bytes(&leaf.to_bytes().unwrap()).unwrap(), leaf);
}
