//! Joining by Welcome, one need at a time.
//!
//! RFC 9420 §12.4.3.1. Key package secrets, then pre-shared keys, then the ratchet tree, then the verdicts on all
//! members' credentials. Nothing is consumed: the key package is deleted when the group that came out is stored.

use alloc::vec::Vec;

use copath_credentials::Timestamp;
use copath_messages::{Extensions, GroupInfo, Sender, Welcome};
use copath_rules::{Part, RuleId, Violation, rule};

use super::opened::OpenedSecrets;
use crate::author::{Author, Authors};
use crate::credentials::questions_of_tree;
use crate::draft_ietf_mls_extensions::KeyPackageFate;
use crate::group::GroupSettings;
use crate::group_info::{own_extensions, tree_octets, verify_group_info};
use crate::key_package::KeyPackageSecrets;
use crate::needs::{Answers, Needs, TreeNeed};
use crate::public_state::PublicState;
use crate::resumption::MemberMatching;
use crate::{Group, GroupError, ParentNeed, Subject};
use alloc::boxed::Box;
use alloc::sync::Arc;
use copath_crypto::{CryptoProvider, Suite};

/// A Welcome that is being processed. It states its needs; answering them leads on.
#[derive(Debug)]
pub struct Joining {
    provider: Arc<dyn CryptoProvider>,
    settings: GroupSettings,
    now: Timestamp,
    needs: Needs,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Which of the entries is this client's?
    KeyPackage(Welcome),
    /// The group secrets are open; are the pre-shared keys here?
    Psks(Welcome, Box<OpenedSecrets>),
    /// The GroupInfo is open; where is the tree?
    Tree(Box<OpenedSecrets>, Box<GroupInfo>),
    /// Everything is verified; may these be the members?
    Credentials(Box<OpenedSecrets>, Box<Verified>),
}

/// A group whose GroupInfo and tree are verified, and the verdicts that are awaited.
#[derive(Debug)]
struct Verified {
    public: PublicState,
    signer: u32,
    extensions: Extensions,
    subjects: Vec<(Subject, RuleId)>,
    matching: MemberMatching,
}

/// Where a join stands after an answer.
#[derive(Debug)]
pub enum JoinStep {
    /// Something else is needed.
    Needs(Box<Joining>),
    /// The group is joined.
    Joined(Box<Joined>),
}

/// A group that was joined. Store all its records ([`Group::all_records`]) and delete the key package in one batch,
/// unless it is one of last resort.
#[derive(Debug)]
pub struct Joined {
    /// The group.
    pub group: Group,
    /// The member that signed the GroupInfo, and so vouches for the state that was joined.
    pub invited_by: Arc<Author>,
    /// The reference of the key package that was used.
    pub key_package_ref: Vec<u8>,
    /// Whether it is used up: one of last resort isn't.
    pub key_package_fate: KeyPackageFate,
    /// The extensions of the GroupInfo, but the ratchet tree and the key for external joins.
    pub group_info_extensions: Extensions,
    /// The group that it comes out of, which a successor replaces (RFC 9420 §11.2) and a branch leaves alone (§11.3).
    pub parent: Option<ParentNeed>,
}

impl Joining {
    /// Begins to process a Welcome.
    pub fn new(
        provider: &Arc<dyn CryptoProvider>,
        settings: &GroupSettings,
        welcome: Welcome,
        now: Timestamp,
    ) -> Self {
        let key_packages = welcome.secrets.iter().map(|entry| entry.new_member.to_vec()).collect();
        Self {
            provider: Arc::clone(provider),
            settings: settings.clone(),
            now,
            needs: Needs { key_packages, ..Needs::default() },
            stage: Stage::KeyPackage(welcome),
        }
    }

