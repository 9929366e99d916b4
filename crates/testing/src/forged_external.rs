//! External commits with a flaw.
//!
//! RFC 9420 §12.4.3.2 and §8.3. Made from a GroupInfo and the lower crates alone.

use std::sync::Arc;

use copath_codec::{Encode, Opaque};
use copath_credentials::Credential;
use copath_crypto::{Secret, Signer, Suite};
use copath_hpke::Base;
use copath_key_schedule::{
    CommitSecret, EXTERNAL_INIT_LABEL, EpochSecrets, InitSecret, JoinerSecret, PskInput, psk_secret,
    transcript,
};
use copath_messages::transcript::confirmed_transcript_hash_input;
use copath_messages::{
    AuthenticatedContent, Capabilities, Commit, ExtensionType, Extensions, ExternalInit, FramedContent,
    FramedContentBody, GroupContext, GroupInfo, LeafNode, LeafNodeSource, LeafPosition, MlsMessage, Proposal,
    ProposalOrRef, PublicMessage, Sender, UnsignedLeafNode, UpdatePath, WireFormat,
};
use copath_ratchet_tree::{RatchetTree, TreeError};
use copath_tree_math::LeafIndex;

use crate::{Member, decode_tree};

/// A change of a leaf before it is signed.
type ChangeLeaf = Box<dyn FnOnce(&mut UnsignedLeafNode)>;
/// A change of a KEM output.
type ChangeOctets = Box<dyn FnOnce(&mut Vec<u8>)>;
/// A change of a signed commit.
type ChangeContent = Box<dyn FnOnce(&mut AuthenticatedContent)>;

/// An external commit with any list and any path; without a change it is valid.
pub struct ExternalForge {
    suite: Suite,
    signer: Arc<dyn Signer>,
    context: GroupContext,
    tree: RatchetTree,
    confirmation_tag: Opaque,
    external_pub: Opaque,
    credential: Credential,
    capabilities: Capabilities,
    /// The sender in the framing.
    pub sender: Sender,
    /// Whether the valid ExternalInit opens the list.
    pub external_init: bool,
    /// Whether there is a path.
    pub path: bool,
    /// The leaf that the path is for; the right one if absent.
    pub leaf: Option<LeafIndex>,
    /// The init secret; the external one if absent.
    pub init_secret: Option<Secret>,
    proposals: Vec<ProposalOrRef>,
    psks: Vec<Secret>,
    edit_kem_output: Option<ChangeOctets>,
    edit_leaf: Option<ChangeLeaf>,
    content_signer: Option<Arc<dyn Signer>>,
    tamper: Option<ChangeContent>,
}

/// A path in its place.
struct Place {
    path: UpdatePath,
    context: GroupContext,
    commit_secret: Secret,
}

impl ExternalForge {
    /// A commit by which `joiner` joins the group of `info`, which has the tree inside.
    pub fn new(joiner: &Member, info: &GroupInfo) -> Self {
        let tree = info.extensions.find(ExtensionType::RATCHET_TREE).unwrap();
        Self {
            suite: joiner.suite.clone(),
            signer: Arc::clone(&joiner.signer),
            context: info.group_context.clone(),
            tree: decode_tree(&joiner.suite, &tree.extension_data),
            confirmation_tag: info.confirmation_tag.clone(),
            external_pub: info.extensions.external_pub().unwrap().unwrap().external_pub,
            credential: joiner.leaf.credential.clone(),
            capabilities: joiner.leaf.capabilities.clone(),
            sender: Sender::NewMemberCommit,
            external_init: true,
            path: true,
            leaf: None,
            init_secret: None,
            proposals: Vec::new(),
            psks: Vec::new(),
            edit_kem_output: None,
            edit_leaf: None,
            content_signer: None,
            tamper: None,
        }
    }

    /// Adds a proposal by value.
    #[must_use]
    pub fn value(mut self, proposal: Proposal) -> Self {
        self.proposals.push(ProposalOrRef::Proposal(proposal));
        self
    }

