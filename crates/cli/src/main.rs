//! The `copath` command.

fn main() {}
