//! The working group's files, and what they have to hold.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};

use crate::{Error, Kind, Outcome};

/// One of the working group's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Official {
    /// Its name.
    pub file: &'static str,
    /// Its format.
    pub kind: Kind,
    /// The suites it has cases of; none for formats without suites.
    pub suites: &'static [u16],
    /// How many cases it has of each suite, or in all.
    pub cases: usize,
}

const NONE: &[u16] = &[];
const FIRST: &[u16] = &[1];
const ALL: &[u16] = &[1, 2, 3, 4, 5, 6, 7];

/// All official files.
pub const OFFICIAL: [Official; 16] = [
    official("tree-math.json", Kind::TreeMath, NONE, 10),
    official("deserialization.json", Kind::Deserialization, NONE, 14),
    official("crypto-basics.json", Kind::CryptoBasics, ALL, 1),
    official("secret-tree.json", Kind::SecretTree, ALL, 3),
    official("key-schedule.json", Kind::KeySchedule, ALL, 1),
    official("psk_secret.json", Kind::PskSecret, ALL, 11),
    official("transcript-hashes.json", Kind::TranscriptHashes, ALL, 1),
    official("message-protection.json", Kind::MessageProtection, ALL, 1),
    official("messages.json", Kind::Messages, NONE, 300),
    official("welcome.json", Kind::Welcome, ALL, 1),
    official("tree-operations.json", Kind::TreeOperations, FIRST, 5),
    official("tree-validation.json", Kind::TreeValidation, ALL, 14),
    official("treekem.json", Kind::TreeKem, ALL, 11),
    official("passive-client-welcome.json", Kind::PassiveClient, ALL, 8),
    official("passive-client-handling-commit.json", Kind::PassiveClient, ALL, 13),
    official("passive-client-random.json", Kind::PassiveClient, FIRST, 1),
];

const fn official(file: &'static str, kind: Kind, suites: &'static [u16], cases: usize) -> Official {
    Official { file, kind, suites, cases }
}

impl Official {
    /// The official file of this name.
    ///
    /// # Errors
    /// [`Error::UnknownFile`].
    pub fn of_name(file: &str) -> Result<&'static Self, Error> {
        static FILES: [Official; 16] = OFFICIAL;
        FILES.iter().find(|official| official.file == file).ok_or_else(|| Error::UnknownFile(file.into()))
    }

    /// Checks that `directory` has all official files, and no other vectors.
    ///
    /// # Errors
    /// [`Error::File`] for a missing directory or file, [`Error::UnknownFile`].
    pub fn check_directory(directory: &Path) -> Result<(), Error> {
        let failed = |source| Error::File { path: directory.display().to_string(), source };
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension() == Some(OsStr::new("json")) {
                Self::of_name(&path.file_name().unwrap_or_default().to_string_lossy())?;
            }
        }
        for official in &OFFICIAL {
            let path = directory.join(official.file);
            fs::metadata(&path).map_err(|source| Error::File { path: path.display().to_string(), source })?;
        }
        Ok(())
    }

    /// Runs the file of `directory`, and checks that it has all its cases.
    ///
    /// # Errors
    /// As [`read`](crate::read), [`Kind::run`] and [`Official::check`].
    pub fn run(&self, provider: &Arc<dyn CryptoProvider>, directory: &Path) -> Result<Outcome, Error> {
        let json = crate::read(&directory.join(self.file))?;
        let outcome = self.kind.run(provider, &json)?;
        self.check(&outcome)?;
        Ok(outcome)
    }

    /// How many cases it has in all.
    pub fn total(&self) -> usize {
        self.cases.saturating_mul(self.suites.len().max(1))
    }

    /// Checks that a run saw all cases that the file should have.
    ///
    /// # Errors
    /// [`Error::Cases`].
    pub fn check(&self, outcome: &Outcome) -> Result<(), Error> {
        let suites: Vec<_> = self.suites.iter().map(|suite| Some(CipherSuite(*suite))).collect();
        let suites = if suites.is_empty() { vec![None] } else { suites };
        if outcome.cases == suites.into_iter().map(|suite| (suite, self.cases)).collect() {
            return Ok(());
        }
        Err(Error::Cases {
            file: self.file.into(),
            found: outcome.total(),
            suites: outcome.cases.keys().flatten().map(|suite| suite.0).collect(),
            expected: format!("{} of suites {:?}", self.total(), self.suites),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_cases_are_noticed() {
        let file = Official::of_name("psk_secret.json").unwrap();
        let cases = (1..=7).map(|suite| (Some(CipherSuite(suite)), 11)).collect();
        let mut outcome = Outcome { cases, ..Outcome::default() };
        assert!(file.check(&outcome).is_ok());
        outcome.cases.insert(Some(CipherSuite(3)), 10);
        assert!(matches!(file.check(&outcome), Err(Error::Cases { found: 76, .. })));
        assert!(matches!(file.check(&Outcome::default()), Err(Error::Cases { found: 0, .. })));
    }

    #[test]
    fn only_official_names_are_known() {
        assert_eq!(Official::of_name("treekem.json").unwrap().total(), 77);
        assert!(matches!(Official::of_name("treekem-2.json"), Err(Error::UnknownFile(_))));
    }
}
