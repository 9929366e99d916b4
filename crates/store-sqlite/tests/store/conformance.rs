//! The kit for stores, and thousands of groups' worth of records.

use copath_records::conformance;
use copath_store_sqlite::{Erasure, SqliteOptions, SqliteStore};

#[test]
fn store_conforms() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(conformance::check(|name| SqliteStore::open(directory.path().join(name))), Ok(()));
}

#[test]
fn store_that_erases_later_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().erasure(Erasure::Deferred { log_octets: 100_000 });
    assert_eq!(conformance::check(|name| options.open(directory.path().join(name))), Ok(()));
}
