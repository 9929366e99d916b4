//! Standard output: where it may be closed before everything is said.

use std::fmt;
use std::io::{self, Write};

use crate::failure::Failure;

/// Writes to standard output.
///
/// # Errors
/// [`Failure::Output`], also if whoever read it has gone: a program doesn't panic for that.
pub(crate) fn write(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    Ok(io::stdout().write_fmt(text)?)
}

/// Prints a line as `println!` does, and returns what went wrong with it.
macro_rules! say {
    () => {
        $crate::output::write(format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::output::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

pub(crate) use say;
