//! What a member refuses of a single proposal: received alone, in a commit, and when asked to send it.
//!
//! RFC 9420 §7.3, §10.1 and §12.1.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, Merged};
use copath_messages::{
    Capabilities, Extension, ExtensionType, Extensions, ExternalInit, GroupContextExtensions, KeyPackage,
    LeafNodeSource, Lifetime, PreSharedKey, PreSharedKeyId, Proposal, ProposalType, ProtocolVersion, Psk,
    ReInit, Remove, RequiredCapabilities, ResumptionPskUsage, UnsignedKeyPackage, UnsignedLeafNode,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_ratchet_tree::OldLeaves;
use copath_rules::{RuleId, rule};
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_refuses, assert_rejected, forge_key_package,
    forge_key_package_signed_by,
};

const PRIVATE_USE: u16 = 0xf001;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([12; 32]))
}

fn world() -> World {
    World::new(&provider())
}

fn private_extension() -> Extension {
    Extension { extension_type: ExtensionType(PRIVATE_USE), extension_data: Opaque::default() }
}

/// Whatever is refused is refused in all places: alone, in a commit, when sending alone, when committing.
fn refused_everywhere(world: &mut World, proposal: &Proposal, received: RuleId, sent: RuleId) {
    let alone = world.mallory.propose(proposal.clone());
    let next = world.mallory.commit().message();
    assert_rejected(&mut world.bob, &alone, received).more_follow();
    let by_value = world.mallory.commit().value(proposal.clone()).message();
    assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), sent);
    let options = CommitOptions::new().propose(proposal.clone());
    assert_refuses(&mut world.alice, |alice| alice.commit(options), sent);
    let outcome = assert_rejected(&mut world.bob, &by_value, received).still_accepts(&next);
    assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
}

/// What the leaf shows by itself, whatever the group asks for.
const SHOWN_BY_THE_LEAF: [RuleId; 3] = [rule!("7.2-05"), rule!("7.3-06"), rule!("7.3-12")];

/// What the leaf shows by itself is refused everywhere. What only shows on the resulting tree is queued, and refused in a commit by value, by reference and when building.
fn refused_in_commits(world: &mut World, proposal: &Proposal, rule: RuleId) {
    if SHOWN_BY_THE_LEAF.contains(&rule) {
        return refused_everywhere(world, proposal, rule, rule);
    }
    let alone = world.mallory.propose(proposal.clone());
    let next = world.mallory.commit().message();
    let by_value = world.mallory.commit().value(proposal.clone()).message();
    let options = CommitOptions::new().propose(proposal.clone());
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
    assert_rejected(&mut world.bob, &by_value, rule).more_follow();
    assert_eq!(world.bob.receive(&alone), Ok(Outcome::Queued));
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let by_reference = world.mallory.commit().reference(&queued).message();
    assert_rejected(&mut world.bob, &by_reference, rule).still_accepts(&next);
}

type EditLeaf = fn(&mut UnsignedLeafNode);
type EditPackage = fn(&mut UnsignedKeyPackage);

fn lifetime(leaf: &mut UnsignedLeafNode, not_before: u64, not_after: u64) {
    leaf.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before, not_after });
}

