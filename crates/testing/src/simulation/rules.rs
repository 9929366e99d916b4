//! What all clients of a world have to do alike, and what of it follows from the seed.

use std::sync::Arc;

use copath_credentials::Credential;
use copath_crypto::{Signer, Suite};
use copath_group::{HandshakeFormat, JoinRequests, Policy, Resync};
use copath_ratchet_tree::OldLeaves;

use super::client::Client;
use crate::Random;

/// The rules of a world.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// Whether all handshakes are plaintext, so that an observer can follow; otherwise each client has its own format.
    pub(super) all_public: bool,
    /// Whether clients may ask to join.
    pub(super) join_requests: JoinRequests,
    /// What becomes of Adds that come when their key package isn't valid any more.
    pub(super) received_adds: OldLeaves,
    /// Whether members may replace their old leaf by an external commit.
    pub(super) resync: Resync,
    /// External senders, of whom some are in the group's extension.
    pub(super) servers: Vec<Server>,
}

/// An external sender.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) signer: Arc<dyn Signer>,
    pub(super) credential: Credential,
}

impl Rules {
    /// Rules that follow from `random`, with servers for groups of `suite`.
    pub(super) fn new(suite: &Suite, random: &mut Random) -> Self {
        let servers = ["delivery service", "administration"].map(|name| {
            let keys = suite.generate_signature_key_pair().unwrap();
            let signer: Arc<dyn Signer> = suite.signature().signer(&keys.private_key).unwrap();
            Server { signer, credential: Credential::basic(name.as_bytes()) }
        });
        Self {
            all_public: random.chance(45),
            join_requests: if random.chance(75) { JoinRequests::Queued } else { JoinRequests::Refused },
            received_adds: if random.chance(65) { OldLeaves::Accepted } else { OldLeaves::Refused },
            resync: if random.chance(75) { Resync::Allowed } else { Resync::WithResumptionPsk },
            servers: servers.into(),
        }
    }

    /// Whether requests to join are queued.
    pub(super) fn takes_requests(&self) -> bool {
        self.join_requests == JoinRequests::Queued
    }

    /// Sets the policy of a client.
    pub(super) fn apply(&self, client: &mut Client, random: &mut Random) {
        let policy = &mut client.member.settings.policy;
        self.apply_to(policy);
        policy.handshake_format = if self.all_public || random.chance(40) {
            HandshakeFormat::Public
        } else {
            HandshakeFormat::Private
        };
    }

    /// Sets what all have to do alike.
    pub(super) fn apply_to(&self, policy: &mut Policy) {
        policy.join_requests = self.join_requests;
        policy.resync = self.resync;
        policy.lifetimes.received_adds = self.received_adds;
    }
}
