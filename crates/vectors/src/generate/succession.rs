//! `succession`: a successor of the same suite and of another one, and a branch.

use copath_codec::Encode;
use copath_crypto::{CipherSuite, Suite};
use copath_group::{
    BranchParameters, CommitOptions, HandshakeFormat, Resumption, ResumptionParameters, TreeTransfer,
    WelcomeOptions,
};
use copath_messages::{KeyPackage, MlsMessage};

use super::passive_client::Story;
use super::world::{ENDLESS, NOW, Newcomer, World, leaf, secrets, signer, welcome};
use crate::Mismatch;
use crate::follower::{Follower, Secrets};
use crate::kinds::succession::{Case, Successor, Usage};
use crate::mismatch::same;

/// The new group as its creator has it, and the Welcome.
struct New {
    creator: Follower,
    welcome: Vec<u8>,
}

/// One case for each way.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let another = Suite::new(suite.provider(), another(suite.cipher_suite()))?;
    Ok(vec![
        reinit(suite, suite, HandshakeFormat::Private)?,
        reinit(suite, &another, HandshakeFormat::Public)?,
        branch(suite)?,
    ])
}

/// Another suite that every backend has.
fn another(suite: CipherSuite) -> CipherSuite {
    match suite.0 {
        1 => CipherSuite(2),
        2 => CipherSuite(3),
        3 => CipherSuite(7),
        _ => CipherSuite(1),
    }
}

/// All members go to the successor, whose tree comes in the Welcome.
fn reinit(suite: &Suite, next: &Suite, format: HandshakeFormat) -> Result<Case, Mismatch> {
    let mut story = Story::begin(suite, format, TreeTransfer::Inside)?;
    story.commit(Vec::new(), 1, CommitOptions::new())?;
    story.reinit(next.cipher_suite())?;
    let (other, client) = (Newcomer::new(next, "other")?, Newcomer::new(next, "client")?);
    let packages = vec![other.package.key_package.clone(), client.package.key_package.clone()];
    let new = create(&story.world, next, Usage::Reinit, packages, TreeTransfer::Inside)?;
    let parent = Some((story.world.group(1)?, Usage::Reinit.into()));
    let place = (next.provider(), story.world.settings.clone());
    let secrets = Secrets { parent, ..secrets() };
    let joined = Follower::join(place, &secrets, other.package, welcome(&new.welcome)?)?;
    same("successor", joined.epoch_authenticator(), new.creator.epoch_authenticator())?;
    finish(story, Usage::Reinit, client, &new, None)
}

/// The creator and the client leave the other behind; the tree comes beside the Welcome.
fn branch(suite: &Suite) -> Result<Case, Mismatch> {
    let mut story = Story::begin(suite, HandshakeFormat::Private, TreeTransfer::Outside)?;
    story.commit(Vec::new(), 1, CommitOptions::new())?;
    let client = Newcomer::new(suite, "client")?;
    let packages = vec![client.package.key_package.clone()];
    let new = create(&story.world, suite, Usage::Branch, packages, TreeTransfer::Outside)?;
    let tree = new.creator.group().export_ratchet_tree()?;
    finish(story, Usage::Branch, client, &new, Some(tree))
}

/// The first member of `world` makes the new group.
fn create(
    world: &World,
    suite: &Suite,
    usage: Usage,
    key_packages: Vec<KeyPackage>,
    tree: TreeTransfer,
) -> Result<New, Mismatch> {
    let old = world.group(0)?;
    let (_, signer) = signer(suite)?;
    let parameters = ResumptionParameters { leaf: leaf(suite, "creator"), lifetime: ENDLESS, key_packages };
    let resumption = Resumption { settings: &world.settings, signer: &*signer, now: NOW };
    let draft = match usage {
        Usage::Reinit => old.draft_successor(suite, &parameters, &resumption)?,
        Usage::Branch => old.draft_branch(&BranchParameters::default(), &parameters, &resumption)?,
    };
    let answers = secrets().answers(draft.needs());
    let group = draft.finish(&*signer, answers)?;
    let mut creator = Follower::new(world.settings.clone(), group)?;
    let options = WelcomeOptions::default().tree(tree);
    let welcomes = creator.carry_out(|group| Ok(group.build_welcome(options, &*signer)?))?;
    let welcome = welcomes.first().ok_or_else(|| Mismatch::new("no Welcome"))?.to_bytes()?;
    Ok(New { creator, welcome })
}

fn finish(
    story: Story,
    usage: Usage,
    client: Newcomer,
    new: &New,
    ratchet_tree: Option<Vec<u8>>,
) -> Result<Case, Mismatch> {
    let successor = Successor {
        cipher_suite: new.creator.group().suite().cipher_suite().0,
        signature_priv: (&client.signature_private).into(),
        encryption_priv: (&client.package.leaf_private_key).into(),
        init_priv: (&client.package.init_private_key).into(),
        key_package: MlsMessage::from(client.package.key_package).to_bytes()?.into(),
        welcome: new.welcome.clone().into(),
        ratchet_tree: ratchet_tree.map(Into::into),
        epoch_authenticator: new.creator.epoch_authenticator().into(),
    };
    Ok(Case { old: story.case, usage, successor })
}
