//! `cargo xtask tidy`: the conventions that the compiler and clippy don't check.

mod crates;
mod exemptions;
mod forbidden;
mod graph;
mod links;
mod naming;
mod paths;
mod secrets;
mod sizes;

use std::fmt;
use std::process::ExitCode;

use crate::coverage::Coverage;
use crate::decisions;
use crate::error::Error;
use crate::rules;
use crate::source::Source;
use crate::workspace::Workspace;

/// Something to mend, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    /// `message` says what is wrong and what to do.
    pub(crate) fn new(path: &str, line: usize, message: String) -> Self {
        Self { path: path.to_owned(), line, message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs all checks and prints what they find.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode, Error> {
    let sources = Source::all(workspace)?;
    let packages = workspace.packages()?;
    let files = workspace.files()?;
    let coverage = Coverage::of(&sources);

    let mut findings = rules::stale(workspace, &coverage)?;
    findings.extend(rules::open(&coverage));
    findings.extend(decisions::check(&coverage));
    findings.extend(coverage.findings);
    findings.extend(graph::check(workspace, &packages)?);
    findings.extend(crates::check(workspace, &packages)?);
    findings.extend(links::check(workspace, &files)?);
    findings.extend(paths::check(workspace, &files)?);
    findings.extend(files.iter().flat_map(|file| naming::check_path(file)));
    findings.extend(sources.iter().flat_map(naming::check));
    findings.extend(sources.iter().flat_map(forbidden::check));
    findings.extend(sizes::check(&sources));
    findings.extend(secrets::check(&sources));
    Ok(report(&findings))
}

/// Prints findings, sorted; fails if there are any.
pub(crate) fn report(findings: &[Finding]) -> ExitCode {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort();
    sorted.dedup();
    for finding in &sorted {
        println!("{finding}");
    }
    match sorted.len() {
        0 => ExitCode::SUCCESS,
        count => {
            println!("{count} to mend");
            ExitCode::FAILURE
        }
    }
}