// covers: 10.1-01, 12.1.1-01, 7.3-01
#[test]
fn adds_of_broken_key_packages() {
    const DAY: u64 = 24 * 3600;
    const MOST: u64 = 366 * DAY;
    let keep_leaf: EditLeaf = |_| ();
    let keep: EditPackage = |_| ();
    let cases: Vec<(EditLeaf, EditPackage, RuleId, RuleId)> = vec![
        (keep_leaf, |p| p.cipher_suite = CipherSuite(3), rule!("10.1-02"), rule!("10.1-02")),
        (keep_leaf, |p| p.version = ProtocolVersion(2), rule!("10.1-02"), rule!("10.1-02")),
        (keep_leaf, |p| p.init_key = Opaque::from(&[1; 31]), rule!("10-03"), rule!("10-03")),
        (keep_leaf, |p| p.init_key = Opaque::from(&[0; 32]), rule!("10-03"), rule!("10-03")),
        (|l| l.encryption_key = Opaque::from(&[1; 33]), keep, rule!("10-05"), rule!("10-05")),
        (keep_leaf, |p| p.init_key = p.leaf_node.encryption_key.clone(), rule!("10.1-05"), rule!("10.1-05")),
        (|l| l.leaf_node_source = LeafNodeSource::Update, keep, rule!("7.3-13"), rule!("7.3-13")),
        (
            |l| l.leaf_node_source = LeafNodeSource::Commit(Opaque::default()),
            keep,
            rule!("7.3-13"),
            rule!("7.3-13"),
        ),
        (
            keep_leaf,
            |p| p.extensions = Extensions(vec![private_extension(), private_extension()]),
            rule!("13.4-03"),
            rule!("13.4-03"),
        ),
        (
            |l| l.extensions = Extensions(vec![private_extension(), private_extension()]),
            keep,
            rule!("13.4-03"),
            rule!("13.4-03"),
        ),
        (|l| lifetime(l, 0, NOW.0 - DAY), keep, rule!("7.2-10"), rule!("7.2-10")),
        (|l| lifetime(l, NOW.0, NOW.0 + MOST + 1), keep, rule!("7.2-10"), rule!("7.2-10")),
        (|l| lifetime(l, 10, 5), keep, rule!("7.2-12"), rule!("7.2-12")),
        (|l| lifetime(l, NOW.0 - 2 * DAY, NOW.0 - DAY), keep, rule!("7.3-10"), rule!("7.3-09")),
        (|l| lifetime(l, NOW.0 + DAY, NOW.0 + 2 * DAY), keep, rule!("7.3-10"), rule!("7.3-09")),
    ];
    for (edit_leaf, edit, received, sent) in cases {
        let mut world = world();
        for member in [&mut world.alice, &mut world.bob] {
            member.settings.policy.lifetimes.received_adds = OldLeaves::Refused;
            member.reload();
        }
        let eve = world.stranger("eve");
        let package = forge_key_package(&eve, edit_leaf, edit);
        refused_everywhere(&mut world, &add(package), received, sent);
    }
}

/// The clocks of others may be an hour off, one's own is not.
#[test]
fn senders_use_their_own_clock() {
    for (not_before, not_after) in [(NOW.0 + 60, NOW.0 + 3600), (NOW.0 - 3600, NOW.0 - 60)] {
        let mut world = world();
        let eve = world.stranger("eve");
        let package = forge_key_package(&eve, |leaf| lifetime(leaf, not_before, not_after), |_| ());
        let proposal = add(package);
        assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), rule!("7.3-09"));
        let options = CommitOptions::new().propose(proposal.clone());
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("7.3-09"));
        assert_eq!(world.bob.receive(&world.mallory.propose(proposal)), Ok(Outcome::Queued));
    }
}

#[test]
fn adds_of_key_packages_with_broken_signatures() {
    let base = world();
    let [eve, other] = ["eve", "other"].map(|name| base.stranger(name));
    let (right, wrong) = (&*eve.signer, &*other.signer);
    let flip = |mut package: KeyPackage, leaf: bool| {
        let signature = if leaf { &mut package.leaf_node.signature } else { &mut package.signature };
        *signature = Opaque::from(&[9; 64]);
        package
    };
    let valid = || forge_key_package(&eve, |_| (), |_| ());
    let keep: EditLeaf = |_| ();
    let cases = [
        // covers: 10.1-04
        (forge_key_package_signed_by(&eve, [right, wrong], keep, |_| ()), rule!("10-06")),
        (flip(valid(), false), rule!("10-06")),
        // covers: 10.1-03
        (forge_key_package_signed_by(&eve, [wrong, right], keep, |_| ()), rule!("7.3-03")),
        (flip(valid(), true), rule!("7.3-03")),
    ];
    for (package, rule) in cases {
        refused_everywhere(&mut world(), &add(package), rule, rule);
    }
}

fn required() -> RequiredCapabilities {
    RequiredCapabilities {
        extension_types: vec![ExtensionType(PRIVATE_USE)],
        proposal_types: vec![ProposalType(PRIVATE_USE)],
        credential_types: vec![CredentialType::X509],
    }
}

/// All members support and the context has a private extension, and all of [`required`] is required.
fn demanding_world() -> World {
    let extensions = Extensions(vec![Extension::of(&required()).unwrap(), private_extension()]);
    World::with(&provider(), extensions, demanding)
}

fn demanding(member: &mut Member) {
    member.leaf = member
        .leaf
        .clone()
        .supporting_extension(ExtensionType(PRIVATE_USE))
        .supporting_proposal(ProposalType(PRIVATE_USE));
}

fn without(list: &mut Capabilities, kind: u8) {
    match kind {
        0 => list.extensions.clear(),
        1 => list.proposals.clear(),
        2 => list.credentials = vec![CredentialType::BASIC],
        3 => list.versions = vec![ProtocolVersion(2)],
        4 => list.cipher_suites = vec![CipherSuite(2)],
        _ => list.credentials = vec![CredentialType::X509],
    }
}

