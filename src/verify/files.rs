//! Files as `run.json` lists them, and tables as `dictionary.csv` lists their columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{Check, Faults};
use crate::error::{Error, Result};
use crate::frame::{self, column, schema};
use crate::publish::hash;
use crate::record::{RECORD, Record};

/// Files of every run beside its record.
const NEEDED: [&str; 12] = [
    "articles.parquet",
    "blocks.parquet",
    "date_clues.parquet",
    "dictionary.csv",
    "labels.parquet",
    "passages.parquet",
    "skipped.csv",
    "theme_by_date.csv",
    "theme_by_date.parquet",
    "theme_counts_wide.csv",
    "theme_shares_wide.csv",
    "undated.csv",
];

/// Tables whose columns are compared with the dictionary.
const TABLES: [&str; 6] = ["articles", "blocks", "date_clues", "labels", "passages", "theme_by_date"];

/// Checks names and hashes; gives the files that are not as they were written.
pub(super) fn files(out: &Path, record: &Record) -> Result<(Check, BTreeSet<String>)> {
    let mut faults = Faults::default();
    let mut altered = BTreeSet::new();
    for name in NEEDED.iter().filter(|name| !record.files.contains_key(**name)) {
        altered.insert((*name).to_owned());
        faults.add(|| format!("{RECORD} does not list {name}"));
    }
    for (name, expected) in &record.files {
        // A name with a folder in it would lead out of the run.
        if Path::new(name).file_name().is_none_or(|file| file != name.as_str()) {
            faults.add(|| format!("{RECORD} lists {name}, which is no name of a file"));
            continue;
        }
        let path = out.join(name);
        let what = match hash(&path) {
            Ok(found) if found == *expected => continue,
            Ok(_) => "is not as it was written",
            Err(_) if fs::symlink_metadata(&path).is_err() => "is gone",
            Err(_) => "cannot be read",
        };
        altered.insert(name.clone());
        faults.add(|| format!("{name} {what}"));
    }
    let entries = fs::read_dir(out).map_err(|error| Error::io("read", out, error))?;
    let mut foreign = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", out, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != RECORD && !record.files.contains_key(&name) {
            foreign.insert(name);
        }
    }
    for name in foreign {
        faults.add(|| format!("{name} was not written by the run"));
    }
    let detail = format!("{} files with the hashes of {RECORD}, and nothing else", record.files.len());
    Ok((faults.into_check("files", detail), altered))
}

/// Checks names and types of columns against the dictionary.
pub(super) fn columns(out: &Path, record: &Record) -> Check {
    let detail = format!("{} tables with the columns of dictionary.csv", TABLES.len());
    match compare_columns(out, record) {
        Ok(faults) => faults.into_check("columns", detail),
        Err(error) => Check::failed("columns", detail, error.to_string()),
    }
}

fn compare_columns(out: &Path, record: &Record) -> Result<Faults> {
    let dictionary = frame::read_csv(&out.join("dictionary.csv"), &schema::dictionary())?;
    let texts = |name| column::texts(&dictionary, name);
    let mut listed = BTreeMap::<_, Vec<_>>::new();
    for ((table, column), kind) in texts("table")?.into_iter().zip(texts("column")?).zip(texts("type")?) {
        listed.entry(table.unwrap_or_default()).or_default().push((column.unwrap_or_default(), kind));
    }
    let mut faults = Faults::default();
    for table in TABLES {
        let frame = frame::read(out, table, None)?;
        let mut found = Vec::new();
        for column in frame.columns() {
            found.push((column.name().as_str(), Some(column::kind(column)?.as_str())));
        }
        if listed.get(table) != Some(&found) {
            faults.add(|| format!("{table} has other columns than dictionary.csv says"));
        }
    }
    let by = record.by();
    let wanted = schema::theme_by_date(&by).columns;
    let found = listed.get("theme_by_date").map(Vec::as_slice).unwrap_or_default();
    if !wanted.iter().map(|column| column.name.as_ref()).eq(found.iter().map(|(name, _)| *name)) {
        faults.add(|| "theme_by_date has other columns than this version writes".to_owned());
    }
    Ok(faults)
}
