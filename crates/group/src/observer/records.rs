//! An observer as records.
//!
//! Kinds of their own, so that a store can hold a member's and an observer's view of one group. The epoch before is
//! kept as the difference to the present one.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{Opaque, Reader, Writer};
use copath_crypto::{CryptoProvider, Secret, Suite};
use copath_messages::GroupId;
use copath_ratchet_tree::{PageChange, PageKey, RatchetTree};
use copath_records::{RecordKey, RecordKind, StateDelta, Store, wrap_payload};
use copath_tree_math::LeafIndex;

use super::{Life, PublicChange, PublicGroup};
use crate::group::{GroupSettings, Lifecycle};
use crate::persistence::{
    Head, StoredPage, StoredPages, encode_head, encode_proposal, own_segments, payload, put, read_pages,
    read_proposal, read_record, stored_public_state, with_changes,
};
use crate::proposals::ProposalQueue;
use crate::public_state::PublicState;
use crate::transition::StateVersion;
use crate::{GroupError, StoredStateError};

const LIFE_ACTIVE: u8 = 0;
const LIFE_REINITIALIZED: u8 = 1;

fn key(kind: RecordKind, group_id: &GroupId) -> RecordKey {
    RecordKey::new(kind).push_bytes(group_id)
}

fn page_key(group_id: &GroupId, page: PageKey) -> RecordKey {
    key(RecordKind::OBSERVED_PAGE, group_id).push_u32(page.tier().into()).push_u32(page.index())
}

impl PublicGroup {
    /// All records of the observer, for one that has just begun.
    ///
    /// # Errors
    /// A part of the state is too large to be encoded.
    pub fn all_records(&self) -> Result<StateDelta, GroupError> {
        let group_id = self.group_id();
        let mut delta = Self::delete_records(group_id);
        put(&mut delta, key(RecordKind::OBSERVED_GROUP, group_id), encode_state(&self.public, self.life)?);
        for (page, octets) in self.public.tree().pages()? {
            delta.put(page_key(group_id, page), wrap_payload(&octets));
        }
        Ok(delta)
    }

    /// Deletes all records of an observed group.
    pub fn delete_records(group_id: &GroupId) -> StateDelta {
        let mut delta = StateDelta::new();
        for kind in [
            RecordKind::OBSERVED_GROUP,
            RecordKind::OBSERVED_PAGE,
            RecordKind::OBSERVED_PROPOSAL,
            RecordKind::OBSERVED_PREVIOUS,
        ] {
            delta.delete_prefix(key(kind, group_id));
        }
        delta
    }

    pub(super) fn delta_of(&self, change: &PublicChange) -> Result<StateDelta, GroupError> {
        let group_id = self.group_id();
        let mut delta = StateDelta::new();
        let (entered, life) = match change {
            PublicChange::Queue(proposal) => {
                let key = key(RecordKind::OBSERVED_PROPOSAL, group_id).push_u64(proposal.position);
                put(&mut delta, key, encode_proposal(proposal)?);
                return Ok(delta);
            }
            PublicChange::Enter { public, life } => {
                let previous = encode_previous(&self.public, public)?;
                put(&mut delta, key(RecordKind::OBSERVED_PREVIOUS, group_id), previous);
                (public, *life)
            }
            PublicChange::GoBack(previous) => {
                delta.delete(key(RecordKind::OBSERVED_PREVIOUS, group_id));
                (previous, Life::Active)
            }
        };
        put(&mut delta, key(RecordKind::OBSERVED_GROUP, group_id), encode_state(entered, life)?);
        for (page, octets) in entered.tree().changed_pages(self.public.tree())? {
            match octets {
                Some(octets) => delta.put(page_key(group_id, page), wrap_payload(&octets)),
                None => delta.delete(page_key(group_id, page)),
            };
        }
        delta.delete_prefix(key(RecordKind::OBSERVED_PROPOSAL, group_id));
        Ok(delta)
    }

