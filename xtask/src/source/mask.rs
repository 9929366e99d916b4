//! Blanks comments and the contents of literals, so that a search finds code only.

/// A run of octets at the start of a text.
#[derive(Clone, Copy)]
struct Run {
    /// Octets before the hidden part: what opens a literal.
    open: usize,
    /// Hidden octets.
    hidden: usize,
    /// Octets after the hidden part: what closes a literal.
    close: usize,
}

impl Run {
    const fn code(length: usize) -> Self {
        Self { open: length, hidden: 0, close: 0 }
    }

    const fn comment(length: usize) -> Self {
        Self { open: 0, hidden: length, close: 0 }
    }
}

/// The text with comments and the contents of literals replaced by blanks; offsets and line ends stay.
pub(super) fn mask(text: &str) -> String {
    let mut masked = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut in_word = false;
    while !rest.is_empty() {
        let run = next(rest, in_word);
        let (open, tail) = rest.split_at(run.open.min(rest.len()));
        let (hidden, tail) = tail.split_at(run.hidden.min(tail.len()));
        let (close, tail) = tail.split_at(run.close.min(tail.len()));
        in_word = open.last().is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'_') && close.is_empty();
        masked.extend_from_slice(open);
        masked.extend(hidden.iter().map(|c| if *c == b'\n' { b'\n' } else { b' ' }));
        masked.extend_from_slice(close);
        rest = tail;
    }
    String::from_utf8_lossy(&masked).into_owned()
}

/// The run at the start of `rest`; `in_word` says that an identifier stands directly before it.
fn next(rest: &[u8], in_word: bool) -> Run {
    if rest.starts_with(b"//") {
        return Run::comment(find(rest, b"\n").unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return Run::comment(block_comment(rest));
    }
    if let Some(run) = string(rest, in_word) {
        return run;
    }
    if rest.first() == Some(&b'\'')
        && let Some(run) = character(rest)
    {
        return run;
    }
    Run::code(1)
}

/// The length of a block comment; they nest.
fn block_comment(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && !rest.is_empty()
    {
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// A string literal of any kind: plain, byte, C, raw. The end of an identifier is no prefix.
fn string(text: &[u8], in_word: bool) -> Option<Run> {
    let longest = if in_word { 0 } else { 2 };
    let prefix = text.iter().take(longest).take_while(|c| matches!(c, b'b' | b'c' | b'r')).count();
    let raw = text.iter().take(prefix).any(|c| *c == b'r');
    let hashes = if raw { text.iter().skip(prefix).take_while(|c| **c == b'#').count() } else { 0 };
    let open = prefix + hashes + 1;
    if text.get(open - 1) != Some(&b'"') {
        return None;
    }
    let contents = text.get(open..)?;
    let hidden = if raw {
        let close = [&b"\""[..], &vec![b'#'; hashes]].concat();
        find(contents, &close)
    } else {
        unescaped(contents, b'"')
    };
    Some(Run { open, hidden: hidden.unwrap_or(contents.len()), close: hashes + 1 })
}

/// A character literal; `None` for a lifetime or a label.
fn character(text: &[u8]) -> Option<Run> {
    let contents = text.get(1..)?;
    let first = *contents.first()?;
    let hidden = if first == b'\\' {
        unescaped(contents, b'\'')?
    } else {
        // one character, of up to four octets
        let length = 1 + contents.iter().skip(1).take_while(|c| **c & 0xC0 == 0x80).count();
        (contents.get(length) == Some(&b'\'')).then_some(length)?
    };
    Some(Run { open: 1, hidden, close: 1 })
}

/// The offset of the first `wanted` that no backslash escapes.
fn unescaped(text: &[u8], wanted: u8) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|c| {
        let found = !escaped && *c == wanted;
        escaped = !escaped && *c == b'\\';
        found
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn comments_and_literals_are_blanked() {
        let cases = [
            ("a // b", "a     "),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("/* open", "       "),
            ("f(\"x\\\"y\") + g", "f(\"    \") + g"),
            ("r#\"a\"b\"# c", "r#\"   \"# c"),
            ("br\"a\\\" c", "br\"  \" c"),
            ("b\"ab\"", "b\"  \""),
            ("bar\"x\"", "bar\" \""),
            ("'a' 'b", "' ' 'b"),
            ("'\\'' x", "'  ' x"),
            ("&'a str, 'b'", "&'a str, ' '"),
            ("\"// no\" // yes", "\"     \"       "),
            ("'\"' \"'\"", "' ' \" \""),
            ("\"open", "\"    "),
            ("r#type", "r#type"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn offsets_and_lines_stay() {
        let text = "let é = \"ü\nö\"; // ä\nb";
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.lines().count(), text.lines().count());
        assert_eq!(masked.find("b"), text.find("b"));
    }
}
