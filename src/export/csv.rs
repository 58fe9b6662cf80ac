//! A folder of CSV files, one per table, written as a run writes its own.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::tables::Tables;
use super::{Exported, Format, Rows, file_of, write_fault};
use crate::error::{Error, Result};
use crate::frame::write_csv;

/// Writes every table into `folder`.
pub(super) fn write(tables: &Tables, folder: &Path) -> Result<Exported> {
    let mut exported = Exported::default();
    for table in tables.all() {
        let frame = tables.load(table)?;
        let path = file_of(folder, table.name, Format::Csv);
        let write = || {
            let mut writer = BufWriter::new(File::create(&path)?);
            write_csv(&frame, &mut writer)?;
            writer.flush()
        };
        write().map_err(|error| Error::io("write", &path, error))?;
        exported.tables.push(Rows { name: table.name.to_owned(), rows: frame.height() as u64 });
    }
    Ok(exported)
}

/// Counts the rows of `tables` in `folder`.
pub(super) fn count(folder: &Path, tables: &[Rows]) -> Result<Vec<Rows>> {
    let count = |table: &Rows| {
        let path = file_of(folder, &table.name, Format::Csv);
        let mut reader = csv::Reader::from_path(&path).map_err(|error| write_fault(&path, error))?;
        let mut rows = 0;
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|error| write_fault(&path, error))? {
            rows += 1;
        }
        Ok(Rows { name: table.name.clone(), rows })
    };
    tables.iter().map(count).collect()
}
