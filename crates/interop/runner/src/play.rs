//! Plays one script with one assignment of clients to actors.

mod agree;
mod commit;
mod cover;
mod external;
mod proposals;
mod resumption;
mod seat;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use copath_interop_grpc::FreeRequest;
use copath_messages::SenderType;

use crate::client::Client;
use crate::config::Script;
use crate::export::PassiveClient;
use crate::link::{CallError, Free, Rpc};
use crate::octets::{Checked, For, Framing};
use crate::shadow::{KnownPsk, Shadow};
use copath_testing::Random;

use seat::{Group, Made, Seat};

/// How members frame proposals and commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handshake {
    /// As PrivateMessage.
    Private,
    /// As PublicMessage.
    Public,
}

impl Handshake {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Private, Self::Public];

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    fn is_private(self) -> bool {
        self == Self::Private
    }

    fn framing(self) -> Framing {
        match self {
            Self::Private => Framing::Private,
            Self::Public => Framing::Public,
        }
    }
}

/// What is played by whom.
#[derive(Clone, Copy, Debug)]
pub struct Game<'a> {
    /// The script.
    pub script: &'a Script,
    /// The clients that take part.
    pub clients: &'a [&'a Client],
    /// For each of the script's actors the number of its client.
    pub assignment: &'a [usize],
    /// The suite.
    pub suite: u16,
    /// How handshakes are framed.
    pub handshake: Handshake,
    /// What random octets follow from.
    pub seed: u64,
}

/// Why a script ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step's number and line, and its action.
    pub step: Option<(usize, usize, &'static str)>,
    /// Who was at work.
    pub actor: String,
    /// The label of the client that plays it.
    pub client: String,
    /// The last call, if the failure is about one.
    pub method: Option<&'static str>,
    /// What happened.
    pub fault: Fault,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The call brought no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer isn't right.
    #[error("{0}")]
    Wrong(String),
}

