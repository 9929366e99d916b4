//! One ratchet of one sender.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_crypto::{CryptoError, Secret, Suite};
use copath_rules::{Violation, rule};

use super::ContentKind;
use crate::{KeyNonce, KeyScheduleError};

/// A symmetric ratchet: its head, and the keys of generations that were passed over.
///
/// RFC 9420 §9.1.
pub(super) struct Ratchet {
    pub(super) head: RatchetHead,
    /// By generation; all are below that of the head.
    pub(super) skipped: BTreeMap<u32, KeyNonce>,
}

/// The secret of the generation that comes next.
pub(super) struct RatchetHead {
    /// The generation; 2^32 when the last one has been used.
    pub(super) next: u64,
    /// `next` (u64), then `ratchet_secret_[N]_[next]`: as it is stored.
    octets: Secret,
}

/// The outcome of winding a ratchet forward.
pub(super) struct Advance {
    /// Key and nonce of the generation asked for.
    pub(super) keys: KeyNonce,
    /// The head after it.
    pub(super) head: RatchetHead,
    /// The keys of the generations passed over, as far as they are kept.
    pub(super) skipped: Vec<(u32, KeyNonce)>,
}

impl Ratchet {
    /// The oldest of the kept keys, as many as exceed `max_skipped` once `added` more are kept.
    pub(super) fn surplus(&self, added: usize, max_skipped: u32) -> Vec<u32> {
        let limit = usize::try_from(max_skipped).unwrap_or(usize::MAX);
        let surplus = self.skipped.len().saturating_add(added).saturating_sub(limit);
        self.skipped.keys().take(surplus).copied().collect()
    }
}

impl From<RatchetHead> for Ratchet {
    fn from(head: RatchetHead) -> Self {
        Self { head, skipped: BTreeMap::new() }
    }
}

impl RatchetHead {
    /// Generation 0 of the ratchet `kind` of the leaf with the secret `leaf`.
    pub(super) fn start(suite: &Suite, leaf: &[u8], kind: ContentKind) -> Result<Self, KeyScheduleError> {
        let label = match kind {
            ContentKind::Handshake => "handshake",
            ContentKind::Application => "application",
        };
        Self::derive(suite, 0, (leaf, label, &[]))
    }

    /// The head before generation `next`, by ExpandWithLabel of a secret with a label and a context.
    fn derive(
        suite: &Suite,
        next: u64,
        (secret, label, context): (&[u8], &str, &[u8]),
    ) -> Result<Self, KeyScheduleError> {
        let length = suite.hash_length().saturating_add(size_of::<u64>());
        let octets = Secret::try_fill(length, |octets| {
            let (start, output) = octets.split_first_chunk_mut().ok_or(CryptoError::LengthOutOfRange)?;
            *start = next.to_be_bytes();
            suite.expand_with_label_into(secret, label, context, output)
        })?;
        Ok(Self { next, octets })
    }

    /// What is stored of it.
    pub(super) fn payload(&self) -> &[u8] {
        self.octets.expose()
    }

    /// What was stored of it; `None` if no head is stored so.
    pub(super) fn from_payload(payload: &[u8]) -> Option<Self> {
        let next = u64::from_be_bytes(*payload.first_chunk()?);
        (next <= 1 << u32::BITS).then(|| Self { next, octets: Secret::copy_of(payload) })
    }

    /// The secret itself.
    fn secret(&self) -> &[u8] {
        self.octets.expose().get(size_of::<u64>()..).unwrap_or_default()
    }

    /// Winds forward over `generation`, which isn't below the head; the last `max_skipped` keys passed over are kept.
    pub(super) fn advance(
        &self,
        suite: &Suite,
        generation: u32,
        max_skipped: u32,
    ) -> Result<Advance, KeyScheduleError> {
        let kept_from = generation.saturating_sub(max_skipped);
        let mut skipped = Vec::new();
        let mut passed: Option<Self> = None;
        loop {
            let head = passed.as_ref().unwrap_or(self);
            // Beyond the last generation there is nothing to derive (rule 9.1-03).
            let at = u32::try_from(head.next).map_err(|_| Violation::new(rule!("9.1-03")))?;
            let after = head.step(suite, at)?;
            if at >= generation {
                return Ok(Advance { keys: head.keys(suite, at)?, head: after, skipped });
            }
            if at >= kept_from {
                skipped.push((at, head.keys(suite, at)?));
            }
            passed = Some(after);
        }
    }

    /// The head of the generation after `generation`, which is that of `self`.
    fn step(&self, suite: &Suite, generation: u32) -> Result<Self, KeyScheduleError> {
        let next = self.next.saturating_add(1);
        Self::derive(suite, next, (self.secret(), "secret", &generation.to_be_bytes()))
    }

    /// Key and nonce of `generation`, which is that of `self`.
    fn keys(&self, suite: &Suite, generation: u32) -> Result<KeyNonce, KeyScheduleError> {
        KeyNonce::expand(suite, self.secret(), &generation.to_be_bytes())
    }
}
