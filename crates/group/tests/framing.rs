//! What a member refuses of a message's framing, whatever its content.
//!
//! RFC 9420 §6.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::{Encode, Opaque};
use copath_crypto::CryptoProvider;
use copath_group::{CommitOptions, HandshakeFormat, Received};
use copath_key_schedule::ContentKind;
use copath_messages::{
    Commit, Extension, Extensions, ExternalInit, ExternalSender, ExternalSenders, FramedContent,
    FramedContentBody, MlsMessage, MlsMessageBody, Proposal, PublicMessage, Sender, WireFormat,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_refuses, assert_rejected, external_psk, over_the_wire, remove,
};
use copath_tree_math::LeafIndex;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([6; 32]))
}

fn world() -> World {
    World::new(&provider())
}

fn data(octets: &[u8]) -> FramedContentBody {
    FramedContentBody::Application(octets.into())
}

fn proposal(world: &World) -> FramedContentBody {
    FramedContentBody::Proposal(external_psk(&world.mallory.suite, b"psk"))
}

fn public(message: &MlsMessage) -> PublicMessage {
    let MlsMessageBody::PublicMessage(message) = &message.body else { panic!("not a PublicMessage") };
    message.clone()
}

#[test]
fn application_data_in_the_clear() {
    let mut world = world();
    let forged = world.mallory.send_public(data(b"in the clear"));
    let next = world.mallory.send_data(b"next", 0);
    let outcome = assert_rejected(&mut world.bob, &forged, rule!("6-01")).still_accepts(&next);
    assert_eq!(outcome, Outcome::Data(b"next".to_vec()));
}

// covers: 6-02, 6-03
#[test]
fn handshakes_are_private_unless_asked_otherwise() {
    let provider = provider();
    let mut member = Member::new(&provider, copath_crypto::CipherSuite(1), "alone");
    member.create(Extensions::default());
    let message = member.commit(CommitOptions::new()).unwrap();
    assert_eq!(message.wire_format(), WireFormat::PRIVATE_MESSAGE);
    let mut world = world();
    let message = world.alice.propose(external_psk(&world.bob.suite, b"psk")).unwrap();
    assert_eq!(message.wire_format(), WireFormat::PUBLIC_MESSAGE);
    assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
}

// covers: 17.1-05
#[test]
fn selectors_that_nobody_knows() {
    let mut world = world();
    let message = world.mallory.send_public(proposal(&world)).to_bytes().unwrap();
    // version, wire format, group id, epoch, sender type
    let sender_type = 4 + 1 + world.mallory.context.group_id.len() + 8;
    let content_type = sender_type + 1 + 4 + 1;
    let cases = [
        (1, [0, 2].as_slice(), rule!("6-04")),
        (3, &[0, 0xff], rule!("6-05")),
        (2, &[0xf0], rule!("6-05")),
        (sender_type, &[0, 5], rule!("6-06")),
        (content_type, &[0, 4], rule!("6-06")),
    ];
    for (position, values, rule) in cases {
        for value in values {
            let mut forged = message.clone();
            forged[position] = *value;
            assert_refuses(&mut world.bob, |bob| bob.group().decode(&forged), rule);
        }
    }
    assert!(world.bob.group().decode(&message).is_ok());
}

#[test]
fn another_group() {
    let mut world = world();
    let mallory = &world.mallory;
    let foreign = |body| {
        let mut content = mallory.content(body);
        content.group_id = b"another group".as_slice().into();
        content
    };
    let in_clear = mallory.public(&mallory.sign(foreign(proposal(&world)), WireFormat::PUBLIC_MESSAGE));
    let signed = mallory.sign(foreign(data(b"data")), WireFormat::PRIVATE_MESSAGE);
    let sealed = mallory.private(&signed, &mallory.sealing(ContentKind::Application, 0));
    let next = [mallory.send_public(proposal(&world)), mallory.send_data(b"next", 0)];
    for (forged, next) in [in_clear.into(), sealed].iter().zip(&next) {
        assert_rejected(&mut world.bob, forged, rule!("6-07")).still_accepts(next);
    }
}

