//! Where code enforces which rule.
//!
//! Code names a rule that it refuses by with `rule!("7.3-15")`. What holds by the way that something is computed has
//! no refusal; a comment there names the rule, or at least the section of the RFC that is carried out.

use std::collections::{BTreeMap, BTreeSet};

use copath_rules::RuleId;

use crate::coverage::expected;
use crate::source::Source;

/// Sources that are no part of the library.
const NO_LIBRARY: [&str; 2] = ["crates/rules/", "xtask/"];

/// The sources that name rules outside of tests.
#[derive(Debug, Default)]
pub(crate) struct Enforcement {
    refusals: BTreeMap<RuleId, BTreeSet<String>>,
    remarks: BTreeMap<RuleId, BTreeSet<String>>,
    /// By section: `7.3`.
    sections: BTreeMap<String, BTreeSet<String>>,
}

/// What ties code to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// It refuses by the rule.
    Refuses,
    /// It says that it follows the rule.
    Remarks,
    /// It says that it carries out the rule's section.
    Section,
}

impl Enforcement {
    /// Collects from one more source.
    pub(crate) fn scan(&mut self, source: &Source) {
        if !source.path.contains("/src/") || NO_LIBRARY.iter().any(|prefix| source.path.starts_with(prefix)) {
            return;
        }
        for line in source.lines().iter().filter(|line| !source.is_test(line)) {
            for rule in expected(line).filter_map(RuleId::parse) {
                self.refusals.entry(rule).or_default().insert(source.path.clone());
            }
            for rule in named(&line.text) {
                self.remarks.entry(rule).or_default().insert(source.path.clone());
            }
            for section in sections(&line.text) {
                self.sections.entry(section.to_owned()).or_default().insert(source.path.clone());
            }
        }
    }

    /// The sources that refuse by a rule; if there are none, those that say that they follow it, or its section.
    pub(crate) fn of(&self, rule: RuleId) -> Option<(Tie, &BTreeSet<String>)> {
        let refusals = self.refusals.get(&rule).map(|places| (Tie::Refuses, places));
        let remarks = || self.remarks.get(&rule).map(|places| (Tie::Remarks, places));
        let section = || self.sections.get(rule.rule().section).map(|places| (Tie::Section, places));
        refusals.or_else(remarks).or_else(section)
    }
}

/// The rules whose ids stand in a text.
fn named(text: &str) -> impl Iterator<Item = RuleId> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
    parts.filter_map(|part| RuleId::parse(part.trim_matches(['.', '-'])))
}

/// The sections of RFC 9420 that a comment names: what follows `§`, where no other RFC is named.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    let own = !text.contains("RFC ") || text.contains("RFC 9420");
    text.split('§').skip(1).filter(move |_| own).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest).trim_end_matches('.')
    })
}

#[cfg(test)]
mod tests {
    use copath_rules::rule;

    use super::*;

    fn places(sources: &[(&str, &str)], rule: RuleId) -> Vec<String> {
        let mut enforcement = Enforcement::default();
        for (path, text) in sources {
            enforcement.scan(&Source::new(path, text));
        }
        enforcement.of(rule).map(|(_, places)| places.iter().cloned().collect()).unwrap_or_default()
    }

    #[test]
    fn sections_go_last() {
        let section = ("crates/a/src/d.rs", "//! RFC 9420 §7.3 and §9.2.\n");
        let other = ("crates/a/src/e.rs", "//! RFC 9750 §7.3.\n");
        assert_eq!(places(&[section, other], rule!("7.3-15")), ["crates/a/src/d.rs"]);
        assert_eq!(places(&[section, other], rule!("9.2-01")), ["crates/a/src/d.rs"]);
        let remarks = ("crates/a/src/c.rs", "/// Rule 7.3-15.\nfn g() {}\n");
        assert_eq!(places(&[section, remarks], rule!("7.3-15")), ["crates/a/src/c.rs"]);
    }

    #[test]
    fn refusals_go_before_remarks() {
        let refuses = ("crates/a/src/b.rs", "fn f() { refuse(rule!(\"7.3-15\")) }\n");
        let remarks = ("crates/a/src/c.rs", "/// Rules 7.3-14, 7.3-15.\nfn g() {}\n");
        assert_eq!(places(&[refuses, remarks], rule!("7.3-15")), ["crates/a/src/b.rs"]);
        assert_eq!(places(&[refuses, remarks], rule!("7.3-14")), ["crates/a/src/c.rs"]);
        assert_eq!(places(&[refuses, remarks], rule!("7.3-13")), [""; 0]);
    }

    #[test]
    fn tests_and_the_table_itself_enforce_nothing() {
        let text = "fn f() { refuse(rule!(\"7.3-15\")) }\n";
        for path in [
            "crates/a/tests/b.rs",
            "crates/a/src/b/tests.rs",
            "crates/rules/src/a.rs",
            "crates/testing/src/a.rs",
        ] {
            assert_eq!(places(&[(path, text)], rule!("7.3-15")), [""; 0], "{path}");
        }
        let inside = "fn f() {}\n#[cfg(test)]\nmod tests {\n    // 7.3-15\n}\n";
        assert_eq!(places(&[("crates/a/src/b.rs", inside)], rule!("7.3-15")), [""; 0]);
    }

    #[test]
    fn ids_are_found_among_other_numbers() {
        let found: Vec<_> = named("(rules 7.9.2-01 to -05), 12.4.3.1-17. 2^30-1, 7.3-155, §7.3").collect();
        assert_eq!(found, [rule!("7.9.2-01"), rule!("12.4.3.1-17")]);
    }
}
