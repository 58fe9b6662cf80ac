//! Articles that were added, removed, renamed or changed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Display;

use serde::Serialize;

use super::Side;
use crate::article::Precision;
use crate::written::Article;

/// What became of articles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Articles {
    /// Ids of those only in the second run.
    pub added: Vec<String>,
    /// Ids of those only in the first run.
    pub removed: Vec<String>,
    /// Those whose text has another id.
    pub renamed: Vec<Renamed>,
    /// Those of which something else changed, renamed or not.
    pub changed: Vec<ChangedArticle>,
    /// Number of those with the same id of which nothing changed.
    pub same: u64,
}

/// An article under another id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// Its id in the first run.
    pub before: String,
    /// Its id in the second run.
    pub after: String,
}

/// An article of which something changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedArticle {
    /// Its id in the second run.
    pub article: String,
    /// What changed.
    pub changes: Vec<Column>,
}

/// A column of an article that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// text, title, date, outlet or counted.
    pub column: &'static str,
    /// What it was; of a text its length.
    pub before: String,
    /// What it is now.
    pub after: String,
}

impl Articles {
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.renamed.is_empty() && self.changed.is_empty()
    }
}

/// Which article is which, by place in the tables of each run.
pub(super) struct Pairing {
    /// The same article in both, in the order of the second run.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Only in the first.
    pub(super) removed: Vec<usize>,
    /// Only in the second.
    pub(super) added: Vec<usize>,
}

/// Pairs articles by id, and what is left by text.
pub(super) fn pair(before: &Side<'_>, after: &Side<'_>) -> Pairing {
    let ids: HashMap<_, _> =
        before.articles.iter().enumerate().map(|(place, article)| (article.id, place)).collect();
    let kept: HashSet<_> = after.articles.iter().map(|article| article.id).collect();
    let mut by_text = HashMap::<_, VecDeque<usize>>::new();
    for (place, article) in before.articles.iter().enumerate() {
        let text = before.text(article.id);
        // Articles without text have nothing that would tell them apart.
        if !kept.contains(article.id) && !text.is_empty() {
            by_text.entry(text).or_default().push_back(place);
        }
    }
    let mut pairing = Pairing { pairs: Vec::new(), removed: Vec::new(), added: Vec::new() };
    let mut is_paired = vec![false; before.articles.len()];
    for (place, article) in after.articles.iter().enumerate() {
        let same = ids.get(article.id).copied();
        let found = same.or_else(|| by_text.get_mut(after.text(article.id))?.pop_front());
        match found {
            Some(earlier) => {
                is_paired[earlier] = true;
                pairing.pairs.push((earlier, place));
            }
            None => pairing.added.push(place),
        }
    }
    pairing.removed = (0..is_paired.len()).filter(|place| !is_paired[*place]).collect();
    pairing
}

/// Compares the articles of each pair.
pub(super) fn compare(before: &Side<'_>, after: &Side<'_>, pairing: &Pairing) -> Articles {
    let name = |side: &Side<'_>, place: &usize| side.articles[*place].id.to_owned();
    let mut found = Articles {
        added: pairing.added.iter().map(|place| name(after, place)).collect(),
        removed: pairing.removed.iter().map(|place| name(before, place)).collect(),
        ..Articles::default()
    };
    for (earlier, later) in &pairing.pairs {
        let (one, other) = (&before.articles[*earlier], &after.articles[*later]);
        let changes = columns((before, one), (after, other));
        let is_renamed = one.id != other.id;
        if is_renamed {
            found.renamed.push(Renamed { before: one.id.to_owned(), after: other.id.to_owned() });
        }
        if changes.is_empty() {
            found.same += u64::from(!is_renamed);
        } else {
            found.changed.push(ChangedArticle { article: other.id.to_owned(), changes });
        }
    }
    found
}

fn columns(before: (&Side<'_>, &Article<'_>), after: (&Side<'_>, &Article<'_>)) -> Vec<Column> {
    let mut changes = Vec::new();
    let texts = (before.0.text(before.1.id), after.0.text(after.1.id));
    if texts.0 != texts.1 {
        let length = |text: &str| format!("{} characters", text.chars().count());
        changes.push(Column { column: "text", before: length(texts.0), after: length(texts.1) });
    }
    let (before, after) = (before.1, after.1);
    for (column, before, after) in [
        ("title", shown(before.title), shown(after.title)),
        ("date", date(before), date(after)),
        ("outlet", shown(before.outlet), shown(after.outlet)),
        ("counted", before.is_counted.to_string(), after.is_counted.to_string()),
    ] {
        if before != after {
            changes.push(Column { column, before, after });
        }
    }
    changes
}

fn shown<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// A date with what decides whether and where it counts.
fn date(article: &Article<'_>) -> String {
    let Some(date) = article.date else { return "none".to_owned() };
    let mut shown = date.to_string();
    if let Some(precision) = article.precision.filter(|precision| *precision != Precision::Day) {
        shown.push_str(&format!(" ({})", precision.as_str()));
    }
    if article.usable_date().is_none() {
        shown.push_str(" (doubtful)");
    }
    shown
}
