//! Which structure an input is.

use clap::ValueEnum;
use copath::messages::{
    Commit, GroupContext, GroupInfo, KeyPackage, LeafNode, MlsMessage, Proposal, UpdatePath, Welcome,
};
use copath_codec::{Decode, DecodeContext, DecodeError, DecodeErrorKind, Reader};

use super::evidence::{self, Evidence};
use super::known::count_nodes;
use super::malformed::{Fault, Malformed};

/// A structure that an input can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// One or more MLSMessages, one after the other.
    MlsMessage,
    /// A KeyPackage without an MLSMessage around it.
    KeyPackage,
    /// A GroupInfo without an MLSMessage around it.
    GroupInfo,
    /// The content of a ratchet_tree extension.
    RatchetTree,
    /// A LeafNode.
    LeafNode,
    /// An UpdatePath.
    UpdatePath,
    /// A Welcome without an MLSMessage around it; never guessed.
    Welcome,
    /// A GroupContext; never guessed.
    GroupContext,
    /// A Proposal; never guessed.
    Proposal,
    /// A Commit; never guessed.
    Commit,
}

/// Those that an input is tried as, in this order.
pub(super) const TRIED: [Kind; 6] = [
    Kind::MlsMessage,
    Kind::KeyPackage,
    Kind::GroupInfo,
    Kind::RatchetTree,
    Kind::LeafNode,
    Kind::UpdatePath,
];

impl Kind {
    /// The RFC's word.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MlsMessage => "MLSMessage",
            Self::KeyPackage => "KeyPackage",
            Self::GroupInfo => "GroupInfo",
            Self::RatchetTree => "ratchet_tree",
            Self::LeafNode => "LeafNode",
            Self::UpdatePath => "UpdatePath",
            Self::Welcome => "Welcome",
            Self::GroupContext => "GroupContext",
            Self::Proposal => "Proposal",
            Self::Commit => "Commit",
        }
    }

    /// Where the items of an input of this kind end.
    fn read(self, octets: &[u8], context: &DecodeContext) -> Result<Vec<usize>, Unread> {
        if self == Self::MlsMessage {
            return messages(octets, context);
        }
        let read = match self {
            Self::MlsMessage => Ok(()),
            Self::KeyPackage => read::<KeyPackage>(octets, context),
            Self::GroupInfo => read::<GroupInfo>(octets, context),
            Self::RatchetTree => count_nodes(octets, context).map(|_| ()),
            Self::LeafNode => read::<LeafNode>(octets, context),
            Self::UpdatePath => read::<UpdatePath>(octets, context),
            Self::Welcome => read::<Welcome>(octets, context),
            Self::GroupContext => read::<GroupContext>(octets, context),
            Self::Proposal => read::<Proposal>(octets, context),
            Self::Commit => read::<Commit>(octets, context),
        };
        read.map(|()| vec![octets.len()]).map_err(|error| Unread::new(&error))
    }
}

/// What was recognised: the kind, and where each item ends.
#[derive(Debug)]
pub(super) struct Recognised {
    pub(super) kind: Kind,
    pub(super) ends: Vec<usize>,
}

/// Why an input isn't of a kind.
#[derive(Clone, Debug)]
struct Unread {
    fault: Fault,
    hint: Option<String>,
}

impl Unread {
    fn new(error: &DecodeError) -> Self {
        Self { fault: Fault::new(error), hint: None }
    }
}

/// Reads the input as the first kind of `tried` that it is completely; if it is none, as the one that it looks like, or
/// that gets furthest.
pub(super) fn recognise(
    octets: &[u8],
    tried: &[Kind],
    context: &DecodeContext,
) -> Result<Recognised, Malformed> {
    let mut failures = Vec::new();
    for kind in tried {
        match kind.read(octets, context) {
            Ok(ends) => return Ok(Recognised { kind: *kind, ends }),
            Err(unread) => failures.push((*kind, unread)),
        }
    }
    Err(explain(octets, failures))
}

fn explain(octets: &[u8], failures: Vec<(Kind, Unread)>) -> Malformed {
    let weight = |(kind, unread): &(Kind, Unread)| (evidence::of(*kind, octets), unread.fault.offset());
    // Of several, the first.
    let furthest = failures.iter().rev().max_by_key(|failure| weight(failure)).cloned();
    let (kind, unread) = furthest.unwrap_or_else(|| {
        let error = DecodeError::new(0, DecodeErrorKind::Truncated { needed: 1 });
        (Kind::MlsMessage, Unread::new(&error))
    });
    let mut malformed = Malformed::new(kind.name(), unread.fault, octets);
    if let Some(hint) = unread.hint {
        malformed = malformed.with_hint(hint);
    }
    if failures.len() == TRIED.len() {
        let others = failures.iter().filter(|(other, _)| *other != kind);
        let others: Vec<String> = others
            .map(|(other, unread)| format!("{} (byte {})", other.name(), unread.fault.offset()))
            .collect();
        let hint = format!("it is nothing else either: {}; --as KIND settles it", others.join(", "));
        malformed = malformed.with_hint(hint);
    }
    malformed
}

fn read<T: Decode>(octets: &[u8], context: &DecodeContext) -> Result<(), DecodeError> {
    T::from_bytes_in(octets, context).map(|_| ())
}

/// Messages up to the end.
fn messages(octets: &[u8], context: &DecodeContext) -> Result<Vec<usize>, Unread> {
    let mut reader = Reader::new(octets, context);
    let mut ends = Vec::new();
    loop {
        let start = reader.offset();
        if let Err(error) = MlsMessage::decode(&mut reader) {
            return Err(if ends.is_empty() {
                Unread::new(&error)
            } else {
                trailing(octets, start, &ends, &error)
            });
        }
        ends.push(reader.offset());
        if reader.is_empty() {
            return Ok(ends);
        }
    }
}

/// What follows complete messages is either a malformed one or something else.
fn trailing(octets: &[u8], start: usize, ends: &[usize], error: &DecodeError) -> Unread {
    let complete = match ends.len() {
        1 => format!("a complete MLSMessage ends at byte {start}"),
        count => format!("{count} complete MLSMessages end at byte {start}"),
    };
    let following = octets.get(start..).unwrap_or_default();
    if evidence::of(Kind::MlsMessage, following) == Evidence::Header {
        let hint = format!("{complete}; the malformed one begins there");
        return Unread { fault: Fault::new(error), hint: Some(hint) };
    }
    let count = octets.len().saturating_sub(start);
    let left_over = DecodeError::new(start, DecodeErrorKind::LeftOver { count });
    Unread { fault: Fault::new(&left_over), hint: Some(format!("{complete}; what follows is no MLSMessage")) }
}
