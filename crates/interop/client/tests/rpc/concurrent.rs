//! Many requests at once: to one state, and to many of the same names.

use std::collections::BTreeSet;

use copath_interop_grpc::*;
use tokio::task::JoinSet;
use tonic::Code;

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_to_one_state_take_turns() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let state_id = world.state("alice");
    let mut sending = JoinSet::new();
    for number in 0..40u8 {
        let mut stub = world.of("alice");
        let request = ProtectRequest { state_id, plaintext: vec![number], ..ProtectRequest::default() };
        sending.spawn(async move { stub.protect(request).await.unwrap().into_inner().ciphertext });
    }
    let sent = sending.join_all().await;
    let mut received = BTreeSet::new();
    for ciphertext in &sent {
        received.insert(world.unprotect("bob", ciphertext).await.unwrap().1);
    }
    assert_eq!(received.len(), 40);
    // of commits made at once one is pending, the others are refused
    let mut committing = JoinSet::new();
    for _ in 0..8 {
        let mut stub = world.of("alice");
        let request = CommitRequest { state_id, ..CommitRequest::default() };
        committing.spawn(async move { stub.commit(request).await.map_err(|error| error.code()) });
    }
    let made = committing.join_all().await;
    let refused = made.iter().filter(|made| made.as_ref().err() == Some(&Code::FailedPrecondition));
    assert_eq!((made.iter().flatten().count(), refused.count()), (1, 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn groups_of_the_same_names_and_ids_do_not_meet() {
    let world = World::new(false).await;
    let mut playing = JoinSet::new();
    for _ in 0..6 {
        let mut own = world.with_the_same_processes();
        playing.spawn(async move {
            own.grow(&["alice", "bob", "carol"]).await;
            own.commit("carol", CommitRequest::default(), &["alice", "bob"]).await.unwrap();
            own.agree(&["alice", "bob", "carol"]).await;
            own.states
        });
    }
    let states = playing.join_all().await;
    let ids: BTreeSet<u32> = states.iter().map(|states| states["alice"]).collect();
    assert_eq!(ids.len(), 6);
}
