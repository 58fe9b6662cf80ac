//! The table a user gives about the corpus: what it says wins over everything that was inferred.
//!
//! *Takes* a CSV or JSON file with a column that names articles (path, file or address). *Gives*
//! [`Metadata`], which completes an [`Article`]. *Fails* if the file cannot be read whole: half a table of
//! metadata would date half the corpus in silence.
//!
//! - An empty cell changes nothing (`an_empty_cell_changes_nothing`).
//! - Applying twice is applying once (`applying_twice_is_applying_once`).

mod keep;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::article::{Article, DateSource, Fields};
use crate::error::{Error, Result};
use crate::read::mapping::Mapping;
use crate::read::record::{self, Record};
use crate::read::table::armed;
use crate::read::{Refusal, address, csv, encoding, gzip, json};

/// Columns that name the article by its file, best first.
const PATHS: [&str; 5] = ["path", "file", "filename", "filepath", "article"];
/// Columns that mean a field of the article. Fewer than in exports, where a column of the researcher's own
/// ("domain", "story") is less likely.
const FIELDS: [&str; 26] = [
    "url",
    "link",
    "weburl",
    "date",
    "published",
    "publishdate",
    "publisheddate",
    "publishedat",
    "publicationdate",
    "datepublished",
    "pubdate",
    "indexeddate",
    "outlet",
    "medianame",
    "newspaper",
    "publication",
    "publisher",
    "source",
    "title",
    "headline",
    "author",
    "authors",
    "byline",
    "language",
    "lang",
    "datemodified",
];
/// Columns of our own `undated.csv` and texts of articles, which are neither fields nor groups.
const IGNORED: [&str; 6] = ["notbefore", "notafter", "text", "body", "content", "fulltext"];

/// What a user's table says about articles.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    rows: Vec<Row>,
    columns: Vec<String>,
    /// Row numbers by path, by last part of the path, by address.
    by_path: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_url: HashMap<String, Vec<usize>>,
    duplicates: Vec<String>,
}

#[derive(Debug, Clone)]
struct Row {
    /// Where it stands and what it names, for people.
    place: String,
    /// Normalised path.
    path: Option<String>,
    /// Normalised address.
    url: Option<String>,
    /// An earlier row names the same.
    is_duplicate: bool,
    fields: Fields,
}

