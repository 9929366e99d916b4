//! `CryptoProvider`, the cipher-suite table, secrets and the labelled functions of MLS.
//!
//! RFC 9420 §5.1, §5.2 and §8. A backend registers [primitives](CryptoProvider); a [`Suite`] is available where the
//! backend has all primitives of its row in the [table](SuiteParameters). The labelled functions are written once,
//! over primitives. Nothing here names a backend.
#![no_std]

extern crate alloc;

mod algorithms;
mod counting;
mod ecdsa_der;
mod ed25519;
mod error;
mod kdf;
mod labelled;
mod output;
mod provider;
mod secret;
mod signer;
mod suite;
mod table;

pub use algorithms::{AeadAlgorithm, HashAlgorithm, KemAlgorithm, SignatureScheme};
pub use counting::{Counting, Counts};
pub use ecdsa_der::{EcdsaSignature, ecdsa_from_raw, ecdsa_low_s};
pub use ed25519::{ed25519_admissible, ed25519_key_admissible};
pub use error::CryptoError;
pub use kdf::{expand, extract};
pub use output::HashOutput;
pub use provider::{
    Aead, CryptoProvider, Encapsulation, Hash, Kem, KemKeyPair, SignatureAlgorithm, SignatureKeyPair,
};
pub use secret::Secret;
pub use signer::Signer;
pub use suite::Suite;
pub use table::{CipherSuite, SuiteParameters};
