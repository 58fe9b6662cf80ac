//! Which passages stand in the page itself, and how they stand there: whole articles, as many as fit.
//!
//! *Takes* [`Contents`] and the bytes that are left. *Gives* a [`Selection`] with its articles as JSON. If not all fit,
//! snippets get shorter first; then articles are drawn at random with a fixed seed, so that shares of what is in the page
//! estimate those of the whole, and a passage's neighbours are always there with it.
//!
//! - a selection keeps to its limits
//! - the same tables give the same selection

use serde_json::{Value, json};

use super::contents::{Article, Contents};
use super::wording;
use crate::config::ReportText;
use crate::error::Result;
use crate::random::Random;

/// Most counted passages in the page.
const MAX_PASSAGES: usize = 20_000;

/// Characters of a passage that are shown as a snippet, and what they shrink to if not all passages fit.
const SNIPPETS: [usize; 3] = [200, 140, 90];

/// Characters of a passage that are shown in full; longer ones are cut.
const FULL: usize = 8_000;

/// Articles in a row that do not fit before the page counts as full.
const MISSES: usize = 20;

const SEED: u64 = 1;

/// What stands in the page.
pub(super) struct Selection {
    /// Indices of its articles, in the order of the table.
    pub(super) articles: Vec<usize>,
    /// Its counted passages.
    pub(super) passages: usize,
    /// Counted passages of the run.
    pub(super) of: usize,
    /// Characters shown of a passage; none for no text.
    pub(super) most: Option<usize>,
    /// The articles as a JSON array.
    pub(super) json: String,
}

impl Selection {
    /// Nothing.
    pub(super) fn none(contents: &Contents<'_>) -> Self {
        Self { articles: Vec::new(), passages: 0, of: counted(contents), most: None, json: "[]".to_owned() }
    }

    /// As much as fits into `bytes`.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if a text cannot be read.
    pub(super) fn new(contents: &Contents<'_>, text: ReportText, bytes: usize) -> Result<Self> {
        let limits: &[Option<usize>] = match text {
            ReportText::None => &[None],
            ReportText::Snippet => &SNIPPETS.map(Some),
            ReportText::Full => &[Some(FULL)],
        };
        let mut selection = Self::none(contents);
        for most in limits {
            selection = Self::draw(contents, *most, bytes)?;
            if selection.is_whole() || selection.passages + MISSES >= MAX_PASSAGES {
                break;
            }
        }
        Ok(selection)
    }

    /// Whether every counted passage of the run is in it.
    pub(super) fn is_whole(&self) -> bool {
        self.passages == self.of
    }

    fn draw(contents: &Contents<'_>, most: Option<usize>, bytes: usize) -> Result<Self> {
        let mut order: Vec<_> = (0..contents.articles.len())
            .filter(|index| counted_in(contents, &contents.articles[*index]) > 0)
            .collect();
        let of = counted(contents);
        if of > MAX_PASSAGES {
            Random::new(SEED).shuffle(&mut order);
        }
        let mut chosen = Self::fill(contents, &order, most, bytes)?;
        if chosen.passages < of && of <= MAX_PASSAGES {
            Random::new(SEED).shuffle(&mut order);
            chosen = Self::fill(contents, &order, most, bytes)?;
        }
        Ok(chosen)
    }

    /// Takes articles in `order` until the limits are met.
    fn fill(contents: &Contents<'_>, order: &[usize], most: Option<usize>, bytes: usize) -> Result<Self> {
        let mut selection = Self { most, ..Self::none(contents) };
        let mut rows = Vec::new();
        let mut used = 2;
        let mut misses = 0;
        for index in order {
            let article = &contents.articles[*index];
            let passages = counted_in(contents, article);
            let row = escaped(&row(contents, article, most)?.to_string());
            let fits = used + row.len() < bytes && selection.passages + passages <= MAX_PASSAGES;
            if !fits {
                misses += 1;
                if misses > MISSES {
                    break;
                }
                continue;
            }
            misses = 0;
            used += row.len() + 1;
            selection.passages += passages;
            rows.push((*index, row));
        }
        rows.sort_unstable_by_key(|(index, _)| *index);
        selection.articles = rows.iter().map(|(index, _)| *index).collect();
        let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
        selection.json = format!("[{}]", rows.join(","));
        Ok(selection)
    }

    /// Rows of the first passages of the newest articles, at most `most`. They do not depend on labels, so that words
    /// explained for one threshold serve any other.
    pub(super) fn openings(&self, contents: &Contents<'_>, most: usize) -> Vec<usize> {
        let mut articles: Vec<_> = self.articles.iter().map(|index| &contents.articles[*index]).collect();
        articles.sort_by_key(|article| std::cmp::Reverse(article.date));
        let opening =
            |article: &Article<'_>| article.passages.clone().find(|row| contents.passages[*row].is_counted);
        articles.into_iter().filter_map(opening).take(most).collect()
    }

    /// Rows of the passages to show first: those [`Self::openings`] that are about SEND, and the newest others if they
    /// are too few.
    pub(super) fn first(&self, contents: &Contents<'_>, most: usize) -> Vec<usize> {
        let mut rows = self.openings(contents, most);
        rows.retain(|row| contents.passages[*row].is_relevant);
        let others: Vec<_> = self.newest(contents).into_iter().filter(|row| !rows.contains(row)).collect();
        rows.extend(others);
        rows.truncate(most);
        rows
    }

    /// Rows of its passages about SEND, newest first, the undated last.
    fn newest(&self, contents: &Contents<'_>) -> Vec<usize> {
        let rows = self.articles.iter().flat_map(|index| contents.articles[*index].passages.clone());
        let mut rows: Vec<_> = rows
            .filter(|row| contents.passages[*row].is_counted && contents.passages[*row].is_relevant)
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(contents.article_of(&contents.passages[*row]).date));
        rows
    }
}

