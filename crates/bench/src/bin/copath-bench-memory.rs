//! Counts primitives and allocations; `copath-bench` starts it and reads what it prints.

use std::alloc::System;

use clap::Parser;
use copath_bench::member::Library;
use copath_bench::memory::count;
use copath_bench::plan::{Plan, Rounds};
use copath_bench::recorder::Allocated;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Counts primitives and allocations, and prints them as JSON.
#[derive(Parser)]
struct Arguments {
    /// Numbers of members.
    #[arg(long, value_delimiter = ',')]
    sizes: Vec<u32>,
    /// Libraries, as library/backend.
    #[arg(long, value_delimiter = ',')]
    libraries: Vec<Library>,
    /// Seconds that building a group may take.
    #[arg(long, default_value_t = 30.0)]
    patience: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { sizes, libraries, patience } = Arguments::parse();
    let plan = Plan { sizes, libraries, patience, rounds: Rounds::One };
    let counted = count(&plan, allocated)?;
    serde_json::to_writer(std::io::stdout(), &counted)?;
    Ok(())
}

fn allocated() -> Allocated {
    let stats = ALLOCATOR.stats();
    Allocated {
        calls: (stats.allocations + stats.reallocations) as u64,
        octets: stats.bytes_allocated as u64,
        freed: stats.bytes_deallocated as u64,
    }
}
