//! Who takes part.

use std::sync::Arc;

use copath::{
    CipherSuite, Client, Credential, CryptoProvider, FixedDirectory, GroupSettings, Identity, MemoryStore,
};

use super::report::Report;
use crate::arguments::DemoArguments;
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
}

impl Cast {
    /// Makes keys for everybody, and a directory that knows them all.
    pub(crate) fn new(
        provider: &Arc<dyn CryptoProvider>,
        arguments: &DemoArguments,
        report: &Report,
    ) -> Result<Self, Failure> {
        let suite = arguments.suite;
        let bar = report.progress("signature keys", arguments.members);
        let mut identities = Vec::new();
        let mut directory = FixedDirectory::new();
        for name in (0..arguments.members).map(name).chain(["zoe".into()]) {
            let identity = Identity::generate(provider, suite, Credential::basic(name.as_bytes()))?;
            directory.insert(name.as_bytes(), identity.signature_key());
            identities.push((name, identity));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let mut settings = GroupSettings::default();
        settings.policy.handshake_format = arguments.handshake.into();
        let directory = Arc::new(directory);
        let person = |(name, identity): (String, Identity)| {
            client(provider, suite, &directory, &settings, identity).map(|client| Person { name, client })
        };
        let mut members = identities.into_iter().map(person).collect::<Result<Vec<_>, _>>()?;
        let outsider = members.pop().ok_or(Failure::Undelivered { name: "zoe".into() })?;
        Ok(Self { members, outsider })
    }
}

fn client(
    provider: &Arc<dyn CryptoProvider>,
    suite: CipherSuite,
    directory: &Arc<FixedDirectory>,
    settings: &GroupSettings,
    identity: Identity,
) -> Result<Client, Failure> {
    let client = Client::builder()
        .provider(Arc::clone(provider))
        .store(Arc::new(MemoryStore::new()))
        .validator(Arc::clone(directory) as _)
        .suite(suite)
        .identity(identity)
        .settings(settings.clone())
        .build()?;
    Ok(client)
}

fn name(number: u32) -> String {
    let known = usize::try_from(number).ok().and_then(|number| NAMES.get(number));
    known.map_or_else(|| format!("member {number}"), |name| (*name).into())
}
