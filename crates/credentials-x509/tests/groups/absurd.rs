//! Chains of absurd length and size, in key packages.

use copath::{CertificateDefect, Client, Credential, Error, Identity, NewGroup, RejectionReason};
use copath_codec::Opaque;

use crate::SUITES;
use crate::people::{NOW, Organisation};

/// A key package of somebody who presents these certificates with a key of their own.
fn key_package(organisation: &Organisation, certificates: Vec<Opaque>) -> Vec<u8> {
    let key = organisation.identity("mallory").signer().clone();
    let identity = Identity::new(Credential::X509 { certificates }, key);
    let mallory: Client = organisation.client(identity);
    mallory.key_package(NOW).unwrap()
}

// covers: 5.3.1-01
#[test]
fn absurd_chains_are_refused_and_the_group_goes_on() {
    let organisation = Organisation::new(SUITES[0]);
    let Credential::X509 { certificates } = organisation.identity("mallory").credential().clone() else {
        panic!("no certificates")
    };
    let large = |octets| Opaque::from(vec![0x30; octets]);
    let at = |position, defect| RejectionReason::Certificate { position, defect };
    let [leaf, middle] = &certificates[..] else { panic!("another chain") };
    let cases = [
        (vec![], RejectionReason::EmptyChain),
        (vec![middle.clone(); 9], RejectionReason::ChainTooLong),
        (vec![large(1); 10_000], RejectionReason::ChainTooLong),
        (vec![large(1 << 20)], at(0, CertificateDefect::TooLarge)),
        (vec![leaf.clone(), large(1 << 20)], at(1, CertificateDefect::TooLarge)),
        (vec![Opaque::default()], at(0, CertificateDefect::Malformed)),
        // Somebody else's good chain.
        (certificates.clone(), at(0, CertificateDefect::KeyMismatch)),
    ];
    let alice = organisation.client(organisation.identity("alice"));
    let mut group = alice.create_group(NewGroup::new(), NOW).unwrap();
    let before = group.epoch_authenticator().to_vec();
    for (certificates, reason) in cases {
        let package = key_package(&organisation, certificates);
        let error = group.commit().add(&package).prepare(NOW).unwrap_err();
        let Error::CredentialRejected(refused) = error else { panic!("{error}") };
        assert_eq!(refused.reason, reason);
        assert_eq!((group.epoch_authenticator(), group.pending_commit()), (&before[..], None));
    }
    group.commit().update().prepare(NOW).unwrap();
    group.accept_commit().unwrap();
}
