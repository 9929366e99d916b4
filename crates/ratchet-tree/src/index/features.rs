//! How many leaves support what.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use copath_credentials::CredentialType;
use copath_crypto::CipherSuite;
use copath_messages::{ExtensionType, ProposalType, ProtocolVersion};

use super::shared_map::SharedMap;
use crate::node::{LeafView, code_points};

/// Something that a leaf may list in its capabilities.
///
/// RFC 9420 §7.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// A protocol version.
    Version(ProtocolVersion),
    /// A cipher suite.
    CipherSuite(CipherSuite),
    /// An extension type; the default ones of RFC 9420 count as listed by all.
    Extension(ExtensionType),
    /// A proposal type; the default ones of RFC 9420 count as listed by all.
    Proposal(ProposalType),
    /// A credential type.
    Credential(CredentialType),
}

impl Feature {
    /// Whether every member supports it without listing it (RFC 9420 §7.2).
    pub fn is_default(self) -> bool {
        match self {
            Self::Extension(kind) => kind.is_default(),
            Self::Proposal(kind) => kind.is_default(),
            Self::Version(_) | Self::CipherSuite(_) | Self::Credential(_) => false,
        }
    }

    /// Category and code point. The categories are numbered as the lists of Capabilities stand on the wire.
    fn parts(self) -> (usize, u16) {
        match self {
            Self::Version(version) => (0, version.0),
            Self::CipherSuite(suite) => (1, suite.0),
            Self::Extension(kind) => (2, kind.0),
            Self::Proposal(kind) => (3, kind.0),
            Self::Credential(kind) => (4, kind.0),
        }
    }

    /// Whether a leaf with these capabilities supports it.
    pub(crate) fn is_listed(self, capabilities: &[&[u8]; 5]) -> bool {
        let (category, code) = self.parts();
        self.is_default()
            || capabilities.get(category).is_some_and(|list| code_points(list).any(|listed| listed == code))
    }
}

/// What one leaf lists, sorted: looking up many features doesn't cost as much as the lists are long each time.
pub(crate) struct Listed(Vec<(usize, u16)>);

impl Listed {
    pub(crate) fn of(capabilities: &[&[u8]; 5]) -> Self {
        let octets = capabilities.iter().fold(0usize, |sum, list| sum.saturating_add(list.len()));
        let mut listed = Vec::with_capacity(octets / 2);
        for (category, list) in capabilities.iter().enumerate() {
            listed.extend(code_points(list).map(|code| (category, code)));
        }
        listed.sort_unstable();
        listed.dedup();
        Self(listed)
    }

    /// Whether the leaf supports `feature`.
    pub(crate) fn supports(&self, feature: Feature) -> bool {
        feature.is_default() || self.0.binary_search(&feature.parts()).is_ok()
    }
}

/// Category of the credential types that leaves have, beside those that they list.
const IN_USE: usize = 5;

/// For each code point the number of leaves that list it, once a leaf; and the credential types that leaves have.
#[derive(Clone, Default)]
pub(crate) struct FeatureCounts {
    listed: SharedMap,
    in_use: SharedMap,
}

/// Changes to the counts, gathered over an edit.
#[derive(Default, Debug)]
pub(crate) struct Tally(BTreeMap<u64, i64>);

impl FeatureCounts {
    /// The number of leaves that list `feature`.
    pub(crate) fn listing(&self, feature: Feature) -> u32 {
        let (category, code) = feature.parts();
        self.listed.values(map_key(category, code)).next().unwrap_or(0)
    }

    /// The credential types that leaves have, each with their number.
    pub(crate) fn credential_types(&self) -> Vec<(CredentialType, u32)> {
        let pairs = self.in_use.pairs().into_iter();
        pairs.map(|(key, count)| (CredentialType(code_point(key)), count)).collect()
    }

    /// Brings the changes that wait into the maps ([`SharedMap::settle`]).
    pub(crate) fn settle(&mut self) {
        self.listed.settle();
        self.in_use.settle();
    }

    /// Applies the changes.
    pub(crate) fn apply(&mut self, tally: &Tally) {
        for (&key, &change) in tally.0.iter().filter(|(_, change)| **change != 0) {
            let map =
                if key == map_key(IN_USE, code_point(key)) { &mut self.in_use } else { &mut self.listed };
            let before = map.values(key).next().unwrap_or(0);
            let after = u32::try_from(i64::from(before).saturating_add(change)).unwrap_or(0);
            map.remove(key, before);
            if after > 0 {
                map.insert(key, after);
            }
        }
    }
}

impl Tally {
    /// Counts one leaf out and another one in.
    pub(crate) fn replace(&mut self, old: Option<&LeafView<'_>>, new: Option<&LeafView<'_>>) {
        if let (Some(old), Some(new)) = (old, new)
            && old.capabilities == new.capabilities
            && old.credential_type == new.credential_type
        {
            return;
        }
        for (leaf, by) in [(old, -1), (new, 1)] {
            if let Some(leaf) = leaf {
                self.change(&leaf.capabilities, leaf.credential_type, by);
            }
        }
    }

    /// Counts as many equal leaves in or out at once.
    fn change(&mut self, capabilities: &[&[u8]; 5], credential_type: u16, by: i64) {
        let lists = capabilities.iter().enumerate();
        let mut keys: Vec<u64> = lists
            .flat_map(|(category, list)| code_points(list).map(move |code| map_key(category, code)))
            .collect();
        keys.push(map_key(IN_USE, credential_type));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let count = self.0.entry(key).or_default();
            *count = count.saturating_add(by);
        }
    }
}

/// Counts many leaves in. Neighbours that list the same, as most do, are counted together.
#[derive(Default)]
pub(crate) struct BulkTally {
    tally: Tally,
    /// The lists and the credential type of the leaves that aren't counted yet.
    lists: [Vec<u8>; 5],
    credential_type: u16,
    equal: i64,
}

impl BulkTally {
    pub(crate) fn add(&mut self, leaf: &LeafView<'_>) {
        let same = self.lists.iter().zip(leaf.capabilities).all(|(ours, list)| *ours == list);
        if !same || self.credential_type != leaf.credential_type {
            self.flush();
            for (ours, list) in self.lists.iter_mut().zip(leaf.capabilities) {
                ours.clear();
                ours.extend_from_slice(list);
            }
            self.credential_type = leaf.credential_type;
        }
        self.equal = self.equal.saturating_add(1);
    }

    pub(crate) fn finish(mut self) -> Tally {
        self.flush();
        self.tally
    }

    fn flush(&mut self) {
        let capabilities = self.lists.each_ref().map(Vec::as_slice);
        let equal = core::mem::take(&mut self.equal);
        if equal != 0 {
            self.tally.change(&capabilities, self.credential_type, equal);
        }
    }
}

/// The code point stands in front, where the map branches.
fn map_key(category: usize, code: u16) -> u64 {
    (u64::from(code) << 48) | u64::try_from(category).unwrap_or(u64::MAX >> 16)
}

fn code_point(key: u64) -> u16 {
    (key >> 48) as u16
}
