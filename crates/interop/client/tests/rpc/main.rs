//! Every method, through real connections: two clients on different backends share groups, in both handshake formats.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod branch;
mod commit;
mod concurrent;
mod errors;
mod external_join;
mod group;
mod join;
mod nonsense;
mod outsiders;
mod reinit;
mod world;
