//! What members check of an external commit, rule by rule.
//!
//! RFC 9420 §8.3, §12.2 and §12.4.3.2.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_crypto::{CipherSuite, CryptoProvider, Secret};
use copath_group::{CommitOptions, ExternalJoins, Merged, Resync, TreeTransfer, WelcomeOptions};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalInit, GroupContextExtensions, GroupInfo, LeafNodeSource,
    Lifetime, MlsMessage, PreSharedKey, PreSharedKeyId, Proposal, ProtocolVersion, Psk, ReInit,
    ResumptionPskUsage, Sender, Update,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    ExternalForge, Member, Outcome, World, add, assert_agreement, assert_rejected, external_psk, remove,
    resumption_psk,
};
use copath_tree_math::LeafIndex;

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([31; 32]));
    World::new(&provider)
}

fn info(member: &Member) -> GroupInfo {
    member.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*member.signer).unwrap()
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

/// Asserts that bob refuses `forged` by exactly `rule`, and that he and the others then follow a valid external commit
/// made from the same GroupInfo.
fn refused(world: &mut World, forged: &MlsMessage, rule: RuleId) {
    let eve = world.stranger("eve");
    let next = ExternalForge::new(&eve, &info(&world.carol)).message();
    let outcome = assert_rejected(&mut world.bob, forged, rule).still_accepts(&next);
    assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
    world.alice.receive(&next).unwrap();
    assert_agreement(&[&world.alice, &world.bob]);
}

fn psk_id(world: &World, usage: Option<ResumptionPskUsage>, nonce: usize) -> Proposal {
    let psk = match usage {
        None => Psk::External { psk_id: b"psk".into() },
        Some(usage) => {
            Psk::Resumption { usage, psk_group_id: world.alice.group().group_id().clone(), psk_epoch: 1 }
        }
    };
    Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce: vec![4; nonce].into() } })
}

fn extensions() -> Extensions {
    Extensions(vec![Extension { extension_type: ExtensionType(5), extension_data: vec![0].into() }])
}

