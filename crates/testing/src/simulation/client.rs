//! A client of the simulated world: a [`Member`] with what the world knows of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use copath_crypto::{CipherSuite, CryptoProvider, Signer};
use copath_group::{Group, Padding};
use copath_messages::{ExtensionType, GroupId, Sender};
use copath_records::{RecordKey, RecordKind, Store};
use copath_tree_math::LeafIndex;

use super::carry::CrashPoint;
use super::fault::{Fault, FaultKind, ensure_same, fault};
use super::key_use::KeysUsed;
use super::registered::registered;
use super::theft::Stolen;
use super::view::Memory;
use crate::Member;
use crate::Random;

/// An extension type that all clients support.
pub(super) const COMMON: ExtensionType = ExtensionType(0xf001);
/// An extension type that every other client supports.
pub(super) const RARE: ExtensionType = ExtensionType(0xf002);

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) member: Member,
    /// Every signature key that it ever had; the first is that of its key packages.
    pub(super) signers: Vec<Arc<dyn Signer>>,
    pub(super) standing: Standing,
    /// The first epoch that its present state knows.
    pub(super) joined_at: u64,
    /// Whether the delivery service can be reached.
    pub(super) connected: bool,
    /// Proposals on their way to it.
    pub(super) proposals: Vec<usize>,
    /// Application messages on their way to it.
    pub(super) data: Vec<usize>,
    /// Welcomes on their way to it.
    pub(super) mail: Vec<usize>,
    /// Application messages that it has read.
    pub(super) read: BTreeSet<usize>,
    /// What an attacker has of it.
    pub(super) stolen: Option<Stolen>,
    /// Where it crashes next.
    pub(super) crash: Option<CrashPoint>,
    /// Where it has just crashed.
    pub(super) crashed: Option<CrashPoint>,
    /// ProposalRefs of proposals of its own that it stored but never sent, because it crashed between.
    pub(super) unsent: BTreeSet<Vec<u8>>,
    /// The AEAD keys that anybody used.
    pub(super) keys: Arc<KeysUsed>,
    /// The groups of which it stores a fork; shared with its part in other groups.
    pub(super) forks: Arc<Mutex<BTreeSet<Vec<u8>>>>,
}

/// What a client is to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It never joined.
    Outside,
    /// It takes part.
    Member,
    /// It can't process the next commit, and has to come back by itself.
    Stuck,
    /// It was removed, and knows.
    Removed,
    /// It followed a commit that the others didn't.
    Forked,
}

/// What a refused message must not change.
#[derive(Debug, PartialEq)]
pub(super) struct Digest {
    version: Option<copath_group::StateVersion>,
    records: Vec<(RecordKey, Vec<u8>)>,
    key_packages: usize,
}

impl Client {
    /// Client `number`, with a store of its own and a policy that follows from `random`.
    pub(super) fn new(
        (provider, keys): &(Arc<dyn CryptoProvider>, Arc<KeysUsed>),
        suite: CipherSuite,
        number: usize,
        random: &mut Random,
    ) -> Self {
        let mut member = Member::new(provider, suite, &format!("client {number}"));
        let policy = &mut member.settings.policy;
        policy.past_epochs = u64::try_from(random.below(5)).unwrap();
        policy.padding = random.pick(&[Padding::None, Padding::Multiple(64), Padding::Padme]).unwrap();
        Self::of(member, number, Arc::clone(keys))
    }

    /// The same client, with the same store, about to be in another group.
    pub(super) fn beside(&self, number: usize, suite: CipherSuite) -> Self {
        let mut beside = Self::of(self.member.beside(suite), number, Arc::clone(&self.keys));
        beside.forks = Arc::clone(&self.forks);
        beside
    }

    fn of(mut member: Member, number: usize, keys: Arc<KeysUsed>) -> Self {
        member.settings.registrations = Arc::clone(registered());
        member.leaf = member.leaf.supporting_extension(COMMON);
        if number.is_multiple_of(2) {
            member.leaf = member.leaf.supporting_extension(RARE);
        }
        let signers = vec![Arc::clone(&member.signer)];
        Self {
            member,
            signers,
            standing: Standing::Outside,
            joined_at: 0,
            connected: true,
            proposals: Vec::new(),
            data: Vec::new(),
            mail: Vec::new(),
            read: BTreeSet::new(),
            stolen: None,
            crash: None,
            crashed: None,
            unsent: BTreeSet::new(),
            keys,
            forks: Arc::default(),
        }
    }

