//! A batch: what it comes to, sealed, with the heads and the root that answer for it.

use std::collections::BTreeMap;

use copath_records::{Operation, Record, RecordKey, StateDelta, Store, StoreError};

use crate::envelope::Envelope;
use crate::keys::Entry;
use crate::realm::{Head, Name, Realm, Scope, ScopeId, suffix};
use crate::state::{Root, State, envelope_name, root_name};
use crate::sum::Sum;

/// What a name holds after the batch.
struct Effect<'a> {
    scope: ScopeId,
    put: Option<(&'a RecordKey, &'a Record)>,
}

/// The effects on one realm, by name.
type Effects<'a> = BTreeMap<RecordKey, Effect<'a>>;

/// A batch for the store below, and what is known once it is durable.
pub(crate) struct Batch {
    pub(crate) delta: StateDelta,
    generation: u64,
    serial: u64,
    root: Record,
    realms: Vec<RealmAfter>,
}

/// What changes in one realm.
struct RealmAfter {
    sum: Sum,
    /// The heads that changed: their scopes' sums, none for those that are gone.
    heads: BTreeMap<Vec<u8>, HeadAfter>,
    members: Vec<(ScopeId, Box<[u8]>, Option<Entry>)>,
}

/// A head that changes.
struct HeadAfter {
    sums: BTreeMap<u8, Sum>,
    entry: Entry,
}

/// The batch for `delta`; `None` if it comes to nothing.
///
/// # Errors
/// [`StoreError::Conflict`] if an expectation isn't met, [`StoreError::Corrupt`] if a scope that is written to isn't
/// what it was.
pub(crate) fn prepare(
    state: &mut State,
    inner: &dyn Store,
    delta: &StateDelta,
) -> Result<Option<Batch>, StoreError> {
    for operation in delta {
        if let Operation::Expect(key, expected) = operation {
            let found = state.load_record(inner, key)?;
            if found.as_ref().map(Record::expose) != expected.as_ref().map(Record::expose) {
                return Err(StoreError::Conflict);
            }
        }
    }
    let mut effects = Vec::new();
    for (position, realm) in state.realms.iter_mut().enumerate() {
        let puts = if position == 0 { Puts::Stay } else { Puts::Move };
        effects.push(effects_on(realm, inner, delta, puts)?);
    }
    if effects.iter().all(BTreeMap::is_empty) {
        return Ok(None);
    }
    seal(state, effects, state.serial).map(Some)
}

/// The batch that changes no record, for a new envelope, which comes sealed.
pub(crate) fn prepare_envelope(
    state: &State,
    envelope: &Envelope,
    sealed: Record,
) -> Result<Batch, StoreError> {
    let effects = state.realms.iter().map(|_| Effects::new()).collect();
    let mut batch = seal(state, effects, envelope.serial)?;
    batch.delta.put(envelope_name(), sealed);
    Ok(batch)
}

/// The batch that changes nothing but the generation, which becomes `generation` if it is less.
pub(crate) fn prepare_generation(state: &State, generation: u64) -> Result<Batch, StoreError> {
    let effects = state.realms.iter().map(|_| Effects::new()).collect();
    let next = state.generation.checked_add(1).ok_or(StoreError::Full)?;
    seal_as(state, effects, state.serial, next.max(generation))
}

/// Whether a record that is put stays in this realm or moves to another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Puts {
    Stay,
    Move,
}

fn effects_on<'a>(
    realm: &mut Realm,
    inner: &dyn Store,
    delta: &'a StateDelta,
    puts: Puts,
) -> Result<Effects<'a>, StoreError> {
    let mut effects = Effects::new();
    for operation in delta {
        match operation {
            Operation::Expect(..) => {}
            Operation::Put(key, record) => {
                let put = (puts == Puts::Stay).then_some((key, record));
                let name = realm.name(key);
                set(realm, inner, &mut effects, name, put)?;
            }
            Operation::Delete(key) => {
                let name = realm.name(key);
                set(realm, inner, &mut effects, name, None)?;
            }
            Operation::DeletePrefix(prefix) => {
                let doomed = realm.prefix(prefix);
                for effect in effects.iter_mut().filter(|(name, _)| name.starts_with(&doomed)) {
                    effect.1.put = None;
                }
                for scope in realm.scopes_below(prefix) {
                    realm.verify(inner, &scope)?;
                    for name in realm.names_below(&scope, &doomed)? {
                        effects.entry(name).or_insert(Effect { scope: scope.clone(), put: None });
                    }
                }
            }
        }
    }
    effects.retain(|name, effect| {
        effect.put.is_some()
            || realm.entry(&Name { inner: name.clone(), scope: effect.scope.clone() }).is_some()
    });
    Ok(effects)
}

fn set<'a>(
    realm: &mut Realm,
    inner: &dyn Store,
    effects: &mut Effects<'a>,
    name: Name,
    put: Option<(&'a RecordKey, &'a Record)>,
) -> Result<(), StoreError> {
    realm.verify(inner, &name.scope)?;
    effects.insert(name.inner, Effect { scope: name.scope, put });
    Ok(())
}

