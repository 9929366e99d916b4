//! Names that say nothing, and getters with a prefix.

use super::Finding;
use crate::source::{Source, names};

/// Words that name no concern.
const EMPTY: [&str; 7] = ["manager", "handler", "util", "utils", "helper", "helpers", "common"];

const TYPES: [&str; 5] = ["struct", "enum", "trait", "mod", "union"];

/// Checks the names of a file and of the directories above it.
pub(super) fn check_path(path: &str) -> Vec<Finding> {
    path.split('/')
        .filter_map(|part| empty_word(part.split('.').next().unwrap_or(part)))
        .map(|word| {
            Finding::new(path, 1, format!("`{word}` names no concern: name the file after what it owns"))
        })
        .collect()
}

/// Checks the names of types, modules and functions.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in source.lines() {
        for (_, name) in names(&line.code, &TYPES) {
            if let Some(word) = empty_word(name) {
                let message = format!("`{word}` in `{name}` names no concern: name it after what it owns");
                findings.push(Finding::new(&source.path, line.number, message));
            }
        }
        for (_, name) in names(&line.code, &["fn"]) {
            if let Some(bare) = name.strip_prefix("get_") {
                let message = format!("call `{name}` `{bare}`");
                findings.push(Finding::new(&source.path, line.number, message));
            }
        }
    }
    findings
}

/// The word of a snake_case, kebab-case or CamelCase name that says nothing.
fn empty_word(name: &str) -> Option<&'static str> {
    let mut split = String::new();
    for c in name.chars() {
        match c {
            '_' | '-' => split.push(' '),
            c if c.is_uppercase() => split.extend([' ', c.to_ascii_lowercase()]),
            c => split.push(c),
        }
    }
    EMPTY.into_iter().find(|empty| split.split(' ').any(|word| word == *empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_words_are_found_as_words() {
        assert_eq!(empty_word("group_manager"), Some("manager"));
        assert_eq!(empty_word("TestHelper"), Some("helper"));
        assert_eq!(empty_word("utils"), Some("utils"));
        assert_eq!(empty_word("common-parts"), Some("common"));
        assert_eq!(empty_word("common_ancestor"), Some("common"));
        assert_eq!(empty_word("utility"), None);
        assert_eq!(empty_word("Commoner"), None);
    }

    #[test]
    fn names_of_items_and_files_are_checked() {
        let found = |text| check(&Source::new("crates/x/src/y.rs", text)).len();
        assert_eq!(found("struct KeyManager;\nmod common {}\nfn get_key() {}\n"), 3);
        assert_eq!(found("fn common_ancestor() {}\nlet helper = get_key();\n"), 0);
        assert_eq!(check_path("crates/x/src/utils.rs").len(), 1);
        assert_eq!(check_path("crates/helpers/src/y.rs").len(), 1);
        assert_eq!(check_path("crates/x/src/y.rs").len(), 0);
    }
}
