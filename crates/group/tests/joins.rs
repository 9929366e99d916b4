//! Joining works wherever the joiner stands, and it can follow everybody from there.
//!
//! RFC 9420 §12.4.1 and §12.4.3.1.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, PathChoice, TreeTransfer, WelcomeOptions, WelcomeSplit};
use copath_messages::{Extensions, MlsMessage, MlsMessageBody};
use copath_provider_rustcrypto::RustCrypto;
use copath_testing::{Member, add, assert_agreement, external_psk, remove};

/// Members by leaf index, all in one epoch.
struct Crowd {
    provider: Arc<dyn CryptoProvider>,
    members: BTreeMap<u32, Member>,
    named: u32,
}

impl Crowd {
    fn new(seed: u8) -> Self {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([seed; 32]));
        let mut founder = Member::new(&provider, CipherSuite(1), "0");
        founder.create(Extensions::default());
        Self { provider, members: BTreeMap::from([(0, founder)]), named: 0 }
    }

    /// The member at `committer` commits `options`; the others follow; gives the Welcomes.
    fn commit(&mut self, committer: u32, options: CommitOptions, welcome: WelcomeOptions) -> Vec<MlsMessage> {
        let by = self.members.get_mut(&committer).unwrap();
        let message = by.commit(options).unwrap();
        let welcomes = by.accept(welcome);
        for (leaf, member) in &mut self.members {
            if *leaf != committer {
                member.receive(&message).unwrap();
            }
        }
        self.members.retain(|_, member| !member.group().is_removed());
        welcomes
    }

    fn remove(&mut self, committer: u32, leaves: &[u32]) {
        let leaves = leaves.iter().map(|leaf| self.members[leaf].group().own_leaf());
        let options = leaves.map(remove).fold(CommitOptions::new(), CommitOptions::propose);
        self.commit(committer, options, WelcomeOptions::default());
    }

    /// The member at `committer` adds `count` clients, who join by the Welcomes; everybody agrees then.
    fn add(&mut self, committer: u32, count: u32, path: PathChoice, welcome: WelcomeOptions) {
        let mut joiners: Vec<Member> = (0..count)
            .map(|_| {
                self.named += 1;
                Member::new(&self.provider, CipherSuite(1), &self.named.to_string())
            })
            .collect();
        let adds = joiners.iter_mut().map(|joiner| add(joiner.key_package()));
        let options = adds.fold(CommitOptions::new(), CommitOptions::propose).path(path);
        let welcomes = self.commit(committer, options, welcome);
        assert_eq!(welcomes.len(), if welcome.split == WelcomeSplit::Each { joiners.len() } else { 1 });
        let tree = self.members[&committer].group().export_ratchet_tree().unwrap();
        let beside = (welcome.tree == TreeTransfer::Outside).then_some(tree);
        for (position, mut joiner) in joiners.into_iter().enumerate() {
            let welcome = welcomes.get(position).unwrap_or(&welcomes[0]);
            joiner.join(welcome, beside.clone()).unwrap();
            joiner.reload();
            self.members.insert(joiner.group().own_leaf().as_u32(), joiner);
        }
        self.agree();
    }

    fn agree(&self) {
        assert_agreement(&self.members.values().collect::<Vec<_>>());
    }

    /// Everybody commits a path in turn, and everybody follows.
    fn all_commit(&mut self) {
        for leaf in self.members.keys().copied().collect::<Vec<_>>() {
            self.commit(leaf, CommitOptions::new(), WelcomeOptions::default());
            self.agree();
        }
    }
}

// covers: 12.4.3.1-18, 12.4.3.1-19, 12.4.1-09, 12.4.1-10, 12.4.2-01
#[test]
fn joiners_follow_everybody_from_every_place() {
    let splits = [WelcomeSplit::Together, WelcomeSplit::Each];
    for count in 1..=8 {
        for path in [PathChoice::Always, PathChoice::WhenNeeded] {
            let mut crowd = Crowd::new(61);
            let welcome = WelcomeOptions::default().split(splits[count as usize % 2]);
            crowd.add(0, count, path, welcome);
            crowd.all_commit();
        }
    }
}

