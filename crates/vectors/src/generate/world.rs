//! A group with all of its members, who agree after every step.

use std::sync::Arc;

use copath_codec::{Decode, Encode};
use copath_credentials::{Credential, Timestamp};
use copath_crypto::{Secret, SignatureKeyPair, Signer, Suite};
use copath_group::{
    CommitOptions, ExternalJoinOptions, ExternalJoinStart, ExternalJoins, Group, GroupParameters,
    GroupSettings, HandshakeFormat, KeyPackageParameters, KeyPackageSecrets, LeafChange, LeafParameters,
    TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    Add, Extensions, GroupInfo, Lifetime, MlsMessage, MlsMessageBody, PreSharedKeyId, Proposal, Psk, Welcome,
};

use crate::Mismatch;
use crate::follower::{self, Follower, Secrets};

/// What time it always is.
pub(super) const NOW: Timestamp = Timestamp(1 << 32);
/// The one pre-shared key from outside.
pub(super) const PSK_ID: &[u8] = b"external psk";
/// Its value.
pub(super) const PSK: &[u8] = b"a key that everybody was given";

/// A group.
pub(super) struct World {
    pub(super) suite: Suite,
    pub(super) settings: GroupSettings,
    pub(super) members: Vec<Member>,
}

/// A member that sends and receives.
pub(super) struct Member {
    pub(super) follower: Follower,
    pub(super) signer: Arc<dyn Signer>,
}

/// A client with a key package.
pub(super) struct Newcomer {
    pub(super) package: KeyPackageSecrets,
    pub(super) signature_private: Secret,
    pub(super) signer: Arc<dyn Signer>,
}

/// What a Commit sent.
pub(super) struct Sent {
    pub(super) commit: Vec<u8>,
    /// If somebody was added.
    pub(super) welcome: Option<Vec<u8>>,
}

impl World {
    /// A group of one.
    pub(super) fn new(suite: &Suite, format: HandshakeFormat) -> Result<Self, Mismatch> {
        let mut settings = follower::settings();
        settings.policy.handshake_format = format;
        let (_, signer) = signer(suite)?;
        let parameters = GroupParameters {
            leaf: leaf(suite, "creator"),
            lifetime: ENDLESS,
            group_id: None,
            extensions: Extensions::new(),
        };
        let group = Group::create(suite, &parameters, &settings, &*signer)?;
        let creator = Member { follower: Follower::new(settings.clone(), group)?, signer };
        Ok(Self { suite: suite.clone(), settings, members: vec![creator] })
    }

    /// A client that may be added.
    pub(super) fn newcomer(&self, name: &str) -> Result<Newcomer, Mismatch> {
        Newcomer::new(&self.suite, name)
    }

    /// The group as member `number` has it.
    pub(super) fn group(&self, number: usize) -> Result<&Group, Mismatch> {
        Ok(self.member(number)?.follower.group())
    }

    pub(super) fn member(&self, number: usize) -> Result<&Member, Mismatch> {
        self.members.get(number).ok_or_else(|| Mismatch::new("no such member"))
    }

    /// Member `number` commits; everybody follows, and leaves if it was removed.
    pub(super) fn commit(
        &mut self,
        number: usize,
        options: CommitOptions,
        tree: TreeTransfer,
    ) -> Result<Sent, Mismatch> {
        let mut committer = self.take(number)?;
        let signer = Arc::clone(&committer.signer);
        let commit = committer.follower.carry_out(|group| {
            let draft = group.draft_commit(options, NOW)?;
            let answers = secrets().answers(draft.needs());
            Ok(draft.finish(group, &*signer, answers)?)
        })?;
        let commit = commit.to_bytes()?;
        self.deliver(&commit)?;
        committer.follower.carry_out(|group| Ok(group.accept_pending_commit()?))?;
        let welcome = committer.follower.group().has_welcome();
        let options = WelcomeOptions::default().tree(tree);
        let welcomes = match welcome {
            true => committer.follower.carry_out(|group| Ok(group.build_welcome(options, &*signer)?))?,
            false => Vec::new(),
        };
        self.members.insert(number, committer);
        let welcome = welcomes.into_iter().next();
        Ok(Sent { commit, welcome: welcome.map(|welcome| welcome.to_bytes()).transpose()? })
    }

    /// Member `number` proposes.
    pub(super) fn propose(&mut self, number: usize, proposal: Proposal) -> Result<Vec<u8>, Mismatch> {
        let mut sender = self.take(number)?;
        let signer = Arc::clone(&sender.signer);
        let message = sender.follower.carry_out(|group| Ok(group.propose(proposal, &*signer, NOW)?))?;
        self.queue_and_return(number, sender, &message)
    }

    /// Member `number` proposes fresh keys for itself.
    pub(super) fn propose_update(&mut self, number: usize) -> Result<Vec<u8>, Mismatch> {
        let mut sender = self.take(number)?;
        let signer = Arc::clone(&sender.signer);
        let change = LeafChange::default();
        let message =
            sender.follower.carry_out(|group| Ok(group.propose_update(&change, &*signer, &*signer, NOW)?))?;
        self.queue_and_return(number, sender, &message)
    }

    /// Everybody queues a proposal.
    pub(super) fn queue(&mut self, message: &[u8]) -> Result<(), Mismatch> {
        self.members.iter_mut().try_for_each(|member| member.follower.queue(&secrets(), message))
    }

