//! The report of a former run, drawn anew; its tables stay byte for byte.

use std::fs;
use std::path::Path;

use super::output::Output;
use crate::config::ReportText;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::report;

/// Draws the report in `out` anew, with as much text as `text` says or as its run did, and publishes `out` again.
///
/// # Errors
/// [`Error::Config`] if `out` holds no run, [`Error::ForeignOutput`] if it is no unchanged output, [`Error::Table`] if a
/// table is damaged, [`Error::Io`] if a file cannot be written.
pub fn redraw(out: &Path, text: Option<ReportText>) -> Result<Record> {
    let output = Output::claim(out, &[])?;
    let mut record = former(&output, out)?;
    for (key, value) in [("report", Some("true")), ("report-text", text.map(ReportText::as_str))] {
        if let Some(value) = value.filter(|value| record.setting(key) != Some(value)) {
            record.configuration[key] = serde_json::json!({ "value": value, "origin": "flag" });
        }
    }
    copy(&output, &record, |file| !report::is_page(file))?;
    draw(&output, &record)?;
    output.publish(record)
}

/// The record of the run that stands in `out`.
pub(super) fn former(output: &Output, out: &Path) -> Result<Record> {
    output.former().cloned().ok_or_else(|| {
        Error::config_hint(
            format!("`{}` holds no run", out.display()),
            "name the output folder of a former `sendlens run`",
        )
    })
}

/// Copies the files of the former run that `is_kept` says.
pub(super) fn copy(output: &Output, record: &Record, is_kept: impl Fn(&str) -> bool) -> Result<()> {
    for file in record.files.keys().filter(|file| is_kept(file)) {
        let (from, to) = (output.out().join(file), output.folder().join(file));
        fs::copy(&from, &to).map_err(|error| Error::io("copy", &from, error))?;
    }
    Ok(())
}

/// Draws the report with the words that the run explained.
pub(super) fn draw(output: &Output, record: &Record) -> Result<()> {
    let text = record.setting("report-text").and_then(ReportText::parse).unwrap_or_default();
    report::draw(output.folder(), record, text, None)
}
