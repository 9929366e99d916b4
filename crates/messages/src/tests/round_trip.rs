//! What is encoded decodes to the same, and to nothing else.

use alloc::vec::Vec;
use core::fmt::Debug;

use copath_codec::{Decode, Encode, Opaque};
use copath_rules::rule;
use tls_codec::{DeserializeBytes, SerializeBytes, Size};

use super::samples;
use crate::*;

/// Encodes, decodes, and tries every prefix and one octet too many.
fn check<T: Encode + Decode + PartialEq + Debug>(value: &T) -> Vec<u8> {
    let mut bytes = value.to_bytes().unwrap();
    assert_eq!(&T::from_bytes(&bytes).unwrap(), value);
    for end in 0..bytes.len() {
        assert_eq!(T::from_bytes(&bytes[..end]).unwrap_err().rule(), rule!("2.1.2-04"), "{end}");
    }
    bytes.push(0);
    assert_eq!(T::from_bytes(&bytes).unwrap_err().rule(), rule!("2.1.2-06"));
    bytes.pop();
    bytes
}

// covers: 2.1.1-01, 6-03
#[test]
fn messages_of_each_kind() {
    for message in samples::messages() {
        check(&message);
    }
}

// covers: 2.1.1-01
#[test]
fn structures_that_stand_alone() {
    check(&samples::nodes());
    check(&samples::group_context());
    check(&samples::commit());
    check(&Commit::default());
    for psk in samples::psks() {
        check(&psk);
        check(&PskLabel { id: psk, index: 1, count: u16::MAX });
    }
    for body in samples::bodies() {
        check(&body);
        for sender in samples::senders() {
            check(&samples::public_message(sender, body.clone()).into_authenticated_content());
        }
    }
    check(&SenderData { leaf_index: 1, generation: u32::MAX, reuse_guard: [1, 2, 3, 4] });
    check(&SenderDataAad { group_id: samples::group_id(), epoch: 1, content_type: ContentType::Commit });
}

// covers: 6.3.1-07, 6.3.2-03
#[test]
fn authenticated_headers_hold_what_the_rfc_lists() {
    let message = samples::private_message();
    let sender =
        SenderDataAad { group_id: samples::group_id(), epoch: 5, content_type: ContentType::Proposal };
    assert_eq!(sender.to_bytes().unwrap(), b"\x05group\0\0\0\0\0\0\0\x05\x02");
    let content = PrivateContentAad {
        group_id: message.group_id,
        epoch: message.epoch,
        content_type: message.content_type,
        authenticated_data: message.authenticated_data,
    };
    assert_eq!(content.to_bytes().unwrap(), b"\x05group\0\0\0\0\0\0\0\x05\x02\x04data");
}

#[test]
fn group_secrets_as_a_secret() {
    for path_secret in [None, Some(&[1; 32][..])] {
        let secrets = samples::group_secrets(path_secret);
        let encoded = secrets.to_secret().unwrap();
        assert_eq!(encoded.expose(), secrets.to_bytes().unwrap());
        let decoded = GroupSecrets::from_bytes(encoded.expose()).unwrap();
        assert!(decoded.joiner_secret.ct_eq(&[6; 64]));
        assert_eq!(decoded.psks, samples::psks());
        let found = decoded.path_secret.map(|path| path.path_secret.expose().to_vec());
        assert_eq!(found.as_deref(), path_secret);
    }
}

// covers: 2-01
#[test]
fn debug_keeps_secrets_to_itself() {
    let secrets = samples::group_secrets(Some(&[0x77; 32]));
    let printed = alloc::format!("{secrets:?} {:?}", secrets.path_secret);
    assert!(printed.contains("psk_nonce") && printed.contains("PathSecret(..)"));
    for octets in ["7777", "119", "0606", "6, 6"] {
        assert!(!printed.contains(octets), "{printed}");
    }
}

/// The traits of `tls_codec` write and read the same octets.
#[test]
fn tls_codec_agrees() {
    fn same<T: Encode + SerializeBytes + DeserializeBytes + Size + PartialEq + Debug>(value: &T) {
        let bytes = value.to_bytes().unwrap();
        assert_eq!(value.tls_serialize_bytes().unwrap(), bytes);
        assert_eq!(value.tls_serialized_len(), bytes.len());
        assert_eq!(&T::tls_deserialize_exact_bytes(&bytes).unwrap(), value);
    }
    samples::messages().iter().for_each(same);
    samples::proposals().iter().for_each(same);
    samples::senders().iter().for_each(same);
    samples::nodes().iter().flatten().for_each(same);
    same(&samples::extensions());
    same(&samples::group_id());
    same(&ExternalSenders::default());
}

/// Whatever decodes, encodes to the octets that it came from: no two encodings of one value.
// covers: 2.1.2-01
#[test]
fn changed_octets_fail_or_decode_to_themselves() {
    for message in samples::messages() {
        let bytes = message.to_bytes().unwrap();
        for at in 0..bytes.len() {
            for change in [0x01, 0x40, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                if let Ok(decoded) = MlsMessage::from_bytes(&changed) {
                    assert_eq!(decoded.to_bytes().unwrap(), changed);
                }
            }
        }
    }
}

/// What bounds the memory that decoding takes: no element of a list is much larger than its shortest encoding.
#[test]
fn elements_are_a_small_multiple_of_their_encoding() {
    fn multiple<T: Decode>(shortest: &[u8]) -> usize {
        T::from_bytes(shortest).ok().unwrap();
        for end in 0..shortest.len() {
            assert!(T::from_bytes(&shortest[..end]).is_err());
        }
        size_of::<T>().div_ceil(shortest.len())
    }
    let multiples = [
        multiple::<Opaque>(&[0]),
        multiple::<Option<Node>>(&[0]),
        multiple::<u32>(&[0; 4]),
        multiple::<ProtocolVersion>(&[0; 2]),
        multiple::<Extension>(&[0; 3]),
        multiple::<ExternalSender>(&[0; 4]),
        multiple::<HpkeCiphertext>(&[0; 2]),
        multiple::<UpdatePathNode>(&[0; 2]),
        multiple::<EncryptedGroupSecrets>(&[0; 3]),
        multiple::<PreSharedKeyId>(&[1, 0, 0]),
        multiple::<ProposalOrRef>(&[2, 0]),
    ];
    assert!(multiples.iter().all(|multiple| *multiple <= 32), "{multiples:?}");
}