    pub(super) fn group(&self) -> &Group {
        self.member.group()
    }

    pub(super) fn epoch(&self) -> u64 {
        self.group().epoch()
    }

    pub(super) fn is_member(&self) -> bool {
        self.standing == Standing::Member
    }

    /// Whether what it stores of any group is on a fork.
    pub(super) fn is_on_a_fork(&self) -> bool {
        !self.forks.lock().unwrap().is_empty()
    }

    /// Whether the group was closed by a ReInit, as it knows.
    pub(super) fn is_closed(&self) -> bool {
        self.is_member() && self.group().reinit().is_some()
    }

    /// Forgets the group and everything on its way.
    pub(super) fn start_over(&mut self) {
        if self.member.has_group() {
            self.forks.lock().unwrap().remove(&**self.group().group_id());
        }
        self.member.forget();
        self.unsent.clear();
        self.standing = Standing::Outside;
        self.joined_at = 0;
        self.proposals.clear();
        self.data.clear();
        self.mail.clear();
        self.read.clear();
        self.stolen = None;
    }

    /// Makes the signer that of the own leaf.
    pub(super) fn sign_as_member(&mut self) {
        let leaf = self.group().tree().leaf(self.group().own_leaf()).unwrap();
        let fits = |signer: &&Arc<dyn Signer>| signer.public_key() == leaf.signature_key();
        let signer = Arc::clone(self.signers.iter().find(fits).unwrap());
        self.member.signer = signer;
    }

    /// Makes the signer that of key packages and external commits.
    pub(super) fn sign_as_outsider(&mut self) {
        self.member.signer = Arc::clone(&self.signers[0]);
    }

    /// A new signature key, which isn't that of the leaf yet.
    pub(super) fn new_signer(&mut self) -> Arc<dyn Signer> {
        let suite = &self.member.suite;
        let keys = suite.generate_signature_key_pair().unwrap();
        let signer: Arc<dyn Signer> = suite.signature().signer(&keys.private_key).unwrap();
        self.signers.push(Arc::clone(&signer));
        signer
    }

    /// The other members that it knows of.
    pub(super) fn others(&self) -> Vec<LeafIndex> {
        let own = self.group().own_leaf();
        self.group().members().map(|member| member.handle.leaf()).filter(|leaf| *leaf != own).collect()
    }

    /// What a refusal must not change.
    pub(super) fn digest(&self) -> Digest {
        let kinds = RecordKind::ALL.iter();
        let records = kinds.flat_map(|kind| self.member.store.scan(&RecordKey::new(*kind)).unwrap());
        Digest {
            version: self.member.has_group().then(|| self.group().version()),
            records: records.map(|(key, record)| (key, record.expose().to_vec())).collect(),
            key_packages: self.member.key_packages.len(),
        }
    }

    /// The payloads of the group's records of `kind`.
    pub(super) fn records(&self, kind: RecordKind) -> Vec<Vec<u8>> {
        payloads(&*self.member.store, kind, self.group().group_id())
    }

    /// The ProposalRefs of its own proposals that are queued.
    pub(super) fn own_references(&self) -> BTreeSet<Vec<u8>> {
        let own = Sender::Member { leaf_index: self.group().own_leaf().as_u32() };
        let queued = self.group().pending_proposals();
        queued.filter(|queued| queued.proposed_by.sender == own).map(|queued| queued.reference).collect()
    }

    /// That the store holds what is in memory.
    pub(super) fn check_stored(&self) -> Result<(), Fault> {
        let Some(stored) = self.member.load() else {
            return fault(FaultKind::Reload, format!("{}: the store has no group", self.member.name));
        };
        let difference = Memory::of(&stored).difference(&Memory::of(self.group()));
        ensure_same(difference, FaultKind::Reload, || format!("{}, from its store", self.member.name))
    }
}

/// The payloads of all records of `kind` of a group in `store`.
pub(super) fn payloads(store: &dyn Store, kind: RecordKind, group: &GroupId) -> Vec<Vec<u8>> {
    let records = store.scan(&RecordKey::new(kind).push_bytes(group)).unwrap();
    records.iter().map(|(_, record)| record.expose().to_vec()).collect()
}
