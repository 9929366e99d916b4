//! The list of files with their hashes.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use copath_crypto::{CryptoError, CryptoProvider, HashAlgorithm};

use crate::{Error, Kind, Outcome};

/// A list of files of vectors, one a line: name, SHA-256, number of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The files, in the order of the lines.
    pub entries: Vec<ManifestEntry>,
}

/// One line of a [`Manifest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// How many cases it has.
    pub cases: usize,
}

impl Manifest {
    /// The name of the file that holds a manifest.
    pub const FILE: &str = "MANIFEST";

    /// Reads the manifest of a directory, which has to list all vectors in it.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Manifest`], [`Error::UnknownFile`].
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let manifest = Self::parse(&crate::read(&directory.join(Self::FILE))?)?;
        let failed = |source| Error::File { path: directory.display().to_string(), source };
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let listed = manifest.entries.iter().any(|entry| entry.file == name);
            if path.extension() == Some(OsStr::new("json")) && !listed {
                return Err(Error::UnknownFile(name.into_owned()));
            }
        }
        Ok(manifest)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// [`Error::Manifest`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let lines = text.lines().enumerate();
        let entries =
            lines.map(|(number, line)| entry(line).ok_or(Error::Manifest(number.saturating_add(1))));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The manifest as text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for ManifestEntry { file, sha256, cases } in &self.entries {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{file} {sha256} {cases}");
        }
        text
    }
}

impl ManifestEntry {
    /// Runs the file of `directory`, which has to be the one listed, and checks that it has all its cases. Its name is
    /// that of its kind.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Changed`], [`Error::UnknownKind`], [`Error::Cases`], and as [`Kind::run`].
    pub fn run(&self, provider: &Arc<dyn CryptoProvider>, directory: &Path) -> Result<Outcome, Error> {
        let json = crate::read(&directory.join(&self.file))?;
        if sha256(provider, json.as_bytes())? != self.sha256 {
            return Err(Error::Changed(self.file.clone()));
        }
        let kind: Kind = self.file.trim_end_matches(".json").parse()?;
        let outcome = kind.run(provider, &json)?;
        if outcome.total() == self.cases {
            return Ok(outcome);
        }
        let suites = outcome.cases.keys().flatten().map(|suite| suite.0).collect();
        let (file, expected) = (self.file.clone(), self.cases.to_string());
        Err(Error::Cases { file, found: outcome.total(), suites, expected })
    }
}

fn entry(line: &str) -> Option<ManifestEntry> {
    let mut parts = line.split_ascii_whitespace();
    let file = parts.next()?.to_owned();
    let sha256 = parts.next().filter(|digits| digits.len() == 64)?.to_owned();
    let cases = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(ManifestEntry { file, sha256, cases })
}

/// The SHA-256 of `content` in hexadecimal digits, by a backend.
///
/// # Errors
/// [`CryptoError::BackendFailure`] if it has no SHA-256.
pub fn sha256(provider: &Arc<dyn CryptoProvider>, content: &[u8]) -> Result<String, Error> {
    let hash = provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::BackendFailure)?;
    let mut digest = [0; 32];
    hash.hash(&[content], &mut digest);
    Ok(hex::encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_survives_a_round_trip() {
        let text = format!("a.json {} 3\nb.json {} 0\n", "0".repeat(64), "f".repeat(64));
        let manifest = Manifest::parse(&text).unwrap();
        assert_eq!(manifest.entries.len(), 2);
        assert_eq!(manifest.to_text(), text);
        assert!(matches!(Manifest::parse("a.json 00 3\n"), Err(Error::Manifest(1))));
        assert!(matches!(Manifest::parse(&format!("{text}\n")), Err(Error::Manifest(3))));
    }
}
