//! Actors in two processes, driven like the harness does.

use std::collections::BTreeMap;

use copath_codec::Decode;
use copath_interop_client::{Backend, serve};
use copath_interop_grpc::*;
use copath_messages::{MlsMessage, WireFormat};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::transport::Channel;

/// A suite that all backends have.
pub(crate) const SUITE: u32 = 1;

/// Octets.
pub(crate) type Octets = Vec<u8>;

/// Two clients, and the states of the actors whom they play by turns.
pub(crate) struct World {
    processes: Vec<ClientStub<Channel>>,
    process_of: BTreeMap<String, usize>,
    pub(crate) states: BTreeMap<String, u32>,
    pub(crate) transactions: BTreeMap<String, u32>,
    pub(crate) encrypt_handshake: bool,
}

/// Serves a client on a free port and connects to it.
pub(crate) async fn start(backend: Backend) -> ClientStub<Channel> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(backend, listener, std::future::pending()));
    let stub = ClientStub::connect(format!("http://{address}")).await.unwrap();
    stub.max_decoding_message_size(MAX_MESSAGE_SIZE)
}

/// Both handshake formats, each with processes of its own.
pub(crate) async fn worlds() -> [World; 2] {
    [World::new(false).await, World::new(true).await]
}

impl World {
    pub(crate) async fn new(encrypt_handshake: bool) -> Self {
        let processes = vec![start(Backend::Rustcrypto).await, start(Backend::Ring).await];
        let (process_of, states, transactions) = Default::default();
        Self { processes, process_of, states, transactions, encrypt_handshake }
    }

    /// Other actors, played by the same clients.
    pub(crate) fn with_the_same_processes(&self) -> Self {
        let (process_of, states, transactions) = Default::default();
        let processes = self.processes.clone();
        Self { processes, process_of, states, transactions, encrypt_handshake: self.encrypt_handshake }
    }

    /// A group of `names`, made by the first.
    pub(crate) async fn with_group(encrypt_handshake: bool, names: &[&str]) -> Self {
        let mut world = Self::new(encrypt_handshake).await;
        world.grow(names).await;
        world
    }

    /// Makes a group of `names`: the first creates it and adds the others.
    pub(crate) async fn grow(&mut self, names: &[&str]) {
        self.create(names[0]).await;
        let mut by_value = Vec::new();
        for name in &names[1..] {
            let key_package = self.key_package(name).await;
            by_value.push(added(key_package));
        }
        let commit = CommitRequest { by_value, ..CommitRequest::default() };
        let made = self.commit(names[0], commit, &[]).await.unwrap();
        for name in &names[1..] {
            self.join(name, &made.welcome, &[]).await.unwrap();
        }
        self.agree(names).await;
    }

    /// The process that plays an actor.
    pub(crate) fn of(&mut self, name: &str) -> ClientStub<Channel> {
        let next = self.process_of.len() % self.processes.len();
        let process = *self.process_of.entry(name.into()).or_insert(next);
        self.processes[process].clone()
    }

    pub(crate) fn state(&self, name: &str) -> u32 {
        self.states[name]
    }

    pub(crate) async fn create(&mut self, name: &str) {
        let request = CreateGroupRequest {
            group_id: b"the group".to_vec(),
            cipher_suite: SUITE,
            encrypt_handshake: self.encrypt_handshake,
            identity: name.into(),
        };
        let state_id = self.of(name).create_group(request).await.unwrap().into_inner().state_id;
        self.states.insert(name.into(), state_id);
    }

    pub(crate) async fn key_package(&mut self, name: &str) -> Octets {
        let request = CreateKeyPackageRequest { cipher_suite: SUITE, identity: name.into() };
        let made = self.of(name).create_key_package(request).await.unwrap().into_inner();
        self.transactions.insert(name.into(), made.transaction_id);
        made.key_package
    }

    pub(crate) async fn join(&mut self, name: &str, welcome: &[u8], tree: &[u8]) -> Result<Octets, Status> {
        let request = JoinGroupRequest {
            transaction_id: self.transactions[name],
            welcome: welcome.to_vec(),
            encrypt_handshake: self.encrypt_handshake,
            identity: name.into(),
            ratchet_tree: tree.to_vec(),
        };
        let joined = self.of(name).join_group(request).await?.into_inner();
        self.states.insert(name.into(), joined.state_id);
        Ok(joined.epoch_authenticator)
    }

    /// A commit that its committer and `others` enter; all have to say the same authenticator.
    pub(crate) async fn commit(
        &mut self,
        name: &str,
        request: CommitRequest,
        others: &[&str],
    ) -> Result<CommitResponse, Status> {
        let request = CommitRequest { state_id: self.state(name), ..request };
        let proposal = request.by_reference.clone();
        let made = self.of(name).commit(request).await?.into_inner();
        let pending = HandlePendingCommitRequest { state_id: self.state(name) };
        let accepted = self.of(name).handle_pending_commit(pending).await?.into_inner();
        self.states.insert(name.into(), accepted.state_id);
        assert_eq!(self.is_encrypted(&made.commit), self.encrypt_handshake);
        for other in others {
            let authenticator = self.receive(other, &proposal, &made.commit).await?;
            assert_eq!(authenticator, accepted.epoch_authenticator, "{other}");
        }
        Ok(made)
    }

