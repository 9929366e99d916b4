//! Who a client is: a credential and the signature key that it names.

use std::sync::Arc;

use copath_codec::Encode;
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, CryptoProvider, Secret, Signer, Suite};
use copath_records::{Record, StateDelta, Store, StoreError, unwrap_payload, wrap_payload};

use crate::error::failed_batch;
use crate::suite_choice::suite_on;
use crate::{Error, records};

/// A credential with the signature key that it names, wherever the key is.
///
/// RFC 9420 §5.3. One for each signature scheme of the client's suites.
#[derive(Clone, Debug)]
pub struct Identity {
    credential: Credential,
    signer: Arc<dyn Signer>,
}

impl Identity {
    /// An identity whose key is in a keystore of the application.
    pub fn new(credential: Credential, signer: Arc<dyn Signer>) -> Self {
        Self { credential, signer }
    }

    /// A fresh signature key for `suite`. It lives as long as this value; [`Identity::load_or_generate`] keeps it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the backend doesn't have the suite.
    pub fn generate(
        provider: &Arc<dyn CryptoProvider>,
        suite: CipherSuite,
        credential: Credential,
    ) -> Result<Self, Error> {
        let suite = suite_on(provider, suite)?;
        let keys = suite.generate_signature_key_pair()?;
        Self::from_private_key(&suite, credential, &keys.private_key)
    }

    /// The identity of `credential` that the store has for the suite's signature scheme, or a fresh one that it keeps
    /// from now on.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the backend doesn't have the suite, [`Error::Unavailable`] if the store fails.
    pub fn load_or_generate(
        store: &dyn Store,
        provider: &Arc<dyn CryptoProvider>,
        suite: CipherSuite,
        credential: Credential,
    ) -> Result<Self, Error> {
        let suite = suite_on(provider, suite)?;
        let key = records::identity(suite.parameters().signature, &credential.to_bytes()?);
        if let Some(record) = store.load(&key)? {
            return Self::stored(&suite, credential, &record);
        }
        let keys = suite.generate_signature_key_pair()?;
        let mut delta = StateDelta::new();
        delta.expect(key.clone(), None).put(key.clone(), wrap_payload(keys.private_key.expose()));
        match store.commit(&delta) {
            Ok(()) => Self::from_private_key(&suite, credential, &keys.private_key),
            // Another thread was first: its key is the identity's.
            Err(StoreError::Conflict) => match store.load(&key)? {
                Some(record) => Self::stored(&suite, credential, &record),
                None => Err(StoreError::Conflict.into()),
            },
            Err(error) => Err(failed_batch(error)),
        }
    }

    /// A fresh key in the place of the one that the store has for `credential` and the suite's signature scheme. The
    /// former one is kept beside it, in the same batch, until [`Identity::forget`].
    ///
    /// # Errors
    /// As [`Identity::load_or_generate`]. If the outcome is unknown, or another thread was first,
    /// [`Identity::load_or_generate`] tells which key is the present one; no key is lost.
    pub fn replace(
        store: &dyn Store,
        provider: &Arc<dyn CryptoProvider>,
        suite: CipherSuite,
        credential: Credential,
    ) -> Result<Self, Error> {
        let suite = suite_on(provider, suite)?;
        let (scheme, name) = (suite.parameters().signature, credential.to_bytes()?);
        let key = records::identity(scheme, &name);
        let present = store.load(&key)?;
        let keys = suite.generate_signature_key_pair()?;
        let mut delta = StateDelta::new();
        if let Some(record) = &present {
            let former = Self::stored(&suite, credential.clone(), record)?;
            let former = records::former_keys(scheme, &name).push_bytes(former.signature_key());
            delta.put(former, Record::copy_of(record.expose()));
        }
        delta.put(key.clone(), wrap_payload(keys.private_key.expose()));
        delta.expect(key, present);
        store.commit(&delta).map_err(failed_batch)?;
        Self::from_private_key(&suite, credential, &keys.private_key)
    }

    /// The identities of `credential` whose keys were replaced and aren't forgotten. Build the client with them, after
    /// the present one, until all groups have moved ([`Client::rotate_identity`](crate::Client::rotate_identity)).
    ///
    /// # Errors
    /// As [`Identity::load_or_generate`].
    pub fn load_former(
        store: &dyn Store,
        provider: &Arc<dyn CryptoProvider>,
        suite: CipherSuite,
        credential: &Credential,
    ) -> Result<Vec<Self>, Error> {
        let suite = suite_on(provider, suite)?;
        let former = records::former_keys(suite.parameters().signature, &credential.to_bytes()?);
        let former = store.scan(&former)?;
        former.iter().map(|(_, record)| Self::stored(&suite, credential.clone(), record)).collect()
    }

    /// Deletes the key of a former identity, which nothing uses any more
    /// ([`Client::former_identities`](crate::Client::former_identities)), from where [`Identity::replace`] keeps it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn forget(&self, store: &dyn Store) -> Result<(), Error> {
        let former = records::former_keys(self.signer.scheme(), &self.credential.to_bytes()?);
        let mut delta = StateDelta::new();
        delta.delete(former.push_bytes(self.signature_key()));
        store.commit(&delta).map_err(failed_batch)
    }

    fn stored(suite: &Suite, credential: Credential, record: &Record) -> Result<Self, Error> {
        let (_, private_key) = unwrap_payload(record)?;
        Self::from_private_key(suite, credential, &Secret::copy_of(private_key))
    }

    fn from_private_key(suite: &Suite, credential: Credential, private_key: &Secret) -> Result<Self, Error> {
        Ok(Self { credential, signer: suite.signature().signer(private_key)? })
    }

    /// The credential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The public signature key, to be registered with whoever vouches for the credential.
    pub fn signature_key(&self) -> &[u8] {
        self.signer.public_key()
    }

    /// The signer.
    pub fn signer(&self) -> &Arc<dyn Signer> {
        &self.signer
    }
}
