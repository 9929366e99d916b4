//! PEM.
//!
//! RFC 7468. Text before and between the blocks is left out: `copath ca` says there what it made.

use copath::Secret;
use data_encoding::BASE64;

use crate::failure::Failure;
use crate::inspect::read_input;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Certificate,
    CertificateRequest,
    RevocationList,
    PrivateKey,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const LINE: usize = 64;

impl Label {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Certificate => "CERTIFICATE",
            Self::CertificateRequest => "CERTIFICATE REQUEST",
            Self::RevocationList => "X509 CRL",
            Self::PrivateKey => "PRIVATE KEY",
        }
    }
}

/// One block.
pub(crate) fn encode(label: Label, der: &[u8]) -> Secret {
    let base64 = Secret::from(BASE64.encode(der).into_bytes());
    let label = label.text();
    // Room for all of it, so that no copy of a key is left behind by growing.
    let mut out = Vec::with_capacity(base64.len() + base64.len() / LINE + 2 * label.len() + 64);
    out.extend_from_slice(format!("{BEGIN}{label}{DASHES}\n").as_bytes());
    for line in base64.expose().chunks(LINE) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(format!("{END}{label}{DASHES}\n").as_bytes());
    Secret::from(out)
}

/// All blocks of a file, which are of one kind, at least one. A file in DER is one block.
pub(crate) fn read(name: &str, label: Label) -> Result<Vec<Secret>, Failure> {
    let octets = Secret::from(read_input(name)?);
    let wrong = || Failure::NotPem { name: name.into(), label };
    let text = std::str::from_utf8(octets.expose()).ok().filter(|text| text.contains(BEGIN));
    let Some(text) = text else {
        // All that is read here is a SEQUENCE in DER.
        return if octets.expose().first() == Some(&0x30) { Ok(vec![octets]) } else { Err(wrong()) };
    };
    let blocks = blocks(text, label.text()).ok_or_else(wrong)?;
    if blocks.is_empty() { Err(wrong()) } else { Ok(blocks) }
}

/// The same where there is one block.
pub(crate) fn read_one(name: &str, label: Label) -> Result<Secret, Failure> {
    let mut blocks = read(name, label)?;
    match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) => Ok(block),
        _ => Err(Failure::NotPem { name: name.into(), label }),
    }
}

fn blocks(text: &str, label: &str) -> Option<Vec<Secret>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let Some(begun) = line.strip_prefix(BEGIN).and_then(|line| line.strip_suffix(DASHES)) else {
            continue;
        };
        if begun != label {
            return None;
        }
        let mut content = Vec::new();
        loop {
            let line = lines.next()?;
            match line.strip_prefix(END).and_then(|line| line.strip_suffix(DASHES)) {
                Some(ended) if ended == label => break,
                Some(_) => return None,
                None => content.push(line),
            }
        }
        // In one piece of the block's own size: a key leaves no copy behind, and many blocks cost what they hold.
        let base64 = Secret::from(content.concat().into_bytes());
        blocks.push(Secret::from(BASE64.decode(base64.expose()).ok()?));
    }
    Some(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_they_were_written() {
        let long: Vec<u8> = (0..=255).collect();
        for content in [&long[..], b"", b"\x30"] {
            let block = encode(Label::Certificate, content);
            let block = std::str::from_utf8(block.expose()).unwrap();
            assert!(block.lines().all(|line| line.len() <= LINE));
            let text = format!("made for tests\n{block}and\r\n{}", block.replace('\n', "\r\n"));
            let read = blocks(&text, "CERTIFICATE").unwrap();
            assert!(read.iter().all(|block| block.ct_eq(content)) && read.len() == 2);
        }
        assert_eq!(blocks("no block", "CERTIFICATE").map(|blocks| blocks.len()), Some(0));
    }

    /// With room for the whole text each, which is erased afterwards, they would take hours.
    #[test]
    fn many_blocks_cost_what_they_hold() {
        let block = encode(Label::Certificate, b"\x30");
        let text = std::str::from_utf8(block.expose()).unwrap().repeat(200_000);
        assert_eq!(blocks(&text, "CERTIFICATE").map(|blocks| blocks.len()), Some(200_000));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        let block = encode(Label::Certificate, b"content");
        let block = std::str::from_utf8(block.expose()).unwrap();
        assert!(blocks(block, "X509 CRL").is_none(), "another kind");
        let cut = block.rfind(END).unwrap();
        assert!(blocks(&block[..cut], "CERTIFICATE").is_none(), "cut");
        assert!(blocks(&block.replace('=', "!"), "CERTIFICATE").is_none(), "no base64");
        assert!(blocks(&block.replace("END CERT", "END DIRT"), "CERTIFICATE").is_none(), "another end");
    }
}
