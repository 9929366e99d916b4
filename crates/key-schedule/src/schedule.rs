//! From one epoch's init secret to the next epoch's secrets.
//!
//! RFC 9420 §8.

use core::fmt;

use copath_crypto::{CryptoError, HashOutput, KemKeyPair, Secret, Suite};

use crate::{
    CommitSecret, ConfirmationKey, EncryptionSecret, EpochAuthenticator, EpochSecret, ExporterSecret,
    ExternalSecret, InitSecret, IntermediateSecret, JoinerSecret, KeyNonce, KeyScheduleError, MembershipKey,
    PskSecret, ResumptionPsk, SenderDataSecret, WelcomeSecret,
};

impl CommitSecret {
    /// The commit secret of a Commit without path: Nh zero octets.
    ///
    /// RFC 9420 §8.
    #[must_use]
    pub fn absent(suite: &Suite) -> Self {
        Self::from_secret(Secret::zero(suite.hash_length()))
    }
}

impl PskSecret {
    /// The PSK secret of a Commit without pre-shared keys: Nh zero octets.
    ///
    /// RFC 9420 §8.
    #[must_use]
    pub fn absent(suite: &Suite) -> Self {
        Self::from_secret(Secret::zero(suite.hash_length()))
    }
}

impl JoinerSecret {
    /// The joiner secret of the epoch that a Commit starts; `group_context` is its encoded `GroupContext`.
    ///
    /// RFC 9420 §8.
    ///
    /// # Errors
    /// `group_context` is longer than a vector can be.
    pub fn derive(
        suite: &Suite,
        init_secret: &InitSecret,
        commit_secret: &CommitSecret,
        group_context: &[u8],
    ) -> Result<Self, KeyScheduleError> {
        let extracted = suite.extract(init_secret.as_secret(), commit_secret.as_secret());
        let joiner = suite.expand_with_label(&extracted, "joiner", group_context, suite.hash_length())?;
        Ok(Self::from_secret(joiner))
    }

    /// Mixes in the pre-shared keys.
    ///
    /// RFC 9420 §8.
    #[must_use]
    pub fn with_psk(&self, suite: &Suite, psk_secret: &PskSecret) -> IntermediateSecret {
        IntermediateSecret::from_secret(suite.extract(self.as_secret(), psk_secret.as_secret()))
    }
}

impl IntermediateSecret {
    /// The welcome secret.
    ///
    /// RFC 9420 §8.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn welcome_secret(&self, suite: &Suite) -> Result<WelcomeSecret, KeyScheduleError> {
        Ok(WelcomeSecret::from_secret(suite.derive_secret(self.as_secret(), "welcome")?))
    }

    /// The epoch secret; `group_context` is the encoded `GroupContext` of the new epoch.
    ///
    /// RFC 9420 §8.
    ///
    /// # Errors
    /// `group_context` is longer than a vector can be.
    pub fn epoch_secret(&self, suite: &Suite, group_context: &[u8]) -> Result<EpochSecret, KeyScheduleError> {
        let epoch = suite.expand_with_label(self.as_secret(), "epoch", group_context, suite.hash_length())?;
        Ok(EpochSecret::from_secret(epoch))
    }
}

impl WelcomeSecret {
    /// Key and nonce for the encrypted `GroupInfo` of a Welcome. It is used once: key and nonce are always the same.
    ///
    /// RFC 9420 §12.4.3.1.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn key_and_nonce(&self, suite: &Suite) -> Result<KeyNonce, KeyScheduleError> {
        KeyNonce::expand(suite, self.as_secret().expose(), &[])
    }
}

impl EpochSecret {
    /// A fresh random epoch secret, for epoch 0 of a new group.
    ///
    /// RFC 9420 §11.
    ///
    /// # Errors
    /// [`CryptoError::RandomnessUnavailable`].
    pub fn random(suite: &Suite) -> Result<Self, KeyScheduleError> {
        Ok(Self::from_secret(suite.random_secret(suite.hash_length())?))
    }
}

impl ExternalSecret {
    /// The key pair that external joiners encapsulate to; its public half goes into `external_pub`.
    ///
    /// RFC 9420 §8.3.
    ///
    /// # Errors
    /// Those of the KEM, practically never.
    pub fn key_pair(&self, suite: &Suite) -> Result<KemKeyPair, KeyScheduleError> {
        Ok(suite.kem().derive_key_pair(self.as_secret().expose())?)
    }
}

/// The nine values that an epoch's members share.
///
/// RFC 9420 §8, table 4.
pub struct EpochSecrets {
    /// For the sender data of private messages (§6.3.2).
    pub sender_data_secret: SenderDataSecret,
    /// For the secret tree (§9).
    pub encryption_secret: EncryptionSecret,
    /// For applications (§8.5).
    pub exporter_secret: ExporterSecret,
    /// For external joiners (§8.3).
    pub external_secret: ExternalSecret,
    /// For the confirmation tag (§6.1).
    pub confirmation_key: ConfirmationKey,
    /// For the membership tag (§6.2).
    pub membership_key: MembershipKey,
    /// For resumption (§8.6).
    pub resumption_psk: ResumptionPsk,
    /// For comparison out of band (§8.7).
    pub epoch_authenticator: EpochAuthenticator,
    /// For the next epoch.
    pub init_secret: InitSecret,
}

impl EpochSecrets {
    /// Derives all of them and erases the epoch secret.
    ///
    /// RFC 9420 §8 and §9.2.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn derive(suite: &Suite, epoch_secret: EpochSecret) -> Result<Self, KeyScheduleError> {
        let derive = |label| suite.derive_secret(epoch_secret.as_secret(), label);
        let authenticator = HashOutput::from_slice(derive("authentication")?.expose());
        Ok(Self {
            sender_data_secret: SenderDataSecret::from_secret(derive("sender data")?),
            encryption_secret: EncryptionSecret::from_secret(derive("encryption")?),
            exporter_secret: ExporterSecret::from_secret(derive("exporter")?),
            external_secret: ExternalSecret::from_secret(derive("external")?),
            confirmation_key: ConfirmationKey::from_secret(derive("confirm")?),
            membership_key: MembershipKey::from_secret(derive("membership")?),
            resumption_psk: ResumptionPsk::from_secret(derive("resumption")?),
            epoch_authenticator: EpochAuthenticator::new(authenticator.ok_or(CryptoError::LengthOutOfRange)?),
            init_secret: InitSecret::from_secret(derive("init")?),
        })
    }
}

impl fmt::Debug for EpochSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochSecrets(..)")
    }
}
