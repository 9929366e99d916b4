//! Chains by rcgen, each with one defect.

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect as D, CredentialRole, Timestamp};
use copath_credentials_x509::X509Error;
use copath_crypto::SignatureScheme;
use rcgen::{
    BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, date_time_ymd,
};

use crate::authority::{Certified, ED25519, Key, as_is, authority_params, client_params};
use crate::forge::{ED25519_ALGORITHM, content, replaced, signed, signed_with};
use crate::hierarchy::Hierarchy;
use crate::{NOW, chain, policy, refused, trust, validator, verify};

#[test]
fn a_good_chain_is_accepted_with_and_without_its_root() {
    let h = Hierarchy::new();
    let verified = h.verify(&h.chain()).unwrap();
    assert_eq!(verified.identity().as_str(), "alice@example.com");
    assert_eq!(verified.not_after(), Timestamp(2_051_222_400));
    h.verify(&chain(&[&h.leaf.der, &h.middle.der, &h.root.der])).unwrap();
}

#[test]
fn chains_that_are_empty_or_absurdly_long_are_not_parsed() {
    let h = Hierarchy::new();
    assert_eq!(h.verify(&[]), Err(X509Error::EmptyChain));
    let long = vec![Opaque::from(b"not a certificate"); 9];
    assert_eq!(h.verify(&long), Err(X509Error::ChainTooLong { length: 9, limit: 8 }));
    let mut large = h.chain();
    large.push(Opaque::from(vec![0; 16 * 1024 + 1]));
    assert_eq!(refused(h.verify(&large)), (2, D::TooLarge));
}

// covers: 5.3-02
#[test]
fn an_entry_is_one_certificate_in_der() {
    let h = Hierarchy::new();
    let pem = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let two = [&h.leaf.der[..], &h.middle.der].concat();
    let cut = &h.leaf.der[..h.leaf.der.len() - 1];
    for entry in [&pem[..], &two, &[&h.leaf.der[..], &[0]].concat(), cut, &[]] {
        assert_eq!(refused(h.verify(&chain(&[entry, &h.middle.der]))), (0, D::Malformed));
        assert_eq!(refused(h.verify(&chain(&[&h.leaf.der, entry]))), (1, D::Malformed));
    }
}

// covers: 5.3-02
#[test]
fn the_order_is_from_the_end_entity_upwards() {
    let h = Hierarchy::new();
    let lower = h.middle.authority("Lower", as_is);
    let leaf = lower.client(as_is);
    let validator = validator(policy(), trust(&h.root.der));
    let verdict = |certificates: &[&[u8]]| verify(&validator, &chain(certificates), leaf.key.public());
    verdict(&[&leaf.der, &lower.der, &h.middle.der]).unwrap();
    assert_eq!(refused(verdict(&[&h.middle.der, &lower.der, &leaf.der])), (0, D::KeyMismatch));
    assert_eq!(refused(verdict(&[&leaf.der, &h.middle.der, &lower.der])), (1, D::WrongOrder));
    assert_eq!(refused(verdict(&[&leaf.der, &lower.der, &h.root.der])), (2, D::WrongOrder));
    assert_eq!(refused(verdict(&[&leaf.der, &lower.der, &lower.der])), (2, D::Duplicate));
    assert_eq!(refused(verdict(&[&leaf.der, &leaf.der, &lower.der])), (1, D::Duplicate));
    assert_eq!(refused(verdict(&[&leaf.der, &lower.der])), (1, D::UnknownIssuer));
    assert_eq!(refused(verdict(&[&leaf.der])), (0, D::UnknownIssuer));
}

#[test]
fn a_circle_is_refused() {
    let a = Certified::root("A", as_is);
    let b = Certified::root("B", as_is);
    let a_by_b = b.issue(authority_params("A"), a.key.clone(), as_is);
    let b_by_a = a.issue(authority_params("B"), b.key.clone(), as_is);
    let leaf = a.client(as_is);
    let validator = validator(policy(), trust(&Hierarchy::new().root.der));
    let circle = chain(&[&leaf.der, &a_by_b.der, &b_by_a.der, &a.der]);
    assert_eq!(refused(verify(&validator, &circle, leaf.key.public())), (3, D::Duplicate));
}

