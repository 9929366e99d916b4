//! X.509 credentials (RFC 9420 §5.3): chains of a root, an intermediate authority and the client, with keys of the
//! suite's scheme.

use super::{Scenario, basics, external, outsiders, proposals, resumption};
use crate::peer::{Believed, Chain, CommitHow, Implementation, Octets, Operation, Peer, Setup, Shown, Tree};
use crate::world::{Entry, Outcome, Stop, World};

type Play = fn(Setup, &[Implementation]) -> Outcome;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::certified("X.509: add and join, tree outside", 2, |s, cast| with(basics::add_outside, s, cast)),
    Scenario::certified("X.509: several joiners at once", 3, |s, cast| {
        with(basics::several_joiners, s, cast)
    }),
    Scenario::certified("X.509: update by path", 3, |s, cast| with(basics::update_by_path, s, cast)),
    Scenario::certified("X.509: new certificate by path", 3, |s, cast| with(basics::new_key, s, cast)),
    Scenario::certified("X.509: remove and add again", 3, |s, cast| with(basics::remove, s, cast)),
    Scenario::certified("X.509: reload between steps", 3, |s, cast| with(basics::reload, s, cast)),
    Scenario::certified("X.509: update by proposal", 3, |s, cast| with(proposals::update, s, cast)),
    Scenario::certified("X.509: new certificate by proposal", 3, |s, cast| with(proposals::new_key, s, cast)),
    Scenario::certified("X.509: add by proposal", 3, |s, cast| with(proposals::add, s, cast)),
    Scenario::certified("X.509: external join", 3, |s, cast| with(external::outside, s, cast)),
    Scenario::certified("X.509: resync", 3, |s, cast| with(external::resync, s, cast)),
    Scenario::certified("X.509: new member proposes itself", 3, |s, cast| with(outsiders::self_add, s, cast)),
    Scenario::certified("X.509: external sender", 3, |s, cast| with(outsiders::external_sender, s, cast)),
    Scenario::certified("X.509: branch", 3, |s, cast| with(resumption::branch, s, cast)),
    Scenario::certified("X.509 beside basic credentials", 3, beside_names),
    Scenario::certified("X.509 refused: another's certificate", 3, |s, cast| {
        refused(Chain::OfAnotherKey, s, cast)
    }),
    Scenario::certified("X.509 refused: untrusted root", 3, |s, cast| refused(Chain::OfAStranger, s, cast)),
    Scenario::certified("X.509 refused: expired certificate", 3, |s, cast| refused(Chain::Expired, s, cast)),
];

fn with(play: Play, setup: Setup, cast: &[Implementation]) -> Outcome {
    play(setup.certified(), cast)
}

/// Members with names and members with certificates; the group requires that all can read both.
fn beside_names(setup: Setup, cast: &[Implementation]) -> Outcome {
    let certified = setup.certified();
    let named = Setup { shown: Shown::Name, ..certified };
    let mut world = World::new(certified, &cast[..1])?;
    let others = [world.enlist(cast[1], named)?, world.enlist(cast[2], certified)?];
    // RFC 9420 §11.1: no extension types, no proposal types, basic and x509
    world.create_with(0, &[(3, vec![0, 0, 4, 0, 1, 0, 2])])?;
    for joiner in others {
        world.add(joiner - 1, &[joiner], CommitHow::default())?;
    }
    world.talk_all()?;
    let outsider = world.enlist(cast[0], named)?;
    world.join_externally(outsider, 1, Tree::Inside)?;
    for member in 0..4 {
        world.propose(member, &Operation::Update)?;
        world.commit((member + 1) % 4, &[], &[], CommitHow::default())?;
        world.commit_new_key(member)?;
    }
    world.talk_all()
}

/// Role 0 refuses role 2, whose chain is bad, wherever it meets it; role 1 believes everything. A refusal changes
/// nothing: the group goes on.
fn refused(bad: Chain, setup: Setup, cast: &[Implementation]) -> Outcome {
    if cast[0] == Implementation::OpenMls {
        return Err(Stop::Unsupported(cast[0], "validation of certificates"));
    }
    let gullible = Setup { believed: Believed::Everything, ..setup.certified() };
    let mut world = World::new(setup.certified(), &cast[..1])?;
    world.enlist(cast[1], gullible)?;
    world.enlist(cast[2], Setup { shown: Shown::Chain(bad), ..gullible })?;
    world.create(0)?;
    world.add(0, &[1], CommitHow::default())?;
    let mut trial = Trial { world, why: reason(cast[0], bad) };
    trial.adding()?;
    trial.being_told_of_an_add()?;
    trial.an_external_commit()?;
    trial.a_rotation(bad)?;
    trial.joining(cast[0], setup)
}

