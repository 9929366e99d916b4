//! Branches: groups of some members of another group.
//!
//! RFC 9420 §11.3 and §12.4.3.1.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_credentials::CredentialVerdict;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    Answers, BranchParameters, CommitOptions, Group, ParentNeed, ResumptionDraft, WelcomeOptions,
};
use copath_messages::{
    Extensions, GroupId, KeyPackage, MlsMessage, PreSharedKeyId, ProtocolVersion, Psk, ResumptionPskUsage,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    ForgedGroup, ForgedPath, ForgedTree, Member, Outcome, add, assert_agreement, assert_refuses, assert_rule,
    remove,
};

const SUITE: CipherSuite = CipherSuite(1);

/// Five members.
fn parent_group() -> Vec<Member> {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([12; 32]));
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let mut members: Vec<Member> = names.iter().map(|name| Member::new(&provider, SUITE, name)).collect();
    members[0].create(Extensions::default());
    let adds: Vec<_> = members[1..].iter_mut().map(|member| add(member.key_package())).collect();
    let options = adds.into_iter().fold(CommitOptions::new(), CommitOptions::propose);
    members[0].commit(options).unwrap();
    let welcome = members[0].accept(WelcomeOptions::default()).remove(0);
    for member in &mut members[1..] {
        member.join(&welcome, None).unwrap();
    }
    members
}

fn everybody_commits_once(members: &mut [Member], by: usize) {
    let commit = members[by].commit(CommitOptions::new()).unwrap();
    members[by].accept(WelcomeOptions::default());
    for (at, member) in members.iter_mut().enumerate() {
        if at != by {
            member.receive(&commit).unwrap();
        }
    }
}

// covers: 11.3-01, 11.3-02, 11.3-03, 11.3-04, 11.3-05, 11.3-07, 12.4.3.1-23
#[test]
fn three_of_five_branch_off_and_the_parent_goes_on() {
    let mut parent = parent_group();
    let [mut alice, mut carol, mut erin] = [0, 2, 4].map(|at| parent[at].beside(SUITE));
    let packages = vec![alice.key_package(), erin.key_package()];
    let welcome = carol.branch(parent[2].group(), &BranchParameters::default(), packages).unwrap();
    // the parent has gone on meanwhile, and everybody has restarted
    everybody_commits_once(&mut parent, 1);
    everybody_commits_once(&mut parent, 3);
    let [p_alice, _, _, p_dave, p_erin] = &mut parent[..] else { unreachable!() };
    p_alice.reload();
    alice.join(&welcome, None).unwrap();
    erin.join(&welcome, None).unwrap();
    assert_agreement(&[&alice, &carol, &erin]);
    assert_eq!(alice.group().epoch(), 1);
    assert_ne!(alice.group().group_id(), p_alice.group().group_id());
    let hello = erin.encrypt(b"in the branch").unwrap();
    assert_eq!(alice.receive(&hello), Ok(Outcome::Data(b"in the branch".to_vec())));
    let hello = p_erin.encrypt(b"in the parent").unwrap();
    assert_eq!(p_dave.receive(&hello), Ok(Outcome::Data(b"in the parent".to_vec())));
}

// covers: 11.3-01
#[test]
fn a_branch_may_have_an_id_and_extensions_of_its_own() {
    let parent = parent_group();
    let [mut alice, mut bob] = [0, 1].map(|at| parent[at].beside(SUITE));
    let packages = vec![bob.key_package()];
    let group_id = Some(GroupId::from(b"branch".to_vec()));
    let branch = BranchParameters { group_id, extensions: Some(Extensions::default()) };
    let welcome = alice.branch(parent[0].group(), &branch, packages).unwrap();
    bob.join(&welcome, None).unwrap();
    bob.reload();
    assert_agreement(&[&alice, &bob]);
    assert_eq!(Some(bob.group().group_id()), branch.group_id.as_ref());
}

/// A creator whose validator says yes to everything.
fn credulous(_: &mut Member, draft: &ResumptionDraft) -> Answers {
    let mut answers = Answers::none();
    answers.credentials = vec![CredentialVerdict::Accepted; draft.needs().credentials.len()];
    answers
}

#[test]
fn who_is_not_in_the_parent_may_not_be_in_the_branch() {
    let parent = parent_group();
    let [mut alice, mut bob] = [0, 1].map(|at| parent[at].beside(SUITE));
    let mut mallory = Member::new(alice.suite.provider(), SUITE, "mallory");
    let packages = vec![bob.key_package(), mallory.key_package()];
    let group = parent[0].group();
    let branch = BranchParameters::default();
    let own = packages.clone();
    assert_refuses(&mut alice, |alice| alice.branch(group, &branch, own), rule!("11.3-05"));
    let parameters = alice.resumption_parameters(packages);
    let draft = group.draft_branch(&branch, &parameters, &alice.resumption()).unwrap();
    let welcome = alice.finish(draft, credulous).unwrap();
    assert_refuses(&mut bob, |bob| bob.join(&welcome, None), rule!("11.3-05"));
    assert_eq!(bob.key_packages.len(), 1);
    // nor can the outsider join, who doesn't have the parent
    assert_refuses(&mut mallory, |mallory| mallory.join(&welcome, None), rule!("11.3-06"));
}

