//! The report for people.

use std::io::Write;

use super::report::{GroupReport, Report};
use crate::failure::Failure;

pub(super) fn write(out: &mut dyn Write, report: &Report, members: bool) -> Result<(), Failure> {
    let sealed = match report.generation {
        Some(generation) => format!("encrypted, generation {generation}"),
        None => "not encrypted".to_owned(),
    };
    let size = report.records;
    writeln!(
        out,
        "{sealed}; {} octets, {} records of {} octets",
        report.file_octets, size.records, size.octets
    )?;
    writeln!(
        out,
        "{} identities, {} key packages, {} pre-shared keys",
        report.identities, report.key_packages, report.psks
    )?;
    for group in &report.groups {
        write_group(out, group, members)?;
    }
    for id in &report.external_joins {
        writeln!(out, "group {}: an external join waits to be confirmed", hex::encode(&**id))?;
    }
    for id in &report.moved {
        writeln!(out, "group {}: exported, and its snapshot may not have arrived", hex::encode(&**id))?;
    }
    for id in &report.rolled_back {
        writeln!(out, "group {}: older than a state that was used, to be rejoined", hex::encode(&**id))?;
    }
    Ok(())
}

fn write_group(out: &mut dyn Write, group: &GroupReport, members: bool) -> Result<(), Failure> {
    let stored = &group.stored;
    writeln!(out, "group {}", hex::encode(&*stored.group_id))?;
    let count = match &group.members {
        Ok(members) => format!("{} members", members.len()),
        Err(reason) => format!("can't be loaded: {reason}"),
    };
    let leaf = stored.own_leaf.as_u32();
    writeln!(
        out,
        "  {}, epoch {}, suite {}, own leaf {leaf}, {count}",
        group.life(),
        stored.epoch,
        stored.cipher_suite.0
    )?;
    writeln!(out, "  {} records of {} octets", group.size.records, group.size.octets)?;
    if let Some(commit) = &stored.pending_commit {
        writeln!(out, "  a commit of {} octets waits to be accepted", commit.len())?;
    }
    if stored.pending_proposals > 0 || stored.own_updates > 0 {
        let own = stored.own_updates;
        writeln!(out, "  {} proposals wait for a commit, {own} own updates", stored.pending_proposals)?;
    }
    if stored.owes_welcome {
        writeln!(out, "  Welcomes may not have been sent")?;
    }
    if let Some(lost) = &stored.lost {
        writeln!(out, "  a commit lost the race, with {} intents", lost.intents.len())?;
    }
    if group.unsent > 0 {
        writeln!(out, "  {} messages may not have been sent", group.unsent)?;
    }
    if let (true, Ok(members)) = (members, &group.members) {
        for (leaf, credential) in members {
            writeln!(out, "  leaf {leaf}: {credential}")?;
        }
    }
    Ok(())
}
