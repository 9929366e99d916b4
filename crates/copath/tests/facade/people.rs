//! Clients that know each other.

use std::sync::Arc;

use copath::{
    CipherSuite, Client, ClientBuilder, Credential, Event, FixedDirectory, Group, Identity, MemberHandle,
    MemoryStore, Merged, NewGroup, Store, Timestamp,
};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000);
pub(crate) const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// Identities with a directory of them all.
pub(crate) struct People {
    identities: Vec<Identity>,
    directory: Arc<FixedDirectory>,
}

impl People {
    pub(crate) fn new(names: &[&str]) -> Self {
        let provider = copath_provider_rustcrypto::provider();
        let identity =
            |name: &&str| Identity::generate(&provider, SUITE, Credential::basic(name.as_bytes())).unwrap();
        let identities: Vec<Identity> = names.iter().map(identity).collect();
        let entry = |directory: FixedDirectory, (name, identity): (&&str, &Identity)| {
            directory.with(name.as_bytes(), identity.signature_key())
        };
        let directory = names.iter().zip(&identities).fold(FixedDirectory::new(), entry);
        Self { identities, directory: Arc::new(directory) }
    }

    pub(crate) fn client_on(&self, person: usize, store: Arc<dyn Store>) -> Client {
        self.builder(person).store(store).build().unwrap()
    }

    /// All but the store.
    pub(crate) fn builder(&self, person: usize) -> ClientBuilder {
        Client::builder()
            .provider(copath_provider_rustcrypto::provider())
            .validator(self.directory.clone())
            .suite(SUITE)
            .identity(self.identities[person].clone())
    }

    pub(crate) fn client(&self, person: usize) -> Client {
        self.client_on(person, Arc::new(MemoryStore::new()))
    }
}

/// A group of all `clients`, created by the first of them.
pub(crate) fn group_of(clients: &[Client]) -> Vec<Group> {
    let mut creator = clients[0].create_group(NewGroup::new(), NOW).unwrap();
    let mut commit = creator.commit();
    for client in &clients[1..] {
        commit = commit.add(&client.key_package(NOW).unwrap());
    }
    commit.prepare(NOW).unwrap();
    creator.accept_commit().unwrap();
    let welcome = creator.welcome().unwrap();
    creator.welcome_sent().unwrap();
    let joined = clients[1..].iter().map(|client| client.join(&welcome, None, NOW).unwrap());
    let joined: Vec<Group> = joined.collect();
    let groups: Vec<Group> = std::iter::once(creator).chain(joined).collect();
    assert_agree(&groups.iter().collect::<Vec<_>>());
    groups
}

/// All groups are in the same epoch with the same secrets and members.
pub(crate) fn assert_agree(groups: &[&Group]) {
    let members = |group: &Group| group.members().map(|member| member.credential).collect::<Vec<_>>();
    let exported = |group: &Group| group.export_secret(b"label", b"context", 32).unwrap();
    for group in &groups[1..] {
        assert_eq!(group.epoch(), groups[0].epoch());
        assert_eq!(group.epoch_authenticator(), groups[0].epoch_authenticator());
        assert_eq!(group.context(), groups[0].context());
        assert_eq!(members(group), members(groups[0]));
        assert!(exported(group).ct_eq(exported(groups[0]).expose()));
    }
}

/// `message` is application data with this content for each of `to`.
pub(crate) fn assert_delivered(message: &[u8], data: &[u8], to: &mut [&mut Group]) {
    for group in to {
        match group.receive(message, NOW).unwrap() {
            Event::Application(received) => assert_eq!(received.data, data),
            other => panic!("not application data: {other:?}"),
        }
    }
}

/// The commit takes each of `to` into the next epoch.
pub(crate) fn deliver_commit(commit: &[u8], to: &mut [&mut Group]) {
    for group in to {
        let next = group.epoch() + 1;
        match group.receive_and_merge(commit, NOW).unwrap() {
            Event::CommitMerged { outcome, .. } => assert_eq!(outcome, Merged::Epoch(next)),
            other => panic!("not a commit: {other:?}"),
        }
    }
}

/// The member that `client` is in `group`.
pub(crate) fn handle_of(group: &Group, client: &Client) -> MemberHandle {
    group.find_member(client.identities()[0].signature_key()).unwrap().handle
}

/// Comes back to the group that `client` has lost or given up.
pub(crate) fn rejoin(client: &Client, other: &mut Group) -> Group {
    let join = client.rejoin(&other.group_info().unwrap(), None, NOW).unwrap();
    deliver_commit(join.message(), &mut [other]);
    join.confirm().unwrap()
}