#[test]
fn a_branch_has_an_id_of_its_own() {
    let parent = parent_group();
    let mut alice = parent[0].beside(SUITE);
    let group = parent[0].group();
    let branch = BranchParameters { group_id: Some(group.group_id().clone()), ..Default::default() };
    assert_refuses(&mut alice, |alice| alice.branch(group, &branch, vec![]), rule!("12.4.3-04"));
}

#[test]
fn a_key_package_of_another_suite_is_refused() {
    let parent = parent_group();
    let mut alice = parent[0].beside(SUITE);
    let packages = vec![parent[1].beside(CipherSuite(3)).key_package()];
    let branch = BranchParameters::default();
    let group = parent[0].group();
    assert_refuses(&mut alice, |alice| alice.branch(group, &branch, packages), rule!("10.1-02"));
}

#[test]
fn a_removed_member_makes_no_branch() {
    let mut parent = parent_group();
    let bob = parent[1].group().own_leaf();
    let commit = parent[0].commit(CommitOptions::new().propose(remove(bob))).unwrap();
    parent[1].receive(&commit).unwrap();
    let mut bob = parent[1].beside(SUITE);
    let branch = BranchParameters::default();
    let group = parent[1].group();
    assert_refuses(&mut bob, |bob| bob.branch(group, &branch, vec![]), rule!("12.4.2-13"));
}

/// A Welcome that says it is of a branch of `parent`, changed by `edit`.
fn forge(
    joiner: &Member,
    package: &KeyPackage,
    parent: &Group,
    edit: impl FnOnce(&mut ForgedGroup),
) -> MlsMessage {
    let suite = &joiner.suite;
    let mut forged = ForgedTree::new(suite, 1).adding(&[package], ForgedPath::From(0));
    forged.context.epoch = 1;
    let nonce = suite.random_bytes(suite.hash_length()).unwrap();
    let psk = Psk::Resumption {
        usage: ResumptionPskUsage::Branch,
        psk_group_id: parent.group_id().clone(),
        psk_epoch: parent.epoch(),
    };
    let value = parent.resumption_psk(parent.epoch()).unwrap().as_secret().duplicate();
    forged.psks.push((PreSharedKeyId { psk, psk_nonce: nonce.into() }, value));
    edit(&mut forged);
    forged.welcome()
}

#[test]
fn a_welcome_that_does_not_fit_the_parent_is_refused() {
    let parent = parent_group();
    let group = parent[0].group();
    let mut bob = parent[1].beside(SUITE);
    let package = bob.key_package();
    let own_id = group.group_id().clone();
    let forgeries = [
        (forge(&bob, &package, group, |f| f.context.version = ProtocolVersion(2)), rule!("11.3-03")),
        (forge(&bob, &package, group, |f| f.context.epoch = 5), rule!("11.3-04")),
        (forge(&bob, &package, group, |f| f.context.epoch = 0), rule!("11.3-04")),
        (forge(&bob, &package, group, |f| f.context.group_id = own_id), rule!("12.4.3-04")),
        (forge(&bob, &package, group, |f| f.psks[0].0.psk_nonce = b"short".into()), rule!("12.4.3.1-07")),
        // everything fits but the members
        (forge(&bob, &package, group, |_| ()), rule!("11.3-05")),
    ];
    for (forged, rule) in forgeries {
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule);
        assert_eq!(bob.key_packages.len(), 1);
    }
    let mut bob = parent[1].beside(CipherSuite(3));
    let package = bob.key_package();
    let forged = forge(&bob, &package, group, |_| ());
    assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("11.3-03"));
}

// covers: 12.4.3.1-06
#[test]
fn another_psk_may_accompany_that_of_the_parent() {
    let parent = parent_group();
    let group = parent[0].group();
    let mut bob = parent[1].beside(SUITE);
    let package = bob.key_package();
    bob.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    let nonce = bob.suite.random_bytes(bob.suite.hash_length()).unwrap();
    let id = PreSharedKeyId { psk: Psk::External { psk_id: b"psk".into() }, psk_nonce: nonce.into() };
    let external = (id, copath_crypto::Secret::copy_of(b"secret"));
    let [first, last] = [0, 1].map(|position| {
        let (id, value) = (external.0.clone(), external.1.duplicate());
        forge(&bob, &package, group, |forged| forged.psks.insert(position, (id, value)))
    });
    // it opens, and goes on to the members
    for forged in [first, last] {
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("11.3-05"));
    }
}

#[test]
fn a_forgotten_epoch_is_named() {
    let mut parent = parent_group();
    for _ in 0..5 {
        everybody_commits_once(&mut parent, 0);
    }
    let group = parent[1].group();
    let need =
        |epoch| ParentNeed { group_id: group.group_id().clone(), epoch, usage: ResumptionPskUsage::Branch };
    assert_eq!(group.as_parent(&need(3)).unwrap().members().len(), 5);
    assert_rule(&group.as_parent(&need(1)).unwrap_err(), rule!("11.3-08"));
    assert_rule(&group.as_parent(&need(7)).unwrap_err(), rule!("11.3-08"));
}
