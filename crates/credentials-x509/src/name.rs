//! Distinguished names.

use core::fmt;
use std::collections::BTreeSet;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Encode, Tag, Tagged};
use x509_cert::name::{Name, RelativeDistinguishedName};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");

/// The name of a subject or an issuer.
///
/// RFC 5280 §4.1.2.4. Equality is that of the encodings: an issuer is found by exactly the name that it has as a
/// subject. It prints as in RFC 4514, control characters replaced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DistinguishedName {
    der: Vec<u8>,
    text: String,
}

impl DistinguishedName {
    pub(crate) fn new(name: &Name) -> Option<Self> {
        let printed = name.to_string();
        let text =
            printed.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
        Some(Self { der: name.to_der().ok()?, text })
    }

    /// The encoding in DER.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

/// A name in the form in which names are compared (RFC 5280 §7.1): strings without regard to their type, to case and
/// to repeated spaces; the order within a relative name doesn't count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ComparableName(Vec<BTreeSet<(ObjectIdentifier, Comparable)>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Comparable {
    Text(String),
    /// A value that isn't a string: its tag and octets.
    Other(Vec<u8>),
}

impl ComparableName {
    pub(crate) fn new(name: &Name) -> Option<Self> {
        name.iter_rdn().map(comparable_rdn).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the name is in the subtree below `base`, `base` included.
    pub(crate) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }

    /// An encoding that is equal exactly for equal names.
    pub(crate) fn to_octets(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for rdn in &self.0 {
            append(&mut out, b'R', &rdn.len().to_be_bytes());
            for (oid, value) in rdn {
                append(&mut out, b'A', oid.as_bytes());
                match value {
                    Comparable::Text(text) => append(&mut out, b'T', text.as_bytes()),
                    Comparable::Other(octets) => append(&mut out, b'O', octets),
                }
            }
        }
        out
    }
}

fn append(out: &mut Vec<u8>, kind: u8, octets: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&octets.len().to_be_bytes());
    out.extend_from_slice(octets);
}

fn comparable_rdn(rdn: &RelativeDistinguishedName) -> Option<BTreeSet<(ObjectIdentifier, Comparable)>> {
    rdn.iter().map(|attribute| Some((attribute.oid, comparable(attribute)?))).collect()
}

fn comparable(attribute: &AttributeTypeAndValue) -> Option<Comparable> {
    Some(match text(attribute) {
        Some(text) => Comparable::Text(fold(&text)),
        None => Comparable::Other(attribute.value.to_der().ok()?),
    })
}

fn fold(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of an attribute that is a string.
fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let octets = attribute.value.value();
    match attribute.value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            core::str::from_utf8(octets).ok().map(str::to_owned)
        }
        // In practice Latin-1.
        Tag::TeletexString => Some(octets.iter().map(|octet| char::from(*octet)).collect()),
        Tag::BmpString => {
            let (units, rest) = octets.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            rest.is_empty().then(|| char::decode_utf16(units).collect::<Result<_, _>>().ok())?
        }
        _ => None,
    }
}

/// All values of commonName, as they are written.
pub(crate) fn common_names(name: &Name) -> Vec<Option<String>> {
    name.iter().filter(|attribute| attribute.oid == COMMON_NAME).map(text).collect()
}

/// All values of emailAddress, as they are written.
pub(crate) fn email_addresses(name: &Name) -> Vec<Option<String>> {
    name.iter().filter(|attribute| attribute.oid == EMAIL_ADDRESS).map(text).collect()
}
