//! Groups from creation to departure, on every suite.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    CommitOptions, ExternalJoinOptions, ExternalJoins, HandshakeFormat, Misuse, PathChoice, TreeTransfer,
    WelcomeOptions,
};
use copath_messages::{Extensions, MlsMessageBody};
use copath_provider_rustcrypto::RustCrypto;
use copath_testing::{Member, Outcome, add, assert_agreement, external_psk, remove, resumption_psk};

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([7; 32]))
}

fn pair(suite: u16) -> (Member, Member) {
    let provider = provider();
    let mut alice = Member::new(&provider, CipherSuite(suite), "alice");
    let mut bob = Member::new(&provider, CipherSuite(suite), "bob");
    alice.create(Extensions::default());
    let package = bob.key_package();
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let welcomes = alice.accept(WelcomeOptions::default());
    bob.join(&welcomes[0], None).unwrap();
    assert_agreement(&[&alice, &bob]);
    (alice, bob)
}

#[test]
fn two_members_talk_on_every_suite() {
    for suite in 1..=7 {
        let (mut alice, mut bob) = pair(suite);
        let hello = alice.encrypt(b"hello").unwrap();
        assert_eq!(bob.receive(&hello), Ok(Outcome::Data(b"hello".to_vec())));
        let back = bob.encrypt(b"back").unwrap();
        assert_eq!(alice.receive(&back), Ok(Outcome::Data(b"back".to_vec())));
    }
}

#[test]
fn updates_removes_and_external_joins() {
    for format in [HandshakeFormat::Private, HandshakeFormat::Public] {
        let (mut alice, mut bob) = pair(1);
        let provider = Arc::clone(alice.suite.provider());
        alice.settings.policy.handshake_format = format;
        bob.settings.policy.handshake_format = format;
        alice.reload();
        bob.reload();

        // bob proposes an update, alice commits it with a third member
        let update = bob.propose_update().unwrap();
        assert_eq!(alice.receive(&update), Ok(Outcome::Queued));
        let mut carol = Member::new(&provider, CipherSuite(1), "carol");
        let package = carol.key_package();
        let commit = alice.commit(CommitOptions::new().propose(add(package))).unwrap();
        let welcomes = alice.accept(WelcomeOptions::default().tree(TreeTransfer::Outside));
        let tree = alice.group().export_ratchet_tree().unwrap();
        assert!(matches!(bob.receive(&commit), Ok(Outcome::Merged(_))));
        carol.join(&welcomes[0], Some(tree)).unwrap();
        assert_agreement(&[&alice, &bob, &carol]);

        // carol commits a path
        let commit = carol.commit(CommitOptions::new()).unwrap();
        carol.accept(WelcomeOptions::default());
        alice.receive(&commit).unwrap();
        bob.receive(&commit).unwrap();
        assert_agreement(&[&alice, &bob, &carol]);

        // dave joins externally
        let info =
            bob.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*bob.signer).unwrap();
        let mut dave = Member::new(&provider, CipherSuite(1), "dave");
        let commit = dave.join_externally(info, None, ExternalJoinOptions::default()).unwrap();
        for member in [&mut alice, &mut bob, &mut carol] {
            assert!(matches!(member.receive(&commit), Ok(Outcome::Merged(_))));
        }
        assert_agreement(&[&alice, &bob, &carol, &dave]);

        // bob removes alice
        let commit = bob.commit(CommitOptions::new().propose(remove(alice.group().own_leaf()))).unwrap();
        bob.accept(WelcomeOptions::default());
        alice.receive(&commit).unwrap();
        carol.receive(&commit).unwrap();
        dave.receive(&commit).unwrap();
        assert!(alice.group().is_removed());
        assert_agreement(&[&bob, &carol, &dave]);
        let hello = dave.encrypt(b"hello").unwrap();
        assert_eq!(bob.receive(&hello), Ok(Outcome::Data(b"hello".to_vec())));
    }
}

