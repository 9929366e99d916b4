//! Who is to blame.

use std::sync::Arc;

use copath::rules::rule;
use copath::{
    CipherSuite, Client, Credential, Error, FixedDirectory, Identity, MemoryStore, Misuse, NewGroup, Secret,
    Store, Unavailable,
};

use crate::people::{NOW, People, SUITE, group_of};

#[test]
fn bytes_that_are_no_message_are_malformed() {
    let people = People::new(&["alice", "bob"]);
    let clients = [people.client(0), people.client(1)];
    let mut groups = group_of(&clients);
    let alice = &mut groups[0];
    assert!(matches!(alice.receive(b"nonsense", NOW), Err(Error::Malformed(_))));
    assert!(matches!(alice.commit().add(&[0]).prepare(NOW), Err(Error::Malformed(_))));
    assert!(matches!(clients[0].join(&[], None, NOW), Err(Error::Malformed(_))));
    let package = clients[1].key_package(NOW).unwrap();
    let wrong_kind = |result: Result<(), Error>| {
        assert!(matches!(result, Err(Error::Misuse(Misuse::WrongKind { .. }))), "{result:?}");
    };
    wrong_kind(clients[0].join(&package, None, NOW).map(drop));
    wrong_kind(clients[0].join_externally(&package, None, Default::default(), NOW).map(drop));
    let info = alice.group_info().unwrap();
    wrong_kind(alice.commit().add(&info).prepare(NOW).map(drop));
}

// covers: 5.3.1-01
#[test]
fn a_stranger_is_not_added() {
    let people = People::new(&["alice", "bob"]);
    let clients = [people.client(0), people.client(1)];
    let mut groups = group_of(&clients);
    let alice = &mut groups[0];
    let package = People::new(&["mallory"]).client(0).key_package(NOW).unwrap();
    for error in [
        alice.commit().add(&package).prepare(NOW).unwrap_err(),
        alice.propose_add(&package, NOW).unwrap_err(),
    ] {
        assert!(matches!(error, Error::CredentialRejected(_)), "{error:?}");
        assert_eq!(error.rule(), Some(rule!("5.3.1-01")));
    }
    assert_eq!((alice.member_count(), alice.pending_proposals().count()), (2, 0));
}

// covers: 12.4.3-04
#[test]
fn a_group_is_joined_once_and_opened_once() {
    let people = People::new(&["alice", "bob"]);
    let clients = [people.client(0), people.client(1)];
    let mut alice = clients[0].create_group(NewGroup::new(), NOW).unwrap();
    assert_eq!(clients[0].load_group(alice.group_id()).unwrap_err(), Error::Misuse(Misuse::GroupOpen));
    alice.commit().add(&clients[1].key_package(NOW).unwrap()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    let welcome = alice.welcome().unwrap();
    let bob = clients[1].join(&welcome, None, NOW).unwrap();
    drop(bob);
    // The same Welcome leads to the same group; once that is deleted, to none.
    let bob = clients[1].join(&welcome, None, NOW).unwrap();
    let again = clients[1].join(&welcome, None, NOW).unwrap_err();
    assert_eq!(again, Error::Misuse(Misuse::GroupOpen));
    drop(bob);
    let taken = NewGroup::new().group_id(alice.group_id().clone());
    let error = clients[1].create_group(taken, NOW).unwrap_err();
    assert_eq!(error.rule(), Some(rule!("12.4.3-04")));
    clients[1].delete_group(alice.group_id()).unwrap();
    let again = clients[1].join(&welcome, None, NOW).unwrap_err();
    assert_eq!(again, Error::Unavailable(Unavailable::KeyPackage));
}

#[test]
fn a_client_lacks_nothing_silently() {
    let provider = copath_provider_rustcrypto::provider();
    let identity = Identity::generate(&provider, SUITE, Credential::basic(b"alice")).unwrap();
    let missing = |builder: copath::ClientBuilder| match builder.build() {
        Err(Error::Misuse(Misuse::Incomplete(what))) => what,
        other => panic!("{other:?}"),
    };
    let builder = Client::builder();
    assert_eq!(missing(builder.clone()), "provider");
    let builder = builder.provider(provider);
    assert_eq!(missing(builder.clone()), "store");
    let builder = builder.store(Arc::new(MemoryStore::new()));
    assert_eq!(missing(builder.clone()), "validator");
    let builder = builder.validator(Arc::new(FixedDirectory::new()));
    assert_eq!(missing(builder.clone()), "suite");
    let builder = builder.suite(SUITE);
    assert!(matches!(builder.clone().build(), Err(Error::Misuse(Misuse::NoIdentity(_)))));
    let builder = builder.identity(identity);
    assert!(builder.clone().build().is_ok());
    let error = builder.suite(CipherSuite(0x0a0a)).build().unwrap_err();
    let Error::Unsupported(unsupported) = error else { panic!("{error:?}") };
    assert_eq!((unsupported.backend, unsupported.available.len()), ("rustcrypto", 7));
}

#[test]
fn an_identity_and_psks_are_kept_in_the_store() {
    let provider = copath_provider_rustcrypto::provider();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let identity =
        |name: &[u8]| Identity::load_or_generate(&*store, &provider, SUITE, Credential::basic(name)).unwrap();
    assert_eq!(identity(b"alice").signature_key(), identity(b"alice").signature_key());
    assert_ne!(identity(b"alice").signature_key(), identity(b"bob").signature_key());

    let people = People::new(&["alice"]);
    let client = people.client(0);
    client.store_psk(b"id", &Secret::copy_of(b"psk")).unwrap();
    let mut group = client.create_group(NewGroup::new(), NOW).unwrap();
    group.commit().psk(b"id").prepare(NOW).unwrap();
    group.drop_commit().unwrap();
    client.delete_psk(b"id").unwrap();
    let error = group.commit().psk(b"id").prepare(NOW).unwrap_err();
    assert!(matches!(error, Error::Unavailable(Unavailable::Psk(_))), "{error:?}");
    assert!(error.to_string().contains("6964"), "{error}");
}

#[test]
fn expired_key_packages_are_deleted() {
    let client = People::new(&["alice"]).client(0);
    client.key_package(NOW).unwrap();
    let later = copath::Timestamp(NOW.0 + 30 * 24 * 3600);
    client.key_package(later).unwrap();
    assert_eq!(client.delete_expired_key_packages(later), Ok(0));
    let much_later = copath::Timestamp(NOW.0 + 91 * 24 * 3600);
    assert_eq!(client.delete_expired_key_packages(much_later), Ok(1));
    assert_eq!(client.delete_expired_key_packages(much_later), Ok(0));
}
