//! What a walk can do.

use std::collections::{BTreeMap, BTreeSet};

use super::{Did, Plan};
use crate::dice::Dice;
use crate::peer::{
    CommitHow, Format, Implementation, Octets, Operation, Padded, Path, Peer, Setup, Shown, TEST_EXTENSION,
    Tree,
};
use crate::world::{Entry, Outcome, Sent, Stop, World};

/// Below so many members a group grows first.
const FEW: usize = 4;

/// How often an operation draws again until there is something to do.
const DRAWS: usize = 20;

/// Epochs after which a late message is delivered at the latest, and how many of a sender are late at once.
const LATEST: u64 = 2;
const LATE_OF_A_SENDER: usize = 3;

/// The external PSKs that everybody knows.
const PSKS: [&[u8]; 2] = [b"first", b"second"];

/// A walk in progress.
pub(super) struct Walker {
    dice: Dice,
    setup: Setup,
    able: Vec<Implementation>,
    /// Whether all handshakes are PublicMessages, so that an observer can follow.
    observed: bool,
    /// Members at most.
    most: usize,
    world: World,
    epoch: u64,
    /// Proposals sent in this epoch.
    pending: Vec<Pending>,
    late: Vec<Late>,
    /// Clients that were enlisted and are not members yet.
    waiting: BTreeSet<usize>,
    /// How often each implementation refused to commit what was pending.
    pub(super) refusals: BTreeMap<String, u32>,
}

/// A proposal that waits for a commit.
enum Pending {
    Add,
    Update(usize),
    Remove(usize),
    Psk,
    Extensions,
}

impl Pending {
    /// Whose leaf it changes.
    fn about(&self) -> Option<usize> {
        match self {
            Self::Update(who) | Self::Remove(who) => Some(*who),
            _ => None,
        }
    }
}

/// A message on its way to one receiver.
struct Late {
    sender: usize,
    receiver: usize,
    leaf: u32,
    epoch: u64,
    sent: Sent,
}

impl Walker {
    /// Before the first operation, with a group of one.
    pub(super) fn new(plan: &Plan) -> Outcome<Self> {
        let mut dice = Dice::of(plan.seed, 0);
        let drawn = dice.pick(Implementation::OpenMls.suites());
        let suite = plan.suite.unwrap_or(drawn);
        let all = Implementation::ALL.into_iter();
        let able: Vec<_> = all.filter(|one| one.suites().contains(&suite)).collect();
        let mut walker = Self {
            setup: Setup::new(suite, Format::Private, &able),
            able,
            observed: dice.once_in(3),
            dice,
            most: plan.members,
            world: World::new(Setup::new(suite, Format::Private, &[]), &[])?,
            epoch: 0,
            pending: Vec::new(),
            late: Vec::new(),
            waiting: BTreeSet::new(),
            refusals: BTreeMap::new(),
        };
        let creator = walker.enlist()?;
        walker.waiting.clear();
        walker.world.create(creator)?;
        if walker.observed {
            walker.world.watch(creator)?;
        }
        Ok(walker)
    }

    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// One operation, whose choices are drawn from `dice`.
    pub(super) fn operate(&mut self, dice: &mut Dice) -> Outcome<Did> {
        self.dice = dice.fork();
        self.world.forger = Some(dice.fork());
        for _ in 0..DRAWS {
            if self.draw()? == Did::Something {
                return Ok(Did::Something);
            }
        }
        Ok(Did::Nothing)
    }

    fn draw(&mut self) -> Outcome<Did> {
        let members = self.world.members();
        let actor = self.dice.pick(&members);
        match self.dice.below(if members.len() < FEW { 4 } else { 22 }) {
            0..=2 => self.commit(actor, Growth::Grow),
            3 => self.join_externally(),
            4..=6 => self.commit(actor, Growth::Any),
            7 => self.resync(actor),
            8 => self.lost_race(actor),
            9 => self.world.ask(actor, "reloads", |peer| peer.reload()).map(|()| Did::Something),
            10..=13 => self.propose(actor),
            14 | 15 => self.talk(actor),
            16 => self.send_late(actor),
            17 => self.commit_new_key(actor),
            18 => self.join_by_own_proposal(actor),
            _ => self.deliver_one(),
        }
    }

