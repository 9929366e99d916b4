//! What is asked of the Authentication Service.

use copath_codec::Opaque;

use crate::Credential;

/// In which role a credential is presented.
///
/// RFC 9420 §5.3.1 lists the moments at which a credential has to be validated; a service may answer differently
/// for a present member, whose credential may have expired meanwhile (§5.3.2), than for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CredentialRole {
    /// A present member of a group that the client joins (rule 5.3.1-02).
    Member,
    /// A client that an Add brings in (rules 5.3.1-01 and 5.3.1-03).
    Added,
    /// A client that asks to join by proposing to add itself (rules 5.3.1-03 and 12.1.8-05): nobody vouches for it.
    JoinRequest,
    /// A member whose Update carries a new credential or signature key (rule 5.3.1-04).
    Updated,
    /// A committer whose path leaf carries a new credential or signature key (rule 5.3.1-05).
    Committer,
    /// An entry of the external senders extension (rules 5.3.1-06 and 5.3.1-07).
    ExternalSender,
    /// A client that joins by an external commit (rule 5.3.1-05).
    ExternalJoiner,
}

/// One question to the Authentication Service.
///
/// RFC 9420 §5.3.1 and RFC 9750 §4.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialQuestion {
    /// Do the identifiers in `credential` belong to `signature_key`, and are they those that the application
    /// expects (rule 5.3.1-09)?
    Valid {
        /// In which role the credential is presented.
        role: CredentialRole,
        /// The credential.
        credential: Credential,
        /// The signature key presented with it.
        signature_key: Opaque,
    },
    /// May the new credential replace the old one (rule 5.3.1-08)? The new one's validity is a question of its own.
    Successor {
        /// The credential that is replaced.
        old: Credential,
        /// The signature key that was presented with it.
        old_signature_key: Opaque,
        /// The credential that replaces it.
        new: Credential,
        /// The signature key presented with the new one.
        new_signature_key: Opaque,
    },
    /// Do both credentials stand for the same client in the application's sense of identity (RFC 9420 §11.2,
    /// §11.3 and §12.2)? [`CredentialVerdict::Accepted`](crate::CredentialVerdict::Accepted) means yes.
    SameClient {
        /// One credential.
        a: Credential,
        /// The signature key presented with it.
        a_signature_key: Opaque,
        /// The other credential.
        b: Credential,
        /// The signature key presented with it.
        b_signature_key: Opaque,
    },
}
