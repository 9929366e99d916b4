//! Derived traits that would show, compare or copy a secret.

use super::Finding;
use super::exemptions::{Exemption, Exemptions};
use crate::source::{Source, names, words};

/// What a type that holds a secret must not derive.
const REVEALING: [&str; 3] = ["Debug", "PartialEq", "Clone"];

/// Types with such a name that may derive, with the reason.
const EXEMPT: &[Exemption] = &[
    Exemption {
        path: "crates/key-schedule/src/secret_tree/persistence.rs",
        what: "SecretTreeRecord",
        reason: "names a record, holds indices only",
    },
    Exemption {
        path: "crates/messages/src/welcome.rs",
        what: "EncryptedGroupSecrets",
        reason: "holds ciphertext, under the RFC's name",
    },
    Exemption {
        path: "crates/vectors/src/kinds/crypto_basics.rs",
        what: "DeriveSecret",
        reason: "published test data, under its format's name",
    },
    Exemption {
        path: "crates/vectors/src/kinds/crypto_basics.rs",
        what: "DeriveTreeSecret",
        reason: "published test data, under its format's name",
    },
    Exemption {
        path: "crates/vectors/src/kinds/treekem.rs",
        what: "NodeSecret",
        reason: "published test data, under its format's name",
    },
];

/// Finds revealing derives on types whose names tell that they are secret.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let exemptions = Exemptions::new(EXEMPT, "xtask/src/tidy/secrets.rs");
    let mut findings: Vec<_> = sources.iter().flat_map(|source| revealing(source, &exemptions)).collect();
    findings.extend(exemptions.stale());
    findings
}

fn revealing(source: &Source, exemptions: &Exemptions) -> Vec<Finding> {
    let code = source.code();
    let mut findings = Vec::new();
    for (at, _) in code.match_indices("derive(") {
        let Some((derived, rest)) = code.get(at..).and_then(|from| from.split_once(")]")) else { continue };
        let Some((_, name)) = names(rest, &["struct", "enum", "union"]).next() else { continue };
        let shown: Vec<_> =
            words(derived).map(|(_, word)| word).filter(|word| REVEALING.contains(word)).collect();
        if is_secret(name) && !shown.is_empty() && !exemptions.hold_for(&source.path, name) {
            let line = 1 + code.get(..at).map_or(0, |before| before.matches('\n').count());
            let message = format!(
                "`{name}` derives {}: write them by hand (`(..)`, constant time, no clone), or exempt it with a reason",
                shown.join(", ")
            );
            findings.push(Finding::new(&source.path, line, message));
        }
    }
    findings
}

fn is_secret(name: &str) -> bool {
    name.contains("Secret") || name.contains("PrivateKey")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        let source = Source::new("crates/x/src/y.rs", text);
        revealing(&source, &Exemptions::new(&[], "z.rs"))
            .into_iter()
            .map(|finding| (finding.line, finding.message))
            .collect()
    }

    #[test]
    fn revealing_derives_are_found() {
        let findings = found("\n#[derive(Zeroize, Debug)]\n#[must_use]\npub struct PathSecret(u8);\n");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].0, 2);
        assert!(findings[0].1.starts_with("`PathSecret` derives Debug: "));
        assert_eq!(found("#[derive(\n    Clone,\n    PartialEq\n)]\nenum HpkePrivateKey {}\n").len(), 1);
        assert_eq!(found("#[derive(Zeroize)]\n#[derive(Clone)]\nstruct Secret {}\n").len(), 1);
    }

    #[test]
    fn others_pass() {
        assert_eq!(found("#[derive(Zeroize)]\npub struct PathSecret(u8);\n"), []);
        assert_eq!(found("#[derive(Debug)]\npub struct A(PathSecret);\nstruct PathSecret;\n"), []);
        assert_eq!(found("// #[derive(Debug)]\npub struct PathSecret;\n"), []);
    }
}
