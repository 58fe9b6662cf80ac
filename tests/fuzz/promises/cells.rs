//! Any text as a cell that a spreadsheet opens.

use csv::Writer;

use sendlens::read::table::{Table, armed, disarmed, is_formula};

/// What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
const RUN: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// No cell is written that a spreadsheet would run, and each is read as it was.
pub fn holds(bytes: &[u8]) {
    let text = super::text(bytes);
    let written = disarmed(&text);
    assert!(!written.starts_with(RUN) && !is_formula(&written), "{written:?} would be run");
    assert_eq!(armed(written.clone().into_owned()), text, "what was written is read");
    assert!(written == text || written.strip_prefix('\'') == Some(&text), "one apostrophe at most");

    let mut writer = Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(["path", "text", "url"]).expect("memory");
    writer.write_record(["a.txt", &written, "b"]).expect("memory");
    let table = Table::parse(&writer.into_inner().expect("memory")).expect("a table of the program");
    let cell = table.rows[0].cells.get("text").map_or("", String::as_str);
    assert_eq!(cell, if written.trim().is_empty() { "" } else { &text }, "a file gives the cell back");
}
