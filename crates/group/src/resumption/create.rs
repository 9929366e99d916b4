//! Making a successor or a branch.
//!
//! RFC 9420 §11.2 and §11.3.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_credentials::Timestamp;
use copath_crypto::{Secret, Signer, Suite};
use copath_messages::{
    Add, Extensions, GroupId, KeyPackage, Lifetime, PreSharedKey, Proposal, ProtocolVersion, ReInit,
    ResumptionPskUsage,
};
use copath_rules::{Part, RuleId, Violation, rule};

use super::{MemberMatching, ParentMember, ParentNeed, match_members};
use crate::commit::{CommitDraft, CommitOptions, PathChoice};
use crate::create::GroupParameters;
use crate::credentials::Questions;
use crate::group::GroupSettings;
use crate::leaf::LeafParameters;
use crate::needs::{Answers, Needs};
use crate::{Group, GroupError, Misuse, Subject};

/// What a successor or a branch is made from, beside its parent.
#[derive(Clone, Debug)]
pub struct ResumptionParameters {
    /// The creator's leaf.
    pub leaf: LeafParameters,
    /// When the creator's leaf is valid.
    pub lifetime: Lifetime,
    /// Fresh key packages of all other members, of the new group's suite.
    pub key_packages: Vec<KeyPackage>,
}

/// What a branch may have of its own.
#[derive(Clone, Debug, Default)]
pub struct BranchParameters {
    /// The new group's id; random if absent (RFC 9420 §11).
    pub group_id: Option<GroupId>,
    /// Extensions of its context; those of the parent if absent.
    pub extensions: Option<Extensions>,
}

/// The settings, signer and time of a client that makes a group out of another one.
#[derive(Clone, Copy)]
pub struct Resumption<'a> {
    /// The settings of the new group.
    pub settings: &'a GroupSettings,
    /// Signs as the new group's first member; of the new group's suite.
    pub signer: &'a dyn Signer,
    /// The present.
    pub now: Timestamp,
}

/// A successor or a branch whose first commit is drafted, and whose members have to be judged.
pub struct ResumptionDraft {
    settings: GroupSettings,
    /// The new group in epoch 0, known to nobody else.
    group: Group,
    commit: CommitDraft,
    parent_psk: Secret,
    matching: MemberMatching,
    /// Whom the last questions are about: external senders that the new group has by its own choice.
    senders: Vec<(Subject, RuleId)>,
    needs: Needs,
}

impl Group {
    /// The successor that the ReInit which closed this group calls for, with `suite` being that of the ReInit. Any
    /// member can make it (RFC 9420 §11.2, rules 11.2-04, 12.4.1-11).
    ///
    /// # Errors
    /// [`Misuse::NotReinitialized`] if the group isn't closed; rule 11.2-01 if the suite isn't the ReInit's,
    /// rule 12.1.5-03 if it asks for what this library can't follow; a key package or the own leaf breaks a rule.
    pub fn draft_successor(
        &self,
        suite: &Suite,
        parameters: &ResumptionParameters,
        resumption: &Resumption<'_>,
    ) -> Result<ResumptionDraft, GroupError> {
        let reinit = self.reinit().ok_or(Misuse::NotReinitialized)?;
        self.check_can_follow(reinit)?;
        if reinit.cipher_suite != suite.cipher_suite() {
            return Err(Violation::new(rule!("11.2-01")).at(Part::GroupContext).into());
        }
        let new = GroupParameters {
            leaf: parameters.leaf.clone(),
            lifetime: parameters.lifetime,
            group_id: Some(reinit.group_id.clone()),
            extensions: reinit.extensions.clone(),
        };
        let group = Self::create(suite, &new, resumption.settings, resumption.signer)?;
        self.draft_resumption(group, ResumptionPskUsage::Reinit, &parameters.key_packages, resumption)
    }

    /// A branch of this group with some of its members, of the same version and suite; this group goes on
    /// (RFC 9420 §11.3).
    ///
    /// # Errors
    /// The group is closed; rule 12.4.3-04 if the new id is this group's; a key package or the own leaf breaks a rule.
    pub fn draft_branch(
        &self,
        branch: &BranchParameters,
        parameters: &ResumptionParameters,
        resumption: &Resumption<'_>,
    ) -> Result<ResumptionDraft, GroupError> {
        self.check_active()?;
        if branch.group_id.as_ref() == Some(self.group_id()) {
            return Err(Violation::new(rule!("12.4.3-04")).at(Part::GroupContext).into());
        }
        let extensions = branch.extensions.as_ref().unwrap_or(&self.context().extensions);
        let new = GroupParameters {
            leaf: parameters.leaf.clone(),
            lifetime: parameters.lifetime,
            group_id: branch.group_id.clone(),
            extensions: extensions.clone(),
        };
        let group = Self::create(self.suite(), &new, resumption.settings, resumption.signer)?;
        let draft =
            self.draft_resumption(group, ResumptionPskUsage::Branch, &parameters.key_packages, resumption)?;
        match &branch.extensions {
            Some(_) => Ok(draft.judging_senders(new.questions(resumption.settings)?)),
            None => Ok(draft),
        }
    }

