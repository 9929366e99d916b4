//! Power cuts, full disks and bad blocks below SQLite.
//!
//! A file system in memory loses and tears what wasn't flushed. After a cut the store opens, and holds what it held
//! after the last batch that was reported as durable, or after the one that was under way.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure in here is a failed test")]

mod disk;
mod numbers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};
use copath_store_sqlite::{Access, Erasure, SqliteOptions, SqliteStore};

use disk::{Disk, Trouble, VFS, disk_with};
use numbers::Numbers;

/// What a store should hold.
type Model = BTreeMap<RecordKey, Vec<u8>>;

/// One at a time: the file system's registration isn't made for several threads.
static ALONE: Mutex<()> = Mutex::new(());

fn empty_store() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    SqliteStore::open(&path).unwrap().close().unwrap();
    std::fs::read(path).unwrap()
}

fn open(path: &str, erasure: Erasure) -> Result<SqliteStore, StoreError> {
    SqliteOptions::new().vfs(VFS).access(Access::ReadWrite).erasure(erasure).open(path)
}

/// A batch, and what the store holds after it.
fn batch(numbers: &mut Numbers, model: &Model) -> (StateDelta, Model) {
    let (mut delta, mut model) = (StateDelta::new(), model.clone());
    for _ in 0..=numbers.below(8) {
        let prefix = RecordKey::new(RecordKind::RATCHET).push_u32(u32::try_from(numbers.below(6)).unwrap());
        let key = prefix.clone().push_u32(u32::try_from(numbers.below(10)).unwrap());
        match numbers.below(10) {
            0 => {
                model.retain(|key, _| !key.starts_with(&prefix));
                delta.delete_prefix(prefix);
            }
            1 | 2 => {
                model.remove(&key);
                delta.delete(key);
            }
            _ => {
                let length = [10, 60, 300, 2000, 9000][numbers.below(5)];
                let content = vec![u8::try_from(numbers.below(256)).unwrap(); length];
                delta.put(key.clone(), Record::copy_of(&content));
                model.insert(key, content);
            }
        }
    }
    (delta, model)
}

fn content(store: &SqliteStore) -> Model {
    let found = store.scan(&RecordKey::new(RecordKind::RATCHET)).unwrap();
    found.into_iter().map(|(key, record)| (key, record.expose().to_vec())).collect()
}

/// Commits batches until one fails; returns what the store held for certain, and what it may hold besides.
fn work(store: &SqliteStore, numbers: &mut Numbers, mut model: Model, batches: usize) -> (Model, Model) {
    for _ in 0..batches {
        let (delta, next) = batch(numbers, &model);
        if store.commit(&delta).is_err() {
            return (model, next);
        }
        model = next;
    }
    (model.clone(), model)
}

/// At which moments cuts came.
#[derive(Debug, Default)]
struct Moments {
    opening: usize,
    before_durable: usize,
    after_durable: usize,
}

fn assert_survives(seeds: std::ops::Range<u64>, erasure: Erasure) {
    let mut moments = Moments::default();
    for seed in seeds {
        cut_power(500, seed, erasure, &mut moments);
    }
    let Moments { opening, before_durable, after_durable } = moments;
    assert!(opening >= 20 && before_durable >= 20 && after_durable >= 5, "{moments:?}");
}

fn cut_power(cuts: usize, seed: u64, erasure: Erasure, moments: &mut Moments) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (disk, path) = disk_with(&format!("cuts{seed}"), &empty_store());
    let (mut numbers, mut model) = (Numbers(seed), Model::new());
    for cut in 0..cuts {
        let soon = numbers.below(4) == 0;
        let after = numbers.below(if soon { 5 } else { 120 });
        disk.lock().unwrap().plan(u64::try_from(after).unwrap(), Trouble::Cut);
        let (certain, possible) = match open(&path, erasure) {
            Ok(store) => work(&store, &mut numbers, model.clone(), 30),
            Err(_) => {
                moments.opening += 1;
                (model.clone(), model)
            }
        };
        let mut off = disk.lock().unwrap();
        off.mend();
        off.forget(&mut numbers);
        drop(off);
        let store = open(&path, erasure);
        assert!(store.is_ok(), "seed {seed}, cut {cut}: {store:?}");
        let store = store.unwrap();
        assert_eq!(store.verify(), Ok(()), "seed {seed}, cut {cut}");
        model = content(&store);
        assert!(model == certain || model == possible, "seed {seed}, cut {cut}");
        moments.before_durable += usize::from(certain != possible && model == certain);
        moments.after_durable += usize::from(certain != possible && model == possible);
    }
}

