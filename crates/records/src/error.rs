//! What can go wrong with stored state.

/// Why a store or a stored record can't be used. It never carries a record's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store can't be reached, or it failed; whether the operation is worth repeating depends on the store.
    #[error("the store is not available")]
    Unavailable,
    /// There is no store at this place, and none was to be created.
    #[error("there is no store here: create one, or mend the path")]
    Missing,
    /// The operating system refuses access.
    #[error("access to the store is denied: mend its owner or permissions")]
    Denied,
    /// Reading or writing failed below the store: a medium or file system with errors.
    #[error("reading or writing the store failed: the medium or its file system reports an error")]
    Io,
    /// There is no room for the batch.
    #[error("the store is full: nothing was changed, make room and try again")]
    Full,
    /// Another process or connection holds the store.
    #[error("the store is locked by another user: close it there, or wait")]
    Locked,
    /// The store may be read but not written.
    #[error("the store is read-only")]
    ReadOnly,
    /// The key that the store is encrypted with is missing or wrong.
    #[error("the store can't be decrypted with this key")]
    WrongKey,
    /// What is stored isn't what was written: damaged, swapped or rolled back.
    #[error("the store is corrupt: restore a backup, and rejoin its groups")]
    Corrupt,
    /// The batch expects a record that isn't there any more: somebody else wrote meanwhile. Nothing was changed.
    #[error("somebody else has changed the stored state meanwhile")]
    Conflict,
    /// The store ends too early; what is there was written by this library.
    #[error("the store is truncated: restore a backup, and rejoin its groups")]
    Truncated,
    /// Another program's data; nothing was changed.
    #[error("this is not a store of this library; nothing was changed")]
    Foreign,
    /// The store as a whole is older than the application knows it to be: a restored backup, or a clone.
    ///
    /// Its ratchets were used on, so using them again would reuse keys: the way forward is to rejoin the groups.
    #[error("the store is at generation {found}, but {expected} was reached: rejoin its groups")]
    RolledBack {
        /// The generation of the store.
        found: u64,
        /// The generation that it has reached before.
        expected: u64,
    },
    /// A record or the store was written by a later version of this library; nothing was changed.
    #[error("the stored state has format version {found}, this library knows up to {known}")]
    NewerFormat {
        /// The version found.
        found: u8,
        /// The latest version that this library knows.
        known: u8,
    },
}
