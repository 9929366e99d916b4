//! Commits with proposals of every kind, by reference and by value.

use copath_codec::Decode;
use copath_interop_grpc::*;
use copath_messages::{Commit, FramedContentBody, MlsMessage, MlsMessageBody};
use tonic::Code;

use crate::world::{Octets, World, added, no_senders, nothing_required, removed, worlds};

fn described(proposal_type: &[u8]) -> ProposalDescription {
    ProposalDescription { proposal_type: proposal_type.to_vec(), ..ProposalDescription::default() }
}

/// The content of a commit that isn't encrypted.
fn opened(commit: &[u8]) -> Commit {
    let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(commit).unwrap().body else {
        panic!("not a PublicMessage")
    };
    let FramedContentBody::Commit(commit) = message.content.body else { panic!("not a commit") };
    commit
}

#[tokio::test]
async fn adds_by_reference_and_by_value() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let mut packages = Vec::new();
        for name in ["carol", "dave", "erin"] {
            packages.push(world.key_package(name).await);
        }
        let own = world.propose_add("alice", &packages[0]).await.unwrap();
        let other = world.propose_add("bob", &packages[1]).await.unwrap();
        for proposal in [&own, &other] {
            assert_eq!(world.is_encrypted(proposal), world.encrypt_handshake);
        }
        let commit = CommitRequest {
            by_reference: vec![own, other],
            by_value: vec![added(packages[2].clone())],
            ..CommitRequest::default()
        };
        let made = world.commit("alice", commit, &["bob"]).await.unwrap();
        for name in ["carol", "dave", "erin"] {
            world.join(name, &made.welcome, &[]).await.unwrap();
        }
        world.agree(&["alice", "bob", "carol", "dave", "erin"]).await;
    }
}

#[tokio::test]
async fn a_path_is_sent_if_it_is_needed_or_forced() {
    let mut world = World::with_group(false, &["alice", "bob"]).await;
    for (force_path, name) in [(false, "carol"), (true, "dave")] {
        let key_package = world.key_package(name).await;
        let commit =
            CommitRequest { by_value: vec![added(key_package)], force_path, ..CommitRequest::default() };
        let made = world.commit("alice", commit, &["bob"]).await.unwrap();
        assert_eq!(opened(&made.commit).path.is_some(), force_path);
    }
    let made = world.commit("alice", CommitRequest::default(), &["bob"]).await.unwrap();
    assert!(opened(&made.commit).path.is_some());
}

#[tokio::test]
async fn updates_of_others() {
    for mut world in worlds().await {
        let all = ["alice", "bob", "carol"];
        world = World::with_group(world.encrypt_handshake, &all).await;
        let by_reference =
            vec![world.propose_update("bob").await.unwrap(), world.propose_update("carol").await.unwrap()];
        let commit = CommitRequest { by_reference, ..CommitRequest::default() };
        world.commit("alice", commit, &["bob", "carol"]).await.unwrap();
        world.agree(&all).await;
    }
}

#[tokio::test]
async fn removes_by_identity() {
    for mut world in worlds().await {
        let all = ["alice", "bob", "carol", "dave", "erin"];
        world = World::with_group(world.encrypt_handshake, &all).await;
        let by_reference = vec![
            world.propose_remove("alice", "carol").await.unwrap(),
            world.propose_remove("bob", "dave").await.unwrap(),
        ];
        let commit = CommitRequest {
            by_reference: by_reference.clone(),
            by_value: vec![removed("erin")],
            ..CommitRequest::default()
        };
        let made = world.commit("alice", commit, &["bob"]).await.unwrap();
        world.agree(&["alice", "bob"]).await;
        // Who is told of its removal has no epoch authenticator any more, and can only be freed.
        assert!(world.receive("carol", &by_reference, &made.commit).await.unwrap().is_empty());
        let error = world.protect("carol", b"", b"x").await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        let state_id = world.state("carol");
        world.of("carol").free(FreeRequest { state_id }).await.unwrap();
    }
}

