//! Tables: comma-, semicolon- or tab-separated values with a header.
//!
//! *Takes* decoded text. *Gives* an article per row and a [`Skipped`] row for each that could not be read.
//! *Fails* with a [`Refusal`]: `bad_csv`, `empty`. *Cost*: two passes, one row in memory.

use ::csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use crate::article::{Format, Skipped};
use crate::read::mapping::Mapping;
use crate::read::record::{self, Record};
use crate::read::{Reading, Refusal, Source};

/// Bytes and rows looked at to find the delimiter.
const SNIFFED_BYTES: usize = 64 << 10;
const SNIFFED_ROWS: usize = 20;
/// Longest name of a column, in bytes; prose with commas has longer "names".
const LONGEST_NAME: usize = 64;
/// Bytes of a first line looked at for names of columns.
const LONGEST_HEADER: usize = 4 << 10;
/// Most ragged rows, in percent, of a file that is read.
const MAX_RAGGED_PERCENT: usize = 20;
/// Line numbers named in the row about a file that is not read.
const NAMED_LINES: usize = 5;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    delimiter: u8,
    /// Bytes before the header: the line "sep=;" of some spreadsheets.
    skip: usize,
}

/// The dialect, if the text is a table with a header.
///
/// Unless the name says so (`is_claimed`), two column names must be known.
pub(super) fn sniff(text: &str, is_claimed: bool, mapping: &Mapping) -> Option<Dialect> {
    let first = text.lines().next().unwrap_or_default();
    let skip = match first.strip_prefix("sep=") {
        Some(rest) if rest.len() == 1 => text.find('\n').map_or(text.len(), |end| end + 1),
        _ => 0,
    };
    let table = &text[skip..];
    if !is_claimed && !is_header(table.lines().next().unwrap_or_default(), mapping) {
        return None;
    }
    let sample = &table[..table.floor_char_boundary(SNIFFED_BYTES)];
    let is_cut = sample.len() < table.len();
    let judge = |delimiter: u8| {
        let mut rows: Vec<StringRecord> =
            reader(sample, delimiter).into_records().take(SNIFFED_ROWS + 1).map_while(Result::ok).collect();
        if is_cut && rows.len() <= SNIFFED_ROWS && rows.len() > 2 {
            rows.pop();
        }
        let (header, rows) = rows.split_first()?;
        let known = header.iter().filter(|name| record::is_known(name, mapping)).count();
        // The questions of a survey are long names, but stand beside known ones.
        let is_vouched_for = is_claimed && known > 0;
        if !is_vouched_for && header.iter().any(|name| name.len() > LONGEST_NAME) {
            return None;
        }
        let sound = rows.iter().filter(|row| row.len() == header.len()).count();
        let is_regular = sound * 2 >= rows.len() && !rows.is_empty();
        let is_table =
            if is_claimed { known > 0 || header.len() > 1 && is_regular } else { known > 1 && is_regular };
        is_table.then_some((known, sound, header.len()))
    };
    [b',', b';', b'\t']
        .into_iter()
        .filter_map(|delimiter| judge(delimiter).map(|score| (score, delimiter)))
        // Of equals the first, which is the comma.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, delimiter)| Dialect { delimiter, skip })
}

/// Whether a line holds two known names of columns, whatever the delimiter: spares most texts the parser.
fn is_header(line: &str, mapping: &Mapping) -> bool {
    let line = &line[..line.floor_char_boundary(LONGEST_HEADER)];
    let names = line.split([',', ';', '\t']).take_while(|name| name.len() <= LONGEST_NAME);
    names.filter(|name| record::is_known(name, mapping)).nth(1).is_some()
}

fn reader(text: &str, delimiter: u8) -> ::csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes())
}

/// A row of a table.
pub(super) struct Row {
    /// Number of its first line in the file, from 1.
    pub(super) line: u64,
    /// Its values under the names of their columns, empty ones left out; or why it is ragged.
    pub(super) record: Result<Record, String>,
}

