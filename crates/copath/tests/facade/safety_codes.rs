//! Safety codes, and the QR codes that show them.

use copath::{Credential, Error, Group, Misuse, SafetyCode, SafetyCodeKind};

use crate::people::{NOW, People, group_of};

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// A group of three.
fn group() -> Vec<Group> {
    let people = People::new(&NAMES);
    group_of(&[0, 1, 2].map(|person| people.client(person)))
}

/// The code of two members as the first of them sees it.
fn pair(groups: &[Group], own: usize, other: usize) -> SafetyCode {
    let name = Credential::basic(NAMES[other].as_bytes());
    let member = groups[own].members().find(|member| member.credential == name).unwrap();
    groups[own].pair_safety_code(member.handle).unwrap()
}

#[test]
fn both_of_a_pair_see_one_code_and_other_pairs_another() {
    let groups = group();
    let codes = [(0, 1), (0, 2), (1, 2)].map(|(a, b)| {
        assert_eq!(pair(&groups, a, b), pair(&groups, b, a));
        assert_eq!(pair(&groups, a, b).kind(), SafetyCodeKind::Pair);
        pair(&groups, a, b)
    });
    assert!(codes[0] != codes[1] && codes[1] != codes[2] && codes[0] != codes[2]);
}

#[test]
fn all_members_see_one_code_of_the_epoch() {
    let groups = group();
    let codes: Vec<SafetyCode> = groups.iter().map(|group| group.epoch_safety_code().unwrap()).collect();
    assert!(codes.iter().all(|code| *code == codes[0] && code.kind() == SafetyCodeKind::Epoch));
    assert_ne!(codes[0], group()[0].epoch_safety_code().unwrap());
    assert_ne!(codes[0].digits(), pair(&groups, 0, 1).digits());
}

#[test]
fn a_commit_changes_all_codes() {
    let mut groups = group();
    let before = (pair(&groups, 0, 1), groups[0].epoch_safety_code().unwrap());
    let stale = groups[0].find_member(groups[1].client().identities()[0].signature_key()).unwrap().handle;
    let commit = groups[2].commit().update().prepare(NOW).unwrap();
    groups[2].accept_commit().unwrap();
    groups[0].receive_and_merge(&commit, NOW).unwrap();
    // Bob hasn't got the commit yet.
    assert_ne!(pair(&groups, 0, 1), pair(&groups, 1, 0));
    groups[1].receive_and_merge(&commit, NOW).unwrap();
    assert_eq!(pair(&groups, 0, 1), pair(&groups, 1, 0));
    let after = (pair(&groups, 0, 1), groups[0].epoch_safety_code().unwrap());
    assert!(before.0 != after.0 && before.1 != after.1);
    let error = groups[0].pair_safety_code(stale).unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::Group(_))));
}

#[test]
fn there_is_no_code_with_oneself_and_none_after_leaving() {
    let mut groups = group();
    let own = groups[0].own_handle();
    assert_eq!(groups[0].pair_safety_code(own), Err(Misuse::OwnSafetyCode.into()));
    let carol = groups[2].client().identities()[0].signature_key().to_vec();
    let carol = groups[0].find_member(&carol).unwrap().handle;
    let commit = groups[0].commit().remove(carol).prepare(NOW).unwrap();
    groups[2].receive_and_merge(&commit, NOW).unwrap();
    assert!(groups[2].epoch_safety_code().is_err());
    let alice = groups[2].members().next().unwrap().handle;
    assert!(groups[2].pair_safety_code(alice).is_err());
}

/// Reads a matrix of modules as a camera does.
fn scan(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
    const MODULE: usize = 4;
    let light = |x: usize, y: usize| if is_dark(x / MODULE, y / MODULE) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * MODULE, side * MODULE, light);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn pictures_are_read_back_by_another_implementation() {
    let groups = group();
    let own = pair(&groups, 0, 1);
    let qr = own.to_qr_code().unwrap();
    let side = usize::try_from(qr.size()).unwrap() + 8;

    let terminal: Vec<Vec<char>> = qr.to_terminal().lines().map(|line| line.chars().collect()).collect();
    assert_eq!((terminal.len(), terminal[0].len()), (side.div_ceil(2), side));
    let in_terminal = |x: usize, y: usize| match (terminal[y / 2][x], y % 2) {
        (' ', _) | ('▄', 0) | ('▀', 1) => true,
        ('█', _) | ('▄', _) | ('▀', _) => false,
        (other, _) => unreachable!("{other}"),
    };
    let svg = qr.to_svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    let in_svg = |x: usize, y: usize| svg.contains(&format!("M{x},{y}h1v1h-1z"));
    for is_dark in [&in_terminal as &dyn Fn(usize, usize) -> bool, &in_svg] {
        let scanned = SafetyCode::from_text(&scan(side, is_dark)).unwrap();
        assert_eq!(scanned, pair(&groups, 1, 0));
    }
    assert!(!qr.is_dark(u32::MAX, 0) && qr.is_dark(0, 0));
}
