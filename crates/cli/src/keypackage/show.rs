//! `copath keypackage show`.

use clap::Args;

use crate::failure::Failure;
use crate::inspect::{self, Format};

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A file with key packages, as binary, hex or base64; `-` for standard input.
    file: String,
    /// How they are shown.
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Text: shorten nothing.
    #[arg(long)]
    full: bool,
}

/// How key packages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Indented lines.
    #[default]
    Text,
    /// JSON, with all octets.
    Json,
}

pub(super) fn run(arguments: &ShowArguments) -> Result<(), Failure> {
    let format = match arguments.format {
        Form::Text => Format::Text,
        Form::Json => Format::Json,
    };
    inspect::show_key_packages(&arguments.file, format, arguments.full)
}
