//! Reinitialization: closing a group, and going on in its successor.

use std::collections::BTreeMap;

use copath_codec::Decode;
use copath_interop_grpc::*;
use copath_messages::{GroupContext, MlsMessage, MlsMessageBody};
use tonic::Code;

use crate::world::{Octets, World, no_senders, nothing_required, worlds};

const ALL: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// What a reinitialization is told.
#[derive(Clone, Copy)]
struct Case {
    cipher_suite: u32,
    group_id: &'static [u8],
    with_extensions: bool,
    welcomer: &'static str,
    force_path: bool,
    external_tree: bool,
}

/// What each member got for the closed group.
type Closed = BTreeMap<&'static str, HandleReInitCommitResponse>;

/// `proposer` proposes, `committer` commits, everybody enters the closing epoch.
async fn close(world: &mut World, case: Case, (proposer, committer): (&str, &'static str)) -> Closed {
    let extensions = if case.with_extensions { vec![nothing_required(), no_senders()] } else { Vec::new() };
    let request = ReInitProposalRequest {
        state_id: world.state(proposer),
        cipher_suite: case.cipher_suite,
        group_id: case.group_id.to_vec(),
        extensions,
    };
    let proposal = world.of(proposer).reinit_proposal(request).await.unwrap().into_inner().proposal;
    close_by(world, proposal, committer).await
}

async fn close_by(world: &mut World, proposal: Octets, committer: &'static str) -> Closed {
    let by_reference = vec![proposal.clone()];
    let request =
        CommitRequest { state_id: world.state(committer), by_reference, ..CommitRequest::default() };
    let made = world.of(committer).reinit_commit(request).await.unwrap().into_inner();
    assert!(made.welcome.is_empty() && made.ratchet_tree.is_empty());
    let pending = HandlePendingCommitRequest { state_id: world.state(committer) };
    let closed = world.of(committer).handle_pending_reinit_commit(pending).await.unwrap().into_inner();
    let mut all = Closed::from([(committer, closed)]);
    for name in ALL.into_iter().filter(|name| *name != committer) {
        let proposal = vec![proposal.clone()];
        let request =
            HandleCommitRequest { state_id: world.state(name), proposal, commit: made.commit.clone() };
        let closed = world.of(name).handle_reinit_commit(request).await.unwrap().into_inner();
        assert_eq!(closed.epoch_authenticator, all[committer].epoch_authenticator);
        all.insert(name, closed);
    }
    all
}

/// The welcomer makes the successor, the others join it.
async fn succeed(world: &mut World, case: Case, closed: &Closed) {
    let others = || ALL.into_iter().filter(|name| *name != case.welcomer);
    let request = ReInitWelcomeRequest {
        reinit_id: closed[case.welcomer].reinit_id,
        key_package: others().map(|name| closed[name].key_package.clone()).collect(),
        force_path: case.force_path,
        external_tree: case.external_tree,
    };
    let made = world.of(case.welcomer).reinit_welcome(request).await.unwrap().into_inner();
    assert_eq!(made.ratchet_tree.is_empty(), !case.external_tree);
    world.states.insert(case.welcomer.into(), made.state_id);
    for name in others() {
        let request = HandleReInitWelcomeRequest {
            reinit_id: closed[name].reinit_id,
            welcome: made.welcome.clone(),
            ratchet_tree: made.ratchet_tree.clone(),
        };
        let joined = world.of(name).handle_reinit_welcome(request).await.unwrap().into_inner();
        assert_eq!(joined.epoch_authenticator, made.epoch_authenticator, "{name}");
        world.states.insert(name.into(), joined.state_id);
    }
}

async fn context(world: &mut World, name: &str) -> GroupContext {
    let info = world.group_info(name, true).await.group_info;
    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&info).unwrap().body else {
        panic!("not a GroupInfo")
    };
    info.group_context
}

const PLAIN: Case = Case {
    cipher_suite: 1,
    group_id: b"the successor",
    with_extensions: false,
    welcomer: "carol",
    force_path: false,
    external_tree: false,
};

