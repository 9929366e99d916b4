//! Two clients on one store, and many threads.

use std::sync::{Arc, Mutex};

use copath::{Error, MemoryStore, Misuse, NewGroup, Store};

use crate::people::{NOW, People, assert_agree, assert_delivered, group_of};

// covers: 9.1-01
#[test]
fn a_second_client_on_the_store_is_noticed() {
    let people = People::new(&["alice", "bob"]);
    let store = Arc::new(MemoryStore::new());
    let (first, second) = (people.client_on(0, store.clone()), people.client_on(0, store));
    let mut groups = group_of(&[first.clone(), people.client(1)]);
    let (mut bob, mut alice) = (groups.pop().unwrap(), groups.pop().unwrap());
    let id = alice.group_id().clone();
    let mut clone = second.load_group(&id).unwrap();
    let message = clone.encrypt(b"from the second").unwrap();
    assert_delivered(&message, b"from the second", &mut [&mut bob]);
    let other_writer = Error::Misuse(Misuse::OtherWriter);
    assert_eq!(alice.encrypt(b"with the same key?").unwrap_err(), other_writer);
    assert_eq!(alice.commit().update().prepare(NOW).unwrap_err(), other_writer);
    drop(alice);
    let mut alice = first.load_group(&id).unwrap();
    let message = alice.encrypt(b"loaded again").unwrap();
    assert_delivered(&message, b"loaded again", &mut [&mut bob]);
    assert_eq!(clone.delete().unwrap_err(), other_writer);
    let made = first.create_group(NewGroup::new().group_id(&b"one"[..]), NOW).unwrap();
    assert!(second.create_group(NewGroup::new().group_id(&b"one"[..]), NOW).is_err());
    drop(made);
}

// covers: 9.1-01
#[test]
fn threads_share_a_group_in_turn_and_use_groups_side_by_side() {
    const GROUPS: usize = 6;
    const MESSAGES: usize = 12;
    let people = People::new(&["alice", "bob"]);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clients = [people.client_on(0, store), people.client(1)];
    let pairs: Vec<_> = (0..GROUPS)
        .map(|_| {
            let mut groups = group_of(&clients);
            let (bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
            (Mutex::new(alice), Mutex::new(bob))
        })
        .collect();
    let sent: Vec<Mutex<Vec<Vec<u8>>>> = (0..GROUPS).map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (pairs, sent) = (&pairs, &sent);
            scope.spawn(move || {
                for round in 0..MESSAGES {
                    let at = (thread + round) % GROUPS;
                    let message = pairs[at].0.lock().unwrap().encrypt(b"hello").unwrap();
                    sent[at].lock().unwrap().push(message);
                }
            });
        }
    });
    let mut count = 0;
    for ((alice, bob), sent) in pairs.iter().zip(&sent) {
        let mut bob = bob.lock().unwrap();
        for message in &*sent.lock().unwrap() {
            // Each opens: no two of them were encrypted with the same key.
            assert_delivered(message, b"hello", &mut [&mut bob]);
            count += 1;
        }
        assert_agree(&[&alice.lock().unwrap(), &bob]);
    }
    assert_eq!(count, 4 * MESSAGES);
}
