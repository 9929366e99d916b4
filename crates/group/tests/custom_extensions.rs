//! Extensions of registered types: where they belong, what they look like, and who judges that.
//!
//! RFC 9420 §13.4.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::{BodyShape, DecodeError, DecodeErrorKind};
use copath_crypto::CryptoProvider;
use copath_group::{
    CommitOptions, CredentialDefinition, ExtensionDefinition, ExtensionPlace, ExternalJoins, GroupError,
    GroupInfoOptions, Merged, Misuse, Refusal, RefusalReason, RegisteredType, RegistrationRefusal,
    Registrations, TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    CredentialType, Extension, ExtensionType, Extensions, GroupContextExtensions, Proposal,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{Part, rule};
use copath_testing::{
    Member, Outcome, World, add, assert_agreement, assert_fails, assert_refuses, assert_rule,
};

const NOTE: ExtensionType = ExtensionType(0xf00e);

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([43; 32]))
}

fn notes(places: &[ExtensionPlace]) -> Arc<Registrations> {
    let notes = ExtensionDefinition::new(NOTE, "note", places).with_body(BodyShape::Fixed(3));
    Arc::new(Registrations::new().with_extension(notes).unwrap())
}

fn note(text: &[u8]) -> Extensions {
    Extensions(vec![Extension { extension_type: NOTE, extension_data: text.into() }])
}

fn change(text: &[u8]) -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions: note(text) })
}

fn world(places: &[ExtensionPlace]) -> World {
    let known = notes(places);
    World::with(&provider(), Extensions::default(), |member| {
        member.settings.registrations = Arc::clone(&known);
        member.leaf = member.leaf.clone().supporting_registered(&known);
    })
}

fn refused(parts: &[Part], reason: RefusalReason) -> GroupError {
    GroupError::Refused(Refusal { about: RegisteredType::Extension(NOTE), parts: parts.to_vec(), reason })
}

fn too_long() -> RefusalReason {
    RefusalReason::Body(DecodeError::new(3, DecodeErrorKind::LeftOver { count: 1 }))
}

fn too_short() -> RefusalReason {
    RefusalReason::Body(DecodeError::new(0, DecodeErrorKind::Truncated { needed: 1 }))
}

#[test]
fn all_members_judge_those_of_the_group_context() {
    let mut world = world(&[ExtensionPlace::GroupContext]);
    for (text, reason) in [(&b"four"[..], too_long()), (b"no", too_short())] {
        let forged = world.mallory.commit().value(change(text)).message();
        let parts = [Part::GroupContext, Part::Proposal(0)];
        let error = assert_fails(&mut world.bob, |bob| bob.receive(&forged));
        assert_eq!(error, refused(&parts, reason.clone()));
        let forged = world.mallory.propose(change(text));
        let error = assert_fails(&mut world.bob, |bob| bob.receive(&forged));
        assert_eq!(error, refused(&[Part::GroupContext], reason.clone()));
        let error = assert_fails(&mut world.bob, |bob| bob.propose(change(text)));
        assert_eq!(error, refused(&[Part::GroupContext], reason));
    }
    let next = world.mallory.commit().value(change(b"yes")).message();
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Merged(Merged::Epoch(2))));
    world.bob.reload();
    assert_eq!(world.bob.group().context().extensions, note(b"yes"));
}

#[test]
fn who_understands_a_type_elsewhere_does_not_understand_it_in_the_group_context() {
    let mut world = world(&[ExtensionPlace::LeafNode]);
    let misplaced = RefusalReason::Place(ExtensionPlace::GroupContext);
    let forged = world.mallory.commit().value(change(b"yes")).message();
    let next = world.mallory.commit().message();
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&forged));
    assert_eq!(error, refused(&[Part::GroupContext, Part::Proposal(0)], misplaced.clone()));
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Merged(Merged::Epoch(2))));

    // Nor joins it a group where others do.
    let mut frank = world.stranger("frank");
    frank.leaf = frank.leaf.clone().supporting_extension(NOTE);
    frank.create(note(b"yes"));
    let mut eve = world.stranger("eve");
    eve.settings.registrations = notes(&[ExtensionPlace::LeafNode]);
    frank.commit(CommitOptions::new().propose(add(eve.key_package()))).unwrap();
    let welcome = frank.accept(WelcomeOptions::default()).remove(0);
    let error = assert_fails(&mut eve, |eve| eve.join(&welcome, None));
    assert_eq!(error, refused(&[Part::GroupContext], misplaced));
    eve.settings.registrations = notes(&[ExtensionPlace::GroupContext]);
    eve.join(&welcome, None).unwrap();
    assert_agreement(&[&frank, &eve]);
}

