//! Proposals from outside of a group, from both sides.
//!
//! RFC 9420 §12.1.8.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_credentials::{CredentialVerdict, RejectionReason};
use copath_crypto::{CipherSuite, CryptoProvider, Signer};
use copath_group::{
    Answers, CommitOptions, ExternalJoins, ExternalProposer, GroupError, KeyPackageParameters,
    KeyPackageSecrets, Merged, Misuse, Policy, Received, Subject, TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalInit, ExternalSender, ExternalSenders, FramedContent,
    FramedContentBody, GroupContextExtensions, GroupId, GroupInfo, MlsMessage, MlsMessageBody, PreSharedKey,
    PreSharedKeyId, Proposal, ProtocolVersion, Psk, ReInit, ResumptionPskUsage, Sender, WireFormat,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_agreement, assert_rejected, assert_rule, external_psk,
    over_the_wire, remove,
};
use copath_tree_math::LeafIndex;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([13; 32]))
}

fn senders_extension(clients: &[&Member]) -> Extension {
    let senders = clients.iter().map(|client| ExternalSender {
        signature_key: client.signer.public_key().into(),
        credential: client.leaf.credential.clone(),
    });
    Extension::of(&ExternalSenders(senders.collect())).unwrap()
}

/// A group with two external senders, of whom the second is returned.
fn world() -> (World, Member) {
    let provider = provider();
    let [first, second] = ["first", "second"].map(|name| Member::new(&provider, CipherSuite(1), name));
    let extensions = Extensions(vec![senders_extension(&[&first, &second])]);
    (World::with(&provider, extensions, |_| ()), second)
}

fn group_info(world: &World) -> GroupInfo {
    let alice = &world.alice;
    alice.group().group_info(TreeTransfer::Outside, ExternalJoins::Impossible, &*alice.signer).unwrap()
}

/// The second external sender, as it finds itself in the group.
fn proposer(world: &World, server: &Member) -> ExternalProposer {
    ExternalProposer::of_group_info(server.suite.provider(), &group_info(world), &*server.signer).unwrap()
}

fn reinit() -> Proposal {
    Proposal::ReInit(ReInit {
        group_id: GroupId::from(b"next".to_vec()),
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite(3),
        extensions: Extensions::default(),
    })
}

/// Everybody queues the message, bob commits what is pending; gives the Welcomes.
fn queue_and_commit(world: &mut World, message: &MlsMessage) -> Vec<MlsMessage> {
    let message = over_the_wire(message);
    for member in world.members() {
        assert_eq!(member.receive(&message), Ok(Outcome::Queued));
    }
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    let welcomes = world.bob.accept(WelcomeOptions::default());
    for member in [&mut world.alice, &mut world.carol, &mut world.dave] {
        assert!(matches!(member.receive(&commit), Ok(Outcome::Merged(_))));
    }
    assert_agreement(&[&world.alice, &world.bob, &world.carol, &world.dave]);
    welcomes
}

// covers: 12.1.8-02, 12.1.8-03, 12.1.8.1-01, 6.1-04, 6.1-05
#[test]
fn all_that_an_external_sender_may_propose_is_committed() {
    let (mut world, server) = world();
    let mut eve = world.stranger("eve");
    for member in world.members() {
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
    let message = proposer(&world, &server).propose(add(eve.key_package()), &*server.signer).unwrap();
    assert!(matches!(message.body, MlsMessageBody::PublicMessage(_)));
    let welcomes = queue_and_commit(&mut world, &message);
    eve.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    eve.join(&welcomes[0], None).unwrap();
    assert_agreement(&[&world.bob, &eve]);
    let extensions = Extensions(vec![senders_extension(&[&eve, &server])]);
    let others = [
        remove(LeafIndex::new(2).unwrap()),
        external_psk(&server.suite, b"psk"),
        Proposal::GroupContextExtensions(GroupContextExtensions { extensions }),
    ];
    for proposal in others {
        let message = proposer(&world, &server).propose(proposal, &*server.signer).unwrap();
        queue_and_commit(&mut world, &message);
    }
    assert_eq!(world.alice.group().member_count(), 5);
    let message = proposer(&world, &server).propose(reinit(), &*server.signer).unwrap();
    queue_and_commit(&mut world, &message);
    assert!(world.members().iter().all(|member| member.group().reinit().is_some()));
}

#[test]
fn an_external_sender_that_knows_its_place_needs_no_group_info() {
    let (mut world, server) = world();
    let group = world.alice.group();
    let proposer = ExternalProposer::new(&server.suite, group.group_id().clone(), group.epoch(), 1);
    let message = proposer.propose(remove(LeafIndex::new(2).unwrap()), &*server.signer).unwrap();
    queue_and_commit(&mut world, &message);
    // the epoch has passed
    let late = proposer.propose(remove(LeafIndex::new(3).unwrap()), &*server.signer).unwrap();
    assert_rejected(&mut world.alice, &late, rule!("12.4.2-01")).more_follow();
}

fn resumption(world: &World, usage: ResumptionPskUsage, nonce: usize) -> Proposal {
    let group = world.alice.group();
    let psk = Psk::Resumption { usage, psk_group_id: group.group_id().clone(), psk_epoch: group.epoch() };
    let psk_nonce = vec![7; nonce].into();
    Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce } })
}

