//! Clients of one library before they are in a group, who join it one by one.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::arena::Arena;
use crate::clock::time;
use crate::error::{BenchError, Outcome};
use crate::forge::{Forge, Invitation};
use crate::libraries::{CopathMember, new_partner};
use crate::member::{Change, Member, Tree};
use crate::operation::{Operation, Place};
use crate::recorder::Recorder;

/// Those who wait, and the last who joined.
pub struct Lobby {
    /// Where its figures belong.
    pub place: Place,
    waiting: VecDeque<(Box<dyn Member>, Rc<Invitation>)>,
    /// One for each who waits, or one for all.
    partners: VecDeque<CopathMember>,
    joined: Option<(Box<dyn Member>, CopathMember)>,
}

/// Makes a client of the measured library.
pub type Make<'a> = &'a mut dyn FnMut(&str) -> Outcome<Box<dyn Member>>;

/// A join that took longer isn't repeated.
const LONG: Duration = Duration::from_secs(2);

impl Lobby {
    /// `joins` clients are invited to a forged group of `place.size` members.
    ///
    /// # Errors
    /// A library refuses.
    pub fn of_forged(place: Place, forge: &Forge, joins: usize, make: Make<'_>) -> Outcome<Self> {
        let mut partner = new_partner("partner")?;
        let mut key_packages = vec![partner.key_package()?];
        let mut members = Vec::new();
        for number in 0..joins {
            let mut member = make(&format!("joiner {number}"))?;
            key_packages.push(member.key_package()?);
            members.push(member);
        }
        let invitation = Rc::new(forge.invite(&key_packages)?);
        partner.join(&invitation.welcome, Some(&invitation.tree))?;
        let waiting = members.into_iter().map(|member| (member, Rc::clone(&invitation))).collect();
        Ok(Self { place, waiting, partners: [partner].into(), joined: None })
    }

    /// `joins` clients are invited to groups of two, each by a partner who made one.
    ///
    /// # Errors
    /// A library refuses.
    pub fn of_pairs(place: Place, joins: usize, make: Make<'_>) -> Outcome<Self> {
        let (mut waiting, mut partners) = (VecDeque::new(), VecDeque::new());
        for number in 0..joins {
            let mut partner = new_partner("partner")?;
            let mut member = make(&format!("joiner {number}"))?;
            partner.create()?;
            partner.commit(&Change::Add(vec![member.key_package()?]), Tree::Outside)?;
            let welcome = partner.apply()?.welcome.unwrap_or_default();
            let invitation = Rc::new(Invitation { welcome, tree: partner.tree()? });
            waiting.push_back((member, invitation));
            partners.push_back(partner);
        }
        Ok(Self { place, waiting, partners, joined: None })
    }

    /// The next one joins, and is measured; nobody does if the last one took long.
    ///
    /// # Errors
    /// The library refuses.
    pub fn join_next(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        let Some((mut member, invitation)) = self.waiting.pop_front() else { return Ok(()) };
        let step = || member.join(&invitation.welcome, Some(&invitation.tree));
        let (joined, took) = time(|| recorder.measure(Operation::Join, self.place, step));
        joined?;
        if took > LONG {
            self.waiting.clear();
        }
        let before = self.joined.take().map(|(_, partner)| partner);
        let partner = self.partners.pop_front().or(before).ok_or(BenchError::NoJoin)?;
        self.joined = Some((member, partner));
        Ok(())
    }

    /// The last who joined and its partner, ready for rounds.
    ///
    /// # Errors
    /// Nobody joined, or a library refuses.
    pub fn open(self) -> Outcome<Arena> {
        let (member, partner) = self.joined.ok_or(BenchError::NoJoin)?;
        Arena::settled(self.place, member, partner)
    }
}

impl std::fmt::Debug for Lobby {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lobby").field("place", &self.place).finish_non_exhaustive()
    }
}
