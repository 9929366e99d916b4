//! A Rust source as the checks see it: with comments and the contents of literals masked.

mod mask;

use crate::error::Error;
use crate::workspace::Workspace;

/// Crates that exist for testing, so that all of their code counts as test code.
const TEST_CRATES: [&str; 6] = [
    "crates/bench/",
    "crates/conformance/",
    "crates/fuzz/",
    "crates/interop/",
    "crates/testing/",
    "crates/vectors/",
];

/// A Rust source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the workspace.
    pub(crate) path: String,
    lines: Vec<Line>,
}

/// One line of a source.
#[derive(Debug)]
pub(crate) struct Line {
    /// Counted from 1.
    pub(crate) number: usize,
    /// As it is written.
    pub(crate) text: String,
    /// The same with comments and the contents of literals replaced by blanks, octet by octet.
    pub(crate) code: String,
    /// Whether it stands in an item under `#[cfg(test)]`.
    pub(crate) in_test_item: bool,
}

impl Source {
    /// Masks `text` and finds its test items.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let masked = mask::mask(text);
        let mut in_test_item = false;
        let lines = text
            .lines()
            .zip(masked.lines())
            .enumerate()
            .map(|(at, (text, code))| {
                in_test_item |= code.starts_with("#[cfg(test)]");
                let line =
                    Line { number: at + 1, text: text.to_owned(), code: code.to_owned(), in_test_item };
                in_test_item &= !ends_item(code);
                line
            })
            .collect();
        Self { path: path.to_owned(), lines }
    }

    /// Reads all Rust sources of the workspace.
    pub(crate) fn all(workspace: &Workspace) -> Result<Vec<Self>, Error> {
        workspace
            .files()?
            .iter()
            .filter(|file| file.ends_with(".rs"))
            .map(|file| Ok(Self::new(file, &workspace.read(file)?)))
            .collect()
    }

    /// All lines, from the first.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The masked text as a whole.
    pub(crate) fn code(&self) -> String {
        self.lines.iter().flat_map(|line| [line.code.as_str(), "\n"]).collect()
    }

    /// Whether the file as a whole holds tests: `tests.rs`, or anything in a directory `tests` or `benches`.
    pub(crate) fn is_test_file(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.split('/').rev().skip(1).any(|part| part == "tests" || part == "benches")
    }

    /// Whether what `line` claims to test is test code: in a test item, a test file or a crate for testing.
    pub(crate) fn is_test(&self, line: &Line) -> bool {
        line.in_test_item
            || self.is_test_file()
            || TEST_CRATES.iter().any(|prefix| self.path.starts_with(prefix))
    }
}

/// Whether a masked line ends an item that starts in the first column.
fn ends_item(code: &str) -> bool {
    let trimmed = code.trim_end();
    !code.starts_with([' ', '#']) && (trimmed.ends_with('}') || trimmed.ends_with(';'))
}

/// The identifiers and keywords of a masked text, each with its offset.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = code;
    std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let (_, from_word) = rest.split_at(start);
        let offset = code.len() - from_word.len();
        let (word, tail) = from_word.split_at(from_word.find(|c| !is_word(c)).unwrap_or(from_word.len()));
        rest = tail;
        Some((offset, word))
    })
}

/// The name that follows each of the `keywords` in a masked text: `names(code, &["fn"])`.
pub(crate) fn names<'a>(code: &'a str, keywords: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    words(code).zip(words(code).skip(1)).filter_map(|((keyword_at, keyword), (name_at, name))| {
        let between = code.get(keyword_at + keyword.len()..name_at)?;
        (keywords.contains(&keyword) && between.trim().is_empty()).then_some((keyword, name))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_lines(text: &str) -> Vec<usize> {
        let source = Source::new("crates/x/src/lib.rs", text);
        source.lines().iter().filter(|line| source.is_test(line)).map(|line| line.number).collect()
    }

    #[test]
    fn test_items_end_where_they_end() {
        assert_eq!(test_lines("#[cfg(test)]\nmod tests;\n\npub use a::B;\n"), [1, 2]);
        assert_eq!(
            test_lines("fn a() {\n}\n#[cfg(test)]\nmod tests {\n    use x;\n}\nfn b() {}\n"),
            [3, 4, 5, 6]
        );
        assert_eq!(test_lines("#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\nfn b() {}\n"), [1, 2, 3]);
        assert_eq!(test_lines("// #[cfg(test)]\nfn a() {}\n"), [0; 0]);
    }

    #[test]
    fn test_files_are_told_by_their_path() {
        let is_test = |path: &str| Source::new(path, "fn a() {}").is_test_file();
        assert!(is_test("crates/x/src/a/tests.rs"));
        assert!(is_test("crates/x/tests/a.rs"));
        assert!(is_test("crates/x/src/tests/a.rs"));
        assert!(!is_test("crates/x/src/latests.rs"));
        assert!(!is_test("crates/x/src/tests_of.rs"));
        let source = Source::new("crates/testing/src/lib.rs", "fn a() {}");
        assert!(source.lines().iter().all(|line| source.is_test(line)));
        assert!(!source.is_test_file());
    }

    #[test]
    fn words_carry_their_offset() {
        let found: Vec<_> = words("fn get_x(a: &u8)").collect();
        assert_eq!(found, [(0, "fn"), (3, "get_x"), (9, "a"), (13, "u8")]);
    }

    #[test]
    fn names_follow_their_keyword_directly() {
        let found: Vec<_> = names("pub struct A; type F = fn(B); fn c<D>() {}", &["fn", "struct"]).collect();
        assert_eq!(found, [("struct", "A"), ("fn", "c")]);
    }
}
