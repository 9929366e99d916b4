//! What Copath does where RFC 9420 is doubtful: ambiguous, at odds with itself, slipped, or amended by an erratum.
//!
//! Each rule whose text in `copath-rules` carries a marker has one decision, with the tests that show it.

mod commits;
mod groups;
mod messages;
mod proposals;
mod trees;

use std::collections::BTreeSet;

use copath_rules::RuleId;

use crate::coverage::Coverage;
use crate::tidy::Finding;

/// Where the decisions are.
const KEPT_IN: &str = "xtask/src/decisions.rs";

/// A decision about one rule.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The rule.
    pub(crate) rule: RuleId,
    /// What the RFC leaves open, in a sentence.
    pub(crate) open: &'static str,
    /// What Copath does.
    pub(crate) taken: &'static str,
    /// Why.
    pub(crate) why: &'static str,
    /// Tests that name the rule and fail if Copath does something else.
    pub(crate) tests: &'static [&'static str],
}

/// All decisions, in the order of the RFC.
pub(crate) fn all() -> impl Iterator<Item = &'static Decision> {
    [messages::DECISIONS, trees::DECISIONS, groups::DECISIONS, proposals::DECISIONS, commits::DECISIONS]
        .into_iter()
        .flatten()
}

/// Finds doubtful rules without a decision, decisions about rules that aren't doubtful, and tests that don't name the
/// rule that they are to show.
pub(crate) fn check(coverage: &Coverage) -> Vec<Finding> {
    let doubtful = RuleId::all().filter(|id| id.rule().doubt().is_some()).collect();
    judge(&doubtful, &all().collect::<Vec<_>>(), coverage)
}

fn judge(doubtful: &BTreeSet<RuleId>, decisions: &[&Decision], coverage: &Coverage) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |message: String| findings.push(Finding::new(KEPT_IN, 1, message));
    let mut decided = BTreeSet::new();
    for decision in decisions {
        let rule = decision.rule;
        if !decided.insert(rule) {
            find(format!("rule {rule} is decided twice"));
        }
        if !doubtful.contains(&rule) {
            find(format!("rule {rule} has a decision, but no marker in its text says what is doubtful"));
        }
        if decision.tests.is_empty() {
            find(format!("no test shows the decision about rule {rule}"));
        }
        for test in decision.tests {
            if !coverage.proofs(rule).any(|proof| proof.name == *test) {
                find(format!("no test `{test}` names rule {rule}, whose decision it is to show"));
            }
        }
    }
    for rule in doubtful.difference(&decided) {
        find(format!("rule {rule} is doubtful: decide what Copath does"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use copath_rules::rule;

    use super::*;
    use crate::source::Source;

    #[test]
    fn decisions_are_in_the_order_of_the_rfc_and_filled_in() {
        let rules: Vec<_> = all().map(|decision| decision.rule).collect();
        assert!(rules.is_sorted());
        for Decision { rule, open, taken, why, .. } in all() {
            for words in [open, taken, why] {
                assert!(
                    !words.is_empty() && words.trim() == *words && !words.contains("  "),
                    "{rule}: {words}"
                );
                assert!(!words.ends_with('.') && !words.contains('|'), "{rule}: {words}");
            }
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_found() {
        let text = "// covers: 7.5-12\n#[test]\nfn a() {}\n";
        let coverage = Coverage::of(&[Source::new("crates/x/tests/y.rs", text)]);
        let about = |rule, tests| Decision { rule, open: "o", taken: "t", why: "w", tests };
        let doubtful = BTreeSet::from([rule!("7.5-12"), rule!("8.2-04")]);
        let whole = [about(rule!("7.5-12"), &["a"][..]), about(rule!("8.2-04"), &["a"][..])];
        let found = |decisions: &[Decision]| {
            let findings = judge(&doubtful, &decisions.iter().collect::<Vec<_>>(), &coverage);
            findings.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(found(&whole).len(), 1, "the test doesn't name 8.2-04");
        let [one, two] = &found(&[about(rule!("7.5-12"), &[]), about(rule!("8.2-04"), &["b"])])[..] else {
            panic!("two findings")
        };
        assert!(one.contains("no test shows") && two.contains("no test `b`"), "{one}; {two}");
        let [undecided] = &found(&[about(rule!("7.5-12"), &["a"])])[..] else { panic!("one finding") };
        assert!(undecided.contains("8.2-04 is doubtful"), "{undecided}");
        let twice = found(&[about(rule!("7.5-12"), &["a"]), about(rule!("7.5-12"), &["a"])]);
        assert!(twice.iter().any(|one| one.contains("decided twice")), "{twice:?}");
        let clear = found(&[about(rule!("2-01"), &["a"])]);
        assert!(clear.iter().any(|one| one.contains("no marker")), "{clear:?}");
    }
}
