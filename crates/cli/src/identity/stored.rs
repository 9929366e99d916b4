//! The identities in a store.

use clap::Args;
use copath::{CipherSuite, Credential, Identity, Store, SuiteParameters};
use copath_codec::Decode;
use copath_records::{RecordKey, RecordKind};

use crate::failure::Failure;
use crate::readable;

/// An identity with the first suite of its signature scheme.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) identity: Identity,
    pub(crate) suite: CipherSuite,
}

/// Which of a store's identities.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// The identity with this name; not needed if the store has one alone.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The cipher suite, by number or name; of an identity, any with its signature scheme.
    #[arg(long, value_parser = crate::arguments::suite, value_name = "N|NAME")]
    pub(crate) suite: Option<CipherSuite>,
}

impl Stored {
    /// All that are in a store.
    pub(crate) fn all(store: &dyn Store) -> Result<Vec<Self>, Failure> {
        let records = store.scan(&RecordKey::new(RecordKind::IDENTITY)).map_err(copath::Error::from)?;
        records.iter().filter_map(|(key, _)| Self::of(store, key).transpose()).collect()
    }

    /// The identity of a record; none if it is of a scheme or a form that isn't known here.
    fn of(store: &dyn Store, key: &RecordKey) -> Result<Option<Self>, Failure> {
        let mut segments = key.segments();
        let (Some(scheme), Some(credential)) = (segments.u32(), segments.bytes()) else { return Ok(None) };
        let row = SuiteParameters::ALL.iter().find(|row| u32::from(row.signature.0) == scheme);
        let (Some(row), Ok(credential)) = (row, Credential::from_bytes(credential)) else { return Ok(None) };
        let provider = copath_provider_rustcrypto::provider();
        // The record is there, so that nothing is generated.
        let identity = Identity::load_or_generate(store, &provider, row.suite, credential)?;
        Ok(Some(Self { identity, suite: row.suite }))
    }

    /// The name of a basic credential.
    pub(crate) fn name(&self) -> Option<&[u8]> {
        match self.identity.credential() {
            Credential::Basic { identity } => Some(identity),
            _ => None,
        }
    }

    /// The signature scheme, as the registry calls it.
    pub(crate) fn scheme(&self) -> String {
        self.identity.signer().scheme().to_string()
    }

    /// The suites that it can be used with.
    pub(crate) fn suites(&self) -> impl Iterator<Item = CipherSuite> + '_ {
        SuiteParameters::ALL.iter().map(|row| row.suite).filter(|suite| self.fits(*suite))
    }

    /// Whether its key is of the suite's signature scheme.
    pub(crate) fn fits(&self, suite: CipherSuite) -> bool {
        SuiteParameters::of(suite).is_some_and(|row| row.signature == self.identity.signer().scheme())
    }

    fn describe(&self) -> String {
        format!("{} with {}", readable::credential(self.identity.credential()), self.scheme())
    }
}

impl Which {
    /// The one identity that is meant.
    pub(crate) fn of(&self, store: &dyn Store) -> Result<Stored, Failure> {
        let all = Stored::all(store)?;
        let known = all.iter().map(Stored::describe).collect::<Vec<_>>().join(", ");
        let named =
            |stored: &Stored| self.name.as_deref().is_none_or(|name| stored.name() == Some(name.as_bytes()));
        let fits = |stored: &Stored| self.suite.is_none_or(|suite| stored.fits(suite));
        let mut found: Vec<Stored> = all.into_iter().filter(|stored| named(stored) && fits(stored)).collect();
        match (found.pop(), found.is_empty()) {
            (Some(stored), true) => Ok(stored),
            (Some(_), false) => Err(Failure::SeveralIdentities { known }),
            (None, _) if known.is_empty() => Err(Failure::NoIdentities),
            (None, _) => Err(Failure::NoSuchIdentity { known }),
        }
    }
}
