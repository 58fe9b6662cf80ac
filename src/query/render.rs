//! Hits as text for people, as CSV for spreadsheets, as JSON for programs.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::Hit;
use crate::error::{Error, Result};
use crate::frame::schema::{Column, Kind, Schema, name};
use crate::frame::{self, Value, write_csv};
use crate::plain;

/// Columns of text that a line of the terminal view has.
const WIDTH: usize = 96;

/// Hits one below the other, each with its labels, text, neighbours and a citation.
#[must_use]
pub fn text(hits: &[Hit]) -> String {
    let mut text = String::new();
    for hit in hits {
        let labels = if hit.relevant == Some(false) {
            "off topic".to_owned()
        } else if hit.themes.is_empty() {
            "no theme".to_owned()
        } else {
            hit.themes.join(", ")
        };
        let _ = writeln!(text, "{} · {}", hit.sentiment.as_deref().unwrap_or("–"), plain::line(&labels));
        for neighbour in &hit.before {
            wrap(&mut text, neighbour, "  | ");
        }
        wrap(&mut text, &hit.text, "    ");
        for neighbour in &hit.after {
            wrap(&mut text, neighbour, "  | ");
        }
        let _ = writeln!(text, "    — {}\n", citation(hit));
    }
    text
}

/// Outlet, headline, date with how it is known, passage id and address.
fn citation(hit: &Hit) -> String {
    let mut parts = Vec::new();
    if let Some(outlet) = &hit.outlet {
        parts.push(outlet.clone());
    }
    if let Some(title) = &hit.title {
        parts.push(format!("“{title}”"));
    }
    parts.push(match (hit.date, hit.date_precision.as_deref()) {
        (Some(date), precision) => {
            let shown = match precision {
                Some("year") => date.strftime("%Y").to_string(),
                Some("month") => date.strftime("%B %Y").to_string(),
                _ => date.strftime("%-d %B %Y").to_string(),
            };
            format!("{shown} (from {})", hit.date_source.as_deref().unwrap_or("an unknown place"))
        }
        (None, _) => "undated".to_owned(),
    });
    parts.push(hit.passage.clone());
    parts.extend(hit.url.clone());
    plain::line(&parts.join(", ")).into_owned()
}

/// Appends `paragraph` wrapped at word boundaries, each line after `indent`.
fn wrap(text: &mut String, paragraph: &str, indent: &str) {
    let plain = plain::line(paragraph);
    let mut width = usize::MAX;
    for word in plain.split_whitespace() {
        let length = word.width();
        if width == usize::MAX {
            text.push_str(indent);
            width = indent.width();
        } else if width + 1 + length > WIDTH {
            text.push('\n');
            text.push_str(indent);
            width = indent.width();
        } else {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}

/// Hits as a JSON array.
#[must_use]
pub fn json(hits: &[Hit]) -> String {
    let mut json = serde_json::to_string_pretty(hits).expect("hits are plain data");
    json.push('\n');
    json
}

/// Hits as CSV, guarded as every CSV of the program is.
///
/// # Errors
/// [`Error::Table`] if the table cannot be made, [`Error::Io`] if it cannot be written to memory.
pub fn csv(hits: &[Hit]) -> Result<Vec<u8>> {
    let columns = [
        (name::PASSAGE, Kind::Text),
        (name::ARTICLE, Kind::Text),
        (name::OUTLET, Kind::Text),
        (name::TITLE, Kind::Text),
        (name::URL, Kind::Text),
        (name::DATE, Kind::Date),
        (name::DATE_PRECISION, Kind::Text),
        (name::DATE_SOURCE, Kind::Text),
        (name::DATE_CONFIDENCE, Kind::Number),
        (name::RELEVANT, Kind::Flag),
        (name::THEMES, Kind::TextList),
        (name::SENTIMENT, Kind::Text),
        (name::LABELLED_BY, Kind::Text),
        (name::TEXT, Kind::Text),
        (name::BEFORE, Kind::Text),
        (name::AFTER, Kind::Text),
    ];
    let columns = columns.into_iter().map(|(name, kind)| Column {
        name: name.into(),
        kind,
        unit: "",
        meaning: "".into(),
    });
    let schema = Schema { table: "query", columns: columns.collect() };
    let rows = hits.iter().map(|hit| -> Vec<Value<'_>> {
        vec![
            hit.passage.as_str().into(),
            hit.article.as_str().into(),
            hit.outlet.as_deref().into(),
            hit.title.as_deref().into(),
            hit.url.as_deref().into(),
            hit.date.into(),
            hit.date_precision.as_deref().into(),
            hit.date_source.as_deref().into(),
            hit.date_confidence.into(),
            hit.relevant.into(),
            hit.themes.clone().into(),
            hit.sentiment.as_deref().into(),
            hit.labelled_by.as_deref().into(),
            hit.text.as_str().into(),
            hit.before.join("\n").into(),
            hit.after.join("\n").into(),
        ]
    });
    let mut bytes = Vec::new();
    write_csv(&frame::frame(&schema, rows)?, &mut bytes).map_err(|error| Error::io("write", "csv", error))?;
    Ok(bytes)
}
