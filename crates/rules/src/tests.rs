//! The table as a whole.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::{Doubt, Level, RuleId, rule, table};

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
        assert!(!rule.words().contains(['[', ']']), "{}: {}", rule.id, rule.words());
        assert!(!rule.words().is_empty(), "{}", rule.id);
    }
}

#[test]
fn words_leave_out_what_is_about_the_text() {
    let words = |id| RuleId::parse(id).unwrap().rule().words();
    assert!(words("2.1.2-06").starts_with("The RFC never says it"));
    assert!(words("13.4-05").starts_with("The same check applies"));
    assert_eq!(words("7.5-12"), "Decrypted path secret has Nh octets");
    assert!(words("8.2-01").ends_with("is the MAC over this hash"));
    assert_eq!(words("10.1-04"), "Signature verifies");
    assert!(words("12.4.3.2-08").starts_with("(lower case in the text) Resync"));
    // What isn't a marker stays.
    assert!(words("7.3-15").ends_with("than the leaf it replaces"));
}

#[test]
fn markers_tell_what_is_doubtful() {
    let doubt = |id| RuleId::parse(id).unwrap().rule().doubt();
    assert_eq!(doubt("7.5-12"), Some(Doubt::Ambiguous));
    assert_eq!(doubt("8.2-04"), Some(Doubt::Contradictory));
    assert_eq!(doubt("10.1-04"), Some(Doubt::Editorial));
    assert_eq!(doubt("13.4-05"), Some(Doubt::Erratum));
    assert_eq!(doubt("7.3-15"), None);
    let doubts = [Doubt::Ambiguous, Doubt::Contradictory, Doubt::Editorial, Doubt::Erratum];
    let words = doubts.map(Doubt::as_str);
    assert_eq!(words, ["ambiguous", "contradictory", "editorial", "erratum"]);
}

#[test]
fn levels_are_shown_in_the_words_of_the_rfc() {
    let shown = [
        (Level::Must, "MUST"),
        (Level::MustNot, "MUST NOT"),
        (Level::Should, "SHOULD"),
        (Level::ShouldNot, "SHOULD NOT"),
        (Level::May, "MAY"),
        (Level::Algorithm, "algorithm"),
        (Level::VerificationStep, "verification step"),
    ];
    for (level, words) in shown {
        assert_eq!(level.as_str(), words);
        assert_eq!(level.to_string(), words);
    }
}
