//! Groups with several credential types.

use copath::messages::RequiredCapabilities;
use copath::{Credential, CredentialType, Extension, Extensions, NewGroup};
use copath_rules::rule;

use crate::SUITES;
use crate::people::{NOW, Organisation, deliver, group_of, talk};

#[test]
fn members_with_certificates_create_join_commit_and_talk_in_every_suite() {
    for suite in SUITES {
        let organisation = Organisation::new(suite);
        let clients: Vec<_> =
            ["alice", "bob", "carol"].map(|name| organisation.client(organisation.identity(name))).into();
        let mut groups = group_of(&clients);
        talk(&mut groups);
        let commit = groups[0].commit().update().prepare(NOW).unwrap();
        deliver(&mut groups, &commit);
        let is_x509 = |credential: &Credential| credential.credential_type() == CredentialType::X509;
        assert!(groups[2].members().all(|member| is_x509(&member.credential)));
    }
}

#[test]
fn certificates_and_bare_identities_live_in_one_group() {
    let mut organisation = Organisation::new(SUITES[0]);
    let bare = [organisation.basic("bob"), organisation.basic("dave")];
    let [bob, dave] = bare;
    let alice = organisation.identity("alice");
    let carol = organisation.identity("carol");
    let clients = [alice, bob, carol, dave].map(|identity| organisation.client(identity));
    let mut groups = group_of(&clients);
    talk(&mut groups);
    for _ in 0..groups.len() {
        let commit = groups[0].commit().update().prepare(NOW).unwrap();
        deliver(&mut groups, &commit);
        groups.rotate_left(1);
    }
}

// covers: 11.1-01
#[test]
fn a_group_that_requires_certificates_to_be_supported_refuses_who_lists_bare_identities_alone() {
    let organisation = Organisation::new(SUITES[0]);
    let required = RequiredCapabilities {
        extension_types: [].into(),
        proposal_types: [].into(),
        credential_types: [CredentialType::X509].into(),
    };
    let extension = Extension::of(&required).unwrap();
    let alice = organisation.client(organisation.identity("alice"));
    let extensions = Extensions::from(vec![extension]);
    let mut group = alice.create_group(NewGroup::new().extensions(extensions), NOW).unwrap();
    let bob = organisation.client(organisation.identity("bob"));
    group.commit().add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    group.drop_commit().unwrap();
    let epoch = group.epoch();
    let basic_only = crate::refusals::key_package_that_lists_basic_alone(SUITES[0]);
    let refused = group.commit().add(&basic_only).prepare(NOW).unwrap_err();
    assert_eq!(refused.rule(), Some(rule!("7.3-04")));
    assert_eq!(group.epoch(), epoch);
}
