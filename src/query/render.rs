//! Hits as text for people, as CSV for spreadsheets, as JSON for programs.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::Hit;
use crate::error::{Error, Result};
use crate::frame::schema::{Column, Kind, Schema, name};
use crate::frame::{self, Value, write_csv};
use crate::look::Look;
use crate::plain;

/// Hits one below the other, each with its labels, text, neighbours and a citation; `themes` are those of the run.
#[must_use]
pub fn text(hits: &[Hit], themes: &[String], look: &Look) -> String {
    let mut text = String::new();
    for hit in hits {
        let labels = if hit.relevant == Some(false) {
            "off topic".to_owned()
        } else if hit.themes.is_empty() {
            "no theme".to_owned()
        } else {
            hit.themes.iter().map(|theme| painted(theme, themes, look)).collect::<Vec<_>>().join(", ")
        };
        let sentiment = hit.sentiment.as_deref().unwrap_or("–");
        let _ = writeln!(text, "{} · {labels}", look.sentiment(sentiment, &plain::line(sentiment)));
        for neighbour in &hit.before {
            paragraph(&mut text, neighbour, "  | ", look, |line| look.aside(line));
        }
        paragraph(&mut text, &hit.text, "    ", look, |line| line.into());
        for neighbour in &hit.after {
            paragraph(&mut text, neighbour, "  | ", look, |line| look.aside(line));
        }
        paragraph(&mut text, &format!("— {}", citation(hit)), "    ", look, |line| look.aside(line));
        text.push('\n');
    }
    text
}

/// A theme in its colour.
fn painted(theme: &str, themes: &[String], look: &Look) -> String {
    let place = themes.iter().position(|known| known == theme).unwrap_or_default();
    look.theme(place, &plain::line(theme)).into_owned()
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

/// Appends a paragraph wrapped between words, each line painted and after `indent`.
fn paragraph(
    text: &mut String,
    paragraph: &str,
    indent: &str,
    look: &Look,
    paint: impl for<'l> Fn(&'l str) -> Cow<'l, str>,
) {
    for line in look.wrap(&plain::line(paragraph), indent.width()) {
        let _ = writeln!(text, "{indent}{}", paint(&line));
    }
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
