//! Commits of one's own: made, sent, accepted or refused, dropped.

use std::sync::Arc;

use copath_crypto::Signer;
use copath_group::{CommitDraft, CommitOptions, LeafChange, PathChoice};
use copath_messages::{ApplicationId, Extension, Extensions, Proposal};

use super::carry::Crash;
use super::client::{COMMON, Standing};
use super::clock::lifetime_of;
use super::fault::{Fault, FaultKind, ensure};
use super::network::{Accepted, CommitFacts, InFlight};
use super::propose::{Kind, Travel};
use super::registered::needs_no_path;
use super::summary::Event;
use super::world::{World, encoded, refused};
use crate::Random;

impl World {
    pub(super) fn commit(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let committer = &mut self.clients[client];
        if !committer.is_member() || committer.is_closed() || committer.group().has_pending_commit() {
            return Ok(());
        }
        if random.chance(50) && committer.connected {
            self.fetch_proposals(client)?;
        }
        let committer = &mut self.clients[client];
        committer.sign_as_member();
        let next = if random.chance(15) { Some(committer.new_signer()) } else { None };
        let options = self.options(client, random)?;
        let own = options.proposals.len();
        let changes_leaf =
            next.is_some() || options.leaf.extensions.is_some() || options.path == PathChoice::Always;
        let draft = self.draft(client, options, random)?;
        let facts = CommitFacts {
            by: client,
            made_at: self.moment,
            has_path: changes_leaf || needs_path(&draft),
            updates: self.updates_of(&draft),
            proposals: draft.proposals().map(Proposal::proposal_type).collect(),
            lifetimes: draft.proposals().filter_map(lifetime_of).collect(),
            reinit: draft.proposals().find_map(|proposal| match proposal {
                Proposal::ReInit(reinit) => Some(reinit.clone()),
                _ => None,
            }),
        };
        self.count_commit(&draft, &facts, own, next.is_some());
        self.finish_commit(draft, facts, next)
    }

    /// A draft, for which the client gets all PSKs, or which leaves out what others propose with those it lacks.
    fn draft(
        &mut self,
        client: usize,
        options: CommitOptions,
        random: &mut Random,
    ) -> Result<CommitDraft, Fault> {
        let committer = &mut self.clients[client];
        let mut draft = match committer.group().draft_commit(options, committer.member.now) {
            Ok(draft) => draft,
            Err(error) => return refused(committer, "drafts a commit", &error),
        };
        let answers = committer.member.answer(&draft.needs().clone());
        let missing = draft.unanswered(&answers);
        if missing.is_empty() || random.chance(50) {
            return Ok(draft);
        }
        self.summary.note(Event::CommitWithoutPsk);
        let without = draft.into_options().without(missing);
        draft = match committer.group().draft_commit(without, committer.member.now) {
            Ok(draft) => draft,
            Err(error) => return refused(committer, "leaves proposals out", &error),
        };
        let answers = committer.member.answer(&draft.needs().clone());
        let kept = draft.unanswered(&answers);
        ensure(kept.is_empty(), FaultKind::Accepted, || "a proposal left out is committed".to_owned())?;
        Ok(draft)
    }

    fn finish_commit(
        &mut self,
        draft: CommitDraft,
        facts: CommitFacts,
        next: Option<Arc<dyn Signer>>,
    ) -> Result<(), Fault> {
        let committer = &mut self.clients[facts.by];
        committer.member.psks.clone_from(&self.psks);
        let answers = committer.member.answer(&draft.needs().clone());
        let member = &committer.member;
        let signer = Arc::clone(&member.signer);
        let next = next.unwrap_or_else(|| Arc::clone(&signer));
        let epoch = member.group().epoch();
        let prepared = match draft.finish_with_new_signer(member.group(), &*signer, &*next, answers) {
            Ok(prepared) => prepared,
            Err(error) => return refused(committer, "commits", &error),
        };
        let bytes = match committer.send(prepared) {
            Ok(message) => encoded(&message),
            // After the crash the commit is still pending, and sent.
            Err(Crash::Done) => {
                self.summary.note(Event::CommitRecovered);
                committer.group().pending_commit_message().unwrap().to_vec()
            }
            Err(Crash::Undone) => return Ok(()),
        };
        self.network.in_flight.push(InFlight { epoch, bytes, facts, join: None });
        Ok(())
    }

    fn options(&mut self, client: usize, random: &mut Random) -> Result<CommitOptions, Fault> {
        // What others never got can't be committed by reference.
        let unsent: Vec<Vec<u8>> = self.clients[client].unsent.iter().cloned().collect();
        let mut options = CommitOptions::new().without(unsent);
        if random.chance(4) {
            return Ok(options.propose(self.reinit(client, random)));
        }
        let mut kinds = vec![
            Kind::Add,
            Kind::Add,
            Kind::Remove,
            Kind::ExternalPsk,
            Kind::ResumptionPsk,
            Kind::Extensions,
            Kind::Custom,
        ];
        for _ in 0..random.below(3) {
            let kind = random.take(&mut kinds).unwrap();
            kinds.retain(|other| *other != kind);
            // A change of the extensions could be one that the client to be added doesn't support.
            match kind {
                Kind::Add => kinds.retain(|other| *other != Kind::Extensions),
                Kind::Extensions => kinds.retain(|other| *other != Kind::Add),
                _ => {}
            }
            if let Some(proposal) = self.proposal(client, kind, Travel::ByValue, random)? {
                options = options.propose(proposal);
            }
        }
        self.clients[client].sign_as_member();
        if random.chance(50) {
            options = options.path(PathChoice::WhenNeeded);
        }
        if random.chance(15) {
            let id = ApplicationId { application_id: random.number().to_be_bytes().as_slice().into() };
            let mut change = LeafChange::default();
            let unknown = Extension { extension_type: COMMON, extension_data: b"of the leaf".into() };
            change.extensions = Some(Extensions(vec![Extension::of(&id).unwrap(), unknown]));
            options = options.leaf(change);
        }
        if random.chance(20) {
            options = options.authenticated_data(b"authenticated".to_vec());
        }
        Ok(options)
    }