#[test]
fn power_cuts_lose_no_durable_batch() {
    assert_survives(0..4, Erasure::EachBatch);
}

#[test]
fn power_cuts_lose_no_durable_batch_when_the_log_is_long() {
    assert_survives(10..14, Erasure::Deferred { log_octets: 300_000 });
}

/// A store as version 1 wrote it, and what it holds.
fn version_one() -> (Vec<u8>, Model) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let tables = "PRAGMA journal_mode=WAL; BEGIN;
        CREATE TABLE records (name BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
        PRAGMA application_id=1131376737; PRAGMA user_version=1;";
    connection.execute_batch(tables).unwrap();
    let mut model = Model::new();
    for n in 0..100_u32 {
        let key = RecordKey::new(RecordKind::RATCHET).push_u32(n);
        let content = vec![u8::try_from(n).unwrap(); usize::try_from(n * 9).unwrap()];
        let row = rusqlite::params![key.as_octets(), content];
        connection.execute("INSERT INTO records VALUES (?1, ?2)", row).unwrap();
        model.insert(key, content);
    }
    connection.execute_batch("COMMIT").unwrap();
    connection.close().unwrap();
    (std::fs::read(path).unwrap(), model)
}

/// Power is cut at each operation of an upgrade.
#[test]
fn power_cuts_leave_the_old_version_or_the_new_one() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (old, model) = version_one();
    let (mut cut, mut whole) = (0, false);
    while !whole {
        let (disk, path) = disk_with(&format!("upgrade{cut}"), &old);
        disk.lock().unwrap().plan(cut, Trouble::Cut);
        drop(open(&path, Erasure::EachBatch));
        let mut off = disk.lock().unwrap();
        whole = !off.mend();
        off.forget(&mut Numbers(cut));
        drop(off);
        let store = open(&path, Erasure::EachBatch).unwrap();
        store.verify().unwrap();
        assert_eq!(content(&store), model, "cut {cut}");
        cut += 1;
    }
    assert!(cut > 50, "{cut}");
}

/// Lets trouble happen at one operation after the other; the store goes on with what it held.
fn assert_goes_on(trouble: Trouble, seed: u64, expected: &[StoreError]) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (disk, path) = disk_with(&format!("trouble{seed}"), &empty_store());
    let mut numbers = Numbers(seed);
    let store = open(&path, Erasure::EachBatch).unwrap();
    let mut model = work(&store, &mut numbers, Model::new(), 20).0;
    let mut failed = 0;
    for round in 0..600_u64 {
        let (delta, next) = batch(&mut numbers, &model);
        disk.lock().unwrap().plan(round % 30, trouble);
        let result = store.commit(&delta);
        disk.lock().unwrap().mend();
        match result {
            Ok(()) => model = next,
            Err(error) => {
                assert!(expected.contains(&error), "{error}");
                failed += 1;
            }
        }
        assert_eq!(content(&store), model, "round {round}");
    }
    store.verify().unwrap();
    store.close().unwrap();
    assert!(failed > 50, "{failed}");
    assert_eq!(content(&open(&path, Erasure::EachBatch).unwrap()), model);
}

#[test]
fn batches_that_find_no_room_fail_and_the_store_goes_on() {
    assert_goes_on(Trouble::Full, 20, &[StoreError::Full]);
}

#[test]
fn batches_that_meet_a_bad_block_fail_and_the_store_goes_on() {
    assert_goes_on(Trouble::Error, 21, &[StoreError::Io]);
}

