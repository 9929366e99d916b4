//! A certification authority for tests: rcgen with our own keys.

use std::sync::Arc;

use copath_crypto::{SignatureScheme, Signer};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose,
    PublicKeyData, SanType, SigningKey, date_time_ymd,
};

pub(crate) const ED25519: SignatureScheme = SignatureScheme::ED25519;

/// A key of ours that rcgen can sign with.
#[derive(Clone)]
pub(crate) struct Key(pub(crate) Arc<dyn Signer>);

impl Key {
    pub(crate) fn new(scheme: SignatureScheme) -> Self {
        let provider = copath_provider_rustcrypto::provider();
        let algorithm = provider.signature(scheme).unwrap();
        let keys = algorithm.generate(&mut |out| provider.random(out)).unwrap();
        Self(algorithm.signer(&keys.private_key).unwrap())
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.0.public_key()
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.0.scheme() {
            SignatureScheme::ED25519 => &rcgen::PKCS_ED25519,
            SignatureScheme::ECDSA_SECP256R1_SHA256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            SignatureScheme::ECDSA_SECP384R1_SHA384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            SignatureScheme::ECDSA_SECP521R1_SHA512 => &rcgen::PKCS_ECDSA_P521_SHA512,
            other => panic!("no algorithm for {other:?}"),
        }
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// A certificate with its key.
pub(crate) struct Certified {
    pub(crate) key: Key,
    pub(crate) params: CertificateParams,
    pub(crate) der: Vec<u8>,
}

pub(crate) type Adjust = fn(&mut CertificateParams);

/// Changes nothing.
pub(crate) fn as_is(_: &mut CertificateParams) {}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2035, 1, 1);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub(crate) fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(crate) fn client_params(mailbox: &str) -> CertificateParams {
    let mut params = params("Client");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = vec![SanType::Rfc822Name(mailbox.try_into().unwrap())];
    params
}

impl Certified {
    /// A root.
    pub(crate) fn root(name: &str, adjust: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::self_signed(authority_params(name), Key::new(ED25519), adjust)
    }

    pub(crate) fn self_signed(
        mut params: CertificateParams,
        key: Key,
        adjust: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        adjust(&mut params);
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { key, params, der }
    }

    /// An authority below this one.
    pub(crate) fn authority(&self, name: &str, adjust: impl FnOnce(&mut CertificateParams)) -> Self {
        self.issue(authority_params(name), Key::new(ED25519), adjust)
    }

    /// Alice below this one.
    pub(crate) fn client(&self, adjust: impl FnOnce(&mut CertificateParams)) -> Self {
        self.issue(client_params("alice@example.com"), Key::new(ED25519), adjust)
    }

    pub(crate) fn issue(
        &self,
        mut params: CertificateParams,
        key: Key,
        adjust: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        adjust(&mut params);
        let issuer = Issuer::from_params(&self.params, self.key.clone());
        let der = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        Self { key, params, der }
    }
}