    fn updates_of(&self, draft: &CommitDraft) -> Vec<(usize, u64)> {
        let keys = draft.proposals().filter_map(|proposal| match proposal {
            Proposal::Update(update) => self.updates.get(update.leaf_node.encryption_key.as_slice()),
            _ => None,
        });
        keys.copied().collect()
    }

    fn count_commit(&mut self, draft: &CommitDraft, facts: &CommitFacts, own: usize, rotates: bool) {
        let summary = &mut self.summary;
        summary.note(if facts.has_path { Event::CommitWithPath } else { Event::CommitWithoutPath });
        if rotates {
            summary.note(Event::CommitWithRotation);
        }
        if own > 0 {
            summary.note(Event::CommitByValue);
        }
        if draft.proposals().count() > own {
            summary.note(Event::CommitByReference);
        }
    }

    pub(super) fn race(&mut self, random: &mut Random) -> Result<(), Fault> {
        let mut racers = self.up_to_date(usize::MAX);
        for _ in 0..3 {
            if let Some(racer) = random.take(&mut racers) {
                self.commit(racer, random)?;
            }
        }
        Ok(())
    }

    /// The delivery service takes the first commit of an epoch and refuses the others.
    pub(super) fn submit(&mut self, random: &mut Random) -> Result<(), Fault> {
        let Some(commit) = random.take(&mut self.network.in_flight) else { return Ok(()) };
        let by = commit.facts.by;
        if !self.clients[by].connected {
            self.network.in_flight.push(commit);
            return Ok(());
        }
        let own = self.clients[by].member.has_group()
            && self.clients[by].group().pending_commit_message() == Some(&*commit.bytes);
        if commit.epoch != self.network.epoch() {
            self.summary.note(Event::CommitRefused);
            if own && random.chance(50) {
                self.give_up(by)?;
            }
            return if random.chance(25) { self.fork(&commit, random) } else { Ok(()) };
        }
        self.summary.note(Event::CommitAccepted);
        for proposal_type in &commit.facts.proposals {
            self.summary.note(Event::committed(*proposal_type));
        }
        self.network.log.push(Accepted { bytes: commit.bytes, facts: commit.facts });
        match commit.join {
            Some(group) => self.joined_externally(by, *group, random),
            None if own && random.chance(50) => self.accept(by, random),
            None => Ok(()),
        }
    }

    /// Drops a pending commit: withdrawn in time, or rarely too late, which leaves the client behind.
    pub(super) fn drop_commit(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let committer = &self.clients[client];
        if !committer.is_member() || !committer.group().has_pending_commit() {
            return Ok(());
        }
        let message = committer.group().pending_commit_message().map(<[u8]>::to_vec).unwrap();
        let waiting = self.network.in_flight.iter().position(|commit| commit.bytes == message);
        match waiting {
            Some(at) if random.chance(80) => {
                self.network.in_flight.swap_remove(at);
            }
            _ if self.up_to_date(client).is_empty() => return Ok(()),
            _ => {}
        }
        self.give_up(client)
    }

    fn give_up(&mut self, client: usize) -> Result<(), Fault> {
        let committer = &mut self.clients[client];
        let prepared = committer.group().drop_pending_commit();
        match prepared {
            Ok(prepared) => match committer.carry_out(prepared) {
                Ok(()) | Err(Crash::Done) => {}
                // After the crash it is dropped once more.
                Err(Crash::Undone) => return self.give_up(client),
            },
            Err(error) => return refused(committer, "drops its commit", &error),
        }
        self.summary.note(Event::CommitDropped);
        Ok(())
    }

    /// Enters the epoch of the pending commit, and sends the Welcomes.
    pub(super) fn accept(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let committer = &mut self.clients[client];
        let left = committer.epoch();
        let prepared = committer.group().accept_pending_commit();
        match prepared {
            Ok(prepared) => match committer.carry_out(prepared) {
                Ok(_) | Err(Crash::Done) => {}
                Err(Crash::Undone) => return self.accept(client, random),
            },
            Err(error) => return refused(committer, "accepts its commit", &error),
        }
        committer.standing = Standing::Member;
        committer.sign_as_member();
        if random.chance(20) {
            committer.member.reload();
        }
        self.entered(client, left)?;
        if self.clients[client].group().has_welcome() { self.welcome(client, random) } else { Ok(()) }
    }
}

/// RFC 9420 §12.4: what asks for a path.
fn needs_path(draft: &CommitDraft) -> bool {
    draft.proposals().count() == 0 || !draft.proposals().all(needs_no_path)
}
