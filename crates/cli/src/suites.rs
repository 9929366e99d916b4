//! `copath suites`.

use copath::SuiteParameters;

use crate::backend::Backend;

/// Prints which backend has which suite.
pub(crate) fn print() {
    print!("{:<56}", "suite");
    for backend in Backend::ALL {
        print!("{:>12}", backend.to_string());
    }
    println!();
    for row in &SuiteParameters::ALL {
        print!("{:<2} {:<53}", row.suite.0, row.suite.to_string());
        for backend in Backend::ALL {
            print!("{:>12}", if backend.has(row.suite) { "✓" } else { "·" });
        }
        println!();
    }
}
