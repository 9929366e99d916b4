//! GroupInfo: making one, and verifying that of a group to be joined.
//!
//! RFC 9420 §12.4.3.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::Timestamp;
use copath_crypto::{CryptoProvider, Signer, Suite};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalPub, GroupInfo, LeafNode, ProtocolVersion,
    UnsignedGroupInfo,
};
use copath_ratchet_tree::{RatchetTree, TreeError, TreeLimits, ValidationContext};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::commit::MemberSecrets;
use crate::group::GroupSettings;
use crate::needs::{Answers, Needs, TreeNeed};
use crate::places::check_group_info_extensions;
use crate::policy::Grease;
use crate::public_state::PublicState;
use crate::{ExtensionPlace, Group, GroupError, Misuse, PolicyRefusal, grease};

/// Where the ratchet tree travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TreeTransfer {
    /// Inside the GroupInfo: simple, and as large as the group.
    #[default]
    Inside,
    /// Beside it: the joiner fetches it from elsewhere (RFC 9420 §12.4.3.3).
    Outside,
}

/// Whether a GroupInfo lets clients join by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ExternalJoins {
    /// It carries the external public key (RFC 9420 §12.4.3.2).
    #[default]
    Possible,
    /// It doesn't.
    Impossible,
}

/// How a GroupInfo is made.
///
/// RFC 9420 §12.4.3.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GroupInfoOptions {
    /// Where the ratchet tree travels.
    pub tree: TreeTransfer,
    /// Whether it lets clients join by themselves.
    pub external_joins: ExternalJoins,
    /// Extensions of the application's own.
    pub extensions: Extensions,
}

impl GroupInfoOptions {
    /// The tree inside or outside.
    #[must_use]
    pub fn tree(mut self, tree: TreeTransfer) -> Self {
        self.tree = tree;
        self
    }

    /// With or without the external public key.
    #[must_use]
    pub fn external_joins(mut self, joins: ExternalJoins) -> Self {
        self.external_joins = joins;
        self
    }

    /// With these extensions of the application's own.
    #[must_use]
    pub fn extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = extensions;
        self
    }
}

impl Group {
    /// A GroupInfo of the present epoch, for external joiners and observers (RFC 9420 §12.4.3).
    ///
    /// # Errors
    /// The group is closed, or the signer isn't that of the own leaf.
    pub fn group_info(
        &self,
        transfer: TreeTransfer,
        joins: ExternalJoins,
        signer: &dyn Signer,
    ) -> Result<GroupInfo, GroupError> {
        let options = GroupInfoOptions::default().tree(transfer).external_joins(joins);
        self.group_info_with(&options, signer)
    }

    /// As [`Group::group_info`], with extensions of the application's own.
    ///
    /// # Errors
    /// As [`Group::group_info`], or an extension doesn't belong into a GroupInfo.
    pub fn group_info_with(
        &self,
        options: &GroupInfoOptions,
        signer: &dyn Signer,
    ) -> Result<GroupInfo, GroupError> {
        self.check_active()?;
        self.sign_group_info(options, signer)
    }

    /// The ratchet tree as the content of its extension (RFC 9420 §12.4.3.3).
    ///
    /// # Errors
    /// The tree is too large to be encoded.
    pub fn export_ratchet_tree(&self) -> Result<Vec<u8>, GroupError> {
        Ok(self.tree().encode()?)
    }

    pub(crate) fn sign_group_info(
        &self,
        options: &GroupInfoOptions,
        signer: &dyn Signer,
    ) -> Result<GroupInfo, GroupError> {
        self.check_signer(signer)?;
        check_group_info_extensions(&self.registrations, &options.extensions)?;
        let mut extensions = Extensions::default();
        if options.external_joins == ExternalJoins::Possible {
            extensions.0.push(external_pub(self.suite(), &self.secrets)?);
        }
        extensions.0.extend(options.extensions.iter().cloned());
        if self.policy.grease == Grease::Send {
            grease::add_to_extensions(self.suite(), &mut extensions)?;
        }
        Ok(self.unsigned_group_info(options.tree, extensions)?.sign(self.suite(), signer)?)
    }

