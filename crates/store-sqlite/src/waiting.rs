//! Waiting for a store that somebody else has open.

use core::time::Duration;
use std::hash::{BuildHasher as _, RandomState};

use copath_records::StoreError;

/// Attempts without regard to how long the application wants to wait: two that open at once get into each other's way
/// although nobody has the store, and a file that is being written may look like anything.
const ATTEMPTS: u32 = 4;

/// The longest nap between two attempts, as a power of two of milliseconds.
const LONGEST: u32 = 7;

/// How much patience is left.
pub(crate) struct Waiting {
    left: Duration,
    attempts: u32,
}

impl Waiting {
    pub(crate) fn new(wait: Duration) -> Self {
        Self { left: wait, attempts: 0 }
    }

    /// Whether another attempt is worth it after this error; sleeps a while if so.
    ///
    /// Each attempt starts anew: SQLite's own waiting keeps a shared lock, and two who wait for each other's wait in
    /// vain. Naps have random lengths for the same reason.
    pub(crate) fn goes_on_after(&mut self, error: StoreError) -> Patience {
        self.attempts = self.attempts.saturating_add(1);
        let first = self.attempts < ATTEMPTS;
        match error {
            StoreError::Locked if first || !self.left.is_zero() => {}
            StoreError::Corrupt | StoreError::Truncated | StoreError::Foreign if first => {}
            _ => return Patience::Lost,
        }
        let longest = Duration::from_millis(1 << self.attempts.min(LONGEST));
        let part = u32::try_from(RandomState::new().hash_one(self.attempts) % 256).unwrap_or_default();
        let nap = longest.saturating_mul(part.saturating_add(1)).checked_div(256).unwrap_or(longest);
        std::thread::sleep(nap);
        self.left = self.left.saturating_sub(nap);
        Patience::Kept
    }
}

/// Whether there is to be another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Kept,
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends() {
        for (error, attempts) in [
            (StoreError::Locked, ATTEMPTS),
            (StoreError::Foreign, ATTEMPTS),
            (StoreError::Missing, 1),
            (StoreError::ReadOnly, 1),
        ] {
            let mut waiting = Waiting::new(Duration::ZERO);
            let kept = (1..).take_while(|_| waiting.goes_on_after(error) == Patience::Kept).count();
            assert_eq!(u32::try_from(kept + 1), Ok(attempts), "{error}");
        }
        let mut waiting = Waiting::new(Duration::from_millis(200));
        while waiting.goes_on_after(StoreError::Locked) == Patience::Kept {}
        assert!(waiting.left.is_zero() && waiting.attempts > ATTEMPTS);
    }
}
