//! Exemptions from a check, each with its reason. One that exempts nothing any more is a finding itself.

use std::cell::Cell;

use super::Finding;

/// One exemption.
#[derive(Debug)]
pub(super) struct Exemption {
    /// The file that it holds for.
    pub(super) path: &'static str,
    /// What in the file: a type, or the file's own name for the file as a whole.
    pub(super) what: &'static str,
    /// Why.
    pub(super) reason: &'static str,
}

/// The exemptions of one check.
#[derive(Debug)]
pub(super) struct Exemptions {
    list: &'static [Exemption],
    used: Vec<Cell<bool>>,
    kept_in: &'static str,
}

impl Exemptions {
    /// `kept_in` is the source that holds the list.
    pub(super) fn new(list: &'static [Exemption], kept_in: &'static str) -> Self {
        Self { list, used: vec![Cell::new(false); list.len()], kept_in }
    }

    /// Whether `what` in the file `path` is exempt; remembers that the exemption was needed.
    pub(super) fn hold_for(&self, path: &str, what: &str) -> bool {
        let mut found = false;
        for (exemption, used) in self.list.iter().zip(&self.used) {
            if exemption.path == path && exemption.what == what {
                used.set(true);
                found = true;
            }
        }
        found
    }

    /// The exemptions that were never needed.
    pub(super) fn stale(&self) -> Vec<Finding> {
        let unused = self.list.iter().zip(&self.used).filter(|(_, used)| !used.get());
        unused
            .map(|(exemption, _)| {
                let Exemption { path, what, reason } = exemption;
                Finding::new(
                    self.kept_in,
                    1,
                    format!("drop the exemption of {what} in {path} ({reason}): not needed"),
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unneeded_exemptions_are_found() {
        const LIST: &[Exemption] = &[
            Exemption { path: "a.rs", what: "A", reason: "x" },
            Exemption { path: "a.rs", what: "B", reason: "y" },
        ];
        let exemptions = Exemptions::new(LIST, "list.rs");
        assert!(exemptions.hold_for("a.rs", "A"));
        assert!(!exemptions.hold_for("b.rs", "B"));
        let stale = exemptions.stale();
        assert_eq!(stale.len(), 1);
        assert_eq!(stale[0].to_string(), "list.rs:1: drop the exemption of B in a.rs (y): not needed");
    }
}
