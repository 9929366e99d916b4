//! What keys mean.

use alloc::vec::Vec;

use super::{Verdict, below, claim, puts};
use crate::{RecordKey, RecordKind, StateDelta, Store, StoreError};

/// Keys of all forms, some of which begin alike in octets but not in segments.
fn keys() -> Vec<RecordKey> {
    let mut keys = Vec::new();
    for kind in [RecordKind::GROUP, RecordKind::TREE_PAGE, RecordKind(0x7f), RecordKind(0xdf)] {
        let bare = RecordKey::new(kind);
        keys.push(bare.clone());
        for id in [&b""[..], b"\0", b"a", b"aa", b"a\xff", b"\xff", b"\xff\xff", &[7; 300]] {
            let group = bare.clone().push_bytes(id);
            keys.push(group.clone());
            for n in [0, 1, 255, 256, u32::MAX] {
                keys.push(group.clone().push_u32(n));
            }
            keys.push(group.clone().push_u64(1).push_u32(2).push_u32(0));
            keys.push(group.push_u64(u64::MAX).push_bytes(b"a"));
        }
        keys.push(bare.clone().push_u32(7));
        keys.push(bare.clone().push_u64(7));
        keys.push(bare.push_u32(7).push_u32(7));
    }
    keys
}

pub(super) fn prefixes<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let store = open("prefixes")?;
    let mut keys = keys();
    store.commit(&puts(keys.iter().map(|key| (key, key.as_octets()))))?;
    keys.sort();
    for prefix in &keys {
        let expected = keys.iter().filter(|key| key.starts_with(prefix));
        let found = below(&store, prefix)?;
        claim!(
            found.iter().map(|(key, _)| key).eq(expected),
            "a scan returns what starts with its segments, in order"
        );
        claim!(
            found.iter().all(|(key, content)| key.as_octets() == content),
            "a scan returns each record under its key"
        );
    }
    // Every third, so that later prefixes still have something to delete.
    for prefix in keys.clone().iter().rev().step_by(3) {
        let mut delta = StateDelta::new();
        delta.delete_prefix(prefix.clone());
        store.commit(&delta)?;
        keys.retain(|key| !key.starts_with(prefix));
        let kind = below(&store, &RecordKey::new(prefix.kind()))?;
        let expected = keys.iter().filter(|key| key.kind() == prefix.kind());
        claim!(
            kind.iter().map(|(key, _)| key).eq(expected),
            "a delete by prefix deletes what starts with it, and no more"
        );
    }
    Ok(Ok(()))
}

pub(super) fn order<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let store = open("order of keys")?;
    let group = RecordKey::new(RecordKind::RATCHET).push_bytes(b"group");
    let keys: Vec<_> = (0..2000_u32).map(|n| group.clone().push_u32(n.wrapping_mul(0x9e37_79b1))).collect();
    store.commit(&puts(keys.iter().map(|key| (key, key.as_octets()))))?;
    let mut sorted: Vec<_> = keys.iter().filter_map(|key| key.segments().nth_u32()).collect();
    sorted.sort_unstable();
    let found: Vec<_> =
        below(&store, &group)?.iter().filter_map(|(key, _)| key.segments().nth_u32()).collect();
    claim!(found == sorted, "a scan returns integers by value");
    Ok(Ok(()))
}

impl crate::Segments<'_> {
    /// The integer after the group.
    fn nth_u32(mut self) -> Option<u32> {
        self.bytes()?;
        self.u32()
    }
}
