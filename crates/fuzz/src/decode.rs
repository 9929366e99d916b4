//! Every structure is decoded and encoded, beside a second decoder.

use copath_codec::{Decode, DecodeError, Encode};
use copath_credentials::Credential;
use copath_crypto::CipherSuite;
use copath_messages as ours;
use copath_messages::{Extensions, MlsMessageBody};
use copath_testing::{ForgedGroup, Member, World};
use tls_codec::{Deserialize, Serialize};

use crate::second_opinion as theirs;
use crate::{join, split, transparent};

type Check = fn(&[u8]);

const FORMS: [Check; 16] = [
    compare::<ours::MlsMessage, theirs::MlsMessage>,
    compare::<ours::KeyPackage, theirs::KeyPackage>,
    compare::<ours::LeafNode, theirs::LeafNode>,
    compare::<ours::Node, theirs::Node>,
    compare::<ours::Proposal, theirs::Proposal>,
    compare::<ours::Commit, theirs::Commit>,
    compare::<ours::UpdatePath, theirs::UpdatePath>,
    compare::<ours::Welcome, theirs::Welcome>,
    compare::<ours::GroupInfo, theirs::GroupInfo>,
    compare::<ours::GroupContext, theirs::GroupContext>,
    compare::<ours::PublicMessage, theirs::PublicMessage>,
    compare::<ours::PrivateMessage, theirs::PrivateMessage>,
    compare::<ours::PreSharedKeyId, theirs::PreSharedKeyId>,
    compare::<ours::Capabilities, theirs::Capabilities>,
    compare::<Credential, theirs::Credential>,
    compare::<Extensions, Vec<theirs::Extension>>,
];

/// The rules of the presentation language: two decoders that know it agree on them.
const PRESENTATION: [&str; 7] =
    ["2.1.1-02", "2.1.2-01", "2.1.2-02", "2.1.2-03", "2.1.2-04", "2.1.2-05", "2.1.2-06"];

pub(crate) fn run(input: &[u8]) {
    if let Some((form, octets)) = split(input, FORMS.len()) {
        FORMS[form](octets);
    }
}

fn compare<O: Decode + Encode, T: Deserialize + Serialize>(octets: &[u8]) {
    let theirs = T::tls_deserialize_exact(octets);
    if let Ok(theirs) = &theirs {
        assert_eq!(theirs.tls_serialize_detached().unwrap(), octets, "the second encoding differs");
    }
    match O::from_bytes(octets) {
        Ok(ours) => {
            assert_eq!(ours.to_bytes().unwrap(), octets, "the encoding differs");
            assert!(theirs.is_ok(), "accepted, but the second decoder says {:?}", theirs.err());
        }
        Err(error) => {
            assert!(theirs.is_err() || !of_presentation(&error), "refused without a reason: {error}")
        }
    }
}

fn of_presentation(error: &DecodeError) -> bool {
    PRESENTATION.contains(&error.rule().rule().id)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let provider = transparent::provider(1);
    let world = World::new(&provider);
    let mut seeds = crate::vectors::seeds();
    let mut seed = |form: u8, octets: Vec<u8>| seeds.push(join(form, &octets));
    let mut joiner = Member::new(&provider, CipherSuite(1), "joiner");
    let package = joiner.key_package();
    let mut group = ForgedGroup::joined_by(&joiner.suite, &package);
    let info = group.group_info();
    seed(1, package.to_bytes().unwrap());
    seed(2, package.leaf_node.to_bytes().unwrap());
    for node in group.nodes.iter().flatten().take(3) {
        seed(3, node.to_bytes().unwrap());
    }
    seed(8, info.to_bytes().unwrap());
    seed(9, info.group_context.to_bytes().unwrap());
    seed(13, package.leaf_node.capabilities.to_bytes().unwrap());
    seed(14, package.leaf_node.credential.to_bytes().unwrap());
    seed(14, vec![0, 2, 5, 1, 9, 2, 8, 7]);
    seed(15, info.extensions.to_bytes().unwrap());
    for proposal in crate::member::proposals(&world) {
        seed(4, proposal.to_bytes().unwrap());
    }
    let messages = [
        group.welcome(),
        world.mallory.commit().values(crate::member::proposals(&world)).message(),
        world.mallory.send_data(b"data", 0),
        package.into(),
        info.into(),
    ];
    for message in messages {
        seed(0, message.to_bytes().unwrap());
        match message.body {
            MlsMessageBody::Welcome(welcome) => seed(7, welcome.to_bytes().unwrap()),
            MlsMessageBody::PrivateMessage(private) => seed(11, private.to_bytes().unwrap()),
            MlsMessageBody::PublicMessage(public) => seed(10, public.to_bytes().unwrap()),
            _ => {}
        }
    }
    seeds
}
