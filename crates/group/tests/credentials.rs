//! Every place where the Authentication Service is asked; a refusal rejects and changes nothing.
//!
//! RFC 9420 §5.3.1 and §5.3.3.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_credentials::{
    Credential, CredentialQuestion, CredentialRole, CredentialVerdict, RejectionReason,
};
use copath_crypto::{CipherSuite, CryptoProvider, Signer};
use copath_group::{
    Answers, CommitOptions, ExternalJoinOptions, ExternalJoinStart, ExternalJoins, GroupError, JoinStep,
    Joining, LeafChange, Misuse, Needs, Received, Subject, TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalSender, ExternalSenders, GroupContextExtensions, GroupInfo,
    MlsMessage, MlsMessageBody, Proposal, UnsignedLeafNode, Welcome,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    ExternalForge, ForgedGroup, Member, NOW, Outcome, World, add, assert_agreement, assert_refuses,
    over_the_wire, remove,
};
use copath_tree_math::LeafIndex;

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([41; 32]));
    World::new(&provider)
}

fn stranger(name: &str) -> Member {
    let mut seed = [4; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded(seed));
    Member::new(&provider, CipherSuite(1), name)
}

fn info(member: &Member) -> GroupInfo {
    member.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*member.signer).unwrap()
}

/// How questions are answered.
type Answering<'a> = dyn FnMut(&mut Member, &Needs) -> Answers + 'a;

/// A place where the service is asked: carries an operation of `member` out until it stands, with its questions
/// answered by `answer`; nothing is applied.
type Attempt<'a> = dyn Fn(&mut Member, &mut Answering<'_>) -> Result<(), GroupError> + 'a;

/// Asserts that `attempt` asks exactly `expected`, that it fails by the right rule and subject if any single answer is
/// no, and that it succeeds if all are yes.
fn assert_asks(
    member: &mut Member,
    expected: &[(CredentialQuestion, Subject, RuleId)],
    attempt: &Attempt<'_>,
) {
    let mut asked = Vec::new();
    attempt(member, &mut |member, needs| {
        asked.extend(needs.credentials.clone());
        member.answer(needs)
    })
    .unwrap();
    let questions: Vec<_> = expected.iter().map(|(question, ..)| question.clone()).collect();
    assert_eq!(asked, questions);
    for (refused, (_, subject, rule)) in expected.iter().enumerate() {
        for reason in [RejectionReason::Unknown, RejectionReason::Expired, RejectionReason::WrongKey] {
            let mut answer = |member: &mut Member, needs: &Needs| {
                let mut answers = member.answer(needs);
                if let Some(verdict) = answers.credentials.get_mut(refused) {
                    *verdict = CredentialVerdict::Rejected(reason);
                }
                answers
            };
            let error = attempt(member, &mut answer).unwrap_err();
            assert_eq!(error, GroupError::Credential { subject: *subject, reason, rule: *rule });
            assert_refuses(member, |member| attempt(member, &mut answer), *rule);
        }
    }
    // Neither too few answers nor too many are taken.
    for extra in [false, true] {
        let mut miscount = |member: &mut Member, needs: &Needs| {
            let mut answers = member.answer(needs);
            if extra {
                answers.credentials.push(CredentialVerdict::Accepted);
            } else {
                answers.credentials.pop();
            }
            answers
        };
        if extra || !expected.is_empty() {
            assert_eq!(attempt(member, &mut miscount), Err(GroupError::Misuse(Misuse::WrongAnswers)));
        }
    }
}

fn valid(role: CredentialRole, name: &[u8], key: &[u8]) -> CredentialQuestion {
    CredentialQuestion::Valid { role, credential: Credential::basic(name), signature_key: key.into() }
}

fn successor(old: (&[u8], &[u8]), new: (&[u8], &[u8])) -> CredentialQuestion {
    CredentialQuestion::Successor {
        old: Credential::basic(old.0),
        old_signature_key: old.1.into(),
        new: Credential::basic(new.0),
        new_signature_key: new.1.into(),
    }
}

/// Receiving `message` up to the point where it stands.
fn receive(message: &MlsMessage) -> impl Fn(&mut Member, &mut Answering<'_>) -> Result<(), GroupError> {
    move |member, answer| match member.group().receive(message, NOW)? {
        Received::Proposal(check) => {
            let answers = answer(member, &check.needs().clone());
            check.finish(member.group(), answers).map(|_| ())
        }
        Received::Commit(check) => {
            let answers = answer(member, &check.needs().clone());
            check.finish(member.group(), answers).map(|_| ())
        }
        other => panic!("{other:?}"),
    }
}

