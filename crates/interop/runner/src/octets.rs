//! What the octets that clients return have to be.

use std::sync::Arc;

use copath_codec::{Decode, DecodeContext};
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_messages::{
    Commit, ContentType, ExtensionType, Extensions, FramedContentBody, GroupInfo, KeyPackage, MlsMessage,
    MlsMessageBody, Proposal, PublicMessage, SenderType, Welcome,
};
use copath_ratchet_tree::{RatchetTree, TreeLimits};

/// Octets that are not what they should be, in words.
pub(crate) type Checked<T = ()> = Result<T, String>;

/// The suite `number`, for checks.
pub(crate) fn suite(number: u16) -> Checked<Suite> {
    let provider: Arc<dyn CryptoProvider> = copath_provider_rustcrypto::provider();
    Suite::new(&provider, CipherSuite(number)).map_err(|error| error.to_string())
}

/// How a handshake message has to be framed, and by whom sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A member's PrivateMessage.
    Private,
    /// A member's PublicMessage.
    Public,
    /// An outsider's PublicMessage.
    Outside(SenderType),
}

/// The group and the epoch that a message has to be for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct For<'a> {
    pub(crate) group_id: &'a [u8],
    pub(crate) epoch: u64,
}

fn decoded(what: &str, octets: &[u8]) -> Checked<MlsMessageBody> {
    let message = MlsMessage::from_bytes(octets);
    Ok(message.map_err(|error| format!("the {what} isn't an MLSMessage: {error}"))?.body)
}

/// That something holds.
pub(crate) fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// A KeyPackage of that suite, with that identity, and signed.
pub(crate) fn key_package(octets: &[u8], number: u16, identity: &str) -> Checked<KeyPackage> {
    let MlsMessageBody::KeyPackage(found) = decoded("key package", octets)? else {
        return Err("the key package is another kind of MLSMessage".into());
    };
    require(found.cipher_suite.0 == number, || {
        format!("the key package is of suite {} instead of {number}", found.cipher_suite.0)
    })?;
    let is = identity_of(&found.leaf_node.credential);
    require(is == identity, || format!("the key package's identity is \"{is}\" instead of \"{identity}\""))?;
    found.clone().verify(&suite(number)?).map_err(|error| format!("the key package isn't valid: {error}"))?;
    Ok(found)
}

/// The identity of a basic credential, as text.
pub(crate) fn identity_of(credential: &Credential) -> String {
    match credential {
        Credential::Basic { identity } => String::from_utf8_lossy(identity).into_owned(),
        other => format!("{other:?}"),
    }
}

/// A proposal or commit in the right frame; its content where it can be seen.
pub(crate) fn handshake(
    octets: &[u8],
    framing: Framing,
    content: ContentType,
    place: For<'_>,
) -> Checked<Option<PublicMessage>> {
    let what = if content == ContentType::Commit { "commit" } else { "proposal" };
    let at = |group_id: &[u8], epoch: u64, found: ContentType| {
        require(found == content, || format!("the {what} has content type {found:?}"))?;
        require(group_id == place.group_id, || format!("the {what} is for another group"))?;
        require(epoch == place.epoch, || {
            format!("the {what} is for epoch {epoch} instead of {}", place.epoch)
        })
    };
    match (decoded(what, octets)?, framing) {
        (MlsMessageBody::PrivateMessage(message), Framing::Private) => {
            at(&message.group_id, message.epoch, message.content_type).map(|()| None)
        }
        (MlsMessageBody::PublicMessage(message), Framing::Public | Framing::Outside(_)) => {
            at(&message.content.group_id, message.content.epoch, message.content.content_type())?;
            let wanted = match framing {
                Framing::Outside(sender) => sender,
                _ => SenderType::Member,
            };
            let found = message.content.sender.sender_type();
            require(found == wanted, || format!("the {what} is of sender {found:?} instead of {wanted:?}"))?;
            Ok(Some(message))
        }
        (body, _) => {
            Err(format!("the {what} is framed as {:?}, against encrypt_handshake", body.wire_format()))
        }
    }
}

/// The Commit in a PublicMessage.
pub(crate) fn commit_of(message: &PublicMessage) -> Checked<&Commit> {
    match &message.content.body {
        FramedContentBody::Commit(commit) => Ok(commit),
        _ => Err("the commit isn't a Commit".into()),
    }
}

/// The Proposal in a PublicMessage.
pub(crate) fn proposal_of(message: &PublicMessage) -> Checked<&Proposal> {
    match &message.content.body {
        FramedContentBody::Proposal(proposal) => Ok(proposal),
        _ => Err("the proposal isn't a Proposal".into()),
    }
}

