//! Opening a store for reading, sealed or not.

use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;

use copath::{Secret, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::{Access, SqliteOptions};

use super::{PassphraseFrom, StateArguments};
use crate::failure::Failure;

/// An open store.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    /// The generation of an encrypted store.
    pub(super) generation: Option<u64>,
    /// Octets of the file.
    pub(super) file_octets: u64,
}

const KEY_OCTETS: usize = 32;

pub(super) fn open(arguments: &StateArguments) -> Result<Opened, Failure> {
    let name = arguments.file.display().to_string();
    let failed = |error| Failure::Store { name: name.clone(), error };
    let sqlite = SqliteOptions::new().access(Access::ReadOnly).open(&arguments.file).map_err(failed)?;
    let sqlite = Arc::new(sqlite);
    let file_octets = std::fs::metadata(&arguments.file).map_or(0, |metadata| metadata.len());
    let Some(secret) = secret(arguments)? else {
        // Any key tells whether the store is sealed at all.
        return match EncryptedStore::open(Arc::clone(&sqlite), &StoreSecret::key([0; KEY_OCTETS])) {
            Err(StoreError::Missing) => Ok(Opened { store: sqlite, generation: None, file_octets }),
            Err(StoreError::WrongKey) => Err(Failure::NeedsKey { name }),
            Err(error) => Err(failed(error)),
            Ok(_) => Err(Failure::NeedsKey { name }),
        };
    };
    match EncryptedStore::open(sqlite, &secret) {
        Err(StoreError::Missing) => Err(Failure::NotEncrypted { name }),
        Err(error) => Err(failed(error)),
        Ok(store) => {
            let generation = Some(store.generation().map_err(failed)?);
            Ok(Opened { store: Arc::new(store), generation, file_octets })
        }
    }
}

fn secret(arguments: &StateArguments) -> Result<Option<StoreSecret>, Failure> {
    match (&arguments.key_file, arguments.passphrase) {
        (Some(file), _) => key(file).map(Some),
        (None, Some(from)) => passphrase(from).map(Some),
        (None, None) => Ok(None),
    }
}

fn key(file: &Path) -> Result<StoreSecret, Failure> {
    let name = file.display().to_string();
    let octets = std::fs::read(file)
        .map(Secret::from)
        .map_err(|error| Failure::Input { name: name.clone(), kind: error.kind() })?;
    let bad = || Failure::BadKeyFile { name: name.clone() };
    let key: [u8; KEY_OCTETS] = match <[u8; KEY_OCTETS]>::try_from(octets.expose()) {
        Ok(key) => key,
        Err(_) => {
            let mut key = [0; KEY_OCTETS];
            hex::decode_to_slice(octets.expose().trim_ascii(), &mut key).map_err(|_| bad())?;
            key
        }
    };
    Ok(StoreSecret::key(key))
}

fn passphrase(from: PassphraseFrom) -> Result<StoreSecret, Failure> {
    let passphrase = match from {
        #[expect(clippy::disallowed_methods, reason = "the user's choice of where the passphrase is")]
        PassphraseFrom::Env => std::env::var("COPATH_PASSPHRASE").map_err(|_| Failure::NoPassphrase)?,
        PassphraseFrom::Stdin => {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            read.map_err(|error| Failure::Input { name: "-".into(), kind: error.kind() })?;
            line
        }
    };
    let passphrase = Secret::from(passphrase.into_bytes());
    match passphrase.expose().strip_suffix(b"\n").unwrap_or(passphrase.expose()) {
        [] => Err(Failure::NoPassphrase),
        passphrase => Ok(StoreSecret::passphrase(passphrase)),
    }
}
