//! The TLS presentation language of MLS, strictly decoded.
#![no_std]
