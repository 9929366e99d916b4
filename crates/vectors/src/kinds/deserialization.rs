//! `deserialization`: headers of vectors.

use copath_codec::{Decode, DecodeContext, DecodeErrorKind, Encode, Opaque, Reader};
use serde::{Deserialize, Serialize};

use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, same};
use crate::{Error, Mismatch, Outcome};

/// A header and the length that it expresses.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) vlbytes_header: Hex,
    pub(crate) length: usize,
}

/// Longer vectors are not built in full, to spare memory; their headers are read all the same.
const BUILT: usize = 1 << 20;

/// Runs a file.
pub(crate) fn run(json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_cases(&cases, run_case))
}

fn run_case(case: &Case) -> Result<(), Mismatch> {
    // A vector without content fails to be read for want of exactly as many octets as its header says.
    let mut reader = Reader::new(&case.vlbytes_header, DecodeContext::rfc9420());
    let missing = match reader.opaque() {
        Ok(content) => content.len(),
        Err(error) => match error.kind() {
            DecodeErrorKind::Truncated { needed } => needed,
            _ => return Err(error.into()),
        },
    };
    equal("length", missing, case.length)?;
    if case.length > BUILT {
        return Ok(());
    }
    let mut vector = case.vlbytes_header.to_vec();
    vector.resize(vector.len().saturating_add(case.length), 0xa5);
    let value = Opaque::from_bytes(&vector).at("whole vector")?;
    equal("length of the content", value.len(), case.length)?;
    same("vector, encoded again", &value.to_bytes()?, &vector)
}