    /// What has to be answered next.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Goes on with the answers to [`Joining::needs`]; needs that turn out empty are passed over.
    ///
    /// # Errors
    /// The Welcome breaks a rule, isn't for this client, or an answer is missing.
    pub fn answer(self, answers: Answers) -> Result<JoinStep, GroupError> {
        let mut step = self.advance(answers)?;
        loop {
            match step {
                JoinStep::Needs(joining) if joining.needs.is_empty() => {
                    step = joining.advance(Answers::none())?
                }
                step => return Ok(step),
            }
        }
    }

    fn advance(self, mut answers: Answers) -> Result<JoinStep, GroupError> {
        let Self { provider, settings, now, needs, stage } = self;
        let (needs, stage) = match stage {
            Stage::KeyPackage(welcome) => {
                let package = answers.key_package.take().ok_or(GroupError::NoKeyPackage)?;
                let opened = open_secrets(&provider, &welcome, package)?;
                let needs = opened.needs();
                (needs, Stage::Psks(welcome, Box::new(opened)))
            }
            Stage::Psks(welcome, mut opened) => {
                let psks = opened.take_psks(&needs, &mut answers)?;
                let group_info = opened.open_group_info(&welcome, &psks, &settings)?;
                let context = &group_info.group_context;
                let inside = tree_octets(&group_info, None).is_some();
                let need = TreeNeed { group_id: context.group_id.clone(), epoch: context.epoch };
                let needs = Needs { ratchet_tree: (!inside).then_some(need), ..Needs::default() };
                (needs, Stage::Tree(opened, Box::new(group_info)))
            }
            Stage::Tree(opened, group_info) => {
                let beside = answers.ratchet_tree.take();
                let octets = tree_octets(&group_info, beside.as_deref()).ok_or(GroupError::MissingTree)?;
                let public = verify_group_info(opened.suite(), &settings, &group_info, octets, now)?;
                let own = opened.find_own_leaf(&public)?;
                let (mut credentials, subjects) = questions_of_tree(&public, Some(own))?;
                let matching = opened.match_members(&public)?;
                credentials.extend_from_slice(matching.questions());
                let needs = Needs { credentials, ..Needs::default() };
                let extensions = own_extensions(&group_info);
                let signer = group_info.signer;
                let verified = Verified { public, signer, extensions, subjects, matching };
                (needs, Stage::Credentials(opened, Box::new(verified)))
            }
            Stage::Credentials(opened, verified) => {
                let Verified { public, signer, extensions, subjects, matching } = *verified;
                let of_matching = answers.split_credentials(subjects.len())?;
                answers.check_credentials(&subjects)?;
                matching.check(&of_matching)?;
                let key_package_ref = opened.key_package_ref().to_vec();
                let parent = opened.parent_need();
                let key_package_fate = opened.key_package_fate(settings.registrations.code_points());
                let sender = Sender::Member { leaf_index: signer };
                let invited_by = Authors::new(&public, None).committer(sender)?;
                let group = opened.enter(&settings, public, signer)?;
                return Ok(JoinStep::Joined(Box::new(Joined {
                    group,
                    invited_by,
                    key_package_ref,
                    key_package_fate,
                    group_info_extensions: extensions,
                    parent,
                })));
            }
        };
        Ok(JoinStep::Needs(Box::new(Self { provider, settings, now, needs, stage })))
    }
}

/// Rules 12.4.3.1-02 and 12.4.3.1-03, then the HPKE opening.
fn open_secrets(
    provider: &Arc<dyn CryptoProvider>,
    welcome: &Welcome,
    package: KeyPackageSecrets,
) -> Result<OpenedSecrets, GroupError> {
    let suite = Suite::new(provider, package.key_package.cipher_suite)?;
    let reference = package.reference(&suite)?;
    let entry = welcome
        .secrets
        .iter()
        .find(|entry| entry.new_member.as_ref() == reference)
        .ok_or(GroupError::NoKeyPackage)?;
    if welcome.cipher_suite != suite.cipher_suite() {
        return Err(Violation::new(rule!("12.4.3.1-03")).at(Part::Welcome).into());
    }
    OpenedSecrets::open(suite, reference, entry, &welcome.encrypted_group_info, package)
}
