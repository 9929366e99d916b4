//! Signatures, tags and references.

use alloc::vec::Vec;

use copath_codec::{Encode, Opaque};
use copath_crypto::{CipherSuite, CryptoError, Secret, Signer, Suite};
use copath_rules::{RuleId, rule};

use super::samples;
use crate::*;

fn broken<T>(outcome: Result<T, MessageError>) -> RuleId {
    outcome.err().unwrap().rule().unwrap()
}

fn in_group(group_id: &GroupId, leaf_index: u32) -> LeafPosition<'_> {
    LeafPosition::InGroup { group_id, leaf_index }
}

fn kem_key(suite: &Suite) -> Opaque {
    suite.generate_kem_key_pair().unwrap().public_key.into()
}

/// A valid KeyPackage before its last signature.
fn unsigned_key_package(suite: &Suite, signer: &dyn Signer) -> UnsignedKeyPackage {
    let leaf = UnsignedLeafNode {
        encryption_key: kem_key(suite),
        ..samples::unsigned_leaf(signer.public_key(), samples::key_package_source())
    };
    UnsignedKeyPackage {
        version: ProtocolVersion::MLS10,
        cipher_suite: suite.cipher_suite(),
        init_key: kem_key(suite),
        leaf_node: leaf.sign(suite, signer, LeafPosition::None).unwrap(),
        extensions: samples::extensions(),
    }
}

// covers: 7.2-09, 7.2-13
#[test]
fn leaves_are_bound_to_their_place() {
    let (here, elsewhere) = (samples::group_id(), GroupId::from(&b"other"[..]));
    for (suite, signer) in samples::suites() {
        for source in [LeafNodeSource::Update, LeafNodeSource::Commit(Opaque::from(&[1; 32]))] {
            let unsigned = samples::unsigned_leaf(signer.public_key(), source);
            let leaf = unsigned.clone().sign(&suite, &*signer, in_group(&here, 3)).unwrap();
            assert_eq!(UnsignedLeafNode::from(leaf.clone()), unsigned);
            assert_eq!(leaf.verify_signature(&suite, in_group(&here, 3)), Ok(()));
            for wrong in [in_group(&here, 2), in_group(&elsewhere, 3)] {
                assert_eq!(broken(leaf.verify_signature(&suite, wrong)), rule!("7.3-03"));
            }
            assert_eq!(broken(leaf.verify_signature(&suite, LeafPosition::None)), rule!("7.2-09"));
            assert_eq!(broken(unsigned.sign(&suite, &*signer, LeafPosition::None)), rule!("7.2-09"));
        }
        let unsigned = samples::unsigned_leaf(signer.public_key(), samples::key_package_source());
        let leaf = unsigned.sign(&suite, &*signer, LeafPosition::None).unwrap();
        for position in [LeafPosition::None, in_group(&here, 3), in_group(&elsewhere, 2)] {
            assert_eq!(leaf.verify_signature(&suite, position), Ok(()));
        }
    }
}

#[test]
fn a_changed_leaf_is_refused() {
    let (suite, signer) = samples::suites().remove(0);
    let unsigned = samples::unsigned_leaf(signer.public_key(), samples::key_package_source());
    let leaf = unsigned.sign(&suite, &*signer, LeafPosition::None).unwrap();
    let changes: [fn(&mut LeafNode); 8] = [
        |leaf| leaf.encryption_key = Opaque::from(b"other"),
        |leaf| leaf.credential = Credential::basic(b"bob"),
        |leaf| leaf.capabilities.versions.clear(),
        |leaf| leaf.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before: 0, not_after: 0 }),
        |leaf| leaf.extensions.0.truncate(1),
        |leaf| leaf.signature = Opaque::from(&[0; 64]),
        |leaf| leaf.signature = Opaque::default(),
        |leaf| leaf.signature_key = Opaque::from(b"no key"),
    ];
    for change in changes {
        let mut changed = leaf.clone();
        change(&mut changed);
        assert_eq!(broken(changed.verify_signature(&suite, LeafPosition::None)), rule!("7.3-03"));
    }
    let other = samples::signer(&suite);
    let unsigned = samples::unsigned_leaf(signer.public_key(), samples::key_package_source());
    let refused = unsigned.sign(&suite, &*other, LeafPosition::None);
    assert_eq!(refused, Err(MessageError::Crypto(CryptoError::InvalidPrivateKey)));
}

