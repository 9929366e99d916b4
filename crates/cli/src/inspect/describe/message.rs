//! MLSMessage, PublicMessage, PrivateMessage.

use copath::messages::{
    ContentType, FramedContentAuthData, FramedContentBody, MlsMessage, MlsMessageBody, PrivateMessage,
    Proposal, PublicMessage, Sender,
};

use super::content::{content_type, framed_content};
use super::{Describer, Done, group_info, key_package, welcome};
use crate::inspect::scalar::{Scalar, Verdict};

/// An MLSMessage.
pub(in crate::inspect) fn message(d: &mut Describer<'_>, message: &MlsMessage) -> Done {
    d.structure("MLSMessage", "MLSMessage", |d| {
        d.code("version", message.version)?;
        d.code("wire_format", message.wire_format())?;
        match &message.body {
            MlsMessageBody::PublicMessage(message) => public_message(d, message),
            MlsMessageBody::PrivateMessage(message) => private_message(d, message),
            MlsMessageBody::Welcome(message) => welcome(d, "welcome", message),
            MlsMessageBody::GroupInfo(message) => group_info(d, "group_info", message),
            MlsMessageBody::KeyPackage(message) => key_package(d, "key_package", message),
        }
    })
}

fn public_message(d: &mut Describer<'_>, message: &PublicMessage) -> Done {
    d.known.learn_suite_from_content(&message.content.body);
    d.structure("public_message", "PublicMessage", |d| {
        framed_content(d, &message.content)?;
        auth_data(d, &message.auth)?;
        if let Some(tag) = &message.membership_tag {
            d.octets("membership_tag", tag)?;
        }
        d.derived(|d| {
            if let Some(suite) = d.known.suite_note() {
                d.note("cipher_suite", &suite)?;
            }
            if message.content.content_type() == ContentType::Proposal {
                proposal_ref(d, message)?;
            }
            d.verdict("signature", signature(d, message))?;
            if message.auth.confirmation_tag.is_some() {
                d.verdict("confirmation_tag", Verdict::NotCheckable("it takes the epoch's secrets"))?;
            }
            if message.membership_tag.is_some() {
                d.verdict("membership_tag", Verdict::NotCheckable("it takes the epoch's secrets"))?;
            }
            Ok(())
        })
    })
}

fn auth_data(d: &mut Describer<'_>, auth: &FramedContentAuthData) -> Done {
    d.structure("auth", "FramedContentAuthData", |d| {
        d.octets("signature", &auth.signature)?;
        match &auth.confirmation_tag {
            Some(tag) => d.octets("confirmation_tag", tag),
            None => Ok(()),
        }
    })
}

fn proposal_ref(d: &mut Describer<'_>, message: &PublicMessage) -> Done {
    let Some(suite) = d.known.suite() else {
        let reason = "the cipher suite isn't in the message (--suite says it)";
        return d.verdict("proposal_ref", Verdict::NotCheckable(reason));
    };
    match message.clone().into_authenticated_content().proposal_reference(suite) {
        Ok(reference) => d.note("proposal_ref", &Scalar::Octets(&reference)),
        Err(error) => d.note("proposal_ref", &Scalar::Text(error.to_string())),
    }
}

/// Only who asks to join brings the key that the message is signed with; members sign the group context along.
fn signature(d: &Describer<'_>, message: &PublicMessage) -> Verdict {
    match message.content.sender {
        Sender::Member { .. } | Sender::NewMemberCommit => {
            return Verdict::NotCheckable("the group context, which is signed along, isn't in the message");
        }
        Sender::External { .. } => {
            return Verdict::NotCheckable("the sender's key is in the group context, not in the message");
        }
        Sender::NewMemberProposal => {}
    }
    let FramedContentBody::Proposal(Proposal::Add(add)) = &message.content.body else {
        return Verdict::NotCheckable("a new member proposes nothing but Add");
    };
    let key = &add.key_package.leaf_node.signature_key;
    let content = message.clone().into_authenticated_content();
    d.known.verdict(|suite| content.verify_signature(suite, key, None))
}

fn private_message(d: &mut Describer<'_>, message: &PrivateMessage) -> Done {
    d.structure("private_message", "PrivateMessage", |d| {
        d.readable("group_id", &message.group_id)?;
        d.u64("epoch", message.epoch)?;
        d.selector("content_type", content_type(message.content_type))?;
        d.readable("authenticated_data", &message.authenticated_data)?;
        d.encrypted("encrypted_sender_data", &message.encrypted_sender_data)?;
        d.encrypted("ciphertext", &message.ciphertext)
    })
}
