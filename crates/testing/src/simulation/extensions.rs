//! Extensions of the group context: known and unknown ones, and some that not everybody supports.

use copath_group::{CommitOptions, Group};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalSender, ExternalSenders, GroupContextExtensions, GroupId,
    Proposal, ProtocolVersion, ReInit, RequiredCapabilities,
};

use super::client::{COMMON, RARE};
use super::fault::{Fault, FaultKind, ensure};
use super::summary::Event;
use super::world::World;
use crate::Random;

impl World {
    /// Extensions for the group of `client`, or for the one that it founds.
    pub(super) fn context_extensions(&self, client: usize, random: &mut Random) -> Extensions {
        let mut extensions = Extensions::new();
        let rare = random.chance(30);
        if random.chance(40) {
            let mut required = RequiredCapabilities::default();
            if random.chance(50) {
                required.extension_types.push(if rare && self.supports(client, RARE) {
                    RARE
                } else {
                    COMMON
                });
            }
            extensions.0.push(Extension::of(&required).unwrap());
        }
        let mut servers = self.rules.servers.clone();
        let mut senders = Vec::new();
        for _ in 0..random.below(servers.len() + 1) {
            let server = random.take(&mut servers).unwrap();
            let signature_key = server.signer.public_key().into();
            senders.push(ExternalSender { signature_key, credential: server.credential });
        }
        if !senders.is_empty() {
            extensions.0.push(Extension::of(&ExternalSenders(senders)).unwrap());
        }
        if random.chance(40) {
            let extension_type = if rare { RARE } else { COMMON };
            let extension_data = random.number().to_be_bytes().as_slice().into();
            if !self.is_founding(client) || self.supports(client, extension_type) {
                extensions.0.push(Extension { extension_type, extension_data });
            }
        }
        extensions
    }

    fn is_founding(&self, client: usize) -> bool {
        !self.clients[client].member.has_group()
    }

    /// Whether `client` supports the type.
    pub(super) fn supports(&self, client: usize, extension_type: ExtensionType) -> bool {
        self.clients[client].member.leaf.capabilities.extensions.contains(&extension_type)
    }

    /// Whether `client` could be in a group with these extensions.
    pub(super) fn fits(&self, client: usize, extensions: &Extensions) -> bool {
        !demands_rare(extensions) || self.supports(client, RARE)
    }

    /// Whether all members that `client` sees could be.
    fn all_fit(&self, client: usize, extensions: &Extensions) -> bool {
        !demands_rare(extensions) || self.roster(client).iter().all(|member| self.supports(*member, RARE))
    }

    /// The clients that are members, as `client` sees it.
    pub(super) fn roster(&self, client: usize) -> Vec<usize> {
        members_of(self.clients[client].group(), self)
    }

    /// A change of the extensions that everybody supports, or, to be proposed only, one that not everybody does.
    pub(super) fn extensions_change(
        &mut self,
        client: usize,
        by_value: bool,
        random: &mut Random,
    ) -> Result<Option<Proposal>, Fault> {
        let extensions = self.context_extensions(client, random);
        let unsupported = !self.all_fit(client, &extensions);
        let change = Proposal::GroupContextExtensions(GroupContextExtensions { extensions });
        if !by_value || !unsupported {
            return Ok(Some(change));
        }
        let sender = &self.clients[client];
        if sender.group().pending_proposals().count() > 0 {
            return Ok(None);
        }
        let options = CommitOptions::new().propose(change);
        let drafted = sender.group().draft_commit(options, sender.member.now).map(drop);
        let rules = [copath_rules::rule!("12.1.7-01"), copath_rules::rule!("12.1.7-03")];
        let refused =
            matches!(&drafted, Err(error) if error.rule().is_some_and(|rule| rules.contains(&rule)));
        ensure(refused, FaultKind::Accepted, || {
            format!(
                "client {client} wants an extension that not all support: expected rule 12.1.7, found {drafted:?}"
            )
        })?;
        self.summary.note(Event::ExtensionsNotSupported);
        Ok(None)
    }

    /// A ReInit to a suite that the backend has.
    pub(super) fn reinit(&self, client: usize, random: &mut Random) -> Proposal {
        let suites = copath_crypto::Suite::available(self.clients[client].member.suite.provider());
        let suites: Vec<_> = suites.iter().map(copath_crypto::Suite::cipher_suite).collect();
        let cipher_suite =
            if random.chance(60) { self.suite } else { random.pick(&suites).unwrap_or(self.suite) };
        let mut extensions = Extensions::new();
        if random.chance(50) {
            extensions.0.push(Extension { extension_type: COMMON, extension_data: b"reinit".into() });
        }
        let group_id = GroupId::from(random.number().to_be_bytes().to_vec());
        Proposal::ReInit(ReInit { group_id, version: ProtocolVersion::MLS10, cipher_suite, extensions })
    }
}

/// The clients of `world` that are members of `group`.
pub(super) fn members_of(group: &Group, world: &World) -> Vec<usize> {
    let number =
        |credential| world.clients.iter().position(|client| client.member.leaf.credential == credential);
    group.members().filter_map(|member| number(member.credential)).collect()
}

fn demands_rare(extensions: &Extensions) -> bool {
    let required = extensions.required_capabilities().unwrap();
    extensions.find(RARE).is_some()
        || required.is_some_and(|required| required.extension_types.contains(&RARE))
}
