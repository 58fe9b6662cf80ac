//! An Excel workbook: the dictionary, frequencies wide and long, articles and passages, a sheet each.
//!
//! Numbers are numbers and days are days; text is text, whatever it begins with. Header rows stay in view and filter. A
//! table that is longer than a sheet goes on in the next one; a text that is longer than a cell is cut.
//!
//! - nothing is lost beyond the last row of a sheet
//! - a text that is longer than a cell is cut and counted

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use flate2::read::DeflateDecoder;
use polars::prelude::{Column, DataFrame};
use rawzip::{RECOMMENDED_BUFFER_SIZE, ZipArchive};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr;

use super::tables::{DICTIONARY, Tables};
use super::{Exported, Rows, shortest, write_fault};
use crate::error::{Error, Result};
use crate::frame::schema::Kind;
use crate::frame::{Value, column};
use crate::read::table::is_formula;

/// The sheets, in order.
const SHEETS: [&str; 6] =
    [DICTIONARY, "theme_shares_wide", "theme_counts_wide", "theme_by_date", "articles", "passages"];

/// What a sheet can hold ("Excel specifications and limits", support.microsoft.com).
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Rows of a sheet, its header included.
    rows: usize,
    /// UTF-16 units of a text in a cell.
    text: usize,
}

const EXCEL: Limits = Limits { rows: 1_048_576, text: 32_767 };

/// Rows that decide how wide a column is shown.
const MEASURED_ROWS: usize = 200;

/// Narrowest and widest column, in characters. Wider texts are read in the line above the sheet.
const WIDTHS: (usize, usize) = (7, 60);

/// Widest sheet, in characters, whose columns are printed on one page; a wider one could not be read there.
const PAGE_WIDTH: usize = 240;

/// Characters that the button of a filter takes beside a column's name.
const BUTTON: usize = 3;

/// Bytes of tables from which the workbook may need the large form of a zip, which a few readers do not know.
const LARGE_BYTES: usize = 1 << 30;

/// How cells look.
struct Formats {
    header: Format,
    formula: Format,
    date: Format,
    number: Format,
    percent: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            header: Format::new().set_bold(),
            // What looks like a formula stays text even when somebody edits the cell.
            formula: Format::new().set_quote_prefix(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            number: Format::new().set_num_format("0.000"),
            percent: Format::new().set_num_format("0.0%"),
        }
    }
}

/// Writes the workbook to the file `path`.
pub(super) fn write(tables: &Tables, path: &Path) -> Result<Exported> {
    let fault = |error: XlsxError| write_fault(path, error);
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(tables).map_err(fault)?);
    // Sheets wait in unnamed files beside the workbook, where there is room for it.
    workbook.set_tempdir(path.parent().unwrap_or(path)).map_err(fault)?;
    let mut exported = Exported::default();
    let mut bytes = 0;
    for name in SHEETS {
        let mut frame = tables.named(name)?;
        if name == DICTIONARY {
            frame = of_sheets(&frame)?;
        }
        bytes += frame.estimated_size();
        let has_shares = |column: &str| tables.unit(name, column) == "proportion";
        add(&mut workbook, name, &frame, &has_shares, EXCEL, &mut exported)
            .map_err(|failure| failure.at(path))?;
    }
    workbook.use_zip_large_file(bytes > LARGE_BYTES);
    let file = File::create(path).map_err(|error| Error::io("create", path, error))?;
    let mut writer = BufWriter::new(file);
    workbook.save_to_writer(&mut writer).map_err(fault)?;
    writer.flush().map_err(|error| Error::io("write", path, error))?;
    Ok(exported)
}

/// Why a sheet cannot be filled.
enum Failure {
    Read(Error),
    Write(XlsxError),
}