#[tokio::test]
async fn external_and_resumption_psks() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        world.commit("alice", CommitRequest::default(), &["bob"]).await.unwrap();
        world.commit("bob", CommitRequest::default(), &["alice"]).await.unwrap();
        for name in ["alice", "bob"] {
            let state_id = world.state(name);
            for id in [b"first", b"other", b"third"] {
                world.store_psk(name, state_id, id, &[id.as_slice(), b"'s secret"].concat()).await;
            }
        }
        let mut by_reference: Vec<Octets> = Vec::new();
        for (name, id, epoch_id) in [("alice", b"first", 1), ("bob", b"other", 2)] {
            let state_id = world.state(name);
            let external = ExternalPskProposalRequest { state_id, psk_id: id.to_vec() };
            let made = world.of(name).external_psk_proposal(external).await.unwrap();
            by_reference.push(made.into_inner().proposal);
            let resumption = ResumptionPskProposalRequest { state_id, epoch_id };
            let made = world.of(name).resumption_psk_proposal(resumption).await.unwrap();
            by_reference.push(made.into_inner().proposal);
        }
        let by_value = vec![
            ProposalDescription { psk_id: b"third".to_vec(), ..described(b"externalPSK") },
            ProposalDescription { epoch_id: 3, ..described(b"resumptionPSK") },
        ];
        let commit = CommitRequest { by_reference, by_value, ..CommitRequest::default() };
        world.commit("alice", commit, &["bob"]).await.unwrap();
        world.agree(&["alice", "bob"]).await;
    }
}

#[tokio::test]
async fn group_context_extensions() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let state_id = world.state("bob");
        let extensions = vec![nothing_required(), no_senders()];
        let request = GroupContextExtensionsProposalRequest { state_id, extensions };
        let proposal = world.of("bob").group_context_extensions_proposal(request).await.unwrap();
        let by_reference = vec![proposal.into_inner().proposal];
        let commit = CommitRequest { by_reference, ..CommitRequest::default() };
        world.commit("alice", commit, &["bob"]).await.unwrap();
        for extensions in [Vec::new(), vec![nothing_required()]] {
            let by_value = vec![ProposalDescription { extensions, ..described(b"groupContextExtensions") }];
            let commit = CommitRequest { by_value, ..CommitRequest::default() };
            world.commit("bob", commit, &["alice"]).await.unwrap();
        }
        world.agree(&["alice", "bob"]).await;
        let info = world.group_info("alice", false).await.group_info;
        let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&info).unwrap().body else {
            panic!("not a GroupInfo")
        };
        let types: Vec<u16> = info.group_context.extensions.types().map(|t| t.0).collect();
        assert_eq!(types, [3]);
    }
}

#[tokio::test]
async fn a_commit_covers_what_it_is_asked_to_and_nothing_else() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob", "carol"]).await;
        let _unwanted = world.propose_remove("alice", "carol").await.unwrap();
        world.commit("alice", CommitRequest::default(), &["bob", "carol"]).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;
        // one's own Update can't be committed by oneself (RFC 9420 §12.2)
        let own = world.propose_update("alice").await.unwrap();
        let commit = CommitRequest { by_reference: vec![own], ..CommitRequest::default() };
        let error = world.commit("alice", commit, &[]).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        assert!(error.message().starts_with("1 proposals were asked for, but only 0"), "{error:?}");
        // the failed call has changed nothing
        world.commit("bob", CommitRequest::default(), &["alice", "carol"]).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;
    }
}

#[tokio::test]
async fn a_pending_commit_that_lost_the_race_is_dropped() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let request = CommitRequest { state_id: world.state("alice"), ..CommitRequest::default() };
        world.of("alice").commit(request.clone()).await.unwrap();
        let again = world.of("alice").commit(request).await.unwrap_err();
        assert_eq!(again.code(), Code::FailedPrecondition);
        world.commit("bob", CommitRequest::default(), &["alice"]).await.unwrap();
        let pending = HandlePendingCommitRequest { state_id: world.state("alice") };
        let error = world.of("alice").handle_pending_commit(pending).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        world.agree(&["alice", "bob"]).await;
    }
}

#[tokio::test]
async fn a_proposal_that_a_member_refuses_does_no_harm_if_the_commit_goes_without_it() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let late = world.propose_update("alice").await.unwrap();
        world.commit("bob", CommitRequest::default(), &["alice"]).await.unwrap();
        let request = CommitRequest { state_id: world.state("alice"), ..CommitRequest::default() };
        let made = world.of("alice").commit(request).await.unwrap().into_inner();
        let pending = HandlePendingCommitRequest { state_id: world.state("alice") };
        world.of("alice").handle_pending_commit(pending).await.unwrap();
        // if the commit fails too, the proposal is what is complained of
        let error = world.receive("bob", std::slice::from_ref(&late), b"no commit").await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error:?}");
        world.receive("bob", &[late], &made.commit).await.unwrap();
        world.agree(&["alice", "bob"]).await;
    }
}
