//! What a member refuses of a PrivateMessage, whatever its content.
//!
//! RFC 9420 §6.3.

use std::sync::Arc;

use copath_codec::Opaque;
use copath_crypto::CryptoProvider;
use copath_key_schedule::ContentKind;
use copath_messages::{Commit, FramedContentBody, MlsMessageBody, Sender, WireFormat};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{Outcome, World, assert_rejected, assert_undecipherable, external_psk};
use copath_tree_math::LeafIndex;

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([63; 32]));
    World::new(&provider)
}

fn data(octets: &[u8]) -> FramedContentBody {
    FramedContentBody::Application(octets.into())
}

fn proposal(world: &World) -> FramedContentBody {
    FramedContentBody::Proposal(external_psk(&world.mallory.suite, b"psk"))
}

#[test]
fn padding_is_zero() {
    let mut world = world();
    let mallory = &world.mallory;
    let signed = mallory.sign(mallory.content(data(b"padded")), WireFormat::PRIVATE_MESSAGE);
    let forged: Vec<_> = [0, 4, 8]
        .map(|at| {
            let mut sealing = mallory.sealing(ContentKind::Application, 0);
            sealing.padding = vec![0; 9];
            sealing.padding[at] = 1;
            mallory.private(&signed, &sealing)
        })
        .into();
    for forged in &forged {
        assert_rejected(&mut world.bob, forged, rule!("6.3.1-02")).more_follow();
    }
    for (generation, length) in [(0, 0), (1, 1), (2, 256)] {
        let mut sealing = world.mallory.sealing(ContentKind::Application, generation);
        sealing.padding = vec![0; length];
        let next = world.mallory.private(&signed, &sealing);
        assert_eq!(world.bob.receive(&next), Ok(Outcome::Data(b"padded".to_vec())));
    }
}

// covers: 6.3.1-01, 6.3.1-05
#[test]
fn own_padding_and_reuse_guards() {
    let world = world();
    let group = world.alice.group();
    let sent = [(); 2].map(|()| group.encrypt(b"padded", b"", &*world.alice.signer).unwrap().output);
    let [(first, plaintext), (second, _)] = sent.map(|message| world.mallory.open(&message));
    assert_eq!(first.generation, second.generation, "nothing was applied");
    assert_ne!(first.reuse_guard, second.reuse_guard);
    // One octet of length, the data, two octets of length, a signature.
    let content = 1 + 6 + 2 + 64;
    assert!(plaintext.len() > content);
    assert!(plaintext[content..].iter().all(|octet| *octet == 0));
}

// covers: 6.3.1-03, 6.3.1-06, 6.3.1-07, 6.3.2-03
#[test]
fn what_the_encryption_binds() {
    let mut world = world();
    let mallory = &world.mallory;
    let mut content = mallory.content(data(b"bound"));
    content.authenticated_data = b"seen".as_slice().into();
    let signed = mallory.sign(content, WireFormat::PRIVATE_MESSAGE);
    let honest = mallory.sealing(ContentKind::Application, 0);
    let valid = mallory.private(&signed, &honest);
    let mut other_guard = honest.clone();
    other_guard.sender_data.reuse_guard[3] ^= 1;
    let mut other_ratchet = honest;
    other_ratchet.kind = ContentKind::Handshake;
    let MlsMessageBody::PrivateMessage(message) = &valid.body else { panic!("not a PrivateMessage") };
    let mut other_data = message.clone();
    other_data.authenticated_data = b"Seen".as_slice().into();
    let mut other_type = message.clone();
    other_type.content_type = copath_messages::ContentType::Proposal;
    let mut other_epoch = message.clone();
    other_epoch.epoch += 1;
    let undecipherable = [
        mallory.private(&signed, &other_guard),
        mallory.private(&signed, &other_ratchet),
        other_data.into(),
        other_type.into(),
    ];
    for forged in &undecipherable {
        assert_undecipherable(&mut world.bob, forged).more_follow();
    }
    assert_rejected(&mut world.bob, &other_epoch.into(), rule!("12.4.2-01")).still_accepts(&valid);
}