const MISSING: [(u8, RuleId); 6] = [
    (0, rule!("7.3-04")),
    (1, rule!("7.3-04")),
    (2, rule!("7.3-04")),
    (3, rule!("7.3-06")),
    (4, rule!("7.3-06")),
    (5, rule!("7.2-05")),
];

// covers: 11.1-02
#[test]
fn adds_of_leaves_that_lack_something() {
    for (kind, rule) in MISSING {
        let mut world = demanding_world();
        let mut eve = world.stranger("eve");
        demanding(&mut eve);
        let package = forge_key_package(&eve, |leaf| without(&mut leaf.capabilities, kind), |_| ());
        refused_in_commits(&mut world, &add(package), rule);
    }
}

#[test]
fn adds_of_leaves_that_do_not_fit_the_members() {
    let extension = |leaf: &mut UnsignedLeafNode| leaf.extensions = Extensions(vec![private_extension()]);
    let x509 = |leaf: &mut UnsignedLeafNode| {
        leaf.credential = Credential::X509 { certificates: vec![b"der".into()] };
    };
    let basic_only = |member: &mut Member| {
        member.leaf.capabilities.credentials = vec![CredentialType::BASIC];
    };
    let x509_only = |leaf: &mut UnsignedLeafNode| {
        leaf.credential = Credential::X509 { certificates: vec![b"der".into()] };
        leaf.capabilities.credentials = vec![CredentialType::X509];
    };

    let mut plain = world();
    let eve = plain.stranger("eve");
    refused_in_commits(&mut plain, &add(forge_key_package(&eve, extension, |_| ())), rule!("7.3-12"));
    let mut plain = world();
    refused_in_commits(&mut plain, &add(forge_key_package(&eve, x509_only, |_| ())), rule!("7.3-08"));
    let mut basic = World::with(&provider(), Extensions::default(), basic_only);
    refused_in_commits(&mut basic, &add(forge_key_package(&eve, x509, |_| ())), rule!("7.3-07"));
    let mut plain = world();
    let taken = plain.mallory.leaf_node(plain.bob.group().own_leaf()).encryption_key;
    let same_key = forge_key_package(&eve, |leaf| leaf.encryption_key = taken, |_| ());
    refused_in_commits(&mut plain, &add(same_key), rule!("7.3-19"));
    let mut extended = World::with(&provider(), Extensions(vec![private_extension()]), demanding);
    refused_in_commits(&mut extended, &add(forge_key_package(&eve, |_| (), |_| ())), rule!("13.4-04"));
}

// covers: 7.3-05, 7.2-02, 7.2-06, 10-11, 13.4-02, 13.5-02, 13.5-06, 13.5-09
#[test]
fn adds_of_leaves_that_are_unusual_but_valid() {
    let everything = |leaf: &mut UnsignedLeafNode| {
        let list = &mut leaf.capabilities;
        list.versions.push(ProtocolVersion(0x0a0a));
        list.cipher_suites.extend([CipherSuite(0xf000), CipherSuite(0x0a0a)]);
        list.extensions.extend([3, PRIVATE_USE, 0x1a1a].map(ExtensionType));
        list.proposals.extend([1, 0xf000, 0x2a2a].map(ProposalType));
        list.credentials.extend([0xf000, 0x3a3a].map(CredentialType));
        let grease =
            Extension { extension_type: ExtensionType(0x1a1a), extension_data: Opaque::from(&[1; 70]) };
        let application_id = copath_messages::ApplicationId { application_id: b"device".into() };
        let application_id = Extension::of(&application_id).unwrap();
        leaf.extensions = Extensions(vec![private_extension(), grease, application_id]);
    };
    let unlisted = |package: &mut UnsignedKeyPackage| {
        let grease =
            Extension { extension_type: ExtensionType(0x4a4a), extension_data: Opaque::from(&[1; 70]) };
        package.extensions = Extensions(vec![grease]);
    };
    let defaults = RequiredCapabilities {
        extension_types: vec![ExtensionType::EXTERNAL_SENDERS],
        proposal_types: vec![ProposalType::ADD],
        credential_types: vec![CredentialType::BASIC],
    };
    let extensions = Extensions(vec![Extension::of(&defaults).unwrap()]);
    let mut world = World::with(&provider(), extensions, |_| ());
    let eve = world.stranger("eve");
    let commit = world.mallory.commit().value(add(forge_key_package(&eve, everything, unlisted))).message();
    for member in world.members() {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
}

fn psk(nonce: usize, usage: Option<ResumptionPskUsage>, world: &World) -> Proposal {
    let psk_group_id = world.mallory.context.group_id.clone();
    let psk = match usage {
        None => Psk::External { psk_id: b"psk".into() },
        Some(usage) => Psk::Resumption { usage, psk_group_id, psk_epoch: 1 },
    };
    Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce: vec![7; nonce].into() } })
}

