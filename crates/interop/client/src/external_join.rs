//! Joining by an external commit.
//!
//! RFC 9420 §12.4.3.2.

use copath_crypto::Secret;
use copath_group::{Answers, ExternalJoin, ExternalJoinOptions, ExternalJoinStart, GroupSettings};
use copath_interop_grpc::{ExternalJoinRequest, ExternalJoinResponse};
use copath_messages::{GroupInfo, PreSharedKeyId, Psk};

use crate::actor::Actor;
use crate::client::Client;
use crate::clock::now;
use crate::member::{Member, answers, find_identity};
use crate::psks::Psks;
use crate::{ClientError, decode};

impl Client {
    /// `ExternalJoin`: the group is entered at once, as the harness hands the commit to everybody.
    pub(crate) fn external_join(
        &self,
        request: ExternalJoinRequest,
    ) -> Result<ExternalJoinResponse, ClientError> {
        let group_info = decode::group_info("group_info", &request.group_info)?;
        let actor = self.actor_of_suite(group_info.group_context.cipher_suite, &request.identity)?;
        let settings = Actor::settings(decode::handshake_format(request.encrypt_handshake));
        let tree = decode::tree(request.ratchet_tree);
        let mut options = ExternalJoinOptions::default();
        let mut psks = Psks::default();
        for psk in request.psks {
            let named = Psk::External { psk_id: psk.psk_id.clone().into() };
            options.psks.push(PreSharedKeyId { psk: named, psk_nonce: Vec::new().into() });
            psks.insert(psk.psk_id, Secret::from(psk.psk_secret));
        }
        if request.remove_prior {
            let seen = self.verify(&settings, &group_info, tree.clone(), ExternalJoinOptions::default())?;
            options.replaces = Some(find_identity(seen.public_state().tree(), &request.identity)?);
        }
        let join = self.verify(&settings, &group_info, tree, options)?;
        let answers = answers(join.needs(), &psks);
        let pending = join.finish(&actor.leaf, &*actor.signer, answers)?;
        let commit = decode::encoded(pending.message)?;
        let (state_id, epoch_authenticator) = self.keep(Member::new(actor, settings, pending.group, psks))?;
        Ok(ExternalJoinResponse { state_id, commit, epoch_authenticator })
    }

    /// Verifies GroupInfo and tree; which leaf is replaced has to be known before, by looking into the tree.
    fn verify(
        &self,
        settings: &GroupSettings,
        group_info: &GroupInfo,
        tree: Option<Vec<u8>>,
        options: ExternalJoinOptions,
    ) -> Result<ExternalJoin, ClientError> {
        let start = ExternalJoinStart::new(&self.provider, settings, group_info.clone(), now())?;
        let mut answers = Answers::none();
        answers.ratchet_tree = tree;
        Ok(start.verify(options, answers)?)
    }
}
