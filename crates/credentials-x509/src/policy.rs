//! What the application decides.

use core::fmt;
use std::sync::Arc;

use copath_credentials::CredentialRole;

use crate::{ExpectedIdentity, Identity, IdentitySource, KeyPurpose, Limits};

/// What RFC 5280 and RFC 9420 leave to the application.
///
/// All members of a group need policies that come to the same verdicts: members that decide differently fork the
/// group.
#[derive(Clone)]
pub struct Policy {
    /// Which name in a certificate is the identity.
    pub identity: IdentitySource,
    /// Seconds by which clocks may differ: certificates and revocation lists are valid so much earlier and longer.
    pub clock_skew: u64,
    /// Seconds for which the end entity's certificate of a *present* member of a group that is joined may have been
    /// expired ([`CredentialRole::Member`], RFC 9420 §5.3.2). Without such a grace nobody can join a group while one
    /// member has let its certificate expire.
    pub expired_member_grace: u64,
    /// Whether a trust anchor's own validity counts.
    pub anchor_validity: AnchorValidity,
    /// Purposes of which a client's extKeyUsage has to list one, if it is there; and those of the authorities in
    /// between.
    pub purposes: Vec<KeyPurpose>,
    /// The same for external senders.
    pub external_sender_purposes: Vec<KeyPurpose>,
    /// Revocation.
    pub revocation: RevocationPolicy,
    /// Bounds on what is parsed.
    pub limits: Limits,
    expected: Option<Arc<dyn ExpectedIdentity>>,
}

/// Whether the validity of a trust anchor's own certificate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnchorValidity {
    /// An expired anchor vouches for nobody.
    Checked,
    /// An anchor is a name and a key (RFC 5280 §6.1.1): its validity doesn't count.
    Ignored,
}

/// How revocation lists are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationPolicy {
    /// What to do about a certificate for whose issuer there is no list.
    pub missing: MissingRevocationList,
    /// The most seconds since a list's thisUpdate, whatever its nextUpdate says.
    pub maximum_age: Option<u64>,
}

/// What to do about a certificate for whose issuer there is no revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingRevocationList {
    /// It counts as not revoked.
    Accept,
    /// It is refused.
    Refuse,
}

impl Policy {
    /// A policy that takes the identity from `identity`: five minutes of clock skew, no grace, anchors' validity
    /// checked, the purposes of clients, mail and messaging, no revocation list needed.
    pub fn new(identity: IdentitySource) -> Self {
        let purposes = vec![
            KeyPurpose::ANY,
            KeyPurpose::CLIENT_AUTHENTICATION,
            KeyPurpose::EMAIL_PROTECTION,
            KeyPurpose::INSTANT_MESSAGING,
        ];
        Self {
            identity,
            clock_skew: 300,
            expired_member_grace: 0,
            anchor_validity: AnchorValidity::Checked,
            external_sender_purposes: purposes.clone(),
            purposes,
            revocation: RevocationPolicy { missing: MissingRevocationList::Accept, maximum_age: None },
            limits: Limits::DEFAULT,
            expected: None,
        }
    }

    /// The same policy where only identities count that `expected` lets pass (rule 5.3.1-09).
    #[must_use]
    pub fn with_expected(mut self, expected: impl ExpectedIdentity + 'static) -> Self {
        self.expected = Some(Arc::new(expected));
        self
    }

    pub(crate) fn expects(&self, role: CredentialRole, identity: &Identity) -> bool {
        self.expected.as_ref().is_none_or(|expected| expected.expects(role, identity))
    }

    pub(crate) fn purposes_of(&self, role: CredentialRole) -> &[KeyPurpose] {
        match role {
            CredentialRole::ExternalSender => &self.external_sender_purposes,
            _ => &self.purposes,
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("identity", &self.identity)
            .field("clock_skew", &self.clock_skew)
            .field("revocation", &self.revocation)
            .finish_non_exhaustive()
    }
}