/// Those who don't know a type would accept it, so nobody else may refuse a commit for it.
#[test]
fn those_of_leaves_and_key_packages_bind_who_adds_them() {
    let places = [ExtensionPlace::LeafNode, ExtensionPlace::KeyPackage];
    for place in places {
        let mut world = world(&places);
        let mut eve = world.stranger("eve");
        eve.leaf = eve.leaf.clone().supporting_extension(NOTE);
        let mut parameters = eve.key_package_parameters(30);
        let (extensions, part) = match place {
            ExtensionPlace::LeafNode => (&mut parameters.leaf.extensions, Part::LeafNode),
            _ => (&mut parameters.extensions, Part::KeyPackage),
        };
        *extensions = note(b"four");
        let package = eve.key_package_of(parameters);
        let options = CommitOptions::new().propose(add(package.clone()));
        let error = assert_fails(&mut world.bob, |bob| bob.commit(options));
        assert_eq!(error, refused(&[part, Part::Proposal(0)], too_long()));
        let error = assert_fails(&mut world.bob, |bob| bob.propose(add(package.clone())));
        assert_eq!(error, refused(&[part], too_long()));
        let commit = world.mallory.commit().value(add(package)).message();
        assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
}

// covers: 7.2-04, 17.3-01, 13.4-03
#[test]
fn own_leaves_and_group_infos_have_their_own() {
    let mut world = world(&[ExtensionPlace::LeafNode, ExtensionPlace::GroupInfo]);
    let info = |alice: &Member, extensions: Extensions| {
        let options = GroupInfoOptions::default().tree(TreeTransfer::Outside).extensions(extensions);
        let options = options.external_joins(ExternalJoins::Impossible);
        alice.group().group_info_with(&options, &*alice.signer).map(|info| info.extensions)
    };
    let sent = info(&world.alice, note(b"yes")).unwrap();
    assert_eq!(sent.find(NOTE), note(b"yes").find(NOTE));
    assert_eq!(info(&world.alice, note(b"four")), Err(refused(&[Part::GroupInfo], too_long())));
    let repeated = note(b"one").iter().chain(&note(b"two")).cloned().collect();
    assert_rule(&info(&world.alice, repeated).unwrap_err(), rule!("13.4-03"));
    let tree = Extension { extension_type: ExtensionType::RATCHET_TREE, extension_data: vec![0].into() };
    assert_rule(&info(&world.alice, vec![tree].into()).unwrap_err(), rule!("17.3-01"));

    let with_leaf = |extensions| {
        let mut options = CommitOptions::new();
        options.leaf.extensions = Some(extensions);
        options
    };
    let malformed = |alice: &mut Member| alice.commit(with_leaf(note(b"four")));
    assert_eq!(assert_fails(&mut world.alice, malformed), refused(&[Part::LeafNode], too_long()));
    let unlisted = Extension { extension_type: ExtensionType(0xf00f), extension_data: vec![].into() };
    let unknown = |alice: &mut Member| alice.commit(with_leaf(vec![unlisted].into()));
    assert_refuses(&mut world.alice, unknown, rule!("7.2-04"));
    let commit = world.alice.commit(with_leaf(note(b"yes"))).unwrap();
    world.alice.accept(WelcomeOptions::default());
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    world.bob.reload();
    let leaf = world.bob.group().tree().leaf(copath_tree_math::LeafIndex::FIRST).unwrap();
    assert_eq!(leaf.to_leaf_node().unwrap().extensions.find(NOTE), note(b"yes").find(NOTE));
}

#[test]
fn a_joiner_judges_those_of_the_group_info() {
    let mut world = world(&[]);
    let mut frank = world.stranger("frank");
    frank.create(Extensions::default());
    let options = GroupInfoOptions::default().extensions(note(b"four"));
    let info = frank.group().group_info_with(&options, &*frank.signer).unwrap();
    let join = |eve: &mut Member| eve.join_externally(info.clone(), None, Default::default());
    let mut eve = world.stranger("eve");
    eve.settings.registrations = notes(&[ExtensionPlace::GroupInfo]);
    assert_eq!(assert_fails(&mut eve, join), refused(&[Part::GroupInfo], too_long()));
    eve.settings.registrations = notes(&[]);
    let misplaced = RefusalReason::Place(ExtensionPlace::GroupInfo);
    assert_eq!(assert_fails(&mut eve, join), refused(&[Part::GroupInfo], misplaced));
    eve.settings.registrations = Arc::default();
    let commit = join(&mut eve).unwrap();
    assert_eq!(frank.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(1))));
    assert!(world.members().iter().all(|member| member.has_group()));
}

// covers: 13.5-02
#[test]
fn what_cannot_be_registered() {
    let extension = |code: u16| {
        let definition = ExtensionDefinition::new(ExtensionType(code), "x", &[]);
        Registrations::new().with_extension(definition).unwrap_err()
    };
    for code in [0, 1, 5, 0x1a1a] {
        let about = RegisteredType::Extension(ExtensionType(code));
        let refusal = RegistrationRefusal::Reserved;
        assert_eq!(extension(code), Misuse::Registration { about, refusal });
    }
    let credential = |known: Registrations, code: u16| {
        known.with_credential(CredentialDefinition::new(CredentialType(code), "x", BodyShape::Empty))
    };
    for code in [0, 1, 2, 0x2a2a] {
        let about = RegisteredType::Credential(CredentialType(code));
        let refusal = RegistrationRefusal::Reserved;
        let error = credential(Registrations::new(), code).unwrap_err();
        assert_eq!(error, Misuse::Registration { about, refusal });
    }
    let known = credential(Registrations::new(), 3).unwrap();
    let about = RegisteredType::Credential(CredentialType(3));
    let taken = Misuse::Registration { about, refusal: RegistrationRefusal::Taken };
    assert_eq!(credential(known, 3).unwrap_err(), taken);
    let Err(Misuse::Registration { refusal, .. }) =
        Registrations::clone(&notes(&[])).with_extension(ExtensionDefinition::new(NOTE, "again", &[]))
    else {
        panic!("registered twice")
    };
    assert_eq!(refusal, RegistrationRefusal::Taken);
}
