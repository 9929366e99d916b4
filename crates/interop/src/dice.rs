//! Choices that follow from a seed alone.

use copath_testing::Random;

/// A generator of choices.
#[derive(Clone, Debug)]
pub struct Dice(Random);

impl Dice {
    /// The choices of `seed` for the operation `number`.
    pub fn of(seed: u64, number: u64) -> Self {
        let mixed = Random::new(number).number();
        Self(Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ mixed))
    }

    /// A generator of its own, which follows from this one.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(Random::new(self.0.number()))
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `choices`, which are not none.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// One of `choices`, if there is any.
    pub fn maybe<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        if choices.is_empty() { None } else { Some(self.pick(choices)) }
    }
}
