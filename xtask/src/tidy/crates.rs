//! What each crate of ours declares.

use super::Finding;
use crate::error::Error;
use crate::workspace::{Package, Workspace};

/// The crates that need neither an operating system nor the standard library.
const ENGINE: [&str; 11] = [
    "copath-rules",
    "copath-codec",
    "copath-tree-math",
    "copath-crypto",
    "copath-hpke",
    "copath-credentials",
    "copath-messages",
    "copath-key-schedule",
    "copath-ratchet-tree",
    "copath-records",
    "copath-group",
];

/// Finds engine crates that use `std`, and crates without the workspace's lints.
pub(super) fn check(workspace: &Workspace, packages: &[Package]) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for package in packages {
        let manifest = workspace.relative(&package.manifest_path);
        if !inherits_lints(&workspace.read(&manifest)?) {
            let message = "no workspace lints: add `[lints]` with `workspace = true`";
            findings.push(Finding::new(&manifest, 1, message.into()));
        }
        let root = manifest.replace("Cargo.toml", "src/lib.rs");
        if ENGINE.contains(&package.name.as_str()) && !is_no_std(&workspace.read(&root)?) {
            findings.push(Finding::new(&root, 1, "an engine crate: add `#![no_std]`".into()));
        }
    }
    for name in ENGINE {
        if !packages.iter().any(|package| package.name == name) {
            let message = format!("{name} is no crate of the workspace: mend the list of engine crates");
            findings.push(Finding::new("xtask/src/tidy/crates.rs", 1, message));
        }
    }
    Ok(findings)
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    lines.by_ref().take_while(|line| !line.starts_with('[')).any(|line| line == "workspace = true")
}

fn is_no_std(root: &str) -> bool {
    root.lines().any(|line| line == "#![no_std]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_inherited_in_their_own_section() {
        assert!(inherits_lints("[package]\n\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\n\n[lints]\n\n[x]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nworkspace = true\n"));
    }

    #[test]
    fn no_std_holds_without_condition() {
        assert!(is_no_std("//! x\n#![no_std]\n"));
        assert!(!is_no_std("// #![no_std]\n#![cfg_attr(not(feature = \"std\"), no_std)]\n"));
    }
}
