//! Beginning to observe: from a GroupInfo and the tree.
//!
//! RFC 9420 §12.4.3.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_credentials::Timestamp;
use copath_crypto::{CryptoProvider, Suite};
use copath_messages::GroupInfo;
use copath_rules::RuleId;

use super::{Life, PublicGroup};
use crate::credentials::questions_of_tree;
use crate::group::GroupSettings;
use crate::group_info::{tree_octets, verify_group_info};
use crate::needs::{Answers, Needs, TreeNeed};
use crate::proposals::ProposalQueue;
use crate::public_state::PublicState;
use crate::transition::StateVersion;
use crate::{GroupError, Subject};

/// An observation that may need the ratchet tree.
#[derive(Debug)]
pub struct ObserverStart {
    suite: Suite,
    settings: GroupSettings,
    group_info: GroupInfo,
    now: Timestamp,
    needs: Needs,
}

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
        let context = &group_info.group_context;
        let suite = Suite::new(provider, context.cipher_suite)?;
        let inside = tree_octets(&group_info, None).is_some();
        let need = TreeNeed { group_id: context.group_id.clone(), epoch: context.epoch };
        let needs = Needs { ratchet_tree: (!inside).then_some(need), ..Needs::default() };
        Ok(Self { suite, settings: settings.clone(), group_info, now, needs })
    }

    /// What has to be answered before [`ObserverStart::verify`].
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Verifies signature, tree hash, parent hashes and leaves.
    ///
    /// # Errors
    /// The GroupInfo or the tree breaks a rule, or the tree is missing.
    pub fn verify(self, mut answers: Answers) -> Result<ObserverCheck, GroupError> {
        let Self { suite, settings, group_info, now, .. } = self;
        let octets = tree_octets(&group_info, answers.ratchet_tree.take()).ok_or(GroupError::MissingTree)?;
        let public = verify_group_info(&suite, &settings, &group_info, &octets, now)?;
        let (credentials, subjects) = questions_of_tree(&public, None)?;
        let needs = Needs { credentials, ..Needs::default() };
        Ok(ObserverCheck { settings, public, needs, subjects })
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
            decode_context: self.settings.decode_context,
            public: self.public,
            queue: ProposalQueue::default(),
            previous: None,
            life: Life::Active,
            version: StateVersion::default(),
        })
    }
}
