//! The same work for many things, on all cores if there are any.
//!
//! The cores are those of the rayon pool that the caller is in, the global one unless it chose another; see `Threads` in
//! the documentation of `copath`. Without the feature `parallel` the caller does everything in turn.
//!
//! Randomness is drawn before: what is done here for one thing doesn't depend on what is done for the others.

use alloc::vec::Vec;

use crate::GroupError;

/// Fewer things than this are worked on by the calling thread: waking others would cost more. Each takes a signature or
/// an encapsulation, some tens of microseconds.
#[cfg(feature = "parallel")]
const WORTH_SHARING: usize = 8;

/// Checks all `items`; of those that fail the error of the first is returned.
#[cfg(feature = "parallel")]
pub(crate) fn check_all<T: Sync>(
    items: &[T],
    check: impl Fn(&T) -> Result<(), GroupError> + Sync,
) -> Result<(), GroupError> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    if items.len() < WORTH_SHARING {
        return items.iter().try_for_each(check);
    }
    items.par_iter().find_map_first(|item| check(item).err()).map_or(Ok(()), Err)
}

/// Checks all `items`; of those that fail the error of the first is returned.
#[cfg(not(feature = "parallel"))]
pub(crate) fn check_all<T>(
    items: &[T],
    check: impl Fn(&T) -> Result<(), GroupError>,
) -> Result<(), GroupError> {
    items.iter().try_for_each(check)
}

/// What `make` makes of each of `items`, in their order; of those that fail the error of the first is returned.
#[cfg(feature = "parallel")]
pub(crate) fn map_all<T: Sync, R: Send>(
    items: &[T],
    make: impl Fn(&T) -> Result<R, GroupError> + Sync,
) -> Result<Vec<R>, GroupError> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    if items.len() < WORTH_SHARING {
        return items.iter().map(make).collect();
    }
    // Collecting into a `Result` at once would return whichever error comes first in time.
    items.par_iter().map(&make).collect::<Vec<_>>().into_iter().collect()
}

/// What `make` makes of each of `items`, in their order; of those that fail the error of the first is returned.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map_all<T, R>(
    items: &[T],
    make: impl Fn(&T) -> Result<R, GroupError>,
) -> Result<Vec<R>, GroupError> {
    items.iter().map(make).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Misuse;

    #[test]
    fn of_many_errors_the_first_is_told() {
        let items: Vec<u32> = (0..1000).collect();
        let make = |item: &u32| match item {
            0..500 => Ok(*item),
            500 => Err(Misuse::NoWelcome.into()),
            _ => Err(Misuse::Stale.into()),
        };
        assert_eq!(map_all(&items, make), Err(Misuse::NoWelcome.into()));
        assert_eq!(check_all(&items, |item| make(item).map(|_| ())), Err(Misuse::NoWelcome.into()));
        assert_eq!(map_all(&items[..500], make).unwrap(), items[..500]);
    }
}
