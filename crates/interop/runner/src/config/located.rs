//! JSON with line numbers: each step is parsed by itself, from its place in the text.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::action::ACTIONS;
use super::hint::nearest;
use super::{Action, ConfigError, Step};

/// Names and values of an object, in the order of the text.
struct Object<T>(Vec<(String, T)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    #[serde(borrow)]
    scripts: Object<Vec<&'a RawValue>>,
}

/// The scripts of a file, in its order.
pub(super) fn scripts(file: &str, text: &str) -> Result<Vec<(String, Vec<Step>)>, ConfigError> {
    let wrong = |line, what: String| ConfigError::Content { file: file.to_owned(), line, what };
    let parsed: File<'_> =
        serde_json::from_str(text).map_err(|error| wrong(error.line(), without_place(&error)))?;
    let mut scripts = Vec::new();
    for (name, raw) in parsed.scripts.0 {
        let steps = raw.into_iter().map(|raw| step(text, raw));
        let steps = steps.collect::<Result<_, _>>().map_err(|(line, what)| wrong(line, what))?;
        scripts.push((name, steps));
    }
    Ok(scripts)
}

/// A step; or the line and what is wrong there.
fn step(text: &str, raw: &RawValue) -> Result<Step, (usize, String)> {
    let line = line_of(text, raw.get());
    let at = |inner: usize| line + inner.saturating_sub(1);
    let fields: Object<&RawValue> =
        serde_json::from_str(raw.get()).map_err(|error| (at(error.line()), without_place(&error)))?;
    let action = fields.0.iter().find(|(name, _)| name == "action");
    let Some((_, value)) = action else { return Err((line, "a step without an action".into())) };
    let name: String = serde_json::from_str(value.get())
        .map_err(|error| (line_of(text, value.get()), without_place(&error)))?;
    let Some((_, known)) = ACTIONS.iter().find(|(action, _)| *action == name) else {
        let hint = nearest(&name, ACTIONS.iter().map(|(action, _)| *action));
        return Err((line_of(text, value.get()), unknown("action", &name, hint)));
    };
    for (field, value) in fields.0.iter().filter(|(field, _)| field != "action") {
        if !known.contains(&field.as_str()) {
            let what = unknown("field", field, nearest(field, known.iter().copied()));
            return Err((line_of(text, value.get()), format!("{name}: {what}")));
        }
    }
    let action: Action = serde_json::from_str(raw.get())
        .map_err(|error| (at(error.line()), format!("{name}: {}", without_place(&error))))?;
    Ok(Step { line, action })
}

fn unknown(what: &str, word: &str, hint: Option<&str>) -> String {
    let hint = hint.map_or_else(String::new, |hint| format!("; did you mean \"{hint}\"?"));
    format!("unknown {what} \"{word}\"{hint}")
}

/// The line in which `part`, a slice of `text`, begins.
fn line_of(text: &str, part: &str) -> usize {
    let offset = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    text.as_bytes().iter().take(offset).filter(|octet| **octet == b'\n').count() + 1
}

/// The message of an error, without the line and the column that it counts from the start of the step.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or_else(|| text.clone(), |end| text[..end].to_owned())
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}
