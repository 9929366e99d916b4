//! What a key is for.

use x509_cert::der::asn1::ObjectIdentifier;

/// A purpose in extKeyUsage.
///
/// RFC 5280 §4.2.1.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPurpose(pub(crate) ObjectIdentifier);

impl KeyPurpose {
    /// Any purpose.
    pub const ANY: Self = Self(ObjectIdentifier::new_unwrap("2.5.29.37.0"));
    /// A client in TLS.
    pub const CLIENT_AUTHENTICATION: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"));
    /// Electronic mail.
    pub const EMAIL_PROTECTION: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"));
    /// Instant messaging (RFC 9734).
    pub const INSTANT_MESSAGING: Self = Self(ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.40"));

    /// A purpose by its object identifier in dotted form; none if it isn't one.
    pub fn from_oid(dotted: &str) -> Option<Self> {
        ObjectIdentifier::new(dotted).ok().map(Self)
    }
}
