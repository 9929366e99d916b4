//! What somebody can do who has learned symmetric keys of a group, and for how long.
//!
//! RFC 9750 §8.4.1, in ascending order: one AEAD key, a ratchet secret, the secrets of an epoch. `docs/threat-model.md`
//! tells it in words. The attacker's part is played with the lower crates, so that nothing but keys holds it back.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::Encode;
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_group::{CommitOptions, Merged, PathChoice, WelcomeOptions};
use copath_key_schedule::{
    CommitSecret, ContentKind, EncryptionSecret, EpochSecrets, JoinerSecret, Limits, PskSecret, SecretTree,
};
use copath_messages::{
    FramedContentBody, MlsMessage, MlsMessageBody, PrivateContentAad, PrivateMessage, Sender, WireFormat,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{Member, Outcome, World, add, assert_rejected, external_psk, remove};
use copath_tree_math::LeafIndex;

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([87; 32]));
    World::new(&provider)
}

/// Bob's leaf.
fn bob() -> LeafIndex {
    LeafIndex::new(1).unwrap()
}

fn private(message: &MlsMessage) -> &PrivateMessage {
    match &message.body {
        MlsMessageBody::PrivateMessage(message) => message,
        other => unreachable!("not a PrivateMessage: {other:?}"),
    }
}

/// Whether a key and a nonce, before the reuse guard, open an application message.
fn opens(suite: &Suite, key: &Secret, nonce: &Secret, reuse_guard: [u8; 4], message: &MlsMessage) -> bool {
    let message = private(message);
    let aad = PrivateContentAad {
        group_id: message.group_id.clone(),
        epoch: message.epoch,
        content_type: message.content_type,
        authenticated_data: message.authenticated_data.clone(),
    };
    let mut nonce = nonce.expose().to_vec();
    nonce.iter_mut().zip(reuse_guard).for_each(|(octet, guard)| *octet ^= guard);
    suite.open(key, &nonce, &aad.to_bytes().unwrap(), &message.ciphertext).is_ok()
}

/// Data that says it is from bob, with the right key of that generation, but without bob's signature.
fn forge_as_bob(world: &World, generation: u32) -> MlsMessage {
    let mallory = &world.mallory;
    let mut content = mallory.content(FramedContentBody::Application(b"forged".into()));
    content.sender = Sender::Member { leaf_index: bob().as_u32() };
    let signed = mallory.sign(content, WireFormat::PRIVATE_MESSAGE);
    let mut sealing = mallory.sealing(ContentKind::Application, generation);
    sealing.leaf = bob();
    sealing.sender_data.leaf_index = bob().as_u32();
    mallory.private(&signed, &sealing)
}

// covers: 9.2-05
#[test]
fn an_aead_key_opens_its_message_and_no_other_and_signs_nothing() {
    let mut world = world();
    let messages = ["first", "second"].map(|data| world.bob.encrypt(data.as_bytes()).unwrap());
    let suite = &world.mallory.suite;
    let limits = Limits { max_forward: 10, max_skipped: 0 };
    // What leaks is the key of the first message.
    let leaked = world.mallory.secret_tree.peek(suite, bob(), ContentKind::Application, 0, &limits).unwrap();
    let [guard, other] = [0, 1].map(|at| world.mallory.open(messages.get(at).unwrap()).0.reuse_guard);
    let [first, second] = messages;
    assert!(opens(suite, &leaked.key, &leaked.nonce, guard, &first));
    assert!(!opens(suite, &leaked.key, &leaked.nonce, other, &second));
    // A message under bob's next key isn't bob's without his signature, and uses nothing up.
    let forged = forge_as_bob(&world, 2);
    assert_rejected(&mut world.alice, &forged, rule!("6.1-08")).more_follow();
    let third = world.bob.encrypt(b"third").unwrap();
    for (message, data) in [(first, "first"), (second, "second"), (third, "third")] {
        assert_eq!(world.alice.receive(&message), Ok(Outcome::Data(data.as_bytes().to_vec())));
    }
}

/// The keys and nonces of bob's application ratchet from `generation` on, as somebody derives them who has that
/// ratchet secret (RFC 9420 §9.1).
fn chain_from(world: &World, generation: u32, count: u32) -> Vec<(Secret, Secret)> {
    let suite = &world.mallory.suite;
    let length = suite.hash_length();
    let mut secret = world.mallory.secrets.encryption_secret.as_secret().duplicate();
    for side in ["left", "left", "right"] {
        secret = suite.expand_with_label(&secret, "tree", side.as_bytes(), length).unwrap();
    }
    secret = suite.expand_with_label(&secret, "application", b"", length).unwrap();
    let mut keys = Vec::new();
    for at in 0..generation + count {
        if at >= generation {
            let key = suite.derive_tree_secret(&secret, "key", at, suite.aead().key_length()).unwrap();
            let nonce = suite.derive_tree_secret(&secret, "nonce", at, suite.aead().nonce_length()).unwrap();
            keys.push((key, nonce));
        }
        secret = suite.derive_tree_secret(&secret, "secret", at, length).unwrap();
    }
    keys
}

