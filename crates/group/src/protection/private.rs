//! PrivateMessage.
//!
//! RFC 9420 §6.3. Nothing here changes the secret tree: a key is prepared beside it, and its change is applied with
//! the message's patch. A forged message consumes nothing.

use alloc::vec::Vec;

use copath_codec::{DecodeContext, Reader, Writer};
use copath_crypto::Suite;
use copath_key_schedule::{ContentKind, Limits, RatchetChange, SecretTree, SenderDataSecret};
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContent, FramedContentAuthData, FramedContentBodyRef,
    FramedContentRef, GroupId, PrivateMessage, PrivateMessageContent, Sender, SenderData, WireFormat,
};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use super::padded_length;
use crate::message::RatchetStep;
use crate::policy::Padding;
use crate::{GroupError, Misuse};

/// Octets of the reuse guard (RFC 9420 §6.3.1).
const REUSE_GUARD: usize = 4;
/// Octets of an encoded SenderData (RFC 9420 §6.3.2).
const SENDER_DATA: usize = 12;

/// What opens the private messages of an epoch.
#[derive(Debug)]
pub(crate) struct OpenKeys<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) sender_data_secret: &'a SenderDataSecret,
    pub(crate) secret_tree: &'a SecretTree,
    pub(crate) limits: Limits,
}

/// An opened private message, its signature not yet verified.
#[derive(Debug)]
pub(crate) struct PrivateOpened {
    pub(crate) content: AuthenticatedContent,
    pub(crate) step: RatchetStep,
}

/// Encrypts content of a member, signed by `auth`, with its next key (RFC 9420 §6.3.1).
pub(crate) fn seal_private(
    keys: &OpenKeys<'_>,
    framed: FramedContentRef<'_>,
    auth: &FramedContentAuthData,
    padding: Padding,
) -> Result<(PrivateMessage, RatchetChange), GroupError> {
    let suite = keys.suite;
    // Only a member can be named in the sender data (rule 6.3.2-01).
    let Sender::Member { leaf_index } = framed.sender else {
        return Err(Violation::new(rule!("6.3.2-01")).at(Part::FramedContent).into());
    };
    let leaf = LeafIndex::new(leaf_index).ok_or(Misuse::TooLarge)?;
    let content_type = framed.body.content_type();
    let next = keys.secret_tree.next(suite, leaf, ratchet_kind(content_type))?;
    let mut guard = [0; REUSE_GUARD];
    suite.provider().random(&mut guard)?;
    let nonce = next.nonce.masked(&guard);
    let address = Address { group_id: framed.group_id, epoch: framed.epoch, content_type };
    let (aad, shared) = address.content_aad(framed.authenticated_data)?;
    let plaintext = padded_plaintext(framed.body, auth, padding, suite.aead().tag_length())?;
    let ciphertext = suite.seal_in_place(&next.key, nonce.expose(), &aad, plaintext)?;
    let data = SenderData { leaf_index, generation: next.generation, reuse_guard: guard };
    let sender_keys = keys.sender_data_secret.key_and_nonce(suite, &ciphertext)?;
    // What both are bound to comes first.
    let aad = aad.get(..shared).unwrap_or_default();
    let mut plaintext = Writer::with_capacity(SENDER_DATA.saturating_add(suite.aead().tag_length()));
    plaintext.value(&data);
    let (key, nonce) = (&sender_keys.key, sender_keys.nonce.expose());
    let encrypted_sender_data = suite.seal_in_place(key, nonce, aad, plaintext.finish()?)?;
    let message = PrivateMessage {
        group_id: framed.group_id.clone(),
        epoch: framed.epoch,
        content_type,
        authenticated_data: framed.authenticated_data.into(),
        encrypted_sender_data: encrypted_sender_data.into(),
        ciphertext: ciphertext.into(),
    };
    Ok((message, next.change))
}

/// Whom a private message names as its sender, and how it was encrypted (RFC 9420 §6.3.2).
#[derive(Debug)]
pub(crate) struct NamedSender {
    pub(crate) leaf: LeafIndex,
    data: SenderData,
}

impl OpenKeys<'_> {
    /// Whether the key that the sender data name was used up or skipped. Of the own leaf's ratchets: by sending.
    pub(crate) fn is_past(&self, sender: &NamedSender, content_type: ContentType) -> bool {
        let next = self.secret_tree.next_generation(sender.leaf, ratchet_kind(content_type));
        u64::from(sender.data.generation) < next
    }
}

/// Opens the sender data; `is_member` tells which leaves were filled in the message's epoch.
pub(crate) fn open_sender(
    keys: &OpenKeys<'_>,
    message: &PrivateMessage,
    is_member: impl FnOnce(LeafIndex) -> bool,
) -> Result<NamedSender, GroupError> {
    let data = open_sender_data(keys, message)?;
    let named = Part::Leaf(data.leaf_index);
    // Before any ratchet is touched: outside of the tree (6.3.2-05) or blank (6.3.2-04).
    let leaf = LeafIndex::new(data.leaf_index)
        .filter(|leaf| keys.secret_tree.size().contains_leaf(*leaf))
        .ok_or_else(|| Violation::new(rule!("6.3.2-05")).at(named))?;
    if !is_member(leaf) {
        return Err(Violation::new(rule!("6.3.2-04")).at(named).into());
    }
    Ok(NamedSender { leaf, data })
}

