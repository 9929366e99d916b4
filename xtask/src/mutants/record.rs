//! What is known about the mutants of an area.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Shard;
use super::area::{Area, Part};
use crate::error::Error;
use crate::workspace::Workspace;

/// A change to one place of a source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Mutant {
    /// The source, relative to the workspace.
    pub(super) file: String,
    /// File, line, column and change: `crates/a/src/b.rs:3:9: replace < with > in c`.
    pub(super) name: String,
}

impl Mutant {
    /// The line that is changed.
    pub(super) fn line(&self) -> usize {
        self.name.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or(1)
    }

    /// The change alone.
    pub(super) fn change(&self) -> &str {
        self.name.splitn(4, ':').nth(3).unwrap_or(&self.name).trim_start()
    }
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// It was not tried yet.
    Untried,
    /// A test failed.
    Noticed,
    /// The tests didn't end.
    Hung,
    /// It doesn't compile.
    Unviable,
    /// All tests passed.
    Survived,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    file: String,
    outcome: Outcome,
    /// Of the source that was mutated.
    fingerprint: String,
    seconds: f64,
}

/// The mutants of an area by name, with what became of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    mutants: BTreeMap<String, Entry>,
    /// The names in the order of the sources, part by part.
    #[serde(default)]
    order: Vec<String>,
}

impl Record {
    /// Reads a record, or starts one.
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path)
            .map_err(|source| Error::File { path: path.display().to_string(), source })?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes it beside its place first, so that an end at any moment leaves a whole one.
    pub(super) fn save(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self)?;
        let new = path.with_extension("new");
        let write = || {
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory)?;
            }
            fs::write(&new, text)?;
            fs::rename(&new, path)
        };
        write().map_err(|source| Error::File { path: path.display().to_string(), source })
    }

    /// Takes in the mutants that a part has now; those that it had before and hasn't any more are dropped.
    pub(super) fn list(&mut self, part: &Part, mutants: Vec<Mutant>) {
        self.order.retain(|name| self.mutants.get(name).is_some_and(|entry| !part.has(&entry.file)));
        let mut former = std::mem::take(&mut self.mutants);
        for Mutant { file, name } in mutants {
            let entry = former.remove(&name).unwrap_or(Entry {
                file,
                outcome: Outcome::Untried,
                fingerprint: String::new(),
                seconds: 0.0,
            });
            self.order.push(name.clone());
            self.mutants.insert(name, entry);
        }
        self.mutants.extend(former.into_iter().filter(|(_, entry)| !part.has(&entry.file)));
    }

    /// Makes untried what was tried with other sources.
    pub(super) fn forget_other_sources(&mut self, workspace: &Workspace) -> Result<(), Error> {
        let mut fingerprints = BTreeMap::new();
        for entry in self.mutants.values_mut() {
            if !fingerprints.contains_key(&entry.file) {
                let text = workspace.read(&entry.file)?;
                fingerprints.insert(entry.file.clone(), fingerprint(&text));
            }
            if let Some(now) = fingerprints.get(&entry.file)
                && *now != entry.fingerprint
            {
                entry.fingerprint.clone_from(now);
                entry.outcome = Outcome::Untried;
            }
        }
        Ok(())
    }

    /// What is to be tried of a part: first what never was, then what survived, since tests may have come.
    pub(super) fn queue(&self, part: &Part, shard: Option<Shard>) -> Vec<Mutant> {
        let in_shard = |at: usize| shard.is_none_or(|shard| at % shard.count == shard.rest);
        let with = |outcome| {
            self.order.iter().enumerate().filter(move |(at, _)| in_shard(*at)).filter_map(move |(_, name)| {
                let entry = self.mutants.get(name)?;
                (entry.outcome == outcome && part.has(&entry.file))
                    .then(|| Mutant { file: entry.file.clone(), name: name.clone() })
            })
        };
        with(Outcome::Untried).chain(with(Outcome::Survived)).collect()
    }

    /// Notes what became of a mutant; one that the area hasn't is passed over.
    pub(super) fn note(&mut self, name: &str, outcome: Outcome, seconds: f64) {
        if let Some(entry) = self.mutants.get_mut(name) {
            entry.outcome = outcome;
            entry.seconds += seconds;
        }
    }

    /// Those of some mutants that survived.
    pub(super) fn survivors(&self, of: &[Mutant]) -> Vec<Mutant> {
        let survived = |mutant: &&Mutant| {
            self.mutants.get(&mutant.name).is_some_and(|entry| entry.outcome == Outcome::Survived)
        };
        of.iter().filter(survived).cloned().collect()
    }

    /// The mutants with one outcome, in the order of the sources.
    pub(super) fn with(&self, outcome: Outcome) -> Vec<Mutant> {
        let entries = self.order.iter().filter_map(|name| Some((name, self.mutants.get(name)?)));
        entries
            .filter(|(_, entry)| entry.outcome == outcome)
            .map(|(name, entry)| Mutant { file: entry.file.clone(), name: name.clone() })
            .collect()
    }

    /// Whether each mutant was tried.
    pub(super) fn is_complete(&self) -> bool {
        !self.mutants.is_empty() && self.count(Outcome::Untried) == 0
    }

    /// How many mutants have an outcome.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.mutants.values().filter(|entry| entry.outcome == outcome).count()
    }

    /// The number of mutants.
    pub(super) fn len(&self) -> usize {
        self.mutants.len()
    }

    /// A line that tells how far the area is.
    pub(super) fn standing(&self, area: Area) -> String {
        let seconds: f64 = self.mutants.values().map(|entry| entry.seconds).sum();
        let tried = self.len() - self.count(Outcome::Untried);
        format!(
            "{area}: {tried} of {} tried in {:.0} min: {} noticed, {} hung, {} don't compile, {} survived",
            self.len(),
            seconds / 60.0,
            self.count(Outcome::Noticed),
            self.count(Outcome::Hung),
            self.count(Outcome::Unviable),
            self.count(Outcome::Survived)
        )
    }
}

