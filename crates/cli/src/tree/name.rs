//! What a leaf is called in a drawing.

use copath::Credential;

/// More characters than this are left out.
const LONGEST: usize = 32;

/// The name in a credential, safe to print: one line, no control characters, nothing invisible.
pub(crate) fn of(credential: &Credential) -> String {
    match credential {
        Credential::Basic { identity } => shortened(&readable(identity)),
        other => other.credential_type().to_string(),
    }
}

/// Octets as text with everything escaped that isn't printable, or in hex if they are no text.
pub(crate) fn readable(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok("") => "(no name)".into(),
        Ok(text) => text.chars().map(escaped).collect(),
        Err(_) => format!("0x{}", hex::encode(octets)),
    }
}

/// A quote needs no escape here.
fn escaped(character: char) -> String {
    match character {
        '"' | '\'' => character.into(),
        _ => character.escape_debug().to_string(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.into();
    }
    let start: String = text.chars().take(LONGEST.saturating_sub(1)).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_to_print() {
        let cases: [(&[u8], &str); 7] = [
            (b"alice", "alice"),
            ("Zoë 🦀 \"Z\"".as_bytes(), "Zoë 🦀 \"Z\""),
            (b"a\x1b[31m\nb", "a\\u{1b}[31m\\nb"),
            ("a\u{202e}b".as_bytes(), "a\\u{202e}b"),
            (b"\xff\x00", "0xff00"),
            (b"", "(no name)"),
            (&[b'x'; 40], "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"),
        ];
        for (identity, name) in cases {
            assert_eq!(of(&Credential::basic(identity)), name);
        }
        assert_eq!(of(&Credential::X509 { certificates: Vec::new() }), "x509");
    }
}
