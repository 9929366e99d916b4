//! Node and leaf indices of the ratchet tree.
#![no_std]