// covers: 5.3-01
#[test]
fn the_key_is_that_of_the_leaf() {
    let h = Hierarchy::new();
    let validator = validator(policy(), trust(&h.root.der));
    for other in [ED25519, SignatureScheme::ECDSA_SECP256R1_SHA256, SignatureScheme::ECDSA_SECP384R1_SHA384] {
        let verdict = verify(&validator, &h.chain(), Key::new(other).public());
        assert_eq!(refused(verdict), (0, D::KeyMismatch));
    }
}

// covers: 5.1.2-01
#[test]
fn a_key_for_another_algorithm_is_refused_though_its_octets_are_equal() {
    let h = Hierarchy::new();
    // The object identifier of Ed25519 becomes that of X25519, whose keys are of the same length.
    let mut der = h.leaf.der.clone();
    let info =
        [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00], h.leaf.key.public()];
    let info = info.concat();
    let at = der.windows(info.len()).position(|window| window == info).unwrap();
    der[at + 8] = 0x6e;
    assert_eq!(refused(h.verify(&chain(&[&der, &h.middle.der]))), (0, D::UnsupportedKey));
}

#[test]
fn a_curve_that_no_suite_has_is_refused_in_any_certificate() {
    let curve = |last| [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, last];
    let other_curve = |der: &[u8]| replaced(der, &curve(7), &curve(6)); // prime239v3 for P-256
    let key = Key::new(SignatureScheme::ECDSA_SECP256R1_SHA256);
    let root = Certified::root("Root", as_is);
    let middle = root.issue(authority_params("Intermediate"), key.clone(), as_is);
    let leaf = middle.issue(client_params("alice@example.com"), key.clone(), as_is);
    let validator = validator(policy(), trust(&root.der));
    let verdict = |leaf: &[u8], middle: &[u8]| verify(&validator, &chain(&[leaf, middle]), key.public());
    verdict(&leaf.der, &middle.der).unwrap();
    assert_eq!(refused(verdict(&other_curve(&leaf.der), &middle.der)), (0, D::UnsupportedKey));
    assert_eq!(refused(verdict(&leaf.der, &other_curve(&middle.der))), (1, D::UnsupportedKey));
}

#[test]
fn a_certificate_of_version_2_is_refused() {
    let h = Hierarchy::new();
    let version = |number| [0xa0, 3, 2, 1, number];
    let content = replaced(&content(&h.leaf.der), &version(2), &version(1));
    let der = signed(&content, &h.middle);
    assert_eq!(refused(h.verify(&chain(&[&der, &h.middle.der]))), (0, D::Version));
}

#[test]
fn the_signature_algorithm_is_stated_twice_and_fits_the_issuers_key() {
    let h = Hierarchy::new();
    let other = |last| [0x30, 5, 6, 3, 0x2b, 0x65, last];
    let content = content(&h.leaf.der);
    let differs = signed_with(&content, &other(0x71), &h.middle);
    assert_eq!(refused(h.verify(&chain(&[&differs, &h.middle.der]))), (0, D::SignatureAlgorithmMismatch));
    // Ed448 isn't the algorithm of the issuer's key, and the other is nobody's.
    for last in [0x71, 0x72] {
        let content = replaced(&content, &ED25519_ALGORITHM, &other(last));
        let der = signed_with(&content, &other(last), &h.middle);
        assert_eq!(refused(h.verify(&chain(&[&der, &h.middle.der]))), (0, D::UnsupportedSignature));
    }
}

