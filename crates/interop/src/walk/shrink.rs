//! Making a failing script short: delta debugging.

use super::{Fall, Plan, Property, replay};

/// How often a script is tried at most.
const TRIES: usize = 500;

/// A short script that fails in the same way.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The operations that are left.
    pub script: Vec<u32>,
    /// How it ends.
    pub fall: Fall,
}

/// Leaves operations out of `script` while it still fails in the way of `fall`.
pub fn shrink(plan: &Plan, script: &[u32], fall: &Fall, property: Property<'_>) -> Shrunk {
    let mut short = Shrunk { script: script.to_vec(), fall: fall.clone() };
    short.script.truncate(fall.at + 1);
    let mut tries = 0;
    let mut size = short.script.len().div_ceil(2);
    while size > 0 && tries < TRIES {
        let before = short.script.len();
        let mut from = 0;
        while from < short.script.len() && tries < TRIES {
            tries += 1;
            let end = short.script.len().min(from + size);
            let without = [&short.script[..from], &short.script[end..]].concat();
            match replay(plan, &without, property) {
                Err(found) if found.stop.kind() == fall.stop.kind() => {
                    short.script = without;
                    short.script.truncate(found.at + 1);
                    short.fall = *found;
                }
                _ => from += size,
            }
        }
        let settled = size > 1 || short.script.len() == before;
        size = if settled { size / 2 } else { 1 };
    }
    short
}
