//! A library's client and a partner in one group, and the rounds that they play.

use std::time::Duration;

use crate::clock::time;
use crate::error::{BenchError, Outcome};
use crate::forge::Warmth;
use crate::libraries::{CopathMember, new_partner};
use crate::member::{Change, Member, Octets, Tree};
use crate::memory::{Heap, When};
use crate::operation::{Operation, Place, Quantity};
use crate::recorder::{Allocator, Recorder};

/// The client whose library is measured, and a Copath client who commits and writes to it.
pub struct Arena {
    /// Where its figures belong.
    pub place: Place,
    /// The measured client.
    pub member: Box<dyn Member>,
    partner: CopathMember,
    /// Whose key packages are added and removed again.
    guest: CopathMember,
}

/// Empty transactions before each that is measured; the fastest counts.
const EMPTY: usize = 3;

/// The operations of a commit: to create, to apply, to process, and its size.
type Steps = (Operation, Operation, Operation, Quantity);

impl Arena {
    /// Both are stored, and commit once, so that their own paths are filled where all others are.
    ///
    /// # Errors
    /// A library refuses, or the two don't agree.
    pub(crate) fn settled(place: Place, member: Box<dyn Member>, partner: CopathMember) -> Outcome<Self> {
        let guest = new_partner("guest")?;
        let mut arena = Self { place, member, partner, guest };
        arena.member.persist()?;
        if place.warmth == Warmth::Warm {
            arena.commits(&Change::SelfUpdate, SELF_UPDATE, &mut Recorder::default())?;
        }
        Ok(arena)
    }

    /// One round of everything but persistence, whose disk would slow down what comes after it.
    ///
    /// # Errors
    /// A library refuses, or the two don't agree.
    pub fn round(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        // Whatever the library before this one left cold is warm then.
        self.member.key_package()?;
        recorder.measure(Operation::KeyPackage, self.place, || self.member.key_package())?;
        self.commits(&Change::SelfUpdate, SELF_UPDATE, recorder)?;
        self.messages(recorder)?;
        self.adds_and_removes(recorder)
    }

    /// Stores what the rounds left, then one commit of each client and a message.
    ///
    /// # Errors
    /// A library refuses.
    pub fn persistence(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        self.member.persist()?;
        self.member.mirror()?;
        let unmeasured = &mut Recorder::default();
        self.own_commit(&Change::SelfUpdate, SELF_UPDATE, unmeasured)?;
        self.persist(Operation::PersistOwnCommit, Quantity::OwnCommitWritten, recorder)?;
        let add = Change::Add(vec![self.guest.key_package()?]);
        self.own_commit(&add, ADD, unmeasured)?;
        self.persist(Operation::PersistAdd, Quantity::AddWritten, recorder)?;
        self.own_commit(&Change::Remove(self.place.size), REMOVE, unmeasured)?;
        self.persist(Operation::PersistRemove, Quantity::RemoveWritten, recorder)?;
        self.other_commit(&Change::SelfUpdate, SELF_UPDATE.2, unmeasured)?;
        self.persist(Operation::PersistCommit, Quantity::CommitWritten, recorder)?;
        // The first message of an epoch stores its branch of the secret tree; the second is the steady state.
        self.member.encrypt(b"first")?;
        self.member.persist()?;
        self.member.mirror()?;
        self.member.encrypt(b"steady")?;
        self.persist(Operation::PersistMessage, Quantity::MessageWritten, recorder)
    }

    /// Loads what is stored, from where it is stored and from memory.
    ///
    /// # Errors
    /// A library refuses, or what was loaded isn't what was stored.
    pub fn load(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        self.member.persist()?;
        self.member.mirror()?;
        self.member.load()?;
        recorder.measure(Operation::Load, self.place, || self.member.load())?;
        self.agree("load")?;
        recorder.measure(Operation::LoadFromMemory, self.place, || self.member.load_from_memory())?;
        self.agree("load from memory")
    }

    /// Octets of heap that the client's group holds.
    ///
    /// # Errors
    /// The library refuses to store it before.
    pub fn heap(mut self, allocator: Allocator) -> Outcome<Heap> {
        self.member.persist()?;
        self.member.mirror()?;
        let before = allocator();
        self.member.leave();
        let after = allocator();
        let held = (after.freed - before.freed) as f64;
        let octets_a_member = held / f64::from(self.place.size);
        Ok(Heap { place: self.place, when: When::Fresh, octets_a_member })
    }

    /// Each of the two commits `change`; the other processes it.
    fn commits(&mut self, change: &Change, steps: Steps, recorder: &mut Recorder) -> Outcome<()> {
        self.own_commit(change, steps, recorder)?;
        self.other_commit(change, steps.2, recorder)?;
        self.agree(steps.0.name())
    }

