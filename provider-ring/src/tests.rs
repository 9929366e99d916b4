//! What this backend by itself promises; the conformance kit covers the rest.

use copath_crypto::{EcdsaSignature, KemAlgorithm, Suite, ecdsa_low_s};
use copath_hpke::{decrypt_with_label, encrypt_with_label};

use super::*;

fn suites() -> Vec<Suite> {
    Suite::available(&provider())
}

// covers: 17.1-03
#[test]
fn has_its_suites_and_no_others() {
    let found: Vec<u16> = suites().iter().map(|suite| suite.cipher_suite().0).collect();
    assert_eq!(found, [1, 2, 3, 7]);
}

// covers: 5.1.2-01
#[test]
fn what_is_signed_verifies_and_nothing_else() {
    for suite in suites() {
        let pair = suite.generate_signature_key_pair().unwrap();
        let signer = suite.signature().signer(&pair.private_key).unwrap();
        assert_eq!(signer.public_key(), pair.public_key, "{suite:?}");
        let signature = suite.sign_with_label(&*signer, "Test", b"content").unwrap();
        let verify = |key: &[u8], content: &[u8], signature: &[u8]| {
            suite.verify_with_label(key, "Test", content, signature)
        };
        assert_eq!(verify(&pair.public_key, b"content", &signature), Ok(()), "{suite:?}");
        assert_eq!(
            verify(&pair.public_key, b"Content", &signature),
            Err(CryptoError::InvalidSignature),
            "{suite:?}"
        );
        for length in [0, 1, signature.len() - 1] {
            assert_eq!(
                verify(&pair.public_key, b"content", &signature[..length]),
                Err(CryptoError::InvalidSignature),
                "{suite:?}"
            );
        }
        let key = &pair.public_key;
        for key in [&[], &key[..key.len() - 1], &[&key[..], &[0]].concat()] {
            assert_eq!(verify(key, b"content", &signature), Err(CryptoError::InvalidPublicKey), "{suite:?}");
        }
    }
}

// covers: 5.1.2-02
#[test]
fn ecdsa_signatures_have_low_s() {
    for suite in suites() {
        let pair = suite.generate_signature_key_pair().unwrap();
        let signer = suite.signature().signer(&pair.private_key).unwrap();
        for i in 0..32u8 {
            let signature = signer.sign(&[i]).unwrap();
            suite.signature().verify(&pair.public_key, &[i], &signature).unwrap();
            if EcdsaSignature::from_der(&signature).is_some() {
                assert_eq!(ecdsa_low_s(&signature, signer.scheme()), Some(signature), "{suite:?}");
            } else {
                assert_eq!(signer.scheme(), SignatureScheme::ED25519);
            }
        }
    }
}

// covers: 5.1.1-02, 5.1.1-03
#[test]
fn signature_keys_of_another_form_are_refused() {
    for suite in suites() {
        let pair = suite.generate_signature_key_pair().unwrap();
        let signature = suite.signature();
        assert_eq!(signature.check_public_key(&pair.public_key), Ok(()));
        for other in other_forms(&pair.public_key) {
            assert_eq!(signature.check_public_key(&other), Err(CryptoError::InvalidPublicKey), "{suite:?}");
            assert_eq!(
                signature.verify(&other, b"", b""),
                Err(CryptoError::InvalidPublicKey),
                "{suite:?} {other:02x?}"
            );
        }
    }
}

// covers: 5.1.1-01
#[test]
fn kem_keys_of_another_form_are_refused() {
    for suite in suites() {
        let kem = suite.kem();
        let seed = vec![1; kem.private_key_length()];
        let pair = suite.generate_kem_key_pair().unwrap();
        assert_eq!(kem.public_key(pair.private_key.expose()).unwrap(), pair.public_key);
        assert_eq!(kem.check_public_key(&pair.public_key), Ok(()));
        for other in other_forms(&pair.public_key) {
            if kem.algorithm() == KemAlgorithm::DHKEM_X25519 && other.len() == pair.public_key.len() {
                continue;
            }
            let refused = Err(CryptoError::InvalidPublicKey);
            assert_eq!(kem.check_public_key(&other), refused, "{suite:?} {other:02x?}");
            assert_eq!(kem.encap(&other, &seed).map(|_| ()), refused, "{suite:?} {other:02x?}");
            let opened = kem.decap(pair.private_key.expose(), &pair.public_key, &other).map(|_| ());
            assert_eq!(opened, refused, "{suite:?} {other:02x?}");
        }
    }
}

/// Keys like `key` that are shorter, longer, off the curve, compressed or hybrid.
fn other_forms(key: &[u8]) -> Vec<Vec<u8>> {
    let with_tag = |tag| [&[tag], &key[1..]].concat();
    let mut forms = vec![vec![], key[1..].to_vec(), key[..key.len() - 1].to_vec(), [key, &[0]].concat()];
    if key.len().is_multiple_of(2) {
        // y = 2 is no point of Ed25519.
        forms.push([&[2], &[0; 31][..]].concat());
        return forms;
    }
    let parity = key.last().map_or(0, |last| last & 1);
    let compressed = [&[2 + parity], &key[1..=key.len() / 2]].concat();
    let mut off_curve = key.to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    let infinity = vec![0];
    forms.extend([compressed, with_tag(6 + parity), with_tag(0), with_tag(5), off_curve, infinity]);
    forms
}

