//! A member receives messages: any octets, and well-framed ones with any content.

use copath_codec::{Decode, Encode, Reader};
use copath_group::{CommitOptions, GroupError, WelcomeOptions};
use copath_key_schedule::ContentKind;
use copath_messages::{
    Commit, Extensions, FramedContentBody, GroupContextExtensions, MlsMessage, Proposal, WireFormat,
};
use copath_records::{RecordKey, RecordKind, Store};
use copath_testing::{Member, World, add, external_psk, remove, resumption_psk};
use copath_tree_math::LeafIndex;

use crate::{join, split, transparent};

thread_local! {
    static WORLD: World = World::new(&transparent::provider(1));
}

/// How many forms an input has; what they are is in [`message`], and the last in [`commit`].
const FORMS: usize = 6;

/// Proposals that an honest member is asked to commit.
const COMMITTED: usize = 5;

/// A generation that no seed and hardly an input comes near.
const LATER: u32 = 20;

pub(crate) fn run(input: &[u8]) {
    let Some((form, octets)) = split(input, FORMS) else { return };
    WORLD.with(|world| {
        if form == COMMITTED {
            return commit(world, octets);
        }
        let Some(message) = message(world, form, octets) else { return };
        let mut bob = world.bob.stolen_copy();
        let before = records(&bob);
        if bob.receive(&message).is_err() {
            assert_unchanged(&bob, &before);
            let genuine = world.mallory.send_data(b"genuine", LATER);
            bob.receive(&genuine).unwrap();
        } else {
            goes_on(&mut bob);
        }
    });
}

/// What the input stands for, if anything.
fn message(world: &World, form: usize, octets: &[u8]) -> Option<MlsMessage> {
    let forger = &world.mallory;
    Some(match form {
        0 => MlsMessage::from_bytes(octets).ok()?,
        1 => forger.propose(Proposal::from_bytes(octets).ok()?),
        2 => forger.send_private(FramedContentBody::Proposal(Proposal::from_bytes(octets).ok()?), 0),
        3 => {
            let body = FramedContentBody::Commit(Commit::from_bytes(octets).ok()?);
            let mut signed = forger.sign(forger.content(body), WireFormat::PUBLIC_MESSAGE);
            // which is the last thing that is looked at
            signed.auth.confirmation_tag = Some([0; 32].as_slice().into());
            forger.public(&signed).into()
        }
        _ => {
            // any plaintext of a PrivateMessage
            let content = forger.content(FramedContentBody::Application(b"data".as_slice().into()));
            let signed = forger.sign(content, WireFormat::PRIVATE_MESSAGE);
            let sealing = forger.sealing(ContentKind::Application, 0);
            forger.seal(&signed.content, &sealing, octets)
        }
    })
}

/// What one honest member commits, whatever it is asked, another one accepts.
fn commit(world: &World, octets: &[u8]) {
    let Some(proposals) = proposals_of(octets) else { return };
    let options = proposals.into_iter().fold(CommitOptions::new(), CommitOptions::propose);
    let (mut alice, mut bob) = (world.alice.stolen_copy(), world.bob.stolen_copy());
    let before = records(&alice);
    match alice.commit(options) {
        Ok(message) => {
            match bob.receive(&message) {
                // Alice was in the group an epoch before Bob
                Err(GroupError::MissingPsk(_)) => return,
                received => received.unwrap(),
            };
            alice.accept(WelcomeOptions::default());
            goes_on(&mut bob);
            goes_on(&mut alice);
        }
        Err(_) => assert_unchanged(&alice, &before),
    }
}

/// Proposals one after the other.
fn proposals_of(octets: &[u8]) -> Option<Vec<Proposal>> {
    let mut reader = Reader::new(octets, copath_codec::DecodeContext::rfc9420());
    let mut proposals = Vec::new();
    while !reader.is_empty() && proposals.len() < 8 {
        proposals.push(Proposal::decode(&mut reader).ok()?);
    }
    Some(proposals)
}

pub(crate) fn records(member: &Member) -> Vec<(Vec<u8>, Vec<u8>)> {
    let all = RecordKind::ALL.iter().flat_map(|kind| member.store.scan(&RecordKey::new(*kind)).unwrap());
    all.map(|(key, record)| (key.as_octets().to_vec(), record.expose().to_vec())).collect()
}

fn assert_unchanged(member: &Member, before: &[(Vec<u8>, Vec<u8>)]) {
    assert_eq!(records(member), before, "a refused message changed the store");
}

/// A member that accepted something is the same after a restart, and still works.
pub(crate) fn goes_on(member: &mut Member) {
    let loaded = member.load().unwrap();
    let same = loaded.epoch_authenticator() == member.group().epoch_authenticator();
    assert!(same, "the loaded group is another one");
    if is_over(member) {
        return;
    }
    if member.group().pending_proposals().next().is_some() {
        // which never keep anybody from committing
        member.commit(CommitOptions::new()).unwrap();
        member.accept(WelcomeOptions::default());
    }
    if !is_over(member) {
        member.encrypt(b"data").unwrap();
    }
}

/// Whether nothing more can be sent: the member was removed, or the group reinitialized.
fn is_over(member: &Member) -> bool {
    member.group().is_removed() || member.group().reinit().is_some()
}

/// Proposals that Mallory may commit by value.
pub(crate) fn proposals(world: &World) -> Vec<Proposal> {
    let suite = &world.mallory.suite;
    let group_id = &world.mallory.context.group_id;
    let package = world.stranger("stranger").key_package();
    let extensions = GroupContextExtensions { extensions: Extensions::default() };
    vec![
        add(package),
        remove(LeafIndex::new(3).unwrap()),
        external_psk(suite, b"psk"),
        resumption_psk(suite, group_id, 1),
        Proposal::GroupContextExtensions(extensions),
    ]
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    WORLD.with(|world| {
        let forger = &world.mallory;
        let proposals = proposals(world);
        let forged = forger.commit().message();
        let copath_messages::MlsMessageBody::PublicMessage(public) = &forged.body else {
            panic!("commits are public here")
        };
        let FramedContentBody::Commit(commit) = &public.content.body else { panic!("not a commit") };
        let mut seeds = vec![
            join(0, &forged.to_bytes().unwrap()),
            join(0, &forger.send_data(b"data", 0).to_bytes().unwrap()),
            join(3, &commit.to_bytes().unwrap()),
            join(4, &forger.open(&forger.send_data(b"data", 0)).1),
        ];
        for proposal in &proposals {
            let octets = proposal.to_bytes().unwrap();
            seeds.extend([1, 2, 5].map(|form| join(form, &octets)));
        }
        seeds.push(join(
            5,
            &proposals[..2].iter().flat_map(|one| one.to_bytes().unwrap()).collect::<Vec<_>>(),
        ));
        seeds
    })
}