#[test]
fn an_external_sender_refuses_to_send_what_members_would_refuse() {
    let (world, server) = world();
    let proposer = proposer(&world, &server);
    let external_init = Proposal::ExternalInit(ExternalInit { kem_output: b"kem output".into() });
    let other_suite = Member::new(&provider(), CipherSuite(3), "eve").key_package();
    let twice = Extensions(vec![senders_extension(&[&server]), senders_extension(&[&server])]);
    let old = ReInit {
        group_id: GroupId::from(b"next".to_vec()),
        version: ProtocolVersion(0),
        cipher_suite: CipherSuite(1),
        extensions: Extensions::default(),
    };
    let refused = [
        (world.mallory.update(|_| ()), rule!("12.1.8-03")),
        (external_init, rule!("12.1.8-03")),
        (add(other_suite), rule!("10.1-02")),
        (resumption(&world, ResumptionPskUsage::Reinit, 32), rule!("12.1.4-01")),
        (resumption(&world, ResumptionPskUsage::Branch, 32), rule!("12.1.4-02")),
        (resumption(&world, ResumptionPskUsage::Application, 31), rule!("12.1.4-03")),
        (Proposal::ReInit(old), rule!("12.1.5-01")),
        (Proposal::GroupContextExtensions(GroupContextExtensions { extensions: twice }), rule!("13.4-03")),
    ];
    for (proposal, rule) in refused {
        assert_rule(&proposer.propose(proposal, &*server.signer).unwrap_err(), rule);
    }
}

#[test]
fn who_is_no_external_sender_is_told() {
    let (world, server) = world();
    let provider = server.suite.provider();
    let eve = world.stranger("eve");
    let info = group_info(&world);
    let of = |info: &GroupInfo, signer: &dyn Signer| {
        ExternalProposer::of_group_info(provider, info, signer).map(|_| ())
    };
    assert_eq!(of(&info, &*eve.signer), Err(Misuse::WrongSigner.into()));
    let none = group_info(&World::new(provider));
    assert!(none.group_context.extensions.find(ExtensionType::EXTERNAL_SENDERS).is_none());
    assert_rule(&of(&none, &*server.signer).unwrap_err(), rule!("12.1.8-01"));
}

/// Content of the second external sender that the library wouldn't sign.
fn forge(world: &World, server: &Member, proposal: Proposal) -> MlsMessage {
    let body = FramedContentBody::Proposal(proposal);
    let sender = Sender::External { sender_index: 1 };
    let content = FramedContent { sender, ..world.mallory.content(body) };
    let signed = world.mallory.sign_by(&*server.signer, content, WireFormat::PUBLIC_MESSAGE);
    world.mallory.public(&signed).into()
}

#[test]
fn usages_reinit_and_branch_are_refused_from_outside() {
    let (mut world, server) = world();
    let valid = proposer(&world, &server).propose(reinit(), &*server.signer).unwrap();
    let reinit = forge(&world, &server, resumption(&world, ResumptionPskUsage::Reinit, 32));
    let branch = forge(&world, &server, resumption(&world, ResumptionPskUsage::Branch, 32));
    assert_rejected(&mut world.bob, &reinit, rule!("12.1.4-01")).more_follow();
    assert_rejected(&mut world.bob, &branch, rule!("12.1.4-02")).still_accepts(&valid);
}