// covers: 5.1.1-01
#[test]
fn private_keys_out_of_range_are_refused() {
    for suite in suites() {
        let kem = suite.kem();
        let length = kem.private_key_length();
        let mut wrong = vec![vec![], vec![1; length - 1], vec![1; length + 1]];
        if kem.algorithm() != KemAlgorithm::DHKEM_X25519 {
            wrong.extend([vec![0; length], vec![0xff; length]]);
            assert!(kem.public_key(&[&vec![0; length - 1][..], &[1]].concat()).is_ok());
        }
        let peer = suite.generate_kem_key_pair().unwrap().public_key;
        for key in &wrong {
            let refused = CryptoError::InvalidPrivateKey;
            assert_eq!(kem.public_key(key), Err(refused.clone()), "{suite:?}");
            assert_eq!(kem.decap(key, &peer, &peer).map(|_| ()), Err(refused.clone()), "{suite:?}");
            // The signature scheme of each of these suites has private keys of the same length and range.
            let signer = suite.signature().signer(&copath_crypto::Secret::copy_of(key)).map(|_| ());
            assert_eq!(signer, Err(refused), "{suite:?}");
        }
    }
}

// covers: 5.1.3-01
#[test]
fn what_is_encrypted_to_a_key_is_decrypted_with_it() {
    for suite in suites() {
        let pair = suite.generate_kem_key_pair().unwrap();
        let seed = suite.random_secret(suite.kem().private_key_length()).unwrap();
        let to = (&pair.public_key[..], &seed);
        let sealed = encrypt_with_label(&suite, to, "Test", b"context", b"plaintext").unwrap();
        let open = |context: &[u8]| {
            decrypt_with_label(&suite, (&pair.private_key, &pair.public_key), "Test", context, &sealed)
        };
        assert!(open(b"context").unwrap().ct_eq(b"plaintext"), "{suite:?}");
        assert_eq!(open(b"Context").map(|_| ()), Err(CryptoError::DecryptionFailed), "{suite:?}");
    }
}

#[test]
fn a_degenerate_shared_secret_is_refused() {
    let suite = suites().remove(0);
    let kem = suite.kem();
    let pair = suite.generate_kem_key_pair().unwrap();
    let refused = Err(CryptoError::DegenerateSharedSecret);
    assert_eq!(kem.encap(&[0; 32], &[1; 32]).map(|_| ()), refused);
    assert_eq!(kem.decap(pair.private_key.expose(), &pair.public_key, &[0; 32]).map(|_| ()), refused);
    assert_eq!(kem.check_public_key(&[0; 32]), Err(CryptoError::InvalidPublicKey));
}

#[test]
fn a_failed_opening_leaves_nothing() {
    for suite in suites() {
        let aead = suite.aead();
        let (key, nonce) = (vec![1; aead.key_length()], vec![2; aead.nonce_length()]);
        let mut sealed = b"plaintext".to_vec();
        aead.seal(&key, &nonce, b"aad", &mut sealed).unwrap();
        assert_eq!(sealed.len(), 9 + aead.tag_length());
        let wrong_key = [&key[1..], &[0]].concat();
        let cases = [
            (&wrong_key[..], &nonce[..], b"aad", sealed.len()),
            (&key[1..], &nonce, b"aad", sealed.len()),
            (&key, &nonce[1..], b"aad", sealed.len()),
            (&key, &nonce, b"AAD", sealed.len()),
            (&key, &nonce, b"aad", sealed.len() - 1),
            (&key, &nonce, b"aad", 3),
        ];
        for (key, nonce, aad, length) in cases {
            let mut buffer = sealed[..length].to_vec();
            assert_eq!(aead.open(key, nonce, aad, &mut buffer), Err(CryptoError::DecryptionFailed));
            assert!(buffer.is_empty(), "{suite:?}");
        }
        aead.open(&key, &nonce, b"aad", &mut sealed).unwrap();
        assert_eq!(sealed, b"plaintext");
    }
}

#[test]
fn a_refused_sealing_changes_nothing() {
    for suite in suites() {
        let aead = suite.aead();
        let (key, nonce) = (vec![1; aead.key_length()], vec![2; aead.nonce_length()]);
        let mut buffer = b"plaintext".to_vec();
        let refused = Err(CryptoError::LengthOutOfRange);
        assert_eq!(aead.seal(&key[1..], &nonce, b"", &mut buffer), refused, "{suite:?}");
        assert_eq!(aead.seal(&key, &nonce[1..], b"", &mut buffer), refused, "{suite:?}");
        assert_eq!(buffer, b"plaintext");
    }
}

#[test]
fn encap_draws_its_own_randomness() {
    for suite in suites() {
        let kem = suite.kem();
        let public_key = suite.generate_kem_key_pair().unwrap().public_key;
        let seed = vec![7; kem.private_key_length()];
        let outputs = [(); 2].map(|()| kem.encap(&public_key, &seed).unwrap().kem_output);
        assert_ne!(outputs[0], outputs[1], "{suite:?}");
        assert_eq!(kem.encap(&public_key, &seed[1..]).map(|_| ()), Err(CryptoError::LengthOutOfRange));
    }
}
