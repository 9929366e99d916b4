//! What an authority has issued and revoked, in a file of its directory.

use std::path::{Path, PathBuf};

use copath::Timestamp;
use serde::{Deserialize, Serialize};

use crate::authority::Revoked;
use crate::failure::Failure;
use crate::files::{self, Existing, Readers};

const FILE: &str = "register.json";
/// The serial number of the root's own certificate.
const ROOT: u64 = 1;
/// The version of the file's form.
const FORMAT: u32 = 1;
const NOTE: &str = "Made by `copath ca`, a test tool. Trust nothing below this authority outside of tests.";

/// Which of the two authorities of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Issuer {
    Root,
    Intermediate,
}

/// All that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    note: String,
    format: u32,
    next_serial: u64,
    next_list: u64,
    certificates: Vec<Entry>,
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) serial: u64,
    pub(super) issuer: Issuer,
    pub(super) subject: String,
    /// Seconds since 1970.
    pub(super) not_after: u64,
    /// Seconds since 1970.
    revoked: Option<u64>,
}

impl Register {
    pub(super) fn new() -> Self {
        let note = NOTE.to_owned();
        Self { note, format: FORMAT, next_serial: ROOT, next_list: 1, certificates: Vec::new() }
    }

    pub(super) fn path(directory: &Path) -> PathBuf {
        directory.join(FILE)
    }

    pub(super) fn read(directory: &Path) -> Result<Self, Failure> {
        let path = Self::path(directory);
        let name = path.display().to_string();
        let text = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::NoAuthority { name: directory.display().to_string() },
            kind => Failure::Input { name: name.clone(), kind },
        })?;
        let read: Option<Self> = serde_json::from_slice(&text).ok();
        read.filter(|register| register.format == FORMAT).ok_or(Failure::BadRegister { name })
    }

    pub(super) fn write(&self, directory: &Path, existing: Existing) -> Result<(), Failure> {
        let path = Self::path(directory);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|_| Failure::BadRegister { name: path.display().to_string() })?;
        text.push(b'\n');
        files::write(&path, &text, Readers::All, existing)
    }

    /// Enters a certificate that is about to be issued; gives its serial number.
    pub(super) fn enter(&mut self, issuer: Issuer, subject: &str, not_after: Timestamp) -> u64 {
        let serial = self.next_serial;
        self.next_serial = serial.saturating_add(1);
        let (subject, not_after) = (subject.to_owned(), not_after.0);
        self.certificates.push(Entry { serial, issuer, subject, not_after, revoked: None });
        serial
    }

    /// Marks a certificate as revoked, if that isn't so already.
    pub(super) fn revoke(&mut self, serial: u64, now: Timestamp) -> Result<&Entry, Failure> {
        let known =
            self.certificates.iter().map(|entry| entry.serial.to_string()).collect::<Vec<_>>().join(", ");
        let entry = self.certificates.iter_mut().find(|entry| entry.serial == serial);
        let entry = entry.ok_or(Failure::NoSuchSerial { serial, known })?;
        if serial == ROOT {
            return Err(Failure::RootRevoked { serial });
        }
        entry.revoked.get_or_insert(now.0);
        Ok(entry)
    }

    /// The number of the list that is about to be issued.
    pub(super) fn take_list_number(&mut self) -> u64 {
        let number = self.next_list;
        self.next_list = number.saturating_add(1);
        number
    }

    /// What an issuer has revoked.
    pub(super) fn revoked(&self, issuer: Issuer) -> Vec<Revoked> {
        let of_issuer = self.certificates.iter().filter(|entry| entry.issuer == issuer);
        let revoked = |entry: &Entry| Some(Revoked { serial: entry.serial, at: Timestamp(entry.revoked?) });
        of_issuer.filter_map(revoked).collect()
    }
}