/// A PrivateMessage with application data.
pub(crate) fn ciphertext(octets: &[u8], authenticated: &[u8], place: For<'_>) -> Checked {
    let MlsMessageBody::PrivateMessage(message) = decoded("ciphertext", octets)? else {
        return Err("the ciphertext isn't a PrivateMessage".into());
    };
    require(message.content_type == ContentType::Application, || {
        "the ciphertext isn't application data".into()
    })?;
    require(&message.group_id[..] == place.group_id, || "the ciphertext is for another group".into())?;
    require(&message.authenticated_data[..] == authenticated, || {
        "the ciphertext carries other authenticated data".into()
    })
}

/// A Welcome of that suite for exactly these key packages.
pub(crate) fn welcome(octets: &[u8], number: u16, joiners: &[KeyPackage]) -> Checked<Welcome> {
    let MlsMessageBody::Welcome(welcome) = decoded("Welcome", octets)? else {
        return Err("the Welcome is another kind of MLSMessage".into());
    };
    require(welcome.cipher_suite.0 == number, || {
        format!("the Welcome is of suite {}", welcome.cipher_suite.0)
    })?;
    let suite = suite(number)?;
    for joiner in joiners {
        let reference = joiner.reference(&suite).map_err(|error| error.to_string())?;
        let who = identity_of(&joiner.leaf_node.credential);
        require(welcome.find(&reference).is_some(), || format!("the Welcome has nothing for \"{who}\""))?;
    }
    let (found, wanted) = (welcome.secrets.len(), joiners.len());
    require(found == wanted, || format!("the Welcome is for {found} joiners instead of {wanted}"))?;
    Ok(welcome)
}

/// A GroupInfo of that epoch, and its tree; the tree is where it was asked for, if that matters.
pub(crate) fn group_info(
    (octets, tree): (&[u8], &[u8]),
    number: u16,
    external_tree: Option<bool>,
    place: For<'_>,
) -> Checked<(GroupInfo, RatchetTree)> {
    let MlsMessageBody::GroupInfo(info) = decoded("GroupInfo", octets)? else {
        return Err("the GroupInfo is another kind of MLSMessage".into());
    };
    let context = &info.group_context;
    require(context.cipher_suite.0 == number, || {
        format!("the GroupInfo is of suite {}", context.cipher_suite.0)
    })?;
    require(&context.group_id[..] == place.group_id, || "the GroupInfo is of another group".into())?;
    require(context.epoch == place.epoch, || {
        format!("the GroupInfo is of epoch {} instead of {}", context.epoch, place.epoch)
    })?;
    let inside = info.extensions.find(ExtensionType::RATCHET_TREE).map(|found| found.extension_data.to_vec());
    let octets = match (inside, external_tree) {
        (Some(_), Some(true)) => {
            return Err("the GroupInfo carries the tree although external_tree is set".into());
        }
        (None, Some(false)) => {
            return Err("the GroupInfo carries no tree although external_tree isn't set".into());
        }
        (Some(inside), _) => inside,
        (None, _) => tree.to_vec(),
    };
    let tree = ratchet_tree(&octets, number)?;
    require(tree.tree_hash().as_slice() == &context.tree_hash[..], || {
        "the ratchet tree doesn't have the tree hash of the GroupInfo".into()
    })?;
    let signer = copath_tree_math::LeafIndex::new(info.signer).and_then(|leaf| tree.leaf(leaf));
    let key = signer.ok_or("the GroupInfo's signer isn't in the tree")?.signature_key().to_vec();
    info.verify_signature(&suite(number)?, &key)
        .map_err(|error| format!("the GroupInfo isn't valid: {error}"))?;
    Ok((info, tree))
}

/// A ratchet tree as it travels.
pub(crate) fn ratchet_tree(octets: &[u8], number: u16) -> Checked<RatchetTree> {
    require(!octets.is_empty(), || "external_tree is set, but no ratchet tree is returned".into())?;
    let decoded =
        RatchetTree::decode(&suite(number)?, octets, &DecodeContext::default(), &TreeLimits::default());
    decoded.map_err(|error| format!("the ratchet tree isn't valid: {error}"))
}

/// Code and body of each extension.
pub(crate) fn plain(extensions: &Extensions) -> Vec<(u16, Vec<u8>)> {
    extensions.iter().map(|one| (one.extension_type.0, one.extension_data.to_vec())).collect()
}
