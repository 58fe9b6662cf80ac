//! The tables of a run, each read when it is wanted, without the text that is not to leave.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use super::text::Texts;
use crate::error::{Error, Result};
use crate::frame::schema::{self, Column, Kind, Schema};
use crate::frame::{self, column};
use crate::publish::hash;
use crate::record::{RECORD, Record};

/// A table of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    /// Its name in an export.
    pub(super) name: &'static str,
    /// Its name in `dictionary.csv`.
    listed: &'static str,
    /// Its file in the run.
    file: &'static str,
}

const fn table(name: &'static str, file: &'static str) -> Table {
    Table { name, listed: name, file }
}

pub(super) const DICTIONARY: &str = "dictionary";

/// What an export can hold, in order. What the user gave as metadata is not there: it has joined `articles`.
const TABLES: [Table; 12] = [
    table(DICTIONARY, "dictionary.csv"),
    table("theme_shares_wide", "theme_shares_wide.csv"),
    table("theme_counts_wide", "theme_counts_wide.csv"),
    table("theme_by_date", "theme_by_date.parquet"),
    table("articles", "articles.parquet"),
    table("passages", "passages.parquet"),
    table("labels", "labels.parquet"),
    table("blocks", "blocks.parquet"),
    table("date_clues", "date_clues.parquet"),
    table("skipped", "skipped.csv"),
    table("undated", "undated.csv"),
    // `labels` is the table of all labels.
    Table { name: "labels_by_person", listed: "labels.csv", file: "labels.csv" },
];

/// Whether an export writes a file of this name into a folder of files that end so.
pub(super) fn is_file_of(name: &str, ending: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(stem, found)| found == ending && TABLES.iter().any(|table| table.name == stem))
}

/// What the dictionary says of a column.
struct Listed {
    kind: Kind,
    unit: String,
}

/// The tables of a run.
pub(super) struct Tables {
    out: PathBuf,
    /// The record of the run.
    pub(super) record: Record,
    texts: Texts,
    /// By table and column, in the order of the dictionary.
    listed: BTreeMap<String, Vec<(String, Listed)>>,
}

impl Tables {
    /// Opens the run in `out`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Table`] if it holds none, or its dictionary cannot be read.
    pub(super) fn open(out: &Path, texts: Texts) -> Result<Self> {
        let record = Record::load(out)?;
        let dictionary = frame::read_csv(&out.join("dictionary.csv"), &schema::dictionary())?;
        let texts_of = |name: &str| column::texts(&dictionary, name);
        let (tables, columns) = (texts_of("table")?, texts_of("column")?);
        let (types, units) = (texts_of("type")?, texts_of("unit")?);
        let mut listed = BTreeMap::<String, Vec<_>>::new();
        for row in 0..dictionary.height() {
            let (Some(table), Some(name)) = (tables[row], columns[row]) else { continue };
            let Some(kind) = types[row].and_then(Kind::parse) else { continue };
            let column = Listed { kind, unit: units[row].unwrap_or_default().to_owned() };
            listed.entry(table.to_owned()).or_default().push((name.to_owned(), column));
        }
        Ok(Self { out: out.to_owned(), record, texts, listed })
    }

    /// Checks that every file is as the run wrote it.
    ///
    /// # Errors
    /// [`Error::Config`] if one is not, [`Error::Io`] if one cannot be read.
    pub(super) fn check(&self) -> Result<()> {
        for (name, expected) in &self.record.files {
            let path = self.out.join(name);
            if !path.exists() {
                return Err(changed(&path, "is gone"));
            }
            if hash(&path)? != *expected {
                return Err(changed(&path, "was changed"));
            }
        }
        Ok(())
    }

    /// Checks that no other run has taken the place of this one since it was opened.
    ///
    /// # Errors
    /// [`Error::Config`] if one has.
    pub(super) fn check_still_there(&self) -> Result<()> {
        if Record::load(&self.out)?.files == self.record.files {
            return Ok(());
        }
        Err(Error::config_hint(
            format!("`{}` was written anew while it was exported", self.out.display()),
            "run `sendlens export` again",
        ))
    }

    /// The tables that the run has, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = Table> {
        TABLES.into_iter().filter(|table| self.record.files.contains_key(table.file))
    }

    /// The table of this name.
    pub(super) fn named(&self, name: &str) -> Result<DataFrame> {
        let found = TABLES.into_iter().find(|table| table.name == name);
        self.load(found.expect("only tables of the list are named"))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Table`] if it cannot be read.
    pub(super) fn load(&self, table: Table) -> Result<DataFrame> {
        let mut frame = match table.file.strip_suffix(".parquet") {
            Some(name) => frame::read(&self.out, name, None)?,
            None => frame::read_csv(&self.out.join(table.file), &self.schema(table))?,
        };
        self.texts.apply(table.listed, &mut frame)?;
        // One piece, so that a cell is found without a search.
        frame.rechunk_mut();
        if table.name == DICTIONARY { renamed(&frame) } else { Ok(frame) }
    }

    /// The columns of a table, as the dictionary lists them.
    fn schema(&self, table: Table) -> Schema {
        if table.name == DICTIONARY {
            return schema::dictionary();
        }
        let columns = self.listed.get(table.listed).into_iter().flatten().map(|(name, listed)| Column {
            name: name.clone().into(),
            kind: listed.kind,
            unit: "",
            meaning: "".into(),
        });
        Schema { table: table.name, columns: columns.collect() }
    }

    /// How much of the articles' text leaves.
    pub(super) fn texts(&self) -> Texts {
        self.texts
    }

    /// What the numbers come from: program, engine, codebook and input, by name.
    pub(super) fn provenance(&self) -> Vec<(&'static str, String)> {
        let record = &self.record;
        vec![
            ("sendlens", record.sendlens.clone()),
            ("as_of", record.as_of.clone()),
            ("period", record.period().as_str().to_owned()),
            ("engine", record.engine.name.clone()),
            ("engine_hash", record.engine.hash.clone()),
            ("codebook_version", record.codebook.version.clone()),
            ("codebook_hash", record.codebook.hash.clone()),
            ("input_hash", record.input_hash.clone()),
        ]
    }

    /// The unit of a column; empty where there is none.
    pub(super) fn unit(&self, table: &str, column: &str) -> &str {
        let columns = self.listed.get(table).into_iter().flatten();
        columns.into_iter().find(|(name, _)| name == column).map_or("", |(_, listed)| &listed.unit)
    }
}

/// The dictionary with the names that tables have in an export.
fn renamed(dictionary: &DataFrame) -> Result<DataFrame> {
    let mut rows = Vec::with_capacity(dictionary.height());
    for row in 0..dictionary.height() {
        let mut cells = Vec::with_capacity(dictionary.width());
        for column in dictionary.columns() {
            cells.push(column::value(column, row)?);
        }
        if let frame::Value::Text(listed) = &cells[0]
            && let Some(table) = TABLES.iter().find(|table| table.listed == listed.as_ref())
        {
            cells[0] = table.name.into();
        }
        rows.push(cells);
    }
    frame::frame(&schema::dictionary(), rows)
}

fn changed(path: &Path, what: &str) -> Error {
    Error::config_hint(
        format!("`{}` {what} since its run: it is not what {RECORD} says", path.display()),
        "put it back as it was, or run `sendlens run` again into a new folder",
    )
}
