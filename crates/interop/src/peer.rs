//! What every implementation can be asked to do, speaking only octets.

use std::fmt;

/// Octets as they travel.
pub type Octets = Vec<u8>;

/// The extension type that tests put into the group context; every peer lists it as supported.
pub const TEST_EXTENSION: u16 = 0xf123;

/// Who implements a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Implementation {
    /// Ours.
    Copath,
    /// OpenMLS.
    OpenMls,
    /// mls-rs.
    MlsRs,
}

impl Implementation {
    /// All of them, ours first.
    pub const ALL: [Self; 3] = [Self::Copath, Self::OpenMls, Self::MlsRs];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copath => "copath",
            Self::OpenMls => "openmls",
            Self::MlsRs => "mls-rs",
        }
    }

    /// The suites that it has in this build.
    pub const fn suites(self) -> &'static [u16] {
        match self {
            Self::Copath => &[1, 2, 3, 4, 5, 6, 7],
            Self::OpenMls => &[1, 2, 3],
            Self::MlsRs => &[1, 2, 3, 5, 7],
        }
    }
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How proposals and commits are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// As PrivateMessage.
    Private,
    /// As PublicMessage.
    Public,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Private, Self::Public];
}

/// How PrivateMessages are padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padded {
    /// Not at all.
    No,
    /// As the implementation likes best.
    Yes,
}

/// Whether GREASE values are sent (RFC 9420 §13.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greased {
    /// They are.
    Yes,
    /// They aren't, for a peer that takes offence.
    No,
}

/// By what a client shows who it is (RFC 9420 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A bare name: a basic credential.
    Name,
    /// Certificates: an X.509 credential.
    Chain(Chain),
}

/// A chain of certificates, from the client's to the authority's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// One in which nothing is wrong.
    Good,
    /// The client's certificate is for another key than its leaf's.
    OfAnotherKey,
    /// An authority issued it that nobody trusts.
    OfAStranger,
    /// The client's certificate has expired.
    Expired,
}

/// What a client believes of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Believed {
    /// Everything.
    Everything,
    /// Bare names, and the certificates of the authority.
    Authority,
}

/// Which drafts beyond RFC 9420 are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drafts {
    /// None.
    None,
    /// SelfRemove of draft-ietf-mls-extensions with its code point 0x000a, which OpenMLS has.
    SelfRemove,
    /// The same with 0xf003, which mls-rs has.
    SupersededSelfRemove,
}

/// What a group of peers is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The cipher suite.
    pub suite: u16,
    /// How handshakes are framed.
    pub format: Format,
    /// How PrivateMessages are padded.
    pub padded: Padded,
    /// Whether Copath sends GREASE.
    pub greased: Greased,
    /// How the client shows who it is.
    pub shown: Shown,
    /// What it believes of others.
    pub believed: Believed,
    /// Drafts.
    pub drafts: Drafts,
}

impl Setup {
    /// For `cast`: padded messages, and GREASE unless OpenMLS is there, which rejects it (see [`crate::known`]).
    pub fn new(suite: u16, format: Format, cast: &[Implementation]) -> Self {
        let greased = if cast.contains(&Implementation::OpenMls) { Greased::No } else { Greased::Yes };
        let (shown, believed) = (Shown::Name, Believed::Everything);
        Self { suite, format, padded: Padded::Yes, greased, shown, believed, drafts: Drafts::None }
    }

    /// The same, with certificates.
    #[must_use]
    pub fn certified(self) -> Self {
        Self { shown: Shown::Chain(Chain::Good), believed: Believed::Authority, ..self }
    }

    /// Whether the client says that it can read certificates.
    pub fn knows_certificates(self) -> bool {
        self.shown != Shown::Name || self.believed == Believed::Authority
    }
}

/// Where the ratchet tree travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Inside the GroupInfo.
    Inside,
    /// Beside it.
    Outside,
}

/// Whether a commit has a path although its proposals need none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// It has.
    Always,
    /// Only where the proposals ask for it.
    WhenNeeded,
}

/// A proposal to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Add the client of this key package (an MLSMessage).
    Add(Octets),
    /// Remove the member at this leaf.
    Remove(u32),
    /// Update the own leaf (not by value).
    Update,
    /// The same, with a new signature key, which is shown like this.
    NewKey(Shown),
    /// Inject the external PSK of this id.
    ExternalPsk(Octets),
    /// Inject the resumption PSK of this epoch of the group.
    ResumptionPsk(u64),
    /// Replace the extensions of the group context.
    Extensions(Vec<(u16, Octets)>),
    /// Close the group in favour of one with this id, of this suite.
    ReInit(Octets, u16),
    /// Leave (not by value).
    SelfRemove,
}

/// How to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitHow {
    /// Where joiners find the tree.
    pub tree: Tree,
    /// Whether a path is forced.
    pub path: Path,
}

impl Default for CommitHow {
    fn default() -> Self {
        Self { tree: Tree::Inside, path: Path::Always }
    }
}

/// What a committer hands to joiners once its commit is accepted.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// The Welcome, if somebody was added.
    pub welcome: Option<Octets>,
    /// The ratchet tree of the new epoch.
    pub tree: Octets,
}

/// What a received message was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Application data.
    Data {
        /// The data.
        data: Octets,
        /// What was authenticated beside it.
        authenticated: Octets,
        /// The sender's leaf.
        leaf: u32,
    },
    /// A proposal, queued.
    Proposal,
    /// A commit, merged.
    Commit,
    /// A commit that removed this client.
    Removed,
}

