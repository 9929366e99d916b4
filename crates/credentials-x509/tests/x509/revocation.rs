//! Revocation lists.

use copath_credentials::{CertificateDefect as D, CredentialRole, Timestamp};
use copath_credentials_x509::{Limits, MissingRevocationList, RevocationList, RevocationListError};
use rcgen::{
    CertificateRevocationListParams, CrlIssuingDistributionPoint, CrlScope, Issuer, KeyIdMethod,
    KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

use crate::authority::{Certified, as_is};
use crate::forge::{ED25519_ALGORITHM, replaced};
use crate::hierarchy::Hierarchy;
use crate::{NOW, chain, policy, refused, trust, validator, verify};

fn parameters(serials: &[u64]) -> CertificateRevocationListParams {
    let revoked = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2025, 5, 1),
        reason_code: None,
        invalidity_date: None,
    };
    CertificateRevocationListParams {
        this_update: date_time_ymd(2025, 6, 1),
        next_update: date_time_ymd(2025, 8, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

fn signed(issuer: &Certified, parameters: &CertificateRevocationListParams) -> Vec<u8> {
    let issuer = Issuer::from_params(&issuer.params, issuer.key.clone());
    parameters.signed_by(&issuer).unwrap().der().to_vec()
}

pub(crate) fn list(issuer: &Certified, serials: &[u64]) -> Vec<u8> {
    signed(issuer, &parameters(serials))
}

fn read(der: &[u8]) -> RevocationList {
    RevocationList::from_der(der, &Limits::DEFAULT).unwrap()
}

fn with_serials() -> Hierarchy {
    Hierarchy::adjusted(
        as_is,
        |middle| middle.serial_number = Some(SerialNumber::from(10)),
        |leaf| leaf.serial_number = Some(SerialNumber::from(200)),
    )
}

#[test]
fn a_revoked_certificate_is_refused_wherever_it_is() {
    let h = with_serials();
    for (by_root, by_middle, expected) in [
        (&[11][..], &[10, 201][..], None),
        (&[], &[10, 200], Some((0, D::Revoked))),
        (&[10], &[], Some((1, D::Revoked))),
    ] {
        let store = trust(&h.root.der)
            .with_revocation_list(read(&list(&h.root, by_root)))
            .with_revocation_list(read(&list(&h.middle, by_middle)));
        let verdict = verify(&validator(policy(), store), &h.chain(), h.leaf.key.public());
        match expected {
            None => drop(verdict.unwrap()),
            Some(defect) => assert_eq!(refused(verdict), defect),
        }
    }
}

#[test]
fn an_intermediate_that_the_chain_leaves_out_can_be_revoked() {
    let h = with_serials();
    let store = trust(&h.root.der)
        .with_intermediate(&h.middle.der, &Limits::DEFAULT)
        .unwrap()
        .with_revocation_list(read(&list(&h.root, &[10])));
    let verdict = verify(&validator(policy(), store), &chain(&[&h.leaf.der]), h.leaf.key.public());
    assert_eq!(refused(verdict), (1, D::Revoked));
}

#[test]
fn a_list_is_used_while_it_is_fresh() {
    let h = with_serials();
    let store = || trust(&h.root.der).with_revocation_list(read(&list(&h.middle, &[])));
    let at = |policy, now| {
        let validator = validator(policy, store());
        validator.verify(&h.chain(), h.leaf.key.public(), CredentialRole::Added, Timestamp(now))
    };
    const JUNE: u64 = 1_748_736_000;
    const AUGUST: u64 = 1_754_006_400;
    const SKEW: u64 = 300;
    at(policy(), JUNE - SKEW).unwrap();
    at(policy(), AUGUST + SKEW).unwrap();
    assert_eq!(refused(at(policy(), JUNE - SKEW - 1)), (0, D::RevocationListNotYetValid));
    assert_eq!(refused(at(policy(), AUGUST + SKEW + 1)), (0, D::RevocationListStale));
    let mut week = policy();
    week.revocation.maximum_age = Some(7 * 86_400);
    at(week.clone(), JUNE + 7 * 86_400).unwrap();
    assert_eq!(refused(at(week, JUNE + 8 * 86_400)), (0, D::RevocationListStale));
}

#[test]
fn a_list_that_another_key_signed_is_refused() {
    let h = with_serials();
    let mallory = with_serials();
    let store = trust(&h.root.der).with_revocation_list(read(&list(&mallory.middle, &[])));
    let verdict = verify(&validator(policy(), store), &h.chain(), h.leaf.key.public());
    assert_eq!(refused(verdict), (0, D::RevocationListForged));
    // A newer forged list doesn't hide the genuine one.
    let mut newer = parameters(&[]);
    newer.this_update = date_time_ymd(2025, 6, 15);
    let store = trust(&h.root.der)
        .with_revocation_list(read(&signed(&mallory.middle, &newer)))
        .with_revocation_list(read(&list(&h.middle, &[200])));
    let verdict = verify(&validator(policy(), store), &h.chain(), h.leaf.key.public());
    assert_eq!(refused(verdict), (0, D::Revoked));
}

#[test]
fn the_newest_list_counts() {
    let h = with_serials();
    let mut newer = parameters(&[200]);
    newer.this_update = date_time_ymd(2025, 6, 15);
    let (older, newer) = (list(&h.middle, &[]), signed(&h.middle, &newer));
    for lists in [[&older, &newer], [&newer, &older]] {
        let store = lists.iter().fold(trust(&h.root.der), |store, der| store.with_revocation_list(read(der)));
        assert_eq!(
            refused(verify(&validator(policy(), store), &h.chain(), h.leaf.key.public())),
            (0, D::Revoked)
        );
    }
}

#[test]
fn an_issuer_that_may_not_sign_lists_signs_none() {
    let h = Hierarchy::adjusted(as_is, |m| m.key_usages = vec![KeyUsagePurpose::KeyCertSign], as_is);
    // rcgen refuses to sign with such a key usage, so the list is made in the name of a twin.
    let mut twin = rcgen::CertificateParams::default();
    twin.distinguished_name = h.middle.params.distinguished_name.clone();
    twin.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let issuer = Issuer::from_params(&twin, h.middle.key.clone());
    let der = parameters(&[]).signed_by(&issuer).unwrap().der().to_vec();
    let store = trust(&h.root.der).with_revocation_list(read(&der));
    let verdict = verify(&validator(policy(), store), &h.chain(), h.leaf.key.public());
    assert_eq!(refused(verdict), (0, D::RevocationListForged));
}

#[test]
fn where_the_policy_asks_for_lists_each_issuer_needs_one() {
    let h = with_serials();
    let mut strict = policy();
    strict.revocation.missing = MissingRevocationList::Refuse;
    let verdict = |store| verify(&validator(strict.clone(), store), &h.chain(), h.leaf.key.public());
    let of_root = || trust(&h.root.der).with_revocation_list(read(&list(&h.root, &[])));
    assert_eq!(refused(verdict(trust(&h.root.der))), (1, D::RevocationUnknown));
    assert_eq!(refused(verdict(of_root())), (0, D::RevocationUnknown));
    let both = of_root().with_revocation_list(read(&list(&h.middle, &[])));
    verdict(both.clone()).unwrap();
    assert_eq!(refused(verdict(both.without_revocation_lists())), (1, D::RevocationUnknown));
}

#[test]
fn lists_that_are_not_whole_are_refused() {
    let h = with_serials();
    let der = list(&h.middle, &[1, 2, 3]);
    let refused = |der: &[u8]| RevocationList::from_der(der, &Limits::DEFAULT).unwrap_err();
    for end in 0..der.len() {
        assert_eq!(refused(&der[..end]), RevocationListError::Malformed);
    }
    assert_eq!(refused(&[&der[..], &[0]].concat()), RevocationListError::Malformed);
    let limits = Limits { revocation_list_size: der.len() - 1, ..Limits::DEFAULT };
    assert_eq!(RevocationList::from_der(&der, &limits).unwrap_err(), RevocationListError::TooLarge);
    let mut partial = parameters(&[]);
    partial.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
        distribution_point: rcgen::CrlDistributionPoint { uris: vec!["http://example.com".into()] },
        scope: Some(CrlScope::UserCertsOnly),
    });
    assert_eq!(refused(&signed(&h.middle, &partial)), RevocationListError::UnknownCriticalExtension);
    // Both statements of the algorithm become one that is nobody's.
    let nobodys = [0x30, 5, 6, 3, 0x2b, 0x65, 0x72];
    let twice =
        |der: &[u8]| replaced(&replaced(der, &ED25519_ALGORITHM, &nobodys), &ED25519_ALGORITHM, &nobodys);
    assert_eq!(refused(&twice(&der)), RevocationListError::UnsupportedSignature);
    assert_eq!(read(&der).len(), 3);
    assert!(!read(&der).is_empty());
    assert_eq!(read(&der).issuer().to_string(), "CN=Intermediate");
    assert_eq!(read(&der).next_update(), 1_754_006_400);
    assert_eq!(NOW, Timestamp(1_751_328_000));
}
