//! Which client plays which actor.

use copath_testing::Random;

/// Up to so many assignments can be asked for one by one.
const MOST: usize = 1 << 16;

/// How many assignments of clients to actors are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignments {
    /// Each there is; where they can't be counted, as many as `Sample` would draw by default.
    All,
    /// So many different ones, drawn at random.
    Sample(usize),
}

/// How many are drawn where all are too many.
const DRAWN: usize = 4;

impl Assignments {
    /// The assignments of `clients` to so many actors: for each actor the number of a client. One alone can't be
    /// missing: where at least as many are asked for as there are, each occurs exactly once.
    pub fn of(self, clients: usize, actors: usize, random: &mut Random) -> Vec<Vec<usize>> {
        let all = u32::try_from(actors).ok().and_then(|actors| clients.checked_pow(actors));
        match (self, all.filter(|all| *all <= MOST)) {
            (_, Some(0)) => Vec::new(),
            (Self::All, Some(all)) => (0..all).map(|number| digits(number, clients, actors)).collect(),
            (Self::All, None) => drawn(DRAWN, clients, actors, random),
            (Self::Sample(wanted), Some(all)) if wanted >= all => {
                (0..all).map(|number| digits(number, clients, actors)).collect()
            }
            (Self::Sample(wanted), _) => drawn(wanted, clients, actors, random),
        }
    }
}

/// `number` in the numeral system of that base, with so many places.
fn digits(mut number: usize, base: usize, places: usize) -> Vec<usize> {
    let digit = |_| {
        let digit = number % base;
        number /= base;
        digit
    };
    (0..places).map(digit).collect()
}

/// Different ones; there are more than `wanted`. Where that leaves room for others, they begin with those in which one
/// client plays all actors.
fn drawn(wanted: usize, clients: usize, actors: usize, random: &mut Random) -> Vec<Vec<usize>> {
    let alone = (0..clients).map(|client| vec![client; actors]);
    let mut drawn: Vec<Vec<usize>> = if wanted > clients { alone.collect() } else { Vec::new() };
    while drawn.len() < wanted {
        let candidate: Vec<usize> = (0..actors).map(|_| random.below(clients)).collect();
        if !drawn.contains(&candidate) {
            drawn.push(candidate);
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(assignments: Assignments, clients: usize, actors: usize) -> BTreeSet<Vec<usize>> {
        let all = assignments.of(clients, actors, &mut Random::new(1));
        let count = all.len();
        let different: BTreeSet<_> = all.into_iter().collect();
        assert_eq!(different.len(), count, "none twice");
        assert!(
            different.iter().all(|one| one.len() == actors && one.iter().all(|client| *client < clients))
        );
        different
    }

    #[test]
    fn all_are_reached_with_any_number_of_actors() {
        for (clients, actors, count) in [(1, 5, 1), (2, 4, 16), (3, 5, 243), (4, 1, 4), (3, 0, 1), (0, 2, 0)]
        {
            assert_eq!(of(Assignments::All, clients, actors).len(), count);
            assert_eq!(of(Assignments::Sample(1000), clients, actors).len(), count);
        }
    }

    #[test]
    fn samples_are_as_large_as_asked() {
        assert_eq!(of(Assignments::Sample(7), 2, 4).len(), 7);
        assert_eq!(of(Assignments::Sample(3), 3, 840).len(), 3);
        assert_eq!(of(Assignments::All, 2, 840).len(), DRAWN);
        assert_eq!(of(Assignments::All, 1, 840).len(), 1);
        let many = of(Assignments::Sample(5), 3, 6);
        assert!((0..3).all(|client| many.contains(&vec![client; 6])), "each alone, and two mixed casts");
    }
}
