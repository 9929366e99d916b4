//! `cargo xtask mutants`: small changes to code that enforces rules, each of which some test must notice.
//!
//! cargo-mutants makes the changes, in a copy of the workspace below the target directory that is kept, so that each
//! costs one crate's build and its area's tests. What became of each is recorded as it happens; a run that is ended
//! goes on where it was.

mod accepted;
mod area;
mod copy;
mod record;
mod report;
mod tool;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use crate::error::Error;
use crate::tidy::{self, Finding};
use crate::workspace::Workspace;

use area::{Area, Part};
use record::{Mutant, Outcome, Record};
use tool::Tool;

/// Mutants that one start of the tool tries.
const BATCH: usize = 16;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to mutate; without it, where all areas stand.
    #[arg(long)]
    area: Option<Area>,
    /// Only the K-th of N shares, from 1: for several machines, or sittings.
    #[arg(long, value_name = "K/N", requires = "area")]
    shard: Option<Shard>,
    /// Stop after so many mutants; the next run goes on there.
    #[arg(long, value_name = "N", requires = "area")]
    at_most: Option<usize>,
    /// Forget what is known; without it, what a test noticed or what has a reason is tried again only if its source has
    /// changed.
    #[arg(long, requires = "area")]
    anew: bool,
}

/// One share of the mutants: those whose place in the list leaves this rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    rest: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (which, count) = text.split_once('/')?;
            let (which, count) = (which.parse::<usize>().ok()?, count.parse::<usize>().ok()?);
            (1..=count).contains(&which).then(|| Self { rest: which - 1, count })
        };
        parse().ok_or("K/N with K from 1 to N")
    }
}

/// Where the runs of an area keep what outlasts them.
struct Places {
    /// The copy of the workspace.
    copy: PathBuf,
    /// Where the copy is built; areas that run at once don't wait for each other, which would look like tests that hang.
    build: PathBuf,
    /// What cargo-mutants writes.
    output: PathBuf,
    /// What is known.
    record: PathBuf,
    /// Where cargo-mutants is installed.
    tools: PathBuf,
}

impl Places {
    fn of(area: Area, target: &Path) -> Self {
        let own = target.join("mutants").join(area.to_string());
        Self {
            copy: own.join("copy"),
            build: own.join("build"),
            output: own.join("output"),
            record: own.join("record.json"),
            tools: target.join("tools"),
        }
    }
}

/// Tries the mutants of an area that aren't done, and writes its section of the report; or tells where all stand.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let target = workspace.target()?;
    let Some(area) = arguments.area else {
        for area in Area::ALL {
            println!("{}", Record::load(&Places::of(area, &target).record)?.standing(area));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let places = Places::of(area, &target);
    let Some(tool) = Tool::find_or_install(workspace, &places)? else { return Ok(ExitCode::FAILURE) };
    let path = &places.record;
    let mut record = if arguments.anew { Record::default() } else { Record::load(path)? };
    tool.finished(&mut record)?;
    copy::refresh(workspace, &places.copy)?;
    for part in area.parts() {
        record.list(part, tool.list(part)?);
    }
    record.forget_other_sources(workspace)?;
    record.save(path)?;
    println!("{}", record.standing(area));
    let mut left = arguments.at_most.unwrap_or(usize::MAX);
    for part in area.parts() {
        let mut queue = record.queue(part, arguments.shard);
        accepted::leave_out(workspace, &record, &mut queue)?;
        queue.truncate(left);
        left -= queue.len();
        if !attempt(&tool, part, &queue, &mut record, path, area)? {
            return Ok(ExitCode::FAILURE);
        }
    }
    report::write(workspace, area, &record)?;
    Ok(tidy::report(&findings(workspace, area, &record)?))
}

/// Tries the mutants of one part, batch by batch; `false` if the tests fail without any, or the tool does.
fn attempt(
    tool: &Tool,
    part: &Part,
    queue: &[Mutant],
    record: &mut Record,
    path: &Path,
    area: Area,
) -> Result<bool, Error> {
    if queue.is_empty() {
        return Ok(true);
    }
    let Some(patience) = tool.baseline(part)? else {
        println!("the tests of {} fail as they are: nothing can be learned from mutants", part.package);
        return Ok(false);
    };
    for batch in queue.chunks(BATCH) {
        let mut learned = tool.attempt(part.package, part.tests, batch, patience)?;
        tool.finished(record)?;
        let survivors = record.survivors(batch);
        if !part.more.is_empty() && !survivors.is_empty() {
            learned &= tool.attempt(part.package, part.more, &survivors, patience)?;
            tool.finished(record)?;
        }
        record.save(path)?;
        println!("{}", record.standing(area));
        if !learned {
            println!("cargo-mutants failed: what it says is above");
            return Ok(false);
        }
    }
    Ok(true)
}

/// Finds mutants that no test noticed and that have no reason, and reasons that are needed no more.
fn findings(workspace: &Workspace, area: Area, record: &Record) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let survivors = record.with(Outcome::Survived);
    let mut needed = Vec::new();
    for mutant in &survivors {
        match accepted::reason(workspace, mutant)? {
            Some(accepted) => needed.push(accepted),
            None => findings.push(Finding::new(
                &mutant.file,
                mutant.line(),
                format!("no test notices: {}", mutant.change()),
            )),
        }
    }
    if record.is_complete() {
        let files =
            |accepted: &&accepted::Accepted| area.parts().iter().any(|part| part.has(accepted.file()));
        for accepted in accepted::ALL.iter().filter(files).filter(|one| !needed.contains(one)) {
            let message = format!("drop the reason for `{}`: no such mutant survives", accepted.mutant);
            findings.push(Finding::new(accepted::KEPT_IN, 1, message));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_one() {
        assert_eq!("1/4".parse(), Ok(Shard { rest: 0, count: 4 }));
        assert_eq!("4/4".parse(), Ok(Shard { rest: 3, count: 4 }));
        for wrong in ["0/4", "5/4", "1/0", "1", "a/b", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
