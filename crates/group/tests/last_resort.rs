//! KeyPackages of last resort: how they are marked, and that their keys stay.
//!
//! draft-ietf-mls-extensions, "Last-Resort KeyPackages"; RFC 9420 §16.8.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::{Decode, DecodeError, DecodeErrorKind, Encode, Opaque};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::draft_ietf_mls_extensions::{LastResortForm, is_last_resort};
use copath_group::{
    CommitOptions, GroupError, Refusal, RefusalReason, RegisteredType, Registrations, WelcomeOptions,
};
use copath_messages::draft_ietf_mls_extensions::AppDataDictionary;
use copath_messages::{CodePoints, ComponentId, Extension, ExtensionType, Extensions, KeyPackage};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{Part, rule};
use copath_testing::{Member, add, assert_agreement, assert_fails};

const DICTIONARY: ExtensionType = ExtensionType(0x0006);
const SUPERSEDED: ExtensionType = ExtensionType(0x000a);

fn member(provider: &Arc<dyn CryptoProvider>, name: &str, known: Registrations) -> Member {
    let mut member = Member::new(provider, CipherSuite(1), name);
    member.settings.policy.grease = copath_group::Grease::Omit;
    member.settings.registrations = Arc::new(known);
    member
}

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([44; 32]))
}

fn known(form: LastResortForm) -> Registrations {
    Registrations::new().with_last_resort(form).unwrap()
}

fn last_resort(member: &mut Member) -> KeyPackage {
    member.key_package_of(member.key_package_parameters(30).last_resort().unwrap())
}

fn with_extensions(extensions: Vec<(ExtensionType, &[u8])>) -> KeyPackage {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([45; 32]));
    let mut bob = member(&provider, "bob", Registrations::new());
    let mut parameters = bob.key_package_parameters(30);
    let extension = |(extension_type, data): (ExtensionType, &[u8])| Extension {
        extension_type,
        extension_data: Opaque::from(data),
    };
    parameters.extensions = extensions.into_iter().map(extension).collect();
    bob.key_package_of(parameters)
}

#[test]
fn the_mark_is_written_as_asked_for_and_listed() {
    let body = |package: &KeyPackage, extension_type| {
        package.extensions.find(extension_type).map(|extension| extension.extension_data.to_vec())
    };
    for (form, superseded) in [(LastResortForm::Current, None), (LastResortForm::Both, Some(Vec::new()))] {
        let mut bob = member(&provider(), "bob", known(form));
        let package = last_resort(&mut bob);
        assert_eq!(body(&package, DICTIONARY), Some(vec![3, 0, 4, 0]));
        assert_eq!(body(&package, SUPERSEDED), superseded);
        let listed = &package.leaf_node.capabilities.extensions;
        assert!(package.extensions.types().all(|extension_type| listed.contains(&extension_type)));
        let package = KeyPackage::from_bytes(&package.to_bytes().unwrap()).unwrap();
        package.check(&bob.suite).unwrap();
        assert!(is_last_resort(&package, &CodePoints::default()));
        let plain = bob.key_package();
        assert!(!is_last_resort(&plain, &CodePoints::default()));
        assert!(plain.leaf_node.capabilities.extensions.contains(&DICTIONARY));
    }
}

#[test]
fn both_forms_are_read() {
    let is_marked = |extensions| is_last_resort(&with_extensions(extensions), &CodePoints::default());
    assert!(is_marked(vec![(DICTIONARY, &[3, 0, 4, 0])]));
    assert!(is_marked(vec![(DICTIONARY, &[8, 0, 4, 0, 0xf0, 0, 2, 7, 8])]));
    assert!(is_marked(vec![(SUPERSEDED, &[])]));
    assert!(!is_marked(vec![(DICTIONARY, &[3, 0, 5, 0])]));
    // A mark has no data, and a dictionary that can't be read has no marks.
    assert!(!is_marked(vec![(DICTIONARY, &[4, 0, 4, 1, 1])]));
    assert!(!is_marked(vec![(DICTIONARY, &[6, 0, 5, 0, 0, 4, 0])]));
    assert!(!is_marked(vec![(SUPERSEDED, &[1])]));
    let mut points = CodePoints::default();
    points.last_resort = ComponentId(0x8004);
    points.superseded_last_resort = ExtensionType(0xf00a);
    assert!(!is_last_resort(&with_extensions(vec![(SUPERSEDED, &[])]), &points));
    assert!(is_last_resort(&with_extensions(vec![(DICTIONARY, &[3, 0x80, 4, 0])]), &points));
}

