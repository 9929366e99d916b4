//! What the observer is given, and what it has to make of that.

use std::sync::Arc;

use copath_credentials::Timestamp;
use copath_crypto::CryptoProvider;
use copath_group::{
    Answers, ExternalJoins, GroupError, GroupSettings, Misuse, ObserverStart, TreeTransfer, Unchecked,
};
use copath_messages::{MlsMessage, MlsMessageBody};
use copath_records::{MemoryStore, Store};

use super::fault::{Fault, FaultKind, ensure, ensure_same, fault};
use super::observer::{Followed, Observer, accepting};
use super::registered::registered;
use super::summary::Event;
use super::view::PublicView;
use super::world::{World, decoded, encoded, refused};
use crate::Random;

impl World {
    /// The observer begins, or does what is next: a proposal, a commit, a look at application data.
    pub(super) fn observe(&mut self, random: &mut Random) -> Result<(), Fault> {
        let Some(mut observer) = self.observer.take() else { return self.begin_to_observe(random) };
        if random.chance(30) {
            observer.reload(&self.provider());
            self.summary.note(Event::ObserverReloaded);
        }
        let follows = self.observe_next(&mut observer, random)?;
        if follows {
            self.check_observed(&observer)?;
            self.observer = Some(observer);
        } else {
            self.summary.note(Event::ObserverLost);
        }
        Ok(())
    }

    fn begin_to_observe(&mut self, random: &mut Random) -> Result<(), Fault> {
        let open = |number: &usize| !self.clients[*number].is_closed();
        let sources: Vec<usize> = self.up_to_date(usize::MAX).into_iter().filter(open).collect();
        let Some(source) = random.pick(&sources) else { return Ok(()) };
        let member = &mut self.clients[source];
        member.sign_as_member();
        let signer = &*member.member.signer;
        let info = match member.group().group_info(TreeTransfer::Outside, ExternalJoins::Impossible, signer) {
            Ok(info) => info,
            Err(error) => return refused(member, "makes a GroupInfo", &error),
        };
        let mut answers = Answers::none();
        answers.ratchet_tree = Some(member.group().export_ratchet_tree().unwrap());
        let registrations = Arc::clone(registered());
        let mut settings = GroupSettings { registrations, ..GroupSettings::default() };
        self.rules.apply_to(&mut settings.policy);
        let begun = ObserverStart::new(&self.provider(), &settings, info, self.time())
            .and_then(|start| start.verify(answers))
            .and_then(|check| {
                let answers = accepting(check.needs().credentials.len());
                check.finish(answers)
            });
        let group = match begun {
            Ok(group) => group,
            Err(error) => {
                return fault(
                    FaultKind::Refused,
                    format!("an observer begins: expected success, found {error:?}"),
                );
            }
        };
        let store = MemoryStore::new();
        store.commit(&group.all_records().unwrap()).unwrap();
        let observer = Observer { group, store, settings, seen: Vec::new() };
        self.summary.note(Event::ObserverStarted);
        self.check_observed(&observer)?;
        self.observer = Some(observer);
        Ok(())
    }

    /// Whether the observer can still follow after the next message.
    fn observe_next(&mut self, observer: &mut Observer, random: &mut Random) -> Result<bool, Fault> {
        let epoch = observer.epoch();
        let waiting: Vec<usize> = self
            .network
            .proposals_of(epoch)
            .into_iter()
            .filter(|number| !observer.seen.contains(number))
            .collect();
        let commit = self.network.commit(epoch).map(|commit| decoded(&commit.bytes));
        match (random.pick(&waiting), commit) {
            (Some(number), commit) if commit.is_none() || random.chance(50) => {
                self.observe_proposal(observer, number)
            }
            (_, Some(commit)) => {
                for number in waiting {
                    if !self.observe_proposal(observer, number)? {
                        return Ok(false);
                    }
                }
                if random.chance(35) {
                    self.deceive(observer, &commit, random)?;
                }
                self.observe_commit(observer, &commit)
            }
            _ => self.observe_data(observer, random),
        }
    }

