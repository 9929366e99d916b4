//! The project's own vectors on every backend, and that no change of theirs goes unnoticed.

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

#[test]
fn own_vectors_pass_on_every_backend() {
    let manifest = Manifest::load(&own_directory()).unwrap();
    for kind in Kind::ALL {
        assert!(manifest.entries.iter().any(|entry| entry.file == format!("{kind}.json")), "{kind}");
    }
    let backends = backends();
    std::thread::scope(|scope| {
        for backend in &backends {
            let manifest = &manifest;
            scope.spawn(move || {
                for entry in &manifest.entries {
                    let outcome = entry.run(&backend.provider, &own_directory()).unwrap();
                    backend.assert_passed(&entry.file, &outcome);
                }
            });
        }
    });
}

/// Those of the engine follow the order in which it draws randomness; `cargo xtask vectors --check` compares them, too.
#[test]
fn own_vectors_are_what_the_generator_makes() {
    let seeded = |seed| Arc::new(RustCrypto::seeded(seed)) as Arc<dyn CryptoProvider>;
    let of_the_engine = [Kind::Messages, Kind::Welcome, Kind::PassiveClient];
    for kind in Kind::ALL.into_iter().filter(|kind| !of_the_engine.contains(kind)) {
        let committed = read(&own_directory().join(format!("{kind}.json"))).unwrap();
        let fresh = kind.generate(&seeded).unwrap();
        assert!(committed == fresh, "{kind}: run `cargo xtask vectors --generate`");
    }
}
