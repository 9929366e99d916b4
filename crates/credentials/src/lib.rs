//! MLS credentials, and the Authentication Service as a client sees it.
//!
//! RFC 9420 §5.3 and RFC 9750 §4. A [`Credential`] says who a client claims to be; whether the claim holds is
//! decided by a [`CredentialValidator`], which the application supplies. Nothing here accepts a credential by default.
#![no_std]

extern crate alloc;

mod by_type;
mod certificate;
mod credential;
mod directory;
mod question;
mod timestamp;
mod validator;

pub use by_type::ByCredentialType;
pub use certificate::CertificateDefect;
pub use credential::{Credential, CredentialType};
pub use directory::FixedDirectory;
pub use question::{CredentialQuestion, CredentialRole};
pub use timestamp::Timestamp;
pub use validator::{CredentialValidator, CredentialVerdict, RejectionReason};
