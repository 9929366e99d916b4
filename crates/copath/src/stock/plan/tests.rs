use std::collections::BTreeMap;

use copath_messages::Lifetime;

use super::super::entry::Made;
use super::*;

const DAY: u64 = 24 * 3600;
const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
const START: u64 = 1_700_000_000;

fn day(number: u64) -> Timestamp {
    Timestamp(START + number * DAY)
}

fn judge(policy: &StockPolicy, now: Timestamp) -> Judge<'_> {
    Judge { policy, now, present: vec![(SUITE, b"present".to_vec())] }
}

/// A package made on day 0 for 90 days, to which this has happened.
fn entry(name: u8, events: &[(Event, Timestamp)]) -> Entry {
    Entry {
        reference: vec![name],
        made: Made {
            suite: SUITE,
            reuse: Reuse::Once,
            lifetime: Lifetime { not_before: START - 3600, not_after: day(90).0 },
            fingerprint: b"present".to_vec(),
        },
        events: events.iter().copied().collect::<BTreeMap<_, _>>(),
    }
}

fn one_wanted() -> StockPolicy {
    StockPolicy::new().target(1, 0)
}

#[test]
fn a_package_counts_until_it_is_time_to_renew_it() {
    let policy = one_wanted();
    let package = entry(1, &[(Event::Published, day(0))]);
    let standing = |now| judge(&policy, now).standing(&package);
    assert_eq!(standing(day(0)), Standing::Published);
    assert_eq!(standing(Timestamp(day(60).0 - 1)), Standing::Published);
    assert_eq!(standing(day(60)), Standing::Due);
    assert!(judge(&policy, day(90)).can_be_found(&package));
    assert!(!judge(&policy, Timestamp(day(90).0 + 1)).can_be_found(&package));
    assert_eq!(judge(&policy, day(0)).renewal(&package), day(60));
}

#[test]
fn each_reason_to_replace_a_package_is_one_by_itself() {
    let policy = one_wanted();
    let standing = |package: &Entry| judge(&policy, day(1)).standing(package);
    let good = entry(1, &[]);
    assert_eq!(standing(&good), Standing::Waiting);
    let mut other = good.clone();
    other.made.fingerprint = b"former".to_vec();
    assert_eq!(standing(&other), Standing::Due);
    let mut other = good.clone();
    other.made.suite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
    assert_eq!(standing(&other), Standing::Due);
    let mut other = good.clone();
    other.made.lifetime.not_before = day(2).0;
    assert_eq!(standing(&other), Standing::Due);
    let mut other = good.clone();
    other.made.reuse = Reuse::LastResort;
    assert_eq!(standing(&other), Standing::Due, "none of last resort is wanted");
    assert_eq!(standing(&entry(1, &[(Event::Used, day(0))])), Standing::Due);
    let kept = StockPolicy::new().with_last_resort();
    assert_eq!(judge(&kept, day(1)).standing(&other), Standing::Waiting);
}

#[test]
fn a_package_that_somebody_has_is_kept_until_its_time_is_over() {
    let policy = one_wanted();
    let package = [entry(1, &[(Event::Published, day(0)), (Event::GivenOut, day(3))])];
    for now in [day(3), day(60), day(90)] {
        let judge = judge(&policy, now);
        assert_eq!(judge.standing(&package[0]), Standing::GivenOut);
        let plan = judge.plan(&package);
        assert_eq!(plan.make, [(SUITE, Reuse::Once, 1)]);
        assert!(plan.withdraw.is_empty() && plan.erase.is_empty());
    }
    assert_eq!(judge(&policy, day(91)).plan(&package).withdraw, [[1]]);
}

/// What is left of a package, round by round, if the application confirms that it is taken down or never does.
#[test]
fn private_keys_go_after_the_grace_and_the_reminder_with_them_or_with_its_time() {
    let policy = one_wanted();
    let withdrawn = (Event::Withdrawn, day(60));
    let down = (Event::TakenDown, day(61));
    let waits = [entry(1, &[withdrawn])];
    assert!(judge(&policy, Timestamp(day(67).0 - 1)).plan(&waits).erase.is_empty());
    let plan = judge(&policy, day(67)).plan(&waits);
    assert_eq!((plan.waited.as_slice(), plan.erase.as_slice()), (&[vec![1]][..], &[][..]));
    // A wrong clock may have made it seem so: the grace passes once more.
    let waited = (Event::Waited, day(67));
    let waits = [entry(1, &[withdrawn, waited])];
    assert!(judge(&policy, Timestamp(day(74).0 - 1)).plan(&waits).erase.is_empty());
    let plan = judge(&policy, day(74)).plan(&waits);
    assert_eq!((plan.erase.as_slice(), plan.forget.as_slice()), (&[vec![1]][..], &[][..]));
    let plan = judge(&policy, day(74)).plan(&[entry(1, &[withdrawn, waited, down])]);
    assert_eq!((plan.erase.as_slice(), plan.forget.as_slice()), (&[vec![1]][..], &[vec![1]][..]));

    let erased = [entry(1, &[withdrawn, (Event::Erased, day(67))])];
    let reminding = judge(&policy, day(90));
    assert!(reminding.is_to_be_taken_down(&erased[0]) && reminding.plan(&erased).forget.is_empty());
    assert_eq!(judge(&policy, day(91)).plan(&erased).forget, [[1]]);
    assert!(!judge(&policy, day(91)).is_to_be_taken_down(&erased[0]));
}

