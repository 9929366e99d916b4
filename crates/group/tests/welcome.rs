//! What a joiner checks of a Welcome and of the GroupInfo inside, rule by rule.
//!
//! RFC 9420 §12.4.3 and §12.4.3.1. The trees inside are in `joining_tree`.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_codec::{Encode, Opaque};
use copath_crypto::{CipherSuite, CryptoError, CryptoProvider, Secret};
use copath_group::{GroupError, GroupSettings, JoinStep, Joining};
use copath_messages::{
    Extension, ExtensionType, GroupId, MlsMessage, MlsMessageBody, PreSharedKeyId, ProtocolVersion, Psk,
    ResumptionPskUsage, UnsignedGroupInfo, Welcome, grease,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    ForgedGroup, ForgedPath, ForgedTree, Member, NOW, assert_refuses, assert_rule, over_the_wire,
};

fn client(name: &str) -> Member {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded(seed));
    Member::new(&provider, CipherSuite(1), name)
}

/// A client with a key package, and a group that it is added to.
fn joiner() -> (Member, ForgedGroup) {
    let mut bob = client("bob");
    let package = bob.key_package();
    let forged = ForgedGroup::joined_by(&bob.suite, &package);
    (bob, forged)
}

/// Asserts that `bob` refuses `forged` by exactly `rule`, and then joins with the same key package.
fn refused_then_joins(bob: &mut Member, forged: &MlsMessage, group: &mut ForgedGroup, rule: RuleId) {
    assert_refuses(bob, |bob| bob.join(&over_the_wire(forged), None), rule);
    assert_joins(bob, group);
}

/// Asserts that `bob` joins with its key package, which is used up by that.
fn assert_joins(bob: &mut Member, group: &mut ForgedGroup) {
    let valid = group.welcome();
    bob.join(&valid, None).unwrap();
    assert_eq!(bob.group().epoch(), group.context.epoch);
    assert!(bob.key_packages.is_empty());
}

fn welcome_of(message: MlsMessage) -> Welcome {
    let MlsMessageBody::Welcome(welcome) = message.body else { panic!("not a Welcome") };
    welcome
}

// covers: 12.4.3.1-02, 12.4.3.1-08, 12.4.3.1-18, 12.4.3.1-21, 12.4.3.3-07
#[test]
fn a_welcome_made_by_hand_is_joined() {
    let (mut bob, mut group) = joiner();
    group
        .context
        .extensions
        .0
        .push(Extension { extension_type: ExtensionType::EXTERNAL_SENDERS, extension_data: vec![0].into() });
    assert_joins(&mut bob, &mut group);
    assert_eq!(bob.group().context(), &group.context);
    assert_eq!(bob.group().tree().encode().unwrap(), group.tree_octets());
    let secrets = group.secrets();
    assert_eq!(bob.group().epoch_authenticator(), secrets.epoch_authenticator.as_slice());
    assert_eq!(bob.group().own_leaf(), group.joiners[0].leaf);
}

// covers: 12.4.3.1-02
#[test]
fn the_entry_may_stand_anywhere() {
    let mut clients = ["a", "b", "c"].map(client);
    let packages = clients.each_mut().map(Member::key_package);
    let tree = ForgedTree::new(&clients[0].suite, 3);
    let mut group = tree.adding(&packages.each_ref(), ForgedPath::From(1));
    let welcome = group.welcome();
    for client in &mut clients {
        client.join(&welcome, None).unwrap();
    }
}

#[test]
fn a_welcome_for_somebody_else() {
    let (mut bob, mut group) = joiner();
    let mut other = client("other");
    let package = other.key_package();
    let forged = ForgedGroup::joined_by(&other.suite, &package).welcome();
    refused_then_joins(&mut bob, &forged, &mut group, rule!("12.4.3.1-02"));
}

#[test]
fn the_answered_key_package_isnt_in_the_welcome() {
    let (mut bob, mut group) = joiner();
    let package = bob.key_package();
    let reference = package.reference(&bob.suite).unwrap();
    let mut welcome = welcome_of(group.welcome());
    // The entry claims to be for the second key package; it was encrypted to the first.
    welcome.secrets[0].new_member = reference;
    let error = bob.join(&welcome.into(), None).unwrap_err();
    assert_eq!(error, GroupError::Crypto(CryptoError::DecryptionFailed));
    assert_eq!(bob.key_packages.len(), 2);
    bob.join(&group.welcome(), None).unwrap();
    assert_eq!(bob.key_packages.len(), 1);
}

