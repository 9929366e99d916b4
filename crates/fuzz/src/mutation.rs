//! Mutations of known inputs, for a bounded run that is the same each time.

use copath_testing::Random;

/// Endless mutations of some inputs.
#[derive(Debug)]
pub struct Mutations<'s> {
    seeds: &'s [Vec<u8>],
    random: Random,
}

impl<'s> Mutations<'s> {
    /// Of `seeds`, of which there is at least one.
    pub fn of(seeds: &'s [Vec<u8>], seed: u64) -> Self {
        Self { seeds, random: Random::new(seed) }
    }

    /// The next one: one to four changes of a seed.
    pub fn make(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        for _ in 0..=self.random.below(4) {
            self.change(&mut input);
        }
        input
    }

    fn seed(&mut self) -> &'s [u8] {
        &self.seeds[self.random.below(self.seeds.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        if input.is_empty() {
            return input.push(0);
        }
        let at = self.random.below(input.len());
        match self.random.below(8) {
            0 | 1 => input[at] ^= 1 << self.random.below(8),
            2 => input[at] = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xff][self.random.below(8)],
            3 => input.truncate(at),
            4 => {
                let end = (at + 1 + self.random.below(8)).min(input.len());
                input.drain(at..end);
            }
            5 => {
                let end = (at + 1 + self.random.below(64)).min(input.len());
                let copy = input[at..end].to_vec();
                input.splice(at..at, copy);
            }
            6 => {
                let count = 1 + self.random.below(4);
                input.splice(at..at, core::iter::repeat_n(0, count));
            }
            _ => {
                let other = self.seed();
                let from = self.random.below(other.len());
                let end = (from + 1 + self.random.below(64)).min(other.len());
                let until = (at + (end - from)).min(input.len());
                input.splice(at..until, other[from..end].iter().copied());
            }
        }
    }
}
