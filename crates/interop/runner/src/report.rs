//! What came out: a matrix for people, JSON for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::client::Client;
use crate::play::Played;
use crate::run::{Outcome, Record};

/// The column of scripts that several clients played together.
const MIXED: &str = "mixed";

/// All records, and what was seen along the way.
#[derive(Debug, Default)]
pub struct Report {
    /// Label, name and suites of each client.
    pub clients: Vec<(String, String, Vec<u16>)>,
    /// Clients that couldn't take part, and why.
    pub absent: Vec<(String, String)>,
    /// What was played.
    pub records: Vec<Record>,
    /// What couldn't be checked, and how often.
    pub unchecked: BTreeMap<String, u32>,
    /// How many things were checked.
    pub checks: u64,
}

/// Suites by how they came out.
#[derive(Default)]
struct Cell {
    passed: BTreeSet<u16>,
    lacking: BTreeSet<u16>,
    failed: BTreeSet<u16>,
}

impl Report {
    /// An empty one about these clients.
    pub fn new(clients: &[Client]) -> Self {
        let about = |client: &Client| (client.label.clone(), client.name.clone(), client.suites.clone());
        Self { clients: clients.iter().map(about).collect(), ..Self::default() }
    }

    /// One more.
    pub fn add(&mut self, record: Record, played: &Played) {
        self.records.push(record);
        self.checks += played.checks;
        for (what, count) in &played.unchecked {
            *self.unchecked.entry(what.clone()).or_default() += count;
        }
    }

    /// How many passed, how many a client lacks a method for, how many failed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |kind: fn(&Outcome) -> bool| self.records.iter().filter(|one| kind(&one.outcome)).count();
        (
            count(|outcome| matches!(outcome, Outcome::Passed)),
            count(|outcome| matches!(outcome, Outcome::NotImplemented(_))),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
        )
    }

    /// A row a script, a column a client that plays all actors, and one for mixed groups; a cell holds the suites.
    pub fn to_markdown(&self) -> String {
        let mut columns: Vec<&str> = self.clients.iter().map(|(label, ..)| label.as_str()).collect();
        if self.records.iter().any(|record| record.players.len() > 1) {
            columns.push(MIXED);
        }
        let mut cells: BTreeMap<(&str, &str), Cell> = BTreeMap::new();
        let mut rows: Vec<&str> = Vec::new();
        for record in &self.records {
            let column = match record.players.as_slice() {
                [single] => single.as_str(),
                _ => MIXED,
            };
            if !rows.contains(&record.script.as_str()) {
                rows.push(&record.script);
            }
            let cell = cells.entry((&record.script, column)).or_default();
            match record.outcome {
                Outcome::Passed => cell.passed.insert(record.suite),
                Outcome::NotImplemented(_) => cell.lacking.insert(record.suite),
                Outcome::Failed(_) => cell.failed.insert(record.suite),
            };
        }
        let mut out =
            format!("| script | {} |\n|:--|{}\n", columns.join(" | "), ":--|".repeat(columns.len()));
        for row in rows {
            let _ = write!(out, "| {row} |");
            for column in &columns {
                let cell = cells.get(&(row, *column)).map_or_else(|| "-".to_owned(), Cell::describe);
                let _ = write!(out, " {cell} |");
            }
            out.push('\n');
        }
        out
    }

    /// A section of a document.
    pub fn to_section(&self) -> String {
        let (passed, lacking, failed) = self.counts();
        let mut out =
            String::from("## Scripts over gRPC\n\n| client | calls itself | suites |\n|:--|:--|:--|\n");
        for (label, name, suites) in &self.clients {
            let _ = writeln!(out, "| `{label}` | {name} | {} |", ranges(suites.iter().copied()));
        }
        for (label, why) in &self.absent {
            let _ = writeln!(out, "| `{label}` | **FAIL** {why} | - |");
        }
        let _ = writeln!(
            out,
            "\n{passed} runs passed, in {lacking} a client lacked a method, {failed} failed; {} things were checked. A \
             column is the client that played all actors, or `{MIXED}` where several played; a cell holds the suites \
             on which all runs passed, in both handshake formats.\n",
            self.checks
        );
        out.push_str(&self.to_markdown());
        let failed = self.records.iter().filter_map(|record| match &record.outcome {
            Outcome::Failed(failure) => Some((record, failure)),
            _ => None,
        });
        for (number, (record, failure)) in failed.enumerate() {
            let (script, suite, handshake) = (&record.script, record.suite, record.handshake.name());
            out.push_str(if number == 0 { "\nFailed:\n\n" } else { "" });
            let players = record.players.join(", ");
            let _ = writeln!(out, "- {script}, suite {suite}, {handshake}, {players}: {failure}");
        }
        if !self.unchecked.is_empty() {
            out.push_str("\nNot checked, because a client doesn't offer it:\n\n");
            for what in self.unchecked.keys() {
                let _ = writeln!(out, "- {what}");
            }
        }
        out
    }

    /// Everything, for programs.
    pub fn to_json(&self) -> Value {
        let (passed, lacking, failed) = self.counts();
        let clients = self.clients.iter();
        let clients: Vec<_> = clients
            .map(|(label, name, suites)| json!({"label": label, "name": name, "suites": suites}))
            .collect();
        json!({
            "clients": clients,
            "absent": self.absent,
            "passed": passed,
            "not_implemented": lacking,
            "failed": failed,
            "checks": self.checks,
            "unchecked": self.unchecked,
            "records": self.records.iter().map(record).collect::<Vec<_>>(),
        })
    }
}

