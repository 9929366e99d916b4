//! Rules that no test of a library can show, each with the reason, and with what helps whoever they bind.

use copath_rules::{RuleId, rule};

/// The reason for which no test shows a rule, and where code or a service is to fulfil it, with what.
pub(crate) fn reason(id: RuleId) -> Option<&'static str> {
    REASONS.iter().find(|(rule, _)| *rule == id).map(|(_, reason)| *reason)
}

/// All rules with a reason.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = RuleId> {
    REASONS.iter().map(|(rule, _)| *rule)
}

const REASONS: [(RuleId, &str); 11] = [
    (
        rule!("3.2-01"),
        "the application's: it alone has a clock that ticks; a commit without proposals (`Group::commit`) refreshes the leaf",
    ),
    (
        rule!("3.2-02"),
        "the application's: how long is too long is its policy; each commit's summary names who refreshed, `CommitBuilder::remove` evicts",
    ),
    (
        rule!("6.3.1-09"),
        "can't be reached: a vector ends below 2^30 octets, and every AEAD of the suites takes at least 2^36 - 32",
    ),
    (rule!("11-04"), "the delivery service's; every GroupInfo and handshake message shows it the group_id"),
    (rule!("16.1-01"), "the deployment's: Copath sends nothing itself"),
    (
        rule!("16.6-01"),
        "the application's, as 3.2-02: it knows who was online, `CommitBuilder::remove` evicts",
    ),
    (
        rule!("16.8-01"),
        "the delivery service's; each KeyPackage is its own reference (`KeyPackage::reference`)",
    ),
    (rule!("16.8-03"), "the delivery service's"),
    (
        rule!("16.12-01"),
        "the application's: the error of a refused commit names rule, part and committer; `CommitBuilder::reinit` and `Client::rejoin` are the ways out",
    ),
    (
        rule!("17.1-04"),
        "no item of RFC 9420's own registries is marked D, and which suites are recommended is the user's to weigh: the README lists them",
    ),
    (
        rule!("17.10-01"),
        "Copath reads messages, no media types; the version inside the message is what it decides by (6-04)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_one_reason() {
        let mut rules: Vec<_> = all().collect();
        rules.sort();
        rules.dedup();
        assert_eq!(rules.len(), REASONS.len());
    }
}
