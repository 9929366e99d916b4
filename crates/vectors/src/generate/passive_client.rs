//! `passive-client`: what the working group's files leave out, above all.
//!
//! PrivateMessage handshakes, external Commits, ReInit, changes of the GroupContext, senders outside of the group,
//! Welcomes for several members and without a path.

use copath_codec::Encode;
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, Signer, Suite};
use copath_group::{CommitOptions, HandshakeFormat, PathChoice, TreeTransfer};
use copath_messages::{
    Extension, Extensions, ExternalSender, ExternalSenders, FramedContent, FramedContentBody,
    GroupContextExtensions, MlsMessage, PreSharedKey, Proposal, ProtocolVersion, Psk, PublicMessage, ReInit,
    Remove, ResumptionPskUsage, Sender, WireFormat,
};

use super::world::{PSK, PSK_ID, World, external_psk, psk, signer};
use crate::Mismatch;
use crate::kinds::passive_client::{Case, Epoch, ExternalPsk};

/// A group seen by a client that was added to it.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) case: Case,
}

/// One story for each framing.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    Ok(vec![private_story(suite)?, public_story(suite)?])
}

/// The tree comes beside the Welcome, which is for two; handshakes are PrivateMessages.
fn private_story(suite: &Suite) -> Result<Case, Mismatch> {
    let mut story = Story::begin(suite, HandshakeFormat::Private, TreeTransfer::Outside)?;
    let update = story.world.propose_update(1)?;
    story.commit(vec![update], 0, CommitOptions::new())?;
    story.remember_epoch()?;
    let remove = story.world.propose(0, Proposal::Remove(Remove { removed: 1 }))?;
    story.commit(vec![remove], 0, CommitOptions::new())?;
    story.close()
}

/// The tree comes in the Welcome; handshakes are PublicMessages, some from outside.
fn public_story(suite: &Suite) -> Result<Case, Mismatch> {
    let mut story = Story::begin(suite, HandshakeFormat::Public, TreeTransfer::Inside)?;
    let (keys, outside) = signer(suite)?;
    let sender = ExternalSender {
        signature_key: keys.public_key.into(),
        credential: Credential::basic(b"outside".to_vec()),
    };
    let extensions: Extensions = [Extension::of(&ExternalSenders(vec![sender]))?].into_iter().collect();
    let change = Proposal::GroupContextExtensions(GroupContextExtensions { extensions });
    story.commit(Vec::new(), 1, CommitOptions::new().propose(change))?;
    let joined = story.world.join_externally("external joiner")?;
    story.record(Vec::new(), joined)?;
    let remove = Proposal::Remove(Remove { removed: 1 });
    let remove = story.queue_from_outside(&*outside, Sender::External { sender_index: 0 }, remove)?;
    let newcomer = story.world.newcomer("new member")?;
    let add = story.queue_from_outside(&*newcomer.signer, Sender::NewMemberProposal, newcomer.add())?;
    story.commit(vec![remove, add], 0, CommitOptions::new())?;
    story.remember_epoch()?;
    story.close()
}

impl Story {
    /// A creator adds two, the second of whom is the client; the Commit has an external key and no path.
    pub(super) fn begin(
        suite: &Suite,
        format: HandshakeFormat,
        tree: TreeTransfer,
    ) -> Result<Self, Mismatch> {
        let mut world = World::new(suite, format)?;
        let (other, client) = (world.newcomer("other")?, world.newcomer("client")?);
        let options = CommitOptions::new()
            .propose(other.add())
            .propose(client.add())
            .propose(Proposal::PreSharedKey(PreSharedKey { psk: external_psk(suite)? }))
            .path(PathChoice::WhenNeeded);
        let welcome = world.commit(0, options, tree)?.welcome.unwrap_or_default();
        world.join(other, &welcome)?;
        let ratchet_tree = match tree {
            TreeTransfer::Inside => None,
            TreeTransfer::Outside => Some(world.group(0)?.export_ratchet_tree()?.into()),
        };
        let case = Case {
            cipher_suite: suite.cipher_suite().0,
            external_psks: vec![ExternalPsk { psk_id: PSK_ID.into(), psk: PSK.into() }],
            signature_priv: (&client.signature_private).into(),
            encryption_priv: (&client.package.leaf_private_key).into(),
            init_priv: (&client.package.init_private_key).into(),
            key_package: MlsMessage::from(client.package.key_package).to_bytes()?.into(),
            welcome: welcome.into(),
            ratchet_tree,
            initial_epoch_authenticator: world.authenticator()?.into(),
            epochs: Vec::new(),
        };
        Ok(Self { world, case })
    }

    /// Member `number` commits what was proposed, and `options`.
    pub(super) fn commit(
        &mut self,
        proposals: Vec<Vec<u8>>,
        number: usize,
        options: CommitOptions,
    ) -> Result<(), Mismatch> {
        let sent = self.world.commit(number, options, TreeTransfer::Inside)?;
        self.record(proposals, sent.commit)
    }

    fn record(&mut self, proposals: Vec<Vec<u8>>, commit: Vec<u8>) -> Result<(), Mismatch> {
        self.case.epochs.push(Epoch {
            proposals: proposals.into_iter().map(Into::into).collect(),
            commit: commit.into(),
            epoch_authenticator: self.world.authenticator()?.into(),
        });
        Ok(())
    }

    /// A Commit with the resumption key of the epoch before, and the external key.
    fn remember_epoch(&mut self) -> Result<(), Mismatch> {
        let group = self.world.group(0)?;
        let past = Psk::Resumption {
            usage: ResumptionPskUsage::Application,
            psk_group_id: group.group_id().clone(),
            psk_epoch: group.epoch().saturating_sub(1),
        };
        let past = psk(&self.world.suite, past)?;
        let external = external_psk(&self.world.suite)?;
        let options = CommitOptions::new()
            .propose(Proposal::PreSharedKey(PreSharedKey { psk: past }))
            .propose(Proposal::PreSharedKey(PreSharedKey { psk: external }))
            .path(PathChoice::WhenNeeded);
        self.commit(Vec::new(), 0, options)
    }

    /// A ReInit to the same suite is the end.
    fn close(mut self) -> Result<Case, Mismatch> {
        self.reinit(self.world.suite.cipher_suite())?;
        Ok(self.case)
    }

    /// A ReInit to this suite.
    pub(super) fn reinit(&mut self, cipher_suite: CipherSuite) -> Result<(), Mismatch> {
        let reinit = Proposal::ReInit(ReInit {
            group_id: b"next group".to_vec().into(),
            version: ProtocolVersion::MLS10,
            cipher_suite,
            extensions: Extensions::new(),
        });
        let options = CommitOptions::new().propose(reinit).path(PathChoice::WhenNeeded);
        self.commit(Vec::new(), 0, options)
    }

    /// A proposal of somebody who isn't a member.
    fn queue_from_outside(
        &mut self,
        signer: &dyn Signer,
        sender: Sender,
        proposal: Proposal,
    ) -> Result<Vec<u8>, Mismatch> {
        let group = self.world.group(0)?;
        let content = FramedContent {
            group_id: group.group_id().clone(),
            epoch: group.epoch(),
            sender,
            authenticated_data: Vec::new().into(),
            body: FramedContentBody::Proposal(proposal),
        };
        let signed = content.sign(&self.world.suite, signer, WireFormat::PUBLIC_MESSAGE, None)?;
        let public = PublicMessage { content: signed.content, auth: signed.auth, membership_tag: None };
        let message = MlsMessage::from(public).to_bytes()?;
        self.world.queue(&message)?;
        Ok(message)
    }
}