// covers: 5.3.1-01
#[test]
fn an_own_add() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    let proposal = add(eve.key_package());
    let expected = valid(CredentialRole::Added, b"eve", eve.signer.public_key());
    let needs = world.alice.group().questions_about(&proposal).unwrap();
    assert_eq!(needs.credentials, std::slice::from_ref(&expected));
    let options = CommitOptions::new().propose(remove(LeafIndex::new(3).unwrap())).propose(proposal);
    assert_asks(
        &mut world.alice,
        &[(expected, Subject::Proposal(1), rule!("5.3.1-01"))],
        &|alice, answer| {
            let draft = alice.group().draft_commit(options.clone(), NOW)?;
            let answers = answer(alice, &draft.needs().clone());
            draft.finish(alice.group(), &*alice.signer, answers).map(|_| ())
        },
    );
}

fn joining(welcome: &Welcome) -> impl Fn(&mut Member, &mut Answering<'_>) -> Result<(), GroupError> {
    move |member, answer| {
        let mut joining = Joining::new(member.suite.provider(), &member.settings, welcome.clone(), NOW);
        loop {
            let needs = joining.needs().clone();
            let answers =
                if needs.key_packages.is_empty() { answer(member, &needs) } else { member.answer(&needs) };
            match joining.answer(answers)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(_) => return Ok(()),
            }
        }
    }
}

fn external_senders(senders: &[(&[u8], &[u8])]) -> Extension {
    let sender = |(name, key): &(&[u8], &[u8])| ExternalSender {
        signature_key: (*key).into(),
        credential: Credential::basic(*name),
    };
    Extension::of(&ExternalSenders(senders.iter().map(sender).collect())).unwrap()
}

// covers: 5.3.1-02, 5.3.1-06
#[test]
fn everybody_in_a_group_that_is_joined_by_welcome() {
    let mut bob = stranger("bob");
    let package = bob.key_package();
    let mut group = ForgedGroup::joined_by(&bob.suite, &package);
    group.context.extensions = Extensions(vec![external_senders(&[(b"s0", b"k0"), (b"s1", b"k1")])]);
    let message = group.welcome();
    let MlsMessageBody::Welcome(welcome) = &message.body else { panic!("not a Welcome") };
    let mut expected = Vec::new();
    for (leaf, signer) in &group.signers {
        let question = valid(CredentialRole::Member, b"somebody", signer.public_key());
        expected.push((question, Subject::Leaf(*leaf), rule!("5.3.1-02")));
    }
    for (index, (name, key)) in (0..).zip([(b"s0", b"k0"), (b"s1", b"k1")]) {
        let question = valid(CredentialRole::ExternalSender, name, key);
        expected.push((question, Subject::ExternalSender(index), rule!("5.3.1-06")));
    }
    assert_eq!(expected.len(), 9);
    assert_asks(&mut bob, &expected, &joining(welcome));
    bob.join(&message, None).unwrap();
}

// covers: 5.3.1-02
#[test]
fn everybody_in_a_group_that_is_joined_externally() {
    let world = world();
    let mut eve = world.stranger("eve");
    let by = info(&world.alice);
    let roster: Vec<_> = world.alice.group().members().collect();
    for replaces in [None, LeafIndex::new(3)] {
        let expected: Vec<_> = roster
            .iter()
            .filter(|member| Some(member.handle.leaf()) != replaces)
            .map(|member| {
                let role = CredentialRole::Member;
                let credential = member.credential.clone();
                let signature_key = member.signature_key.clone();
                let subject = Subject::Leaf(member.handle.leaf().as_u32());
                (CredentialQuestion::Valid { role, credential, signature_key }, subject, rule!("5.3.1-02"))
            })
            .collect();
        assert_asks(&mut eve, &expected, &|eve, answer| {
            let mut options = ExternalJoinOptions::default();
            options.replaces = replaces;
            let start = ExternalJoinStart::new(eve.suite.provider(), &eve.settings, by.clone(), NOW)?;
            let join = start.verify(options, Answers::none())?;
            let answers = answer(eve, &join.needs().clone());
            join.finish(&eve.leaf, &*eve.signer, answers).map(|_| ())
        });
    }
}

