//! Descriptions as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::scalar::{Scalar, Verdict};
use super::sink::{Group, Sink};
use crate::calendar;

/// Writes JSON, nothing shortened.
#[derive(Debug)]
pub(super) struct Json<W> {
    out: W,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    list: bool,
    empty: bool,
}

impl<W: Write> Json<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, open: Vec::new() }
    }

    /// Begins an element or a member: comma, line, name.
    fn begin(&mut self, name: &str) -> io::Result<()> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let (first, list) = (std::mem::take(&mut open.empty), open.list);
        let indent = self.open.len().saturating_mul(2);
        write!(self.out, "{}\n{:indent$}", if first { "" } else { "," }, "")?;
        if !list {
            serde_json::to_writer(&mut self.out, name)?;
            self.out.write_all(b": ")?;
        }
        Ok(())
    }
}

impl<W: Write + std::fmt::Debug> Sink for Json<W> {
    fn open(&mut self, name: &str, group: Group<'_>, _at: usize) -> io::Result<()> {
        let list = matches!(group, Group::List(_) | Group::Inline);
        self.begin(if group == Group::Derived { "derived" } else { name })?;
        self.out.write_all(if list { b"[" } else { b"{" })?;
        self.open.push(Open { list, empty: true });
        Ok(())
    }

    fn scalar(&mut self, name: &str, scalar: &Scalar<'_>, _at: usize) -> io::Result<()> {
        self.begin(name)?;
        Ok(serde_json::to_writer(&mut self.out, &value(scalar))?)
    }

    fn close(&mut self) -> io::Result<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if !open.empty {
            write!(self.out, "\n{:indent$}", "", indent = self.open.len().saturating_mul(2))?;
        }
        self.out.write_all(if open.list { b"]" } else { b"}" })?;
        if self.open.is_empty() { writeln!(self.out) } else { Ok(()) }
    }

    fn wanted(&self) -> usize {
        usize::MAX
    }

    fn left_out(&mut self, _count: usize) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn drawing(&mut self, _lines: &dyn Fn() -> Vec<String>) -> io::Result<()> {
        Ok(())
    }
}

fn value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Number(number) => json!(number),
        Scalar::Code(code) => json!({ "code": code.code, "name": code.name }),
        Scalar::Word(word) => json!(word),
        Scalar::Text(text) => json!(text),
        Scalar::Octets(octets) => json!({ "length": octets.len(), "hex": hex::encode(octets) }),
        Scalar::Readable(octets) => {
            let text = std::str::from_utf8(octets).ok();
            json!({ "length": octets.len(), "hex": hex::encode(octets), "text": text })
        }
        Scalar::Encrypted(octets) => {
            json!({ "length": octets.len(), "hex": hex::encode(octets), "encrypted": true })
        }
        Scalar::Time(seconds) => json!({ "seconds": seconds, "utc": calendar::utc(*seconds) }),
        Scalar::Verdict(Verdict::Valid) => json!({ "verdict": "valid" }),
        Scalar::Verdict(Verdict::Invalid(rule)) => {
            json!({ "verdict": "invalid", "rule": rule.as_str(), "reason": rule.rule().words() })
        }
        Scalar::Verdict(Verdict::NotCheckable(reason)) => {
            json!({ "verdict": "not_checkable", "reason": reason })
        }
        Scalar::Tally(tally) => json!({
            "valid": tally.valid,
            "invalid": tally.invalid,
            "first_invalid": tally.first_invalid,
            "not_checkable": tally.not_checkable,
            "reason": tally.reason,
        }),
        Scalar::Absent | Scalar::Blank => Value::Null,
    }
}
