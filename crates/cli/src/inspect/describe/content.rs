//! FramedContent, Commit, proposals, names of pre-shared keys.

use copath::messages::{
    Commit, ContentType, FramedContent, FramedContentBody, PreSharedKeyId, Proposal, ProposalOrRef, Psk,
    ReInit, ResumptionPskUsage, Sender,
};

use super::extension::{Place, extensions};
use super::leaf::{Standing, leaf_node};
use super::{Describer, Done, key_package, update_path};

pub(super) fn content_type(content_type: ContentType) -> &'static str {
    match content_type {
        ContentType::Application => "application",
        ContentType::Proposal => "proposal",
        ContentType::Commit => "commit",
    }
}

pub(super) fn framed_content(d: &mut Describer<'_>, content: &FramedContent) -> Done {
    d.structure("content", "FramedContent", |d| {
        d.readable("group_id", &content.group_id)?;
        d.u64("epoch", content.epoch)?;
        sender(d, content.sender)?;
        d.readable("authenticated_data", &content.authenticated_data)?;
        d.selector("content_type", content_type(content.content_type()))?;
        let standing = match content.sender {
            Sender::Member { leaf_index } => Standing::Leaf { group_id: &content.group_id, leaf_index },
            _ => Standing::Unknown,
        };
        match &content.body {
            FramedContentBody::Application(data) => d.readable("application_data", data),
            FramedContentBody::Proposal(body) => proposal(d, "proposal", body, standing),
            FramedContentBody::Commit(body) => commit(d, "commit", body, standing),
        }
    })
}

fn sender(d: &mut Describer<'_>, sender: Sender) -> Done {
    d.structure("sender", "Sender", |d| match sender {
        Sender::Member { leaf_index } => {
            d.selector("sender_type", "member")?;
            d.u32("leaf_index", leaf_index)
        }
        Sender::External { sender_index } => {
            d.selector("sender_type", "external")?;
            d.u32("sender_index", sender_index)
        }
        Sender::NewMemberProposal => d.selector("sender_type", "new_member_proposal"),
        Sender::NewMemberCommit => d.selector("sender_type", "new_member_commit"),
    })
}

/// A Commit; `standing` is the committer's.
pub(in crate::inspect) fn commit(
    d: &mut Describer<'_>,
    name: &'static str,
    commit: &Commit,
    standing: Standing<'_>,
) -> Done {
    d.structure(name, "Commit", |d| {
        d.list("proposals", &commit.proposals, |d, entry| {
            d.structure("", "ProposalOrRef", |d| match entry {
                ProposalOrRef::Proposal(body) => {
                    d.selector("type", "proposal")?;
                    proposal(d, "proposal", body, Standing::Unknown)
                }
                ProposalOrRef::Reference(reference) => {
                    d.selector("type", "reference")?;
                    d.octets("reference", reference)
                }
            })
        })?;
        match &commit.path {
            None => d.absent("path"),
            Some(path) => {
                d.pass(1);
                update_path(d, "path", path, standing)
            }
        }
    })
}

/// A proposal; `standing` is the sender's, for the leaf of an Update.
pub(in crate::inspect) fn proposal(
    d: &mut Describer<'_>,
    name: &'static str,
    proposal: &Proposal,
    standing: Standing<'_>,
) -> Done {
    d.structure(name, "Proposal", |d| {
        d.code("proposal_type", proposal.proposal_type())?;
        match proposal {
            Proposal::Add(add) => {
                d.structure("add", "Add", |d| key_package(d, "key_package", &add.key_package))
            }
            Proposal::Update(update) => {
                d.structure("update", "Update", |d| leaf_node(d, "leaf_node", &update.leaf_node, standing))
            }
            Proposal::Remove(remove) => d.structure("remove", "Remove", |d| d.u32("removed", remove.removed)),
            Proposal::PreSharedKey(psk) => {
                d.structure("psk", "PreSharedKey", |d| pre_shared_key_id(d, "psk", &psk.psk))
            }
            Proposal::ReInit(body) => reinit(d, body),
            Proposal::ExternalInit(init) => {
                d.structure("external_init", "ExternalInit", |d| d.octets("kem_output", &init.kem_output))
            }
            Proposal::GroupContextExtensions(change) => {
                d.structure("group_context_extensions", "GroupContextExtensions", |d| {
                    extensions(d, &change.extensions, Place::GroupContext)
                })
            }
            Proposal::Custom(custom) => d.bare_octets("body", &custom.body),
        }
    })
}

fn reinit(d: &mut Describer<'_>, reinit: &ReInit) -> Done {
    d.structure("reinit", "ReInit", |d| {
        d.readable("group_id", &reinit.group_id)?;
        d.code("version", reinit.version)?;
        d.code("cipher_suite", reinit.cipher_suite)?;
        extensions(d, &reinit.extensions, Place::GroupContext)
    })
}

fn pre_shared_key_id(d: &mut Describer<'_>, name: &'static str, id: &PreSharedKeyId) -> Done {
    d.structure(name, "PreSharedKeyID", |d| {
        match &id.psk {
            Psk::External { psk_id } => {
                d.selector("psktype", "external")?;
                d.readable("psk_id", psk_id)?;
            }
            Psk::Resumption { usage, psk_group_id, psk_epoch } => {
                d.selector("psktype", "resumption")?;
                d.selector(
                    "usage",
                    match usage {
                        ResumptionPskUsage::Application => "application",
                        ResumptionPskUsage::Reinit => "reinit",
                        ResumptionPskUsage::Branch => "branch",
                    },
                )?;
                d.readable("psk_group_id", psk_group_id)?;
                d.u64("psk_epoch", *psk_epoch)?;
            }
        }
        d.octets("psk_nonce", &id.psk_nonce)
    })
}
