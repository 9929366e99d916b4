//! `copath inspect`: what is in a message, a key package, a group info or a tree.

mod describe;
mod evidence;
mod input;
mod json;
mod kind;
mod known;
mod malformed;
mod options;
mod scalar;
mod sink;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::io::{self, BufWriter, Write};

use copath::ExtensionType;
use copath::messages::{
    Commit, GroupContext, GroupInfo, KeyPackage, LeafNode, MlsMessage, MlsMessageBody, Proposal, UpdatePath,
    Welcome,
};
use copath_codec::{Decode, DecodeContext};

use self::describe::{Describer, Done, Standing};
use self::input::Encoding;
use self::json::Json;
use self::kind::{Kind, Recognised};
use self::known::{Known, count_nodes};
use self::malformed::Fault;
use self::scalar::Scalar;
use self::sink::{Group, Sink};
use self::text::{Detail, Text};
use crate::failure::Failure;
use crate::tree::fold::Fold;
use crate::tree::svg;

pub(crate) use self::malformed::Malformed;
pub(crate) use self::options::{Format, InspectArguments};

/// The version of the JSON form; it changes when a field changes its meaning or goes.
const JSON_FORMAT: u64 = 1;

/// Prints what is in the input.
pub(crate) fn run(arguments: &InspectArguments) -> Result<(), Failure> {
    let (encoding, octets) = input::decode(&arguments.file, input::read(&arguments.file)?)?;
    show(BufWriter::new(io::stdout().lock()), arguments, encoding, &octets)
}

/// The octets of a file, or of standard input for `-`, as they are there.
pub(crate) fn read_input(name: &str) -> Result<Vec<u8>, Failure> {
    input::read(name)
}

/// The key packages of a file that holds nothing else.
pub(crate) fn read_key_packages(name: &str) -> Result<Vec<KeyPackage>, Failure> {
    let (_, octets) = input::decode(name, input::read(name)?)?;
    key_packages(name, &octets)
}

/// Prints what is in a file that holds key packages and nothing else.
pub(crate) fn show_key_packages(name: &str, format: Format, full: bool) -> Result<(), Failure> {
    let (encoding, octets) = input::decode(name, input::read(name)?)?;
    key_packages(name, &octets)?;
    let arguments = InspectArguments::plain(name, format, full);
    show(BufWriter::new(io::stdout().lock()), &arguments, encoding, &octets)
}

fn key_packages(name: &str, octets: &[u8]) -> Result<Vec<KeyPackage>, Failure> {
    let context = DecodeContext::default();
    let recognised = kind::recognise(octets, &[Kind::MlsMessage, Kind::KeyPackage], &context)?;
    let starts = std::iter::once(0).chain(recognised.ends.iter().copied());
    let items = starts.zip(&recognised.ends).map(|(start, end)| octets.get(start..*end).unwrap_or_default());
    let key_package = |item: &[u8]| match recognised.kind {
        Kind::KeyPackage => KeyPackage::from_bytes_in(item, &context).ok(),
        _ => match MlsMessage::from_bytes_in(item, &context).ok()?.body {
            MlsMessageBody::KeyPackage(key_package) => Some(key_package),
            _ => None,
        },
    };
    let read: Option<Vec<KeyPackage>> = items.map(key_package).collect();
    read.ok_or_else(|| Failure::NoKeyPackage { name: name.into() })
}

/// Writes what is in the octets to `out`.
fn show<W: Write + fmt::Debug>(
    out: W,
    arguments: &InspectArguments,
    encoding: Encoding,
    octets: &[u8],
) -> Result<(), Failure> {
    let context = arguments.context();
    let recognised = match kind::recognise(octets, arguments.tried(), &context) {
        Ok(recognised) => recognised,
        Err(malformed) => {
            if arguments.format == Format::Json {
                malformed_in_json(out, encoding, octets, &malformed)?;
            }
            return Err(malformed.into());
        }
    };
    let known = Known::new(context, arguments.suite, arguments.group_id.clone(), arguments.rows());
    let input = Input { encoding, octets, recognised: &recognised, known };
    match arguments.format {
        Format::Text => input.text(out, Detail { full: arguments.full, offsets: arguments.offsets }),
        Format::Json => input.json(out),
        Format::Svg => input.svg(out),
    }
}

