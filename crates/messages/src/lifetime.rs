//! How long a key package may be used.

use copath_codec::wire_struct;
use copath_credentials::Timestamp;

wire_struct! {
    /// When a leaf node from a key package is valid, both ends included.
    ///
    /// RFC 9420 §7.2: seconds since the beginning of 1970.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Lifetime {
        /// The first second.
        pub not_before: u64,
        /// The last second.
        pub not_after: u64,
    }
}

impl Lifetime {
    /// Whether `now` is inside.
    pub fn contains(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now.as_secs())
    }

    /// Seconds from the first to the last; `None` if the end is before the beginning (rule 7.2-12).
    pub fn length(&self) -> Option<u64> {
        self.not_after.checked_sub(self.not_before)
    }
}
