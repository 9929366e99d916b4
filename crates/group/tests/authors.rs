//! Every message, proposal and change tells who did it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_credentials::Credential;
use copath_crypto::{CipherSuite, CryptoProvider, Signer};
use copath_group::{
    Author, CommitOptions, CommitSummary, ExternalJoinOptions, ExternalJoins, ExternalProposer, JoinStep,
    Joining, KeyPackageParameters, KeyPackageSecrets, LeafChange, Received, TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    Extension, Extensions, ExternalSender, ExternalSenders, GroupContextExtensions, GroupInfo, MlsMessage,
    MlsMessageBody, Proposal, ProposalType, Sender,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_testing::{Member, NOW, Outcome, World, add, over_the_wire, remove};
use copath_tree_math::LeafIndex;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([31; 32]))
}

/// A group with an external sender.
fn world() -> (World, Member) {
    let provider = provider();
    let server = Member::new(&provider, CipherSuite(1), "server");
    (World::with(&provider, extensions(&server), |_| ()), server)
}

fn extensions(server: &Member) -> Extensions {
    let entry = ExternalSender {
        signature_key: server.signer.public_key().into(),
        credential: server.leaf.credential.clone(),
    };
    Extensions(vec![Extension::of(&ExternalSenders(vec![entry])).unwrap()])
}

fn info(world: &World, tree: TreeTransfer) -> GroupInfo {
    world.alice.group().group_info(tree, ExternalJoins::Possible, &*world.alice.signer).unwrap()
}

fn author(sender: Sender, name: &str, signer: &dyn Signer) -> Author {
    Author {
        sender,
        credential: Credential::basic(name.as_bytes()),
        signature_key: signer.public_key().into(),
    }
}

fn member(leaf_index: u32) -> Sender {
    Sender::Member { leaf_index }
}

fn summary(member: &Member, commit: &MlsMessage) -> CommitSummary {
    let Ok(Received::Commit(check)) = member.group().receive(commit, NOW) else { panic!("no commit") };
    check.summary().clone()
}

/// Proposals by Bob (with a new key), Carol, the server and Eve, which all members have queued; their authors.
fn queue_proposals(world: &mut World, server: &Member) -> [Author; 4] {
    let new_key = world.stranger("bob").signer;
    let change = LeafChange::default();
    let group = world.bob.group();
    let update = group.propose_update(&change, &*world.bob.signer, &*new_key, NOW).unwrap();
    let by_bob = over_the_wire(&world.bob.carry_out(update));
    let by_carol = world.carol.propose(remove(LeafIndex::new(4).unwrap())).unwrap();
    let outside = info(world, TreeTransfer::Outside);
    let proposer =
        ExternalProposer::of_group_info(server.suite.provider(), &outside, &*server.signer).unwrap();
    let change = GroupContextExtensions { extensions: extensions(server) };
    let by_server = proposer.propose(Proposal::GroupContextExtensions(change), &*server.signer).unwrap();
    let eve = world.stranger("eve");
    let parameters = KeyPackageParameters::new(eve.leaf.clone(), NOW, 30);
    let secrets = KeyPackageSecrets::generate(&eve.suite, &parameters, &*eve.signer).unwrap();
    let group = world.alice.group();
    let by_eve = secrets.propose_self_add(&eve.suite, group.group_id(), group.epoch(), &*eve.signer).unwrap();
    for (from, message) in
        [(1, by_bob), (3, by_carol), (9, over_the_wire(&by_server)), (9, over_the_wire(&by_eve))]
    {
        for receiver in world.members() {
            if receiver.group().own_leaf().as_u32() != from {
                assert_eq!(receiver.receive(&message), Ok(Outcome::Queued));
            }
        }
    }
    [
        author(member(1), "bob", &*world.bob.signer),
        author(member(3), "carol", &*world.carol.signer),
        author(Sender::External { sender_index: 0 }, "server", &*server.signer),
        author(Sender::NewMemberProposal, "eve", &*eve.signer),
    ]
}

