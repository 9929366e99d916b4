//! Order, loss, replay and forgery.

use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_crypto::Counting;

use super::*;

const SENDER: (LeafIndex, ContentKind) = (LeafIndex::FIRST, ContentKind::Application);

/// A tree, and the keys that its first leaf's application ratchet yields in order.
fn tree_and_keys(suite: &Suite, count: u32) -> (SecretTree, Vec<Keys>) {
    let mut sender = tree(suite, 2);
    let keys = (0..count).map(|_| send(&mut sender, suite, SENDER).unwrap());
    let keys = keys.map(|(_, key, nonce)| (key, nonce)).collect();
    (tree(suite, 2), keys)
}

// covers: 9.2-03, 6.3.1-11
#[test]
fn skipped_keys_remain_until_used_once() {
    let suite = suite();
    let (mut tree, keys) = tree_and_keys(&suite, 2);
    assert_eq!(receive(&mut tree, &suite, SENDER, 1).as_ref(), Ok(&keys[1]));
    rejected(receive(&mut tree, &suite, SENDER, 1), rule!("6.3.1-11"));
    assert_eq!(receive(&mut tree, &suite, SENDER, 0).as_ref(), Ok(&keys[0]));
    let before = dump(&tree);
    for replayed in [0, 1] {
        rejected(receive(&mut tree, &suite, SENDER, replayed), rule!("6.3.1-11"));
    }
    assert_eq!(dump(&tree), before);
    assert!(before.iter().all(|(record, _)| !matches!(record, SecretTreeRecord::Skipped(..))));
}

// covers: 15.3-04, 9.2-04
#[test]
fn any_order_inside_the_limits_works() {
    let suite = suite();
    for factor in [1, 3, 7, 9, 11, 13, 17, 19] {
        let (mut tree, keys) = tree_and_keys(&suite, 20);
        for at in (0..20u32).map(|i| (i * factor + 6) % 20) {
            let expected = &keys[usize::try_from(at).unwrap()];
            assert_eq!(receive(&mut tree, &suite, SENDER, at).as_ref(), Ok(expected));
        }
        assert_eq!(tree.next_generation(SENDER.0, SENDER.1), 20);
    }
}

// covers: 9.2-05
#[test]
fn a_forged_message_consumes_nothing() {
    let suite = suite();
    let (mut tree, keys) = tree_and_keys(&suite, 5);
    for (forged, genuine) in [(0, 0), (3, 3), (900, 1), (2, 2), (4, 4)] {
        let before = dump(&tree);
        drop(tree.peek(&suite, SENDER.0, SENDER.1, forged, &Limits::default()).unwrap());
        assert_eq!(dump(&tree), before);
        let expected = &keys[usize::try_from(genuine).unwrap()];
        assert_eq!(receive(&mut tree, &suite, SENDER, genuine).as_ref(), Ok(expected));
    }
}

// covers: 15.3-01
#[test]
fn the_oldest_skipped_keys_are_dropped_first() {
    let suite = suite();
    let limits = Limits { max_forward: 100, max_skipped: 4 };
    let (mut tree, keys) = tree_and_keys(&suite, 20);
    let mut at = |generation| receive_within(&mut tree, &suite, SENDER, generation, &limits);
    at(3).unwrap();
    // 0, 1 and 2 are kept; passing over 4 and 5 drops 0.
    at(6).unwrap();
    rejected(at(0), rule!("6.3.1-11"));
    assert_eq!(at(1).as_ref(), Ok(&keys[1]));
    // 2, 4 and 5 are left; passing over 7 to 16 leaves 13 to 16.
    at(17).unwrap();
    for gone in [2, 4, 5, 7, 12] {
        rejected(at(gone), rule!("6.3.1-11"));
    }
    for kept in [13, 14, 15, 16] {
        assert_eq!(at(kept).as_ref(), Ok(&keys[usize::try_from(kept).unwrap()]));
    }
    let none = Limits { max_forward: 100, max_skipped: 0 };
    receive_within(&mut tree, &suite, SENDER, 19, &none).unwrap();
    rejected(receive_within(&mut tree, &suite, SENDER, 18, &none), rule!("6.3.1-11"));
}

// covers: 15.3-02, 15.3-03
#[test]
fn too_far_ahead_is_refused_without_derivations() {
    let counting = Arc::new(Counting::new(copath_provider_rustcrypto::provider()));
    let provider: Arc<dyn copath_crypto::CryptoProvider> = counting.clone();
    let suite = Suite::new(&provider, copath_crypto::CipherSuite(1)).unwrap();
    let limits = Limits { max_forward: 10, max_skipped: 10 };
    let (mut tree, keys) = tree_and_keys(&suite, 30);
    for used in [false, true] {
        let next = if used { 1 } else { 0 };
        let (before, counts) = (dump(&tree), counting.counts());
        for ahead in [next + 11, next + 12, u32::MAX - 1, u32::MAX] {
            rejected(receive_within(&mut tree, &suite, SENDER, ahead, &limits), rule!("15.3-02"));
        }
        assert_eq!(counting.counts(), counts);
        assert_eq!(dump(&tree), before);
        assert_eq!(
            receive_within(&mut tree, &suite, SENDER, next, &limits).as_ref(),
            Ok(&keys[usize::from(used)])
        );
    }
    assert_eq!(receive_within(&mut tree, &suite, SENDER, 2 + 10, &limits).as_ref(), Ok(&keys[12]));
}

// covers: 6.3.2-05
#[test]
fn leaves_outside_the_tree_are_refused() {
    let suite = suite();
    let mut tree = tree(&suite, 2);
    let before = dump(&tree);
    for outside in [4, 5, u32::MAX >> 1] {
        let sender = (leaf(outside), ContentKind::Handshake);
        rejected(receive(&mut tree, &suite, sender, 0), rule!("6.3.2-05"));
        rejected(send(&mut tree, &suite, sender), rule!("6.3.2-05"));
    }
    assert_eq!(dump(&tree), before);
}

#[test]
fn a_change_from_another_state_is_refused() {
    let suite = suite();
    let mut tree = tree(&suite, 2);
    let one = tree.next(&suite, leaf(0), ContentKind::Handshake).unwrap();
    let two = tree.next(&suite, leaf(1), ContentKind::Handshake).unwrap();
    assert!(tree.is_current(&one.change) && tree.is_current(&two.change));
    tree.commit(one.change).unwrap();
    let before = dump(&tree);
    assert!(!tree.is_current(&two.change));
    assert_eq!(tree.commit(two.change), Err(KeyScheduleError::StaleChange));
    assert_eq!(dump(&tree), before);
}
