//! Secrets for applications.

use copath_crypto::{Secret, Suite};

use crate::{ExporterSecret, KeyScheduleError};

impl ExporterSecret {
    /// MLS-Exporter: `length` octets for `label` and `context`. Each use has a label of its own (rule 8.5-02).
    ///
    /// RFC 9420 §8.5.
    ///
    /// # Errors
    /// `length` is more than 255 times Nh, or `label` longer than a vector can be.
    pub fn export(
        &self,
        suite: &Suite,
        label: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<Secret, KeyScheduleError> {
        let derived = suite.expand_with_label_bytes(self.as_secret(), label, &[], suite.hash_length())?;
        let context = suite.hash(&[context]);
        Ok(suite.expand_with_label(&derived, "exported", context.as_slice(), length)?)
    }
}
