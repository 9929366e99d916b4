//! A realm: the records under one data key, what they are stored under, and how it is known that none is missing,
//! old or added.

use std::collections::BTreeMap;

use copath_records::{Record, RecordKey, RecordKind, Store, StoreError};
use zeroize::Zeroizing;

use crate::envelope::DataKey;
use crate::keys::{BLIND, Entry, RealmKeys};
use crate::octets::{Octets, push_counted};
use crate::sum::Sum;

/// The kind of all our records in the store below.
pub(crate) const SEALED: RecordKind = RecordKind(0xe0);

/// The records of a scope: the rest of the name, and the entry in the sum.
pub(crate) type Members = BTreeMap<Box<[u8]>, Entry>;

/// Octets of a scope's prefix: kind; two integers; two blinded segments.
const SCOPE_PREFIX: usize = 1 + 2 * 5 + 2 * (2 + BLIND);

/// Stands for the first segment of a key that has none; no segment starts with this octet.
const NO_SEGMENT: &[u8] = &[0xff];

/// Where a record lies in the store below.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) inner: RecordKey,
    pub(crate) scope: ScopeId,
}

/// The records of one kind with one first segment, such as all ratchets of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScopeId {
    pub(crate) first: Vec<u8>,
    pub(crate) kind: u8,
}

/// What is known of all records with one first segment.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// The entry in the root's sum.
    pub(crate) entry: Entry,
    pub(crate) scopes: BTreeMap<u8, Scope>,
}

/// What is known of a scope.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) sum: Sum,
    /// Known once they have all been read and compared with the sum.
    pub(crate) members: Option<Members>,
}

/// A record that was opened.
pub(crate) struct Opened {
    pub(crate) entry: Entry,
    pub(crate) key: RecordKey,
    pub(crate) record: Record,
}

/// The records under one data key.
pub(crate) struct Realm {
    pub(crate) number: u32,
    pub(crate) keys: RealmKeys,
    /// The sum over the heads.
    pub(crate) sum: Sum,
    /// By first segment.
    pub(crate) heads: BTreeMap<Vec<u8>, Head>,
}

impl Realm {
    pub(crate) fn empty(key: &DataKey) -> Self {
        Self {
            number: key.realm,
            keys: RealmKeys::new(&key.key),
            sum: Sum::default(),
            heads: BTreeMap::new(),
        }
    }

    /// Where the record of `key` lies.
    pub(crate) fn name(&self, key: &RecordKey) -> Name {
        let inner = self.prefix(key);
        let first = key.segments().encoded();
        let scope = ScopeId { first: first.unwrap_or_default().to_vec(), kind: key.kind().0 };
        match first {
            Some(_) => Name { inner, scope },
            None => Name {
                inner: inner.push_bytes(&self.keys.blind(&[&[scope.kind], NO_SEGMENT].concat())),
                scope,
            },
        }
    }

    /// What the names of all keys that start with `prefix` start with.
    pub(crate) fn prefix(&self, prefix: &RecordKey) -> RecordKey {
        let mut path = vec![prefix.kind().0];
        let mut inner = self.records().push_bytes(&self.keys.blind(&path));
        let mut segments = prefix.segments();
        while let Some(segment) = segments.encoded() {
            path.extend_from_slice(segment);
            inner = inner.push_bytes(&self.keys.blind(&path));
        }
        inner
    }

    /// What the names of a scope start with.
    pub(crate) fn scope_prefix(&self, scope: &ScopeId) -> RecordKey {
        let first = if scope.first.is_empty() { NO_SEGMENT } else { &scope.first };
        self.records()
            .push_bytes(&self.keys.blind(&[scope.kind]))
            .push_bytes(&self.keys.blind(&[&[scope.kind], first].concat()))
    }

    pub(crate) fn head_name(&self, first: &[u8]) -> RecordKey {
        self.heads_prefix().push_bytes(&self.keys.blind(&[b"\xffhead", first].concat()))
    }

    fn heads_prefix(&self) -> RecordKey {
        RecordKey::new(SEALED).push_u32(2).push_u32(self.number)
    }

    fn records(&self) -> RecordKey {
        RecordKey::new(SEALED).push_u32(3).push_u32(self.number)
    }

    /// The entry of the record, in a scope that is known.
    pub(crate) fn entry(&self, name: &Name) -> Option<Entry> {
        let members = self.scope(&name.scope)?.members.as_ref()?;
        members.get(suffix(&name.inner)).copied()
    }

    pub(crate) fn scope(&self, scope: &ScopeId) -> Option<&Scope> {
        self.heads.get(&scope.first)?.scopes.get(&scope.kind)
    }