#[test]
fn a_welcome_for_nobody() {
    let (mut bob, mut group) = joiner();
    let mut nobody = welcome_of(group.welcome());
    nobody.secrets.clear();
    refused_then_joins(&mut bob, &nobody.into(), &mut group, rule!("12.4.3.1-02"));
}

// covers: 12.4.3.1-08, 12.4.3.1-18
#[test]
fn welcomes_on_every_suite() {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([8; 32]));
    for suite in 1..=7 {
        let mut bob = Member::new(&provider, CipherSuite(suite), "bob");
        let package = bob.key_package();
        let mut group = ForgedGroup::joined_by(&bob.suite, &package);
        let mut info = group.group_info();
        info.signature = Opaque::from(&info.signature[1..]);
        let forged = MlsMessage::from(group.seal(&info));
        refused_then_joins(&mut bob, &forged, &mut group, rule!("12.4.3-05"));
    }
}

#[test]
fn another_suite_outside() {
    let (mut bob, mut group) = joiner();
    for suite in [2, 3, 0x0a0a, 0xf000] {
        let mut welcome = welcome_of(group.welcome());
        welcome.cipher_suite = CipherSuite(suite);
        let forged = MlsMessage::from(welcome);
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("12.4.3.1-03"));
    }
    assert_joins(&mut bob, &mut group);
}

// covers: 12.4.3.1-04, 5.1.3-01
#[test]
fn group_secrets_are_bound_to_the_group_info() {
    let (mut bob, mut group) = joiner();
    let mut one = welcome_of(group.welcome());
    let two = welcome_of(group.welcome());
    assert_ne!(one.secrets, two.secrets);
    one.encrypted_group_info = Opaque::from(vec![0; one.encrypted_group_info.len()]);
    let mut three = two.clone();
    three.secrets[0].encrypted_group_secrets.kem_output = Opaque::from(&[0; 32]);
    let mut four = two;
    four.secrets[0].encrypted_group_secrets.ciphertext = Opaque::default();
    for forged in [one, three, four] {
        let error = bob.join(&forged.into(), None).unwrap_err();
        assert_eq!(error, GroupError::Crypto(CryptoError::DecryptionFailed));
    }
    assert_joins(&mut bob, &mut group);
}

// covers: 12.4.3.1-08
#[test]
fn the_group_info_is_encrypted_with_the_welcome_secret() {
    let (mut bob, mut group) = joiner();
    let info = group.group_info();
    let right = group.joiner_secret.duplicate();
    let welcome = group.seal(&info);
    group.joiner_secret = Secret::copy_of(&[1; 32]);
    let mut forged = group.seal(&info);
    forged.encrypted_group_info = welcome.encrypted_group_info.clone();
    // The secrets are for this ciphertext, but of another epoch.
    let octets = copath_messages::GroupSecrets {
        joiner_secret: group.joiner_secret.duplicate(),
        path_secret: None,
        psks: Vec::new(),
    };
    let octets = octets.to_bytes().unwrap();
    forged.secrets = vec![group.seal_to(&group.joiners[0], &welcome.encrypted_group_info, &octets)];
    let error = bob.join(&forged.into(), None).unwrap_err();
    assert_eq!(error, GroupError::Crypto(CryptoError::DecryptionFailed));
    group.joiner_secret = right;
    assert_joins(&mut bob, &mut group);
}

#[test]
fn group_secrets_and_group_info_decode_strictly() {
    let (mut bob, mut group) = joiner();
    let info = group.group_info();
    let mut welcome = group.seal(&info);
    for octets in [&[][..], &[0x20], &[1, 0, 2, 0]] {
        let sealed = group.seal_to(&group.joiners[0], &welcome.encrypted_group_info, octets);
        welcome.secrets = vec![sealed];
        let error = bob.join(&welcome.clone().into(), None).unwrap_err();
        assert!(matches!(error, GroupError::Malformed(_)), "{error}");
    }
    let mut longer = info.to_bytes().unwrap();
    longer.push(0);
    let forged = MlsMessage::from(group.seal_octets(&longer));
    refused_then_joins(&mut bob, &forged, &mut group, rule!("2.1.2-06"));
}

