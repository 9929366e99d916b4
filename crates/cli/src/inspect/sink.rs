//! Where a description goes: text or JSON, piece by piece, so that its size doesn't matter.

use std::fmt;
use std::io;

use super::scalar::Scalar;

/// What is opened and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group<'a> {
    /// A structure of this name.
    Structure(&'a str),
    /// A list of structures.
    List(usize),
    /// A list of values without parts.
    Inline,
    /// What was computed from the structure around it.
    Derived,
}

/// Where a description goes. `at` is the byte that a part begins at; names count for nothing in lists.
pub(super) trait Sink: fmt::Debug {
    /// Opens a structure or a list.
    fn open(&mut self, name: &str, group: Group<'_>, at: usize) -> io::Result<()>;
    /// Adds a value.
    fn scalar(&mut self, name: &str, scalar: &Scalar<'_>, at: usize) -> io::Result<()>;
    /// Closes what was opened last.
    fn close(&mut self) -> io::Result<()>;
    /// How many elements of a list are wanted.
    fn wanted(&self) -> usize;
    /// Tells that so many elements were left out.
    fn left_out(&mut self, count: usize) -> io::Result<()>;
    /// Adds a drawing, where drawings are wanted.
    fn drawing(&mut self, lines: &dyn Fn() -> Vec<String>) -> io::Result<()>;
    /// Hands on what is kept back.
    fn flush(&mut self) -> io::Result<()>;
}
