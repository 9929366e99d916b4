//! Getting the working group's files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use copath_vectors::{OFFICIAL, sha256};

use crate::error::Error;

/// Where the files are, at which commit.
const REPOSITORY: &str = "https://github.com/mlswg/mls-implementations";
const COMMIT: &str = "cfd450286d1bfd9cd2519b95c80f9771f94a5b1a";

/// Fetches the files into target/official-vectors and compares them with our list of hashes.
pub(crate) fn fetch(root: &Path) -> Result<PathBuf, Error> {
    let directory = root.join("target/official-vectors");
    let clone = root.join("target/mls-implementations.git");
    for path in [&directory, &clone] {
        fs::create_dir_all(path).map_err(|source| Error::System(path.display().to_string(), source))?;
    }
    git(&clone, &["init", "--quiet", "--bare"])?;
    git(&clone, &["fetch", "--quiet", "--depth", "1", REPOSITORY, COMMIT])?;
    let list = copath_vectors::read(&root.join("test-vectors/official.sha256"))?;
    let provider = copath_provider_rustcrypto::provider();
    for official in &OFFICIAL {
        let content = git(&clone, &["show", &format!("{COMMIT}:test-vectors/{}", official.file)])?.stdout;
        let line = format!("{}  {}", sha256(&provider, &content)?, official.file);
        if !list.lines().any(|listed| listed == line) {
            return Err(Error::Changed(official.file.to_owned()));
        }
        let path = directory.join(official.file);
        fs::write(&path, content).map_err(|source| Error::System(path.display().to_string(), source))?;
    }
    Ok(directory)
}

/// Runs git, which never asks for anything; its last complaint is the error.
fn git(clone: &Path, arguments: &[&str]) -> Result<Output, Error> {
    let output = Command::new("git")
        .current_dir(clone)
        .env("GIT_TERMINAL_PROMPT", "0")
        .args(arguments)
        .output()
        .map_err(|source| Error::System("git".to_owned(), source))?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Error::Fetch(complaint.lines().last().unwrap_or("git failed; is there a network?").to_owned()))
}
