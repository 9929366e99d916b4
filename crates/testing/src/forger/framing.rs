//! Framing anything.
//!
//! RFC 9420 §6.

use copath_codec::{Decode, Encode, Opaque, Writer};
use copath_crypto::Signer;
use copath_key_schedule::{ContentKind, Limits};
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContent, FramedContentBody, MlsMessage, MlsMessageBody,
    PrivateContentAad, PrivateMessage, PrivateMessageContent, Proposal, PublicMessage, Sender, SenderData,
    SenderDataAad, WireFormat,
};
use copath_tree_math::LeafIndex;

use super::Forger;

/// How a PrivateMessage is made; [`Forger::sealing`] is the honest way.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// Whose ratchet the key is taken from.
    pub leaf: LeafIndex,
    /// Which of its ratchets.
    pub kind: ContentKind,
    /// The generation of the key.
    pub generation: u32,
    /// The guard that the nonce is changed with.
    pub nonce_guard: [u8; 4],
    /// What the sender data say.
    pub sender_data: SenderData,
    /// Octets after the sender data.
    pub after_sender_data: Vec<u8>,
    /// The padding.
    pub padding: Vec<u8>,
}

impl Forger {
    /// Content from this member in this epoch.
    pub fn content(&self, body: FramedContentBody) -> FramedContent {
        FramedContent {
            group_id: self.context.group_id.clone(),
            epoch: self.context.epoch,
            sender: self.sender(),
            authenticated_data: Opaque::default(),
            body,
        }
    }

    /// Signs content for a framing, with this member's key and this epoch's context.
    pub fn sign(&self, content: FramedContent, wire_format: WireFormat) -> AuthenticatedContent {
        self.sign_by(&*self.signer, content, wire_format)
    }

    /// Signs content with another key.
    pub fn sign_by(
        &self,
        signer: &dyn Signer,
        content: FramedContent,
        wire_format: WireFormat,
    ) -> AuthenticatedContent {
        content.sign(&self.suite, signer, wire_format, Some(&self.context_bytes())).unwrap()
    }

    /// Signs octets as the to-be-signed form of `content`, whatever they are.
    pub fn sign_octets(
        &self,
        signer: &dyn Signer,
        content: FramedContent,
        to_be_signed: &[u8],
    ) -> AuthenticatedContent {
        let mut signed = self.sign(content, WireFormat::PUBLIC_MESSAGE);
        signed.auth.signature =
            self.suite.sign_with_label(signer, "FramedContentTBS", to_be_signed).unwrap().into();
        signed
    }

    /// The PublicMessage of `content`, with a right membership tag if its sender is a member.
    pub fn public(&self, content: &AuthenticatedContent) -> PublicMessage {
        let member = matches!(content.content.sender, Sender::Member { .. });
        let membership_tag = member.then(|| {
            let context = self.context_bytes();
            let signed = content.content.to_be_signed(WireFormat::PUBLIC_MESSAGE, Some(&context)).unwrap();
            let auth = content.auth.to_bytes().unwrap();
            let tag = self.suite.mac(self.secrets.membership_key.as_secret(), &[&signed, &auth]);
            Opaque::from(tag.as_slice())
        });
        PublicMessage { content: content.content.clone(), auth: content.auth.clone(), membership_tag }
    }

    /// `body` as PublicMessage, everything right.
    pub fn send_public(&self, body: FramedContentBody) -> MlsMessage {
        self.public(&self.sign(self.content(body), WireFormat::PUBLIC_MESSAGE)).into()
    }

    /// `proposal` as PublicMessage, everything right.
    pub fn propose(&self, proposal: Proposal) -> MlsMessage {
        self.send_public(FramedContentBody::Proposal(proposal))
    }

    /// `proposal` as PublicMessage of the member at `leaf`, whose `signer` signs it.
    pub fn propose_as(&self, leaf: LeafIndex, signer: &dyn Signer, proposal: Proposal) -> MlsMessage {
        let mut content = self.content(FramedContentBody::Proposal(proposal));
        content.sender = Sender::Member { leaf_index: leaf.as_u32() };
        self.public(&self.sign_by(signer, content, WireFormat::PUBLIC_MESSAGE)).into()
    }

    /// How an honest member would seal content of this kind at this generation.
    pub fn sealing(&self, kind: ContentKind, generation: u32) -> Sealing {
        let reuse_guard = [1, 2, 3, 4];
        Sealing {
            leaf: self.leaf,
            kind,
            generation,
            nonce_guard: reuse_guard,
            sender_data: SenderData { leaf_index: self.leaf.as_u32(), generation, reuse_guard },
            after_sender_data: Vec::new(),
            padding: vec![0; 7],
        }
    }

