//! An organisation with its own certification authority.

use std::sync::Arc;

use copath::{
    CipherSuite, Client, ClientBuilder, Credential, CredentialType, CredentialValidator, Event,
    FixedDirectory, Group, Identity, MemoryStore, NewGroup, SuiteParameters, Timestamp,
};
use copath_credentials::ByCredentialType;
use copath_credentials_x509::{
    IdentitySource, Limits, Policy, TrustAnchor, TrustStore, X509Validator, credential_from_der,
};
use rcgen::{CertificateParams, SanType};

use crate::authority::{Certified, Key, as_is, client_params};

pub(crate) const NOW: Timestamp = Timestamp(1_751_328_000);

pub(crate) struct Organisation {
    pub(crate) root: Certified,
    pub(crate) middle: Certified,
    /// Who has a basic credential.
    pub(crate) directory: FixedDirectory,
    pub(crate) suite: CipherSuite,
}

impl Organisation {
    pub(crate) fn new(suite: CipherSuite) -> Self {
        let root = Certified::root("Root", as_is);
        let middle = root.authority("Intermediate", as_is);
        Self { root, middle, directory: FixedDirectory::new(), suite }
    }

    pub(crate) fn x509(&self) -> X509Validator {
        let anchor = TrustAnchor::from_der(&self.root.der, &Limits::DEFAULT).unwrap();
        let policy = Policy::new(IdentitySource::EmailAddress);
        let provider = copath_provider_rustcrypto::provider();
        X509Validator::new(provider, policy, TrustStore::new().with_anchor(anchor))
    }

    pub(crate) fn validator(&self) -> Arc<dyn CredentialValidator> {
        Arc::new(
            ByCredentialType::new()
                .with(CredentialType::X509, Arc::new(self.x509()))
                .with(CredentialType::BASIC, Arc::new(self.directory.clone())),
        )
    }

    /// A fresh key with a certificate for the mailbox of `name`.
    pub(crate) fn identity(&self, name: &str) -> Identity {
        self.identity_with(name, as_is)
    }

    pub(crate) fn identity_with(&self, name: &str, adjust: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = Key::new(SuiteParameters::of(self.suite).unwrap().signature);
        let mailbox = format!("{name}@example.com");
        let leaf = self.middle.issue(client_params(&mailbox), key.clone(), adjust);
        let chain = vec![leaf.der, self.middle.der.clone()];
        let credential = credential_from_der(chain, &*key.0, &Limits::DEFAULT).unwrap();
        Identity::new(credential, key.0)
    }

    /// A fresh key with the name alone, listed in the directory.
    pub(crate) fn basic(&mut self, name: &str) -> Identity {
        let provider = copath_provider_rustcrypto::provider();
        let identity = Identity::generate(&provider, self.suite, Credential::basic(name.as_bytes())).unwrap();
        self.directory.insert(name.as_bytes(), identity.signature_key());
        identity
    }

    pub(crate) fn builder(&self, identity: Identity) -> ClientBuilder {
        Client::builder()
            .provider(copath_provider_rustcrypto::provider())
            .store(Arc::new(MemoryStore::new()))
            .validator(self.validator())
            .suite(self.suite)
            .identity(identity)
    }

    pub(crate) fn client(&self, identity: Identity) -> Client {
        self.builder(identity).build().unwrap()
    }
}

/// Changes the mailbox.
pub(crate) fn mailbox(name: &str) -> impl FnOnce(&mut CertificateParams) {
    let san = SanType::Rfc822Name(name.try_into().unwrap());
    |params| params.subject_alt_names = vec![san]
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
    let joined = clients[1..].iter().map(|client| client.join(&welcome, None, NOW).unwrap());
    let joined: Vec<Group> = joined.collect();
    std::iter::once(creator).chain(joined).collect()
}

/// Everybody receives the commit of the first, which is accepted, and says something that all others read.
pub(crate) fn deliver(groups: &mut [Group], commit: &[u8]) {
    groups[0].accept_commit().unwrap();
    for group in &mut groups[1..] {
        group.receive_and_merge(commit, NOW).unwrap();
    }
    talk(groups);
}

pub(crate) fn talk(groups: &mut [Group]) {
    for sender in 0..groups.len() {
        let message = groups[sender].encrypt(b"hello").unwrap();
        let key = groups[sender].find_member_key();
        for receiver in (0..groups.len()).filter(|receiver| *receiver != sender) {
            let Event::Application(received) = groups[receiver].receive(&message, NOW).unwrap() else {
                panic!("not application data")
            };
            assert_eq!(received.data, b"hello");
            assert_eq!(received.sender.signature_key.as_slice(), key);
        }
        assert_eq!(groups[sender].epoch_authenticator(), groups[0].epoch_authenticator());
    }
}

trait OwnKey {
    fn find_member_key(&self) -> Vec<u8>;
}

impl OwnKey for Group {
    fn find_member_key(&self) -> Vec<u8> {
        let own = self.own_handle();
        self.members().find(|member| member.handle == own).unwrap().signature_key.to_vec()
    }
}
