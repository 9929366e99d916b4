//! Whether members of the parent and of the new group are the same clients.
//!
//! RFC 9420 §11.2 and §11.3: the application judges. A pair of equal credentials is one question. A client for whom
//! there is no equal credential is asked about with everybody on the other side, and one acceptance is enough.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_codec::Encode;
use copath_credentials::{CredentialQuestion, CredentialVerdict};
use copath_messages::ResumptionPskUsage;
use copath_rules::{RuleId, rule};

use super::{ParentGroup, ParentMember};
use crate::{GroupError, Misuse, Subject};

/// Octets that the questions beyond one for each client may take up, so that they don't grow with the square of the
/// group: enough for hundreds of clients whose credentials are all new.
const MAX_EXTRA_OCTETS: usize = 1 << 26;

/// Octets that a question takes up beside its credentials.
const QUESTION_OCTETS: usize = 128;

/// Questions about clients that have to be on both sides, with how many of them are about each.
#[derive(Debug, Default)]
pub(crate) struct MemberMatching {
    questions: Vec<CredentialQuestion>,
    sought: Vec<Sought>,
}

/// A client that has to be found on the other side.
#[derive(Debug)]
struct Sought {
    subject: Subject,
    rule: RuleId,
    candidates: usize,
}

/// The questions whether all members of `parent` are among `new` (usage reinit, rule 11.2-07), or all of `new` in
/// `parent` (usage branch, rule 11.3-05).
///
/// # Errors
/// Too many credentials differ.
pub(crate) fn match_members(
    usage: ResumptionPskUsage,
    parent: &ParentGroup,
    new: &[ParentMember],
) -> Result<MemberMatching, GroupError> {
    match usage {
        ResumptionPskUsage::Branch => {
            MemberMatching::new(new, &parent.members, |leaf| (Subject::Leaf(leaf), rule!("11.3-05")))
        }
        _ => MemberMatching::new(&parent.members, new, |leaf| (Subject::OldMember(leaf), rule!("11.2-07"))),
    }
}

impl MemberMatching {
    fn new(
        sought: &[ParentMember],
        among: &[ParentMember],
        about: impl Fn(u32) -> (Subject, RuleId),
    ) -> Result<Self, GroupError> {
        let (mut equal, octets) = by_credential(among)?;
        let mut matching = Self::default();
        let mut extra = 0usize;
        for member in sought {
            let (subject, rule) = about(member.leaf.as_u32());
            let credential = member.credential.to_bytes()?;
            let found = equal.get_mut(&credential).and_then(Equals::next);
            let candidates = found.map_or(among, core::slice::from_ref);
            if found.is_none() {
                let own = credential.len().saturating_add(QUESTION_OCTETS).saturating_mul(among.len());
                extra = extra.saturating_add(octets).saturating_add(own);
            }
            if extra > MAX_EXTRA_OCTETS {
                return Err(Misuse::TooLarge.into());
            }
            matching.sought.push(Sought { subject, rule, candidates: candidates.len() });
            matching.questions.extend(candidates.iter().map(|candidate| same_client(member, candidate)));
        }
        Ok(matching)
    }

    /// What the validator has to be asked.
    pub(crate) fn questions(&self) -> &[CredentialQuestion] {
        &self.questions
    }

    /// Fails with the first client that none of the `verdicts` finds on the other side.
    ///
    /// # Errors
    /// [`GroupError::Credential`] by rule 11.2-07 or 11.3-05.
    pub(crate) fn check(&self, verdicts: &[CredentialVerdict]) -> Result<(), GroupError> {
        if verdicts.len() != self.questions.len() {
            return Err(Misuse::WrongAnswers.into());
        }
        let mut rest = verdicts;
        for sought in &self.sought {
            let (own, after) = rest.split_at_checked(sought.candidates).ok_or(Misuse::WrongAnswers)?;
            rest = after;
            let mut refused = None;
            let accepted = own.iter().any(|verdict| match verdict {
                CredentialVerdict::Accepted => true,
                CredentialVerdict::Rejected(reason) => {
                    refused = Some(*reason);
                    false
                }
            });
            if !accepted {
                let reason = refused.ok_or(Misuse::WrongAnswers)?;
                return Err(GroupError::Credential { subject: sought.subject, reason, rule: sought.rule });
            }
        }
        Ok(())
    }
}

/// The members with one credential; each is proposed once, and the last again and again.
#[derive(Default)]
struct Equals<'a> {
    members: Vec<&'a ParentMember>,
    proposed: usize,
}