    /// Adds a proposal by reference.
    #[must_use]
    pub fn reference(mut self, reference: &[u8]) -> Self {
        self.proposals.push(ProposalOrRef::Reference(reference.into()));
        self
    }

    /// The value of the next PreSharedKey.
    #[must_use]
    pub fn psk(mut self, psk: &[u8]) -> Self {
        self.psks.push(Secret::copy_of(psk));
        self
    }

    /// Changes the KEM output of the ExternalInit.
    #[must_use]
    pub fn edit_kem_output(mut self, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.edit_kem_output = Some(Box::new(change));
        self
    }

    /// Changes the path's leaf after its parent hash is set and before it is signed.
    #[must_use]
    pub fn edit_leaf(mut self, change: impl FnOnce(&mut UnsignedLeafNode) + 'static) -> Self {
        self.edit_leaf = Some(Box::new(change));
        self
    }

    /// Somebody else signs the message.
    #[must_use]
    pub fn content_signer(mut self, signer: &Arc<dyn Signer>) -> Self {
        self.content_signer = Some(Arc::clone(signer));
        self
    }

    /// Changes the signed content.
    #[must_use]
    pub fn tamper(mut self, change: impl FnOnce(&mut AuthenticatedContent) + 'static) -> Self {
        self.tamper = Some(Box::new(change));
        self
    }

    /// The message.
    pub fn message(mut self) -> MlsMessage {
        let (kem_output, init_secret) = self.external_init();
        if self.external_init {
            let init = Proposal::ExternalInit(ExternalInit { kem_output: kem_output.into() });
            self.proposals.insert(0, ProposalOrRef::Proposal(init));
        }
        let tree = self.apply();
        let place = self.place(&tree);
        let commit =
            Commit { proposals: self.proposals.clone(), path: self.path.then(|| place.path.clone()) };
        let mut content = self.sign(FramedContentBody::Commit(commit));
        self.confirm(&mut content, &place, &init_secret);
        if let Some(tamper) = self.tamper.take() {
            tamper(&mut content);
        }
        PublicMessage { content: content.content, auth: content.auth, membership_tag: None }.into()
    }

    fn external_init(&mut self) -> (Vec<u8>, InitSecret) {
        let suite = &self.suite;
        let seed = suite.random_secret(suite.kem().private_key_length()).unwrap();
        let context = EXTERNAL_INIT_LABEL.as_bytes();
        let (mut kem_output, secret) =
            Base::new(suite, &[]).export_to(&self.external_pub, &seed, context, suite.hash_length()).unwrap();
        if let Some(edit) = self.edit_kem_output.take() {
            edit(&mut kem_output);
        }
        (kem_output, InitSecret::from_secret(self.init_secret.take().unwrap_or(secret)))
    }

    /// The tree after the Removes, as far as they can be applied.
    fn apply(&self) -> RatchetTree {
        let mut edit = self.tree.edit(&self.suite);
        for proposal in &self.proposals {
            if let ProposalOrRef::Proposal(Proposal::Remove(remove)) = proposal
                && let Some(leaf) = LeafIndex::new(remove.removed)
            {
                let _ = edit.remove_leaf(leaf);
            }
        }
        edit.finish().unwrap()
    }

    fn place(&mut self, tree: &RatchetTree) -> Place {
        let leaf = self.leaf.unwrap_or_else(|| tree.next_leaf().unwrap());
        let draft = tree.create_path::<TreeError>(&self.suite, leaf, &[], |place| {
            let source = LeafNodeSource::Commit(place.parent_hash.as_slice().into());
            Ok(self.sign_leaf(self.unsigned(place.encryption_key.into(), source), leaf))
        });
        let draft = draft.unwrap();
        let mut path = draft.encrypt(&[]).unwrap();
        if let Some(edit) = self.edit_leaf.take() {
            let mut unsigned = UnsignedLeafNode::from((*path.leaf_node).clone());
            edit(&mut unsigned);
            path.leaf_node = self.sign_leaf(unsigned, leaf).into();
        }
        // A path that can't be merged is refused before its hash counts.
        let merged = tree.apply_path(&self.suite, leaf, &path, &[]);
        let merged = merged.map_or_else(|_| draft.tree().clone(), |merged| merged.into_tree());
        let context = GroupContext {
            epoch: self.context.epoch + 1,
            tree_hash: merged.tree_hash().as_slice().into(),
            ..self.context.clone()
        };
        path.nodes = draft.encrypt(&context.to_bytes().unwrap()).unwrap().nodes;
        Place { path, context, commit_secret: draft.commit_secret().duplicate() }
    }

