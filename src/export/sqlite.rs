//! An SQLite database: every table, keys, indices, views to read, and full-text search over passages.
//!
//! Flags are 0 and 1, days text (`2024-01-31`), lists JSON arrays. `passages_fts` is an FTS5 table whose text lies in
//! `passages`; Datasette finds it by itself. The table `run` says what the numbers come from.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use polars::prelude::DataFrame;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::tables::Tables;
use super::{Exported, Rows, Texts, shortest, write_fault};
use crate::error::{Error, Result};
use crate::frame::schema::Kind;
use crate::frame::{Value, column};
use crate::tally::Period;

/// What tells the rows of a table apart.
const KEYS: [(&str, &[&str]); 4] = [
    ("articles", &["article"]),
    ("passages", &["passage"]),
    ("labels", &["passage", "theme"]),
    ("blocks", &["article", "block"]),
];

/// Columns that lead to another table.
const REFERENCES: [(&str, &str, &str); 4] = [
    ("passages", "article", "articles"),
    ("labels", "passage", "passages"),
    ("blocks", "article", "articles"),
    ("date_clues", "article", "articles"),
];

/// Columns that rows are looked up by.
const INDICES: [(&str, &[&str]); 8] = [
    ("theme_by_date", &["theme", "date"]),
    ("articles", &["date"]),
    ("articles", &["outlet"]),
    ("articles", &["cluster"]),
    ("passages", &["article", "position"]),
    ("passages", &["date"]),
    ("labels", &["theme", "assigned"]),
    ("date_clues", &["article"]),
];

/// A passage with what is needed to read and cite it.
const PASSAGES_WITH_ARTICLE: &str = r#"
CREATE VIEW passages_with_article AS
SELECT p.passage, p.date, p.outlet, a.title, p.text, p.themes, p.sentiment, p.relevant, p.counted, p.kind, p.labelled_by,
       p.p_relevant, p.p_negative, p.p_neutral, p.p_positive, a.article, a.authors, a.url, a.date_precision,
       a.date_source, a.date_confidence
FROM passages AS p JOIN articles AS a ON a.article = p.article;
"#;

/// The index of words. Its text lies in `passages`; "optimize" leaves it as one piece, the same for the same rows.
const FULL_TEXT: &str = r#"
CREATE VIRTUAL TABLE passages_fts
USING fts5(text, content="passages", content_rowid="rowid", tokenize="unicode61 remove_diacritics 2");
INSERT INTO passages_fts(passages_fts) VALUES ('rebuild');
INSERT INTO passages_fts(passages_fts) VALUES ('optimize');
"#;

