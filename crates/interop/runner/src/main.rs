//! `copath-interop-runner`: drives clients through config files of the interop harness.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use copath_interop_client::Backend;
use copath_interop_runner::assignments::Assignments;
use copath_interop_runner::builtin;
use copath_interop_runner::client::Client;
use copath_interop_runner::config::{self, Script};
use copath_interop_runner::export::PassiveClient;
use copath_interop_runner::generate;
use copath_interop_runner::link::GrpcLink;
use copath_interop_runner::play::Handshake;
use copath_interop_runner::report::Report;
use copath_interop_runner::run::{self, Outcome, Record, Selection, plan};
use indicatif::{ProgressBar, ProgressStyle};

/// Epochs of a script that is made at random.
const EPOCHS: usize = 30;

/// Drive clients of the MLS working group's interop harness through its scripts.
#[derive(Parser)]
#[command(name = "copath-interop-runner")]
struct Arguments {
    /// A client: HOST:PORT, or `copath[:rustcrypto|ring|aws-lc]` for Copath's own in this process.
    #[arg(long = "client", required = true)]
    clients: Vec<String>,
    /// A config file, or a directory of them.
    #[arg(long = "config")]
    configs: Vec<PathBuf>,
    /// Also so many scripts made at random from the seed.
    #[arg(long, default_value_t = 0)]
    random: u64,
    /// Only this suite.
    #[arg(long = "suite")]
    suites: Vec<u16>,
    /// Only scripts whose title (file/name) contains this.
    #[arg(long, default_value = "")]
    script: String,
    /// Only scripts with at most so many actors.
    #[arg(long)]
    most_actors: Option<usize>,
    /// How members frame proposals and commits.
    #[arg(long, value_enum, default_value = "both")]
    handshake: Frames,
    /// How many assignments of clients to actors are played for each script and suite: `all`, or a number.
    #[arg(long, default_value = "all", value_parser = assignments)]
    assignments: Assignments,
    /// What everything random follows from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many scripts are played at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Seconds that a call may take.
    #[arg(long, default_value_t = 30.0)]
    timeout: f64,
    /// Write all records here.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write a section about the run for docs/interop.md here.
    #[arg(long)]
    section: Option<PathBuf>,
    /// Write what was seen as vectors: the format, which is `passive-client`, and the file.
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    export: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Frames {
    /// As PrivateMessage.
    Private,
    /// As PublicMessage.
    Public,
    /// Both, one after the other.
    Both,
}

impl Frames {
    fn handshakes(self) -> Vec<Handshake> {
        match self {
            Self::Private => vec![Handshake::Private],
            Self::Public => vec![Handshake::Public],
            Self::Both => Handshake::ALL.to_vec(),
        }
    }
}

fn assignments(text: &str) -> Result<Assignments, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Assignments::All),
        (_, Ok(number)) => Ok(Assignments::Sample(number)),
        _ => Err("neither `all` nor a number".into()),
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays everything; whether nothing failed.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let export = match arguments.export.as_slice() {
        [] => None,
        [format, file] if format == "passive-client" => Some(PathBuf::from(file)),
        _ => return Err("--export knows the format passive-client alone".into()),
    };
    if !arguments.timeout.is_finite() || arguments.timeout <= 0.0 {
        return Err("--timeout must be a number of seconds above 0".into());
    }
    let scripts = scripts(arguments)?;
    let mut clients = Vec::new();
    let mut absent = Vec::new();
    for label in &arguments.clients {
        match connect(label, arguments.timeout) {
            Ok(client) => {
                println!("{}: {}, suites {:?}", client.label, client.name, client.suites);
                clients.push(client);
            }
            Err(error) => {
                println!("FAIL {label} can't take part: {error}");
                absent.push((label.clone(), error.to_string()));
            }
        }
    }
    let (mut report, seen) = play_all(&clients, &scripts, arguments);
    report.absent = absent;
    show(&report);
    if let Some(path) = &arguments.json {
        std::fs::write(path, format!("{:#}\n", report.to_json()))?;
    }
    if let Some(path) = &arguments.section {
        std::fs::write(path, report.to_section())?;
    }
    if let Some(path) = export {
        println!("{} passive clients written to {}", seen.len(), path.display());
        std::fs::write(path, serde_json::to_string(&seen)?)?;
    }
    let (passed, _, failed) = report.counts();
    Ok(failed == 0 && report.absent.is_empty() && passed > 0)
}

