//! The project's own vectors on every backend.
//!
//! They were made while all of the working group's vectors passed, and cover what those leave out. One test a format.

#[path = "../backends/mod.rs"]
mod backends;
mod mutated;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use copath_crypto::CryptoProvider;
use copath_provider_rustcrypto::RustCrypto;
use copath_vectors::{Kind, Manifest, read};

use backends::backends;

/// Where the project's own vectors are.
fn own_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors")
}

/// Runs the file of a format on every backend.
#[expect(clippy::unwrap_used, reason = "called by tests alone")]
fn run(kind: Kind) {
    let manifest = Manifest::load(&own_directory()).unwrap();
    let file = format!("{kind}.json");
    let entry = manifest.entries.iter().find(|entry| entry.file == file).unwrap();
    for backend in &backends() {
        let outcome = entry.run(&backend.provider, &own_directory()).unwrap();
        backend.assert_passed(&file, &outcome);
    }
}

// covers: 4.1-01, 4.1.2-01
#[test]
fn tree_math() {
    run(Kind::TreeMath);
}

// covers: 2.1.2-01, 2.1.2-07, 2.1.2-09
#[test]
fn deserialization() {
    run(Kind::Deserialization);
}

// covers: 5.1-01, 5.1.2-02, 5.1.2-03, 5.1.3-01, 5.2-01, 8-01, 17.1-01
#[test]
fn crypto_basics() {
    run(Kind::CryptoBasics);
}

// covers: 6.3.2-02, 9-01, 9-02, 9.1-02
#[test]
fn secret_tree() {
    run(Kind::SecretTree);
}

// covers: 8-02, 8-03, 8-04, 8-05, 8.5-01
#[test]
fn key_schedule() {
    run(Kind::KeySchedule);
}

// covers: 8.4-03
#[test]
fn psk_secret() {
    run(Kind::PskSecret);
}

// covers: 8.2-01, 8.2-02
#[test]
fn transcript_hashes() {
    run(Kind::TranscriptHashes);
}

// covers: 6.1-01, 6.2-01, 6.3.1-03, 6.3.1-07, 6.3.1-10, 6.3.2-03
#[test]
fn message_protection() {
    run(Kind::MessageProtection);
}

// covers: 2.1.1-01
#[test]
fn messages() {
    run(Kind::Messages);
}

// covers: 5.2-02, 12.4.1-07, 12.4.1-08, 12.4.3-06, 12.4.3.1-04, 12.4.3.1-08
#[test]
fn welcome() {
    run(Kind::Welcome);
}

// covers: 7.7-01, 7.7-02, 12.1.1-02, 12.1.1-03, 12.1.1-04, 12.1.2-02, 12.1.3-02, 12.4.3.3-01, 12.4.3.3-03
#[test]
fn tree_operations() {
    run(Kind::TreeOperations);
}

// covers: 4.1.1-01, 4.1.1-02, 4.1.1-03, 7.2-09, 7.3-17, 7.8-01, 7.8-02, 7.9-01, 7.9-02, 7.9-03, 7.9.1-01
#[test]
fn tree_validation() {
    run(Kind::TreeValidation);
}

// covers: 4.1.2-02, 4.2-01, 7.4-01, 7.4-03, 7.5-01, 7.5-03, 7.5-07, 7.5-08, 7.5-10, 7.6-04, 12.4.1-04
#[test]
fn treekem() {
    run(Kind::TreeKem);
}

// covers: 5.2-03, 6-02, 6-03, 6.1-02, 6.1-04, 6.1-06, 6.1-07, 8.1-02, 8.1-03, 8.2-03, 8.3-01, 8.3-02, 8.4-04, 8.7-01
// covers: 12.1-03, 12.1.2-04, 12.1.7-02, 12.4.1-03, 12.4.1-05, 12.4.1-09, 12.4.3.1-19, 12.4.3.2-06, 12.4.3.2-07
#[test]
fn passive_client() {
    run(Kind::PassiveClient);
}

// covers: 11.2-02, 11.2-03, 11.3-01, 11.3-04
#[test]
fn succession() {
    run(Kind::Succession);
}

#[test]
fn every_format_has_its_file() {
    let manifest = Manifest::load(&own_directory()).unwrap();
    let listed: Vec<&str> = manifest.entries.iter().map(|entry| entry.file.as_str()).collect();
    assert_eq!(listed, Kind::ALL.map(|kind| format!("{kind}.json")));
}

/// Those of the engine follow the order in which it draws randomness; `cargo xtask vectors --check` compares them, too.
#[test]
fn vectors_are_what_the_generator_makes() {
    let seeded = |seed| Arc::new(RustCrypto::seeded(seed)) as Arc<dyn CryptoProvider>;
    let of_the_engine = [Kind::Messages, Kind::Welcome, Kind::PassiveClient, Kind::Succession];
    for kind in Kind::ALL.into_iter().filter(|kind| !of_the_engine.contains(kind)) {
        let committed = read(&own_directory().join(format!("{kind}.json"))).unwrap();
        let fresh = kind.generate(&seeded).unwrap();
        assert!(committed == fresh, "{kind}: run `cargo xtask vectors --generate`");
    }
}
