//! Extensions, capabilities, lifetimes.

use alloc::vec;

use copath_codec::{DecodeContext, Encode, Opaque};
use copath_credentials::{Credential, CredentialType, Timestamp};
use copath_crypto::CipherSuite;
use copath_rules::{Part, rule};

use super::samples;
use crate::*;

fn required() -> RequiredCapabilities {
    RequiredCapabilities {
        extension_types: vec![ExtensionType::EXTERNAL_SENDERS, ExtensionType(0xf001)],
        proposal_types: vec![ProposalType::ADD],
        credential_types: vec![CredentialType::X509],
    }
}

fn senders() -> ExternalSenders {
    let sender = |name: &[u8]| ExternalSender {
        signature_key: Opaque::from(name),
        credential: Credential::basic(name),
    };
    ExternalSenders(vec![sender(b"a"), sender(b"b")])
}

// covers: 11.1-01, 12.1.8.1-01
#[test]
fn bodies_are_found_by_type() {
    let id = ApplicationId { application_id: Opaque::from(b"id") };
    let external_pub = ExternalPub { external_pub: Opaque::from(&[1; 32]) };
    let all: Extensions = [
        Extension::of(&id).unwrap(),
        Extension::of(&required()).unwrap(),
        Extension::of(&external_pub).unwrap(),
        Extension::of(&senders()).unwrap(),
    ]
    .into_iter()
    .collect();
    assert_eq!(all.check_unique(), Ok(()));
    assert_eq!(all.application_id(), Ok(Some(id)));
    assert_eq!(all.required_capabilities(), Ok(Some(required())));
    assert_eq!(all.external_pub(), Ok(Some(external_pub)));
    assert_eq!(all.external_senders(), Ok(Some(senders().0)));
    assert_eq!(Extensions::new().required_capabilities(), Ok(None));
    assert!(all.find(ExtensionType::RATCHET_TREE).is_none());
}

#[test]
fn bodies_are_used_up() {
    for body in [Extension::of(&required()).unwrap(), Extension::of(&senders()).unwrap()] {
        let mut octets = body.extension_data.to_vec();
        octets.push(0);
        let long = Extension { extension_data: octets.into(), ..body };
        let extensions = Extensions(vec![long]);
        let errors = [extensions.required_capabilities().err(), extensions.external_senders().err()];
        let rules: vec::Vec<_> = errors.into_iter().flatten().map(|error| error.rule()).collect();
        assert_eq!(rules, [rule!("2.1.2-06")]);
    }
    let external_pub =
        Extension { extension_type: ExtensionType::EXTERNAL_PUB, extension_data: Opaque::from(&[0, 0]) };
    let error = Extensions(vec![external_pub]).external_pub().unwrap_err();
    assert_eq!(error.rule(), rule!("2.1.2-06"));
}

#[test]
fn repeated_types_are_named() {
    let mut extensions = samples::extensions();
    assert_eq!(extensions.check_unique(), Ok(()));
    extensions.0.extend(samples::extensions().0);
    let violation = extensions.check_unique().unwrap_err();
    assert_eq!(violation.rule(), rule!("13.4-03"));
    assert_eq!(violation.parts(), [Part::Extension(1)]);
}

#[test]
fn registered_credentials_in_external_senders() {
    use copath_codec::{BodyShape, Registry};
    let context = DecodeContext::default().with_body(Registry::Credential, 0xf000, BodyShape::Fixed(3));
    let credential = Credential::Other { credential_type: CredentialType(0xf000), body: vec![0xff, 1, 2] };
    let senders = ExternalSenders(vec![ExternalSender { signature_key: Opaque::default(), credential }]);
    let extensions = Extensions(vec![Extension::of(&senders).unwrap()]);
    assert_eq!(extensions.body::<ExternalSenders>(&context), Ok(Some(senders)));
    assert_eq!(extensions.external_senders().unwrap_err().rule(), rule!("2.1.2-03"));
}

// covers: 7.2-02, 7.3-05
#[test]
fn defaults_are_supported_without_being_listed() {
    let none = Capabilities::default();
    let mut listed = samples::capabilities();
    for code in 1..=5 {
        assert!(none.supports_extension(ExtensionType(code)));
        listed.extensions.push(ExtensionType(code));
    }
    for code in 1..=7 {
        assert!(none.supports_proposal(ProposalType(code)));
        listed.proposals.push(ProposalType(code));
    }
    for code in [0, 6, 0xf001] {
        assert!(!none.supports_extension(ExtensionType(code)));
        assert_eq!(listed.supports_extension(ExtensionType(code)), code == 0xf001);
    }
    for code in [0, 8, 0xf002] {
        assert!(!none.supports_proposal(ProposalType(code)));
        assert_eq!(listed.supports_proposal(ProposalType(code)), code == 0xf002);
    }
    assert!(
        !none.supports_credential(CredentialType::BASIC) && listed.supports_credential(CredentialType::BASIC)
    );
    assert!(
        !none.supports_version(ProtocolVersion::MLS10) && listed.supports_version(ProtocolVersion::MLS10)
    );
    assert!(!none.supports_cipher_suite(samples::SUITE) && listed.supports_cipher_suite(samples::SUITE));
}

/// Unknown versions stay: none of them is registered for GREASE.
// covers: 13.5-07, 13.5-09
#[test]
fn grease_is_left_out_of_what_is_common() {
    let expected = Capabilities {
        versions: vec![ProtocolVersion::MLS10, ProtocolVersion(0x0a0a)],
        cipher_suites: vec![samples::SUITE],
        extensions: vec![ExtensionType(0xf001)],
        proposals: vec![ProposalType(0xf002)],
        credentials: vec![CredentialType::BASIC],
    };
    assert_eq!(samples::capabilities().without_grease(), expected);
    assert!(!samples::capabilities().without_grease().supports_cipher_suite(CipherSuite(0x1a1a)));
}

// covers: 7.2-12
#[test]
fn lifetimes_include_both_ends() {
    let lifetime = Lifetime { not_before: 10, not_after: 20 };
    let inside = [9, 10, 20, 21].map(|second| lifetime.contains(Timestamp(second)));
    assert_eq!(inside, [false, true, true, false]);
    assert_eq!(lifetime.length(), Some(10));
    assert_eq!(Lifetime { not_before: 0, not_after: u64::MAX }.length(), Some(u64::MAX));
    let backwards = Lifetime { not_before: 10, not_after: 5 };
    assert_eq!(backwards.length(), None);
    assert!(!backwards.contains(Timestamp(7)));
}

#[test]
fn code_points_have_their_names() {
    assert_eq!(alloc::format!("{} {:?}", ProposalType::PSK, ExtensionType(0xf001)), "psk 0xf001");
    assert!(ProposalType(0x0a0a).is_grease() && ExtensionType(0xeaea).is_grease());
    assert!(!ProposalType(0xfafa).is_grease() && !ExtensionType(0xfafa).is_grease());
    assert_eq!(WireFormat::KEY_PACKAGE.to_bytes().unwrap(), [0, 5]);
}
