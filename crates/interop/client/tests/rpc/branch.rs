//! Subgroup branching.

use copath_interop_grpc::*;
use tonic::Code;

use crate::world::{World, no_senders, nothing_required, worlds};

const ALL: [&str; 3] = ["alice", "bob", "carol"];

async fn branch(world: &mut World, request: CreateBranchRequest, members: &[&str]) {
    let mut key_packages = Vec::new();
    for name in members {
        key_packages.push(world.key_package(name).await);
    }
    let external_tree = request.external_tree;
    let state_id = world.state("alice");
    let request = CreateBranchRequest { state_id, group_id: b"branch".to_vec(), key_packages, ..request };
    let made = world.of("alice").create_branch(request).await.unwrap().into_inner();
    assert_eq!(made.ratchet_tree.is_empty(), !external_tree);
    assert_ne!(made.state_id, state_id);
    world.states.insert("alice".into(), made.state_id);
    for name in members {
        let request = HandleBranchRequest {
            state_id: world.state(name),
            transaction_id: world.transactions[*name],
            welcome: made.welcome.clone(),
            ratchet_tree: made.ratchet_tree.clone(),
        };
        let joined = world.of(name).handle_branch(request).await.unwrap().into_inner();
        assert_eq!(joined.epoch_authenticator, made.epoch_authenticator);
        assert_ne!(joined.state_id, world.state(name));
        world.states.insert((*name).into(), joined.state_id);
    }
}

#[tokio::test]
async fn a_branch_and_its_parent_both_go_on() {
    let extensions = vec![nothing_required(), no_senders()];
    let requests = [
        CreateBranchRequest::default(),
        CreateBranchRequest { extensions, ..CreateBranchRequest::default() },
        CreateBranchRequest { external_tree: true, ..CreateBranchRequest::default() },
        CreateBranchRequest { force_path: true, ..CreateBranchRequest::default() },
    ];
    for request in requests {
        for world in worlds().await {
            let mut world = World::with_group(world.encrypt_handshake, &ALL).await;
            let old = world.states.clone();
            branch(&mut world, request.clone(), &["bob", "carol"]).await;
            world.agree(&ALL).await;
            world.commit("carol", CommitRequest::default(), &["alice", "bob"]).await.unwrap();
            let new = std::mem::replace(&mut world.states, old);
            world.commit("bob", CommitRequest::default(), &["alice", "carol"]).await.unwrap();
            world.agree(&ALL).await;
            for (name, state_id) in world.states.clone() {
                world.of(&name).free(FreeRequest { state_id }).await.unwrap();
            }
            world.states = new;
            world.agree(&ALL).await;
        }
    }
}

#[tokio::test]
async fn a_branch_of_some_has_no_strangers() {
    let mut world = World::with_group(true, &ALL).await;
    let stranger = world.key_package("mallory").await;
    let request = CreateBranchRequest {
        state_id: world.state("alice"),
        group_id: b"branch".to_vec(),
        key_packages: vec![stranger],
        ..CreateBranchRequest::default()
    };
    let error = world.of("alice").create_branch(request).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error:?}");
    branch(&mut world, CreateBranchRequest::default(), &["bob"]).await;
    world.agree(&["alice", "bob"]).await;
}
