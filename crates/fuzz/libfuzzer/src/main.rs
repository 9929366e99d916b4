//! Drives the target that `COPATH_FUZZ_TARGET` names; `cargo xtask fuzz` builds and starts it.
#![no_main]

use std::sync::OnceLock;

use copath_fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<Target> = OnceLock::new();

/// The target that the environment names.
fn chosen() -> Target {
    let name = std::env::var("COPATH_FUZZ_TARGET").unwrap_or_default();
    let found = Target::ALL.into_iter().find(|target| target.name() == name);
    found.unwrap_or_else(|| panic!("COPATH_FUZZ_TARGET names no target: {name:?}"))
}

fuzz_target!(|input: &[u8]| TARGET.get_or_init(chosen).run(input));
