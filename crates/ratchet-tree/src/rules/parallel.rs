//! The same check for many numbers, on all cores if there are any.

use crate::TreeError;

/// Fewer checks than this are made by the calling thread: waking others would cost more.
#[cfg(feature = "parallel")]
const WORTH_SHARING: u32 = 64;

/// Runs `check` for all numbers below `count`; the error of the lowest number that fails is returned.
#[cfg(feature = "parallel")]
pub(super) fn check_each(
    count: u32,
    check: impl Fn(u32) -> Result<(), TreeError> + Sync,
) -> Result<(), TreeError> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if count < WORTH_SHARING {
        return (0..count).try_for_each(check);
    }
    (0..count).into_par_iter().find_map_first(|number| check(number).err()).map_or(Ok(()), Err)
}

/// Runs `check` for all numbers below `count`; the error of the lowest number that fails is returned.
#[cfg(not(feature = "parallel"))]
pub(super) fn check_each(
    count: u32,
    check: impl Fn(u32) -> Result<(), TreeError> + Sync,
) -> Result<(), TreeError> {
    (0..count).try_for_each(check)
}