/// The secrets of a key package of `client`, and the request to be added.
fn request(world: &World, client: &mut Member) -> MlsMessage {
    let parameters = KeyPackageParameters::new(client.leaf.clone(), NOW, 30);
    let secrets = KeyPackageSecrets::generate(&client.suite, &parameters, &*client.signer).unwrap();
    let (suite, group) = (client.suite.clone(), world.alice.group());
    let message = secrets.propose_self_add(&suite, group.group_id(), group.epoch(), &*client.signer).unwrap();
    client.key_packages.insert(secrets.reference(&suite).unwrap(), secrets);
    message
}

// covers: 12.1.8-02, 6.1-07
#[test]
fn a_client_asks_to_be_added() {
    let (mut world, _) = world();
    let mut eve = world.stranger("eve");
    let message = request(&world, &mut eve);
    let welcomes = queue_and_commit(&mut world, &message);
    eve.join(&welcomes[0], None).unwrap();
    assert_agreement(&[&world.bob, &eve]);
}

#[test]
fn requests_to_join_are_refused_by_default() {
    let (mut world, _) = world();
    let mut eve = world.stranger("eve");
    let message = request(&world, &mut eve);
    world.alice.settings.policy.join_requests = Policy::default().join_requests;
    world.alice.reload();
    let valid = world.bob.encrypt(b"data").unwrap();
    assert_rejected(&mut world.alice, &message, rule!("12.1.8-05")).still_accepts(&valid);
}

#[test]
fn only_the_owner_asks_with_its_key_package() {
    let (world, _) = world();
    let eve = world.stranger("eve");
    let parameters = KeyPackageParameters::new(eve.leaf.clone(), NOW, 30);
    let secrets = KeyPackageSecrets::generate(&eve.suite, &parameters, &*eve.signer).unwrap();
    let group = world.alice.group();
    let ask = |suite, signer: &dyn Signer| {
        secrets.propose_self_add(suite, group.group_id(), group.epoch(), signer).map(|_| ())
    };
    assert_eq!(ask(&eve.suite, &*world.bob.signer), Err(Misuse::WrongSigner.into()));
    let other = Member::new(&provider(), CipherSuite(3), "other").suite;
    assert_rule(&ask(&other, &*eve.signer).unwrap_err(), rule!("10.1-02"));
}

// covers: 12.1.8-05
#[test]
fn the_application_sees_a_proposal_from_outside_before_it_is_queued() {
    let (mut world, server) = world();
    let mut eve = world.stranger("eve");
    let removal = remove(LeafIndex::new(4).unwrap());
    let messages = [
        (
            proposer(&world, &server).propose(removal.clone(), &*server.signer).unwrap(),
            Sender::External { sender_index: 1 },
        ),
        (request(&world, &mut eve), Sender::NewMemberProposal),
    ];
    for (message, sender) in &messages {
        // bob's application says no: it drops the proposal, and nothing has changed
        let received = world.bob.group().receive(message, NOW).unwrap();
        let Received::Proposal(check) = received else { panic!("not a proposal") };
        assert_eq!(check.sender(), sender);
        assert!(matches!(check.proposal(), Proposal::Add(_)) || *check.proposal() == removal);
        drop(check);
        assert_eq!(world.bob.group().pending_proposals().count(), 0);
        assert_eq!(world.carol.receive(message), Ok(Outcome::Queued));
    }
    world.bob.commit(CommitOptions::new()).unwrap();
    let dropped = world.bob.group().drop_pending_commit().unwrap();
    world.bob.carry_out(dropped);
    assert_eq!(world.bob.group().member_count(), 5);
    // somebody else's commit of them isn't accepted either
    let commit = world.carol.commit(CommitOptions::new()).unwrap();
    let valid = world.alice.commit(CommitOptions::new()).unwrap();
    let outcome = assert_rejected(&mut world.bob, &commit, rule!("12.2-02")).still_accepts(&valid);
    assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
}

#[test]
fn the_validator_judges_who_asks_to_be_added() {
    let (mut world, _) = world();
    let message = request(&world, &mut world.stranger("eve"));
    let group = world.bob.group();
    let Received::Proposal(check) = group.receive(&message, NOW).unwrap() else { panic!("not a proposal") };
    let mut answers = Answers::none();
    answers.credentials = check
        .needs()
        .credentials
        .iter()
        .map(|_| CredentialVerdict::Rejected(RejectionReason::Unknown))
        .collect();
    let refused = GroupError::Credential {
        subject: Subject::Proposal(0),
        reason: RejectionReason::Unknown,
        rule: rule!("5.3.1-03"),
    };
    assert_eq!(check.finish(group, answers).map(|_| ()), Err(refused));
    assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
}
