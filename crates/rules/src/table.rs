//! The table itself: one row a rule, in the order of the RFC, one file a chapter.
//!
//! A row is `"id" Level "who" "text" "test";`, the section is the id up to its dash. Ids are never renumbered; a
//! rule found later gets the next free number of its section.

use crate::rule::{Level, Rule};

mod s02;
mod s03;
mod s04;
mod s05;
mod s06;
mod s07;
mod s08;
mod s09;
mod s10;
mod s11;
mod s12_1;
mod s12_2;
mod s12_4;
mod s13;
mod s14;
mod s15;
mod s16;
mod s17;

/// Number of rules.
pub(crate) const COUNT: usize = 435;

const CHAPTERS: [&[Rule]; 18] = [
    s02::ROWS,
    s03::ROWS,
    s04::ROWS,
    s05::ROWS,
    s06::ROWS,
    s07::ROWS,
    s08::ROWS,
    s09::ROWS,
    s10::ROWS,
    s11::ROWS,
    s12_1::ROWS,
    s12_2::ROWS,
    s12_4::ROWS,
    s13::ROWS,
    s14::ROWS,
    s15::ROWS,
    s16::ROWS,
    s17::ROWS,
];

/// All rules, in the order of the RFC. A `RuleId` is an index into it.
pub(crate) static TABLE: [Rule; COUNT] = gather();

/// Concatenates the chapters; a count that doesn't match [`COUNT`] stops the build.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler only, where out of bounds is an error"
)]
const fn gather() -> [Rule; COUNT] {
    let mut table = [row("-", Level::May, "", "", ""); COUNT];
    let (mut filled, mut chapter) = (0, 0);
    while chapter < CHAPTERS.len() {
        let mut at = 0;
        while at < CHAPTERS[chapter].len() {
            table[filled] = CHAPTERS[chapter][at];
            filled += 1;
            at += 1;
        }
        chapter += 1;
    }
    assert!(filled == COUNT, "COUNT differs from the number of rows");
    table
}

/// Makes one row; its section is what stands before the dash of the id.
const fn row(
    id: &'static str,
    level: Level,
    who: &'static str,
    text: &'static str,
    test: &'static str,
) -> Rule {
    let mut dash = 0;
    let mut rest = id.as_bytes();
    while let [first, tail @ ..] = rest
        && *first != b'-'
    {
        dash += 1;
        rest = tail;
    }
    Rule { id, section: id.split_at(dash).0, level, who, text, test }
}

/// Declares the rows of one chapter.
macro_rules! rows {
    ($($id:literal $level:ident $who:literal $text:literal $test:literal;)*) => {
        pub(super) const ROWS: &[$crate::rule::Rule] =
            &[$(super::row($id, $crate::rule::Level::$level, $who, $text, $test)),*];
    };
}
use rows;