#[tokio::test]
async fn any_member_makes_the_successor_that_was_proposed() {
    let cases = [
        PLAIN,
        Case { cipher_suite: 2, ..PLAIN },
        Case { cipher_suite: 7, group_id: b"the group", ..PLAIN },
        Case { with_extensions: true, group_id: b"the group", ..PLAIN },
        Case { external_tree: true, ..PLAIN },
        Case { force_path: true, welcomer: "bob", ..PLAIN },
    ];
    for case in cases {
        for world in worlds().await {
            let mut world = World::with_group(world.encrypt_handshake, &ALL).await;
            let closed = close(&mut world, case, ("alice", "bob")).await;
            succeed(&mut world, case, &closed).await;
            world.agree(&ALL).await;
            let context = context(&mut world, "dave").await;
            assert_eq!(context.group_id.as_slice(), case.group_id);
            assert_eq!(u32::from(context.cipher_suite.0), case.cipher_suite);
            assert_eq!(
                (context.epoch, context.extensions.iter().count()),
                (1, 2 * usize::from(case.with_extensions))
            );
            // the successor inherits the handshake format
            world.commit("dave", CommitRequest::default(), &["alice", "bob", "carol"]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn one_member_does_it_all_and_frees_both_groups_at_once() {
    let mut world = World::with_group(true, &ALL).await;
    let case = Case { welcomer: "alice", ..PLAIN };
    let old = world.state("alice");
    let closed = close(&mut world, case, ("alice", "alice")).await;
    succeed(&mut world, case, &closed).await;
    world.agree(&ALL).await;
    world.of("alice").state_auth(StateAuthRequest { state_id: old }).await.unwrap();
    let state_id = world.state("alice");
    world.of("alice").free(FreeRequest { state_id }).await.unwrap();
    let gone = world.of("alice").state_auth(StateAuthRequest { state_id: old }).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[tokio::test]
async fn a_closed_group_does_nothing_more() {
    let mut world = World::with_group(false, &ALL).await;
    close(&mut world, PLAIN, ("alice", "bob")).await;
    let error = world.protect("alice", b"", b"x").await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert!(error.message().contains("12.4.2-11"), "{error:?}");
}

#[tokio::test]
async fn the_calls_for_reinitializations_are_for_nothing_else() {
    for world in worlds().await {
        let mut world = World::with_group(world.encrypt_handshake, &ALL).await;
        let state_id = world.state("alice");
        let request = CommitRequest { state_id, ..CommitRequest::default() };
        let error = world.of("alice").reinit_commit(request.clone()).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        let made = world.of("alice").commit(request).await.unwrap().into_inner();
        let pending = HandlePendingCommitRequest { state_id };
        let error = world.of("alice").handle_pending_reinit_commit(pending).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        let request = HandleCommitRequest {
            state_id: world.state("bob"),
            commit: made.commit.clone(),
            ..HandleCommitRequest::default()
        };
        let error = world.of("bob").handle_reinit_commit(request).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        // nothing has changed
        world.of("alice").handle_pending_commit(pending).await.unwrap();
        for name in ["bob", "carol", "dave"] {
            world.receive(name, &[], &made.commit).await.unwrap();
        }
        world.agree(&ALL).await;
    }
}

#[tokio::test]
async fn a_suite_that_the_backend_lacks_closes_no_group() {
    let mut world = World::with_group(true, &ALL).await;
    // bob is on ring, which has no suite 5; alice is on rustcrypto, which has
    let state_id = world.state("bob");
    let request = ReInitProposalRequest { state_id, cipher_suite: 5, ..ReInitProposalRequest::default() };
    let refused = world.of("bob").reinit_proposal(request.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let request = ReInitProposalRequest { state_id: world.state("alice"), ..request };
    let proposal = world.of("alice").reinit_proposal(request).await.unwrap().into_inner().proposal;
    let commit = CommitRequest { state_id, by_reference: vec![proposal], ..CommitRequest::default() };
    let lacking = world.of("bob").reinit_commit(commit).await.unwrap_err();
    assert_eq!(lacking.code(), Code::Unimplemented, "{lacking:?}");
    world.commit("bob", CommitRequest::default(), &["alice", "carol", "dave"]).await.unwrap();
    world.agree(&ALL).await;
}
