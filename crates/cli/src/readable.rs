//! Names that come from elsewhere, as they can be shown in a terminal.

use copath::Credential;

/// Text as it is; anything else, control characters above all, as hex.
pub(crate) fn name(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex::encode(octets)),
    }
}

/// What a credential claims, and its type.
pub(crate) fn credential(credential: &Credential) -> String {
    match credential {
        Credential::Basic { identity } => format!("{} (basic)", name(identity)),
        Credential::X509 { certificates } => {
            format!("a chain of {} (x509)", counted(certificates.len(), "certificate"))
        }
        Credential::Other { credential_type, .. } => {
            format!("a credential of type {:#06x}", credential_type.0)
        }
    }
}

/// So many of something.
pub(crate) fn counted(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(name("Álvaro 3".as_bytes()), "Álvaro 3");
        assert_eq!(name(b"\x1b[31mred"), "0x1b5b33316d726564");
        assert_eq!(name(b"\xff"), "0xff");
        assert_eq!(name(b""), "0x");
    }
}
