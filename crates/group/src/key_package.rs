//! Generating key packages.
//!
//! RFC 9420 §10. A key package is prepared: its private keys are stored before it is published, and deleted after
//! the Welcome that used it has been verified and stored.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{Decode, DecodeContext, Encode, Reader, Writer};
use copath_credentials::Timestamp;
use copath_crypto::{Secret, Signer, Suite};
use copath_messages::{
    Extensions, KeyPackage, LeafNodeSource, LeafPosition, Lifetime, ProtocolVersion, UnsignedKeyPackage,
};

use crate::leaf::LeafParameters;
use crate::policy::Grease;
use crate::{ExtensionPlace, GroupError, Registrations, StoredStateError, grease};

/// A key package with the private keys that answer it.
pub struct KeyPackageSecrets {
    /// What was published.
    pub key_package: KeyPackage,
    /// The private key of its init key.
    pub init_private_key: Secret,
    /// The private key of its leaf's encryption key.
    pub leaf_private_key: Secret,
}

/// What a key package is made from.
#[derive(Clone, Debug)]
pub struct KeyPackageParameters {
    /// The leaf.
    pub leaf: LeafParameters,
    /// When it may be used.
    pub lifetime: Lifetime,
    /// Extensions of the key package itself (RFC 9420 §10).
    pub extensions: Extensions,
    /// Whether GREASE values are added (RFC 9420 §13.5).
    pub grease: Grease,
    /// The types beyond RFC 9420 that the client knows, which its leaf lists.
    pub registrations: Arc<Registrations>,
}

impl KeyPackageSecrets {
    /// A fresh key package of `signer`, for the suite of `suite` (rules 10-04, 10-09, 10-10).
    ///
    /// # Errors
    /// The signer has another scheme than the suite, the leaf breaks a rule of §7.2, or a cryptographic failure.
    pub fn generate(
        suite: &Suite,
        parameters: &KeyPackageParameters,
        signer: &dyn Signer,
    ) -> Result<Self, GroupError> {
        let init = suite.generate_kem_key_pair()?;
        let leaf_keys = suite.generate_kem_key_pair()?;
        let mut extensions = parameters.extensions.clone();
        parameters.registrations.check_extensions(ExtensionPlace::KeyPackage, &extensions)?;
        let mut leaf = parameters.leaf.clone().registered(&parameters.registrations)?;
        leaf.list_extensions(&extensions);
        if parameters.grease == Grease::Send {
            grease::add_to_leaf(suite, &mut leaf)?;
            grease::add_to_extensions(suite, &mut extensions)?;
            leaf.list_extensions(&extensions);
        }
        extensions.check_unique()?;
        let source = LeafNodeSource::KeyPackage(parameters.lifetime);
        let leaf_node = leaf.unsigned(suite, leaf_keys.public_key, source, signer)?.sign(
            suite,
            signer,
            LeafPosition::None,
        )?;
        let key_package = UnsignedKeyPackage {
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.cipher_suite(),
            init_key: init.public_key.into(),
            leaf_node,
            extensions,
        }
        .sign(suite, signer)?;
        Ok(Self { key_package, init_private_key: init.private_key, leaf_private_key: leaf_keys.private_key })
    }

    /// The KeyPackageRef by which a Welcome names it (RFC 9420 §5.2).
    ///
    /// # Errors
    /// The key package can't be encoded.
    pub fn reference(&self, suite: &Suite) -> Result<Vec<u8>, GroupError> {
        Ok(self.key_package.reference(suite)?.as_ref().to_vec())
    }

    /// As a record's content.
    ///
    /// # Errors
    /// The key package can't be encoded.
    pub fn to_record(&self) -> Result<Secret, GroupError> {
        let mut writer = Writer::wiping();
        self.key_package.encode(&mut writer);
        self.init_private_key.encode(&mut writer);
        self.leaf_private_key.encode(&mut writer);
        Ok(Secret::from(writer.finish()?))
    }

    /// From a record's content.
    ///
    /// # Errors
    /// [`StoredStateError::Damaged`].
    pub fn from_record(record: &[u8], context: &DecodeContext) -> Result<Self, GroupError> {
        let mut reader = Reader::new(record, context);
        let mut read = || -> Result<Self, copath_codec::DecodeError> {
            let secrets = Self {
                key_package: KeyPackage::decode(&mut reader)?,
                init_private_key: Secret::decode(&mut reader)?,
                leaf_private_key: Secret::decode(&mut reader)?,
            };
            Ok(secrets)
        };
        let secrets = read().map_err(|_| StoredStateError::Damaged)?;
        reader.finish().map_err(|_| StoredStateError::Damaged)?;
        Ok(secrets)
    }
}

impl core::fmt::Debug for KeyPackageSecrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyPackageSecrets").field("key_package", &self.key_package).finish_non_exhaustive()
    }
}

impl KeyPackageParameters {
    /// For `leaf`, usable from `now` (less an hour, for clocks that lag) for `days` days.
    pub fn new(leaf: LeafParameters, now: Timestamp, days: u32) -> Self {
        const HOUR: u64 = 3600;
        const DAY: u64 = 24 * HOUR;
        let not_before = now.0.saturating_sub(HOUR);
        let not_after = now.0.saturating_add(u64::from(days).saturating_mul(DAY));
        Self {
            leaf,
            lifetime: Lifetime { not_before, not_after },
            extensions: Extensions::default(),
            grease: Grease::default(),
            registrations: Arc::default(),
        }
    }

    /// For a client that knows these types beyond RFC 9420.
    #[must_use]
    pub fn registrations(mut self, registrations: &Arc<Registrations>) -> Self {
        self.registrations = Arc::clone(registrations);
        self
    }
}
