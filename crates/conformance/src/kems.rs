//! KEMs: known key pairs, keys that are none, agreements on zero.

use std::sync::Arc;

use copath_crypto::{CryptoError, CryptoProvider, Kem, KemAlgorithm};

use crate::data::kems::{PAIRS, Pair, UNREDUCED, Unreduced};
use crate::data::{KEMS, NoKey, Role, no_keys};
use crate::report::{Failure, Report, holds, refused, same};

/// What a bad public key or KEM output is refused with.
const BAD_POINT: [CryptoError; 2] = [CryptoError::InvalidPublicKey, CryptoError::DegenerateSharedSecret];

pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, report: &mut Report) {
    for algorithm in KEMS {
        let Some(kem) = provider.kem(algorithm) else {
            report.add_absent(algorithm);
            continue;
        };
        report.add(algorithm, "answers for its algorithm", holds(kem.algorithm() == algorithm));
        report.add(algorithm, "RFC 9180 §7.1, lengths", lengths(&*kem));
        for pair in PAIRS.iter().filter(|pair| pair.algorithm == algorithm) {
            report.add(algorithm, pair.source, known_pair(&*kem, pair));
        }
        for unreduced in UNREDUCED.iter().filter(|unreduced| unreduced.algorithm == algorithm) {
            report.add(
                algorithm,
                format!("RFC 7748 §5, {}", unreduced.what),
                known_agreement(&*kem, unreduced),
            );
        }
        for no_key in no_keys() {
            match no_key {
                None => report.add(algorithm, "keys that are none", Err(Failure::BadData)),
                Some(no_key) if no_key.algorithm == algorithm => {
                    let name = format!("{:?} key that is none, {}", no_key.role, no_key.what);
                    report.add(algorithm, name, no_key_is_refused(&*kem, &no_key));
                }
                Some(_) => {}
            }
        }
        report.add(algorithm, "seeds", seeds(&*kem));
        report.add(algorithm, "DeriveKeyPair of any length", derivations(&*kem));
    }
}

fn lengths(kem: &dyn Kem) -> Result<(), Failure> {
    let expected = match kem.algorithm() {
        KemAlgorithm::DHKEM_X25519 => (32, 32),
        KemAlgorithm::DHKEM_X448 => (56, 56),
        KemAlgorithm::DHKEM_P256 => (32, 65),
        KemAlgorithm::DHKEM_P384 => (48, 97),
        KemAlgorithm::DHKEM_P521 => (66, 133),
        _ => return Err(Failure::BadData),
    };
    holds((kem.private_key_length(), kem.public_key_length()) == expected)
}

fn known_pair(kem: &dyn Kem, pair: &Pair) -> Result<(), Failure> {
    same(&kem.public_key(pair.private_key)?, pair.public_key)?;
    kem.check_public_key(pair.public_key)?;
    round_trip(kem, pair.private_key, pair.public_key)
}

fn round_trip(kem: &dyn Kem, private_key: &[u8], public_key: &[u8]) -> Result<(), Failure> {
    let encapsulation = kem.encap(public_key, &vec![5; kem.private_key_length()])?;
    holds(encapsulation.kem_output.len() == kem.public_key_length())?;
    let shared_secret = kem.decap(private_key, public_key, &encapsulation.kem_output)?;
    same(shared_secret.expose(), encapsulation.shared_secret.expose())
}

fn known_agreement(kem: &dyn Kem, vector: &Unreduced) -> Result<(), Failure> {
    kem.check_public_key(vector.kem_output)?;
    kem.encap(vector.kem_output, &vec![5; kem.private_key_length()])?;
    let shared_secret = kem.decap(vector.private_key, vector.public_key, vector.kem_output)?;
    same(shared_secret.expose(), vector.shared_secret)
}

fn no_key_is_refused(kem: &dyn Kem, no_key: &NoKey) -> Result<(), Failure> {
    let pair = kem.derive_key_pair(b"a recipient")?;
    match no_key.role {
        Role::Public => {
            refused(kem.check_public_key(&no_key.octets), &[CryptoError::InvalidPublicKey])?;
            refused(kem.encap(&no_key.octets, &vec![5; kem.private_key_length()]), &BAD_POINT)?;
            refused(kem.decap(pair.private_key.expose(), &pair.public_key, &no_key.octets), &BAD_POINT)
        }
        Role::Private => {
            refused(kem.public_key(&no_key.octets), &[CryptoError::InvalidPrivateKey])?;
            let decapsulated = kem.decap(&no_key.octets, &pair.public_key, &pair.public_key);
            refused(decapsulated, &[CryptoError::InvalidPrivateKey])
        }
    }
}

/// A seed of another length is refused; every key pair and every encapsulation from another seed is another.
fn seeds(kem: &dyn Kem) -> Result<(), Failure> {
    let pair = kem.derive_key_pair(b"a recipient")?;
    let length = kem.private_key_length();
    for wrong in [0, length - 1, length + 1] {
        refused(kem.generate_key_pair(&vec![5; wrong]), &[CryptoError::LengthOutOfRange])?;
        refused(kem.encap(&pair.public_key, &vec![5; wrong]), &[CryptoError::LengthOutOfRange])?;
    }
    let generated = kem.generate_key_pair(&vec![5; length])?;
    same(&kem.public_key(generated.private_key.expose())?, &generated.public_key)?;
    round_trip(kem, generated.private_key.expose(), &generated.public_key)?;
    holds(generated.public_key != kem.generate_key_pair(&vec![6; length])?.public_key)?;
    let one = kem.encap(&pair.public_key, &vec![5; length])?;
    let other = kem.encap(&pair.public_key, &vec![6; length])?;
    holds(one.kem_output != other.kem_output)?;
    holds(!one.shared_secret.ct_eq(other.shared_secret.expose()))
}

/// Node secrets are as long as a hash, which may be shorter than Nsk (RFC 9420 §7.4).
fn derivations(kem: &dyn Kem) -> Result<(), Failure> {
    for length in [0, 1, 31, 32, 48, 64, 66, 200] {
        let ikm = vec![7; length];
        let pair = kem.derive_key_pair(&ikm)?;
        holds(pair.private_key.len() == kem.private_key_length())?;
        same(&kem.public_key(pair.private_key.expose())?, &pair.public_key)?;
        kem.check_public_key(&pair.public_key)?;
        same(kem.derive_key_pair(&ikm)?.private_key.expose(), pair.private_key.expose())?;
        round_trip(kem, pair.private_key.expose(), &pair.public_key)?;
    }
    Ok(())
}
