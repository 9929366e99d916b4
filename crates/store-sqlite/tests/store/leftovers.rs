//! Nothing that was replaced or deleted is left in any file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store};
use copath_store_sqlite::{Erasure, SqliteOptions, SqliteStore};

/// A small generator, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % below
    }
}

fn key(n: u32) -> RecordKey {
    RecordKey::new(RecordKind::RATCHET).push_bytes(b"group").push_u32(n)
}

/// A record that can be found again: its number, over and over.
fn record(number: u64, length: usize) -> Record {
    Record::from(marker(number).into_iter().cycle().take(length.max(16)).collect::<Vec<_>>())
}

fn marker(number: u64) -> [u8; 16] {
    let mut marker = [0xa5; 16];
    marker[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    marker[8..].copy_from_slice(&number.wrapping_mul(0xc2b2_ae3d_27d4_eb4f).to_le_bytes());
    marker
}

/// Which of the numbers are found in the directory's files.
fn found(directory: &Path, numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut windows = std::collections::HashSet::new();
    for entry in fs::read_dir(directory).unwrap() {
        let octets = fs::read(entry.unwrap().path()).unwrap();
        windows.extend(octets.windows(16).map(|window| <[u8; 16]>::try_from(window).unwrap()));
    }
    numbers.filter(|number| windows.contains(&marker(*number))).collect()
}

/// Runs random batches, and looks into all files now and then, after `erase`.
fn assert_forgets(erasure: Erasure, erase: impl Fn(&SqliteStore)) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteOptions::new().erasure(erasure).open(directory.path().join("state")).unwrap();
    let (mut numbers, mut live) = (Numbers(1), BTreeMap::new());
    let mut written = 0;
    for batch in 1..=400 {
        let mut delta = StateDelta::new();
        for _ in 0..numbers.next(20) {
            let at = numbers.next(300);
            if numbers.next(3) == 0 {
                delta.delete(key(at));
                live.remove(&at);
            } else {
                written += 1;
                let length =
                    *[40, 100, 300, 1500, 9000].get(usize::try_from(numbers.next(5)).unwrap()).unwrap();
                delta.put(key(at), record(written, length));
                live.insert(at, written);
            }
        }
        store.commit(&delta).unwrap();
        if batch % 80 == 0 {
            erase(&store);
            let mut kept: Vec<u64> = live.values().copied().collect();
            kept.sort_unstable();
            assert_eq!(found(directory.path(), 1..=written), kept, "after batch {batch}");
        }
    }
}

#[test]
fn deleted_records_are_in_no_file_after_their_batch() {
    assert_forgets(Erasure::EachBatch, |_| ());
}

#[test]
fn deleted_records_are_in_no_file_after_erasing() {
    assert_forgets(Erasure::Deferred { log_octets: 1_000_000 }, |store| store.erase().unwrap());
}

/// A process that was killed can't have emptied its log; whoever opens the store next does.
#[test]
fn log_of_a_killed_process_is_emptied_when_the_store_is_opened() {
    let (killed, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = SqliteOptions::new().erasure(Erasure::Deferred { log_octets: u64::MAX });
    let store = options.open(killed.path().join("state")).unwrap();
    for number in [1, 2] {
        let mut delta = StateDelta::new();
        delta.put(key(1), record(number, 100));
        store.commit(&delta).unwrap();
    }
    for entry in fs::read_dir(killed.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    assert_eq!(found(copy.path(), 1..=2), [1, 2]);
    let store = options.open(copy.path().join("state")).unwrap();
    assert_eq!(found(copy.path(), 1..=2), [2]);
    assert_eq!(store.load(&key(1)).unwrap().unwrap().expose(), record(2, 100).expose());
}
