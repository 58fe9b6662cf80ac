//! CSV for spreadsheets: UTF-8 with a byte-order mark, and no cell that a spreadsheet would run.
//!
//! A text cell that a spreadsheet would run gets an apostrophe in front ([`disarmed`]). Numbers and dates are
//! written as they are. Lists join with `; `.

use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use polars::prelude::{AnyValue, DataFrame};

use super::schema::{Kind, Schema};
use super::{Value, date_of, frame};
use crate::error::{Error, Result};
use crate::read::table::{armed, disarmed};

/// Writes `frame` as CSV.
///
/// # Errors
/// What the writer returns.
pub fn write_csv(frame: &DataFrame, mut writer: impl Write) -> std::io::Result<()> {
    writer.write_all("\u{feff}".as_bytes())?;
    let mut csv = csv::Writer::from_writer(writer);
    csv.write_record(frame.get_column_names().iter().map(|name| name.as_str()))?;
    for row in 0..frame.height() {
        for column in frame.columns() {
            let value = column.get(row).map_err(|error| std::io::Error::other(error.to_string()))?;
            csv.write_field(cell(&value).as_bytes())?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}

/// Reads a table that [`write_csv`] wrote; what it disarmed is armed again, and an empty cell is null.
///
/// # Errors
/// [`Error::Io`] if there is no such file, [`Error::Table`] if it is damaged or has other columns than `schema`.
pub fn read_csv(path: &Path, schema: &Schema) -> Result<DataFrame> {
    let damaged = |message: String| Error::Table { path: path.to_owned(), message };
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let mut reader = csv::Reader::from_reader(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes));
    let header = reader.headers().map_err(|error| damaged(error.to_string()))?;
    if !header.iter().eq(schema.columns.iter().map(|column| column.name.as_ref())) {
        return Err(damaged("its columns are not those of the dictionary".to_owned()));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| damaged(error.to_string()))?;
        let cells = record.iter().zip(&schema.columns).map(|(text, column)| {
            parse(text, column.kind).ok_or_else(|| {
                damaged(format!("`{text}` in column `{}` is no {}", column.name, column.kind.as_str()))
            })
        });
        rows.push(cells.collect::<Result<Vec<_>>>()?);
    }
    frame(schema, rows)
}

/// The value of a cell; `None` if it is of another kind.
fn parse(text: &str, kind: Kind) -> Option<Value<'static>> {
    if text.is_empty() {
        return Some(Value::Null);
    }
    Some(match kind {
        Kind::Text => armed(text.to_owned()).into(),
        Kind::Integer => Value::Integer(text.parse().ok()?),
        Kind::Number => Value::Number(text.parse().ok()?),
        Kind::Score => Value::Score(text.parse().ok()?),
        Kind::Flag => Value::Flag(text.parse().ok()?),
        Kind::Date => Value::Date(jiff::civil::Date::from_str(text).ok()?),
        Kind::TextList => armed(text.to_owned()).split("; ").map(str::to_owned).collect::<Vec<_>>().into(),
    })
}

fn cell(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        // A column of one row is held as a scalar, which owns its text.
        AnyValue::String(_) | AnyValue::StringOwned(_) => {
            disarmed(value.get_str().unwrap_or_default()).into_owned()
        }
        AnyValue::Date(days) => date_of(*days).map(|date| date.to_string()).unwrap_or_default(),
        AnyValue::Boolean(flag) => flag.to_string(),
        AnyValue::Int64(number) => number.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        AnyValue::Float32(number) => number.to_string(),
        AnyValue::List(list) => {
            let texts: Vec<_> =
                list.iter().map(|value| value.get_str().unwrap_or_default().to_owned()).collect();
            disarmed(&texts.join("; ")).into_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_one_row_is_written_like_any_other() {
        use polars::prelude::{Column, PlSmallStr};
        let title =
            Column::new_scalar(PlSmallStr::from_static("title"), PlSmallStr::from_static("=1, 2").into(), 1);
        let frame = DataFrame::new(1, vec![title]).expect("one column");
        let mut bytes = Vec::new();
        write_csv(&frame, &mut bytes).expect("memory");
        assert_eq!(String::from_utf8_lossy(&bytes), "\u{feff}title\n\"'=1, 2\"\n");
    }

    #[test]
    fn what_was_written_is_read() {
        let schema = super::super::schema::undated();
        let day = jiff::civil::date(2024, 1, 31);
        let rows = vec![
            vec!["a.txt".into(), "=1, \"2\"\n3".into(), day.into(), Value::Null, Value::Null],
            vec!["'b".into(), Value::Null, Value::Null, day.into(), Value::Null],
        ];
        let written = frame(&schema, rows).expect("of the schema");
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        write_csv(&written, &file).expect("writable");
        assert_eq!(format!("{:?}", read_csv(file.path(), &schema).expect("our own")), format!("{written:?}"));
        let other = super::super::schema::skipped();
        let error = read_csv(file.path(), &other).expect_err("other columns");
        assert!(error.to_string().contains("dictionary"), "{error}");
    }
}