// covers: 6.3.1-08, 6.3.1-10
#[test]
fn the_signature_inside() {
    let mut world = world();
    let mallory = &world.mallory;
    let content = mallory.content(data(b"signed"));
    let mut broken = mallory.sign(content.clone(), WireFormat::PRIVATE_MESSAGE);
    broken.auth.signature = Opaque::from(&[7; 64]);
    let mut as_alice = content.clone();
    as_alice.sender = Sender::Member { leaf_index: 0 };
    let as_alice = mallory.sign(as_alice, WireFormat::PRIVATE_MESSAGE);
    let mut alices_key = mallory.sealing(ContentKind::Application, 0);
    alices_key.leaf = LeafIndex::FIRST;
    alices_key.sender_data.leaf_index = 0;
    let honest = mallory.sealing(ContentKind::Application, 0);
    let forged = [
        mallory.private(&broken, &honest),
        mallory.private(&as_alice, &honest),
        mallory.private(&as_alice, &alices_key),
    ];
    for forged in &forged {
        assert_rejected(&mut world.bob, forged, rule!("6.1-08")).more_follow();
    }
    let next = world.mallory.send_data(b"signed", 0);
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Data(b"signed".to_vec())));
}

#[test]
fn sender_data_name_a_member() {
    let mut world = world();
    let cases = [
        (5, Vec::new(), rule!("6.3.2-04")),
        (8, Vec::new(), rule!("6.3.2-05")),
        (u32::MAX, Vec::new(), rule!("6.3.2-05")),
        (2, vec![0], rule!("6.3.2-06")),
    ];
    for (leaf_index, after_sender_data, rule) in cases {
        let mallory = &world.mallory;
        let mut sealing = mallory.sealing(ContentKind::Application, 0);
        if leaf_index == 5 {
            sealing.leaf = LeafIndex::new(5).unwrap();
        }
        sealing.sender_data.leaf_index = leaf_index;
        sealing.after_sender_data = after_sender_data;
        let mut content = mallory.content(data(b"who"));
        content.sender = Sender::Member { leaf_index };
        let signed = mallory.sign(content, WireFormat::PRIVATE_MESSAGE);
        let forged = mallory.private(&signed, &sealing);
        assert_rejected(&mut world.bob, &forged, rule).more_follow();
    }
    let next = world.mallory.send_data(b"who", 0);
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Data(b"who".to_vec())));
}

// covers: 6.3.2-07
#[test]
fn damaged_sender_data_consume_nothing() {
    let mut world = world();
    let valid = world.mallory.send_data(b"data", 0);
    let MlsMessageBody::PrivateMessage(message) = &valid.body else { panic!("not a PrivateMessage") };
    let mut forged = message.clone();
    let mut sealed = forged.encrypted_sender_data.to_vec();
    sealed[0] ^= 1;
    forged.encrypted_sender_data = sealed.into();
    assert_undecipherable(&mut world.bob, &forged.into()).still_accepts(&valid);
}

/// Another member knows the key of each generation, but not the signature key.
#[test]
fn messages_in_the_name_of_their_receiver() {
    let mut world = world();
    let bob = world.bob.group().own_leaf();
    let forge = |world: &World, body: FramedContentBody, kind, generation| {
        let mut content = world.mallory.content(body);
        content.sender = Sender::Member { leaf_index: bob.as_u32() };
        let mut signed = world.mallory.sign(content, WireFormat::PRIVATE_MESSAGE);
        if matches!(signed.content.body, FramedContentBody::Commit(_)) {
            signed.auth.confirmation_tag = Some(Opaque::from(&[0; 32]));
        }
        let mut sealing = world.mallory.sealing(kind, generation);
        sealing.leaf = bob;
        sealing.sender_data.leaf_index = bob.as_u32();
        world.mallory.private(&signed, &sealing)
    };
    let commit = FramedContentBody::Commit(Commit::default());
    let forged = [
        forge(&world, commit, ContentKind::Handshake, 0),
        forge(&world, proposal(&world), ContentKind::Handshake, 1),
        forge(&world, data(b"bob"), ContentKind::Application, 0),
    ];
    for forged in &forged {
        assert_rejected(&mut world.bob, forged, rule!("6.1-08")).more_follow();
    }
    let own = world.bob.encrypt(b"bob").unwrap();
    assert_eq!(world.bob.receive(&own), Ok(Outcome::Known));
}
