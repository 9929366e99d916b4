//! Messages of members.

use std::rc::Rc;

use copath_codec::Encode as _;
use copath_credentials::CredentialVerdict;
use copath_group::{Answers, Received};
use copath_key_schedule::ContentKind;
use copath_messages::{Add, FramedContentBody, MlsMessage, Proposal, WireFormat};
use copath_testing::{Forger, NOW, World, forge_key_package};

use super::{BLAME, Case, Try};
use crate::error::Outcome;
use crate::libraries::provider;
use crate::member::Library;

/// Proposals of the large commit.
const PROPOSALS: usize = 400;
/// As far as the policy lets a ratchet be wound forward.
const FORWARD: u32 = 1_000;

pub(super) fn cases() -> Outcome<Vec<Case>> {
    let world = Rc::new(World::new(&provider(Library::CopathAwsLc)));
    let mallory = &world.mallory;
    let skipping = octets(&mallory.send_data(b"hello", FORWARD))?;
    let mut broken = skipping.clone();
    broken.iter_mut().rev().take(1).for_each(|octet| *octet ^= 1);
    let too_far = octets(&too_far(mallory))?;
    let (valid, invalid) = (proposals(&world, true), proposals(&world, false));
    let (valid, invalid) = (octets(&valid)?, octets(&invalid)?);
    Ok(vec![
        case(
            &world,
            format!("proposals: a commit of {PROPOSALS} Adds, the last with a wrong signature"),
            valid,
            invalid,
        ),
        case(
            &world,
            format!("skipped generations: {FORWARD} of them, the content forged"),
            skipping.clone(),
            broken,
        ),
        case(&world, "skipped generations: all there are, the content right".into(), skipping, too_far),
    ])
}

fn octets(message: &MlsMessage) -> Outcome<Vec<u8>> {
    message.to_bytes().map_err(BLAME.on("message"))
}

fn case(world: &Rc<World>, kind: String, valid: Vec<u8>, invalid: Vec<u8>) -> Case {
    Case { kind, octets: valid.len(), valid: receive(world, valid), invalid: receive(world, invalid) }
}

/// What a member does with a message, up to the point where the group would change.
fn receive(world: &Rc<World>, octets: Vec<u8>) -> Try {
    let world = Rc::clone(world);
    Box::new(move || {
        let group = world.alice.group();
        let message = group.decode(&octets).map_err(|error| error.to_string())?;
        match group.receive(&message, NOW).map_err(|error| error.to_string())? {
            Received::Commit(check) => {
                let mut answers = Answers::none();
                answers.credentials =
                    check.needs().credentials.iter().map(|_| CredentialVerdict::Accepted).collect();
                check.finish(group, answers).map(drop).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    })
}

/// Right in all but what the sender data say of its generation.
fn too_far(forger: &Forger) -> MlsMessage {
    let body = FramedContentBody::Application(b"hello".into());
    let content = forger.sign(forger.content(body), WireFormat::PRIVATE_MESSAGE);
    let mut sealing = forger.sealing(ContentKind::Application, 0);
    sealing.sender_data.generation = u32::MAX - 1;
    forger.private(&content, &sealing)
}

fn proposals(world: &World, is_valid: bool) -> MlsMessage {
    let adds = (0..PROPOSALS).map(|number| {
        let client = world.stranger(&format!("stranger {number}"));
        let mut key_package = forge_key_package(&client, |_| (), |_| ());
        if !is_valid && number + 1 == PROPOSALS {
            let mut signature = key_package.signature.to_vec();
            signature.iter_mut().take(1).for_each(|octet| *octet ^= 1);
            key_package.signature = signature.into();
        }
        Proposal::Add(Add { key_package: Box::new(key_package) })
    });
    world.mallory.commit().values(adds).message()
}
