//! Keys and signatures of other forms, and what a failed opening leaves behind.
//!
//! RFC 9420 §5.1. Made from keys of each suite, whatever curve it has: shorter, longer, off the curve, compressed,
//! hybrid.

use std::sync::Arc;

use copath_crypto::{
    CryptoError, CryptoProvider, EcdsaSignature, KemAlgorithm, Secret, SignatureScheme, Suite, ecdsa_low_s,
};

use crate::report::{Failure, Report, holds, refused, same};

const NO_PUBLIC_KEY: [CryptoError; 1] = [CryptoError::InvalidPublicKey];
const NO_PRIVATE_KEY: [CryptoError; 1] = [CryptoError::InvalidPrivateKey];
const NO_SIGNATURE: [CryptoError; 1] = [CryptoError::InvalidSignature];

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for suite in Suite::available(provider) {
        let subject = suite.cipher_suite();
        report.add(subject, "cut signatures and keys", cut_signatures(&suite));
        report.add(subject, "signatures have one form", one_form(&suite));
        report.add(subject, "signature keys of another form", signature_keys(&suite));
        report.add(subject, "KEM keys of another form", kem_keys(&suite));
        report.add(subject, "private keys out of range", private_keys(&suite));
        report.add(subject, "a failed opening leaves no plaintext", failed_openings(&suite));
    }
}

fn cut_signatures(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_signature_key_pair()?;
    let signer = suite.signature().signer(&pair.private_key)?;
    let key = &pair.public_key[..];
    let signature = suite.sign_with_label(&*signer, "Test", b"content")?;
    let verify = |key: &[u8], content: &[u8], signature: &[u8]| {
        suite.verify_with_label(key, "Test", content, signature)
    };
    verify(key, b"content", &signature)?;
    refused(verify(key, b"Content", &signature), &NO_SIGNATURE)?;
    for length in [0, 1, signature.len().saturating_sub(1)] {
        refused(verify(key, b"content", signature.get(..length).unwrap_or_default()), &NO_SIGNATURE)?;
    }
    for other in lengths_beside(key) {
        refused(verify(&other, b"content", &signature), &NO_PUBLIC_KEY)?;
    }
    Ok(())
}

/// ECDSA in DER with low s, EdDSA.
fn one_form(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_signature_key_pair()?;
    let signer = suite.signature().signer(&pair.private_key)?;
    for message in 0..32u8 {
        let signature = signer.sign(&[message])?;
        suite.signature().verify(&pair.public_key, &[message], &signature)?;
        if EcdsaSignature::from_der(&signature).is_some() {
            holds(ecdsa_low_s(&signature, signer.scheme()) == Some(signature))?;
        } else {
            holds(matches!(signer.scheme(), SignatureScheme::ED25519 | SignatureScheme::ED448))?;
        }
    }
    Ok(())
}

fn signature_keys(suite: &Suite) -> Result<(), Failure> {
    let pair = suite.generate_signature_key_pair()?;
    let signature = suite.signature();
    signature.check_public_key(&pair.public_key)?;
    for other in other_forms(&pair.public_key) {
        refused(signature.check_public_key(&other), &NO_PUBLIC_KEY)?;
        refused(signature.verify(&other, b"", b""), &NO_PUBLIC_KEY)?;
    }
    Ok(())
}

fn kem_keys(suite: &Suite) -> Result<(), Failure> {
    let kem = suite.kem();
    let seed = vec![1; kem.private_key_length()];
    let pair = suite.generate_kem_key_pair()?;
    same(&kem.public_key(pair.private_key.expose())?, &pair.public_key)?;
    kem.check_public_key(&pair.public_key)?;
    // Any octets of the right number are a key of X25519 and X448.
    let forms =
        if is_montgomery(suite) { lengths_beside(&pair.public_key) } else { other_forms(&pair.public_key) };
    for other in forms {
        refused(kem.check_public_key(&other), &NO_PUBLIC_KEY)?;
        refused(kem.encap(&other, &seed), &NO_PUBLIC_KEY)?;
        refused(kem.decap(pair.private_key.expose(), &pair.public_key, &other), &NO_PUBLIC_KEY)?;
    }
    refused(kem.encap(&pair.public_key, seed.get(1..).unwrap_or_default()), &[CryptoError::LengthOutOfRange])
}

