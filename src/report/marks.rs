//! The words that decided, for the passages that a report shows first.
//!
//! *Takes* an engine, or the table that an earlier run kept. *Gives* [`Segment`]s of a passage. *Cost*: see
//! [`crate::explain`]; that is why only [`PASSAGES`] are explained, and why `explanations.parquet` keeps the outcome.

use std::collections::HashMap;
use std::path::Path;

use super::contents::{Contents, Passage};
use super::wording;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::explain;
use crate::frame::schema::{self, name};
use crate::frame::{self, TableFile, column};
use crate::plain;
use crate::score::Sentiment;

/// Passages explained per report.
pub(super) const PASSAGES: usize = 12;

/// Words of a passage that are explained: those of a snippet, which is what most reports show.
pub(super) const FIRST_WORDS: usize = 40;

/// Words marked per label.
const WORDS: usize = 5;

/// Support below which no word is marked.
const LEAST: f32 = 0.02;

/// Share of the highest support of a label below which a word is not marked.
const LEAST_SHARE: f32 = 0.2;

/// Supports by label, of each word of a passage.
type Supports = Vec<(usize, usize, String, f32)>;

/// The words of explained passages.
#[derive(Default)]
pub(super) struct Explanations {
    by_passage: HashMap<String, Supports>,
}

/// A stretch of a passage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    /// Safe for a page.
    pub(super) text: String,
    pub(super) mark: Option<Mark>,
}

/// Why a word is marked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Index of the theme; none for the sentiment.
    pub(super) theme: Option<usize>,
    /// Strength, from 1 to 3.
    pub(super) level: u8,
    /// `transport: 0.31 lower without it`.
    pub(super) says: String,
}

/// Scores the passages in these rows word by word and writes `explanations.parquet`.
///
/// # Errors
/// What the engine returns, and [`crate::Error::Io`] if the table cannot be written.
pub(super) fn write(
    folder: &Path,
    contents: &Contents<'_>,
    rows: &[usize],
    engine: &dyn Classifier,
) -> Result<()> {
    let texts = rows.iter().map(|row| Context::of(contents, *row)).collect::<Result<Vec<_>>>()?;
    let inputs: Vec<_> = texts.iter().map(Context::input).collect();
    let explained = explain::explain(engine, &inputs, FIRST_WORDS)?;
    let mut file = TableFile::create(folder, schema::explanations())?;
    for ((row, input), words) in rows.iter().zip(&inputs).zip(explained) {
        let id = contents.id_of(&contents.passages[*row]);
        for word in words {
            let themes = contents.record.codebook.themes.iter().map(String::as_str).zip(word.themes);
            let sentiments = Sentiment::ALL.iter().map(|label| label.as_str()).zip(word.sentiment);
            for (label, support) in themes.chain(sentiments) {
                file.push(vec![
                    id.as_str().into(),
                    word.span.start.into(),
                    word.span.end.into(),
                    word.span.of(input.text).into(),
                    label.into(),
                    support.into(),
                ])?;
            }
        }
    }
    file.finish()
}

/// What the engine was given of a passage.
struct Context<'a> {
    text: String,
    headline: Option<&'a str>,
    before: Option<String>,
}

impl<'a> Context<'a> {
    fn of(contents: &Contents<'a>, row: usize) -> Result<Self> {
        let headline = contents.article_of(&contents.passages[row]).raw_title;
        let [before, _] = contents.neighbours(row);
        let before = before.map(|before| contents.text(before)).transpose()?;
        let before = before.filter(|before| Some(before.as_str()) != headline);
        Ok(Self { text: contents.text(row)?, headline, before })
    }

    fn input(&self) -> Input<'_> {
        Input { text: &self.text, headline: self.headline, before: self.before.as_deref() }
    }
}

impl Explanations {
    /// Reads what is kept in `folder`; nothing if the run explained nothing.
    ///
    /// # Errors
    /// [`crate::Error::Table`] if the table is damaged.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        if !folder.join("explanations.parquet").exists() {
            return Ok(Self::default());
        }
        let frame = frame::read(folder, "explanations", None)?;
        let ids = column::texts(&frame, name::PASSAGE)?;
        let (starts, ends) = (column::integers(&frame, "start")?, column::integers(&frame, "end")?);
        let labels = column::texts(&frame, "label")?;
        let supports = column::scores(&frame, "support")?;
        let mut by_passage = HashMap::<String, Supports>::new();
        for (row, id) in ids.into_iter().enumerate() {
            if let (Some(id), Some(start), Some(end), Some(label), Some(support)) =
                (id, starts[row], ends[row], labels[row], supports[row])
                && let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end))
            {
                by_passage.entry(id.to_owned()).or_default().push((start, end, label.to_owned(), support));
            }
        }
        Ok(Self { by_passage })
    }

    /// Whether the passage is explained.
    pub(super) fn has(&self, id: &str) -> bool {
        self.by_passage.contains_key(id)
    }

    /// The first `most` characters of the passage in this row with the words marked on which its themes rest, or its
    /// sentiment if it has no theme.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the text cannot be read.
    pub(super) fn segments(&self, contents: &Contents<'_>, row: usize, most: usize) -> Result<Vec<Segment>> {
        let passage = &contents.passages[row];
        let marks = match self.by_passage.get(&contents.id_of(passage)) {
            Some(words) => marks(words, passage, &contents.record.codebook.themes),
            None => Vec::new(),
        };
        Ok(segments(&contents.text(row)?, marks, most))
    }
}