impl Metadata {
    /// Parses a table (CSV with a header), a list of objects, or an object keyed by path.
    ///
    /// `name` is the file's name, for messages. The bytes may be packed with gzip and in any encoding.
    ///
    /// # Errors
    /// If the file is neither, a row does not fit the header, or no column names articles.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let fault =
            |refusal: Refusal| Error::config(format!("cannot read metadata `{name}`: {}", refusal.detail));
        let unpacked = gzip::unpack(bytes).map_err(fault)?;
        let text = encoding::decode(&unpacked.bytes).text;
        let mut metadata = Self::default();
        let columns = if text.trim_start().starts_with(['[', '{']) {
            metadata.add_json(name, json::parse(&text, 1).map_err(fault)?)?
        } else {
            metadata.add_table(name, &text)?
        };
        if metadata.rows.iter().all(|row| row.path.is_none() && row.url.is_none()) {
            let columns = columns.join(", ");
            return Err(Error::config_hint(
                format!("metadata `{name}` names no article; its columns are: {columns}"),
                "add a column `path`, `file` or `url`",
            ));
        }
        metadata.columns = columns.into_iter().filter(|column| is_further(column)).collect();
        metadata.index();
        Ok(metadata)
    }

    /// Names of the further columns, in the order of the file; articles have them in [`Fields::extra`].
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows that name what an earlier row names, as "line 7: a/b.txt". The earlier row is used.
    #[must_use]
    pub fn duplicates(&self) -> &[String] {
        &self.duplicates
    }

    /// Completes `article` from its row; gives whether there is one.
    ///
    /// The row is found by the article's path (`export.csv!7`, then the address among the rows, then
    /// `export.csv`), its file name with or without extension, or its address. A date becomes the best clue,
    /// the others stay.
    pub fn apply(&self, article: &mut Article) -> bool {
        let Some(row) = self.row_of(&article.id, article.fields.url.as_deref()) else { return false };
        let given = &self.rows[row].fields;
        let fields = &mut article.fields;
        let replace = |field: &mut Option<String>, value: &Option<String>| {
            if value.is_some() {
                field.clone_from(value);
            }
        };
        replace(&mut fields.title, &given.title);
        replace(&mut fields.outlet, &given.outlet);
        replace(&mut fields.url, &given.url);
        replace(&mut fields.language, &given.language);
        replace(&mut article.language, &given.language);
        if !given.authors.is_empty() {
            fields.authors.clone_from(&given.authors);
        }
        let dates: Vec<_> = given.dates.iter().filter(|date| !fields.dates.contains(date)).cloned().collect();
        fields.dates.splice(0..0, dates);
        fields.extra.extend(given.extra.clone());
        true
    }

    /// Rows that no article of `seen` (ids and addresses) matches, as "line 7: a/b.txt", in file order;
    /// without the [`duplicates`](Self::duplicates).
    #[must_use]
    pub fn unmatched<'a>(&self, seen: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Vec<&str> {
        let matched: BTreeSet<usize> =
            seen.into_iter().filter_map(|(id, url)| self.row_of(id, url)).collect();
        self.rows
            .iter()
            .enumerate()
            .filter(|(index, row)| !row.is_duplicate && !matched.contains(index))
            .map(|(_, row)| row.place.as_str())
            .collect()
    }

    /// The row of an article, by number.
    fn row_of(&self, id: &str, url: Option<&str>) -> Option<usize> {
        let id = path_key(id);
        let url = url.map(address::key).filter(|url| !url.is_empty());
        let file = without_record(&id);
        let name = file.rsplit('/').next().unwrap_or(file);
        let by_url = || self.by_url.get(url.as_ref()?)?.first().copied();
        self.choose(self.by_path.get(&id), url.as_deref())
            .or_else(|| if file == id { None } else { by_url() })
            .or_else(|| self.choose(self.by_path.get(file), url.as_deref()))
            .or_else(|| self.by_name(name, file, url.as_deref()))
            .or_else(|| self.by_name(name.rsplit_once('.')?.0, file, url.as_deref()))
            .or_else(by_url)
    }

    /// The row that names a file by `name`, if its path fits: no folder, or folders around or inside the
    /// corpus (`/home/jo/corpus/a/b.txt` and `b.txt` both fit `a/b.txt`, `c/b.txt` does not).
    fn by_name(&self, name: &str, file: &str, url: Option<&str>) -> Option<usize> {
        let is_end = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let fits = |row: &usize| {
            self.rows[*row]
                .path
                .as_deref()
                .is_some_and(|path| path == name || is_end(path, file) || is_end(file, path))
        };
        let rows: Vec<usize> = self.by_name.get(name)?.iter().copied().filter(fits).collect();
        self.choose(Some(&rows), url)
    }

    /// Of several rows about one file (an export with many records) the one with the article's address,
    /// else the first without an address.
    fn choose(&self, rows: Option<&Vec<usize>>, url: Option<&str>) -> Option<usize> {
        let rows = rows?;
        if let [row] = rows.as_slice() {
            return Some(*row);
        }
        rows.iter()
            .copied()
            .find(|row| url.is_some() && self.rows[*row].url.as_deref() == url)
            .or_else(|| rows.iter().copied().find(|row| self.rows[*row].url.is_none()))
    }

    fn add_table(&mut self, name: &str, text: &str) -> Result<Vec<String>> {
        let dialect = csv::sniff(text, true, &Mapping::new()).ok_or_else(|| {
            Error::config_hint(
                format!("metadata `{name}` is no table"),
                "give a CSV file with a header, or JSON: a list of objects or an object keyed by path",
            )
        })?;
        let (columns, rows) = csv::rows(text, dialect);
        for row in rows {
            let record = row.record.map_err(|detail| {
                Error::config_hint(
                    format!("cannot read metadata `{name}`: {detail}"),
                    "put values that hold the delimiter or a line break in quotation marks",
                )
            })?;
            if !record.is_empty() {
                // A filled-in table of a run, `undated.csv`, comes back with its cells disarmed.
                let cells = record.into_iter().map(|(column, value)| match value {
                    Value::String(text) => (armed(column), Value::String(armed(text))),
                    other => (armed(column), other),
                });
                self.add(&format!("line {}", row.line), &cells.collect());
            }
        }
        Ok(columns.into_iter().map(armed).collect())
    }

    fn add_json(&mut self, name: &str, value: Value) -> Result<Vec<String>> {
        let records: Vec<(Option<String>, Value)> = match value {
            Value::Array(values) => values.into_iter().map(|value| (None, value)).collect(),
            Value::Object(members) => members.into_iter().map(|(path, value)| (Some(path), value)).collect(),
            _ => Vec::new(),
        };
        let mut columns: Vec<String> = Vec::new();
        let mut known = BTreeSet::new();
        for (index, (path, value)) in records.into_iter().enumerate() {
            let Value::Object(record) = value else {
                return Err(Error::config_hint(
                    format!("metadata `{name}`: entry {} is no object", index + 1),
                    "give a list of objects, or an object keyed by path",
                ));
            };
            // As the names of a table's columns are read.
            let mut record: Record =
                record.into_iter().map(|(column, value)| (column.trim().to_owned(), value)).collect();
            if let Some(path) = path {
                record.insert("path".into(), Value::String(path));
            }
            for column in record.keys() {
                if known.insert(column.clone()) {
                    columns.push(column.clone());
                }
            }
            self.add(&format!("entry {}", index + 1), &record);
        }
        Ok(columns)
    }

    fn add(&mut self, place: &str, record: &Record) {
        let path = PATHS.iter().find_map(|wanted| {
            let cell = record.iter().find(|(column, _)| record::is_same_key(column, wanted))?.1;
            cell_text(cell)
        });
        let known: Record = record
            .iter()
            .filter(|(column, _)| is_field(column))
            .map(|(column, value)| (column.clone(), value.clone()))
            .collect();
        let mut fields = record::fields(&known, &Mapping::new());
        for date in &mut fields.dates {
            if date.source == DateSource::Field {
                date.source = DateSource::Metadata;
            }
        }
        // One of each kind, the best column's: so many are kept for the next run.
        fields.dates.dedup_by_key(|date| date.source);
        fields.extra = record
            .iter()
            .filter(|(column, _)| is_further(column))
            .filter_map(|(column, value)| Some((column.clone(), cell_text(value)?)))
            .collect::<BTreeMap<_, _>>();
        let shown = path.as_deref().or(fields.url.as_deref()).unwrap_or("names no article");
        self.rows.push(Row {
            place: format!("{place}: {shown}"),
            path: path.as_deref().map(path_key).filter(|path| !path.is_empty()),
            url: fields.url.as_deref().map(address::key).filter(|url| !url.is_empty()),
            is_duplicate: false,
            fields,
        });
    }

    fn index(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, row) in self.rows.iter_mut().enumerate() {
            if row.path.is_none() && row.url.is_none() {
                continue;
            }
            if !seen.insert((row.path.clone(), row.url.clone())) {
                self.duplicates.push(row.place.clone());
                row.is_duplicate = true;
                continue;
            }
            if let Some(path) = &row.path {
                let name = path.rsplit('/').next().unwrap_or(path);
                self.by_name.entry(name.to_owned()).or_default().push(index);
                self.by_path.entry(path.clone()).or_default().push(index);
            }
            if let Some(url) = &row.url {
                self.by_url.entry(url.clone()).or_default().push(index);
            }
        }
    }
}

