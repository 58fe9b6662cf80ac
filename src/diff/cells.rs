//! Cells of `theme_by_date` that changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Side;
use crate::written::{Frequency, Key};

/// What became of cells.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cells {
    /// Why the tables cannot be compared, if they cannot.
    pub not_compared: Option<String>,
    /// Cells that changed, by how many passages; a row that one table has not is empty.
    pub changed: Vec<ChangedCell>,
}

/// A cell that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedCell {
    /// What names the row.
    #[serde(flatten)]
    pub key: Key,
    /// What it was.
    pub before: Counts,
    /// What it is now.
    pub after: Counts,
}

/// Numbers of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Passages of the theme.
    pub passages: i64,
    /// Articles with at least one of them.
    pub articles: i64,
    /// All passages.
    pub all_passages: i64,
    /// Passages over all passages.
    pub share: Option<f64>,
    /// Negative, neutral and positive passages.
    pub by_sentiment: [i64; 3],
}

impl Counts {
    fn of(row: &Frequency) -> Self {
        Self {
            passages: row.passages,
            articles: row.articles,
            all_passages: row.all_passages,
            share: row.share,
            by_sentiment: row.by_sentiment,
        }
    }
}

impl Cells {
    pub(super) fn is_empty(&self) -> bool {
        self.not_compared.is_none() && self.changed.is_empty()
    }
}

/// Compares rows by key.
pub(super) fn compare(before: &Side<'_>, after: &Side<'_>) -> Cells {
    let (period, by) = (|side: &Side<'_>| side.record.period(), |side: &Side<'_>| side.record.by());
    if period(before) != period(after) {
        let (before, after) = (period(before).as_str(), period(after).as_str());
        let why = format!("rows are of a {before} in the first run and of a {after} in the second");
        return Cells { not_compared: Some(why), changed: Vec::new() };
    }
    if by(before) != by(after) {
        return Cells {
            not_compared: Some("rows are grouped by other columns".to_owned()),
            changed: Vec::new(),
        };
    }
    let mut rows = BTreeMap::<&Key, [Counts; 2]>::new();
    for (place, side) in [before, after].into_iter().enumerate() {
        for row in &side.frequencies {
            rows.entry(&row.key).or_default()[place] = Counts::of(row);
        }
    }
    let changed = rows.into_iter().filter(|(_, [before, after])| before != after);
    let mut changed: Vec<_> =
        changed.map(|(key, [before, after])| ChangedCell { key: key.clone(), before, after }).collect();
    // Those that changed alike stay in the order of their keys.
    changed.sort_by_key(|cell| std::cmp::Reverse((cell.after.passages - cell.before.passages).abs()));
    Cells { not_compared: None, changed }
}
