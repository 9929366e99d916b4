//! Making a failing script short: delta debugging.

use super::fault::Fault;
use super::step::Step;
use super::{Config, Failure, replay};

/// How often a script is tried at most.
const TRIES: usize = 400;

/// The failure of `script` at `step`, with a short script that fails in the same way.
pub(super) fn shrink(config: &Config, mut script: Vec<Step>, step: usize, fault: Fault) -> Failure {
    script.truncate(step.saturating_add(1));
    let mut shrunk = fault.clone();
    let mut tries = 0;
    let mut size = script.len().div_ceil(2);
    while size > 0 && tries < TRIES {
        let mut from = 0;
        while from < script.len() && tries < TRIES {
            tries += 1;
            let without = [&script[..from], &script[script.len().min(from + size)..]].concat();
            match replay(config, &without, &mut |_| ()) {
                Err((at, found)) if found.kind == fault.kind => {
                    script = without;
                    script.truncate(at.saturating_add(1));
                    shrunk = found;
                }
                _ => from += size,
            }
        }
        size /= 2;
    }
    Failure { seed: config.seed, step, fault, script, shrunk }
}
