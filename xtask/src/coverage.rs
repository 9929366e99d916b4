//! Which tests name which rules.
//!
//! Two forms count. A positive test says `// covers: 7.5-04` (several ids separated by commas) above its function
//! or within it. A negative test names the rule that it expects with `rule!("7.3-15")`.

use std::collections::{BTreeMap, BTreeSet};

use copath_rules::RuleId;

use crate::enforcement::Enforcement;
use crate::source::{Line, Source, names};
use crate::tidy::Finding;

const COVERS: &str = "// covers:";

/// The crate whose assertions record the rules that rejections name.
const RECORDER: &str = "copath_testing";

/// Sources that speak about rules without testing any.
const NO_TESTS_OF_RULES: [&str; 2] = ["crates/rules/", "xtask/"];

/// A test that names a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Proof {
    /// Its file, relative to the workspace.
    pub(crate) path: String,
    /// Its function.
    pub(crate) name: String,
    /// What kind of function it is.
    pub(crate) part: Part,
}

/// The part that a function has in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// It is a test by itself.
    Test,
    /// Tests call it.
    Called,
}

/// The tests of each rule, the code that enforces it, and what is wrong with the lines that name rules.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    proofs: BTreeMap<RuleId, BTreeSet<Proof>>,
    /// Rules whose rejection a test expects through the helpers that record what was returned.
    rejections: BTreeMap<RuleId, BTreeSet<Proof>>,
    /// Where code enforces them.
    pub(crate) enforcement: Enforcement,
    /// Unknown ids, and lines that belong to no test.
    pub(crate) findings: Vec<Finding>,
}

impl Coverage {
    /// Collects from all sources.
    pub(crate) fn of(sources: &[Source]) -> Self {
        let mut coverage = Self::default();
        for source in sources {
            if !NO_TESTS_OF_RULES.iter().any(|prefix| source.path.starts_with(prefix)) {
                coverage.scan(source);
            }
            coverage.enforcement.scan(source);
        }
        coverage
    }

    /// The tests that name a rule, sorted.
    pub(crate) fn proofs(&self, rule: RuleId) -> impl Iterator<Item = &Proof> {
        self.proofs.get(&rule).into_iter().flatten()
    }

    /// All tests that name rules, sorted.
    pub(crate) fn all_proofs(&self) -> BTreeSet<&Proof> {
        self.proofs.values().flatten().collect()
    }

    /// The rules whose rejections are recorded, with the tests that expect them.
    pub(crate) fn rejections(&self) -> impl Iterator<Item = (RuleId, &BTreeSet<Proof>)> {
        self.rejections.iter().map(|(rule, proofs)| (*rule, proofs))
    }

    /// The number of rules that a test names.
    pub(crate) fn tested(&self) -> usize {
        self.proofs.len()
    }

    fn scan(&mut self, source: &Source) {
        let mut enclosing = None;
        let tests = tests_of(source);
        let records = source.code().contains(RECORDER);
        for (at, line) in source.lines().iter().enumerate() {
            let below = source.lines().iter().skip(at + 1);
            enclosing = Function::starting_in(line).or(enclosing);
            let function = enclosing.map(|function| function.name);
            let claimed = covered(&line.text);
            if !claimed.is_empty() {
                let subject = declared(below.clone()).or(function);
                self.claim(source, line, &claimed, proof(source, subject, &tests));
            }
            if source.is_test(line) {
                // a table of cases belongs to the function below it
                let next = || below.clone().find_map(Function::starting_in).map(|function| function.name);
                for id in expected(line) {
                    let proof = proof(source, function.or_else(next), &tests);
                    if let (true, Some(rule), Some(proof)) = (records, RuleId::parse(id), &proof) {
                        self.rejections.entry(rule).or_default().insert(proof.clone());
                    }
                    self.claim(source, line, &[id], proof);
                }
            }
            enclosing = enclosing.filter(|function| !function.ends_in(line));
        }
    }

    /// Notes that `proof`, by what stands in `line`, tests the rules `ids`.
    fn claim(&mut self, source: &Source, line: &Line, ids: &[&str], proof: Option<Proof>) {
        let mut find = |message: String| {
            self.findings.push(Finding::new(&source.path, line.number, message));
        };
        let Some(proof) = proof.filter(|_| source.is_test(line)) else {
            return find("names rules outside of a test: move it to the test that proves them".into());
        };
        let mut known = Vec::new();
        for id in ids {
            match RuleId::parse(id) {
                Some(rule) => known.push(rule),
                None => find(format!("no rule has the id `{id}`: see docs/conformance.md")),
            }
        }
        for rule in known {
            self.proofs.entry(rule).or_default().insert(proof.clone());
        }
    }
}

/// The function `name` of a source as a proof, if there is one.
fn proof(source: &Source, name: Option<&str>, tests: &BTreeSet<&str>) -> Option<Proof> {
    let name = name?;
    let part = if tests.contains(name) { Part::Test } else { Part::Called };
    Some(Proof { path: source.path.clone(), name: name.to_owned(), part })
}

/// The names of the functions that are tests by themselves.
fn tests_of(source: &Source) -> BTreeSet<&str> {
    let mut marked = false;
    let mut tests = BTreeSet::new();
    for line in source.lines() {
        let code = line.code.trim_start();
        marked |= code.starts_with("#[test]") || code.starts_with("#[tokio::test");
        if let Some(function) = Function::starting_in(line)
            && core::mem::take(&mut marked)
        {
            tests.insert(function.name);
        }
    }
    tests
}

