//! The working group's vectors on every backend, from the directory that `COPATH_VECTORS` names.

mod backends;

use std::path::PathBuf;

use copath_vectors::{OFFICIAL, Official};

use backends::backends;

#[expect(clippy::disallowed_methods, reason = "the one way to tell a test where the vectors are")]
fn directory() -> Option<PathBuf> {
    std::env::var("COPATH_VECTORS").ok().map(PathBuf::from)
}

#[test]
fn official_vectors_pass_on_every_backend() {
    let Some(directory) = directory() else {
        eprintln!("!!! COPATH_VECTORS is not set: THE OFFICIAL VECTORS WERE NOT RUN");
        return;
    };
    Official::check_directory(&directory).unwrap();
    let backends = backends();
    std::thread::scope(|scope| {
        for backend in &backends {
            let directory = &directory;
            scope.spawn(move || {
                for file in &OFFICIAL {
                    let outcome = file.run(&backend.provider, directory).unwrap();
                    backend.assert_passed(file.file, &outcome);
                }
            });
        }
    });
}

#[test]
fn a_missing_directory_is_an_error() {
    let nowhere = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("nowhere");
    assert!(Official::check_directory(&nowhere).is_err());
    assert!(OFFICIAL[0].run(&backends()[0].provider, &nowhere).is_err());
}
