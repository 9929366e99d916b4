//! Playing all scenarios with all casts, and the matrix of what came out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::known::{self, Known};
use crate::peer::{Format, Implementation, Setup};
use crate::scenarios::{self, Scenario};
use crate::world::{Outcome, Stop};

/// What is to be played.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Suites; all if none is named.
    pub suites: Vec<u16>,
    /// Only scenarios whose name contains this.
    pub name: String,
    /// Only casts in which these are all that play, if any are named.
    pub cast: Vec<Implementation>,
}

impl Selection {
    /// Whether everything is played.
    pub fn is_complete(&self) -> bool {
        self.suites.is_empty() && self.name.is_empty() && self.cast.is_empty()
    }

    fn suites(&self) -> &[u16] {
        if self.suites.is_empty() { Implementation::Copath.suites() } else { &self.suites }
    }
}

/// The peers beside Copath: a column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum With {
    /// None.
    Itself,
    /// OpenMLS.
    OpenMls,
    /// mls-rs.
    MlsRs,
    /// OpenMLS and mls-rs.
    Both,
}

impl With {
    fn of(cast: &[Implementation]) -> Option<Self> {
        let has = |implementation| cast.contains(&implementation);
        if !has(Implementation::Copath) {
            return None;
        }
        Some(match (has(Implementation::OpenMls), has(Implementation::MlsRs)) {
            (false, false) => Self::Itself,
            (true, false) => Self::OpenMls,
            (false, true) => Self::MlsRs,
            (true, true) => Self::Both,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Itself => "copath",
            Self::OpenMls => "openmls",
            Self::MlsRs => "mls-rs",
            Self::Both => "both",
        }
    }
}

/// What came out in one cell: a scenario with some peers on a suite.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Casts that played it to its end.
    pub passed: u32,
    /// Casts in which a peer has no such operation.
    pub unsupported: u32,
    /// Casts that failed by a known bug of a peer.
    pub known: u32,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// A cast that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was played by whom.
    pub what: String,
    /// Why it ended.
    pub why: String,
}

/// The outcomes.
#[derive(Debug, Default)]
pub struct Matrix {
    cells: BTreeMap<(usize, With, u16), Cell>,
    names: Vec<&'static str>,
    /// Operations that some peer lacks.
    pub lacking: BTreeMap<String, u32>,
    /// How often each known bug was met.
    pub known: BTreeMap<&'static str, u32>,
}

impl Matrix {
    /// Plays what is selected; `report` hears of each failure at once.
    pub fn play(selection: &Selection, mut report: impl FnMut(&Failure)) -> Self {
        let mut matrix = Self::default();
        for scenario in scenarios::all().filter(|scenario| scenario.name.contains(&selection.name)) {
            matrix.names.push(scenario.name);
            for suite in selection.suites() {
                for cast in casts(scenario.roles, *suite) {
                    if !selection.cast.is_empty() && cast.iter().any(|one| !selection.cast.contains(one)) {
                        continue;
                    }
                    matrix.play_cast(scenario, *suite, &cast, &mut report);
                }
            }
        }
        matrix
    }

    fn play_cast(
        &mut self,
        scenario: &Scenario,
        suite: u16,
        cast: &[Implementation],
        report: &mut impl FnMut(&Failure),
    ) {
        let Some(with) = With::of(cast) else { return };
        let row = self.names.len() - 1;
        for format in Format::ALL {
            let setup = Setup::new(suite, format, cast);
            let outcome = guarded(|| (scenario.play)(setup, cast));
            let cell = self.cells.entry((row, with, suite)).or_default();
            match outcome {
                Ok(()) => cell.passed += 1,
                Err(Stop::Unsupported(who, what)) => {
                    cell.unsupported += 1;
                    *self.lacking.entry(format!("{who}: {what}")).or_default() += 1;
                }
                Err(failed) => {
                    if let Some(Known { reason, .. }) = known::find(scenario.name, cast, &failed) {
                        cell.known += 1;
                        *self.known.entry(reason).or_default() += 1;
                        continue;
                    }
                    let names: Vec<_> = cast.iter().map(|one| one.name()).collect();
                    let what = format!("{}, suite {suite}, {format:?}: {}", scenario.name, names.join(", "));
                    let failure = Failure { what, why: failed.to_string() };
                    report(&failure);
                    cell.failures.push(failure);
                }
            }
        }
    }

    /// How many casts failed.
    pub fn failures(&self) -> usize {
        self.cells.values().map(|cell| cell.failures.len()).sum()
    }

    /// Known bugs that nothing met.
    pub fn stale(&self) -> impl Iterator<Item = &'static Known> + '_ {
        known::ALL.iter().filter(|known| !self.known.contains_key(known.reason))
    }

    /// How many casts played to the end.
    pub fn passed(&self) -> u32 {
        self.cells.values().map(|cell| cell.passed).sum()
    }

    /// The document about what was played.
    pub fn to_document(&self) -> String {
        let mut out = String::from(include_str!("document.md"));
        out.push_str(&self.to_markdown());
        out.push_str("\nKnown bugs of the peers' releases, met in this run:\n\n");
        for reason in self.known.keys() {
            let _ = writeln!(out, "- {reason}");
        }
        out.push_str("\nOperations that a peer's API lacks:\n\n");
        for what in self.lacking.keys() {
            let _ = writeln!(out, "- {what}");
        }
        out
    }

    /// As a Markdown table: a row a scenario, a column a set of peers and a suite.
    pub fn to_markdown(&self) -> String {
        let columns: std::collections::BTreeSet<_> =
            self.cells.keys().map(|(_, with, suite)| (*with, *suite)).collect();
        let mut out = String::from("| scenario |");
        for (with, suite) in &columns {
            let _ = write!(out, " {} {suite} |", with.name());
        }
        out.push_str("\n|:--|");
        out.push_str(&":--|".repeat(columns.len()));
        for (row, name) in self.names.iter().enumerate() {
            let _ = write!(out, "\n| {name} |");
            for (with, suite) in &columns {
                let cell = self.cells.get(&(row, *with, *suite)).cloned().unwrap_or_default();
                let _ = write!(out, " {} |", cell.describe());
            }
        }
        out.push('\n');
        out
    }
}

impl Cell {
    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if !self.failures.is_empty() {
            parts.push(format!("**FAIL {}**", self.failures.len()));
        }
        if self.passed > 0 {
            parts.push(format!("{} ok", self.passed));
        }
        if self.known > 0 {
            parts.push(format!("{} known", self.known));
        }
        if self.unsupported > 0 {
            parts.push(format!("{} n/a", self.unsupported));
        }
        if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
    }
}

/// Plays something; a panic is a failure.
pub fn guarded<T>(play: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Stop::Failed { step: "panic".to_owned(), why: text.unwrap_or_default() })
    })
}

/// All ways to fill `roles` with implementations that have the suite.
fn casts(roles: usize, suite: u16) -> Vec<Vec<Implementation>> {
    let able: Vec<_> = Implementation::ALL.into_iter().filter(|one| one.suites().contains(&suite)).collect();
    (0..roles).fold(vec![Vec::new()], |casts, _| {
        let grown = casts.into_iter().flat_map(|cast| {
            able.iter().map(move |one| cast.iter().copied().chain([*one]).collect::<Vec<_>>())
        });
        grown.collect()
    })
}