/// Reads the header's names, then the rows one by one.
pub(super) fn rows(text: &str, dialect: Dialect) -> (Vec<String>, impl Iterator<Item = Row>) {
    let table = &text[dialect.skip..];
    let lines_before = u64::from(dialect.skip > 0);
    let is_unclosed = memchr::memchr_iter(b'"', table.as_bytes()).count() % 2 == 1;
    let mut reader = reader(table, dialect.delimiter);
    let mut values = StringRecord::new();
    // Reading from memory that is UTF-8 cannot fail; if it did, the table would end there.
    let mut next = move || {
        let is_row = reader.read_record(&mut values).unwrap_or(false);
        let is_last = usize::try_from(reader.position().byte()).is_ok_and(|byte| byte >= table.len());
        is_row.then(|| (values.clone(), is_last))
    };
    let names: Vec<String> = next()
        .map(|(header, _)| header.iter().map(|name| name.trim().to_owned()).collect())
        .unwrap_or_default();
    let columns = names.clone();
    let mut lines = Lines { table: table.as_bytes(), at: 0, line: 1 };
    let rows = std::iter::from_fn(move || {
        let (values, is_last) = next()?;
        let line = lines.first(values.position()) + lines_before;
        // A quotation mark that is never closed takes the rest of the file into one value.
        let takes_rest =
            is_unclosed && is_last && values.iter().next_back().is_some_and(|last| last.contains('\n'));
        let record = if takes_rest {
            Err(format!("line {line}: a quotation mark is never closed, the rest of the file is lost"))
        } else if values.len() != columns.len() {
            Err(format!("line {line}: {} values under {} columns", values.len(), columns.len()))
        } else {
            let mut record = Record::new();
            for (name, value) in columns.iter().zip(&values) {
                if !name.is_empty() && !value.trim().is_empty() && !record.contains_key(name) {
                    record.insert(name.clone(), Value::String(value.to_owned()));
                }
            }
            Ok(record)
        };
        Some(Row { line, record })
    });
    (names, rows)
}

/// Counts the lines of a table up to a byte that moves on.
struct Lines<'t> {
    table: &'t [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record at `start` begins: the parser's place may lie before the line feed of the line
    /// above, and before empty lines. Its own count knows line feeds only, not the lone carriage returns of old Macs.
    fn first(&mut self, start: Option<&::csv::Position>) -> u64 {
        let byte = start.and_then(|start| usize::try_from(start.byte()).ok()).unwrap_or(self.at);
        let is_before =
            |at: usize| at < byte || self.table.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
        while is_before(self.at) && self.at < self.table.len() {
            let is_pair = self.table[self.at..].starts_with(b"\r\n");
            self.line += u64::from(matches!(self.table[self.at], b'\r' | b'\n') && !is_pair);
            self.at += 1;
        }
        self.line
    }
}

