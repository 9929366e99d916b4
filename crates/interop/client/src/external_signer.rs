//! Proposals from outside of the group.
//!
//! RFC 9420 §12.1.8.

use std::sync::Arc;

use copath_codec::Encode;
use copath_credentials::Credential;
use copath_crypto::Signer;
use copath_group::{Answers, ExternalProposer, GroupError, HandshakeFormat, ObserverStart, PublicGroup};
use copath_interop_grpc::{
    CreateExternalSignerRequest, CreateExternalSignerResponse, ExternalSignerProposalRequest,
    NewMemberAddProposalRequest, NewMemberAddProposalResponse, ProposalResponse,
};
use copath_messages::{ExternalSender, GroupInfo};

use crate::actor::Actor;
use crate::client::Client;
use crate::clock::now;
use crate::join::Join;
use crate::member::answers;
use crate::proposals::Proposing;
use crate::psks::Psks;
use crate::registry::lock;
use crate::{ClientError, decode};

/// An external sender: it has a key, and is in no group.
pub(crate) struct ExternalSigner(Arc<dyn Signer>);

impl Client {
    /// `NewMemberAddProposal`: an outsider proposes to add itself.
    pub(crate) fn new_member_add_proposal(
        &self,
        request: NewMemberAddProposalRequest,
    ) -> Result<NewMemberAddProposalResponse, ClientError> {
        let context = decode::group_info("group_info", &request.group_info)?.group_context;
        let actor = self.actor_of_suite(context.cipher_suite, &request.identity)?;
        let secrets = actor.key_package()?;
        let (group_id, epoch) = (&context.group_id, context.epoch);
        let message = secrets.propose_self_add(&actor.suite, group_id, epoch, &*actor.signer)?;
        let signature_priv = actor.signature_private_key();
        let join = Join::new(actor, &secrets, Psks::default())?;
        Ok(NewMemberAddProposalResponse {
            proposal: decode::encoded(message)?,
            transaction_id: self.joins.insert(&self.ids, join)?,
            init_priv: secrets.init_private_key.expose().to_vec(),
            encryption_priv: secrets.leaf_private_key.expose().to_vec(),
            signature_priv,
        })
    }

    /// `CreateExternalSigner`.
    pub(crate) fn create_external_signer(
        &self,
        request: CreateExternalSignerRequest,
    ) -> Result<CreateExternalSignerResponse, ClientError> {
        let signer = self.actor(request.cipher_suite, &request.identity)?.signer;
        let sender = ExternalSender {
            signature_key: signer.public_key().into(),
            credential: Credential::basic(request.identity),
        };
        let external_sender = sender.to_bytes().map_err(GroupError::from)?;
        let signer_id = self.signers.insert(&self.ids, ExternalSigner(signer))?;
        Ok(CreateExternalSignerResponse { signer_id, external_sender })
    }

    /// `ExternalSignerProposal`: the signer finds itself by its key in the group's external senders.
    pub(crate) fn external_signer_proposal(
        &self,
        request: ExternalSignerProposalRequest,
    ) -> Result<ProposalResponse, ClientError> {
        let entry = self.signers.find(request.signer_id)?;
        let ExternalSigner(signer) = &*lock(&entry);
        let description = request.description.ok_or(ClientError::NoDescription)?;
        let group_info = decode::group_info("group_info", &request.group_info)?;
        let proposer = ExternalProposer::of_group_info(&self.provider, &group_info, &**signer)?;
        let observed = self.observe(group_info, decode::tree(request.ratchet_tree))?;
        let state = observed.public_state();
        let group_id = &state.context().group_id;
        let proposing = Proposing { suite: state.suite(), group_id, tree: state.tree() };
        let message = proposer.propose(proposing.described(&description)?, &**signer)?;
        Ok(ProposalResponse { proposal: decode::encoded(message)? })
    }

    /// The group of a GroupInfo, verified: the signer has to know who is in it.
    fn observe(
        &self,
        group_info: GroupInfo,
        ratchet_tree: Option<Vec<u8>>,
    ) -> Result<PublicGroup, ClientError> {
        let settings = Actor::settings(HandshakeFormat::Public);
        let start = ObserverStart::new(&self.provider, &settings, group_info, now())?;
        let mut tree = Answers::none();
        tree.ratchet_tree = ratchet_tree;
        let check = start.verify(tree)?;
        let verdicts = answers(check.needs(), &Psks::default());
        Ok(check.finish(verdicts)?)
    }
}
