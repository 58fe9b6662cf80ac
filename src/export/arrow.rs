//! A folder of Arrow files (IPC, also known as Feather 2), one per table, with the types of the Parquet files.
//!
//! Text is written as `large_utf8`, which every reader of Arrow knows, not as the newer views. Not compressed, so that a
//! file can be mapped into memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{CompatLevel, DataFrame, PolarsResult, SchemaExt};
use polars_arrow::io::ipc::read::get_row_count;
use polars_arrow::io::ipc::write::{FileWriter, WriteOptions};

use super::tables::Tables;
use super::{Exported, Format, Rows, file_of, write_fault};
use crate::error::{Error, Result};

/// Rows of a record batch. Fixed, so that files do not depend on memory or threads.
const BATCH_ROWS: usize = 65_536;

/// Writes every table into `folder`.
pub(super) fn write(tables: &Tables, folder: &Path) -> Result<Exported> {
    let mut exported = Exported::default();
    for table in tables.all() {
        let frame = tables.load(table)?;
        let path = file_of(folder, table.name, Format::Arrow);
        let file = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
        let mut writer = BufWriter::new(file);
        write_frame(&frame, &mut writer).map_err(|error| write_fault(&path, error))?;
        writer.flush().map_err(|error| Error::io("write", &path, error))?;
        exported.tables.push(Rows { name: table.name.to_owned(), rows: frame.height() as u64 });
    }
    Ok(exported)
}

fn write_frame(frame: &DataFrame, writer: &mut impl Write) -> PolarsResult<()> {
    let level = CompatLevel::oldest();
    let schema = Arc::new(frame.schema().to_arrow(level));
    let mut file = FileWriter::try_new(writer, schema, None, WriteOptions { compression: None })?;
    for start in (0..frame.height()).step_by(BATCH_ROWS) {
        let rows = frame.slice(start as i64, BATCH_ROWS);
        for batch in rows.iter_chunks(level, false) {
            file.write(&batch, None)?;
        }
    }
    file.finish()
}

/// Counts the rows of `tables` in `folder`.
pub(super) fn count(folder: &Path, tables: &[Rows]) -> Result<Vec<Rows>> {
    let count = |table: &Rows| {
        let path = file_of(folder, &table.name, Format::Arrow);
        let file = File::open(&path).map_err(|error| Error::io("read", &path, error))?;
        let rows = get_row_count(&mut BufReader::new(file)).map_err(|error| write_fault(&path, error))?;
        Ok(Rows { name: table.name.clone(), rows: u64::try_from(rows).unwrap_or_default() })
    };
    tables.iter().map(count).collect()
}