/// A group of role 0 and role 1, and what role 0 has to say.
struct Trial {
    world: World,
    why: &'static str,
}

impl Trial {
    fn adding(&mut self) -> Outcome {
        let add = self.world.add_of(2)?;
        self.refuses(0, "adds the bad one", |peer| peer.commit(&[add], CommitHow::default()).map(drop))
    }

    fn being_told_of_an_add(&mut self) -> Outcome {
        let add = self.world.add_of(2)?;
        let commit = self.world.begin_commit(1, &[add], CommitHow::default())?;
        self.refuses_commit(&commit)?;
        self.world.ask(1, "drops its commit", |peer| peer.drop_commit())?;
        self.go_on()
    }

    fn an_external_commit(&mut self) -> Outcome {
        let commit = self.world.begin_external_join(2, 1, Entry::plain(Tree::Inside))?;
        self.refuses_commit(&commit)?;
        self.go_on()
    }

    fn a_rotation(&mut self, bad: Chain) -> Outcome {
        let shown = Shown::Chain(bad);
        let commit = self.world.ask(1, "commits a bad certificate", |peer| peer.commit_new_key(shown))?;
        self.refuses_commit(&commit)?;
        self.world.ask(1, "drops its commit", |peer| peer.drop_commit())?;
        self.go_on()
    }

    /// Role 1 takes role 2 in, and invites somebody else of the first implementation.
    fn joining(&mut self, implementation: Implementation, setup: Setup) -> Outcome {
        let leaf = self.world.leaf(0)?;
        self.world.commit(1, &[Operation::Remove(leaf)], &[], CommitHow::default())?;
        self.world.add(1, &[2], CommitHow::default())?;
        let newcomer = self.world.enlist(implementation, setup.certified())?;
        let add = self.world.add_of(newcomer)?;
        self.world.begin_commit(1, &[add], CommitHow::default())?;
        let accepted = self.world.ask(1, "accepts its commit", Peer::accept)?;
        let welcome = accepted.welcome.unwrap_or_default();
        self.refuses(newcomer, "joins beside the bad one", |peer| peer.join(&welcome, None))
    }

    fn refuses_commit(&mut self, commit: &Octets) -> Outcome {
        self.refuses(0, "receives the commit", |peer| peer.receive(commit).map(drop))
    }

    fn refuses(
        &mut self,
        number: usize,
        step: &str,
        action: impl FnOnce(&mut (dyn Peer + 'static)) -> crate::peer::PeerResult<()>,
    ) -> Outcome {
        match self.world.ask(number, step, action) {
            Err(Stop::Failed { why, .. }) if why.contains(self.why) => Ok(()),
            Err(Stop::Failed { why, .. }) => {
                self.world.expect(false, &format!("{why} where {} is the reason", self.why))
            }
            Err(lack) => Err(lack),
            Ok(()) => self.world.expect(false, "accepted a bad chain"),
        }
    }

    fn go_on(&mut self) -> Outcome {
        self.world.agree()?;
        self.world.commit(0, &[], &[], CommitHow::default())?;
        self.world.commit(1, &[], &[], CommitHow::default())?;
        self.world.talk_all()
    }
}

/// What a refusal has to say.
fn reason(judge: Implementation, bad: Chain) -> &'static str {
    match (judge, bad) {
        (Implementation::MlsRs, Chain::OfAnotherKey) => "public key does not match the leaf certificate",
        (Implementation::MlsRs, Chain::OfAStranger) => "certificate signature failure",
        (Implementation::MlsRs, _) => "certificate has expired",
        (_, Chain::OfAnotherKey) => "position: 0, defect: KeyMismatch",
        (_, Chain::OfAStranger) => "position: 1, defect: BadSignature",
        _ => "position: 0, defect: Expired",
    }
}
