//! Ready-made validators for basic credentials, which carry nothing but a name.
//!
//! RFC 9420 §5.3 and RFC 9750 §4. What vouches for a name is up to the application; here are two ways:
//!
//! - [`TrustOnFirstUse`] believes the first signature key that a name is seen with and tells the application when
//!   another one turns up. What it knows is kept in a [`Store`](copath_records::Store).
//! - [`SignedDirectory`] believes a list of names and keys that somebody signs, and no older one after a newer.
//!
//! ```
//! use std::sync::Arc;
//! use copath_credentials_basic::{FirstUsePolicy, TrustOnFirstUse};
//! use copath_records::MemoryStore;
//!
//! # fn main() -> Result<(), copath_credentials_basic::BasicError> {
//! let validator = TrustOnFirstUse::open(Arc::new(MemoryStore::new()), FirstUsePolicy::default())?;
//! for news in validator.news() {
//!     println!("{:?} has the key {:?}: {:?}", news.identity, news.signature_key, news.status);
//! }
//! # Ok(())
//! # }
//! ```

mod contents;
mod directory;
mod error;
mod first_use;
mod index;
mod judgement;
mod known_keys;
mod names;

pub use contents::{DirectoryContents, DirectoryEntry};
pub use directory::{DirectoryKey, DirectoryPolicy, SignedDirectory};
pub use error::BasicError;
pub use first_use::{Decision, FirstUsePolicy, KeyNews, OnKeyChange, TrustOnFirstUse};
pub use known_keys::{KeyStatus, KnownKey};
