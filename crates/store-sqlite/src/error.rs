//! What SQLite reports, in the words of a store.

use copath_records::StoreError;
use rusqlite::{Error, ErrorCode};

/// The store's error for one of SQLite's. `TooBig` counts as full, what can only be a misuse of SQLite as unavailable.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
pub(crate) fn store_error(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::TooBig) => StoreError::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked,
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt,
        Some(ErrorCode::NotADatabase) => StoreError::Foreign,
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => StoreError::Denied,
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed) => StoreError::Io,
        _ => other(&error),
    }
}

/// Errors of reading a row: the file has tables as ours, but with other content.
fn other(error: &Error) -> StoreError {
    match error {
        Error::InvalidColumnType(..)
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::QueryReturnedNoRows
        | Error::StatementChangedRows(_) => StoreError::Corrupt,
        Error::SqliteFailure(..) | Error::SqlInputError { .. } => StoreError::Unavailable,
        _ => StoreError::Unavailable,
    }
}

/// The store's error for one of the file system's.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
pub(crate) fn file_error(error: std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => StoreError::Missing,
        ErrorKind::PermissionDenied => StoreError::Denied,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::Io,
    }
}
