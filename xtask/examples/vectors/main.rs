//! Test vectors on every backend; `cargo xtask vectors` runs it.
//!
//! An example, so that only whoever runs it builds the backends.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod error;
mod fetch;
mod own;
mod report;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Parser};
use copath_vectors::Kind;

use crate::error::Error;
use crate::run::Job;

/// Run test vectors on every crypto backend; without options the project's own.
#[derive(Parser)]
#[command(name = "cargo xtask vectors", group = ArgGroup::new("what"))]
struct Arguments {
    /// Run the working group's files in this directory, all 16 of them.
    #[arg(long, group = "what")]
    dir: Option<PathBuf>,
    /// Get the working group's files with git into target/official-vectors, check them, and run them.
    #[arg(long, group = "what")]
    fetch: bool,
    /// Run the named files as vectors of this kind.
    #[arg(long, group = "what", requires = "files")]
    kind: Option<Kind>,
    /// Files of one kind.
    #[arg(requires = "kind")]
    files: Vec<PathBuf>,
    /// Write the project's own vectors into test-vectors/ anew.
    #[arg(long, group = "what")]
    generate: bool,
    /// Check that the project's own vectors are what `--generate` writes.
    #[arg(long, group = "what")]
    check: bool,
    /// Run on this backend only: rustcrypto, ring or aws-lc; can be given several times.
    #[arg(long)]
    backend: Vec<String>,
}

fn main() -> ExitCode {
    match execute(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let own = root.join("test-vectors");
    if arguments.generate {
        return own::generate(&own);
    }
    if arguments.check {
        return own::check(&own);
    }
    let jobs = if let Some(kind) = arguments.kind {
        arguments.files.iter().map(|file| Job::file(kind, file)).collect()
    } else if let Some(directory) = &arguments.dir {
        Job::official(directory)?
    } else if arguments.fetch {
        Job::official(&fetch::fetch(&root)?)?
    } else {
        Job::own(&own)?
    };
    run::run(&jobs, &arguments.backend)
}
