//! A commit that changes the committer's own leaf: the other leaves are judged beside the new one, by the committer as
//! by the receivers.
//!
//! RFC 9420 §7.3 and §12.2.

use std::sync::Arc;

use copath_credentials::{Credential, CredentialType};
use copath_crypto::CryptoProvider;
use copath_group::{CommitOptions, GroupError, LeafChange, Merged, PathChoice, WelcomeOptions};
use copath_messages::{Extensions, KeyPackage};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{Part, rule};
use copath_testing::{Outcome, World, add, assert_agreement, assert_fails, assert_rule};

fn x509() -> Credential {
    Credential::X509 { certificates: vec![b"der".into()] }
}

fn world(alice: Credential) -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([46; 32]));
    World::with(&provider, Extensions::default(), |member| {
        if member.name == "alice" {
            member.leaf.credential = alice.clone();
        }
    })
}

/// A client that knows basic credentials alone.
fn eve(world: &World) -> KeyPackage {
    let mut eve = world.stranger("eve");
    eve.settings.policy.grease = copath_group::Grease::Omit;
    eve.leaf.capabilities.credentials = vec![CredentialType::BASIC];
    eve.key_package()
}

fn changing(credential: Credential) -> CommitOptions {
    let mut change = LeafChange::default();
    change.credential = Some(credential);
    CommitOptions::new().leaf(change)
}

// covers: 7.3-20
#[test]
fn who_switches_to_what_all_support_can_add_who_supports_no_more() {
    let mut world = world(x509());
    let package = eve(&world);
    let plain = CommitOptions::new().propose(add(package.clone()));
    let error = assert_fails(&mut world.alice, |alice| alice.commit(plain));
    assert_rule(&error, rule!("7.3-08"));
    let options = changing(Credential::basic(b"alice")).propose(add(package));
    let commit = world.alice.commit(options.path(PathChoice::WhenNeeded)).unwrap();
    world.alice.accept(WelcomeOptions::default());
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_agreement(&[&world.alice, &world.bob]);
}

// covers: 7.3-20
#[test]
fn who_switches_to_what_a_new_member_lacks_is_told_which() {
    let mut world = world(Credential::basic(b"alice"));
    let package = eve(&world);
    let options = changing(x509()).propose(add(package.clone()));
    let error = assert_fails(&mut world.alice, |alice| alice.commit(options));
    assert_rule(&error, rule!("7.3-08"));
    assert!(matches!(&error, GroupError::Rejected(found) if found.parts().contains(&Part::Proposal(0))));
    // A pending one is left out, and the switch goes through.
    let proposal = world.mallory.propose(add(package));
    assert_eq!(world.alice.receive(&proposal), Ok(Outcome::Queued));
    let commit = world.alice.commit(changing(x509())).unwrap();
    assert!(world.alice.accept(WelcomeOptions::default()).is_empty());
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_agreement(&[&world.alice, &world.bob]);
}
