//! Each batch below fails, one by one, before or after it became durable.

use std::sync::Arc;

use copath_records::{MemoryStore, RecordKey, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, Reencryption, StoreSecret};
use copath_testing::{Fault, FaultyStore};

use super::{content, delete, key, passphrase, put, records, secret};

type Faulty = EncryptedStore<FaultyStore<Arc<MemoryStore>>>;
type Records = Vec<(RecordKey, Vec<u8>)>;

/// A store of some records, below which batch `after` fails.
fn store(after: u64, fault: Fault) -> (Arc<MemoryStore>, Faulty) {
    let inner = Arc::new(MemoryStore::new());
    let store = EncryptedStore::create(Arc::clone(&inner), &secret()).unwrap();
    for n in 0..6 {
        store.commit(&put(key("a", n), &n.to_be_bytes())).unwrap();
    }
    let faulty = EncryptedStore::open(FaultyStore::new(Arc::clone(&inner), after, fault), &secret()).unwrap();
    (inner, faulty)
}

fn reopened(inner: &Arc<MemoryStore>, secrets: &[StoreSecret]) -> Records {
    let opened = secrets.iter().find_map(|secret| EncryptedStore::open(Arc::clone(inner), secret).ok());
    records(&opened.unwrap())
}

#[test]
fn store_knows_what_became_of_a_batch() {
    for after in 0..8 {
        for fault in [Fault::BeforeDurable(StoreError::Full), Fault::AfterDurable(StoreError::Io)] {
            let (inner, store) = store(after, fault);
            for n in 0..8 {
                let delta = if n % 3 == 2 { delete(key("a", n)) } else { put(key("b", n), b"new") };
                let before = records(&store);
                let failed = store.commit(&delta).is_err();
                assert_eq!(failed, u64::from(n) == after);
                let same = records(&store) == before;
                assert_eq!(same, failed && matches!(fault, Fault::BeforeDurable(_)), "{after} {n} {fault:?}");
            }
            assert_eq!(records(&store), reopened(&inner, &[secret()]));
        }
    }
}

/// One batch after the other fails while secret and data keys are changed; the store goes on, or asks to be opened
/// anew, and loses nothing.
#[test]
fn changes_of_keys_survive_failures() {
    let (mut over, mut after) = (false, 0);
    while !over {
        for fault in [Fault::BeforeDurable(StoreError::Full), Fault::AfterDurable(StoreError::Io)] {
            let (inner, store) = store(after, fault);
            let expected = records(&store);
            let new = || passphrase("new");
            let done = store.rekey(&secret(), &new()).and_then(|()| {
                store.begin_reencryption(&new())?;
                while store.continue_reencryption(&new(), 2)? == Reencryption::UnderWay {}
                Ok(())
            });
            assert_eq!(done.is_err(), after < 6, "{after}");
            match store.load(&key("a", 1)) {
                Ok(record) => assert_eq!(record.unwrap().expose(), 1_u32.to_be_bytes()),
                Err(error) => {
                    assert_eq!(
                        (error, fault),
                        (StoreError::Unavailable, Fault::AfterDurable(StoreError::Io))
                    );
                }
            }
            assert_eq!(reopened(&inner, &[secret(), new()]), expected, "{after} {fault:?}");
            // Whatever state it was left in, it can be brought to the end.
            let new =
                if EncryptedStore::open(Arc::clone(&inner), &secret()).is_ok() { secret() } else { new() };
            let store = EncryptedStore::open(Arc::clone(&inner), &new).unwrap();
            store.begin_reencryption(&new).unwrap();
            while store.continue_reencryption(&new, 100).unwrap() == Reencryption::UnderWay {}
            assert_eq!(content(&store, &key("a", 5)), Some(5_u32.to_be_bytes().to_vec()));
            over = done.is_ok();
        }
        after += 1;
    }
    assert_eq!(after, 7, "rekey, begin, three steps, the end; then none fails");
}
