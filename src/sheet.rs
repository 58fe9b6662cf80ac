//! A sheet: a table of passages in which people fill in labels.
//!
//! *Takes* the bytes of a CSV file and the theme names. *Gives* a [`Sheet`]: per row the passage and what stands in
//! its label cells. *Fails* on a cell that cannot be read, naming its line; what an empty cell means is for whoever
//! reads the sheet. *Cost*: one pass.
//!
//! Under `relevant` and each theme: `yes`, `y`, `true`, `1` or `x`; `no`, `n`, `false` or `0`. Under `sentiment`:
//! `negative`, `neutral` or `positive`, or their first three letters. Whatever the case. Other columns are left alone.
//!
//! - a column that is nearly a label is refused

use std::collections::BTreeMap;

use crate::config::nearest;
use crate::error::{Error, Result};
use crate::plain;
use crate::read::table::{Row as Cells, Table};
use crate::score::Sentiment;

/// The column with the id of the passage.
pub const PASSAGE: &str = "passage";
/// The column with the headline of its article.
pub const TITLE: &str = "title";
/// The column with the passage before; of several, a line each, the last counts.
pub const BEFORE: &str = "before";
/// The column with its text.
pub const TEXT: &str = "text";
/// The column that says whether it is about SEND.
pub const RELEVANT: &str = "relevant";
/// The column with its sentiment.
pub const SENTIMENT: &str = "sentiment";
/// The column for remarks, which nothing reads.
pub const NOTE: &str = "note";

/// The column that says what became of a correction.
pub const FOUND: &str = "found";

/// Columns of the program that nothing reads.
const UNREAD: [&str; 2] = ["after", FOUND];

/// Faults named in one message.
const NAMED_FAULTS: usize = 5;

/// What stands in a sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// Columns of the user's own, in order.
    pub further: Vec<String>,
}

/// One passage and its labels; `None` where a cell is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Number of its line in the file, from 1.
    pub line: u64,
    /// Id of the passage.
    pub passage: Option<String>,
    /// Headline of its article.
    pub title: Option<String>,
    /// The passage before it.
    pub before: Option<String>,
    /// The passage.
    pub text: Option<String>,
    /// The labels.
    pub labels: Given,
    /// Remarks.
    pub note: Option<String>,
    /// Cells of the user's own columns that are not empty.
    pub further: BTreeMap<String, String>,
}

/// Labels that a person gave; `None` where a cell is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Whether the passage is about SEND.
    pub relevant: Option<bool>,
    /// One per theme.
    pub themes: Vec<Option<bool>>,
    /// Its sentiment.
    pub sentiment: Option<Sentiment>,
}

impl Given {
    /// Whether no label was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.relevant.is_none() && self.sentiment.is_none() && self.themes.iter().all(Option::is_none)
    }
}

impl Sheet {
    /// Parses a sheet; `name` is that of the file, for messages.
    ///
    /// # Errors
    /// [`Error::Config`] if it is no table, has no column of passages or of labels, a column that is nearly one of
    /// them, or a cell that is no label.
    pub fn parse(name: &str, bytes: &[u8], themes: &[String]) -> Result<Self> {
        let table = Table::parse(bytes)
            .map_err(|what| Error::config(format!("cannot read `{name}`: {}", plain::line(&what))))?;
        check_columns(name, &table, themes)?;
        let mut faults = Vec::new();
        let further: Vec<String> =
            table.columns.iter().filter(|column| is_further(column, themes)).cloned().collect();
        let rows = table.rows.iter().map(|cells| row(cells, themes, &further, &mut faults)).collect();
        refuse(
            name,
            &faults,
            "write yes or no under relevant and themes; negative, neutral or positive; or nothing",
        )?;
        Ok(Self { rows, further })
    }
}

/// The fault of lines that are wrong, if there are any; names the first of them.
///
/// # Errors
/// [`Error::Config`] if there are any.
pub fn refuse(name: &str, faults: &[(u64, String)], hint: &str) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = faults
        .iter()
        .take(NAMED_FAULTS)
        .map(|(line, what)| format!("{name}:{line}: {}", plain::line(what)))
        .collect();
    let rest = match faults.len() - named.len() {
        0 => String::new(),
        count => format!("\nand {count} more"),
    };
    Err(Error::config_hint(format!("{}{rest}", named.join("\n")), hint))
}

fn check_columns(name: &str, table: &Table, themes: &[String]) -> Result<()> {
    let has = |wanted: &str| table.columns.iter().any(|column| is_same(column, wanted));
    if !has(PASSAGE) && !has(TEXT) {
        return Err(Error::config_hint(
            format!("`{name}` names no passage; its columns are: {}", plain::line(&table.columns.join(", "))),
            "`sendlens query OUT --sample 200 --format csv` writes a table to fill in",
        ));
    }
    let labels = || [RELEVANT, SENTIMENT].into_iter().chain(themes.iter().map(String::as_str));
    for column in &table.columns {
        let near = nearest(&column.to_lowercase(), labels()).filter(|_| is_further(column, themes));
        if let Some(near) = near {
            return Err(Error::config_hint(
                format!("`{name}` has a column `{}`", plain::line(column)),
                format!("did you mean `{near}`? Else give it another name"),
            ));
        }
    }
    if !labels().any(has) {
        return Err(Error::config_hint(
            format!("`{name}` has no column of labels"),
            format!("columns of labels: {}", labels().collect::<Vec<_>>().join(", ")),
        ));
    }
    Ok(())
}

