//! Crypto backend ring.
