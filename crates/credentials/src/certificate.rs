//! What can be wrong with a certificate.

/// What is wrong with one certificate of a chain.
///
/// RFC 9420 §5.3 and RFC 5280 §6.1. The position in
/// [`RejectionReason::Certificate`](crate::RejectionReason::Certificate) says with which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateDefect {
    /// The entry is longer than the limit for a certificate; it was not parsed.
    #[error("it is longer than the limit")]
    TooLarge,
    /// The entry isn't exactly one certificate in DER: PEM, several in one entry, octets left over.
    #[error("it isn't exactly one certificate in DER")]
    Malformed,
    /// The certificate isn't of version 3.
    #[error("it isn't of X.509 version 3")]
    Version,
    /// The certificate has more extensions, names or constraints than the limit.
    #[error("it has more extensions, names or constraints than the limit")]
    TooManyEntries,
    /// An extension occurs twice.
    #[error("an extension occurs twice")]
    DuplicateExtension,
    /// An extension that is needed can't be read.
    #[error("an extension can't be read")]
    MalformedExtension,
    /// A critical extension isn't known here.
    #[error("a critical extension isn't known")]
    UnknownCriticalExtension,
    /// The certificate occurs twice in the chain, or the chain runs in a circle.
    #[error("it occurs twice in the chain, or the chain runs in a circle")]
    Duplicate,
    /// The certificate doesn't certify the one before it: its subject isn't that one's issuer.
    #[error("it isn't that of the issuer of the certificate before it")]
    WrongOrder,
    /// No trust anchor has issued the certificate, nor has any intermediate certificate that leads to one.
    #[error("its issuer leads to no trust anchor")]
    UnknownIssuer,
    /// The certificate's public key isn't the signature key presented with the credential.
    #[error("its public key isn't the signature key presented with it")]
    KeyMismatch,
    /// The public key is of an algorithm or on a curve that can't be used.
    #[error("its public key is of an algorithm or on a curve that can't be used")]
    UnsupportedKey,
    /// The signature algorithm can't be used, or doesn't fit the issuer's key.
    #[error("its signature algorithm can't be used with the issuer's key")]
    UnsupportedSignature,
    /// The two statements of the signature algorithm differ.
    #[error("it states two different signature algorithms")]
    SignatureAlgorithmMismatch,
    /// The issuer's key doesn't verify the signature.
    #[error("the issuer's key doesn't verify its signature")]
    BadSignature,
    /// The certificate ends before it begins.
    #[error("it ends before it begins")]
    EmptyValidity,
    /// The certificate isn't valid yet.
    #[error("it isn't valid yet")]
    NotYetValid,
    /// The certificate has expired.
    #[error("it has expired")]
    Expired,
    /// An issuer that isn't a certification authority (basicConstraints).
    #[error("it isn't that of a certification authority")]
    NotAnAuthority,
    /// A client that is a certification authority (basicConstraints).
    #[error("it is that of a certification authority, not of a client")]
    IsAnAuthority,
    /// There are more intermediate certificates below than the certificate allows (pathLenConstraint).
    #[error("there are more certificates below it than it allows")]
    PathTooLong,
    /// The key may not sign certificates (keyUsage).
    #[error("its key usage doesn't let it sign certificates")]
    MayNotCertify,
    /// The key may not sign (keyUsage).
    #[error("its key usage doesn't let it sign")]
    MayNotSign,
    /// The key is for other purposes (extKeyUsage).
    #[error("its extended key usage is for other purposes")]
    WrongPurpose,
    /// A name is outside of what an issuer may certify.
    #[error("a name in it isn't among those that its issuer may certify")]
    NameNotPermitted,
    /// A name is among those that an issuer may not certify.
    #[error("a name in it is among those that its issuer may not certify")]
    NameExcluded,
    /// A constraint of an issuer applies to a name in a form that can't be judged.
    #[error("a name in it can't be judged by its issuer's name constraints")]
    NameConstraintUnsupported,
    /// The name that the policy takes the identity from isn't there.
    #[error("it has no name of the kind that is the identity")]
    NoIdentity,
    /// The name that the policy takes the identity from is there more than once.
    #[error("it has several names of the kind that is the identity")]
    AmbiguousIdentity,
    /// The issuer has revoked the certificate.
    #[error("its issuer has revoked it")]
    Revoked,
    /// No revocation list of the issuer is at hand, and the policy asks for one.
    #[error("there is no revocation list of its issuer")]
    RevocationUnknown,
    /// The issuer's revocation list is older than the policy allows.
    #[error("the revocation list of its issuer is out of date")]
    RevocationListStale,
    /// The issuer's revocation list is from the future.
    #[error("the revocation list of its issuer isn't valid yet")]
    RevocationListNotYetValid,
    /// The revocation list in the issuer's name isn't signed by the issuer.
    #[error("the revocation list in its issuer's name isn't signed by the issuer")]
    RevocationListForged,
}
