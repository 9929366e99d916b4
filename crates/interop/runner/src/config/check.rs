//! What a step says about others: who acts, what it makes, what it refers to.

use super::action::{Action, Description, StepIndex};
use super::{Script, Step};

/// What a step leaves for later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Makes {
    KeyPackage,
    Psk,
    Ciphertext,
    Proposal,
    Nothing,
}

impl Makes {
    fn name(self) -> &'static str {
        match self {
            Self::KeyPackage => "a key package",
            Self::Psk => "a PSK",
            Self::Ciphertext => "a ciphertext",
            Self::Proposal => "a proposal",
            Self::Nothing => "nothing",
        }
    }
}

impl Action {
    /// Everybody who is named.
    pub fn actors(&self) -> Vec<&str> {
        fn all<'a>(first: &[&'a String], more: &[&'a [String]]) -> Vec<&'a str> {
            let more = more.iter().flat_map(|names| names.iter());
            first.iter().copied().chain(more).map(String::as_str).collect()
        }
        match self {
            Self::CreateGroup { actor, members } => all(&[actor], &[members]),
            Self::ExternalJoin(join) => all(&[&join.actor, &join.joiner], &[&join.members]),
            Self::InstallExternalPsk { clients } => all(&[], &[clients]),
            Self::RemoveProposal { actor, removed } => all(&[actor, removed], &[]),
            Self::NewMemberAddProposal { actor, joiner } => all(&[actor, joiner], &[]),
            Self::AddExternalSigner { actor, signer } => all(&[actor, signer], &[]),
            Self::ExternalSignerProposal { actor, member, .. } => all(&[actor, member], &[]),
            Self::FullCommit(commit) => all(&[&commit.actor], &[&commit.members, &commit.joiners]),
            Self::ReInit(reinit) => {
                let proposer: Vec<&String> = reinit.proposer.iter().collect();
                [all(&proposer, &[]), all(&[&reinit.committer, &reinit.welcomer], &[&reinit.members])]
                    .concat()
            }
            Self::Branch(branch) => all(&[&branch.actor], &[&branch.members]),
            Self::CreateKeyPackage { actor }
            | Self::Protect { actor, .. }
            | Self::Unprotect { actor, .. }
            | Self::AddProposal { actor, .. }
            | Self::UpdateProposal { actor }
            | Self::ExternalPskProposal { actor, .. }
            | Self::ResumptionPskProposal { actor, .. }
            | Self::GroupContextExtensionsProposal { actor, .. } => all(&[actor], &[]),
        }
    }

    /// Whether an actor sends something in the group, so that nobody else can take its place from here on.
    pub(crate) fn is_done_by(&self, who: &str) -> bool {
        match self {
            Self::FullCommit(commit) => commit.actor == who,
            Self::ExternalJoin(join) => join.joiner == who,
            Self::ReInit(_) | Self::Branch(_) => true,
            Self::Protect { actor, .. }
            | Self::AddProposal { actor, .. }
            | Self::UpdateProposal { actor }
            | Self::RemoveProposal { actor, .. }
            | Self::ExternalPskProposal { actor, .. }
            | Self::ResumptionPskProposal { actor, .. }
            | Self::GroupContextExtensionsProposal { actor, .. }
            | Self::AddExternalSigner { actor, .. } => actor == who,
            _ => false,
        }
    }

    /// The action as scripts spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateGroup { .. } => "createGroup",
            Self::CreateKeyPackage { .. } => "createKeyPackage",
            Self::ExternalJoin(_) => "externalJoin",
            Self::InstallExternalPsk { .. } => "installExternalPSK",
            Self::Protect { .. } => "protect",
            Self::Unprotect { .. } => "unprotect",
            Self::AddProposal { .. } => "addProposal",
            Self::UpdateProposal { .. } => "updateProposal",
            Self::RemoveProposal { .. } => "removeProposal",
            Self::ExternalPskProposal { .. } => "externalPSKProposal",
            Self::ResumptionPskProposal { .. } => "resumptionPSKProposal",
            Self::GroupContextExtensionsProposal { .. } => "groupContextExtensionsProposal",
            Self::NewMemberAddProposal { .. } => "newMemberAddProposal",
            Self::AddExternalSigner { .. } => "addExternalSigner",
            Self::ExternalSignerProposal { .. } => "externalSignerProposal",
            Self::FullCommit(_) => "fullCommit",
            Self::ReInit(_) => "reinit",
            Self::Branch(_) => "branch",
        }
    }

    fn makes(&self) -> Makes {
        match self {
            Self::CreateKeyPackage { .. } => Makes::KeyPackage,
            Self::InstallExternalPsk { .. } => Makes::Psk,
            Self::Protect { .. } => Makes::Ciphertext,
            Self::AddProposal { .. }
            | Self::UpdateProposal { .. }
            | Self::RemoveProposal { .. }
            | Self::ExternalPskProposal { .. }
            | Self::ResumptionPskProposal { .. }
            | Self::GroupContextExtensionsProposal { .. }
            | Self::NewMemberAddProposal { .. }
            | Self::AddExternalSigner { .. }
            | Self::ExternalSignerProposal { .. } => Makes::Proposal,
            _ => Makes::Nothing,
        }
    }

    fn refers_to(&self) -> Vec<(StepIndex, Makes)> {
        match self {
            Self::AddProposal { key_package, .. } => vec![(*key_package, Makes::KeyPackage)],
            Self::ExternalPskProposal { psk, .. } => vec![(*psk, Makes::Psk)],
            Self::Unprotect { ciphertext, .. } => vec![(*ciphertext, Makes::Ciphertext)],
            Self::ExternalJoin(join) => join.psks.iter().map(|psk| (*psk, Makes::Psk)).collect(),
            Self::ExternalSignerProposal { description, .. } => {
                of_description(description).into_iter().collect()
            }
            Self::ReInit(reinit) => {
                reinit.external_reinit_proposal.iter().map(|step| (*step, Makes::Proposal)).collect()
            }
            Self::FullCommit(commit) => {
                let by_reference = commit.by_reference.iter().map(|step| (*step, Makes::Proposal));
                by_reference.chain(commit.by_value.iter().filter_map(of_description)).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn of_description(description: &Description) -> Option<(StepIndex, Makes)> {
    match description {
        Description::Add { key_package } => Some((*key_package, Makes::KeyPackage)),
        Description::ExternalPsk { psk } => Some((*psk, Makes::Psk)),
        _ => None,
    }
}

/// Each step refers to earlier ones that make what it needs; or the line and what is wrong there.
pub(super) fn references(script: &Script) -> Result<(), (usize, String)> {
    let wrong = |step: &Step, what: String| {
        Err((step.line, format!("script {}, {}: {what}", script.name, step.action.name())))
    };
    for (number, step) in script.steps.iter().enumerate() {
        for (index, needed) in step.action.refers_to() {
            let found = script.steps.get(index).filter(|_| index < number).map(|step| step.action.makes());
            if found != Some(needed) {
                let found = found.map_or("isn't an earlier step", Makes::name);
                let what = format!("step {index} should make {}, but: {found}", needed.name());
                return wrong(step, what);
            }
        }
        if let Action::ReInit(reinit) = &step.action
            && reinit.proposer.is_some() == reinit.external_reinit_proposal.is_some()
        {
            return wrong(step, "needs either a proposer or an externalReinitProposal".into());
        }
    }
    Ok(())
}
