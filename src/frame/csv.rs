//! CSV for spreadsheets: UTF-8 with a byte-order mark, and no cell that a spreadsheet would run.
//!
//! A text cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe in
//! front (OWASP, "CSV Injection"). Numbers and dates are written as they are. Lists join with `; `.

use std::borrow::Cow;
use std::io::Write;

use polars::prelude::{AnyValue, DataFrame};

use super::date_of;

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

fn cell(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        // A column of one row is held as a scalar, which owns its text.
        AnyValue::String(_) | AnyValue::StringOwned(_) => {
            disarm(value.get_str().unwrap_or_default()).into_owned()
        }
        AnyValue::Date(days) => date_of(*days).map(|date| date.to_string()).unwrap_or_default(),
        AnyValue::Boolean(flag) => flag.to_string(),
        AnyValue::Int64(number) => number.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        AnyValue::Float32(number) => number.to_string(),
        AnyValue::List(list) => {
            let texts: Vec<_> =
                list.iter().map(|value| value.get_str().unwrap_or_default().to_owned()).collect();
            disarm(&texts.join("; ")).into_owned()
        }
        other => other.to_string(),
    }
}

/// Puts an apostrophe before text that a spreadsheet would run as a formula.
fn disarm(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
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
    fn formulas_are_disarmed() {
        for text in ["=1+1", "+44", "-2", "@sum", "\t=1", "\r=1"] {
            assert!(disarm(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(disarm("a=1"), "a=1");
    }
}