    /// Seals `content`; the AADs are right.
    pub fn private(&self, content: &AuthenticatedContent, sealing: &Sealing) -> MlsMessage {
        let mut writer = Writer::new();
        PrivateMessageContent::encode_parts(&content.content.body, &content.auth, &mut writer);
        let mut plaintext = writer.finish().unwrap();
        plaintext.extend_from_slice(&sealing.padding);
        self.seal(&content.content, sealing, &plaintext)
    }

    /// Seals any plaintext as that of `content`'s header.
    pub fn seal(&self, content: &FramedContent, sealing: &Sealing, plaintext: &[u8]) -> MlsMessage {
        let limits = Limits { max_forward: u32::MAX, max_skipped: 0 };
        let (leaf, kind) = (sealing.leaf, sealing.kind);
        let prepared = self.secret_tree.peek(&self.suite, leaf, kind, sealing.generation, &limits).unwrap();
        let mut nonce = prepared.nonce.expose().to_vec();
        nonce.iter_mut().zip(sealing.nonce_guard).for_each(|(octet, guard)| *octet ^= guard);
        let (group_id, epoch) = (content.group_id.clone(), content.epoch);
        let content_type = content.content_type();
        let authenticated_data = content.authenticated_data.clone();
        let aad = PrivateContentAad {
            group_id: group_id.clone(),
            epoch,
            content_type,
            authenticated_data: authenticated_data.clone(),
        };
        let ciphertext = self.suite.seal(&prepared.key, &nonce, &aad.to_bytes().unwrap(), plaintext).unwrap();
        let encrypted_sender_data = self.seal_sender_data(content, sealing, &ciphertext);
        PrivateMessage {
            group_id,
            epoch,
            content_type,
            authenticated_data,
            encrypted_sender_data,
            ciphertext: ciphertext.into(),
        }
        .into()
    }

    fn seal_sender_data(&self, content: &FramedContent, sealing: &Sealing, ciphertext: &[u8]) -> Opaque {
        let keys = self.secrets.sender_data_secret.key_and_nonce(&self.suite, ciphertext).unwrap();
        let aad = SenderDataAad {
            group_id: content.group_id.clone(),
            epoch: content.epoch,
            content_type: content.content_type(),
        };
        let mut data = sealing.sender_data.to_bytes().unwrap();
        data.extend_from_slice(&sealing.after_sender_data);
        self.suite.seal(&keys.key, keys.nonce.expose(), &aad.to_bytes().unwrap(), &data).unwrap().into()
    }

    /// Opens anybody's PrivateMessage of this epoch: the sender data, and the plaintext with its padding.
    pub fn open(&self, message: &MlsMessage) -> (SenderData, Vec<u8>) {
        let MlsMessageBody::PrivateMessage(message) = &message.body else { panic!("not a PrivateMessage") };
        let keys = self.secrets.sender_data_secret.key_and_nonce(&self.suite, &message.ciphertext).unwrap();
        let (group_id, content_type) = (message.group_id.clone(), message.content_type);
        let aad = SenderDataAad { group_id: group_id.clone(), epoch: message.epoch, content_type };
        let aad = aad.to_bytes().unwrap();
        let sealed = &message.encrypted_sender_data;
        let data = self.suite.open(&keys.key, keys.nonce.expose(), &aad, sealed).unwrap();
        let data = SenderData::from_bytes(data.expose()).unwrap();
        let leaf = LeafIndex::new(data.leaf_index).unwrap();
        let limits = Limits { max_forward: u32::MAX, max_skipped: 0 };
        let kind = kind_of(content_type);
        let key = self.secret_tree.peek(&self.suite, leaf, kind, data.generation, &limits).unwrap();
        let mut nonce = key.nonce.expose().to_vec();
        nonce.iter_mut().zip(data.reuse_guard).for_each(|(octet, guard)| *octet ^= guard);
        let aad = PrivateContentAad {
            group_id,
            epoch: message.epoch,
            content_type,
            authenticated_data: message.authenticated_data.clone(),
        };
        let aad = aad.to_bytes().unwrap();
        let plaintext = self.suite.open(&key.key, &nonce, &aad, &message.ciphertext).unwrap();
        (data, plaintext.expose().to_vec())
    }

    /// `body` as PrivateMessage, everything right.
    pub fn send_private(&self, body: FramedContentBody, generation: u32) -> MlsMessage {
        let kind = kind_of(body.content_type());
        let content = self.sign(self.content(body), WireFormat::PRIVATE_MESSAGE);
        self.private(&content, &self.sealing(kind, generation))
    }

    /// Application data, everything right.
    pub fn send_data(&self, data: &[u8], generation: u32) -> MlsMessage {
        self.send_private(FramedContentBody::Application(data.into()), generation)
    }
}

fn kind_of(content_type: ContentType) -> ContentKind {
    match content_type {
        ContentType::Application => ContentKind::Application,
        ContentType::Proposal | ContentType::Commit => ContentKind::Handshake,
    }
}
