//! Name constraints, in chains.

use std::net::{IpAddr, Ipv4Addr};

use copath_credentials::CertificateDefect as D;
use rcgen::{
    CertificateParams, CidrSubnet, DistinguishedName, DnType, GeneralSubtree, NameConstraints, SanType,
};

use crate::authority::{Certified, as_is};
use crate::hierarchy::Hierarchy;
use crate::{chain, policy, refused, trust, validator, verify};

fn constrained(
    permitted: Vec<GeneralSubtree>,
    excluded: Vec<GeneralSubtree>,
) -> impl FnOnce(&mut CertificateParams) {
    let constraints = NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded };
    |params| params.name_constraints = Some(constraints)
}

fn verdict(
    permitted: Vec<GeneralSubtree>,
    excluded: Vec<GeneralSubtree>,
    leaf: impl FnOnce(&mut CertificateParams),
) -> Option<D> {
    let h = Hierarchy::adjusted(as_is, constrained(permitted, excluded), leaf);
    match h.verify(&h.chain()) {
        Ok(_) => None,
        verdict => {
            let (position, defect) = refused(verdict);
            assert_eq!(position, 0);
            Some(defect)
        }
    }
}

fn mail(base: &str) -> GeneralSubtree {
    GeneralSubtree::Rfc822Name(base.into())
}

fn dns(base: &str) -> GeneralSubtree {
    GeneralSubtree::DnsName(base.into())
}

fn directory(values: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in values {
        name.push(kind.clone(), *value);
    }
    name
}

#[test]
fn mailboxes() {
    let cases = [
        (vec![mail("example.com")], vec![], None),
        (vec![mail("EXAMPLE.com")], vec![], None),
        (vec![mail("alice@example.com")], vec![], None),
        (vec![mail("bob@example.com"), mail("alice@Example.com")], vec![], None),
        (vec![mail("Alice@example.com")], vec![], Some(D::NameNotPermitted)),
        (vec![mail(".example.com")], vec![], Some(D::NameNotPermitted)),
        (vec![mail(".com")], vec![], None),
        (vec![mail("ample.com")], vec![], Some(D::NameNotPermitted)),
        (vec![mail("example.org")], vec![], Some(D::NameNotPermitted)),
        (vec![dns("example.org")], vec![], None),
        (vec![], vec![mail("example.org")], None),
        (vec![], vec![mail("example.com")], Some(D::NameExcluded)),
        (vec![], vec![mail("ALICE@example.com")], Some(D::NameExcluded)),
        (vec![mail("example.com")], vec![mail("alice@example.com")], Some(D::NameExcluded)),
        (vec![mail("..")], vec![], Some(D::NameConstraintUnsupported)),
    ];
    for (permitted, excluded, expected) in cases {
        assert_eq!(
            verdict(permitted.clone(), excluded.clone(), as_is),
            expected,
            "{permitted:?} {excluded:?}"
        );
    }
}

#[test]
fn a_mailbox_in_the_subject_is_constrained_too() {
    let email = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
    let in_subject = |leaf: &mut CertificateParams| {
        let address = rcgen::string::Ia5String::try_from("alice@example.org").unwrap();
        leaf.distinguished_name.push(email.clone(), rcgen::DnValue::Ia5String(address));
    };
    assert_eq!(verdict(vec![mail("example.com")], vec![], in_subject), Some(D::NameNotPermitted));
}

#[test]
fn hosts_and_addresses() {
    let with = |san: SanType| move |leaf: &mut CertificateParams| leaf.subject_alt_names.push(san);
    let host = |name: &str| with(SanType::DnsName(name.try_into().unwrap()));
    let cases = [
        ("device.example.com", vec![dns("example.com")], vec![], None),
        ("example.com", vec![dns("example.com")], vec![], None),
        ("example.com", vec![dns(".example.com")], vec![], Some(D::NameNotPermitted)),
        ("badexample.com", vec![dns("example.com")], vec![], Some(D::NameNotPermitted)),
        ("x.example.com", vec![], vec![dns("EXAMPLE.COM")], Some(D::NameExcluded)),
        ("*.example.com", vec![dns("example.com")], vec![], Some(D::NameConstraintUnsupported)),
        ("example.com.", vec![], vec![dns("example.com")], Some(D::NameConstraintUnsupported)),
    ];
    for (name, permitted, excluded, expected) in cases {
        assert_eq!(verdict(permitted, excluded, host(name)), expected, "{name}");
    }
    let net = || GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([10, 1, 0, 0], 16));
    let at = |last: [u8; 4]| with(SanType::IpAddress(IpAddr::V4(Ipv4Addr::from(last))));
    assert_eq!(verdict(vec![net()], vec![], at([10, 1, 255, 3])), None);
    assert_eq!(verdict(vec![net()], vec![], at([10, 2, 0, 1])), Some(D::NameNotPermitted));
    assert_eq!(verdict(vec![], vec![net()], at([10, 1, 0, 1])), Some(D::NameExcluded));
    let v6 = with(SanType::IpAddress("2001:db8::1".parse().unwrap()));
    assert_eq!(verdict(vec![net()], vec![], v6), Some(D::NameNotPermitted));
}

#[test]
fn directory_names() {
    let subject = |values: &'static [(DnType, &str)]| {
        move |leaf: &mut CertificateParams| leaf.distinguished_name = directory(values)
    };
    let below = |values: &[(DnType, &str)]| vec![GeneralSubtree::DirectoryName(directory(values))];
    use DnType::{CommonName, OrganizationName};
    let acme = below(&[(OrganizationName, "Acme")]);
    let loud = below(&[(OrganizationName, "  ACME ")]);
    let alice = subject(&[(OrganizationName, "Acme"), (CommonName, "Alice")]);
    let foreign = subject(&[(OrganizationName, "Other"), (CommonName, "Alice")]);
    assert_eq!(verdict(acme.clone(), vec![], alice), None);
    assert_eq!(verdict(loud.clone(), vec![], alice), None);
    assert_eq!(verdict(acme.clone(), vec![], foreign), Some(D::NameNotPermitted));
    assert_eq!(verdict(vec![], loud, alice), Some(D::NameExcluded));
    assert_eq!(verdict(acme, vec![], |leaf| leaf.distinguished_name = directory(&[])), None);
}

#[test]
fn constraints_hold_for_all_below_and_those_of_all_above() {
    let root = Certified::root("Root", constrained(vec![mail("example.com")], vec![]));
    let middle = root.authority("Intermediate", constrained(vec![], vec![mail("eve@example.com")]));
    let validator = validator(policy(), trust(&root.der));
    let verdict = |mailbox: &str| {
        let leaf = middle.client(|p| {
            p.subject_alt_names = vec![SanType::Rfc822Name(mailbox.try_into().unwrap())];
        });
        verify(&validator, &chain(&[&leaf.der, &middle.der]), leaf.key.public())
    };
    verdict("alice@example.com").unwrap();
    assert_eq!(refused(verdict("alice@example.org")), (0, D::NameNotPermitted));
    assert_eq!(refused(verdict("eve@example.com")), (0, D::NameExcluded));
    // An authority in between is below too.
    let named = root.authority("Named", |p| {
        p.subject_alt_names = vec![SanType::Rfc822Name("ca@example.org".try_into().unwrap())];
    });
    let leaf = named.client(as_is);
    let chain = chain(&[&leaf.der, &named.der]);
    assert_eq!(refused(verify(&validator, &chain, leaf.key.public())), (1, D::NameNotPermitted));
}
