//! Credentials of a registered type whose body isn't a vector, wherever they are read back.
//!
//! RFC 9420 §5.3.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::BodyShape;
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    CommitOptions, CredentialDefinition, LeafParameters, Merged, Registrations, WelcomeOptions,
};
use copath_messages::{
    Extension, Extensions, ExternalSender, ExternalSenders, GroupContextExtensions, Proposal,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_testing::{Member, Outcome, add, assert_agreement};

const PRIVATE_USE: u16 = 0xf000;

fn credential(number: u8) -> Credential {
    // As a vector, this would be malformed.
    Credential::Other { credential_type: CredentialType(PRIVATE_USE), body: vec![0xff, 1, number] }
}

fn member(provider: &Arc<dyn CryptoProvider>, name: &str, number: u8) -> Member {
    let mut member = Member::new(provider, CipherSuite(1), name);
    let definition = CredentialDefinition::new(CredentialType(PRIVATE_USE), "numbered", BodyShape::Fixed(3));
    let registrations = Registrations::new().with_credential(definition).unwrap();
    member.settings.registrations = Arc::new(registrations);
    member.leaf = LeafParameters::new(credential(number), &[CipherSuite(1)]);
    member
}

fn senders(number: u8) -> Extensions {
    let signature_key = vec![number; 32].into();
    let senders = vec![ExternalSender { signature_key, credential: credential(number) }];
    Extensions(vec![Extension::of(&ExternalSenders(senders)).unwrap()])
}

#[test]
fn registered_credentials_in_past_leaves_and_external_senders() {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([22; 32]));
    let (mut alice, mut bob) = (member(&provider, "alice", 1), member(&provider, "bob", 2));
    alice.create(senders(3));
    let package = bob.key_package();
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let welcomes = alice.accept(WelcomeOptions::default());
    bob.join(welcomes.first().unwrap(), None).unwrap();

    let late = alice.encrypt(b"late").unwrap();
    let change = GroupContextExtensions { extensions: senders(4) };
    let change = CommitOptions::new().propose(Proposal::GroupContextExtensions(change));
    let commit = alice.commit(change).unwrap();
    alice.accept(WelcomeOptions::default());
    assert_eq!(bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    bob.reload();
    assert_eq!(bob.receive(&late), Ok(Outcome::Data(b"late".to_vec())));
    assert_agreement(&[&alice, &bob]);
    let senders = bob.group().public_state().external_senders().unwrap();
    assert_eq!(senders.first().map(|sender| &sender.credential), Some(&credential(4)));
}
