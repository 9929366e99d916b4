//! CryptoProvider, the cipher-suite table, secrets and the labelled functions of MLS.
#![no_std]
