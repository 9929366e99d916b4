//! The MLS key schedule, secret tree, PSKs and transcript hashes.
#![no_std]