/// Decrypts a private message whose sender data is open (RFC 9420 §6.3.1).
pub(crate) fn open_private(
    keys: &OpenKeys<'_>,
    message: &PrivateMessage,
    sender: &NamedSender,
    context: &DecodeContext,
) -> Result<PrivateOpened, GroupError> {
    let suite = keys.suite;
    let NamedSender { leaf, data } = sender;
    let leaf = *leaf;
    let prepared = keys.secret_tree.peek(
        suite,
        leaf,
        ratchet_kind(message.content_type),
        data.generation,
        &keys.limits,
    )?;
    let nonce = prepared.nonce.masked(&data.reuse_guard);
    let (aad, _) = Address::of(message).content_aad(&message.authenticated_data)?;
    let plaintext = suite.open(&prepared.key, nonce.expose(), &aad, &message.ciphertext)?;
    let mut reader = Reader::new(plaintext.expose(), context);
    let content = PrivateMessageContent::decode(&mut reader, message.content_type)?;
    reader.finish()?;
    let framed = FramedContent {
        group_id: message.group_id.clone(),
        epoch: message.epoch,
        sender: Sender::Member { leaf_index: data.leaf_index },
        authenticated_data: message.authenticated_data.clone(),
        body: content.body,
    };
    let content = AuthenticatedContent {
        wire_format: WireFormat::PRIVATE_MESSAGE,
        content: framed,
        auth: content.auth,
    };
    let step = RatchetStep {
        epoch: message.epoch,
        leaf,
        kind: ratchet_kind(message.content_type),
        generation: data.generation,
        change: prepared.change,
    };
    Ok(PrivateOpened { content, step })
}

fn open_sender_data(keys: &OpenKeys<'_>, message: &PrivateMessage) -> Result<SenderData, GroupError> {
    let sender_keys = keys.sender_data_secret.key_and_nonce(keys.suite, &message.ciphertext)?;
    let aad = Address::of(message).sender_data_aad()?;
    let plaintext = keys.suite.open(
        &sender_keys.key,
        sender_keys.nonce.expose(),
        &aad,
        &message.encrypted_sender_data,
    )?;
    if plaintext.len() != SENDER_DATA {
        return Err(Violation::new(rule!("6.3.2-06")).at(Part::Message).into());
    }
    Ok(copath_codec::Decode::from_bytes(plaintext.expose())?)
}

/// The ratchet that content of a type is encrypted with (RFC 9420 §9.1).
pub(crate) fn ratchet_kind(content_type: ContentType) -> ContentKind {
    match content_type {
        ContentType::Application => ContentKind::Application,
        ContentType::Proposal | ContentType::Commit => ContentKind::Handshake,
    }
}

/// The padded plaintext, with room for `tag` octets more, in the one buffer that is then encrypted in place.
fn padded_plaintext(
    body: FramedContentBodyRef<'_>,
    auth: &FramedContentAuthData,
    padding: Padding,
    tag: usize,
) -> Result<Vec<u8>, GroupError> {
    /// Room for the length headers.
    const HEADERS: usize = 8;
    let data = match body {
        FramedContentBodyRef::Application(data) => data.len(),
        FramedContentBodyRef::Proposal(_) | FramedContentBodyRef::Commit(_) => 0,
    };
    let unpadded = data.saturating_add(auth.signature.len()).saturating_add(HEADERS);
    let expected = padded_length(padding, unpadded).saturating_add(tag);
    let mut writer = Writer::wiping_with_capacity(expected);
    PrivateMessageContent::encode_parts(body, auth, &mut writer);
    writer.pad_to(padded_length(padding, writer.len()));
    Ok(writer.finish()?)
}

/// Where a private message belongs: what is authenticated with its content and its sender data.
#[derive(Clone, Copy)]
struct Address<'a> {
    group_id: &'a GroupId,
    epoch: u64,
    content_type: ContentType,
}

impl<'a> Address<'a> {
    fn of(message: &'a PrivateMessage) -> Self {
        Self { group_id: &message.group_id, epoch: message.epoch, content_type: message.content_type }
    }

    /// The SenderDataAAD (RFC 9420 §6.3.2).
    fn sender_data_aad(self) -> Result<Vec<u8>, GroupError> {
        Ok(self.writer(0).finish()?)
    }

    /// The PrivateContentAAD (RFC 9420 §6.3.1), and how many of its octets are the SenderDataAAD: the authenticated
    /// data come after these.
    fn content_aad(self, authenticated_data: &[u8]) -> Result<(Vec<u8>, usize), GroupError> {
        let mut writer = self.writer(authenticated_data.len());
        let shared = writer.len();
        writer.opaque(authenticated_data);
        Ok((writer.finish()?, shared))
    }

    fn writer(self, more: usize) -> Writer {
        /// Room for the epoch, the type and the length headers.
        const HEADERS: usize = 20;
        let mut writer =
            Writer::with_capacity(self.group_id.len().saturating_add(more).saturating_add(HEADERS));
        writer.value(self.group_id).value(&self.epoch).value(&self.content_type);
        writer
    }
}