    /// Loads an observed group; `None` if the store has none of that id.
    ///
    /// # Errors
    /// The store fails, a record is damaged or of another version, or records don't fit together.
    pub fn load(
        store: &dyn Store,
        provider: &Arc<dyn CryptoProvider>,
        settings: &GroupSettings,
        group_id: &GroupId,
    ) -> Result<Option<Self>, GroupError> {
        let registrations = &settings.registrations;
        let context = registrations.decode_context();
        let Some(record) = store.load(&key(RecordKind::OBSERVED_GROUP, group_id))? else { return Ok(None) };
        let (life, head) = read_record(payload(&record)?, context, read_state)?;
        let suite = Suite::new(provider, head.context.cipher_suite)?;
        let pages = stored_pages(store, group_id)?;
        let previous = match store.load(&key(RecordKind::OBSERVED_PREVIOUS, group_id))? {
            None => None,
            Some(record) => {
                let (head, changes) = read_record(payload(&record)?, context, read_previous)?;
                let tree = RatchetTree::from_pages(&suite, with_changes(pages.clone(), changes))?;
                Some(stored_public_state(&suite, registrations, head, tree)?)
            }
        };
        let mut queue = ProposalQueue::default();
        for (key, record) in store.scan(&key(RecordKind::OBSERVED_PROPOSAL, group_id))? {
            let position = own_segments(&key).and_then(|mut segments| segments.u64());
            let position = position.ok_or(StoredStateError::Damaged)?;
            queue.insert(read_record(payload(&record)?, context, |r| read_proposal(r, position))?);
        }
        let public =
            stored_public_state(&suite, registrations, head, RatchetTree::from_pages(&suite, pages)?)?;
        Ok(Some(Self {
            policy: settings.policy.clone(),
            registrations: Arc::clone(registrations),
            public,
            queue,
            previous,
            life,
            version: StateVersion::default(),
        }))
    }
}

fn stored_pages(store: &dyn Store, group_id: &GroupId) -> Result<StoredPages, GroupError> {
    let mut pages = StoredPages::new();
    for (key, record) in store.scan(&key(RecordKind::OBSERVED_PAGE, group_id))? {
        let mut segments = own_segments(&key).ok_or(StoredStateError::Damaged)?;
        let (tier, index) = segments.u32().zip(segments.u32()).ok_or(StoredStateError::Damaged)?;
        let tier = u8::try_from(tier).map_err(|_| StoredStateError::Damaged)?;
        let page = PageKey::new(tier, index).ok_or(StoredStateError::Damaged)?;
        pages.insert(page, StoredPage::of(record)?);
    }
    Ok(pages)
}

fn encode_state(public: &PublicState, life: Life) -> Result<Secret, GroupError> {
    let mut writer = Writer::new();
    writer.u8(match life {
        Life::Active => LIFE_ACTIVE,
        Life::Reinitialized => LIFE_REINITIALIZED,
    });
    writer.bytes(encode_head(public, LeafIndex::FIRST, &Lifecycle::Active)?.expose());
    Ok(Secret::from(writer.finish()?))
}

fn read_state(reader: &mut Reader<'_>) -> Result<(Life, Head), copath_codec::DecodeError> {
    let at = reader.clone();
    let life = match reader.u8()? {
        LIFE_ACTIVE => Life::Active,
        LIFE_REINITIALIZED => Life::Reinitialized,
        value => return Err(at.error(copath_codec::DecodeErrorKind::Presence { value })),
    };
    Ok((life, Head::read(reader)?))
}

/// The state before a commit: its head, and the pages that the commit changed as they were.
fn encode_previous(before: &PublicState, after: &PublicState) -> Result<Secret, GroupError> {
    let mut writer = Writer::new();
    writer.opaque(encode_head(before, LeafIndex::FIRST, &Lifecycle::Active)?.expose());
    let pages = before.tree().changed_pages(after.tree())?;
    writer.vector(|w| {
        for (page, octets) in &pages {
            let octets = octets.as_deref().map(Opaque::from);
            w.u8(page.tier()).value(&page.index()).optional(octets.as_ref());
        }
    });
    Ok(Secret::from(writer.finish()?))
}

fn read_previous(reader: &mut Reader<'_>) -> Result<(Head, Vec<PageChange>), copath_codec::DecodeError> {
    let context = reader.context();
    let head = Head::read(&mut Reader::new(reader.opaque()?, context))?;
    Ok((head, reader.vector(read_pages)?))
}
