//! Members whose chains aren't good.

use std::sync::Arc;

use copath::engine::{KeyPackageParameters, KeyPackageSecrets};
use copath::messages::MlsMessage;
use copath::{
    CertificateDefect, CipherSuite, Credential, CredentialQuestion, CredentialType, CredentialValidator,
    CredentialVerdict, Error, Event, Identity, NewGroup, RejectionReason, Timestamp,
};
use copath_codec::Encode;
use copath_credentials_x509::{Limits, TrustAnchor, TrustStore};
use copath_rules::rule;
use copath_testing::Member;
use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};

use crate::SUITES;
use crate::people::{NOW, Organisation, group_of};

/// Lets everybody pass, so that the rules themselves show.
#[derive(Debug)]
struct AcceptAll;

impl CredentialValidator for AcceptAll {
    fn validate(&self, questions: &[CredentialQuestion], _: Timestamp) -> Vec<CredentialVerdict> {
        questions.iter().map(|_| CredentialVerdict::Accepted).collect()
    }
}

/// A key package of a client that supports nothing but basic credentials.
pub(crate) fn key_package_that_lists_basic_alone(suite: CipherSuite) -> Vec<u8> {
    let dave = Member::new(&copath_provider_rustcrypto::provider(), suite, "dave");
    let mut leaf = dave.leaf.clone();
    leaf.capabilities.credentials = [CredentialType::BASIC].into();
    let parameters = KeyPackageParameters::new(leaf, NOW, 30);
    let secrets = KeyPackageSecrets::generate(&dave.suite, &parameters, &*dave.signer).unwrap();
    MlsMessage::from(secrets.key_package.clone()).to_bytes().unwrap()
}

// covers: 5.3.1-01
#[test]
fn a_client_with_a_bad_chain_is_not_added() {
    use CertificateDefect as D;
    type Adjust = fn(&mut CertificateParams);
    let cases: [(Adjust, D); 3] = [
        (|leaf| leaf.not_after = date_time_ymd(2025, 2, 1), D::Expired),
        (|leaf| leaf.not_before = date_time_ymd(2026, 2, 1), D::NotYetValid),
        (|leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), D::IsAnAuthority),
    ];
    let organisation = Organisation::new(SUITES[1]);
    let alice = organisation.client(organisation.identity("alice"));
    let mut group = alice.create_group(NewGroup::new(), NOW).unwrap();
    for (adjust, defect) in cases {
        let bob = organisation.client(organisation.identity_with("bob", adjust));
        let before = group.epoch_authenticator().to_vec();
        let refused = group.commit().add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap_err();
        let Error::CredentialRejected(rejection) = refused else { panic!("{refused}") };
        assert_eq!(rejection.reason, RejectionReason::Certificate { position: 0, defect });
        assert_eq!((group.epoch_authenticator(), group.pending_commit()), (&before[..], None));
    }
}

// covers: 5.3.1-02, 5.3.1-03
#[test]
fn members_and_joiners_that_trust_another_authority_refuse() {
    let ours = Organisation::new(SUITES[0]);
    let theirs = Organisation::new(SUITES[0]);
    let unknown = RejectionReason::Certificate { position: 1, defect: CertificateDefect::BadSignature };
    let reason = |error: Error| match error {
        Error::CredentialRejected(rejection) => rejection.reason,
        other => panic!("{other}"),
    };
    // Alice trusts both, Bob and Mallory only their own.
    let both = [&ours, &theirs].into_iter().fold(TrustStore::new(), |store, organisation| {
        store.with_anchor(TrustAnchor::from_der(&organisation.root.der, &Limits::DEFAULT).unwrap())
    });
    let validator = ours.x509();
    validator.set_trust(both);
    let alice = ours.builder(ours.identity("alice")).validator(Arc::new(validator)).build().unwrap();
    let bob = ours.client(ours.identity("bob"));
    let mallory = theirs.client(theirs.identity("mallory"));
    let mut groups = group_of(&[alice, bob]);
    let commit = groups[0].commit().add(&mallory.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    assert_eq!(reason(groups[1].receive_and_merge(&commit, NOW).unwrap_err()), unknown);
    groups[0].accept_commit().unwrap();
    let welcome = groups[0].welcome().unwrap();
    assert_eq!(reason(mallory.join(&welcome, None, NOW).unwrap_err()), unknown);
}

// covers: 7.3-07, 7.3-08
#[test]
fn where_a_member_does_not_support_certificates_nobody_with_one_comes_in() {
    let organisation = Organisation::new(SUITES[0]);
    let certified = organisation.builder(organisation.identity("alice")).validator(Arc::new(AcceptAll));
    let bare =
        Identity::generate(&copath_provider_rustcrypto::provider(), SUITES[0], Credential::basic(b"carol"));
    let bare = organisation.builder(bare.unwrap()).validator(Arc::new(AcceptAll));
    let (certified, bare) = (certified.build().unwrap(), bare.build().unwrap());
    let dave = key_package_that_lists_basic_alone(SUITES[0]);

    let mut group = certified.create_group(NewGroup::new(), NOW).unwrap();
    let refused = group.commit().add(&dave).prepare(NOW).unwrap_err();
    assert_eq!(refused.rule(), Some(rule!("7.3-08")));

    let mut group = bare.create_group(NewGroup::new(), NOW).unwrap();
    group.commit().add(&dave).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    let refused = group.commit().add(&certified.key_package(NOW).unwrap()).prepare(NOW).unwrap_err();
    assert_eq!(refused.rule(), Some(rule!("7.3-07")));
}

// covers: 5.3.2-02
#[test]
fn who_was_offline_reads_what_was_signed_under_a_certificate_that_expired_since() {
    const LATER: Timestamp = Timestamp(NOW.0 + 40 * 24 * 3_600);
    let organisation = Organisation::new(SUITES[1]);
    let alice = organisation.client(organisation.identity_with("alice", |leaf| {
        leaf.not_after = date_time_ymd(2025, 7, 20);
    }));
    let bob = organisation.client(organisation.identity("bob"));
    let mut groups = group_of(&[alice, bob]);
    let message = groups[0].encrypt(b"from the past").unwrap();
    let commit = groups[0].commit().prepare(NOW).unwrap();
    let Event::Application(received) = groups[1].receive(&message, LATER).unwrap() else { panic!("no data") };
    assert_eq!(received.data, b"from the past");
    groups[1].receive_and_merge(&commit, LATER).unwrap();
    // It is good for nothing new.
    let expired = groups[0].client().key_package(NOW).unwrap();
    let carol = organisation.client(organisation.identity("carol"));
    let mut other = carol.create_group(NewGroup::new(), LATER).unwrap();
    let Err(Error::CredentialRejected(rejection)) = other.commit().add(&expired).prepare(LATER) else {
        panic!("an expired certificate was accepted")
    };
    let reason = RejectionReason::Certificate { position: 0, defect: CertificateDefect::Expired };
    assert_eq!(rejection.reason, reason);
}