/// A change of the GroupInfo before it is signed, and the rule that it breaks.
type InfoCase = (&'static str, RuleId, fn(&mut UnsignedGroupInfo));

#[test]
fn group_infos_that_break_one_rule() {
    let cases: [InfoCase; 11] = [
        ("another suite", rule!("12.4.3.1-10"), |info| info.group_context.cipher_suite = CipherSuite(3)),
        ("an unknown suite", rule!("12.4.3.1-10"), |info| {
            info.group_context.cipher_suite = CipherSuite(0xf000);
        }),
        ("another version", rule!("12.4.3.1-11"), |info| {
            info.group_context.version = ProtocolVersion(2);
        }),
        ("another tree hash", rule!("12.4.3.1-12"), |info| {
            let mut hash = info.group_context.tree_hash.to_vec();
            hash[31] ^= 1;
            info.group_context.tree_hash = hash.into();
        }),
        ("no tree hash", rule!("12.4.3.1-12"), |info| info.group_context.tree_hash = Opaque::default()),
        ("a wrong tag", rule!("12.4.3.1-21"), |info| {
            let mut tag = info.confirmation_tag.to_vec();
            tag[0] ^= 1;
            info.confirmation_tag = tag.into();
        }),
        ("a short tag", rule!("12.4.3.1-21"), |info| {
            info.confirmation_tag = Opaque::from(&info.confirmation_tag[..31]);
        }),
        ("no tag", rule!("12.4.3.1-21"), |info| info.confirmation_tag = Opaque::default()),
        ("another epoch", rule!("12.4.3.1-21"), |info| info.group_context.epoch += 1),
        ("two trees", rule!("13.4-03"), |info| {
            let tree = info.extensions.0[0].clone();
            info.extensions.0.push(tree);
        }),
        ("two context extensions", rule!("13.4-03"), |info| {
            for _ in 0..2 {
                let extension_type = ExtensionType::APPLICATION_ID;
                let extension_data = vec![0].into();
                info.group_context.extensions.0.push(Extension { extension_type, extension_data });
            }
        }),
    ];
    for (name, rule, change) in cases {
        let (mut bob, mut group) = joiner();
        group.rehash();
        let mut info = group.info();
        change(&mut info);
        let forged = group.seal(&group.sign(info));
        println!("{name}");
        refused_then_joins(&mut bob, &forged.into(), &mut group, rule);
    }
}

// covers: 12.4.3.1-09
#[test]
fn who_signs_the_group_info() {
    // The leaf named in it; the last two don't exist.
    for signer in [1, 7, 8, 0x8000_0000, u32::MAX] {
        let (mut bob, mut group) = joiner();
        group.rehash();
        let mut info = group.info();
        info.signer = signer;
        let forged = group.seal(&group.sign(info));
        refused_then_joins(&mut bob, &forged.into(), &mut group, rule!("12.4.3-05"));
    }
    // A blank leaf.
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut tree = ForgedTree::new(&bob.suite, 6);
    tree.remove(2);
    tree.remove(4);
    let mut group = tree.adding(&[&package], ForgedPath::From(0));
    group.rehash();
    let mut info = group.info();
    info.signer = 4;
    let forged = group.seal(&group.sign(info));
    refused_then_joins(&mut bob, &forged.into(), &mut group, rule!("12.4.3-05"));
}

#[test]
fn the_group_info_was_changed_after_it_was_signed() {
    let (mut bob, mut group) = joiner();
    let mut bit = group.group_info();
    let mut signature = bit.signature.to_vec();
    signature[7] ^= 0x10;
    bit.signature = signature.into();
    let mut none = group.group_info();
    none.signature = Opaque::default();
    let mut extension = group.group_info();
    extension.extensions.0.pop();
    let mut context = group.group_info();
    context.group_context.group_id = GroupId::from(&[1][..]);
    for info in [bit, none, extension, context] {
        let forged = MlsMessage::from(group.seal(&info));
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("12.4.3-05"));
    }
    assert_joins(&mut bob, &mut group);
}

