//! Keys: order, prefixes, reading back.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    Bytes(Vec<u8>),
    U64(u64),
    U32(u32),
}

fn segment() -> impl Strategy<Value = Segment> {
    prop_oneof![
        prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0x14), Just(0x18), any::<u8>()], 0..12)
            .prop_map(Segment::Bytes),
        prop_oneof![0u64..4, any::<u64>()].prop_map(Segment::U64),
        prop_oneof![0u32..4, any::<u32>()].prop_map(Segment::U32),
    ]
}

fn build(segments: &[Segment]) -> RecordKey {
    segments.iter().fold(RecordKey::new(RecordKind::GROUP), |key, segment| match segment {
        Segment::Bytes(octets) => key.push_bytes(octets),
        Segment::U64(value) => key.push_u64(*value),
        Segment::U32(value) => key.push_u32(*value),
    })
}

fn read(key: &RecordKey) -> Vec<Segment> {
    let mut segments = key.segments();
    let mut all = vec![];
    while !segments.is_empty() {
        let next = segments.bytes().map(|octets| Segment::Bytes(octets.to_vec()));
        let next = next.or_else(|| segments.u64().map(Segment::U64));
        all.push(next.or_else(|| segments.u32().map(Segment::U32)).expect("one of the three"));
    }
    all
}

proptest! {
    #[test]
    fn segments_are_read_back(segments in prop::collection::vec(segment(), 0..6)) {
        let key = build(&segments);
        prop_assert_eq!(read(&key), segments);
        prop_assert_eq!(RecordKey::from_octets(key.as_octets().to_vec()), Some(key));
    }

    #[test]
    fn prefixes_are_those_of_the_segments(
        a in prop::collection::vec(segment(), 0..5),
        b in prop::collection::vec(segment(), 0..3),
        shared in 0usize..5,
    ) {
        let mut longer: Vec<Segment> = a.iter().take(shared).cloned().collect();
        longer.extend(b);
        prop_assert_eq!(build(&longer).starts_with(&build(&a)), longer.starts_with(&a));
    }

    #[test]
    fn prefix_end_bounds_the_prefix(
        a in prop::collection::vec(segment(), 0..4),
        b in prop::collection::vec(segment(), 0..4),
    ) {
        let (prefix, other) = (build(&a), build(&b));
        let end = prefix.prefix_end().expect("the kind is not 0xff");
        let inside = other.as_octets() >= prefix.as_octets() && other.as_octets() < end.as_slice();
        prop_assert_eq!(inside, other.starts_with(&prefix));
    }

    #[test]
    fn integers_sort_numerically(a: u64, b: u64, c: u32, d: u32) {
        let key = || RecordKey::new(RecordKind::RATCHET).push_bytes(b"group");
        prop_assert_eq!(key().push_u64(a).cmp(&key().push_u64(b)), a.cmp(&b));
        prop_assert_eq!(key().push_u32(c).cmp(&key().push_u32(d)), c.cmp(&d));
    }

    #[test]
    fn any_octets_are_a_key_or_refused(octets in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some(key) = RecordKey::from_octets(octets.clone()) {
            prop_assert_eq!(key.as_octets(), octets.as_slice());
            let rebuilt = build(&read(&key));
            prop_assert_eq!(&rebuilt.as_octets()[1..], &octets[1..]);
        }
    }
}

#[test]
fn format_is_stable() {
    let key = RecordKey::new(RecordKind::SKIPPED_KEY).push_bytes(b"id").push_u64(258).push_u32(7);
    let expected = [5, 1, 2, b'i', b'd', 0x18, 0, 0, 0, 0, 0, 0, 1, 2, 0x14, 0, 0, 0, 7];
    assert_eq!(key.as_octets(), expected);
    assert_eq!(RecordKey::new(RecordKind::GROUP).push_bytes(b"").as_octets(), [1, 0]);
    let long = RecordKey::new(RecordKind::GROUP).push_bytes(&[9; 300]);
    assert_eq!(long.as_octets()[..5], [1, 2, 1, 44, 9]);
    assert_eq!(long.as_octets().len(), 304);
    assert_eq!(alloc::format!("{:?}", RecordKey::new(RecordKind::GROUP).push_bytes(b"")), "GROUP:00");
}

#[test]
fn malformed_keys_are_refused() {
    for octets in [
        &[][..],
        &[1, 0x14, 0, 0, 0],
        &[1, 0x18, 0, 0, 0, 0, 0, 0, 0],
        &[1, 1, 2, 0],
        &[1, 1],
        &[1, 1, 0],
        &[1, 2, 0, 1, 7],
        &[1, 9, 0],
        &[1, 8, 255, 255, 255, 255, 255, 255, 255, 255],
    ] {
        assert_eq!(RecordKey::from_octets(octets.to_vec()), None, "{octets:?}");
    }
}

#[test]
fn segments_of_another_type_are_not_taken() {
    let key = RecordKey::new(RecordKind::GROUP).push_u32(5);
    let mut segments = key.segments();
    assert_eq!((segments.u64(), segments.bytes()), (None, None));
    assert_eq!(segments.u32(), Some(5));
    assert_eq!((segments.is_empty(), segments.u32()), (true, None));
}

#[test]
fn a_prefix_of_all_ones_has_no_end() {
    assert_eq!(RecordKey::new(RecordKind(0xff)).prefix_end(), None);
    assert_eq!(RecordKey::new(RecordKind(0xfe)).prefix_end(), Some(vec![0xff]));
}

#[test]
fn segments_are_read_as_the_key_holds_them() {
    let key = RecordKey::new(RecordKind::GROUP).push_bytes(b"id").push_u64(1).push_u32(7);
    let mut segments = key.segments();
    let encoded: Vec<_> = core::iter::from_fn(|| segments.encoded()).collect();
    assert_eq!(encoded, [&b"\x01\x02id"[..], b"\x18\0\0\0\0\0\0\0\x01", b"\x14\0\0\0\x07"]);
    assert_eq!(key.as_octets()[1..], encoded.concat());
}
