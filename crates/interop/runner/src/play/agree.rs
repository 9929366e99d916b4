//! What all members of an epoch have to agree on, and what has to have changed.

use copath_interop_grpc as grpc;
use copath_ratchet_tree::{Leaf, RatchetTree};

use super::seat::Effect;
use super::{Player, Step};
use crate::link::{self, Rpc};
use crate::octets::{self, require};

/// What is exported.
const LABEL: &str = "interop runner";
const CONTEXT: &[u8] = b"after each step";
const LENGTH: usize = 32;

impl Player<'_> {
    /// All these actors are in the same epoch: what they told, what they say when asked, what they export. The first
    /// of them shows the group.
    pub(super) fn agree(&mut self, members: &[String], told: &[(String, Vec<u8>)]) -> Step {
        let mut authenticator: Option<(String, Vec<u8>)> = self
            .shadow
            .as_ref()
            .map(|shadow| (shadow_name(&shadow.actor), shadow.epoch_authenticator().to_vec()));
        for (actor, found) in told {
            let holds = require(!found.is_empty(), || "no epoch authenticator is returned".into());
            self.judge(actor, "epoch_authenticator", holds)?;
            self.same("epoch authenticator", actor, found, &mut authenticator)?;
        }
        let mut exported: Option<(String, Vec<u8>)> = self
            .shadow
            .as_ref()
            .and_then(|shadow| Some((shadow_name(&shadow.actor), shadow.export(LABEL, CONTEXT, LENGTH)?)));
        for actor in members {
            let state_id = self.state(actor)?;
            if let Some(auth) = self.peek::<link::StateAuth>(actor, &grpc::StateAuthRequest { state_id })? {
                if auth.state_auth_secret.is_empty() {
                    self.unchecked(actor, "StateAuth returns nothing");
                } else {
                    self.same("StateAuth", actor, &auth.state_auth_secret, &mut authenticator)?;
                }
            }
            let request = grpc::ExportRequest {
                state_id,
                label: LABEL.to_owned(),
                context: CONTEXT.to_vec(),
                key_length: LENGTH as u32,
            };
            if let Some(export) = self.peek::<link::Export>(actor, &request)? {
                if export.exported_secret.is_empty() {
                    self.unchecked(actor, "Export returns nothing");
                } else {
                    self.same("exported secret", actor, &export.exported_secret, &mut exported)?;
                }
            }
        }
        members.first().map_or(Ok(()), |shower| self.look(shower))
    }

    fn same(
        &mut self,
        what: &str,
        actor: &str,
        found: &[u8],
        expected: &mut Option<(String, Vec<u8>)>,
    ) -> Step {
        let Some((other, expected)) = expected else {
            *expected = Some((actor.to_owned(), found.to_vec()));
            return Ok(());
        };
        let (found, expected) = (hex::encode(found), hex::encode(expected));
        let checked =
            require(found == expected, || format!("{what} {found} differs from that of {other}, {expected}"));
        self.judge(actor, "agreement", checked)
    }

    /// Looks at the group through one member: roster, tree, extensions.
    fn look(&mut self, actor: &str) -> Step {
        let request = grpc::GroupInfoRequest { state_id: self.state(actor)?, external_tree: true };
        let Some(shown) = self.peek::<link::GroupInfo>(actor, &request)? else { return Ok(()) };
        let octets = (shown.group_info.as_slice(), shown.ratchet_tree.as_slice());
        let place = crate::octets::For { group_id: &self.group.id, epoch: self.group.epoch };
        let checked = octets::group_info(octets, self.group.suite, None, place);
        let (info, tree) = self.judge(actor, link::GroupInfo::METHOD, checked)?;
        let mut roster: Vec<String> =
            tree.members().map(|leaf| octets::identity_of(&leaf.credential())).collect();
        roster.sort();
        let wanted = self.group.roster.clone();
        let checked =
            require(roster == wanted, || format!("the members are {roster:?} instead of {wanted:?}"));
        self.judge(actor, link::GroupInfo::METHOD, checked)?;
        self.group.tree = Some(tree);
        if self.group.extensions.is_none() {
            self.group.extensions = Some(octets::plain(&info.group_context.extensions));
        }
        self.group.seen = octets::plain(&info.group_context.extensions);
        Ok(())
    }

    /// Paths and Updates have changed keys; a forced path has, too.
    pub(super) fn check_keys(
        &mut self,
        committer: &str,
        before: Option<&RatchetTree>,
        effects: &[Effect],
        path: bool,
    ) -> Step {
        let (Some(before), Some(after)) = (before, self.group.tree.take()) else { return Ok(()) };
        let mut outcome = Ok(());
        if path {
            let checked = require(changed(committer, before, &after), || {
                "the commit has no path, which force_path or its proposals ask for".into()
            });
            outcome = self.judge(committer, link::Commit::METHOD, checked);
        }
        for effect in effects {
            if let Effect::Update(updated) = effect {
                let checked = require(changed(updated, before, &after), || {
                    format!("the Update of \"{updated}\" has no effect")
                });
                outcome = outcome.and(self.judge(committer, link::Commit::METHOD, checked));
            }
        }
        self.group.tree = Some(after);
        outcome
    }

    /// The group's extensions are as proposals have set them, or as they were.
    pub(super) fn check_extensions(&mut self, committer: &str, effects: &[Effect]) -> Step {
        let (Some(mut wanted), Some(_)) = (self.group.extensions.clone(), &self.group.tree) else {
            return Ok(());
        };
        let found = self.group.seen.clone();
        for effect in effects {
            match effect {
                Effect::Extensions(all) => wanted.clone_from(all),
                Effect::Signer(sender) => {
                    let senders = found
                        .iter()
                        .find(|(code, body)| *code == 5 && super::proposals::contains(body, sender));
                    let checked =
                        require(senders.is_some(), || "external_senders lacks the new signer".into());
                    self.judge(committer, link::Commit::METHOD, checked)?;
                    wanted.retain(|(code, _)| *code != 5);
                    wanted.extend(senders.cloned());
                }
                _ => {}
            }
        }
        let mut sorted = (found.clone(), wanted);
        sorted.0.sort();
        sorted.1.sort();
        let checked = require(sorted.0 == sorted.1, || {
            format!("the group's extensions are {:?} instead of {:?}", sorted.0, sorted.1)
        });
        self.group.extensions = Some(found);
        self.judge(committer, link::Commit::METHOD, checked)
    }
}

/// Whether a member's encryption key is another one, or its leaf is new.
fn changed(identity: &str, before: &RatchetTree, after: &RatchetTree) -> bool {
    let is = |leaf: &Leaf<'_>| octets::identity_of(&leaf.credential()) == identity;
    let known = |key: &[u8]| before.members().any(|leaf| leaf.encryption_key() == key);
    after.members().filter(is).any(|leaf| !known(leaf.encryption_key()))
}

fn shadow_name(actor: &str) -> String {
    format!("Copath in the place of {actor}")
}
