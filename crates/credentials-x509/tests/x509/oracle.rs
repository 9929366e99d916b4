//! A second opinion: rustls-webpki judges the same chains with cryptography of its own.
//!
//! It is made for TLS: it ignores keyUsage, refuses every constraint on mailboxes, URIs and directory names, and takes
//! the certificates in any order. Whatever we accept it has to accept, but for those constraints.

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect as D, CredentialRole, Timestamp};
use copath_credentials_x509::X509Error;
use rcgen::{
    BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::aws_lc_rs::{ECDSA_P256_SHA256, ECDSA_P384_SHA384, ECDSA_P521_SHA512, ED25519};

use crate::authority::{Adjust, as_is};
use crate::fixtures::hierarchy;
use crate::hierarchy::Hierarchy;
use crate::{NOW, policy, trust, validator, verify};

fn webpki_accepts(root: &[u8], chain: &[Opaque], now: Timestamp) -> bool {
    let root = CertificateDer::from(root);
    let Ok(anchor) = webpki::anchor_from_trusted_cert(&root) else { return false };
    let certificates: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let Some((leaf, intermediates)) = certificates.split_first() else { return false };
    let Ok(leaf) = webpki::EndEntityCert::try_from(leaf) else { return false };
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now.0));
    let usage = webpki::KeyUsage::client_auth();
    let algorithms = [ECDSA_P256_SHA256, ECDSA_P384_SHA384, ECDSA_P521_SHA512, ED25519];
    leaf.verify_for_usage(&algorithms, &[anchor], intermediates, time, usage, None, None).is_ok()
}

#[test]
fn chains_by_openssl_are_accepted_by_both() {
    for curve in ["p256", "p384", "p521", "ed25519"] {
        let fixture = hierarchy(curve, "leaf");
        assert!(webpki_accepts(&fixture.root, &fixture.chain, NOW));
        let validator = validator(policy(), trust(&fixture.root));
        verify(&validator, &fixture.chain, &fixture.key).unwrap();
    }
}

const ROOTS: [Adjust; 3] = [as_is, |p| limited(p, 0), |p| p.not_after = rcgen::date_time_ymd(2025, 3, 1)];
const MIDDLES: [Adjust; 8] = [
    as_is,
    |p| limited(p, 0),
    |p| p.is_ca = IsCa::NoCa,
    |p| p.not_before = rcgen::date_time_ymd(2026, 1, 1),
    |p| p.key_usages = vec![KeyUsagePurpose::CrlSign],
    |p| p.name_constraints = Some(hosts("example.com")),
    |p| p.name_constraints = Some(hosts("example.org")),
    |p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth],
];
const LEAVES: [Adjust; 6] = [
    as_is,
    |p| p.not_after = rcgen::date_time_ymd(2025, 3, 1),
    |p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
    |p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth],
    |p| p.subject_alt_names.push(SanType::DnsName("a.example.com".try_into().unwrap())),
    |p| p.custom_extensions.push(critical()),
];

fn limited(params: &mut CertificateParams, limit: u8) {
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit));
}

fn hosts(base: &str) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(base.into())],
        excluded_subtrees: vec![],
    }
}

fn critical() -> rcgen::CustomExtension {
    let mut extension = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(true);
    extension
}

#[test]
fn whatever_is_accepted_here_is_accepted_there_and_what_differs_is_known() {
    let (mut both, mut neither, mut stricter) = (0, 0, 0);
    for (root, middle, leaf) in triples() {
        let h = Hierarchy::adjusted(root, middle, leaf);
        for now in [NOW, Timestamp(NOW.0 - 400 * 86_400), Timestamp(NOW.0 + 4000 * 86_400)] {
            let validator = validator(policy(), trust(&h.root.der));
            let key = h.leaf.key.public();
            let ours = validator.verify(&h.chain(), key, CredentialRole::Added, now);
            match (ours, webpki_accepts(&h.root.der, &h.chain(), now)) {
                (Ok(_), true) => both += 1,
                (Err(_), false) => neither += 1,
                (Ok(_), false) => panic!("accepted here alone"),
                (Err(X509Error::Certificate(error)), true) => {
                    // keyUsage is ignored there, and so are a trust anchor's own limits.
                    let anchor = error.position == 2;
                    assert!(anchor || error.defect == D::MayNotCertify, "{error}");
                    stricter += 1;
                }
                (Err(error), true) => panic!("{error}"),
            }
        }
    }
    assert_eq!(both + neither + stricter, 3 * 8 * 6 * 3);
    assert!(both == 7 && neither > 100 && stricter >= 4, "{both} {neither} {stricter}");
}

fn triples() -> impl Iterator<Item = (Adjust, Adjust, Adjust)> {
    ROOTS.into_iter().flat_map(|root| {
        MIDDLES.into_iter().flat_map(move |middle| LEAVES.into_iter().map(move |leaf| (root, middle, leaf)))
    })
}
