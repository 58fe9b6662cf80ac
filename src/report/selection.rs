//! Which passages stand in the page itself, and how they stand there: whole articles, as many as fit.
//!
//! *Takes* [`Contents`] and the bytes that are left. *Gives* a [`Selection`] with its articles as JSON. If not all fit,
//! snippets get shorter first; then articles are drawn at random with a fixed seed, so that shares of what is in the page
//! estimate those of the whole, and a passage's neighbours are always there with it.
//!
//! - the selection is the same for the same tables
//! - it keeps to its limits

use serde_json::{Value, json};

use super::contents::{Article, Contents, Passage};
use super::wording;
use crate::config::ReportText;
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
    pub(super) fn new(contents: &Contents<'_>, text: ReportText, bytes: usize) -> Self {
        let limits: &[Option<usize>] = match text {
            ReportText::None => &[None],
            ReportText::Snippet => &SNIPPETS.map(Some),
            ReportText::Full => &[Some(FULL)],
        };
        let mut selection = Self::none(contents);
        for most in limits {
            selection = Self::draw(contents, *most, bytes);
            if selection.is_whole() || selection.passages + MISSES >= MAX_PASSAGES {
                break;
            }
        }
        selection
    }

    /// Whether every counted passage of the run is in it.
    pub(super) fn is_whole(&self) -> bool {
        self.passages == self.of
    }

    fn draw(contents: &Contents<'_>, most: Option<usize>, bytes: usize) -> Self {
        let mut order: Vec<_> = (0..contents.articles.len())
            .filter(|index| counted_in(contents, &contents.articles[*index]) > 0)
            .collect();
        let of = counted(contents);
        if of > MAX_PASSAGES {
            Random::new(SEED).shuffle(&mut order);
        }
        let mut chosen = Self::fill(contents, &order, most, bytes);
        if chosen.passages < of && of <= MAX_PASSAGES {
            Random::new(SEED).shuffle(&mut order);
            chosen = Self::fill(contents, &order, most, bytes);
        }
        chosen
    }

    /// Takes articles in `order` until the limits are met.
    fn fill(contents: &Contents<'_>, order: &[usize], most: Option<usize>, bytes: usize) -> Self {
        let mut selection = Self { most, ..Self::none(contents) };
        let mut rows = Vec::new();
        let mut used = 2;
        let mut misses = 0;
        for index in order {
            let article = &contents.articles[*index];
            let passages = counted_in(contents, article);
            let row = escaped(&row(contents, article, most).to_string());
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
        selection
    }

    /// Rows of its passages about SEND, newest first, the undated last.
    pub(super) fn newest(&self, contents: &Contents<'_>) -> Vec<usize> {
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
fn row(contents: &Contents<'_>, article: &Article<'_>, most: Option<usize>) -> Value {
    let passages = contents.passages[article.passages.clone()].iter();
    let passages: Vec<_> = passages.map(|passage| passage_row(passage, most)).collect();
    json!([
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
    ])
}

/// Position, whether counted (1), about SEND (2) and labelled by a person (4), sentiment, themes, text.
fn passage_row(passage: &Passage<'_>, most: Option<usize>) -> Value {
    let flags =
        u8::from(passage.is_counted) + 2 * u8::from(passage.is_relevant) + 4 * u8::from(passage.is_by_person);
    let text = most.map(|most| wording::cut(passage.text, most));
    json!([passage.position, flags, passage.sentiment, passage.themes, text])
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
    use super::*;

    #[test]
    fn escaped_json_means_the_same() {
        let value = json!({ "</script><img src=x onerror=alert(1)>": "a & b\u{2028}\u{202e}" });
        let safe = escaped(&value.to_string());
        assert!(!safe.contains(['<', '>', '&', '\u{2028}', '\u{202e}']), "{safe}");
        assert_eq!(serde_json::from_str::<Value>(&safe).expect("JSON"), value);
    }
}
