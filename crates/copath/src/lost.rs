//! Commits that lost the race, and doing again what they were to do.
//!
//! RFC 9420 §14.

use copath_credentials::Timestamp;
use copath_group::{CommitIntents, CommitOptions, Forgone, GroupError, LeafChange, Subject};
use copath_messages::Proposal;
use copath_rules::Part;

use crate::commit::Asked;
use crate::settle::{Call, What};
use crate::{Error, Group, Rejection};

/// What [`Group::redo`] has made of the lost intents.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Redone {
    /// The commit to send; `None` if nothing was left to be done.
    pub message: Option<Vec<u8>>,
    /// What makes no sense any more, and why.
    pub forgone: Vec<Forgone>,
}

impl Group {
    /// What commits of this client that lost the race were asked to do and that wasn't done again yet; also after a
    /// restart.
    pub fn lost_intents(&self) -> Option<&CommitIntents> {
        self.engine().lost_intents()
    }

    /// Forgets the lost intents.
    ///
    /// # Errors
    /// [`Error::Misuse`] if there are none.
    pub fn forget_lost_intents(&mut self) -> Result<(), Error> {
        let call = Call::new(What::Forget);
        if let Some(()) = self.done_before(call)? {
            return Ok(());
        }
        let prepared = self.engine().forget_lost_intents()?;
        self.carry_out(call, prepared)
    }

    /// Prepares a commit that does in this epoch what is left of the lost intents, which are pending with it from
    /// then on. What makes no sense any more is left out and reported: whoever was to be removed has gone, a key
    /// package has expired, somebody else changed the extensions.
    ///
    /// # Errors
    /// [`Error::Misuse`] if nothing was lost or a commit is pending; [`Error::Unavailable`] if a pre-shared key is
    /// missing: nothing is forgotten then.
    pub fn redo(&mut self, now: Timestamp) -> Result<Redone, Error> {
        let call = Call::new(What::Redo);
        if let Some(redone) = self.done_before(call)? {
            return Ok(redone);
        }
        let lost = self.lost_intents().cloned().ok_or(copath_group::Misuse::NothingLost);
        let lost = lost.map_err(GroupError::from)?;
        let key = lost.signature_key.as_deref();
        let identity = key.map(|key| self.client().0.identity_of_key(key)).transpose()?.cloned();
        let (mut options, mut forgone) = self.engine().redo(&lost)?;
        loop {
            if !lost.is_update() && is_empty(&options) {
                let prepared = self.engine().forget_lost_intents()?;
                return self.carry_out(call, prepared.map(|()| Redone { message: None, forgone }));
            }
            let asked = Asked { options: options.clone(), identity: identity.clone() };
            let output = |message| Redone { message: Some(message), forgone: forgone.clone() };
            let error = match self.prepare_commit(call, asked, now, output) {
                Ok(redone) => return Ok(redone),
                Err(error) => error,
            };
            let refused = refused(&error, &options);
            let Some(reason) = reason(&error).filter(|_| !refused.is_empty()) else { return Err(error) };
            options.proposals.retain(|proposal| !refused.contains(proposal));
            forgone.extend(refused.iter().map(|proposal| self.engine().forgo(proposal, reason.clone())));
        }
    }
}

/// Whether a commit of `options` would do nothing but renew keys.
fn is_empty(options: &CommitOptions) -> bool {
    options.proposals.is_empty() && options.leaf == LeafChange::default()
}

/// The proposals of `options` that are at fault.
fn refused(error: &Error, options: &CommitOptions) -> Vec<Proposal> {
    let positions = match error {
        Error::CredentialRejected(rejection) => match rejection.subject {
            Subject::Proposal(position) => vec![position],
            _ => Vec::new(),
        },
        error => {
            let parts = error.parts().iter();
            parts.filter_map(|part| if let Part::Proposal(n) = part { Some(*n) } else { None }).collect()
        }
    };
    let at = |position: &u32| options.proposals.get(usize::try_from(*position).ok()?).cloned();
    positions.iter().filter_map(at).collect()
}

fn reason(error: &Error) -> Option<GroupError> {
    match error {
        Error::Rejected(Rejection::Rule(violation)) => Some(GroupError::Rejected(violation.clone())),
        Error::Rejected(Rejection::Refused(refusal)) => Some(GroupError::Refused(refusal.clone())),
        Error::CredentialRejected(rejection) => Some(GroupError::Credential {
            subject: rejection.subject,
            reason: rejection.reason,
            rule: rejection.rule,
        }),
        _ => None,
    }
}
