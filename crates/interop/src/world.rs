//! A group of peers and the delivery between them. After each commit all members must agree on the epoch.

mod agree;

use crate::dice::Dice;
use crate::peer::{
    CommitHow, ExternalJoin, Implementation, Octets, Operation, Peer, PeerError, Received, Setup, Shown, Tree,
};
use crate::peers::peer;
use crate::watcher::Watcher;

/// Why a scenario ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A peer's API lacks the operation, so that the scenario says nothing.
    #[error("{0} has no {1}")]
    Unsupported(Implementation, &'static str),
    /// A peer refused, or peers disagree.
    #[error("{step}: {why}")]
    Failed {
        /// What was being done.
        step: String,
        /// What happened.
        why: String,
    },
}

impl Stop {
    /// What kind of failure it is: the words, without the numbers and octets that differ from run to run.
    pub fn kind(&self) -> String {
        let Self::Failed { step, why } = self else { return self.to_string() };
        let words = |text: &str, most| {
            let before = text.split(['[', '{', '(']).next().unwrap_or_default();
            before.chars().filter(|one| !one.is_ascii_digit()).take(most).collect::<String>()
        };
        format!("{}: {}", words(step, usize::MAX), words(why, 60))
    }
}

/// What a scenario returns.
pub type Outcome<T = ()> = Result<T, Stop>;

/// How somebody joins externally.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Where the tree travels.
    pub tree: Tree,
    /// An external PSK to inject.
    pub psk: Option<&'a [u8]>,
    /// Proposals to cover.
    pub pending: &'a [Octets],
}

impl Entry<'_> {
    /// Nothing but joining.
    pub const fn plain(tree: Tree) -> Self {
        Self { tree, psk: None, pending: &[] }
    }
}

/// Clients, some of them members of the one group. They are named by their position.
pub struct World {
    clients: Vec<Client>,
    steps: Vec<String>,
    sent: u32,
    /// Where forgeries come from, if there are any.
    pub forger: Option<Dice>,
    watcher: Option<Watcher>,
    /// Who was where when the members last agreed.
    roster: Vec<(u32, Octets, Octets)>,
}

/// Application data on its way.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The data.
    pub data: Octets,
    /// What was authenticated beside it.
    pub authenticated: Octets,
    /// The message.
    pub message: Octets,
}

struct Client {
    implementation: Implementation,
    peer: Box<dyn Peer>,
    shown: Shown,
    member: bool,
}

impl World {
    /// Clients of these implementations, none of them in the group yet.
    ///
    /// # Errors
    /// One doesn't have the suite.
    pub fn new(setup: Setup, cast: &[Implementation]) -> Outcome<Self> {
        let mut world = Self {
            clients: Vec::new(),
            steps: Vec::new(),
            sent: 0,
            forger: None,
            watcher: None,
            roster: Vec::new(),
        };
        for implementation in cast {
            world.enlist(*implementation, setup)?;
        }
        Ok(world)
    }

    /// One more client; returns its number.
    ///
    /// # Errors
    /// It doesn't have the suite.
    pub fn enlist(&mut self, implementation: Implementation, setup: Setup) -> Outcome<usize> {
        let number = self.clients.len();
        let made = peer(implementation, &identity(implementation, number), setup);
        let peer = made.map_err(|error| Self::stop(implementation, "enlist", error))?;
        self.clients.push(Client { implementation, peer, shown: setup.shown, member: false });
        Ok(number)
    }

