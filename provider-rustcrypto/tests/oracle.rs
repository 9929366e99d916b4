//! The composed HPKE against the `hpke` crate, both ways and for every suite that it has.
#![expect(clippy::unwrap_used, reason = "a test stops at what it can't do")]

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoError, CryptoProvider, Secret, Suite};
use copath_hpke::Base;
use copath_provider_rustcrypto::RustCrypto;
use hpke::aead::{Aead, AesGcm128, AesGcm256, ChaCha20Poly1305};
use hpke::kdf::{HkdfSha256, HkdfSha384, HkdfSha512, Kdf};
use hpke::kem::{DhP256HkdfSha256, DhP384HkdfSha384, DhP521HkdfSha512, X25519HkdfSha256};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};

const INFO: &[u8] = b"info";
const AAD: &[u8] = b"aad";
const PLAINTEXT: &[u8] = b"plaintext";

fn seeded() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([7; 32]))
}

fn seed(suite: &Suite) -> Secret {
    suite.random_secret(suite.kem().private_key_length()).unwrap()
}

fn compare<A: Aead, D: Kdf, K: Kem>(cipher_suite: CipherSuite) {
    let suite = Suite::new(&seeded(), cipher_suite).unwrap();
    let pair = suite.generate_kem_key_pair().unwrap();
    let base = Base::new(&suite, INFO);
    let private = K::PrivateKey::from_bytes(pair.private_key.expose()).unwrap();
    let public = K::PublicKey::from_bytes(&pair.public_key).unwrap();

    let ours = base.seal(&pair.public_key, &seed(&suite), AAD, PLAINTEXT).unwrap();
    let enc = K::EncappedKey::from_bytes(&ours.kem_output).unwrap();
    let opened =
        hpke::single_shot_open::<A, D, K>(&OpModeR::Base, &private, &enc, INFO, &ours.ciphertext, AAD)
            .unwrap();
    assert_eq!(opened, PLAINTEXT);

    let (enc, theirs) = hpke::single_shot_seal_with_rng::<A, D, K>(
        &OpModeS::Base,
        &public,
        INFO,
        PLAINTEXT,
        AAD,
        &mut chacha20_rng(),
    )
    .unwrap();
    let opened = base.open(&pair.private_key, &pair.public_key, &enc.to_bytes(), AAD, &theirs).unwrap();
    assert_eq!(opened.expose(), PLAINTEXT);

    let (kem_output, exported) = base.export_to(&pair.public_key, &seed(&suite), b"context", 40).unwrap();
    let enc = K::EncappedKey::from_bytes(&kem_output).unwrap();
    let receiver = hpke::setup_receiver::<A, D, K>(&OpModeR::Base, &private, &enc, INFO).unwrap();
    let mut expected = [0; 40];
    receiver.export(b"context", &mut expected).unwrap();
    assert!(exported.ct_eq(&expected));
    let received =
        base.export_from(&pair.private_key, &pair.public_key, &kem_output, b"context", 40).unwrap();
    assert!(received.ct_eq(&expected));
}

fn chacha20_rng() -> chacha20::ChaCha20Rng {
    rand_core::SeedableRng::from_seed([9; 32])
}

#[test]
fn composed_hpke_agrees_with_the_hpke_crate() {
    compare::<AesGcm128, HkdfSha256, X25519HkdfSha256>(CipherSuite(1));
    compare::<AesGcm128, HkdfSha256, DhP256HkdfSha256>(CipherSuite(2));
    compare::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(CipherSuite(3));
    compare::<AesGcm256, HkdfSha512, DhP521HkdfSha512>(CipherSuite(5));
    compare::<AesGcm256, HkdfSha384, DhP384HkdfSha384>(CipherSuite(7));
}

// covers: 17.1-01
#[test]
fn every_suite_is_available() {
    let suites: Vec<_> = Suite::available(&seeded()).iter().map(Suite::cipher_suite).collect();
    assert_eq!(suites, (1..=7).map(CipherSuite).collect::<Vec<_>>());
}

#[test]
fn one_seed_gives_one_run() {
    for suite in Suite::available(&seeded()) {
        let run = || {
            let suite = Suite::new(&seeded(), suite.cipher_suite()).unwrap();
            let pair = suite.generate_kem_key_pair().unwrap();
            let signature = suite.generate_signature_key_pair().unwrap();
            let signed = suite.signature().signer(&signature.private_key).unwrap().sign(PLAINTEXT).unwrap();
            let sealed = Base::new(&suite, INFO).seal(&pair.public_key, &seed(&suite), AAD, PLAINTEXT);
            (pair.public_key, signature.public_key, signed, sealed.unwrap())
        };
        assert_eq!(run(), run(), "{suite:?}");
    }
}

#[test]
fn every_failure_of_opening_looks_alike() {
    for suite in Suite::available(&seeded()) {
        let pair = suite.generate_kem_key_pair().unwrap();
        let base = Base::new(&suite, INFO);
        let sealed = base.seal(&pair.public_key, &seed(&suite), AAD, PLAINTEXT).unwrap();
        let (enc, ciphertext) = (&sealed.kem_output, &sealed.ciphertext);
        let open = |private: &Secret, enc: &[u8], aad: &[u8], ciphertext: &[u8]| {
            base.open(private, &pair.public_key, enc, aad, ciphertext).map(|opened| opened.expose().to_vec())
        };
        assert_eq!(open(&pair.private_key, enc, AAD, ciphertext).as_deref(), Ok(PLAINTEXT));
        let short = Secret::zero(3);
        let cut = ciphertext.get(..10).unwrap();
        for failed in [
            open(&short, enc, AAD, ciphertext),
            open(&pair.private_key, &[], AAD, ciphertext),
            open(&pair.private_key, &vec![0; enc.len()], AAD, ciphertext),
            open(&pair.private_key, enc, b"other", ciphertext),
            open(&pair.private_key, enc, AAD, cut),
            open(&pair.private_key, enc, AAD, &[]),
        ] {
            assert_eq!(failed, Err(CryptoError::DecryptionFailed), "{suite:?}");
        }
    }
}