fn is_field(column: &str) -> bool {
    FIELDS.iter().any(|known| record::is_same_key(known, column))
}

/// Whether a column is the researcher's own.
fn is_further(column: &str) -> bool {
    let is_in = |known: &[&str]| known.iter().any(|known| record::is_same_key(known, column));
    !column.is_empty() && !is_field(column) && !is_in(&PATHS) && !is_in(&IGNORED)
}

/// A cell that is not empty; numbers and truth values as they are written.
fn cell_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A path as a key: `/` on every system, no `./`, accents composed (macOS writes them apart).
fn path_key(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut path = path.trim();
    while let Some(inner) = path.strip_prefix("./") {
        path = inner.trim_start();
    }
    path.nfc().collect()
}

/// The id of the file that a record's id names.
fn without_record(id: &str) -> &str {
    match id.rsplit_once('!') {
        Some((file, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            file
        }
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{DateField, Format};

    fn article(id: &str, url: Option<&str>) -> Article {
        Article {
            id: id.into(),
            format: Format::Text,
            encoding: "utf-8",
            text: String::new(),
            blocks: Vec::new(),
            fields: Fields {
                title: Some("Inferred".into()),
                url: url.map(str::to_owned),
                dates: vec![DateField { source: DateSource::Label, text: "1 May 2020".into() }],
                ..Fields::default()
            },
            language: Some("en".into()),
            is_truncated: false,
            warnings: Vec::new(),
        }
    }

    fn parse(text: &str) -> Metadata {
        Metadata::parse("meta.csv", text.as_bytes()).expect("metadata")
    }

    /// The value of the column `n` that an article gets.
    fn n_of(metadata: &Metadata, id: &str, url: Option<&str>) -> Option<String> {
        let mut article = article(id, url);
        metadata.apply(&mut article);
        article.fields.extra.remove("n")
    }

    #[test]
    fn a_row_wins_over_what_was_inferred() {
        let metadata = parse(
            "path,Title,date,outlet,author,language,region,not_before\n\
             a/b.txt,Given,2024-03-05,The Paper,Jane Doe; John Roe,Welsh,North,2001-01-01\n",
        );
        assert_eq!(metadata.columns(), ["region"]);
        let mut article = article("a/b.txt", None);
        assert!(metadata.apply(&mut article));
        let fields = &article.fields;
        assert_eq!(fields.title.as_deref(), Some("Given"));
        assert_eq!(fields.outlet.as_deref(), Some("The Paper"));
        assert_eq!(fields.authors, ["Jane Doe", "John Roe"]);
        assert_eq!(article.language.as_deref(), Some("cy"));
        assert_eq!(fields.extra.get("region").map(String::as_str), Some("North"));
        let dates: Vec<_> = fields.dates.iter().map(|date| (date.source, date.text.as_str())).collect();
        assert_eq!(dates, [(DateSource::Metadata, "2024-03-05"), (DateSource::Label, "1 May 2020")]);
    }

    #[test]
    fn an_empty_cell_changes_nothing() {
        let metadata = parse("article,title,not_before,not_after,date\na.txt,,2020-01-01,,\n");
        let mut changed = article("a.txt", None);
        assert!(metadata.apply(&mut changed));
        assert_eq!(changed, article("a.txt", None));
        assert!(metadata.columns().is_empty());
    }

    #[test]
    fn applying_twice_is_applying_once() {
        let metadata = parse("file;date;n\na.txt;2024-03-05;1\n");
        let mut once = article("a.txt", None);
        metadata.apply(&mut once);
        let mut twice = once.clone();
        metadata.apply(&mut twice);
        assert_eq!(once, twice);
    }

    #[test]
    fn cells_that_were_disarmed_are_read_as_they_were() {
        let metadata = parse("article,title,n\n'@news/a.txt,'=Buses,'-1\n");
        assert_eq!(n_of(&metadata, "@news/a.txt", None).as_deref(), Some("-1"));
        let mut named = article("@news/a.txt", None);
        metadata.apply(&mut named);
        assert_eq!(named.fields.title.as_deref(), Some("=Buses"));
    }

    #[test]
    fn rows_are_found_by_path_name_or_address() {
        let metadata = parse(
            "path,url,n\n\
             a/b.txt,,1\n\
             c.txt,,2\n\
             .\\d\\e.html,,3\n\
             /home/jo/corpus/f/g.txt,,4\n\
             h,,5\n\
             ,https://www.paper.example/i/?utm_source=x,6\n\
             export.csv!2,,7\n\
             cafe\u{301}.txt,,8\n",
        );
        for (id, url, n) in [
            ("a/b.txt", None, Some("1")),
            ("x/b.txt", None, None),
            ("x/c.txt", None, Some("2")),
            ("d/e.html", None, Some("3")),
            ("f/g.txt", None, Some("4")),
            ("x/h.txt", None, Some("5")),
            ("h.b.txt", None, None),
            ("z.txt", Some("http://paper.example/i"), Some("6")),
            ("export.csv!2", None, Some("7")),
            ("export.csv!3", None, None),
            ("caf\u{e9}.txt", None, Some("8")),
        ] {
            assert_eq!(n_of(&metadata, id, url).as_deref(), n, "{id}");
        }
    }

    #[test]
    fn rows_about_one_export_are_told_apart_by_address() {
        let metadata = parse("file,url,n\nall.csv,https://p.example/a,1\nall.csv,https://p.example/b,2\n");
        assert!(metadata.duplicates().is_empty());
        assert_eq!(n_of(&metadata, "all.csv!1", Some("https://p.example/b")).as_deref(), Some("2"));
        assert_eq!(n_of(&metadata, "all.csv!1", Some("https://p.example/c")), None);
        let whole = parse("file,n\nall.csv,1\n");
        assert_eq!(n_of(&whole, "all.csv!9", None).as_deref(), Some("1"));
    }

    #[test]
    fn media_cloud_is_joined_by_address() {
        let metadata = parse(
            "id,indexed_date,language,media_name,media_url,publish_date,title,url\n\
             7,2024-03-09,en,The Paper,paper.example,2024-03-05,Given,https://paper.example/a\n",
        );
        assert_eq!(metadata.columns(), ["id", "media_url"]);
        let mut article = article("a.html", Some("https://www.paper.example/a#top"));
        assert!(metadata.apply(&mut article));
        assert_eq!(article.fields.outlet.as_deref(), Some("The Paper"));
        let sources: Vec<_> = article.fields.dates.iter().map(|date| date.source).collect();
        assert_eq!(sources, [DateSource::Metadata, DateSource::Captured, DateSource::Label]);
    }

    #[test]
    fn json_is_a_list_or_keyed_by_path() {
        for text in [
            r#"[{"path": "a.txt", "n": 1, "authors": ["Jane Doe"]}]"#,
            r#"{"a.txt": {"n": 1, "authors": ["Jane Doe"]}}"#,
        ] {
            let metadata = Metadata::parse("meta.json", text.as_bytes()).expect("metadata");
            let mut article = article("a.txt", None);
            assert!(metadata.apply(&mut article));
            assert_eq!(article.fields.extra["n"], "1");
            assert_eq!(article.fields.authors, ["Jane Doe"]);
            assert_eq!(metadata.columns(), ["n"]);
        }
    }

    #[test]
    fn duplicates_and_unmatched_rows_are_listed() {
        let metadata = parse("path,n\na.txt,1\na.txt,2\nb.txt,3\n,4\n");
        assert_eq!(metadata.duplicates(), ["line 3: a.txt"]);
        assert_eq!(n_of(&metadata, "a.txt", None).as_deref(), Some("1"));
        let unmatched = metadata.unmatched([("a.txt", None), ("c.txt", None)]);
        assert_eq!(unmatched, ["line 4: b.txt", "line 5: names no article"]);
        // An address alone must not bring an outlet with it.
        let metadata = parse("path,url\na.txt,https://paper.example/a\n");
        let mut article = article("a.txt", None);
        metadata.apply(&mut article);
        assert_eq!(article.fields.outlet, None);
    }

    #[test]
    fn faults_name_the_place() {
        for (text, message) in [
            ("path,date\na.txt\n", "cannot read metadata `m`: line 2: 1 values under 2 columns"),
            ("region,n\nNorth,1\n", "metadata `m` names no article; its columns are: region, n"),
            ("one line", "metadata `m` is no table"),
            ("[{\"path\": }]", "cannot read metadata `m`: 1:11: expected value"),
            ("[7]", "metadata `m`: entry 1 is no object"),
        ] {
            let error = Metadata::parse("m", text.as_bytes()).expect_err("fault");
            assert_eq!(error.to_string(), message);
        }
    }
}