// covers: 5.3.1-03
#[test]
fn an_add_that_is_received() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    let proposal = add(eve.key_package());
    let question = valid(CredentialRole::Added, b"eve", eve.signer.public_key());
    let alone = world.mallory.propose(proposal.clone());
    let expected = |position| (question.clone(), Subject::Proposal(position), rule!("5.3.1-03"));
    assert_asks(&mut world.bob, &[expected(0)], &receive(&alone));
    let gone = remove(LeafIndex::new(3).unwrap());
    let by_value = world.mallory.commit().value(gone).value(proposal).message();
    assert_asks(&mut world.bob, &[expected(1)], &receive(&by_value));
    // What was judged when it was queued isn't asked again.
    world.bob.receive(&alone).unwrap();
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let by_reference = world.mallory.commit().reference(&queued).message();
    assert_asks(&mut world.bob, &[], &receive(&by_reference));
    assert!(matches!(world.bob.receive(&by_reference), Ok(Outcome::Merged(_))));
}

fn renamed(leaf: &mut UnsignedLeafNode) {
    leaf.credential = Credential::basic(b"margot");
}

// covers: 5.3.1-04, 5.3.1-08, 7.3-02
#[test]
fn an_update_with_a_new_credential_or_key() {
    let mut world = world();
    let frank = world.stranger("frank");
    let old = (&b"mallory"[..], world.mallory.signer.public_key());
    let new_name = (&b"margot"[..], old.1);
    let new_key = (&b"mallory"[..], frank.signer.public_key());
    let key = frank.signer.public_key().to_vec();
    let cases = [
        (world.mallory.update(renamed), Some(new_name)),
        (
            world
                .mallory
                .update_of(world.mallory.leaf, &*frank.signer, |leaf| leaf.signature_key = key.into()),
            Some(new_key),
        ),
        (world.mallory.update(|_| ()), None),
    ];
    for (update, new) in cases {
        let message = world.mallory.propose(update);
        let expected: Vec<_> =
            new.map(|new| replacement(CredentialRole::Updated, old, new)).into_iter().flatten().collect();
        let rules = [rule!("5.3.1-04"), rule!("5.3.1-08")];
        let expected: Vec<_> = expected
            .into_iter()
            .zip(rules)
            .map(|(question, rule)| (question, Subject::Proposal(0), rule))
            .collect();
        assert_asks(&mut world.bob, &expected, &receive(&message));
        world.bob.receive(&message).unwrap();
    }
}

fn replacement(role: CredentialRole, old: (&[u8], &[u8]), new: (&[u8], &[u8])) -> [CredentialQuestion; 2] {
    [valid(role, new.0, new.1), successor(old, new)]
}

// covers: 5.3.1-05, 5.3.1-08
#[test]
fn a_path_with_a_new_credential_or_key() {
    let mut world = world();
    let frank = world.stranger("frank");
    let old = (&b"mallory"[..], world.mallory.signer.public_key());
    let cases = [
        (world.mallory.commit().edit_leaf(renamed).message(), Some((&b"margot"[..], old.1))),
        (
            world.mallory.commit().leaf_signer(&frank.signer).message(),
            Some((&b"mallory"[..], frank.signer.public_key())),
        ),
        (world.mallory.commit().message(), None),
    ];
    for (message, new) in &cases {
        let asked = new.map(|new| replacement(CredentialRole::Committer, old, new)).into_iter().flatten();
        let rules = [rule!("5.3.1-05"), rule!("5.3.1-08")];
        let expected: Vec<_> =
            asked.zip(rules).map(|(question, rule)| (question, Subject::Committer, rule)).collect();
        assert_asks(&mut world.bob, &expected, &receive(message));
    }
    for (member, (message, _)) in [&mut world.alice, &mut world.bob, &mut world.carol].into_iter().zip(&cases)
    {
        member.receive(message).unwrap();
    }
}

// covers: 5.3.1-04, 5.3.1-05, 5.3.2-01
#[test]
fn members_rotate_their_own_credentials() {
    let mut world = world();
    let frank = world.stranger("frank");
    let mut change = LeafChange::default();
    change.credential = Some(Credential::basic(b"roberta"));
    let (bob, alice) = (&mut world.bob, &mut world.alice);
    let new_signer: Arc<dyn Signer> = Arc::clone(&frank.signer);
    let prepared = bob.group().propose_update(&change, &*bob.signer, &*new_signer, NOW).unwrap();
    let update = over_the_wire(&bob.carry_out(prepared));
    let old = (&b"bob"[..], bob.signer.public_key());
    let new = (&b"roberta"[..], new_signer.public_key());
    let [is_valid, succeeds] = replacement(CredentialRole::Updated, old, new);
    let expected = [
        (is_valid, Subject::Proposal(0), rule!("5.3.1-04")),
        (succeeds, Subject::Proposal(0), rule!("5.3.1-08")),
    ];
    assert_asks(alice, &expected, &receive(&update));
    alice.receive(&update).unwrap();
    let commit = alice.commit(CommitOptions::new()).unwrap();
    alice.accept(WelcomeOptions::default());
    bob.receive(&commit).unwrap();
    bob.signer = new_signer;
    assert_agreement(&[alice, bob]);
    let hello = bob.encrypt(b"hello").unwrap();
    assert_eq!(alice.receive(&hello), Ok(Outcome::Data(b"hello".to_vec())));
}