#[test]
fn a_ratchet_secret_opens_what_its_sender_sends_from_there_on_in_this_epoch() {
    let mut world = world();
    let of_bob = [(); 4].map(|()| world.bob.encrypt(b"data").unwrap());
    let of_carol = world.carol.encrypt(b"data").unwrap();
    let suite = world.mallory.suite.clone();
    let keys = chain_from(&world, 2, 6);
    let any_opens = |message: &MlsMessage| {
        let guard = world.mallory.open(message).0.reuse_guard;
        keys.iter().any(|(key, nonce)| opens(&suite, key, nonce, guard, message))
    };
    assert_eq!(of_bob.each_ref().map(any_opens), [false, false, true, true]);
    assert!(!any_opens(&of_carol));
    // The next epoch has nothing to do with it, even if nobody knows of the leak.
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.alice.accept(WelcomeOptions::default());
    world.bob.receive(&commit).unwrap();
    let message = world.bob.encrypt(b"data").unwrap();
    let guards = [[0; 4], [1, 2, 3, 4]];
    let opened = guards.iter().any(|guard| keys.iter().any(|(k, n)| opens(&suite, k, n, *guard, &message)));
    assert!(!opened);
}

/// The next epoch as somebody derives it who has the secrets of one, but no private key in the tree.
fn follow(suite: &Suite, secrets: &EpochSecrets, member: &Member, psk_secret: &PskSecret) -> EpochSecrets {
    let context = member.group().public_state().context_bytes();
    let commit_secret = CommitSecret::absent(suite);
    let joiner = JoinerSecret::derive(suite, &secrets.init_secret, &commit_secret, context).unwrap();
    let epoch_secret = joiner.with_psk(suite, psk_secret).epoch_secret(suite, context).unwrap();
    EpochSecrets::derive(suite, epoch_secret).unwrap()
}

fn is_epoch_of(secrets: &EpochSecrets, member: &Member) -> bool {
    secrets.epoch_authenticator.as_slice() == member.group().epoch_authenticator()
}

/// Alice commits and everybody but mallory follows.
fn alice_commits(world: &mut World, options: CommitOptions) {
    let commit = world.alice.commit(options.path(PathChoice::WhenNeeded)).unwrap();
    world.alice.accept(WelcomeOptions::default());
    for member in [&mut world.bob, &mut world.carol, &mut world.dave] {
        assert!(matches!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(_)))));
    }
}

#[test]
fn group_secrets_open_an_epoch_and_those_after_it_until_somebody_sends_a_path() {
    let mut world = world();
    let suite = world.mallory.suite.clone();
    let message = world.bob.encrypt(b"data").unwrap();
    assert!(world.mallory.open(&message).1.starts_with(b"\x04data"));
    // Nobody's signature comes with them: neither data nor proposals can be forged.
    let forged = forge_as_bob(&world, 5);
    assert_rejected(&mut world.alice, &forged, rule!("6.1-08")).more_follow();
    let removal = remove(LeafIndex::FIRST);
    let forged = world.mallory.propose_as(bob(), &*world.mallory.signer, removal);
    assert_rejected(&mut world.alice, &forged, rule!("6.1-08")).more_follow();
    // An Add needs no path, so it heals nothing.
    let mut eve = world.stranger("eve");
    alice_commits(&mut world, CommitOptions::new().propose(add(eve.key_package())));
    let next = follow(&suite, &world.mallory.secrets, &world.alice, &PskSecret::absent(&suite));
    assert!(is_epoch_of(&next, &world.alice));
    // An honest commit with a path does.
    alice_commits(&mut world, CommitOptions::new());
    let lost = follow(&suite, &next, &world.alice, &PskSecret::absent(&suite));
    assert!(!is_epoch_of(&lost, &world.alice));
    let message = world.alice.encrypt(b"healed").unwrap();
    let encryption = EncryptionSecret::from_secret(lost.encryption_secret.as_secret().duplicate());
    let tree = SecretTree::new(encryption, world.alice.group().tree().size());
    let limits = Limits { max_forward: 10, max_skipped: 0 };
    let guess = tree.peek(&suite, LeafIndex::FIRST, ContentKind::Application, 0, &limits).unwrap();
    assert!(!opens(&suite, &guess.key, &guess.nonce, [0; 4], &message));
}

#[test]
fn a_pre_shared_key_locks_group_secrets_out_too() {
    let mut world = world();
    for member in world.members() {
        member.psks.insert(b"psk".to_vec(), b"only members know".to_vec());
    }
    let suite = world.mallory.suite.clone();
    let psk = external_psk(&suite, b"psk");
    alice_commits(&mut world, CommitOptions::new().propose(psk));
    let lost = follow(&suite, &world.mallory.secrets, &world.alice, &PskSecret::absent(&suite));
    assert!(!is_epoch_of(&lost, &world.alice));
}
