//! Signature schemes: known answers, crafted signatures, keys that are none.

use std::sync::Arc;

use copath_crypto::{
    CryptoError, CryptoProvider, KemAlgorithm, Secret, SignatureAlgorithm, SignatureScheme, ecdsa_low_s,
};

use crate::data::signatures::{SIGNED, Signed};
use crate::data::{Crafted, NoKey, Role, SCHEMES, Verdict, crafted, no_keys};
use crate::report::{Failure, Report, holds, refused, same};

/// What a bad signature is refused with, when its key may be bad too.
const BAD: [CryptoError; 2] = [CryptoError::InvalidSignature, CryptoError::InvalidPublicKey];

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for scheme in SCHEMES {
        let Some(algorithm) = provider.signature(scheme) else {
            report.add_absent(scheme);
            continue;
        };
        report.add(scheme, "answers for its scheme", holds(algorithm.scheme() == scheme));
        for signed in SIGNED.iter().filter(|signed| signed.scheme == scheme) {
            report.add(scheme, signed.source, known_answer(&*algorithm, signed));
            report.add(scheme, format!("{}, tampered with", signed.source), tampered(&*algorithm, signed));
        }
        for case in crafted() {
            match case {
                None => report.add(scheme, "crafted", Err(Failure::BadData)),
                Some(case) if case.scheme == scheme => {
                    report.add(scheme, format!("crafted, {}", case.what), verdict(&*algorithm, &case));
                }
                Some(_) => {}
            }
        }
        for no_key in no_keys().flatten().filter(|no_key| Some(no_key.algorithm) == same_curve(scheme)) {
            let name = format!("{:?} key that is none, {}", no_key.role, no_key.what);
            report.add(scheme, name, no_key_is_refused(&*algorithm, &no_key));
        }
        report.add(scheme, "private keys of wrong lengths", wrong_lengths(&*algorithm));
        report.add(scheme, "generated keys", generated(provider, &*algorithm));
    }
}

fn known_answer(algorithm: &dyn SignatureAlgorithm, signed: &Signed) -> Result<(), Failure> {
    algorithm.check_public_key(signed.public_key)?;
    algorithm.verify(signed.public_key, signed.message, signed.signature)?;
    let signer = algorithm.signer(&Secret::copy_of(signed.private_key))?;
    holds(signer.scheme() == signed.scheme)?;
    same(signer.public_key(), signed.public_key)?;
    let once = signer.sign(signed.message)?;
    if once == signer.sign(signed.message)? || same_curve(signed.scheme).is_none() {
        return same(&once, signed.signature);
    }
    // A signer with nonces of its own: any signature will do that verifies and has its one form.
    for _ in 0..16 {
        let signature = signer.sign(signed.message)?;
        algorithm.verify(signed.public_key, signed.message, &signature)?;
        holds(ecdsa_low_s(&signature, signed.scheme).as_ref() == Some(&signature))?;
    }
    Ok(())
}

/// Another message, and a bit flipped in every octet of the signature and of the public key.
fn tampered(algorithm: &dyn SignatureAlgorithm, signed: &Signed) -> Result<(), Failure> {
    let other = [signed.message, b"."].concat();
    refused(algorithm.verify(signed.public_key, &other, signed.signature), &[CryptoError::InvalidSignature])?;
    for signature in flipped(signed.signature) {
        let verified = algorithm.verify(signed.public_key, signed.message, &signature);
        refused(verified, &[CryptoError::InvalidSignature])?;
    }
    for public_key in flipped(signed.public_key) {
        refused(algorithm.verify(&public_key, signed.message, signed.signature), &BAD)?;
    }
    Ok(())
}

fn verdict(algorithm: &dyn SignatureAlgorithm, case: &Crafted) -> Result<(), Failure> {
    let verified = algorithm.verify(&case.public_key, &case.message, &case.signature);
    match case.verdict {
        Verdict::Accept => Ok(verified?),
        Verdict::Refuse => refused(verified, &BAD),
    }
}

fn no_key_is_refused(algorithm: &dyn SignatureAlgorithm, no_key: &NoKey) -> Result<(), Failure> {
    match no_key.role {
        Role::Public => {
            refused(algorithm.check_public_key(&no_key.octets), &[CryptoError::InvalidPublicKey])?;
            refused(algorithm.verify(&no_key.octets, b"message", b"signature"), &BAD)
        }
        Role::Private => {
            let signer = algorithm.signer(&Secret::copy_of(&no_key.octets));
            refused(signer, &[CryptoError::InvalidPrivateKey])
        }
    }
}

fn wrong_lengths(algorithm: &dyn SignatureAlgorithm) -> Result<(), Failure> {
    for length in [0, 1, 31, 33, 47, 49, 56, 58, 64, 65, 67, 114] {
        let signer = algorithm.signer(&Secret::copy_of(&vec![1; length]));
        refused(signer, &[CryptoError::InvalidPrivateKey])?;
    }
    Ok(())
}

fn generated(provider: &Arc<dyn CryptoProvider>, algorithm: &dyn SignatureAlgorithm) -> Result<(), Failure> {
    let mut random = |out: &mut [u8]| provider.random(out);
    let one = algorithm.generate(&mut random)?;
    let other = algorithm.generate(&mut random)?;
    holds(one.public_key != other.public_key)?;
    for pair in [one, other] {
        algorithm.check_public_key(&pair.public_key)?;
        let signer = algorithm.signer(&pair.private_key)?;
        same(signer.public_key(), &pair.public_key)?;
        algorithm.verify(&pair.public_key, b"message", &signer.sign(b"message")?)?;
    }
    let mut broken = |_: &mut [u8]| Err(CryptoError::RandomnessUnavailable);
    refused(algorithm.generate(&mut broken), &[CryptoError::RandomnessUnavailable])
}

/// The KEM over the curve of an ECDSA scheme: the same octets are no keys for both.
fn same_curve(scheme: SignatureScheme) -> Option<KemAlgorithm> {
    match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => Some(KemAlgorithm::DHKEM_P256),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => Some(KemAlgorithm::DHKEM_P384),
        SignatureScheme::ECDSA_SECP521R1_SHA512 => Some(KemAlgorithm::DHKEM_P521),
        _ => None,
    }
}

/// `octets` once for each octet, with a bit flipped there.
pub(crate) fn flipped(octets: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..octets.len()).map(move |at| {
        let mut octets = octets.to_vec();
        if let Some(octet) = octets.get_mut(at) {
            *octet ^= 1 << (at % 8);
        }
        octets
    })
}