/// Writes every table to the file `path`.
pub(super) fn write(tables: &Tables, path: &Path) -> Result<Exported> {
    let fault = |error| write_fault(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let database = Connection::open_with_flags(path, flags).map_err(fault)?;
    // The file is thrown away if anything fails, and flushed by whoever publishes it.
    database
        .execute_batch("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")
        .map_err(fault)?;
    let mut exported = Exported::default();
    for table in tables.all() {
        let frame = tables.load(table)?;
        let names = column_names(&frame);
        database.execute_batch(&create_table(table.name, &names, &frame)?).map_err(fault)?;
        fill(&database, table.name, &frame, path)?;
        exported.tables.push(Rows { name: table.name.to_owned(), rows: frame.height() as u64 });
    }
    let has = |name: &str| exported.tables.iter().any(|table| table.name == name);
    for (table, columns) in INDICES.iter().filter(|(table, _)| has(table)) {
        let name = quoted(&format!("{table}_by_{}", columns.join("_")));
        let sql = format!("CREATE INDEX {name} ON {} ({});", quoted(table), list(columns));
        database.execute_batch(&sql).map_err(fault)?;
    }
    exported.tables.push(write_run(&database, tables).map_err(fault)?);
    database.execute_batch(PASSAGES_WITH_ARTICLE).map_err(fault)?;
    let by = tables.record.by();
    database.execute_batch(&frequency_view(tables.record.period(), &by)).map_err(fault)?;
    if tables.texts() != Texts::Absent {
        database.execute_batch(FULL_TEXT).map_err(fault)?;
    }
    database.execute_batch("COMMIT;").map_err(fault)?;
    database.close().map_err(|(_, error)| fault(error))?;
    Ok(exported)
}

/// The statement that makes `table` with the columns of `frame`, called `names`.
fn create_table(table: &str, names: &[Cow<'_, str>], frame: &DataFrame) -> Result<String> {
    let key = KEYS.iter().find(|(of, _)| *of == table).map(|(_, key)| *key);
    let mut parts = Vec::new();
    for (name, column) in names.iter().zip(frame.columns()) {
        let is_key = key.is_some_and(|key| key.contains(&name.as_ref()));
        let constraint = if is_key { " NOT NULL" } else { "" };
        parts.push(format!("{} {}{constraint}", quoted(name), declared(column::kind(column)?)));
    }
    parts.extend(key.map(|key| format!("PRIMARY KEY ({})", list(key))));
    let references = REFERENCES.iter().filter(|(of, ..)| *of == table).map(|(_, column, other)| {
        format!("FOREIGN KEY ({0}) REFERENCES {1} ({0})", quoted(column), quoted(other))
    });
    parts.extend(references);
    Ok(format!("CREATE TABLE {} (\n  {}\n);", quoted(table), parts.join(",\n  ")))
}

/// The declared type of a kind.
fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Date | Kind::TextList => "TEXT",
        Kind::Integer | Kind::Flag => "INTEGER",
        Kind::Number | Kind::Score => "REAL",
    }
}

/// The names of the columns of `frame`, changed where SQLite, which knows no case, would take two for one: a user's
/// `Date` becomes `Date_2`.
fn column_names(frame: &DataFrame) -> Vec<Cow<'_, str>> {
    let given: Vec<&str> = frame.get_column_names().into_iter().map(|name| name.as_str()).collect();
    let is_lower = |name: &str| !name.chars().any(|c| c.is_ascii_uppercase());
    // Names of the program are in lower case and keep theirs.
    let mut taken: BTreeSet<String> =
        given.iter().filter(|name| is_lower(name)).map(|name| (*name).to_owned()).collect();
    let mut names = Vec::with_capacity(given.len());
    for name in given {
        let mut unique = Cow::Borrowed(name);
        let mut number = 2;
        while !is_lower(name) && !taken.insert(unique.to_ascii_lowercase()) {
            unique = format!("{name}_{number}").into();
            number += 1;
        }
        names.push(unique);
    }
    names
}

fn fill(database: &Connection, table: &str, frame: &DataFrame, path: &Path) -> Result<()> {
    let marks = vec!["?"; frame.width()].join(", ");
    let mut statement = database
        .prepare(&format!("INSERT INTO {} VALUES ({marks})", quoted(table)))
        .map_err(|error| write_fault(path, error))?;
    for row in 0..frame.height() {
        let cells = frame.columns().iter().map(|column| Ok(cell(column::value(column, row)?)));
        let cells = cells.collect::<Result<Vec<_>>>()?;
        statement.execute(params_from_iter(cells)).map_err(|error| write_fault(path, error))?;
    }
    Ok(())
}

fn cell(value: Value<'_>) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Text(text) => Cell::Text(text.into_owned()),
        Value::Integer(number) => Cell::Integer(number),
        Value::Number(number) => Cell::Real(number),
        Value::Score(score) => Cell::Real(shortest(score)),
        Value::Flag(flag) => Cell::Integer(flag.into()),
        Value::Date(date) => Cell::Text(date.to_string()),
        Value::TextList(list) => Cell::Text(serde_json::Value::from(list).to_string()),
    }
}

/// Writes what the numbers come from, as keys and values.
fn write_run(database: &Connection, tables: &Tables) -> rusqlite::Result<Rows> {
    database.execute_batch("CREATE TABLE run (key TEXT NOT NULL PRIMARY KEY, value TEXT);")?;
    let mut statement = database.prepare("INSERT INTO run VALUES (?, ?)")?;
    let facts = tables.provenance();
    for (key, value) in &facts {
        statement.execute([key, value.as_str()])?;
    }
    Ok(Rows { name: "run".to_owned(), rows: facts.len() as u64 })
}

