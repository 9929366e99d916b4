//! PrivateMessage.
//!
//! RFC 9420 §6.3. Nothing here changes the secret tree: a key is prepared beside it, and its change is applied with
//! the message's patch. A forged message consumes nothing.

use alloc::vec::Vec;

use copath_codec::{DecodeContext, Encode, Opaque, Reader, Writer};
use copath_crypto::{Secret, Suite};
use copath_key_schedule::{ContentKind, Limits, RatchetChange, SecretTree, SenderDataSecret};
use copath_messages::{
    AuthenticatedContent, ContentType, FramedContent, GroupId, PrivateContentAad, PrivateMessage,
    PrivateMessageContent, Sender, SenderData, SenderDataAad, WireFormat,
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

/// Encrypts signed content of a member with its next key (RFC 9420 §6.3.1).
pub(crate) fn seal_private(
    keys: &OpenKeys<'_>,
    content: &AuthenticatedContent,
    padding: Padding,
) -> Result<(PrivateMessage, RatchetChange), GroupError> {
    let suite = keys.suite;
    let framed = &content.content;
    // Only a member can be named in the sender data (rule 6.3.2-01).
    let Sender::Member { leaf_index } = framed.sender else {
        return Err(Violation::new(rule!("6.3.2-01")).at(Part::FramedContent).into());
    };
    let leaf = LeafIndex::new(leaf_index).ok_or(Misuse::TooLarge)?;
    let content_type = framed.content_type();
    let next = keys.secret_tree.next(suite, leaf, ratchet_kind(content_type))?;
    let mut guard = [0; REUSE_GUARD];
    suite.provider().random(&mut guard)?;
    let nonce = guarded(&next.nonce, guard);
    let aad = content_aad(&framed.group_id, framed.epoch, content_type, &framed.authenticated_data)?;
    let plaintext = padded_plaintext(content, padding)?;
    let ciphertext = suite.seal(&next.key, &nonce, &aad, plaintext.expose())?;
    let data = SenderData { leaf_index, generation: next.generation, reuse_guard: guard };
    let sender_keys = keys.sender_data_secret.key_and_nonce(suite, &ciphertext)?;
    let aad = sender_data_aad(&framed.group_id, framed.epoch, content_type)?;
    let encrypted_sender_data =
        suite.seal(&sender_keys.key, sender_keys.nonce.expose(), &aad, &data.to_bytes()?)?;
    let message = PrivateMessage {
        group_id: framed.group_id.clone(),
        epoch: framed.epoch,
        content_type,
        authenticated_data: framed.authenticated_data.clone(),
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
    let nonce = guarded(&prepared.nonce, data.reuse_guard);
    let aad =
        content_aad(&message.group_id, message.epoch, message.content_type, &message.authenticated_data)?;
    let plaintext = suite.open(&prepared.key, &nonce, &aad, &message.ciphertext)?;
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
    let aad = sender_data_aad(&message.group_id, message.epoch, message.content_type)?;
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

/// The nonce with the reuse guard XORed into its first octets (RFC 9420 §6.3.1).
fn guarded(nonce: &Secret, guard: [u8; REUSE_GUARD]) -> Vec<u8> {
    let mut nonce = nonce.expose().to_vec();
    for (octet, guard) in nonce.iter_mut().zip(guard) {
        *octet ^= guard;
    }
    nonce
}

fn padded_plaintext(content: &AuthenticatedContent, padding: Padding) -> Result<Secret, GroupError> {
    let mut writer = Writer::wiping();
    PrivateMessageContent::encode_parts(&content.content.body, &content.auth, &mut writer);
    let missing = padded_length(padding, writer.len()).saturating_sub(writer.len());
    writer.bytes(&alloc::vec![0; missing]);
    Ok(Secret::from(writer.finish()?))
}

fn content_aad(
    group_id: &GroupId,
    epoch: u64,
    content_type: ContentType,
    authenticated_data: &Opaque,
) -> Result<Vec<u8>, GroupError> {
    let aad = PrivateContentAad {
        group_id: group_id.clone(),
        epoch,
        content_type,
        authenticated_data: authenticated_data.clone(),
    };
    Ok(aad.to_bytes()?)
}

fn sender_data_aad(group_id: &GroupId, epoch: u64, content_type: ContentType) -> Result<Vec<u8>, GroupError> {
    Ok(SenderDataAad { group_id: group_id.clone(), epoch, content_type }.to_bytes()?)
}
