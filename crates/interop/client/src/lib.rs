//! Copath behind the gRPC interface of the MLS working group's interop harness.
//!
//! [`serve`] answers the harness's `MLSClient` service with the engine of Copath: all methods, every suite of the
//! [`Backend`]. One process plays several actors, so a state is one member of one group and nothing is looked up by
//! name: ids of states, transactions, reinitializations and external signers come from one counter.
//!
//! It is built on the engine and not on the facade, because the harness drives clients in ways that no application
//! does: several members of a group in one process, a Welcome whose parent group belongs to another id, a commit of
//! exactly the proposals named, a successor with the old group's id. For the same reason nothing is stored.

mod about;
mod actor;
mod authentication;
mod backend;
mod branch;
mod client;
mod clock;
mod commit;
mod decode;
mod error;
mod external_join;
mod external_signer;
mod group;
mod join;
mod member;
mod proposals;
mod propose;
mod psks;
mod registry;
mod reinit;
mod serve;
mod service;

pub use backend::Backend;
pub use error::ClientError;
pub use serve::{serve, service};
