//! Making a failing script short: delta debugging.

use super::fault::Fault;
use super::step::Step;
use super::{Config, Failure, replay};

/// How many steps are replayed at most.
const MOST_STEPS: usize = 300_000;

/// The failure of `script` at `step`, with a short script that fails in the same way.
pub(super) fn shrink(config: &Config, mut script: Vec<Step>, step: usize, fault: Fault) -> Failure {
    script.truncate(step.saturating_add(1));
    let mut shrunk = fault.clone();
    let mut replayed = 0;
    let mut size = script.len().div_ceil(2);
    while size > 0 && replayed < MOST_STEPS {
        let mut from = 0;
        while from < script.len() && replayed < MOST_STEPS {
            let without = [&script[..from], &script[script.len().min(from + size)..]].concat();
            replayed += without.len();
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
    Failure { config: *config, step, fault, script, shrunk, log: None }
}
