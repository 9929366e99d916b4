//! PublicMessage and PrivateMessage, made and opened.
//!
//! RFC 9420 §6.2 and §6.3, step by step over the lower crates: what the engine does is not asked here, so that the
//! vectors are a second opinion on it.

use copath_codec::{Decode, DecodeContext, Encode, Reader, Writer};
use copath_crypto::{Secret, Signer, Suite};
use copath_key_schedule::{ContentKind, Limits, SecretTree, SenderDataSecret};
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContent, Mac, PrivateContentAad, PrivateMessage,
    PrivateMessageContent, PublicMessage, Sender, SenderData, SenderDataAad, WireFormat,
};
use copath_tree_math::LeafIndex;

use crate::Mismatch;
use crate::mismatch::{At, require};

/// What protects and opens the messages of an epoch.
#[derive(Debug)]
pub(crate) struct EpochKeys<'a> {
    pub(crate) suite: &'a Suite,
    /// The encoded GroupContext.
    pub(crate) group_context: &'a [u8],
    pub(crate) membership_key: &'a Secret,
    pub(crate) sender_data_secret: &'a Secret,
    /// The sender's signature key.
    pub(crate) signature_key: &'a [u8],
}

/// Octets of padding that our own private messages get.
const PADDING: usize = 9;

impl EpochKeys<'_> {
    /// Signs content for a framing; `confirmation_tag` goes with a Commit.
    pub(crate) fn sign(
        &self,
        signer: &dyn Signer,
        content: FramedContent,
        (wire_format, confirmation_tag): (WireFormat, Option<Mac>),
    ) -> Result<AuthenticatedContent, Mismatch> {
        let mut signed = content.sign(self.suite, signer, wire_format, Some(self.group_context))?;
        signed.auth.confirmation_tag = confirmation_tag;
        Ok(signed)
    }

    /// Adds the membership tag. Application data is never sent so.
    pub(crate) fn protect_public(&self, content: AuthenticatedContent) -> Result<PublicMessage, Mismatch> {
        require("application data as PublicMessage", !is_application(&content.content))?;
        let tag = content.membership_tag(self.suite, self.membership_key, self.group_context)?;
        let AuthenticatedContent { content, auth, .. } = content;
        Ok(PublicMessage { content, auth, membership_tag: Some(tag.as_slice().into()) })
    }

    /// Checks membership tag and signature.
    pub(crate) fn unprotect_public(&self, message: PublicMessage) -> Result<AuthenticatedContent, Mismatch> {
        require("application data as PublicMessage", !is_application(&message.content))?;
        message.verify_membership_tag(self.suite, self.membership_key, self.group_context)?;
        self.verify(message.into_authenticated_content())
    }

    /// Encrypts with the sender's next key.
    pub(crate) fn protect_private(
        &self,
        tree: &mut SecretTree,
        content: &AuthenticatedContent,
    ) -> Result<PrivateMessage, Mismatch> {
        let FramedContent { group_id, epoch, sender, authenticated_data, body } = &content.content;
        let Sender::Member { leaf_index } = *sender else { return Err(Mismatch::new("not a member")) };
        let leaf = LeafIndex::new(leaf_index).ok_or_else(|| Mismatch::new("no such leaf"))?;
        let content_type = body.content_type();
        let prepared = tree.next(self.suite, leaf, kind(content_type))?;
        let mut reuse_guard = [0; 4];
        self.suite.provider().random(&mut reuse_guard)?;
        let mut plaintext = Writer::new();
        PrivateMessageContent::encode_parts(body, &content.auth, &mut plaintext);
        plaintext.bytes(&[0; PADDING]);
        let mut message = PrivateMessage {
            group_id: group_id.clone(),
            epoch: *epoch,
            content_type,
            authenticated_data: authenticated_data.clone(),
            encrypted_sender_data: Vec::new().into(),
            ciphertext: Vec::new().into(),
        };
        let nonce = guarded(&prepared.nonce, reuse_guard);
        let ciphertext =
            self.suite.seal(&prepared.key, &nonce, &content_aad(&message)?, &plaintext.finish()?)?;
        let keys = self.sender_data_keys(&ciphertext)?;
        message.ciphertext = ciphertext.into();
        let data = SenderData { leaf_index, generation: prepared.generation, reuse_guard }.to_bytes()?;
        let aad = sender_data_aad(&message)?;
        message.encrypted_sender_data = self.suite.seal(&keys.key, keys.nonce.expose(), &aad, &data)?.into();
        tree.commit(prepared.change)?;
        Ok(message)
    }

    /// Decrypts and checks the signature.
    pub(crate) fn unprotect_private(
        &self,
        tree: &mut SecretTree,
        message: &PrivateMessage,
    ) -> Result<AuthenticatedContent, Mismatch> {
        let keys = self.sender_data_keys(&message.ciphertext)?;
        let aad = sender_data_aad(message)?;
        let data = self
            .suite
            .open(&keys.key, keys.nonce.expose(), &aad, &message.encrypted_sender_data)
            .at("sender data")?;
        let data = SenderData::from_bytes(data.expose())?;
        let leaf = LeafIndex::new(data.leaf_index).ok_or_else(|| Mismatch::new("no such leaf"))?;
        let kind = kind(message.content_type);
        let prepared = tree.peek(self.suite, leaf, kind, data.generation, &Limits::default())?;
        let nonce = guarded(&prepared.nonce, data.reuse_guard);
        let plaintext = self
            .suite
            .open(&prepared.key, &nonce, &content_aad(message)?, &message.ciphertext)
            .at("ciphertext")?;
        let mut reader = Reader::new(plaintext.expose(), DecodeContext::rfc9420());
        let PrivateMessageContent { body, auth } =
            PrivateMessageContent::decode(&mut reader, message.content_type)?;
        tree.commit(prepared.change)?;
        let content = FramedContent {
            group_id: message.group_id.clone(),
            epoch: message.epoch,
            sender: Sender::Member { leaf_index: data.leaf_index },
            authenticated_data: message.authenticated_data.clone(),
            body,
        };
        self.verify(AuthenticatedContent { wire_format: WireFormat::PRIVATE_MESSAGE, content, auth })
    }

    fn verify(&self, content: AuthenticatedContent) -> Result<AuthenticatedContent, Mismatch> {
        content.verify_signature(self.suite, self.signature_key, Some(self.group_context))?;
        Ok(content)
    }

    fn sender_data_keys(&self, ciphertext: &[u8]) -> Result<copath_key_schedule::KeyNonce, Mismatch> {
        let secret = SenderDataSecret::from_secret(self.sender_data_secret.duplicate());
        Ok(secret.key_and_nonce(self.suite, ciphertext)?)
    }
}

