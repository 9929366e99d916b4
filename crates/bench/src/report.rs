//! The document that a run writes: tables and plots.

mod bars;
mod document;
mod figures;
mod plot;
mod tables;

pub use document::{Machine, write};
pub use figures::Figures;