// covers: 10-07, 10.1-01
#[test]
fn key_packages_verify_on_every_suite() {
    for (suite, signer) in samples::suites() {
        let key_package = unsigned_key_package(&suite, &*signer).sign(&suite, &*signer).unwrap();
        let verified = key_package.clone().verify(&suite).unwrap();
        assert_eq!(*verified, key_package);
        let reference = verified.reference(&suite).unwrap();
        assert_eq!(reference.len(), suite.hash_length());
        let by_hand = [
            &b"\x1cMLS 1.0 KeyPackage Reference"[..],
            &Opaque::from(key_package.to_bytes().unwrap()).to_bytes().unwrap(),
        ]
        .concat();
        assert_eq!(reference.as_slice(), suite.hash(&[&by_hand]).as_slice());
        assert_eq!(verified.into_key_package(), key_package);
    }
}

/// Each case breaks one rule and is signed again, so that only that rule stands against it.
#[test]
fn broken_key_packages_are_refused_by_rule() {
    for (suite, signer) in samples::suites() {
        let good = unsigned_key_package(&suite, &*signer);
        let resigned = |change: &dyn Fn(&mut UnsignedLeafNode)| {
            let mut leaf = UnsignedLeafNode::from(good.leaf_node.clone());
            change(&mut leaf);
            let group_id = samples::group_id();
            let leaf_node = leaf.sign(&suite, &*signer, in_group(&group_id, 0)).unwrap();
            UnsignedKeyPackage { leaf_node, ..good.clone() }
        };
        let mut twice = samples::extensions();
        twice.0.extend(samples::extensions().0);
        let key = good.leaf_node.encryption_key.clone();
        let cases = [
            (rule!("10.1-02"), UnsignedKeyPackage { cipher_suite: CipherSuite(0x0a0a), ..good.clone() }),
            (rule!("7.3-13"), resigned(&|leaf| leaf.leaf_node_source = LeafNodeSource::Update)),
            (rule!("10-03"), UnsignedKeyPackage { init_key: Opaque::from(&[4; 20]), ..good.clone() }),
            (rule!("10-05"), resigned(&|leaf| leaf.encryption_key = Opaque::from(&[4; 20]))),
            (rule!("10.1-05"), UnsignedKeyPackage { init_key: key, ..good.clone() }),
            (rule!("13.4-03"), UnsignedKeyPackage { extensions: twice.clone(), ..good.clone() }),
            (rule!("13.4-03"), resigned(&|leaf| leaf.extensions = twice.clone())),
        ];
        for (rule, case) in cases {
            assert_eq!(broken(case.sign(&suite, &*signer).unwrap().check(&suite)), rule);
        }
        let mut leaf_node = good.leaf_node.clone();
        leaf_node.credential = Credential::basic(b"bob");
        let bad_leaf = UnsignedKeyPackage { leaf_node, ..good }.sign(&suite, &*signer).unwrap();
        assert_eq!(broken(bad_leaf.check(&suite)), rule!("7.3-03"));
    }
}

// covers: 10.1-03, 10.1-04
#[test]
fn key_package_signatures_count() {
    let (suite, signer) = samples::suites().remove(0);
    let good = unsigned_key_package(&suite, &*signer);
    let content = good.to_bytes().unwrap();
    let other = samples::signer(&suite);
    let signatures = [
        suite.sign_with_label(&*signer, "LeafNodeTBS", &content).unwrap(),
        suite.sign_with_label(&*other, "KeyPackageTBS", &content).unwrap(),
        suite.sign_with_label(&*signer, "KeyPackageTBS", &content[1..]).unwrap(),
        Vec::new(),
    ];
    for signature in signatures {
        let forged = good.clone().with_signature(signature.into());
        assert_eq!(broken(forged.verify(&suite)), rule!("10-06"));
    }
    let mut signature_key = good.leaf_node.clone();
    signature_key.signature_key = Opaque::from(&[1; 31]);
    let forged = UnsignedKeyPackage { leaf_node: signature_key, ..good };
    assert_eq!(broken(forged.with_signature(Opaque::default()).check(&suite)), rule!("10-05"));
}

