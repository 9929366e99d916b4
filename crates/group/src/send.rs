//! Sending: application messages and the framing of handshake messages.
//!
//! RFC 9420 §6 and §15.

use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_crypto::Signer;
use copath_key_schedule::RatchetChange;
use copath_messages::{
    AuthenticatedContent, FramedContent, FramedContentAuthData, FramedContentBody, FramedContentBodyRef,
    FramedContentRef, MlsMessage, PrivateMessage, Proposal, WireFormat,
};

use copath_rules::{Violation, rule};

use crate::policy::HandshakeFormat;
use crate::protection::{ratchet_kind, seal_private, to_public};
use crate::transition::{Change, Prepared};
use crate::{Framing, Group, GroupError, Misuse, ProposalDefinition};

impl Group {
    /// Encrypts application data (RFC 9420 §15), always as a PrivateMessage. `authenticated_data` is authenticated
    /// with it and visible to everybody.
    ///
    /// # Errors
    /// Proposals are pending (rule 12.4-01), the group is closed, or the signer fails.
    pub fn encrypt(
        &self,
        data: &[u8],
        authenticated_data: &[u8],
        signer: &dyn Signer,
    ) -> Result<Prepared<MlsMessage>, GroupError> {
        self.check_active()?;
        self.check_signer(signer)?;
        if !self.queue.is_empty() {
            return Err(Misuse::PendingProposals.into());
        }
        let content = FramedContentRef {
            group_id: self.group_id(),
            epoch: self.epoch(),
            sender: self.own_sender(),
            authenticated_data,
            body: FramedContentBodyRef::Application(data),
        };
        let context = Some(self.public.context_bytes());
        let auth = content.sign(self.suite(), signer, WireFormat::PRIVATE_MESSAGE, context)?;
        let (message, change) = self.seal(content, &auth)?;
        let changes = Vec::from([Change::Ratchet { epoch: self.epoch(), change }]);
        self.prepare(MlsMessage::from(message), changes)
    }

    /// The framing of a proposal that is sent alone: that of its type, or the policy's.
    pub(crate) fn wire_format_of(&self, proposal: &Proposal) -> WireFormat {
        let definition = self.registrations.proposal(proposal.proposal_type());
        match definition.map(ProposalDefinition::framing) {
            Some(Framing::PublicMessage) => WireFormat::PUBLIC_MESSAGE,
            _ => self.handshake_format(),
        }
    }

    fn handshake_format(&self) -> WireFormat {
        match self.policy.handshake_format {
            HandshakeFormat::Private => WireFormat::PRIVATE_MESSAGE,
            HandshakeFormat::Public => WireFormat::PUBLIC_MESSAGE,
        }
    }

    /// Signs a commit of one's own, in the form that the policy names.
    pub(crate) fn sign_handshake(
        &self,
        signer: &dyn Signer,
        body: FramedContentBody,
        authenticated_data: &[u8],
    ) -> Result<AuthenticatedContent, GroupError> {
        self.sign(signer, self.handshake_format(), body, authenticated_data)
    }

    pub(crate) fn sign(
        &self,
        signer: &dyn Signer,
        wire_format: WireFormat,
        body: FramedContentBody,
        authenticated_data: &[u8],
    ) -> Result<AuthenticatedContent, GroupError> {
        let content = FramedContent {
            group_id: self.group_id().clone(),
            epoch: self.epoch(),
            sender: self.own_sender(),
            authenticated_data: Opaque::from(authenticated_data),
            body,
        };
        Ok(content.sign(self.suite(), signer, wire_format, Some(self.public.context_bytes()))?)
    }

    /// Encrypts signed content with the next key of its ratchet, within the policy's limit (rule 15.2-01).
    fn seal(
        &self,
        content: FramedContentRef<'_>,
        auth: &FramedContentAuthData,
    ) -> Result<(PrivateMessage, RatchetChange), GroupError> {
        let kind = ratchet_kind(content.body.content_type());
        let sent = self.secret_tree.next_generation(self.own_leaf, kind);
        if sent >= u64::from(self.policy.max_sent_per_epoch) {
            return Err(Violation::new(rule!("15.2-01")).into());
        }
        seal_private(&self.open_keys(), content, auth, self.policy.padding)
    }

    /// Frames signed handshake content; a PrivateMessage uses up a generation of the handshake ratchet.
    pub(crate) fn protect_handshake(
        &self,
        content: &AuthenticatedContent,
    ) -> Result<(MlsMessage, Option<RatchetChange>), GroupError> {
        if content.wire_format == WireFormat::PRIVATE_MESSAGE {
            let (message, change) = self.seal(FramedContentRef::from(&content.content), &content.auth)?;
            return Ok((MlsMessage::from(message), Some(change)));
        }
        let context = self.public.context_bytes();
        let message = to_public(self.suite(), &self.secrets.membership_key, context, content)?;
        Ok((MlsMessage::from(message), None))
    }
}
