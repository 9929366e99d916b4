//! Filling all pages at once.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_tree_math::NodeIndex;

use super::place::{LEVELS, SLOTS, TOP, slots_of_level, top_slots};
use super::{Page, PageKey, Pages};
use crate::TreeError;

/// Appends what is kept for a node; nothing for a blank one.
pub(crate) type WriteNode<'w> = &'w mut dyn FnMut(NodeIndex, &mut Vec<u8>) -> Result<(), TreeError>;

impl Pages {
    /// Replaces all nodes by what `write` gives, and counts leaves. No hash is up to date then.
    pub(crate) fn fill(&mut self, write: WriteNode<'_>) -> Result<(), TreeError> {
        fill(&mut self.root, PageKey::top(self.size), top_slots(self.size), (write, &mut Vec::new()))
    }
}

fn fill(
    page: &mut Arc<Page>,
    key: PageKey,
    slots: usize,
    (write, room): (WriteNode<'_>, &mut Vec<u8>),
) -> Result<(), TreeError> {
    let page = Arc::make_mut(page);
    for (number, child) in page.children_mut().iter_mut().enumerate() {
        if let (Some(child), Some(key)) = (child, key.child(number)) {
            fill(child, key, SLOTS, (&mut *write, &mut *room))?;
        }
    }
    page.fill(room, |slot, octets| if slot < slots { write(key.node(slot), octets) } else { Ok(()) })?;
    for level in 0..LEVELS {
        for slot in slots_of_level(level) {
            let count = count(page, key, slot);
            page.set_count(slot, count);
        }
    }
    Ok(())
}

/// The filled leaves below one node, whose children are counted.
fn count(page: &Page, key: PageKey, slot: usize) -> u32 {
    match slot.trailing_ones().checked_sub(1) {
        Some(level) => {
            let half = 1usize << level;
            page.count(slot.saturating_sub(half)).saturating_add(page.count(slot.saturating_add(half)))
        }
        None if key.tier() == 0 => u32::from(page.node(slot).is_some()),
        None => {
            let below = |number| page.child(number).map_or(0, |child| child.count(TOP));
            below(slot).saturating_add(below(slot.saturating_add(1)))
        }
    }
}