#[test]
fn group_infos_verify_under_their_signer() {
    for (suite, signer) in samples::suites() {
        let unsigned = UnsignedGroupInfo::from(samples::group_info());
        let group_info = unsigned.clone().sign(&suite, &*signer).unwrap();
        assert_eq!(group_info.verify_signature(&suite, signer.public_key()), Ok(()));
        let other = samples::signer(&suite);
        for key in [other.public_key(), b"no key"] {
            assert_eq!(broken(group_info.verify_signature(&suite, key)), rule!("12.4.3-05"));
        }
        let changed = UnsignedGroupInfo { signer: 4, ..unsigned }.with_signature(group_info.signature);
        assert_eq!(broken(changed.verify_signature(&suite, signer.public_key())), rule!("12.4.3-05"));
    }
}

fn proposal(sender: Sender) -> FramedContent {
    samples::content(sender, samples::bodies().remove(2))
}

// covers: 6.1-01
#[test]
fn the_context_is_signed_by_members_and_external_joiners() {
    let (suite, signer) = samples::suites().remove(0);
    let key = signer.public_key();
    let context = Some(&b"context"[..]);
    for sender in samples::senders() {
        let plain = proposal(sender).to_bytes().unwrap();
        let signs_context = matches!(sender, Sender::Member { .. } | Sender::NewMemberCommit);
        let tail = if signs_context { &b"context"[..] } else { b"" };
        let expected = [&[0, 1, 0, 2][..], &plain, tail].concat();
        assert_eq!(proposal(sender).to_be_signed(WireFormat::PRIVATE_MESSAGE, context), Ok(expected));

        let signed = proposal(sender).sign(&suite, &*signer, WireFormat::PUBLIC_MESSAGE, context).unwrap();
        assert_eq!(signed.verify_signature(&suite, key, context), Ok(()));
        let without = signed.verify_signature(&suite, key, None);
        let wrong = signed.verify_signature(&suite, key, Some(b"other"));
        if signs_context {
            assert_eq!(without, Err(MessageError::GroupContextRequired));
            assert_eq!(broken(wrong), rule!("6.1-08"));
        } else {
            assert_eq!([without, wrong], [Ok(()), Ok(())]);
        }
    }
}

#[test]
fn content_signatures_count() {
    for (suite, signer) in samples::suites() {
        let (key, context) = (signer.public_key(), Some(&b"context"[..]));
        for sender in samples::senders() {
            let signed =
                proposal(sender).sign(&suite, &*signer, WireFormat::PUBLIC_MESSAGE, context).unwrap();
            assert_eq!(*signed.clone().verify(&suite, key, context).unwrap(), signed);
            let other = samples::signer(&suite);
            assert_eq!(broken(signed.verify_signature(&suite, other.public_key(), context)), rule!("6.1-08"));
            let mut flipped = signed.clone();
            let mut signature = signed.auth.signature.to_vec();
            signature[10] ^= 1;
            flipped.auth.signature = signature.into();
            assert_eq!(broken(flipped.verify(&suite, key, context)), rule!("6.1-08"));
        }
    }
}

// covers: 6-08
#[test]
fn another_framing_breaks_the_signature() {
    let (suite, signer) = samples::suites().remove(0);
    let (key, context) = (signer.public_key(), &b"context"[..]);
    let sender = Sender::Member { leaf_index: 1 };
    let signed = proposal(sender).sign(&suite, &*signer, WireFormat::PRIVATE_MESSAGE, Some(context)).unwrap();
    let secret = Secret::copy_of(&[1; 32]);
    assert_eq!(signed.membership_tag(&suite, &secret, context), Err(MessageError::WrongWireFormat));
    let mut reframed = signed;
    reframed.wire_format = WireFormat::PUBLIC_MESSAGE;
    assert!(reframed.membership_tag(&suite, &secret, context).is_ok());
    assert_eq!(broken(reframed.verify_signature(&suite, key, Some(context))), rule!("6.1-08"));
}