#[test]
fn a_package_that_nobody_finds_any_more_is_replaced() {
    let policy = one_wanted();
    let mut package = entry(1, &[(Event::Published, day(0)), (Event::TakenDown, day(2))]);
    let on_day_3 = judge(&policy, day(3));
    let plan = on_day_3.plan(std::slice::from_ref(&package));
    assert_eq!(plan.make, [(SUITE, Reuse::Once, 1)]);
    assert!(!on_day_3.can_be_found(&package));
    // Whoever has it already may still use it, as long as one that wasn't taken down.
    assert!(plan.withdraw.is_empty() && plan.erase.is_empty());
    assert_eq!(judge(&policy, day(60)).plan(std::slice::from_ref(&package)).withdraw, [[1]]);
    package.made.fingerprint = b"former".to_vec();
    assert_eq!(judge(&policy, day(3)).plan(&[package]).withdraw, [[1]]);
}

#[test]
fn what_was_withdrawn_for_no_reason_that_is_left_is_as_before() {
    let policy = one_wanted();
    for (events, standing) in [
        (&[][..], Standing::Waiting),
        (&[(Event::Published, day(0))][..], Standing::Published),
        (&[(Event::Published, day(0)), (Event::TakenDown, day(1))][..], Standing::Hidden),
        (&[(Event::Published, day(0)), (Event::GivenOut, day(0))][..], Standing::GivenOut),
    ] {
        let mut package = entry(1, events);
        package.events.insert(Event::Withdrawn, day(1));
        package.events.insert(Event::Waited, day(8));
        let judge = judge(&policy, day(9));
        assert_eq!(judge.standing(&package), standing);
        let plan = judge.plan(std::slice::from_ref(&package));
        assert_eq!((plan.restore.as_slice(), plan.erase.as_slice()), (&[vec![1]][..], &[][..]));
        assert_eq!(plan.make.is_empty(), matches!(standing, Standing::Waiting | Standing::Published));
    }
}

#[test]
fn a_used_package_is_forgotten_once_it_is_taken_down() {
    let policy = one_wanted();
    let used = [(Event::Published, day(0)), (Event::Used, day(2)), (Event::Erased, day(2))];
    let package = [entry(1, &used)];
    let judge = judge(&policy, day(3));
    assert_eq!(judge.standing(&package[0]), Standing::Over);
    assert!(judge.is_to_be_taken_down(&package[0]) && judge.plan(&package).forget.is_empty());
    for more in [Event::TakenDown, Event::GivenOut] {
        let events: Vec<_> = used.into_iter().chain([(more, day(3))]).collect();
        assert_eq!(judge.plan(&[entry(1, &events)]).forget, [[1]], "{more:?}");
    }
}

#[test]
fn a_clock_that_is_wrong_for_a_while_deletes_nothing_and_starts_the_grace_anew() {
    let policy = one_wanted();
    let used = |name, withdrawn, waited: &[Timestamp]| {
        let waited = waited.iter().map(|waited| (Event::Waited, *waited));
        let events = [(Event::Used, day(0)), (Event::Withdrawn, withdrawn)];
        [entry(name, &events.into_iter().chain(waited).collect::<Vec<_>>())]
    };
    // Withdrawn under a clock that stood before the package was made; withdrawn or looked at under one that was ahead.
    let cases = [used(1, Timestamp(7200), &[]), used(1, day(4000), &[]), used(1, day(1), &[day(4000)])];
    for package in cases {
        let plan = judge(&policy, day(9)).plan(&package);
        assert_eq!((plan.withdraw.as_slice(), plan.erase.as_slice()), (&[vec![1]][..], &[][..]));
    }
    assert_eq!(judge(&policy, day(9)).plan(&used(1, day(2), &[])).waited, [[1]]);
    assert!(judge(&policy, day(8)).plan(&used(1, day(2), &[])).waited.is_empty());
    // At the beginning of time everything is of the future: replaced, and kept.
    let plan = judge(&policy, Timestamp(0)).plan(&[entry(2, &[(Event::Published, day(0))])]);
    assert_eq!((plan.withdraw.as_slice(), plan.erase.as_slice()), (&[vec![2]][..], &[][..]));
    // At its end nothing overflows.
    let anew = [entry(1, &[(Event::Withdrawn, day(5)), (Event::Waited, day(67))])];
    let plan = judge(&policy, Timestamp(u64::MAX)).plan(&anew);
    assert_eq!(plan.erase, [[1]]);
    let at_the_end = entry(1, &[(Event::Withdrawn, Timestamp(u64::MAX))]);
    assert!(!judge(&policy, Timestamp(u64::MAX)).plan(&[at_the_end]).waited.is_empty());
}

#[test]
fn the_target_counts_what_is_made_and_not_uploaded_yet() {
    let policy = StockPolicy::new().target(3, 1).with_last_resort();
    let entries =
        [entry(1, &[]), entry(2, &[(Event::Published, day(0))]), entry(3, &[(Event::Used, day(1))])];
    let judge = judge(&policy, day(1));
    assert_eq!(judge.plan(&entries).make, [(SUITE, Reuse::Once, 1), (SUITE, Reuse::LastResort, 1)]);
    let status = judge.status(&entries);
    assert_eq!((status[0].published, status[0].waiting, status[0].to_make), (1, 1, 1));
    assert_eq!(status[0].renew_at, Some(day(60)));
}

mod wrong_clock;
