//! What a client checks of a GroupInfo that it joins by, and of its own external commit.
//!
//! RFC 9420 §12.4.3 and §12.4.3.2. Broken trees are in `joining_tree`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_codec::{Decode, Opaque};
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoError, CryptoProvider};
use copath_group::{
    Answers, ExternalJoinOptions, ExternalJoinStart, ExternalJoins, GroupError, Misuse, Resync, TreeTransfer,
};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalPub, GroupInfo, MlsMessageBody, PreSharedKeyId,
    ProposalType, ProtocolVersion, Psk, RequiredCapabilities, ResumptionPskUsage, UnsignedGroupInfo,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    ForgedGroup, ForgedPath, ForgedTree, Member, NOW, Outcome, World, assert_agreement, assert_refuses,
};
use copath_tree_math::LeafIndex;

fn client(name: &str) -> Member {
    let mut seed = [3; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded(seed));
    Member::new(&provider, CipherSuite(1), name)
}

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([32; 32]));
    World::new(&provider)
}

fn info(member: &Member) -> GroupInfo {
    member.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*member.signer).unwrap()
}

/// A group of seven made by hand.
fn forged() -> ForgedGroup {
    ForgedTree::new(&client("maker").suite, 7).committed_by(&[0, 2, 4]).adding(&[], ForgedPath::From(6))
}

fn join(member: &mut Member, info: GroupInfo) -> Result<(), GroupError> {
    member.join_externally(info, None, ExternalJoinOptions::default()).map(|_| ())
}

/// Asserts that a stranger refuses to join by `info`, by exactly `rule`, and then joins another group.
fn refused(info: GroupInfo, rule: RuleId) {
    let mut eve = client("eve");
    assert_refuses(&mut eve, |eve| join(eve, info), rule);
    assert!(!eve.has_group());
    join(&mut eve, forged().group_info()).unwrap();
}

// covers: 12.4.3-01, 12.4.3.3-07
#[test]
fn a_group_info_made_by_hand_is_joined() {
    let mut group = forged();
    group.rehash();
    let mut info = group.info();
    for extension_type in [0x0a0a, 0xf000] {
        let extension_data = vec![9; 40].into();
        info.extensions
            .0
            .insert(0, Extension { extension_type: ExtensionType(extension_type), extension_data });
    }
    let mut eve = client("eve");
    join(&mut eve, group.sign(info)).unwrap();
    assert_eq!(eve.group().epoch(), 8);
    assert_eq!(eve.group().own_leaf().as_u32(), 7);
    assert_eq!(eve.group().context().extensions, Extensions::default());
}