    /// The GroupInfo that was signed before, octet for octet.
    pub(crate) fn signed_group_info(&self, signed: &SignedGroupInfo) -> Result<GroupInfo, GroupError> {
        let unsigned = self.unsigned_group_info(signed.tree, signed.extensions.clone())?;
        Ok(unsigned.with_signature(signed.signature.clone()))
    }

    /// `extensions` are all but that of the ratchet tree.
    fn unsigned_group_info(
        &self,
        transfer: TreeTransfer,
        mut extensions: Extensions,
    ) -> Result<UnsignedGroupInfo, GroupError> {
        if transfer == TreeTransfer::Inside {
            let extension_data = Opaque::from(self.export_ratchet_tree()?);
            extensions.0.insert(0, Extension { extension_type: ExtensionType::RATCHET_TREE, extension_data });
        }
        Ok(UnsignedGroupInfo {
            group_context: self.context().clone(),
            extensions,
            confirmation_tag: Opaque::from(self.public.confirmation_tag().as_ref()),
            signer: self.own_leaf.as_u32(),
        })
    }
}

/// What a GroupInfo of the present epoch can be rebuilt from.
///
/// A Welcome's key and nonce are those of the epoch (RFC 9420 §12.4.3.1), so they may encrypt one GroupInfo only:
/// this keeps it small until the Welcomes are released.
#[derive(Clone, Debug)]
pub(crate) struct SignedGroupInfo {
    pub(crate) tree: TreeTransfer,
    /// All but that of the ratchet tree.
    pub(crate) extensions: Extensions,
    pub(crate) signature: Opaque,
}

impl SignedGroupInfo {
    pub(crate) fn of(group_info: &GroupInfo, tree: TreeTransfer) -> Self {
        let all = group_info.extensions.iter();
        let extensions = all
            .filter(|extension| extension.extension_type != ExtensionType::RATCHET_TREE)
            .cloned()
            .collect();
        Self { tree, extensions, signature: group_info.signature.clone() }
    }
}

/// The extensions of a GroupInfo beside those that the protocol needs.
pub(crate) fn own_extensions(group_info: &GroupInfo) -> Extensions {
    let own = |extension: &&Extension| !extension.extension_type.is_default();
    group_info.extensions.iter().filter(own).cloned().collect()
}

/// RFC 9420 §8.3.
fn external_pub(suite: &Suite, secrets: &MemberSecrets) -> Result<Extension, GroupError> {
    let keys = secrets.external_secret.key_pair(suite)?;
    Ok(Extension::of(&ExternalPub { external_pub: keys.public_key.into() })?)
}

/// A GroupInfo from somewhere, not verified yet, whose ratchet tree may have to be fetched.
#[derive(Debug)]
pub(crate) struct UnverifiedGroup {
    pub(crate) suite: Suite,
    pub(crate) settings: GroupSettings,
    pub(crate) group_info: GroupInfo,
    now: Timestamp,
    needs: Needs,
}

impl UnverifiedGroup {
    pub(crate) fn new(
        provider: &Arc<dyn CryptoProvider>,
        settings: &GroupSettings,
        group_info: GroupInfo,
        now: Timestamp,
    ) -> Result<Self, GroupError> {
        let context = &group_info.group_context;
        let suite = Suite::new(provider, context.cipher_suite)?;
        let inside = tree_octets(&group_info, None).is_some();
        let need = TreeNeed { group_id: context.group_id.clone(), epoch: context.epoch };
        let needs = Needs { ratchet_tree: (!inside).then_some(need), ..Needs::default() };
        Ok(Self { suite, settings: settings.clone(), group_info, now, needs })
    }

    pub(crate) fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The time at which the group is looked at.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn verify(&self, mut answers: Answers) -> Result<PublicState, GroupError> {
        let beside = answers.ratchet_tree.take();
        let octets = tree_octets(&self.group_info, beside.as_deref()).ok_or(GroupError::MissingTree)?;
        verify_group_info(&self.suite, &self.settings, &self.group_info, octets, self.now)
    }
}