#[test]
fn each_certificate_is_valid_at_the_time_given() {
    let h = Hierarchy::adjusted(
        as_is,
        |middle| middle.not_before = date_time_ymd(2025, 2, 1),
        |leaf| leaf.not_after = date_time_ymd(2026, 1, 1),
    );
    let validator = validator(policy(), trust(&h.root.der));
    let at = |now| validator.verify(&h.chain(), h.leaf.key.public(), CredentialRole::Added, Timestamp(now));
    const FEBRUARY: u64 = 1_738_368_000;
    const NEW_YEAR: u64 = 1_767_225_600;
    const SKEW: u64 = 300;
    at(FEBRUARY - SKEW).unwrap();
    at(NEW_YEAR + SKEW).unwrap();
    assert_eq!(refused(at(FEBRUARY - SKEW - 1)), (1, D::NotYetValid));
    assert_eq!(refused(at(NEW_YEAR + SKEW + 1)), (0, D::Expired));
    assert_eq!(refused(at(0)), (1, D::NotYetValid));
    assert_eq!(refused(at(u64::MAX)), (1, D::Expired));
}

#[test]
fn a_certificate_that_ends_before_it_begins_is_refused() {
    let h = Hierarchy::adjusted(as_is, as_is, |leaf| leaf.not_after = date_time_ymd(2024, 1, 1));
    assert_eq!(refused(h.verify(&h.chain())), (0, D::EmptyValidity));
}

#[test]
fn issuers_are_authorities_and_clients_are_not() {
    type Defect = (u16, D);
    let no_ca = Hierarchy::adjusted(as_is, |middle| middle.is_ca = IsCa::NoCa, as_is);
    let explicit = Hierarchy::adjusted(as_is, |middle| middle.is_ca = IsCa::ExplicitNoCa, as_is);
    let usage = Hierarchy::adjusted(as_is, |m| m.key_usages = vec![KeyUsagePurpose::CrlSign], as_is);
    let ca_leaf =
        Hierarchy::adjusted(as_is, as_is, |leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let sign = Hierarchy::adjusted(as_is, as_is, |l| l.key_usages = vec![KeyUsagePurpose::KeyAgreement]);
    let server = [ExtendedKeyUsagePurpose::ServerAuth];
    let purpose = Hierarchy::adjusted(as_is, as_is, |l| l.extended_key_usages = server.to_vec());
    let ca_purpose = Hierarchy::adjusted(as_is, |m| m.extended_key_usages = server.to_vec(), as_is);
    let cases: [(Hierarchy, Defect); 7] = [
        (no_ca, (1, D::NotAnAuthority)),
        (explicit, (1, D::NotAnAuthority)),
        (usage, (1, D::MayNotCertify)),
        (ca_leaf, (0, D::IsAnAuthority)),
        (sign, (0, D::MayNotSign)),
        (purpose, (0, D::WrongPurpose)),
        (ca_purpose, (1, D::WrongPurpose)),
    ];
    for (h, defect) in cases {
        assert_eq!(refused(h.verify(&h.chain())), defect);
    }
}

#[test]
fn a_client_can_not_issue_certificates() {
    let h = Hierarchy::new();
    let below = h.leaf.issue(client_params("mallory@example.com"), Key::new(ED25519), as_is);
    let validator = validator(policy(), trust(&h.root.der));
    let forged = chain(&[&below.der, &h.leaf.der, &h.middle.der]);
    assert_eq!(refused(verify(&validator, &forged, below.key.public())), (1, D::NotAnAuthority));
}

#[test]
fn the_path_length_counts_the_authorities_in_between() {
    let limit = |limit| {
        move |p: &mut rcgen::CertificateParams| p.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit))
    };
    for (root_limit, middle_limit, expected) in
        [(2, 1, None), (2, 0, Some((2, D::PathTooLong))), (1, 1, Some((3, D::PathTooLong)))]
    {
        let root = Certified::root("Root", limit(root_limit));
        let middle = root.authority("Middle", limit(middle_limit));
        let lower = middle.authority("Lower", limit(0));
        let leaf = lower.client(as_is);
        let validator = validator(policy(), trust(&root.der));
        let verdict = verify(&validator, &chain(&[&leaf.der, &lower.der, &middle.der]), leaf.key.public());
        match expected {
            None => drop(verdict.unwrap()),
            Some(defect) => assert_eq!(refused(verdict), defect),
        }
    }
}