/// A change of the GroupInfo before it is signed, and the rule that it breaks.
type Case = (&'static str, RuleId, fn(&mut UnsignedGroupInfo));

fn external_pub(key: &[u8]) -> Extension {
    Extension::of(&ExternalPub { external_pub: key.into() }).unwrap()
}

#[test]
fn group_infos_that_break_one_rule() {
    let cases: [Case; 15] = [
        ("no external_pub", rule!("12.4.3.2-01"), |info| {
            info.extensions.0.pop();
        }),
        ("a short external_pub", rule!("5.1.1-01"), |info| {
            info.extensions.0.pop();
            info.extensions.0.push(external_pub(&[9; 31]));
        }),
        ("an external_pub that is no key", rule!("5.1.1-01"), |info| {
            info.extensions.0.pop();
            info.extensions.0.push(external_pub(&[0; 32]));
        }),
        ("a malformed external_pub", rule!("2.1.2-04"), |info| {
            info.extensions.0.pop();
            let extension_data = vec![9].into();
            info.extensions.0.push(Extension { extension_type: ExtensionType::EXTERNAL_PUB, extension_data });
        }),
        ("no tree", rule!("12.4.3.1-01"), |info| {
            info.extensions.0.remove(0);
        }),
        ("another version", rule!("12.4.3.1-11"), |info| {
            info.group_context.version = ProtocolVersion(2);
        }),
        ("another tree hash", rule!("12.4.3.1-12"), |info| {
            info.group_context.tree_hash = vec![1; 32].into();
        }),
        ("an extension twice", rule!("13.4-03"), |info| info.extensions.0.push(external_pub(&[9; 32]))),
        ("a context extension twice", rule!("13.4-03"), |info| {
            for _ in 0..2 {
                let extension_data = vec![0].into();
                let extension_type = ExtensionType::EXTERNAL_SENDERS;
                info.group_context.extensions.0.push(Extension { extension_type, extension_data });
            }
        }),
        ("a signer at a leaf that isn't its own", rule!("12.4.3-05"), |info| info.signer = 5),
        ("a signer beyond the tree", rule!("12.4.3-05"), |info| info.signer = 8),
        ("a signer at a blank leaf", rule!("12.4.3-05"), |info| info.signer = 7),
        ("a signer beyond all trees", rule!("12.4.3-05"), |info| info.signer = u32::MAX),
        ("a short tag", rule!("12.4.3.1-21"), |info| info.confirmation_tag = vec![0; 31].into()),
        ("the last epoch", rule!("8.1-02"), |info| info.group_context.epoch = u64::MAX),
    ];
    for (name, rule, change) in cases {
        println!("{name}");
        let mut group = forged();
        group.rehash();
        let mut info = group.info();
        change(&mut info);
        refused(group.sign(info), rule);
    }
}

// covers: 12.4.3.2-02
#[test]
fn a_changed_group_info() {
    let mut group = forged();
    let mut changed = group.group_info();
    changed.group_context.epoch += 1;
    refused(changed, rule!("12.4.3-05"));
    let mut unsigned = group.group_info();
    unsigned.signature = Opaque::default();
    refused(unsigned, rule!("12.4.3-05"));
}

#[test]
fn a_suite_that_the_backend_lacks() {
    for suite in [0, 8, 0x0a0a, 0xf000] {
        let mut group = forged();
        let mut info = group.group_info();
        info.group_context.cipher_suite = CipherSuite(suite);
        let error = join(&mut client("eve"), info).unwrap_err();
        assert!(matches!(error, GroupError::Crypto(CryptoError::UnsupportedSuite { .. })), "{error}");
    }
}

#[test]
fn a_suite_that_the_client_doesnt_list() {
    // The engine takes the suite from the GroupInfo; the client's leaf and signer are for suite 1.
    let mut group =
        ForgedTree::new(&Member::new(client("maker").suite.provider(), CipherSuite(3), "m").suite, 2)
            .adding(&[], ForgedPath::From(1));
    refused(group.group_info(), rule!("7.3-06"));
}

// covers: 12.4.3.1-01, 12.4.3.3-06
#[test]
fn the_tree_beside_the_group_info() {
    let mut group = forged();
    group.rehash();
    let mut info = group.info();
    info.extensions.0.remove(0);
    let info = group.sign(info);
    let mut eve = client("eve");
    let start = ExternalJoinStart::new(eve.suite.provider(), &eve.settings, info.clone(), NOW).unwrap();
    let need = start.needs().ratchet_tree.clone().unwrap();
    assert_eq!((&need.group_id, need.epoch), (&group.context.group_id, 7));
    let mut other = ForgedTree::new(&eve.suite, 3).adding(&[], ForgedPath::None(1));
    other.rehash();
    let wrong = Some(other.tree_octets());
    let options = ExternalJoinOptions::default;
    let again = info.clone();
    assert_refuses(&mut eve, |eve| eve.join_externally(again, wrong, options()), rule!("12.4.3.1-12"));
    let again = info.clone();
    let garbage = Some(vec![7, 0]);
    assert_refuses(&mut eve, |eve| eve.join_externally(again, garbage, options()), rule!("2.1.2-04"));
    eve.join_externally(info, Some(group.tree_octets()), options()).unwrap();
}

/// A change of the joiner before it joins, and the rule that its leaf then breaks.
type LeafCase = (&'static str, RuleId, fn(&mut Member));

#[test]
fn own_leaves_that_dont_fit_the_group() {
    let cases: [LeafCase; 8] = [
        ("an extension that isn't listed", rule!("7.2-04"), |eve| {
            let extension_data = Opaque::default();
            eve.leaf.extensions.0.push(Extension { extension_type: ExtensionType(0xf00f), extension_data });
        }),
        ("a default that is listed", rule!("7.2-01"), |eve| {
            eve.leaf.capabilities.proposals.push(ProposalType::ADD);
        }),
        ("an extension of the group that isn't listed", rule!("12.4.3-03"), |eve| {
            eve.leaf.capabilities.extensions.clear();
        }),
        ("a required proposal that isn't listed", rule!("7.3-04"), |eve| {
            eve.leaf.capabilities.proposals.clear();
        }),
        ("a credential that the others lack", rule!("7.3-07"), |eve| {
            let credential_type = CredentialType(0xf000);
            eve.leaf.credential = Credential::Other { credential_type, body: vec![0] };
            eve.leaf.capabilities.credentials.push(credential_type);
        }),
        ("a credential in use that isn't listed", rule!("7.3-08"), |eve| {
            eve.leaf.credential = Credential::X509 { certificates: vec![vec![1].into()] };
            eve.leaf.capabilities.credentials = vec![CredentialType::X509];
        }),
        ("the own credential unlisted", rule!("7.2-05"), |eve| eve.leaf.capabilities.credentials.clear()),
        ("the suite unlisted", rule!("7.3-06"), |eve| eve.leaf.capabilities.cipher_suites.clear()),
    ];
    for (name, rule, change) in cases {
        println!("{name}");
        let demanding = |member: &mut Member| {
            member.leaf = member
                .leaf
                .clone()
                .supporting_extension(ExtensionType(0xf000))
                .supporting_proposal(ProposalType(0xf000));
        };
        let required = RequiredCapabilities {
            extension_types: vec![],
            proposal_types: vec![ProposalType(0xf000)],
            credential_types: vec![],
        };
        let extension_data = Opaque::default();
        let private = Extension { extension_type: ExtensionType(0xf000), extension_data };
        let extensions = Extensions(vec![Extension::of(&required).unwrap(), private]);
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([33; 32]));
        let mut world = World::with(&provider, extensions, demanding);
        let mut eve = world.stranger("eve");
        demanding(&mut eve);
        let valid = eve.leaf.clone();
        change(&mut eve);
        let by = info(&world.alice);
        assert_refuses(&mut eve, |eve| join(eve, by), rule);
        eve.leaf = valid;
        let commit = eve.join_externally(info(&world.alice), None, Default::default()).unwrap();
        world.bob.receive(&commit).unwrap();
        assert_agreement(&[&world.bob, &eve]);
    }
}

#[test]
fn a_signature_key_that_is_in_use() {
    let world = world();
    let mut eve = world.stranger("eve");
    eve.signer = Arc::clone(&world.carol.signer);
    assert_refuses(&mut eve, |eve| join(eve, info(&world.alice)), rule!("7.3-18"));
}

#[test]
fn a_leaf_to_replace_that_isnt_there() {
    let world = world();
    let mut eve = world.stranger("eve");
    for leaf in [5, 7, 8, 1000] {
        let mut options = ExternalJoinOptions::default();
        options.replaces = LeafIndex::new(leaf);
        let by = info(&world.alice);
        assert_refuses(&mut eve, |eve| eve.join_externally(by, None, options), rule!("12.1.3-01"));
    }
}

fn replacing(leaf: u32, psks: &[PreSharedKeyId]) -> ExternalJoinOptions {
    let mut options = ExternalJoinOptions::default();
    options.replaces = LeafIndex::new(leaf);
    options.psks = psks.to_vec();
    options
}

fn resumption(world: &World, usage: ResumptionPskUsage) -> PreSharedKeyId {
    let psk_group_id = world.alice.group().group_id().clone();
    let psk = Psk::Resumption { usage, psk_group_id, psk_epoch: 1 };
    PreSharedKeyId { psk, psk_nonce: Opaque::default() }
}

#[test]
fn own_pre_shared_keys() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    for (usage, rule) in
        [(ResumptionPskUsage::Reinit, rule!("12.1.4-01")), (ResumptionPskUsage::Branch, rule!("12.1.4-02"))]
    {
        let mut options = ExternalJoinOptions::default();
        options.psks = vec![resumption(&world, usage)];
        let by = info(&world.alice);
        let start = ExternalJoinStart::new(eve.suite.provider(), &eve.settings, by, NOW).unwrap();
        let finish = |eve: &mut Member| {
            let join = start.verify(options, Answers::none())?;
            let mut answers = eve.answer(join.needs());
            answers.psks = vec![Some(copath_crypto::Secret::copy_of(b"secret"))];
            join.finish(&eve.leaf, &*eve.signer, answers)
        };
        assert_refuses(&mut eve, finish, rule);
    }
    let psk = Psk::External { psk_id: b"psk".into() };
    let mut options = ExternalJoinOptions::default();
    options.psks = vec![PreSharedKeyId { psk, psk_nonce: Opaque::default() }; 2];
    let missing = eve.join_externally(info(&world.alice), None, options.clone()).unwrap_err();
    let GroupError::MissingPsk(id) = &missing else { panic!("{missing}") };
    assert_eq!((&id.psk, id.psk_nonce.len()), (&options.psks.first().unwrap().psk, 32));
    // The same key twice is two injections, with a nonce each.
    // covers: 12.2-22, 8.4-01
    for member in [&mut eve, &mut world.bob] {
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
    let commit = eve.join_externally(info(&world.alice), None, options).unwrap();
    assert!(matches!(world.bob.receive(&commit), Ok(Outcome::Merged(_))));
    assert_agreement(&[&world.bob, &eve]);
}

// covers: 12.4.3.2-08
#[test]
fn a_resync_under_policy() {
    let mut world = world();
    let application = resumption(&world, ResumptionPskUsage::Application);
    let by = info(&world.alice);
    let refused = [(Resync::Forbidden, vec![application.clone()]), (Resync::WithResumptionPsk, vec![])];
    for (resync, psks) in refused {
        world.bob.settings.policy.resync = resync;
        let (by, options) = (by.clone(), replacing(1, &psks));
        assert_refuses(&mut world.bob, |bob| bob.join_externally(by, None, options), rule!("12.4.3.2-08"));
    }
    // Bob proves that he was a member of epoch 1.
    let psk = world.bob.group().resumption_psk(1).unwrap().as_secret().duplicate();
    let bob = &mut world.bob;
    let start = ExternalJoinStart::new(bob.suite.provider(), &bob.settings, by, NOW).unwrap();
    let join = start.verify(replacing(1, &[application]), Answers::none()).unwrap();
    let mut answers = bob.answer(join.needs());
    answers.psks = vec![Some(psk)];
    let pending = join.finish(&bob.leaf, &*bob.signer, answers).unwrap();
    for member in [&mut world.alice, &mut world.carol] {
        member.settings.policy.resync = Resync::WithResumptionPsk;
        member.reload();
        member.receive(&pending.message).unwrap();
        assert_eq!(member.group().epoch_authenticator(), pending.group.epoch_authenticator());
    }
}

#[test]
fn answers_that_dont_fit_the_questions() {
    let world = world();
    let eve = world.stranger("eve");
    let start = ExternalJoinStart::new(eve.suite.provider(), &eve.settings, info(&world.alice), NOW).unwrap();
    let join = start.verify(ExternalJoinOptions::default(), Answers::none()).unwrap();
    assert_eq!(join.needs().credentials.len(), 5);
    let finished = join.finish(&eve.leaf, &*eve.signer, Answers::none());
    assert_eq!(finished.unwrap_err(), GroupError::Misuse(Misuse::WrongAnswers));
}

// covers: 12.4.3.2-05, 12.4.3.2-07, 12.4.3.2-03, 12.4.3.2-04
#[test]
fn what_an_external_commit_looks_like() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    let commit = eve.join_externally(info(&world.alice), None, Default::default()).unwrap();
    let MlsMessageBody::PublicMessage(message) = &commit.body else { panic!("not public") };
    assert_eq!(message.content.sender, copath_messages::Sender::NewMemberCommit);
    assert!(message.membership_tag.is_none());
    let copath_messages::FramedContentBody::Commit(inside) = &message.content.body else { panic!() };
    let leaf = &inside.path.as_ref().unwrap().leaf_node;
    assert_eq!(leaf.signature_key.as_slice(), eve.signer.public_key());
    assert!(matches!(inside.proposals.as_slice(), [copath_messages::ProposalOrRef::Proposal(_)]));
    eve.reload();
    for member in world.members() {
        member.receive(&commit).unwrap();
    }
    let hello = eve.encrypt(b"hello").unwrap();
    assert_eq!(world.bob.receive(&hello), Ok(Outcome::Data(b"hello".to_vec())));
    let octets = copath_codec::Encode::to_bytes(&commit).unwrap();
    assert_eq!(copath_messages::MlsMessage::from_bytes(&octets).unwrap(), commit);
}
