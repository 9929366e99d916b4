//! Observers: following a group without its secrets.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_credentials::CredentialVerdict;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    Answers, CommitOptions, ExternalJoins, GroupError, GroupSettings, HandshakeFormat, Misuse, Observed,
    ObserverStart, PublicGroup, PublicPrepared, Resync, TreeTransfer, Unchecked, WelcomeOptions,
};
use copath_messages::{Extensions, MlsMessage};
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{MemoryStore, Store};
use copath_rules::rule;
use copath_testing::{
    ExternalForge, Member, NOW, Outcome, World, add, assert_agreement, assert_rule, external_psk,
    over_the_wire, remove,
};
use copath_tree_math::LeafIndex;

struct Observer {
    group: PublicGroup,
    store: MemoryStore,
    provider: Arc<dyn CryptoProvider>,
}

impl Observer {
    fn of(member: &Member) -> Self {
        Self::under(&GroupSettings::default(), member)
    }

    fn under(settings: &GroupSettings, member: &Member) -> Self {
        let provider = Arc::clone(member.suite.provider());
        let info = member
            .group()
            .group_info(TreeTransfer::Outside, ExternalJoins::Impossible, &*member.signer)
            .unwrap();
        let start = ObserverStart::new(&provider, settings, info, NOW).unwrap();
        assert!(start.needs().ratchet_tree.is_some());
        let mut answers = Answers::none();
        answers.ratchet_tree = Some(member.group().export_ratchet_tree().unwrap());
        let check = start.verify(answers).unwrap();
        let count = check.needs().credentials.len();
        let group = check.finish(Answers::accepting(count)).unwrap();
        let store = MemoryStore::new();
        store.commit(&group.all_records().unwrap()).unwrap();
        Self { group, store, provider }
    }

    fn carry_out<T>(&mut self, prepared: PublicPrepared<T>) -> T {
        self.store.commit(&prepared.delta).unwrap();
        self.group.apply(prepared.patch).unwrap();
        prepared.output
    }

