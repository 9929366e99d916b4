//! What can go wrong with stored state.

/// Why a store or a stored record can't be used. It never carries a record's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store can't be reached, or it failed; whether the operation is worth repeating depends on the store.
    #[error("the store is not available")]
    Unavailable,
    /// There is no room for the batch.
    #[error("the store is full")]
    Full,
    /// Another process or connection holds the store.
    #[error("the store is locked by another user")]
    Locked,
    /// The store may be read but not written.
    #[error("the store is read-only")]
    ReadOnly,
    /// The key that the store is encrypted with is missing or wrong.
    #[error("the store can't be decrypted with this key")]
    WrongKey,
    /// What is stored isn't what was written: damaged, swapped or rolled back.
    #[error("the store is corrupt")]
    Corrupt,
    /// The batch expects a record that isn't there any more: somebody else wrote meanwhile. Nothing was changed.
    #[error("somebody else has changed the stored state meanwhile")]
    Conflict,
    /// A record or the store was written by a later version of this library; nothing was changed.
    #[error("the stored state has format version {found}, this library knows up to {known}")]
    NewerFormat {
        /// The version found.
        found: u8,
        /// The latest version that this library knows.
        known: u8,
    },
}
