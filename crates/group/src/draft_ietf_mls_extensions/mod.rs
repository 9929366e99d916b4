//! draft-ietf-mls-extensions: SelfRemove, and KeyPackages of last resort.
//!
//! Revision 09 and the working group's copy after it; what earlier revisions had, or what is in use beside them, is
//! here as *superseded*. Nothing of it is accepted unless it is registered.

mod last_resort;
mod self_remove;

pub use last_resort::{KeyPackageFate, LastResortForm, is_last_resort};
