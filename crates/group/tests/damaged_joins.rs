//! Whatever becomes of the octets on their way to a joiner: an error, no panic, nothing changed.
//!
//! RFC 9420 §10 and §12.4.3. Each damage is repeated at every layer: outside, and inside with everything around it
//! encrypted, hashed and signed anew.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_codec::{Decode, DecodeContext, Encode};
use copath_crypto::{CipherSuite, CryptoProvider, Secret, Suite};
use copath_group::{
    CommitOptions, ExternalJoinOptions, ExternalJoins, GroupError, Misuse, PolicyRefusal, TreeTransfer,
};
use copath_messages::{
    Extensions, GroupInfo, GroupSecrets, KeyPackage, MlsMessage, MlsMessageBody, PathSecret,
    UnsignedGroupInfo,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_ratchet_tree::{RatchetTree, TreeLimits};
use copath_testing::{ExternalForge, ForgedGroup, Member, Outcome, World, add};

fn provider(seed: u8) -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([seed; 32]))
}

fn joiner(seed: u8) -> (Member, ForgedGroup) {
    let mut bob = Member::new(&provider(seed), CipherSuite(1), "bob");
    let package = bob.key_package();
    let forged = ForgedGroup::joined_by(&bob.suite, &package);
    (bob, forged)
}

/// Every prefix of `octets`, and `count` copies with one to three bits flipped or an octet replaced.
fn damaged<'a>(suite: &'a Suite, octets: &'a [u8], count: usize) -> impl Iterator<Item = Vec<u8>> + 'a {
    let prefixes = (0..octets.len()).map(|end| octets[..end].to_vec());
    let flips = (0..count).map(move |round| {
        let mut copy = octets.to_vec();
        for choice in suite.random_bytes(15).unwrap().chunks(5).take(1 + round % 3) {
            let position = u32::from_be_bytes([0, choice[0], choice[1], choice[2]]) as usize % copy.len();
            if round % 5 == 0 {
                copy[position] = choice[4];
            } else {
                copy[position] ^= 1 << (choice[3] % 8);
            }
        }
        copy
    });
    prefixes.chain(flips).filter(move |damaged| damaged != octets)
}

/// Asserts that `bob` doesn't join and keeps its key package.
fn assert_not_joined(bob: &mut Member, welcome: &MlsMessage) {
    assert!(bob.join(welcome, None).is_err());
    assert!(!bob.has_group());
    assert_eq!(bob.key_packages.len(), 1);
}

// covers: 2.1.2-04, 12.4.3.1-04, 12.4.3.1-08
#[test]
fn welcomes_damaged_outside() {
    let (mut bob, mut group) = joiner(71);
    let valid = group.welcome();
    let octets = valid.to_bytes().unwrap();
    let suite = bob.suite.clone();
    for damaged in damaged(&suite, &octets, 1500) {
        match MlsMessage::from_bytes(&damaged) {
            Ok(message) if matches!(message.body, MlsMessageBody::Welcome(_)) => {
                assert_not_joined(&mut bob, &message);
            }
            _ => {}
        }
    }
    bob.join(&valid, None).unwrap();
}

#[test]
fn group_infos_damaged_inside_a_welcome() {
    let (mut bob, mut group) = joiner(72);
    let octets = group.group_info().to_bytes().unwrap();
    let suite = bob.suite.clone();
    for damaged in damaged(&suite, &octets, 600) {
        assert_not_joined(&mut bob, &group.seal_octets(&damaged).into());
        // The same with a right signature, where there is something to sign.
        let Ok(info) = GroupInfo::from_bytes(&damaged) else { continue };
        let info = UnsignedGroupInfo::from(info);
        let unchanged = (info.signer, &info.confirmation_tag, &info.group_context);
        let before = group.info();
        if unchanged == (before.signer, &before.confirmation_tag, &before.group_context)
            && info.extensions.0.first() == before.extensions.0.first()
        {
            continue;
        }
        let _ = Member::new(suite.provider(), CipherSuite(1), "eve").join_externally(
            group.sign(info.clone()),
            None,
            ExternalJoinOptions::default(),
        );
        assert_not_joined(&mut bob, &group.seal(&group.sign(info)).into());
    }
    bob.join(&group.welcome(), None).unwrap();
}

