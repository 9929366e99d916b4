//! Proposals: building them, and sending them for somebody to commit.
//!
//! RFC 9420 §12.1.

use copath_codec::{Encode, Opaque};
use copath_credentials::Timestamp;
use copath_group::{LeafChange, MemberHandle};
use copath_messages::{
    Add, Extensions, GroupContextExtensions, GroupId, KeyPackage, MlsMessageBody, PreSharedKey,
    PreSharedKeyId, Proposal, ProtocolVersion, Psk, ReInit, Remove, ResumptionPskUsage,
};

use crate::settle::{Call, What};
use crate::{Error, Group, Misuse, NewGroup, OutgoingKind};

impl Group {
    /// Proposes to add the client of a key package, given as the message that it published. Somebody commits it.
    ///
    /// # Errors
    /// The key package breaks a rule, or the validator refuses its credential.
    pub fn propose_add(&mut self, key_package: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        self.settle_last()?;
        let proposal = self.add_proposal(key_package)?;
        self.propose(proposal, now)
    }

    /// Proposes to remove a member, named by its handle in this epoch; one's own handle to leave.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the handle is of another epoch.
    pub fn propose_remove(&mut self, member: MemberHandle, now: Timestamp) -> Result<Vec<u8>, Error> {
        self.settle_last()?;
        let proposal = self.remove_proposal(member)?;
        self.propose(proposal, now)
    }

    /// Proposes to mix in an external pre-shared key that each member has stored under `id`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if store, signer or randomness fail.
    pub fn propose_psk(&mut self, id: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        // Its nonce is fresh each time, so its id tells whether it is the same again.
        let call = Call::of(What::ProposePsk, id);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        let proposal = self.psk_proposal(id)?;
        self.propose_as(call, proposal, now)
    }

    /// Proposes other extensions of the group context.
    ///
    /// # Errors
    /// The extensions break a rule, or the validator refuses a credential in them.
    pub fn propose_extensions(&mut self, extensions: Extensions, now: Timestamp) -> Result<Vec<u8>, Error> {
        self.propose(Self::extensions_proposal(extensions), now)
    }

    /// Proposes new keys for this client's leaf; they are used once somebody else commits the proposal.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if store, signer or randomness fail.
    pub fn propose_update(&mut self, now: Timestamp) -> Result<Vec<u8>, Error> {
        let call = Call::new(What::ProposeUpdate);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        let signer = self.signer()?;
        let change = LeafChange::default();
        let prepared = self.engine().propose_update(&change, signer.as_ref(), signer.as_ref(), now)?;
        self.release(call, prepared, OutgoingKind::Proposal)
    }

    /// Proposes what was built elsewhere.
    ///
    /// # Errors
    /// The proposal breaks a rule, or the validator refuses a credential in it.
    pub fn propose(&mut self, proposal: Proposal, now: Timestamp) -> Result<Vec<u8>, Error> {
        let octets = proposal.to_bytes()?;
        let call = Call::of(What::Propose, &octets);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        self.propose_as(call, proposal, now)
    }

    fn propose_as(&mut self, call: Call<'_>, proposal: Proposal, now: Timestamp) -> Result<Vec<u8>, Error> {
        let needs = self.engine().questions_about(&proposal)?;
        let answers = self.answer(&needs, now)?;
        self.engine().check_answers_about(&proposal, &answers)?;
        let prepared = self.engine().propose(proposal, self.signer()?.as_ref(), now)?;
        self.release(call, prepared, OutgoingKind::Proposal)
    }

    /// Proposes to close the group, whose members go on in a successor of this form.
    ///
    /// # Errors
    /// The extensions break a rule.
    pub fn propose_reinit(&mut self, successor: &NewGroup, now: Timestamp) -> Result<Vec<u8>, Error> {
        // Its group id may be random, so the parameters tell whether it is the same again.
        let parameters = successor.to_octets()?;
        let call = Call::of(What::ProposeReinit, &parameters);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        let proposal = self.reinit_proposal(successor)?;
        self.propose_as(call, proposal, now)
    }

    pub(crate) fn add_proposal(&self, key_package: &[u8]) -> Result<Proposal, Error> {
        Ok(Proposal::Add(Add { key_package: Box::new(self.decode_key_package(key_package)?) }))
    }

    pub(crate) fn decode_key_package(&self, message: &[u8]) -> Result<KeyPackage, Error> {
        match self.engine().decode(message)?.body {
            MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
            _ => Err(Misuse::WrongKind { expected: "key package" }.into()),
        }
    }

    /// RFC 9420 §11.2; an absent id is random, an absent suite that of this group. The own id is refused: it names the
    /// closed group in the store.
    pub(crate) fn reinit_proposal(&self, successor: &NewGroup) -> Result<Proposal, Error> {
        let suite = self.engine().suite();
        if successor.group_id.as_ref() == Some(self.group_id()) {
            return Err(crate::error::group_id_in_use());
        }
        let group_id = match &successor.group_id {
            Some(group_id) => group_id.clone(),
            None => GroupId::from(suite.random_bytes(suite.hash_length())?),
        };
        Ok(Proposal::ReInit(ReInit {
            group_id,
            version: ProtocolVersion::MLS10,
            cipher_suite: successor.suite.unwrap_or(suite.cipher_suite()),
            extensions: successor.extensions.clone(),
        }))
    }

    pub(crate) fn remove_proposal(&self, member: MemberHandle) -> Result<Proposal, Error> {
        Ok(Proposal::Remove(Remove { removed: self.engine().leaf_of(member)?.as_u32() }))
    }

    pub(crate) fn psk_proposal(&self, id: &[u8]) -> Result<Proposal, Error> {
        self.with_nonce(Psk::External { psk_id: Opaque::from(id) })
    }

    pub(crate) fn resumption_psk_proposal(&self, group_id: &GroupId, epoch: u64) -> Result<Proposal, Error> {
        self.with_nonce(Psk::Resumption {
            usage: ResumptionPskUsage::Application,
            psk_group_id: group_id.clone(),
            psk_epoch: epoch,
        })
    }

    pub(crate) fn extensions_proposal(extensions: Extensions) -> Proposal {
        Proposal::GroupContextExtensions(GroupContextExtensions { extensions })
    }

    /// RFC 9420 §8.4: the nonce is fresh and as long as the hash.
    fn with_nonce(&self, psk: Psk) -> Result<Proposal, Error> {
        let suite = self.engine().suite();
        let psk_nonce = suite.random_bytes(suite.hash_length())?.into();
        Ok(Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce } }))
    }
}
