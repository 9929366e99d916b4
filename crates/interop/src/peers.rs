//! One file an implementation.

mod copath;
mod mls_rs;
mod openmls;

use crate::peer::{Implementation, Peer, PeerError, PeerResult, Setup};

/// A client called `name` of `implementation`.
///
/// # Errors
/// It doesn't have the suite.
pub fn peer(implementation: Implementation, name: &str, setup: Setup) -> PeerResult<Box<dyn Peer>> {
    if !implementation.suites().contains(&setup.suite) {
        return Err(PeerError::Unsupported("this suite"));
    }
    Ok(match implementation {
        Implementation::Copath => Box::new(copath::CopathPeer::new(name, setup)?),
        Implementation::OpenMls => Box::new(openmls::OpenMlsPeer::new(name, setup)?),
        Implementation::MlsRs => mls_rs::new(name, setup)?,
    })
}
