//! What differs between two runs, and why: articles, labels of passages, cells of `theme_by_date`.
//!
//! *Takes* two output folders. *Gives* a [`Difference`]. *Fails* if one of them holds no run or a damaged one. *Cost*: the
//! tables of both in memory.
//!
//! Articles are the same by id, or by their text where a file was renamed; passages by their text within such a pair.
//! Every change of a label has one [`Reason`]. Where more than one would explain it, it is the first of: a person's word,
//! another engine, a threshold that is enough by itself, other scores.
//!
//! - a run does not differ from itself (`tests/it/diff.rs`)
//! - every kind of change is named with its cause (`tests/it/diff.rs`)

mod articles;
mod causes;
mod cells;
mod labels;
pub mod render;

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

pub use articles::{Articles, ChangedArticle, Column, Renamed};
pub use causes::Cause;
pub use cells::{Cells, ChangedCell, Counts};
pub use labels::{LabelChange, Labels, Reason, Summary};

use crate::error::Result;
use crate::record::Record;
use crate::written::{self, Article, Frequency, Label, Passage, Tables};

/// What differs between two runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// What the runs were made from and with, where it differs.
    pub causes: Vec<Cause>,
    /// Articles.
    pub articles: Articles,
    /// Labels of counted passages.
    pub labels: Labels,
    /// Cells of `theme_by_date`.
    pub cells: Cells,
}

impl Difference {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty() && self.articles.is_empty() && self.labels.is_empty() && self.cells.is_empty()
    }
}

/// One of the two runs.
struct Side<'a> {
    record: &'a Record,
    articles: Vec<Article<'a>>,
    passages: Vec<Passage<'a>>,
    labels: HashMap<&'a str, Vec<Label<'a>>>,
    /// Texts of articles by id.
    texts: HashMap<&'a str, String>,
    frequencies: Vec<Frequency>,
}

impl<'a> Side<'a> {
    fn new(record: &'a Record, tables: &'a Tables) -> Result<Self> {
        let mut labels = HashMap::<_, Vec<_>>::new();
        for label in written::labels(&tables.labels)? {
            labels.entry(label.passage).or_default().push(label);
        }
        Ok(Self {
            record,
            articles: written::articles(&tables.articles)?,
            passages: written::passages(&tables.passages)?,
            labels,
            texts: written::article_texts(&written::blocks(&tables.blocks)?),
            frequencies: written::frequencies(&tables.frequencies, &record.by())?,
        })
    }

    fn text(&self, article: &str) -> &str {
        self.texts.get(article).map_or("", String::as_str)
    }

    fn label(&self, passage: &str, theme: &str) -> Option<&Label<'a>> {
        self.labels.get(passage)?.iter().find(|label| label.theme == theme)
    }
}

/// Compares the run in `before` with the one in `after`.
///
/// # Errors
/// [`crate::Error::Io`] or [`crate::Error::Table`] if a folder holds no run, or a damaged one.
pub fn diff(before: &Path, after: &Path) -> Result<Difference> {
    let records = (Record::load(before)?, Record::load(after)?);
    let tables = (Tables::read(before)?, Tables::read(after)?);
    let before = Side::new(&records.0, &tables.0)?;
    let after = Side::new(&records.1, &tables.1)?;
    let pairing = articles::pair(&before, &after);
    Ok(Difference {
        causes: causes::causes(&records.0, &records.1),
        articles: articles::compare(&before, &after, &pairing),
        labels: labels::compare(&before, &after, &pairing),
        cells: cells::compare(&before, &after),
    })
}
