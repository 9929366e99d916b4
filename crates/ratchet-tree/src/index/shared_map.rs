//! A persistent map from 64-bit keys to 32-bit values.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// Entries of a bucket before it is split.
const SPLIT: usize = 48;
/// Entries of four buckets that are merged again.
const MERGE: usize = 16;
/// Branches above a bucket at most: two bits of the key each.
const MAX_DEPTH: u32 = 32;

/// Changes that wait before they are brought into the trie at any rate.
const MAX_WAITING: usize = 128;

/// A multimap of (key, value) pairs; clones share all that doesn't change.
///
/// A trie over the key's leading bits, so keys have to be evenly spread: keyed fingerprints, or scrambled numbers.
/// Changes wait beside it until [`SharedMap::settle`]: when the map that this one came from is gone, they need no copy
/// of what they change.
#[derive(Clone, Default)]
pub(super) struct SharedMap {
    root: Arc<Trie>,
    /// What isn't in the trie yet, each pair once.
    waiting: Vec<Waiting>,
}

#[derive(Clone)]
enum Trie {
    Bucket(Vec<Entry>),
    Branch([Arc<Trie>; 4]),
}

/// A key in two halves, so that an entry takes twelve octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    high: u32,
    low: u32,
    value: u32,
}

/// A pair that was added or removed.
#[derive(Clone, Copy)]
struct Waiting {
    entry: Entry,
    change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Removed,
}

impl SharedMap {
    /// The map of all these pairs, made at once.
    pub(super) fn of(pairs: impl Iterator<Item = (u64, u32)>) -> Self {
        let mut entries: Vec<Entry> = pairs.map(|(key, value)| Entry::new(key, value)).collect();
        entries.sort_unstable();
        entries.dedup();
        Self { root: Arc::new(build(&entries, 0)), waiting: Vec::new() }
    }

    /// The values of `key`, ascending.
    pub(super) fn values(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let changed = self.waiting.iter().any(|waiting| waiting.entry.key() == key);
        let merged = if changed { self.merged_values(key) } else { Vec::new() };
        let stored = (!changed).then(|| self.stored_values(key));
        stored.into_iter().flatten().chain(merged)
    }

    /// The values that the trie has for `key`, ascending.
    fn stored_values(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let mut trie = &*self.root;
        let mut depth = 0;
        let bucket: &[Entry] = loop {
            match trie {
                Trie::Bucket(bucket) => break bucket,
                Trie::Branch(branches) => match branches.get(branch(key, depth)) {
                    Some(next) => trie = next,
                    None => break &[],
                },
            }
            depth += 1;
        };
        let start = bucket.partition_point(|entry| entry.key() < key);
        let found = bucket.get(start..).unwrap_or_default();
        found.iter().take_while(move |entry| entry.key() == key).map(|entry| entry.value)
    }

    /// The values of `key` with the changes that wait, ascending.
    fn merged_values(&self, key: u64) -> Vec<u32> {
        let mut values: Vec<u32> = self.stored_values(key).collect();
        for Waiting { entry, change } in self.waiting.iter().filter(|waiting| waiting.entry.key() == key) {
            values.retain(|value| *value != entry.value);
            if *change == Change::Added {
                values.push(entry.value);
            }
        }
        values.sort_unstable();
        values
    }

    /// Adds a pair; adding it twice is adding it once.
    pub(super) fn insert(&mut self, key: u64, value: u32) {
        self.note(Entry::new(key, value), Change::Added);
    }

    /// Removes a pair, if it is there.
    pub(super) fn remove(&mut self, key: u64, value: u32) {
        self.note(Entry::new(key, value), Change::Removed);
    }

    fn note(&mut self, entry: Entry, change: Change) {
        match self.waiting.iter_mut().find(|waiting| waiting.entry == entry) {
            Some(waiting) => waiting.change = change,
            None => {
                if self.waiting.len() >= MAX_WAITING {
                    self.settle();
                }
                self.waiting.push(Waiting { entry, change });
            }
        }
    }

    /// Brings the changes that wait into the trie: in place where no other map shares it, else in copies.
    pub(super) fn settle(&mut self) {
        for Waiting { entry, change } in core::mem::take(&mut self.waiting) {
            match change {
                Change::Added => insert(&mut self.root, entry, 0),
                Change::Removed => {
                    remove(&mut self.root, entry, 0);
                }
            }
        }
    }

