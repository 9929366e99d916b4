//! What somebody can do who signs as a client, has its signature key, or all that it stores, and what ends it.
//!
//! RFC 9750 §8.4.2 to §8.4.4. `docs/threat-model.md` tells it in words.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use copath_credentials::{CredentialQuestion, CredentialVerdict, RejectionReason};
use copath_crypto::{CryptoProvider, Signer};
use copath_group::{
    Answers, CommitOptions, ExternalJoinOptions, ExternalJoins, GroupError, Merged, Policy, Received,
    TreeTransfer, WelcomeOptions,
};
use copath_messages::{Extensions, FramedContentBody, MlsMessage, Sender, WireFormat};
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{RecordKey, RecordKind, Store};
use copath_rules::rule;
use copath_testing::{Member, NOW, Outcome, World, assert_rejected, assert_rule, remove};

fn world_with(policy: impl Fn(&mut Policy)) -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([88; 32]));
    World::with(&provider, Extensions::default(), |member| policy(&mut member.settings.policy))
}

fn world() -> World {
    world_with(|_| ())
}

/// A client outside of the group that signs as bob.
fn impostor(world: &World, signer: &Arc<dyn Signer>) -> Member {
    let mut thief = world.stranger("bob");
    thief.signer = Arc::clone(signer);
    thief
}

/// The external commit by which `joiner` takes bob's place, as alice gives out her GroupInfo.
fn take_place(alice: &Member, joiner: &mut Member) -> MlsMessage {
    let members = alice.group().members();
    let old = members.filter(|member| member.credential == joiner.leaf.credential).map(|m| m.handle.leaf());
    let mut options = ExternalJoinOptions::default();
    options.replaces = old.last();
    let info =
        alice.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*alice.signer).unwrap();
    joiner.join_externally(info, None, options).unwrap()
}

/// What somebody sends who signs as bob, and has nothing else.
fn signed_as_bob(world: &World, signer: &dyn Signer) -> MlsMessage {
    let body = FramedContentBody::Proposal(remove(world.alice.group().own_leaf()));
    let mut content = world.mallory.content(body);
    content.sender = Sender::Member { leaf_index: world.bob.group().own_leaf().as_u32() };
    let signed = world.mallory.sign_by(signer, content, WireFormat::PUBLIC_MESSAGE);
    let mut message = world.mallory.public(&signed);
    message.membership_tag = Some(vec![0; 32].into());
    message.into()
}

