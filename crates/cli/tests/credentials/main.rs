//! `copath identity`, `copath keypackage`, `copath ca`: the program as it is called.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failure in here is a failed test; what is skipped is said"
)]

mod ca;
mod identity;
mod keypackage;
mod openssl;
mod tour;
mod workbench;
