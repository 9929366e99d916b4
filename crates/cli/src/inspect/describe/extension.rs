//! Extensions and their bodies.

use std::collections::HashSet;
use std::io;

use copath::ExtensionType;
use copath::messages::{
    ApplicationId, Extension, Extensions, ExternalPub, ExternalSenders, RequiredCapabilities,
};
use copath::rules::rule;
use copath_codec::{Decode, DecodeError};

use super::leaf::credential;
use super::tree::nodes;
use super::{Describer, Done};
use crate::inspect::known::{Tree, count_nodes};
use crate::inspect::scalar::{Scalar, Verdict};

/// Where a list of extensions stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'t> {
    GroupContext,
    GroupInfo(Option<&'t Tree>),
    LeafNode,
    KeyPackage,
}

impl Place<'_> {
    /// Whether an extension of this type has a meaning here (RFC 9420 §13.4, table 6).
    fn gives_meaning_to(self, extension_type: ExtensionType) -> bool {
        match extension_type {
            ExtensionType::APPLICATION_ID => matches!(self, Self::LeafNode),
            ExtensionType::RATCHET_TREE | ExtensionType::EXTERNAL_PUB => matches!(self, Self::GroupInfo(_)),
            ExtensionType::REQUIRED_CAPABILITIES | ExtensionType::EXTERNAL_SENDERS => {
                matches!(self, Self::GroupContext)
            }
            _ => false,
        }
    }
}

/// A list of extensions; the bodies of those that have a meaning in their place are read.
pub(super) fn extensions(d: &mut Describer<'_>, extensions: &Extensions, place: Place<'_>) -> Done {
    let mut seen = HashSet::new();
    d.list("extensions", &extensions.0, |d, extension| {
        let repeated = !seen.insert(extension.extension_type);
        d.structure("", "Extension", |d| {
            d.code("extension_type", extension.extension_type)?;
            let malformed = body(d, extension, place)?;
            if !repeated && malformed.is_none() {
                return Ok(());
            }
            d.derived(|d| {
                if let Some(told) = malformed {
                    d.note("malformed", &Scalar::Text(told))?;
                }
                if repeated { d.verdict("unique", Verdict::Invalid(rule!("13.4-03"))) } else { Ok(()) }
            })
        })
    })
}

/// What is wrong with a body, in words.
type Malformed = Option<String>;

/// Describes the body of an extension.
fn body(d: &mut Describer<'_>, extension: &Extension, place: Place<'_>) -> io::Result<Malformed> {
    let octets = &extension.extension_data;
    if !place.gives_meaning_to(extension.extension_type) {
        d.octets("extension_data", octets)?;
        return Ok(None);
    }
    match extension.extension_type {
        ExtensionType::APPLICATION_ID => read::<ApplicationId>(d, octets, "ApplicationId", |d, body| {
            d.readable("application_id", &body.application_id)
        }),
        ExtensionType::REQUIRED_CAPABILITIES => {
            read::<RequiredCapabilities>(d, octets, "RequiredCapabilities", |d, body| {
                d.codes("extension_types", &body.extension_types)?;
                d.codes("proposal_types", &body.proposal_types)?;
                d.codes("credential_types", &body.credential_types)
            })
        }
        ExtensionType::EXTERNAL_PUB => read::<ExternalPub>(d, octets, "ExternalPub", |d, body| {
            d.octets("external_pub", &body.external_pub)
        }),
        ExtensionType::EXTERNAL_SENDERS => {
            read::<ExternalSenders>(d, octets, "external_senders", external_senders)
        }
        _ => ratchet_tree(d, octets, place),
    }
}

fn external_senders(d: &mut Describer<'_>, body: &ExternalSenders) -> Done {
    d.list("external_senders", &body.0, |d, sender| {
        d.structure("", "ExternalSender", |d| {
            d.octets("signature_key", &sender.signature_key)?;
            credential(d, &sender.credential)
        })
    })
}

fn ratchet_tree(d: &mut Describer<'_>, octets: &[u8], place: Place<'_>) -> io::Result<Malformed> {
    let Place::GroupInfo(Some(tree)) = place else {
        d.octets("extension_data", octets)?;
        return Ok(None);
    };
    match count_nodes(octets, &d.known.context) {
        Err(error) => malformed(d, octets, &error),
        Ok(count) => {
            d.structure("extension_data", "ratchet_tree", |d| {
                d.pass_header(octets.len());
                nodes(d, octets, count, tree)
            })?;
            Ok(None)
        }
    }
}

/// Reads a body and describes it, or tells that it is malformed.
fn read<B: Decode>(
    d: &mut Describer<'_>,
    octets: &[u8],
    of: &str,
    describe: impl FnOnce(&mut Describer<'_>, &B) -> Done,
) -> io::Result<Malformed> {
    match B::from_bytes_in(octets, &d.known.context) {
        Ok(body) => {
            d.structure("extension_data", of, |d| {
                d.pass_header(octets.len());
                describe(d, &body)
            })?;
            Ok(None)
        }
        Err(error) => malformed(d, octets, &error),
    }
}

fn malformed(d: &mut Describer<'_>, octets: &[u8], error: &DecodeError) -> io::Result<Malformed> {
    d.fault(error, octets);
    d.octets("extension_data", octets)?;
    Ok(Some(format!("at byte {} of extension_data: {}", error.offset(), error.kind())))
}
