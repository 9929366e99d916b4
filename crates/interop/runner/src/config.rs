//! Config files of the harness: scripts by name, each a list of steps.
//!
//! A mistake is an error with the file and the line: an action or a field that isn't known, and a step that refers to
//! one that makes something else.

mod action;
mod check;
mod hint;
mod located;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub use action::{
    Action, Branch, Description, Extension, ExternalJoin, FullCommit, Options, ReInit, StepIndex, Successor,
};

/// What is wrong with a config file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file isn't a config.
    #[error("{file}:{line}: {what}")]
    Content {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong in it, and perhaps what was meant.
        what: String,
    },
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file, without its ending.
    pub file: String,
    /// The script's name in the file.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line in which it begins, from 1.
    pub line: usize,
    /// What it asks for.
    pub action: Action,
}

impl Script {
    /// `file/name`.
    pub fn title(&self) -> String {
        format!("{}/{}", self.file, self.name)
    }

    /// All actors, in the order in which they appear.
    pub fn actors(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let named = self.steps.iter().flat_map(|step| step.action.actors());
        named.filter(|actor| seen.insert(*actor)).collect()
    }
}

/// Reads a config file, or all of a directory in the order of their names.
///
/// # Errors
/// A file can't be read or has a mistake.
pub fn read(path: &Path) -> Result<Vec<Script>, ConfigError> {
    let unreadable = |source| ConfigError::File { file: path.display().to_string(), source };
    if !path.is_dir() {
        let text = fs::read_to_string(path).map_err(unreadable)?;
        return parse(&path.display().to_string(), &text);
    }
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut paths = paths.map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let scripts = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(scripts.into_iter().flatten().collect())
}

/// Parses the text of a config file.
///
/// # Errors
/// It has a mistake.
pub fn parse(file: &str, text: &str) -> Result<Vec<Script>, ConfigError> {
    let stem =
        Path::new(file).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let scripts = located::scripts(file, text)?;
    let mut parsed = Vec::new();
    for (name, steps) in scripts {
        let script = Script { file: stem.clone(), name, steps };
        check::references(&script).map_err(|(line, what)| ConfigError::Content {
            file: file.to_owned(),
            line,
            what,
        })?;
        parsed.push(script);
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
