//! `cargo xtask interop`: Copath and other implementations in shared groups, in one process or over gRPC.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use serde::Deserialize;

use crate::error::Error;
use crate::forward::{exit_code, succeeds};
use crate::workspace::Workspace;

/// A workspace of its own, so that the peers never enter the library's lock file.
const MANIFEST: &str = "crates/interop/Cargo.toml";

/// What `--document` writes.
const DOCUMENT: &str = "docs/interop.md";

/// The directory of the harness's config files.
const CONFIGS: &str = "COPATH_INTEROP_CONFIGS";

/// Plays scenarios and walks; drives clients.
const SCENARIOS: &str = "copath-interop";
const RUNNER: &str = "copath-interop-runner";

/// The project's own config, in the same format.
const OWN_CONFIG: &str = "crates/interop/runner/tests/data/own.json";

/// What may be passed on.
const OPTIONS: &str = "\
Without --client: plays all scenarios with OpenMLS and mls-rs in this process.
  --suite N, --only TEXT, --cast NAME   play only these
  --walks N, --seed N                   walk at random: so many walks, or the one of this seed
  --steps N, --members N                how far, and with how many at most
  --replay N,N,...                      only these operations of the walk
  --markdown FILE, --section FILE       write the document, with the section at its end

With --client HOST:PORT or --client copath[:rustcrypto|ring|aws-lc], once or more often: drives these clients through
config files of the working group's harness (docs/interop-runner.md).
  --config FILE|DIR, --random N         scripts: of files, made at random
  --suite N, --script TEXT, --most-actors N, --handshake private|public|both
  --assignments all|N, --seed N, --jobs N, --timeout SECONDS
  --json FILE, --section FILE, --export passive-client FILE";

#[derive(clap::Args)]
#[command(after_help = OPTIONS)]
pub(crate) struct Arguments {
    /// Play what fits into a few minutes: the tests, the scenarios on three suites, a short walk, the scripts of
    /// COPATH_INTEROP_CONFIGS with Copath's backends mixed.
    #[arg(long)]
    ci: bool,
    /// Write docs/interop.md anew, or another file: all scenarios, twenty random walks, all scripts, those of
    /// COPATH_INTEROP_CONFIGS among them; takes an hour. What fails is in it as failed. `--suite N` makes it short.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = DOCUMENT)]
    document: Option<PathBuf>,
    /// Options of what is played, see below.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds what is needed and plays; fails if a peer refuses, members disagree or a client isn't as it should be.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    if arguments.ci {
        return bounded(workspace);
    }
    if let Some(file) = &arguments.document {
        return document(workspace, file, &arguments.arguments);
    }
    let program = if drives_clients(&arguments.arguments) { RUNNER } else { SCENARIOS };
    let Some(programs) = Programs::build(workspace, &["--package", program])? else {
        return Ok(ExitCode::FAILURE);
    };
    let passed = programs.run(workspace, program, &arguments.arguments)?;
    Ok(exit_code(passed))
}

/// All parts, also after one that failed.
fn bounded(workspace: &Workspace) -> Result<ExitCode, Error> {
    let mut test =
        workspace.command("cargo", &["test", "--locked", "--workspace", "--manifest-path", MANIFEST]);
    let mut sound = succeeds("cargo", &mut test)?;
    let Some(programs) = Programs::build(workspace, &["--workspace"])? else { return Ok(ExitCode::FAILURE) };
    let scenarios = "--suite 1 --suite 2 --suite 3 --walks 1 --steps 200";
    sound &= programs.run(workspace, SCENARIOS, &words(scenarios))?;
    let mut driven = words("--random 2 --assignments 2 --most-actors 100 --config");
    driven.push(OWN_CONFIG.into());
    driven.extend(configs().into_iter().flat_map(|directory| ["--config".into(), directory.into()]));
    sound &= programs.drive(workspace, &driven)?;
    if let Some(directory) = configs() {
        let mut large = words("--script deep_random --suite 1 --assignments 1 --handshake private --config");
        large.push(directory.into());
        sound &= programs.drive(workspace, &large)?;
    } else {
        println!("!!! {CONFIGS} is not set: THE HARNESS'S CONFIG FILES ARE NOT PLAYED");
    }
    Ok(exit_code(sound))
}