#[test]
fn a_signature_oracle_takes_a_place_until_the_client_takes_it_back() {
    let mut world = world();
    let oracle = Arc::clone(&world.bob.signer);
    // Without the group's secrets it can't speak as a member.
    let forged = signed_as_bob(&world, &*oracle);
    assert_rejected(&mut world.alice, &forged, rule!("6.2-02")).more_follow();
    // But it can join in bob's place, and is then a member like any other.
    let mut thief = impostor(&world, &oracle);
    let joined = take_place(&world.alice, &mut thief);
    for member in [&mut world.alice, &mut world.carol] {
        assert_eq!(member.receive(&joined), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_eq!(world.bob.receive(&joined), Ok(Outcome::Merged(Merged::Removed)));
    let message = world.alice.encrypt(b"overheard").unwrap();
    assert_eq!(thief.receive(&message), Ok(Outcome::Data(b"overheard".to_vec())));
    // Bob notices that he is out, gets the oracle back, and takes his place again.
    let back = take_place(&world.alice, &mut world.bob);
    for member in [&mut world.alice, &mut world.carol] {
        assert_eq!(member.receive(&back), Ok(Outcome::Merged(Merged::Epoch(3))));
    }
    assert_eq!(thief.receive(&back), Ok(Outcome::Merged(Merged::Removed)));
    let message = world.alice.encrypt(b"healed").unwrap();
    assert!(thief.receive(&message).is_err());
    assert_eq!(world.bob.receive(&message), Ok(Outcome::Data(b"healed".to_vec())));
    // What the thief still has is of no use without the oracle.
    let stranger = world.stranger("bob");
    let forged = signed_as_bob(&world, &*stranger.signer);
    assert_rejected(&mut world.alice, &forged, rule!("12.4.2-01")).more_follow();
}

/// Bob commits with a new signature key, which all others accept.
fn rotate(world: &mut World) {
    let fresh = world.stranger("bob").signer;
    let bob = &mut world.bob;
    let draft = bob.group().draft_commit(CommitOptions::new(), NOW).unwrap();
    let answers = bob.answer(&draft.needs().clone());
    let prepared = draft.finish_with_new_signer(bob.group(), &*bob.signer, &*fresh, answers).unwrap();
    let commit = bob.carry_out(prepared);
    bob.accept(WelcomeOptions::default());
    bob.signer = fresh;
    for member in [&mut world.alice, &mut world.carol] {
        member.receive(&commit).unwrap();
    }
}

/// Processes an external commit as an application does that knows `revoked` to be revoked.
fn receive_knowing(member: &Member, message: &MlsMessage, revoked: &[u8]) -> Result<(), GroupError> {
    let Received::Commit(check) = member.group().receive(message, NOW)? else { unreachable!("a commit") };
    let verdict = |question: &CredentialQuestion| match question {
        CredentialQuestion::Valid { signature_key, .. } if **signature_key == *revoked => {
            CredentialVerdict::Rejected(RejectionReason::Revoked)
        }
        _ => CredentialVerdict::Accepted,
    };
    let mut answers = Answers::none();
    answers.credentials = check.needs().credentials.iter().map(verdict).collect();
    check.finish(member.group(), answers).map(drop)
}

#[test]
fn a_leaked_signature_key_is_good_until_it_is_replaced_and_revoked() {
    let mut world = world();
    let leaked = Arc::clone(&world.bob.signer);
    // An honest commit that keeps the key doesn't help: it can still take bob's place.
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    world.bob.accept(WelcomeOptions::default());
    for member in [&mut world.alice, &mut world.carol] {
        member.receive(&commit).unwrap();
    }
    let joined = take_place(&world.alice, &mut impostor(&world, &leaked));
    assert!(world.alice.group().receive(&joined, NOW).is_ok());
    assert!(receive_knowing(&world.alice, &joined, b"another key").is_ok());
    // With a new key in his leaf, nothing that the old one signs is bob's.
    rotate(&mut world);
    let own = world.bob.group().own_leaf();
    let key = world.alice.group().tree().leaf(own).map(|leaf| leaf.signature_key().to_vec());
    assert_eq!(key.as_deref(), Some(world.bob.signer.public_key()));
    assert_ne!(key.as_deref(), Some(leaked.public_key()));
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    let new = std::mem::replace(&mut world.bob.signer, Arc::clone(&leaked));
    assert!(world.bob.encrypt(b"with the old key").is_err());
    world.bob.signer = new;
    world.alice.receive(&commit).unwrap();
    // The key by itself still makes a stranger look like bob, unless the validator knows better.
    let joined = take_place(&world.alice, &mut impostor(&world, &leaked));
    assert!(receive_knowing(&world.alice, &joined, b"another key").is_ok());
    let refused = receive_knowing(&world.alice, &joined, leaked.public_key()).unwrap_err();
    assert_rule(&refused, rule!("5.3.1-05"));
}

fn keys(member: &Member) -> BTreeSet<Vec<u8>> {
    let kinds = [RecordKind::NODE_KEY, RecordKind::EPOCH_SECRETS];
    let records = kinds.map(|kind| member.store.scan(&RecordKey::new(kind)).unwrap());
    records.iter().flatten().map(|(_, record)| record.expose().to_vec()).collect()
}

/// Alice sends `data`; whether `thief` reads it.
fn overhears(world: &mut World, thief: &mut Member, data: &[u8]) -> bool {
    let message = world.alice.encrypt(data).unwrap();
    assert_eq!(world.bob.receive(&message), Ok(Outcome::Data(data.to_vec())));
    match thief.receive(&message) {
        Ok(Outcome::Data(read)) => read == data,
        _ => false,
    }
}

// covers: 9.2-03
#[test]
fn a_full_state_reads_nothing_that_was_before_it() {
    let mut world = world_with(|policy| policy.past_epochs = 0);
    let old = world.alice.encrypt(b"in the epoch before").unwrap();
    world.bob.receive(&old).unwrap();
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.alice.accept(WelcomeOptions::default());
    world.bob.receive(&commit).unwrap();
    let read = world.alice.encrypt(b"already read").unwrap();
    world.bob.receive(&read).unwrap();
    let unread = world.alice.encrypt(b"not yet read").unwrap();
    let mut thief = world.bob.stolen_copy();
    assert_rule(&thief.receive(&read).unwrap_err(), rule!("6.3.1-11"));
    assert!(matches!(thief.receive(&old), Err(GroupError::WrongEpoch { .. })));
    assert_eq!(thief.receive(&unread), Ok(Outcome::Data(b"not yet read".to_vec())));
}

#[test]
fn a_full_state_follows_the_commits_of_others_and_is_ended_by_an_update() {
    let mut world = world();
    let mut thief = world.bob.stolen_copy();
    assert!(overhears(&mut world, &mut thief, b"at once"));
    // Whatever alice does for herself is no help to bob.
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.alice.accept(WelcomeOptions::default());
    world.bob.receive(&commit).unwrap();
    thief.receive(&commit).unwrap();
    assert!(overhears(&mut world, &mut thief, b"an epoch later"));
    // Bob's Update, which alice commits, is.
    let update = world.bob.propose_update().unwrap();
    for member in [&mut world.alice, &mut thief] {
        member.receive(&update).unwrap();
    }
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.alice.accept(WelcomeOptions::default());
    world.bob.receive(&commit).unwrap();
    assert!(thief.receive(&commit).is_err());
    assert!(!overhears(&mut world, &mut thief, b"healed"));
    assert!(keys(&world.bob).is_disjoint(&keys(&thief)));
}

#[test]
fn a_full_state_is_ended_by_a_commit_of_the_client_itself() {
    let mut world = world();
    let mut thief = world.bob.stolen_copy();
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    world.bob.accept(WelcomeOptions::default());
    world.alice.receive(&commit).unwrap();
    assert!(thief.receive(&commit).is_err());
    assert!(!overhears(&mut world, &mut thief, b"healed"));
    // The interface refuses what is one's own; but no key that the thief has is left, either.
    assert!(keys(&world.bob).is_disjoint(&keys(&thief)));
}

#[test]
fn an_attacker_that_takes_part_is_ended_by_its_removal() {
    let mut world = world();
    // The thief commits in bob's name, so that bob can't heal any more by himself.
    let mut thief = world.bob.stolen_copy();
    let commit = thief.commit(CommitOptions::new()).unwrap();
    thief.accept(WelcomeOptions::default());
    assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert!(world.bob.receive(&commit).is_err());
    let message = world.alice.encrypt(b"overheard").unwrap();
    assert_eq!(thief.receive(&message), Ok(Outcome::Data(b"overheard".to_vec())));
    let removal = remove(world.bob.group().own_leaf());
    let commit = world.alice.commit(CommitOptions::new().propose(removal)).unwrap();
    world.alice.accept(WelcomeOptions::default());
    assert_eq!(thief.receive(&commit), Ok(Outcome::Merged(Merged::Removed)));
    let message = world.alice.encrypt(b"healed").unwrap();
    assert!(matches!(thief.receive(&message), Err(GroupError::WrongEpoch { .. })));
}