#[test]
fn an_extension_that_the_joiner_lacks() {
    for (extension_type, refused) in [(0xf000, true), (0, true), (6, true), (1, false), (5, false)] {
        let (mut bob, mut group) = joiner();
        // A GREASE value that isn't by chance among those that the joiner listed.
        let listed = &group.joiners[0].key_package.leaf_node.capabilities.extensions;
        let mut unlisted =
            grease::values().iter().copied().filter(|code| !listed.contains(&ExtensionType(*code)));
        let extension_type = if extension_type == 0 { unlisted.next().unwrap() } else { extension_type };
        let extension_type = ExtensionType(extension_type);
        group.context.extensions.0.push(Extension { extension_type, extension_data: vec![0].into() });
        let forged = group.welcome();
        group.context.extensions.0.clear();
        if refused {
            refused_then_joins(&mut bob, &forged, &mut group, rule!("12.4.3-03"));
        } else {
            bob.join(&forged, None).unwrap();
        }
    }
}

// covers: 13.4-06
#[test]
fn a_member_lacks_an_extension_of_the_context() {
    let mut bob = client("bob");
    bob.leaf = bob.leaf.clone().supporting_extension(ExtensionType(0xf000));
    let package = bob.key_package();
    let mut group = ForgedGroup::joined_by(&bob.suite, &package);
    let extension_type = ExtensionType(0xf000);
    group.context.extensions.0.push(Extension { extension_type, extension_data: vec![0].into() });
    let forged = group.welcome();
    group.context.extensions.0.clear();
    refused_then_joins(&mut bob, &forged, &mut group, rule!("13.4-04"));
}

// covers: 12.4.3-01
#[test]
fn unknown_extensions_of_the_group_info_are_ignored() {
    let (mut bob, mut group) = joiner();
    group.rehash();
    let mut info = group.info();
    for extension_type in [0x0a0a, 0xeaea, 0xf000, 0xffff] {
        let extension_data = bob.suite.random_bytes(100).unwrap().into();
        let extension = Extension { extension_type: ExtensionType(extension_type), extension_data };
        info.extensions.0.insert(0, extension);
    }
    let welcome = group.seal(&group.sign(info));
    bob.join(&over_the_wire(&welcome.into()), None).unwrap();
    assert!(bob.group().context().extensions.0.is_empty());
}

// covers: 12.4.3.1-01
#[test]
fn the_tree_beside_the_welcome() {
    let (mut bob, mut group) = joiner();
    group.rehash();
    let mut info = group.info();
    info.extensions.0.remove(0);
    let welcome = MlsMessage::from(group.seal(&group.sign(info)));
    assert_refuses(&mut bob, |bob| bob.join(&welcome, None), rule!("12.4.3.1-01"));
    let mut other = ForgedGroup::joined_by(&bob.suite, &group.joiners[0].key_package);
    other.rehash();
    let wrong = Some(other.tree_octets());
    assert_refuses(&mut bob, |bob| bob.join(&welcome, wrong), rule!("12.4.3.1-12"));
    bob.join(&welcome, Some(group.tree_octets())).unwrap();
}

// covers: 12.4.3.1-01
#[test]
fn the_need_names_the_group_and_the_epoch_of_the_tree() {
    let (mut bob, mut group) = joiner();
    group.rehash();
    let mut info = group.info();
    info.extensions.0.remove(0);
    let welcome = group.seal(&group.sign(info));
    let joining = Joining::new(bob.suite.provider(), &GroupSettings::default(), welcome, NOW);
    let answers = bob.answer(joining.needs());
    let JoinStep::Needs(joining) = joining.answer(answers).unwrap() else { panic!("joined without a tree") };
    let need = joining.needs().ratchet_tree.clone().unwrap();
    assert_eq!((&need.group_id, need.epoch), (&group.context.group_id, 7));
}

fn psk(psk: Psk, nonce: usize) -> (PreSharedKeyId, Secret) {
    (PreSharedKeyId { psk, psk_nonce: vec![5; nonce].into() }, Secret::copy_of(b"psk"))
}

fn external(id: &[u8]) -> Psk {
    Psk::External { psk_id: id.into() }
}

fn resumption(usage: ResumptionPskUsage) -> Psk {
    Psk::Resumption { usage, psk_group_id: GroupId::from(&[1][..]), psk_epoch: 1 }
}

