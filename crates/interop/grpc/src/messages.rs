//! The messages, by what they are about.

mod about;
mod branch;
mod commit;
mod external;
mod group;
mod join;
mod proposals;
mod reinit;

pub use about::*;
pub use branch::*;
pub use commit::*;
pub use external::*;
pub use group::*;
pub use join::*;
pub use proposals::*;
pub use reinit::*;