/// An input that was recognised.
#[derive(Debug)]
struct Input<'i> {
    encoding: Encoding,
    octets: &'i [u8],
    recognised: &'i Recognised,
    known: Known,
}

impl Input<'_> {
    fn text<W: Write + fmt::Debug>(self, mut out: W, detail: Detail) -> Result<(), Failure> {
        let kind = self.recognised.kind.name();
        let what = match self.recognised.ends.len() {
            1 => kind.into(),
            count => format!("{count} items, each {kind}"),
        };
        writeln!(out, "{what}, {} octets, {}", self.octets.len(), self.encoding.name())?;
        let fault = self.items(&mut Text::new(out, detail))?;
        self.end(fault)
    }

    fn json<W: Write + fmt::Debug>(self, out: W) -> Result<(), Failure> {
        let mut sink = Json::new(out);
        head(&mut sink, self.recognised.kind.name(), self.encoding, self.octets)?;
        sink.open("items", Group::List(self.recognised.ends.len()), 0)?;
        let fault = self.items(&mut sink)?;
        sink.close()?;
        match &fault {
            None => sink.scalar("malformed", &Scalar::Absent, 0)?,
            Some(fault) => report(&mut sink, &self.malformed(fault))?,
        }
        sink.close()?;
        sink.flush()?;
        self.end(fault)
    }

    /// Describes all items that the sink wants; returns what is malformed inside of any of them.
    fn items(&self, sink: &mut dyn Sink) -> Result<Option<Fault>, Failure> {
        let (mut start, mut first) = (0, None);
        let ends = &self.recognised.ends;
        let wanted = sink.wanted();
        for (number, end) in ends.iter().enumerate() {
            let octets = self.octets.get(start..*end).unwrap_or_default();
            let mut known = self.known.clone();
            known.muted = number >= wanted;
            let mut describer = Describer::new(sink, known, start);
            describe(&mut describer, self.recognised.kind, octets)?;
            first = first.or(describer.into_fault());
            start = *end;
        }
        if let Some(more) = ends.len().checked_sub(wanted).filter(|more| *more > 0) {
            sink.left_out(more)?;
        }
        sink.flush()?;
        Ok(first)
    }

    fn malformed(&self, fault: &Fault) -> Malformed {
        Malformed::new(self.recognised.kind.name(), fault.clone(), self.octets)
    }

    fn end(&self, fault: Option<Fault>) -> Result<(), Failure> {
        fault.map_or(Ok(()), |fault| Err(self.malformed(&fault).into()))
    }

    fn svg<W: Write>(mut self, mut out: W) -> Result<(), Failure> {
        let octets = self.tree_octets()?;
        if let Err(error) = count_nodes(&octets, &self.known.context) {
            return Err(Malformed::new("ratchet_tree", Fault::new(&error), &octets).into());
        }
        match self.known.tree(&octets) {
            Ok(tree) => {
                out.write_all(svg::draw(&tree, &Fold::to_rows(&tree, self.known.rows)).as_bytes())?;
                Ok(out.flush()?)
            }
            Err(error) => Err(Failure::NoTree { reason: error.to_string() }),
        }
    }

    /// The tree in the input, which is one, or has one in a GroupInfo.
    fn tree_octets(&mut self) -> Result<Vec<u8>, Failure> {
        let none = |reason: &str| Failure::NoTree { reason: reason.into() };
        let context = &self.known.context;
        let info = match self.recognised.kind {
            Kind::RatchetTree => return Ok(self.octets.to_vec()),
            Kind::GroupInfo => GroupInfo::from_bytes_in(self.octets, context).ok(),
            Kind::MlsMessage => match MlsMessage::from_bytes_in(self.octets, context) {
                Ok(MlsMessage { body: MlsMessageBody::GroupInfo(info), .. }) => Some(info),
                _ => None,
            },
            _ => None,
        };
        let info = info.ok_or_else(|| none("only a ratchet tree and a GroupInfo can be drawn"))?;
        drop(self.known.enter_suite(info.group_context.cipher_suite));
        let found = info.extensions.find(ExtensionType::RATCHET_TREE);
        let found = found.ok_or_else(|| none("the GroupInfo has no ratchet_tree extension"))?;
        Ok(found.extension_data.to_vec())
    }
}

