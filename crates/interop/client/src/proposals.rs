//! Making proposals from what the harness says.
//!
//! RFC 9420 §12.1.

use copath_crypto::{CipherSuite, Suite};
use copath_group::Group;
use copath_interop_grpc::ProposalDescription;
use copath_messages::{
    Add, Extensions, GroupContextExtensions, GroupId, PreSharedKey, PreSharedKeyId, Proposal,
    ProtocolVersion, Psk, ReInit, Remove, ResumptionPskUsage,
};
use copath_ratchet_tree::RatchetTree;

use crate::member::find_identity;
use crate::{ClientError, decode};

/// What one has to know of a group to propose a change of it.
#[derive(Clone, Copy)]
pub(crate) struct Proposing<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) group_id: &'a GroupId,
    pub(crate) tree: &'a RatchetTree,
}

impl<'a> Proposing<'a> {
    pub(crate) fn in_group(group: &'a Group) -> Self {
        Self { suite: group.suite(), group_id: group.group_id(), tree: group.tree() }
    }

    pub(crate) fn described(self, description: &ProposalDescription) -> Result<Proposal, ClientError> {
        match description.proposal_type.as_slice() {
            b"add" => add(&description.key_package),
            b"remove" => self.remove(&description.removed_id),
            b"externalPSK" => self.external_psk(&description.psk_id),
            b"resumptionPSK" => self.resumption_psk(description.epoch_id),
            b"groupContextExtensions" => Ok(extensions(decode::extensions(&description.extensions)?)),
            b"reinit" => Ok(reinit(
                &description.group_id,
                decode::cipher_suite(description.cipher_suite)?,
                decode::extensions(&description.extensions)?,
            )),
            _ => Err(ClientError::UnknownProposalType),
        }
    }

    pub(crate) fn remove(self, identity: &[u8]) -> Result<Proposal, ClientError> {
        Ok(Proposal::Remove(Remove { removed: find_identity(self.tree, identity)?.as_u32() }))
    }

    pub(crate) fn external_psk(self, psk_id: &[u8]) -> Result<Proposal, ClientError> {
        self.with_nonce(Psk::External { psk_id: psk_id.into() })
    }

    pub(crate) fn resumption_psk(self, epoch: u64) -> Result<Proposal, ClientError> {
        self.with_nonce(Psk::Resumption {
            usage: ResumptionPskUsage::Application,
            psk_group_id: self.group_id.clone(),
            psk_epoch: epoch,
        })
    }

    /// RFC 9420 §8.4: the nonce is fresh and as long as the hash.
    fn with_nonce(self, psk: Psk) -> Result<Proposal, ClientError> {
        let psk_nonce = self.suite.random_bytes(self.suite.hash_length())?.into();
        Ok(Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce } }))
    }
}

pub(crate) fn add(key_package: &[u8]) -> Result<Proposal, ClientError> {
    let key_package = decode::key_package("key_package", key_package)?;
    Ok(Proposal::Add(Add { key_package: Box::new(key_package) }))
}

pub(crate) fn extensions(extensions: Extensions) -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions })
}

pub(crate) fn reinit(group_id: &[u8], cipher_suite: CipherSuite, extensions: Extensions) -> Proposal {
    let version = ProtocolVersion::MLS10;
    Proposal::ReInit(ReInit { group_id: group_id.into(), version, cipher_suite, extensions })
}