/// Whether a column is the user's own.
fn is_further(column: &str, themes: &[String]) -> bool {
    let known =
        [PASSAGE, TITLE, "headline", BEFORE, TEXT, RELEVANT, SENTIMENT, NOTE].into_iter().chain(UNREAD);
    !column.is_empty() && !known.chain(themes.iter().map(String::as_str)).any(|known| is_same(column, known))
}

/// Whether a column is the one that is wanted; spreadsheets and people write "Transport ".
fn is_same(column: &str, wanted: &str) -> bool {
    column.trim().eq_ignore_ascii_case(wanted)
}

fn row(cells: &Cells, themes: &[String], further: &[String], faults: &mut Vec<(u64, String)>) -> Row {
    let cell = |wanted: &str| {
        let found = cells.cells.iter().find(|(column, _)| is_same(column, wanted));
        found.map(|(_, text)| text.clone()).filter(|text| !text.trim().is_empty())
    };
    let mut read = |column: &str, parse: &dyn Fn(&str) -> Option<usize>| {
        let text = cell(column)?;
        let found = parse(&text.trim().to_lowercase());
        if found.is_none() {
            faults.push((cells.line, format!("`{column}` is `{}`", text.trim())));
        }
        found
    };
    let is_yes = |found: usize| found == 1;
    let given = Given {
        relevant: read(RELEVANT, &flag).map(is_yes),
        themes: themes.iter().map(|theme| read(theme, &flag).map(is_yes)).collect(),
        sentiment: read(SENTIMENT, &sentiment).map(|place| Sentiment::ALL[place]),
    };
    if given.relevant == Some(false) && given.themes.contains(&Some(true)) {
        faults.push((cells.line, "`relevant` is no, but there are themes".to_owned()));
    }
    let title = cell(TITLE).or_else(|| cell("headline"));
    Row {
        line: cells.line,
        passage: cell(PASSAGE),
        before: cell(BEFORE).and_then(|before| last_line(&before, title.as_deref())),
        title,
        text: cell(TEXT),
        labels: given,
        note: cell(NOTE),
        further: further.iter().filter_map(|column| Some((column.clone(), cell(column)?))).collect(),
    }
}

/// The last of the passages before, each a line, unless it is the headline.
fn last_line(before: &str, title: Option<&str>) -> Option<String> {
    let last = before.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    (Some(last) != title.map(str::trim)).then(|| last.to_owned())
}

/// 1 for yes, 0 for no.
fn flag(text: &str) -> Option<usize> {
    match text {
        "yes" | "y" | "true" | "1" | "x" => Some(1),
        "no" | "n" | "false" | "0" => Some(0),
        _ => None,
    }
}

/// The place in [`Sentiment::ALL`].
fn sentiment(text: &str) -> Option<usize> {
    Sentiment::ALL.iter().position(|sentiment| {
        let name = sentiment.as_str();
        text == name || text == &name[..3]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn themes() -> Vec<String> {
        ["leadership", "transport"].map(String::from).to_vec()
    }

    fn parse(text: &str) -> Result<Sheet> {
        Sheet::parse("mine.csv", text.as_bytes(), &themes())
    }

    #[test]
    fn every_way_to_say_yes_and_no_is_read() {
        let yes = ["yes", "Y", "TRUE", "1", "x", "X "];
        let no = ["no", "N", "False", "0"];
        for (words, expected) in [(&yes[..], true), (&no[..], false)] {
            for word in words {
                let sheet =
                    parse(&format!("Passage,Text,Transport \na#1,\"A, b\",{word}\n")).expect("a sheet");
                assert_eq!(sheet.rows[0].labels.themes, [None, Some(expected)], "{word}");
            }
        }
        let sheet = parse("text;sentiment;note\nOne;NEUTRAL;?\nTwo;neg;\nThree;;\n").expect("a sheet");
        let found: Vec<_> = sheet.rows.iter().map(|row| row.labels.sentiment).collect();
        assert_eq!(found, [Some(Sentiment::Neutral), Some(Sentiment::Negative), None]);
        assert!(sheet.rows[2].labels.is_empty() && !sheet.rows[1].labels.is_empty());
        assert_eq!(sheet.rows[0].note.as_deref(), Some("?"));
    }

    #[test]
    fn faults_are_named_by_their_lines() {
        let error =
            parse("passage,relevant,transport,sentiment\na#1,maybe,yes,\nb#1,no,x,\nc#1,yes,no,sad\n")
                .expect_err("three faults")
                .to_string();
        let expected = "mine.csv:2: `relevant` is `maybe`\nmine.csv:3: `relevant` is no, but there are themes\n\
                        mine.csv:4: `sentiment` is `sad`";
        assert_eq!(error, expected);
        let many = format!("passage,transport\n{}", "a#1,perhaps\n".repeat(8));
        assert!(parse(&many).expect_err("eight faults").to_string().ends_with("\nand 3 more"));
    }

    #[test]
    fn a_column_that_is_nearly_a_label_is_refused() {
        let error = parse("passage,Tranport\na#1,yes\n").expect_err("mistyped");
        assert_eq!(error.hint().as_deref(), Some("did you mean `transport`? Else give it another name"));
        parse("passage,transport,coder,before\na#1,yes,Jo,\n").expect("other columns are left alone");
        assert!(
            parse("passage,coder\na#1,Jo\n")
                .expect_err("no labels")
                .to_string()
                .contains("no column of labels")
        );
        assert!(
            parse("id,transport\na#1,yes\n")
                .expect_err("no passage")
                .to_string()
                .contains("names no passage")
        );
    }
}
