//! Metadata across runs: what a user gave earlier stays until it is given anew.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Metadata, Row};
use crate::article::{DateSource, Fields};
use crate::read::html;
use crate::read::table::disarmed;

/// Columns that are written for every row, before the researcher's own.
const COLUMNS: [&str; 9] =
    ["path", "url", "title", "authors", "outlet", "language", "date", "date_modified", "indexed_date"];

impl Metadata {
    /// These rows with those of `later` over them, field by field where both name the same article.
    ///
    /// Rows that name no article are left out: nothing can be said of them twice.
    #[must_use]
    pub fn overlaid_with(mut self, later: Self) -> Self {
        self.rows.retain(Row::counts);
        let mut places = Places::default();
        for (index, row) in self.rows.iter().enumerate() {
            places.add(index, row);
        }
        for row in later.rows.into_iter().filter(Row::counts) {
            match places.find(&row, &self.rows) {
                Some(index) => {
                    let earlier = &mut self.rows[index];
                    if row.url.is_some() {
                        earlier.url = row.url;
                    }
                    overlay(&mut earlier.fields, row.fields);
                }
                None => {
                    places.add(self.rows.len(), &row);
                    self.rows.push(row);
                }
            }
        }
        for column in later.columns {
            if !self.columns.contains(&column) {
                self.columns.push(column);
            }
        }
        self.duplicates = later.duplicates;
        self.by_path.clear();
        self.by_name.clear();
        self.by_url.clear();
        self.index();
        self
    }

    /// The rows as CSV that [`Metadata::parse`] reads again, disarmed for spreadsheets.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let header = COLUMNS.into_iter().chain(self.columns.iter().map(String::as_str));
        let mut write = |record: Vec<&str>| {
            let cells = record.into_iter().map(disarmed);
            csv.write_record(cells.map(Cow::into_owned)).expect("records of one length, in memory");
        };
        write(header.collect());
        for row in self.rows.iter().filter(|row| row.counts()) {
            let fields = &row.fields;
            let text = |text: &Option<String>| escaped(text.as_deref().unwrap_or_default()).into_owned();
            let date = |source| {
                let date = fields.dates.iter().find(|date| date.source == source);
                date.map_or("", |date| date.text.as_str())
            };
            let authors: Vec<_> = fields.authors.iter().map(|name| escaped(name)).collect();
            let (url, title, outlet) = (text(&fields.url), text(&fields.title), text(&fields.outlet));
            let authors = authors.join("; ");
            let mut record = vec![
                row.path.as_deref().unwrap_or_default(),
                &url,
                &title,
                &authors,
                &outlet,
                fields.language.as_deref().unwrap_or_default(),
                date(DateSource::Metadata),
                date(DateSource::Modified),
                date(DateSource::Captured),
            ];
            let own = self.columns.iter();
            record.extend(own.map(|column| fields.extra.get(column).map_or("", String::as_str)));
            write(record);
        }
        csv.into_inner().expect("a writer to memory does not fail")
    }
}

impl Row {
    /// Whether it names an article that no earlier row names.
    fn counts(&self) -> bool {
        !self.is_duplicate && (self.path.is_some() || self.url.is_some())
    }
}

/// Where rows stand, by what they name.
#[derive(Default)]
struct Places {
    by_both: HashMap<(Option<String>, Option<String>), usize>,
    by_path: HashMap<String, Vec<usize>>,
}

impl Places {
    fn add(&mut self, index: usize, row: &Row) {
        self.by_both.entry((row.path.clone(), row.url.clone())).or_insert(index);
        if let Some(path) = &row.path {
            self.by_path.entry(path.clone()).or_default().push(index);
        }
    }

    /// The row about the same article: of the same path and address, or the only one of the path, if one of the two
    /// gives no address. Several rows of a path are records of an export, told apart by their addresses.
    fn find(&self, row: &Row, rows: &[Row]) -> Option<usize> {
        let both = (row.path.clone(), row.url.clone());
        self.by_both.get(&both).copied().or_else(|| {
            let [only] = self.by_path.get(row.path.as_ref()?)?[..] else { return None };
            (row.url.is_none() || rows[only].url.is_none()).then_some(only)
        })
    }
}

/// A text as it must be written to be read as it is: a reader resolves character references.
fn escaped(text: &str) -> Cow<'_, str> {
    match html::unescape(text) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(_) => Cow::Owned(text.replace('&', "&amp;")),
    }
}

/// Puts what `later` says over `fields`.
fn overlay(fields: &mut Fields, later: Fields) {
    let replace = |field: &mut Option<String>, value: Option<String>| {
        if value.is_some() {
            *field = value;
        }
    };
    replace(&mut fields.title, later.title);
    replace(&mut fields.outlet, later.outlet);
    replace(&mut fields.url, later.url);
    replace(&mut fields.language, later.language);
    if !later.authors.is_empty() {
        fields.authors = later.authors;
    }
    fields.dates.retain(|date| later.dates.iter().all(|other| other.source != date.source));
    fields.dates.extend(later.dates);
    fields.extra.extend(later.extra);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Metadata {
        Metadata::parse("metadata.csv", text.as_bytes()).expect("metadata")
    }

    #[test]
    fn what_is_written_is_read_again() {
        let metadata =
            parse("path,date,outlet,authors,region\na.txt,2024-03-05,\"The, Paper\",Jo Doe,North\n");
        let again = Metadata::parse("metadata.csv", &metadata.to_csv()).expect("our own CSV");
        assert_eq!(again.to_csv(), metadata.to_csv());
        assert_eq!(again.columns(), ["region"]);
    }

    #[test]
    fn references_and_formulas_are_read_as_they_were() {
        let metadata = parse("path,title,=n\na.txt,AT&amp;amp;T,-1\n'@b.txt,=Buses,\n");
        let text = String::from_utf8(metadata.to_csv()).expect("UTF-8");
        assert!(
            text.contains("AT&amp;amp;T") && text.contains("'@b.txt,,'=Buses") && text.contains("'=n"),
            "{text}"
        );
        let again = parse(&text);
        assert_eq!(again.to_csv(), metadata.to_csv());
        assert_eq!(again.columns(), ["=n"]);
    }

    #[test]
    fn rows_about_one_export_stay_apart() {
        let text =
            "path,url,title\nall.csv,https://p.example/a,A\nall.csv,https://p.example/b,B\n,,nothing\n";
        let over = parse(text).overlaid_with(parse(text)).overlaid_with(parse("path,title\nall.csv,Whole\n"));
        let text = String::from_utf8(over.to_csv()).expect("UTF-8");
        let titles: Vec<_> = text.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
        assert_eq!(titles, ["A", "B", "Whole"]);
    }

    #[test]
    fn later_rows_win_field_by_field() {
        let metadata = parse("path,date,outlet\na.txt,2024-03-05,Echo\nb.txt,,Echo\n").overlaid_with(parse(
            "article,title,not_before,not_after,date\nb.txt,,,,2024-04-01\na.txt,,,,\n",
        ));
        let text = String::from_utf8(metadata.to_csv()).expect("UTF-8");
        assert!(text.contains("a.txt,,,,Echo,,2024-03-05"), "{text}");
        assert!(text.contains("b.txt,,,,Echo,,2024-04-01"), "{text}");
    }
}
