//! Says what structures hold, in the RFC's words, octet by octet.
//!
//! Each function names the fields of one structure in the order of the wire. The describer counts along, so that it
//! knows the byte of each field; a test compares the count at the end with the length of the input.

mod content;
mod extension;
mod group;
mod key_package;
mod leaf;
mod message;
mod tree;

use std::io;

use copath_codec::{DecodeError, Encode, FieldStep, Writer};

use super::known::Known;
use super::malformed::Fault;
use super::scalar::{Code, Scalar, Verdict};
use super::sink::{Group, Sink};

pub(super) use self::content::{commit, proposal};
pub(super) use self::group::{group_context, group_info, welcome};
pub(super) use self::key_package::key_package;
pub(super) use self::leaf::{Standing, leaf_node, update_path};
pub(super) use self::message::message;
pub(super) use self::tree::ratchet_tree;

/// Whether it could be written.
pub(super) type Done = io::Result<()>;

/// Hands the parts of structures to a sink, and counts octets.
#[derive(Debug)]
pub(super) struct Describer<'d> {
    sink: &'d mut dyn Sink,
    at: usize,
    path: Vec<FieldStep>,
    /// What is known beyond the input.
    pub(super) known: Known,
    /// Bodies of extensions that are malformed.
    faults: Vec<Fault>,
}

impl<'d> Describer<'d> {
    /// A describer of what begins at byte `at` of the input.
    pub(super) fn new(sink: &'d mut dyn Sink, known: Known, at: usize) -> Self {
        Self { sink, at, path: Vec::new(), known, faults: Vec::new() }
    }

    /// The byte behind what was described.
    #[cfg(test)]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The first body of an extension that was malformed.
    pub(super) fn into_fault(self) -> Option<Fault> {
        self.faults.into_iter().next()
    }

    /// A structure.
    pub(super) fn structure(
        &mut self,
        name: &'static str,
        of: &str,
        inside: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        self.open(name, Group::Structure(of))?;
        self.path.push(FieldStep::Field(name));
        inside(self)?;
        self.path.pop();
        self.close()
    }

    /// A list `T x<V>` of structures.
    pub(super) fn list<T: Encode>(
        &mut self,
        name: &'static str,
        items: &[T],
        mut each: impl FnMut(&mut Self, &T) -> Done,
    ) -> Done {
        self.path.push(FieldStep::Field(name));
        let mut items_left = items.iter();
        self.elements(name, (items.len(), content_length(items)), |d| match items_left.next() {
            Some(item) => each(d, item),
            None => Ok(()),
        })?;
        self.path.pop();
        Ok(())
    }

    /// The same for `count` elements in `content` octets that `each` gets from elsewhere. Those that the sink doesn't
    /// want are gone through all the same, because they may hold something malformed.
    pub(super) fn elements(
        &mut self,
        name: &'static str,
        (count, content): (usize, usize),
        mut each: impl FnMut(&mut Self) -> Done,
    ) -> Done {
        self.open(name, Group::List(count))?;
        self.pass_header(content);
        let wanted = self.sink.wanted();
        let muted = self.known.muted;
        for index in 0..count {
            self.known.muted = muted || index >= wanted;
            self.path.push(FieldStep::Element(index));
            each(self)?;
            self.path.pop();
        }
        self.known.muted = muted;
        self.leave_out(count.saturating_sub(wanted))?;
        self.close()
    }

    /// A list `T x<V>` of values without parts.
    pub(super) fn inline<T: Encode>(
        &mut self,
        name: &'static str,
        items: &[T],
        scalar: impl Fn(&T) -> Scalar<'_>,
    ) -> Done {
        self.open(name, Group::Inline)?;
        let content = content_length(items);
        self.pass_header(content);
        self.pass(content);
        let wanted = self.sink.wanted();
        for item in items.iter().take(wanted) {
            self.note("", &scalar(item))?;
        }
        self.leave_out(items.len().saturating_sub(wanted))?;
        self.close()
    }

    /// A list of registry values.
    pub(super) fn codes<T: Encode + Copy + Into<Code>>(&mut self, name: &'static str, items: &[T]) -> Done {
        self.inline(name, items, |item| Scalar::Code((*item).into()))
    }

    fn leave_out(&mut self, count: usize) -> Done {
        if count == 0 || self.known.muted { Ok(()) } else { self.sink.left_out(count) }
    }

