//! MLS credentials and their validation.
#![no_std]