    /// A new client, with a format and a padding of its own.
    fn enlist(&mut self) -> Outcome<usize> {
        let implementation = self.dice.pick(&self.able);
        let drawn = self.dice.pick(&Format::ALL);
        let format = if self.observed { Format::Public } else { drawn };
        let padded = self.dice.pick(&[Padded::Yes, Padded::No]);
        let number = self.world.enlist(implementation, Setup { format, padded, ..self.setup })?;
        for id in PSKS {
            self.world.ask(number, "learns a PSK", |peer| peer.register_psk(id, &[id, &[9; 32]].concat()))?;
        }
        self.waiting.insert(number);
        Ok(number)
    }

    fn has_room(&self) -> bool {
        self.world.members().len() + self.waiting.len() < self.most
    }

    fn how(&mut self) -> CommitHow {
        CommitHow {
            tree: self.dice.pick(&[Tree::Inside, Tree::Outside]),
            path: self.dice.pick(&[Path::Always, Path::WhenNeeded]),
        }
    }

    /// A member that may be removed: not `actor`, and mostly one that no pending proposal is about.
    fn victim(&mut self, actor: usize) -> Option<usize> {
        let conflicts = self.dice.once_in(5) && self.world.implementation(actor) != Implementation::MlsRs;
        let free = |member: &usize| {
            let named = self.pending.iter().any(|pending| pending.about() == Some(*member));
            *member != actor && (conflicts || !named)
        };
        let candidates: Vec<_> = self.world.members().into_iter().filter(free).collect();
        if self.world.members().len() < 3 { None } else { self.dice.maybe(&candidates) }
    }

    fn extensions(&mut self) -> Operation {
        let [high, low] = TEST_EXTENSION.to_be_bytes();
        let required = (3, vec![2, high, low, 0, 2, 0, 1]);
        let length = self.dice.below(40);
        Operation::Extensions(vec![required, (TEST_EXTENSION, vec![5; length])])
    }

    fn by_value(&mut self, actor: usize, growth: Growth) -> Outcome<Vec<Operation>> {
        let mut operations = Vec::new();
        let adds = if growth == Growth::Grow { 1 + self.dice.below(3) } else { self.dice.below(2) };
        for _ in 0..adds {
            if self.has_room() {
                let joiner = self.enlist()?;
                operations.push(self.world.add_of(joiner)?);
            }
        }
        let removes = if growth == Growth::Grow { 0 } else { self.dice.below(3) };
        let mut victims = Vec::new();
        for _ in 0..removes {
            if let Some(victim) = self.victim(actor).filter(|victim| !victims.contains(victim)) {
                victims.push(victim);
                operations.push(Operation::Remove(self.world.leaf(victim)?));
            }
        }
        if self.dice.once_in(4) && self.may_inject(actor) {
            operations.push(Operation::ExternalPsk(self.dice.pick(&PSKS).to_vec()));
        }
        let adds = !operations.is_empty() || self.pending.iter().any(|one| matches!(one, Pending::Add));
        if !adds && self.dice.once_in(4) && self.may_inject(actor) {
            operations.push(Operation::ResumptionPsk(self.epoch));
        }
        let changed = self.pending.iter().any(|one| matches!(one, Pending::Extensions));
        if self.dice.once_in(8) && !changed {
            operations.push(self.extensions());
        }
        Ok(operations)
    }

    /// OpenMLS puts PSKs by reference and by value into different orders (see [`crate::known`]).
    fn may_inject(&self, actor: usize) -> bool {
        let pending = self.pending.iter().any(|one| matches!(one, Pending::Psk));
        !pending || self.world.implementation(actor) != Implementation::OpenMls
    }

    fn commit(&mut self, actor: usize, growth: Growth) -> Outcome<Did> {
        let operations = self.by_value(actor, growth)?;
        let how = self.how();
        let Some(commit) = self.try_commit(actor, &operations, how)? else { return Ok(Did::Nothing) };
        self.world.deliver_commit(actor, &commit)?;
        self.finish(actor, how)
    }

    /// A commit of nothing but a new signature key, which the peers make only while no proposal waits.
    fn commit_new_key(&mut self, actor: usize) -> Outcome<Did> {
        if !self.pending.is_empty() {
            return Ok(Did::Nothing);
        }
        let commit = self.world.ask(actor, "commits a new key", |peer| peer.commit_new_key(Shown::Name))?;
        self.world.deliver_commit(actor, &commit)?;
        self.lose_late_of(actor);
        self.finish(actor, CommitHow::default())
    }

