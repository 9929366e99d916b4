//! Messages out of order, late, too far ahead, twice.
//!
//! RFC 9420 §9.2, §14, §15 and §15.3.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_credentials::Credential;
use copath_crypto::CryptoProvider;
use copath_group::{ApplicationMessage, CommitOptions, GroupError, Merged, Policy, Received, WelcomeOptions};
use copath_messages::{Extensions, MlsMessage, MlsMessageBody};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_refuses, assert_rejected, assert_undecipherable, external_psk,
    remove,
};
use copath_tree_math::LeafIndex;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([15; 32]))
}

fn world() -> World {
    World::new(&provider())
}

fn world_with(policy: impl Fn(&mut Policy)) -> World {
    World::with(&provider(), Extensions::default(), |member| policy(&mut member.settings.policy))
}

fn data(octets: &[u8]) -> Result<Outcome, GroupError> {
    Ok(Outcome::Data(octets.to_vec()))
}

// covers: 9.2-03
#[test]
fn a_skipped_key_works_once() {
    let mut world = world();
    let [zeroth, first, second] = [0, 1, 2].map(|generation| world.mallory.send_data(b"data", generation));
    assert_eq!(world.bob.receive(&first), data(b"data"));
    assert_eq!(world.bob.receive(&zeroth), data(b"data"));
    assert_rejected(&mut world.bob, &first, rule!("6.3.1-11")).more_follow();
    assert_rejected(&mut world.bob, &zeroth, rule!("6.3.1-11")).more_follow();
    // Neither is there after a restart.
    world.bob.reload();
    assert_rejected(&mut world.bob, &zeroth, rule!("6.3.1-11")).still_accepts(&second);
}

// covers: 9.2-05
#[test]
fn a_forged_message_uses_no_key_up() {
    let mut world = world();
    let genuine = world.mallory.send_data(b"genuine", 3);
    let MlsMessageBody::PrivateMessage(message) = &genuine.body else { panic!("not a PrivateMessage") };
    for position in [40, message.ciphertext.len() - 1] {
        let mut forged = message.clone();
        let mut ciphertext = forged.ciphertext.to_vec();
        // Behind the sample, so that the sender data open.
        *ciphertext.get_mut(position).unwrap() ^= 1;
        forged.ciphertext = ciphertext.into();
        assert_undecipherable(&mut world.bob, &forged.into()).more_follow();
    }
    assert_eq!(world.bob.receive(&genuine), data(b"genuine"));
}

// covers: 15-01
#[test]
fn senders_and_types_have_ratchets_of_their_own() {
    let mut world = world();
    for generation in 0..3 {
        let from_mallory = world.mallory.send_data(b"mallory", generation);
        let from_carol = world.carol.encrypt(b"carol").unwrap();
        let proposal = copath_messages::FramedContentBody::Proposal(external_psk(&world.bob.suite, b"psk"));
        let handshake = world.mallory.send_private(proposal, generation);
        assert_eq!(world.bob.receive(&handshake), Ok(Outcome::Queued));
        assert_eq!(world.bob.receive(&from_carol), data(b"carol"));
        assert_eq!(world.bob.receive(&from_mallory), data(b"mallory"));
    }
}

// covers: 15.3-04
#[test]
fn any_order_within_the_limits() {
    let mut world = world();
    let messages: Vec<MlsMessage> = (0..20).map(|number| world.carol.encrypt(&[number]).unwrap()).collect();
    // 7 and 20 are coprime.
    let order = (0..20).map(|step| step * 7 % 20);
    for number in order {
        let message = messages.get(usize::from(number)).unwrap();
        assert_eq!(world.bob.receive(message), data(&[number]));
        world.bob.reload();
    }
    for message in &messages {
        assert_rejected(&mut world.bob, message, rule!("6.3.1-11")).more_follow();
    }
}