    /// A guest is added and removed by the measured client, then by the partner.
    fn adds_and_removes(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        // All leaves before it are filled, so the guest comes to the leaf after the last.
        let remove = Change::Remove(self.place.size);
        let add = Change::Add(vec![self.guest.key_package()?]);
        self.own_commit(&add, ADD, recorder)?;
        self.own_commit(&remove, REMOVE, recorder)?;
        let add = Change::Add(vec![self.guest.key_package()?]);
        self.other_commit(&add, ADD.2, recorder)?;
        self.other_commit(&remove, REMOVE.2, recorder)?;
        self.agree("remove one")
    }

    fn own_commit(&mut self, change: &Change, steps: Steps, recorder: &mut Recorder) -> Outcome<()> {
        let (create, apply, _, on_wire) = steps;
        let commit = recorder.measure(create, self.place, || self.member.commit(change, Tree::Outside))?;
        recorder.octets(on_wire, self.place, commit.len() as u64);
        let applied = recorder.measure(apply, self.place, || self.member.apply())?;
        if let Some(welcome) = applied.welcome {
            recorder.octets(Quantity::WelcomeOnWire, self.place, welcome.len() as u64);
        }
        self.partner.receive(&commit)?;
        Ok(())
    }

    fn other_commit(&mut self, change: &Change, process: Operation, recorder: &mut Recorder) -> Outcome<()> {
        let commit = self.partner.commit(change, Tree::Outside)?;
        self.partner.apply()?;
        recorder.measure(process, self.place, || self.member.receive(&commit))?;
        Ok(())
    }

    fn persist(&mut self, operation: Operation, quantity: Quantity, recorder: &mut Recorder) -> Outcome<()> {
        // OpenMLS has written already, inside what was measured before.
        if self.place.library.writes_by_itself() {
            return Ok(());
        }
        let mut empty = Duration::ZERO;
        if self.place.library.is_ours() {
            let took = |_| time(|| self.member.empty_transaction()).1;
            empty = (0..EMPTY).map(took).min().unwrap_or_default();
            recorder.take(Operation::EmptyTransaction, self.place, empty);
        }
        let (written, took) = recorder.observe(operation, self.place, || self.member.persist())?;
        recorder.take(operation, self.place, took.saturating_sub(empty * written.transactions));
        recorder.octets(quantity, self.place, written.octets);
        let in_memory = operation.in_memory();
        match self.place.library.is_ours() {
            true => recorder.measure(in_memory, self.place, || self.member.mirror()),
            false => {
                recorder.take(in_memory, self.place, took);
                Ok(())
            }
        }
    }

    /// Messages of all lengths, both ways. The first is the first of its sender in the epoch; later ones come several
    /// in a row, so that they are measured in the steady state.
    fn messages(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        for (encrypt, decrypt, length, times) in MESSAGES {
            let data = vec![0x5a; length];
            for _ in 0..times {
                let sent = recorder.measure(encrypt, self.place, || self.member.encrypt(&data))?;
                if encrypt == Operation::Encrypt32 {
                    recorder.octets(Quantity::MessageOnWire, self.place, sent.len() as u64);
                }
                self.read_by_partner(&sent, &data, encrypt)?;
            }
            for _ in 0..times {
                let sent = self.partner.encrypt(&data)?;
                let read = recorder.measure(decrypt, self.place, || self.member.receive(&sent))?;
                if read.as_ref() != Some(&data) {
                    return Err(self.disagreement(decrypt.name()));
                }
            }
        }
        Ok(())
    }

    fn read_by_partner(&mut self, sent: &Octets, data: &[u8], operation: Operation) -> Outcome<()> {
        match self.partner.receive(sent)? {
            Some(read) if read == data => Ok(()),
            _ => Err(self.disagreement(operation.name())),
        }
    }

    fn agree(&mut self, operation: &'static str) -> Outcome<()> {
        if self.member.authenticator()? == self.partner.authenticator()? {
            return Ok(());
        }
        Err(self.disagreement(operation))
    }

    fn disagreement(&self, operation: &'static str) -> BenchError {
        BenchError::Disagreement { library: self.place.library.name(), operation }
    }
}

impl std::fmt::Debug for Arena {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arena").field("place", &self.place).finish_non_exhaustive()
    }
}

const SELF_UPDATE: Steps = (
    Operation::CreateSelfUpdate,
    Operation::ApplySelfUpdate,
    Operation::ProcessSelfUpdate,
    Quantity::SelfUpdateOnWire,
);
const ADD: Steps = (Operation::CreateAdd, Operation::ApplyAdd, Operation::ProcessAdd, Quantity::AddOnWire);
const REMOVE: Steps =
    (Operation::CreateRemove, Operation::ApplyRemove, Operation::ProcessRemove, Quantity::RemoveOnWire);

/// To encrypt, to decrypt, how long, and how many in a row.
const MESSAGES: [(Operation, Operation, usize, usize); 4] = [
    (Operation::EncryptFirst, Operation::DecryptFirst, 32, 1),
    (Operation::Encrypt32, Operation::Decrypt32, 32, LATER),
    (Operation::Encrypt1K, Operation::Decrypt1K, 1024, LATER),
    (Operation::Encrypt64K, Operation::Decrypt64K, 65_536, LATER),
];

/// Later messages of a length in a row.
const LATER: usize = 4;
