//! What the demo prints.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;
use crate::output::say;

/// From how many on a bar shows how far it is.
const MANY: u32 = 200;

/// Prints steps, numbered.
#[derive(Debug)]
pub(crate) struct Report {
    steps: u32,
    colours: bool,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { steps: 0, colours: std::io::stdout().is_terminal() }
    }

    /// Begins a step.
    pub(crate) fn step(&mut self, title: &str) -> Result<(), Failure> {
        self.steps = self.steps.saturating_add(1);
        let number = self.steps;
        if self.colours { say!("\n\x1b[1m{number}. {title}\x1b[0m") } else { say!("\n{number}. {title}") }
    }

    /// A line of what happens.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        say!("   {text}")
    }

    /// A line about a message and its size.
    pub(crate) fn sent(&self, text: &str, octets: usize) -> Result<(), Failure> {
        say!("   {text:<64} {:>12}", size(octets))
    }

    /// The epoch that all agree on.
    pub(crate) fn agreed(&self, epoch: u64, authenticator: &[u8], seats: usize) -> Result<(), Failure> {
        let short = hex::encode(authenticator.get(..8).unwrap_or(authenticator));
        let (green, plain) = if self.colours { ("\x1b[32m", "\x1b[0m") } else { ("", "") };
        say!("   {green}✓ epoch {epoch}: {seats} of {seats} clients have the authenticator {short}…{plain}")
    }

    /// Lines of a drawing, a little apart.
    pub(crate) fn drawing(&self, lines: &[String]) -> Result<(), Failure> {
        say!()?;
        lines.iter().try_for_each(|line| say!("     {line}"))
    }

    /// A bar for `count` of something, shown in a terminal and only if they are many.
    pub(crate) fn progress(&self, what: &'static str, count: u32) -> ProgressBar {
        if count < MANY {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("   {msg:<20} {wide_bar} {pos}/{len} {eta}");
        let bar = ProgressBar::new(count.into()).with_message(what);
        style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
    }

    /// A sign of life for what takes long and can't be counted.
    pub(crate) fn busy(&self, what: &'static str, count: u32) -> ProgressBar {
        if count < MANY {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(what);
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    }
}

/// A number of octets, grouped by thousands.
pub(crate) fn size(octets: usize) -> String {
    format!("{} B", grouped(octets))
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        grouped.push(digit);
        if place > 0 && place % 3 == 0 {
            grouped.push(',');
        }
    }
    grouped
}

/// A duration that a person can read.
pub(crate) fn duration(duration: Duration) -> String {
    if duration.as_millis() < 1000 {
        format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_readable() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(duration(Duration::from_micros(1500)), "1.5 ms");
        assert_eq!(duration(Duration::from_millis(12_340)), "12.3 s");
    }
}
