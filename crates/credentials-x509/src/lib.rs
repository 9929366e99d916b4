//! X.509 credentials for MLS: chains of certificates, judged for the Authentication Service.
//!
//! RFC 9420 §5.3 and RFC 5280 §6.1. [`X509Validator`] is a [`CredentialValidator`](copath_credentials::CredentialValidator)
//! over [trust anchors](TrustAnchor), [revocation lists](RevocationList) and a [`Policy`], all given by the
//! application. The structures are read by [`x509_cert`], the signatures checked by the
//! [`CryptoProvider`](copath_crypto::CryptoProvider), so every backend serves the curves that it has. Time is an
//! argument, and nothing is fetched from anywhere.
//!
//! ```
//! use std::sync::Arc;
//! use copath_credentials_x509::{IdentitySource, Policy, TrustAnchor, TrustStore, X509Validator};
//!
//! # fn main() -> Result<(), copath_credentials_x509::X509Error> {
//! let policy = Policy::new(IdentitySource::EmailAddress);
//! let root = include_bytes!("../tests/data/p256/root.der");
//! let trust = TrustStore::new().with_anchor(TrustAnchor::from_der(root, &policy.limits)?);
//! let validator = X509Validator::new(copath_provider_rustcrypto::provider(), policy, trust);
//! # let _ = Arc::new(validator);
//! # Ok(())
//! # }
//! ```
//!
//! What is checked, for each certificate of a chain: one certificate in strict DER, X.509 version 3, within the
//! [`Limits`]; in the chain's order, without repetition; the signature under the issuer's key, with the algorithm that
//! belongs to the key; validity at the given time; basicConstraints with the path length, keyUsage, extKeyUsage, name
//! constraints; no unknown critical extension (policies and policy mappings are unknown here); revocation lists. The
//! end entity's key is the leaf's signature key. Every refusal is an [`X509Error`] that says which certificate and why.

mod anchor;
mod batch;
mod certificate;
mod constraints;
mod credential;
mod error;
mod identity;
mod issuers;
mod key;
mod limits;
mod name;
mod policy;
mod purpose;
mod request;
mod revocation;
mod validator;

pub use anchor::{TrustAnchor, TrustStore};
pub use credential::{credential_from_der, credential_from_pem};
pub use error::{CertificateError, RevocationListError, X509Error};
pub use identity::{ExpectedIdentity, Identity, IdentitySource};
pub use limits::Limits;
pub use name::DistinguishedName;
pub use policy::{AnchorValidity, MissingRevocationList, Policy, RevocationPolicy};
pub use purpose::KeyPurpose;
pub use request::{CertificateRequest, RequestedName};
pub use revocation::RevocationList;
pub use validator::{VerifiedChain, X509Validator};
