//! What `copath inspect` is told on the command line.

use clap::{Args, ValueEnum};
use copath::CipherSuite;
use copath::messages::GroupId;
use copath_codec::{BodyShape, DecodeContext, Registry};

use super::kind::{Kind, TRIED};

/// Rows of a drawing in text and in SVG unless another number is asked for.
const TEXT_ROWS: usize = 64;
const SVG_ROWS: usize = 512;

/// What `copath inspect` is told.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A file with an MLSMessage, KeyPackage, GroupInfo, ratchet tree, LeafNode or UpdatePath as binary, hex or
    /// base64; `-` for standard input.
    pub(super) file: String,
    /// What the input is, instead of finding out.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub(super) kind: Option<Kind>,
    /// How it is shown; svg draws a ratchet tree.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Text: shorten nothing.
    #[arg(long)]
    pub(super) full: bool,
    /// Text: begin each line with the byte that it is about.
    #[arg(long)]
    pub(super) offsets: bool,
    /// Drawings of trees: the most rows; what is beyond is folded [default: 64 in text, 512 in svg].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=20_000))]
    rows: Option<u16>,
    /// The cipher suite, by number or name, where the input doesn't tell.
    #[arg(long, value_parser = crate::arguments::suite, value_name = "N|NAME")]
    pub(super) suite: Option<CipherSuite>,
    /// The group id, which signatures in a ratchet tree are bound to, where the input doesn't tell.
    #[arg(long, value_name = "HEX", value_parser = group_id)]
    pub(super) group_id: Option<GroupId>,
    /// How the body of a proposal type beyond RFC 9420 is encoded: as a vector, as so many octets, not at all.
    #[arg(long, value_name = "TYPE=vector|empty|OCTETS", value_parser = shape)]
    proposal: Vec<Shape>,
    /// The same for a credential type; those that aren't named are read as a vector.
    #[arg(long, value_name = "TYPE=vector|empty|OCTETS", value_parser = shape)]
    credential: Vec<Shape>,
}

/// How a description is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Indented lines.
    #[default]
    Text,
    /// JSON, with all octets.
    Json,
    /// A drawing of the ratchet tree.
    Svg,
}

/// A type and the shape of its bodies.
#[derive(Clone, Copy, Debug)]
struct Shape {
    code: u16,
    body: BodyShape,
}

impl InspectArguments {
    /// Nothing but how it is shown.
    pub(super) fn plain(file: &str, format: Format, full: bool) -> Self {
        Self {
            file: file.into(),
            kind: None,
            format,
            full,
            offsets: false,
            rows: None,
            suite: None,
            group_id: None,
            proposal: Vec::new(),
            credential: Vec::new(),
        }
    }

    /// What the input may be.
    pub(super) fn tried(&self) -> &[Kind] {
        self.kind.as_ref().map_or(&TRIED[..], std::slice::from_ref)
    }

    pub(super) fn context(&self) -> DecodeContext {
        let proposals = self.proposal.iter().map(|shape| (Registry::Proposal, shape));
        let credentials = self.credential.iter().map(|shape| (Registry::Credential, shape));
        proposals.chain(credentials).fold(DecodeContext::default(), |context, (registry, shape)| {
            context.with_body(registry, shape.code, shape.body)
        })
    }

    pub(super) fn rows(&self) -> usize {
        let usual = if self.format == Format::Svg { SVG_ROWS } else { TEXT_ROWS };
        self.rows.map_or(usual, usize::from)
    }
}

fn shape(text: &str) -> Result<Shape, String> {
    let (code, body) = text.split_once('=').ok_or("a type and its shape, such as 0xf000=vector")?;
    let number = match code.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => code.parse(),
    };
    let code = number.map_err(|_| format!("`{code}` is no type: a number up to 65535 or 0xffff"))?;
    let body = match body {
        "vector" => BodyShape::Vector,
        "empty" => BodyShape::Empty,
        octets => BodyShape::Fixed(
            octets
                .parse()
                .map_err(|_| format!("`{octets}` is no shape: vector, empty or a number of octets"))?,
        ),
    };
    Ok(Shape { code, body })
}

fn group_id(text: &str) -> Result<GroupId, String> {
    hex::decode(text).map(GroupId::from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read() {
        for (text, code) in [("0xf000=vector", 0xf000), ("10=empty", 10), ("65535=4", 0xffff)] {
            assert_eq!(shape(text).unwrap().code, code);
        }
        for text in ["", "10", "=vector", "x=vector", "65536=empty", "0x=empty", "1=", "1=-1", "1=words"] {
            assert!(shape(text).is_err(), "{text}");
        }
    }
}
