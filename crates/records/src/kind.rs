//! What a record is about.

use core::fmt;

/// The kind of a record: the first octet of its key.
///
/// Numbers are part of the storage format: they are never reused. Those from 0xe0 on are for stores that keep the
/// records of others in records of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKind(pub u8);

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $value:literal;)*) => {
        impl RecordKind {
            $($(#[$meta])* pub const $name: Self = Self($value);)*

            /// All kinds that have a name.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind's name, if it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// The head of a group: what isn't secret and isn't in the tree.
    GROUP = 0x01;
    /// A page of the ratchet tree.
    TREE_PAGE = 0x02;
    /// The secrets of an epoch.
    EPOCH_SECRETS = 0x03;
    /// The head of a sender's ratchet.
    RATCHET = 0x04;
    /// Key and nonce of a message that was skipped.
    SKIPPED_KEY = 0x05;
    /// A proposal of the current epoch.
    PROPOSAL = 0x06;
    /// A commit of one's own that the delivery service hasn't accepted yet.
    PENDING_COMMIT = 0x07;
    /// The private key of an Update of one's own.
    PENDING_UPDATE = 0x08;
    /// An external join under way.
    PENDING_EXTERNAL_JOIN = 0x09;
    /// A leaf as it was in a past epoch.
    PAST_LEAF = 0x0a;
    /// What is kept of a past epoch.
    PAST_EPOCH = 0x0b;
    /// The private key of a node of the ratchet tree.
    NODE_KEY = 0x0c;
    /// The resumption PSK of an epoch.
    RESUMPTION_PSK = 0x0d;
    /// A key package with its private keys.
    KEY_PACKAGE = 0x0e;
    /// An external PSK.
    EXTERNAL_PSK = 0x0f;
    /// An identity of this client.
    IDENTITY = 0x10;
    /// An unconsumed node of an epoch's secret tree.
    SECRET_TREE_NODE = 0x11;
    /// What the Welcomes of the present epoch are built from.
    WELCOME = 0x12;
    /// The head of a group that is observed without being a member.
    OBSERVED_GROUP = 0x13;
    /// A page of an observed group's tree.
    OBSERVED_PAGE = 0x14;
    /// A proposal that an observer has seen.
    OBSERVED_PROPOSAL = 0x15;
    /// What leads an observer back to the epoch before.
    OBSERVED_PREVIOUS = 0x16;
    /// How far a group's state has come, by which other writers and restored backups are noticed.
    GROUP_MARK = 0x17;
    /// What the pending commit was asked to do.
    COMMIT_INTENTS = 0x18;
    /// What a commit that lost the race was asked to do.
    LOST_INTENTS = 0x19;
    /// The hash of a commit of one's own that was accepted or lost, by which its echo is recognised.
    SENT_COMMIT = 0x1a;
    /// A message that may not have been sent yet.
    OUTGOING = 0x1b;
    /// A group that was moved to another store.
    MOVED_GROUP = 0x1c;
    /// The signature keys that a name was seen with.
    KNOWN_KEYS = 0x1d;
    /// The newest signed directory that was accepted.
    DIRECTORY = 0x1e;
    /// What a client knows of a key package of its stock, and what has happened to it.
    KEY_PACKAGE_STOCK = 0x1f;
    /// A signature key of this client that another one has replaced.
    FORMER_KEY = 0x20;
    /// The message by which this client came into a group.
    ENTERED = 0x21;
    /// Application data that was received and may not have been handled yet.
    RECEIVED = 0x22;
    /// A group whose state is older than one that was used, so that it must not be used again.
    ROLLED_BACK = 0x23;
    /// How many batches there were, in a store that doesn't count them by itself.
    GENERATION = 0x24;
    /// The epoch in which a group was left, for a key package of last resort, whose Welcomes lead only behind it.
    LEFT_EPOCH = 0x25;
}

impl fmt::Debug for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "kind {:#04x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_distinct_and_named() {
        for (i, kind) in RecordKind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.0), i + 1, "{kind:?}");
            assert!(kind.name().is_some());
        }
        assert_eq!(alloc::format!("{:?}", RecordKind::TREE_PAGE), "TREE_PAGE");
        assert_eq!(alloc::format!("{:?}", RecordKind(0xee)), "kind 0xee");
    }
}
