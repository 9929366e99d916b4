//! Groups whose members have X.509 credentials.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

mod absurd;
mod all_groups;
#[path = "../x509/authority.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod authority;
mod mixed;
mod people;
mod refusals;
mod rotation;

use copath::CipherSuite;

/// One suite for each signature scheme.
const SUITES: [CipherSuite; 4] = [
    CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519,
    CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
    CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
];
