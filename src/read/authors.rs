//! Names of authors out of a byline, a list, or a list that was written into a table cell.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::read::html;

/// Longest byline that is split, in bytes.
const LONGEST: usize = 1000;

/// The names in a value: a byline, a list of names, or objects with a `name`.
pub(super) fn of(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(value, &mut names);
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() <= LONGEST => names.extend(split(text)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(object) => {
            if let Some(name) = object.get("name") {
                collect(name, names);
            }
        }
        _ => {}
    }
}

/// The names in one text.
pub(super) fn split(text: &str) -> Vec<String> {
    // Tables written by Python hold lists as ['A B', 'C D'].
    if let Some(list) = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let parts = if list.contains("', '") { list.split("', '") } else { list.split("\", \"") };
        return parts.filter_map(|part| name(part.trim_matches([' ', '\'', '"']))).collect();
    }
    text.split([';', '|', '\n']).flat_map(split_by_words).collect()
}

/// Splits "Jane Doe, John Roe and Ann Poe" but not "Jane Doe, Education Correspondent".
fn split_by_words(text: &str) -> Vec<String> {
    let Some(whole) = name(text) else { return Vec::new() };
    let commas = whole.replace(" and ", ", ").replace(" & ", ", ");
    let parts: Vec<&str> = commas.split(", ").map(str::trim).collect();
    if parts.len() > 1 && parts.iter().all(|part| is_person(part)) {
        parts.into_iter().map(str::to_owned).collect()
    } else {
        vec![whole]
    }
}

/// Two to four capitalised words, none of them a job.
fn is_person(text: &str) -> bool {
    const JOBS: [&str; 10] = [
        "correspondent",
        "editor",
        "reporter",
        "journalist",
        "writer",
        "bbc",
        "news",
        "political",
        "education",
        "local",
    ];
    let words: Vec<&str> = text.split(' ').collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                && !JOBS.iter().any(|job| word.eq_ignore_ascii_case(job))
        })
}

/// One name without "By" and without the words tables use for nothing.
fn name(text: &str) -> Option<String> {
    let line = html::one_line(text)?;
    let bare = match line.get(..3) {
        Some(by) if by.eq_ignore_ascii_case("by ") => line[3..].trim(),
        _ => line.as_str(),
    };
    let is_nothing =
        ["none", "null", "nan", "n/a", "unknown"].iter().any(|word| bare.eq_ignore_ascii_case(word));
    (!bare.is_empty() && !is_nothing).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_split_and_jobs_are_not() {
        for (value, names) in [
            (json!("By Jane Doe"), vec!["Jane Doe"]),
            (json!("Jane Doe, John Roe and Ann Poe"), vec!["Jane Doe", "John Roe", "Ann Poe"]),
            (json!("Jane Doe, Education Correspondent"), vec!["Jane Doe, Education Correspondent"]),
            (json!("Jane Doe; John Roe"), vec!["Jane Doe", "John Roe"]),
            (json!(["Jane Doe", {"name": "John Roe"}, null, "Jane Doe"]), vec!["Jane Doe", "John Roe"]),
            (json!("['Jane Doe', 'John Roe']"), vec!["Jane Doe", "John Roe"]),
            (json!("[]"), vec![]),
            (json!("nan"), vec![]),
            (json!({"name": "Jane <b>Doe</b>"}), vec!["Jane Doe"]),
            (json!("Newsroom and Sport"), vec!["Newsroom and Sport"]),
            (json!(7), vec![]),
        ] {
            assert_eq!(of(&value), names, "{value}");
        }
    }
}
