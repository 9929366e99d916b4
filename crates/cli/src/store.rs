//! Opening a store, sealed or not.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use copath::{Secret, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::{Access, SqliteOptions};

use crate::failure::Failure;

/// Which store, and what opens it.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoreArguments {
    /// The SQLite file of the store.
    #[arg(value_name = "STORE")]
    pub(crate) file: PathBuf,
    /// For an encrypted store: a file with its key, 32 octets or 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    pub(crate) key_file: Option<PathBuf>,
    /// For an encrypted store: where its passphrase comes from.
    #[arg(long, value_enum, value_name = "FROM")]
    pub(crate) passphrase: Option<PassphraseFrom>,
}

/// Where a passphrase comes from; never from the command line, which others can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PassphraseFrom {
    /// The environment variable `COPATH_PASSPHRASE`.
    Env,
    /// The first line of standard input.
    Stdin,
}

/// An open store.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    /// The generation of an encrypted store.
    pub(crate) generation: Option<u64>,
    /// Octets of the file.
    pub(crate) file_octets: u64,
}

const KEY_OCTETS: usize = 32;

impl StoreArguments {
    /// Opens the store that is there.
    pub(crate) fn open(&self, access: Access) -> Result<Opened, Failure> {
        let name = self.file.display().to_string();
        let failed = |error| Failure::Store { name: name.clone(), error };
        let sqlite = Arc::new(SqliteOptions::new().access(access).open(&self.file).map_err(failed)?);
        let file_octets = std::fs::metadata(&self.file).map_or(0, |metadata| metadata.len());
        let Some(secret) = self.secret()? else {
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

    /// Opens the store that is there, or makes one, sealed if there is something to seal it with.
    pub(crate) fn open_or_create(&self) -> Result<Arc<dyn Store>, Failure> {
        if self.file.exists() {
            return Ok(self.open(Access::ReadWrite)?.store);
        }
        let failed = |error| Failure::Store { name: self.file.display().to_string(), error };
        // Before there is a file: nothing is left behind if the key can't be read.
        let secret = self.secret()?;
        let sqlite = SqliteOptions::new().open(&self.file).map_err(failed)?;
        match secret {
            None => Ok(Arc::new(sqlite)),
            Some(secret) => Ok(Arc::new(EncryptedStore::create(sqlite, &secret).map_err(failed)?)),
        }
    }

    fn secret(&self) -> Result<Option<StoreSecret>, Failure> {
        match (&self.key_file, self.passphrase) {
            (Some(file), _) => key(file).map(Some),
            (None, Some(from)) => passphrase(from).map(Some),
            (None, None) => Ok(None),
        }
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
