//! Results become Polars tables. Column names, types, units and meanings stand in [`schema`], once.
//!
//! *Takes* rows of [`Value`]s in schema order. *Gives* Parquet files, written row group by row group so
//! that memory does not grow with the corpus, and CSV for spreadsheets. *Fails* on write errors only.

pub mod schema;
pub mod rows;
pub mod column;
mod csv;

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use polars::prelude::{
    BatchedWriter, Column as PolarsColumn, DataFrame, DataType, Int32Chunked, IntoSeries, ListBuilderTrait,
    ListStringChunkedBuilder, NamedFrom, NewChunkedArray, ParquetReader, ParquetWriter, PlSmallStr,
    PolarsResult, Schema as PolarsSchema, SerReader, Series,
};

use crate::error::{Error, Result};
pub use csv::{read_csv, write_csv};
use schema::{Kind, Schema};

/// Rows of a Parquet row group. Fixed, so that files do not depend on threads or memory.
const GROUP_ROWS: usize = 65_536;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// For [`Kind::Text`].
    Text(Cow<'a, str>),
    /// For [`Kind::Integer`].
    Integer(i64),
    /// For [`Kind::Number`].
    Number(f64),
    /// For [`Kind::Score`].
    Score(f32),
    /// For [`Kind::Flag`].
    Flag(bool),
    /// For [`Kind::Date`].
    Date(Date),
    /// For [`Kind::TextList`].
    TextList(Vec<String>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<usize> for Value<'_> {
    fn from(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<u64> for Value<'_> {
    fn from(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value<'_> {
    fn from(count: u32) -> Self {
        Self::Integer(i64::from(count))
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<f32> for Value<'_> {
    fn from(score: f32) -> Self {
        Self::Score(score)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Date> for Value<'_> {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Vec<String>> for Value<'_> {
    fn from(list: Vec<String>) -> Self {
        Self::TextList(list)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The cells of one column.
enum Cells {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Score(Vec<Option<f32>>),
    Flag(Vec<Option<bool>>),
    Date(Vec<Option<i32>>),
    TextList(Vec<Option<Vec<String>>>),
}

impl Cells {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Number => Self::Number(Vec::new()),
            Kind::Score => Self::Score(Vec::new()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Date => Self::Date(Vec::new()),
            Kind::TextList => Self::TextList(Vec::new()),
        }
    }

    /// Adds a cell; `false` if the value is of another kind.
    fn push(&mut self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(cells), Value::Text(text)) => cells.push(Some(text.into_owned())),
            (Self::Text(cells), Value::Null) => cells.push(None),
            (Self::Integer(cells), Value::Integer(number)) => cells.push(Some(number)),
            (Self::Integer(cells), Value::Null) => cells.push(None),
            (Self::Number(cells), Value::Number(number)) => cells.push(Some(number)),
            (Self::Number(cells), Value::Null) => cells.push(None),
            (Self::Score(cells), Value::Score(score)) => cells.push(Some(score)),
            (Self::Score(cells), Value::Null) => cells.push(None),
            (Self::Flag(cells), Value::Flag(flag)) => cells.push(Some(flag)),
            (Self::Flag(cells), Value::Null) => cells.push(None),
            (Self::Date(cells), Value::Date(date)) => cells.push(Some(days_since_epoch(date))),
            (Self::Date(cells), Value::Null) => cells.push(None),
            (Self::TextList(cells), Value::TextList(list)) => cells.push(Some(list)),
            (Self::TextList(cells), Value::Null) => cells.push(None),
            _ => return false,
        }
        true
    }

    fn into_series(self, name: &str) -> PolarsResult<Series> {
        let name = PlSmallStr::from_str(name);
        Ok(match self {
            Self::Text(cells) => Series::new(name, cells),
            Self::Integer(cells) => Series::new(name, cells),
            Self::Number(cells) => Series::new(name, cells),
            Self::Score(cells) => Series::new(name, cells),
            Self::Flag(cells) => Series::new(name, cells),
            Self::Date(cells) => {
                Int32Chunked::from_slice_options(name, &cells).into_series().cast(&DataType::Date)?
            }
            Self::TextList(cells) => {
                let mut builder = ListStringChunkedBuilder::new(name, cells.len(), cells.len());
                for cell in &cells {
                    match cell {
                        Some(list) => builder.append_values_iter(list.iter().map(String::as_str)),
                        None => builder.append_null(),
                    }
                }
                builder.finish().into_series()
            }
        })
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Score => DataType::Float32,
        Kind::Flag => DataType::Boolean,
        Kind::Date => DataType::Date,
        Kind::TextList => DataType::List(Box::new(DataType::String)),
    }
}

fn days_since_epoch(date: Date) -> i32 {
    date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).map_or(0, |span| span.get_days())
}

/// The day a Polars date stands for; `None` beyond the calendar.
#[must_use]
pub fn date_of(days: i32) -> Option<Date> {
    use jiff::ToSpan;
    jiff::civil::date(1970, 1, 1).checked_add(i64::from(days).days()).ok()
}

/// Rows collected by column, to become a [`DataFrame`].
struct Rows {
    cells: Vec<Cells>,
    rows: usize,
}

impl Rows {
    fn new(schema: &Schema) -> Self {
        Self { cells: schema.columns.iter().map(|column| Cells::new(column.kind)).collect(), rows: 0 }
    }

    fn push(&mut self, schema: &Schema, row: Vec<Value<'_>>) {
        assert_eq!(row.len(), schema.columns.len(), "a row of `{}` has a value per column", schema.table);
        for ((cells, column), value) in self.cells.iter_mut().zip(&schema.columns).zip(row) {
            assert!(cells.push(value), "`{}.{}` is given its own kind", schema.table, column.name);
        }
        self.rows += 1;
    }

    fn into_frame(self, schema: &Schema) -> PolarsResult<DataFrame> {
        let columns = self
            .cells
            .into_iter()
            .zip(&schema.columns)
            .map(|(cells, column)| cells.into_series(&column.name).map(PolarsColumn::from))
            .collect::<PolarsResult<Vec<_>>>()?;
        DataFrame::new(self.rows, columns)
    }
}

/// Makes a whole table at once.
///
/// # Errors
/// [`Error::Table`] if Polars refuses the columns.
///
/// # Panics
/// If a row does not fit `schema`.
pub fn frame<'a>(schema: &Schema, rows: impl IntoIterator<Item = Vec<Value<'a>>>) -> Result<DataFrame> {
    let mut collected = Rows::new(schema);
    for row in rows {
        collected.push(schema, row);
    }
    collected.into_frame(schema).map_err(|error| table_error(Path::new(schema.table), &error))
}

/// A Parquet file that is written while rows arrive.
pub struct TableFile {
    schema: Schema,
    path: PathBuf,
    writer: BatchedWriter<BufWriter<File>>,
    rows: Rows,
}

impl TableFile {
    /// Begins `FOLDER/TABLE.parquet`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Table`] if the file cannot be created.
    pub fn create(folder: &Path, schema: Schema) -> Result<Self> {
        let path = folder.join(schema.table).with_extension("parquet");
        let file = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
        let columns: PolarsSchema = schema
            .columns
            .iter()
            .map(|column| (PlSmallStr::from_str(&column.name), data_type(column.kind)))
            .collect();
        let writer = ParquetWriter::new(BufWriter::new(file))
            .batched(&columns)
            .map_err(|error| table_error(&path, &error))?;
        Ok(Self { rows: Rows::new(&schema), schema, path, writer })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Table`] if a full row group cannot be written.
    ///
    /// # Panics
    /// If the row does not fit the schema.
    pub fn push(&mut self, row: Vec<Value<'_>>) -> Result<()> {
        self.rows.push(&self.schema, row);
        if self.rows.rows == GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::replace(&mut self.rows, Rows::new(&self.schema));
        rows.into_frame(&self.schema)
            .and_then(|frame| self.writer.write_batch(&frame))
            .map_err(|error| table_error(&self.path, &error))
    }

    /// Writes what is left and closes the file.
    ///
    /// # Errors
    /// [`Error::Table`] if it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        if self.rows.rows > 0 {
            self.flush()?;
        }
        self.writer.finish().map(drop).map_err(|error| table_error(&self.path, &error))
    }
}

/// Reads `FOLDER/TABLE.parquet`, all columns or those named.
///
/// # Errors
/// [`Error::Io`] if there is no such file, [`Error::Table`] if it is damaged or lacks a column.
pub fn read(folder: &Path, table: &str, columns: Option<&[&str]>) -> Result<DataFrame> {
    let path = folder.join(table).with_extension("parquet");
    let file = File::open(&path).map_err(|error| Error::io("read", &path, error))?;
    let columns = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    ParquetReader::new(file).with_columns(columns).finish().map_err(|error| table_error(&path, &error))
}

/// Reads columns of `FOLDER/TABLE.parquet` piece by piece: memory holds one row group at a time.
///
/// # Errors
/// [`Error::Io`] if there is no such file, [`Error::Table`] if it is damaged. Each piece is an [`Error::Table`] if it is
/// damaged or lacks a column.
pub fn pieces(
    folder: &Path,
    table: &str,
    columns: &[&str],
) -> Result<impl Iterator<Item = Result<DataFrame>> + use<>> {
    let path = folder.join(table).with_extension("parquet");
    let open = {
        let path = path.clone();
        move || File::open(&path).map_err(|error| Error::io("read", &path, error))
    };
    let mut whole = ParquetReader::new(open()?);
    let metadata = whole.get_metadata().map_err(|error| table_error(&path, &error))?.clone();
    let columns: Vec<_> = columns.iter().map(|name| (*name).to_owned()).collect();
    Ok((0..metadata.num_rows).step_by(GROUP_ROWS).map(move |start| {
        let mut reader = ParquetReader::new(open()?);
        reader.set_metadata(metadata.clone());
        let reader = reader.with_columns(Some(columns.clone())).with_slice(Some((start, GROUP_ROWS)));
        reader.finish().map_err(|error| table_error(&path, &error))
    }))
}

/// Writes a whole table as `FOLDER/TABLE.parquet`.
///
/// # Errors
/// [`Error::Io`] or [`Error::Table`] if it cannot be written.
pub fn write(folder: &Path, table: &str, frame: &mut DataFrame) -> Result<()> {
    let path = folder.join(table).with_extension("parquet");
    let file = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
    ParquetWriter::new(BufWriter::new(file))
        .with_row_group_size(Some(GROUP_ROWS))
        .finish(frame)
        .map(drop)
        .map_err(|error| table_error(&path, &error))
}

fn table_error(path: &Path, error: &polars::error::PolarsError) -> Error {
    Error::Table { path: path.to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_table() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut file = TableFile::create(folder.path(), schema::explanations()).expect("created");
        for row in 0..GROUP_ROWS + 3 {
            let cells =
                ["a#1".into(), row.into(), row.into(), "bus".into(), "transport".into(), 0.5_f32.into()];
            file.push(cells.to_vec()).expect("written");
        }
        file.finish().expect("written");
        let pieces = pieces(folder.path(), "explanations", &["start", "word"]).expect("a table");
        let starts = pieces.map(|piece| column::integers(&piece.expect("read"), "start").expect("a column"));
        let starts: Vec<_> = starts.collect();
        assert_eq!(starts.iter().map(Vec::len).collect::<Vec<_>>(), [GROUP_ROWS, 3]);
        let whole = read(folder.path(), "explanations", Some(&["start"])).expect("read");
        assert_eq!(starts.concat(), column::integers(&whole, "start").expect("a column"));
    }
}
