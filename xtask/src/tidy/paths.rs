//! Paths of one machine, which mean nothing on another.

use super::Finding;
use crate::error::Error;
use crate::workspace::Workspace;

/// Text files that are checked, by how their names end.
const TEXTS: [&str; 7] = [".md", ".rs", ".toml", ".json", ".yml", ".sh", "/run"];

/// First parts of absolute paths, without the slash before them.
const MACHINES: [&str; 4] = ["work/", "root/", "tmp/bash", "home/"];

/// Finds absolute paths in the text files among `files`.
pub(super) fn check(workspace: &Workspace, files: &[String]) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| TEXTS.iter().any(|end| file.ends_with(end))) {
        for (at, line) in workspace.read(file)?.lines().enumerate() {
            if let Some(machine) = machine_path(line) {
                let message =
                    format!("`/{machine}` is a path of one machine: use a path relative to the project");
                findings.push(Finding::new(file, at + 1, message));
            }
        }
    }
    Ok(findings)
}

/// The absolute path of a machine that a line names.
fn machine_path(line: &str) -> Option<&'static str> {
    line.match_indices('/').find_map(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let absolute = !before.ends_with(|c: char| c.is_alphanumeric() || "._-/}>)*~".contains(c));
        let rest = rest.strip_prefix('/')?;
        MACHINES.into_iter().find(|machine| absolute && rest.starts_with(machine))
    })
}

#[cfg(test)]
mod tests {
    use super::machine_path;

    #[test]
    fn absolute_paths_are_told_from_relative_ones() {
        let slash = '/';
        for absolute in ["work/main", "root/.cargo", "tmp/bash_1", "home/me"] {
            assert!(machine_path(&format!("see `{slash}{absolute}`")).is_some(), "{absolute}");
            assert!(machine_path(&format!("{slash}{absolute}")).is_some(), "{absolute}");
            assert!(machine_path(&format!("a{slash}{absolute}")).is_none(), "{absolute}");
            assert!(machine_path(&format!("..{slash}{absolute}")).is_none(), "{absolute}");
            assert!(machine_path(&format!("https://x.org{slash}{absolute}")).is_none(), "{absolute}");
        }
        assert!(machine_path("target/x and /tmp/state").is_none());
    }
}