// covers: 8.3-01, 8.3-02, 12.4.3.2-05, 12.4.3.2-06
#[test]
fn an_external_commit_made_by_hand_is_accepted() {
    let mut world = world();
    let eve = world.stranger("eve");
    let commit = ExternalForge::new(&eve, &info(&world.dave)).message();
    for member in world.members() {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_agreement(&[&world.alice, &world.bob, &world.carol, &world.dave]);
    let at = world.alice.group().tree().find_signature_key(eve.signer.public_key());
    assert_eq!(at, Some(leaf(5)));
}

/// How an external commit is forged, and the rule that it breaks.
type Case = (&'static str, RuleId, fn(&mut World, ExternalForge) -> ExternalForge);

fn init() -> Proposal {
    Proposal::ExternalInit(ExternalInit { kem_output: Opaque::from(&[9; 32]) })
}

const LISTS: [Case; 16] = [
    ("no ExternalInit", rule!("12.2-18"), |_, mut forge| {
        forge.external_init = false;
        forge
    }),
    ("two ExternalInits", rule!("12.2-18"), |_, forge| forge.value(init())),
    ("two Removes", rule!("12.2-19"), |_, forge| forge.value(remove(leaf(3))).value(remove(leaf(4)))),
    ("the same Remove twice", rule!("12.2-19"), |_, forge| {
        forge.value(remove(leaf(3))).value(remove(leaf(3)))
    }),
    ("a Remove of a blank leaf", rule!("12.1.3-01"), |_, forge| forge.value(remove(leaf(6)))),
    ("a Remove beyond the tree", rule!("12.1.3-01"), |_, forge| forge.value(remove(leaf(8)))),
    ("an Add", rule!("12.2-23"), |world, forge| {
        let package = world.stranger("frank").key_package();
        forge.value(add(package))
    }),
    ("an Update", rule!("12.2-23"), |world, forge| {
        let leaf_node = Box::new(world.mallory.own_leaf_node());
        forge.value(Proposal::Update(Update { leaf_node }))
    }),
    ("new extensions", rule!("12.2-23"), |_, forge| {
        let change = GroupContextExtensions { extensions: extensions() };
        forge.value(Proposal::GroupContextExtensions(change))
    }),
    ("a ReInit", rule!("12.2-23"), |world, forge| {
        forge.value(Proposal::ReInit(ReInit {
            group_id: world.alice.group().group_id().clone(),
            version: ProtocolVersion::MLS10,
            cipher_suite: CipherSuite(1),
            extensions: Extensions::default(),
        }))
    }),
    ("an unknown reference", rule!("12.4.3.2-04"), |_, forge| forge.reference(&[7; 32])),
    ("a queued reference", rule!("12.4.3.2-04"), |world, forge| {
        let proposal = world.mallory.propose(remove(leaf(4)));
        world.bob.receive(&proposal).unwrap();
        let queued = world.bob.group().pending_proposals().next().unwrap();
        forge.reference(&queued.reference)
    }),
    ("a pre-shared key twice", rule!("12.2-10"), |world, forge| {
        forge.value(psk_id(world, None, 32)).value(psk_id(world, None, 32))
    }),
    ("a nonce of another length", rule!("12.1.4-03"), |world, forge| forge.value(psk_id(world, None, 31))),
    ("a PSK of usage reinit", rule!("12.1.4-01"), |world, forge| {
        forge.value(psk_id(world, Some(ResumptionPskUsage::Reinit), 32))
    }),
    ("a PSK of usage branch", rule!("12.1.4-02"), |world, forge| {
        forge.value(psk_id(world, Some(ResumptionPskUsage::Branch), 32))
    }),
];

const PATHS: [Case; 20] = [
    ("no path", rule!("12.4.3.2-03"), |_, mut forge| {
        forge.path = false;
        forge
    }),
    ("the leaf of a key package", rule!("7.3-16"), |_, forge| {
        forge.edit_leaf(|leaf| {
            let lifetime = Lifetime { not_before: 0, not_after: u64::MAX };
            leaf.leaf_node_source = LeafNodeSource::KeyPackage(lifetime);
        })
    }),
    ("the leaf of an Update", rule!("7.3-16"), |_, forge| {
        forge.edit_leaf(|leaf| leaf.leaf_node_source = LeafNodeSource::Update)
    }),
    ("a wrong parent hash", rule!("7.5-09"), |_, forge| {
        forge.edit_leaf(|leaf| leaf.leaf_node_source = LeafNodeSource::Commit(vec![0; 32].into()))
    }),
    ("no parent hash", rule!("7.5-09"), |_, forge| {
        forge.edit_leaf(|leaf| leaf.leaf_node_source = LeafNodeSource::Commit(Opaque::default()))
    }),
    ("another member's encryption key", rule!("12.4.2-07"), |world, forge| {
        let key = world.mallory.own_leaf_node().encryption_key;
        forge.edit_leaf(move |leaf| leaf.encryption_key = key)
    }),
    ("the removed leaf's encryption key", rule!("12.2-20"), |world, forge| {
        let key = world.mallory.leaf_node(leaf(3)).encryption_key;
        forge.value(remove(leaf(3))).edit_leaf(move |leaf| leaf.encryption_key = key)
    }),
    ("an encryption key that is none", rule!("5.1.1-01"), |_, forge| {
        forge.edit_leaf(|leaf| leaf.encryption_key = vec![7; 31].into())
    }),
    ("a leaf that somebody else signed", rule!("7.3-03"), |world, forge| {
        let frank = world.stranger("frank");
        let key = Opaque::from(frank.signer.public_key());
        forge.edit_leaf(move |leaf| leaf.signature_key = key).content_signer(&frank.signer)
    }),
    ("a message that somebody else signed", rule!("6.1-08"), |world, forge| {
        forge.content_signer(&world.stranger("frank").signer)
    }),
    ("a message that a member signed", rule!("6.1-08"), |world, forge| {
        forge.content_signer(&world.carol.signer)
    }),
    ("no suite", rule!("7.3-06"), |_, forge| forge.edit_leaf(|leaf| leaf.capabilities.cipher_suites.clear())),
    ("no version", rule!("7.3-06"), |_, forge| forge.edit_leaf(|leaf| leaf.capabilities.versions.clear())),
    ("no credential type", rule!("7.2-05"), |_, forge| {
        forge.edit_leaf(|leaf| leaf.capabilities.credentials.clear())
    }),
    ("an unlisted extension", rule!("7.3-12"), |_, forge| {
        forge.edit_leaf(|leaf| {
            let extension_type = ExtensionType(0xf000);
            leaf.extensions.0.push(Extension { extension_type, extension_data: Opaque::default() });
        })
    }),
    ("an extension twice", rule!("13.4-03"), |_, forge| {
        forge.edit_leaf(|leaf| {
            for _ in 0..2 {
                let extension_type = ExtensionType(1);
                leaf.extensions.0.push(Extension { extension_type, extension_data: Opaque::default() });
            }
        })
    }),
    ("another init secret", rule!("12.4.2-09"), |_, mut forge| {
        forge.init_secret = Some(Secret::copy_of(&[8; 32]));
        forge
    }),
    ("a flipped tag", rule!("12.4.2-09"), |_, forge| {
        forge.tamper(|content| content.auth.confirmation_tag = Some(vec![0; 32].into()))
    }),
    ("a short KEM output", rule!("8.3-03"), |_, forge| {
        forge.edit_kem_output(|output| {
            output.pop();
        })
    }),
    ("a KEM output that is no key", rule!("8.3-03"), |_, forge| {
        forge.edit_kem_output(|output| output.fill(0))
    }),
];

// covers: 12.2-22
#[test]
fn lists_that_break_one_rule() {
    for (name, rule, forge) in LISTS {
        println!("{name}");
        let mut world = world();
        let eve = world.stranger("eve");
        let whole = ExternalForge::new(&eve, &info(&world.alice));
        let forged = forge(&mut world, whole).message();
        refused(&mut world, &forged, rule);
    }
}

// covers: 12.4.3.2-05, 12.4.3.2-06
#[test]
fn paths_and_secrets_that_break_one_rule() {
    for (name, rule, forge) in PATHS {
        println!("{name}");
        let mut world = world();
        let eve = world.stranger("eve");
        let whole = ExternalForge::new(&eve, &info(&world.alice));
        let forged = forge(&mut world, whole).message();
        refused(&mut world, &forged, rule);
    }
}

#[test]
fn another_leaf_than_the_leftmost_blank_one() {
    for index in [6, 7] {
        let mut world = world();
        let eve = world.stranger("eve");
        let mut forge = ExternalForge::new(&eve, &info(&world.alice));
        forge.leaf = Some(leaf(index));
        let forged = forge.message();
        refused(&mut world, &forged, rule!("7.5-09"));
    }
}

#[test]
fn a_member_that_doesnt_remove_itself() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    eve.signer = Arc::clone(&world.carol.signer);
    let forged = ExternalForge::new(&eve, &info(&world.alice)).message();
    // covers: 12.4.3.2-10
    refused(&mut world, &forged, rule!("7.3-18"));
}

// covers: 12.4.3.2-07
#[test]
fn framed_as_a_members_commit_and_the_reverse() {
    let mut world = world();
    let eve = world.stranger("eve");
    let mut forge = ExternalForge::new(&eve, &info(&world.alice));
    forge.sender = Sender::Member { leaf_index: 2 };
    let as_member = forge.message();
    let by_member = world.mallory.commit().value(init()).message();
    let mut forge = ExternalForge::new(&eve, &info(&world.alice)).value(remove(leaf(3)));
    forge.external_init = false;
    let as_joiner = forge.message();
    assert_rejected(&mut world.bob, &as_member, rule!("6.2-02")).more_follow();
    assert_rejected(&mut world.bob, &by_member, rule!("12.2-14")).more_follow();
    refused(&mut world, &as_joiner, rule!("12.2-18"));
}

// covers: 12.4.3.2-09
#[test]
fn one_group_info_serves_one_join() {
    let mut world = world();
    let info = info(&world.alice);
    let mut joiners = ["eve", "frank"].map(|name| world.stranger(name));
    let [first, second] = joiners
        .each_mut()
        .map(|joiner| joiner.join_externally(info.clone(), None, Default::default()).unwrap());
    world.bob.receive(&first).unwrap();
    let [mut eve, mut frank] = joiners;
    assert_rejected(&mut eve, &second, rule!("12.4.2-01")).more_follow();
    let bobs =
        world.bob.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*world.bob.signer);
    let third = frank.join_externally(bobs.unwrap(), None, Default::default()).unwrap();
    assert_rejected(&mut world.bob, &second, rule!("12.4.2-01")).still_accepts(&third);
    eve.receive(&third).unwrap();
    assert_agreement(&[&world.bob, &eve, &frank]);
}

