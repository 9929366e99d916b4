//! What everybody who follows a group knows of an epoch: no secrets.
//!
//! RFC 9420 §8.1 and §8.2. Shared and cloned freely; the tree is persistent, so a clone is cheap.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{Encode, Opaque};
use copath_crypto::{HashOutput, Suite};
use copath_key_schedule::transcript;
use copath_messages::{Extensions, ExternalSender, GroupContext};
use copath_ratchet_tree::RatchetTree;

use crate::{GroupError, Registrations};

/// The public state of one epoch.
#[derive(Clone, Debug)]
pub struct PublicState {
    suite: Suite,
    context: Arc<GroupContext>,
    /// The encoding of `context`, which signatures, tags and the key schedule use again and again.
    context_bytes: Arc<[u8]>,
    tree: RatchetTree,
    confirmation_tag: HashOutput,
    interim_transcript_hash: HashOutput,
    /// The types beyond RFC 9420 that are known, which rules and decoders need.
    registrations: Arc<Registrations>,
}

/// Tells one epoch of one branch of a group's history from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochId {
    epoch: u64,
    interim_transcript_hash: HashOutput,
}

impl PublicState {
    /// The state of the epoch that `confirmation_tag` confirms.
    ///
    /// # Errors
    /// The context can't be encoded.
    pub(crate) fn new(
        suite: Suite,
        context: GroupContext,
        tree: RatchetTree,
        confirmation_tag: HashOutput,
        registrations: &Arc<Registrations>,
    ) -> Result<Self, GroupError> {
        let interim_transcript_hash = transcript::interim(
            &suite,
            context.confirmed_transcript_hash.as_ref(),
            confirmation_tag.as_ref(),
        )?;
        let context_bytes = context.to_bytes()?.into();
        Ok(Self {
            suite,
            context: Arc::new(context),
            context_bytes,
            tree,
            confirmation_tag,
            interim_transcript_hash,
            registrations: Arc::clone(registrations),
        })
    }

    /// The suite, on the group's backend.
    pub fn suite(&self) -> &Suite {
        &self.suite
    }

    /// The group context (RFC 9420 §8.1).
    pub fn context(&self) -> &GroupContext {
        &self.context
    }

    /// The encoded group context.
    pub fn context_bytes(&self) -> &[u8] {
        &self.context_bytes
    }

    /// A shared copy of the encoded group context, for past epochs.
    pub(crate) fn shared_context_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.context_bytes)
    }

    /// The types beyond RFC 9420 that the group was given.
    pub fn registrations(&self) -> &Arc<Registrations> {
        &self.registrations
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.context.epoch
    }

    /// The ratchet tree (RFC 9420 §7).
    pub fn tree(&self) -> &RatchetTree {
        &self.tree
    }

    /// To be called when the state of the epoch before has been dropped ([`RatchetTree::settle`]).
    pub(crate) fn settle(&mut self) {
        self.tree.settle();
    }

    /// The confirmation tag of the commit that began the epoch (RFC 9420 §8.1).
    pub fn confirmation_tag(&self) -> &HashOutput {
        &self.confirmation_tag
    }

    /// What staged and drafted commits are bound to.
    pub(crate) fn id(&self) -> EpochId {
        EpochId { epoch: self.epoch(), interim_transcript_hash: self.interim_transcript_hash }
    }

    /// The interim transcript hash (RFC 9420 §8.2).
    pub fn interim_transcript_hash(&self) -> &HashOutput {
        &self.interim_transcript_hash
    }

    /// The entries of the external senders extension (RFC 9420 §12.1.8.1).
    ///
    /// # Errors
    /// The extension's body is malformed.
    pub fn external_senders(&self) -> Result<Vec<ExternalSender>, GroupError> {
        Ok(self
            .context
            .extensions
            .external_senders_in(self.registrations.decode_context())?
            .unwrap_or_default())
    }

    /// The context of the next epoch before its commit is confirmed: new epoch number, tree hash and extensions, old
    /// confirmed transcript hash (RFC 9420 §12.4.1: the provisional GroupContext).
    ///
    /// # Errors
    /// The epoch number is at its end (rule 8.1-02).
    pub(crate) fn next_context(
        &self,
        tree_hash: &HashOutput,
        extensions: Extensions,
    ) -> Result<GroupContext, GroupError> {
        let epoch = self
            .epoch()
            .checked_add(1)
            .ok_or_else(|| copath_rules::Violation::new(copath_rules::rule!("8.1-02")))?;
        Ok(GroupContext {
            version: self.context.version,
            cipher_suite: self.context.cipher_suite,
            group_id: self.context.group_id.clone(),
            epoch,
            tree_hash: Opaque::from(tree_hash.as_ref()),
            confirmed_transcript_hash: self.context.confirmed_transcript_hash.clone(),
            extensions,
        })
    }
}
