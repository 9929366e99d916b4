//! Commits.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer, wire_struct};

use crate::{Proposal, ProposalOrRefType, ProposalRef, UpdatePath};

wire_struct! {
    /// Ends an epoch: the proposals that take effect, and fresh keys.
    ///
    /// RFC 9420 §12.4.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Commit {
        /// The proposals, in the order in which they were chosen.
        pub proposals: Vec<ProposalOrRef>,
        /// The committer's new keys.
        pub path: Option<UpdatePath>,
    }
}

/// How a Commit names a proposal.
///
/// RFC 9420 §12.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalOrRef {
    /// By value: the committer's own.
    Proposal(Proposal),
    /// By reference: one that was sent before.
    Reference(ProposalRef),
}

impl ProposalOrRef {
    /// The selector.
    pub fn proposal_or_ref_type(&self) -> ProposalOrRefType {
        match self {
            Self::Proposal(_) => ProposalOrRefType::Proposal,
            Self::Reference(_) => ProposalOrRefType::Reference,
        }
    }
}

impl Encode for ProposalOrRef {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.proposal_or_ref_type());
        match self {
            Self::Proposal(proposal) => proposal.encode(writer),
            Self::Reference(reference) => reference.encode(writer),
        }
    }
}

impl Decode for ProposalOrRef {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.field("ProposalOrRef.type", ProposalOrRefType::decode)? {
            ProposalOrRefType::Proposal => {
                Self::Proposal(reader.field("ProposalOrRef.proposal", Proposal::decode)?)
            }
            ProposalOrRefType::Reference => {
                Self::Reference(reader.field("ProposalOrRef.reference", ProposalRef::decode)?)
            }
        })
    }
}

copath_codec::impl_tls_codec!(ProposalOrRef);
