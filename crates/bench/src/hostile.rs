//! Invalid input that is as large as it can be, beside valid input of the same size.

mod messages;
mod trees;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::time;
use crate::error::{BenchError, Blame, Outcome};
use crate::recorder::Allocator;

/// What one kind of input costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostileFigure {
    /// What there is so much of.
    pub kind: String,
    /// Octets of the input.
    pub octets: u64,
    /// Nanoseconds to validate it.
    pub valid: f64,
    /// Nanoseconds to refuse it.
    pub invalid: f64,
    /// Octets allocated to validate it.
    pub valid_allocated: f64,
    /// Octets allocated to refuse it.
    pub invalid_allocated: f64,
    /// Why it was refused.
    pub refusal: String,
}

impl HostileFigure {
    /// What refusing costs as a part of what validating costs.
    pub fn ratio(&self) -> f64 {
        self.invalid / self.valid
    }
}

/// One kind of input. Trying it changes nothing, so it can be tried again.
struct Case {
    kind: String,
    octets: usize,
    valid: Try,
    invalid: Try,
}

/// Validates an input: the words of the refusal if it is refused.
type Try = Box<dyn Fn() -> Result<(), String>>;

const BLAME: Blame = Blame { library: "hostile input" };

/// Times each is tried.
const TIMES: usize = 7;

/// Measures all kinds: times, or what is allocated if an allocator counts.
///
/// What goes wrong is noted: valid input is refused, invalid input accepted, or it can't be made.
pub fn hostile(allocator: Option<Allocator>, mut failed: impl FnMut(&BenchError)) -> Vec<HostileFigure> {
    let mut figures = Vec::new();
    for cases in [trees::cases(), messages::cases()] {
        let measured = cases.map(|cases| cases.into_iter().map(|case| measure(&case, allocator)));
        match measured {
            Ok(measured) => {
                figures.extend(measured.filter_map(|figure| figure.inspect_err(&mut failed).ok()))
            }
            Err(error) => failed(&error),
        }
    }
    figures
}

/// The times of `measured` with the allocations of `counted`, of the same kinds.
pub fn merged(measured: Vec<HostileFigure>, counted: &[HostileFigure]) -> Vec<HostileFigure> {
    let with = |mut figure: HostileFigure| {
        if let Some(counted) = counted.iter().find(|counted| counted.kind == figure.kind) {
            figure.valid_allocated = counted.valid_allocated;
            figure.invalid_allocated = counted.invalid_allocated;
        }
        figure
    };
    measured.into_iter().map(with).collect()
}

fn measure(case: &Case, allocator: Option<Allocator>) -> Outcome<HostileFigure> {
    let (mut valid, mut invalid) = (Vec::new(), Vec::new());
    let mut refusal = String::new();
    let allocated = || allocator.map_or(0, |allocator| allocator().octets);
    let (mut valid_allocated, mut invalid_allocated) = (0, 0);
    let times = if allocator.is_some() { 1 } else { TIMES };
    for _ in 0..times {
        let before = allocated();
        let (accepted, took) = time(&case.valid);
        accepted.map_err(|words| unexpected(case, &words))?;
        valid.push(took);
        valid_allocated = allocated() - before;
        let before = allocated();
        let (refused, took) = time(&case.invalid);
        refusal = refused.err().ok_or_else(|| unexpected(case, "accepted"))?;
        invalid.push(took);
        invalid_allocated = allocated() - before;
    }
    // The fastest of each: what disturbs one of them doesn't count.
    let fastest = |times: Vec<Duration>| times.into_iter().min().unwrap_or_default().as_secs_f64() * 1e9;
    Ok(HostileFigure {
        kind: case.kind.clone(),
        octets: case.octets as u64,
        valid: fastest(valid),
        invalid: fastest(invalid),
        valid_allocated: valid_allocated as f64,
        invalid_allocated: invalid_allocated as f64,
        refusal,
    })
}

fn unexpected(case: &Case, words: &str) -> BenchError {
    BLAME.on("a verdict")(format!("{}: {words}", case.kind))
}
