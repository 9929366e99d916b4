//! Randomness of tests: small, and the same on every machine.

/// SplitMix64: a sequence that follows from its seed alone.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; zero if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap().max(1);
        usize::try_from(self.number() % bound).unwrap()
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`, if there are any.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).cloned()
    }

    /// Takes one out of `choices`, mostly one of those that `preferred` holds for.
    pub fn take_mostly<T: Copy>(&mut self, choices: &mut Vec<T>, preferred: impl Fn(T) -> bool) -> Option<T> {
        let places = 0..choices.len();
        let places: Vec<usize> = places.filter(|place| preferred(choices[*place])).collect();
        match self.pick(&places) {
            Some(place) if self.chance(80) => Some(choices.swap_remove(place)),
            _ => self.take(choices),
        }
    }

    /// Takes one out of `choices`, if there are any.
    pub fn take<T>(&mut self, choices: &mut Vec<T>) -> Option<T> {
        let at = self.below(choices.len());
        (at < choices.len()).then(|| choices.swap_remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            [0; 4].map(|_| random.number())
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn nothing_is_picked_from_nothing() {
        let mut random = Random::new(1);
        assert_eq!(random.pick::<u8>(&[]), None);
        assert_eq!(random.take::<u8>(&mut Vec::new()), None);
        assert_eq!(random.pick(&[3]), Some(3));
    }
}