/// FNV-1a, which tells versions of a source apart wherever it is computed.
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Part = Part { package: "p", sources: &["a/"], tests: &[], more: &[] };

    fn mutant(name: &str) -> Mutant {
        Mutant { file: "a/b.rs".into(), name: format!("a/b.rs:{name}") }
    }

    fn names(mutants: &[Mutant]) -> Vec<&str> {
        mutants.iter().map(Mutant::change).collect()
    }

    #[test]
    fn names_are_taken_apart() {
        let mutant = mutant("31:9: replace a::b -> &'static str with \"\"");
        assert_eq!(mutant.line(), 31);
        assert_eq!(mutant.change(), "replace a::b -> &'static str with \"\"");
    }

    #[test]
    fn what_was_tried_stays_tried_until_it_is_gone() {
        let mut record = Record::default();
        record.list(&PART, vec![mutant("1:1: x"), mutant("2:1: y"), mutant("3:1: z")]);
        record.note("a/b.rs:1:1: x", Outcome::Noticed, 1.0);
        record.note("a/b.rs:2:1: y", Outcome::Survived, 1.0);
        record.note("a/b.rs:9:1: unknown", Outcome::Survived, 1.0);
        assert!(!record.is_complete());
        assert_eq!(names(&record.queue(&PART, None)), ["z", "y"]);
        record.list(&PART, vec![mutant("1:1: x"), mutant("3:1: z"), mutant("4:1: w")]);
        assert_eq!((record.len(), record.count(Outcome::Noticed)), (3, 1));
        assert_eq!(names(&record.queue(&PART, None)), ["z", "w"]);
        assert_eq!(names(&record.with(Outcome::Noticed)), ["x"]);
    }

    #[test]
    fn parts_keep_apart() {
        let other = Part { package: "q", sources: &["c/"], tests: &[], more: &[] };
        let mut record = Record::default();
        record.list(&PART, vec![mutant("1:1: x")]);
        record.list(&other, vec![Mutant { file: "c/d.rs".into(), name: "c/d.rs:1:1: y".into() }]);
        record.list(&PART, vec![]);
        assert_eq!(names(&record.queue(&other, None)), ["y"]);
        assert_eq!(record.len(), 1);
    }

    #[test]
    fn shards_share_all() {
        let mut record = Record::default();
        record.list(&PART, (1..=7).map(|line| mutant(&format!("{line}:1: m{line}"))).collect());
        let mut all = Vec::new();
        for rest in 0..3 {
            all.extend(record.queue(&PART, Some(Shard { rest, count: 3 })));
        }
        all.sort_by_key(Mutant::line);
        assert_eq!(all, record.queue(&PART, None));
    }

    #[test]
    fn fingerprints_differ() {
        assert_eq!(fingerprint(""), "cbf29ce484222325");
        assert_eq!(fingerprint("a"), "af63dc4c8601ec8c");
    }
}
