//! docs/mutants.md: a section an area, written when its mutants were tried.

use std::fmt::Write as _;

use super::accepted;
use super::area::Area;
use super::record::{Mutant, Outcome, Record};
use crate::error::Error;
use crate::workspace::Workspace;

const DOCUMENT: &str = "docs/mutants.md";

const HEAD: &str = "# Mutation testing\n\n\
    Written by `cargo xtask mutants --area A`; not to be edited. cargo-mutants changes one place of a source at a \
    time: an operator, a condition, what a function returns. A test of the area must fail then. Where none can, the \
    reason is here, kept in `xtask/src/mutants/accepted.rs`; the command fails if a mutant survives without one.\n";

/// Replaces the section of an area.
pub(super) fn write(workspace: &Workspace, area: Area, record: &Record) -> Result<(), Error> {
    let former = if workspace.path(DOCUMENT).is_file() { workspace.read(DOCUMENT)? } else { String::new() };
    let mut text = HEAD.to_owned();
    for one in Area::ALL {
        if one == area {
            text.push_str(&section(workspace, one, record)?);
        } else if let Some(kept) = kept(&former, one) {
            text.push_str(&kept);
        }
    }
    workspace.write(DOCUMENT, &text)
}

/// The section of an area as it was, if there was one.
fn kept(document: &str, area: Area) -> Option<String> {
    let heading = format!("\n## {area}\n");
    let (_, from_section) = document.split_once(&heading)?;
    let section = from_section.split_once("\n## ").map_or(from_section, |(section, _)| section);
    Some(format!("{heading}{section}"))
}

fn section(workspace: &Workspace, area: Area, record: &Record) -> Result<String, Error> {
    let mut text = format!("\n## {area}\n\n");
    for part in area.parts() {
        let list =
            |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let _ = write!(text, "- {}, judged by {} of {}", list(part.sources), list(part.tests), part.package);
        let _ = match part.more {
            [] => writeln!(text),
            more => writeln!(text, "; what survives, by {}", list(more)),
        };
    }
    let survivors = record.with(Outcome::Survived);
    let mut reasoned = Vec::new();
    let mut open = Vec::new();
    for mutant in &survivors {
        match accepted::reason(workspace, mutant)? {
            Some(accepted) => reasoned.push((mutant, accepted.reason)),
            None => open.push(mutant),
        }
    }
    let _ = write!(
        text,
        "\n| mutants | a test fails | tests don't end | don't compile | survive with a reason | survive | untried \
         |\n|--:|--:|--:|--:|--:|--:|--:|\n| {} | {} | {} | {} | {} | {} | {} |\n",
        record.len(),
        record.count(Outcome::Noticed),
        record.count(Outcome::Hung),
        record.count(Outcome::Unviable),
        reasoned.len(),
        open.len(),
        record.count(Outcome::Untried)
    );
    if !reasoned.is_empty() {
        text.push_str("\n| survivor | why no test can notice |\n|:--|:--|\n");
        for (mutant, reason) in reasoned {
            let _ = writeln!(text, "| {} | {} |", shown(mutant), cell(reason));
        }
    }
    if !open.is_empty() {
        text.push_str("\nTo be noticed still:\n\n");
        for mutant in open {
            let _ = writeln!(text, "- {}", shown(mutant));
        }
    }
    Ok(text)
}

/// A mutant without line and column, which the next edit would change.
fn shown(mutant: &Mutant) -> String {
    cell(&format!("`{}`: `{}`", mutant.file, mutant.change()))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_other_areas_are_kept() {
        let document = "# x\n\n## rules\n\na\n\n## framing\n\nb\n\n## key-schedule\n\nc\n";
        assert_eq!(kept(document, Area::Framing).unwrap(), "\n## framing\n\nb\n");
        assert_eq!(kept(document, Area::KeySchedule).unwrap(), "\n## key-schedule\n\nc\n");
        assert_eq!(kept(document, Area::RatchetTree), None);
    }
}
