//! What a client says about itself, and what members do within an epoch.

use copath_interop_client::Backend;
use copath_interop_grpc::*;
use tonic::Code;

use crate::world::{World, start, worlds};

#[tokio::test]
async fn a_client_names_its_backend_and_has_all_its_suites() {
    let expected: [(Backend, &str, &[u32]); 3] = [
        (Backend::Rustcrypto, "Copath (rustcrypto)", &[1, 2, 3, 4, 5, 6, 7]),
        (Backend::Ring, "Copath (ring)", &[1, 2, 3, 7]),
        (Backend::AwsLc, "Copath (aws-lc)", &[1, 2, 3, 5, 7]),
    ];
    for (backend, name, suites) in expected {
        let mut stub = start(backend).await;
        assert_eq!(stub.name(NameRequest {}).await.unwrap().into_inner().name, name);
        let supported = stub.supported_ciphersuites(SupportedCiphersuitesRequest {}).await.unwrap();
        assert_eq!(supported.into_inner().ciphersuites, suites);
    }
}

#[tokio::test]
async fn messages_arrive_in_any_order_and_from_the_epoch_before() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let mut sent = Vec::new();
        for data in [b"one".as_slice(), b"two", b"three"] {
            sent.push(world.protect("alice", b"", data).await.unwrap());
        }
        assert_eq!(world.unprotect("bob", &sent[2]).await.unwrap().1, b"three");
        world.commit("bob", CommitRequest::default(), &["alice"]).await.unwrap();
        assert_eq!(world.unprotect("bob", &sent[0]).await.unwrap().1, b"one");
        assert_eq!(world.unprotect("bob", &sent[1]).await.unwrap().1, b"two");
        let again = world.unprotect("bob", &sent[1]).await.unwrap_err();
        assert_eq!(again.code(), Code::FailedPrecondition, "{again:?}");
        let own = world.unprotect("alice", &sent[1]).await.unwrap_err();
        assert_eq!(own.code(), Code::InvalidArgument, "{own:?}");
        world.agree(&["alice", "bob"]).await;
    }
}

#[tokio::test]
async fn exported_secrets_depend_on_label_context_and_length() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let state_id = world.state("alice");
    let mut seen = Vec::new();
    for (label, context, key_length) in [("a", "x", 32), ("a", "y", 32), ("b", "x", 32), ("a", "x", 33)] {
        let request = ExportRequest { state_id, label: label.into(), context: context.into(), key_length };
        let exported = world.of("alice").export(request).await.unwrap().into_inner().exported_secret;
        assert_eq!(u32::try_from(exported.len()), Ok(key_length));
        assert!(!seen.contains(&exported));
        seen.push(exported);
    }
    for key_length in [1 << 16, u32::MAX] {
        let request = ExportRequest { state_id, label: "a".into(), context: Vec::new(), key_length };
        let error = world.of("alice").export(request).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error:?}");
    }
}

#[tokio::test]
async fn what_was_freed_is_gone_and_freeing_is_never_an_error() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let state_id = world.state("alice");
    for id in [state_id, state_id, 0, u32::MAX] {
        world.of("alice").free(FreeRequest { state_id: id }).await.unwrap();
    }
    let error = world.of("alice").state_auth(StateAuthRequest { state_id }).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(error.message(), format!("there is no state with id {state_id}"));
    world.view("bob").await;
}
