//! The data of components inside an extension.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, DecodeErrorKind, Encode, Opaque, Reader, Writer, wire_struct};
use copath_rules::rule;

use crate::ComponentId;

wire_struct! {
    /// What one component has to say.
    ///
    /// draft-ietf-mls-extensions, "Application Data".
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ComponentData {
        /// Whose data it is.
        pub component_id: ComponentId,
        /// Octets that only who knows the component can read.
        pub data: Opaque,
    }
}

/// The body of the app_data_dictionary extension: at most one entry for each component, in ascending order.
///
/// draft-ietf-mls-extensions, "Application Data". Components that aren't known survive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppDataDictionary(Vec<ComponentData>);

impl AppDataDictionary {
    /// The data of a component, if there is any.
    pub fn find(&self, component_id: ComponentId) -> Option<&Opaque> {
        self.0.iter().find(|entry| entry.component_id == component_id).map(|entry| &entry.data)
    }

    /// All entries, in ascending order of their components.
    pub fn iter(&self) -> core::slice::Iter<'_, ComponentData> {
        self.0.iter()
    }

    /// Sets the data of a component.
    pub fn insert(&mut self, component_id: ComponentId, data: Opaque) {
        match self.0.binary_search_by_key(&component_id, |entry| entry.component_id) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.data = data;
                }
            }
            Err(at) => self.0.insert(at, ComponentData { component_id, data }),
        }
    }
}

impl<'d> IntoIterator for &'d AppDataDictionary {
    type Item = &'d ComponentData;
    type IntoIter = core::slice::Iter<'d, ComponentData>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Encode for AppDataDictionary {
    fn encode(&self, writer: &mut Writer) {
        writer.list(&self.0);
    }
}

impl Decode for AppDataDictionary {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.clone();
        let entries: Vec<ComponentData> = reader.field("AppDataDictionary.component_data", Reader::list)?;
        let ascending = entries.is_sorted_by(|a, b| a.component_id < b.component_id);
        // No rule of RFC 9420 is about the order; the nearest is that an extension's body has to be well formed.
        if ascending {
            Ok(Self(entries))
        } else {
            Err(at.error(DecodeErrorKind::Rule { rule: rule!("13.4-03") }))
        }
    }
}

copath_codec::impl_tls_codec!(AppDataDictionary);

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(octets: &[u8]) -> Result<AppDataDictionary, DecodeError> {
        AppDataDictionary::from_bytes(octets)
    }

    #[test]
    fn unknown_components_survive_in_their_order() {
        let octets = [8, 0, 4, 0, 0xf0, 0, 2, 7, 8];
        let mut decoded = dictionary(&octets).unwrap();
        assert_eq!(decoded.to_bytes().unwrap(), octets);
        assert_eq!(decoded.find(ComponentId::LAST_RESORT_KEY_PACKAGE), Some(&Opaque::default()));
        assert_eq!(decoded.find(ComponentId(0x0005)), None);
        decoded.insert(ComponentId(0x0005), Opaque::from(&[1]));
        decoded.insert(ComponentId(0xf000), Opaque::default());
        assert_eq!(decoded.to_bytes().unwrap(), [10, 0, 4, 0, 0, 5, 1, 1, 0xf0, 0, 0]);
    }

    #[test]
    fn entries_that_repeat_or_descend_are_malformed() {
        for octets in [[6, 0, 4, 0, 0, 4, 0], [6, 0, 5, 0, 0, 4, 0]] {
            let error = dictionary(&octets).unwrap_err();
            assert_eq!((error.offset(), error.rule()), (0, rule!("13.4-03")));
        }
    }
}
