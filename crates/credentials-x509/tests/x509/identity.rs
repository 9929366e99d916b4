//! Who a certificate is for.

use copath_credentials::{CertificateDefect as D, Credential, CredentialQuestion, CredentialRole};
use copath_credentials_x509::{Identity, IdentitySource, Policy, X509Error};
use rcgen::{CertificateParams, DnType, SanType, date_time_ymd};

use crate::authority::{Certified, as_is};
use crate::hierarchy::Hierarchy;
use crate::{NOW, chain, policy, refused, trust, validator, verify};

fn named(source: IdentitySource, adjust: impl FnOnce(&mut CertificateParams)) -> Result<String, D> {
    let h = Hierarchy::adjusted(as_is, as_is, adjust);
    let validator = validator(Policy::new(source), trust(&h.root.der));
    match verify(&validator, &h.chain(), h.leaf.key.public()) {
        Ok(verified) => Ok(verified.identity().to_string()),
        verdict => Err(refused(verdict).1),
    }
}

#[test]
fn the_policy_says_which_name_it_is() {
    let names = |leaf: &mut CertificateParams| {
        leaf.distinguished_name.push(DnType::OrganizationName, "Example");
        leaf.subject_alt_names = vec![
            SanType::Rfc822Name("Alice@Example.COM".try_into().unwrap()),
            SanType::URI("im:alice@example.com".try_into().unwrap()),
            SanType::DnsName("Phone.example.com".try_into().unwrap()),
        ];
    };
    let cases = [
        (IdentitySource::EmailAddress, "Alice@example.com"),
        (IdentitySource::Uri, "im:alice@example.com"),
        (IdentitySource::DnsName, "phone.example.com"),
        (IdentitySource::CommonName, "Client"),
        (IdentitySource::Subject, "O=Example,CN=Client"),
    ];
    for (source, expected) in cases {
        assert_eq!(named(source, names), Ok(expected.to_owned()));
    }
}

#[test]
fn there_is_exactly_one_name_of_the_kind() {
    let two = |leaf: &mut CertificateParams| {
        leaf.subject_alt_names.push(SanType::Rfc822Name("bob@example.com".try_into().unwrap()));
    };
    let none = |leaf: &mut CertificateParams| {
        leaf.subject_alt_names.clear();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
    };
    let wildcard = |leaf: &mut CertificateParams| {
        leaf.subject_alt_names = vec![SanType::DnsName("*.example.com".try_into().unwrap())];
    };
    let control = |leaf: &mut CertificateParams| {
        leaf.distinguished_name.push(DnType::CommonName, "al\u{7}ice");
    };
    assert_eq!(named(IdentitySource::EmailAddress, two), Err(D::AmbiguousIdentity));
    assert_eq!(named(IdentitySource::EmailAddress, none), Err(D::NoIdentity));
    assert_eq!(named(IdentitySource::CommonName, none), Err(D::NoIdentity));
    assert_eq!(named(IdentitySource::Subject, none), Err(D::NoIdentity));
    assert_eq!(named(IdentitySource::DnsName, wildcard), Err(D::NoIdentity));
    assert_eq!(named(IdentitySource::CommonName, control), Err(D::NoIdentity));
}

// covers: 5.3.1-09
#[test]
fn the_identity_is_one_that_the_application_expects_in_the_role() {
    let h = Hierarchy::new();
    let expected = |role, identity: &Identity| {
        role != CredentialRole::ExternalSender && identity.as_str() == "alice@example.com"
    };
    let validator = validator(policy().with_expected(expected), trust(&h.root.der));
    let bob = h.middle.client(|leaf| {
        leaf.subject_alt_names = vec![SanType::Rfc822Name("bob@example.com".try_into().unwrap())];
    });
    verify(&validator, &h.chain(), h.leaf.key.public()).unwrap();
    let verdict = verify(&validator, &chain(&[&bob.der, &h.middle.der]), bob.key.public());
    assert_eq!(verdict, Err(X509Error::WrongIdentity));
    let role = CredentialRole::ExternalSender;
    assert_eq!(validator.verify(&h.chain(), h.leaf.key.public(), role, NOW), Err(X509Error::WrongIdentity));
}

fn credential(h: &Hierarchy, leaf: &Certified) -> (Credential, Vec<u8>) {
    let certificates = chain(&[&leaf.der, &h.middle.der]);
    (Credential::X509 { certificates }, leaf.key.public().to_vec())
}

// covers: 5.3.1-08
#[test]
fn a_successor_and_the_same_client_have_the_same_identity() {
    let h = Hierarchy::new();
    let expired = h.middle.client(|leaf| leaf.not_after = date_time_ymd(2025, 3, 1));
    let bob = h.middle.client(|leaf| {
        leaf.subject_alt_names = vec![SanType::Rfc822Name("bob@example.com".try_into().unwrap())];
    });
    let validator = validator(policy(), trust(&h.root.der));
    let (alice, alice_key) = credential(&h, &h.leaf);
    let successor = |(old, old_key): (Credential, Vec<u8>), (new, new_key): (Credential, Vec<u8>)| {
        let question = CredentialQuestion::Successor {
            old,
            old_signature_key: old_key.into(),
            new,
            new_signature_key: new_key.into(),
        };
        validator.explain(&question, NOW)
    };
    assert_eq!(successor(credential(&h, &expired), credential(&h, &h.leaf)), Ok(()));
    assert_eq!(successor(credential(&h, &bob), credential(&h, &h.leaf)), Err(X509Error::NotASuccessor));
    let basic = (Credential::basic(b"alice"), alice_key.clone());
    assert_eq!(successor(basic, credential(&h, &h.leaf)), Err(X509Error::NotX509));
    let (other, _) = credential(&h, &bob);
    let mismatch = successor(credential(&h, &h.leaf), (other, alice_key.clone()));
    assert!(matches!(mismatch, Err(X509Error::Certificate(error)) if error.defect == D::KeyMismatch));
    let same = |(b, b_key): (Credential, Vec<u8>)| {
        let question = CredentialQuestion::SameClient {
            a: alice.clone(),
            a_signature_key: alice_key.clone().into(),
            b,
            b_signature_key: b_key.into(),
        };
        validator.explain(&question, NOW)
    };
    assert_eq!(same(credential(&h, &expired)), Ok(()));
    assert_eq!(same(credential(&h, &bob)), Err(X509Error::DifferentIdentity));
}
