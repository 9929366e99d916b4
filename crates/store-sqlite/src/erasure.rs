//! When the write-ahead log forgets.

use copath_records::StoreError;
use rusqlite::Connection;

use crate::batch::Overwrote;
use crate::error::store_error;

/// Octets of the log from which on it is emptied whatever was written.
const LOG_LIMIT: i64 = 4 << 20;

/// Octets of a page in the log: the page and its frame header.
const FRAME: i64 = 4096 + 24;

/// When records that were replaced or deleted leave the write-ahead log; in the database they are overwritten at
/// once. Where that fails although the batch has succeeded, [`SqliteStore::unerased`](crate::SqliteStore::unerased) tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Erasure {
    /// Before the `commit` that replaced or deleted them returns. It costs a second flush of the medium a batch.
    #[default]
    EachBatch,
    /// When the log has this many octets, on [`erase`](crate::SqliteStore::erase), and when the store is closed: for
    /// a client that catches up on many messages, and erases at the end.
    Deferred {
        /// The length from which on the log is emptied.
        log_octets: u64,
    },
}

impl Erasure {
    /// Whether the log is to be emptied after a batch; `log_pages` tells how many pages it has then.
    pub(crate) fn is_due(self, overwrote: Overwrote, log_pages: impl FnOnce() -> i64) -> bool {
        let octets = || log_pages().saturating_mul(FRAME);
        match self {
            Self::EachBatch => overwrote == Overwrote::Something || octets() >= LOG_LIMIT,
            Self::Deferred { log_octets } => octets() >= i64::try_from(log_octets).unwrap_or(i64::MAX),
        }
    }
}

/// Writes what the log holds to the database, flushes that, and empties the log.
pub(crate) fn empty_log(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)").map_err(store_error)?;
    let busy: i64 = statement.query_row([], |row| row.get(0)).map_err(store_error)?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Locked) }
}

/// How many pages the log has; a checkpoint that does nothing tells.
pub(crate) fn log_pages(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)").map_err(store_error)?;
    statement.query_row([], |row| row.get(1)).map_err(store_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_is_emptied_when_due() {
        assert!(Erasure::EachBatch.is_due(Overwrote::Something, || 1));
        assert!(!Erasure::EachBatch.is_due(Overwrote::Nothing, || 1));
        assert!(Erasure::EachBatch.is_due(Overwrote::Nothing, || 2000));
        let deferred = Erasure::Deferred { log_octets: 100_000 };
        assert!(!deferred.is_due(Overwrote::Something, || 24));
        assert!(deferred.is_due(Overwrote::Nothing, || 25));
    }
}