#[test]
fn other_components_stay() {
    let mut bob = member(&provider(), "bob", known(LastResortForm::Current));
    let mut entries = AppDataDictionary::default();
    entries.insert(ComponentId(0xf000), Opaque::from(b"data"));
    let mut parameters = bob.key_package_parameters(30);
    let extension_data = entries.to_bytes().unwrap().into();
    parameters.extensions.0.push(Extension { extension_type: DICTIONARY, extension_data });
    let package = bob.key_package_of(parameters.last_resort().unwrap());
    let found = &package.extensions.find(DICTIONARY).unwrap().extension_data;
    let found = AppDataDictionary::from_bytes(found).unwrap();
    assert_eq!(found.find(ComponentId(0xf000)).unwrap().as_slice(), b"data");
    assert!(is_last_resort(&package, &CodePoints::default()));
    let plain = member(&provider(), "bob", Registrations::new());
    let error = plain.key_package_parameters(30).last_resort().unwrap_err();
    let about = RegisteredType::Extension(DICTIONARY);
    let reason = RefusalReason::Unregistered;
    assert_eq!(error, GroupError::Refused(Refusal { about, parts: Vec::new(), reason }));
}

// covers: 16.8-02
#[test]
fn its_keys_stay_and_those_of_others_go() {
    let provider = provider();
    for known in [known(LastResortForm::Current), known(LastResortForm::Both)] {
        let mut bob = member(&provider, "bob", known);
        let (last, once) = (last_resort(&mut bob), bob.key_package());
        let join = |bob: &mut Member, package: &KeyPackage| {
            let mut alice = member(&provider, "alice", Registrations::new());
            alice.create(Extensions::default());
            alice.commit(CommitOptions::new().propose(add(package.clone()))).unwrap();
            let welcome = alice.accept(WelcomeOptions::default()).remove(0);
            bob.join(&welcome, None).map(|()| assert_agreement(&[&alice, bob]))
        };
        assert_eq!(join(&mut bob, &last), Ok(()));
        assert_eq!(join(&mut bob, &once), Ok(()));
        assert_eq!(join(&mut bob, &last), Ok(()));
        assert_eq!(join(&mut bob, &once), Err(GroupError::NoKeyPackage));
        assert_eq!(bob.key_packages.len(), 1);
    }
}

#[test]
fn a_malformed_dictionary_is_not_added() {
    let mut alice = member(&provider(), "alice", known(LastResortForm::Both));
    alice.create(Extensions::default());
    let refused = |alice: &mut Member, extensions: Vec<(ExtensionType, &[u8])>| {
        let options = CommitOptions::new().propose(add(with_extensions(extensions)));
        let error = assert_fails(alice, |alice| alice.commit(options));
        let GroupError::Refused(refusal) = error else { panic!("{error}") };
        assert_eq!(refusal.parts, [Part::KeyPackage, Part::Proposal(0)]);
        (refusal.about, refusal.reason)
    };
    let body = |kind, offset| RefusalReason::Body(DecodeError::new(offset, kind));
    let (about, reason) = refused(&mut alice, vec![(DICTIONARY, &[6, 0, 5, 0, 0, 4, 0])]);
    assert_eq!(about, RegisteredType::Extension(DICTIONARY));
    assert_eq!(reason, body(DecodeErrorKind::Rule { rule: rule!("13.4-03") }, 0));
    let (about, reason) = refused(&mut alice, vec![(SUPERSEDED, &[1])]);
    assert_eq!(about, RegisteredType::Extension(SUPERSEDED));
    assert_eq!(reason, body(DecodeErrorKind::LeftOver { count: 1 }, 0));
    let package = with_extensions(vec![(DICTIONARY, &[3, 0, 4, 0]), (SUPERSEDED, &[])]);
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
}
