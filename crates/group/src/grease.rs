//! GREASE: random values in the places that have to tolerate unknown ones.
//!
//! RFC 9420 §13.5.

use copath_codec::Opaque;
use copath_credentials::CredentialType;
use copath_crypto::{CipherSuite, CryptoError, Suite};
use copath_messages::{Extension, ExtensionType, Extensions, ProposalType, grease};
use copath_rules::{Part, Violation, rule};

use crate::GroupError;
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
    let mut added = Extensions::default();
    add_to_extensions(suite, &mut added)?;
    // Only what was added here is listed here: the application answers for its own extensions.
    added.0.retain(|extension| leaf.extensions.find(extension.extension_type).is_none());
    leaf.list_extensions(&added);
    leaf.extensions.0.append(&mut added.0);
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

/// Rules 13.5-04 and 13.5-08, for the sender: a GREASE type in a group context, or required by it, would lock
/// everybody out. A receiver treats such types as any that it doesn't know.
pub(crate) fn refuse_in_context(extensions: &Extensions) -> Result<(), GroupError> {
    if let Some(found) = extensions.types().find(|extension_type| extension_type.is_grease()) {
        return Err(Violation::new(rule!("13.5-04")).at(Part::Extension(found.0)).into());
    }
    let Some(required) = extensions.required_capabilities()? else { return Ok(()) };
    let types = required.extension_types.iter().map(|t| Part::Extension(t.0));
    let types = types.chain(required.proposal_types.iter().map(|t| Part::ProposalType(t.0)));
    let mut types = types.chain(required.credential_types.iter().map(|t| Part::CredentialType(t.0)));
    let is_grease = |part: &Part| match part {
        Part::Extension(code) | Part::ProposalType(code) | Part::CredentialType(code) => {
            grease::is_grease(*code)
        }
        _ => false,
    };
    match types.find(is_grease) {
        Some(part) => Err(Violation::new(rule!("13.5-08")).at(part).into()),
        None => Ok(()),
    }
}
