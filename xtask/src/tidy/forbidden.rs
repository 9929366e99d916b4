//! Constructs that don't belong in a committed source.

use super::Finding;
use crate::source::{Source, words};

/// What is wrong with a word, given the code that follows it.
fn complaint(word: &str, rest: &str, in_attribute: bool) -> Option<&'static str> {
    let is_macro = rest.starts_with('!') && !rest.starts_with("!=");
    match word {
        "todo" | "unimplemented" if is_macro => Some("finish it: no stub is committed"),
        "dbg" if is_macro => Some("remove the debug output"),
        "ignore" if in_attribute => Some("mend the test or remove it: no test is ignored"),
        "allow" if in_attribute && rest.starts_with('(') => {
            Some("use #[expect(…, reason = \"…\")] instead of allow")
        }
        "unsafe" => Some("no unsafe code in this project"),
        _ => None,
    }
}

/// Finds forbidden constructs in one source.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in source.lines() {
        let in_attribute = line.code.trim_start().starts_with('#');
        for (at, word) in words(&line.code) {
            let rest = line.code.get(at + word.len()..).unwrap_or("");
            if let Some(message) = complaint(word, rest, in_attribute) {
                findings.push(Finding::new(&source.path, line.number, message.into()));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&Source::new("crates/x/src/y.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn forbidden_constructs_are_found() {
        for text in [
            "todo!()",
            "    unimplemented!(\"x\")",
            "dbg!(x)",
            "#[ignore]",
            "    #[ignore = \"slow\"]",
            "#[allow(dead_code)]",
            "#![allow(dead_code, reason = \"x\")]",
            "#[cfg_attr(test, allow(unused))]",
            "unsafe { x() }",
        ] {
            assert_eq!(lines(&format!("fn a() {{}}\n{text}\n")), [2], "{text}");
        }
    }

    #[test]
    fn lookalikes_pass() {
        for text in [
            "// todo!()",
            "\"todo!()\"",
            "let todo = 1;",
            "todo != x",
            "#![forbid(unsafe_code)]",
            "ignore(x)",
            "policy.allow(x)",
            "#[expect(dead_code, reason = \"allow(x)\")]",
            "/// ```ignore",
        ] {
            assert_eq!(lines(text), [0; 0], "{text}");
        }
    }
}
