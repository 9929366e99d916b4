//! Creating groups, and joining them by a Welcome.
//!
//! RFC 9420 §10, §11 and §12.4.3.1.

use copath_codec::DecodeContext;
use copath_crypto::Secret;
use copath_group::{Group, GroupParameters, HandshakeFormat, JoinStep, Joining, KeyPackageSecrets};
use copath_interop_grpc::{
    CreateGroupRequest, CreateGroupResponse, CreateKeyPackageRequest, CreateKeyPackageResponse,
    JoinGroupRequest, JoinGroupResponse,
};
use copath_messages::{Extensions, GroupId};

use crate::actor::Actor;
use crate::client::Client;
use crate::clock::now;
use crate::member::{Member, answers};
use crate::psks::Psks;
use crate::registry::lock;
use crate::{ClientError, decode};

/// A transaction: an actor who waits for a Welcome.
pub(crate) struct Join {
    pub(crate) actor: Actor,
    pub(crate) psks: Psks,
    /// The key package with its private keys, encoded: a Welcome that fails doesn't use it up.
    key_package: Secret,
}

impl Join {
    /// Waits for a Welcome to a key package.
    pub(crate) fn new(
        actor: Actor,
        key_package: &KeyPackageSecrets,
        psks: Psks,
    ) -> Result<Self, ClientError> {
        Ok(Self { actor, psks, key_package: key_package.to_record()? })
    }

    /// Joins the group of a Welcome, which may come out of `parent`.
    pub(crate) fn join(
        &self,
        (welcome, ratchet_tree): (&[u8], Option<Vec<u8>>),
        handshake_format: HandshakeFormat,
        parent: Option<&Group>,
    ) -> Result<Member, ClientError> {
        let welcome = decode::welcome("welcome", welcome)?;
        let settings = Actor::settings(handshake_format);
        let mut joining = Joining::new(self.actor.suite.provider(), &settings, welcome, now());
        loop {
            let needs = joining.needs();
            let mut answers = answers(needs, &self.psks);
            if !needs.key_packages.is_empty() {
                answers.key_package = self.key_package_among(&needs.key_packages)?;
            }
            if let (Some(need), Some(parent)) = (&needs.parent, parent) {
                answers.parent = Some(parent.as_parent(need)?);
            }
            if needs.ratchet_tree.is_some() {
                answers.ratchet_tree.clone_from(&ratchet_tree);
            }
            match joining.answer(answers)? {
                JoinStep::Needs(next) => joining = *next,
                JoinStep::Joined(joined) => {
                    let psks = self.psks.duplicate();
                    return Ok(Member::new(self.actor.clone(), settings, joined.group, psks));
                }
            }
        }
    }

    /// The key package, if it is among those that a Welcome is for.
    fn key_package_among(&self, references: &[Vec<u8>]) -> Result<Option<KeyPackageSecrets>, ClientError> {
        let secrets = KeyPackageSecrets::from_record(self.key_package.expose(), DecodeContext::rfc9420())?;
        let own = secrets.reference(&self.actor.suite)?;
        Ok(references.contains(&own).then_some(secrets))
    }
}

impl Client {
    /// `CreateGroup` (RFC 9420 §11).
    pub(crate) fn create_group(
        &self,
        request: CreateGroupRequest,
    ) -> Result<CreateGroupResponse, ClientError> {
        let actor = self.actor(request.cipher_suite, &request.identity)?;
        let settings = Actor::settings(decode::handshake_format(request.encrypt_handshake));
        let parameters = GroupParameters {
            leaf: actor.leaf.clone(),
            lifetime: actor.lifetime(),
            group_id: Some(GroupId::from(request.group_id)),
            extensions: Extensions::default(),
        };
        let group = Group::create(&actor.suite, &parameters, &settings, &*actor.signer)?;
        let member = Member::new(actor, settings, group, Psks::default());
        let (state_id, _) = self.keep(member)?;
        Ok(CreateGroupResponse { state_id })
    }

    /// `CreateKeyPackage` (RFC 9420 §10).
    pub(crate) fn create_key_package(
        &self,
        request: CreateKeyPackageRequest,
    ) -> Result<CreateKeyPackageResponse, ClientError> {
        let actor = self.actor(request.cipher_suite, &request.identity)?;
        let secrets = actor.key_package()?;
        let signature_priv = actor.signature_private_key();
        let join = Join::new(actor, &secrets, Psks::default())?;
        Ok(CreateKeyPackageResponse {
            transaction_id: self.joins.insert(&self.ids, join)?,
            key_package: decode::encoded(secrets.key_package)?,
            init_priv: secrets.init_private_key.expose().to_vec(),
            encryption_priv: secrets.leaf_private_key.expose().to_vec(),
            signature_priv,
        })
    }

    /// `JoinGroup`: the transaction is over if it succeeds.
    pub(crate) fn join_group(&self, request: JoinGroupRequest) -> Result<JoinGroupResponse, ClientError> {
        let transaction = self.joins.find(request.transaction_id)?;
        let join = lock(&transaction);
        if request.identity != join.actor.identity {
            return Err(ClientError::WrongIdentity);
        }
        let handshake_format = decode::handshake_format(request.encrypt_handshake);
        let tree = decode::tree(request.ratchet_tree);
        let member = join.join((&request.welcome, tree), handshake_format, None)?;
        let (state_id, epoch_authenticator) = self.keep(member)?;
        self.joins.remove(request.transaction_id);
        Ok(JoinGroupResponse { state_id, epoch_authenticator })
    }
}
