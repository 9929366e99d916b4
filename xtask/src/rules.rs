//! `cargo xtask rules`: docs/conformance.md, which rule is proved by which tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::ExitCode;

use copath_rules::{Doubt, Rule, RuleId};

use crate::coverage::Coverage;
use crate::decisions::{self, Decision};
use crate::duties;
use crate::enforcement::Tie;
use crate::error::Error;
use crate::source::Source;
use crate::tidy::Finding;
use crate::workspace::Workspace;

const DOCUMENT: &str = "docs/conformance.md";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only check that the document is fresh and that no rule is open.
    #[arg(long, conflicts_with = "without_tests")]
    check: bool,
    /// Rewrite the document from the sources alone.
    #[arg(long)]
    without_tests: bool,
}

/// Rewrites the document, or checks it, and counts; unless told otherwise, runs all tests and looks whether those that
/// name rules pass, and whether the rejections that they expect were returned.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let coverage = Coverage::of(&Source::all(workspace)?);
    if arguments.check {
        let mut findings = stale(workspace, &coverage)?;
        findings.extend(open(&coverage));
        findings.extend(decisions::check(&coverage));
        println!("{}", summary(&coverage));
        findings.extend(coverage.findings);
        return Ok(crate::tidy::report(&findings));
    }
    workspace.write(DOCUMENT, &render(&coverage))?;
    let mut findings = open(&coverage);
    findings.extend(decisions::check(&coverage));
    let mut passed = true;
    if !arguments.without_tests {
        let recording = crate::test::record(workspace)?;
        passed = recording.passed;
        findings.extend(recording.judge(&coverage));
        println!("{}", recording.summary());
    }
    println!("{}", summary(&coverage));
    findings.extend(coverage.findings);
    let verdict = crate::tidy::report(&findings);
    Ok(if passed { verdict } else { ExitCode::FAILURE })
}

/// Finds rules that bind code, and have neither a test nor a reason for having none.
pub(crate) fn open(coverage: &Coverage) -> Vec<Finding> {
    let is_open = |id: &RuleId| binds_code(id.rule()) && coverage.proofs(*id).next().is_none();
    RuleId::all()
        .filter(|id| is_open(id) && duties::reason(*id).is_none())
        .map(|id| {
            Finding::new(DOCUMENT, 1, format!("rule {id} is open: no test names it, no reason is given"))
        })
        .collect()
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
    let untested =
        || RuleId::all().filter(|id| binds_code(id.rule()) && coverage.proofs(*id).next().is_none());
    let reasoned = untested().filter(|id| duties::reason(*id).is_some()).count();
    let open = untested().count() - reasoned;
    let tested = coverage.tested();
    let rest = all - tested - open - reasoned;
    format!(
        "{all} rules: {tested} named by a test, {reasoned} that no test of a library can show, {rest} that bind only \
         later documents and registries, {open} open"
    )
}

/// The whole document.
fn render(coverage: &Coverage) -> String {
    let mut text = format!(
        "# Conformance: the rules of RFC 9420 and their tests\n\n\
         Written by `cargo xtask rules` from `crates/rules` and from the tests; not to be edited. A test names a rule \
         with `// covers: id`, or with `rule!(\"id\")` where it expects that rejection. *Where* is the code that \
         refuses by the rule or, if none does, says that it follows it or (§) its section. The command runs all tests, and fails if one of \
         them didn't pass, if a rejection that the tests of a group expect was never returned, or if a rule has neither \
         a test nor a reason. Where the RFC is doubtful, the text says so (`[AMB]`: it leaves the matter open; \
         `[CONTRA]`: two of its places disagree; `[EDIT]`: a slip; `[ERR n]`: reported erratum n), and \
         [below](#decisions) is what Copath does.\n\n\
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
                "\n## §{section}\n\n| rule | level | who | what | where | tests |\n|:--|:--|:--|:--|:--|:--|\n"
            );
        }
        let _ = writeln!(
            text,
            "| {id} | {} | {} | {} | {} | {} |",
            rule.level,
            rule.who,
            cell(rule.text),
            places(coverage, id),
            tests(coverage, id)
        );
    }
    text.push_str(
        "\n## Decisions\n\n\
         Where RFC 9420 is ambiguous, contradicts itself, slipped, or is amended by an erratum: what is open, what Copath \
         does and why, and the tests that fail if it did something else. They are kept in `xtask/src/decisions`; each \
         rule with a marker has one.\n\n\
         | rule | doubt | what is open | what Copath does | why | shown by |\n|:--|:--|:--|:--|:--|:--|\n",
    );
    text.extend(decisions::all().map(|decision| decided(coverage, decision)));
    text
}

/// The row of a decision.
fn decided(coverage: &Coverage, decision: &Decision) -> String {
    let Decision { rule, open, taken, why, tests } = decision;
    let shown = coverage.proofs(*rule).filter(|proof| tests.contains(&proof.name.as_str()));
    let links: Vec<_> = shown.map(|proof| format!("[{}](../{})", proof.name, proof.path)).collect();
    let doubt = rule.rule().doubt().map_or("none", Doubt::as_str);
    format!("| {rule} | {doubt} | {open} | {taken} | {why} | {} |\n", links.join(", "))
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

/// Sources of a section that are listed one by one; where there are more, their crates are.
const FEW: usize = 4;

/// The cell of the sources that enforce a rule, each linked.
fn places(coverage: &Coverage, id: RuleId) -> String {
    let Some((tie, paths)) = coverage.enforcement.of(id) else { return String::new() };
    let shown = |path: &str| path.trim_start_matches("crates/").replacen("/src/", "/", 1);
    let link = |path: &str| format!("[{}](../{path})", shown(path));
    let crates = || paths.iter().filter_map(|path| path.split_once("src/")).map(|(name, _)| name);
    let links: Vec<_> = match tie {
        Tie::Section if paths.len() > FEW => {
            BTreeSet::from_iter(crates()).into_iter().map(|name| link(name.trim_end_matches('/'))).collect()
        }
        _ => paths.iter().map(|path| link(path)).collect(),
    };
    let mark = match tie {
        Tie::Refuses | Tie::Remarks => "",
        Tie::Section => "§: ",
    };
    format!("{mark}{}", links.join(", "))
}

/// The cell of a rule's tests, each linked to its file.
fn tests(coverage: &Coverage, id: RuleId) -> String {
    let links: Vec<_> =
        coverage.proofs(id).map(|proof| format!("[{}](../{})", proof.name, proof.path)).collect();
    match duties::reason(id) {
        _ if !links.is_empty() => links.join(", "),
        Some(reason) => format!("none: {reason}"),
        None if !binds_code(id.rule()) => "none: binds no code".into(),
        None => "open".into(),
    }
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
        let (rules, decisions) = text.split_once("\n## Decisions\n").unwrap();
        assert_eq!(
            rules.lines().filter(|line| line.contains("-01 |")).count(),
            rules.matches("\n## §").count()
        );
        let doubtful = RuleId::all().filter(|id| id.rule().doubt().is_some());
        for id in doubtful {
            assert_eq!(decisions.matches(&format!("\n| {id} | ")).count(), 1, "{id}");
        }
        let row = text.lines().find(|line| line.starts_with("| 7.5-04 |")).unwrap();
        assert!(row.ends_with("|  | [a](../crates/x/tests/y.rs), [b](../crates/x/tests/y.rs) |"), "{row}");
        assert!(
            text.contains("435 rules: 1 named by a test, ") && text.contains(" 415 open"),
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
