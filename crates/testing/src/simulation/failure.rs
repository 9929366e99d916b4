//! A run that failed, as its reader wants to see it.

use core::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::step::Step;
use super::{Config, script, walk};

/// A run that failed, with the shortest script that was found to fail in the same way.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was simulated.
    pub config: Config,
    /// The step at which it failed; the number of steps if it failed at the end.
    pub step: usize,
    /// What turned out wrong.
    pub fault: Fault,
    /// A short script that fails in the same way.
    pub script: Vec<Step>,
    /// What turns out wrong with that.
    pub shrunk: Fault,
    /// Where the log of the whole run is.
    pub log: Option<PathBuf>,
}

impl Failure {
    /// Writes what happened at each step of the whole run, and of the short script, to a file in `directory`.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write_log(&mut self, directory: &Path) -> io::Result<()> {
        let short = log(&self.config, &self.script);
        let whole = script(&self.config);
        let whole = log(&self.config, whole.get(..=self.step).unwrap_or(&whole));
        fs::create_dir_all(directory)?;
        let path = directory.join(format!("simulation-seed-{}.log", self.config.seed));
        let head = format!("{}\n{:?}\n{:?}", self.config, self.fault, self.shrunk);
        fs::write(&path, format!("{head}\n\nThe short script\n{short}\nThe whole run\n{whole}"))?;
        self.log = Some(path);
        Ok(())
    }
}

/// A line for each step: what happened, and where everybody is.
fn log(config: &Config, script: &[Step]) -> String {
    let mut lines = String::new();
    let result = walk(config, script, &mut |step, universe| {
        lines.push_str(&format!("{step:?}\n"));
        for (world, event) in &universe.recent {
            lines.push_str(&format!("        group {world}: {event:?}\n"));
        }
        for world in &universe.worlds {
            lines.push_str(&format!("        group {}: {}\n", world.id, world.positions()));
        }
    });
    match result {
        Ok(_) => lines.push_str("all holds\n"),
        Err((_, fault)) => lines.push_str(&format!("{:?}: {}\n", fault.kind, fault.detail)),
    }
    lines
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} fails at step {}: {}", self.config.seed, self.step, self.config)?;
        let numbers: Vec<String> = self.script.iter().map(|step| step.number.to_string()).collect();
        writeln!(f, "{} steps fail in the same way: add --only {}", numbers.len(), numbers.join(","))?;
        self.script.iter().try_for_each(|step| writeln!(f, "  {step:?}"))?;
        write!(f, "{}", self.shrunk)?;
        match &self.log {
            Some(path) => write!(f, "\nfull log: {}", path.display()),
            None => Ok(()),
        }
    }
}
