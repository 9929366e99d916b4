//! Random walks: a seed makes a mixed group do hundreds of things, and a failure shrinks to a short script.
//!
//! A script names operations by number, and each number draws its choices from the seed and itself alone, so that an
//! operation stays what it was when others are left out. The peers draw keys and nonces of their own; nothing that a walk
//! chooses and no step's text may follow from them, so that a script repeats itself.

mod operations;
mod shrink;

use std::collections::BTreeMap;

use crate::dice::Dice;
use crate::matrix::guarded;
use crate::world::{Outcome, Stop, World};

use operations::Walker;
pub use shrink::{Shrunk, shrink};

/// What a walk sets out from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything random follows from this, but for what the peers draw by themselves.
    pub seed: u64,
    /// The suite; the seed draws one that all implementations have, if it is not named.
    pub suite: Option<u16>,
    /// Members at most.
    pub members: usize,
}

/// Something that has to hold after each operation.
pub type Property<'a> = &'a dyn Fn(&World) -> Outcome;

/// What a walk did.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// Operations that did something.
    pub operations: usize,
    /// What clients were asked to do for them.
    pub steps: Vec<String>,
    /// How often each implementation refused to commit what was pending.
    pub refusals: BTreeMap<String, u32>,
}

/// A walk that ended early.
#[derive(Clone, Debug)]
pub struct Fall {
    /// How many operations of the script went well.
    pub at: usize,
    /// Why it ended.
    pub stop: Stop,
    /// What clients were asked to do, the last of which failed.
    pub steps: Vec<String>,
}

/// The script of a walk of so many operations.
pub fn script(operations: usize) -> Vec<u32> {
    (0..operations as u32).collect()
}

/// Walks a script.
///
/// # Errors
/// A peer refuses, members disagree, or the property doesn't hold.
pub fn replay(plan: &Plan, script: &[u32], property: Property<'_>) -> Result<Walked, Box<Fall>> {
    let fall = |at, stop, steps: &[String]| Box::new(Fall { at, stop, steps: steps.to_vec() });
    let mut walker = guarded(|| Walker::new(plan)).map_err(|stop| fall(0, stop, &[]))?;
    let mut walked = Walked::default();
    for (at, number) in script.iter().enumerate() {
        let mut dice = Dice::of(plan.seed, u64::from(*number) + 1);
        let operated = guarded(|| walker.operate(&mut dice));
        match operated.and_then(|did| property(walker.world()).map(|()| did)) {
            Ok(did) => walked.operations += usize::from(did == Did::Something),
            Err(stop) => return Err(fall(at, stop, walker.world().steps())),
        }
    }
    walked.steps = walker.world().steps().to_vec();
    walked.refusals = walker.refusals;
    Ok(walked)
}

/// Whether an operation did something; there may be nothing to deliver, or nobody to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    Something,
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan { seed: 5, suite: Some(1), members: 10 };

    #[test]
    fn a_script_repeats_itself() {
        let script = script(60);
        for plan in (0..6).map(|seed| Plan { seed, ..PLAN }) {
            let first = replay(&plan, &script, &|_| Ok(())).unwrap();
            assert!(first.operations > 50, "{} operations", first.operations);
            for _ in 0..3 {
                let again = replay(&plan, &script, &|_| Ok(())).unwrap();
                assert_eq!((&again.steps, &again.refusals), (&first.steps, &first.refusals), "{plan:?}");
            }
        }
    }

    /// A property that doesn't hold stands for a bug.
    #[test]
    fn a_failure_shrinks_to_what_it_needs() {
        let no_new_key = |world: &World| {
            let found = world.steps().iter().any(|step| step.contains("commits a new key"));
            world.expect(!found, "a key is new")
        };
        let script = script(200);
        let fall = replay(&PLAN, &script, &no_new_key).unwrap_err();
        let shrunk = shrink(&PLAN, &script, &fall, &no_new_key);
        assert_eq!(shrunk.fall.stop.kind(), fall.stop.kind());
        assert!(shrunk.script.len() <= fall.at, "nothing was left out of {:?}", shrunk.script);
        let again = replay(&PLAN, &shrunk.script, &no_new_key).unwrap_err();
        assert_eq!(again.at + 1, shrunk.script.len());
        for out in 0..shrunk.script.len() {
            let mut without = shrunk.script.clone();
            without.remove(out);
            assert!(replay(&PLAN, &without, &no_new_key).is_ok(), "operation {out} is needless");
        }
    }
}