    /// The names of up to `most` records of a scope that is known.
    pub(crate) fn names(&self, scope: &ScopeId, most: usize) -> Result<Vec<RecordKey>, StoreError> {
        let start = self.scope_prefix(scope);
        let names = self.scope(scope).and_then(|scope| scope.members.as_ref()).into_iter().flatten();
        names.take(most).map(|(suffix, _)| joined(&start, suffix)).collect()
    }

    /// The names of a scope that is known which start with `prefix`.
    pub(crate) fn names_below(
        &self,
        scope: &ScopeId,
        prefix: &RecordKey,
    ) -> Result<Vec<RecordKey>, StoreError> {
        let start = self.scope_prefix(scope);
        let Some(members) = self.scope(scope).and_then(|scope| scope.members.as_ref()) else {
            return Ok(Vec::new());
        };
        below(members, suffix(prefix)).map(|(suffix, _)| joined(&start, suffix)).collect()
    }

    /// The scopes that hold keys which start with `prefix`.
    pub(crate) fn scopes_below(&self, prefix: &RecordKey) -> Vec<ScopeId> {
        let kind = prefix.kind().0;
        let ids = match prefix.segments().encoded() {
            Some(first) => vec![first.to_vec()],
            None => self.heads.keys().cloned().collect(),
        };
        let ids = ids.into_iter().map(|first| ScopeId { first, kind });
        ids.filter(|scope| self.scope(scope).is_some()).collect()
    }

    /// Makes the members of a scope known.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if they aren't those that were written.
    pub(crate) fn verify(&mut self, inner: &dyn Store, scope: &ScopeId) -> Result<(), StoreError> {
        if self.scope(scope).is_none_or(|scope| scope.members.is_some()) {
            return Ok(());
        }
        let found = self.read_all(inner, &self.scope_prefix(scope))?;
        self.compare(scope, &self.scope_prefix(scope), &found.iter().collect::<Vec<_>>())
    }

    /// The record of `key`.
    pub(crate) fn load(&mut self, inner: &dyn Store, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        let name = self.name(key);
        self.verify(inner, &name.scope)?;
        match (inner.load(&name.inner)?, self.entry(&name)) {
            (None, None) => Ok(None),
            (Some(sealed), Some(_)) => {
                self.open_known(&name.inner, &name.scope, &sealed).map(|it| Some(it.record))
            }
            _ => Err(StoreError::Corrupt),
        }
    }

    /// Opens a record of a scope that is known.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it isn't the last that was written.
    pub(crate) fn open_known(
        &self,
        inner: &RecordKey,
        scope: &ScopeId,
        sealed: &Record,
    ) -> Result<Opened, StoreError> {
        let opened = self.open(inner, sealed)?;
        let known = self.entry(&Name { inner: inner.clone(), scope: scope.clone() });
        if known == Some(opened.entry) { Ok(opened) } else { Err(StoreError::Corrupt) }
    }

    /// All records whose key starts with `prefix`, in no particular order.
    pub(crate) fn scan(&mut self, inner: &dyn Store, prefix: &RecordKey) -> Result<Vec<Opened>, StoreError> {
        let wanted = self.prefix(prefix);
        let scopes = self.scopes_below(prefix);
        let known = scopes.iter().all(|id| self.scope(id).is_some_and(|scope| scope.members.is_some()));
        let read = match scopes.as_slice() {
            [scope] if !known && wanted.as_octets().len() > SCOPE_PREFIX => self.scope_prefix(scope),
            _ => wanted.clone(),
        };
        let found = self.read_all(inner, &read)?;
        let mut parts: BTreeMap<&[u8], Vec<&(RecordKey, Opened)>> = BTreeMap::new();
        for item in &found {
            let scope = item.0.as_octets().get(..SCOPE_PREFIX).ok_or(StoreError::Corrupt)?;
            parts.entry(scope).or_default().push(item);
        }
        for scope in &scopes {
            let part = parts.remove(self.scope_prefix(scope).as_octets()).unwrap_or_default();
            self.compare(scope, &read, &part)?;
        }
        if !parts.is_empty() {
            return Err(StoreError::Corrupt);
        }
        let wanted = found.into_iter().filter(|(name, _)| name.starts_with(&wanted));
        Ok(wanted.map(|(_, opened)| opened).collect())
    }

