//! The key packages of a client.
//!
//! RFC 9420 §10.

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_crypto::{CipherSuite, Suite};
use copath_group::{GroupError, KeyPackageParameters, KeyPackageSecrets};
use copath_messages::{LeafNodeSource, Lifetime};
use copath_records::{RecordKey, RecordKind, StateDelta, unwrap_payload, wrap_payload};

use crate::client::Configuration;
use crate::last_resort::{KeyPackageOptions, Reuse};
use crate::{Client, Error, records};

/// From when and for how many days a key package is good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    pub(crate) now: Timestamp,
    pub(crate) days: u32,
}

/// A key package that isn't stored yet.
pub(crate) struct NewKeyPackage {
    pub(crate) secrets: KeyPackageSecrets,
    pub(crate) lifetime: Lifetime,
    /// The records that store it.
    pub(crate) delta: StateDelta,
}

impl Client {
    /// A fresh key package of the client's first suite, as a message to publish: whoever has it can add this client
    /// to a group, once. Its private keys are stored before this returns.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if store, signer or randomness fail.
    pub fn key_package(&self, now: Timestamp) -> Result<Vec<u8>, Error> {
        self.key_package_of(self.0.first_suite()?.cipher_suite(), now)
    }

    /// As [`Client::key_package`], of another suite that the client was built with.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a suite that it wasn't built with; as [`Client::key_package`].
    pub fn key_package_of(&self, suite: CipherSuite, now: Timestamp) -> Result<Vec<u8>, Error> {
        self.key_package_with(&KeyPackageOptions::new().suite(suite), now)
    }

    /// Asks the members of a GroupInfo's group to be added, with a fresh key package of the group's suite; gives the
    /// message to send to them (RFC 9420 §12.1.8). The members' policies say whether they take such requests. Who
    /// commits it sends a Welcome, for [`Client::join`].
    ///
    /// # Errors
    /// [`Error::Misuse`] if the client wasn't built with the group's suite; as [`Client::key_package`].
    pub fn ask_to_join(&self, group_info: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let context = self.decode_group_info(group_info)?.group_context;
        let suite = self.0.chosen_suite(context.cipher_suite)?;
        let NewKeyPackage { secrets, delta, .. } =
            self.new_key_package(suite, &KeyPackageOptions::new(), self.0.validity(now))?;
        let signer = self.0.identity_for(suite)?.signer().as_ref();
        let request = secrets.propose_self_add(suite, &context.group_id, context.epoch, signer)?;
        let message = request.to_bytes()?;
        self.commit(&delta)?;
        Ok(message)
    }

    /// A key package that isn't stored yet.
    ///
    /// # Errors
    /// Rule 7.2-10 if the client's own policy would refuse its lifetime.
    pub(crate) fn new_key_package(
        &self,
        suite: &Suite,
        options: &KeyPackageOptions,
        validity: Validity,
    ) -> Result<NewKeyPackage, Error> {
        let identity = self.0.identity_for(suite)?;
        let Validity { now, days } = validity;
        let mut parameters = KeyPackageParameters::new(self.leaf_parameters(identity), now, days);
        let lifetime = parameters.lifetime;
        self.settings().policy.lifetimes.check_sent(&lifetime, now).map_err(GroupError::from)?;
        parameters.grease = self.settings().policy.grease;
        parameters.extensions = options.extensions.clone();
        let mut parameters = parameters.registrations(&self.settings().registrations);
        if options.reuse == Reuse::LastResort {
            parameters = parameters.last_resort()?;
        }
        let secrets = KeyPackageSecrets::generate(suite, &parameters, identity.signer().as_ref())?;
        let mut delta = StateDelta::new();
        let key = records::key_package(&secrets.reference(suite)?);
        delta.put(key, wrap_payload(secrets.to_record()?.expose()));
        Ok(NewKeyPackage { secrets, lifetime, delta })
    }

    /// Deletes the key packages whose time is over, with their private keys, and tells how many they were. Those that
    /// a Welcome used are deleted by joining, those of [`Client::key_package_stock`] by replenishing it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails or a record is damaged.
    pub fn delete_expired_key_packages(&self, now: Timestamp) -> Result<usize, Error> {
        let mut expired = StateDelta::new();
        for (key, record) in self.store().scan(&RecordKey::new(RecordKind::KEY_PACKAGE))? {
            let (_, payload) = unwrap_payload(&record)?;
            let secrets =
                KeyPackageSecrets::from_record(payload, self.settings().registrations.decode_context())?;
            let source = secrets.key_package.leaf_node.leaf_node_source;
            let is_over =
                matches!(source, LeafNodeSource::KeyPackage(lifetime) if lifetime.not_after < now.0);
            if is_over && !self.is_of_stock(&key)? {
                expired.delete(key);
            }
        }
        self.commit(&expired)?;
        Ok(expired.len())
    }

    fn is_of_stock(&self, key: &RecordKey) -> Result<bool, Error> {
        let Some(reference) = key.segments().bytes() else { return Ok(false) };
        Ok(self.store().load(&records::stocked(reference))?.is_some())
    }
}

impl Configuration {
    /// As the client was built.
    pub(crate) fn validity(&self, now: Timestamp) -> Validity {
        Validity { now, days: self.key_package_days }
    }
}
