//! Beginning to observe: from a GroupInfo and the tree.
//!
//! RFC 9420 §12.4.3.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_credentials::Timestamp;
use copath_crypto::CryptoProvider;
use copath_messages::GroupInfo;
use copath_rules::RuleId;

use super::{Life, PublicGroup};
use crate::credentials::questions_of_tree;
use crate::group::GroupSettings;
use crate::group_info::UnverifiedGroup;
use crate::needs::{Answers, Needs};
use crate::proposals::ProposalQueue;
use crate::public_state::PublicState;
use crate::transition::StateVersion;
use crate::{GroupError, Subject};

/// An observation that may need the ratchet tree.
#[derive(Debug)]
pub struct ObserverStart(UnverifiedGroup);

/// An observation whose GroupInfo and tree are verified; the members' credentials may have to be judged.
#[derive(Debug)]
pub struct ObserverCheck {
    settings: GroupSettings,
    public: PublicState,
    needs: Needs,
    subjects: Vec<(Subject, RuleId)>,
}

impl ObserverStart {
    /// Begins to observe the group of `group_info`.
    ///
    /// # Errors
    /// The backend doesn't have the group's suite.
    pub fn new(
        provider: &Arc<dyn CryptoProvider>,
        settings: &GroupSettings,
        group_info: GroupInfo,
        now: Timestamp,
    ) -> Result<Self, GroupError> {
        UnverifiedGroup::new(provider, settings, group_info, now).map(Self)
    }

    /// What has to be answered before [`ObserverStart::verify`].
    pub fn needs(&self) -> &Needs {
        self.0.needs()
    }

    /// Verifies signature, tree hash, parent hashes and leaves.
    ///
    /// # Errors
    /// The GroupInfo or the tree breaks a rule, or the tree is missing.
    pub fn verify(self, answers: Answers) -> Result<ObserverCheck, GroupError> {
        let Self(group) = self;
        let public = group.verify(answers)?;
        let (credentials, subjects) = questions_of_tree(&public, None)?;
        let needs = Needs { credentials, ..Needs::default() };
        Ok(ObserverCheck { settings: group.settings, public, needs, subjects })
    }
}

impl ObserverCheck {
    /// What has to be answered before [`ObserverCheck::finish`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The group as it is observed from here on. Store all its records ([`PublicGroup::all_records`]).
    ///
    /// # Errors
    /// A credential is refused.
    pub fn finish(self, answers: Answers) -> Result<PublicGroup, GroupError> {
        answers.check_credentials(&self.subjects)?;
        Ok(PublicGroup {
            policy: self.settings.policy,
            registrations: self.settings.registrations,
            public: self.public,
            queue: ProposalQueue::default(),
            previous: None,
            life: Life::Active,
            version: StateVersion::default(),
        })
    }
}
