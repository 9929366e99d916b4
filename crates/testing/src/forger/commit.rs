//! Commits with a flaw.
//!
//! RFC 9420 §12.4.

use std::sync::Arc;

use copath_codec::{Encode, Opaque};
use copath_crypto::{Secret, Signer};
use copath_group::Queued;
use copath_key_schedule::{
    CommitSecret, ContentKind, EpochSecrets, JoinerSecret, PskInput, psk_secret, transcript,
};
use copath_messages::transcript::confirmed_transcript_hash_input;
use copath_messages::{
    AuthenticatedContent, Commit, FramedContentBody, MlsMessage, Proposal, ProposalOrRef, UnsignedLeafNode,
    UpdatePath, WireFormat,
};
use copath_ratchet_tree::RatchetTree;
use copath_tree_math::LeafIndex;

use super::path::{ChangeLeaf, ChangePath, PathForge};
use super::{Entry, Forger};

/// A change of a signed commit.
type ChangeContent<'f> = Box<dyn FnOnce(&mut AuthenticatedContent) + 'f>;

/// A commit of the forger's with any list and any path; without a change it is valid.
pub struct CommitForge<'f> {
    forger: &'f Forger,
    proposals: Vec<ProposalOrRef>,
    list: Vec<(Proposal, Option<LeafIndex>)>,
    psks: Vec<Secret>,
    path: bool,
    generation: Option<u32>,
    leaf_signer: Arc<dyn Signer>,
    reshape: Option<ChangePath<'f>>,
    edit_leaf: Option<ChangeLeaf<'f>>,
    damage: Option<ChangePath<'f>>,
    tamper: Option<ChangeContent<'f>>,
}

/// A commit, and the forger in the epoch that it begins.
#[derive(Debug)]
pub struct ForgedCommit {
    /// The commit.
    pub message: MlsMessage,
    /// The forger, if the commit is accepted.
    pub next: Forger,
    /// The commit secret and the path secrets, which receivers have to forget.
    pub path_secrets: Vec<Secret>,
}

impl Forger {
    /// A commit with a path and without proposals, as PublicMessage.
    pub fn commit(&self) -> CommitForge<'_> {
        CommitForge {
            forger: self,
            proposals: Vec::new(),
            list: Vec::new(),
            psks: Vec::new(),
            path: true,
            generation: None,
            leaf_signer: Arc::clone(&self.signer),
            reshape: None,
            edit_leaf: None,
            damage: None,
            tamper: None,
        }
    }
}

impl<'f> CommitForge<'f> {
    /// Adds a proposal by value.
    #[must_use]
    pub fn value(mut self, proposal: Proposal) -> Self {
        self.list.push((proposal.clone(), Some(self.forger.leaf)));
        self.proposals.push(ProposalOrRef::Proposal(proposal));
        self
    }

    /// Adds proposals by value.
    #[must_use]
    pub fn values(self, proposals: impl IntoIterator<Item = Proposal>) -> Self {
        proposals.into_iter().fold(self, Self::value)
    }

    /// Adds a queued proposal by reference.
    #[must_use]
    pub fn reference(mut self, queued: &Queued) -> Self {
        self.list.push((queued.proposal.clone(), queued.proposed_by.leaf()));
        self.proposals.push(ProposalOrRef::Reference(queued.reference.clone().into()));
        self
    }

    /// Adds a reference to nothing.
    #[must_use]
    pub fn unknown_reference(mut self, reference: &[u8]) -> Self {
        self.proposals.push(ProposalOrRef::Reference(reference.into()));
        self
    }

    /// Leaves the path out.
    #[must_use]
    pub fn without_path(mut self) -> Self {
        self.path = false;
        self
    }

    /// The value of the next PreSharedKey; one that isn't given is random.
    #[must_use]
    pub fn psk(mut self, psk: &[u8]) -> Self {
        self.psks.push(Secret::copy_of(psk));
        self
    }

    /// As PrivateMessage, with the key of this generation.
    #[must_use]
    pub fn private(mut self, generation: u32) -> Self {
        self.generation = Some(generation);
        self
    }

    /// The path's leaf has the key of `signer` and is signed by it.
    #[must_use]
    pub fn leaf_signer(mut self, signer: &Arc<dyn Signer>) -> Self {
        self.leaf_signer = Arc::clone(signer);
        self
    }

    /// Changes keys and entries of the path before hashes and signatures are made.
    #[must_use]
    pub fn reshape(mut self, change: impl FnOnce(&mut UpdatePath) + 'f) -> Self {
        self.reshape = Some(Box::new(|path, _| change(path)));
        self
    }

    /// Changes the path's leaf after its parent hash is set and before it is signed.
    #[must_use]
    pub fn edit_leaf(mut self, change: impl FnOnce(&mut UnsignedLeafNode) + 'f) -> Self {
        self.edit_leaf = Some(Box::new(change));
        self
    }

    /// Changes the finished path; the second argument is the encoded provisional context.
    #[must_use]
    pub fn damage(mut self, change: impl FnOnce(&mut UpdatePath, &[u8]) + 'f) -> Self {
        self.damage = Some(Box::new(change));
        self
    }

    /// Changes the signed content before it is protected.
    #[must_use]
    pub fn tamper(mut self, change: impl FnOnce(&mut AuthenticatedContent) + 'f) -> Self {
        self.tamper = Some(Box::new(change));
        self
    }

