//! Crypto backend aws-lc.
