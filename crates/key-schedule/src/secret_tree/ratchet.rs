//! One ratchet of one sender.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_crypto::{Secret, Suite};
use copath_rules::{Violation, rule};

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
    /// `ratchet_secret_[N]_[next]`.
    pub(super) secret: Secret,
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
    /// The head of an unused ratchet.
    pub(super) const fn start(secret: Secret) -> Self {
        Self { next: 0, secret }
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
        let secret = suite.derive_tree_secret(&self.secret, "secret", generation, suite.hash_length())?;
        Ok(Self { next: self.next.saturating_add(1), secret })
    }

    /// Key and nonce of `generation`, which is that of `self`.
    fn keys(&self, suite: &Suite, generation: u32) -> Result<KeyNonce, KeyScheduleError> {
        KeyNonce::expand(suite, &self.secret, &generation.to_be_bytes())
    }
}
