//! A rule, its id and how to find it.

use core::fmt;

use crate::table::TABLE;

/// How binding a rule is.
///
/// RFC 9420 §1.1 (the key words), with two kinds that carry no key word and bind as strongly as MUST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// MUST.
    Must,
    /// MUST NOT.
    MustNot,
    /// SHOULD or RECOMMENDED.
    Should,
    /// SHOULD NOT.
    ShouldNot,
    /// MAY.
    May,
    /// A definition whose slightest change breaks interoperability.
    Algorithm,
    /// A check that the RFC lists without a key word, or that decoding needs.
    VerificationStep,
}

impl Level {
    /// The level in the RFC's words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::Algorithm => "algorithm",
            Self::VerificationStep => "verification step",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the RFC falls short of saying what a rule demands; docs/conformance.md says what was decided, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// It leaves the matter open.
    Ambiguous,
    /// Two of its places disagree.
    Contradictory,
    /// An editorial slip: taken literally the text can't be meant.
    Editorial,
    /// A reported erratum amends it.
    Erratum,
}

impl Doubt {
    /// What stands in a rule's text for it, each form of the marker.
    const MARKERS: [(&'static str, Self); 4] = [
        ("[AMB]", Self::Ambiguous),
        ("[CONTRA]", Self::Contradictory),
        ("[EDIT]", Self::Editorial),
        ("[ERR ", Self::Erratum),
    ];

    /// The doubt in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Contradictory => "contradictory",
            Self::Editorial => "editorial",
            Self::Erratum => "erratum",
        }
    }
}

/// One checkable rule of RFC 9420, phrased anew and shortened; the RFC stays the authority.
///
/// `text` states the outcome that is wanted; `MustNot` and `ShouldNot` only record the form used by the RFC. Its
/// markers: `[AMB]` the RFC leaves it open and this is the safe reading, `[CONTRA]` two places of the RFC disagree
/// and this is the reading taken, `[EDIT]` an editorial slip, `[ERR n]` reported erratum `n`. A marker at the start
/// is about all of the rule; what follows one further on is about the RFC's text and no part of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Section and running number: `"12.2-07"`.
    pub id: &'static str,
    /// The section of RFC 9420 that the rule comes from: `"12.2"`.
    pub section: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Whom it binds: `"receiver"`, `"sender, receiver"`, `"committer"`, …
    pub who: &'static str,
    /// The rule in a sentence.
    pub text: &'static str,
    /// The shortest convincing test.
    pub test: &'static str,
}

impl Rule {
    /// The rule without its marker and what is said about the RFC's text, as it appears in messages.
    #[must_use]
    pub fn words(&self) -> &'static str {
        let text = match self.text.split_once("] ") {
            Some((marker, rest)) if marker.starts_with('[') => rest,
            _ => self.text,
        };
        let end = Doubt::MARKERS.iter().filter_map(|(marker, _)| text.find(marker)).min();
        let rule = end.and_then(|end| text.get(..end)).unwrap_or(text);
        rule.trim_end_matches([' ', '(', '.'])
    }

    /// What is doubtful about the rule in the RFC, by the marker in its text.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        Doubt::MARKERS.iter().find(|(marker, _)| self.text.contains(marker)).map(|(_, doubt)| *doubt)
    }
}

/// The id of one rule: an index into the table, shown as its text (`12.2-07`).
///
/// Sorted in the order of the RFC. Made by [`rule!`](crate::rule!) in code, by [`RuleId::parse`] from text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(u16);

impl RuleId {
    /// The id in text: `"12.2-07"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.rule().id
    }

    /// The rule itself.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a RuleId is only made from an index into the table")]
    pub fn rule(self) -> &'static Rule {
        &TABLE[usize::from(self.0)]
    }

    /// The rule with this id, if there is one.
    #[must_use]
    pub const fn parse(id: &str) -> Option<Self> {
        let mut index = 0;
        let mut rest: &[Rule] = &TABLE;
        while let Some((rule, tail)) = rest.split_first() {
            if same(rule.id.as_bytes(), id.as_bytes()) {
                return Some(Self(index));
            }
            index += 1;
            rest = tail;
        }
        None
    }

    /// All ids, in the order of the RFC.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map(Self).take(TABLE.len())
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Finds a rule while compiling. Behind [`rule!`](crate::rule!), which is what to write; for ids that come from
/// outside there is [`RuleId::parse`].
///
/// # Panics
///
/// On an unknown id. In a constant, the only place that it is meant for, that is a compile error.
#[must_use]
#[expect(clippy::panic, reason = "evaluated in constants, where a panic is a compile error")]
pub const fn find(id: &str) -> RuleId {
    match RuleId::parse(id) {
        Some(found) => found,
        None => panic!("no rule of RFC 9420 has this id"),
    }
}

/// Compares from the end, where ids differ first, so that a search costs the compiler a few steps a row.
const fn same(mut a: &[u8], mut b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    while let (Some((x, a_rest)), Some((y, b_rest))) = (a.split_last(), b.split_last()) {
        if *x != *y {
            return false;
        }
        (a, b) = (a_rest, b_rest);
    }
    true
}

/// The [`RuleId`](crate::RuleId) of a literal id; an id that doesn't exist is a compile error.
///
/// ```
/// let id = copath_rules::rule!("7.3-15");
/// assert_eq!(id.rule().section, "7.3");
/// ```
///
/// ```compile_fail
/// let id = copath_rules::rule!("7.3-99");
/// ```
#[macro_export]
macro_rules! rule {
    ($id:literal) => {
        const { $crate::find($id) }
    };
}
