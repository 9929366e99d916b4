//! What to do about a key package that can't be used.

use copath::messages::Lifetime;
use copath::rules::RuleId;
use copath::{CertificateDefect, Timestamp};
use copath_credentials_x509::{CertificateError, X509Error};

/// What to do if it is somebody else's.
pub(super) const WRONG_IDENTITY: &str =
    "don't add it: fetch the key package of whom you mean, and ask where this one came from";

/// What to do if nobody vouches for whose it is.
pub(super) const UNPROVEN_IDENTITY: &str =
    "don't add it before somebody who is trusted vouches for it: name them by --anchor";

const FAULTY_CLIENT: &str =
    "don't use it: the program that made it is faulty; its author has to mend it, and make another";

/// What to do about a broken rule.
pub(super) fn on_rule(rule: RuleId) -> &'static str {
    match rule.as_str() {
        "10.1-02" => {
            "fetch a key package of the group's cipher suite: a client publishes one for each that it has"
        }
        "10-06" | "7.3-03" => {
            "fetch it again, it was changed on the way or before; if it stays so, don't use it, and ask its owner"
        }
        "7.3-13" => "fetch a key package: this leaf was made for a group that its owner is in already",
        _ => FAULTY_CLIENT,
    }
}

/// What to do about a lifetime.
pub(super) fn on_lifetime(rule: RuleId, lifetime: &Lifetime, now: Timestamp) -> &'static str {
    match rule.as_str() {
        "7.3-09" if now.0 > lifetime.not_after => {
            "fetch a newer one; if there is none, its owner has to publish one: `copath keypackage new`"
        }
        "7.3-09" => "wait, or see whether this clock or the one of its maker is wrong",
        "7.2-10" => "ask its owner for one with a shorter lifetime: `copath keypackage new --days N`",
        _ => FAULTY_CLIENT,
    }
}

/// What to do about a chain of certificates.
pub(super) fn on_chain(error: &X509Error) -> &'static str {
    use CertificateDefect as D;
    let X509Error::Certificate(CertificateError { defect, .. }) = error else { return FAULTY_CLIENT };
    match defect {
        D::Revoked => "don't add it: its issuer has withdrawn the certificate; ask its owner for a new one",
        D::Expired => {
            "its owner has to have the certificate renewed, and publish a key package with the new one"
        }
        D::NotYetValid | D::RevocationListNotYetValid => {
            "wait, or see whether this clock or the one of the issuer is wrong"
        }
        D::UnknownIssuer | D::BadSignature => {
            "see whether the issuer's authority is one to be trusted, and name it by --anchor; else don't add it"
        }
        D::RevocationListStale | D::RevocationUnknown => "fetch the newest revocation list of the issuer",
        D::RevocationListForged => "fetch the revocation list from the issuer: this one isn't its own",
        D::KeyMismatch => "don't add it: whoever made it used somebody else's certificate",
        D::NoIdentity | D::AmbiguousIdentity => {
            "say by --identity which name in the certificate is the identity, or have another one issued"
        }
        _ => "its owner has to have another certificate issued: this one can't be used for a client",
    }
}