#[test]
fn queued_proposals_name_their_authors_in_all_members() {
    let (mut world, server) = world();
    let expected = queue_proposals(&mut world, &server);
    for receiver in world.members() {
        let mut queued: Vec<Author> =
            receiver.group().pending_proposals().map(|queued| (*queued.proposed_by).clone()).collect();
        queued.sort_by_key(|author| author.sender);
        assert_eq!(queued, expected);
    }
    assert_eq!(expected[0].leaf(), LeafIndex::new(1));
    assert_eq!(expected[2].leaf(), None);
}

#[test]
fn a_commit_names_the_author_of_each_change() {
    let (mut world, server) = world();
    let [bob, carol, server, eve] = queue_proposals(&mut world, &server);
    let frank = world.stranger("frank").key_package();
    let commit = world.alice.commit(CommitOptions::new().propose(add(frank))).unwrap();
    let summary = summary(&world.carol, &commit);
    let alice = author(member(0), "alice", &*world.alice.signer);
    assert_eq!(*summary.committer.proposed_by, alice);
    let authors = |changes: &[copath_group::MemberChange]| {
        changes.iter().map(|change| (*change.proposed_by).clone()).collect::<Vec<_>>()
    };
    // Bob announces a new key with the old one.
    assert_eq!(authors(&summary.updated), std::slice::from_ref(&bob));
    assert_ne!(summary.updated[0].signature_key, bob.signature_key);
    assert_eq!(summary.updated[0].credential, bob.credential);
    assert_eq!(authors(&summary.removed), std::slice::from_ref(&carol));
    assert_eq!(summary.removed[0].credential, Credential::basic(b"dave"));
    let mut added = authors(&summary.added);
    added.sort_by_key(|author| author.sender);
    assert_eq!(added, [alice.clone(), eve.clone()]);
    let mut covered: Vec<_> =
        summary.proposals.iter().map(|p| (p.proposal_type, (*p.proposed_by).clone())).collect();
    covered.sort_by_key(|(proposal_type, author)| (*proposal_type, author.sender));
    let expected = [
        (ProposalType::ADD, alice),
        (ProposalType::ADD, eve),
        (ProposalType::UPDATE, bob),
        (ProposalType::REMOVE, carol),
        (ProposalType::GROUP_CONTEXT_EXTENSIONS, server),
    ];
    assert_eq!(covered, expected);
}

#[test]
fn an_external_commit_names_the_leaf_that_it_brings() {
    let (world, _) = world();
    let mut eve = world.stranger("eve");
    let options = ExternalJoinOptions::default();
    let commit = eve.join_externally(info(&world, TreeTransfer::Inside), None, options).unwrap();
    let summary = summary(&world.carol, &commit);
    let eve = author(Sender::NewMemberCommit, "eve", &*eve.signer);
    assert_eq!(*summary.committer.proposed_by, eve);
    let covered: Vec<_> = summary.proposals.iter().map(|p| (p.proposal_type, &*p.proposed_by)).collect();
    assert_eq!(covered, [(ProposalType::EXTERNAL_INIT, &eve)]);
}

#[test]
fn a_welcome_names_who_vouches_for_the_group() {
    let (mut world, _) = world();
    let mut eve = world.stranger("eve");
    world.bob.commit(CommitOptions::new().propose(add(eve.key_package()))).unwrap();
    let welcome = world.bob.accept(WelcomeOptions::default()).remove(0);
    let MlsMessageBody::Welcome(welcome) = welcome.body else { panic!("no Welcome") };
    let mut joining = Joining::new(eve.suite.provider(), &eve.settings, welcome, NOW);
    let joined = loop {
        let answers = eve.answer(&joining.needs().clone());
        match joining.answer(answers).unwrap() {
            JoinStep::Needs(next) => joining = *next,
            JoinStep::Joined(joined) => break joined,
        }
    };
    assert_eq!(*joined.invited_by, author(member(1), "bob", &*world.bob.signer));
}