impl<'a> Equals<'a> {
    fn next(&mut self) -> Option<&'a ParentMember> {
        let next = self.members.get(self.proposed).or(self.members.last()).copied();
        self.proposed = self.proposed.saturating_add(1);
        next
    }
}

/// The members with each credential, under its encoding; and how many octets all encodings have.
fn by_credential(members: &[ParentMember]) -> Result<(BTreeMap<Vec<u8>, Equals<'_>>, usize), GroupError> {
    let mut equal: BTreeMap<Vec<u8>, Equals<'_>> = BTreeMap::new();
    let mut octets = 0usize;
    for member in members {
        let credential = member.credential.to_bytes()?;
        octets = octets.saturating_add(credential.len());
        equal.entry(credential).or_default().members.push(member);
    }
    Ok((equal, octets))
}

fn same_client(a: &ParentMember, b: &ParentMember) -> CredentialQuestion {
    CredentialQuestion::SameClient {
        a: a.credential.clone(),
        a_signature_key: a.signature_key.clone(),
        b: b.credential.clone(),
        b_signature_key: b.signature_key.clone(),
    }
}

#[cfg(test)]
mod tests {
    use copath_credentials::{Credential, RejectionReason};
    use copath_tree_math::LeafIndex;

    use super::*;

    fn members(names: &[&str]) -> Vec<ParentMember> {
        let member = |(index, name): (u32, &&str)| ParentMember {
            leaf: LeafIndex::new(index).unwrap_or(LeafIndex::FIRST),
            credential: Credential::basic(name.as_bytes()),
            signature_key: index.to_be_bytes().as_slice().into(),
        };
        (0..).zip(names).map(member).collect()
    }

    fn matching(sought: &[&str], among: &[&str]) -> MemberMatching {
        let about = |leaf| (Subject::OldMember(leaf), rule!("11.2-07"));
        MemberMatching::new(&members(sought), &members(among), about).unwrap_or_default()
    }

    /// The signature keys of the candidates, which are their positions.
    fn candidates(matching: &MemberMatching) -> Vec<u8> {
        let last = |question: &CredentialQuestion| match question {
            CredentialQuestion::SameClient { b_signature_key, .. } => b_signature_key.last().copied(),
            _ => None,
        };
        matching.questions().iter().filter_map(last).collect()
    }

    #[test]
    fn equal_credentials_are_paired_and_others_compared_with_everybody() {
        assert_eq!(candidates(&matching(&["a", "b"], &["b", "c", "a"])), [2, 0]);
        assert_eq!(candidates(&matching(&["a", "a", "a"], &["a", "b", "a"])), [0, 2, 2]);
        assert_eq!(candidates(&matching(&["a", "x"], &["b", "a"])), [1, 0, 1]);
    }

    #[test]
    fn one_acceptance_is_enough_and_none_names_the_member() {
        let (yes, no) =
            (CredentialVerdict::Accepted, CredentialVerdict::Rejected(RejectionReason::WrongIdentity));
        let matching = matching(&["a", "x"], &["b", "a"]);
        assert_eq!(matching.check(&[yes, no, yes]), Ok(()));
        assert_eq!(matching.check(&[yes, yes, no]), Ok(()));
        let refused = |leaf| {
            let reason = RejectionReason::WrongIdentity;
            Err(GroupError::Credential { subject: Subject::OldMember(leaf), reason, rule: rule!("11.2-07") })
        };
        assert_eq!(matching.check(&[yes, no, no]), refused(1));
        assert_eq!(matching.check(&[no, yes, yes]), refused(0));
        assert_eq!(matching.check(&[yes, yes]), Err(Misuse::WrongAnswers.into()));
    }

    #[test]
    fn questions_do_not_grow_with_the_square_of_the_group() {
        let about = |leaf| (Subject::Leaf(leaf), rule!("11.3-05"));
        let other = members(&["b"; 1 << 10]);
        let refused = MemberMatching::new(&members(&["a"; 1 << 10]), &other, about).map(|_| ());
        assert_eq!(refused, Err(Misuse::TooLarge.into()));
        let large = "c".repeat(1 << 20);
        let other = members(&[large.as_str(); 1 << 6]);
        let refused = MemberMatching::new(&members(&["a"; 2]), &other, about).map(|_| ());
        assert_eq!(refused, Err(Misuse::TooLarge.into()));
    }
}
