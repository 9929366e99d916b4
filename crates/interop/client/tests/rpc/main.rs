//! Every method, through real connections: two clients on different backends share groups, in both handshake formats.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod group;
mod world;