    /// Follows a message; tells what it couldn't check of a commit.
    fn follow(&mut self, message: &MlsMessage) -> Result<Vec<Unchecked>, GroupError> {
        match self.group.receive(message, NOW)? {
            Observed::Proposal(proposal) => {
                let answers = Answers::accepting(proposal.needs().credentials.len());
                let prepared = proposal.finish(&self.group, answers)?;
                self.carry_out(prepared);
                Ok(Vec::new())
            }
            Observed::Commit(commit) => {
                let unchecked = commit.unchecked().to_vec();
                let answers = Answers::accepting(commit.needs().credentials.len());
                let prepared = commit.follow(&self.group, answers)?;
                self.carry_out(prepared);
                Ok(unchecked)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn reload(&mut self) {
        let group_id = self.group.group_id().clone();
        let settings = GroupSettings::default();
        self.group = PublicGroup::load(&self.store, &self.provider, &settings, &group_id).unwrap().unwrap();
    }

    fn assert_follows(&self, member: &Member) {
        let (observed, known) = (self.group.public_state(), member.group().public_state());
        assert_eq!(observed.context_bytes(), known.context_bytes());
        assert_eq!(observed.interim_transcript_hash(), known.interim_transcript_hash());
    }
}

/// Answers that accept a number of credentials.
trait Accepting {
    fn accepting(count: usize) -> Answers;
}

impl Accepting for Answers {
    fn accepting(count: usize) -> Answers {
        let mut answers = Answers::none();
        answers.credentials = vec![CredentialVerdict::Accepted; count];
        answers
    }
}

fn world() -> (Member, Member) {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([9; 32]));
    let mut members = ["alice", "bob"].map(|name| Member::new(&provider, CipherSuite(1), name));
    for member in &mut members {
        member.settings.policy.handshake_format = HandshakeFormat::Public;
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
    let [mut alice, mut bob] = members;
    alice.create(Extensions::default());
    let package = bob.key_package();
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let welcomes = alice.accept(WelcomeOptions::default());
    bob.join(&welcomes[0], None).unwrap();
    (alice, bob)
}

#[test]
fn an_observer_follows_and_reloads() {
    let (mut alice, mut bob) = world();
    let mut observer = Observer::of(&alice);
    observer.assert_follows(&alice);

    let update = bob.propose_update().unwrap();
    alice.receive(&update).unwrap();
    observer.follow(&update).unwrap();
    observer.reload();
    let suite = alice.suite.clone();
    let commit = alice.commit(CommitOptions::new().propose(external_psk(&suite, b"psk"))).unwrap();
    alice.accept(WelcomeOptions::default());
    assert_eq!(bob.receive(&commit).unwrap(), Outcome::Merged(copath_group::Merged::Epoch(2)));
    let unchecked = observer.follow(&commit).unwrap();
    let expected =
        [Unchecked::MembershipTag, Unchecked::ConfirmationTag, Unchecked::PathSecrets, Unchecked::Psks];
    assert_eq!(unchecked, expected);
    observer.assert_follows(&alice);
    observer.reload();
    observer.assert_follows(&bob);

    // A joiner takes the tree from the observer.
    let provider = Arc::clone(&observer.provider);
    let mut carol = Member::new(&provider, CipherSuite(1), "carol");
    let info =
        alice.group().group_info(TreeTransfer::Outside, ExternalJoins::Possible, &*alice.signer).unwrap();
    let tree = observer.group.export_ratchet_tree().unwrap();
    let join = carol.join_externally(info, Some(tree), Default::default()).unwrap();
    for member in [&mut alice, &mut bob] {
        member.receive(&join).unwrap();
    }
    assert!(observer.follow(&join).unwrap().contains(&Unchecked::ExternalInit));
    observer.assert_follows(&carol);
    assert_agreement(&[&alice, &bob, &carol]);
}

#[test]
fn an_observer_goes_back_one_epoch() {
    let (mut alice, mut bob) = world();
    let mut observer = Observer::of(&alice);
    // A commit whose confirmation tag only members can refuse.
    let commit = alice.commit(CommitOptions::new()).unwrap();
    let mut forged = commit.clone();
    let copath_messages::MlsMessageBody::PublicMessage(message) = &mut forged.body else { panic!("public") };
    message.auth.confirmation_tag = Some(vec![7; 32].into());
    observer.follow(&forged).unwrap();
    observer.reload();
    assert!(bob.receive(&forged).is_err());
    let back = observer.group.go_back().unwrap();
    assert_eq!(observer.carry_out(back), 1);
    observer.assert_follows(&bob);
    observer.reload();
    assert!(matches!(observer.group.go_back(), Err(GroupError::Misuse(Misuse::NoPreviousEpoch))));
    observer.follow(&commit).unwrap();
    bob.receive(&commit).unwrap();
    observer.assert_follows(&bob);
}

#[test]
fn an_observer_refuses_what_it_can() {
    let (mut alice, bob) = world();
    let mut observer = Observer::of(&alice);
    let commit = alice.commit(CommitOptions::new().propose(remove(bob.group().own_leaf()))).unwrap();
    let mut forged = commit.clone();
    let copath_messages::MlsMessageBody::PublicMessage(message) = &mut forged.body else { panic!("public") };
    message.auth.signature = vec![0; 64].into();
    let before = observer.group.public_state().context_bytes().to_vec();
    assert_rule(&observer.follow(&forged).unwrap_err(), rule!("6.1-08"));
    assert_eq!(before, observer.group.public_state().context_bytes().to_vec());
    observer.follow(&commit).unwrap();
}

#[test]
fn an_observer_cannot_follow_encrypted_handshakes() {
    let (mut alice, mut bob) = world();
    let observer = Observer::of(&alice);
    alice.settings.policy.handshake_format = HandshakeFormat::Private;
    alice.reload();
    let data = bob.encrypt(b"data").unwrap();
    assert!(matches!(observer.group.receive(&data, NOW), Ok(Observed::Application)));
    let commit = over_the_wire(&alice.commit(CommitOptions::new()).unwrap());
    assert_eq!(observer.group.receive(&commit, NOW).unwrap_err(), GroupError::CannotFollow { epoch: 1 });
}

#[test]
fn the_policy_on_resync_binds_observers_as_it_does_members() {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([77; 32]));
    let world = World::new(&provider);
    let eve = world.stranger("eve");
    let info = world.alice.group();
    let info = info.group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*world.alice.signer).unwrap();
    let resync = ExternalForge::new(&eve, &info).value(remove(LeafIndex::new(3).unwrap())).message();
    let mut settings = GroupSettings::default();
    settings.policy.resync = Resync::Forbidden;
    let mut strict = Observer::under(&settings, &world.alice);
    let before = strict.group.epoch();
    assert_rule(&strict.follow(&resync).unwrap_err(), rule!("12.4.3.2-08"));
    assert_eq!(strict.group.epoch(), before);
    Observer::of(&world.alice).follow(&resync).unwrap();
}