// covers: 6.2-01, 6.2-03
#[test]
fn membership_tags_show_the_epoch_s_key() {
    for (suite, signer) in samples::suites() {
        let (key, context) = (Secret::copy_of(&[1; 32]), &b"context"[..]);
        let member = Sender::Member { leaf_index: 1 };
        let signed =
            proposal(member).sign(&suite, &*signer, WireFormat::PUBLIC_MESSAGE, Some(context)).unwrap();
        let tag = signed.membership_tag(&suite, &key, context).unwrap();
        let input = [
            signed.content.to_be_signed(WireFormat::PUBLIC_MESSAGE, Some(context)).unwrap(),
            signed.auth.to_bytes().unwrap(),
        ]
        .concat();
        assert_eq!(tag, suite.mac(&key, &[&input]));
        let message = PublicMessage {
            content: signed.content.clone(),
            auth: signed.auth.clone(),
            membership_tag: Some(Opaque::from(tag.as_slice())),
        };
        let check = |message: &PublicMessage| message.verify_membership_tag(&suite, &key, context);
        assert_eq!(check(&message), Ok(()));
        let changes: [fn(&mut PublicMessage); 5] = [
            |message| message.membership_tag = None,
            |message| message.membership_tag = Some(Opaque::default()),
            |message| message.membership_tag = Some(Opaque::from(&[0; 32])),
            |message| message.auth.signature = Opaque::default(),
            |message| message.content.sender = Sender::Member { leaf_index: 2 },
        ];
        for change in changes {
            let mut changed = message.clone();
            change(&mut changed);
            assert_eq!(broken(check(&changed)), rule!("6.2-02"));
        }
        let other_key = Secret::copy_of(&[2; 32]);
        assert_eq!(broken(message.verify_membership_tag(&suite, &other_key, context)), rule!("6.2-02"));
        assert_eq!(broken(message.verify_membership_tag(&suite, &key, b"other")), rule!("6.2-02"));
        assert_eq!(message.into_authenticated_content(), signed);
    }
}

#[test]
fn others_have_no_membership_tag() {
    let (suite, signer) = samples::suites().remove(0);
    let (key, context) = (Secret::copy_of(&[1; 32]), &b"context"[..]);
    for sender in [Sender::External { sender_index: 0 }, Sender::NewMemberProposal, Sender::NewMemberCommit] {
        let signed =
            proposal(sender).sign(&suite, &*signer, WireFormat::PUBLIC_MESSAGE, Some(context)).unwrap();
        assert_eq!(broken(signed.membership_tag(&suite, &key, context)), rule!("6.2-04"));
        let mut message = PublicMessage { content: signed.content, auth: signed.auth, membership_tag: None };
        assert_eq!(message.verify_membership_tag(&suite, &key, context), Ok(()));
        message.membership_tag = Some(Opaque::from(&[0; 32]));
        assert_eq!(broken(message.verify_membership_tag(&suite, &key, context)), rule!("6.2-04"));
    }
}

#[test]
fn only_proposals_have_a_proposal_ref() {
    for (suite, signer) in samples::suites() {
        let context = Some(&b"context"[..]);
        for body in samples::bodies() {
            let is_proposal = body.content_type() == ContentType::Proposal;
            let content = samples::content(Sender::NewMemberCommit, body);
            let signed = content.sign(&suite, &*signer, WireFormat::PUBLIC_MESSAGE, context).unwrap();
            let reference = signed.proposal_reference(&suite);
            if is_proposal {
                let value = signed.to_bytes().unwrap();
                let expected = suite.ref_hash("MLS 1.0 Proposal Reference", &value).unwrap();
                assert_eq!(reference, Ok(expected.into()));
            } else {
                assert_eq!(reference, Err(MessageError::NotAProposal));
            }
        }
    }
}
