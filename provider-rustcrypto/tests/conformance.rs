//! The kit, on this backend.

use std::sync::Arc;

use copath_crypto::CryptoProvider;
use copath_provider_rustcrypto::{RustCrypto, provider};

#[test]
fn the_kit_passes() {
    let report = copath_conformance::run(&provider());
    assert!(report.is_success(), "{report}");
    assert_eq!(report.absent(), [""; 0]);
}

#[test]
fn the_kit_passes_with_seeded_randomness() {
    let seeded: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([1; 32]));
    for report in [copath_conformance::run(&seeded), copath_conformance::cross(&seeded, &provider())] {
        assert!(report.is_success(), "{report}");
    }
}