/// The ids of a `// covers:` line.
fn covered(text: &str) -> Vec<&str> {
    match text.trim_start().strip_prefix(COVERS) {
        Some(ids) => ids.split(',').map(str::trim).collect(),
        None => Vec::new(),
    }
}

/// The ids that a line names as `rule!("…")`.
pub(crate) fn expected(line: &Line) -> impl Iterator<Item = &str> {
    const OPEN: &str = "rule!(\"";
    line.code.match_indices(OPEN).filter_map(|(at, _)| {
        let (id, _) = line.text.get(at + OPEN.len()..)?.split_once('"')?;
        Some(id)
    })
}

/// The name of the function that the lines declare, if only comments and attributes stand before it.
fn declared<'a>(lines: impl Iterator<Item = &'a Line>) -> Option<&'a str> {
    for line in lines {
        if let Some(function) = Function::starting_in(line) {
            return Some(function.name);
        }
        let code = line.code.trim();
        if !code.is_empty() && !code.starts_with("#[") {
            return None;
        }
    }
    None
}

/// A function, told by its name and its indentation.
#[derive(Clone, Copy)]
struct Function<'a> {
    name: &'a str,
    indentation: usize,
}

impl<'a> Function<'a> {
    fn starting_in(line: &'a Line) -> Option<Self> {
        let (_, name) = names(&line.code, &["fn"]).next()?;
        Some(Self { name, indentation: indentation(&line.code) })
    }

    fn ends_in(&self, line: &Line) -> bool {
        let code = line.code.trim();
        indentation(&line.code) == self.indentation && (code.ends_with('}') || code.ends_with(';'))
    }
}

fn indentation(code: &str) -> usize {
    code.len() - code.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proofs(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let coverage = Coverage::of(&[Source::new(path, text)]);
        let proofs = RuleId::all()
            .flat_map(|id| coverage.proofs(id).map(move |proof| format!("{id} {}", proof.name)))
            .collect();
        (proofs, coverage.findings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn covers_belongs_to_the_function_below() {
        let text = "fn a() {}\n// covers: 7.5-04, 7.5-05\n// more\n#[test]\nfn b() {\n    // covers: 2-01\n    x();\n}\n";
        let (proofs, findings) = proofs("crates/x/tests/y.rs", text);
        assert_eq!(proofs, ["2-01 b", "7.5-04 b", "7.5-05 b"]);
        assert_eq!(findings, [""; 0]);
    }

    #[test]
    fn rejections_count_in_tests_only() {
        let text = concat!(
            "fn check() { Violation::new(rule!(\"7.3-15\")); }\n",
            "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        rejected(rule!(\"7.3-14\"), x);\n",
            "        // rule!(\"7.3-13\")\n        \"rule!(\\\"7.3-12\\\")\";\n    }\n}\n"
        );
        let (proofs, findings) = proofs("crates/x/src/y.rs", text);
        assert_eq!(proofs, ["7.3-14 a"]);
        assert_eq!(findings, [""; 0]);
    }

    #[test]
    fn tables_of_cases_belong_to_the_function_below() {
        let text = "fn a() {\n    x();\n}\nconst C: u8 = f(rule!(\"7.3-15\"));\n#[test]\nfn b(\n    c: u8,\n) {\n    y(rule!(\"7.3-14\"));\n}\n";
        let (proofs, findings) = proofs("crates/x/src/y/tests.rs", text);
        assert_eq!(proofs, ["7.3-14 b", "7.3-15 b"]);
        assert_eq!(findings, [""; 0]);
    }

    #[test]
    fn tests_are_told_from_what_they_call() {
        let text = "#[test]\nfn a() {\n    b(rule!(\"7.3-15\"));\n}\n// covers: 2-01\nfn b(x: RuleId) {}\n";
        for (path, recorded) in [("", 0), ("use copath_testing::assert_rule;\n", 1)] {
            let coverage = Coverage::of(&[Source::new("crates/x/tests/y.rs", &format!("{path}{text}"))]);
            let parts: Vec<_> =
                coverage.all_proofs().into_iter().map(|proof| (proof.name.as_str(), proof.part)).collect();
            assert_eq!(parts, [("a", Part::Test), ("b", Part::Called)]);
            assert_eq!(coverage.rejections().count(), recorded);
        }
    }

    #[test]
    fn unknown_and_misplaced_ids_are_found() {
        let (none, unknown) =
            proofs("crates/x/tests/y.rs", "// covers: 7.5-04,\n// covers: 7.5-99\nfn b() {}\n");
        assert_eq!(none, ["7.5-04 b"]);
        assert_eq!(unknown.len(), 2);
        assert!(
            unknown
                .iter()
                .any(|text| text.starts_with("crates/x/tests/y.rs:2: ") && text.contains("`7.5-99`"))
        );
        let (none, misplaced) = proofs("crates/x/src/y.rs", "// covers: 7.5-04\nfn b() {}\n");
        assert_eq!(none, [""; 0]);
        assert!(misplaced.iter().all(|text| text.contains("outside of a test")));
        assert_eq!(misplaced.len(), 1);
    }
}
