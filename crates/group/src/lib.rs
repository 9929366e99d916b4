//! The MLS group state machine.
#![no_std]