impl Failure {
    /// The fault of the workbook at `path`.
    fn at(self, path: &Path) -> Error {
        match self {
            Self::Read(error) => error,
            Self::Write(error) => write_fault(path, error),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Read(error)
    }
}

impl From<XlsxError> for Failure {
    fn from(error: XlsxError) -> Self {
        Self::Write(error)
    }
}

/// Adds a table to the workbook, in as many sheets as it needs.
fn add(
    workbook: &mut Workbook,
    name: &str,
    frame: &DataFrame,
    has_shares: &dyn Fn(&str) -> bool,
    limits: Limits,
    exported: &mut Exported,
) -> Result<(), Failure> {
    let formats = Formats::new();
    let mut cut = BTreeMap::<String, u64>::new();
    let room = limits.rows - 1;
    let sheets = frame.height().div_ceil(room).max(1);
    for number in 0..sheets {
        let part = frame.slice((number * room) as i64, room);
        let title = if number == 0 { name.to_owned() } else { format!("{name}_{}", number + 1) };
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(&title)?;
        fill(sheet, &part, &formats, has_shares, limits.text, &mut cut)?;
        exported.tables.push(Rows { name: title, rows: part.height() as u64 });
    }
    if sheets > 1 {
        let further = sheets - 1;
        exported.notes.push(format!("{name} goes on in {further} further sheets: a sheet holds {room} rows"));
    }
    for (column, cells) in cut {
        let most = limits.text;
        exported
            .notes
            .push(format!("{name}.{column}: {cells} texts were cut to the {most} characters of a cell"));
    }
    Ok(())
}

/// What the numbers come from. The workbook is of the day of the run, not of the clock: the same run gives the same bytes.
fn properties(tables: &Tables) -> Result<DocProperties, XlsxError> {
    let facts: Vec<_> =
        tables.provenance().into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let properties =
        DocProperties::new().set_title("Themes and sentiment by date").set_comment(facts.join("\n"));
    let day = ExcelDateTime::parse_from_str(&tables.record.as_of)?;
    Ok(properties.set_author("sendlens").set_creation_datetime(&day))
}

/// The rows of the dictionary that explain a sheet.
fn of_sheets(dictionary: &DataFrame) -> Result<DataFrame> {
    let tables = column::texts(dictionary, "table")?;
    let is_wanted: polars::prelude::BooleanChunked =
        tables.iter().map(|table| table.is_some_and(|table| SHEETS.contains(&table))).collect();
    dictionary
        .filter(&is_wanted)
        .map_err(|error| Error::Table { path: DICTIONARY.into(), message: error.to_string() })
}

/// Writes a header and the rows of `frame`; adds to `cut`, by column, the texts that do not fit a cell.
fn fill(
    sheet: &mut Worksheet,
    frame: &DataFrame,
    formats: &Formats,
    has_shares: &dyn Fn(&str) -> bool,
    most: usize,
    cut: &mut BTreeMap<String, u64>,
) -> Result<(), Failure> {
    let mut columns = Vec::with_capacity(frame.width());
    let mut across = 0;
    for (place, column) in (0..).zip(frame.columns()) {
        let width = width(column)?;
        across += width;
        sheet.set_column_width(place, width as f64)?;
        sheet.write_string_with_format(0, place, column.name().as_str(), &formats.header)?;
        let number = if has_shares(column.name()) { &formats.percent } else { &formats.number };
        columns.push((place, column, number));
    }
    for (line, row) in (1..).zip(0..frame.height()) {
        for (place, column, number) in &columns {
            let (place, column) = (*place, *column);
            match column::value(column, row)? {
                Value::Null => {}
                Value::Integer(count) => drop(sheet.write_number(line, place, count as f64)?),
                Value::Number(value) => {
                    sheet.write_number_with_format(line, place, value, number)?;
                }
                Value::Score(score) => {
                    sheet.write_number_with_format(line, place, shortest(score), number)?;
                }
                Value::Flag(flag) => drop(sheet.write_boolean(line, place, flag)?),
                Value::Date(date) => match excel_day(date) {
                    Some(day) => drop(sheet.write_datetime_with_format(line, place, day, &formats.date)?),
                    None => drop(sheet.write_string(line, place, date.to_string())?),
                },
                Value::Text(text) => {
                    let shown = counted(&text, most, column, cut);
                    write_text(sheet, (line, place), &shown, formats)?;
                }
                Value::TextList(list) => {
                    let text = list.join("; ");
                    let shown = counted(&text, most, column, cut);
                    write_text(sheet, (line, place), &shown, formats)?;
                }
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_landscape().set_repeat_rows(0, 0)?;
    if across <= PAGE_WIDTH {
        sheet.set_print_fit_to_pages(1, 0);
    }
    if let (Some((last, ..)), Ok(bottom)) = (columns.last(), u32::try_from(frame.height())) {
        sheet.autofilter(0, 0, bottom, *last)?;
    }
    Ok(())
}

/// What a cell shows of `text`; counts it in `cut` if that is not all.
fn counted<'t>(text: &'t str, most: usize, column: &Column, cut: &mut BTreeMap<String, u64>) -> Cow<'t, str> {
    let shown = fitted(text, most);
    if matches!(shown, Cow::Owned(_)) {
        *cut.entry(column.name().to_string()).or_default() += 1;
    }
    shown
}

fn write_text(
    sheet: &mut Worksheet,
    (line, place): (u32, u16),
    text: &str,
    formats: &Formats,
) -> Result<(), XlsxError> {
    if is_formula(text) {
        sheet.write_string_with_format(line, place, text, &formats.formula)?;
    } else {
        sheet.write_string(line, place, text)?;
    }
    Ok(())
}

/// The beginning of `text` that has at most `most` UTF-16 units, its mark included.
fn fitted(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || text.encode_utf16().count() <= most {
        return text.into();
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > most - 1
    });
    format!("{}…", &text[..end.map_or(text.len(), |(at, _)| at)]).into()
}

/// A day as Excel knows it: from 1900.
fn excel_day(date: jiff::civil::Date) -> Option<ExcelDateTime> {
    let unsigned = |number: i8| u8::try_from(number).ok();
    let year = u16::try_from(date.year()).ok().filter(|year| *year >= 1900)?;
    ExcelDateTime::from_ymd(year, unsigned(date.month())?, unsigned(date.day())?).ok()
}

/// How wide a column is shown, in characters.
fn width(column: &Column) -> Result<usize> {
    let mut width = column.name().as_str().width() + BUTTON;
    match column::kind(column)? {
        Kind::Date => width = width.max("2024-01-31".len() + 2),
        Kind::Text | Kind::TextList => {
            for row in 0..column.len().min(MEASURED_ROWS) {
                width = width.max(match column::value(column, row)? {
                    Value::Text(text) => text.width() + 1,
                    Value::TextList(list) => list.join("; ").width() + 1,
                    _ => 0,
                });
            }
        }
        Kind::Integer | Kind::Number | Kind::Score | Kind::Flag => {}
    }
    Ok(width.clamp(WIDTHS.0, WIDTHS.1))
}

/// Counts the rows of every sheet of the workbook at `path`.
pub(super) fn count(path: &Path) -> Result<Vec<Rows>> {
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    let damaged = |error: rawzip::Error| write_fault(path, error);
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(damaged)?;
    let mut places = BTreeMap::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        places.insert(String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned(), entry.wayfinder());
    }
    let tags = |name: &str, wanted: &str| -> Result<Vec<String>> {
        let missing = || Error::io("write", path, std::io::Error::other(format!("it has no {name}")));
        let entry = archive.get_entry(*places.get(name).ok_or_else(missing)?).map_err(damaged)?;
        let unpacked = entry.verifying_reader(DeflateDecoder::new(entry.reader()));
        tags_of(BufReader::new(unpacked), wanted).map_err(|error| Error::io("read", path, error))
    };
    let mut counted = Vec::new();
    for (index, sheet) in tags("xl/workbook.xml", "sheet ")?.iter().enumerate() {
        let name = sheet.split('"').nth(1).unwrap_or_default().to_owned();
        let rows = tags(&format!("xl/worksheets/sheet{}.xml", index + 1), "row ")?.len();
        // The header is a row too.
        counted.push(Rows { name, rows: rows.saturating_sub(1) as u64 });
    }
    Ok(counted)
}

