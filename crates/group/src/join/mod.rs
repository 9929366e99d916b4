//! Joining a group: by Welcome and by external commit.
//!
//! RFC 9420 §12.4.3.1 and §12.4.3.2.

mod external;
mod joining;
mod opened;
mod welcome;

pub use external::{ExternalJoin, ExternalJoinOptions, ExternalJoinStart, PendingExternalJoin};
pub use joining::{JoinStep, Joined, Joining};
pub use welcome::{WelcomeOptions, WelcomeSplit};
