//! Where the role makes a difference.

use copath_credentials::{CertificateDefect as D, CredentialRole, Timestamp};
use copath_credentials_x509::KeyPurpose;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};

use crate::authority::as_is;
use crate::hierarchy::Hierarchy;
use crate::{NOW, policy, refused, trust, validator};

const ROLES: [CredentialRole; 7] = [
    CredentialRole::Member,
    CredentialRole::Added,
    CredentialRole::JoinRequest,
    CredentialRole::Updated,
    CredentialRole::Committer,
    CredentialRole::ExternalSender,
    CredentialRole::ExternalJoiner,
];

// covers: 5.3.2-01
#[test]
fn only_a_present_member_may_have_expired_lately() {
    const DAY: u64 = 86_400;
    let h = Hierarchy::adjusted(as_is, as_is, |leaf| leaf.not_after = date_time_ymd(2025, 7, 1));
    let mut lenient = policy();
    lenient.expired_member_grace = 30 * DAY;
    let lenient = validator(lenient, trust(&h.root.der));
    let strict = validator(policy(), trust(&h.root.der));
    for role in ROLES {
        let verdict = |v: &copath_credentials_x509::X509Validator, days| {
            v.verify(&h.chain(), h.leaf.key.public(), role, Timestamp(NOW.0 + days * DAY))
        };
        assert_eq!(refused(verdict(&strict, 1)), (0, D::Expired));
        assert_eq!(refused(verdict(&lenient, 31)), (0, D::Expired));
        match role {
            CredentialRole::Member => drop(verdict(&lenient, 29).unwrap()),
            _ => assert_eq!(refused(verdict(&lenient, 29)), (0, D::Expired)),
        }
    }
}

#[test]
fn external_senders_have_purposes_of_their_own() {
    let h = Hierarchy::adjusted(as_is, as_is, |leaf| {
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let mut policy = policy();
    policy.external_sender_purposes = vec![KeyPurpose::from_oid("1.3.6.1.5.5.7.3.1").unwrap()];
    let validator = validator(policy, trust(&h.root.der));
    for role in ROLES {
        let verdict = validator.verify(&h.chain(), h.leaf.key.public(), role, NOW);
        match role {
            CredentialRole::ExternalSender => drop(verdict.unwrap()),
            _ => assert_eq!(refused(verdict), (0, D::WrongPurpose)),
        }
    }
}
