//! Crypto backend rustcrypto.
