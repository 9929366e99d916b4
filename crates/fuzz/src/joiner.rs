//! A client joins: any octets as Welcome, as what is encrypted in it, or as the tree beside it.

use std::cell::RefCell;

use copath_codec::{Decode, Encode};
use copath_crypto::CipherSuite;
use copath_messages::{ExtensionType, GroupInfo, MlsMessage, MlsMessageBody, Node, Welcome};
use copath_testing::{ForgedGroup, Member};

use crate::member::goes_on;
use crate::{join, split, transparent};

struct Fixture {
    joiner: Member,
    group: ForgedGroup,
}

thread_local! {
    static FIXTURE: RefCell<Fixture> = RefCell::new(fixture());
}

fn fixture() -> Fixture {
    let mut joiner = Member::new(&transparent::provider(1), CipherSuite(1), "joiner");
    let package = joiner.key_package();
    let mut group = ForgedGroup::joined_by(&joiner.suite, &package);
    group.rehash();
    Fixture { joiner, group }
}

const FORMS: usize = 5;

pub(crate) fn run(input: &[u8]) {
    let Some((form, octets)) = split(input, FORMS) else { return };
    FIXTURE.with_borrow_mut(|present| {
        let Some((welcome, tree)) = welcome(&mut present.group, form, octets) else { return };
        let Fixture { joiner, .. } = present;
        if joiner.join(&welcome, tree).is_ok() {
            goes_on(joiner);
            *present = fixture();
        } else {
            assert!(!joiner.has_group(), "a refused Welcome left a group");
            assert_eq!(joiner.key_packages.len(), 1, "a refused Welcome used the key package up");
        }
    });
}

/// What the input stands for, with the tree beside the Welcome if it is there.
fn welcome(group: &mut ForgedGroup, form: usize, octets: &[u8]) -> Option<(MlsMessage, Option<Vec<u8>>)> {
    Some(match form {
        0 => (Welcome::from_bytes(octets).ok()?.into(), None),
        1 => (group.seal_octets(octets).into(), None),
        2 => with_tree(group, octets)?,
        3 => {
            let mut welcome = group.seal(&group.sign(group.info()));
            let context = welcome.encrypted_group_info.clone();
            welcome.secrets = vec![group.seal_to(group.joiners.first()?, &context, octets)];
            (welcome.into(), None)
        }
        _ => {
            let info = GroupInfo::from_bytes(octets).ok()?;
            (with_right_tag(group, info).into(), None)
        }
    })
}

/// A Welcome to a tree of any nodes, which has the right hash if it is a tree at all.
fn with_tree(group: &mut ForgedGroup, octets: &[u8]) -> Option<(MlsMessage, Option<Vec<u8>>)> {
    let nodes = Vec::<Option<Node>>::from_bytes(octets).ok()?;
    let genuine = (core::mem::replace(&mut group.nodes, nodes), group.context.clone());
    group.rehash();
    let mut info = group.info();
    info.extensions.0.retain(|extension| extension.extension_type != ExtensionType::RATCHET_TREE);
    let welcome = group.seal(&group.sign(info)).into();
    (group.nodes, group.context) = genuine;
    Some((welcome, Some(octets.to_vec())))
}

/// A Welcome whose GroupInfo has the tag that fits its context.
fn with_right_tag(group: &mut ForgedGroup, mut info: GroupInfo) -> Welcome {
    let genuine = core::mem::replace(&mut group.context, info.group_context.clone());
    let key = group.secrets().confirmation_key;
    info.confirmation_tag = key.tag(&group.suite, &group.context.confirmed_transcript_hash).as_slice().into();
    let welcome = group.seal(&info);
    group.context = genuine;
    welcome
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    FIXTURE.with_borrow_mut(|present| {
        let group = &mut present.group;
        let info = group.group_info();
        let MlsMessageBody::Welcome(welcome) = group.welcome().body else { panic!("not a Welcome") };
        let secrets = welcome.secrets[0].encrypted_group_secrets.ciphertext.as_slice();
        let info_octets = info.to_bytes().unwrap();
        vec![
            join(0, &welcome.to_bytes().unwrap()),
            join(1, &info_octets),
            join(2, &group.tree_octets()),
            // the transparent backend leaves a plaintext with a tag behind it
            join(3, &secrets[..secrets.len() - 16]),
            join(4, &info_octets),
        ]
    })
}