    fn unsigned(&self, encryption_key: Opaque, leaf_node_source: LeafNodeSource) -> UnsignedLeafNode {
        UnsignedLeafNode {
            encryption_key,
            signature_key: self.signer.public_key().into(),
            credential: self.credential.clone(),
            capabilities: self.capabilities.clone(),
            leaf_node_source,
            extensions: Extensions::new(),
        }
    }

    fn sign_leaf(&self, leaf: UnsignedLeafNode, index: LeafIndex) -> LeafNode {
        let position = LeafPosition::InGroup { group_id: &self.context.group_id, leaf_index: index.as_u32() };
        let signed = leaf.clone().sign(&self.suite, &*self.signer, position);
        signed.unwrap_or_else(|_| leaf.with_signature(Opaque::from(&[0; 64])))
    }

    fn sign(&self, body: FramedContentBody) -> AuthenticatedContent {
        let content = FramedContent {
            group_id: self.context.group_id.clone(),
            epoch: self.context.epoch,
            sender: self.sender,
            authenticated_data: Opaque::default(),
            body,
        };
        let signer = self.content_signer.as_ref().unwrap_or(&self.signer);
        let context = self.context.to_bytes().unwrap();
        content.sign(&self.suite, &**signer, WireFormat::PUBLIC_MESSAGE, Some(&context)).unwrap()
    }

    fn confirm(&self, content: &mut AuthenticatedContent, place: &Place, init_secret: &InitSecret) {
        let suite = &self.suite;
        let interim =
            transcript::interim(suite, &self.context.confirmed_transcript_hash, &self.confirmation_tag)
                .unwrap();
        let input = confirmed_transcript_hash_input(content).unwrap();
        let confirmed = transcript::confirmed(suite, interim.as_slice(), &input);
        let context =
            GroupContext { confirmed_transcript_hash: confirmed.as_slice().into(), ..place.context.clone() };
        let context = context.to_bytes().unwrap();
        let commit_secret = match self.path {
            true => CommitSecret::from_secret(place.commit_secret.duplicate()),
            false => CommitSecret::absent(suite),
        };
        let joiner = JoinerSecret::derive(suite, init_secret, &commit_secret, &context).unwrap();
        let epoch = joiner.with_psk(suite, &self.psk_secret()).epoch_secret(suite, &context).unwrap();
        let secrets = EpochSecrets::derive(suite, epoch).unwrap();
        let tag = secrets.confirmation_key.tag(suite, confirmed.as_slice());
        content.auth.confirmation_tag = Some(tag.as_slice().into());
    }

    fn psk_secret(&self) -> copath_key_schedule::PskSecret {
        let ids = self.proposals.iter().filter_map(|proposal| match proposal {
            ProposalOrRef::Proposal(Proposal::PreSharedKey(psk)) => Some(psk.psk.to_bytes().unwrap()),
            _ => None,
        });
        let ids: Vec<Vec<u8>> = ids.collect();
        let none = Secret::copy_of(b"unknown");
        let values = self.psks.iter().chain(core::iter::repeat(&none));
        let inputs: Vec<_> = ids.iter().zip(values).map(|(id, psk)| PskInput { id, psk }).collect();
        psk_secret(&self.suite, &inputs).unwrap()
    }
}

impl core::fmt::Debug for ExternalForge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ExternalForge").field("proposals", &self.proposals).finish_non_exhaustive()
    }
}
