//! The table as a whole.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::{RuleId, rule, table};

/// The numbers of an id: those of the section, then the running one.
fn sort_key(id: &str) -> (Vec<u32>, u32) {
    let (section, number) = id.split_once('-').expect("an id has a dash");
    let section = section.split('.').map(|part| part.parse().expect("sections are numbers")).collect();
    (section, number.parse().expect("a running number"))
}

#[test]
fn ids_are_unique_and_in_the_order_of_the_rfc() {
    let keys: Vec<_> = RuleId::all().map(|id| sort_key(id.as_str())).collect();
    assert_eq!(keys.len(), table::COUNT);
    assert_eq!(keys.len(), 435);
    for pair in keys.windows(2) {
        assert!(pair[0] < pair[1], "{:?} before {:?}", pair[0], pair[1]);
    }
}

#[test]
fn numbers_run_from_one_in_each_section() {
    let mut last = ("", 0);
    for id in RuleId::all() {
        let rule = id.rule();
        last = (rule.section, if last.0 == rule.section { last.1 + 1 } else { 1 });
        assert_eq!(rule.id, format!("{}-{:02}", last.0, last.1));
    }
}

#[test]
fn parse_finds_each_rule() {
    for id in RuleId::all() {
        assert_eq!(RuleId::parse(id.as_str()), Some(id));
        assert_eq!(id.to_string(), id.as_str());
        assert_eq!(format!("{id:?}"), id.as_str());
    }
    for unknown in ["", "-", "7.3", "7.3-", "7.3-99", "7.3-015", " 7.3-15", "7.3-15 ", "07.3-15"] {
        assert_eq!(RuleId::parse(unknown), None, "{unknown:?}");
    }
}

#[test]
fn constants_agree_with_parse() {
    assert_eq!(Some(rule!("2-01")), RuleId::parse("2-01"));
    assert_eq!(Some(rule!("12.2-07")), RuleId::parse("12.2-07"));
    assert_eq!(Some(rule!("17.10-01")), RuleId::parse("17.10-01"));
    assert!(rule!("9.2-05") < rule!("10-01"));
}

#[test]
fn rows_are_filled_in_and_clean() {
    for rule in RuleId::all().map(RuleId::rule) {
        for words in [rule.section, rule.who, rule.text, rule.test] {
            assert!(!words.is_empty(), "{}", rule.id);
            assert_eq!(words.trim(), words, "{}", rule.id);
            assert!(!words.contains("  ") && !words.contains('\n'), "{}: {words}", rule.id);
        }
        assert!(!rule.words().starts_with('['), "{}: {}", rule.id, rule.words());
    }
}
