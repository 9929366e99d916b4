//! A simulated world; `cargo xtask simulate` runs it.
//!
//! An example, so that only whoever runs it builds the backends.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_testing::Insecure;
use copath_testing::simulation::{Config, Failure, Summary, run, run_only};
use indicatif::{ProgressBar, ProgressStyle};

/// Simulate clients on an unreliable network, and check after each step that all members agree and more.
#[derive(Parser)]
#[command(name = "cargo xtask simulate")]
struct Arguments {
    /// What all choices follow from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many worlds to simulate, each with the next seed.
    #[arg(long, default_value_t = 1)]
    runs: u64,
    /// How many clients there are.
    #[arg(long, default_value_t = 6)]
    clients: usize,
    /// How many steps are taken in each world.
    #[arg(long, default_value_t = 1000)]
    steps: usize,
    /// The cipher suite.
    #[arg(long, default_value_t = 1)]
    suite: u16,
    /// The crypto backend.
    #[arg(long, value_enum, default_value_t = Backend::Rustcrypto)]
    backend: Backend,
    /// Take only these steps of the script, as a failure names them: 3,17,40.
    #[arg(long, value_delimiter = ',')]
    only: Vec<usize>,
    /// Where the log of a failed run goes.
    #[arg(long, default_value = "target/simulation")]
    logs: PathBuf,
}

/// A crypto backend.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Backend {
    /// RustCrypto: a run replays exactly.
    Rustcrypto,
    /// Ring: the script replays, the keys don't.
    Ring,
    /// AWS-LC: the script replays, the keys don't.
    AwsLc,
    /// No security at all, but fast: suite 1 alone, and a run replays exactly.
    Insecure,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let provider = arguments.backend.factory();
    let suite = CipherSuite(arguments.suite);
    if Suite::new(&provider(0), suite).is_err() {
        println!("error: {:?} doesn't have suite {}", arguments.backend, arguments.suite);
        return ExitCode::FAILURE;
    }
    let bar = progress(&arguments);
    let mut total = Summary::default();
    for seed in arguments.seed..arguments.seed.saturating_add(arguments.runs) {
        let config = Config { seed, clients: arguments.clients, steps: arguments.steps, suite, provider };
        bar.set_message(format!("seed {seed}"));
        let outcome = if arguments.only.is_empty() {
            run(&config, &mut |_| bar.inc(1))
        } else {
            run_only(&config, &arguments.only, &mut |_| bar.inc(1))
        };
        match outcome {
            Ok(summary) => total.add(&summary),
            Err(failure) => {
                bar.abandon();
                return report(*failure, &arguments);
            }
        }
    }
    bar.finish_and_clear();
    print!("{total}");
    println!("all promises held in {} worlds of {} steps", arguments.runs, arguments.steps);
    ExitCode::SUCCESS
}

fn report(mut failure: Failure, arguments: &Arguments) -> ExitCode {
    if let Err(error) = failure.write_log(&arguments.logs) {
        println!("error: no log in {}: {error}", arguments.logs.display());
    }
    println!("{failure}");
    ExitCode::FAILURE
}

fn progress(arguments: &Arguments) -> ProgressBar {
    let steps = u64::try_from(arguments.steps).unwrap_or(u64::MAX);
    let bar = ProgressBar::new(steps.saturating_mul(arguments.runs));
    let style = ProgressStyle::with_template("{msg:<12} {wide_bar} {pos}/{len} steps, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Backend {
    fn factory(self) -> fn(u64) -> Arc<dyn CryptoProvider> {
        match self {
            Self::Rustcrypto => |seed| {
                let mut octets = [0; 32];
                for (octet, of_seed) in octets.iter_mut().zip(seed.to_be_bytes()) {
                    *octet = of_seed;
                }
                Arc::new(copath_provider_rustcrypto::RustCrypto::seeded(octets))
            },
            Self::Ring => |_| copath_provider_ring::provider(),
            Self::AwsLc => |_| copath_provider_aws_lc::provider(),
            Self::Insecure => |seed| Arc::new(Insecure::new(seed)),
        }
    }
}
