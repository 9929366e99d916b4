//! A client of the simulated world: a [`Member`] with what the world knows of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use copath_credentials::Credential;
use copath_crypto::{CipherSuite, CryptoProvider, Signer};
use copath_group::{Group, Queued};
use copath_messages::GroupContext;
use copath_records::{RecordKey, RecordKind, Store};
use copath_tree_math::LeafIndex;

use super::fault::{Fault, FaultKind, ensure};
use super::theft::Stolen;
use crate::Member;

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
}

/// What all members of an epoch agree on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    context: GroupContext,
    tree_hash: Vec<u8>,
    pub(super) authenticator: Vec<u8>,
    pub(super) exported: Vec<u8>,
    roster: Vec<(LeafIndex, Credential, Vec<u8>)>,
}

/// Everything that a group can be asked for.
#[derive(Debug, PartialEq)]
struct Memory {
    view: View,
    own_leaf: LeafIndex,
    proposals: Vec<Queued>,
    pending_commit: Option<Vec<u8>>,
    has_welcome: bool,
    past_epochs: Vec<u64>,
    resumption: Vec<(u64, Vec<u8>)>,
    is_removed: bool,
}

/// What a refused message must not change.
#[derive(Debug, PartialEq)]
pub(super) struct Digest {
    version: Option<copath_group::StateVersion>,
    records: Vec<(RecordKey, Vec<u8>)>,
    key_packages: usize,
}

impl View {
    pub(super) fn of(group: &Group) -> Self {
        let roster = group.members();
        let exported = || group.export_secret(b"simulation", b"", 16).unwrap().expose().to_vec();
        Self {
            context: group.context().clone(),
            tree_hash: group.tree().tree_hash().as_slice().to_vec(),
            authenticator: group.epoch_authenticator().to_vec(),
            // A removed member has erased the secret behind it.
            exported: if group.is_removed() { Vec::new() } else { exported() },
            roster: roster.map(|m| (m.handle.leaf(), m.credential, m.signature_key.into_vec())).collect(),
        }
    }
}

impl Memory {
    fn of(group: &Group) -> Self {
        let known = (0..=group.epoch()).filter_map(|epoch| Some((epoch, group.resumption_psk(epoch)?)));
        Self {
            view: View::of(group),
            own_leaf: group.own_leaf(),
            proposals: group.pending_proposals().collect(),
            pending_commit: group.pending_commit_message().map(<[u8]>::to_vec),
            has_welcome: group.has_welcome(),
            past_epochs: group.past_epochs(),
            resumption: known.map(|(epoch, psk)| (epoch, psk.as_secret().expose().to_vec())).collect(),
            is_removed: group.is_removed(),
        }
    }
}

impl Client {
    pub(super) fn new(provider: &Arc<dyn CryptoProvider>, suite: CipherSuite, name: &str) -> Self {
        let member = Member::new(provider, suite, name);
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

    /// Forgets the group and everything on its way.
    pub(super) fn start_over(&mut self) {
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

    /// The payloads of all records of `kind`.
    pub(super) fn records(&self, kind: RecordKind) -> Vec<Vec<u8>> {
        payloads(&*self.member.store, kind)
    }

    /// That the store holds what is in memory.
    pub(super) fn check_stored(&self) -> Result<(), Fault> {
        let stored = self.member.load();
        let (stored, memory) = (stored.as_ref().map(Memory::of), Memory::of(self.group()));
        ensure(stored.as_ref() == Some(&memory), FaultKind::Reload, || {
            format!("{}: stored {stored:?}, in memory {memory:?}", self.member.name)
        })
    }
}

/// The payloads of all records of `kind` in `store`.
pub(super) fn payloads(store: &dyn Store, kind: RecordKind) -> Vec<Vec<u8>> {
    let records = store.scan(&RecordKey::new(kind)).unwrap();
    records.iter().map(|(_, record)| record.expose().to_vec()).collect()
}
