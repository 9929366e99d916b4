//! Every wire structure of MLS.
#![no_std]
