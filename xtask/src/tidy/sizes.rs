//! The size of files; that of functions is clippy's (`too_many_lines`).

use super::Finding;
use super::exemptions::{Exemption, Exemptions};
use crate::source::Source;

/// Lines of code that a file may have, without comments, blanks and tests.
const LIMIT: usize = 500;

/// Files that may be longer, with the reason; meant for tables of data.
const EXEMPT: &[Exemption] = &[];

/// Finds files that are too long.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let exemptions = Exemptions::new(EXEMPT, "xtask/src/tidy/sizes.rs");
    let mut findings = Vec::new();
    for source in sources {
        let lines = lines_of_code(source);
        if lines > LIMIT && !exemptions.hold_for(&source.path, &source.path) {
            let message = format!("{lines} lines of code, at most {LIMIT}: cut it by concern");
            findings.push(Finding::new(&source.path, 1, message));
        }
    }
    findings.extend(exemptions.stale());
    findings
}

fn lines_of_code(source: &Source) -> usize {
    if source.is_test_file() {
        return 0;
    }
    source.lines().iter().filter(|line| !line.in_test_item && !line.code.trim().is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_counts() {
        let text =
            "//! x\n\nfn a() {\n    // y\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
        assert_eq!(lines_of_code(&Source::new("crates/x/src/y.rs", text)), 3);
        assert_eq!(lines_of_code(&Source::new("crates/x/src/y/tests.rs", text)), 0);
    }

    #[test]
    fn long_files_are_found() {
        let long = |lines| Source::new("crates/x/src/y.rs", &"a();\n".repeat(lines));
        assert_eq!(check(&[long(LIMIT)]), []);
        let findings = check(&[long(LIMIT + 1)]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().starts_with("crates/x/src/y.rs:1: 501 lines of code"));
    }
}
