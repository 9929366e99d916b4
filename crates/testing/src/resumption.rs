//! Members of groups that come out of other groups.
//!
//! RFC 9420 §11.2 and §11.3.

use std::sync::Arc;

use copath_crypto::CipherSuite;
use copath_group::{
    Answers, BranchParameters, Group, GroupError, KeyPackageParameters, Resumption, ResumptionDraft,
    ResumptionParameters, WelcomeOptions,
};
use copath_messages::{KeyPackage, MlsMessage};

use crate::{Member, over_the_wire};

impl Member {
    /// The same client with the same store and a fresh signature key, about to be in another group, of this suite.
    #[must_use]
    pub fn beside(&self, suite: CipherSuite) -> Self {
        let mut beside = Self::new(self.suite.provider(), suite, &self.name);
        beside.settings = self.settings.clone();
        beside.store = Arc::clone(&self.store);
        beside.now = self.now;
        beside
    }

    /// Makes the successor of `old`, which a ReInit closed, and gives the Welcome.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn succeed(&mut self, old: &Group, key_packages: Vec<KeyPackage>) -> Result<MlsMessage, GroupError> {
        let parameters = self.resumption_parameters(key_packages);
        let draft = old.draft_successor(&self.suite, &parameters, &self.resumption())?;
        self.finish(draft, |member, draft| member.answer(draft.needs()))
    }

    /// Makes a branch of `parent` and gives the Welcome.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn branch(
        &mut self,
        parent: &Group,
        branch: &BranchParameters,
        key_packages: Vec<KeyPackage>,
    ) -> Result<MlsMessage, GroupError> {
        let parameters = self.resumption_parameters(key_packages);
        let draft = parent.draft_branch(branch, &parameters, &self.resumption())?;
        self.finish(draft, |member, draft| member.answer(draft.needs()))
    }

    /// What the member's own part in a new group is.
    pub fn resumption_parameters(&self, key_packages: Vec<KeyPackage>) -> ResumptionParameters {
        let lifetime = KeyPackageParameters::new(self.leaf.clone(), self.now, 30).lifetime;
        ResumptionParameters { leaf: self.leaf.clone(), lifetime, key_packages }
    }

    /// The member as a creator.
    pub fn resumption(&self) -> Resumption<'_> {
        Resumption { settings: &self.settings, signer: &*self.signer, now: self.now }
    }

    /// Finishes a draft with these answers, stores the group and gives the Welcome.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn finish(
        &mut self,
        draft: ResumptionDraft,
        answer: impl FnOnce(&mut Self, &ResumptionDraft) -> Answers,
    ) -> Result<MlsMessage, GroupError> {
        let answers = answer(self, &draft);
        let group = draft.finish(&*self.signer, answers)?;
        self.enter(group);
        let built = self.group().build_welcome(WelcomeOptions::default(), &*self.signer)?;
        let welcomes = self.carry_out(built);
        Ok(over_the_wire(&welcomes[0]))
    }
}