fn record(record: &Record) -> Value {
    let (outcome, failure) = match &record.outcome {
        Outcome::Passed => ("passed", None),
        Outcome::NotImplemented(failure) => ("not implemented", Some(failure)),
        Outcome::Failed(failure) => ("failed", Some(failure)),
    };
    json!({
        "script": record.script,
        "suite": record.suite,
        "handshake": record.handshake.name(),
        "players": record.players,
        "assignment": record.assignment.iter().cloned().collect::<BTreeMap<_, _>>(),
        "outcome": outcome,
        "seconds": record.seconds,
        "failure": failure.map(|failure| json!({
            "step": failure.step.map(|(number, ..)| number),
            "line": failure.step.map(|(_, line, _)| line),
            "action": failure.step.map(|(.., action)| action),
            "actor": failure.actor,
            "client": failure.client,
            "method": failure.method,
            "why": failure.fault.to_string(),
        })),
    })
}

impl Cell {
    /// A suite that also failed has not passed.
    fn describe(&self) -> String {
        let mut parts = Vec::new();
        let passed: Vec<u16> = self.passed.difference(&self.failed).copied().collect();
        if !passed.is_empty() {
            parts.push(ranges(passed));
        }
        let lacking: Vec<u16> = self.lacking.difference(&self.failed).copied().collect();
        if !lacking.is_empty() {
            parts.push(format!("n/a {}", ranges(lacking)));
        }
        if !self.failed.is_empty() {
            parts.push(format!("**FAIL {}**", ranges(self.failed.iter().copied())));
        }
        parts.join("; ")
    }
}

/// Ascending numbers in short: `1-3, 5`.
pub fn ranges(numbers: impl IntoIterator<Item = u16>) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let runs = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    });
    runs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::{Failure, Fault, Handshake};

    fn record_of(suite: u16, players: &[&str], outcome: Outcome) -> Record {
        Record {
            script: "file/script".into(),
            suite,
            handshake: Handshake::Public,
            players: players.iter().map(|one| (*one).to_owned()).collect(),
            assignment: Vec::new(),
            outcome,
            seconds: 0.5,
        }
    }

    #[test]
    fn suites_are_written_in_short() {
        assert_eq!(ranges([1, 2, 3, 5, 7, 8]), "1-3, 5, 7, 8");
        assert_eq!(ranges([]), "");
    }

    #[test]
    fn cells_tell_failed_from_lacking() {
        let failure = Failure {
            step: Some((2, 7, "fullCommit")),
            actor: "alice".into(),
            client: "a".into(),
            method: Some("Commit"),
            fault: Fault::Wrong("no path".into()),
        };
        let mut report = Report {
            clients: vec![("a".into(), "A".into(), vec![1, 2]), ("b".into(), "B".into(), vec![1])],
            ..Report::default()
        };
        let played = Played::default();
        report.add(record_of(1, &["a"], Outcome::Passed), &played);
        report.add(record_of(2, &["a"], Outcome::Passed), &played);
        report.add(record_of(1, &["b"], Outcome::NotImplemented(failure.clone())), &played);
        report.add(record_of(1, &["a", "b"], Outcome::Passed), &played);
        report.add(record_of(1, &["a", "b"], Outcome::Failed(failure)), &played);
        let expected =
            "| script | a | b | mixed |\n|:--|:--|:--|:--|\n| file/script | 1, 2 | n/a 1 | **FAIL 1** |\n";
        assert_eq!(report.to_markdown(), expected);
        assert_eq!(report.counts(), (3, 1, 1));
        report.absent.push(("c".into(), "no answer".into()));
        let section = report.to_section();
        assert!(section.contains("| `c` | **FAIL** no answer | - |"), "{section}");
        let failed = "- file/script, suite 1, public, a, b: step 2 (line 7, fullCommit), actor alice on a, Commit: no path";
        assert!(section.contains(failed), "{section}");
        let json = report.to_json();
        assert_eq!(json["records"][4]["failure"]["why"], "no path");
        assert_eq!(json["records"][4]["failure"]["line"], 7);
        assert_eq!(json["failed"], 1);
    }
}
