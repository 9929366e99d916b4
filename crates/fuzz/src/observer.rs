//! An observer starts from any GroupInfo and tree, and follows any messages.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_credentials::CredentialVerdict;
use copath_group::{
    Answers, ExternalJoins, GroupSettings, Needs, Observed, ObserverStart, PublicGroup, TreeTransfer,
};
use copath_messages::{GroupInfo, MlsMessage};
use copath_testing::{NOW, World};

use crate::{join, split, transparent};

struct Fixture {
    world: World,
    info: GroupInfo,
    tree: Vec<u8>,
    observer: PublicGroup,
}

thread_local! {
    static FIXTURE: Fixture = fixture();
}

fn fixture() -> Fixture {
    let world = World::new(&transparent::provider(1));
    let group = world.alice.group();
    let signer = &*world.alice.signer;
    let info = group.group_info(TreeTransfer::Outside, ExternalJoins::Possible, signer).unwrap();
    let tree = group.export_ratchet_tree().unwrap();
    let observer = observe(&world, info.clone(), &tree).unwrap();
    Fixture { world, info, tree, observer }
}

/// Form 0: a message; 1: a GroupInfo; 2: a tree beside the GroupInfo.
const FORMS: usize = 3;

pub(crate) fn run(input: &[u8]) {
    let Some((form, octets)) = split(input, FORMS) else { return };
    FIXTURE.with(|fixture| match form {
        0 => {
            if let Ok(message) = MlsMessage::from_bytes(octets) {
                follow(&fixture.observer, &message);
            }
        }
        1 => {
            if let Ok(info) = GroupInfo::from_bytes(octets) {
                started(observe(&fixture.world, info, &fixture.tree));
            }
        }
        _ => started(observe(&fixture.world, fixture.info.clone(), octets)),
    });
}

/// Whoever observes can export what it sees.
fn started(observer: Option<PublicGroup>) {
    if let Some(observer) = observer {
        observer.export_ratchet_tree().unwrap();
        let _ = observer.all_records().unwrap();
    }
}

fn observe(world: &World, info: GroupInfo, tree: &[u8]) -> Option<PublicGroup> {
    let provider = Arc::clone(world.alice.suite.provider());
    let settings = GroupSettings::default();
    let start = ObserverStart::new(&provider, &settings, info, NOW).ok()?;
    let mut found = answers(start.needs());
    found.ratchet_tree = start.needs().ratchet_tree.is_some().then(|| tree.to_vec());
    let check = start.verify(found).ok()?;
    let found = answers(check.needs());
    check.finish(found).ok()
}

/// Every credential is accepted.
fn answers(needs: &Needs) -> Answers {
    let credentials = needs.credentials.iter().map(|_| CredentialVerdict::Accepted).collect();
    let mut answers = Answers::none();
    answers.credentials = credentials;
    answers
}

fn follow(observer: &PublicGroup, message: &MlsMessage) {
    match observer.receive(message, NOW) {
        Ok(Observed::Proposal(proposal)) => {
            let found = answers(proposal.needs());
            proposal.finish(observer, found).map(drop).unwrap_or_default();
        }
        Ok(Observed::Commit(commit)) => {
            let found = answers(commit.needs());
            commit.follow(observer, found).map(drop).unwrap_or_default();
        }
        _ => {}
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    FIXTURE.with(|fixture| {
        let forger = &fixture.world.mallory;
        let mut seeds = vec![
            join(0, &forger.commit().message().to_bytes().unwrap()),
            join(0, &forger.send_data(b"data", 0).to_bytes().unwrap()),
            join(1, &fixture.info.to_bytes().unwrap()),
            join(2, &fixture.tree),
        ];
        for proposal in crate::member::proposals(&fixture.world) {
            seeds.push(join(0, &forger.propose(proposal).to_bytes().unwrap()));
        }
        seeds
    })
}