    /// What RFC 9420 lets anybody propose, but leads nowhere: a client doesn't send it, and can't continue after it.
    /// The id may be that of the group itself: once it is closed, nobody participates in it (rule 12.4.3-04).
    ///
    /// # Errors
    /// Rule 12.1.5-03 for a version or suite that isn't here.
    pub(crate) fn check_can_follow(&self, reinit: &ReInit) -> Result<(), Violation> {
        let available = Suite::new(self.provider(), reinit.cipher_suite).is_ok();
        if reinit.version > ProtocolVersion::MLS10 || !available {
            return Err(Violation::new(rule!("12.1.5-03")).at(Part::CipherSuite(reinit.cipher_suite.0)));
        }
        Ok(())
    }

    /// The first commit of `group`: all others, and the resumption PSK of the present epoch (rules 12.4.1-12, 11.3-01),
    /// with a random nonce (11.3-02).
    fn draft_resumption(
        &self,
        group: Self,
        usage: ResumptionPskUsage,
        key_packages: &[KeyPackage],
        resumption: &Resumption<'_>,
    ) -> Result<ResumptionDraft, GroupError> {
        let need = ParentNeed { group_id: self.group_id().clone(), epoch: self.epoch(), usage };
        let parent = self.as_parent(&need)?;
        let suite = group.suite();
        let nonce = suite.random_bytes(suite.hash_length())?;
        let psk = PreSharedKey { psk: need.psk_id(nonce.into()) };
        let add = |package: &KeyPackage| Proposal::Add(Add { key_package: Box::new(package.clone()) });
        let options = key_packages.iter().map(add).fold(CommitOptions::new(), CommitOptions::propose);
        let commit = group.draft_first_commit(options, psk, resumption.now)?;
        let matching = match_members(usage, &parent, &ParentMember::all_of(commit.tree_after()))?;
        let mut needs = Needs { credentials: commit.needs().credentials.clone(), ..Needs::default() };
        needs.credentials.extend_from_slice(matching.questions());
        let settings = resumption.settings.clone();
        let (parent_psk, senders) = (parent.psk(), Vec::new());
        Ok(ResumptionDraft { settings, group, commit, parent_psk, matching, senders, needs })
    }
}

impl ResumptionDraft {
    /// Whether the first commit has a path although it needs none; it has one unless this says otherwise.
    #[must_use]
    pub fn path(mut self, choice: PathChoice) -> Self {
        self.commit = self.commit.with_path(choice);
        self
    }

    /// Asks about external senders that the new group has by its own choice, too (rule 5.3.1-06).
    fn judging_senders(mut self, (questions, subjects): Questions) -> Self {
        self.needs.credentials.extend(questions);
        self.senders = subjects;
        self
    }

    /// What has to be answered before [`ResumptionDraft::finish`]: whether the credentials are valid, and whether the
    /// new members are the old ones.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The new group in its epoch 1, with a Welcome for all others. Store all its records ([`Group::all_records`]),
    /// then send [`Group::build_welcome`]. `signer` is the one that the draft was made with.
    ///
    /// # Errors
    /// A credential is refused, of a member or of an external sender; rule 11.2-07 if the validator misses an old member, rule 11.3-05 if it finds a new one
    /// that isn't in the parent.
    pub fn finish(self, signer: &dyn Signer, mut answers: Answers) -> Result<Group, GroupError> {
        let Self { settings, mut group, commit, parent_psk, matching, senders, needs } = self;
        let of_members = needs.credentials.len().saturating_sub(senders.len());
        let of_senders = answers.split_credentials(of_members)?;
        Answers { credentials: of_senders, ..Answers::default() }.check_credentials(&senders)?;
        let own = commit.needs().credentials.len();
        matching.check(&answers.split_credentials(own)?)?;
        answers.psks = Vec::from([Some(parent_psk)]);
        let prepared = commit.finish(&group, signer, answers)?;
        group.apply(prepared.patch)?;
        let pending = group.pending_commit.take().ok_or(Misuse::NoPendingCommit)?;
        Ok(Group::enter_first(&settings, *pending.entry))
    }
}

impl core::fmt::Debug for ResumptionDraft {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ResumptionDraft").field("group", &self.group).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Resumption<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Resumption").field("now", &self.now).finish_non_exhaustive()
    }
}
