//! A table that a user gives: names of its columns, and rows with the lines they stand on.
//!
//! *Takes* bytes of a CSV file (comma, semicolon or tab; any encoding; packed or not). *Gives* a [`Table`]. *Fails*
//! on the first row that does not fit the header: half a table would be half an answer.

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

/// A text as it was before the program wrote it to a spreadsheet.
#[must_use]
pub fn armed(text: String) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.to_owned(),
        _ => text,
    }
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
    fn a_row_that_does_not_fit_is_named() {
        let fault = Table::parse(b"passage,text\na#1,One,two,three\n").expect_err("too many cells");
        assert!(fault.starts_with("line 2: 4 values under 2 columns"), "{fault}");
        assert!(Table::parse(b"").is_err());
    }
}