    /// A newcomer joins by a Welcome.
    pub(super) fn join(&mut self, newcomer: Newcomer, welcome: &[u8]) -> Result<(), Mismatch> {
        let tree = self.group(0)?.export_ratchet_tree()?;
        let secrets = Secrets { ratchet_tree: Some(&tree), ..secrets() };
        let follower = Follower::join(
            (self.suite.provider(), self.settings.clone()),
            &secrets,
            newcomer.package,
            self::welcome(welcome)?,
        )?;
        self.members.push(Member { follower, signer: newcomer.signer });
        Ok(())
    }

    /// A newcomer joins by an external Commit.
    pub(super) fn join_externally(&mut self, name: &str) -> Result<Vec<u8>, Mismatch> {
        let (_, signer) = signer(&self.suite)?;
        let info = self.group_info()?;
        let start = ExternalJoinStart::new(self.suite.provider(), &self.settings, info, NOW)?;
        let answers = secrets().answers(start.needs());
        let join = start.verify(ExternalJoinOptions::default(), answers)?;
        let answers = secrets().answers(join.needs());
        let pending = join.finish(&leaf(&self.suite, name), &*signer, answers)?;
        let commit = pending.message.to_bytes()?;
        self.deliver(&commit)?;
        let follower = Follower::new(self.settings.clone(), pending.group)?;
        self.members.push(Member { follower, signer });
        Ok(commit)
    }

    /// A GroupInfo of the first member, with the tree inside.
    pub(super) fn group_info(&self) -> Result<GroupInfo, Mismatch> {
        let first = self.member(0)?;
        let (inside, possible) = (TreeTransfer::Inside, ExternalJoins::Possible);
        Ok(first.follower.group().group_info(inside, possible, &*first.signer)?)
    }

    /// The authenticator of the epoch, on which all members agree.
    pub(super) fn authenticator(&self) -> Result<Vec<u8>, Mismatch> {
        let authenticator = self.group(0)?.epoch_authenticator().to_vec();
        match self.members.iter().all(|member| member.follower.epoch_authenticator() == authenticator) {
            true => Ok(authenticator),
            false => Err(Mismatch::new("the members disagree")),
        }
    }

    fn take(&mut self, number: usize) -> Result<Member, Mismatch> {
        if number < self.members.len() {
            return Ok(self.members.remove(number));
        }
        Err(Mismatch::new("no such member"))
    }

    fn queue_and_return(
        &mut self,
        number: usize,
        sender: Member,
        message: &MlsMessage,
    ) -> Result<Vec<u8>, Mismatch> {
        let message = message.to_bytes()?;
        self.queue(&message)?;
        self.members.insert(number, sender);
        Ok(message)
    }

    fn deliver(&mut self, commit: &[u8]) -> Result<(), Mismatch> {
        for member in &mut self.members {
            member.follower.follow(&secrets(), commit)?;
        }
        self.members.retain(|member| !member.follower.group().is_removed());
        Ok(())
    }
}

impl Newcomer {
    /// A client with a key package of this suite.
    pub(super) fn new(suite: &Suite, name: &str) -> Result<Self, Mismatch> {
        let (keys, signer) = signer(suite)?;
        let mut parameters = KeyPackageParameters::new(leaf(suite, name), NOW, 1);
        parameters.lifetime = ENDLESS;
        let package = KeyPackageSecrets::generate(suite, &parameters, &*signer)?;
        Ok(Self { package, signature_private: keys.private_key, signer })
    }

    /// The proposal that adds it.
    pub(super) fn add(&self) -> Proposal {
        Proposal::Add(Add { key_package: self.package.key_package.clone().into() })
    }
}

/// The name of the pre-shared key from outside, with a fresh nonce.
pub(super) fn external_psk(suite: &Suite) -> Result<PreSharedKeyId, Mismatch> {
    psk(suite, Psk::External { psk_id: PSK_ID.into() })
}

/// A pre-shared key with a fresh nonce.
pub(super) fn psk(suite: &Suite, psk: Psk) -> Result<PreSharedKeyId, Mismatch> {
    Ok(PreSharedKeyId { psk, psk_nonce: suite.random_bytes(suite.hash_length())?.into() })
}

/// The Welcome in a message.
pub(super) fn welcome(message: &[u8]) -> Result<Welcome, Mismatch> {
    match MlsMessage::from_bytes(message)?.body {
        MlsMessageBody::Welcome(welcome) => Ok(welcome),
        _ => Err(Mismatch::new("not a Welcome")),
    }
}

/// The lifetime of every leaf.
pub(super) const ENDLESS: Lifetime = Lifetime { not_before: 0, not_after: u64::MAX };

/// What everybody knows.
pub(super) fn secrets() -> Secrets<'static> {
    Secrets { now: NOW, psk: &known_psk, ratchet_tree: None, parent: None }
}

fn known_psk(id: &PreSharedKeyId) -> Option<Secret> {
    match &id.psk {
        Psk::External { psk_id } if psk_id[..] == *PSK_ID => Some(Secret::copy_of(PSK)),
        _ => None,
    }
}

/// The leaf of a client of this name.
pub(super) fn leaf(suite: &Suite, name: &str) -> LeafParameters {
    LeafParameters::new(Credential::basic(name.as_bytes().to_vec()), &[suite.cipher_suite()])
}

/// A fresh signature key.
pub(super) fn signer(suite: &Suite) -> Result<(SignatureKeyPair, Arc<dyn Signer>), Mismatch> {
    let keys = suite.generate_signature_key_pair()?;
    let signer = suite.signature().signer(&keys.private_key)?;
    Ok((keys, signer))
}
