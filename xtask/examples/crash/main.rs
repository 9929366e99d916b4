//! Processes that are killed; `cargo xtask crash` runs it.
//!
//! A child process lets several clients, each with its SQLite store, talk in several groups at random, and is killed
//! at random moments. After each start all groups have to load, no key may have been used twice among the messages
//! that were released, every commit that was released is recognised by its sender, every message opens, once, and all
//! members agree. Groups move between the stores of their clients, whose keys change.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a test as a command-line tool: what is unexpected ends it"
)]

mod delivery;
mod dice;
mod home;
mod lazy;
mod person;
mod seals;
mod world;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use crate::dice::Dice;
use crate::person::Sabotage;
use crate::world::World;

/// Kill a process that writes to its stores, again and again, and check what is left each time.
#[derive(Parser)]
#[command(name = "cargo xtask crash")]
struct Arguments {
    /// How long to go on.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What all choices follow from, as far as kills allow.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many kills one set of stores lives through.
    #[arg(long, default_value_t = 40)]
    kills: u64,
    /// Where the stores are; those of a failure stay there.
    #[arg(long, default_value = "target/crash")]
    directory: PathBuf,
    /// Break the promise of the stores, to see that the test notices.
    #[arg(long, value_enum, default_value_t = Sabotage::None)]
    sabotage: Sabotage,
    /// Be the process that is killed.
    #[arg(long, hide = true)]
    child: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.child {
        return match child(&arguments.directory, arguments.seed, arguments.sabotage) {
            Ok(()) => ExitCode::SUCCESS,
            Err(broken) => {
                println!("broken: {broken}");
                ExitCode::FAILURE
            }
        };
    }
    referee(&arguments)
}

/// Checks what is left, says so, and goes on until it is killed.
fn child(directory: &Path, seed: u64, sabotage: Sabotage) -> Result<(), String> {
    let (mut world, sealed) = World::start(directory, seed, sabotage)?;
    world.settle()?;
    println!("ready: {} messages, {sealed} ciphertexts", world.delivery.entries.len());
    std::io::stdout().flush().unwrap();
    loop {
        world.step()?;
    }
}

/// What one child did before it was killed.
enum Outcome {
    /// It was killed before it was ready.
    Early,
    /// It was killed at work; so many messages had been released.
    Killed(usize),
    /// It ended by itself.
    Broken(String),
}

#[expect(clippy::disallowed_methods, reason = "a run takes as long as it was told")]
fn referee(arguments: &Arguments) -> ExitCode {
    let bar = ProgressBar::new(arguments.seconds).with_style(
        ProgressStyle::with_template("{elapsed_precise} [{wide_bar}] {pos}/{len} s  {msg}").unwrap(),
    );
    let start = Instant::now();
    let (mut kills, mut early, mut messages, mut world) = (0u64, 0u64, 0, 0u64);
    while start.elapsed() < Duration::from_secs(arguments.seconds) {
        let directory = arguments.directory.join(format!("{}-{world}", arguments.seed));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let mut released = 0;
        for run in 0..arguments.kills {
            if start.elapsed() >= Duration::from_secs(arguments.seconds) {
                break;
            }
            let seed = Dice::new(arguments.seed ^ world << 20 ^ run << 44).next();
            match run_child(arguments, &directory, seed) {
                Outcome::Early => early += 1,
                Outcome::Killed(count) => released = count,
                Outcome::Broken(broken) => {
                    bar.abandon();
                    println!("after {kills} kills: {broken}");
                    println!(
                        "seed {}, world {world}, start {run}; stores in {}",
                        arguments.seed,
                        directory.display()
                    );
                    return ExitCode::FAILURE;
                }
            }
            kills += 1;
            bar.set_position(start.elapsed().as_secs());
            bar.set_message(format!("{kills} kills, {} messages", messages + released));
        }
        messages += released;
        world += 1;
        let _ = std::fs::remove_dir_all(&directory);
    }
    bar.finish_and_clear();
    println!(
        "{kills} kills ({early} while starting), {world} sets of stores, {messages} messages: nothing lost"
    );
    ExitCode::SUCCESS
}

/// Starts a child and kills it at a random moment: mostly while it works, sometimes while it starts.
fn run_child(arguments: &Arguments, directory: &Path, seed: u64) -> Outcome {
    let mut dice = Dice::new(seed);
    let sabotage = match arguments.sabotage {
        Sabotage::None => "none",
        Sabotage::LazyStore => "lazy-store",
    };
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["--child", "--sabotage", sabotage, "--seed", &seed.to_string(), "--directory"])
        .arg(directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = mpsc::channel();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    let early = dice.chance(10);
    let patience =
        if early { Duration::from_millis(dice.below(60) as u64) } else { Duration::from_secs(120) };
    let outcome = match lines.recv_timeout(patience) {
        Err(_) if early => Outcome::Early,
        Ok(line) if line.starts_with("ready: ") => {
            std::thread::sleep(Duration::from_micros(dice.below(120_000) as u64));
            let count = line.split(' ').nth(1).and_then(|count| count.parse().ok());
            Outcome::Killed(count.unwrap_or_default())
        }
        Ok(line) => Outcome::Broken(line),
        Err(_) => Outcome::Broken("it neither got ready nor said why".to_owned()),
    };
    let ended = end(&mut child);
    reader.join().unwrap();
    match (lines.try_recv(), outcome) {
        (Ok(line), Outcome::Early | Outcome::Killed(_)) if line.starts_with("broken: ") => {
            Outcome::Broken(line)
        }
        (_, Outcome::Early | Outcome::Killed(_)) if !ended => {
            Outcome::Broken("it ended by itself".to_owned())
        }
        (_, outcome) => outcome,
    }
}

/// Kills with SIGKILL; whether that was what ended it.
fn end(child: &mut Child) -> bool {
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}