fn scripts(arguments: &Arguments) -> Result<Vec<Script>, Box<dyn Error>> {
    let mut scripts = Vec::new();
    for path in &arguments.configs {
        scripts.extend(config::read(path)?);
    }
    for number in 0..arguments.random {
        scripts.extend(generate::script(arguments.seed.wrapping_add(number), EPOCHS)?);
    }
    let most = arguments.most_actors.unwrap_or(usize::MAX);
    scripts.retain(|script| script.title().contains(&arguments.script) && script.actors().len() <= most);
    if scripts.is_empty() {
        return Err("no script: name some by --config, or have some made by --random".into());
    }
    Ok(scripts)
}

fn connect(label: &str, timeout: f64) -> Result<Client, Box<dyn Error>> {
    let limit = Duration::from_secs_f64(timeout);
    let address = match label.split_once(':').unwrap_or((label, "rustcrypto")) {
        ("copath", backend) => {
            let known = Backend::value_variants().iter();
            let mut named =
                known.filter(|one| one.to_possible_value().is_some_and(|name| name.matches(backend, true)));
            let backend = named.next().ok_or_else(|| format!("copath has no backend {backend}"))?;
            builtin::start(*backend)?.to_string()
        }
        _ => label.to_owned(),
    };
    let link = GrpcLink::new(&address, limit)?;
    Ok(Client::new(label, Box::new(link))?)
}

fn play_all(clients: &[Client], scripts: &[Script], arguments: &Arguments) -> (Report, Vec<PassiveClient>) {
    let selection = Selection {
        suites: arguments.suites.clone(),
        handshakes: arguments.handshake.handshakes(),
        assignments: arguments.assignments,
        seed: arguments.seed,
    };
    let planned = plan(clients, scripts, &selection);
    let progress = ProgressBar::new(planned.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
        progress.set_style(style);
    }
    let mark = (planned.len() / 10).max(1) as u64;
    let ended = run::play_all(&planned, arguments.seed, arguments.jobs, |record| {
        if let Some(text) = trouble(record) {
            progress.suspend(|| println!("{text}"));
        }
        progress.set_message(record.script.clone());
        progress.inc(1);
        if progress.is_hidden() && progress.position().is_multiple_of(mark) {
            println!("{}/{}", progress.position(), planned.len());
        }
    });
    progress.finish_and_clear();
    let mut report = Report::new(clients);
    let mut seen = Vec::new();
    for (record, mut played) in ended {
        seen.append(&mut played.seen);
        report.add(record, &played);
    }
    (report, seen)
}

/// What is said at once of a script that didn't pass.
fn trouble(record: &Record) -> Option<String> {
    let (word, failure) = match &record.outcome {
        Outcome::Passed => return None,
        Outcome::NotImplemented(failure) => ("n/a ", failure),
        Outcome::Failed(failure) => ("FAIL", failure),
    };
    let (script, suite, handshake) = (&record.script, record.suite, record.handshake.name());
    let cast: Vec<_> = record.assignment.iter().map(|(actor, client)| format!("{actor}={client}")).collect();
    Some(format!("{word} {script}, suite {suite}, {handshake}: {failure}\n     with {}", cast.join(" ")))
}

fn show(report: &Report) {
    println!("{}", report.to_markdown());
    for (what, count) in &report.unchecked {
        println!("not checked, {count} times: {what}");
    }
    let (passed, lacking, failed) = report.counts();
    println!("{passed} passed, {lacking} not implemented, {failed} failed; {} things checked", report.checks);
}
