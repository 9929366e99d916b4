//! How a store is opened.

use core::time::Duration;
use std::path::Path;

use copath_records::StoreError;

use crate::{Erasure, SqliteStore};

/// What a store is opened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Reading and writing; a missing store is created.
    #[default]
    ReadWriteCreate,
    /// Reading and writing; a missing store is [`StoreError::Missing`].
    ReadWrite,
    /// Reading: not a byte of the files changes, though an empty log may stay beside the database. It needs the store
    /// to itself all the same.
    ReadOnly,
}

/// How a [`SqliteStore`] is opened: for reading and writing, without waiting, erasing with each batch, if nothing
/// else is said.
#[derive(Clone, Debug, Default)]
pub struct SqliteOptions {
    pub(crate) access: Access,
    pub(crate) wait: Duration,
    pub(crate) erasure: Erasure,
    pub(crate) max_pages: Option<u32>,
    pub(crate) vfs: Option<String>,
}

impl SqliteOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the store is opened for.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// How long to wait for a store that somebody else has open, before [`StoreError::Locked`].
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// When deleted secrets leave the write-ahead log.
    #[must_use]
    pub fn erasure(mut self, erasure: Erasure) -> Self {
        self.erasure = erasure;
        self
    }

    /// The most pages (of 4,096 octets) that the file may have; a batch that needs more is [`StoreError::Full`].
    #[must_use]
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.max_pages = Some(pages);
        self
    }

    /// The name of a registered SQLite VFS that holds the file. A store is never created through one.
    #[must_use]
    pub fn vfs(mut self, name: &str) -> Self {
        self.vfs = Some(name.into());
        self
    }

    /// Opens the store at `path`.
    ///
    /// A store is complete before it has its name, so an empty file is [`StoreError::Truncated`], and isn't filled.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`Missing`](StoreError::Missing), [`Foreign`](StoreError::Foreign),
    /// [`NewerFormat`](StoreError::NewerFormat), [`Truncated`](StoreError::Truncated),
    /// [`Corrupt`](StoreError::Corrupt), [`ReadOnly`](StoreError::ReadOnly), [`Denied`](StoreError::Denied),
    /// [`Full`](StoreError::Full) or [`Io`](StoreError::Io); the file is as it was.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        crate::open::open(path.as_ref(), self)
    }
}
