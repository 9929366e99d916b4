//! An asynchronous application that stores the deltas of a group itself.
//!
//! The engine is synchronous and does no input or output: each operation *prepares* an output, a delta and a patch.
//! So an application on an asynchronous runtime needs no asynchronous engine: it awaits its own database between
//! preparing and applying. `Database` is the table, `Client` the order of the three steps.

mod client;
mod database;

use std::path::Path;

use client::Client;
use database::Database;

/// What may go wrong with any of the parts.
type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    let directory = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    println!("{}", conversation(Path::new(&directory)).await?);
    Ok(())
}

/// Alice adds bob, both restart, and alice's message is read.
async fn conversation(directory: &Path) -> Fallible<String> {
    let mut alice = Client::new("alice", Database::open(&directory.join("alice.db")).await?)?;
    let mut bob = Client::new("bob", Database::open(&directory.join("bob.db")).await?)?;
    alice.create().await?;
    alice.add(bob.key_package().await?).await?;
    // Between publishing the commit and its acceptance: it is still pending after a restart.
    alice.restart().await?;
    let welcome = alice.accepted().await?;
    bob.join(&welcome).await?;
    let first = alice.encrypt(b"first").await?;
    alice.restart().await?;
    bob.restart().await?;
    let second = alice.encrypt(b"second").await?;
    let mut read = Vec::new();
    for message in [&second, &first] {
        read.push(String::from_utf8(bob.read(message).await?)?);
        bob.restart().await?;
    }
    if bob.read(&first).await.is_ok() {
        return Err("a message was read twice".into());
    }
    Ok(read.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn groups_live_in_an_asynchronous_database() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(conversation(directory.path()).await.unwrap(), "second, first");
    }
}