/// The tags that begin with `wanted`. Text holds no `<`: XML writes it as `&lt;`.
fn tags_of(reader: impl BufRead, wanted: &str) -> std::io::Result<Vec<String>> {
    let mut tags = Vec::new();
    for tag in reader.split(b'<') {
        let tag = tag?;
        if tag.starts_with(wanted.as_bytes()) {
            tags.push(String::from_utf8_lossy(&tag).into_owned());
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_longer_than_a_cell_is_cut_and_counted() {
        assert_eq!(fitted("1234", 4), "1234");
        assert_eq!(fitted("12345", 4), "123…");
        // A character beyond the basic plane counts as two, and is not cut in half.
        assert_eq!(fitted("12😀😀", 6), "12😀😀");
        assert_eq!(fitted("12😀😀", 5), "12😀…");
        assert_eq!(fitted("12😀😀", 4), "12…");
    }

    #[test]
    fn nothing_is_lost_beyond_the_last_row_of_a_sheet() {
        let schema = crate::frame::schema::undated();
        let row = |number: usize| {
            vec![number.to_string().into(), "=1".into(), Value::Null, Value::Null, Value::Null]
        };
        let frame = crate::frame::frame(&schema, (1..=5).map(row)).expect("of the schema");
        let (mut workbook, mut exported) = (Workbook::new(), Exported::default());
        let added =
            add(&mut workbook, "undated", &frame, &|_| false, Limits { rows: 3, text: 9 }, &mut exported);
        assert!(added.is_ok());
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        workbook.save_to_writer(file.as_file()).expect("writable");
        let expected = [("undated", 2), ("undated_2", 2), ("undated_3", 1)];
        let expected = expected.map(|(name, rows)| Rows { name: name.to_owned(), rows });
        assert_eq!(exported.tables, expected);
        assert_eq!(count(file.path()).expect("a workbook"), expected);
        assert_eq!(exported.notes, ["undated goes on in 2 further sheets: a sheet holds 2 rows"]);
    }

    #[test]
    fn days_before_1900_are_no_days_of_excel() {
        assert!(excel_day(jiff::civil::date(1899, 12, 31)).is_none());
        assert!(excel_day(jiff::civil::date(-3, 1, 1)).is_none());
        assert!(excel_day(jiff::civil::date(2024, 2, 29)).is_some());
    }

    #[test]
    fn tags_are_found_whole() {
        let xml = r#"<a><row r="1"><c t="str"><is>&lt;row </is></c></row><row r="2"/><rowBreaks/>"#;
        assert_eq!(tags_of(xml.as_bytes(), "row ").expect("memory").len(), 2);
    }
}