/// The long frequency for reading: periods by their usual names, shares in per cent.
fn frequency_view(period: Period, by: &[String]) -> String {
    let label = match period {
        Period::Day | Period::Week => "date",
        Period::Month => "substr(date, 1, 7)",
        Period::Quarter => "substr(date, 1, 4) || '-Q' || ((CAST(substr(date, 6, 2) AS INTEGER) + 2) / 3)",
        Period::Year => "substr(date, 1, 4)",
    };
    let period = period.as_str();
    let group: String = by.iter().map(|column| format!("{}, ", quoted(column))).collect();
    format!(
        "CREATE VIEW {} AS\n\
         SELECT coalesce({label}, 'undated') AS {period}, {group}theme, passages, all_passages,\n\
         \x20      round(100 * share, 1) AS percent, articles, all_articles, negative, neutral, positive,\n\
         \x20      round(net_sentiment, 2) AS net_sentiment, complete\n\
         FROM theme_by_date;",
        quoted(&format!("theme_by_{period}"))
    )
}

/// A name as SQL writes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// Checks the database at `path` and counts the rows of `tables` in it.
pub(super) fn count(path: &Path, tables: &[Rows]) -> Result<Vec<Rows>> {
    let fault = |error| write_fault(path, error);
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(fault)?;
    let verdict: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(fault)?;
    if verdict != "ok" {
        return Err(Error::io("write", path, std::io::Error::other(verdict)));
    }
    let count = |table: &Rows| {
        let sql = format!("SELECT count(*) FROM {}", quoted(&table.name));
        let rows: i64 = database.query_row(&sql, [], |row| row.get(0)).map_err(fault)?;
        Ok(Rows { name: table.name.clone(), rows: u64::try_from(rows).unwrap_or_default() })
    };
    tables.iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{Column, PlSmallStr};

    #[test]
    fn names_that_differ_in_case_alone_are_told_apart() {
        let column = |name: &str| Column::new_scalar(PlSmallStr::from_str(name), 1_i64.into(), 1);
        let columns = ["Date", "date", "DATE", "a \"b\"", "Date_2"].map(column).to_vec();
        let frame = DataFrame::new(1, columns).expect("as long as each other");
        assert_eq!(column_names(&frame), ["Date_2", "date", "DATE_3", "a \"b\"", "Date_2_2"]);
        let sql = create_table("t", &column_names(&frame), &frame).expect("of known types");
        Connection::open_in_memory().expect("memory").execute_batch(&sql).expect("well formed");
    }

    #[test]
    fn periods_have_their_usual_names() {
        let database = Connection::open_in_memory().expect("memory");
        let columns = "date, \"a \"\"b\"\"\", theme, passages, all_passages, share, articles, all_articles, negative, \
                       neutral, positive, net_sentiment, complete";
        let rows = "('2024-05-13', 'x', 'transport', 1, 3, 0.3333, 1, 1, 1, 0, 0, -1.0, 1), \
                    (NULL, 'x', 'transport', 0, 0, NULL, 0, 0, 0, 0, 0, NULL, NULL)";
        let sql = format!("CREATE TABLE theme_by_date ({columns}); INSERT INTO theme_by_date VALUES {rows};");
        database.execute_batch(&sql).expect("well formed");
        for (period, expected) in [
            (Period::Week, "2024-05-13"),
            (Period::Month, "2024-05"),
            (Period::Quarter, "2024-Q2"),
            (Period::Year, "2024"),
        ] {
            database.execute_batch(&frequency_view(period, &["a \"b\"".to_owned()])).expect("well formed");
            let name = period.as_str();
            let sql = format!("SELECT {name}, percent FROM theme_by_{name}");
            let mut statement = database.prepare(&sql).expect("the view is there");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
            let rows: Vec<(String, Option<f64>)> = rows.map(|row| row.expect("a row")).collect();
            assert_eq!(rows, [(expected.to_owned(), Some(33.3)), ("undated".to_owned(), None)]);
        }
    }
}
