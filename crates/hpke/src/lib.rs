//! RFC 9180 base mode over a KEM, a KDF and an AEAD.
//!
//! HPKE has one key schedule, in two steps: a [`Base`] is made from `info` once, then it seals to many keys. What
//! doesn't depend on the recipient (`info_hash`) is thus computed once, however many recipients there are.
//!
//! A backend that has a Diffie-Hellman function but no KEM wraps it into a [`DhKem`].
#![no_std]

extern crate alloc;

mod base;
mod dhkem;
mod labeled;
mod montgomery;
mod with_label;

pub use base::{Base, HpkeOutput};
pub use dhkem::{Agreement, DhGroup, DhKem, KeyDerivation};
pub use montgomery::{check_x448_public_key, check_x25519_public_key};
pub use with_label::{decrypt_with_label, encrypt_with_label};
