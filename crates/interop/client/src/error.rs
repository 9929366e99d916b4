//! What can go wrong, as the harness sees it.

use copath_codec::DecodeError;
use copath_crypto::CryptoError;
use copath_group::GroupError;
use tonic::{Code, Status};

/// Why a request failed. States are as they were before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nothing has this id, or what had it was freed.
    #[error("there is no {kind} with id {id}")]
    UnknownId {
        /// What was looked for.
        kind: &'static str,
        /// The id.
        id: u32,
    },
    /// All 32-bit ids were given out.
    #[error("all ids are used up; start the client again")]
    NoMoreIds,
    /// A code point that MLS has no room for.
    #[error("`{field}` is {value}, which is beyond 16 bits")]
    Beyond16Bits {
        /// The request's field.
        field: &'static str,
        /// What it says.
        value: u32,
    },
    /// Octets that don't decode.
    #[error("`{field}` is malformed: {error}")]
    Malformed {
        /// The request's field.
        field: &'static str,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// An MLSMessage of another kind.
    #[error("`{field}` is an MLSMessage of another kind; a {expected} is wanted")]
    WrongMessage {
        /// The request's field.
        field: &'static str,
        /// What should be there.
        expected: &'static str,
    },
    /// A description whose type isn't one of the harness's.
    #[error(
        "`proposal_type` is none of add, remove, externalPSK, resumptionPSK, groupContextExtensions and reinit"
    )]
    UnknownProposalType,
    /// An external signer was asked for nothing.
    #[error("`description` is missing")]
    NoDescription,
    /// Nobody in the group has this identity.
    #[error("no member of the group has the identity `{}`", .identity.escape_ascii())]
    NoSuchMember {
        /// The identity.
        identity: Vec<u8>,
    },
    /// The identity isn't that of the key package.
    #[error("`identity` isn't that of the transaction's key package")]
    WrongIdentity,
    /// A message given as proposal isn't one that this member can commit.
    #[error("the message at position {position} of the proposals is no proposal of this epoch")]
    NotAProposal {
        /// Its place in the request.
        position: usize,
    },
    /// Some of the proposals by reference can't be committed together with the rest.
    #[error(
        "{asked} proposals were asked for, but only {covered} of them are valid together in a commit of this member \
         (RFC 9420 §12.2)"
    )]
    LeftOut {
        /// How many the request names.
        asked: usize,
        /// How many a valid commit would cover.
        covered: usize,
    },
    /// A commit was expected, and this is something else, or was processed before.
    #[error("`commit` holds no commit that this member has yet to process")]
    NotACommit,
    /// A ReInit was expected.
    #[error("the commit has to cover a ReInit and nothing else")]
    NotAReInit,
    /// The engine refused.
    #[error(transparent)]
    Group(#[from] GroupError),
}

impl From<CryptoError> for ClientError {
    fn from(error: CryptoError) -> Self {
        Self::Group(error.into())
    }
}

impl From<copath_group::Misuse> for ClientError {
    fn from(misuse: copath_group::Misuse) -> Self {
        Self::Group(misuse.into())
    }
}

impl ClientError {
    /// The gRPC status code: whether the id, the request's content or the state is to blame.
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownId { .. } | Self::NoSuchMember { .. } => Code::NotFound,
            Self::NoMoreIds => Code::ResourceExhausted,
            Self::Group(error) => code_of(error),
            Self::LeftOut { .. } | Self::NotACommit | Self::NotAReInit => Code::FailedPrecondition,
            _ => Code::InvalidArgument,
        }
    }
}

fn code_of(error: &GroupError) -> Code {
    match error {
        // The one thing that a client of this backend truly can't do.
        GroupError::Crypto(CryptoError::UnsupportedSuite { .. }) => Code::Unimplemented,
        GroupError::Crypto(
            CryptoError::RandomnessUnavailable | CryptoError::SignerUnavailable | CryptoError::BackendFailure,
        )
        | GroupError::Store(_)
        | GroupError::Storage(_) => Code::Internal,
        GroupError::Malformed(_) | GroupError::Crypto(_) => Code::InvalidArgument,
        _ => Code::FailedPrecondition,
    }
}

impl From<ClientError> for Status {
    fn from(error: ClientError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
