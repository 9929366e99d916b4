//! Public keys and signature algorithms.

use copath_crypto::SignatureScheme;
use x509_cert::der::asn1::{Any, BitString, ObjectIdentifier};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// What X.509 calls the algorithms of a signature scheme.
struct Row {
    scheme: SignatureScheme,
    /// The signature algorithm (RFC 5758 §3.2, RFC 8410 §3); for EdDSA the key's algorithm too.
    signature: ObjectIdentifier,
    /// The named curve (RFC 5480 §2.1.1.1), none for EdDSA.
    curve: Option<ObjectIdentifier>,
}

const fn row(scheme: SignatureScheme, signature: &str, curve: Option<&str>) -> Row {
    let curve = match curve {
        Some(curve) => Some(ObjectIdentifier::new_unwrap(curve)),
        None => None,
    };
    Row { scheme, signature: ObjectIdentifier::new_unwrap(signature), curve }
}

/// One hash a curve, as in the suites of RFC 9420 §17.1.
const ROWS: [Row; 5] = [
    row(SignatureScheme::ED25519, "1.3.101.112", None),
    row(SignatureScheme::ECDSA_SECP256R1_SHA256, "1.2.840.10045.4.3.2", Some("1.2.840.10045.3.1.7")),
    row(SignatureScheme::ECDSA_SECP384R1_SHA384, "1.2.840.10045.4.3.3", Some("1.3.132.0.34")),
    row(SignatureScheme::ECDSA_SECP521R1_SHA512, "1.2.840.10045.4.3.4", Some("1.3.132.0.35")),
    row(SignatureScheme::ED448, "1.3.101.113", None),
];

/// A public key that can verify signatures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PublicKey {
    pub(crate) scheme: SignatureScheme,
    /// As in `LeafNode.signature_key`.
    pub(crate) octets: Vec<u8>,
}

impl PublicKey {
    /// The key of a certificate; none if its algorithm or curve isn't known.
    pub(crate) fn read(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let octets = info.subject_public_key.as_bytes()?.to_vec();
        let algorithm = &info.algorithm;
        let row = if algorithm.oid == EC_PUBLIC_KEY {
            let curve: ObjectIdentifier = algorithm.parameters.as_ref()?.decode_as().ok()?;
            ROWS.iter().find(|row| row.curve == Some(curve))
        } else if algorithm.parameters.is_none() {
            ROWS.iter().find(|row| row.curve.is_none() && row.signature == algorithm.oid)
        } else {
            None
        };
        Some(Self { scheme: row?.scheme, octets })
    }

    /// The key as a certificate or a request carries it; none if the scheme isn't known.
    pub(crate) fn to_info(&self) -> Option<SubjectPublicKeyInfoOwned> {
        let row = ROWS.iter().find(|row| row.scheme == self.scheme)?;
        let algorithm = match &row.curve {
            Some(curve) => {
                AlgorithmIdentifierOwned { oid: EC_PUBLIC_KEY, parameters: Some(Any::from(curve)) }
            }
            None => AlgorithmIdentifierOwned { oid: row.signature, parameters: None },
        };
        let subject_public_key = BitString::from_bytes(&self.octets).ok()?;
        Some(SubjectPublicKeyInfoOwned { algorithm, subject_public_key })
    }
}

/// The scheme of a signature algorithm; none if it isn't known. None of them has parameters.
pub(crate) fn scheme_of(algorithm: &AlgorithmIdentifierOwned) -> Option<SignatureScheme> {
    let row = ROWS.iter().find(|row| row.signature == algorithm.oid)?;
    algorithm.parameters.is_none().then_some(row.scheme)
}

/// The signature algorithm of a scheme; none if it isn't known.
pub(crate) fn algorithm_of(scheme: SignatureScheme) -> Option<AlgorithmIdentifierOwned> {
    let row = ROWS.iter().find(|row| row.scheme == scheme)?;
    Some(AlgorithmIdentifierOwned { oid: row.signature, parameters: None })
}
