//! Playing all scenarios with all casts, and the matrix of what came out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::known::{self, Known};
use crate::peer::{Format, Implementation, Setup};
use crate::scenarios::{self, Scenario};
use crate::world::{Outcome, Stop};

/// What the build takes, and whose versions the document names: peer, package, its backend.
const LOCK_FILE: &str = include_str!("../Cargo.lock");
const PEERS: [(&str, &str, &str); 2] =
    [("OpenMLS", "openmls", "openmls_rust_crypto"), ("mls-rs", "mls-rs", "mls-rs-crypto-awslc")];

/// How much of a failure's reason the document shows.
const SHOWN: usize = 300;

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
            Self::Itself => "Copath alone",
            Self::OpenMls => "with OpenMLS",
            Self::MlsRs => "with mls-rs",
            Self::Both => "with both",
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
    /// Casts that failed by a known bug of a peer, by its reason.
    pub known: BTreeMap<&'static str, u32>,
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
            for suite in selection.suites().iter().filter(|suite| scenario.suites.contains(suite)) {
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
                        *cell.known.entry(reason).or_default() += 1;
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

    /// The document about what was played; `walked` says what random walks did, `sections` follow at the end.
    pub fn to_document(&self, walked: &str, sections: &str) -> String {
        let mut out = include_str!("document.md")
            .replace("{peers}", &versions())
            .replace("{walked}", walked)
            .replace("{matrix}", &self.to_markdown())
            .replace("{failed}", &self.failed());
        out.push_str("\nDisagreements, all of them known bugs of the peers' releases that this run met:\n\n");
        for (letter, reason) in self.letters() {
            let _ = writeln!(out, "- ({letter}) {}", reason);
        }
        out.push_str("\nOperations that a peer's API lacks (`n/a`):\n\n");
        for what in self.lacking.keys() {
            let _ = writeln!(out, "- {what}");
        }
        let _ = write!(out, "\n{}", include_str!("elsewhere.md"));
        if !sections.is_empty() {
            let _ = write!(out, "\n{sections}");
        }
        out
    }

    /// What failed, as a list; nothing if nothing did.
    fn failed(&self) -> String {
        let failures = self.cells.values().flat_map(|cell| &cell.failures);
        let item = |failure: &Failure| {
            let why: String = failure.why.chars().take(SHOWN).collect();
            format!("- {}: {}\n", failure.what, why.replace('\n', " "))
        };
        let list: String = failures.map(item).collect();
        if list.is_empty() { list } else { format!("\n**Failed:**\n\n{list}") }
    }

    /// A letter for each known bug that was met.
    fn letters(&self) -> impl Iterator<Item = (char, &'static str)> + '_ {
        ('a'..='z').zip(self.known.keys().copied())
    }

    /// As a Markdown table: a row a scenario, a column a set of peers, a cell the suites by how they came out.
    pub fn to_markdown(&self) -> String {
        let columns: BTreeSet<With> = self.cells.keys().map(|(_, with, _)| *with).collect();
        let mut out = String::from("| scenario |");
        for with in &columns {
            let _ = write!(out, " {} |", with.name());
        }
        out.push_str("\n|:--|");
        out.push_str(&":--|".repeat(columns.len()));
        for (row, name) in self.names.iter().enumerate() {
            let _ = write!(out, "\n| {name} |");
            for with in &columns {
                let _ = write!(out, " {} |", self.describe(row, *with));
            }
        }
        out.push('\n');
        out
    }

    /// All suites of a scenario with some peers, those together that came out alike.
    fn describe(&self, row: usize, with: With) -> String {
        let mut alike: Vec<(String, Vec<u16>)> = Vec::new();
        let cells = self.cells.iter().filter(|((at, who, _), _)| (*at, *who) == (row, with));
        for ((.., suite), cell) in cells {
            let verdict = cell.verdict(&self.letters().collect::<Vec<_>>());
            match alike.iter_mut().find(|(known, _)| *known == verdict) {
                Some((_, suites)) => suites.push(*suite),
                None => alike.push((verdict, vec![*suite])),
            }
        }
        let texts = alike.iter().map(|(verdict, suites)| format!("{verdict}{}", ranges(suites)));
        let text = texts.collect::<Vec<_>>().join("; ");
        if text.is_empty() { "-".to_owned() } else { text }
    }
}

impl Cell {
    /// What is written before the suite: nothing if all casts came to the end.
    fn verdict(&self, letters: &[(char, &'static str)]) -> String {
        let met = letters.iter().filter(|(_, reason)| self.known.contains_key(reason));
        let met: String = met.map(|(letter, _)| format!("({letter})")).collect();
        let lacks = self.unsupported > 0;
        match (self.failures.is_empty(), self.passed > 0, met.is_empty(), lacks) {
            (false, ..) => "**FAIL** ".into(),
            (_, true, true, false) => String::new(),
            (_, true, false, _) => format!("in part {met}: "),
            (_, true, true, true) => "in part: ".into(),
            (_, false, false, true) => format!("n/a or {met}: "),
            (_, false, false, false) => format!("no {met}: "),
            (_, false, true, _) => "n/a: ".into(),
        }
    }
}

/// Ascending suites in short: `1-3, 5`.
fn ranges(suites: &[u16]) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for suite in suites {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *suite => *last = *suite,
            _ => runs.push((*suite, *suite)),
        }
    }
    let run = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// The peers' versions, as they are built.
fn versions() -> String {
    let version = |name: &str| {
        let (_, entry) = LOCK_FILE.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        entry.split('"').next()
    };
    let row = |(peer, package, crypto): &(&str, &str, &str)| {
        let known = |name| version(name).unwrap_or("?");
        format!("| {peer} | {} | {crypto} {} |\n", known(package), known(crypto))
    };
    PEERS.iter().map(row).collect()
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
