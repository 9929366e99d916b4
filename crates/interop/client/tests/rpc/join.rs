//! Joining by a Welcome.

use copath_interop_grpc::*;
use tonic::Code;

use crate::world::{World, added, worlds};

#[tokio::test]
async fn the_tree_travels_inside_the_welcome_or_beside_it() {
    for mut world in worlds().await {
        world.create("alice").await;
        let key_package = world.key_package("bob").await;
        let add = CommitRequest { by_value: vec![added(key_package)], ..CommitRequest::default() };
        let made = world.commit("alice", add, &[]).await.unwrap();
        assert!(made.ratchet_tree.is_empty());
        world.join("bob", &made.welcome, &[]).await.unwrap();

        let key_package = world.key_package("carol").await;
        let by_value = vec![added(key_package)];
        let add = CommitRequest { by_value, external_tree: true, ..CommitRequest::default() };
        let made = world.commit("bob", add, &["alice"]).await.unwrap();
        let missing = world.join("carol", &made.welcome, &[]).await.unwrap_err();
        assert_eq!(missing.code(), Code::FailedPrecondition);
        assert!(missing.message().contains("12.4.3.1-01"), "{missing:?}");
        // a Welcome that fails doesn't use up the key package
        world.join("carol", &made.welcome, &made.ratchet_tree).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;

        // nobody joins: no Welcome, but the tree if it is asked for
        let empty = CommitRequest { external_tree: true, ..CommitRequest::default() };
        let made = world.commit("carol", empty, &["alice", "bob"]).await.unwrap();
        assert!(made.welcome.is_empty() && !made.ratchet_tree.is_empty());
    }
}

#[tokio::test]
async fn a_joiner_has_the_psks_that_were_stored_for_its_transaction() {
    for mut world in worlds().await {
        world.create("alice").await;
        let key_package = world.key_package("bob").await;
        let (alice, bob) = (world.state("alice"), world.transactions["bob"]);
        world.store_psk("alice", alice, b"id", b"secret").await;
        let psk = ExternalPskProposalRequest { state_id: alice, psk_id: b"id".to_vec() };
        let psk = world.of("alice").external_psk_proposal(psk).await.unwrap().into_inner().proposal;
        let add = world.propose_add("alice", &key_package).await.unwrap();
        let commit = CommitRequest { by_reference: vec![add, psk], ..CommitRequest::default() };
        let made = world.commit("alice", commit, &[]).await.unwrap();
        let missing = world.join("bob", &made.welcome, &[]).await.unwrap_err();
        assert_eq!(missing.code(), Code::FailedPrecondition);
        world.store_psk("bob", bob, b"id", b"secret").await;
        world.join("bob", &made.welcome, &[]).await.unwrap();
        world.agree(&["alice", "bob"]).await;
    }
}

#[tokio::test]
async fn a_transaction_is_of_one_identity_and_ends_with_the_join() {
    let mut world = World::new(true).await;
    world.create("alice").await;
    let key_package = world.key_package("bob").await;
    let add = CommitRequest { by_value: vec![added(key_package)], ..CommitRequest::default() };
    let made = world.commit("alice", add, &[]).await.unwrap();
    let other = JoinGroupRequest {
        transaction_id: world.transactions["bob"],
        welcome: made.welcome.clone(),
        identity: b"carol".to_vec(),
        ..JoinGroupRequest::default()
    };
    assert_eq!(world.of("bob").join_group(other).await.unwrap_err().code(), Code::InvalidArgument);
    world.join("bob", &made.welcome, &[]).await.unwrap();
    assert_eq!(world.join("bob", &made.welcome, &[]).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_key_package_comes_with_its_private_keys() {
    let mut world = World::new(true).await;
    let request = CreateKeyPackageRequest { cipher_suite: 1, identity: b"alice".to_vec() };
    let made = world.of("alice").create_key_package(request).await.unwrap().into_inner();
    for key in [&made.init_priv, &made.encryption_priv, &made.signature_priv] {
        assert_eq!(key.len(), 32);
    }
    assert!(made.init_priv != made.encryption_priv);
}
