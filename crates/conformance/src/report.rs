//! What a run found.

use std::collections::BTreeMap;
use std::fmt;

use copath_crypto::CryptoError;

/// The cases of a run.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    cases: Vec<Case>,
    absent: Vec<String>,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The primitive or the suite.
    pub subject: String,
    /// What is tried, with its source.
    pub name: String,
    /// What came out.
    pub result: Result<(), Failure>,
}

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A valid input was refused.
    #[error("refused what is valid: {0}")]
    Refused(#[from] CryptoError),
    /// An invalid input was accepted.
    #[error("accepted what is invalid")]
    Accepted,
    /// An invalid input was refused with an error that doesn't fit.
    #[error("refused, but with the error `{0}`")]
    WrongError(CryptoError),
    /// The result isn't the expected one.
    #[error("the result differs from the expected one")]
    Differs,
    /// The kit's own data can't be read.
    #[error("the kit's data can't be read")]
    BadData,
}

impl Report {
    pub(crate) fn new(title: String) -> Self {
        Self { title, cases: Vec::new(), absent: Vec::new() }
    }

    /// Which backends it is about.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// All cases, in the order of the run.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The primitives and suites that the backend lacks.
    pub fn absent(&self) -> &[String] {
        &self.absent
    }

    /// The failed cases.
    pub fn failures(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.result.is_err())
    }

    /// Whether there were cases and all passed.
    pub fn is_success(&self) -> bool {
        !self.cases.is_empty() && self.failures().next().is_none()
    }

    /// For each subject how many cases passed and how many failed.
    pub fn by_subject(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut subjects = BTreeMap::<&str, (usize, usize)>::new();
        for case in &self.cases {
            let (passed, failed) = subjects.entry(&case.subject).or_default();
            *(if case.result.is_ok() { passed } else { failed }) += 1;
        }
        subjects
    }

    pub(crate) fn add(
        &mut self,
        subject: impl fmt::Display,
        name: impl fmt::Display,
        result: Result<(), Failure>,
    ) {
        self.cases.push(Case { subject: subject.to_string(), name: name.to_string(), result });
    }

    pub(crate) fn add_absent(&mut self, subject: impl fmt::Display) {
        self.absent.push(subject.to_string());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failures().count();
        writeln!(f, "{}: {} cases, {failed} failed", self.title, self.cases.len())?;
        for case in self.failures() {
            if let Err(failure) = &case.result {
                writeln!(f, "  {}: {}: {failure}", case.subject, case.name)?;
            }
        }
        Ok(())
    }
}

/// Whether `found` is `expected`.
pub(crate) fn same(found: &[u8], expected: &[u8]) -> Result<(), Failure> {
    holds(found == expected)
}

/// Whether something is as expected.
pub(crate) fn holds(expected: bool) -> Result<(), Failure> {
    if expected { Ok(()) } else { Err(Failure::Differs) }
}

/// Whether `result` is one of `errors`.
pub(crate) fn refused<T>(result: Result<T, CryptoError>, errors: &[CryptoError]) -> Result<(), Failure> {
    match result {
        Ok(_) => Err(Failure::Accepted),
        Err(error) if errors.contains(&error) => Ok(()),
        Err(error) => Err(Failure::WrongError(error)),
    }
}