fn counted(contents: &Contents<'_>) -> usize {
    contents.passages.iter().filter(|passage| passage.is_counted).count()
}

fn counted_in(contents: &Contents<'_>, article: &Article<'_>) -> usize {
    contents.passages[article.passages.clone()].iter().filter(|passage| passage.is_counted).count()
}

/// An article and its passages as the script reads them.
fn row(contents: &Contents<'_>, article: &Article<'_>, most: Option<usize>) -> Result<Value> {
    let passages = article.passages.clone().map(|row| passage_row(contents, row, most));
    let passages = passages.collect::<Result<Vec<_>>>()?;
    Ok(json!([
        article.id,
        article.title,
        article.outlet,
        article.date,
        article.precision.as_str(),
        article.date_source,
        (article.confidence * 100.0).round() / 100.0,
        article.date_text,
        article.url,
        u8::from(article.is_dated),
        article.slot,
        passages,
    ]))
}

/// Position, whether counted (1), about SEND (2) and labelled by a person (4), sentiment, themes, text.
fn passage_row(contents: &Contents<'_>, row: usize, most: Option<usize>) -> Result<Value> {
    let passage = &contents.passages[row];
    let flags =
        u8::from(passage.is_counted) + 2 * u8::from(passage.is_relevant) + 4 * u8::from(passage.is_by_person);
    let text = match most {
        Some(most) => Some(wording::cut(&contents.text(row)?, most)),
        None => None,
    };
    Ok(json!([passage.position, flags, passage.sentiment, passage.themes, text]))
}

/// JSON that can stand inside a `script` element and means the same: no text can close it or open another.
pub(super) fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => safe.push(c),
        }
    }
    // Bidi controls in the names of files and outlets, which stand as they are.
    crate::plain::json(&safe).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::article::Precision;
    use crate::record::Record;
    use crate::report::contents::{Passage, Series};
    use crate::report::texts::TextsWriter;
    use crate::tally::Period;

    /// `count` articles with a passage of 300 characters each, and one that is not counted.
    fn contents<'a>(
        count: usize,
        record: &'a Record,
        skipped: &'a BTreeMap<String, u64>,
        text: &'a str,
    ) -> Contents<'a> {
        let article = |index| Article {
            id: "a",
            title: None,
            raw_title: None,
            outlet: 0,
            url: None,
            date: None,
            precision: Precision::Day,
            date_source: None,
            confidence: 0.0,
            date_text: None,
            not_before: None,
            not_after: None,
            is_dated: false,
            slot: None,
            is_counted: true,
            passages: 2 * index..2 * index + 2,
        };
        let passage = |row| Passage {
            article: row / 2,
            position: 1,
            is_counted: row % 2 == 0,
            is_relevant: true,
            themes: Box::default(),
            sentiment: Some(1),
            is_by_person: false,
        };
        let folder = std::env::temp_dir();
        let mut texts = TextsWriter::new(&folder).expect("a file");
        (0..2 * count).for_each(|_| texts.push(text).expect("written"));
        Contents {
            record,
            articles: (0..count).map(article).collect(),
            passages: (0..2 * count).map(passage).collect(),
            texts: texts.finish().expect("written"),
            outlets: Vec::new(),
            period: Period::Month,
            slots: Vec::new(),
            themes: Vec::new(),
            all: Series::default(),
            skipped,
        }
    }

    fn new(contents: &Contents<'_>, text: ReportText, bytes: usize) -> Selection {
        Selection::new(contents, text, bytes).expect("readable texts")
    }

    #[test]
    fn a_selection_keeps_to_its_limits() {
        let (record, skipped, text) = (Record::default(), BTreeMap::new(), "word ".repeat(60));
        let small = contents(100, &record, &skipped, &text);
        let whole = new(&small, ReportText::Snippet, 1_000_000);
        assert!(whole.is_whole() && whole.most == Some(SNIPPETS[0]));
        let shorter = new(&small, ReportText::Snippet, whole.json.len() * 8 / 10);
        assert!(shorter.is_whole() && shorter.most == Some(SNIPPETS[1]), "snippets shrink first");
        let bytes = whole.json.len() / 4;
        for text in ReportText::ALL {
            let part = new(&small, text, bytes);
            assert!(part.json.len() <= bytes && part.passages == part.articles.len(), "{text:?}");
            assert!(part.is_whole() == (text == ReportText::None), "{text:?}");
        }
        let large = contents(MAX_PASSAGES + 50, &record, &skipped, &text);
        let part = new(&large, ReportText::None, usize::MAX);
        assert_eq!((part.passages, part.of), (MAX_PASSAGES, MAX_PASSAGES + 50));
        assert_eq!(new(&small, ReportText::Full, 0).json, "[]");
    }

    #[test]
    fn the_same_tables_give_the_same_selection() {
        let (record, skipped) = (Record::default(), BTreeMap::new());
        let contents = contents(100, &record, &skipped, "A passage.");
        let draw = || new(&contents, ReportText::Snippet, 2_000);
        let (one, two) = (draw(), draw());
        assert_eq!(one.json, two.json);
        let first: Vec<_> = (0..one.articles.len()).collect();
        assert!(!one.is_whole() && one.articles != first, "not simply the first ones: {:?}", one.articles);
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = json!({ "</script><img src=x onerror=alert(1)>": "a & b\u{2028}\u{202e}" });
        let safe = escaped(&value.to_string());
        assert!(!safe.contains(['<', '>', '&', '\u{2028}', '\u{202e}']), "{safe}");
        assert_eq!(serde_json::from_str::<Value>(&safe).expect("JSON"), value);
    }
}
