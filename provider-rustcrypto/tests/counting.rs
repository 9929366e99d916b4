//! What HPKE costs, counted.

use std::sync::Arc;

use copath_crypto::{CipherSuite, Counting, Counts, CryptoProvider, Suite};
use copath_hpke::{Base, HpkeOutput};
use copath_provider_rustcrypto::RustCrypto;

#[test]
fn info_is_hashed_once_for_all_recipients() {
    let counting = Arc::new(Counting::new(Arc::new(RustCrypto::seeded([3; 32]))));
    let provider: Arc<dyn CryptoProvider> = counting.clone();
    let suite = Suite::new(&provider, CipherSuite(1)).unwrap();
    let cost = |operation: &mut dyn FnMut()| {
        let before = counting.counts();
        operation();
        counting.counts() - before
    };

    let mut pair = None;
    let counts = cost(&mut || pair = suite.generate_kem_key_pair().ok());
    assert_eq!(counts, Counts { random: 1, generate_key_pair: 1, ..Counts::default() });
    let pair = pair.unwrap();

    let mut base = None;
    let counts = cost(&mut || base = Some(Base::new(&suite, &[0; 100_000])));
    assert_eq!(counts, Counts { hmac: 2, ..Counts::default() });
    let base = base.unwrap();

    let mut output = None;
    let counts = cost(&mut || {
        for _ in 0..10 {
            let seed = suite.random_secret(32).unwrap();
            output = base.seal(&pair.public_key, &seed, b"", b"plaintext").ok();
        }
    });
    assert_eq!(
        counts,
        Counts { random: 10, encap: 10, hmac: 30, seal: 10, sealed_octets: 90, ..Counts::default() }
    );
    let HpkeOutput { kem_output, ciphertext } = output.unwrap();

    let counts = cost(&mut || {
        base.open(&pair.private_key, &pair.public_key, &kem_output, b"", &ciphertext).unwrap();
    });
    assert_eq!(counts, Counts { decap: 1, hmac: 3, open: 1, opened_octets: 25, ..Counts::default() });
}

#[test]
fn signatures_are_counted() {
    let counting = Arc::new(Counting::new(Arc::new(RustCrypto::seeded([3; 32]))));
    let provider: Arc<dyn CryptoProvider> = counting.clone();
    let suite = Suite::new(&provider, CipherSuite(1)).unwrap();
    let pair = suite.generate_signature_key_pair().unwrap();
    let signer = suite.signature().signer(&pair.private_key).unwrap();
    let signature = signer.sign(b"message").unwrap();
    assert!(suite.signature().verify(&pair.public_key, b"message", &signature).is_ok());
    assert!(suite.signature().verify(&pair.public_key, b"other", &signature).is_err());
    assert_eq!(suite.hash(&[b"ab", b"c"]).as_slice().len(), 32);
    let expected = Counts {
        random: 1,
        signature_key: 2,
        sign: 1,
        signed_octets: 7,
        verify: 2,
        verified_octets: 12,
        hash: 1,
        hashed_octets: 3,
        ..Counts::default()
    };
    assert_eq!(counting.counts(), expected);
}
