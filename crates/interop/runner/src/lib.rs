//! Drives clients of the MLS working group's interop harness through its scripts, and checks what they do.
//!
//! A script names actors; every assignment of clients to actors can be played. Beyond what the harness's own runner
//! looks at (epoch authenticators, decrypted messages) this one reads what clients send: that messages are framed as
//! asked and say what they should, that paths are made where they are forced, that trees travel where they should,
//! that PSKs, Removes and extensions have their effect, that all members export the same secret. Where a client
//! returns the private keys of its key packages, Copath follows the group in that client's place and sees what is
//! encrypted.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a tool: clients and steps are named by positions that were checked when the script was read"
)]

pub mod assignments;
pub mod builtin;
pub mod client;
pub mod config;
pub mod export;
pub mod generate;
pub mod link;
mod octets;
pub mod play;
pub mod report;
pub mod run;
mod shadow;
