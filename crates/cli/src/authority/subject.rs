//! Subjects, which rcgen writes anew.

use rcgen::{DistinguishedName, DnType, DnValue};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::name::Name;

use super::AuthorityError;

/// The organisation that authorities of `copath ca` say they belong to.
const TEST_ONLY: &str = "copath test CA - for tests only";

/// The name of a certificate's subject.
#[derive(Clone, Debug)]
pub(crate) struct Subject(DistinguishedName);

impl Subject {
    /// The subject of an authority, marked as one for tests.
    pub(crate) fn for_tests(common_name: &str) -> Self {
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, TEST_ONLY);
        name.push(DnType::CommonName, common_name);
        Self(name)
    }

    /// A subject as it is encoded. What couldn't be encoded again just so is refused: rcgen has one attribute of a
    /// type, and one in a relative name.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, AuthorityError> {
        let unsupported = AuthorityError::UnsupportedSubject;
        let read = Name::from_der(der).map_err(|_| unsupported)?;
        let mut name = DistinguishedName::new();
        for rdn in read.iter_rdn() {
            let mut attributes = rdn.iter();
            let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
                return Err(unsupported);
            };
            let arcs: Vec<u64> = attribute.oid.arcs().map(u64::from).collect();
            let kind = DnType::from_oid(&arcs);
            if name.get(&kind).is_some() {
                return Err(unsupported);
            }
            name.push(kind, value(attribute).ok_or(unsupported)?);
        }
        Ok(Self(name))
    }

    pub(super) fn into_name(self) -> DistinguishedName {
        self.0
    }
}

fn value(attribute: &AttributeTypeAndValue) -> Option<DnValue> {
    let text = std::str::from_utf8(attribute.value.value()).ok()?;
    match attribute.value.tag() {
        Tag::Utf8String => Some(DnValue::Utf8String(text.to_owned())),
        Tag::PrintableString => Some(DnValue::PrintableString(text.try_into().ok()?)),
        Tag::Ia5String => Some(DnValue::Ia5String(text.try_into().ok()?)),
        _ => None,
    }
}