#[test]
fn an_unknown_critical_extension_is_refused_wherever_it_is() {
    let with = |critical| {
        move |params: &mut rcgen::CertificateParams| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
            extension.set_criticality(critical);
            params.custom_extensions.push(extension);
        }
    };
    let h = Hierarchy::adjusted(as_is, with(false), with(false));
    h.verify(&h.chain()).unwrap();
    let h = Hierarchy::adjusted(as_is, as_is, with(true));
    assert_eq!(refused(h.verify(&h.chain())), (0, D::UnknownCriticalExtension));
    let h = Hierarchy::adjusted(as_is, with(true), as_is);
    assert_eq!(refused(h.verify(&h.chain())), (1, D::UnknownCriticalExtension));
}

#[test]
fn extensions_that_occur_twice_or_can_not_be_read_are_refused() {
    let with = |oid: &'static [u64], content: Vec<u8>| {
        move |params: &mut rcgen::CertificateParams| {
            params.custom_extensions.push(CustomExtension::from_oid_content(oid, content));
        }
    };
    // A second keyUsage; a subject alternative name that is a NULL.
    let h = Hierarchy::adjusted(as_is, as_is, with(&[2, 5, 29, 15], vec![3, 2, 7, 0x80]));
    assert_eq!(refused(h.verify(&h.chain())), (0, D::DuplicateExtension));
    let h = Hierarchy::adjusted(as_is, as_is, |leaf| {
        leaf.subject_alt_names.clear();
        with(&[2, 5, 29, 17], vec![5, 0])(leaf);
    });
    assert_eq!(refused(h.verify(&h.chain())), (0, D::MalformedExtension));
}

#[test]
fn signatures_are_the_issuers() {
    let h = Hierarchy::new();
    let flip = |der: &[u8]| {
        let mut der = der.to_vec();
        *der.last_mut().unwrap() ^= 1;
        der
    };
    assert_eq!(refused(h.verify(&chain(&[&flip(&h.leaf.der), &h.middle.der]))), (0, D::BadSignature));
    assert_eq!(refused(h.verify(&chain(&[&h.leaf.der, &flip(&h.middle.der)]))), (1, D::BadSignature));
    // Another authority of the same names.
    let mallory = Hierarchy::new();
    let forged = chain(&[&mallory.leaf.der, &mallory.middle.der]);
    let validator = validator(policy(), trust(&h.root.der));
    assert_eq!(refused(verify(&validator, &forged, mallory.leaf.key.public())), (1, D::BadSignature));
    let mixed = chain(&[&mallory.leaf.der, &h.middle.der]);
    assert_eq!(refused(verify(&validator, &mixed, mallory.leaf.key.public())), (0, D::BadSignature));
    let with_root = chain(&[&mallory.leaf.der, &mallory.middle.der, &mallory.root.der]);
    assert_eq!(refused(verify(&validator, &with_root, mallory.leaf.key.public())), (2, D::BadSignature));
}

#[test]
fn the_subject_of_a_refused_certificate_is_told() {
    let h = Hierarchy::adjusted(as_is, |middle| middle.is_ca = IsCa::NoCa, as_is);
    let Err(X509Error::Certificate(error)) = h.verify(&h.chain()) else { panic!("not refused") };
    assert_eq!(error.subject.as_ref().unwrap().to_string(), "CN=Intermediate");
    let text = "certificate 1 of the chain (CN=Intermediate): it isn't that of a certification authority";
    assert_eq!(error.to_string(), text);
    assert_eq!(NOW, Timestamp(1_751_328_000));
}