fn private_keys(suite: &Suite) -> Result<(), Failure> {
    let kem = suite.kem();
    let length = kem.private_key_length();
    let mut wrong = vec![vec![], vec![1; length.saturating_sub(1)], vec![1; length.saturating_add(1)]];
    let peer = suite.generate_kem_key_pair()?.public_key;
    if !is_montgomery(suite) {
        wrong.extend([vec![0; length], vec![0xff; length]]);
        let mut one = vec![0; length];
        if let Some(last) = one.last_mut() {
            *last = 1;
        }
        kem.public_key(&one)?;
        // The signature scheme is over the same curve.
        for key in &wrong {
            refused(suite.signature().signer(&Secret::copy_of(key)), &NO_PRIVATE_KEY)?;
        }
    }
    for key in &wrong {
        refused(kem.public_key(key), &NO_PRIVATE_KEY)?;
        refused(kem.decap(key, &peer, &peer), &NO_PRIVATE_KEY)?;
    }
    Ok(())
}

fn failed_openings(suite: &Suite) -> Result<(), Failure> {
    let aead = suite.aead();
    let (key, nonce) = (vec![1; aead.key_length()], vec![2; aead.nonce_length()]);
    let mut sealed = b"plaintext".to_vec();
    aead.seal(&key, &nonce, b"aad", &mut sealed)?;
    let other_key = vec![3; aead.key_length()];
    let cut = |octets: &[u8]| octets.get(1..).unwrap_or_default().to_vec();
    let cases = [
        (other_key, nonce.clone(), b"aad", sealed.len()),
        (cut(&key), nonce.clone(), b"aad", sealed.len()),
        (key.clone(), cut(&nonce), b"aad", sealed.len()),
        (key.clone(), nonce.clone(), b"AAD", sealed.len()),
        (key.clone(), nonce.clone(), b"aad", sealed.len().saturating_sub(1)),
        (key.clone(), nonce.clone(), b"aad", 3),
    ];
    for (key, nonce, aad, length) in cases {
        let mut buffer = sealed.get(..length).unwrap_or_default().to_vec();
        refused(aead.open(&key, &nonce, aad, &mut buffer), &[CryptoError::DecryptionFailed])?;
        let is_part = |window: &[u8]| b"plaintext".windows(window.len()).any(|part| part == window);
        holds(!buffer.windows(4).any(is_part))?;
    }
    aead.open(&key, &nonce, b"aad", &mut sealed)?;
    same(&sealed, b"plaintext")
}

fn is_montgomery(suite: &Suite) -> bool {
    matches!(suite.kem().algorithm(), KemAlgorithm::DHKEM_X25519 | KemAlgorithm::DHKEM_X448)
}

/// `key` without its first octet, without its last one, with one more, and without any.
fn lengths_beside(key: &[u8]) -> Vec<Vec<u8>> {
    let (first, last) = (key.split_first().map_or(&[][..], |(_, rest)| rest), key.split_last());
    vec![vec![], first.to_vec(), last.map_or(&[][..], |(_, rest)| rest).to_vec(), [key, &[0]].concat()]
}

/// Keys like `key` that are shorter, longer, off the curve, compressed or hybrid.
fn other_forms(key: &[u8]) -> Vec<Vec<u8>> {
    const ED25519: usize = 32;
    const ED448: usize = 57;
    let mut forms = lengths_beside(key);
    let Some((_, coordinates)) = key.split_first() else { return forms };
    match key.len() {
        // y = 2 is no point of Ed25519.
        ED25519 => forms.push([&[2], &[0; ED25519 - 1][..]].concat()),
        // An odd number of octets, and not that of a point with a tag: nothing is known here that is none.
        ED448 => {}
        _ => {
            let with_tag = |tag: u8| [&[tag], coordinates].concat();
            let parity = key.last().map_or(0, |last| last & 1);
            let x = coordinates.get(..coordinates.len() / 2).unwrap_or_default();
            let mut off_curve = key.to_vec();
            if let Some(last) = off_curve.last_mut() {
                *last ^= 1;
            }
            let compressed = [&[2 | parity], x].concat();
            let infinity = vec![0];
            forms.extend([compressed, with_tag(6 | parity), with_tag(0), with_tag(5), off_curve, infinity]);
        }
    }
    forms
}
