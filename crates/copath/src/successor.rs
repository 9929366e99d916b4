//! Groups that come out of other groups.
//!
//! RFC 9420 §11.2 and §11.3.

use copath_codec::Writer;
use copath_credentials::Timestamp;
use copath_crypto::Suite;
use copath_group::{BranchParameters, Resumption, ResumptionDraft, ResumptionParameters};
use copath_messages::KeyPackage;
use copath_records::StateDelta;

use crate::enter::Entrance;
use crate::identity::Identity;
use crate::{Error, Group};

impl Group {
    /// The successor of this group, which a reinitialization has closed. `key_packages` are fresh ones of all other
    /// members, of the successor's suite. One member makes it; the others join by its [`Group::welcome`], while they
    /// still have the old group in their store.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the group isn't closed or the client wasn't built with the successor's suite,
    /// [`Error::Rejected`] if this client has joined or made a successor already (rule 12.4.3-04),
    /// [`Error::CredentialRejected`] if the validator misses a member (rule 11.2-07).
    pub fn successor(&self, key_packages: &[Vec<u8>], now: Timestamp) -> Result<Self, Error> {
        self.check_settled()?;
        let entrance = self.call_here("successor", &[], key_packages)?;
        if let Some(group) = self.client().entered_before(entrance)? {
            return Ok(group);
        }
        let suite = match self.engine().reinit() {
            Some(reinit) => {
                self.client().check_unused(&reinit.group_id)?;
                self.client().0.chosen_suite(reinit.cipher_suite)?
            }
            None => self.engine().suite(),
        };
        let key_packages = self.decode_key_packages(key_packages)?;
        self.resume(entrance, suite, (key_packages, now), |parameters, resumption| {
            self.engine().draft_successor(suite, parameters, resumption)
        })
    }

    /// A branch: a new group of some members of this one, which goes on. `key_packages` are fresh ones of the other
    /// members of the branch. They join by its [`Group::welcome`].
    ///
    /// # Errors
    /// [`Error::CredentialRejected`] if the validator finds somebody who isn't a member here (rule 11.3-05).
    pub fn branch(
        &self,
        branch: &BranchParameters,
        key_packages: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Self, Error> {
        self.check_settled()?;
        let mut octets = Writer::new();
        octets.optional(branch.group_id.as_ref()).optional(branch.extensions.as_ref());
        let entrance = self.call_here("branch", &octets.finish()?, key_packages)?;
        if let Some(group) = self.client().entered_before(entrance)? {
            return Ok(group);
        }
        let key_packages = self.decode_key_packages(key_packages)?;
        self.resume(entrance, self.engine().suite(), (key_packages, now), |parameters, resumption| {
            self.engine().draft_branch(branch, parameters, resumption)
        })
    }

    fn resume(
        &self,
        entrance: Entrance,
        suite: &Suite,
        (key_packages, now): (Vec<KeyPackage>, Timestamp),
        draft: impl FnOnce(
            &ResumptionParameters,
            &Resumption<'_>,
        ) -> Result<ResumptionDraft, copath_group::GroupError>,
    ) -> Result<Self, Error> {
        let client = self.client();
        let identity: &Identity = client.0.identity_for(suite)?;
        let (leaf, lifetime) = (client.leaf_parameters(identity), client.lifetime(now));
        let parameters = ResumptionParameters { leaf, lifetime, key_packages };
        let signer = identity.signer().as_ref();
        let draft = draft(&parameters, &Resumption { settings: client.settings(), signer, now })?;
        let answers = self.answer(draft.needs(), now)?;
        client.enter(draft.finish(signer, answers)?, StateDelta::new(), entrance.into())
    }

    /// A call about this group in its present epoch.
    fn call_here(&self, what: &str, parameters: &[u8], key_packages: &[Vec<u8>]) -> Result<Entrance, Error> {
        let epoch = self.epoch().to_be_bytes();
        let mut all: Vec<&[u8]> = vec![self.group_id(), &epoch, parameters];
        all.extend(key_packages.iter().map(Vec::as_slice));
        self.client().call(what, &all)
    }

    fn decode_key_packages(&self, messages: &[Vec<u8>]) -> Result<Vec<KeyPackage>, Error> {
        messages.iter().map(|message| self.decode_key_package(message)).collect()
    }
}
