//! Reinitialization and branching.

use copath_interop_grpc as grpc;
use copath_messages::{ContentType, KeyPackage, LeafNodeSource};

use super::commit::Sent;
use super::cover::{Asked, commit_covers};
use super::proposals::{plain, wire};
use super::seat::{Effect, Group, Made, Next, Proposed};
use super::{Player, Step, random_octets};
use crate::config::{Branch, Options, ReInit};
use crate::link::{self, Rpc};
use crate::octets::{self, Checked, require};

/// The epoch authenticators that actors were told.
type Told = Vec<(String, Vec<u8>)>;

/// What somebody brings along into a new group.
struct Newcomer {
    actor: String,
    /// A reinit id or a transaction id.
    id: u32,
    message: Vec<u8>,
    key_package: KeyPackage,
}

/// A group that came out of another.
struct Subgroup {
    creator: String,
    method: &'static str,
    made: grpc::CreateSubgroupResponse,
    next: Next,
    options: Options,
}

impl Player<'_> {
    pub(super) fn reinit(&mut self, reinit: &ReInit) -> Step {
        let proposed = self.reinit_proposal(reinit)?;
        let Effect::ReInit(next) = proposed.effect.clone() else {
            let fault =
                super::Fault::Wrong("the external proposal isn't a reinit: the script is wrong".into());
            return Err(self.failure(&reinit.committer, None, fault));
        };
        let (mut newcomers, told) = self.close(reinit, proposed, next.suite)?;
        self.same_authenticators(&told)?;
        self.end_shadow();
        let position = newcomers.iter().position(|newcomer| newcomer.actor == reinit.welcomer);
        let welcomer = newcomers.remove(position.unwrap_or_default());
        let request = grpc::ReInitWelcomeRequest {
            reinit_id: welcomer.id,
            key_package: newcomers.iter().map(|newcomer| newcomer.message.clone()).collect(),
            force_path: reinit.options.force_path,
            external_tree: reinit.options.external_tree,
        };
        let made = self.ask::<link::ReInitWelcome>(&welcomer.actor, &request)?;
        let method = link::ReInitWelcome::METHOD;
        let subgroup = Subgroup { creator: welcomer.actor, method, made, next, options: reinit.options };
        self.check_subgroup_welcome(&subgroup, &newcomers)?;
        let creator = subgroup.creator.clone();
        self.seat_mut(&creator).state = Some(subgroup.made.state_id);
        let mut told = vec![(creator, subgroup.made.epoch_authenticator.clone())];
        for newcomer in &newcomers {
            let request = grpc::HandleReInitWelcomeRequest {
                reinit_id: newcomer.id,
                welcome: subgroup.made.welcome.clone(),
                ratchet_tree: subgroup.tree(),
            };
            let joined = self.ask::<link::HandleReInitWelcome>(&newcomer.actor, &request)?;
            self.seat_mut(&newcomer.actor).state = Some(joined.state_id);
            told.push((newcomer.actor.clone(), joined.epoch_authenticator));
        }
        self.enter(&subgroup, &told)
    }

    fn reinit_proposal(&mut self, reinit: &ReInit) -> Step<Proposed> {
        let Some(proposer) = &reinit.proposer else {
            let proposals: Vec<usize> = reinit.external_reinit_proposal.into_iter().collect();
            let missing = Proposed { message: Vec::new(), effect: Effect::Update(String::new()) };
            return Ok(self.proposals_of(&proposals).pop().unwrap_or(missing));
        };
        let next = self.next_of(&reinit.successor);
        let request = grpc::ReInitProposalRequest {
            state_id: self.state(proposer)?,
            cipher_suite: u32::from(next.suite),
            group_id: next.group_id.clone(),
            extensions: wire(&reinit.successor.extensions),
        };
        self.member_proposes::<link::ReInitProposal>(proposer, Effect::ReInit(next), |_| request)
    }

    /// The ReInit is committed and processed by all; each is ready for the successor.
    fn close(&mut self, reinit: &ReInit, proposed: Proposed, suite: u16) -> Step<(Vec<Newcomer>, Told)> {
        let committer = &reinit.committer;
        self.end_shadow_of(committer);
        let proposals = vec![proposed.message.clone()];
        let request = grpc::CommitRequest {
            state_id: self.state(committer)?,
            by_reference: proposals.clone(),
            by_value: Vec::new(),
            force_path: false,
            external_tree: false,
        };
        let made = self.ask::<link::ReInitCommit>(committer, &request)?;
        let checked = self.check_reinit_commit(&made, proposed);
        self.judge(committer, link::ReInitCommit::METHOD, checked)?;
        let method = link::ReInitCommit::METHOD;
        let sent = Sent { committer, method, commit: made.commit, proposals };
        let pending = grpc::HandlePendingCommitRequest { state_id: self.state(committer)? };
        let own = self.ask::<link::HandlePendingReInitCommit>(committer, &pending)?;
        let mut answers = vec![(committer.clone(), link::HandlePendingReInitCommit::METHOD, own)];
        for other in others(reinit) {
            let request = grpc::HandleCommitRequest {
                state_id: self.state(&other)?,
                proposal: sent.proposals.clone(),
                commit: sent.commit.clone(),
            };
            let answer = self.ask::<link::HandleReInitCommit>(&other, &request)?;
            answers.push((other, link::HandleReInitCommit::METHOD, answer));
        }
        self.follow(&sent, None)?;
        self.group.epoch += 1;
        let (mut newcomers, mut told) = (Vec::new(), Vec::new());
        for (actor, method, answer) in answers {
            let parsed = octets::key_package(&answer.key_package, suite, &actor);
            let key_package = self.judge(&actor, method, parsed)?;
            told.push((actor.clone(), answer.epoch_authenticator));
            newcomers.push(Newcomer {
                actor,
                id: answer.reinit_id,
                message: answer.key_package,
                key_package,
            });
        }
        Ok((newcomers, told))
    }

    fn check_reinit_commit(&self, made: &grpc::CommitResponse, proposed: Proposed) -> Checked {
        require(made.welcome.is_empty(), || "there is a Welcome, but nobody joins".into())?;
        let framing = self.game.handshake.framing();
        let public = octets::handshake(&made.commit, framing, ContentType::Commit, self.place())?;
        let Some(public) = public else { return Ok(()) };
        let asked = Asked { by_reference: &[proposed], by_value: &[] };
        commit_covers(octets::commit_of(&public)?, &asked, &self.group)
    }

    pub(super) fn branch(&mut self, branch: &Branch) -> Step {
        let mut newcomers = Vec::new();
        for actor in &branch.members {
            let Made::KeyPackage { message, .. } = self.create_key_package(actor, self.group.suite)? else {
                continue;
            };
            let parsed = octets::key_package(&message, self.group.suite, actor);
            let key_package = self.judge(actor, link::CreateKeyPackage::METHOD, parsed)?;
            let id = self.seat(actor).transaction.unwrap_or_default();
            newcomers.push(Newcomer { actor: actor.clone(), id, message, key_package });
        }
        let group_id = random_octets(&mut self.random);
        let next = Next { group_id, suite: self.group.suite, extensions: plain(&branch.extensions) };
        let request = grpc::CreateBranchRequest {
            state_id: self.state(&branch.actor)?,
            group_id: next.group_id.clone(),
            extensions: wire(&branch.extensions),
            key_packages: newcomers.iter().map(|newcomer| newcomer.message.clone()).collect(),
            force_path: branch.options.force_path,
            external_tree: branch.options.external_tree,
        };
        let made = self.ask::<link::CreateBranch>(&branch.actor, &request)?;
        let (creator, method) = (branch.actor.clone(), link::CreateBranch::METHOD);
        let subgroup = Subgroup { creator, method, made, next, options: branch.options };
        self.check_subgroup_welcome(&subgroup, &newcomers)?;
        self.seat_mut(&branch.actor).branch = Some(subgroup.made.state_id);
        let mut told = vec![(branch.actor.clone(), subgroup.made.epoch_authenticator.clone())];
        for newcomer in &newcomers {
            let request = grpc::HandleBranchRequest {
                state_id: self.state(&newcomer.actor)?,
                transaction_id: newcomer.id,
                welcome: subgroup.made.welcome.clone(),
                ratchet_tree: subgroup.tree(),
            };
            let joined = self.ask::<link::HandleBranch>(&newcomer.actor, &request)?;
            self.seat_mut(&newcomer.actor).branch = Some(joined.state_id);
            told.push((newcomer.actor.clone(), joined.epoch_authenticator));
        }
        self.visit(&subgroup, &told)
    }

    /// Looks around in a branch, then returns to the group, which goes on.
    fn visit(&mut self, subgroup: &Subgroup, told: &[(String, Vec<u8>)]) -> Step {
        let parent = std::mem::replace(&mut self.group, Group::new(0, Vec::new()));
        let shadow = self.shadow.take();
        self.swap_states(told);
        let visited = self.enter(subgroup, told).and_then(|()| self.talk());
        self.swap_states(told);
        self.group = parent;
        self.shadow = shadow;
        visited
    }

    fn swap_states(&mut self, told: &[(String, Vec<u8>)]) {
        for (actor, _) in told {
            let seat = self.seat_mut(actor);
            std::mem::swap(&mut seat.state, &mut seat.branch);
        }
    }

    fn same_authenticators(&mut self, told: &[(String, Vec<u8>)]) -> Step {
        self.agree(&[], told)
    }

    fn check_subgroup_welcome(&mut self, subgroup: &Subgroup, newcomers: &[Newcomer]) -> Step {
        let packages: Vec<_> = newcomers.iter().map(|newcomer| newcomer.key_package.clone()).collect();
        let suite = subgroup.next.suite;
        let mut checked = octets::welcome(&subgroup.made.welcome, suite, &packages).map(drop);
        if subgroup.options.external_tree {
            checked = checked.and(octets::ratchet_tree(&subgroup.made.ratchet_tree, suite).map(drop));
        }
        self.judge(&subgroup.creator, subgroup.method, checked)
    }

    /// The new group becomes the group that is played in; it has to be as it was asked for.
    fn enter(&mut self, subgroup: &Subgroup, told: &[(String, Vec<u8>)]) -> Step {
        let actors: Vec<String> = told.iter().map(|(actor, _)| actor.clone()).collect();
        let mut group = Group::new(subgroup.next.suite, subgroup.next.group_id.clone());
        group.epoch = 1;
        group.roster.clone_from(&actors);
        group.roster.sort();
        group.present = actors.iter().cloned().collect();
        group.extensions = Some(subgroup.next.extensions.clone());
        self.group = group;
        self.agree(&actors, told)?;
        if subgroup.options.force_path {
            let checked = self.made_by_commit(&subgroup.creator);
            self.judge(&subgroup.creator, subgroup.method, checked)?;
        }
        self.check_extensions(&subgroup.creator, &[])
    }

    /// The creator's leaf comes from a commit with a path.
    fn made_by_commit(&self, creator: &str) -> Checked {
        let Some(tree) = &self.group.tree else { return Ok(()) };
        let leaf = tree.members().find(|leaf| octets::identity_of(&leaf.credential()) == creator);
        let source = leaf.and_then(|leaf| leaf.to_leaf_node().ok()).map(|leaf| leaf.leaf_node_source.clone());
        require(matches!(source, Some(LeafNodeSource::Commit(_))), || {
            "the commit that the Welcome is from has no path, against force_path".into()
        })
    }
}

impl Subgroup {
    fn tree(&self) -> Vec<u8> {
        if self.options.external_tree { self.made.ratchet_tree.clone() } else { Vec::new() }
    }
}

/// Everybody but the committer, once each.
fn others(reinit: &ReInit) -> Vec<String> {
    let named = reinit.proposer.iter().chain([&reinit.welcomer]).chain(&reinit.members);
    let mut others: Vec<String> = Vec::new();
    for actor in named {
        if *actor != reinit.committer && !others.contains(actor) {
            others.push(actor.clone());
        }
    }
    others
}