// covers: 15.3-01, 9.2-04
#[test]
fn the_oldest_skipped_keys_go_first() {
    let mut world = world_with(|policy| policy.max_skipped = 2);
    let messages: Vec<_> = (0..6).map(|generation| world.mallory.send_data(b"data", generation)).collect();
    let [zeroth, first, second, third, fourth, fifth] = messages.try_into().unwrap();
    assert_eq!(world.bob.receive(&fifth), data(b"data"));
    for dropped in [&zeroth, &first, &second] {
        assert_rejected(&mut world.bob, dropped, rule!("6.3.1-11")).more_follow();
    }
    assert_eq!(world.bob.receive(&third), data(b"data"));
    assert_eq!(world.bob.receive(&fourth), data(b"data"));
}

// covers: 15.3-03
#[test]
fn how_far_a_ratchet_is_wound_forward() {
    let mut world = world_with(|policy| policy.max_forward = 10);
    let content = copath_messages::FramedContentBody::Application(b"data".into());
    let content =
        world.mallory.sign(world.mallory.content(content), copath_messages::WireFormat::PRIVATE_MESSAGE);
    let beyond = world.mallory.send_data(b"data", 11);
    // The key is that of generation 0, because nobody winds a ratchet that far.
    let mut far = world.mallory.sealing(copath_key_schedule::ContentKind::Application, 0);
    far.sender_data.generation = u32::MAX;
    let far = world.mallory.private(&content, &far);
    let limit = world.mallory.send_data(b"data", 10);
    assert_rejected(&mut world.bob, &far, rule!("15.3-02")).more_follow();
    assert_rejected(&mut world.bob, &beyond, rule!("15.3-02")).still_accepts(&limit);
    assert_eq!(world.bob.receive(&beyond), data(b"data"));
}

// covers: 6.3.1-04, 9.1-01
#[test]
fn no_generation_is_used_twice() {
    let mut world = World::with(&provider(), Extensions::default(), |member| {
        member.settings.policy.handshake_format = copath_group::HandshakeFormat::Private;
    });
    let mut generations = Vec::new();
    for _ in 0..3 {
        let message = world.alice.encrypt(b"data").unwrap();
        world.alice.reload();
        let (sender_data, _) = world.mallory.open(&message);
        generations.push(sender_data.generation);
    }
    assert_eq!(generations, [0, 1, 2]);
}

fn receive_data(member: &mut Member, message: &MlsMessage) -> ApplicationMessage {
    let Received::Application(prepared) = member.group().receive(message, NOW).unwrap() else {
        panic!("not application data")
    };
    member.carry_out(prepared)
}

// covers: 15-02, 15.2-02
#[test]
fn data_of_past_epochs() {
    let mut world = world_with(|policy| policy.past_epochs = 2);
    let messages: Vec<_> = (0..4).map(|generation| world.mallory.send_data(b"late", generation)).collect();
    let [zeroth, first, second, third] = messages.try_into().unwrap();
    let commit = |world: &mut World| {
        let commit = world.alice.commit(CommitOptions::new()).unwrap();
        world.alice.accept(WelcomeOptions::default());
        world.bob.receive(&commit).unwrap();
    };
    assert_eq!(world.bob.receive(&zeroth), data(b"late"));
    for message in [&first, &second] {
        commit(&mut world);
        assert_eq!(receive_data(&mut world.bob, message).epoch, 1);
        world.bob.reload();
        assert_rejected(&mut world.bob, message, rule!("6.3.1-11")).more_follow();
    }
    let sent = world.alice.encrypt(b"now").unwrap();
    assert_eq!(receive_data(&mut world.bob, &sent).epoch, 3);
    commit(&mut world);
    assert_eq!(world.bob.group().past_epochs(), [2, 3]);
    assert_rejected(&mut world.bob, &third, rule!("12.4.2-01")).more_follow();
}

