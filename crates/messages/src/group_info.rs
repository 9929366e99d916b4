//! What a newcomer learns of a group.

use crate::{Extensions, GroupContext, Mac};

signed_struct! {
    /// The public state of a group, signed by a member, for those who join.
    ///
    /// RFC 9420 §12.4.3.
    pub struct GroupInfo;
    /// A [`GroupInfo`] before its signature: the GroupInfoTBS.
    ///
    /// RFC 9420 §12.4.3.
    pub struct UnsignedGroupInfo;
    {
        /// The context of the epoch.
        pub group_context: GroupContext,
        /// Extensions of the GroupInfo: tree, key for external joins.
        pub extensions: Extensions,
        /// The tag of the Commit that began the epoch.
        pub confirmation_tag: Mac,
        /// The leaf index of the member who signed.
        pub signer: u32,
    }
}
