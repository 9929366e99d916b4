//! Mutants that no test can notice, each with the reason.

use super::record::{Mutant, Outcome, Record};
use crate::error::Error;
use crate::workspace::Workspace;

/// Where the reasons are.
pub(super) const KEPT_IN: &str = "xtask/src/mutants/accepted.rs";

/// A mutant that may survive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The file and the change, without line and column: `crates/a/src/b.rs: replace < with > in c`.
    pub(super) mutant: &'static str,
    /// A part of the line that is changed, where a function has several such changes.
    pub(super) line: &'static str,
    /// Why no test notices.
    pub(super) reason: &'static str,
}

impl Accepted {
    /// The file that it is about.
    pub(super) fn file(&self) -> &'static str {
        self.mutant.split_once(": ").map_or(self.mutant, |(file, _)| file)
    }
}

/// The entry that accepts a mutant, if there is one.
pub(super) fn reason(workspace: &Workspace, mutant: &Mutant) -> Result<Option<&'static Accepted>, Error> {
    let source = workspace.read(&mutant.file)?;
    let line = source.lines().nth(mutant.line().saturating_sub(1)).unwrap_or_default();
    let name = format!("{}: {}", mutant.file, mutant.change());
    Ok(ALL.iter().find(|accepted| accepted.mutant == name && line.contains(accepted.line)))
}

/// Drops the mutants that are accepted and known to survive.
pub(super) fn leave_out(
    workspace: &Workspace,
    record: &Record,
    queue: &mut Vec<Mutant>,
) -> Result<(), Error> {
    let survivors = record.with(Outcome::Survived);
    let mut kept = Vec::new();
    for mutant in queue.drain(..) {
        if !survivors.contains(&mutant) || reason(workspace, &mutant)?.is_none() {
            kept.push(mutant);
        }
    }
    *queue = kept;
    Ok(())
}

/// All of them.
pub(super) const ALL: &[Accepted] = &[
    Accepted {
        mutant: "crates/messages/src/framed_content.rs: replace FramedContent::rough_length -> usize with 0",
        line: "",
        reason: ROOM,
    },
    Accepted {
        mutant: "crates/messages/src/framed_content.rs: replace FramedContent::rough_length -> usize with 1",
        line: "",
        reason: ROOM,
    },
    Accepted {
        mutant: "crates/ratchet-tree/src/extension.rs: replace < with <= in RatchetTree::decode",
        line: "entries.len() < most",
        reason: "one entry more is read before the number of leaves is compared with the limit",
    },
    Accepted {
        mutant: "crates/ratchet-tree/src/rules/parallel.rs: replace < with == in check_each",
        line: WORTH_SHARING,
        reason: ONE_OR_MANY_THREADS,
    },
    Accepted {
        mutant: "crates/ratchet-tree/src/rules/parallel.rs: replace < with > in check_each",
        line: WORTH_SHARING,
        reason: ONE_OR_MANY_THREADS,
    },
    Accepted {
        mutant: "crates/ratchet-tree/src/rules/parallel.rs: replace < with <= in check_each",
        line: WORTH_SHARING,
        reason: ONE_OR_MANY_THREADS,
    },
    Accepted {
        mutant: "crates/ratchet-tree/src/rules/parallel.rs: replace check_each -> Result<(), TreeError> with Ok(())",
        line: "(0..count).try_for_each(check)",
        reason: "the loop for builds without the feature `parallel`, which the tests have on",
    },
    Accepted {
        mutant: "crates/ratchet-tree/src/rules/validate.rs: replace / with * in RatchetTree::validate",
        line: "node_count() / 2",
        reason: "nodes beyond the tree are looked for, too; there are none",
    },
];

const ROOM: &str = "how much room is reserved for octets that are written next; it grows if it is too little";
const WORTH_SHARING: &str = "count < WORTH_SHARING";
const ONE_OR_MANY_THREADS: &str = "decides whether one thread checks or many do; what they find is the same";
