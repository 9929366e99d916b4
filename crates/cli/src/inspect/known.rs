//! What is known beyond the structure at hand: the suite, the group, the shapes of types beyond the RFC.

use copath::messages::{FramedContentBody, GroupId, MessageError, Node, Proposal, ProposalOrRef};
use copath::rules::Violation;
use copath::{CipherSuite, Suite};
use copath_codec::{Decode, DecodeContext, DecodeError, Reader};
use copath_ratchet_tree::{RatchetTree, TreeError, TreeLimits};

use super::scalar::{Scalar, Verdict};
use crate::backend::Backend;

/// What is known beyond the structure at hand.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The shapes of types beyond the RFC.
    pub(super) context: DecodeContext,
    /// The group.
    pub(super) group_id: Option<GroupId>,
    /// The most rows of a drawing.
    pub(super) rows: usize,
    /// Nothing is shown, so nothing needs a verdict.
    pub(super) muted: bool,
    suite: Option<KnownSuite>,
}

/// A suite, and how sure it is.
#[derive(Clone, Debug)]
pub(super) struct KnownSuite {
    suite: Suite,
    /// From the lengths of keys alone: what else it could be.
    guessed: Option<&'static str>,
}

/// A tree, if its nodes form one.
pub(super) type Tree = Result<RatchetTree, NoTree>;

/// Why there is no tree.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum NoTree {
    /// The suite is unknown.
    #[error("the cipher suite isn't known (--suite says it)")]
    Suite,
    /// A rule forbids it.
    #[error(transparent)]
    Rejected(Violation),
    /// Something else is in the way.
    #[error("{0}")]
    Other(TreeError),
}

impl Known {
    pub(super) fn new(
        context: DecodeContext,
        suite: Option<CipherSuite>,
        group_id: Option<GroupId>,
        rows: usize,
    ) -> Self {
        let suite = suite.and_then(suite_of).map(|suite| KnownSuite { suite, guessed: None });
        Self { context, group_id, rows, muted: false, suite }
    }

    pub(super) fn suite(&self) -> Option<&Suite> {
        self.suite.as_ref().map(|known| &known.suite)
    }

    /// The suite, if it was guessed.
    pub(super) fn suite_note(&self) -> Option<Scalar<'static>> {
        let known = self.suite.as_ref()?;
        let which = known.guessed?;
        Some(Scalar::Text(format!("{which}, by the lengths of the keys")))
    }

    /// A structure that names its suite begins; returns what to leave it with.
    pub(super) fn enter_suite(&mut self, suite: CipherSuite) -> Option<KnownSuite> {
        let outside = self.suite.take();
        self.suite = suite_of(suite).map(|suite| KnownSuite { suite, guessed: None });
        outside
    }

    /// The structure ends.
    pub(super) fn leave_suite(&mut self, outside: Option<KnownSuite>) {
        self.suite = outside;
    }

    /// Guesses the suite from keys, unless it is known.
    pub(super) fn learn_suite_from_keys(&mut self, encryption_key: &[u8], signature_key: &[u8]) {
        if self.suite.is_some() {
            return;
        }
        let (suite, which) = match (encryption_key.len(), signature_key.len()) {
            (32, 32) => (1, "suite 1 or 3, which hash and sign alike"),
            (65, 65) => (2, "suite 2"),
            (56, 57) => (4, "suite 4 or 6, which hash and sign alike"),
            (133, 133) => (5, "suite 5"),
            (97, 97) => (7, "suite 7"),
            _ => return,
        };
        let suite = suite_of(CipherSuite(suite));
        self.suite = suite.map(|suite| KnownSuite { suite, guessed: Some(which) });
    }

    /// Learns the suite from a KeyPackage or a leaf in the content, unless it is known.
    pub(super) fn learn_suite_from_content(&mut self, content: &FramedContentBody) {
        let mut from = |proposal: &Proposal| match proposal {
            Proposal::Add(add) if self.suite.is_none() => {
                drop(self.enter_suite(add.key_package.cipher_suite));
            }
            Proposal::Update(update) => {
                let leaf = &update.leaf_node;
                self.learn_suite_from_keys(&leaf.encryption_key, &leaf.signature_key);
            }
            _ => {}
        };
        match content {
            FramedContentBody::Application(_) => {}
            FramedContentBody::Proposal(proposal) => from(proposal),
            FramedContentBody::Commit(commit) => {
                for entry in &commit.proposals {
                    if let ProposalOrRef::Proposal(proposal) = entry {
                        from(proposal);
                    }
                }
                if let Some(path) = &commit.path {
                    let leaf = &path.leaf_node;
                    self.learn_suite_from_keys(&leaf.encryption_key, &leaf.signature_key);
                }
            }
        }
    }

    /// The tree in the content of a `ratchet_tree` extension, unless nothing is shown of it.
    pub(super) fn tree(&mut self, octets: &[u8]) -> Tree {
        if self.muted {
            return Err(NoTree::Suite);
        }
        if let Some((encryption_key, signature_key)) = first_leaf_keys(octets, &self.context) {
            self.learn_suite_from_keys(&encryption_key, &signature_key);
        }
        let suite = self.suite().ok_or(NoTree::Suite)?;
        match RatchetTree::decode(suite, octets, &self.context, &TreeLimits::default()) {
            Ok(tree) => Ok(tree),
            Err(TreeError::Rejected(violation)) => Err(NoTree::Rejected(violation)),
            Err(error) => Err(NoTree::Other(error)),
        }
    }

    /// The verdict of a check that needs the suite.
    pub(super) fn verdict<E: Refusal>(&self, check: impl FnOnce(&Suite) -> Result<(), E>) -> Verdict {
        let Some(suite) = self.suite().filter(|_| !self.muted) else {
            return Verdict::NotCheckable("the cipher suite isn't known (--suite says it)");
        };
        match check(suite) {
            Ok(()) => Verdict::Valid,
            Err(error) => error.verdict(),
        }
    }
}

