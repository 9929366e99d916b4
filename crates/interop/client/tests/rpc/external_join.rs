//! Joining by an external commit.

use copath_interop_grpc::*;
use tonic::{Code, Status};

use crate::world::{World, worlds};

/// `name` joins by a GroupInfo of `adder`; `others` process the commit.
async fn join(
    world: &mut World,
    (name, adder): (&str, &str),
    request: ExternalJoinRequest,
    others: &[&str],
) -> Result<(), Status> {
    let info = world.group_info(adder, !request.ratchet_tree.is_empty()).await;
    assert_eq!(info.ratchet_tree.is_empty(), request.ratchet_tree.is_empty());
    let request = ExternalJoinRequest {
        group_info: info.group_info,
        ratchet_tree: info.ratchet_tree,
        encrypt_handshake: world.encrypt_handshake,
        identity: name.into(),
        ..request
    };
    let joined = world.of(name).external_join(request).await?.into_inner();
    world.states.insert(name.into(), joined.state_id);
    assert!(!world.is_encrypted(&joined.commit));
    for other in others {
        let authenticator = world.receive(other, &[], &joined.commit).await?;
        assert_eq!(authenticator, joined.epoch_authenticator);
    }
    Ok(())
}

#[tokio::test]
async fn with_the_tree_inside_or_beside() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let inside = ExternalJoinRequest::default();
        join(&mut world, ("carol", "alice"), inside, &["alice", "bob"]).await.unwrap();
        let beside =
            ExternalJoinRequest { ratchet_tree: b"beside".to_vec(), ..ExternalJoinRequest::default() };
        join(&mut world, ("dave", "carol"), beside, &["alice", "bob", "carol"]).await.unwrap();
        let all = ["alice", "bob", "carol", "dave"];
        world.agree(&all).await;
        // what the joiner commits itself has the format that it was told
        world.commit("dave", CommitRequest::default(), &["alice", "bob", "carol"]).await.unwrap();
        world.agree(&all).await;
    }
}

#[tokio::test]
async fn a_tree_that_comes_unasked_is_no_error() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let group_info = world.group_info("alice", false).await.group_info;
    let ratchet_tree = world.group_info("alice", true).await.ratchet_tree;
    let identity = b"carol".to_vec();
    let request =
        ExternalJoinRequest { group_info, ratchet_tree, identity, ..ExternalJoinRequest::default() };
    world.of("carol").external_join(request).await.unwrap();
}

#[tokio::test]
async fn with_psks() {
    for mut world in worlds().await {
        world.create("alice").await;
        let alice = world.state("alice");
        let mut psks = Vec::new();
        for id in [b"one", b"two"] {
            let (psk_id, psk_secret) = (id.to_vec(), [id.as_slice(), b"'s"].concat());
            world.store_psk("alice", alice, &psk_id, &psk_secret).await;
            psks.push(PreSharedKey { psk_id, psk_secret });
        }
        let request = ExternalJoinRequest { psks, ..ExternalJoinRequest::default() };
        join(&mut world, ("bob", "alice"), request, &["alice"]).await.unwrap();
        world.agree(&["alice", "bob"]).await;

        // a key that the members lack
        let psks = vec![PreSharedKey { psk_id: b"three".to_vec(), psk_secret: b"x".to_vec() }];
        let request = ExternalJoinRequest { psks, ..ExternalJoinRequest::default() };
        let error = join(&mut world, ("carol", "alice"), request, &["alice"]).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        assert!(error.message().contains("12.4.2-03"), "{error:?}");
    }
}

#[tokio::test]
async fn removing_the_prior_leaf_of_the_same_identity() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob", "carol"]).await;
        let request = || ExternalJoinRequest { remove_prior: true, ..ExternalJoinRequest::default() };
        join(&mut world, ("bob", "alice"), request(), &["alice", "carol"]).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;
        let beside = ExternalJoinRequest { ratchet_tree: b"beside".to_vec(), ..request() };
        join(&mut world, ("bob", "carol"), beside, &["alice", "carol"]).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;
        // there is one bob: removing him leaves none
        let commit =
            CommitRequest { by_value: vec![crate::world::removed("bob")], ..CommitRequest::default() };
        world.commit("alice", commit, &["carol"]).await.unwrap();
        let error = world.propose_remove("alice", "bob").await.unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (Code::NotFound, "no member of the group has the identity `bob`")
        );
        let error = join(&mut world, ("bob", "alice"), request(), &["alice", "carol"]).await.unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
    }
}
