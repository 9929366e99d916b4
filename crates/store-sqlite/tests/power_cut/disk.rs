//! Disks in memory that forget what wasn't flushed, below SQLite.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs, WalDisabled};

use crate::numbers::Numbers;

/// The name that the file system is registered under.
pub(crate) const VFS: &str = "forgetful";

/// What happens at a chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Power is cut: this and all later operations fail until it is back.
    Cut,
    /// There is no room: this write and all later ones fail until there is.
    Full,
    /// This operation alone fails.
    Error,
}

/// One change of a file that wasn't flushed yet.
#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
    Delete,
}

#[derive(Clone, Default)]
struct File {
    /// What the medium holds.
    flushed: Vec<u8>,
    /// What is to be read: with all changes.
    content: Vec<u8>,
    changes: Vec<Change>,
}

/// A disk: its files, and the trouble that it will have.
#[derive(Default)]
pub(crate) struct Disk {
    files: BTreeMap<String, File>,
    operations: u64,
    trouble: Option<(u64, Trouble)>,
}

static DISKS: LazyLock<Mutex<BTreeMap<String, Arc<Mutex<Disk>>>>> = LazyLock::new(|| {
    sqlite_vfs::register(VFS, FileSystem, false).unwrap();
    Mutex::default()
});

/// A disk that holds a file named `state`, reached by the path that is returned.
pub(crate) fn disk_with(name: &str, content: &[u8]) -> (Arc<Mutex<Disk>>, String) {
    let mut disk = Disk::default();
    let file = File { flushed: content.to_vec(), content: content.to_vec(), changes: Vec::new() };
    let path = format!("{name}/state");
    disk.files.insert(path.clone(), file);
    let disk = Arc::new(Mutex::new(disk));
    DISKS.lock().unwrap().insert(name.into(), Arc::clone(&disk));
    (disk, path)
}

impl Disk {
    /// Lets `trouble` happen after this many more operations that change something.
    pub(crate) fn plan(&mut self, after: u64, trouble: Trouble) {
        self.trouble = Some((self.operations + after, trouble));
    }

    /// How many operations there were that changed something.
    pub(crate) fn operations(&self) -> u64 {
        self.operations
    }

    /// Ends the trouble; says whether there was any.
    pub(crate) fn mend(&mut self) -> bool {
        self.trouble.take().is_some_and(|(at, _)| self.operations > at)
    }

    /// What all files hold after a cut, which loses and tears what wasn't flushed.
    pub(crate) fn forget(&mut self, numbers: &mut Numbers) {
        for file in self.files.values_mut() {
            file.forget(numbers);
        }
    }

    /// Whether these octets are in a file.
    pub(crate) fn holds(&self, octets: &[u8]) -> bool {
        self.files.values().any(|file| file.content.windows(octets.len()).any(|window| window == octets))
    }

    /// One operation that changes something.
    fn operate(&mut self) -> Result<(), Error> {
        self.operations += 1;
        match self.trouble {
            Some((at, Trouble::Cut)) if self.operations > at => Err(Error::other("power is cut")),
            Some((at, Trouble::Error)) if self.operations == at + 1 => Err(Error::other("a bad block")),
            _ => Ok(()),
        }
    }

    /// Whether there is no room for another write.
    fn is_full(&self) -> bool {
        matches!(self.trouble, Some((at, Trouble::Full)) if self.operations > at)
    }

    fn is_off(&self) -> bool {
        matches!(self.trouble, Some((at, Trouble::Cut)) if self.operations > at)
    }
}

impl File {
    fn change(&mut self, change: Change) {
        apply(&mut self.content, &change);
        self.changes.push(change);
    }

    fn flush(&mut self) {
        self.changes.clear();
        self.flushed.clone_from(&self.content);
    }

    fn forget(&mut self, numbers: &mut Numbers) {
        let changes = std::mem::take(&mut self.changes);
        let reached = numbers.below(changes.len() + 1);
        let fate = numbers.below(4);
        for (at, change) in changes.into_iter().enumerate() {
            let kept = match fate {
                0 => false,
                1 => true,
                2 => at < reached,
                _ => numbers.below(2) == 0,
            };
            if kept {
                apply(&mut self.flushed, &if fate == 3 { torn(change, numbers) } else { change });
            }
        }
        self.content.clone_from(&self.flushed);
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, octets) => {
            let end = offset + octets.len();
            content.resize(content.len().max(end), 0);
            content[*offset..end].copy_from_slice(octets);
        }
        Change::Resize(size) => content.resize(*size, 0),
        Change::Delete => content.clear(),
    }
}

