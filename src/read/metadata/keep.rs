//! Metadata across runs: what a user gave earlier stays until it is given anew.

use super::Metadata;
use crate::article::{DateSource, Fields};

/// Columns that are written for every row, before the researcher's own.
const COLUMNS: [&str; 9] =
    ["path", "url", "title", "authors", "outlet", "language", "date", "date_modified", "indexed_date"];

impl Metadata {
    /// These rows with those of `later` over them, field by field where both name the same article.
    #[must_use]
    pub fn overlaid_with(mut self, later: Self) -> Self {
        for row in later.rows {
            let same = self.rows.iter_mut().find(|earlier| {
                (row.path.is_some() && earlier.path == row.path)
                    || (row.path.is_none() && row.url.is_some() && earlier.url == row.url)
            });
            match same {
                Some(earlier) => overlay(&mut earlier.fields, row.fields),
                None => self.rows.push(row),
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

    /// The rows as CSV that [`Metadata::parse`] reads again.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        let header = COLUMNS.into_iter().chain(self.columns.iter().map(String::as_str));
        let mut write =
            |record: Vec<&str>| csv.write_record(record).expect("records of one length, in memory");
        write(header.collect());
        for row in self.rows.iter().filter(|row| !row.is_duplicate) {
            let fields = &row.fields;
            let date = |source| {
                let date = fields.dates.iter().find(|date| date.source == source);
                date.map_or("", |date| date.text.as_str())
            };
            let authors = fields.authors.join("; ");
            let mut record = vec![
                row.path.as_deref().unwrap_or_default(),
                row.fields.url.as_deref().unwrap_or_default(),
                fields.title.as_deref().unwrap_or_default(),
                &authors,
                fields.outlet.as_deref().unwrap_or_default(),
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
    fn later_rows_win_field_by_field() {
        let metadata = parse("path,date,outlet\na.txt,2024-03-05,Echo\nb.txt,,Echo\n").overlaid_with(parse(
            "article,title,not_before,not_after,date\nb.txt,,,,2024-04-01\na.txt,,,,\n",
        ));
        let text = String::from_utf8(metadata.to_csv()).expect("UTF-8");
        assert!(text.contains("a.txt,,,,Echo,,2024-03-05"), "{text}");
        assert!(text.contains("b.txt,,,,Echo,,2024-04-01"), "{text}");
    }
}