    /// Compares what was found of a scope below `read` with what was written.
    fn compare(
        &mut self,
        id: &ScopeId,
        read: &RecordKey,
        found: &[&(RecordKey, Opened)],
    ) -> Result<(), StoreError> {
        let mut sum = Sum::default();
        found.iter().for_each(|(_, opened)| sum.add(opened.entry));
        let members: Members =
            found.iter().map(|(name, opened)| (suffix(name).into(), opened.entry)).collect();
        let scope = self.heads.get_mut(&id.first).and_then(|head| head.scopes.get_mut(&id.kind));
        let scope = scope.ok_or(StoreError::Corrupt)?;
        let equal = match &scope.members {
            Some(known) => below(known, suffix(read)).eq(members.iter()),
            None => sum == scope.sum,
        };
        if !equal {
            return Err(StoreError::Corrupt);
        }
        scope.members.get_or_insert(members);
        Ok(())
    }

    fn read_all(
        &self,
        inner: &dyn Store,
        prefix: &RecordKey,
    ) -> Result<Vec<(RecordKey, Opened)>, StoreError> {
        let sealed = inner.scan(prefix)?;
        sealed.into_iter().map(|(name, sealed)| Ok((name.clone(), self.open(&name, &sealed)?))).collect()
    }

    /// Seals a record. Content: version u64; counted key; record.
    pub(crate) fn seal(
        &self,
        name: &RecordKey,
        version: u64,
        key: &RecordKey,
        record: &Record,
    ) -> Result<Record, StoreError> {
        let length = record.len().saturating_add(key.as_octets().len()).saturating_add(12);
        let mut content = Zeroizing::new(Vec::with_capacity(length));
        content.extend_from_slice(&version.to_be_bytes());
        push_counted(&mut content, key.as_octets())?;
        content.extend_from_slice(record.expose());
        self.keys.seal(name, content)
    }

    pub(crate) fn open(&self, name: &RecordKey, sealed: &Record) -> Result<Opened, StoreError> {
        let content = self.keys.open(name, sealed)?;
        let mut octets = Octets(&content);
        let version = octets.u64()?;
        let key = RecordKey::from_octets(octets.counted()?.to_vec()).ok_or(StoreError::Corrupt)?;
        Ok(Opened { entry: self.keys.entry(name, version, sealed)?, key, record: Record::copy_of(octets.0) })
    }

    /// Seals a head. Content: version u64; counted first segment; for each kind its number and sum.
    pub(crate) fn seal_head<'a>(
        &self,
        first: &[u8],
        version: u64,
        scopes: impl Iterator<Item = (u8, &'a Sum)>,
    ) -> Result<Record, StoreError> {
        let mut content = Zeroizing::new(version.to_be_bytes().to_vec());
        push_counted(&mut content, first)?;
        for (kind, sum) in scopes {
            content.push(kind);
            sum.write(&mut content);
        }
        self.keys.seal(&self.head_name(first), content)
    }

    /// Reads all heads and compares them with `sum`.
    pub(crate) fn load_heads(&mut self, inner: &dyn Store, sum: Sum) -> Result<(), StoreError> {
        let (mut heads, mut found) = (BTreeMap::new(), Sum::default());
        for (name, sealed) in inner.scan(&self.heads_prefix())? {
            let content = self.keys.open(&name, &sealed)?;
            let mut octets = Octets(&content);
            let version = octets.u64()?;
            let first = octets.counted()?.to_vec();
            let entry = self.keys.entry(&name, version, &sealed)?;
            let mut head = Head { entry, scopes: BTreeMap::new() };
            while !octets.0.is_empty() {
                let (kind, sum) = (octets.u8()?, Sum::read(&mut octets)?);
                head.scopes.insert(kind, Scope { sum, members: None });
            }
            found.add(entry);
            heads.insert(first, head);
        }
        if found != sum {
            return Err(StoreError::Corrupt);
        }
        (self.heads, self.sum) = (heads, sum);
        Ok(())
    }
}

/// The rest of a name after its scope.
pub(crate) fn suffix(name: &RecordKey) -> &[u8] {
    name.as_octets().get(SCOPE_PREFIX..).unwrap_or_default()
}

fn joined(start: &RecordKey, suffix: &[u8]) -> Result<RecordKey, StoreError> {
    RecordKey::from_octets([start.as_octets(), suffix].concat()).ok_or(StoreError::Corrupt)
}

/// The members whose suffix starts with this one.
pub(crate) fn below<'a>(
    members: &'a Members,
    start: &'a [u8],
) -> impl Iterator<Item = (&'a Box<[u8]>, &'a Entry)> + 'a {
    let from = (core::ops::Bound::Included(start), core::ops::Bound::Unbounded);
    members.range::<[u8], _>(from).take_while(move |(suffix, _)| suffix.starts_with(start))
}
