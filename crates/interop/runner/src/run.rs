//! Plays scripts on all suites, in both formats, with many assignments; one that fails doesn't keep the others from
//! being played.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::assignments::Assignments;
use crate::client::Client;
use crate::config::Script;
use crate::play::{Failure, Fault, Game, Handshake, Played, play};
use copath_testing::Random;

/// What is played.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Suites; all that a client has if none is named.
    pub suites: Vec<u16>,
    /// Formats of handshakes.
    pub handshakes: Vec<Handshake>,
    /// How many assignments.
    pub assignments: Assignments,
    /// What everything random follows from.
    pub seed: u64,
}

/// A script to be played in one way.
#[derive(Clone, Debug)]
pub struct Planned<'a> {
    /// The script.
    pub script: &'a Script,
    /// The suite.
    pub suite: u16,
    /// The format of handshakes.
    pub handshake: Handshake,
    /// The clients that have the suite.
    pub clients: Vec<&'a Client>,
    /// For each actor the number of its client among them.
    pub assignment: Vec<usize>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Passed,
    /// A client lacks a method.
    NotImplemented(Failure),
    /// Not well.
    Failed(Failure),
}

/// What was played, and how it ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// The script, as `file/name`.
    pub script: String,
    /// The suite.
    pub suite: u16,
    /// The format of handshakes.
    pub handshake: Handshake,
    /// The labels of the clients that played, once each.
    pub players: Vec<String>,
    /// Which client played which actor, if they are few.
    pub assignment: Vec<(String, String)>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub seconds: f64,
}

/// Beyond so many actors a record names the clients alone.
const FEW: usize = 12;

/// Everything there is to be played. Only clients that have a suite are assigned to actors.
pub fn plan<'a>(clients: &'a [Client], scripts: &'a [Script], selection: &Selection) -> Vec<Planned<'a>> {
    let mut random = Random::new(selection.seed);
    let mut planned = Vec::new();
    let mut suites: Vec<u16> = clients.iter().flat_map(|client| client.suites.iter().copied()).collect();
    suites.sort_unstable();
    suites.dedup();
    suites.retain(|suite| selection.suites.is_empty() || selection.suites.contains(suite));
    for script in scripts {
        let actors = script.actors().len();
        for suite in &suites {
            let able: Vec<&Client> = clients.iter().filter(|client| client.suites.contains(suite)).collect();
            for assignment in selection.assignments.of(able.len(), actors, &mut random) {
                for handshake in &selection.handshakes {
                    planned.push(Planned {
                        script,
                        suite: *suite,
                        handshake: *handshake,
                        clients: able.clone(),
                        assignment: assignment.clone(),
                    });
                }
            }
        }
    }
    planned
}

/// Plays everything, `jobs` scripts at a time; `report` hears of each as it ends. The records come in the order of the
/// plan.
pub fn play_all(
    planned: &[Planned<'_>],
    seed: u64,
    jobs: usize,
    report: impl Fn(&Record) + Sync,
) -> Vec<(Record, Played)> {
    let next = AtomicUsize::new(0);
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, planned.len().max(1)) {
            scope.spawn(|| {
                while let Some((number, one)) = {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    planned.get(number).map(|one| (number, one))
                } {
                    let (record, played) = one.play(seed);
                    report(&record);
                    if let Ok(mut ended) = ended.lock() {
                        ended.push((number, record, played));
                    }
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_default();
    ended.sort_by_key(|(number, ..)| *number);
    ended.into_iter().map(|(_, record, played)| (record, played)).collect()
}

impl Planned<'_> {
    /// Plays it.
    #[expect(clippy::disallowed_methods, reason = "a tool, which says how long a script took")]
    pub fn play(&self, seed: u64) -> (Record, Played) {
        let begun = Instant::now();
        let (outcome, played) = match self.ready() {
            Err(failure) => (Outcome::Failed(*failure), Played::default()),
            Ok(()) => self.outcome(seed),
        };
        let label = |client: usize| self.clients[client].label.clone();
        let mut players: Vec<String> = self.assignment.iter().map(|client| label(*client)).collect();
        let actors = self.script.actors().into_iter().map(str::to_owned);
        let assignment: Vec<_> = actors.zip(players.clone()).collect();
        players.sort();
        players.dedup();
        let record = Record {
            script: self.script.title(),
            suite: self.suite,
            handshake: self.handshake,
            players,
            assignment: if assignment.len() > FEW { Vec::new() } else { assignment },
            outcome,
            seconds: begun.elapsed().as_secs_f64(),
        };
        (record, played)
    }

    fn outcome(&self, seed: u64) -> (Outcome, Played) {
        let game = Game {
            script: self.script,
            clients: &self.clients,
            assignment: &self.assignment,
            suite: self.suite,
            handshake: self.handshake,
            seed,
        };
        // a mistake of the runner's own ends one script, not the run
        let ended = catch_unwind(AssertUnwindSafe(|| play(&game))).unwrap_or_else(|_| {
            let fault = Fault::Wrong("the runner itself panicked".into());
            let (actor, client) = (String::new(), String::new());
            Err(Box::new(Failure { step: None, actor, client, method: None, fault }))
        });
        match ended {
            Ok(played) => (Outcome::Passed, played),
            Err(failure) if failure.is_lack() => (Outcome::NotImplemented(*failure), Played::default()),
            Err(failure) => (Outcome::Failed(*failure), Played::default()),
        }
    }

    /// A client that didn't answer before has to say its name first, so that it fails at once and not step by step.
    fn ready(&self) -> Result<(), Box<Failure>> {
        for (actor, client) in self.script.actors().into_iter().zip(&self.assignment) {
            let client = self.clients[*client];
            client.check().map_err(|error| {
                Box::new(Failure {
                    step: None,
                    actor: actor.to_owned(),
                    client: client.label.clone(),
                    method: Some("Name"),
                    fault: Fault::Call(error),
                })
            })?;
        }
        Ok(())
    }
}
