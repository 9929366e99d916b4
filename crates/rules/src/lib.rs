//! The rules of RFC 9420: ids, words, and what a rejection carries.
#![no_std]
