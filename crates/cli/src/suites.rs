//! `copath suites`.

use copath::SuiteParameters;

use crate::backend::Backend;
use crate::failure::Failure;
use crate::output::{self, say};

/// Prints which backend has which suite.
pub(crate) fn print() -> Result<(), Failure> {
    output::write(format_args!("{:<56}", "suite"))?;
    for backend in Backend::ALL {
        output::write(format_args!("{:>12}", backend.to_string()))?;
    }
    say!()?;
    for row in &SuiteParameters::ALL {
        output::write(format_args!("{:<2} {:<53}", row.suite.0, row.suite.to_string()))?;
        for backend in Backend::ALL {
            output::write(format_args!("{:>12}", if backend.has(row.suite) { "✓" } else { "·" }))?;
        }
        say!()?;
    }
    Ok(())
}
