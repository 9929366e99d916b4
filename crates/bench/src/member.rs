//! What is measured of every library, speaking only octets.

use std::fmt;

use crate::error::{BenchError, Outcome};

/// Octets as they travel.
pub type Octets = Vec<u8>;

/// A library on one of its backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Library {
    /// Copath on aws-lc-rs.
    CopathAwsLc,
    /// Copath on ring and the curve crates.
    CopathRing,
    /// Copath on the RustCrypto crates.
    CopathRustCrypto,
    /// mls-rs on aws-lc-rs.
    MlsRsAwsLc,
    /// mls-rs on the RustCrypto crates.
    MlsRsRustCrypto,
    /// OpenMLS on libcrux.
    OpenMlsLibcrux,
    /// OpenMLS on the RustCrypto crates.
    OpenMlsRustCrypto,
}

impl Library {
    /// All, ours first.
    pub const ALL: [Self; 7] = [
        Self::CopathAwsLc,
        Self::CopathRing,
        Self::CopathRustCrypto,
        Self::MlsRsAwsLc,
        Self::MlsRsRustCrypto,
        Self::OpenMlsLibcrux,
        Self::OpenMlsRustCrypto,
    ];

    /// Library and backend, as in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CopathAwsLc => "copath/aws-lc",
            Self::CopathRing => "copath/ring",
            Self::CopathRustCrypto => "copath/rustcrypto",
            Self::MlsRsAwsLc => "mls-rs/aws-lc",
            Self::MlsRsRustCrypto => "mls-rs/rustcrypto",
            Self::OpenMlsLibcrux => "openmls/libcrux",
            Self::OpenMlsRustCrypto => "openmls/rustcrypto",
        }
    }

    /// Whether its calls write to its storage, so that writing can't be measured by itself.
    pub fn writes_by_itself(self) -> bool {
        matches!(self, Self::OpenMlsLibcrux | Self::OpenMlsRustCrypto)
    }

    /// The same library on its other backend, for a peer.
    pub fn sibling(self) -> Option<Self> {
        match self {
            Self::MlsRsAwsLc => Some(Self::MlsRsRustCrypto),
            Self::MlsRsRustCrypto => Some(Self::MlsRsAwsLc),
            Self::OpenMlsLibcrux => Some(Self::OpenMlsRustCrypto),
            Self::OpenMlsRustCrypto => Some(Self::OpenMlsLibcrux),
            Self::CopathAwsLc | Self::CopathRing | Self::CopathRustCrypto => None,
        }
    }

    /// Whether it is ours.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::CopathAwsLc | Self::CopathRing | Self::CopathRustCrypto)
    }
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Library {
    type Err = BenchError;

    fn from_str(name: &str) -> Outcome<Self> {
        let found = Self::ALL.into_iter().find(|library| library.name() == name);
        found.ok_or_else(|| BenchError::UnknownLibrary(name.to_owned()))
    }
}

/// Where joiners find the ratchet tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Inside the Welcome.
    Inside,
    /// Beside it.
    Outside,
}

/// What a commit changes.
#[derive(Clone, Debug)]
pub enum Change {
    /// Nothing but the committer's path.
    SelfUpdate,
    /// The clients of these key packages (MLSMessages) are added.
    Add(Vec<Octets>),
    /// The member at this leaf is removed.
    Remove(u32),
}

/// What a committer has to send once its commit is accepted.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The Welcome, if somebody was added.
    pub welcome: Option<Octets>,
}

/// What was written to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Octets of keys and records.
    pub octets: u64,
    /// Transactions, each of which waited until it was durable.
    pub transactions: u32,
}

/// One client of one library, in at most one group.
///
/// Calls do what their names say and nothing that another one names, so that each can be timed by itself; where a
/// library's API does two at once (OpenMLS writes to its storage in every call, the peers build the Welcome with the
/// commit), the time goes where the library spends it.
pub trait Member {
    /// Makes a key package: an MLSMessage. Its secrets are kept.
    ///
    /// # Errors
    /// Those of the library, here and below.
    fn key_package(&mut self) -> Outcome<Octets>;

    /// Creates a group of one.
    ///
    /// # Errors
    /// Those of the library.
    fn create(&mut self) -> Outcome<()>;

    /// Joins by a Welcome, validating everything.
    ///
    /// # Errors
    /// Those of the library.
    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> Outcome<()>;

    /// Prepares a commit: an MLSMessage.
    ///
    /// # Errors
    /// Those of the library.
    fn commit(&mut self, change: &Change, tree: Tree) -> Outcome<Octets>;

    /// Enters the epoch of the prepared commit.
    ///
    /// # Errors
    /// Those of the library.
    fn apply(&mut self) -> Outcome<Applied>;

    /// Processes a commit or a message of another member to its end. Application data is returned.
    ///
    /// # Errors
    /// Those of the library.
    fn receive(&mut self, message: &[u8]) -> Outcome<Option<Octets>>;

    /// Encrypts application data.
    ///
    /// # Errors
    /// Those of the library.
    fn encrypt(&mut self, data: &[u8]) -> Outcome<Octets>;

    /// Makes durable whatever changed since the last call.
    ///
    /// # Errors
    /// Those of the library.
    fn persist(&mut self) -> Outcome<Written>;

    /// A transaction of next to nothing, where storing has transactions: what durability by itself costs.
    ///
    /// # Errors
    /// Those of the library.
    fn empty_transaction(&mut self) -> Outcome<()> {
        Ok(())
    }

    /// Keeps what was stored in memory too, for [`Member::load_from_memory`], where a library has both.
    ///
    /// # Errors
    /// Those of the library.
    fn mirror(&mut self) -> Outcome<()> {
        Ok(())
    }

    /// Replaces the group by the one that is kept in memory; the same as [`Member::load`] where there is no other.
    ///
    /// # Errors
    /// Those of the library.
    fn load_from_memory(&mut self) -> Outcome<()> {
        self.load()
    }

    /// Replaces the group in memory by the stored one.
    ///
    /// # Errors
    /// Those of the library.
    fn load(&mut self) -> Outcome<()>;

    /// The ratchet tree, as its extension has it.
    ///
    /// # Errors
    /// Those of the library.
    fn tree(&mut self) -> Outcome<Octets>;

    /// What the members of an epoch agree on.
    ///
    /// # Errors
    /// Those of the library.
    fn authenticator(&mut self) -> Outcome<Octets>;

    /// Forgets the group.
    fn leave(&mut self);
}
