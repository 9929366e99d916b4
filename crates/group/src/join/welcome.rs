//! Building Welcomes.
//!
//! RFC 9420 §12.4.3.1. They are built when their commit has been accepted; then the joiner secret is erased.

use alloc::vec::Vec;

use copath_codec::Encode;
use copath_crypto::{Secret, Signer, Suite};
use copath_hpke::Base;
use copath_key_schedule::KeyNonce;
use copath_messages::{
    EncryptedGroupSecrets, Extensions, GroupSecrets, HpkeCiphertext, MlsMessage, PathSecret, Welcome,
};

use crate::commit::{Joiner, WelcomeMaterial};
use crate::group_info::{ExternalJoins, GroupInfoOptions, SignedGroupInfo, TreeTransfer};
use crate::parallel::map_all;
use crate::transition::{Change, Prepared};
use crate::{Group, GroupError, Misuse};

/// How the Welcomes of an epoch are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WelcomeOptions {
    /// Where the ratchet tree travels.
    pub tree: TreeTransfer,
    /// Whether the GroupInfo inside also carries the external public key.
    pub external_joins: ExternalJoins,
    /// One Welcome for all, or one for each joiner.
    pub split: WelcomeSplit,
}

/// How joiners are spread over Welcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WelcomeSplit {
    /// One for all.
    #[default]
    Together,
    /// One for each joiner.
    Each,
}

impl WelcomeOptions {
    /// The tree beside the Welcome, not inside.
    #[must_use]
    pub fn tree(mut self, tree: TreeTransfer) -> Self {
        self.tree = tree;
        self
    }

    /// How joiners are spread over Welcomes.
    #[must_use]
    pub fn split(mut self, split: WelcomeSplit) -> Self {
        self.split = split;
        self
    }
}

impl Group {
    /// Whether members were added by one's own commit that began this epoch, and their Welcomes weren't released yet.
    pub fn has_welcome(&self) -> bool {
        self.welcome.is_some()
    }

    /// The Welcomes for those whom one's own accepted commit added.
    ///
    /// It can be called again, also after a restart, until [`Group::release_welcome`]. All Welcomes of an epoch are
    /// encrypted under one key and nonce (RFC 9420 §12.4.3.1), so the GroupInfo inside is signed once and kept: where
    /// the tree travels, and what goes along, is decided by the first call.
    ///
    /// # Errors
    /// [`Misuse::NoWelcome`], or the signer isn't that of the own leaf.
    pub fn build_welcome(
        &self,
        options: WelcomeOptions,
        signer: &dyn Signer,
    ) -> Result<Prepared<Vec<MlsMessage>>, GroupError> {
        self.build_welcome_with(options, Extensions::default(), signer)
    }

    /// As [`Group::build_welcome`], with extensions of the application's own in the GroupInfo inside.
    ///
    /// # Errors
    /// As [`Group::build_welcome`], or an extension doesn't belong into a GroupInfo.
    pub fn build_welcome_with(
        &self,
        options: WelcomeOptions,
        extensions: Extensions,
        signer: &dyn Signer,
    ) -> Result<Prepared<Vec<MlsMessage>>, GroupError> {
        let material = self.welcome.as_ref().ok_or(Misuse::NoWelcome)?;
        let (group_info, changes) = match &material.signed {
            Some(signed) => (self.signed_group_info(signed)?, Vec::new()),
            None => {
                let inside =
                    GroupInfoOptions::default().tree(options.tree).external_joins(options.external_joins);
                let group_info = self.sign_group_info(&inside.extensions(extensions), signer)?;
                let signed = SignedGroupInfo::of(&group_info, options.tree);
                (group_info, Vec::from([Change::SignWelcome(signed)]))
            }
        };
        let KeyNonce { key, nonce } = material.welcome_keys(self.suite())?;
        let encrypted_group_info = self.suite().seal(&key, nonce.expose(), &[], &group_info.to_bytes()?)?;
        let secrets = material.encrypt_secrets(self.suite(), &encrypted_group_info)?;
        let shares = match options.split {
            WelcomeSplit::Together => Vec::from([secrets]),
            WelcomeSplit::Each => secrets.into_iter().map(|secret| Vec::from([secret])).collect(),
        };
        let welcomes = shares.into_iter().map(|secrets| {
            MlsMessage::from(Welcome {
                cipher_suite: self.suite().cipher_suite(),
                secrets,
                encrypted_group_info: encrypted_group_info.clone().into(),
            })
        });
        self.prepare(welcomes.collect(), changes)
    }

    /// Erases the joiner secret: the Welcomes have been released.
    ///
    /// # Errors
    /// [`Misuse::NoWelcome`].
    pub fn release_welcome(&self) -> Result<Prepared<()>, GroupError> {
        if self.welcome.is_none() {
            return Err(Misuse::NoWelcome.into());
        }
        self.prepare((), [Change::ReleaseWelcome].into())
    }
}

impl WelcomeMaterial {
    fn welcome_keys(&self, suite: &Suite) -> Result<KeyNonce, GroupError> {
        let intermediate = self.joiner_secret.with_psk(suite, &self.psk_secret);
        Ok(intermediate.welcome_secret(suite)?.key_and_nonce(suite)?)
    }

    /// One HPKE setup for all joiners: what depends on the large `info` alone is computed once.
    fn encrypt_secrets(
        &self,
        suite: &Suite,
        encrypted_group_info: &[u8],
    ) -> Result<Vec<EncryptedGroupSecrets>, GroupError> {
        let base = Base::new(suite, &Suite::encrypt_context("Welcome", encrypted_group_info)?);
        let mut jobs = Vec::with_capacity(self.joiners.len());
        for joiner in &self.joiners {
            jobs.push((joiner, suite.random_secret(suite.kem().private_key_length())?));
        }
        map_all(&jobs, |(joiner, seed)| {
            let plaintext = self.group_secrets(joiner)?;
            let sealed = base.seal(joiner.init_key.as_ref(), seed, &[], plaintext.expose())?;
            Ok(EncryptedGroupSecrets {
                new_member: joiner.key_package_ref.clone().into(),
                encrypted_group_secrets: HpkeCiphertext {
                    kem_output: sealed.kem_output.into(),
                    ciphertext: sealed.ciphertext.into(),
                },
            })
        })
    }

    fn group_secrets(&self, joiner: &Joiner) -> Result<Secret, GroupError> {
        let secrets = GroupSecrets {
            joiner_secret: self.joiner_secret.as_secret().duplicate(),
            path_secret: joiner
                .path_secret
                .as_ref()
                .map(|secret| PathSecret { path_secret: secret.duplicate() }),
            psks: self.psks.clone(),
        };
        Ok(secrets.to_secret()?)
    }
}
