//! Published tables as plain rows: every cell a text, whatever its type, null as `None`.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::AnyValue;
use sendlens::frame;

/// A row: cells by column.
pub(crate) type Row = BTreeMap<String, Option<String>>;

/// The rows of `FOLDER/TABLE.parquet`; lists are joined by `; `.
pub(crate) fn parquet(folder: &Path, table: &str) -> Vec<Row> {
    parquet_where(folder, table, |_| true)
}

/// The rows of `FOLDER/TABLE.parquet` whose first column, a text, `is_wanted`.
pub(crate) fn parquet_where(folder: &Path, table: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let frame = frame::read(folder, table, None).expect("a table of the run");
    let cell = |value: AnyValue<'_>| match value {
        AnyValue::Null => None,
        AnyValue::String(_) | AnyValue::StringOwned(_) => value.get_str().map(str::to_owned),
        AnyValue::Date(days) => frame::date_of(days).map(|date| date.to_string()),
        AnyValue::List(list) => {
            let texts: Vec<_> = list.iter().filter_map(|text| text.get_str().map(str::to_owned)).collect();
            Some(texts.join("; "))
        }
        AnyValue::Boolean(flag) => Some(flag.to_string()),
        AnyValue::Int64(number) => Some(number.to_string()),
        AnyValue::Float64(number) => Some(number.to_string()),
        AnyValue::Float32(number) => Some(number.to_string()),
        other => panic!("a cell of type {}", other.dtype()),
    };
    let names: Vec<_> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    let value = |name: &str, row| cell(frame.column(name).expect("listed").get(row).expect("in range"));
    let keys = frame.columns()[0].str();
    (0..frame.height())
        .filter(|row| keys.as_ref().map_or(true, |keys| is_wanted(keys.get(*row).unwrap_or_default())))
        .map(|row| names.iter().map(|name| (name.clone(), value(name, row))).collect())
        .collect()
}

/// The rows of `FOLDER/TABLE.csv`; empty cells are `None`. Checks the byte-order mark.
pub(crate) fn csv(folder: &Path, table: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(folder.join(table).with_extension("csv")).expect("a table of the run");
    let text = text.strip_prefix('\u{feff}').expect("a spreadsheet needs the byte-order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("a header").clone();
    let cell = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let rows = reader.records().map(|record| record.expect("a row of the header's length"));
    rows.map(|record| names.iter().map(str::to_owned).zip(record.iter().map(cell)).collect()).collect()
}

/// The text in a cell; panics if it is null.
#[track_caller]
pub(crate) fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    let cell = row.get(column).unwrap_or_else(|| panic!("there is no column `{column}`"));
    cell.as_deref().unwrap_or_else(|| panic!("`{column}` is null in {row:?}"))
}

/// The text in a cell, if it is not null.
#[track_caller]
pub(crate) fn optional<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    row.get(column).unwrap_or_else(|| panic!("there is no column `{column}`")).as_deref()
}

/// The whole number in a cell.
#[track_caller]
pub(crate) fn count(row: &Row, column: &str) -> i64 {
    text(row, column).parse().expect("a whole number")
}

/// The number in a cell, if it is not null.
#[track_caller]
pub(crate) fn number(row: &Row, column: &str) -> Option<f64> {
    optional(row, column).map(|text| text.parse().expect("a number"))
}
