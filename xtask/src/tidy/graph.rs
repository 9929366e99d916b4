//! The crate graph against the list in docs/architecture.md.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::error::Error;
use crate::workspace::{Package, Workspace};

const DOCUMENT: &str = "docs/architecture.md";

/// The info string of the fenced block that holds the list.
const FENCE: &str = "```crate-graph";

/// One line of the list: a crate and what it may use.
#[derive(Debug, PartialEq, Eq)]
struct Listed<'a> {
    line: usize,
    name: &'a str,
    uses: BTreeSet<&'a str>,
}

/// Compares the normal dependencies between our crates with the list.
pub(super) fn check(workspace: &Workspace, packages: &[Package]) -> Result<Vec<Finding>, Error> {
    let document = workspace.read(DOCUMENT)?;
    let actual: BTreeMap<_, _> =
        packages.iter().map(|package| (package.name.as_str(), uses(package, packages))).collect();
    Ok(compare(&listed(&document), &actual))
}

/// What a crate uses of ours, tests and build scripts left out.
fn uses<'a>(package: &'a Package, packages: &[Package]) -> BTreeSet<&'a str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind.is_none())
        .map(|dependency| dependency.name.as_str())
        .filter(|name| packages.iter().any(|ours| ours.name == *name))
        .collect()
}

/// The lines of the block in the document.
fn listed(document: &str) -> Vec<Listed<'_>> {
    let lines = document.lines().enumerate().skip_while(|(_, line)| line.trim() != FENCE).skip(1);
    lines
        .take_while(|(_, line)| line.trim() != "```")
        .filter_map(|(at, line)| {
            let (name, uses) = line.split_once(':')?;
            Some(Listed { line: at + 1, name: name.trim(), uses: uses.split_whitespace().collect() })
        })
        .collect()
}

fn compare(listed: &[Listed<'_>], actual: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line, message| findings.push(Finding::new(DOCUMENT, line, message));
    let mut above = BTreeSet::new();
    for Listed { line, name, uses } in listed {
        let Some(used) = actual.get(name) else {
            find(*line, format!("{name} is no crate of the workspace: remove its line"));
            continue;
        };
        for extra in used.difference(uses) {
            find(
                *line,
                format!(
                    "{name} uses {extra}, which isn't listed: remove the dependency or argue for it here"
                ),
            );
        }
        for gone in uses.difference(used) {
            find(*line, format!("{name} doesn't use {gone}: remove it from the line"));
        }
        for below in uses.difference(&above) {
            find(*line, format!("{name} may use only crates above it, and {below} isn't"));
        }
        if !above.insert(*name) {
            find(*line, format!("{name} is listed twice"));
        }
    }
    for name in actual.keys().filter(|name| !above.contains(*name)) {
        find(listed.first().map_or(1, |first| first.line), format!("{name} is missing from the crate graph"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT_TEXT: &str = "# x\n\n```text\nz: y\n```\n\n```crate-graph\na:\nb: a\nc: a b\n```\nd: a\n";

    fn actual(edges: &[(&'static str, &[&'static str])]) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        edges.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect()
    }

    fn messages(document: &str, edges: &[(&'static str, &[&'static str])]) -> Vec<String> {
        compare(&listed(document), &actual(edges)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn block_is_read_with_its_line_numbers() {
        let block = listed(DOCUMENT_TEXT);
        assert_eq!(block.len(), 3);
        assert_eq!(block[2], Listed { line: 10, name: "c", uses: BTreeSet::from(["a", "b"]) });
    }

    #[test]
    fn equal_graphs_pass() {
        assert_eq!(messages(DOCUMENT_TEXT, &[("a", &[]), ("b", &["a"]), ("c", &["a", "b"])]), [""; 0]);
    }

    #[test]
    fn each_difference_is_found() {
        let found = messages(DOCUMENT_TEXT, &[("a", &["c"]), ("b", &[]), ("d", &[])]);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("docs/architecture.md:8: a uses c, which isn't listed"));
        assert!(found[1].starts_with("docs/architecture.md:9: b doesn't use a"));
        assert!(found[2].starts_with("docs/architecture.md:10: c is no crate"));
        assert!(found[3].ends_with("d is missing from the crate graph"));
    }

    #[test]
    fn order_of_the_list_is_the_order_of_the_layers() {
        let found = messages("```crate-graph\na: b\nb:\n```\n", &[("a", &["b"]), ("b", &[])]);
        assert_eq!(found, ["docs/architecture.md:2: a may use only crates above it, and b isn't"]);
    }

    #[test]
    fn only_normal_dependencies_of_ours_count() {
        let json = r#"[
            {"name": "a", "manifest_path": "a/Cargo.toml", "dependencies": [
                {"name": "b", "kind": null}, {"name": "b", "kind": "dev"}, {"name": "serde", "kind": null}]},
            {"name": "b", "manifest_path": "b/Cargo.toml", "dependencies": [{"name": "a", "kind": "dev"}]}
        ]"#;
        let packages: Vec<Package> = serde_json::from_str(json).unwrap();
        assert_eq!(uses(&packages[0], &packages), BTreeSet::from(["b"]));
        assert_eq!(uses(&packages[1], &packages), BTreeSet::new());
    }
}