fn is_application(content: &FramedContent) -> bool {
    content.content_type() == ContentType::Application
}

fn kind(content_type: ContentType) -> ContentKind {
    match content_type {
        ContentType::Application => ContentKind::Application,
        ContentType::Proposal | ContentType::Commit => ContentKind::Handshake,
    }
}

/// The nonce with the reuse guard in its first octets (RFC 9420 §6.3.1).
fn guarded(nonce: &Secret, reuse_guard: [u8; 4]) -> Vec<u8> {
    let mut nonce = nonce.expose().to_vec();
    for (octet, guard) in nonce.iter_mut().zip(reuse_guard) {
        *octet ^= guard;
    }
    nonce
}

fn content_aad(message: &PrivateMessage) -> Result<Vec<u8>, Mismatch> {
    let aad = PrivateContentAad {
        group_id: message.group_id.clone(),
        epoch: message.epoch,
        content_type: message.content_type,
        authenticated_data: message.authenticated_data.clone(),
    };
    Ok(aad.to_bytes()?)
}

fn sender_data_aad(message: &PrivateMessage) -> Result<Vec<u8>, Mismatch> {
    let aad = SenderDataAad {
        group_id: message.group_id.clone(),
        epoch: message.epoch,
        content_type: message.content_type,
    };
    Ok(aad.to_bytes()?)
}
