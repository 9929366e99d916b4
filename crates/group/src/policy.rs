//! What RFC 9420 leaves to policy, as one explicit value.

use copath_key_schedule::Limits;
use copath_messages::{GroupId, PreSharedKeyId, Psk, ResumptionPskUsage};
use copath_ratchet_tree::LifetimePolicy;

use crate::{Misuse, PolicyRefusal};

/// What RFC 9420 leaves to the application, with safe defaults. No rule of the RFC can be switched off here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// How proposals and commits are framed when sent (RFC 9420 §6: private by default).
    pub handshake_format: HandshakeFormat,
    /// How messages are padded (RFC 9420 §15.1).
    pub padding: Padding,
    /// Lifetimes of leaves from key packages (RFC 9420 §7.2 and §7.3).
    pub lifetimes: LifetimePolicy,
    /// Past epochs whose application messages can still be read (RFC 9420 §15.3).
    pub past_epochs: u64,
    /// Past epochs whose resumption PSK is kept (RFC 9420 §8.6).
    pub resumption_epochs: u64,
    /// Steps that a ratchet may be wound forward by one message (RFC 9420 §15.3).
    pub max_forward: u32,
    /// Keys of skipped messages kept for each ratchet; the oldest go first.
    pub max_skipped: u32,
    /// Messages that one member sends in one epoch on each of its two ratchets (RFC 9420 §15.2).
    pub max_sent_per_epoch: u32,
    /// Octets of the largest message that is processed.
    pub max_message_size: usize,
    /// Proposals queued in one epoch.
    pub max_queued_proposals: usize,
    /// Octets of all proposals queued in one epoch.
    pub max_queued_octets: usize,
    /// Octets of the largest ratchet tree that is processed, inside of a message or beside it.
    pub max_tree_size: usize,
    /// Leaves of the largest ratchet tree that is processed.
    pub max_leaves: u32,
    /// Whether members may come back by an external commit that replaces their old leaf (RFC 9420 §12.4.3.2).
    pub resync: Resync,
    /// Whether clients may ask to join by proposing to add themselves (RFC 9420 §12.1.8).
    pub join_requests: JoinRequests,
    /// Whether own leaves, key packages and group infos carry random GREASE values (RFC 9420 §13.5).
    pub grease: Grease,
}

/// How proposals and commits are framed when sent; both forms are always understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HandshakeFormat {
    /// Encrypted: the delivery service sees neither content nor sender.
    #[default]
    Private,
    /// Signed plaintext, for delivery services that follow the group.
    Public,
}

/// How the plaintext of a PrivateMessage is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Padding {
    /// Not at all.
    None,
    /// Up to the next multiple of this many octets.
    Multiple(u16),
    /// So that at most a ninth is added and only a few lengths occur: Padmé, but not below 32 octets.
    Padme,
}

/// Whether a member may come back by an external commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Resync {
    /// It may, if the validator accepts its new credential as a successor.
    #[default]
    Allowed,
    /// It may not.
    Forbidden,
    /// It may, if the commit injects a resumption PSK of usage application of this group.
    WithResumptionPsk,
}

/// Whether clients may ask to join by proposing to add themselves.
///
/// Such a proposal is authenticated by the credential that it brings, and by nothing else: where requests are queued,
/// the application looks at each before it finishes the check, and all members have to do alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum JoinRequests {
    /// They are refused.
    #[default]
    Refused,
    /// They are queued if the validator accepts them in the role
    /// [`JoinRequest`](copath_credentials::CredentialRole::JoinRequest).
    Queued,
}

/// Whether random GREASE values are sent.
///
/// RFC 9420 §13.5 recommends it, so that nobody comes to rely on lists of known values. It is off unless asked for:
/// widely used implementations refuse leaves and key packages with GREASE extensions, against the RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Grease {
    /// A few values in each permitted place.
    Send,
    /// None.
    #[default]
    Omit,
}

impl Resync {
    /// Whether an external commit to the group `group_id` that injects `psks` may remove an old leaf
    /// (rule 12.4.3.2-08).
    ///
    /// # Errors
    /// [`PolicyRefusal::Resync`].
    pub(crate) fn check(self, group_id: &GroupId, psks: &[PreSharedKeyId]) -> Result<(), Misuse> {
        let proves_membership = psks.iter().any(|id| match &id.psk {
            Psk::Resumption { usage, psk_group_id, .. } => {
                *usage == ResumptionPskUsage::Application && psk_group_id == group_id
            }
            Psk::External { .. } => false,
        });
        match self {
            Self::Allowed => Ok(()),
            Self::WithResumptionPsk if proves_membership => Ok(()),
            Self::WithResumptionPsk | Self::Forbidden => Err(Misuse::Policy(PolicyRefusal::Resync)),
        }
    }
}

impl Policy {
    /// What the ratchets are told.
    pub(crate) fn ratchet_limits(&self) -> Limits {
        Limits { max_forward: self.max_forward, max_skipped: self.max_skipped }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            handshake_format: HandshakeFormat::default(),
            padding: Padding::Padme,
            lifetimes: LifetimePolicy::default(),
            past_epochs: 3,
            resumption_epochs: 16,
            max_forward: 1000,
            max_skipped: 1000,
            max_sent_per_epoch: 1 << 24,
            max_message_size: 32 << 20,
            max_queued_proposals: 10_000,
            max_queued_octets: 64 << 20,
            max_tree_size: 256 << 20,
            max_leaves: 1 << 20,
            resync: Resync::default(),
            join_requests: JoinRequests::default(),
            grease: Grease::default(),
        }
    }
}