#[test]
fn group_secrets_damaged_inside_a_welcome() {
    let (mut bob, mut group) = joiner(73);
    let info = group.group_info();
    let mut welcome = group.seal(&info);
    let path_secret = group.joiners[0].path_secret.as_ref().unwrap().duplicate();
    let secrets = GroupSecrets {
        joiner_secret: group.joiner_secret.duplicate(),
        path_secret: Some(PathSecret { path_secret }),
        psks: Vec::new(),
    };
    let octets = secrets.to_bytes().unwrap();
    let suite = bob.suite.clone();
    for damaged in damaged(&suite, &octets, 400) {
        welcome.secrets = vec![group.seal_to(&group.joiners[0], &welcome.encrypted_group_info, &damaged)];
        assert_not_joined(&mut bob, &welcome.clone().into());
    }
    bob.join(&group.seal(&info).into(), None).unwrap();
}

#[test]
fn trees_damaged_inside_a_group_info() {
    let (mut bob, mut group) = joiner(74);
    group.rehash();
    group.joiners[0].path_secret = None;
    let octets = group.tree_octets();
    let suite = bob.suite.clone();
    for damaged in damaged(&suite, &octets, 1500) {
        let limits = TreeLimits::default();
        let tree = RatchetTree::decode(&suite, &damaged, DecodeContext::rfc9420(), &limits);
        let right = group.context.tree_hash.clone();
        if let Ok(tree) = tree {
            group.context.tree_hash = tree.tree_hash().as_slice().into();
        }
        let mut info = group.info();
        info.extensions.0[0].extension_data = damaged.into();
        let info = group.sign(info);
        assert_not_joined(&mut bob, &group.seal(&info).into());
        let mut eve = Member::new(suite.provider(), CipherSuite(1), "eve");
        assert!(eve.join_externally(info, None, ExternalJoinOptions::default()).is_err());
        group.context.tree_hash = right;
    }
    bob.join(&group.welcome(), None).unwrap();
}

#[test]
fn group_infos_damaged_outside() {
    let (bob, mut group) = joiner(75);
    let suite = bob.suite.clone();
    let octets = MlsMessage::from(group.group_info()).to_bytes().unwrap();
    let mut eve = Member::new(suite.provider(), CipherSuite(1), "eve");
    for damaged in damaged(&suite, &octets, 1500) {
        let Ok(message) = MlsMessage::from_bytes(&damaged) else { continue };
        let MlsMessageBody::GroupInfo(info) = message.body else { continue };
        assert!(eve.join_externally(info, None, ExternalJoinOptions::default()).is_err());
        assert!(!eve.has_group());
    }
    eve.join_externally(group.group_info(), None, ExternalJoinOptions::default()).unwrap();
}

#[test]
fn key_packages_damaged() {
    let provider = provider(76);
    let mut alice = Member::new(&provider, CipherSuite(1), "alice");
    alice.create(Default::default());
    let mut bob = Member::new(&provider, CipherSuite(1), "bob");
    let package = bob.key_package();
    let suite = bob.suite.clone();
    for damaged in damaged(&suite, &package.to_bytes().unwrap(), 1500) {
        let Ok(package) = KeyPackage::from_bytes(&damaged) else { continue };
        assert!(alice.commit(CommitOptions::new().propose(add(package.clone()))).is_err());
        assert!(alice.propose(add(package)).is_err());
        assert!(!alice.group().has_pending_commit());
    }
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
}

#[test]
fn external_commits_damaged() {
    let mut world = World::new(&provider(77));
    let eve = world.stranger("eve");
    let joins = ExternalJoins::Possible;
    let info = world.alice.group().group_info(TreeTransfer::Inside, joins, &*world.alice.signer).unwrap();
    let valid = ExternalForge::new(&eve, &info).message();
    let before = world.bob.group().version();
    for damaged in damaged(&eve.suite, &valid.to_bytes().unwrap(), 1500) {
        let Ok(message) = MlsMessage::from_bytes(&damaged) else { continue };
        assert!(world.bob.receive(&message).is_err());
        assert_eq!(world.bob.group().version(), before);
    }
    assert!(matches!(world.bob.receive(&valid), Ok(Outcome::Merged(_))));
}

