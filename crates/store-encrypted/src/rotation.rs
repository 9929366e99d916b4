//! Another secret, and other data keys.

use std::sync::MutexGuard;

use copath_records::{Record, StateDelta, Store, StoreError};

use crate::EncryptedStore;
use crate::batch::{self, prepare_envelope};
use crate::envelope::{DataKey, Envelope};
use crate::realm::{Realm, ScopeId};
use crate::secret::{Derivation, PassphraseCost, StoreSecret};
use crate::state::{Envelopes, Knowledge, State, envelope_name};

/// How far sealing all records anew has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reencryption {
    /// Some records are still under the old data key; the store works meanwhile.
    UnderWay,
    /// All records are under the present data key, and no other is kept.
    Finished,
}

impl<S: Store> EncryptedStore<S> {
    /// Replaces the secret that opens the store, or the cost of its passphrase: one record is written.
    ///
    /// The data key stays, so whoever had the old secret and a copy of the old file can open later copies of the
    /// records: after a theft, [`begin_reencryption`](Self::begin_reencryption) as well.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if `old` isn't the secret; those of the store below. Keep both secrets until a call has
    /// succeeded, since a failed one may have taken place: call again, which then does nothing.
    pub fn rekey(&self, old: &StoreSecret, new: &StoreSecret) -> Result<(), StoreError> {
        let mut state = self.lock_anew()?;
        let mut envelope = match self.envelope(&state, old) {
            // Whoever has the present secret may be told that a call before has taken place.
            Err(StoreError::WrongKey) if self.envelope(&state, new).is_ok() => {
                return self.make_durable(&mut state);
            }
            other => other?,
        };
        envelope.serial = next(envelope.serial)?;
        let sealed = envelope.seal(new)?;
        self.replace_envelope(&mut state, (&envelope, sealed), |_| {})
    }

    /// What trying a passphrase costs; `None` if a key opens the store. Below what an application wants by now,
    /// [`rekey`](Self::rekey) with the same passphrase raises it.
    ///
    /// # Errors
    /// Those of the store below.
    pub fn passphrase_cost(&self) -> Result<Option<PassphraseCost>, StoreError> {
        let sealed = self.inner.load(&envelope_name())?.ok_or(StoreError::Corrupt)?;
        match Envelope::derivation(&sealed)? {
            Derivation::None => Ok(None),
            Derivation::Argon2id { cost, .. } => Ok(Some(cost)),
        }
    }

    /// Draws a new data key; every record that is written from now on is sealed with it, and
    /// [`continue_reencryption`](Self::continue_reencryption) brings the others over. Does nothing if that is under
    /// way.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if `secret` isn't the secret; those of the store below: call again.
    pub fn begin_reencryption(&self, secret: &StoreSecret) -> Result<(), StoreError> {
        let mut state = self.lock_anew()?;
        if state.realms.len() > 1 {
            return self.make_durable(&mut state);
        }
        let mut envelope = self.envelope(&state, secret)?;
        envelope.serial = next(envelope.serial)?;
        let number = state.present()?.number.checked_add(1).ok_or(StoreError::Full)?;
        let key = DataKey::random(number)?;
        let realm = Realm::empty(&key);
        envelope.keys.insert(0, key);
        let sealed = envelope.seal(secret)?;
        state.realms.insert(0, realm);
        let undo = |state: &mut State| drop(state.realms.remove(0));
        self.replace_envelope(&mut state, (&envelope, sealed), undo)
    }

    /// Seals up to about `records` more records with the present data key, as one batch; at the end the old data key
    /// is erased. After a crash it goes on where it was: call it until it says [`Reencryption::Finished`].
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if `secret` isn't the secret; those of the store below.
    pub fn continue_reencryption(
        &self,
        secret: &StoreSecret,
        records: usize,
    ) -> Result<Reencryption, StoreError> {
        let mut state = self.lock_anew()?;
        let Some(realm) = state.realms.get_mut(1) else {
            return self.make_durable(&mut state).map(|()| Reencryption::Finished);
        };
        let delta = next_records(realm, &self.inner, records.max(1))?;
        if !delta.is_empty() {
            if let Some(batch) = batch::prepare(&mut state, &self.inner, &delta)? {
                self.carry_out(&mut state, batch)?;
            }
            return Ok(Reencryption::UnderWay);
        }
        self.drop_old_key(&mut state, secret)?;
        Ok(Reencryption::Finished)
    }