fn reinit(version: u16, extensions: Vec<Extension>) -> Proposal {
    Proposal::ReInit(ReInit {
        group_id: b"next".as_slice().into(),
        version: ProtocolVersion(version),
        cipher_suite: CipherSuite(1),
        extensions: extensions.into(),
    })
}

fn extensions(list: Vec<Extension>) -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions: list.into() })
}

// covers: 11.2-06, 11.3-07, 11.2-05, 11.3-06
#[test]
fn other_proposals_that_are_invalid_by_themselves() {
    let base = world();
    let twice = || vec![private_extension(), private_extension()];
    let removed = [5, 8, 1 << 20, u32::MAX];
    let removes = removed.map(|removed| (Proposal::Remove(Remove { removed }), rule!("12.1.3-01")));
    let mut cases = vec![
        (psk(32, Some(ResumptionPskUsage::Reinit), &base), rule!("12.1.4-01")),
        (psk(32, Some(ResumptionPskUsage::Branch), &base), rule!("12.1.4-02")),
        (psk(0, None, &base), rule!("12.1.4-03")),
        (psk(31, None, &base), rule!("12.1.4-03")),
        (psk(33, None, &base), rule!("12.1.4-03")),
        (reinit(0, Vec::new()), rule!("12.1.5-01")),
        (reinit(1, twice()), rule!("13.4-03")),
        (extensions(twice()), rule!("13.4-03")),
        (Proposal::ExternalInit(ExternalInit { kem_output: Opaque::from(&[1; 32]) }), rule!("12.1.6-01")),
    ];
    cases.extend(removes);
    for (proposal, rule) in cases {
        let mut world = world();
        let alone = world.mallory.propose(proposal.clone());
        assert_rejected(&mut world.bob, &alone, rule).more_follow();
        assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), rule);
        let options = CommitOptions::new().propose(proposal.clone());
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
        // In a commit the list's own rule comes first.
        let in_list = if rule == rule!("12.1.6-01") { rule!("12.2-14") } else { rule };
        let commit = world.mallory.commit().value(proposal).message();
        let next = world.mallory.commit().message();
        assert_rejected(&mut world.bob, &commit, in_list).still_accepts(&next);
    }
}

// covers: 12.1-01, 12.1-02
#[test]
fn proposals_are_verified_before_they_are_queued() {
    let mut world = world();
    let valid = world.mallory.propose(psk(32, None, &world));
    let copath_messages::MlsMessageBody::PublicMessage(message) = &valid.body else { panic!("not public") };
    let mut content = message.clone().into_authenticated_content();
    content.auth.signature = Opaque::from(&[3; 64]);
    let forged = world.mallory.public(&content).into();
    assert_rejected(&mut world.bob, &forged, rule!("6.1-08")).more_follow();
    assert_eq!(world.bob.group().pending_proposals().count(), 0);
    for epoch in [0, 2] {
        let mut content = message.content.clone();
        content.epoch = epoch;
        let signed = world.mallory.sign(content, copath_messages::WireFormat::PUBLIC_MESSAGE);
        let forged = world.mallory.public(&signed).into();
        assert_rejected(&mut world.bob, &forged, rule!("12.4.2-01")).more_follow();
        assert_eq!(world.bob.group().pending_proposals().count(), 0);
    }
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Queued));
    assert_eq!(world.bob.group().pending_proposals().count(), 1);
}

#[test]
fn proposals_of_a_type_without_a_known_shape() {
    let mut world = world();
    for proposal_type in [0xf000, 0x0a0a, 0] {
        let custom =
            copath_messages::CustomProposal { proposal_type: ProposalType(proposal_type), body: vec![1, 2] };
        let message = world.mallory.propose(Proposal::Custom(custom));
        let octets = copath_codec::Encode::to_bytes(&message).unwrap();
        assert_refuses(&mut world.bob, |bob| bob.group().decode(&octets), rule!("12.1-04"));
    }
}

// covers: 7.3-10
#[test]
fn a_late_add_is_accepted_unless_the_policy_refuses_it() {
    let mut world = world();
    let eve = world.stranger("eve");
    let package = forge_key_package(&eve, |l| lifetime(l, NOW.0 - 2 * 3600, NOW.0 - 3600), |_| ());
    let late = world.mallory.propose(add(package));
    assert_eq!(world.bob.receive(&late), Ok(Outcome::Queued));
}