impl Failure {
    /// Whether a client merely lacks the method.
    pub fn is_lack(&self) -> bool {
        matches!(self.fault, Fault::Call(CallError::NotImplemented(_)))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some((number, line, action)) = self.step {
            write!(f, "step {number} (line {line}, {action}), ")?;
        }
        write!(f, "actor {} on {}", self.actor, self.client)?;
        if let Some(method) = self.method {
            write!(f, ", {method}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// What a played script leaves behind.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// What couldn't be checked because a client lacks a method or returns nothing, and how often.
    pub unchecked: BTreeMap<String, u32>,
    /// How many things were checked.
    pub checks: u64,
    /// What joiners saw.
    pub seen: Vec<PassiveClient>,
}

/// Plays a script to its end, then frees all states.
///
/// # Errors
/// A client lacks a method, fails, or does something other than it was asked.
pub fn play(game: &Game<'_>) -> Result<Played, Box<Failure>> {
    let mut player = Player::new(*game);
    let outcome = player.run();
    let freed = player.free();
    outcome.and(freed)?;
    player.end_shadow();
    Ok(player.played)
}

/// 32 octets.
fn random_octets(random: &mut Random) -> Vec<u8> {
    (0..4).flat_map(|_| random.number().to_be_bytes()).collect()
}

type Step<T = ()> = Result<T, Box<Failure>>;

struct Player<'a> {
    game: Game<'a>,
    random: Random,
    seats: BTreeMap<String, Seat>,
    group: Group,
    /// What each step has made so far.
    made: Vec<Made>,
    psks: Vec<KnownPsk>,
    shadow: Option<Shadow>,
    step: usize,
    played: Played,
    /// Calls that only check, which a client has answered with UNIMPLEMENTED.
    lacking: BTreeSet<(usize, &'static str)>,
}

impl<'a> Player<'a> {
    fn new(game: Game<'a>) -> Self {
        let mut random = Random::new(game.seed);
        let actors = game.script.actors().into_iter();
        let seats = actors.zip(game.assignment).map(|(actor, client)| (actor.to_owned(), Seat::new(*client)));
        Self {
            seats: seats.collect(),
            group: Group::new(game.suite, random_octets(&mut random)),
            game,
            random,
            made: Vec::new(),
            psks: Vec::new(),
            shadow: None,
            step: 0,
            played: Played::default(),
            lacking: BTreeSet::new(),
        }
    }

    fn run(&mut self) -> Step {
        for (number, step) in self.game.script.steps.iter().enumerate() {
            self.step = number;
            let made = self.act(&step.action)?;
            self.made.push(made);
        }
        self.talk()
    }

    /// Lets go of all states, and of those of a failed script as far as the clients still answer.
    fn free(&mut self) -> Step {
        let seats = self.seats.iter();
        let states: Vec<(String, u32)> =
            seats.flat_map(|(actor, seat)| seat.states().map(|state| (actor.clone(), state))).collect();
        let mut outcome = Ok(());
        for (actor, state_id) in states {
            if !self.client(&actor).is_suspect() {
                let freed = self.ask::<Free>(&actor, &FreeRequest { state_id }).map(drop);
                outcome = outcome.and(freed);
            }
        }
        outcome
    }

    fn seat(&self, actor: &str) -> &Seat {
        &self.seats[actor]
    }

    fn seat_mut(&mut self, actor: &str) -> &mut Seat {
        let client = self.game.assignment.first().copied().unwrap_or_default();
        self.seats.entry(actor.to_owned()).or_insert_with(|| Seat::new(client))
    }

    fn client(&self, actor: &str) -> &'a Client {
        self.game.clients[self.seat(actor).client]
    }

    /// Calls a method of the actor's client.
    fn ask<R: Rpc>(&self, actor: &str, request: &R::Request) -> Step<R::Response> {
        let answer = self.client(actor).call::<R>(request);
        answer.map_err(|error| self.failure(actor, Some(R::METHOD), error.into()))
    }

    /// Calls a method of the actor's client that no script asks for; none if the client lacks it.
    fn peek<R: Rpc>(&mut self, actor: &str, request: &R::Request) -> Step<Option<R::Response>> {
        let client = self.seat(actor).client;
        if self.lacking.contains(&(client, R::METHOD)) {
            return Ok(None);
        }
        match self.ask::<R>(actor, request) {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if failure.is_lack() => {
                self.lacking.insert((client, R::METHOD));
                self.unchecked(actor, &format!("{} isn't implemented", R::METHOD));
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn unchecked(&mut self, actor: &str, what: &str) {
        let what = format!("{}: {what}", self.client(actor).label);
        *self.played.unchecked.entry(what).or_default() += 1;
    }

    /// What was checked about an answer of the actor's client.
    fn judge<T>(&mut self, actor: &str, method: &'static str, checked: Checked<T>) -> Step<T> {
        self.played.checks += 1;
        checked.map_err(|what| self.failure(actor, Some(method), Fault::Wrong(what)))
    }

    fn failure(&self, actor: &str, method: Option<&'static str>, fault: Fault) -> Box<Failure> {
        let step = self.game.script.steps.get(self.step);
        Box::new(Failure {
            step: step.map(|step| (self.step, step.line, step.action.name())),
            actor: actor.to_owned(),
            client: self.client(actor).label.clone(),
            method,
            fault,
        })
    }

    fn state(&self, actor: &str) -> Step<u32> {
        let missing = || Fault::Wrong("has no state: the script lets it act before it joins".into());
        self.seat(actor).state.ok_or_else(|| self.failure(actor, None, missing()))
    }

    fn place(&self) -> For<'_> {
        For { group_id: &self.group.id, epoch: self.group.epoch }
    }

    fn outside(sender: SenderType) -> Framing {
        Framing::Outside(sender)
    }

    /// The shadow can't follow what its owner does itself.
    fn end_shadow_of(&mut self, actor: &str) {
        if self.shadow.as_ref().is_some_and(|shadow| shadow.actor == actor) {
            self.end_shadow();
        }
    }

    fn end_shadow(&mut self) {
        self.played.seen.extend(self.shadow.take().map(Shadow::into_case));
    }
}