// covers: 6-08
#[test]
fn a_message_is_bound_to_its_framing() {
    let mut world = world();
    let mallory = &world.mallory;
    let unwrapped = mallory.sign(mallory.content(proposal(&world)), WireFormat::PRIVATE_MESSAGE);
    let wrapped = mallory.sign(mallory.content(proposal(&world)), WireFormat::PUBLIC_MESSAGE);
    let forged = [
        MlsMessage::from(mallory.public(&unwrapped)),
        mallory.private(&wrapped, &mallory.sealing(ContentKind::Handshake, 0)),
    ];
    let next = [mallory.send_public(proposal(&world)), mallory.send_private(proposal(&world), 0)];
    for (forged, next) in forged.iter().zip(&next) {
        assert_rejected(&mut world.bob, forged, rule!("6.1-08")).still_accepts(next);
    }
}

// covers: 6.1-01, 6.1-02
#[test]
fn signed_over_the_wrong_context_or_by_another_member() {
    let mut world = world();
    let mallory = &world.mallory;
    let content = mallory.content(proposal(&world));
    let with_context = |context: &[u8]| {
        let octets = content.to_be_signed(WireFormat::PUBLIC_MESSAGE, Some(context)).unwrap();
        mallory.public(&mallory.sign_octets(&*mallory.signer, content.clone(), &octets))
    };
    let mut next_epoch = mallory.context.clone();
    next_epoch.epoch += 1;
    let mut claims_alice = content.clone();
    claims_alice.sender = Sender::Member { leaf_index: 0 };
    let forged = [
        with_context(&next_epoch.to_bytes().unwrap()),
        with_context(&[]),
        mallory.public(&mallory.sign(claims_alice, WireFormat::PUBLIC_MESSAGE)),
    ];
    let next = mallory.send_public(proposal(&world));
    for forged in forged {
        assert_rejected(&mut world.bob, &forged.into(), rule!("6.1-08")).more_follow();
    }
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Queued));
}

#[test]
fn a_member_sender_stands_at_a_filled_leaf() {
    let mut world = world();
    for leaf_index in [5, 8, u32::MAX] {
        let mut content = world.mallory.content(proposal(&world));
        content.sender = Sender::Member { leaf_index };
        let forged = world.mallory.public(&world.mallory.sign(content, WireFormat::PUBLIC_MESSAGE));
        let next = world.mallory.send_public(proposal(&world));
        assert_rejected(&mut world.bob, &forged.into(), rule!("6.1-03")).still_accepts(&next);
    }
}

/// A world with two external senders, who are the clients returned.
fn outsiders() -> (World, Member, Member) {
    let provider = provider();
    let clients = ["first", "second"].map(|name| Member::new(&provider, copath_crypto::CipherSuite(1), name));
    let senders = clients.iter().map(|client| ExternalSender {
        signature_key: client.signer.public_key().into(),
        credential: client.leaf.credential.clone(),
    });
    let extension = Extension::of(&ExternalSenders(senders.collect())).unwrap();
    let world = World::with(&provider, Vec::from([extension]).into(), |_| ());
    let [first, second] = clients;
    (world, first, second)
}

fn external(world: &World, sender_index: u32, body: FramedContentBody) -> FramedContent {
    FramedContent { sender: Sender::External { sender_index }, ..world.mallory.content(body) }
}

fn send_external(world: &World, by: &Member, content: FramedContent) -> MlsMessage {
    let mallory = &world.mallory;
    mallory.public(&mallory.sign_by(&*by.signer, content, WireFormat::PUBLIC_MESSAGE)).into()
}

// covers: 12.1.8.1-01, 12.1.8-02, 6.1-04
#[test]
fn external_senders() {
    let (mut world, first, second) = outsiders();
    let right = [(&first, 0), (&second, 1)];
    for (sender, index) in right {
        let valid = send_external(&world, sender, external(&world, index, proposal(&world)));
        let other = send_external(&world, sender, external(&world, 1 - index, proposal(&world)));
        assert_rejected(&mut world.bob, &other, rule!("6.1-08")).still_accepts(&valid);
    }
    let beyond = send_external(&world, &first, external(&world, 2, proposal(&world)));
    assert_rejected(&mut world.bob, &beyond, rule!("6.1-04")).more_follow();
    let absent = self::world();
    let forged = send_external(&absent, &first, external(&absent, 0, proposal(&absent)));
    let mut bob = absent.bob;
    assert_rejected(&mut bob, &forged, rule!("12.1.8-01")).more_follow();
}