    /// mls-rs doesn't read late messages of a leaf that is gone or has another signature key.
    fn lose_late_of(&mut self, sender: usize) {
        let world = &self.world;
        self.late.retain(|late| {
            late.sender != sender || world.implementation(late.receiver) != Implementation::MlsRs
        });
    }

    /// Whether pending proposals change one leaf twice; mls-rs may commit both (see [`crate::known`]).
    fn conflict(&self) -> bool {
        let mut leaves: Vec<_> = self.pending.iter().filter_map(Pending::about).collect();
        let all = leaves.len();
        leaves.sort_unstable();
        leaves.dedup();
        leaves.len() < all
    }

    /// A commit, unless a foreign implementation can't make one of what is pending.
    fn try_commit(
        &mut self,
        actor: usize,
        operations: &[Operation],
        how: CommitHow,
    ) -> Outcome<Option<Octets>> {
        if self.world.implementation(actor) == Implementation::MlsRs && self.conflict() {
            self.waiting.clear();
            return Ok(None);
        }
        match self.world.begin_commit(actor, operations, how) {
            Ok(commit) => Ok(Some(commit)),
            Err(Stop::Failed { why, .. })
                if self.world.implementation(actor) != Implementation::Copath && !self.pending.is_empty() =>
            {
                let reason: String = why.chars().take(160).collect();
                let who = self.world.implementation(actor);
                *self.refusals.entry(format!("{who}: {reason}")).or_default() += 1;
                self.waiting.clear();
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    /// The committer enters the epoch; who is in it now and wasn't joins.
    fn finish(&mut self, actor: usize, how: CommitHow) -> Outcome<Did> {
        let accepted = self.world.ask(actor, "accepts its commit", Peer::accept)?;
        let roster = self.world.view(actor)?.roster;
        let tree = (how.tree == Tree::Outside).then_some(accepted.tree.as_slice());
        let welcome = accepted.welcome.unwrap_or_default();
        for joiner in std::mem::take(&mut self.waiting) {
            let name = self.world.identity(joiner);
            if roster.iter().any(|(_, identity, _)| *identity == name) {
                self.world.ask(joiner, "joins by the Welcome", |peer| peer.join(&welcome, tree))?;
                self.world.set_member(joiner);
            }
        }
        self.enter_epoch()
    }

    fn enter_epoch(&mut self) -> Outcome<Did> {
        self.epoch += 1;
        self.pending.clear();
        self.waiting.clear();
        self.world.agree()?;
        let members = self.world.members();
        self.late.retain(|late| members.contains(&late.receiver));
        let senders: BTreeSet<_> = self.late.iter().map(|late| late.sender).collect();
        senders
            .into_iter()
            .filter(|sender| !members.contains(sender))
            .for_each(|gone| self.lose_late_of(gone));
        let (due, later) =
            std::mem::take(&mut self.late).into_iter().partition(|late| late.epoch + LATEST <= self.epoch);
        self.late = later;
        Vec::into_iter(due).try_for_each(|late| self.deliver(&late))?;
        Ok(Did::Something)
    }

    fn join_externally(&mut self) -> Outcome<Did> {
        if self.world.members().len() >= self.most {
            return Ok(Did::Nothing);
        }
        let joiner = self.enlist()?;
        self.join_as(joiner)
    }

    fn resync(&mut self, actor: usize) -> Outcome<Did> {
        self.late.retain(|late| late.receiver != actor);
        self.lose_late_of(actor);
        self.join_as(actor)
    }

    fn join_as(&mut self, joiner: usize) -> Outcome<Did> {
        let others: Vec<_> = self.world.members().into_iter().filter(|member| *member != joiner).collect();
        let Some(helper) = self.dice.maybe(&others) else { return Ok(Did::Nothing) };
        let tree = self.dice.pick(&[Tree::Inside, Tree::Outside]);
        let psk = self.dice.maybe(&PSKS).filter(|_| self.dice.once_in(3));
        self.world.join_externally_with(joiner, helper, Entry { tree, psk, pending: &[] })?;
        self.enter_epoch()
    }

    /// `actor` commits, but somebody else's commit is accepted.
    fn lost_race(&mut self, actor: usize) -> Outcome<Did> {
        let others: Vec<_> = self.world.members().into_iter().filter(|member| *member != actor).collect();
        let Some(winner) = self.dice.maybe(&others) else { return Ok(Did::Nothing) };
        let how = self.how();
        if self.try_commit(actor, &[], how)?.is_none() {
            return Ok(Did::Nothing);
        }
        let operations = self.by_value(winner, Growth::Any)?;
        let Some(commit) = self.try_commit(winner, &operations, how)? else {
            self.world.ask(actor, "drops its commit", |peer| peer.drop_commit())?;
            return Ok(Did::Nothing);
        };
        if self.dice.once_in(2) {
            self.world.ask(actor, "drops its commit", |peer| peer.drop_commit())?;
        }
        self.world.deliver_commit(winner, &commit)?;
        self.finish(winner, how)
    }

    fn propose(&mut self, actor: usize) -> Outcome<Did> {
        let twice = self.dice.once_in(5);
        let updating = self.pending.iter().any(|one| matches!(one, Pending::Update(who) if *who == actor));
        let (operation, pending) = match self.dice.below(6) {
            0 if self.has_room() => {
                let joiner = self.enlist()?;
                (self.world.add_of(joiner)?, Pending::Add)
            }
            1 => match self.victim(actor) {
                Some(victim) => (Operation::Remove(self.world.leaf(victim)?), Pending::Remove(victim)),
                None => return Ok(Did::Nothing),
            },
            2 => (Operation::ExternalPsk(self.dice.pick(&PSKS).to_vec()), Pending::Psk),
            3 if !self.pending.iter().any(|one| matches!(one, Pending::Extensions)) => {
                (self.extensions(), Pending::Extensions)
            }
            _ if twice || !updating => (Operation::Update, Pending::Update(actor)),
            _ => return Ok(Did::Nothing),
        };
        self.pending.push(pending);
        self.world.propose(actor, &operation).map(|_| Did::Something)
    }

    /// A newcomer asks to be added, by the GroupInfo of `helper`.
    fn join_by_own_proposal(&mut self, helper: usize) -> Outcome<Did> {
        if !self.has_room() {
            return Ok(Did::Nothing);
        }
        let joiner = self.enlist()?;
        let info = self.world.ask(helper, "exports a GroupInfo", |peer| peer.group_info(Tree::Inside))?;
        let add = self.world.ask(joiner, "proposes itself", |peer| peer.propose_self_add(&info))?;
        self.pending.push(Pending::Add);
        self.world.deliver_proposal(joiner, &add).map(|()| Did::Something)
    }

    /// Nobody sends data while proposals are pending (RFC 9420 §12.4).
    fn talk(&mut self, actor: usize) -> Outcome<Did> {
        if !self.pending.is_empty() {
            return Ok(Did::Nothing);
        }
        self.world.talk(actor).map(|()| Did::Something)
    }

    fn send_late(&mut self, actor: usize) -> Outcome<Did> {
        let of_sender = |late: &&Late| late.sender == actor;
        let messages = self.late.iter().filter(of_sender).map(|late| &late.sent.data);
        let outstanding: BTreeSet<_> = messages.collect();
        if !self.pending.is_empty() || outstanding.len() >= LATE_OF_A_SENDER {
            return Ok(Did::Nothing);
        }
        let leaf = self.world.leaf(actor)?;
        let sent = self.world.encrypt(actor)?;
        for receiver in self.world.members().into_iter().filter(|member| *member != actor) {
            let late = Late { sender: actor, receiver, leaf, epoch: self.epoch, sent: sent.clone() };
            self.late.push(late);
        }
        Ok(Did::Something)
    }

    fn deliver_one(&mut self) -> Outcome<Did> {
        if self.late.is_empty() {
            return Ok(Did::Nothing);
        }
        let position = self.dice.below(self.late.len());
        let late = self.late.swap_remove(position);
        self.deliver(&late).map(|()| Did::Something)
    }

    fn deliver(&mut self, late: &Late) -> Outcome {
        self.world.decrypt(late.receiver, late.leaf, &late.sent)
    }
}

/// Whether a commit adds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Growth {
    /// It does.
    Grow,
    /// It does whatever comes.
    Any,
}
