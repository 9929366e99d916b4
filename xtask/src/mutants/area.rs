//! What is mutated, and by which tests it is judged.

use std::fmt;

/// Code that enforces rules and is mutated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Area {
    /// The table of rules, what a rejection carries, and the rules about proposals and lists of them.
    Rules,
    /// The validation of trees, leaves and paths.
    RatchetTree,
    /// Framing: reading, protection, signatures, who may send what.
    Framing,
    /// The key schedule, the secret tree, pre-shared keys, transcripts.
    KeySchedule,
}

/// Sources of one package with the tests that judge them.
#[derive(Debug)]
pub(super) struct Part {
    /// The package that is mutated and tested.
    pub(super) package: &'static str,
    /// Its sources: files, and directories with a slash at their end.
    pub(super) sources: &'static [&'static str],
    /// What `cargo test` is told to run of the package for each mutant.
    pub(super) tests: &'static [&'static str],
    /// What else it is told to run for those that survive this.
    pub(super) more: &'static [&'static str],
}

impl Area {
    /// In the order of the report.
    pub(super) const ALL: [Self; 4] = [Self::Rules, Self::RatchetTree, Self::Framing, Self::KeySchedule];

    /// What the area consists of.
    pub(super) const fn parts(self) -> &'static [Part] {
        match self {
            Self::Rules => &RULES,
            Self::RatchetTree => &RATCHET_TREE,
            Self::Framing => &FRAMING,
            Self::KeySchedule => &KEY_SCHEDULE,
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rules => "rules",
            Self::RatchetTree => "ratchet-tree",
            Self::Framing => "framing",
            Self::KeySchedule => "key-schedule",
        })
    }
}

impl Part {
    /// Whether a file is among the sources.
    pub(super) fn has(&self, file: &str) -> bool {
        self.sources.iter().any(|source| file == *source || source.ends_with('/') && file.starts_with(source))
    }
}

/// Sources of `copath-group` whose rules `test` breaks one by one; what survives it is judged by others as well.
const fn group(
    sources: &'static [&'static str],
    test: &'static [&'static str],
    more: &'static [&'static str],
) -> Part {
    Part { package: "copath-group", sources, tests: test, more }
}

const RULES: [Part; 5] = [
    Part { package: "copath-rules", sources: &["crates/rules/src/"], tests: &["--lib"], more: &[] },
    group(
        &["crates/group/src/rules/list.rs"],
        &["--test=proposal_lists"],
        &["--test=external_commit", "--test=proposals", "--test=custom_proposals"],
    ),
    group(
        &["crates/group/src/rules/list_external.rs"],
        &["--test=external_commit"],
        &["--test=external_join", "--test=self_remove"],
    ),
    group(
        &["crates/group/src/rules/proposal.rs"],
        &["--test=proposals"],
        &["--test=extensions", "--test=external_commit", "--test=external_proposals", "--test=updates"],
    ),
    group(
        &["crates/group/src/rules/result.rs", "crates/group/src/commit/check.rs"],
        &["--test=commits", "--test=proposal_lists"],
        &["--test=extensions", "--test=external_commit", "--test=paths", "--test=updates"],
    ),
];

const RATCHET_TREE: [Part; 1] = [Part {
    package: "copath-ratchet-tree",
    sources: &[
        "crates/ratchet-tree/src/rules/",
        "crates/ratchet-tree/src/index/keys.rs",
        "crates/ratchet-tree/src/path/merge.rs",
        "crates/ratchet-tree/src/path/decrypt.rs",
        "crates/ratchet-tree/src/extension.rs",
    ],
    tests: &["--lib", "--test=leaves", "--test=received_trees", "--test=paths"],
    more: &[],
}];

const FRAMING: [Part; 3] = [
    Part {
        package: "copath-messages",
        sources: &[
            "crates/messages/src/auth_data.rs",
            "crates/messages/src/authenticated_content.rs",
            "crates/messages/src/framed_content.rs",
            "crates/messages/src/mls_message.rs",
            "crates/messages/src/private_message.rs",
            "crates/messages/src/public_message.rs",
            "crates/messages/src/sender.rs",
            "crates/messages/src/signed_struct.rs",
            "crates/messages/src/signing.rs",
        ],
        tests: &["--lib"],
        more: &[],
    },
    group(
        &["crates/group/src/open.rs", "crates/group/src/rules/framing.rs", "crates/group/src/verify.rs"],
        &["--test=framing"],
        &[
            "--test=custom_proposals",
            "--test=external_proposals",
            "--test=late_messages",
            "--test=lifecycle",
            "--test=private_messages",
        ],
    ),
    group(
        &["crates/group/src/protection/"],
        &["--test=private_messages"],
        &["--test=framing", "--test=late_messages", "--lib"],
    ),
];

const KEY_SCHEDULE: [Part; 1] = [Part {
    package: "copath-key-schedule",
    sources: &["crates/key-schedule/src/"],
    tests: &["--lib"],
    more: &[],
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn sources_and_tests_exist() {
        let workspace = Workspace::here();
        for part in Area::ALL.iter().flat_map(|area| area.parts()) {
            for source in part.sources {
                assert!(workspace.path(source).exists(), "{source}");
            }
            let (_, name) = part.package.split_once('-').unwrap();
            let tests = part.tests.iter().chain(part.more);
            for test in tests.filter_map(|test| test.strip_prefix("--test=")) {
                let path = format!("crates/{name}/tests/{test}.rs");
                assert!(workspace.path(&path).is_file(), "{path}");
            }
        }
    }

    #[test]
    fn directories_hold_what_is_below_them() {
        let part = Part { package: "x", sources: &["a/b/", "c/d.rs"], tests: &[], more: &[] };
        assert!(part.has("a/b/c.rs") && part.has("a/b/c/d.rs") && part.has("c/d.rs"));
        assert!(!part.has("a/b.rs") && !part.has("c/d.rs.x"));
    }
}