// covers: 5.3.1-06, 5.3.1-07
#[test]
fn external_senders_that_are_new_or_changed() {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([42; 32]));
    let before = Extensions(vec![external_senders(&[(b"s0", b"k0"), (b"s1", b"k1")])]);
    let mut world = World::with(&provider, before, |_| ());
    let sender = |name, key| valid(CredentialRole::ExternalSender, name, key);
    let subject = |sender| Subject::ProposedSender { proposal: 0, sender };
    let changed = |name, key, index| (sender(name, key), subject(index), rule!("5.3.1-07"));
    let added = |name, key, index| (sender(name, key), subject(index), rule!("5.3.1-06"));
    type Senders<'a> = &'a [(&'a [u8], &'a [u8])];
    let cases: [(Senders<'_>, Vec<_>); 6] = [
        (&[(b"s0", b"k0"), (b"s1", b"k1")], vec![]),
        (&[(b"s0", b"k0")], vec![]),
        (&[(b"s0", b"k0"), (b"s1", b"k2")], vec![changed(b"s1", b"k2", 1)]),
        (&[(b"s2", b"k0"), (b"s1", b"k1")], vec![changed(b"s2", b"k0", 0)]),
        (&[(b"s0", b"k0"), (b"s1", b"k1"), (b"s2", b"k2")], vec![added(b"s2", b"k2", 2)]),
        (&[(b"s1", b"k1"), (b"s0", b"k0")], vec![changed(b"s1", b"k1", 0), changed(b"s0", b"k0", 1)]),
    ];
    for (senders, expected) in cases {
        let extensions = Extensions(vec![external_senders(senders)]);
        let proposal = Proposal::GroupContextExtensions(GroupContextExtensions { extensions });
        let alone = world.mallory.propose(proposal.clone());
        assert_asks(&mut world.bob, &expected, &receive(&alone));
        let by_value = world.mallory.commit().value(proposal.clone()).message();
        assert_asks(&mut world.bob, &expected, &receive(&by_value));
        assert_asks(&mut world.alice, &expected, &|alice, answer| {
            let draft = alice.group().draft_commit(CommitOptions::new().propose(proposal.clone()), NOW)?;
            let answers = answer(alice, &draft.needs().clone());
            draft.finish(alice.group(), &*alice.signer, answers).map(|_| ())
        });
    }
    let none = GroupContextExtensions { extensions: Extensions::default() };
    let commit = world.mallory.commit().value(Proposal::GroupContextExtensions(none)).message();
    assert_asks(&mut world.bob, &[], &receive(&commit));
    world.bob.receive(&commit).unwrap();
}

// covers: 5.3.1-05, 12.2-21
#[test]
fn a_client_that_joins_or_comes_back_externally() {
    let mut world = world();
    let eve = world.stranger("eve");
    let new = (&b"eve"[..], eve.signer.public_key());
    let question = valid(CredentialRole::ExternalJoiner, new.0, new.1);
    let joins = (question, Subject::Committer, rule!("5.3.1-05"));
    let by = info(&world.alice);
    let join = ExternalForge::new(&eve, &by).message();
    assert_asks(&mut world.bob, std::slice::from_ref(&joins), &receive(&join));
    let carol = (&b"carol"[..], world.carol.signer.public_key());
    let succeeds = (successor(carol, new), Subject::Committer, rule!("12.2-21"));
    let resync = ExternalForge::new(&eve, &by).value(remove(LeafIndex::new(3).unwrap())).message();
    assert_asks(&mut world.bob, &[joins, succeeds], &receive(&resync));
    world.bob.receive(&resync).unwrap();
    world.alice.receive(&resync).unwrap();
    assert_agreement(&[&world.alice, &world.bob]);
}

// covers: 5.3.3-01, 5.3.3-02
#[test]
fn application_ids_may_repeat_and_nobody_vouches_for_them() {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([43; 32]));
    let world = World::with(&provider, Extensions::default(), |member| {
        let extension_data = vec![3, b't', b'w', b'o'].into();
        let extension_type = ExtensionType::APPLICATION_ID;
        member.leaf.extensions.0.push(Extension { extension_type, extension_data });
    });
    let group = world.bob.group();
    for member in group.members() {
        let id = group.unauthenticated_application_id(member.handle).unwrap().unwrap();
        assert_eq!(id.application_id.as_slice(), b"two");
    }
}