/// The first `most` characters of a text with its marks.
fn segments(text: &str, mut marks: Vec<(usize, usize, Mark)>, most: usize) -> Vec<Segment> {
    let end = wording::kept(text, most);
    marks.retain(|(start, stop, _)| *stop <= end && start < stop && text.get(*start..*stop).is_some());
    let plain = |from, to| Segment { text: plain::visible(&text[from..to]).into_owned(), mark: None };
    let mut segments = Vec::new();
    let mut done = 0;
    for (start, stop, mark) in marks {
        if start < done {
            continue;
        }
        segments.push(plain(done, start));
        segments.push(Segment { mark: Some(mark), ..plain(start, stop) });
        done = stop;
    }
    segments.push(plain(done, end));
    if end < text.len() {
        segments.push(Segment { text: " …".to_owned(), mark: None });
    }
    segments.retain(|segment| !segment.text.is_empty());
    segments
}

/// The words to mark, in the order of the text; a word that serves several themes is marked for the one it serves most.
fn marks(words: &Supports, passage: &Passage, themes: &[String]) -> Vec<(usize, usize, Mark)> {
    let sentiment = passage.sentiment.map(|index| (None, Sentiment::ALL[index].as_str()));
    let given = passage.themes.iter().map(|theme| (Some(*theme), themes[*theme].as_str()));
    let labels: Vec<_> =
        if passage.themes.is_empty() { sentiment.into_iter().collect() } else { given.collect() };
    let mut found = Vec::<(f32, usize, usize, Mark)>::new();
    for (theme, label) in labels {
        let mut of_label: Vec<_> = words.iter().filter(|(_, _, of, _)| of == label).collect();
        of_label.sort_by(|left, right| right.3.total_cmp(&left.3));
        let highest = of_label.first().map_or(0.0, |first| first.3);
        for (start, end, _, support) in of_label.into_iter().take(WORDS) {
            if *support < LEAST || *support < LEAST_SHARE * highest {
                break;
            }
            let level = if *support >= 0.66 * highest { 3 } else { 1 + u8::from(*support >= 0.4 * highest) };
            let says = format!("{label}: {support:.2} lower without it");
            found.push((*support, *start, *end, Mark { theme, level, says }));
        }
    }
    found.sort_by(|left, right| left.1.cmp(&right.1).then(right.0.total_cmp(&left.0)));
    found.dedup_by_key(|(_, start, _, _)| *start);
    found.into_iter().map(|(_, start, end, mark)| (start, end, mark)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The taxi\u{202e} was <late> again and again";

    fn passage() -> Passage {
        Passage {
            article: 0,
            position: 1,
            is_counted: true,
            is_relevant: true,
            themes: Box::new([1]),
            sentiment: Some(0),
            is_by_person: false,
        }
    }

    fn supports(words: &[(&str, f32)]) -> Supports {
        let place = |word: &str| TEXT.find(word).expect("a word of the text");
        let words = words.iter();
        words
            .map(|(word, support)| (place(word), place(word) + word.len(), "transport".to_owned(), *support))
            .collect()
    }

    fn marked(words: &[(&str, f32)], most: usize) -> Vec<Segment> {
        let themes = ["politics", "transport"].map(String::from);
        segments(TEXT, marks(&supports(words), &passage(), &themes), most)
    }

    #[test]
    fn segments_join_to_the_text_that_is_shown() {
        let segments = marked(&[("taxi", 0.5), ("late", 0.25), ("The", 0.001)], 500);
        let joined: String = segments.iter().map(|segment| segment.text.as_str()).collect();
        assert_eq!(joined, plain::visible(TEXT));
        let marked: Vec<_> = segments
            .iter()
            .filter_map(|segment| {
                segment.mark.as_ref().map(|mark| (segment.text.as_str(), mark.level, mark.theme))
            })
            .collect();
        assert_eq!(marked, [("taxi", 3, Some(1)), ("late", 2, Some(1))]);
    }

    #[test]
    fn a_word_beyond_the_snippet_is_not_shown() {
        let segments = marked(&[("again", 0.5)], 12);
        assert!(segments.iter().all(|segment| segment.mark.is_none()), "{segments:?}");
        assert_eq!(segments[segments.len() - 1].text, " …");
    }
}
