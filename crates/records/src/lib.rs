//! Keyed records, state deltas and the store trait.
#![no_std]
