//! One module for each format: the structure of a case, and how it is run.

pub(crate) mod crypto_basics;
pub(crate) mod deserialization;
pub(crate) mod key_schedule;
pub(crate) mod message_protection;
pub(crate) mod messages;
pub(crate) mod passive_client;
pub(crate) mod psk_secret;
pub(crate) mod secret_tree;
pub(crate) mod succession;
pub(crate) mod transcript_hashes;
pub(crate) mod tree_math;
pub(crate) mod tree_operations;
pub(crate) mod tree_validation;
pub(crate) mod treekem;
pub(crate) mod welcome;
