//! The conformance kit on every backend and on every pair of them; `cargo xtask conformance` runs it.
//!
//! An example, so that only whoever runs it builds the backends.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use copath_conformance::Report;
use copath_crypto::CryptoProvider;

fn main() -> ExitCode {
    let backends = [
        copath_provider_rustcrypto::provider(),
        copath_provider_ring::provider(),
        copath_provider_aws_lc::provider(),
    ];
    let alone: Vec<Report> = backends.iter().map(copath_conformance::run).collect();
    let pairs: Vec<Report> =
        pairs(&backends).map(|(one, other)| copath_conformance::cross(one, other)).collect();
    println!("{}\n{}", table(&alone), table(&pairs));
    let reports = || alone.iter().chain(&pairs);
    for report in reports() {
        print!("{report}");
        for absent in report.absent() {
            println!("  absent: {absent}");
        }
    }
    if reports().all(Report::is_success) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Backend = Arc<dyn CryptoProvider>;

fn pairs(backends: &[Backend]) -> impl Iterator<Item = (&Backend, &Backend)> {
    backends
        .iter()
        .enumerate()
        .flat_map(|(at, one)| backends.iter().skip(at + 1).map(move |other| (one, other)))
}

/// A row a subject, a column a report: how many cases passed, of how many if not of all.
fn table(reports: &[Report]) -> String {
    let results: Vec<_> = reports.iter().map(Report::by_subject).collect();
    let subjects: BTreeSet<&str> = results.iter().flat_map(|result| result.keys().copied()).collect();
    let mut lines = vec![row("", reports.iter().map(|report| report.title().to_owned()))];
    for subject in subjects {
        lines.push(row(
            subject,
            results.iter().map(|result| match result.get(subject) {
                None => "-".to_owned(),
                Some((passed, 0)) => format!("{passed}"),
                Some((passed, failed)) => format!("{passed} of {}", passed + failed),
            }),
        ));
    }
    lines.join("\n") + "\n"
}

fn row(subject: &str, cells: impl Iterator<Item = String>) -> String {
    cells.fold(format!("{subject:<56}"), |line, cell| format!("{line} {cell:>22}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_formed_once() {
        let backends = [0; 3].map(|_| copath_provider_rustcrypto::provider());
        assert_eq!(pairs(&backends).count(), 3);
    }

    #[test]
    fn a_table_has_a_row_a_subject() {
        let backend = copath_provider_rustcrypto::provider();
        let table = table(&[copath_conformance::cross(&backend, &backend)]);
        assert_eq!(table.lines().count(), 1 + 7);
        assert!(table.lines().skip(1).all(|line| line.ends_with(" 7")), "{table}");
    }
}