/// Everything that docs/interop.md tells, in one run, built for speed. A part that fails doesn't keep the others from
/// being played and written down.
fn document(workspace: &Workspace, file: &Path, bounds: &[OsString]) -> Result<ExitCode, Error> {
    let Some(directory) = configs() else {
        println!(
            "{CONFIGS} has to name the directory of the harness's config files: the document tells of them"
        );
        return Ok(ExitCode::FAILURE);
    };
    let Some(programs) = Programs::build(workspace, &["--workspace", "--release"])? else {
        return Ok(ExitCode::FAILURE);
    };
    let section = std::env::temp_dir().join(format!("copath-interop-{}.md", std::process::id()));
    let mut driven = words("--random 2 --assignments 4 --config");
    driven.extend([OWN_CONFIG.into(), "--config".into(), directory.into()]);
    driven.extend(["--section".into(), section.clone().into()]);
    let driven = programs.drive(workspace, &[&driven, bounds].concat())?;
    let mut scenarios = words("--walks 20 --steps 1000 --markdown");
    scenarios.extend([file.into(), "--section".into(), section.into()]);
    let played = programs.run(workspace, SCENARIOS, &[&scenarios, bounds].concat())?;
    Ok(exit_code(driven && played))
}

/// The built programs, by name.
struct Programs(BTreeMap<String, PathBuf>);

/// A line of what cargo prints as it builds.
#[derive(Deserialize)]
struct Built {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Programs {
    /// Builds those of the selected packages, all at once so that nothing is built twice; none if one doesn't build.
    fn build(workspace: &Workspace, selection: &[&str]) -> Result<Option<Self>, Error> {
        let format = "--message-format=json-render-diagnostics";
        let build = ["build", "--quiet", "--locked", "--bins", format, "--manifest-path", MANIFEST];
        let output = workspace
            .command("cargo", &[&build, selection].concat())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| Error::Start { program: "cargo".into(), source })?;
        if !output.status.success() {
            return Ok(None);
        }
        let mut programs = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            if let Built { target: Some(target), executable: Some(path) } = serde_json::from_str(line)? {
                programs.insert(target.name, path);
            }
        }
        Ok(Some(Self(programs)))
    }

    /// Runs one of them; whether it succeeded.
    fn run(&self, workspace: &Workspace, program: &str, arguments: &[OsString]) -> Result<bool, Error> {
        let Some(path) = self.0.get(program).and_then(|path| path.to_str()) else { return Ok(false) };
        succeeds(program, workspace.command(path, &[]).args(arguments))
    }

    /// Drives Copath's own clients, one on each backend, patiently: what is slow here is the machine.
    fn drive(&self, workspace: &Workspace, arguments: &[OsString]) -> Result<bool, Error> {
        let clients =
            words("--timeout 600 --client copath:rustcrypto --client copath:ring --client copath:aws-lc");
        self.run(workspace, RUNNER, &[&clients, arguments].concat())
    }
}

fn words(text: &str) -> Vec<OsString> {
    text.split(' ').map(OsString::from).collect()
}

/// Whether the arguments are the runner's.
fn drives_clients(arguments: &[OsString]) -> bool {
    let names_client = |argument: &OsString| {
        argument.to_str().is_some_and(|argument| argument == "--client" || argument.starts_with("--client="))
    };
    arguments.iter().any(names_client)
}

fn configs() -> Option<PathBuf> {
    std::env::var_os(CONFIGS).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_makes_it_a_matter_of_the_runner() {
        assert!(drives_clients(&words("--config x --client a:1")));
        assert!(drives_clients(&words("--client=copath")));
        assert!(!drives_clients(&words("--suite 1 --config x")));
    }
}
