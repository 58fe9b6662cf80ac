//! JSON Lines: a passage per line with the fields of its article inside.
//!
//! Control, bidi and zero-width characters stand as escapes, here and in a file: a line means the same and can be
//! printed. Dates are text (`2024-01-31`), unknown values null.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use polars::prelude::DataFrame;
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json};

use super::tables::Tables;
use super::{Exported, Rows, shortest};
use crate::error::{Error, Result};
use crate::frame::schema::name;
use crate::frame::{Value, column};
use crate::plain;

/// Writes the passages to the file `path`.
pub(super) fn write_file(tables: &Tables, path: &Path) -> Result<Exported> {
    let fault = |error| Error::io("write", path, error);
    let mut writer = BufWriter::new(File::create(path).map_err(fault)?);
    let exported = write(tables, &mut writer)?;
    writer.flush().map_err(fault)?;
    Ok(exported)
}

/// Writes the passages to `writer`.
pub(super) fn write(tables: &Tables, writer: &mut dyn Write) -> Result<Exported> {
    let articles = articles(&tables.named("articles")?)?;
    let passages = tables.named("passages")?;
    for row in 0..passages.height() {
        let mut object = object(&passages, row)?;
        if let Some(article) = object.get_mut(name::ARTICLE)
            && let Some(fields) = article.as_str().and_then(|id| articles.get(id))
        {
            *article = Json::Object(fields.clone());
        }
        let line = Json::Object(object).to_string();
        writeln!(writer, "{}", plain::json(&line))
            .map_err(|error| Error::io("write", "JSON Lines", error))?;
    }
    let rows = passages.height() as u64;
    Ok(Exported { tables: vec![Rows { name: name::PASSAGES.to_owned(), rows }], notes: Vec::new() })
}

/// The fields of every article, by id.
fn articles(frame: &DataFrame) -> Result<HashMap<String, Map<String, Json>>> {
    let mut articles = HashMap::with_capacity(frame.height());
    for row in 0..frame.height() {
        let fields = object(frame, row)?;
        if let Some(id) = fields.get(name::ARTICLE).and_then(Json::as_str) {
            articles.insert(id.to_owned(), fields);
        }
    }
    Ok(articles)
}

/// A row as an object.
fn object(frame: &DataFrame, row: usize) -> Result<Map<String, Json>> {
    let fields = frame.columns().iter().map(|column| {
        let value = match column::value(column, row)? {
            Value::Null => Json::Null,
            Value::Text(text) => text.into_owned().into(),
            Value::Integer(number) => number.into(),
            Value::Number(number) => number.into(),
            Value::Score(score) => shortest(score).into(),
            Value::Flag(flag) => flag.into(),
            Value::Date(date) => date.to_string().into(),
            Value::TextList(list) => list.into(),
        };
        Ok((column.name().to_string(), value))
    });
    fields.collect()
}

/// Counts the lines of the file `path`, each of which is JSON.
pub(super) fn count(path: &Path) -> Result<Vec<Rows>> {
    let fault = |error| Error::io("read", path, error);
    let mut rows = 0;
    for line in BufReader::new(File::open(path).map_err(fault)?).lines() {
        serde_json::from_str::<IgnoredAny>(&line.map_err(fault)?).map_err(|error| fault(error.into()))?;
        rows += 1;
    }
    Ok(vec![Rows { name: name::PASSAGES.to_owned(), rows }])
}
