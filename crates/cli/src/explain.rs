//! `copath explain`.

use copath::RuleId;

use crate::failure::Failure;
use crate::output::say;

/// Prints the rule `id`, or all rules of the section `id`.
pub(crate) fn print(id: &str) -> Result<(), Failure> {
    if let Some(found) = RuleId::parse(id) {
        let rule = found.rule();
        say!("{} (RFC 9420 §{}, {}; {})", rule.id, rule.section, rule.level, rule.who)?;
        say!()?;
        say!("{}", rule.text)?;
        say!()?;
        say!("A test: {}.", rule.test.trim_end_matches('.'))?;
        return Ok(());
    }
    let section: Vec<_> = RuleId::all().map(RuleId::rule).filter(|rule| rule.section == id).collect();
    if section.is_empty() {
        return Err(Failure::NoRule { id: id.into() });
    }
    for rule in section {
        say!("{:<12} {:<18} {}", rule.id, rule.level.to_string(), rule.text)?;
    }
    Ok(())
}
