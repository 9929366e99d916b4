//! The suite for a group that is to be, and suites on a backend.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_messages::{Capabilities, KeyPackage, MlsMessageBody, ProtocolVersion};

use crate::{Client, Error, Misuse};

impl Client {
    /// The suite for a group with the clients of these key packages: the first of this client's own suites, in the
    /// order in which it was built with them, that all of the clients say they support (RFC 9420 §11).
    ///
    /// Clients are judged by what they say of themselves under their signature, not by the suites of the key packages
    /// at hand. So a directory that serves key packages of a weaker suite alone can't bring the group down to it:
    /// those don't fit the suite returned, and can't be added; ask for others.
    ///
    /// # Errors
    /// [`Misuse::NoCommonSuite`] if there is none.
    pub fn suite_for(&self, key_packages: &[Vec<u8>]) -> Result<CipherSuite, Error> {
        let clients = key_packages.iter().map(|message| self.decode_key_package(message));
        let clients: Vec<KeyPackage> = clients.collect::<Result<_, _>>()?;
        let all = |suite: &CipherSuite| {
            clients.iter().all(|client| supports(&client.leaf_node.capabilities, *suite))
        };
        let own = self.0.suites.iter().map(Suite::cipher_suite);
        Ok(own.into_iter().find(all).ok_or(Misuse::NoCommonSuite)?)
    }

    pub(crate) fn decode_key_package(&self, message: &[u8]) -> Result<KeyPackage, Error> {
        match self.decode(message)?.body {
            MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
            _ => Err(Misuse::WrongKind { expected: "key package" }.into()),
        }
    }
}

/// A suite on a backend; if it lacks the suite, the error names the backend and what it has.
pub(crate) fn suite_on(provider: &Arc<dyn CryptoProvider>, suite: CipherSuite) -> Result<Suite, Error> {
    Suite::new(provider, suite).map_err(|error| Error::from(error).on(provider))
}

fn supports(capabilities: &Capabilities, suite: CipherSuite) -> bool {
    capabilities.versions.contains(&ProtocolVersion::MLS10) && capabilities.cipher_suites.contains(&suite)
}
