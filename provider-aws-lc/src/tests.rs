//! What this backend by itself promises; the conformance kit covers the rest.

use copath_crypto::Suite;

use super::*;

fn suites() -> Vec<Suite> {
    Suite::available(&provider())
}

// covers: 17.1-03
#[test]
fn has_its_suites_and_no_others() {
    let found: Vec<u16> = suites().iter().map(|suite| suite.cipher_suite().0).collect();
    assert_eq!(found, [1, 2, 3, 5, 7]);
}

#[test]
fn encap_follows_its_seed() {
    for suite in suites() {
        let kem = suite.kem();
        let public_key = suite.generate_kem_key_pair().unwrap().public_key;
        let seed = vec![7; kem.private_key_length()];
        let ephemeral = kem.derive_key_pair(&seed).unwrap().public_key;
        assert_eq!(kem.encap(&public_key, &seed).unwrap().kem_output, ephemeral, "{suite:?}");
        assert_eq!(kem.encap(&public_key, &seed[1..]).map(|_| ()), Err(CryptoError::LengthOutOfRange));
    }
}