    /// The message.
    pub fn message(self) -> MlsMessage {
        self.build().message
    }

    /// The message, and the forger after it.
    pub fn build(self) -> ForgedCommit {
        let forger = self.forger;
        let suite = &forger.suite;
        let (tree, new_leaves) = self.apply();
        let extensions = self.extensions();
        let psk_secret = self.psk_secret();
        let signer = if self.path { Arc::clone(&self.leaf_signer) } else { Arc::clone(&forger.signer) };
        let mut path_secrets = Vec::new();
        let (path, tree, mut context, commit_secret, node_keys) = if self.path {
            let forge = PathForge {
                tree,
                new_leaves,
                extensions,
                reshape: self.reshape,
                edit_leaf: self.edit_leaf,
                damage: self.damage,
                leaf_signer: &*self.leaf_signer,
            };
            let forged = forge.forge(forger);
            path_secrets = forged.path_secrets;
            path_secrets.push(forged.commit_secret.duplicate());
            let secret = CommitSecret::from_secret(forged.commit_secret);
            (Some(forged.path), forged.tree, forged.context, secret, forged.node_keys)
        } else {
            let context = forger.provisional_context(&tree, extensions);
            let keys = forger.node_keys.after(&tree);
            (None, tree, context, CommitSecret::absent(suite), keys)
        };
        let body = FramedContentBody::Commit(Commit { proposals: self.proposals, path });
        let wire_format = match self.generation {
            Some(_) => WireFormat::PRIVATE_MESSAGE,
            None => WireFormat::PUBLIC_MESSAGE,
        };
        let mut content = forger.sign(forger.content(body), wire_format);
        let confirmed = transcript::confirmed(
            suite,
            forger.interim_transcript_hash.as_slice(),
            &confirmed_transcript_hash_input(&content).unwrap(),
        );
        context.confirmed_transcript_hash = confirmed.as_slice().into();
        let encoded = context.to_bytes().unwrap();
        let joiner =
            JoinerSecret::derive(suite, &forger.secrets.init_secret, &commit_secret, &encoded).unwrap();
        let epoch_secret = joiner.with_psk(suite, &psk_secret).epoch_secret(suite, &encoded).unwrap();
        let secrets = EpochSecrets::derive(suite, epoch_secret).unwrap();
        let tag = Opaque::from(secrets.confirmation_key.tag(suite, confirmed.as_slice()).as_slice());
        content.auth.confirmation_tag = Some(tag.clone());
        if let Some(tamper) = self.tamper {
            tamper(&mut content);
        }
        let message = match self.generation {
            None => forger.public(&content).into(),
            Some(generation) => forger.private(&content, &forger.sealing(ContentKind::Handshake, generation)),
        };
        let entry = Entry { context, tree, secrets, node_keys, confirmation_tag: tag };
        ForgedCommit { message, next: Forger::enter(suite, &signer, forger.leaf, entry), path_secrets }
    }

    /// The tree after the proposals as far as they can be applied, and its new leaves (RFC 9420 §12.3).
    fn apply(&self) -> (RatchetTree, Vec<LeafIndex>) {
        let mut edit = self.forger.tree.edit(&self.forger.suite);
        for (proposal, sender) in &self.list {
            if let (Proposal::Update(update), Some(sender)) = (proposal, sender) {
                let _ = edit.update_leaf(*sender, &update.leaf_node);
            }
        }
        for (proposal, _) in &self.list {
            if let Proposal::Remove(remove) = proposal
                && let Some(leaf) = LeafIndex::new(remove.removed)
            {
                let _ = edit.remove_leaf(leaf);
            }
        }
        let mut new_leaves = Vec::new();
        for (proposal, _) in &self.list {
            if let Proposal::Add(add) = proposal {
                new_leaves.push(edit.add_leaf(&add.key_package.leaf_node).unwrap());
            }
        }
        (edit.finish().unwrap(), new_leaves)
    }

    fn extensions(&self) -> copath_messages::Extensions {
        let change = self.list.iter().find_map(|(proposal, _)| match proposal {
            Proposal::GroupContextExtensions(change) => Some(change.extensions.clone()),
            _ => None,
        });
        change.unwrap_or_else(|| self.forger.context.extensions.clone())
    }

    fn psk_secret(&self) -> copath_key_schedule::PskSecret {
        let suite = &self.forger.suite;
        let ids: Vec<Vec<u8>> = self
            .list
            .iter()
            .filter_map(|(proposal, _)| match proposal {
                Proposal::PreSharedKey(psk) => Some(psk.psk.to_bytes().unwrap()),
                _ => None,
            })
            .collect();
        let value = |position: usize| match self.psks.get(position) {
            Some(psk) => psk.duplicate(),
            None => super::random(suite, suite.hash_length()),
        };
        let values: Vec<Secret> = (0..ids.len()).map(value).collect();
        let inputs: Vec<_> = ids.iter().zip(&values).map(|(id, psk)| PskInput { id, psk }).collect();
        psk_secret(suite, &inputs).unwrap()
    }
}

impl core::fmt::Debug for CommitForge<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CommitForge").field("proposals", &self.proposals).finish_non_exhaustive()
    }
}
