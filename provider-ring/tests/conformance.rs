//! The conformance kit on this backend, and on it together with another one.

use copath_conformance::{cross, run};
use copath_provider_ring::provider;
use copath_provider_rustcrypto as rustcrypto;

/// What the backend is known to lack; its Encap draws its own randomness (docs/adr/0002-ring-and-static-keys.md).
const ABSENT: [&str; 11] = [
    "DHKEM(X448, HKDF-SHA512)",
    "DHKEM(P-521, HKDF-SHA512)",
    "ed448",
    "ecdsa_secp521r1_sha512",
    "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: known answers of the sender, as its seed isn't used",
    "MLS_128_DHKEMP256_AES128GCM_SHA256_P256: known answers of the sender, as its seed isn't used",
    "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519: known answers of the sender, as its seed isn't used",
    "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
    "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
    "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
    "MLS_256_DHKEMP384_AES256GCM_SHA384_P384: known answers of the sender, as its seed isn't used",
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
