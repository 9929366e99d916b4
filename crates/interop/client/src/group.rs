//! What a member does within an epoch.

use copath_crypto::Secret;
use copath_group::{ExternalJoins, Received, TreeTransfer};
use copath_interop_grpc::{
    ExportRequest, ExportResponse, FreeRequest, FreeResponse, GroupInfoRequest, GroupInfoResponse,
    ProtectRequest, ProtectResponse, StateAuthRequest, StateAuthResponse, StorePskRequest, StorePskResponse,
    UnprotectRequest, UnprotectResponse,
};

use crate::client::Client;
use crate::clock::now;
use crate::registry::lock;
use crate::{ClientError, decode};

impl Client {
    /// `GroupInfo`: one that outsiders can join by (RFC 9420 §12.4.3).
    pub(crate) fn group_info(&self, request: GroupInfoRequest) -> Result<GroupInfoResponse, ClientError> {
        let transfer = decode::tree_transfer(request.external_tree);
        self.with_member(request.state_id, |member| {
            let signer = &*member.actor.signer;
            let group_info = member.group.group_info(transfer, ExternalJoins::Possible, signer)?;
            let ratchet_tree = match transfer {
                TreeTransfer::Inside => Vec::new(),
                TreeTransfer::Outside => member.group.export_ratchet_tree()?,
            };
            Ok(GroupInfoResponse { group_info: decode::encoded(group_info)?, ratchet_tree })
        })
    }

    /// `StateAuth`: the epoch authenticator (RFC 9420 §8.7).
    pub(crate) fn state_auth(&self, request: StateAuthRequest) -> Result<StateAuthResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            let state_auth_secret = member.group.epoch_authenticator().to_vec();
            Ok(StateAuthResponse { state_auth_secret })
        })
    }

    /// `Export` (RFC 9420 §8.5).
    pub(crate) fn export(&self, request: ExportRequest) -> Result<ExportResponse, ClientError> {
        // A length beyond the address space is beyond the algorithm's too.
        let length = usize::try_from(request.key_length).unwrap_or(usize::MAX);
        let label = request.label.as_bytes();
        self.with_member(request.state_id, |member| {
            let secret = member.group.export_secret(label, &request.context, length)?;
            Ok(ExportResponse { exported_secret: secret.expose().to_vec() })
        })
    }

    /// `Protect`.
    pub(crate) fn protect(&self, request: ProtectRequest) -> Result<ProtectResponse, ClientError> {
        let (data, authenticated) = (&request.plaintext, &request.authenticated_data);
        self.with_member(request.state_id, |member| {
            let prepared = member.group.encrypt(data, authenticated, &*member.actor.signer)?;
            Ok(ProtectResponse { ciphertext: member.release(prepared)? })
        })
    }

    /// `Unprotect`: of this epoch or of a past one that is still remembered, in any order.
    pub(crate) fn unprotect(&self, request: UnprotectRequest) -> Result<UnprotectResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            let message = decode::message("ciphertext", &request.ciphertext)?;
            let Received::Application(prepared) = member.group.receive(&message, now())? else {
                let expected = "PrivateMessage with application data of another member";
                return Err(ClientError::WrongMessage { field: "ciphertext", expected });
            };
            let message = member.carry_out(prepared)?;
            Ok(UnprotectResponse { authenticated_data: message.authenticated_data, plaintext: message.data })
        })
    }

    /// `StorePSK`: for a state, or for a join that has begun.
    pub(crate) fn store_psk(&self, request: StorePskRequest) -> Result<StorePskResponse, ClientError> {
        let psk = Secret::from(request.psk_secret);
        let id = request.state_or_transaction_id;
        if let Some(state) = self.states.look_up(id) {
            lock(&state).psks.insert(request.psk_id, psk);
        } else {
            lock(&*self.joins.find(id)?).psks.insert(request.psk_id, psk);
        }
        Ok(StorePskResponse {})
    }

    /// `Free`: no error for what isn't there, because the harness frees each actor once, whatever it has been, and
    /// states of groups that branched twice.
    pub(crate) fn free(&self, request: FreeRequest) -> Result<FreeResponse, ClientError> {
        let mut next = Some(request.state_id);
        while let Some(state) = next.and_then(|id| self.states.remove(id)) {
            next = lock(&state).predecessor;
        }
        Ok(FreeResponse {})
    }
}
