//! A published run handed on: as a workbook, a database, CSV, JSON Lines or Arrow files.
//!
//! *Takes* an output folder and a place to write. *Gives* one file, or a folder of them, with the rows that were written
//! and what had to be left out. *Fails* if the folder was changed since its run, if something stands in the place, or if
//! what was written does not read back. *Cost*: the largest table in memory.
//!
//! - the same run gives the same bytes (`tests/it/export.rs`)
//! - what is left out by [`Texts`] stands in no table of the export (`tests/it/export.rs`)

mod text;
mod tables;
mod csv;
mod xlsx;
mod sqlite;
mod jsonl;
mod arrow;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::publish::{Existing, Place, absolute};
use tables::Tables;
pub use text::Texts;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A folder with every table as CSV.
    Csv,
    /// An Excel workbook: dictionary, frequencies, articles and passages.
    Xlsx,
    /// An SQLite database with every table, views and full-text search.
    Sqlite,
    /// JSON Lines: a passage per line, its article inside.
    Jsonl,
    /// A folder with every table as an Arrow file (also known as Feather 2).
    Arrow,
}

impl Format {
    /// The ending of each file in a folder; `None` for formats that are one file.
    fn folder_of(self) -> Option<&'static str> {
        match self {
            Self::Csv => Some("csv"),
            Self::Arrow => Some("arrow"),
            Self::Xlsx | Self::Sqlite | Self::Jsonl => None,
        }
    }
}

/// How to export.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What to write.
    pub format: Format,
    /// How much of the articles' text.
    pub texts: Texts,
    /// What becomes of something that stands there already.
    pub existing: Existing,
}

/// Rows that were written under one name: a table, or a sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The name.
    pub name: String,
    /// Rows, the header not counted.
    pub rows: u64,
}

/// What was exported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// What was written, in order, each counted again in the finished file.
    pub tables: Vec<Rows>,
    /// What does not stand there as it does in the run, in words.
    pub notes: Vec<String>,
}

/// Writes the run in `out` to `to`, wholly or not at all.
///
/// # Errors
/// [`Error::Config`] if `to` exists, lies in `out`, or `out` was changed since its run; [`Error::Io`] or [`Error::Table`]
/// if `out` holds no run, or something cannot be read, written or read back; [`Error::Busy`] if another program writes
/// `to`.
pub fn export(out: &Path, to: &Path, options: &Options) -> Result<Exported> {
    let tables = Tables::open(out, options.texts)?;
    refuse_inside(out, to)?;
    let place = match options.format.folder_of() {
        Some(ending) => Place::of_folder(to, options.existing, |name| tables::is_file_of(name, ending))?,
        None => Place::of_file(to, options.existing)?,
    };
    tables.check()?;
    let staged = place.staged();
    let exported = match options.format {
        Format::Csv => csv::write(&tables, staged)?,
        Format::Xlsx => xlsx::write(&tables, staged)?,
        Format::Sqlite => sqlite::write(&tables, staged)?,
        Format::Jsonl => jsonl::write_file(&tables, staged)?,
        Format::Arrow => arrow::write(&tables, staged)?,
    };
    let found = match options.format {
        Format::Csv => csv::count(staged, &exported.tables)?,
        Format::Xlsx => xlsx::count(staged)?,
        Format::Sqlite => sqlite::count(staged, &exported.tables)?,
        Format::Jsonl => jsonl::count(staged)?,
        Format::Arrow => arrow::count(staged, &exported.tables)?,
    };
    if let Some((wanted, found)) = exported.tables.iter().zip(&found).find(|(wanted, found)| wanted != found)
    {
        let message = format!("of {} rows of {}, {} can be read back", wanted.rows, wanted.name, found.rows);
        return Err(Error::io("write", to, std::io::Error::other(message)));
    }
    tables.check_still_there()?;
    place.publish()?;
    Ok(exported)
}

/// Writes the passages of the run in `out` as JSON Lines, safe to print.
///
/// # Errors
/// As [`export`]; [`Error::Io`] if the writer fails.
pub fn lines(out: &Path, texts: Texts, writer: &mut dyn Write) -> Result<Exported> {
    let tables = Tables::open(out, texts)?;
    tables.check()?;
    jsonl::write(&tables, writer)
}

/// Refuses a place in the output folder, which holds what its run wrote and nothing else.
fn refuse_inside(out: &Path, to: &Path) -> Result<()> {
    let to = absolute(to)?;
    let parent = to.parent().unwrap_or(&to);
    let real = |path: &Path| std::fs::canonicalize(path).map_err(|error| Error::io("find", path, error));
    let folder = real(out)?;
    let is_out = std::fs::canonicalize(&to).is_ok_and(|to| to == folder);
    if is_out || real(parent)?.starts_with(&folder) {
        return Err(Error::config_hint(
            format!("`{}` lies in `{}`", to.display(), out.display()),
            "name a place outside it: the folder of a run holds what the run wrote and nothing else",
        ));
    }
    Ok(())
}

/// A fault of a library that writes.
fn write_fault(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::io("write", path, std::io::Error::other(error))
}

/// The file of a table in `folder`.
fn file_of(folder: &Path, table: &str, format: Format) -> PathBuf {
    folder.join(table).with_extension(format.folder_of().unwrap_or_default())
}

/// A score as the shortest number that is read as the same score: 0.1, not 0.10000000149011612.
fn shortest(score: f32) -> f64 {
    score.to_string().parse().unwrap_or(f64::from(score))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_keep_their_value_and_lose_their_tail() {
        assert!(shortest(0.1).to_string() == "0.1");
        for score in [0.0, 1.0, 0.123_456_7, f32::MIN_POSITIVE, 1.0 / 3.0] {
            assert!(shortest(score) as f32 == score, "{score}");
        }
        assert!(shortest(f32::NAN).is_nan());
    }
}
