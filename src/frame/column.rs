//! Columns of a table that was read, as plain values.

use jiff::civil::Date;
use polars::prelude::{AnyValue, Column, DataFrame};
use std::path::PathBuf;

use super::schema::Kind;
use super::{Value, data_type, date_of};
use crate::error::{Error, Result};

/// Gives the named column, or says that it is missing or of another type.
fn typed<'a, T>(
    frame: &'a DataFrame,
    name: &str,
    view: impl Fn(&'a Column) -> polars::error::PolarsResult<T>,
) -> Result<T> {
    frame
        .column(name)
        .and_then(view)
        .map_err(|error| Error::Table { path: PathBuf::from(name), message: error.to_string() })
}

/// Texts of a column.
///
/// # Errors
/// [`Error::Table`] if there is no such column of text.
pub fn texts<'a>(frame: &'a DataFrame, name: &str) -> Result<Vec<Option<&'a str>>> {
    Ok(typed(frame, name, Column::str)?.iter().collect())
}

/// Scores of a column.
///
/// # Errors
/// [`Error::Table`] if there is no such column of scores.
pub fn scores(frame: &DataFrame, name: &str) -> Result<Vec<Option<f32>>> {
    Ok(typed(frame, name, Column::f32)?.iter().collect())
}

/// Numbers of a column.
///
/// # Errors
/// [`Error::Table`] if there is no such column of numbers.
pub fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<Option<f64>>> {
    Ok(typed(frame, name, Column::f64)?.iter().collect())
}

/// Whole numbers of a column.
///
/// # Errors
/// [`Error::Table`] if there is no such column of whole numbers.
pub fn integers(frame: &DataFrame, name: &str) -> Result<Vec<Option<i64>>> {
    Ok(typed(frame, name, Column::i64)?.iter().collect())
}

/// Truth values of a column.
///
/// # Errors
/// [`Error::Table`] if there is no such column of truth values.
pub fn flags(frame: &DataFrame, name: &str) -> Result<Vec<Option<bool>>> {
    Ok(typed(frame, name, Column::bool)?.iter().collect())
}

/// Days of a column.
///
/// # Errors
/// [`Error::Table`] if there is no such column of days.
pub fn dates(frame: &DataFrame, name: &str) -> Result<Vec<Option<Date>>> {
    Ok(typed(frame, name, Column::date)?.physical().iter().map(|days| days.and_then(date_of)).collect())
}

/// Lists of texts of a column; a null list is empty.
///
/// # Errors
/// [`Error::Table`] if there is no such column of lists.
pub fn text_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<String>>> {
    let lists = typed(frame, name, Column::list)?;
    (0..lists.len())
        .map(|row| {
            let Some(list) = lists.get_as_series(row) else { return Ok(Vec::new()) };
            let texts = list
                .str()
                .map_err(|error| Error::Table { path: PathBuf::from(name), message: error.to_string() })?;
            Ok(texts.iter().flatten().map(str::to_owned).collect())
        })
        .collect()
}

/// What a column holds.
///
/// # Errors
/// [`Error::Table`] if it is of a type that no table has.
pub fn kind(column: &Column) -> Result<Kind> {
    let found = Kind::ALL.into_iter().find(|kind| data_type(*kind) == *column.dtype());
    found.ok_or_else(|| Error::Table {
        path: PathBuf::from(column.name().as_str()),
        message: format!("it is of type {}", column.dtype()),
    })
}

/// The cell of `column` in a row.
///
/// # Errors
/// [`Error::Table`] if there is no such row, or the column is of a type that no table has.
pub fn value(column: &Column, row: usize) -> Result<Value<'_>> {
    let fault = |message: String| Error::Table { path: PathBuf::from(column.name().as_str()), message };
    Ok(match column.get(row).map_err(|error| fault(error.to_string()))? {
        AnyValue::Null => Value::Null,
        AnyValue::String(text) => text.into(),
        AnyValue::StringOwned(text) => text.to_string().into(),
        AnyValue::Int64(number) => Value::Integer(number),
        AnyValue::Float64(number) => Value::Number(number),
        AnyValue::Float32(score) => Value::Score(score),
        AnyValue::Boolean(flag) => Value::Flag(flag),
        AnyValue::Date(days) => date_of(days).into(),
        AnyValue::List(list) => {
            let texts = list.str().map_err(|error| fault(error.to_string()))?;
            texts.iter().flatten().map(str::to_owned).collect::<Vec<_>>().into()
        }
        other => return Err(fault(format!("it is of type {}", other.dtype()))),
    })
}
