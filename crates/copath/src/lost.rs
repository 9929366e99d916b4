//! Commits that lost the race, and doing again what they were to do.
//!
//! RFC 9420 §14.

use copath_credentials::Timestamp;
use copath_group::{Answers, CommitIntents, CommitOptions, Forgone, GroupError, LeafChange, Needs};
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
    /// Why the change of the own leaf isn't made, if it was refused.
    pub leaf_refused: Option<GroupError>,
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

    /// Forgets one of the lost intents, by its position among [`CommitIntents::intents`]: the others are then done by
    /// [`Group::redo`]. For what can't be done and isn't refused either, such as a pre-shared key that never comes.
    ///
    /// # Errors
    /// [`Error::Misuse`] if there is none at this position.
    pub fn forget_lost_intent(&mut self, position: usize) -> Result<(), Error> {
        let octets = position.to_be_bytes();
        let call = Call::of(What::Forget, &octets);
        if let Some(()) = self.done_before(call)? {
            return Ok(());
        }
        let prepared = self.engine().forget_lost_intent(position)?;
        self.carry_out(call, prepared.map(drop))
    }

    /// Prepares a commit that does in this epoch what is left of the lost intents, which are pending with it from
    /// then on. What makes no sense any more is left out and reported: whoever was to be removed has gone, somebody else
    /// changed the extensions. So is what a rule or the validator refuses: a key package that has expired, an external
    /// sender that isn't trusted. Of intents that don't go together the first ones are done.
    ///
    /// # Errors
    /// [`Error::Misuse`] if nothing was lost, a commit is pending, or the client wasn't built with the identity that
    /// the own leaf was to have; [`Error::Unavailable`] if a pre-shared key is missing: provide it, or leave the intent
    /// out by [`Group::forget_lost_intent`]. Nothing is forgotten then.
    pub fn redo(&mut self, now: Timestamp) -> Result<Redone, Error> {
        let call = Call::new(What::Redo);
        if let Some(redone) = self.done_before(call)? {
            return Ok(redone);
        }
        let lost = self.lost_intents().cloned().ok_or(copath_group::Misuse::NothingLost);
        let lost = lost.map_err(GroupError::from)?;
        let key = lost.signature_key.as_deref();
        let identity = key.map(|key| self.client().0.identity_of_key(key)).transpose()?.cloned();
        let (options, forgone) = self.engine().redo(&lost)?;
        let mut redone = Redone { message: None, forgone, leaf_refused: None };
        let mut asked = Asked { options, identity };
        self.leave_out_refused(&mut asked.options, &mut redone, now)?;
        loop {
            if asked.is_empty() && !lost.is_update() {
                let prepared = self.engine().forget_lost_intents()?;
                return self.carry_out(call, prepared.map(|()| redone));
            }
            let output = |message| Redone { message: Some(message), ..redone.clone() };
            let error = match self.prepare_commit(call, asked.clone(), now, output) {
                Ok(redone) => return Ok(redone),
                Err(error) => error,
            };
            let Some(reason) = reason(&error) else { return Err(error) };
            match at_fault(&error, &asked.options) {
                Some(position) => {
                    let proposal = asked.options.proposals.remove(position);
                    redone.forgone.push(self.engine().forgo(&proposal, reason));
                }
                None if asked.changes_leaf() => {
                    asked.options.leaf = LeafChange::default();
                    asked.identity = None;
                    redone.leaf_refused = Some(reason);
                }
                None => return Err(error),
            }
        }
    }

    /// Leaves out what is refused whatever else the commit does; the validator is asked about all of it at once.
    fn leave_out_refused(
        &self,
        options: &mut CommitOptions,
        redone: &mut Redone,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut judged = Vec::new();
        let mut questions = Needs::default();
        for proposal in std::mem::take(&mut options.proposals) {
            let needs = self.engine().check_own_proposal(&proposal, now);
            match needs.and_then(|()| self.engine().questions_about(&proposal)) {
                Ok(needs) => {
                    let first = questions.credentials.len();
                    questions.credentials.extend(needs.credentials);
                    judged.push((proposal, first..questions.credentials.len()));
                }
                Err(error @ (GroupError::Rejected(_) | GroupError::Refused(_))) => {
                    redone.forgone.push(self.engine().forgo(&proposal, error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let verdicts = self.answer(&questions, now)?.credentials;
        for (proposal, range) in judged {
            let mut answers = Answers::none();
            answers.credentials = verdicts.get(range).unwrap_or_default().to_vec();
            match self.engine().check_answers_about(&proposal, &answers) {
                Ok(()) => options.proposals.push(proposal),
                Err(error @ GroupError::Credential { .. }) => {
                    redone.forgone.push(self.engine().forgo(&proposal, error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Asked {
    /// Whether a commit would do nothing but renew keys.
    fn is_empty(&self) -> bool {
        self.options.proposals.is_empty() && !self.changes_leaf()
    }

    fn changes_leaf(&self) -> bool {
        self.options.leaf != LeafChange::default() || self.identity.is_some()
    }
}

/// The position in `options` of the last proposal that is at fault.
fn at_fault(error: &Error, options: &CommitOptions) -> Option<usize> {
    let named = match error {
        Error::CredentialRejected(rejection) => rejection.subject.proposal(),
        error => {
            let proposals = error.parts().iter();
            proposals.filter_map(|part| if let Part::Proposal(n) = part { Some(*n) } else { None }).max()
        }
    };
    named.and_then(|at| usize::try_from(at).ok()).filter(|at| *at < options.proposals.len())
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
