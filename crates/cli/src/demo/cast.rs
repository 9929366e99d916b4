//! Who takes part.

use std::collections::BTreeMap;
use std::sync::Arc;

use copath::{
    CipherSuite, Client, ClientBuilder, CredentialValidator, CryptoProvider, GroupSettings, Identity,
    MemoryStore, Store, Timestamp,
};

use super::credentials::Credentials;
use super::report::Report;
use crate::arguments::{CredentialKind, DemoArguments};
use crate::failure::Failure;

const NAMES: [&str; 24] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim", "leo", "mike",
    "nina", "oscar", "peggy", "quentin", "rupert", "sybil", "trent", "ursula", "victor", "wendy", "xavier",
];

/// Somebody with a client.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) client: Client,
}

/// All who take part: the members, and one who comes in from outside.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) members: Vec<Person>,
    pub(crate) outsider: Person,
    pub(crate) credentials: Credentials,
    pub(crate) names: Names,
    maker: Maker,
}

/// Whose signature key is whose.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<Vec<u8>, String>);

/// What all clients have in common.
#[derive(Debug)]
struct Maker {
    provider: Arc<dyn CryptoProvider>,
    suite: CipherSuite,
    settings: GroupSettings,
}

impl Cast {
    /// Makes keys and credentials for everybody, and somebody who vouches for them all.
    pub(crate) fn new(
        provider: &Arc<dyn CryptoProvider>,
        arguments: &DemoArguments,
        now: Timestamp,
        report: &Report,
    ) -> Result<Self, Failure> {
        let suite = arguments.suite;
        let mut credentials = match arguments.credential {
            CredentialKind::Basic => Credentials::basic(provider, suite),
            CredentialKind::X509 => Credentials::x509(provider, suite, now)?,
        };
        let bar = report.progress("signature keys", arguments.members);
        let mut identities = Vec::new();
        let mut names = Names::default();
        for name in (0..arguments.members).map(name).chain(["zoe".into()]) {
            let identity = credentials.identity(&name)?;
            names.insert(&identity, &name);
            identities.push((name, identity));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let mut settings = GroupSettings::default();
        settings.policy.handshake_format = arguments.handshake.into();
        let maker = Maker { provider: Arc::clone(provider), suite, settings };
        let validator = credentials.validator();
        let person = |(name, identity): (String, Identity)| {
            let client =
                maker.builder(&validator).store(Arc::new(MemoryStore::new())).identity(identity).build()?;
            Ok::<_, Failure>(Person { name, client })
        };
        let mut members = identities.into_iter().map(person).collect::<Result<Vec<_>, _>>()?;
        let outsider = members.pop().ok_or(Failure::Undelivered { name: "zoe".into() })?;
        Ok(Self { members, outsider, credentials, names, maker })
    }

    /// A client again, on its store, with a new identity beside its old ones.
    pub(crate) fn with_identity(&self, client: &Client, new: &Identity) -> Result<Client, Failure> {
        let store: Arc<dyn Store> = Arc::clone(client.store());
        let builder = self.maker.builder(&self.credentials.validator()).store(store).identity(new.clone());
        let builder = client.identities().iter().cloned().fold(builder, ClientBuilder::identity);
        Ok(builder.build()?)
    }
}

impl Names {
    pub(crate) fn insert(&mut self, identity: &Identity, name: &str) {
        self.0.insert(identity.signature_key().to_vec(), name.to_owned());
    }

    /// Whose key it is.
    pub(crate) fn of(&self, signature_key: &[u8]) -> &str {
        self.0.get(signature_key).map_or("somebody", String::as_str)
    }
}

impl Maker {
    fn builder(&self, validator: &Arc<dyn CredentialValidator>) -> ClientBuilder {
        Client::builder()
            .provider(Arc::clone(&self.provider))
            .validator(Arc::clone(validator))
            .suite(self.suite)
            .settings(self.settings.clone())
    }
}

fn name(number: u32) -> String {
    let known = usize::try_from(number).ok().and_then(|number| NAMES.get(number));
    known.map_or_else(|| format!("member {number}"), |name| (*name).into())
}