// covers: 12.1.2-03
#[test]
fn what_external_senders_may_send() {
    let (mut world, first, _) = outsiders();
    let commit = FramedContentBody::Commit(Commit::default());
    let update = world.mallory.update(|_| ());
    let external_init = Proposal::ExternalInit(ExternalInit { kem_output: Opaque::from(&[1; 32]) });
    let forged = [
        (commit, rule!("6.1-05")),
        (FramedContentBody::Proposal(update), rule!("12.1.8-03")),
        (FramedContentBody::Proposal(external_init), rule!("12.1.8-03")),
    ];
    for (body, rule) in forged {
        let mut content = external(&world, 0, body);
        content.authenticated_data = b"anything".as_slice().into();
        let mut signed = world.mallory.sign_by(&*first.signer, content, WireFormat::PUBLIC_MESSAGE);
        if matches!(signed.content.body, FramedContentBody::Commit(_)) {
            signed.auth.confirmation_tag = Some(Opaque::from(&[0; 32]));
        }
        let forged = world.mallory.public(&signed).into();
        let next = send_external(&world, &first, external(&world, 0, proposal(&world)));
        assert_rejected(&mut world.bob, &forged, rule).still_accepts(&next);
    }
    let package = world.stranger("stranger").key_package();
    let allowed = [add(package), remove(LeafIndex::new(3).unwrap())];
    for proposal in allowed {
        let body = FramedContentBody::Proposal(proposal);
        let message = send_external(&world, &first, external(&world, 0, body));
        assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
    }
}

#[test]
fn newcomers_send_only_what_they_may() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    let package = add(eve.key_package());
    let from = |sender, body| FramedContent { sender, ..world.mallory.content(body) };
    let right = from(Sender::NewMemberProposal, FramedContentBody::Proposal(package.clone()));
    let next = send_external(&world, &eve, right.clone());
    let removal = FramedContentBody::Proposal(remove(LeafIndex::new(3).unwrap()));
    let forged = [
        (from(Sender::NewMemberCommit, FramedContentBody::Proposal(package)), &eve, rule!("6.1-06")),
        (from(Sender::NewMemberProposal, removal), &eve, rule!("6.1-07")),
        (right, &world.carol, rule!("6.1-08")),
    ];
    let forged: Vec<_> = forged.map(|(content, by, rule)| (send_external(&world, by, content), rule)).into();
    for (forged, rule) in &forged {
        assert_rejected(&mut world.bob, forged, *rule).more_follow();
    }
    let commit = FramedContentBody::Commit(Commit::default());
    let content = FramedContent { sender: Sender::NewMemberProposal, ..world.mallory.content(commit) };
    let mut signed = world.mallory.sign_by(&*eve.signer, content, WireFormat::PUBLIC_MESSAGE);
    signed.auth.confirmation_tag = Some(Opaque::from(&[0; 32]));
    let forged = world.mallory.public(&signed).into();
    assert_rejected(&mut world.bob, &forged, rule!("6.1-07")).still_accepts(&next);
}

