//! What a leaf has to fulfil in its group.

use alloc::vec::Vec;

use copath_codec::DecodeError;
use copath_crypto::{CipherSuite, Suite};
use copath_messages::{ExtensionType, Extensions, LeafNode, ProtocolVersion, RequiredCapabilities};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use super::{LeafEntry, capabilities, unique};
use crate::index::Listed;
use crate::node::LeafView;
use crate::tree::encode_leaf;
use crate::{Leaf, RatchetTree, TreeError};

/// What a group's context asks of every leaf.
///
/// RFC 9420 §7.3. Signature, lifetime, source and credential are judged elsewhere
/// ([`Leaf::verify_signature`], [`LifetimePolicy`](crate::LifetimePolicy), [`check_source`](crate::check_source), the
/// application).
#[derive(Clone, Debug)]
pub struct LeafRules {
    cipher_suite: CipherSuite,
    version: ProtocolVersion,
    required: RequiredCapabilities,
    extension_types: Vec<ExtensionType>,
}

impl LeafRules {
    /// The rules of a group with these extensions in its context.
    ///
    /// # Errors
    /// The body of the required_capabilities extension is malformed.
    pub fn new(suite: &Suite, context_extensions: &Extensions) -> Result<Self, DecodeError> {
        let none = RequiredCapabilities {
            extension_types: Vec::new(),
            proposal_types: Vec::new(),
            credential_types: Vec::new(),
        };
        Ok(Self {
            cipher_suite: suite.cipher_suite(),
            version: ProtocolVersion::MLS10,
            required: context_extensions.required_capabilities()?.unwrap_or(none),
            extension_types: context_extensions.types().collect(),
        })
    }

    /// Checks a leaf that a proposal or a path brought in, on the tree that results (rule 7.3-20): all that can be
    /// said without key operations, in time that doesn't depend on the size of the group.
    ///
    /// RFC 9420 §7.3 and §12.2.
    ///
    /// # Errors
    /// Rules 7.2-05, 7.3-04, 7.3-06, 7.3-07, 7.3-08, 7.3-12, 7.3-18, 7.3-19, 13.4-03, 13.4-04, 13.4-05.
    pub fn check(&self, tree: &RatchetTree, index: LeafIndex, entry: LeafEntry) -> Result<(), Violation> {
        let Some(leaf) = tree.leaf(index) else {
            return Err(Violation::new(rule!("12.1.3-01")).at(Part::Leaf(index.as_u32())));
        };
        self.check_by_itself(&leaf, entry)?;
        capabilities::credential_is_supported_by_all(tree, &leaf)?;
        capabilities::supports_credentials_in_use(tree, &leaf)?;
        unique::signature_key_is_unique(tree, &leaf)?;
        unique::leaf_encryption_key_is_unique(tree, &leaf)
    }

    /// Checks a leaf against the group's context alone.
    ///
    /// # Errors
    /// Rules 7.2-05, 7.3-04, 7.3-06, 7.3-12, 13.4-03, 13.4-04, 13.4-05.
    pub fn check_by_itself(&self, leaf: &Leaf<'_>, entry: LeafEntry) -> Result<(), Violation> {
        let view = leaf.view();
        let checked = self.check_view(&view, entry);
        checked.map_err(|violation| violation.at(Part::Leaf(leaf.index().as_u32())))
    }

    /// Checks a leaf that stands in no tree yet against the group's context alone.
    ///
    /// # Errors
    /// As [`LeafRules::check_by_itself`]; the leaf can't be encoded.
    pub fn check_leaf_node(&self, leaf: &LeafNode, entry: LeafEntry) -> Result<(), TreeError> {
        let kept = encode_leaf(leaf)?;
        let checked = self.check_view(&LeafView::new(&kept), entry);
        Ok(checked.map_err(|violation| violation.at(Part::LeafNode))?)
    }

    fn check_view(&self, view: &LeafView<'_>, entry: LeafEntry) -> Result<(), Violation> {
        let listed = Listed::of(&view.capabilities);
        capabilities::supports_version_and_suite(&listed, self.version, self.cipher_suite)?;
        capabilities::lists_own_credential_type(view, &listed)?;
        capabilities::supports_required(&listed, &self.required)?;
        capabilities::supports_context_extensions(&listed, &self.extension_types, entry)?;
        capabilities::supports_own_extensions(view, &listed)?;
        capabilities::extension_types_are_unique(view)
    }
}
