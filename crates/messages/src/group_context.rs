//! The group context.

use copath_codec::{Opaque, wire_struct};
use copath_crypto::CipherSuite;

use crate::{Extensions, GroupId, ProtocolVersion};

wire_struct! {
    /// The state that all members of an epoch share.
    ///
    /// RFC 9420 §8.1.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct GroupContext {
        /// The version of the protocol, which never changes.
        pub version: ProtocolVersion,
        /// The suite, which never changes.
        pub cipher_suite: CipherSuite,
        /// The group, which never changes.
        pub group_id: GroupId,
        /// The epoch: 0 at creation, one more with each Commit.
        pub epoch: u64,
        /// The tree hash of the root: Nh octets.
        pub tree_hash: Opaque,
        /// The hash over all Commits up to this epoch (RFC 9420 §8.2): Nh octets, none in epoch 0.
        pub confirmed_transcript_hash: Opaque,
        /// The group's extensions.
        pub extensions: Extensions,
    }
}
