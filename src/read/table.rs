//! A table that a user gives: names of its columns, and rows with the lines they stand on.
//!
//! *Takes* bytes of a CSV file (comma, semicolon or tab; any encoding; packed or not). *Gives* a [`Table`]. *Fails*
//! on the first row that does not fit the header: half a table would be half an answer.
//!
//! - A cell is read as it was before it was disarmed (`a_disarmed_cell_is_read_as_it_was`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::read::mapping::Mapping;
use crate::read::{csv, encoding, gzip};

/// A table with a header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns, in order.
    pub columns: Vec<String>,
    /// Rows with at least one cell that is not empty, in order.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Number of its first line in the file, from 1.
    pub line: u64,
    /// Cells that are not empty, by column, without the apostrophe that keeps a spreadsheet from running them.
    pub cells: BTreeMap<String, String>,
}

impl Table {
    /// Parses a table.
    ///
    /// # Errors
    /// What is wrong with it, in words, with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let unpacked = gzip::unpack(bytes).map_err(|refusal| refusal.detail)?;
        let text = encoding::decode(&unpacked.bytes).text;
        let dialect = csv::sniff(&text, true, &Mapping::new()).ok_or("it is no table with a header")?;
        let (columns, read) = csv::rows(&text, dialect);
        let mut rows = Vec::new();
        for row in read {
            let record = row.record?;
            let cells = record.into_iter().filter_map(|(column, value)| match value {
                Value::String(text) => Some((column, armed(text))),
                _ => None,
            });
            let cells: BTreeMap<String, String> = cells.collect();
            if !cells.is_empty() {
                rows.push(Row { line: row.line, cells });
            }
        }
        Ok(Self { columns, rows })
    }
}

/// Whether a spreadsheet would run a text as a formula, by its first character (OWASP, "CSV Injection").
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Whether one apostrophe before a text is the program's: before a formula, and before a text that looks like one
/// with apostrophes before it, which could not be told apart otherwise.
fn is_marked(text: &str) -> bool {
    is_formula(text.trim_start_matches('\''))
}

/// A text as it is written to a spreadsheet, with an apostrophe before what would be run. [`armed`] takes it off.
#[must_use]
pub fn disarmed(text: &str) -> Cow<'_, str> {
    if is_marked(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A text as it was before the program wrote it to a spreadsheet.
#[must_use]
pub fn armed(mut text: String) -> String {
    if text.strip_prefix('\'').is_some_and(is_marked) {
        text.remove(0);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_that_were_written() {
        let text =
            "\u{feff}passage;text;relevant\na#1;'- a \"list\" item;yes\n;;\nb#1;'Tis \"quoted; here\"\";\n";
        let table = Table::parse(text.replace("'Tis \"quoted; here\"\"", "\"'Tis; so\"").as_bytes())
            .expect("a table");
        assert_eq!(table.columns, ["passage", "text", "relevant"]);
        assert_eq!(table.rows.len(), 2, "a row of nothing is none");
        assert_eq!((table.rows[0].line, table.rows[1].line), (2, 4));
        assert_eq!(table.rows[0].cells["text"], "- a \"list\" item");
        assert_eq!(table.rows[1].cells["text"], "'Tis; so");
        assert!(!table.rows[1].cells.contains_key("relevant"));
    }

    #[test]
    fn a_disarmed_cell_is_read_as_it_was() {
        for text in ["=1+1", "+44", "-2", "@sum", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(disarmed(text), format!("'{text}"));
        }
        for text in ["", "a=1", "=1", "'=1", "''=1", "'Tis", "''", " =1"] {
            assert_eq!(armed(disarmed(text).into_owned()), text);
            assert!(!is_formula(&disarmed(text)));
        }
    }

    #[test]
    fn a_row_that_does_not_fit_is_named() {
        let fault = Table::parse(b"passage,text\na#1,One,two,three\n").expect_err("too many cells");
        assert!(fault.starts_with("line 2: 4 values under 2 columns"), "{fault}");
        assert!(Table::parse(b"").is_err());
    }
}