    fn open(&mut self, name: &str, group: Group<'_>) -> Done {
        if self.known.muted { Ok(()) } else { self.sink.open(name, group, self.at) }
    }

    fn close(&mut self) -> Done {
        if self.known.muted { Ok(()) } else { self.sink.close() }
    }

    /// What is computed from the structure around it; it stands on no byte.
    pub(super) fn derived(&mut self, inside: impl FnOnce(&mut Self) -> Done) -> Done {
        if self.known.muted {
            return Ok(());
        }
        self.open("", Group::Derived)?;
        inside(self)?;
        self.close()
    }

    pub(super) fn verdict(&mut self, name: &'static str, verdict: Verdict) -> Done {
        self.note(name, &Scalar::Verdict(&verdict))
    }

    /// A value that stands on no byte.
    pub(super) fn note(&mut self, name: &'static str, scalar: &Scalar<'_>) -> Done {
        if self.known.muted { Ok(()) } else { self.sink.scalar(name, scalar, self.at) }
    }

    pub(super) fn drawing(&mut self, lines: &dyn Fn() -> Vec<String>) -> Done {
        if self.known.muted { Ok(()) } else { self.sink.drawing(lines) }
    }

    pub(super) fn u32(&mut self, name: &'static str, number: u32) -> Done {
        self.scalar(name, &Scalar::Number(number.into()), 4)
    }

    pub(super) fn u64(&mut self, name: &'static str, number: u64) -> Done {
        self.scalar(name, &Scalar::Number(number), 8)
    }

    pub(super) fn time(&mut self, name: &'static str, seconds: u64) -> Done {
        self.scalar(name, &Scalar::Time(seconds), 8)
    }

    pub(super) fn code(&mut self, name: &'static str, code: impl Into<Code>) -> Done {
        self.scalar(name, &Scalar::Code(code.into()), 2)
    }

    /// A value of an 8-bit selector.
    pub(super) fn selector(&mut self, name: &'static str, word: &'static str) -> Done {
        self.scalar(name, &Scalar::Word(word), 1)
    }

    /// `opaque x<V>`.
    pub(super) fn octets(&mut self, name: &'static str, octets: &[u8]) -> Done {
        self.scalar(name, &Scalar::Octets(octets), header_length(octets.len()).saturating_add(octets.len()))
    }

    /// Octets without a length header.
    pub(super) fn bare_octets(&mut self, name: &'static str, octets: &[u8]) -> Done {
        self.scalar(name, &Scalar::Octets(octets), octets.len())
    }

    /// `opaque x<V>` that is often text.
    pub(super) fn readable(&mut self, name: &'static str, octets: &[u8]) -> Done {
        self.scalar(name, &Scalar::Readable(octets), header_length(octets.len()).saturating_add(octets.len()))
    }

    /// `opaque x<V>` that is a ciphertext.
    pub(super) fn encrypted(&mut self, name: &'static str, octets: &[u8]) -> Done {
        self.scalar(
            name,
            &Scalar::Encrypted(octets),
            header_length(octets.len()).saturating_add(octets.len()),
        )
    }

    /// An optional that isn't there.
    pub(super) fn absent(&mut self, name: &'static str) -> Done {
        self.scalar(name, &Scalar::Absent, 1)
    }

    /// Goes over octets that say nothing by themselves: the presence octet of an optional, a length header.
    pub(super) fn pass(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets);
    }

    /// Goes over the length header of a vector of `length` octets.
    pub(super) fn pass_header(&mut self, length: usize) {
        self.pass(header_length(length));
    }

    fn scalar(&mut self, name: &'static str, scalar: &Scalar<'_>, octets: usize) -> Done {
        self.note(name, scalar)?;
        self.pass(octets);
        Ok(())
    }

    /// Remembers that the body of an extension is malformed; the cursor stands before its length header.
    pub(super) fn fault(&mut self, error: &DecodeError, body: &[u8]) {
        let start = self.at.saturating_add(header_length(body.len()));
        self.faults.push(Fault::inside(start, &self.path, error));
    }
}

fn content_length<T: Encode>(items: &[T]) -> usize {
    let mut writer = Writer::new();
    for item in items {
        writer.value(item);
    }
    writer.len()
}

/// The octets of the length header of a vector (RFC 9420 §2.1.2).
fn header_length(length: usize) -> usize {
    match length {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        _ => 4,
    }
}