/// A part of a write, at the beginning, in the middle or at the end.
fn torn(change: Change, numbers: &mut Numbers) -> Change {
    match change {
        Change::Write(offset, octets) if numbers.below(3) == 0 => {
            let from = numbers.below(octets.len() + 1);
            let to = from + numbers.below(octets.len() - from + 1);
            Change::Write(offset + from, octets[from..to].to_vec())
        }
        whole => whole,
    }
}

struct FileSystem;

/// A file of a disk, as SQLite has it open.
struct Handle {
    disk: Arc<Mutex<Disk>>,
    path: String,
    lock: LockKind,
}

fn disk(path: &str) -> Result<Arc<Mutex<Disk>>, Error> {
    let (name, _) = path.split_once('/').ok_or(ErrorKind::NotFound)?;
    DISKS.lock().unwrap().get(name).cloned().ok_or(ErrorKind::NotFound.into())
}

impl Vfs for FileSystem {
    type Handle = Handle;

    fn open(&self, path: &str, options: OpenOptions) -> Result<Handle, Error> {
        let disk = disk(path)?;
        let mut open = disk.lock().unwrap();
        let create = matches!(options.access, OpenAccess::Create | OpenAccess::CreateNew);
        if open.is_off() || !create && !open.files.contains_key(path) {
            return Err(ErrorKind::NotFound.into());
        }
        open.files.entry(path.into()).or_default();
        drop(open);
        Ok(Handle { disk, path: path.into(), lock: LockKind::None })
    }

    fn delete(&self, path: &str) -> Result<(), Error> {
        let disk = disk(path)?;
        let mut disk = disk.lock().unwrap();
        disk.operate()?;
        disk.files.get_mut(path).ok_or(ErrorKind::NotFound)?.change(Change::Delete);
        Ok(())
    }

    /// A file that was deleted stays as an empty one, which SQLite takes for none.
    fn exists(&self, path: &str) -> Result<bool, Error> {
        let disk = disk(path)?;
        let disk = disk.lock().unwrap();
        Ok(disk.files.get(path).is_some_and(|file| !file.content.is_empty()))
    }

    fn temporary_name(&self) -> String {
        "nowhere".into()
    }

    fn random(&self, buffer: &mut [i8]) {
        let mut numbers = Numbers(7);
        buffer.fill_with(|| i8::try_from(numbers.below(128)).unwrap());
    }

    fn sleep(&self, duration: Duration) -> Duration {
        duration
    }

    fn full_pathname<'a>(&self, path: &'a str) -> Result<Cow<'a, str>, Error> {
        Ok(path.into())
    }
}

impl Handle {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap()
    }

    fn change(&self, change: Change) -> Result<(), Error> {
        let mut disk = self.disk();
        disk.operate()?;
        disk.files.get_mut(&self.path).ok_or(ErrorKind::NotFound)?.change(change);
        Ok(())
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = WalDisabled;

    fn size(&self) -> Result<u64, Error> {
        let disk = self.disk();
        let file = disk.files.get(&self.path).ok_or(ErrorKind::NotFound)?;
        Ok(u64::try_from(file.content.len()).unwrap())
    }

    fn read_exact_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        let disk = self.disk();
        if disk.is_off() {
            return Err(Error::other("power is cut"));
        }
        let content = &disk.files.get(&self.path).ok_or(ErrorKind::NotFound)?.content;
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        buffer[length..].fill(0);
        if length < buffer.len() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn write_all_at(&mut self, octets: &[u8], offset: u64) -> Result<(), Error> {
        if self.disk().is_full() {
            return Err(ErrorKind::WriteZero.into());
        }
        self.change(Change::Write(usize::try_from(offset).unwrap(), octets.to_vec()))
    }

    fn sync(&mut self, _data_only: bool) -> Result<(), Error> {
        let mut disk = self.disk();
        disk.operate()?;
        disk.files.get_mut(&self.path).ok_or(ErrorKind::NotFound)?.flush();
        Ok(())
    }

    fn set_len(&mut self, size: u64) -> Result<(), Error> {
        self.change(Change::Resize(usize::try_from(size).unwrap()))
    }

    fn lock(&mut self, lock: LockKind) -> Result<bool, Error> {
        self.lock = lock;
        Ok(true)
    }

    fn reserved(&mut self) -> Result<bool, Error> {
        Ok(false)
    }

    fn current_lock(&self) -> Result<LockKind, Error> {
        Ok(self.lock)
    }

    fn wal_index(&self, _readonly: bool) -> Result<WalDisabled, Error> {
        Ok(WalDisabled)
    }
}