/// What members of an epoch must agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The epoch.
    pub epoch: u64,
    /// The epoch authenticator.
    pub authenticator: Octets,
    /// A secret of the exporter.
    pub exported: Octets,
    /// Leaf, identity and signature key of each member. The identity is what the credential holds: a name, or the list
    /// of certificates.
    pub roster: Vec<(u32, Octets, Octets)>,
    /// The tree hash.
    pub tree_hash: Octets,
    /// The extensions of the group context.
    pub extensions: Vec<(u16, Octets)>,
}

/// Why a peer did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// Its API has no such operation.
    #[error("no {0}")]
    Unsupported(&'static str),
    /// It refused.
    #[error("{0}")]
    Refused(String),
}

impl PeerError {
    /// From an error of the implementation.
    pub fn of(error: impl fmt::Debug) -> Self {
        Self::Refused(format!("{error:?}"))
    }
}

/// What a peer's operation returns.
pub type PeerResult<T> = Result<T, PeerError>;

/// A client of some implementation.
pub trait Peer {
    /// A fresh key package, as an MLSMessage.
    fn key_package(&mut self) -> PeerResult<Octets>;

    /// Creates a group of one with these extensions in the group context.
    fn create(&mut self, extensions: &[(u16, Octets)]) -> PeerResult<()>;

    /// Joins by a Welcome.
    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> PeerResult<()>;

    /// A GroupInfo that allows external joins, as an MLSMessage.
    fn group_info(&mut self, tree: Tree) -> PeerResult<Octets>;

    /// The ratchet tree.
    fn tree(&mut self) -> PeerResult<Octets>;

    /// Joins by an external commit, which is returned and taken as accepted.
    fn join_externally(&mut self, how: &ExternalJoin<'_>) -> PeerResult<Octets>;

    /// Asks to be added to the group of a GroupInfo (sender new_member_proposal).
    fn propose_self_add(&mut self, group_info: &[u8]) -> PeerResult<Octets>;

    /// Itself as an ExternalSender (RFC 9420 §12.1.8.1).
    fn external_sender(&mut self) -> PeerResult<Octets>;

    /// Sends a proposal to the group of a GroupInfo as its first external sender.
    fn propose_from_outside(&mut self, group_info: &[u8], operation: &Operation) -> PeerResult<Octets>;

    /// Sends a proposal.
    fn propose(&mut self, operation: &Operation) -> PeerResult<Octets>;

    /// Sends a commit of all pending proposals and these; it stays pending.
    fn commit(&mut self, operations: &[Operation], how: CommitHow) -> PeerResult<Octets>;

    /// Sends a commit that only gives the own leaf a new signature key, which is shown like this; it stays pending.
    fn commit_new_key(&mut self, shown: Shown) -> PeerResult<Octets>;

    /// A key package for the successor of the group, which a ReInit closed.
    fn successor_key_package(&mut self) -> PeerResult<Octets> {
        Err(PeerError::Unsupported("successor of a group"))
    }

    /// Makes the successor, and is in it.
    fn succeed(&mut self, _key_packages: &[Octets]) -> PeerResult<Accepted> {
        Err(PeerError::Unsupported("successor of a group"))
    }

    /// Joins the successor.
    fn join_successor(&mut self, _welcome: &[u8]) -> PeerResult<()> {
        Err(PeerError::Unsupported("successor of a group"))
    }

    /// Makes a branch with this id, and is in it.
    fn branch(&mut self, _group_id: &[u8], _key_packages: &[Octets]) -> PeerResult<Accepted> {
        Err(PeerError::Unsupported("branch"))
    }

    /// Joins a branch.
    fn join_branch(&mut self, _welcome: &[u8]) -> PeerResult<()> {
        Err(PeerError::Unsupported("branch"))
    }

    /// Enters the epoch of the pending commit.
    fn accept(&mut self) -> PeerResult<Accepted>;

    /// Drops the pending commit.
    fn drop_commit(&mut self) -> PeerResult<()>;

    /// Processes a message to its end.
    fn receive(&mut self, message: &[u8]) -> PeerResult<Received>;

    /// Encrypts application data, and authenticates more beside it.
    fn encrypt(&mut self, data: &[u8], authenticated: &[u8]) -> PeerResult<Octets>;

    /// What it believes of the epoch.
    fn view(&mut self) -> PeerResult<View>;

    /// Its leaf.
    fn own_leaf(&mut self) -> PeerResult<u32>;

    /// Makes an external PSK known.
    fn register_psk(&mut self, id: &[u8], psk: &[u8]) -> PeerResult<()>;

    /// Forgets all but what was stored, and loads it again.
    fn reload(&mut self) -> PeerResult<()>;
}

/// What an external join goes by.
#[derive(Clone, Copy, Debug)]
pub struct ExternalJoin<'a> {
    /// The GroupInfo, as an MLSMessage.
    pub group_info: &'a [u8],
    /// The tree, if it is not inside.
    pub tree: Option<&'a [u8]>,
    /// An older leaf of the same client.
    pub replaces: Option<u32>,
    /// An external PSK to inject.
    pub psk: Option<&'a [u8]>,
    /// Proposals of members, as their PublicMessages, that the commit has to cover.
    pub pending: &'a [Octets],
}