fn seal(state: &State, effects: Vec<Effects<'_>>, serial: u64) -> Result<Batch, StoreError> {
    let generation = state.generation.checked_add(1).ok_or(StoreError::Full)?;
    seal_as(state, effects, serial, generation)
}

fn seal_as(
    state: &State,
    effects: Vec<Effects<'_>>,
    serial: u64,
    generation: u64,
) -> Result<Batch, StoreError> {
    let mut delta = StateDelta::new();
    delta.expect(root_name(), Some(state.root.duplicate()));
    let mut realms = Vec::new();
    for (realm, effects) in state.realms.iter().zip(effects) {
        realms.push(seal_realm(realm, effects, generation, &mut delta)?);
    }
    let sums = state.realms.iter().zip(&realms).map(|(realm, after)| (realm.number, after.sum));
    let root = Root { generation, serial, realms: sums.collect() }.seal(state.present()?)?;
    delta.put(root_name(), root.duplicate());
    Ok(Batch { delta, generation, serial, root, realms })
}

fn seal_realm(
    realm: &Realm,
    effects: Effects<'_>,
    generation: u64,
    delta: &mut StateDelta,
) -> Result<RealmAfter, StoreError> {
    let mut after = RealmAfter { sum: realm.sum, heads: BTreeMap::new(), members: Vec::new() };
    for (inner, Effect { scope, put }) in effects {
        let name = Name { inner, scope };
        let head =
            after.heads.entry(name.scope.first.clone()).or_insert_with(|| head_before(realm, &name.scope));
        let sum = head.sums.entry(name.scope.kind).or_default();
        if let Some(entry) = realm.entry(&name) {
            sum.remove(entry);
        }
        let member = suffix(&name.inner).into();
        if let Some((key, record)) = put {
            let sealed = realm.seal(&name.inner, generation, key, record)?;
            let entry = realm.keys.entry(&name.inner, generation, &sealed)?;
            sum.add(entry);
            delta.put(name.inner, sealed);
            after.members.push((name.scope, member, Some(entry)));
        } else {
            delta.delete(name.inner);
            after.members.push((name.scope, member, None));
        }
    }
    seal_heads(realm, &mut after, generation, delta)?;
    Ok(after)
}

fn head_before(realm: &Realm, scope: &ScopeId) -> HeadAfter {
    let head = realm.heads.get(&scope.first);
    let sums = head.iter().flat_map(|head| &head.scopes).map(|(kind, scope)| (*kind, scope.sum)).collect();
    HeadAfter { sums, entry: Entry::default() }
}

fn seal_heads(
    realm: &Realm,
    after: &mut RealmAfter,
    generation: u64,
    delta: &mut StateDelta,
) -> Result<(), StoreError> {
    for (first, HeadAfter { sums, entry }) in &mut after.heads {
        sums.retain(|_, sum| *sum != Sum::default());
        let name = realm.head_name(first);
        if let Some(head) = realm.heads.get(first) {
            after.sum.remove(head.entry);
        }
        if sums.is_empty() {
            delta.delete(name);
        } else {
            let sealed = realm.seal_head(first, generation, sums.iter().map(|(kind, sum)| (*kind, sum)))?;
            *entry = realm.keys.entry(&name, generation, &sealed)?;
            after.sum.add(*entry);
            delta.put(name, sealed);
        }
    }
    Ok(())
}

impl Batch {
    /// Makes known what the batch has made durable.
    pub(crate) fn install(self, state: &mut State) {
        (state.generation, state.serial, state.root) = (self.generation, self.serial, self.root);
        for (realm, after) in state.realms.iter_mut().zip(self.realms) {
            after.install(realm);
        }
    }
}

impl RealmAfter {
    fn install(self, realm: &mut Realm) {
        realm.sum = self.sum;
        for (first, HeadAfter { sums, entry }) in self.heads {
            if sums.is_empty() {
                realm.heads.remove(&first);
                continue;
            }
            let head = realm.heads.entry(first).or_default();
            head.entry = entry;
            head.scopes.retain(|kind, _| sums.contains_key(kind));
            for (kind, sum) in sums {
                let scope = head.scopes.entry(kind);
                // A scope that wasn't there has no other members than those that follow.
                scope.or_insert_with(|| Scope { sum, members: Some(BTreeMap::new()) }).sum = sum;
            }
        }
        for (id, suffix, entry) in self.members {
            let scope =
                realm.heads.get_mut(&id.first).and_then(|head: &mut Head| head.scopes.get_mut(&id.kind));
            let Some(members) = scope.and_then(|scope| scope.members.as_mut()) else { continue };
            match entry {
                Some(entry) => members.insert(suffix, entry),
                None => members.remove(&suffix),
            };
        }
    }
}