// covers: 12.4.3.1-19, 4.1.2-01, 7.7-02
#[test]
fn joiners_below_blank_and_filtered_nodes() {
    // Which members leave first, and who adds how many afterwards.
    let histories: [(&[u32], u32, u32); 6] = [
        (&[1], 0, 1),
        (&[2, 3], 4, 1),
        (&[1, 2, 3], 0, 2),
        (&[4, 5, 6, 7], 1, 3),
        (&[1, 3, 5], 6, 2),
        (&[0, 1, 2, 3], 5, 1),
    ];
    for (leaving, committer, joining) in histories {
        for path in [PathChoice::Always, PathChoice::WhenNeeded] {
            let mut crowd = Crowd::new(62);
            crowd.add(0, 7, PathChoice::Always, WelcomeOptions::default());
            for leaf in [1, 4, 6] {
                crowd.commit(leaf, CommitOptions::new(), WelcomeOptions::default());
            }
            crowd.remove(committer, leaving);
            let welcome = WelcomeOptions::default().tree(TreeTransfer::Outside);
            crowd.add(committer, joining, path, welcome);
            crowd.all_commit();
        }
    }
}

// covers: 12.4.1-09, 12.4.3.1-05
#[test]
fn joiners_with_pre_shared_keys() {
    let mut crowd = Crowd::new(63);
    crowd.add(0, 2, PathChoice::Always, WelcomeOptions::default());
    let mut joiner = Member::new(&crowd.provider, CipherSuite(1), "joiner");
    for member in crowd.members.values_mut().chain([&mut joiner]) {
        for id in [b"one", b"two"] {
            member.psks.insert(id.to_vec(), id.repeat(7));
        }
    }
    let suite = joiner.suite.clone();
    let options = CommitOptions::new()
        .propose(external_psk(&suite, b"two"))
        .propose(add(joiner.key_package()))
        .propose(external_psk(&suite, b"one"));
    let welcomes = crowd.commit(1, options, WelcomeOptions::default());
    joiner.join(&welcomes[0], None).unwrap();
    crowd.members.insert(3, joiner);
    crowd.agree();
    crowd.all_commit();
}

// covers: 12.4.1-07
#[test]
fn a_committer_that_changes_its_signature_key_signs_the_group_info_with_the_new_one() {
    let mut crowd = Crowd::new(64);
    crowd.add(0, 2, PathChoice::Always, WelcomeOptions::default());
    let mut joiner = Member::new(&crowd.provider, CipherSuite(1), "joiner");
    let new_signer = Member::new(&crowd.provider, CipherSuite(1), "new").signer;
    let alice = crowd.members.get_mut(&0).unwrap();
    let options = CommitOptions::new().propose(add(joiner.key_package()));
    let draft = alice.group().draft_commit(options, copath_testing::NOW).unwrap();
    let answers = alice.answer(&draft.needs().clone());
    let prepared =
        draft.finish_with_new_signer(alice.group(), &*alice.signer, &*new_signer, answers).unwrap();
    let commit = alice.carry_out(prepared);
    alice.signer = new_signer;
    let welcomes = alice.accept(WelcomeOptions::default());
    for leaf in [1, 2] {
        crowd.members.get_mut(&leaf).unwrap().receive(&commit).unwrap();
    }
    joiner.join(&welcomes[0], None).unwrap();
    crowd.members.insert(3, joiner);
    crowd.agree();
    crowd.all_commit();
}

// covers: 12.4.3.3-01
#[test]
fn an_exported_tree_ends_with_a_filled_leaf() {
    let mut crowd = Crowd::new(65);
    crowd.add(0, 6, PathChoice::Always, WelcomeOptions::default());
    crowd.remove(0, &[5, 6]);
    let tree = copath_testing::decode_tree(
        &crowd.members[&0].suite,
        &crowd.members[&0].group().export_ratchet_tree().unwrap(),
    );
    assert_eq!(tree.tree_hash(), crowd.members[&1].group().tree().tree_hash());
    crowd.add(3, 1, PathChoice::Always, WelcomeOptions::default().tree(TreeTransfer::Outside));
}

// covers: 12.4.1-10, 12.4.3.1-02
#[test]
fn each_joiner_is_in_exactly_one_welcome() {
    let mut crowd = Crowd::new(66);
    let mut joiners = ["a", "b", "c"].map(|name| Member::new(&crowd.provider, CipherSuite(1), name));
    let packages = joiners.each_mut().map(Member::key_package);
    let options = packages.iter().cloned().map(add).fold(CommitOptions::new(), CommitOptions::propose);
    let welcomes = crowd.commit(0, options, WelcomeOptions::default().split(WelcomeSplit::Each));
    let mut named: Vec<Vec<u8>> = Vec::new();
    for welcome in &welcomes {
        let MlsMessageBody::Welcome(welcome) = &welcome.body else { panic!("not a Welcome") };
        named.extend(welcome.secrets.iter().map(|entry| entry.new_member.to_vec()));
    }
    let suite = &joiners[0].suite;
    let expected: Vec<_> = packages.iter().map(|p| p.reference(suite).unwrap().to_vec()).collect();
    assert_eq!(named, expected);
}
