//! The workspace on disk: its files, its crates, and running programs in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::Error;

/// The workspace that this program was built in.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

/// One of our crates, as `cargo metadata` shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// The name of the crate.
    pub(crate) name: String,
    /// Where its Cargo.toml is.
    pub(crate) manifest_path: PathBuf,
    /// All dependencies that it declares.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A declared dependency.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The name of the crate depended on.
    pub(crate) name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

impl Workspace {
    /// The directory above xtask's own.
    pub(crate) fn here() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: own.parent().unwrap_or(own).to_path_buf() }
    }

    /// The full path of a file of the workspace.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path relative to the workspace, as findings show it.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Reads a text file.
    pub(crate) fn read(&self, relative: &str) -> Result<String, Error> {
        fs::read_to_string(self.path(relative))
            .map_err(|source| Error::File { path: relative.to_owned(), source })
    }

    /// Writes a text file.
    pub(crate) fn write(&self, relative: &str, text: &str) -> Result<(), Error> {
        fs::write(self.path(relative), text)
            .map_err(|source| Error::File { path: relative.to_owned(), source })
    }

    /// All files that are in git or would be added, relative to the workspace and sorted.
    pub(crate) fn files(&self) -> Result<Vec<String>, Error> {
        let listing = self.output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
        let mut files: Vec<String> =
            listing.lines().filter(|file| self.path(file).is_file()).map(str::to_owned).collect();
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Our crates, in the order of the workspace's members.
    pub(crate) fn packages(&self) -> Result<Vec<Package>, Error> {
        Ok(self.metadata()?.packages)
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> Result<PathBuf, Error> {
        Ok(self.metadata()?.target_directory)
    }

    fn metadata(&self) -> Result<Metadata, Error> {
        let json = self.output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?;
        Ok(serde_json::from_str(&json)?)
    }

    /// A program to be started in the workspace.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// What a program prints; its complaints are passed through.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Result<String, Error> {
        let output = self
            .command(program, arguments)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| Error::Start { program: program.to_owned(), source })?;
        if !output.status.success() {
            return Err(Error::Failed { program: program.to_owned(), status: output.status });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