// covers: 6.3.2-01
#[test]
fn a_flipped_bit_in_the_signature_of_each_sender_type() {
    let (mut world, first, _) = outsiders();
    let mut eve = world.stranger("eve");
    let package = FramedContentBody::Proposal(add(eve.key_package()));
    let joining = FramedContent { sender: Sender::NewMemberProposal, ..world.mallory.content(package) };
    let member = world.mallory.content(proposal(&world));
    let outside = external(&world, 0, proposal(&world));
    for (content, by) in [(member, None), (outside, Some(&first)), (joining, Some(&eve))] {
        let signer = by.map_or(&world.mallory.signer, |by| &by.signer);
        let signed = world.mallory.sign_by(&**signer, content, WireFormat::PUBLIC_MESSAGE);
        let mut broken = signed.clone();
        let mut signature = broken.auth.signature.to_vec();
        signature[5] ^= 1;
        broken.auth.signature = signature.into();
        // The membership tag is right in both.
        let [forged, next] = [broken, signed].map(|content| world.mallory.public(&content).into());
        assert_rejected(&mut world.bob, &forged, rule!("6.1-08")).still_accepts(&next);
    }
    let info = world.alice.group().group_info(
        copath_group::TreeTransfer::Inside,
        copath_group::ExternalJoins::Possible,
        &*world.alice.signer,
    );
    let commit = eve.join_externally(info.unwrap(), None, copath_group::ExternalJoinOptions::default());
    let commit = commit.unwrap();
    // However members frame theirs, this one is in the clear.
    assert_eq!(eve.settings.policy.handshake_format, HandshakeFormat::Private);
    let mut forged = public(&commit);
    let mut signature = forged.auth.signature.to_vec();
    signature[5] ^= 1;
    forged.auth.signature = signature.into();
    assert_rejected(&mut world.bob, &forged.into(), rule!("6.1-08")).still_accepts(&commit);
}

// covers: 6.2-01, 6.2-03
#[test]
fn the_membership_tag() {
    let mut world = world();
    let valid = public(&world.mallory.send_public(proposal(&world)));
    let mut flipped = valid.clone();
    let mut tag = flipped.membership_tag.unwrap().to_vec();
    tag[0] ^= 1;
    flipped.membership_tag = Some(tag.into());
    let mut foreign = valid.clone();
    let content = world.mallory.sign(valid.content.clone(), WireFormat::PUBLIC_MESSAGE);
    let other_key = &copath_crypto::Secret::zero(32);
    let other = content.membership_tag(&world.mallory.suite, other_key, &world.mallory.context_bytes());
    foreign.membership_tag = Some(other.unwrap().as_slice().into());
    let resized = [0, 1, 16, 31, 33].map(|length| {
        let mut resized = valid.clone();
        let mut tag = resized.membership_tag.unwrap().to_vec();
        tag.resize(length, 0);
        resized.membership_tag = Some(tag.into());
        resized
    });
    for forged in [flipped, foreign].into_iter().chain(resized) {
        let forged = over_the_wire(&forged.into());
        assert_rejected(&mut world.bob, &forged, rule!("6.2-02")).more_follow();
    }
    let mut broken = content;
    broken.auth.signature = Opaque::from(&[7; 64]);
    let forged = world.mallory.public(&broken).into();
    assert_rejected(&mut world.bob, &forged, rule!("6.1-08")).still_accepts(&valid.into());
}

#[test]
fn messages_of_other_epochs() {
    let mut world = world();
    let old = world.mallory.send_public(proposal(&world));
    let old_private = world.mallory.send_private(proposal(&world), 0);
    let forged = world.mallory.commit().build();
    let ahead = forged.next.send_public(proposal(&world));
    assert_rejected(&mut world.bob, &ahead, rule!("12.4.2-01")).still_accepts(&forged.message);
    let next = forged.next.send_public(proposal(&world));
    assert_rejected(&mut world.bob, &old, rule!("12.4.2-01")).more_follow();
    assert_rejected(&mut world.bob, &old_private, rule!("12.4.2-01")).more_follow();
    assert_rejected(&mut world.bob, &forged.message, rule!("12.4.2-01")).still_accepts(&next);
}

#[test]
fn a_message_of_another_kind() {
    let world = world();
    let mut eve = world.stranger("eve");
    let message = MlsMessage::from(eve.key_package());
    assert!(matches!(
        world.bob.group().receive(&message, NOW),
        Err(copath_group::GroupError::Misuse(copath_group::Misuse::WrongMessageKind))
    ));
    let valid = world.mallory.send_data(b"data", 0);
    assert!(matches!(world.bob.group().receive(&valid, NOW), Ok(Received::Application(_))));
}