    /// The same map, settled.
    fn settled(&self) -> Self {
        let mut settled = self.clone();
        settled.settle();
        settled
    }

    /// The second value of each pair of neighbours with equal keys.
    pub(super) fn repeated(&self) -> Vec<u32> {
        let (mut before, mut repeated) = (None, Vec::new());
        collect(&self.settled().root, &mut |entry| {
            if before.replace(entry.key()) == Some(entry.key()) {
                repeated.push(entry.value);
            }
        });
        repeated
    }

    /// All pairs, in the order of their keys.
    pub(super) fn pairs(&self) -> Vec<(u64, u32)> {
        let mut all = Vec::new();
        collect(&self.settled().root, &mut |entry| all.push((entry.key(), entry.value)));
        all
    }
}

impl Default for Trie {
    fn default() -> Self {
        Self::Bucket(Vec::new())
    }
}

impl Entry {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the key")]
    fn new(key: u64, value: u32) -> Self {
        Self { high: (key >> 32) as u32, low: key as u32, value }
    }

    fn key(self) -> u64 {
        (u64::from(self.high) << 32) | u64::from(self.low)
    }
}

/// The branch that `key` takes at `depth`.
fn branch(key: u64, depth: u32) -> usize {
    let shift = 62u32.saturating_sub(depth.saturating_mul(2));
    usize::try_from((key >> shift) & 3).unwrap_or(0)
}

fn insert(trie: &mut Arc<Trie>, entry: Entry, depth: u32) {
    match Arc::make_mut(trie) {
        Trie::Bucket(bucket) => {
            let Err(at) = bucket.binary_search(&entry) else { return };
            bucket.reserve_exact(1);
            bucket.insert(at, entry);
            if bucket.len() > SPLIT && depth < MAX_DEPTH {
                *trie = Arc::new(split(bucket, depth));
            }
        }
        Trie::Branch(branches) => {
            if let Some(next) = branches.get_mut(branch(entry.key(), depth)) {
                insert(next, entry, depth.saturating_add(1));
            }
        }
    }
}

/// The trie of these entries, ascending, below `depth` branches.
fn build(entries: &[Entry], depth: u32) -> Trie {
    if entries.len() <= SPLIT || depth >= MAX_DEPTH {
        Trie::Bucket(entries.to_vec())
    } else {
        split(entries, depth)
    }
}

fn split(entries: &[Entry], depth: u32) -> Trie {
    let part = |number: usize| {
        let start = entries.partition_point(|entry| branch(entry.key(), depth) < number);
        let end = entries.partition_point(|entry| branch(entry.key(), depth) <= number);
        Arc::new(build(entries.get(start..end).unwrap_or_default(), depth.saturating_add(1)))
    };
    Trie::Branch([part(0), part(1), part(2), part(3)])
}

/// Removes an entry; returns how many are left of a bucket, for merging.
fn remove(trie: &mut Arc<Trie>, entry: Entry, depth: u32) -> Option<usize> {
    match Arc::make_mut(trie) {
        Trie::Bucket(bucket) => {
            if let Ok(at) = bucket.binary_search(&entry) {
                bucket.remove(at);
            }
            Some(bucket.len())
        }
        Trie::Branch(branches) => {
            let next = branches.get_mut(branch(entry.key(), depth))?;
            // Only below a bucket that is small by itself are its neighbours worth a look.
            remove(next, entry, depth.saturating_add(1)).filter(|left| *left <= MERGE)?;
            let merged = merge(branches)?;
            let left = merged.len();
            *trie = Arc::new(Trie::Bucket(merged));
            Some(left)
        }
    }
}

/// The entries of four small buckets in one.
fn merge(branches: &[Arc<Trie>; 4]) -> Option<Vec<Entry>> {
    let mut total = 0usize;
    for next in branches {
        match &**next {
            Trie::Bucket(bucket) => total = total.saturating_add(bucket.len()),
            Trie::Branch(_) => return None,
        }
    }
    (total <= MERGE).then(|| {
        let mut all = Vec::with_capacity(total);
        for next in branches {
            collect(next, &mut |entry| all.push(entry));
        }
        all
    })
}

fn collect(trie: &Trie, visit: &mut impl FnMut(Entry)) {
    match trie {
        Trie::Bucket(bucket) => bucket.iter().copied().for_each(visit),
        Trie::Branch(branches) => branches.iter().for_each(|next| collect(next, visit)),
    }
}

#[cfg(test)]
mod tests;