    /// The steps so far. They name clients, not leaves or keys: which leaf a newcomer is given, where several were
    /// proposed, follows the order of the committer's choice, and with some peers that follows from random references.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// The members, by number.
    pub fn members(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|number| self.clients[*number].member).collect()
    }

    /// Who implements a client.
    pub fn implementation(&self, number: usize) -> Implementation {
        self.clients[number].implementation
    }

    /// Lets a client do something by itself.
    ///
    /// # Errors
    /// It refuses.
    pub fn ask<T>(
        &mut self,
        number: usize,
        step: &str,
        action: impl FnOnce(&mut (dyn Peer + 'static)) -> Result<T, PeerError>,
    ) -> Outcome<T> {
        let client = &mut self.clients[number];
        let step = format!("{} {number} {step}", client.implementation);
        self.steps.push(step.clone());
        action(&mut *client.peer).map_err(|error| Self::stop(client.implementation, &step, error))
    }

    /// Something that must hold.
    ///
    /// # Errors
    /// It doesn't.
    pub fn expect(&self, holds: bool, why: &str) -> Outcome {
        let step = || self.steps.last().cloned().unwrap_or_default();
        if holds { Ok(()) } else { Err(Stop::Failed { step: step(), why: why.to_owned() }) }
    }

    /// `creator` creates the group.
    ///
    /// # Errors
    /// It refuses.
    pub fn create(&mut self, creator: usize) -> Outcome {
        self.create_with(creator, &[])
    }

    /// `creator` creates the group with these extensions in its context.
    ///
    /// # Errors
    /// It refuses.
    pub fn create_with(&mut self, creator: usize, extensions: &[(u16, Octets)]) -> Outcome {
        self.ask(creator, "creates the group", |peer| peer.create(extensions))?;
        self.clients[creator].member = true;
        self.agree()
    }

    /// `creator` creates the group and adds all other clients, one by one.
    ///
    /// # Errors
    /// A peer refuses, or they disagree.
    pub fn assemble(&mut self) -> Outcome {
        self.create(0)?;
        (1..self.clients.len()).try_for_each(|joiner| self.add(0, &[joiner], CommitHow::default()))
    }

    /// The Add of a client.
    ///
    /// # Errors
    /// It makes no key package.
    pub fn add_of(&mut self, joiner: usize) -> Outcome<Operation> {
        self.ask(joiner, "makes a key package", Peer::key_package).map(Operation::Add)
    }

    /// `committer` adds clients by one commit.
    ///
    /// # Errors
    /// A peer refuses, or they disagree.
    pub fn add(&mut self, committer: usize, joiners: &[usize], how: CommitHow) -> Outcome {
        let adds = joiners.iter().map(|joiner| self.add_of(*joiner)).collect::<Outcome<Vec<_>>>()?;
        self.commit(committer, &adds, joiners, how)
    }

    /// `committer` commits everything that is pending and `operations`; everybody processes the commit; `joiners`
    /// join by its Welcome.
    ///
    /// # Errors
    /// A peer refuses, or they disagree.
    pub fn commit(
        &mut self,
        committer: usize,
        operations: &[Operation],
        joiners: &[usize],
        how: CommitHow,
    ) -> Outcome {
        let commit = self.begin_commit(committer, operations, how)?;
        self.deliver_commit(committer, &commit)?;
        let accepted = self.ask(committer, "accepts its commit", Peer::accept)?;
        let tree = (how.tree == Tree::Outside).then_some(accepted.tree.as_slice());
        self.expect(joiners.is_empty() || accepted.welcome.is_some(), "no Welcome")?;
        for joiner in joiners {
            let welcome = accepted.welcome.clone().unwrap_or_default();
            self.ask(*joiner, "joins by the Welcome", |peer| peer.join(&welcome, tree))?;
            self.clients[*joiner].member = true;
        }
        self.agree()
    }

    /// `committer` makes a commit, which stays pending.
    ///
    /// # Errors
    /// It refuses.
    pub fn begin_commit(
        &mut self,
        committer: usize,
        operations: &[Operation],
        how: CommitHow,
    ) -> Outcome<Octets> {
        let what = format!("commits {} with {how:?}", self.names(operations));
        self.ask(committer, &what, |peer| peer.commit(operations, how))
    }

    /// A client has joined.
    pub fn set_member(&mut self, number: usize) {
        self.clients[number].member = true;
    }

    /// The identity of a client.
    pub fn identity(&self, number: usize) -> Octets {
        identity(self.clients[number].implementation, number).into_bytes()
    }

    /// `committer` commits a new signature key.
    ///
    /// # Errors
    /// A peer refuses, or they disagree.
    pub fn commit_new_key(&mut self, committer: usize) -> Outcome {
        let before = self.view(committer)?.roster;
        let shown = self.clients[committer].shown;
        let commit = self.ask(committer, "commits a new key", |peer| peer.commit_new_key(shown))?;
        self.deliver_commit(committer, &commit)?;
        self.ask(committer, "accepts its commit", Peer::accept)?;
        let changed = self.view(committer)?.roster != before;
        self.expect(changed, "the key has not changed")?;
        self.agree()
    }

    /// From here on Copath's observer follows the group, whose handshakes have to be PublicMessages.
    ///
    /// # Errors
    /// It refuses the GroupInfo of `helper`.
    pub fn watch(&mut self, helper: usize) -> Outcome {
        let info = self.ask(helper, "exports a GroupInfo", |peer| peer.group_info(Tree::Inside))?;
        let watcher = Watcher::new(&info).map_err(|error| self.observer_stop(error))?;
        self.watcher = Some(watcher);
        self.agree()
    }

    /// The observer, if there is one, follows a message.
    fn show_observer(&mut self, message: &[u8]) -> Outcome {
        let outcome = self.watcher.as_mut().map_or(Ok(()), |watcher| watcher.follow(message));
        outcome.map_err(|error| self.observer_stop(error))
    }

    fn observer_stop(&self, error: PeerError) -> Stop {
        let last = self.steps.last().cloned().unwrap_or_default();
        Self::stop(Implementation::Copath, &format!("copath's observer, after: {last}"), error)
    }

    /// All members but `sender` process a commit.
    ///
    /// # Errors
    /// One refuses.
    pub fn deliver_commit(&mut self, sender: usize, commit: &[u8]) -> Outcome {
        self.show_observer(commit)?;
        for member in self.members().into_iter().filter(|member| *member != sender) {
            self.forge(member, commit)?;
            let received = self.ask(member, "receives the commit", |peer| peer.receive(commit))?;
            match received {
                Received::Commit => {}
                Received::Removed => self.clients[member].member = false,
                other => self.expect(false, &format!("took the commit for {other:?}"))?,
            }
        }
        Ok(())
    }

    /// `proposer` sends a proposal, which all members queue.
    ///
    /// # Errors
    /// A peer refuses.
    pub fn propose(&mut self, proposer: usize, operation: &Operation) -> Outcome<Octets> {
        let what = format!("proposes {}", self.names(std::slice::from_ref(operation)));
        let message = self.ask(proposer, &what, |peer| peer.propose(operation))?;
        self.deliver_proposal(proposer, &message)?;
        Ok(message)
    }

    /// All members but `proposer` queue a proposal.
    ///
    /// # Errors
    /// One refuses.
    pub fn deliver_proposal(&mut self, proposer: usize, message: &[u8]) -> Outcome {
        self.show_observer(message)?;
        for member in self.members().into_iter().filter(|member| *member != proposer) {
            self.forge(member, message)?;
            let received = self.ask(member, "receives the proposal", |peer| peer.receive(message))?;
            self.expect(received == Received::Proposal, &format!("took the proposal for {received:?}"))?;
        }
        Ok(())
    }

    /// `joiner` joins by an external commit, by the GroupInfo of `helper`.
    ///
    /// # Errors
    /// A peer refuses, or they disagree.
    pub fn join_externally(&mut self, joiner: usize, helper: usize, tree: Tree) -> Outcome {
        self.join_externally_with(joiner, helper, Entry::plain(tree))
    }

    /// The same, with more. A client that is a member already replaces its old leaf.
    ///
    /// # Errors
    /// A peer refuses, or they disagree.
    pub fn join_externally_with(&mut self, joiner: usize, helper: usize, entry: Entry<'_>) -> Outcome {
        let commit = self.begin_external_join(joiner, helper, entry)?;
        self.deliver_commit(joiner, &commit)?;
        self.clients[joiner].member = true;
        self.agree()
    }

    /// The commit by which `joiner` joins externally, which nobody has received yet.
    ///
    /// # Errors
    /// A peer refuses.
    pub fn begin_external_join(
        &mut self,
        joiner: usize,
        helper: usize,
        Entry { tree, psk, pending }: Entry<'_>,
    ) -> Outcome<Octets> {
        let info = self.ask(helper, "exports a GroupInfo", |peer| peer.group_info(tree))?;
        let octets = self.ask(helper, "exports the tree", Peer::tree)?;
        let old = if self.clients[joiner].member { Some(self.leaf(joiner)?) } else { None };
        let outside = (tree == Tree::Outside).then_some(octets.as_slice());
        let how = ExternalJoin { group_info: &info, tree: outside, replaces: old, psk, pending };
        let replacing = if old.is_some() { ", replacing its leaf" } else { "" };
        let what = format!("joins externally, tree {tree:?}{replacing}");
        self.ask(joiner, &what, |peer| peer.join_externally(&how))
    }

    /// `sender` encrypts something new.
    ///
    /// # Errors
    /// It refuses.
    pub fn encrypt(&mut self, sender: usize) -> Outcome<Sent> {
        self.sent += 1;
        let authenticated = vec![8; self.sent as usize % 3];
        self.encrypt_this(sender, format!("message {}", self.sent).into_bytes(), authenticated)
    }

    /// `sender` encrypts this.
    ///
    /// # Errors
    /// It refuses.
    pub fn encrypt_this(&mut self, sender: usize, data: Octets, authenticated: Octets) -> Outcome<Sent> {
        let message = self.ask(sender, "encrypts", |peer| peer.encrypt(&data, &authenticated))?;
        Ok(Sent { data, authenticated, message })
    }

    /// `receiver` decrypts to what `sender` sent.
    ///
    /// # Errors
    /// It refuses, or sees something else.
    pub fn decrypt(&mut self, receiver: usize, leaf: u32, sent: &Sent) -> Outcome {
        self.forge(receiver, &sent.message)?;
        let received = self.ask(receiver, "decrypts", |peer| peer.receive(&sent.message))?;
        let (data, authenticated) = (sent.data.clone(), sent.authenticated.clone());
        let expected = Received::Data { data, authenticated, leaf };
        self.expect(received == expected, &format!("{received:?} instead of {expected:?}"))
    }

    /// `sender` sends a message to everybody.
    ///
    /// # Errors
    /// A peer refuses.
    pub fn talk(&mut self, sender: usize) -> Outcome {
        let leaf = self.leaf(sender)?;
        let sent = self.encrypt(sender)?;
        let others = self.members().into_iter().filter(|member| *member != sender);
        others.collect::<Vec<_>>().into_iter().try_for_each(|other| self.decrypt(other, leaf, &sent))
    }

    /// Everybody sends a message to everybody.
    ///
    /// # Errors
    /// A peer refuses.
    pub fn talk_all(&mut self) -> Outcome {
        self.members().into_iter().try_for_each(|member| self.talk(member))
    }

    /// Now and then Copath first gets a damaged copy of what it is about to receive, and has to refuse it; that it
    /// accepts the original afterwards shows that nothing was consumed.
    fn forge(&mut self, receiver: usize, message: &[u8]) -> Outcome {
        let client = &mut self.clients[receiver];
        let Some(dice) = self.forger.as_mut() else { return Ok(()) };
        if !dice.once_in(4) || client.implementation != Implementation::Copath {
            return Ok(());
        }
        let mut damaged = message.to_vec();
        let position = dice.below(damaged.len());
        match dice.below(4) {
            0 => damaged.truncate(position),
            1 => damaged.push(0),
            _ => damaged[position] ^= 1 << dice.below(8),
        }
        let accepted = client.peer.receive(&damaged);
        self.expect(accepted.is_err(), &format!("accepted damage at {position}: {accepted:?}"))
    }

    /// The leaf of a member.
    ///
    /// # Errors
    /// It has no group.
    pub fn leaf(&mut self, number: usize) -> Outcome<u32> {
        self.ask(number, "says its leaf", Peer::own_leaf)
    }

    /// All clients learn an external PSK.
    ///
    /// # Errors
    /// One refuses.
    pub fn share_psk(&mut self, id: &[u8]) -> Outcome {
        let all = 0..self.clients.len();
        all.into_iter().try_for_each(|client| {
            self.ask(client, "learns a PSK", |peer| peer.register_psk(id, &[id, &[7; 32]].concat()))
        })
    }

    fn stop(implementation: Implementation, step: &str, error: PeerError) -> Stop {
        match error {
            PeerError::Unsupported(what) => Stop::Unsupported(implementation, what),
            PeerError::Refused(why) => Stop::Failed { step: step.to_owned(), why },
        }
    }
}

fn identity(implementation: Implementation, number: usize) -> String {
    format!("{implementation} {number}")
}
