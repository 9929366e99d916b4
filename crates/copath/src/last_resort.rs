//! Key packages with extensions, and those of last resort.
//!
//! RFC 9420 §10 and §16.8; draft-ietf-mls-extensions, "Last-Resort KeyPackages".

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_crypto::CipherSuite;
use copath_messages::{Extensions, MlsMessage, MlsMessageBody};
use copath_records::StateDelta;

use crate::key_packages::NewKeyPackage;
use crate::suite_choice::suite_on;
use crate::{Client, Error, Misuse, records};

/// What a key package has beyond what all of a client's have.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct KeyPackageOptions {
    /// Its suite; the client's first if absent.
    pub suite: Option<CipherSuite>,
    /// Extensions of the key package itself.
    pub extensions: Extensions,
    /// How often it may be used.
    pub reuse: Reuse,
}

/// How often a key package may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reuse {
    /// Once: its private keys are deleted when a Welcome has used it.
    #[default]
    Once,
    /// As often as others have run out: it is one of last resort.
    LastResort,
}

impl KeyPackageOptions {
    /// Of the client's first suite, for one use, without extensions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this suite, which the client has to be built with.
    #[must_use]
    pub fn suite(mut self, suite: CipherSuite) -> Self {
        self.suite = Some(suite);
        self
    }

    /// With these extensions; the leaf inside lists their types.
    #[must_use]
    pub fn extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = extensions;
        self
    }

    /// For more than one use.
    #[must_use]
    pub fn last_resort(mut self) -> Self {
        self.reuse = Reuse::LastResort;
        self
    }
}

impl Client {
    /// As [`Client::key_package`], with extensions, of another suite, or of last resort.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a suite that the client wasn't built with, [`Error::Rejected`] if an extension doesn't
    /// belong into a key package or last resort isn't registered; as [`Client::key_package`].
    pub fn key_package_with(&self, options: &KeyPackageOptions, now: Timestamp) -> Result<Vec<u8>, Error> {
        self.publish(options, StateDelta::new(), now)
    }

    /// A key package of last resort: a server gives it out when the others have run out, more than once if need be.
    /// Register it first. After it was used, update the own leaf in the group that was joined, and replace it.
    ///
    /// # Errors
    /// As [`Client::key_package_with`].
    pub fn last_resort_key_package(&self, now: Timestamp) -> Result<Vec<u8>, Error> {
        self.key_package_with(&KeyPackageOptions::new().last_resort(), now)
    }

    /// A key package of last resort in the place of `old`, of the same suite; the private keys of `old` are deleted in
    /// the same batch. A Welcome to `old` that comes later can't be opened any more.
    ///
    /// # Errors
    /// [`Error::Misuse`] if `old` isn't a key package; as [`Client::key_package_with`].
    pub fn replace_last_resort_key_package(&self, old: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let (suite, deleted) = self.deletion_of(old)?;
        let options = KeyPackageOptions::new().suite(suite).last_resort();
        self.publish(&options, deleted, now)
    }

    /// Deletes the private keys of a key package, given as the message that was published. Nobody can add this client
    /// by it any more.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the message isn't a key package; [`Error::Unavailable`] if the store fails.
    pub fn delete_key_package(&self, message: &[u8]) -> Result<(), Error> {
        let (_, deleted) = self.deletion_of(message)?;
        self.commit(&deleted)
    }

    fn publish(
        &self,
        options: &KeyPackageOptions,
        mut also: StateDelta,
        now: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let suite = match options.suite {
            Some(suite) => self.0.chosen_suite(suite)?,
            None => self.0.first_suite()?,
        };
        let NewKeyPackage { secrets, delta, .. } =
            self.new_key_package(suite, options, self.0.validity(now))?;
        let message = MlsMessage::from(secrets.key_package).to_bytes()?;
        also.merge(delta);
        self.commit(&also)?;
        Ok(message)
    }

    /// The suite of a key package, and the change that deletes its private keys.
    fn deletion_of(&self, message: &[u8]) -> Result<(CipherSuite, StateDelta), Error> {
        let MlsMessageBody::KeyPackage(key_package) = self.decode(message)?.body else {
            return Err(Misuse::WrongKind { expected: "key package" }.into());
        };
        let suite = suite_on(self.provider(), key_package.cipher_suite)?;
        let reference = key_package.reference(&suite).map_err(copath_group::GroupError::from)?;
        let mut delta = StateDelta::new();
        delta.delete(records::key_package(&reference)).delete_prefix(records::stocked(&reference));
        Ok((key_package.cipher_suite, delta))
    }
}