// covers: 12.4.1-03, 12.2-19, 12.4.3-04
#[test]
fn a_resync_takes_the_leftmost_blank_leaf() {
    let mut world = world();
    let commit = world.alice.commit(CommitOptions::new().propose(remove(leaf(3)))).unwrap();
    world.alice.accept(WelcomeOptions::default());
    world.bob.receive(&commit).unwrap();
    world.dave.receive(&commit).unwrap();
    // Leaf 3 is blank; bob's own becomes blank, and he takes it again, with his old group still at hand.
    let mut options = copath_group::ExternalJoinOptions::default();
    options.replaces = Some(leaf(1));
    let commit = world.bob.join_externally(info(&world.alice), None, options).unwrap();
    world.alice.receive(&commit).unwrap();
    world.dave.receive(&commit).unwrap();
    assert_eq!(world.bob.group().own_leaf(), leaf(1));
    assert_agreement(&[&world.alice, &world.bob, &world.dave]);
    // Dave was the rightmost: he frees leaf 4, and leaf 3 is the leftmost blank one.
    let mut options = copath_group::ExternalJoinOptions::default();
    options.replaces = Some(leaf(4));
    let commit = world.dave.join_externally(info(&world.bob), None, options).unwrap();
    world.alice.receive(&commit).unwrap();
    world.bob.receive(&commit).unwrap();
    assert_eq!(world.dave.group().own_leaf(), leaf(3));
    assert_agreement(&[&world.alice, &world.bob, &world.dave]);
}