/// Describes one item, which has been read before.
fn describe(d: &mut Describer<'_>, kind: Kind, octets: &[u8]) -> Done {
    let context = d.known.context.clone();
    match kind {
        Kind::MlsMessage => with(octets, &context, |value: MlsMessage| describe::message(d, &value)),
        Kind::KeyPackage => {
            with(octets, &context, |value: KeyPackage| describe::key_package(d, "KeyPackage", &value))
        }
        Kind::GroupInfo => {
            with(octets, &context, |value: GroupInfo| describe::group_info(d, "GroupInfo", &value))
        }
        Kind::RatchetTree => match count_nodes(octets, &context) {
            Ok(count) => describe::ratchet_tree(d, octets, count),
            Err(_) => Ok(()),
        },
        Kind::LeafNode => with(octets, &context, |value: LeafNode| {
            d.known.learn_suite_from_keys(&value.encryption_key, &value.signature_key);
            describe::leaf_node(d, "LeafNode", &value, Standing::Unknown)
        }),
        Kind::UpdatePath => with(octets, &context, |value: UpdatePath| {
            d.known.learn_suite_from_keys(&value.leaf_node.encryption_key, &value.leaf_node.signature_key);
            describe::update_path(d, "UpdatePath", &value, Standing::Unknown)
        }),
        Kind::Welcome => with(octets, &context, |value: Welcome| describe::welcome(d, "Welcome", &value)),
        Kind::GroupContext => {
            with(octets, &context, |value: GroupContext| describe::group_context(d, "GroupContext", &value))
        }
        Kind::Proposal => with(octets, &context, |value: Proposal| {
            describe::proposal(d, "Proposal", &value, Standing::Unknown)
        }),
        Kind::Commit => {
            with(octets, &context, |value: Commit| describe::commit(d, "Commit", &value, Standing::Unknown))
        }
    }
}

fn with<T: Decode>(octets: &[u8], context: &DecodeContext, describe: impl FnOnce(T) -> Done) -> Done {
    // What isn't this kind isn't recognised as it.
    T::from_bytes_in(octets, context).map_or(Ok(()), describe)
}

fn head(sink: &mut dyn Sink, kind: &'static str, encoding: Encoding, octets: &[u8]) -> io::Result<()> {
    sink.open("", Group::Structure(kind), 0)?;
    sink.scalar("format", &Scalar::Number(JSON_FORMAT), 0)?;
    sink.scalar("kind", &Scalar::Word(kind), 0)?;
    sink.scalar("encoding", &Scalar::Word(encoding.name()), 0)?;
    let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
    sink.scalar("octets", &Scalar::Number(length), 0)
}

fn malformed_in_json<W: Write + fmt::Debug>(
    out: W,
    encoding: Encoding,
    octets: &[u8],
    malformed: &Malformed,
) -> Result<(), Failure> {
    let mut sink = Json::new(out);
    head(&mut sink, malformed.what(), encoding, octets)?;
    sink.open("items", Group::List(0), 0)?;
    sink.close()?;
    report(&mut sink, malformed)?;
    sink.close()?;
    Ok(sink.flush()?)
}

fn report(sink: &mut dyn Sink, malformed: &Malformed) -> io::Result<()> {
    sink.open("malformed", Group::Structure(""), 0)?;
    sink.scalar("offset", &Scalar::Number(u64::try_from(malformed.offset()).unwrap_or(u64::MAX)), 0)?;
    sink.scalar("field", &Scalar::Text(malformed.path().into()), 0)?;
    sink.scalar("reason", &Scalar::Text(malformed.reason()), 0)?;
    sink.scalar("rule", &Scalar::Text(malformed.rule().to_string()), 0)?;
    sink.close()
}
