//! X.509 credentials from a file with a chain.

use copath::{Identity, Store};
use copath_credentials_x509::{CertificateError, Limits, X509Error, credential_from_der};

use crate::failure::Failure;
use crate::identity::{Stored, Which};
use crate::pem::{self, Label};

/// The identity in the store whose key the first certificate of the chain is for, with the chain as its credential.
pub(super) fn identity(store: &dyn Store, which: &Which, file: &str) -> Result<Stored, Failure> {
    let chain: Vec<Vec<u8>> = pem::read(file, Label::Certificate)?
        .iter()
        .map(|certificate| certificate.expose().to_vec())
        .collect();
    let wrong = |error| Failure::Chain { name: file.into(), error };
    let mut refused = None;
    for stored in Stored::all(store)? {
        if which.suite.is_some_and(|suite| !stored.fits(suite)) {
            continue;
        }
        if which.name.as_ref().is_some_and(|name| stored.name() != Some(name.as_bytes())) {
            continue;
        }
        match credential_from_der(chain.clone(), &**stored.identity.signer(), &Limits::DEFAULT) {
            Ok(credential) => {
                let signer = stored.identity.signer().clone();
                return Ok(Stored { identity: Identity::new(credential, signer), suite: stored.suite });
            }
            // Another identity's key may be the right one.
            Err(error) if is_other_key(&error) => refused = Some(error),
            Err(error) => return Err(wrong(error)),
        }
    }
    match refused {
        Some(_) => Err(Failure::ChainOfNobody { name: file.into() }),
        None => which.of(store).and(Err(Failure::NoIdentities)),
    }
}

fn is_other_key(error: &X509Error) -> bool {
    let defect = copath::CertificateDefect::KeyMismatch;
    matches!(error, X509Error::Certificate(CertificateError { position: 0, defect: found, .. }) if *found == defect)
}
