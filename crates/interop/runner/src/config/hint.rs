//! The nearest known word to one that isn't known.

/// The one of `known` that is fewest edits away from `word`, unless it would take more than half of its letters.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distances =
        known.into_iter().map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate));
    let (edits, candidate) = distances.min_by_key(|(edits, _)| *edits)?;
    (edits * 2 <= candidate.len()).then_some(candidate)
}

/// Levenshtein's distance.
fn distance(from: &str, to: &str) -> usize {
    let mut above: Vec<usize> = (0..=to.chars().count()).collect();
    for (row, left) in from.chars().enumerate() {
        let mut diagonal = above[0];
        above[0] = row + 1;
        for (column, right) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = above[column + 1];
            above[column + 1] = replaced.min(above[column] + 1).min(diagonal + 1);
        }
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_find_the_word_and_nonsense_finds_none() {
        let known = ["createGroup", "fullCommit", "protect", "unprotect"];
        assert_eq!(nearest("fullcomit", known), Some("fullCommit"));
        assert_eq!(nearest("unprotected", known), Some("unprotect"));
        assert_eq!(nearest("xyz", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