// covers: 2.1.2-08, 2.1.2-05
#[test]
fn lengths_that_promise_too_much() {
    let (mut bob, mut group) = joiner(78);
    let welcome = group.welcome().to_bytes().unwrap();
    let tree = group.tree_octets();
    for claim in [&[0xbf, 0xff, 0xff, 0xff][..], &[0x80, 0x10, 0x00, 0x00], &[0x7f, 0xff]] {
        // The Welcome's list of secrets, and the list of the tree.
        let mut forged = welcome[..6].to_vec();
        forged.extend_from_slice(claim);
        forged.extend_from_slice(&welcome[8..]);
        assert!(MlsMessage::from_bytes(&forged).is_err());
        let mut forged = claim.to_vec();
        forged.extend_from_slice(&tree[2..]);
        let limits = TreeLimits::default();
        assert!(RatchetTree::decode(&bob.suite, &forged, DecodeContext::rfc9420(), &limits).is_err());
    }
    bob.join(&group.welcome(), None).unwrap();
}

#[test]
fn trees_beyond_the_policys_limit() {
    let (mut bob, mut group) = joiner(79);
    let refusal = |refusal| GroupError::Misuse(Misuse::Policy(refusal));
    bob.settings.policy.max_leaves = 7;
    let error = bob.join(&group.welcome(), None).unwrap_err();
    assert_eq!(error, refusal(PolicyRefusal::Leaves { limit: 7 }));
    bob.settings.policy.max_leaves = 8;
    // A tree of nothing but blanks with one leaf at its end.
    let mut wide = vec![None; 1 << 16];
    wide.push(group.nodes[0].clone());
    let right = core::mem::replace(&mut group.nodes, wide);
    let error = bob.join(&group.welcome(), None).unwrap_err();
    assert_eq!(error, refusal(PolicyRefusal::Leaves { limit: 8 }));
    group.nodes = right;
    bob.join(&group.welcome(), None).unwrap();
}

#[test]
fn octets_of_a_tree_are_counted_before_it_is_parsed() {
    let (mut bob, mut group) = joiner(82);
    let inside = group.welcome();
    let tree = group.tree_octets();
    let (octets, limit) = (tree.len(), tree.len() - 1);
    bob.settings.policy.max_tree_size = limit;
    let refused = GroupError::Misuse(Misuse::Policy(PolicyRefusal::TreeSize { octets, limit }));
    assert_eq!(bob.join(&inside, None), Err(refused.clone()));
    let mut info = group.info();
    info.extensions = Extensions::default();
    let beside = group.seal(&group.sign(info)).into();
    let noise = vec![0xff; octets];
    for octets in [tree.clone(), noise] {
        assert_eq!(bob.join(&beside, Some(octets)), Err(refused.clone()));
    }
    bob.settings.policy.max_tree_size = octets;
    bob.join(&beside, Some(tree)).unwrap();
}

#[test]
fn noise_is_no_message() {
    let (mut bob, mut group) = joiner(80);
    let suite = bob.suite.clone();
    for round in 0..2000usize {
        let mut noise = suite.random_bytes(round % 97).unwrap();
        // Half of it under a right version and format.
        if round % 2 == 0 {
            noise.splice(0..0, [0, 1, 0, u8::try_from(round % 7).unwrap()]);
        }
        if let Ok(message) = MlsMessage::from_bytes(&noise)
            && matches!(message.body, MlsMessageBody::Welcome(_))
        {
            assert_not_joined(&mut bob, &message);
        }
        let sealed = group.seal_octets(&noise);
        assert_not_joined(&mut bob, &sealed.into());
    }
    group.psks.push((
        copath_messages::PreSharedKeyId {
            psk: copath_messages::Psk::External { psk_id: b"noise".into() },
            psk_nonce: vec![0; 32].into(),
        },
        Secret::copy_of(b""),
    ));
    // An empty pre-shared key is a key like any other.
    bob.psks.insert(b"noise".to_vec(), Vec::new());
    bob.join(&group.welcome(), None).unwrap();
}
