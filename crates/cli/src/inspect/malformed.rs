//! What is wrong with an input, where, and what stands there.

use std::fmt;

use copath::RuleId;
use copath_codec::{DecodeError, DecodeErrorKind, FieldStep};

/// Octets of a row of the window.
const ROW: usize = 16;

/// A malformed body inside of a structure that is well-formed otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    offset: usize,
    path: String,
    kind: DecodeErrorKind,
}

impl Fault {
    /// What a decoder says about an input of this kind.
    pub(super) fn new(error: &DecodeError) -> Self {
        let steps: Vec<FieldStep> = error.steps().collect();
        Self { offset: error.offset(), path: path_of(&steps), kind: error.kind() }
    }

    /// The same for what begins at `start`, inside of `outer`.
    pub(super) fn inside(start: usize, outer: &[FieldStep], error: &DecodeError) -> Self {
        let head = [FieldStep::Field("extension_data")];
        let steps: Vec<FieldStep> = outer.iter().chain(&head).copied().chain(error.steps()).collect();
        Self { offset: start.saturating_add(error.offset()), path: path_of(&steps), kind: error.kind() }
    }

    /// The byte at which it is malformed.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }
}

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    what: &'static str,
    fault: Fault,
    window: String,
    hints: Vec<String>,
}

impl Malformed {
    pub(super) fn new(what: &'static str, fault: Fault, octets: &[u8]) -> Self {
        let window = window(octets, fault.offset);
        let mut hints = Vec::new();
        if let DecodeErrorKind::UnregisteredBody { code, .. } = fault.kind {
            hints.push(format!(
                "if you know how its body is encoded: --proposal {code:#06x}=vector|empty|OCTETS"
            ));
        }
        Self { what, fault, window, hints }
    }

    pub(super) fn with_hint(mut self, hint: String) -> Self {
        self.hints.push(hint);
        self
    }

    /// The kind of the input.
    pub(super) fn what(&self) -> &'static str {
        self.what
    }

    pub(super) fn offset(&self) -> usize {
        self.fault.offset
    }

    pub(super) fn path(&self) -> &str {
        &self.fault.path
    }

    pub(super) fn reason(&self) -> String {
        self.fault.kind.to_string()
    }

    pub(super) fn rule(&self) -> RuleId {
        self.fault.kind.rule()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "malformed {} at byte {}: {}", self.what, self.offset(), self.fault.kind)?;
        if !self.path().is_empty() {
            writeln!(f, "  field  {}", self.path())?;
        }
        writeln!(f, "  rule   {} (`copath explain {}`)", self.rule(), self.rule())?;
        write!(f, "\n{}", self.window)?;
        let gap = if self.hints.is_empty() { "" } else { "\n" };
        f.write_str(gap)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Malformed {}

/// The way to a field in the RFC's words. A field that only holds the variants of another, such as the body of a
/// FramedContent, isn't one of the RFC's: the two are named after the same structure, and the outer one is left out.
fn path_of(steps: &[FieldStep]) -> String {
    let mut path = String::new();
    let mut following = steps.iter().skip(1);
    for step in steps {
        let next = following.next();
        match step {
            FieldStep::Element(index) => path.push_str(&format!("[{index}]")),
            FieldStep::Field(name) => match name.split_once('.') {
                Some((structure, _)) if is_field_of(next, structure) => {}
                Some(_) if path.is_empty() => path.push_str(name),
                Some((_, field)) => path.push_str(&format!(".{field}")),
                None if path.is_empty() => path.push_str(name),
                None if name.is_empty() || name.starts_with(char::is_uppercase) => {}
                None if *name == "ratchet_tree" => {}
                None => path.push_str(&format!(".{name}")),
            },
        }
    }
    path
}

fn is_field_of(step: Option<&FieldStep>, structure: &str) -> bool {
    let Some(FieldStep::Field(name)) = step else { return false };
    name.split_once('.').is_some_and(|(other, _)| other.eq_ignore_ascii_case(structure))
}

/// The rows around a byte, with a caret below it.
fn window(octets: &[u8], at: usize) -> String {
    let row = at / ROW;
    let mut lines = Vec::new();
    for number in row.saturating_sub(1)..=row.saturating_add(1) {
        let start = number.saturating_mul(ROW);
        let end = start.saturating_add(ROW).min(octets.len());
        let content = octets.get(start..end).unwrap_or_default();
        if content.is_empty() && number != row {
            continue;
        }
        let hex: Vec<String> = content.iter().map(|octet| format!("{octet:02x}")).collect();
        lines.push(format!("  {start:08x}  {}", hex.join(" ")));
        if number == row {
            let column = at.saturating_sub(start).saturating_mul(3).saturating_add(12);
            let told = if at >= octets.len() { " (the end)" } else { "" };
            lines.push(format!("{:column$}^^{told}", ""));
        }
    }
    lines.join("\n")
}
