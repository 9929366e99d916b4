//! Ratchet trees, drawn.

pub(crate) mod drawing;
pub(crate) mod fold;
pub(crate) mod name;
pub(crate) mod svg;

#[cfg(test)]
mod tests;
