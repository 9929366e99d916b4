//! Deriving the epoch that a commit begins.
//!
//! RFC 9420 §8 and §12.4.1, shared by committer, receivers and joiners.

use copath_codec::{Encode, Opaque};
use copath_crypto::{CryptoError, HashOutput, Secret, Suite};
use copath_hpke::Base;
use copath_key_schedule::{
    CommitSecret, ConfirmationKey, EXTERNAL_INIT_LABEL, EncryptionSecret, EpochAuthenticator, EpochSecret,
    EpochSecrets, ExporterSecret, ExternalSecret, InitSecret, JoinerSecret, MembershipKey, PskSecret,
    ResumptionPsk, SecretTree, SenderDataSecret, WelcomeSecret, transcript,
};
use copath_messages::transcript::confirmed_transcript_hash_input;
use copath_messages::{AuthenticatedContent, GroupContext, ReInit};
use copath_ratchet_tree::{RatchetTree, TreePrivateKeys};
use copath_rules::{Violation, rule};
use copath_tree_math::LeafIndex;

use super::WelcomeMaterial;
use crate::GroupError;
use crate::public_state::PublicState;
use alloc::vec::Vec;

/// The secrets of an epoch that a member keeps while it lasts (RFC 9420 §8), without the encryption secret, which
/// the secret tree consumes.
pub(crate) struct MemberSecrets {
    pub(crate) sender_data_secret: SenderDataSecret,
    pub(crate) exporter_secret: ExporterSecret,
    pub(crate) external_secret: ExternalSecret,
    pub(crate) confirmation_key: ConfirmationKey,
    pub(crate) membership_key: MembershipKey,
    pub(crate) resumption_psk: ResumptionPsk,
    pub(crate) epoch_authenticator: EpochAuthenticator,
    pub(crate) init_secret: InitSecret,
}

/// Everything that a member's group becomes by a commit.
#[derive(Debug)]
pub(crate) struct EpochEntry {
    pub(crate) public: PublicState,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) secrets: MemberSecrets,
    pub(crate) secret_tree: SecretTree,
    pub(crate) node_keys: TreePrivateKeys,
    /// Leaves that the commit added, updated, removed or whose member committed: looked up for late messages.
    pub(crate) changed_leaves: Vec<LeafIndex>,
    /// What the Welcome is built from, if the committer added somebody.
    pub(crate) welcome: Option<WelcomeMaterial>,
    /// The ReInit that closes the group.
    pub(crate) reinit: Option<ReInit>,
}

/// What the key schedule of an epoch starts from (RFC 9420 §8).
#[derive(Debug)]
pub(crate) struct KeyInputs<'a> {
    pub(crate) init_secret: &'a InitSecret,
    pub(crate) commit_secret: &'a CommitSecret,
    pub(crate) psk_secret: &'a PskSecret,
}

/// The epoch that a commit begins, as its key schedule gives it.
#[derive(Debug)]
pub(crate) struct NextEpoch {
    pub(crate) context: GroupContext,
    pub(crate) joiner_secret: JoinerSecret,
    pub(crate) secrets: MemberSecrets,
    pub(crate) encryption_secret: EncryptionSecret,
    pub(crate) confirmation_tag: HashOutput,
}

impl NextEpoch {
    /// The epoch after `state` that the signed `commit` begins; `provisional` is the group context with the new
    /// epoch, tree hash and extensions.
    ///
    /// # Errors
    /// A cryptographic failure.
    pub(crate) fn derive(
        state: &PublicState,
        commit: &AuthenticatedContent,
        mut provisional: GroupContext,
        inputs: &KeyInputs<'_>,
    ) -> Result<Self, GroupError> {
        let suite = state.suite();
        let confirmed = transcript::confirmed(
            suite,
            state.interim_transcript_hash().as_ref(),
            &confirmed_transcript_hash_input(commit)?,
        );
        provisional.confirmed_transcript_hash = Opaque::from(confirmed.as_ref());
        let context_bytes = provisional.to_bytes()?;
        let joiner_secret =
            JoinerSecret::derive(suite, inputs.init_secret, inputs.commit_secret, &context_bytes)?;
        let (_, epoch_secret) = expand_joiner(suite, &joiner_secret, inputs.psk_secret, &context_bytes)?;
        let (secrets, encryption_secret) = MemberSecrets::derive(suite, epoch_secret)?;
        let confirmation_tag = secrets.confirmation_key.tag(suite, confirmed.as_ref());
        Ok(Self { context: provisional, joiner_secret, secrets, encryption_secret, confirmation_tag })
    }

