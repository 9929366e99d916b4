//! A clock that is wrong for a while, at any time of a package's life: its keys are kept for the grace all the same.

use super::*;

const GRACE: u64 = 7;

/// What is true of a package from some day on, whatever the clock says.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Others may have fetched it, and nobody has said so.
    Published,
    /// Somebody has it since this day.
    GivenOut(u64),
    /// New leaves say something else since this day.
    Misfit(u64),
    /// It is of last resort, and was used on this day.
    Used(u64),
}

impl Fate {
    /// When its keys may go at the earliest.
    fn due(self) -> u64 {
        match self {
            Self::Published => 60 + GRACE,
            Self::GivenOut(_) => 90 + GRACE,
            Self::Misfit(day) | Self::Used(day) => day + GRACE,
        }
    }
}

/// From a day on, for some days, the clock shows another day.
#[derive(Clone, Copy, Debug)]
struct Fault {
    from: u64,
    days: u64,
    ahead_by: i64,
}

fn clock(real: u64, faults: &[Fault]) -> Timestamp {
    let wrong = faults.iter().find(|fault| (fault.from..fault.from + fault.days).contains(&real));
    let ahead_by = wrong.map_or(0, |fault| fault.ahead_by);
    Timestamp(day(real).0.checked_add_signed(ahead_by * 24 * 3600).unwrap_or(7200 + real * DAY))
}

/// A round a day: when the keys of a package may go at the earliest, and on which day they go.
fn life_of(fate: Fate, faults: &[Fault]) -> (u64, u64) {
    let mut due = fate.due();
    let mut policy = one_wanted();
    let mut package = entry(1, &[(Event::Published, day(0))]);
    if let Fate::Used(_) = fate {
        (policy, package.made.reuse) = (policy.with_last_resort(), Reuse::LastResort);
    }
    for real in 0..300 {
        let now = clock(real, faults);
        match fate {
            // Nobody finds it any more.
            Fate::GivenOut(since) if since == real && package.has(Event::Withdrawn) => {
                due = Fate::Published.due();
            }
            Fate::GivenOut(since) if since == real => drop(package.events.insert(Event::GivenOut, now)),
            Fate::Misfit(since) if since == real => package.made.fingerprint = b"former".to_vec(),
            Fate::Used(since) if since == real => drop(package.events.insert(Event::Used, now)),
            _ => {}
        }
        let plan = judge(&policy, now).plan(std::slice::from_ref(&package));
        if !plan.withdraw.is_empty() {
            package.events.insert(Event::Withdrawn, now);
            package.events.remove(&Event::Waited);
        }
        if !plan.restore.is_empty() {
            package.events.remove(&Event::Withdrawn);
            package.events.remove(&Event::Waited);
        }
        if !plan.waited.is_empty() {
            package.events.insert(Event::Waited, now);
        }
        if !plan.erase.is_empty() {
            return (due, real);
        }
        // The application does what it is told.
        if judge(&policy, now).is_to_be_taken_down(&package) {
            package.events.insert(Event::TakenDown, now);
        }
    }
    panic!("{fate:?}, {faults:?}: never")
}

const FATES: [Fate; 5] =
    [Fate::Published, Fate::GivenOut(0), Fate::GivenOut(30), Fate::Misfit(20), Fate::Used(20)];

/// 1970, before the package was made, a bit behind or ahead, and far in the future.
const AHEAD_BY: [i64; 12] = [-30_000, -400, -95, -30, -8, -1, 1, 8, 30, 95, 400, 30_000];

#[test]
fn with_a_right_clock_keys_go_after_the_grace_has_passed_twice() {
    for fate in FATES {
        let (due, erased) = life_of(fate, &[]);
        assert!((due..=due + GRACE + 1).contains(&erased), "{fate:?}: day {erased}");
    }
}

#[test]
fn no_fault_of_the_clock_that_is_mended_within_the_grace_takes_keys_early() {
    for fate in FATES {
        for ahead_by in AHEAD_BY {
            for (from, days) in (0..110).flat_map(|from| (1..=GRACE).map(move |days| (from, days))) {
                let fault = Fault { from, days, ahead_by };
                let (due, erased) = life_of(fate, &[fault]);
                let latest = due + 1 + 3 * GRACE + days;
                assert!((due..=latest).contains(&erased), "{fate:?}, {fault:?}: day {erased}");
                let later = Fault { from: from + days + 2 * GRACE, ..fault };
                let (due, erased) = life_of(fate, &[fault, later]);
                assert!(due <= erased, "{fate:?}, {fault:?}, {later:?}: day {erased}");
            }
        }
    }
}

/// A package that was made under a clock that was ahead would be of the future for years.
#[test]
fn keys_of_packages_of_the_future_go_too() {
    let policy = one_wanted();
    let mut package = entry(1, &[(Event::Withdrawn, day(1))]);
    package.made.lifetime = Lifetime { not_before: day(4000).0 - 3600, not_after: day(4090).0 };
    let plan = |now, package: &Entry| judge(&policy, now).plan(std::slice::from_ref(package));
    assert!(plan(day(98), &package).waited.is_empty());
    assert_eq!(plan(day(99), &package).waited, [[1]]);
    package.events.insert(Event::Waited, day(99));
    assert!(plan(day(105), &package).erase.is_empty());
    assert_eq!(plan(day(106), &package).erase, [[1]]);
}
