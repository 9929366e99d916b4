//! The facade over the rustcrypto backend and stores in memory.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure in here is a failed test"
)]

mod broken_store;
mod damaged_data;
mod doubtful;
mod ending;
mod erased;
mod errors;
mod external_join;
mod failing_store;
mod faults;
mod hooked_store;
mod left;
mod lifecycle;
mod moving;
mod outbox;
mod outsider;
mod overtaken;
mod people;
mod race;
mod redo;
mod registrations;
mod reload;
mod rolled_back;
mod rotation;
mod safety_codes;
mod stock;
mod stock_faults;
mod stored_states;
mod successor;
mod switched_store;
mod threads;
mod twins;
mod two_clients;
mod unfinished;
mod unknown_outcome;
