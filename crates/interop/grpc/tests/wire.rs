//! The octets on the wire are those of the harness's protobuf definition.
#![expect(clippy::unwrap_used, reason = "tests")]

use copath_interop_grpc::*;
use prost::Message;

/// `message` is encoded as `expected`, which is written out by hand from the field numbers, and decoded from it.
fn is_encoded<M: Message + PartialEq + Default + std::fmt::Debug>(message: &M, expected: &[u8]) {
    assert_eq!(message.encode_to_vec(), expected, "{message:?}");
    assert_eq!(&M::decode(expected).unwrap(), message);
}

#[test]
fn numbers_strings_and_lists() {
    is_encoded(&NameResponse { name: "x".into() }, &[0x0a, 1, b'x']);
    // a list of numbers is packed
    let suites = SupportedCiphersuitesResponse { ciphersuites: vec![1, 300] };
    is_encoded(&suites, &[0x0a, 3, 1, 0xac, 2]);
    is_encoded(
        &ResumptionPskProposalRequest { state_id: 0, epoch_id: 1 << 32 },
        &[0x10, 0x80, 0x80, 0x80, 0x80, 0x10],
    );
    let export = ExportRequest { state_id: 5, label: "l".into(), context: vec![6], key_length: 7 };
    is_encoded(&export, &[8, 5, 0x12, 1, b'l', 0x1a, 1, 6, 0x20, 7]);
}

#[test]
fn a_commit_with_everything() {
    let description = ProposalDescription {
        proposal_type: b"t".to_vec(),
        key_package: vec![2],
        removed_id: vec![3],
        psk_id: vec![4],
        epoch_id: 5,
        extensions: vec![Extension { extension_type: 6, extension_data: vec![7] }],
        group_id: vec![8],
        cipher_suite: 9,
    };
    let described = [
        0x0a, 1, b't', 0x12, 1, 2, 0x1a, 1, 3, 0x22, 1, 4, 0x28, 5, 0x32, 5, 8, 6, 0x12, 1, 7, 0x3a, 1, 8,
        0x40, 9,
    ];
    is_encoded(&description, &described);
    let commit = CommitRequest {
        state_id: 1,
        by_reference: vec![vec![2], Vec::new()],
        by_value: vec![description],
        force_path: true,
        external_tree: true,
    };
    let mut expected = vec![8, 1, 0x12, 1, 2, 0x12, 0, 0x1a, 26];
    expected.extend(described);
    expected.extend([0x20, 1, 0x28, 1]);
    is_encoded(&commit, &expected);
}

#[test]
fn an_external_join_with_psks() {
    let join = ExternalJoinRequest {
        group_info: vec![1],
        ratchet_tree: vec![2],
        encrypt_handshake: true,
        identity: vec![3],
        remove_prior: true,
        psks: vec![PreSharedKey { psk_id: vec![4], psk_secret: vec![5] }],
    };
    let expected = [0x0a, 1, 1, 0x12, 1, 2, 0x18, 1, 0x22, 1, 3, 0x28, 1, 0x32, 6, 0x0a, 1, 4, 0x12, 1, 5];
    is_encoded(&join, &expected);
    assert!(!format!("{join:?}").contains("[5]"), "a secret is shown");
}
