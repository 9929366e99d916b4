//! `cargo xtask rules`: docs/conformance.md, which rule is proved by which tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use copath_rules::{Rule, RuleId};

use crate::coverage::Coverage;
use crate::error::Error;
use crate::source::Source;
use crate::tidy::Finding;
use crate::workspace::Workspace;

const DOCUMENT: &str = "docs/conformance.md";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only check that the document is fresh.
    #[arg(long)]
    check: bool,
}

/// Rewrites the document, or checks it, and counts.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let coverage = Coverage::of(&Source::all(workspace)?);
    let mut findings = if arguments.check {
        stale(workspace, &coverage)?
    } else {
        workspace.write(DOCUMENT, &render(&coverage))?;
        Vec::new()
    };
    println!("{}", summary(&coverage));
    findings.extend(coverage.findings);
    Ok(crate::tidy::report(&findings))
}

/// Finds that the document differs from what the sources say.
pub(crate) fn stale(workspace: &Workspace, coverage: &Coverage) -> Result<Vec<Finding>, Error> {
    let fresh = render(coverage);
    let kept = if workspace.path(DOCUMENT).is_file() { workspace.read(DOCUMENT)? } else { String::new() };
    Ok(first_difference(&kept, &fresh)
        .map(|line| Finding::new(DOCUMENT, line, "not fresh: run `cargo xtask rules`".into()))
        .into_iter()
        .collect())
}

/// The number of the first line in which two texts differ.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    Some(1 + a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count())
}

/// Whether code can break the rule: some bind only the authors of later documents or the registries.
fn binds_code(rule: &Rule) -> bool {
    !matches!(rule.who, "spec" | "IANA")
}

fn summary(coverage: &Coverage) -> String {
    let all = RuleId::all().count();
    let open =
        RuleId::all().filter(|id| binds_code(id.rule()) && coverage.proofs(*id).next().is_none()).count();
    let tested = coverage.tested();
    let rest = all - tested - open;
    format!(
        "{all} rules: {tested} named by a test, {open} open, {rest} bind only later documents and registries"
    )
}

/// The whole document.
fn render(coverage: &Coverage) -> String {
    let mut text = format!(
        "# Conformance: the rules of RFC 9420 and their tests\n\n\
         Written by `cargo xtask rules` from `crates/rules` and from the tests; not to be edited. A test names a rule \
         with `// covers: id`, or with `rule!(\"id\")` where it expects that rejection.\n\n\
         {}.\n\n\
         | level | rules | tested |\n|:--|--:|--:|\n",
        summary(coverage)
    );
    for (level, (rules, tested)) in levels(coverage) {
        let _ = writeln!(text, "| {level} | {rules} | {tested} |");
    }
    let mut section = "";
    for id in RuleId::all() {
        let rule = id.rule();
        if rule.section != section {
            section = rule.section;
            let _ = write!(
                text,
                "\n## §{section}\n\n| rule | level | who | what | tests |\n|:--|:--|:--|:--|:--|\n"
            );
        }
        let _ = writeln!(
            text,
            "| {id} | {} | {} | {} | {} |",
            rule.level,
            rule.who,
            cell(rule.text),
            tests(coverage, id)
        );
    }
    text
}

/// The number of rules and of tested rules of each level, by the level's name.
fn levels(coverage: &Coverage) -> BTreeMap<&'static str, (usize, usize)> {
    let mut levels = BTreeMap::new();
    for id in RuleId::all() {
        let (rules, tested) = levels.entry(id.rule().level.as_str()).or_insert((0, 0));
        *rules += 1;
        *tested += usize::from(coverage.proofs(id).next().is_some());
    }
    levels
}

/// The cell of a rule's tests, each linked to its file.
fn tests(coverage: &Coverage, id: RuleId) -> String {
    let links: Vec<_> =
        coverage.proofs(id).map(|proof| format!("[{}](../{})", proof.name, proof.path)).collect();
    if links.is_empty() && !binds_code(id.rule()) {
        return "none: binds no code".into();
    }
    links.join(", ")
}

/// A text as the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_has_a_row_a_rule() {
        let source = Source::new(
            "crates/x/tests/y.rs",
            "// covers: 7.5-04\nfn b() {}\n// covers: 7.5-04\nfn a() {}\n",
        );
        let text = render(&Coverage::of(&[source]));
        assert_eq!(
            text.lines().filter(|line| line.contains("-01 |")).count(),
            text.matches("\n## §").count()
        );
        let row = text.lines().find(|line| line.starts_with("| 7.5-04 |")).unwrap();
        assert!(row.ends_with("| [a](../crates/x/tests/y.rs), [b](../crates/x/tests/y.rs) |"), "{row}");
        assert!(
            text.contains("435 rules: 1 named by a test, 426 open, 8 bind only"),
            "{}",
            summary(&Coverage::default())
        );
    }

    #[test]
    fn difference_names_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
