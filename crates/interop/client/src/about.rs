//! What the client says about itself.

use copath_interop_grpc::{
    NameRequest, NameResponse, SupportedCiphersuitesRequest, SupportedCiphersuitesResponse,
};

use crate::ClientError;
use crate::client::Client;

impl Client {
    /// `Name`: the implementation with its backend.
    pub(crate) fn name(&self, _: NameRequest) -> Result<NameResponse, ClientError> {
        Ok(NameResponse { name: format!("Copath ({})", self.backend) })
    }

    /// `SupportedCiphersuites`: those of the backend.
    pub(crate) fn supported_ciphersuites(
        &self,
        _: SupportedCiphersuitesRequest,
    ) -> Result<SupportedCiphersuitesResponse, ClientError> {
        let ciphersuites = self.suites.iter().map(|suite| u32::from(suite.0)).collect();
        Ok(SupportedCiphersuitesResponse { ciphersuites })
    }
}
