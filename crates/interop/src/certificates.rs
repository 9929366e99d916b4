//! Certificates for clients, from an authority that everybody trusts and from one that nobody knows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, OnceLock, PoisonError};

use copath_codec::{Encode, Opaque};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SignatureAlgorithm, date_time_ymd,
};

use crate::peer::{Chain, Octets, PeerError, PeerResult};

/// The suites for whose signature keys rcgen makes certificates.
pub const SUITES: &[u16] = &[1, 2, 3, 5, 7];

/// A root and an authority below it, with keys of a suite.
struct Authority {
    root: Octets,
    intermediate: Octets,
    issuer: Issuer<'static, KeyPair>,
}

/// The authorities of a suite, whose names are the same.
struct Authorities {
    trusted: Authority,
    stranger: Authority,
}

/// A client's public key.
struct Subject<'a> {
    key: &'a [u8],
    algorithm: &'static SignatureAlgorithm,
}

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// The chain of the client called `name` for its public key, in DER, its own certificate first, the root left out.
///
/// # Errors
/// There are no certificates with keys of this suite.
pub fn chain(suite: u16, (name, key): (&str, &[u8]), chain: Chain) -> PeerResult<Vec<Octets>> {
    let algorithm = algorithm(suite)?;
    let mut params = named(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if chain == Chain::Expired {
        params.not_after = date_time_ymd(2001, 1, 1);
    }
    let another = KeyPair::generate_for(algorithm).map_err(PeerError::of)?;
    let key = if chain == Chain::OfAnotherKey { another.public_key_raw() } else { key };
    of_authorities(suite, |authorities| {
        let authority =
            if chain == Chain::OfAStranger { &authorities.stranger } else { &authorities.trusted };
        let certificate = params.signed_by(&Subject { key, algorithm }, &authority.issuer);
        let own = certificate.map_err(PeerError::of)?.der().to_vec();
        Ok(vec![own, authority.intermediate.clone()])
    })
}

/// The certificate that everybody trusts, in DER.
///
/// # Errors
/// There is none for this suite.
pub fn root(suite: u16) -> PeerResult<Octets> {
    of_authorities(suite, |authorities| Ok(authorities.trusted.root.clone()))
}

/// A chain as an X.509 credential holds it: the list, without its own length (RFC 9420 §5.3).
///
/// # Errors
/// A certificate is too long.
pub fn content(chain: &[Octets]) -> PeerResult<Octets> {
    let entries = chain.iter().map(|der| Opaque::from(der.clone()).to_bytes());
    entries.collect::<Result<Vec<_>, _>>().map(|entries| entries.concat()).map_err(PeerError::of)
}

/// What is made once for each suite, and stays the same for all clients.
fn of_authorities<T>(suite: u16, ask: impl FnOnce(&Authorities) -> PeerResult<T>) -> PeerResult<T> {
    static MADE: OnceLock<Mutex<BTreeMap<u16, Authorities>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let authorities = match made.entry(suite) {
        Entry::Occupied(occupied) => occupied.into_mut(),
        Entry::Vacant(vacant) => {
            vacant.insert(Authorities { trusted: authority(suite)?, stranger: authority(suite)? })
        }
    };
    ask(authorities)
}

fn authority(suite: u16) -> PeerResult<Authority> {
    let algorithm = algorithm(suite)?;
    let keys = || KeyPair::generate_for(algorithm).map_err(PeerError::of);
    let (root_key, key) = (keys()?, keys()?);
    let root = authority_named("Root");
    let intermediate = authority_named("Intermediate");
    let root_der = root.self_signed(&root_key).map_err(PeerError::of)?.der().to_vec();
    let signed = intermediate.signed_by(&key, &Issuer::new(root, root_key)).map_err(PeerError::of)?;
    let intermediate_der = signed.der().to_vec();
    Ok(Authority { root: root_der, intermediate: intermediate_der, issuer: Issuer::new(intermediate, key) })
}

fn authority_named(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Valid from 1975 to 4096.
fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn algorithm(suite: u16) -> PeerResult<&'static SignatureAlgorithm> {
    Ok(match suite {
        1 | 3 => &rcgen::PKCS_ED25519,
        2 => &rcgen::PKCS_ECDSA_P256_SHA256,
        5 => &rcgen::PKCS_ECDSA_P521_SHA512,
        7 => &rcgen::PKCS_ECDSA_P384_SHA384,
        _ => return Err(PeerError::Unsupported("certificates for this suite")),
    })
}