// covers: 5.3.3-03
#[test]
fn a_late_message_is_from_who_stood_there_then() {
    let mut world = world();
    let late = world.carol.encrypt(b"carol").unwrap();
    let late_again = world.carol.encrypt(b"carol again").unwrap();
    let carol = LeafIndex::new(3).unwrap();
    let handle = world.bob.group().find_member(world.carol.signer.public_key()).unwrap().handle;
    let mut eve = world.stranger("eve");
    let list = [remove(carol), add(eve.key_package())];
    let options = list.into_iter().fold(CommitOptions::new(), CommitOptions::propose);
    let commit = world.alice.commit(options).unwrap();
    let welcome = world.alice.accept(WelcomeOptions::default()).remove(0);
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    eve.join(&welcome, None).unwrap();
    assert_eq!(eve.group().own_leaf(), carol);
    let message = receive_data(&mut world.bob, &late);
    assert_eq!((message.sender.leaf, message.epoch), (carol, 1));
    assert_eq!(message.sender.credential, Credential::basic(b"carol"));
    let from_eve = eve.encrypt(b"eve").unwrap();
    let message = receive_data(&mut world.bob, &from_eve);
    assert_eq!(message.sender.credential, Credential::basic(b"eve"));
    world.bob.reload();
    let message = receive_data(&mut world.bob, &late_again);
    assert_eq!(message.sender.credential, Credential::basic(b"carol"));
    // A handle from then doesn't name eve now.
    let stale = world.bob.group().member(handle).unwrap_err();
    copath_testing::assert_rule(&stale, rule!("5.3.3-03"));
}

// covers: 9.2-01, 9.2-02, 7.5-13, 7.5-14
#[test]
fn what_was_used_up_is_in_no_record() {
    use copath_records::Store;
    let mut world = world();
    let records = |member: &Member| -> Vec<Vec<u8>> {
        let all = copath_records::RecordKind::ALL.iter();
        let all = all.flat_map(|kind| member.store.scan(&copath_records::RecordKey::new(*kind)).unwrap());
        all.map(|(_, record)| record.expose().to_vec()).collect()
    };
    let holds = |member: &Member, secret: &[u8]| {
        records(member).iter().any(|record| record.windows(secret.len()).any(|window| window == secret))
    };
    let mallory = &world.mallory;
    let limits = copath_key_schedule::Limits::default();
    let kind = copath_key_schedule::ContentKind::Application;
    let key = |generation| {
        mallory.secret_tree.peek(&mallory.suite, mallory.leaf, kind, generation, &limits).unwrap().key
    };
    let (zeroth, first) = (key(0), key(1));
    let encryption_secret = mallory.secrets.encryption_secret.as_secret().duplicate();
    let init_secret = mallory.secrets.init_secret.as_secret().duplicate();
    assert!(holds(&world.bob, encryption_secret.expose()), "nothing is used yet");
    assert!(holds(&world.bob, init_secret.expose()));
    let message = world.mallory.send_data(b"data", 1);
    world.bob.receive(&message).unwrap();
    assert!(!holds(&world.bob, encryption_secret.expose()));
    assert!(!holds(&world.bob, first.expose()));
    assert!(holds(&world.bob, zeroth.expose()), "the skipped key is kept");
    let commit = world.mallory.commit().build();
    world.bob.receive(&commit.message).unwrap();
    assert!(!holds(&world.bob, init_secret.expose()));
    assert_eq!(commit.path_secrets.len(), 5, "one for each other member, and the commit secret");
    assert!(commit.path_secrets.iter().all(|secret| !holds(&world.bob, secret.expose())));
    for (_, key) in world.mallory.node_keys.iter() {
        assert!(!holds(&world.bob, key.private().expose()), "a replaced node key");
    }
    let shared = commit.next.node_keys.iter().filter(|(_, key)| holds(&world.bob, key.private().expose()));
    assert_eq!(shared.count(), 2, "the keys of the two nodes above both");
}

/// The two ratchets of a member are counted apart, and a new epoch begins anew.
#[test]
fn no_more_messages_than_an_epoch_bears() {
    let mut world = World::with(&provider(), Extensions::default(), |member| {
        member.settings.policy.max_sent_per_epoch = 2;
        member.settings.policy.handshake_format = copath_group::HandshakeFormat::Private;
    });
    for _ in 0..2 {
        world.bob.encrypt(b"data").unwrap();
    }
    let rule = rule!("15.2-01");
    assert_refuses(&mut world.bob, |bob| bob.encrypt(b"data"), rule);
    for _ in 0..2 {
        world.bob.propose_update().unwrap();
    }
    assert_refuses(&mut world.bob, Member::propose_update, rule);
    assert_refuses(&mut world.bob, |bob| bob.commit(CommitOptions::new()), rule);
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.bob.receive(&commit).unwrap();
    world.bob.encrypt(b"data").unwrap();
}