/// A check's failure.
pub(super) trait Refusal {
    fn verdict(&self) -> Verdict;
}

impl Refusal for MessageError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Rejected(violation) => Verdict::Invalid(violation.rule()),
            _ => Verdict::NotCheckable("the cryptographic backend failed"),
        }
    }
}

impl Refusal for TreeError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Rejected(violation) => Verdict::Invalid(violation.rule()),
            _ => Verdict::NotCheckable("the cryptographic backend failed"),
        }
    }
}

/// How many nodes the content of a `ratchet_tree` extension has.
///
/// # Errors
/// It is malformed.
pub(super) fn count_nodes(octets: &[u8], context: &DecodeContext) -> Result<usize, DecodeError> {
    let mut count = 0usize;
    each_node(octets, context, |_| count = count.saturating_add(1))?;
    Ok(count)
}

fn first_leaf_keys(octets: &[u8], context: &DecodeContext) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut reader = Reader::new(octets, context);
    let mut nodes = Reader::new(reader.opaque().ok()?, context);
    while !nodes.is_empty() {
        if let Some(Node::Leaf(leaf)) = Option::<Node>::decode(&mut nodes).ok()? {
            return Some((leaf.encryption_key.to_vec(), leaf.signature_key.to_vec()));
        }
    }
    None
}

/// Goes over the nodes one by one, so that blanks, of which an octet each is enough, take no memory.
fn each_node(
    octets: &[u8],
    context: &DecodeContext,
    mut each: impl FnMut(Option<Node>),
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(octets, context);
    reader.field("ratchet_tree", |r| {
        r.vector(|list| {
            let mut index = 0usize;
            while !list.is_empty() {
                each(Option::decode(list).map_err(|error| error.in_element(index))?);
                index = index.saturating_add(1);
            }
            Ok(())
        })
    })?;
    reader.finish()
}

/// The suite on the fastest backend that has it; all backends come to the same verdicts.
fn suite_of(suite: CipherSuite) -> Option<Suite> {
    let backends = [Backend::AwsLc, Backend::Rustcrypto];
    backends.iter().find_map(|backend| Suite::new(&backend.provider(), suite).ok())
}
