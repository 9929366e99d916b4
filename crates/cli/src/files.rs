//! Files that commands write.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;

/// Where a command writes to.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArguments {
    /// The file that is written; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replaces the file if there is one.
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// What becomes of a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and the command fails.
    Keep,
    /// It is replaced as a whole.
    Replace,
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner.
    Owner,
    /// Whom the system lets.
    All,
}

impl OutputArguments {
    pub(crate) fn is_stdout(&self) -> bool {
        self.out.as_os_str() == "-"
    }

    pub(crate) fn existing(&self) -> Existing {
        Existing::of(self.overwrite)
    }

    /// Fails as [`write()`] would for a file that is there; before something is done that can't be taken back.
    pub(crate) fn check_free(&self) -> Result<(), Failure> {
        if self.is_stdout() { Ok(()) } else { check_free(&self.out, self.existing()) }
    }

    /// Writes what everybody may read.
    pub(crate) fn write(&self, octets: &[u8]) -> Result<(), Failure> {
        if self.is_stdout() {
            let mut out = io::stdout().lock();
            out.write_all(octets)?;
            return Ok(out.flush()?);
        }
        write(&self.out, octets, Readers::All, self.existing())
    }
}

impl Existing {
    pub(crate) fn of(overwrite: bool) -> Self {
        if overwrite { Self::Replace } else { Self::Keep }
    }
}

/// Fails if the file is there and has to stay, or is something else than a file: that is never replaced.
pub(crate) fn check_free(path: &Path, existing: Existing) -> Result<(), Failure> {
    let Ok(found) = fs::symlink_metadata(path) else { return check_directory(path) };
    let (kind, name) = (found.file_type(), path.display().to_string());
    if !kind.is_file() {
        let found = match kind {
            _ if kind.is_dir() => "a directory",
            _ if kind.is_symlink() => "a symbolic link",
            _ => "a device, a pipe or a socket",
        };
        return Err(Failure::NotAFile { name, found });
    }
    if existing == Existing::Keep { Err(Failure::Exists { name }) } else { Ok(()) }
}

/// Fails if a new file would have no directory.
fn check_directory(path: &Path) -> Result<(), Failure> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) if !parent.is_dir() => Err(Failure::NoDirectory { name: parent.display().to_string() }),
        _ => Ok(()),
    }
}

/// Writes a whole file or none.
pub(crate) fn write(path: &Path, octets: &[u8], readers: Readers, existing: Existing) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let name = path.display().to_string();
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::Exists { name },
            kind => Failure::Unwritable { name, kind },
        }
    };
    match existing {
        Existing::Keep => fill(path, octets, readers).map_err(failed),
        Existing::Replace => {
            check_free(path, existing)?;
            let draft = beside(path);
            // What a crash has left behind.
            drop(fs::remove_file(&draft));
            fill(&draft, octets, readers).map_err(failed)?;
            fs::rename(&draft, path).map_err(|error| {
                drop(fs::remove_file(&draft));
                failed(error)
            })
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    path.with_file_name(name)
}

/// A new file; it has its permissions from the first moment.
fn fill(path: &Path, octets: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if readers == Readers::Owner { 0o600 } else { 0o666 });
    }
    #[cfg(not(unix))]
    let _ = readers;
    let file = options.open(path)?;
    let written = write_and_sync(file, octets);
    if written.is_err() {
        drop(fs::remove_file(path));
    }
    written
}

fn write_and_sync(mut file: File, octets: &[u8]) -> io::Result<()> {
    file.write_all(octets)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_unless_it_is_to_be_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write(&path, b"one", Readers::All, Existing::Keep).unwrap();
        let kept = write(&path, b"two", Readers::All, Existing::Keep);
        assert!(matches!(kept, Err(Failure::Exists { .. })));
        assert!(matches!(check_free(&path, Existing::Keep), Err(Failure::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write(&path, b"three", Readers::Owner, Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        let missing = directory.path().join("missing/file");
        let failed = write(&missing, b"", Readers::All, Existing::Replace);
        assert!(matches!(failed, Err(Failure::NoDirectory { .. })));
        let failed = write(&missing, b"", Readers::All, Existing::Keep);
        assert!(matches!(failed, Err(Failure::Unwritable { kind: io::ErrorKind::NotFound, .. })));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no drafts are left");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("target"), b"kept").unwrap();
        fs::create_dir(path("directory")).unwrap();
        std::os::unix::fs::symlink(path("target"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
        drop(std::os::unix::net::UnixListener::bind(path("socket")).unwrap());
        let cases = [
            ("directory", "a directory"),
            ("link", "a symbolic link"),
            ("dangling", "a symbolic link"),
            ("socket", "a device, a pipe or a socket"),
        ];
        for (name, kind) in cases {
            let name = path(name);
            let before = fs::symlink_metadata(&name).unwrap().file_type();
            for existing in [Existing::Keep, Existing::Replace] {
                let refused = check_free(&name, existing).unwrap_err();
                assert_eq!(refused, Failure::NotAFile { name: name.display().to_string(), found: kind });
            }
            assert!(write(&name, b"new", Readers::All, Existing::Replace).is_err());
            assert_eq!(fs::symlink_metadata(&name).unwrap().file_type(), before);
        }
        assert_eq!(fs::read(path("target")).unwrap(), b"kept");
        assert!(!path("nowhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_secret_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        for existing in [Existing::Keep, Existing::Replace] {
            write(&path, b"secret", Readers::Owner, existing).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            // A replaced file that others could read is no longer one.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}