    fn observe_proposal(&mut self, observer: &mut Observer, number: usize) -> Result<bool, Fault> {
        let sent = &self.network.proposals[number];
        let message = decoded(&sent.bytes);
        let requests = !self.rules.takes_requests();
        let refusable = sent.lifetime.is_some() || requests;
        observer.seen.push(number);
        let observed = observer.follow(&message, self.time());
        if is_private(&message) {
            return self.cannot_follow(&observed, sent.epoch).map(|()| true);
        }
        match observed {
            Ok(Followed::Queued) => {
                self.summary.note(Event::ObserverQueued);
                Ok(true)
            }
            Ok(Followed::Known) => Ok(true),
            Err(GroupError::Misuse(Misuse::Policy(_))) if requests => Ok(true),
            Err(error) if refusable && error.rule() == Some(copath_rules::rule!("7.3-10")) => Ok(true),
            other => fault(
                FaultKind::Refused,
                format!("the observer gets proposal {number}: expected it queued, found {other:?}"),
            ),
        }
    }

    /// That an encrypted handshake is refused with the epoch from which the observer can't follow.
    fn cannot_follow(&mut self, observed: &Result<Followed, GroupError>, epoch: u64) -> Result<(), Fault> {
        self.summary.note(Event::ObserverCannotFollow);
        ensure(*observed == Err(GroupError::CannotFollow { epoch }), FaultKind::WrongReason, || {
            format!(
                "the observer gets an encrypted handshake: expected that it can't follow from {epoch}, found {observed:?}"
            )
        })
    }

    fn observe_commit(&mut self, observer: &mut Observer, commit: &MlsMessage) -> Result<bool, Fault> {
        let epoch = observer.epoch();
        let observed = observer.follow(commit, self.time());
        if is_private(commit) {
            return self.cannot_follow(&observed, epoch).map(|()| false);
        }
        match observed {
            Ok(Followed::Entered(unchecked)) => {
                self.summary.note(Event::ObserverFollowed);
                let entered =
                    observer.epoch() == epoch + 1 && unchecked.contains(&Unchecked::ConfirmationTag);
                let closed = self.network.commit(epoch).is_some_and(|commit| commit.facts.reinit.is_some());
                ensure(
                    entered && observer.group.is_reinitialized() == closed,
                    FaultKind::Disagreement,
                    || {
                        format!(
                            "the observer leaves epoch {epoch} for {}, closed: {closed}",
                            observer.epoch()
                        )
                    },
                )?;
                Ok(true)
            }
            // It names a proposal that was encrypted, or that came too late for the observer.
            Err(_) if self.may_lack_a_proposal(epoch) => Ok(false),
            other => fault(
                FaultKind::Refused,
                format!(
                    "the observer gets the commit that ends epoch {epoch}: expected to follow, found {other:?}"
                ),
            ),
        }
    }

    fn may_lack_a_proposal(&self, epoch: u64) -> bool {
        let lifetimes = self.network.commit(epoch).is_some_and(|commit| !commit.facts.lifetimes.is_empty());
        let late = self.rules.received_adds == copath_ratchet_tree::OldLeaves::Refused && lifetimes;
        let sent = self.network.proposals_of(epoch);
        late || sent.iter().any(|number| is_private(&decoded(&self.network.proposals[*number].bytes)))
    }

    /// The commit as somebody on the way has altered it: an observer can't tell, members can; it goes back then.
    fn deceive(
        &mut self,
        observer: &mut Observer,
        commit: &MlsMessage,
        random: &mut Random,
    ) -> Result<(), Fault> {
        let Some(forged) = with_wrong_tag(commit, random) else { return Ok(()) };
        let epoch = observer.epoch();
        if !matches!(observer.follow(&forged, self.time()), Ok(Followed::Entered(_))) {
            return Ok(());
        }
        if let Some(victim) = self.judge_of(&forged, epoch) {
            let received = self.receive(victim, &encoded(&forged))?;
            ensure(received.is_err(), FaultKind::Accepted, || {
                format!(
                    "client {victim} gets a commit with a wrong tag: expected a refusal, found {received:?}"
                )
            })?;
        }
        if random.chance(50) {
            observer.reload(&self.provider());
        }
        let back = observer.go_back();
        let again = observer.go_back();
        ensure(
            back.is_ok() && observer.epoch() == epoch && again == Err(Misuse::NoPreviousEpoch.into()),
            FaultKind::Refused,
            || format!("the observer goes back to {epoch}: expected that once, found {back:?} and {again:?}"),
        )?;
        self.summary.note(Event::ObserverWentBack);
        self.check_observed(observer)?;
        for number in self.network.proposals_of(epoch) {
            self.observe_proposal(observer, number)?;
        }
        Ok(())
    }

