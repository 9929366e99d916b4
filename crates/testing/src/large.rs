//! Large groups whose trees are filled where one member's commits look.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, PathChoice, TreeTransfer, WelcomeOptions};
use copath_messages::Extensions;

use crate::{Member, add};

/// A group of many members of whom only a few are played: leaf 0, and one below each node of its copath.
///
/// All played members have committed, so the copath of leaf 0 is filled, as in a group that has been used for a
/// while; the resolution of each copath node is that node alone.
#[derive(Debug)]
pub struct LargeGroup {
    /// The member at leaf 0.
    pub first: Member,
    /// The member at leaf 2^k for each k, which is below the copath node of level k.
    pub others: Vec<Member>,
}

impl LargeGroup {
    /// A group of `size` members on `provider`, with suite 1.
    pub fn new(provider: &Arc<dyn CryptoProvider>, size: u32) -> Self {
        let suite = CipherSuite(1);
        let mut first = Member::new(provider, suite, "member 0");
        first.create(Extensions::default());
        let mut others = Vec::new();
        let mut options = CommitOptions::new().path(PathChoice::WhenNeeded);
        for leaf in 1..size {
            let mut member = Member::new(provider, suite, &format!("member {leaf}"));
            options = options.propose(add(member.key_package()));
            if leaf.is_power_of_two() {
                others.push(member);
            }
        }
        first.commit(options).unwrap();
        let welcome = first.accept(WelcomeOptions::default().tree(TreeTransfer::Outside)).remove(0);
        let tree = first.group().export_ratchet_tree().unwrap();
        for member in &mut others {
            member.join(&welcome, Some(tree.clone())).unwrap();
        }
        let mut group = Self { first, others };
        for committer in 0..group.others.len() {
            group.commit_by(committer);
        }
        group
    }

    /// A commit of one of the others that all played members process.
    fn commit_by(&mut self, committer: usize) {
        let commit = self.others[committer].commit(CommitOptions::new()).unwrap();
        self.others[committer].accept(WelcomeOptions::default());
        self.first.receive(&commit).unwrap();
        for (position, member) in self.others.iter_mut().enumerate() {
            if position != committer {
                member.receive(&commit).unwrap();
            }
        }
    }
}