#[test]
fn pre_shared_keys() {
    let (mut alice, mut bob) = pair(1);
    for member in [&mut alice, &mut bob] {
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
    let suite = alice.suite.clone();
    let resumption = resumption_psk(&suite, alice.group().group_id(), alice.group().epoch());
    let options = CommitOptions::new()
        .propose(external_psk(&suite, b"psk"))
        .propose(resumption)
        .path(PathChoice::WhenNeeded);
    let commit = alice.commit(options).unwrap();
    alice.accept(WelcomeOptions::default());
    bob.receive(&commit).unwrap();
    assert_agreement(&[&alice, &bob]);
}

#[test]
fn a_reloaded_group_goes_on() {
    let (mut alice, mut bob) = pair(1);
    let early = bob.encrypt(b"early").unwrap();
    let commit = alice.commit(CommitOptions::new()).unwrap();
    alice.reload();
    assert!(alice.group().has_pending_commit());
    assert_eq!(alice.receive(&commit), Ok(Outcome::Echo));
    alice.accept(WelcomeOptions::default());
    alice.reload();
    bob.receive(&commit).unwrap();
    bob.reload();
    assert_agreement(&[&alice, &bob]);
    assert_eq!(alice.receive(&early), Ok(Outcome::Data(b"early".to_vec())));
    alice.reload();
    assert!(alice.receive(&early).is_err());
    let hello = alice.encrypt(b"hello").unwrap();
    bob.reload();
    assert_eq!(bob.receive(&hello), Ok(Outcome::Data(b"hello".to_vec())));
}

// covers: 9.2-04
#[test]
fn a_removed_member_reads_what_was_sent_before() {
    let (mut alice, mut bob) = pair(1);
    let late = alice.encrypt(b"late").unwrap();
    let commit = alice.commit(CommitOptions::new().propose(remove(bob.group().own_leaf()))).unwrap();
    alice.accept(WelcomeOptions::default());
    bob.receive(&commit).unwrap();
    assert!(bob.group().is_removed());
    assert_eq!(bob.receive(&late), Ok(Outcome::Data(b"late".to_vec())));
    let after = alice.encrypt(b"after").unwrap();
    assert!(bob.receive(&after).is_err());
    assert_eq!(bob.encrypt(b"data"), Err(Misuse::Removed.into()));
}

// covers: 14-05
#[test]
fn own_messages_that_come_back_are_known() {
    for format in [HandshakeFormat::Private, HandshakeFormat::Public] {
        let (mut alice, _) = pair(1);
        alice.settings.policy.handshake_format = format;
        alice.reload();
        let data = alice.encrypt(b"data").unwrap();
        assert_eq!(alice.receive(&data), Ok(Outcome::Known));
        let update = alice.propose_update().unwrap();
        assert_eq!(alice.receive(&update), Ok(Outcome::Known));
        let commit = alice.commit(CommitOptions::new()).unwrap();
        assert_eq!(alice.receive(&commit), Ok(Outcome::Echo));
        let dropped = alice.group().drop_pending_commit().unwrap();
        alice.carry_out(dropped);
        assert_eq!(alice.receive(&commit), Err(Misuse::DroppedCommit.into()));
    }
}

// covers: 9.1-01, 12.4.3.1-08
#[test]
fn welcomes_of_an_epoch_carry_one_group_info() {
    let provider = provider();
    let mut alice = Member::new(&provider, CipherSuite(2), "alice");
    let mut bob = Member::new(&provider, CipherSuite(2), "bob");
    alice.create(Extensions::default());
    let package = bob.key_package();
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let accepted = alice.group().accept_pending_commit().unwrap();
    alice.carry_out(accepted);
    let mut sealed = Vec::new();
    for transfer in [TreeTransfer::Inside, TreeTransfer::Outside] {
        let options = WelcomeOptions::default().tree(transfer);
        let built = alice.group().build_welcome(options, &*alice.signer).unwrap();
        let welcome = alice.carry_out(built).remove(0);
        let MlsMessageBody::Welcome(message) = &welcome.body else { panic!("not a Welcome") };
        sealed.push(message.encrypted_group_info.clone());
        alice.reload();
        if sealed.len() == 2 {
            bob.join(&welcome, None).unwrap();
        }
    }
    // Key and nonce are the epoch's: a second plaintext under them would give both away.
    assert_eq!(sealed[0], sealed[1]);
    assert_agreement(&[&alice, &bob]);
}
