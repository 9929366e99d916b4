//! RFC 9180 base mode over a KEM, a KDF and an AEAD.
#![no_std]
