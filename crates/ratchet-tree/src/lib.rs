//! The MLS ratchet tree, persistent and paged.
#![no_std]
