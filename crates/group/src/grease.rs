//! GREASE: random values in the places that have to tolerate unknown ones.
//!
//! RFC 9420 §13.5.

use copath_codec::Opaque;
use copath_credentials::CredentialType;
use copath_crypto::{CipherSuite, CryptoError, Suite};
use copath_messages::{Extension, ExtensionType, Extensions, ProposalType, grease};

use crate::leaf::LeafParameters;

/// One of the GREASE values, chosen at random.
fn random_value(suite: &Suite) -> Result<u16, CryptoError> {
    let values = grease::values();
    let mut octet = [0; 1];
    suite.provider().random(&mut octet)?;
    let index = usize::from(octet[0]).checked_rem(values.len()).unwrap_or(0);
    Ok(values.get(index).copied().unwrap_or(0x0a0a))
}

/// Adds GREASE to the capabilities of a leaf and to its extensions, which the capabilities list (rule 13.5-03).
pub(crate) fn add_to_leaf(suite: &Suite, leaf: &mut LeafParameters) -> Result<(), CryptoError> {
    leaf.capabilities.cipher_suites.push(CipherSuite(random_value(suite)?));
    leaf.capabilities.proposals.push(ProposalType(random_value(suite)?));
    leaf.capabilities.credentials.push(CredentialType(random_value(suite)?));
    leaf.capabilities.extensions.push(ExtensionType(random_value(suite)?));
    add_to_extensions(suite, &mut leaf.extensions)?;
    let extensions = leaf.extensions.clone();
    leaf.list_extensions(&extensions);
    Ok(())
}

/// Adds a GREASE extension with a random body, unless one of that type is there.
pub(crate) fn add_to_extensions(suite: &Suite, extensions: &mut Extensions) -> Result<(), CryptoError> {
    let extension_type = ExtensionType(random_value(suite)?);
    if extensions.find(extension_type).is_none() {
        let extension_data = Opaque::from(suite.random_bytes(4)?);
        extensions.0.push(Extension { extension_type, extension_data });
    }
    Ok(())
}