    /// A member that can tell whether the tags of `commit`, which ends `epoch`, are right.
    fn judge_of(&self, commit: &MlsMessage, epoch: u64) -> Option<usize> {
        let MlsMessageBody::PublicMessage(message) = &commit.body else { return None };
        // Whom an external commit removes has no tag to compare: who replaces its old leaf, or wanted to leave.
        if message.membership_tag.is_none() && !self.leaving(epoch).is_empty() {
            return None;
        }
        let by = self.network.commit(epoch).map(|commit| commit.facts.by);
        (0..self.clients.len()).find(|number| {
            let client = &self.clients[*number];
            client.is_member() && client.epoch() == epoch && !client.is_closed() && by != Some(*number)
        })
    }

    /// Application data doesn't concern an observer, and a damaged message changes nothing.
    fn observe_data(&mut self, observer: &mut Observer, random: &mut Random) -> Result<bool, Fault> {
        if let Some(number) = (!self.network.data.is_empty()).then(|| random.below(self.network.data.len())) {
            let observed = observer.follow(&decoded(&self.network.data[number].bytes), self.time());
            ensure(observed == Ok(Followed::Application), FaultKind::Refused, || {
                format!("the observer gets application data: expected to ignore it, found {observed:?}")
            })?;
        }
        let before = observer.records();
        let stale = self.network.commits().filter(|(epoch, _)| *epoch < observer.epoch()).last();
        if let Some((_, stale)) = stale {
            let observed = observer.follow(&decoded(&stale.bytes), self.time());
            ensure(observed.is_err() && before == observer.records(), FaultKind::Accepted, || {
                format!("the observer gets a stale commit: expected a refusal, found {observed:?}")
            })?;
        }
        self.summary.note(Event::ObserverIdle);
        Ok(true)
    }

    /// That the observer sees its epoch as the members do.
    fn check_observed(&mut self, observer: &Observer) -> Result<(), Fault> {
        let seen = PublicView::of(observer.group.public_state());
        let epoch = observer.epoch();
        if let Some(known) = self.epochs.get(&epoch) {
            ensure_same(seen.difference(&known.public), FaultKind::Disagreement, || {
                format!("the observer in epoch {epoch}")
            })?;
        }
        self.observed.insert(epoch, seen);
        Ok(())
    }

    /// The tree beside a Welcome or GroupInfo of `epoch`: the observer's if it is there.
    pub(super) fn tree_for_joiners(
        &mut self,
        epoch: u64,
        tree: Vec<u8>,
        random: &mut Random,
    ) -> Result<Vec<u8>, Fault> {
        let Some(observer) = self.observer.as_ref().filter(|observer| observer.epoch() == epoch) else {
            return Ok(tree);
        };
        let observed = observer.group.export_ratchet_tree().unwrap();
        ensure(observed == tree, FaultKind::Disagreement, || {
            format!("the observer's tree of epoch {epoch} isn't the members'")
        })?;
        self.summary.note(Event::TreeFromObserver);
        Ok(if random.chance(50) { observed } else { tree })
    }

    fn provider(&self) -> Arc<dyn CryptoProvider> {
        Arc::clone(self.clients[0].member.suite.provider())
    }

    fn time(&self) -> Timestamp {
        self.clients[0].member.now
    }
}

/// A plaintext commit with one of its tags altered.
fn with_wrong_tag(commit: &MlsMessage, random: &mut Random) -> Option<MlsMessage> {
    let mut forged = commit.clone();
    let MlsMessageBody::PublicMessage(message) = &mut forged.body else { return None };
    let tag = match &mut message.membership_tag {
        Some(tag) if random.chance(50) => tag,
        _ => message.auth.confirmation_tag.as_mut()?,
    };
    let mut octets = tag.to_vec();
    octets[0] ^= 1;
    *tag = octets.into();
    Some(forged)
}

fn is_private(message: &MlsMessage) -> bool {
    matches!(message.body, MlsMessageBody::PrivateMessage(_))
}
