//! What an input looks like that is nothing: how its first fields speak for a kind.

use copath_codec::{DecodeContext, Reader};

use super::kind::Kind;

/// How much speaks for a kind, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    /// Nothing.
    None,
    /// Version and wire format of an MLSMessage, which other structures may begin with, too.
    Header,
    /// Lengths of keys or hashes, or of the whole, are as they have to be.
    Lengths,
}

/// What speaks for `kind`.
pub(super) fn of(kind: Kind, octets: &[u8]) -> Evidence {
    let mut reader = Reader::new(octets, DecodeContext::rfc9420());
    let lengths = match kind {
        Kind::MlsMessage => {
            let header = matches!(octets, [0, 1, 0, 1..=5, ..]);
            return if header { Evidence::Header } else { Evidence::None };
        }
        Kind::KeyPackage => is_suite(&mut reader) && (0..3).all(|_| is_key(&mut reader)),
        Kind::GroupInfo => is_suite(&mut reader) && is_tree_hash(&mut reader),
        Kind::RatchetTree => reader.opaque().is_ok() && reader.is_empty(),
        Kind::LeafNode | Kind::UpdatePath => (0..2).all(|_| is_key(&mut reader)),
        _ => false,
    };
    if lengths { Evidence::Lengths } else { Evidence::None }
}

/// Version 1 and a suite of the RFC.
fn is_suite(reader: &mut Reader<'_>) -> bool {
    reader.array().is_ok_and(|head| matches!(head, [0, 1, 0, 1..=7]))
}

/// A public key of one of the RFC's schemes.
fn is_key(reader: &mut Reader<'_>) -> bool {
    reader.opaque().is_ok_and(|key| matches!(key.len(), 32 | 56 | 57 | 65 | 97 | 133))
}

/// A group id, an epoch, and a hash of one of the RFC's suites.
fn is_tree_hash(reader: &mut Reader<'_>) -> bool {
    reader.opaque().is_ok()
        && reader.take(8).is_ok()
        && reader.opaque().is_ok_and(|hash| matches!(hash.len(), 32 | 48 | 64))
}