/// A batch whose flush fails isn't brought back by a crash right after it.
#[test]
fn batch_that_was_reported_as_failed_does_not_come_back() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut failed = 0;
    for after in 0..30 {
        let (disk, path) = disk_with(&format!("back{after}"), &empty_store());
        let store = open(&path, Erasure::EachBatch).unwrap();
        let model = work(&store, &mut Numbers(after), Model::new(), 5).0;
        let (delta, next) = batch(&mut Numbers(after + 1000), &model);
        disk.lock().unwrap().plan(after, Trouble::Error);
        let result = store.commit(&delta);
        failed += usize::from(result.is_err());
        // The process dies here, and leaves the files as they are.
        disk.lock().unwrap().mend();
        disk.lock().unwrap().plan(0, Trouble::Cut);
        drop(store);
        disk.lock().unwrap().mend();
        let expected = if result.is_ok() { next } else { model };
        assert_eq!(content(&open(&path, Erasure::EachBatch).unwrap()), expected, "after {after}");
    }
    assert!(failed > 3, "{failed}");
}

/// The batch that consumes a secret is durable, but there is no room, or a bad block, for the database to take over the
/// log: the store says that the secret is still there, and the next batch that can erases it.
#[test]
fn secrets_that_could_not_be_erased_are_told_and_erased_later() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let secret = b"a secret that was to be erased!!";
    let (kept, consumed) =
        (RecordKey::new(RecordKind::RATCHET).push_u32(1), RecordKey::new(RecordKind::RATCHET).push_u32(2));
    let put = |key: &RecordKey, content: &[u8]| {
        let mut delta = StateDelta::new();
        delta.put(key.clone(), Record::copy_of(content));
        delta
    };
    for (trouble, expected) in [(Trouble::Full, StoreError::Full), (Trouble::Error, StoreError::Io)] {
        let mut told = 0;
        for after in 0..12 {
            let (disk, path) = disk_with(&format!("unerased{after}"), &empty_store());
            let store = open(&path, Erasure::EachBatch).unwrap();
            store.commit(&put(&consumed, secret)).unwrap();
            disk.lock().unwrap().plan(after, trouble);
            let mut delta = StateDelta::new();
            delta.delete(consumed.clone());
            let committed = store.commit(&delta);
            disk.lock().unwrap().mend();
            assert_eq!(store.load(&consumed).unwrap().is_some(), committed.is_err());
            match (committed, store.unerased().unwrap()) {
                (Err(_), _) => continue,
                (Ok(()), None) => {}
                (Ok(()), Some(why)) => {
                    assert_eq!(why, expected);
                    told += usize::from(disk.lock().unwrap().holds(secret));
                }
            }
            // One that overwrites nothing by itself.
            store.commit(&put(&kept, b"new")).unwrap();
            assert_eq!(store.unerased(), Ok(None));
            assert!(!disk.lock().unwrap().holds(secret), "{trouble:?} after {after}");
        }
        assert!(told > 0, "{trouble:?}");
    }
}

/// Where nothing goes wrong, what was deleted is in no file; this is what the disk would show.
#[test]
fn disk_shows_what_is_kept_and_not_what_was_deleted() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (disk, path) = disk_with("leftovers", &empty_store());
    let store = open(&path, Erasure::EachBatch).unwrap();
    let key = RecordKey::new(RecordKind::RATCHET).push_u32(1);
    let holds = |disk: &Arc<Mutex<Disk>>| disk.lock().unwrap().holds(b"a secret that will be consumed");
    let mut delta = StateDelta::new();
    delta.put(key.clone(), Record::copy_of(b"a secret that will be consumed"));
    store.commit(&delta).unwrap();
    assert!(holds(&disk));
    let mut delta = StateDelta::new();
    delta.delete(key);
    store.commit(&delta).unwrap();
    assert!(!holds(&disk));
    assert!(disk.lock().unwrap().operations() > 0);
}
