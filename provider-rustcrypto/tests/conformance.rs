//! The kit, on this backend.

use std::sync::Arc;

use copath_crypto::CryptoProvider;
use copath_provider_rustcrypto::{RustCrypto, provider};

// covers: 5.1.1-01, 5.1.1-02, 5.1.1-03, 5.1.2-01, 5.1.2-02, 17.1-03
#[test]
fn the_kit_passes() {
    let report = copath_conformance::run(&provider());
    assert!(report.is_success(), "{report}");
    assert_eq!(report.absent(), [""; 0]);
}

#[test]
fn seeded_and_unseeded_understand_each_other() {
    let seeded: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([1; 32]));
    let report = copath_conformance::cross(&seeded, &provider());
    assert!(report.is_success(), "{report}");
}