/// The public state that a GroupInfo and its tree describe, all of it verified: signature, tree hash, parent hashes,
/// leaves (RFC 9420 §12.4.3.1). Credentials are still to be judged.
pub(crate) fn verify_group_info(
    suite: &Suite,
    settings: &GroupSettings,
    group_info: &GroupInfo,
    tree_octets: &[u8],
    now: Timestamp,
) -> Result<PublicState, GroupError> {
    let context = &group_info.group_context;
    check_parameters(suite, group_info)?;
    let registrations = &settings.registrations;
    registrations.check_extensions(ExtensionPlace::GroupContext, &context.extensions)?;
    registrations.check_extensions(ExtensionPlace::GroupInfo, &group_info.extensions)?;
    let tree = decode_tree(suite, settings, tree_octets)?;
    if tree.tree_hash().as_ref() != context.tree_hash.as_ref() {
        return Err(Violation::new(rule!("12.4.3.1-12")).at(Part::RatchetTree).into());
    }
    check_signature(suite, group_info, &tree)?;
    let context_of_leaves = ValidationContext {
        group_id: &context.group_id,
        extensions: &context.extensions,
        lifetimes: &settings.policy.lifetimes,
        now,
    };
    tree.validate(suite, &context_of_leaves)?;
    let tag = copath_crypto::HashOutput::from_slice(&group_info.confirmation_tag)
        .filter(|tag| tag.as_ref().len() == suite.hash_length())
        .ok_or_else(|| Violation::new(rule!("12.4.3.1-21")).at(Part::GroupInfo))?;
    PublicState::new(suite.clone(), context.clone(), tree, tag, &settings.registrations)
}

/// The tree, if the policy's limits on its octets, checked first, and on its leaves allow it.
fn decode_tree(suite: &Suite, settings: &GroupSettings, octets: &[u8]) -> Result<RatchetTree, GroupError> {
    let GroupSettings { policy, registrations, .. } = settings;
    let refused = |refusal| GroupError::from(Misuse::Policy(refusal));
    let limit = policy.max_tree_size;
    if octets.len() > limit {
        return Err(refused(PolicyRefusal::TreeSize { octets: octets.len(), limit }));
    }
    let limits = TreeLimits { max_leaves: policy.max_leaves };
    RatchetTree::decode(suite, octets, registrations.decode_context(), &limits).map_err(|error| match error {
        TreeError::TooLarge => refused(PolicyRefusal::Leaves { limit: policy.max_leaves }),
        error => error.into(),
    })
}

/// Rules 12.4.3.1-10, 12.4.3.1-11 and 13.4-03.
fn check_parameters(suite: &Suite, group_info: &GroupInfo) -> Result<(), Violation> {
    let context = &group_info.group_context;
    if context.cipher_suite != suite.cipher_suite() {
        return Err(Violation::new(rule!("12.4.3.1-10")).at(Part::GroupContext));
    }
    if context.version != ProtocolVersion::MLS10 {
        return Err(Violation::new(rule!("12.4.3.1-11")).at(Part::GroupContext));
    }
    context.extensions.check_unique()?;
    group_info.extensions.check_unique()
}

/// Rule 12.4.3-05: the key is that of the signer's leaf, which is filled.
fn check_signature(suite: &Suite, group_info: &GroupInfo, tree: &RatchetTree) -> Result<(), GroupError> {
    let signer = LeafIndex::new(group_info.signer)
        .and_then(|leaf| tree.leaf(leaf))
        .ok_or_else(|| Violation::new(rule!("12.4.3-05")).at(Part::Leaf(group_info.signer)))?;
    Ok(group_info.verify_signature(suite, signer.signature_key())?)
}

/// Rules 12.4.3-03 and 13.4-06: a joiner with `leaf` supports every extension of the group context.
pub(crate) fn check_joiner_support(leaf: &LeafNode, extensions: &Extensions) -> Result<(), GroupError> {
    for extension in extensions.iter() {
        let extension_type = extension.extension_type;
        if !extension_type.is_default() && !leaf.capabilities.extensions.contains(&extension_type) {
            return Err(Violation::new(rule!("12.4.3-03")).at(Part::Extension(extension_type.0)).into());
        }
    }
    Ok(())
}

/// The tree inside a GroupInfo, or the one given beside it.
pub(crate) fn tree_octets<'a>(group_info: &'a GroupInfo, beside: Option<&'a [u8]>) -> Option<&'a [u8]> {
    match group_info.extensions.find(ExtensionType::RATCHET_TREE) {
        Some(extension) => Some(&extension.extension_data),
        None => beside,
    }
}