    pub(crate) async fn receive(
        &mut self,
        name: &str,
        proposals: &[Octets],
        commit: &[u8],
    ) -> Result<Octets, Status> {
        let request = HandleCommitRequest {
            state_id: self.state(name),
            proposal: proposals.to_vec(),
            commit: commit.to_vec(),
        };
        let handled = self.of(name).handle_commit(request).await?.into_inner();
        self.states.insert(name.into(), handled.state_id);
        Ok(handled.epoch_authenticator)
    }

    /// The message's wire format, as `encrypt_handshake` speaks of it.
    pub(crate) fn is_encrypted(&self, message: &[u8]) -> bool {
        MlsMessage::from_bytes(message).unwrap().wire_format() == WireFormat::PRIVATE_MESSAGE
    }

    /// All of `names` are in the same epoch, share its secrets, and read what each of them sends.
    pub(crate) async fn agree(&mut self, names: &[&str]) {
        let mut views = Vec::new();
        for name in names {
            views.push(self.view(name).await);
        }
        for (view, name) in views.iter().zip(names) {
            assert_eq!(*view, views[0], "{name} and {}", names[0]);
        }
        for from in names {
            let ciphertext = self.protect(from, b"aad", from.as_bytes()).await.unwrap();
            for to in names.iter().filter(|to| *to != from) {
                let opened = self.unprotect(to, &ciphertext).await.unwrap();
                assert_eq!(opened, (b"aad".to_vec(), from.as_bytes().to_vec()), "{from} to {to}");
            }
        }
    }

    /// Epoch authenticator and an exported secret.
    pub(crate) async fn view(&mut self, name: &str) -> (Octets, Octets) {
        let state_id = self.state(name);
        let authenticator = self.of(name).state_auth(StateAuthRequest { state_id }).await.unwrap();
        let (label, context) = ("test".to_owned(), b"context".to_vec());
        let export = ExportRequest { state_id, label, context, key_length: 40 };
        let exported = self.of(name).export(export).await.unwrap().into_inner().exported_secret;
        assert_eq!(exported.len(), 40);
        (authenticator.into_inner().state_auth_secret, exported)
    }

    pub(crate) async fn protect(&mut self, name: &str, aad: &[u8], data: &[u8]) -> Result<Octets, Status> {
        let (authenticated_data, plaintext) = (aad.to_vec(), data.to_vec());
        let request = ProtectRequest { state_id: self.state(name), authenticated_data, plaintext };
        Ok(self.of(name).protect(request).await?.into_inner().ciphertext)
    }

    pub(crate) async fn unprotect(
        &mut self,
        name: &str,
        ciphertext: &[u8],
    ) -> Result<(Octets, Octets), Status> {
        let request = UnprotectRequest { state_id: self.state(name), ciphertext: ciphertext.to_vec() };
        let opened = self.of(name).unprotect(request).await?.into_inner();
        Ok((opened.authenticated_data, opened.plaintext))
    }

    pub(crate) async fn group_info(&mut self, name: &str, external_tree: bool) -> GroupInfoResponse {
        let request = GroupInfoRequest { state_id: self.state(name), external_tree };
        self.of(name).group_info(request).await.unwrap().into_inner()
    }

    pub(crate) async fn store_psk(&mut self, name: &str, id: u32, psk_id: &[u8], psk: &[u8]) {
        let (psk_id, psk_secret) = (psk_id.to_vec(), psk.to_vec());
        let request = StorePskRequest { state_or_transaction_id: id, psk_id, psk_secret };
        self.of(name).store_psk(request).await.unwrap();
    }

    pub(crate) async fn propose_add(&mut self, name: &str, key_package: &[u8]) -> Result<Octets, Status> {
        let key_package = key_package.to_vec();
        let request = AddProposalRequest { state_id: self.state(name), key_package };
        Ok(self.of(name).add_proposal(request).await?.into_inner().proposal)
    }

    pub(crate) async fn propose_remove(&mut self, name: &str, removed: &str) -> Result<Octets, Status> {
        let request = RemoveProposalRequest { state_id: self.state(name), removed_id: removed.into() };
        Ok(self.of(name).remove_proposal(request).await?.into_inner().proposal)
    }

    pub(crate) async fn propose_update(&mut self, name: &str) -> Result<Octets, Status> {
        let request = UpdateProposalRequest { state_id: self.state(name) };
        Ok(self.of(name).update_proposal(request).await?.into_inner().proposal)
    }
}

/// An Add by value.
pub(crate) fn added(key_package: Octets) -> ProposalDescription {
    ProposalDescription { proposal_type: b"add".to_vec(), key_package, ..ProposalDescription::default() }
}

/// A Remove by value.
pub(crate) fn removed(name: &str) -> ProposalDescription {
    let removed_id = name.as_bytes().to_vec();
    ProposalDescription { proposal_type: b"remove".to_vec(), removed_id, ..ProposalDescription::default() }
}

/// required_capabilities that require nothing, as the harness's scripts have them.
pub(crate) fn nothing_required() -> Extension {
    Extension { extension_type: 3, extension_data: vec![0, 0, 0] }
}

/// external_senders without a sender, likewise.
pub(crate) fn no_senders() -> Extension {
    Extension { extension_type: 5, extension_data: vec![0] }
}
