//! Creating a group.
//!
//! RFC 9420 §11: a group of one member in epoch 0.

use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_crypto::{Signer, Suite};
use copath_key_schedule::{EpochSecret, SecretTree};
use copath_messages::{
    Extensions, GroupContext, GroupId, LeafNodeSource, LeafPosition, Lifetime, ProtocolVersion,
};
use copath_ratchet_tree::{NodeKey, RatchetTree, TreePrivateKeys};
use copath_rules::{Violation, rule};
use copath_tree_math::LeafIndex;

use crate::commit::{EpochEntry, MemberSecrets};
use crate::credentials::{Questions, questions_of_creation};
use crate::group::GroupSettings;
use crate::leaf::LeafParameters;
use crate::needs::{Answers, Needs};
use crate::places::check_context_to_send;
use crate::policy::Grease;
use crate::public_state::PublicState;
use crate::rules::check_context_extensions;
use crate::{Group, GroupError, grease};

/// What a new group is made from.
#[derive(Clone, Debug)]
pub struct GroupParameters {
    /// The creator's leaf.
    pub leaf: LeafParameters,
    /// When the creator's leaf is valid.
    pub lifetime: Lifetime,
    /// The group's id; random if absent (RFC 9420 §11).
    pub group_id: Option<GroupId>,
    /// Extensions of the group context.
    pub extensions: Extensions,
}

impl GroupParameters {
    /// The credentials that have to be judged before a group is created: those of external senders.
    ///
    /// RFC 9420 §5.3.1.
    ///
    /// # Errors
    /// The extensions are malformed.
    pub fn needs(&self, settings: &GroupSettings) -> Result<Needs, GroupError> {
        let (credentials, _) = self.questions(settings)?;
        Ok(Needs { credentials, ..Needs::default() })
    }

    /// Whether `answers` to [`GroupParameters::needs`] allow to create the group.
    ///
    /// # Errors
    /// A credential is refused (rule 5.3.1-06), or the answers don't fit the needs.
    pub fn check_answers(&self, settings: &GroupSettings, answers: &Answers) -> Result<(), GroupError> {
        answers.check_credentials(&self.questions(settings)?.1)
    }

    pub(crate) fn questions(&self, settings: &GroupSettings) -> Result<Questions, GroupError> {
        let senders = self.extensions.external_senders_in(settings.registrations.decode_context())?;
        Ok(questions_of_creation(senders.unwrap_or_default()))
    }
}

impl Group {
    /// A new group with its creator as the only member (rules 11-05, 11-06, 11-07). Store all its records
    /// ([`Group::all_records`]) before using it.
    ///
    /// # Errors
    /// The own leaf doesn't support what the group asks for (rule 11-08), extensions break a rule, or a
    /// cryptographic failure.
    pub fn create(
        suite: &Suite,
        parameters: &GroupParameters,
        settings: &GroupSettings,
        signer: &dyn Signer,
    ) -> Result<Self, GroupError> {
        let extensions = &parameters.extensions;
        extensions.check_unique()?;
        extensions.external_senders_in(settings.registrations.decode_context())?;
        check_context_to_send(&settings.registrations, extensions)?;
        let mut leaf = parameters.leaf.clone().registered(&settings.registrations)?;
        if settings.policy.grease == Grease::Send {
            grease::add_to_leaf(suite, &mut leaf)?;
        }
        let keys = suite.generate_kem_key_pair()?;
        let source = LeafNodeSource::KeyPackage(parameters.lifetime);
        let leaf = leaf.unsigned(suite, keys.public_key.clone(), source, signer)?.sign(
            suite,
            signer,
            LeafPosition::None,
        )?;
        let tree = RatchetTree::new(suite, &leaf)?;
        check_context_extensions(&tree, extensions).map_err(by_creator)?;
        let context = GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.cipher_suite(),
            group_id: match &parameters.group_id {
                Some(group_id) => group_id.clone(),
                None => GroupId::from(suite.random_bytes(suite.hash_length())?),
            },
            epoch: 0,
            tree_hash: Opaque::from(tree.tree_hash().as_ref()),
            confirmed_transcript_hash: Opaque::default(),
            extensions: extensions.clone(),
        };
        let (secrets, encryption_secret) = MemberSecrets::derive(suite, EpochSecret::random(suite)?)?;
        let confirmation_tag = secrets.confirmation_key.tag(suite, &[]);
        let entry = EpochEntry {
            secret_tree: SecretTree::new(encryption_secret, tree.size()),
            public: PublicState::new(
                suite.clone(),
                context,
                tree,
                confirmation_tag,
                &settings.registrations,
            )?,
            own_leaf: LeafIndex::FIRST,
            secrets,
            node_keys: TreePrivateKeys::new(LeafIndex::FIRST, NodeKey::from(keys)),
            changed_leaves: Vec::new(),
            welcome: None,
            reinit: None,
        };
        Ok(Self::enter_first(settings, entry))
    }
}

/// Rule 11-08: what the creator's own leaf lacks.
fn by_creator(error: GroupError) -> GroupError {
    match error {
        GroupError::Rejected(violation) => {
            let parts = violation.parts().iter();
            parts.fold(Violation::new(rule!("11-08")), |violation, part| violation.at(*part)).into()
        }
        other => other,
    }
}