// covers: 12.4.1-03, 7.7-02
#[test]
fn a_full_tree_is_doubled() {
    let mut world = world();
    let mut joined = Vec::new();
    for (name, index) in [("e", 5), ("f", 6), ("g", 7), ("h", 8), ("i", 9)] {
        let mut joiner = world.stranger(name);
        let commit = joiner.join_externally(info(&world.alice), None, Default::default()).unwrap();
        for member in world.members().into_iter().chain(&mut joined) {
            member.receive(&commit).unwrap();
        }
        assert_eq!(joiner.group().own_leaf(), leaf(index));
        joined.push(joiner);
    }
    assert_eq!(world.alice.group().tree().size().leaf_count(), 16);
    let all: Vec<&Member> = [&world.alice, &world.bob, &world.dave].into_iter().chain(&joined).collect();
    assert_agreement(&all);
}

// covers: 12.2-22, 8.4-04
#[test]
fn pre_shared_keys_in_an_external_commit() {
    let mut world = world();
    let eve = world.stranger("eve");
    for member in [&mut world.bob, &mut world.carol] {
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
    let suite = eve.suite.clone();
    let group_id = world.alice.group().group_id().clone();
    let epoch_psk = world.alice.group().resumption_psk(1).unwrap().as_secret().expose().to_vec();
    let forge = |psk: &[u8]| {
        ExternalForge::new(&eve, &info(&world.alice))
            .value(external_psk(&suite, b"psk"))
            .value(resumption_psk(&suite, &group_id, 1))
            .psk(psk)
            .psk(&epoch_psk)
    };
    let [wrong, right] = [forge(b"other"), forge(b"secret")].map(ExternalForge::message);
    assert_rejected(&mut world.bob, &wrong, rule!("12.4.2-09")).still_accepts(&right);
    // Alice lacks the key until she stores it.
    // covers: 12.4.2-03
    assert_rejected(&mut world.alice, &right, rule!("12.4.2-03")).more_follow();
    world.alice.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    world.alice.receive(&right).unwrap();
    assert_agreement(&[&world.alice, &world.bob]);
}

// covers: 12.4.3.2-08
#[test]
fn whether_a_resync_is_allowed_is_policy() {
    let mut world = world();
    let eve = world.stranger("eve");
    let suite = eve.suite.clone();
    let group_id = world.alice.group().group_id().clone();
    let epoch_psk = world.alice.group().resumption_psk(1).unwrap().as_secret().expose().to_vec();
    let resync = || ExternalForge::new(&eve, &info(&world.alice)).value(remove(leaf(3)));
    let plain = resync().message();
    let proved = resync().value(resumption_psk(&suite, &group_id, 1)).psk(&epoch_psk).message();
    let external = resync().value(external_psk(&suite, b"psk")).psk(b"secret").message();
    let join = ExternalForge::new(&eve, &info(&world.alice)).message();
    let policies = [
        (Resync::Forbidden, vec![&plain, &proved, &external], &join),
        (Resync::WithResumptionPsk, vec![&plain, &external], &proved),
        (Resync::WithResumptionPsk, vec![&plain], &join),
        (Resync::Allowed, vec![], &plain),
    ];
    let members = [&mut world.alice, &mut world.bob, &mut world.dave].into_iter();
    let mut joiners = members.zip(policies.clone());
    for (member, (policy, refused, accepted)) in joiners.by_ref() {
        member.settings.policy.resync = policy;
        member.reload();
        for message in refused {
            assert_rejected(member, message, rule!("12.4.3.2-08")).more_follow();
        }
        member.receive(accepted).unwrap();
    }
}