    /// Whether records are being sealed anew.
    ///
    /// # Errors
    /// Those of [`generation`](Self::generation).
    pub fn reencryption(&self) -> Result<Reencryption, StoreError> {
        let under_way = self.lock()?.realms.len() > 1;
        Ok(if under_way { Reencryption::UnderWay } else { Reencryption::Finished })
    }

    fn drop_old_key(&self, state: &mut State, secret: &StoreSecret) -> Result<(), StoreError> {
        let mut envelope = self.envelope(state, secret)?;
        envelope.serial = next(envelope.serial)?;
        envelope.keys.truncate(1);
        let sealed = envelope.seal(secret)?;
        let retired = state.realms.pop();
        let undo = |state: &mut State| state.realms.extend(retired);
        self.replace_envelope(state, (&envelope, sealed), undo)
    }

    /// The envelope, if it is the one that the store was opened with.
    fn envelope(&self, state: &State, secret: &StoreSecret) -> Result<Envelope, StoreError> {
        let sealed = self.inner.load(&envelope_name())?.ok_or(StoreError::Corrupt)?;
        let envelope = Envelope::open(&sealed, secret)?;
        let numbers = envelope.keys.iter().map(|key| key.realm);
        let equal = numbers.eq(state.realms.iter().map(|realm| realm.number));
        if equal && envelope.serial == state.serial { Ok(envelope) } else { Err(StoreError::Corrupt) }
    }

    /// The state, as it is stored by now.
    fn lock_anew(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.lock()?;
        state.refresh(&self.inner)?;
        Ok(state)
    }

    /// Commits a batch that replaces the envelope. If it fails, finds out what became of it: the root tells which data
    /// keys the store has. If it hasn't taken place, another batch keeps it away. If nothing can be read or written
    /// now, it is with the next call, whichever that is.
    fn replace_envelope(
        &self,
        state: &mut State,
        (envelope, sealed): (&Envelope, Record),
        undo: impl FnOnce(&mut State),
    ) -> Result<(), StoreError> {
        let prepared = prepare_envelope(state, envelope, sealed.duplicate());
        let Err(error) = prepared.and_then(|batch| self.carry_out(state, batch)) else { return Ok(()) };
        undo(state);
        if state.knowledge == Knowledge::Certain {
            return Err(error);
        }
        state.possible.push(Envelopes::of(envelope));
        if state.settle(&self.inner).is_err() {
            return Err(error);
        }
        match self.inner.load(&envelope_name()) {
            Ok(Some(found)) if found.expose() == sealed.expose() => self.make_durable(state),
            _ => {
                let kept_away = batch::prepare_generation(state, 0)?;
                let _ = self.carry_out(state, kept_away);
                Err(error)
            }
        }
    }
}

fn next(serial: u64) -> Result<u64, StoreError> {
    serial.checked_add(1).ok_or(StoreError::Full)
}

/// The next records of a retiring realm, to be put again.
fn next_records(realm: &mut Realm, inner: &dyn Store, most: usize) -> Result<StateDelta, StoreError> {
    let mut delta = StateDelta::new();
    let scopes: Vec<_> = realm
        .heads
        .iter()
        .flat_map(|(first, head)| {
            head.scopes.keys().map(|kind| ScopeId { first: first.clone(), kind: *kind })
        })
        .take(most)
        .collect();
    for scope in scopes {
        realm.verify(inner, &scope)?;
        for name in realm.names(&scope, most.saturating_sub(delta.len()))? {
            let sealed = inner.load(&name)?.ok_or(StoreError::Corrupt)?;
            let opened = realm.open_known(&name, &scope, &sealed)?;
            delta.put(opened.key, opened.record);
        }
        if delta.len() >= most {
            break;
        }
    }
    Ok(delta)
}
