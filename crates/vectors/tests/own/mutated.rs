//! Whatever is changed in a vector is noticed: the runners compare everything that they read.

use copath_vectors::{Kind, read};
use serde_json::Value;

use crate::backends::backends;
use crate::own_directory;

/// Fields whose change a format can't notice: what is only decoded and encoded again, and the sender of a proposal
/// that isn't an Update.
const UNSEEN: [&str; 1] = ["/proposal_sender"];

#[test]
fn every_changed_field_fails() {
    let provider = &backends()[0].provider;
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Messages) {
        let json = read(&own_directory().join(format!("{kind}.json"))).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&json).unwrap();
        let first_suite = |case: &&Value| case.get("cipher_suite").is_none_or(|suite| *suite == 1);
        let mut changed = 0;
        for case in cases.iter().filter(first_suite) {
            let mut pointers = Vec::new();
            collect(case, "", &mut pointers);
            for pointer in pointers {
                let mut wrong = case.clone();
                if !change(wrong.pointer_mut(&pointer).unwrap()) || UNSEEN.contains(&pointer.as_str()) {
                    continue;
                }
                let text = Value::Array(vec![wrong]).to_string();
                let noticed = kind.run(provider, &text).map_or(true, |outcome| outcome.passed == 0);
                assert!(noticed, "{kind}: a change of {pointer} passes");
                changed += 1;
            }
        }
        assert!(changed > 0, "{kind}");
    }
}

/// The encodings in `messages` don't have to make sense, but have to be whole.
#[test]
fn every_truncated_message_fails() {
    let provider = &backends()[0].provider;
    let json = read(&own_directory().join("messages.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&json).unwrap();
    let fields: Vec<String> = cases[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields.len(), 17);
    for field in fields {
        let mut wrong = cases[0].clone();
        let digits = wrong[&field].as_str().unwrap().to_owned();
        wrong[&field] = Value::from(&digits[..digits.len() - 2]);
        let outcome = Kind::Messages.run(provider, &Value::Array(vec![wrong]).to_string()).unwrap();
        assert_eq!(outcome.failures.len(), 1, "{field}");
    }
}

/// The pointers of all strings and numbers.
fn collect(value: &Value, at: &str, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| collect(field, &format!("{at}/{name}"), pointers));
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(i, entry)| collect(entry, &format!("{at}/{i}"), pointers));
        }
        Value::String(_) | Value::Number(_) => pointers.push(at.to_owned()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Changes a digit in the first half of a string (a sample of sender data ends in the middle), or a number; `false` for an empty string.
fn change(value: &mut Value) -> bool {
    match value {
        Value::String(text) if !text.is_empty() => {
            let at = text.len() / 3;
            let other = if text[at..].starts_with('0') { "1" } else { "0" };
            text.replace_range(at..=at, other);
            true
        }
        Value::Number(number) => {
            *value = Value::from(number.as_u64().map_or(0, |number| number ^ 1));
            true
        }
        _ => false,
    }
}
