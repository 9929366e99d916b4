//! What commits and messages write: counted in records, on their way to the store below, and in SQLite's log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure in here is a failed test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use copath_crypto::CryptoProvider;
use copath_group::{CommitOptions, Received};
use copath_messages::MlsMessage;
use copath_records::{Record, RecordKey, StateDelta, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::{Erasure, SqliteOptions, SqliteStore};
use copath_testing::{Insecure, LargeGroup, Member, NOW};

/// The most that a commit may write, and a message in the steady state.
const COMMIT: usize = 64 << 10;
const MESSAGE: usize = 1 << 10;

/// Counts the octets of batches on their way.
#[derive(Debug)]
struct Counting {
    inner: SqliteStore,
    octets: AtomicUsize,
}

impl Store for Counting {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.octets.fetch_add(delta.bytes(), Ordering::Relaxed);
        self.inner.commit(delta)
    }
}

/// What an operation wrote.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    records: usize,
    octets: usize,
    sealed: usize,
    log: u64,
    sealed_log: u64,
}

/// A group on disk twice, in the open and sealed.
struct OnDisk {
    plain: SqliteStore,
    sealed: EncryptedStore<Arc<Counting>>,
    counting: Arc<Counting>,
    directory: PathBuf,
}

impl OnDisk {
    fn new(directory: &Path, member: &Member) -> Self {
        let options = SqliteOptions::new().erasure(Erasure::Deferred { log_octets: u64::MAX });
        let plain = options.open(directory.join("plain")).unwrap();
        let inner = options.open(directory.join("sealed")).unwrap();
        let counting = Arc::new(Counting { inner, octets: AtomicUsize::new(0) });
        let sealed = EncryptedStore::create(Arc::clone(&counting), &StoreSecret::key([7; 32])).unwrap();
        let disk = Self { plain, sealed, counting, directory: directory.to_path_buf() };
        disk.write(&[&member.group().all_records().unwrap()]);
        disk.plain.erase().unwrap();
        disk.counting.inner.erase().unwrap();
        disk
    }

    fn log(&self, name: &str) -> u64 {
        std::fs::metadata(self.directory.join(name)).map_or(0, |log| log.len())
    }

    fn write(&self, deltas: &[&StateDelta]) -> Written {
        let before =
            (self.counting.octets.load(Ordering::Relaxed), self.log("plain-wal"), self.log("sealed-wal"));
        let mut written = Written::default();
        for delta in deltas {
            self.plain.commit(delta).unwrap();
            self.sealed.commit(delta).unwrap();
            written.records += delta.len();
            written.octets += delta.bytes();
        }
        written.sealed = self.counting.octets.load(Ordering::Relaxed) - before.0;
        written.log = self.log("plain-wal") - before.1;
        written.sealed_log = self.log("sealed-wal") - before.2;
        written
    }
}

fn commit(member: &mut Member, disk: &OnDisk) -> (MlsMessage, Written) {
    let draft = member.group().draft_commit(CommitOptions::new(), NOW).unwrap();
    let answers = member.answer(&draft.needs().clone());
    let prepared = draft.finish(member.group(), &*member.signer, answers).unwrap();
    let first = disk.write(&[&prepared.delta]);
    let message = member.carry_out(prepared);
    let accepted = member.group().accept_pending_commit().unwrap();
    let second = disk.write(&[&accepted.delta]);
    member.carry_out(accepted);
    (message, first + second)
}

fn process(member: &mut Member, disk: &OnDisk, message: &MlsMessage) -> Written {
    let Received::Commit(check) = member.group().receive(message, NOW).unwrap() else {
        panic!("not a commit")
    };
    let answers = member.answer(&check.needs().clone());
    let staged = check.finish(member.group(), answers).unwrap();
    let prepared = member.group().merge(staged).unwrap();
    let written = disk.write(&[&prepared.delta]);
    member.carry_out(prepared);
    written
}

fn send(member: &mut Member, disk: &OnDisk) -> (MlsMessage, Written) {
    let prepared = member.group().encrypt(b"hello", b"", &*member.signer).unwrap();
    let written = disk.write(&[&prepared.delta]);
    (member.carry_out(prepared), written)
}

fn receive(member: &mut Member, disk: &OnDisk, message: &MlsMessage) -> Written {
    let Received::Application(prepared) = member.group().receive(message, NOW).unwrap() else {
        panic!("not application data")
    };
    let written = disk.write(&[&prepared.delta]);
    member.carry_out(prepared);
    written
}

impl std::ops::Add for Written {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            octets: self.octets + other.octets,
            sealed: self.sealed + other.sealed,
            log: self.log + other.log,
            sealed_log: self.sealed_log + other.sealed_log,
        }
    }
}

fn measure(size: u32) {
    let provider: Arc<dyn CryptoProvider> = Arc::new(Insecure::new(1));
    let mut group = LargeGroup::new(&provider, size);
    let mut other = group.others.pop().unwrap();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sender = OnDisk::new(here.path(), &group.first);
    let receiver = OnDisk::new(there.path(), &other);
    let show = |what: &str, written: &Written| eprintln!("{size:>6} members, {what}: {written:?}");
    let mut most = Written::default();
    for _ in 0..3 {
        let (message, sent) = commit(&mut group.first, &sender);
        let processed = process(&mut other, &receiver, &message);
        show("commit sent", &sent);
        show("commit processed", &processed);
        for written in [sent, processed] {
            most.octets = most.octets.max(written.octets);
            most.sealed = most.sealed.max(written.sealed);
        }
    }
    assert!(most.octets <= COMMIT && most.sealed <= COMMIT, "{most:?}");
    for n in 0..4 {
        let (message, sent) = send(&mut group.first, &sender);
        let received = receive(&mut other, &receiver, &message);
        show("message sent", &sent);
        show("message received", &received);
        // The first message of an epoch derives its sender's ratchet.
        for written in [sent, received].into_iter().filter(|_| n > 0) {
            assert!(written.octets <= MESSAGE && written.sealed <= MESSAGE, "{written:?}");
        }
    }
    let (plain, sealed) = (sender.plain.count().unwrap(), sender.counting.inner.count().unwrap());
    eprintln!("{size:>6} members: {plain} records, sealed {sealed}");
    assert_reloads(sender);
}

/// Both stores hold the same, reopened.
fn assert_reloads(disk: OnDisk) {
    let OnDisk { plain, sealed, counting, directory } = disk;
    drop((sealed, counting, plain));
    let (plain, below) = (directory.join("plain"), directory.join("sealed"));
    for path in [&plain, &below] {
        eprintln!(
            "{}: {} octets",
            path.file_name().unwrap().display(),
            std::fs::metadata(path).unwrap().len()
        );
    }
    let plain = SqliteStore::open(plain).unwrap();
    let sealed = EncryptedStore::open(SqliteStore::open(below).unwrap(), &StoreSecret::key([7; 32])).unwrap();
    for kind in copath_records::RecordKind::ALL {
        let all = RecordKey::new(*kind);
        let (open, opened) = (plain.scan(&all).unwrap(), sealed.scan(&all).unwrap());
        assert!(open.iter().map(octets).eq(opened.iter().map(octets)));
    }
}

fn octets((key, record): &(RecordKey, Record)) -> (&RecordKey, &[u8]) {
    (key, record.expose())
}

#[test]
fn commits_and_messages_write_little_in_groups_of_any_size() {
    for size in [10, 1_000, 50_000] {
        measure(size);
    }
}
