//! Links in documents: the file is there, and a link to a test leads to a function of that name.

use std::path::Path;

use super::Finding;
use crate::error::Error;
use crate::workspace::Workspace;

/// Finds dead links in the documents among `files`.
pub(super) fn check(workspace: &Workspace, files: &[String]) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.ends_with(".md")) {
        let directory = Path::new(file).parent().unwrap_or(Path::new(""));
        for (at, line) in workspace.read(file)?.lines().enumerate() {
            for (text, target) in links(line).filter(|(_, target)| is_relative(target)) {
                let path = directory.join(target.split('#').next().unwrap_or(target));
                let found = workspace.path(&path.to_string_lossy());
                let dead = if !found.exists() {
                    Some(format!("`{target}` isn't there"))
                } else if is_function(text) && target.ends_with(".rs") {
                    let source = workspace.read(&path.to_string_lossy())?;
                    (!source.contains(&format!("fn {text}")))
                        .then(|| format!("`{target}` has no `fn {text}`"))
                } else {
                    None
                };
                findings.extend(dead.map(|dead| Finding::new(file, at + 1, format!("dead link: {dead}"))));
            }
        }
    }
    Ok(findings)
}

/// Text and target of each link in a line.
fn links(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices("](").filter_map(|(at, _)| {
        let (before, after) = line.split_at(at);
        let (_, text) = before.rsplit_once('[')?;
        let (target, _) = after.strip_prefix("](")?.split_once(')')?;
        Some((text, target))
    })
}

fn is_relative(target: &str) -> bool {
    !target.is_empty()
        && !target.contains("://")
        && !target.starts_with('#')
        && !target.starts_with("mailto:")
}

fn is_function(text: &str) -> bool {
    text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_text_and_target() {
        let found: Vec<_> = links("see [a](b.md), `x[0]`, [c_d](../e.rs#f) and [g](https://h)").collect();
        assert_eq!(found, [("a", "b.md"), ("c_d", "../e.rs#f"), ("g", "https://h")]);
        assert!(is_relative("b.md") && !is_relative("https://h") && !is_relative("#f"));
        assert!(is_function("c_d") && !is_function("a") && !is_function("`c_d`"));
    }
}
