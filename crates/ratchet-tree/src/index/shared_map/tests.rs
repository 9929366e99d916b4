//! The map against an ordered set, before and after its changes are settled.

use super::*;
use alloc::collections::BTreeSet;

/// A fixed scramble of small numbers.
fn scrambled(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[test]
fn behaves_like_an_ordered_set_and_keeps_old_versions() {
    let mut map = SharedMap::default();
    let mut model = BTreeSet::new();
    let mut old = Vec::new();
    for step in 0..6000u64 {
        let n = scrambled(step);
        let (key, value) = (scrambled(n % 900), u32::try_from(n % 3).unwrap());
        let shrinking = (step / 1500) % 2 == 1;
        if n % 8 < if shrinking { 6 } else { 2 } {
            map.remove(key, value);
            model.remove(&(key, value));
        } else {
            map.insert(key, value);
            model.insert((key, value));
        }
        if step % 1000 == 0 {
            old.push((map.clone(), model.clone()));
        }
    }
    old.push((map, model));
    for (map, model) in old {
        assert!(map.pairs().into_iter().eq(model.iter().copied()));
        for (key, _) in &model {
            let expected = model.range((*key, 0)..=(*key, u32::MAX)).map(|(_, value)| *value);
            assert!(map.values(*key).eq(expected));
        }
    }
}

#[test]
fn settling_changes_nothing_that_can_be_seen() {
    let pairs = (0..5000u64).map(|n| (scrambled(n), 0));
    let old = SharedMap::of(pairs);
    let stored = old.pairs();
    let mut new = old.clone();
    for n in 0..60 {
        new.remove(scrambled(n), 0);
        new.insert(scrambled(n + 10_000), 1);
        new.insert(scrambled(n + 1000), 1);
    }
    let seen = |map: &SharedMap| {
        let looked_up = (0..11_000).map(|n| map.values(scrambled(n)).collect::<Vec<_>>());
        (looked_up.collect::<Vec<_>>(), map.pairs())
    };
    let before = seen(&new);
    assert_eq!(before.0[1000], [0, 1]);
    assert_eq!(before.1.len(), 5060);
    new.settle();
    assert!(new.waiting.is_empty());
    assert_eq!(seen(&new), before);
    assert_eq!(old.pairs(), stored, "what the other map shares was copied");
    drop(old);
    new.remove(scrambled(10_000), 1);
    new.insert(scrambled(0), 0);
    let before = seen(&new);
    new.settle();
    assert_eq!(seen(&new), before, "what nobody shares is changed in place");
}

#[test]
fn made_at_once_or_one_by_one_is_the_same() {
    for count in [0, 1, 48, 49, 5000] {
        let pairs = || (0..count).map(|n| (scrambled(n), u32::try_from(n).unwrap()));
        let (at_once, mut one_by_one) = (SharedMap::of(pairs()), SharedMap::default());
        pairs().for_each(|(key, value)| one_by_one.insert(key, value));
        assert_eq!(at_once.pairs(), one_by_one.pairs());
        assert!(pairs().all(|(key, value)| at_once.values(key).eq([value])));
    }
    let equal = SharedMap::of((0..100).map(|value| (42, value)));
    assert_eq!(equal.values(42).count(), 100);
    assert_eq!(equal.repeated().len(), 99);
}

#[test]
fn equal_keys_do_not_split_for_ever() {
    let mut map = SharedMap::default();
    for value in 0..500 {
        map.insert(42, value);
    }
    assert_eq!(map.values(42).count(), 500);
    assert_eq!(map.values(43).count(), 0);
    for value in 0..500 {
        map.remove(42, value);
    }
    assert!(map.pairs().is_empty());
}
