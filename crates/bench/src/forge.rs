//! Groups of any size, made by hand from the lower crates, that every library validates and joins.

use copath_codec::{Decode as _, Encode as _};
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, Suite};
use copath_messages::{ExtensionType, KeyPackage, LeafNodeSource, Lifetime, MlsMessage, MlsMessageBody};
use copath_testing::{ForgedPath, ForgedTree};
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::error::{BenchError, Blame, Outcome};
use crate::libraries::{SUITE, provider};
use crate::member::{Library, Octets};

/// How much of a tree's parents is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Warmth {
    /// None: everybody was added, nobody has committed a path.
    Cold,
    /// All: every member or its neighbour has committed a path.
    Warm,
}

impl Warmth {
    /// As in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// Members who are nothing but keys, into whose group the measured clients come.
pub struct Forge {
    tree: ForgedTree,
    warmth: Warmth,
}

/// What a client joins by.
#[derive(Debug)]
pub struct Invitation {
    /// The Welcome, an MLSMessage, for all joiners.
    pub welcome: Octets,
    /// The ratchet tree, which is not inside.
    pub tree: Octets,
}

const BLAME: Blame = Blame { library: "forge" };

impl Forge {
    /// A tree of `members` forged members; `progress` is called with how many are done.
    ///
    /// # Errors
    /// The backend lacks the suite.
    pub fn new(members: u32, warmth: Warmth, mut progress: impl FnMut(u32)) -> Outcome<Self> {
        let suite =
            Suite::new(&provider(Library::CopathAwsLc), CipherSuite(SUITE)).map_err(BLAME.on("suite"))?;
        let lifetime = Lifetime { not_before: now().0 - 3600, not_after: now().0 + 60 * 86_400 };
        let mut tree = ForgedTree::new(&suite, 1);
        for member in 1..members {
            let edit = |leaf: &mut copath_messages::UnsignedLeafNode| {
                leaf.credential = Credential::basic(format!("member {member}").as_bytes());
                leaf.leaf_node_source = LeafNodeSource::KeyPackage(lifetime);
            };
            tree.add(edit);
            progress(member);
        }
        if warmth == Warmth::Warm {
            // One of each two neighbours, the last leaves first, fills every parent; the first leaf is in any case
            // of the commit kind, since its lifetime is not ours.
            for leaf in (0..members).rev().filter(|leaf| leaf % 2 == 0) {
                tree.path(leaf, &[], |_| ());
                progress(leaf);
            }
        } else {
            tree.path(0, &[], |_| ());
        }
        Ok(Self { tree, warmth })
    }

    /// The epoch in which the clients of `key_packages` (MLSMessages) are added, from the first forged member.
    ///
    /// # Errors
    /// One of them isn't a key package.
    pub fn invite(&self, key_packages: &[Octets]) -> Outcome<Invitation> {
        let joiners = key_packages.iter().map(|octets| key_package(octets)).collect::<Outcome<Vec<_>>>()?;
        let joiners: Vec<&KeyPackage> = joiners.iter().collect();
        let tree = ForgedTree {
            suite: self.tree.suite.clone(),
            group_id: self.tree.group_id.clone(),
            tree: self.tree.tree.clone(),
            signers: self.tree.signers.clone(),
        };
        let path = match self.warmth {
            Warmth::Cold => ForgedPath::None(0),
            Warmth::Warm => ForgedPath::From(0),
        };
        let mut group = tree.adding(&joiners, path);
        group.rehash();
        let mut info = group.info();
        info.extensions.0.retain(|extension| extension.extension_type != ExtensionType::RATCHET_TREE);
        let welcome: MlsMessage = group.seal(&group.sign(info)).into();
        Ok(Invitation {
            welcome: welcome.to_bytes().map_err(BLAME.on("welcome"))?,
            tree: group.tree_octets(),
        })
    }

    /// The tree of the forged members.
    pub fn into_tree(self) -> ForgedTree {
        self.tree
    }
}

fn key_package(octets: &[u8]) -> Outcome<KeyPackage> {
    match MlsMessage::from_bytes(octets).map_err(BLAME.on("key package"))?.body {
        MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
        _ => Err(not_a_key_package()),
    }
}

fn not_a_key_package() -> BenchError {
    BLAME.on("key package")("another message")
}

impl std::fmt::Debug for Forge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forge").field("warmth", &self.warmth).finish_non_exhaustive()
    }
}
