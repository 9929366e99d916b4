//! The conformance kit on this backend, and on it together with the other ones.

use copath_conformance::{cross, run};
use copath_provider_aws_lc::provider;
use copath_provider_ring as ring;
use copath_provider_rustcrypto as rustcrypto;

/// What the backend is known to lack.
const ABSENT: [&str; 4] = [
    "DHKEM(X448, HKDF-SHA512)",
    "ed448",
    "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
    "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
];

// covers: 5.1.1-01, 5.1.1-02, 5.1.1-03, 5.1.2-01, 5.1.2-02
#[test]
fn the_backend_conforms() {
    let report = run(&provider());
    assert!(report.is_success(), "{report}");
    assert_eq!(report.absent(), ABSENT);
}

// covers: 5.1.3-01
#[test]
fn it_agrees_with_rustcrypto() {
    let report = cross(&provider(), &rustcrypto::provider());
    assert!(report.is_success(), "{report}");
    assert!(report.absent().is_empty(), "{:?}", report.absent());
}

// covers: 5.1.3-01
#[test]
fn it_agrees_with_ring() {
    let report = cross(&provider(), &ring::provider());
    assert!(report.is_success(), "{report}");
    let absent = report.absent();
    assert_eq!(absent, ["MLS_256_DHKEMP521_AES256GCM_SHA512_P521"]);
}