    /// The public state of the epoch after `before`, with the secret tree of its encryption secret.
    pub(crate) fn enter(
        self,
        before: &PublicState,
        tree: RatchetTree,
    ) -> Result<(PublicState, MemberSecrets, SecretTree, JoinerSecret), GroupError> {
        let secret_tree = SecretTree::new(self.encryption_secret, tree.size());
        let (suite, registrations) = (before.suite().clone(), before.registrations());
        let public = PublicState::new(suite, self.context, tree, self.confirmation_tag, registrations)?;
        Ok((public, self.secrets, secret_tree, self.joiner_secret))
    }
}

/// The welcome secret and the epoch secret behind a joiner secret (RFC 9420 §8).
pub(crate) fn expand_joiner(
    suite: &Suite,
    joiner_secret: &JoinerSecret,
    psk_secret: &PskSecret,
    group_context: &[u8],
) -> Result<(WelcomeSecret, EpochSecret), GroupError> {
    let intermediate = joiner_secret.with_psk(suite, psk_secret);
    Ok((intermediate.welcome_secret(suite)?, intermediate.epoch_secret(suite, group_context)?))
}

impl core::fmt::Debug for MemberSecrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MemberSecrets(..)")
    }
}

impl MemberSecrets {
    /// What a removed member keeps of its last epoch: enough to read late messages and to prove that it was there
    /// (rule 12.4.2-13). The others are of no octets.
    pub(crate) fn of_removed(&self) -> Self {
        let none = || Secret::zero(0);
        Self {
            sender_data_secret: SenderDataSecret::from_secret(
                self.sender_data_secret.as_secret().duplicate(),
            ),
            exporter_secret: ExporterSecret::from_secret(none()),
            external_secret: ExternalSecret::from_secret(none()),
            confirmation_key: ConfirmationKey::from_secret(none()),
            membership_key: MembershipKey::from_secret(none()),
            resumption_psk: ResumptionPsk::from_secret(self.resumption_psk.as_secret().duplicate()),
            epoch_authenticator: EpochAuthenticator::new(*self.epoch_authenticator.as_hash_output()),
            init_secret: InitSecret::from_secret(none()),
        }
    }

    /// RFC 9420 §8.3, the members' side: the init secret that an external commit brings.
    ///
    /// # Errors
    /// Rule 8.3-03 for a bad KEM output.
    pub(crate) fn external_init_secret(
        &self,
        suite: &Suite,
        kem_output: &[u8],
    ) -> Result<InitSecret, GroupError> {
        let keys = self.external_secret.key_pair(suite)?;
        let exported = Base::new(suite, &[]).export_from(
            &keys.private_key,
            &keys.public_key,
            kem_output,
            EXTERNAL_INIT_LABEL.as_bytes(),
            suite.hash_length(),
        );
        match exported {
            Ok(secret) => Ok(InitSecret::from_secret(secret)),
            Err(CryptoError::InvalidPublicKey | CryptoError::DegenerateSharedSecret) => {
                Err(Violation::new(rule!("8.3-03")).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The secrets that come off an epoch secret; the encryption secret apart.
    pub(crate) fn derive(
        suite: &Suite,
        epoch_secret: EpochSecret,
    ) -> Result<(Self, EncryptionSecret), GroupError> {
        let secrets = EpochSecrets::derive(suite, epoch_secret)?;
        let kept = Self {
            sender_data_secret: secrets.sender_data_secret,
            exporter_secret: secrets.exporter_secret,
            external_secret: secrets.external_secret,
            confirmation_key: secrets.confirmation_key,
            membership_key: secrets.membership_key,
            resumption_psk: secrets.resumption_psk,
            epoch_authenticator: secrets.epoch_authenticator,
            init_secret: secrets.init_secret,
        };
        Ok((kept, secrets.encryption_secret))
    }
}
