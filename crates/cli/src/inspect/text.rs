//! Descriptions as text.

use std::io::{self, Write};

use super::scalar::{Scalar, Tally, Verdict};
use super::sink::{Group, Sink};
use crate::calendar;

/// Elements of a list that are shown unless all are asked for.
const USUAL_ELEMENTS: usize = 24;
/// Octets that are shown whole.
const SHORT: usize = 20;

/// What the reader wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Detail {
    /// Nothing is shortened.
    pub(super) full: bool,
    /// Lines begin with the byte that they describe.
    pub(super) offsets: bool,
}

/// Writes indented lines.
#[derive(Debug)]
pub(super) struct Text<W> {
    out: W,
    detail: Detail,
    open: Vec<Open>,
}

#[derive(Debug)]
enum Open {
    Structure,
    List { next: usize },
    Inline { next: usize },
    Derived,
}

impl<W: Write> Text<W> {
    pub(super) fn new(out: W, detail: Detail) -> Self {
        Self { out, detail, open: Vec::new() }
    }

    /// Begins a line: byte, indentation, name.
    fn begin(&mut self, name: &str, at: usize) -> io::Result<()> {
        let derived = matches!(self.open.last(), Some(Open::Derived));
        if self.detail.offsets {
            if derived { write!(self.out, "{:>8}  ", "")? } else { write!(self.out, "{at:>8}  ")? }
        }
        let depth = self.open.iter().filter(|open| !matches!(open, Open::Derived)).count();
        write!(self.out, "{:indent$}", "", indent = depth.saturating_mul(2))?;
        match self.open.last_mut() {
            Some(Open::List { next }) => {
                write!(self.out, "[{next}]")?;
                *next = next.saturating_add(1);
            }
            Some(Open::Derived) => write!(self.out, "→ {name}:")?,
            _ => write!(self.out, "{name}:")?,
        }
        Ok(())
    }

    fn value(&self, scalar: &Scalar<'_>) -> String {
        match scalar {
            Scalar::Number(number) => number.to_string(),
            Scalar::Code(code) => match code.name {
                Some(name) => format!("{name} ({:#06x})", code.code),
                None => format!("{:#06x} (unknown)", code.code),
            },
            Scalar::Word(word) => (*word).into(),
            Scalar::Text(text) => text.clone(),
            Scalar::Octets(octets) => self.octets(octets),
            Scalar::Readable(octets) => match std::str::from_utf8(octets) {
                Ok(text) if !text.is_empty() => {
                    format!("{text:?} ({})", count(octets.len()))
                }
                _ => self.octets(octets),
            },
            Scalar::Encrypted(octets) if self.detail.full => format!("{}, encrypted", self.octets(octets)),
            Scalar::Encrypted(octets) => format!("{}, encrypted", count(octets.len())),
            Scalar::Time(seconds) => format!("{} ({seconds})", calendar::utc(*seconds)),
            Scalar::Verdict(verdict) => in_words(verdict),
            Scalar::Tally(tally) => counted(tally),
            Scalar::Absent => "(none)".into(),
            Scalar::Blank => "(blank)".into(),
        }
    }

    fn octets(&self, octets: &[u8]) -> String {
        let whole = self.detail.full || octets.len() <= SHORT;
        match (octets, octets.first_chunk::<8>(), octets.last_chunk::<4>()) {
            ([], ..) => "(empty)".into(),
            (_, Some(first), Some(last)) if !whole => {
                format!("{}…{} ({})", hex::encode(first), hex::encode(last), count(octets.len()))
            }
            _ => format!("{} ({})", hex::encode(octets), count(octets.len())),
        }
    }
}

impl<W: Write + std::fmt::Debug> Sink for Text<W> {
    fn open(&mut self, name: &str, group: Group<'_>, at: usize) -> io::Result<()> {
        let open = match group {
            Group::Derived => Open::Derived,
            Group::Structure(of) => {
                self.begin(name, at)?;
                // A structure that is called what it is needs to be told once.
                writeln!(self.out, "{}", if name == of { String::new() } else { format!(" {of}") })?;
                Open::Structure
            }
            Group::List(length) => {
                self.begin(name, at)?;
                writeln!(self.out, "{}", if length == 0 { " (none)" } else { "" })?;
                Open::List { next: 0 }
            }
            Group::Inline => {
                self.begin(name, at)?;
                Open::Inline { next: 0 }
            }
        };
        self.open.push(open);
        Ok(())
    }

    fn scalar(&mut self, name: &str, scalar: &Scalar<'_>, at: usize) -> io::Result<()> {
        let value = self.value(scalar);
        if let Some(Open::Inline { next }) = self.open.last_mut() {
            let separator = if *next == 0 { " " } else { ", " };
            *next = next.saturating_add(1);
            return write!(self.out, "{separator}{value}");
        }
        self.begin(name, at)?;
        writeln!(self.out, " {value}")
    }

    fn close(&mut self) -> io::Result<()> {
        match self.open.pop() {
            Some(Open::Inline { next: 0 }) => writeln!(self.out, " (none)"),
            Some(Open::Inline { .. }) => writeln!(self.out),
            _ => Ok(()),
        }
    }

    fn wanted(&self) -> usize {
        if self.detail.full { usize::MAX } else { USUAL_ELEMENTS }
    }

    fn left_out(&mut self, number: usize) -> io::Result<()> {
        let depth = self.open.iter().filter(|open| !matches!(open, Open::Derived)).count();
        let hint = format!("… and {number} more (--full shows all)");
        match self.open.last() {
            Some(Open::Inline { .. }) => write!(self.out, ", {hint}"),
            _ => {
                if self.detail.offsets {
                    write!(self.out, "{:>8}  ", "")?;
                }
                writeln!(self.out, "{:indent$}{hint}", "", indent = depth.saturating_mul(2))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn drawing(&mut self, lines: &dyn Fn() -> Vec<String>) -> io::Result<()> {
        let depth = self.open.iter().filter(|open| !matches!(open, Open::Derived)).count();
        let indent = depth.saturating_mul(2).saturating_add(if self.detail.offsets { 10 } else { 0 });
        lines().iter().try_for_each(|line| writeln!(self.out, "{:indent$}{line}", ""))
    }
}

fn count(octets: usize) -> String {
    if octets == 1 { "1 octet".into() } else { format!("{octets} octets") }
}

fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Valid => "valid".into(),
        Verdict::Invalid(rule) => format!("invalid (rule {rule}: {})", rule.rule().words()),
        Verdict::NotCheckable(reason) => format!("not checkable because {reason}"),
    }
}

fn counted(tally: &Tally) -> String {
    let mut words = vec![format!("{} valid", tally.valid)];
    if let Some(first) = tally.first_invalid {
        words.push(format!("{} invalid, the first of them at {first}", tally.invalid));
    }
    if let Some(reason) = tally.reason {
        words.push(format!("{} not checkable because {reason}", tally.not_checkable));
    }
    words.join("; ")
}