// covers: 12.4.3.1-05
#[test]
fn every_psk_has_to_be_here() {
    let (mut bob, mut group) = joiner();
    bob.psks.insert(b"one".to_vec(), b"psk".to_vec());
    group.psks = vec![psk(external(b"one"), 32), psk(external(b"two"), 32)];
    let welcome = group.welcome();
    let missing = bob.join(&welcome, None).unwrap_err();
    assert_eq!(missing, GroupError::MissingPsk(group.psks[1].0.clone()));
    assert_eq!(bob.key_packages.len(), 1);
    bob.psks.insert(b"two".to_vec(), b"psk".to_vec());
    bob.join(&welcome, None).unwrap();
}

#[test]
fn psk_lists_that_break_a_rule() {
    use ResumptionPskUsage::{Application, Branch, Reinit};
    let one = || psk(external(b"one"), 32);
    let of = |usage| psk(resumption(usage), 32);
    let cases = [
        (vec![psk(external(b"one"), 31)], rule!("12.4.3.1-07")),
        (vec![one(), psk(external(b"one"), 33)], rule!("12.4.3.1-07")),
        (vec![psk(resumption(Application), 0)], rule!("12.4.3.1-07")),
        (vec![of(Reinit), of(Branch)], rule!("12.4.3.1-06")),
        (vec![of(Branch), one(), of(Branch)], rule!("12.4.3.1-06")),
        (vec![of(Reinit), of(Reinit)], rule!("12.4.3.1-06")),
        (vec![one(), of(Reinit)], rule!("11.2-05")),
        (vec![of(Reinit)], rule!("11.2-05")),
        (vec![of(Branch)], rule!("11.3-06")),
        (vec![of(Application), of(Branch), one()], rule!("11.3-06")),
    ];
    for (psks, rule) in cases {
        let (mut bob, mut group) = joiner();
        bob.psks.insert(b"one".to_vec(), b"psk".to_vec());
        group.psks = psks;
        let forged = group.welcome();
        group.psks = vec![one()];
        refused_then_joins(&mut bob, &forged, &mut group, rule);
    }
}

#[test]
fn a_path_secret_that_doesnt_fit() {
    let (mut bob, mut group) = joiner();
    let right = group.joiners[0].path_secret.take().unwrap();
    let mut wrong = right.expose().to_vec();
    wrong[0] ^= 1;
    let cases = [
        (Secret::copy_of(&wrong), rule!("12.4.3.1-20")),
        (Secret::copy_of(&wrong[1..]), rule!("7.5-12")),
        (Secret::copy_of(&[]), rule!("7.5-12")),
    ];
    for (secret, rule) in cases {
        group.joiners[0].path_secret = Some(secret);
        let forged = group.welcome();
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule);
    }
    group.joiners[0].path_secret = Some(right);
    assert_joins(&mut bob, &mut group);
}

#[test]
fn a_path_secret_of_a_commit_without_a_path() {
    let mut bob = client("bob");
    let package = bob.key_package();
    let mut group = ForgedTree::new(&bob.suite, 3).adding(&[&package], ForgedPath::None(0));
    group.joiners[0].path_secret = Some(Secret::copy_of(&[3; 32]));
    let forged = group.welcome();
    group.joiners[0].path_secret = None;
    refused_then_joins(&mut bob, &forged, &mut group, rule!("12.4.3.1-20"));
}

#[test]
fn a_signer_that_is_the_joiner_itself() {
    let (mut bob, mut group) = joiner();
    let leaf = group.joiners[0].leaf.as_u32();
    group.rehash();
    let mut info = group.info();
    info.signer = leaf;
    // With a path secret the common ancestor is the joiner's own leaf, which is on no path.
    let info = info.sign(&bob.suite, &*bob.signer).unwrap();
    let forged = MlsMessage::from(group.seal(&info));
    refused_then_joins(&mut bob, &forged, &mut group, rule!("12.4.3.1-20"));
}

// covers: 12.4.3.1-05, 10-01
#[test]
fn a_used_key_package_joins_nothing_more() {
    let (mut bob, mut group) = joiner();
    let welcome = group.welcome();
    bob.join(&welcome, None).unwrap();
    let error = bob.join(&welcome, None).unwrap_err();
    assert_rule(&error, rule!("12.4.3.1-02"));
    assert_eq!(bob.group().epoch(), 7);
}