/// Reads a table of articles.
pub(super) fn read(source: &Source<'_>, dialect: Dialect, mapping: &Mapping) -> Result<Reading, Refusal> {
    let mut reading = Reading::default();
    let mut ragged = Vec::new();
    let mut count = 0;
    let (_, rows) = rows(&source.text, dialect);
    for row in rows {
        count += 1;
        let article = match row.record {
            // Spreadsheets write rows of nothing but delimiters.
            Ok(record) if record.is_empty() => continue,
            Ok(record) => {
                let id = format!("{}!{count}", source.id);
                record::article(record, id, Format::Csv, source.encoding, mapping)
            }
            Err(detail) => {
                ragged.push(row.line);
                Err(Refusal::new("ragged_row", detail))
            }
        };
        match article {
            Ok(article) => reading.articles.push(article),
            Err(refusal) => reading.skipped.push(Skipped {
                path: source.id.to_owned(),
                record: Some(count),
                reason: refusal.reason,
                detail: refusal.detail,
            }),
        }
    }
    if ragged.len() * 100 > count * MAX_RAGGED_PERCENT {
        let lines: Vec<String> = ragged.iter().take(NAMED_LINES).map(u64::to_string).collect();
        let more = if ragged.len() > NAMED_LINES { ", …" } else { "" };
        let (ragged, lines) = (ragged.len(), lines.join(", "));
        let detail = format!("{ragged} of {count} rows do not fit the header: lines {lines}{more}");
        return Err(Refusal::new("bad_csv", detail));
    }
    if reading.articles.is_empty() && reading.skipped.is_empty() {
        return Err(Refusal::new("empty", "a header without rows"));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Reading, Refusal> {
        let dialect = sniff(text, true, &Mapping::new()).expect("a table");
        read(&Source { id: "a.csv", text: text.into(), encoding: "utf-8" }, dialect, &Mapping::new())
    }

    fn bodies(reading: &Reading) -> Vec<&str> {
        reading.articles.iter().map(|article| article.body.as_str()).collect()
    }

    #[test]
    fn delimiters_quotes_and_line_breaks_are_read() {
        for (text, body) in [
            ("title,text\nOne,\"First, part.\nSecond \"\"part\"\".\"\n", "First, part.\nSecond \"part\"."),
            ("title;text\r\nOne;First, part.\r\n", "First, part."),
            ("title\ttext\nOne\tFirst, part.\n", "First, part."),
            ("sep=;\ntitle;text\nOne;First, part.\n", "First, part."),
        ] {
            let reading = table(text).expect("readable");
            assert_eq!(bodies(&reading), [body]);
            assert_eq!(reading.articles[0].id, "a.csv!1");
            assert_eq!(reading.articles[0].fields.title.as_deref(), Some("One"));
        }
    }

    #[test]
    fn prose_is_no_table() {
        let none = Mapping::new();
        for text in [
            "Published, 5 May, by the council\nThe report, seen by us, says so\n",
            "Title, date\n",
            "The date, text and title of the report were changed, it said\nYes, no\n",
            "One\nTwo\n",
        ] {
            assert_eq!(sniff(text, false, &none), None, "{text}");
        }
        assert!(sniff("date,text\n2020-01-01,One\n", false, &none).is_some());
        assert_eq!(sniff("One line of text\nAnother line\n", true, &none), None);
    }

    #[test]
    fn ragged_rows_are_rows_with_their_line() {
        let good = "One,\"First\npart.\"\n".repeat(5);
        let reading = table(&format!("title,text\n{good}Two\n")).expect("readable");
        assert_eq!(reading.articles.len(), 5);
        let row = &reading.skipped[0];
        assert_eq!((row.record, row.reason), (Some(6), "ragged_row"));
        assert_eq!(row.detail, "line 12: 1 values under 2 columns");
        let refusal = table("title,text\nOne,First.\nTwo\nThree,a,b\n").expect_err("ragged");
        assert_eq!(refusal.reason, "bad_csv");
        assert_eq!(refusal.detail, "2 of 3 rows do not fit the header: lines 3, 4");
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        let text = "title,text\nOne,First.\n\nTwo\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
            let text = text.as_str();
            let dialect = sniff(text, true, &Mapping::new()).expect("a table");
            let lines: Vec<u64> = rows(text, dialect).1.map(|row| row.line).collect();
            assert_eq!(lines, [2, 4], "{text:?}");
        }
    }

    #[test]
    fn a_quotation_mark_that_never_closes_is_named() {
        let good = "One,First part.\n".repeat(6);
        let reading =
            table(&format!("title,text\n{good}Two,\"Second\nThree,Third\nFour,Fourth\n")).expect("readable");
        assert_eq!(reading.articles.len(), 6);
        assert!(reading.skipped[0].detail.starts_with("line 8: a quotation mark"), "{:?}", reading.skipped);
    }

    #[test]
    fn empty_tables_and_empty_rows() {
        assert_eq!(table("title,text\n").expect_err("empty").reason, "empty");
        let reading = table("title,text\n,\nOne,First.\n,\n").expect("readable");
        assert_eq!(reading.articles[0].id, "a.csv!2");
        assert!(reading.skipped.is_empty());
    }

    #[test]
    fn metadata_exports_say_so() {
        let text = "id,indexed_date,language,media_name,media_url,publish_date,title,url\n\
                    1,2024-01-02,en,The Paper,paper.example,2024-01-01,Title,https://paper.example/a\n";
        let reading = table(text).expect("readable");
        assert!(reading.articles.is_empty());
        assert!(reading.skipped[0].detail.contains("Media Cloud"), "{}", reading.skipped[0].detail);
    }
}
