//! Seeds from our own test vectors: messages and their parts, of all suites.

use std::collections::BTreeMap;

use crate::join;

const MESSAGES: &str = include_str!("../../../test-vectors/messages.json");

/// What each field holds: the form of [`crate::decode`], and what stands before it there.
const FIELDS: [(&str, u8, &[u8]); 17] = [
    ("mls_welcome", 0, &[]),
    ("mls_group_info", 0, &[]),
    ("mls_key_package", 0, &[]),
    ("public_message_application", 0, &[]),
    ("public_message_proposal", 0, &[]),
    ("public_message_commit", 0, &[]),
    ("private_message", 0, &[]),
    ("add_proposal", 4, &[0, 1]),
    ("update_proposal", 4, &[0, 2]),
    ("remove_proposal", 4, &[0, 3]),
    ("pre_shared_key_proposal", 4, &[0, 4]),
    ("re_init_proposal", 4, &[0, 5]),
    ("external_init_proposal", 4, &[0, 6]),
    ("group_context_extensions_proposal", 4, &[0, 7]),
    ("group_context_extensions_proposal", 15, &[]),
    ("pre_shared_key_proposal", 12, &[]),
    ("commit", 5, &[]),
];

/// Inputs of [`crate::decode`].
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let vectors: Vec<BTreeMap<String, String>> = serde_json::from_str(MESSAGES).unwrap();
    let of_one = |vector: &BTreeMap<String, String>| {
        FIELDS.map(|(field, form, before)| {
            join(form, &[before, &hex::decode(&vector[field]).unwrap()[..]].concat())
        })
    };
    vectors.iter().flat_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use copath_codec::Decode;
    use copath_messages::{MlsMessage, Proposal};

    use super::*;

    /// A seed that isn't what its form says leads nowhere.
    #[test]
    fn seeds_are_what_they_should_be() {
        for seed in seeds() {
            let (form, octets) = seed.split_first().unwrap();
            match form {
                0 => drop(MlsMessage::from_bytes(octets).unwrap()),
                4 => drop(Proposal::from_bytes(octets).unwrap()),
                _ => {}
            }
        }
        assert_eq!(seeds().len(), 7 * FIELDS.len());
    }
}
