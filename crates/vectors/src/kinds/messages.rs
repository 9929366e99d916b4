//! `messages`: all structures, decoded and encoded again.

use copath_codec::{Decode, Encode};
use copath_messages::{
    Add, Commit, ContentType, ExternalInit, GroupContextExtensions, GroupSecrets, MlsMessage, MlsMessageBody,
    Node, PreSharedKey, ReInit, Remove, Update, WireFormat,
};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, require, same};
use crate::{Error, Mismatch, Outcome};

/// One structure of each kind.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) mls_welcome: Hex,
    pub(crate) mls_group_info: Hex,
    pub(crate) mls_key_package: Hex,
    pub(crate) ratchet_tree: Hex,
    pub(crate) group_secrets: Hex,
    pub(crate) add_proposal: Hex,
    pub(crate) update_proposal: Hex,
    pub(crate) remove_proposal: Hex,
    pub(crate) pre_shared_key_proposal: Hex,
    pub(crate) re_init_proposal: Hex,
    pub(crate) external_init_proposal: Hex,
    pub(crate) group_context_extensions_proposal: Hex,
    pub(crate) commit: Hex,
    pub(crate) public_message_application: Hex,
    pub(crate) public_message_proposal: Hex,
    pub(crate) public_message_commit: Hex,
    pub(crate) private_message: Hex,
}

/// Runs a file.
pub(crate) fn run(json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_cases(&cases, run_case))
}

fn run_case(case: &Case) -> Result<(), Mismatch> {
    message(&case.mls_welcome, WireFormat::WELCOME).at("mls_welcome")?;
    message(&case.mls_group_info, WireFormat::GROUP_INFO).at("mls_group_info")?;
    message(&case.mls_key_package, WireFormat::KEY_PACKAGE).at("mls_key_package")?;
    round_trip::<Vec<Option<Node>>>(&case.ratchet_tree).at("ratchet_tree")?;
    round_trip::<GroupSecrets>(&case.group_secrets).at("group_secrets")?;
    round_trip::<Add>(&case.add_proposal).at("add_proposal")?;
    round_trip::<Update>(&case.update_proposal).at("update_proposal")?;
    round_trip::<Remove>(&case.remove_proposal).at("remove_proposal")?;
    round_trip::<PreSharedKey>(&case.pre_shared_key_proposal).at("pre_shared_key_proposal")?;
    round_trip::<ReInit>(&case.re_init_proposal).at("re_init_proposal")?;
    round_trip::<ExternalInit>(&case.external_init_proposal).at("external_init_proposal")?;
    round_trip::<GroupContextExtensions>(&case.group_context_extensions_proposal)
        .at("group_context_extensions_proposal")?;
    round_trip::<Commit>(&case.commit).at("commit")?;
    public(&case.public_message_application, ContentType::Application).at("public_message_application")?;
    public(&case.public_message_proposal, ContentType::Proposal).at("public_message_proposal")?;
    public(&case.public_message_commit, ContentType::Commit).at("public_message_commit")?;
    message(&case.private_message, WireFormat::PRIVATE_MESSAGE).at("private_message").map(drop)
}

/// Decodes, encodes again, compares; and no truncated form may decode.
fn round_trip<T: Encode + Decode>(octets: &Hex) -> Result<T, Mismatch> {
    let value = T::from_bytes(octets)?;
    same("encoding", &value.to_bytes()?, octets)?;
    let (_, shorter) = octets.split_last().ok_or_else(|| Mismatch::new("empty"))?;
    require("it decodes without its last octet, too", T::from_bytes(shorter).is_err())?;
    let longer = [&octets[..], &[0]].concat();
    require("it decodes with an octet left over, too", T::from_bytes(&longer).is_err())?;
    Ok(value)
}

fn message(octets: &Hex, wire_format: WireFormat) -> Result<MlsMessage, Mismatch> {
    let message = round_trip::<MlsMessage>(octets)?;
    equal("wire format", message.wire_format(), wire_format)?;
    Ok(message)
}

fn public(octets: &Hex, content_type: ContentType) -> Result<(), Mismatch> {
    match message(octets, WireFormat::PUBLIC_MESSAGE)?.body {
        MlsMessageBody::PublicMessage(public) => {
            equal("content type", public.content.content_type(), content_type)
        }
        _ => Err(Mismatch::new("no PublicMessage")),
    }
}
