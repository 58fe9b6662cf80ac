//! What a report is drawn from: the tables of a run, joined and counted.
//!
//! *Takes* a folder of tables and its record. *Gives* [`Contents`]. *Fails* on a damaged table. The counts are those of
//! `theme_by_date`, summed over groups; where that has more periods than a chart can show, longer ones are counted.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use polars::prelude::DataFrame;

use super::texts::{Texts, TextsWriter};
use super::wording;
use crate::article::{Precision, passage_id};
use crate::error::{Error, Result};
use crate::frame::schema::name;
use crate::frame::{self, column};
use crate::record::Record;
use crate::score::Sentiment;
use crate::tally::{MIN_CONFIDENCE, Period};

/// Points that all charts over time may have together; beyond them longer periods are drawn.
const MAX_POINTS: usize = 4_000;

/// Characters of a headline that are shown.
const TITLE: usize = 240;

/// Characters of an outlet's name that are shown.
const OUTLET: usize = 80;

/// Characters of the text a date was read from that are shown.
const DATE_TEXT: usize = 80;

/// The tables, from which [`Contents`] borrows. Passages are read later and piece by piece: they are most of a run.
pub(super) struct Tables {
    folder: PathBuf,
    articles: DataFrame,
    frequencies: DataFrame,
    skipped: BTreeMap<String, u64>,
}

impl Tables {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let wanted = [
            name::ARTICLE,
            name::TITLE,
            name::URL,
            name::OUTLET,
            name::DATE,
            name::DATE_PRECISION,
            name::DATE_SOURCE,
            name::DATE_CONFIDENCE,
            name::DATE_TEXT,
            name::NOT_BEFORE,
            name::NOT_AFTER,
            name::COUNTED,
        ];
        Ok(Self {
            folder: folder.to_owned(),
            articles: frame::read(folder, "articles", Some(&wanted))?,
            frequencies: frame::read(
                folder,
                "theme_by_date",
                Some(&[name::DATE, name::THEME, name::COMPLETE]),
            )?,
            skipped: skipped(folder)?,
        })
    }
}

/// Inputs that could not be read, by reason.
fn skipped(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let path = folder.join("skipped.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    let fault = |error: csv::Error| Error::Table { path: path.clone(), message: error.to_string() };
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let place = reader.headers().map_err(fault)?.iter().position(|column| column == "reason");
    let mut reasons = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(fault)?;
        let reason = place.and_then(|place| row.get(place)).unwrap_or_default();
        *reasons.entry(reason.to_owned()).or_default() += 1;
    }
    Ok(reasons)
}

/// An article that holds at least one passage.
pub(super) struct Article<'a> {
    pub(super) id: &'a str,
    /// Safe for a page and cut, as are all texts of an article.
    pub(super) title: Option<String>,
    /// Its headline as it stands in the table.
    pub(super) raw_title: Option<&'a str>,
    /// Index in [`Contents::outlets`].
    pub(super) outlet: usize,
    /// Its address if that is one of the web.
    pub(super) url: Option<&'a str>,
    /// Its date, also where that is too doubtful or coarse to be counted.
    pub(super) date: Option<Date>,
    pub(super) precision: Precision,
    pub(super) date_source: Option<&'a str>,
    pub(super) confidence: f64,
    pub(super) date_text: Option<String>,
    pub(super) not_before: Option<Date>,
    pub(super) not_after: Option<Date>,
    /// Whether it counts under its date, as in `theme_by_date`.
    pub(super) is_dated: bool,
    /// Index of its period, if it is dated.
    pub(super) slot: Option<usize>,
    /// Whether its passages are counted.
    pub(super) is_counted: bool,
    /// Rows of its passages in [`Contents::passages`].
    pub(super) passages: std::ops::Range<usize>,
}

/// A passage, counted or only a neighbour of one that is. Its text is [`Contents::text`].
pub(super) struct Passage {
    /// Index in [`Contents::articles`].
    pub(super) article: usize,
    pub(super) position: usize,
    pub(super) is_counted: bool,
    pub(super) is_relevant: bool,
    /// Indices of the themes given.
    pub(super) themes: Box<[usize]>,
    /// Index in [`Sentiment::ALL`].
    pub(super) sentiment: Option<usize>,
    pub(super) is_by_person: bool,
}

/// Counts of one row name in one period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) passages: u64,
    pub(super) articles: u64,
    /// Negative, neutral, positive.
    pub(super) by_sentiment: [u64; 3],
}

/// Counts of one row name over time.
#[derive(Debug, Clone, Default)]
pub(super) struct Series {
    /// One per period.
    pub(super) cells: Vec<Cell>,
    pub(super) undated: Cell,
}

/// A period on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) start: Date,
    pub(super) last: Date,
    pub(super) is_complete: bool,
}

/// An outlet; without a name for articles whose outlet is not known.
#[derive(Debug, Clone, Default)]
pub(super) struct Outlet<'a> {
    pub(super) raw: Option<&'a str>,
    pub(super) name: Option<String>,
    /// Passages about SEND, the undated included.
    pub(super) cell: Cell,
}

/// What a report is drawn from.
pub(super) struct Contents<'a> {
    pub(super) record: &'a Record,
    pub(super) articles: Vec<Article<'a>>,
    /// In the order of the table; those of one article stand together.
    pub(super) passages: Vec<Passage>,
    pub(super) texts: Texts,
    /// By passages, most first, then by name.
    pub(super) outlets: Vec<Outlet<'a>>,
    /// The period that is drawn: that of the run, or a longer one.
    pub(super) period: Period,
    pub(super) slots: Vec<Slot>,
    /// One per theme of the run.
    pub(super) themes: Vec<Series>,
    /// Every passage about SEND: the denominators.
    pub(super) all: Series,
    /// Inputs that could not be read, by reason.
    pub(super) skipped: &'a BTreeMap<String, u64>,
}

impl<'a> Contents<'a> {
    /// Joins and counts.
    ///
    /// # Errors
    /// [`Error::Table`] if a column is missing or of another type.
    pub(super) fn new(tables: &'a Tables, record: &'a Record) -> Result<Self> {
        let themes = &record.codebook.themes;
        let (period, slots) = slots(tables, record.period(), themes.len())?;
        let mut articles = articles(&tables.articles, record.period())?;
        let (passages, texts) = passages(&tables.folder, themes, &mut articles)?;
        let mut contents = Self {
            record,
            articles,
            passages,
            texts,
            outlets: Vec::new(),
            period,
            slots,
            themes: Vec::new(),
            all: Series::default(),
            skipped: &tables.skipped,
        };
        contents.name_outlets(&column::texts(&tables.articles, name::OUTLET)?);
        contents.count();
        Ok(contents)
    }

    /// Gives every article its period and adds its passages up.
    fn count(&mut self) {
        let empty = Series { cells: vec![Cell::default(); self.slots.len()], undated: Cell::default() };
        self.all = empty.clone();
        self.themes = vec![empty; self.record.codebook.themes.len()];
        for article in &mut self.articles {
            let date = article.date.filter(|_| article.is_dated).map(|date| self.period.start(date));
            article.slot =
                date.and_then(|date| self.slots.binary_search_by_key(&date, |slot| slot.start).ok());
            let mut seen = vec![false; self.themes.len() + 1];
            for passage in &self.passages[article.passages.clone()] {
                let Some(sentiment) = passage.sentiment.filter(|_| passage.is_counted && passage.is_relevant)
                else {
                    continue;
                };
                let all = std::iter::once((self.themes.len(), &mut self.all));
                for (index, series) in self.themes.iter_mut().enumerate().chain(all) {
                    let is_of = index == seen.len() - 1 || passage.themes.contains(&index);
                    if is_of {
                        let cell = article.slot.map_or(&mut series.undated, |slot| &mut series.cells[slot]);
                        cell.passages += 1;
                        cell.by_sentiment[sentiment] += 1;
                        cell.articles += u64::from(!seen[index]);
                        seen[index] = true;
                    }
                }
                let cell = &mut self.outlets[article.outlet].cell;
                cell.passages += 1;
                cell.by_sentiment[sentiment] += 1;
            }
            self.outlets[article.outlet].cell.articles += u64::from(seen[self.themes.len()]);
        }
        self.order_outlets();
    }

    /// Numbers outlets in the order of their first article.
    fn name_outlets(&mut self, raw: &[Option<&'a str>]) {
        let mut places = HashMap::new();
        for (article, raw) in self.articles.iter_mut().zip(raw) {
            article.outlet = *places.entry(*raw).or_insert_with(|| {
                let name = raw.map(|raw| wording::cut(raw, OUTLET));
                self.outlets.push(Outlet { raw: *raw, name, cell: Cell::default() });
                self.outlets.len() - 1
            });
        }
    }

    fn order_outlets(&mut self) {
        let mut order: Vec<_> = (0..self.outlets.len()).collect();
        order.sort_by_key(|index| {
            let outlet = &self.outlets[*index];
            (std::cmp::Reverse(outlet.cell.passages), outlet.raw)
        });
        let mut places = vec![0; order.len()];
        for (place, index) in order.iter().enumerate() {
            places[*index] = place;
        }
        for article in &mut self.articles {
            article.outlet = places[article.outlet];
        }
        self.outlets = order.iter().map(|index| self.outlets[*index].clone()).collect();
    }

    /// Whether the charts show longer periods than the tables.
    pub(super) fn is_coarser(&self) -> bool {
        self.period != self.record.period()
    }

    /// The article of a passage.
    pub(super) fn article_of(&self, passage: &Passage) -> &Article<'a> {
        &self.articles[passage.article]
    }

    /// The id of a passage, as in the tables.
    pub(super) fn id_of(&self, passage: &Passage) -> String {
        passage_id(self.article_of(passage).id, passage.position)
    }

    /// The text of the passage in this row.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub(super) fn text(&self, row: usize) -> Result<String> {
        self.texts.get(row)
    }

    /// Rows of the passages before and after the one in this row, in the same article.
    pub(super) fn neighbours(&self, row: usize) -> [Option<usize>; 2] {
        let within = &self.articles[self.passages[row].article].passages;
        let before = row.checked_sub(1).filter(|row| within.contains(row));
        [before, Some(row + 1).filter(|row| within.contains(row))]
    }
}

/// The periods of `theme_by_date`, or longer ones if they are too many to draw.
fn slots(tables: &Tables, period: Period, themes: usize) -> Result<(Period, Vec<Slot>)> {
    let dates = column::dates(&tables.frequencies, name::DATE)?;
    let complete = column::flags(&tables.frequencies, name::COMPLETE)?;
    let mut slots: Vec<Slot> = Vec::new();
    for (start, is_complete) in dates.into_iter().zip(complete) {
        let Some(start) = start else { continue };
        if slots.last().is_none_or(|last| last.start != start) {
            let last = period.last_day(start);
            slots.push(Slot { start, last, is_complete: is_complete == Some(true) });
        }
    }
    Ok(drawable(period, slots, MAX_POINTS / (themes + 2)))
}

/// The first period, from `period` on, in which the range has at most `most` of them; a year at the longest.
fn drawable(period: Period, slots: Vec<Slot>, most: usize) -> (Period, Vec<Slot>) {
    let longer = Period::ALL.into_iter().skip_while(|longer| *longer != period).nth(1);
    let (Some(longer), Some(first), Some(last)) = (longer, slots.first(), slots.last()) else {
        return (period, slots);
    };
    if slots.len() <= most {
        return (period, slots);
    }
    let covered = || slots.iter().filter(|slot| slot.is_complete);
    let covered = covered().map(|slot| slot.start).min().zip(covered().map(|slot| slot.last).max());
    let mut made = Vec::new();
    let mut start = longer.start(first.start);
    while start <= last.start {
        let end = longer.last_day(start);
        let is_complete = covered.is_some_and(|(from, to)| from <= start && end <= to);
        made.push(Slot { start, last: end, is_complete });
        let next = longer.next(start);
        if next <= start {
            break;
        }
        start = next;
    }
    drawable(longer, made, most)
}

fn articles(frame: &DataFrame, period: Period) -> Result<Vec<Article<'_>>> {
    let ids = column::texts(frame, name::ARTICLE)?;
    let titles = column::texts(frame, name::TITLE)?;
    let urls = column::texts(frame, name::URL)?;
    let dates = column::dates(frame, name::DATE)?;
    let precisions = column::texts(frame, name::DATE_PRECISION)?;
    let sources = column::texts(frame, name::DATE_SOURCE)?;
    let confidences = column::numbers(frame, name::DATE_CONFIDENCE)?;
    let read_from = column::texts(frame, name::DATE_TEXT)?;
    let not_before = column::dates(frame, name::NOT_BEFORE)?;
    let not_after = column::dates(frame, name::NOT_AFTER)?;
    let counted = column::flags(frame, name::COUNTED)?;
    let rows = ids.into_iter().enumerate();
    Ok(rows
        .map(|(row, id)| {
            let precision = precisions[row].and_then(Precision::parse);
            let confidence = confidences[row].unwrap_or(0.0);
            Article {
                id: id.unwrap_or_default(),
                title: titles[row].map(|title| wording::cut(title, TITLE)),
                raw_title: titles[row],
                outlet: 0,
                url: urls[row].filter(|url| is_web(url)),
                date: dates[row],
                precision: precision.unwrap_or(Precision::Year),
                date_source: sources[row],
                confidence,
                date_text: read_from[row].map(|text| wording::cut(text, DATE_TEXT)),
                not_before: not_before[row],
                not_after: not_after[row],
                is_dated: dates[row].is_some()
                    && confidence >= MIN_CONFIDENCE
                    && precision.is_some_and(|precision| period.is_served_by(precision)),
                slot: None,
                is_counted: counted[row] == Some(true),
                passages: 0..0,
            }
        })
        .collect())
}

/// Longest address that becomes a link, in bytes.
const MAX_URL: usize = 2_000;

/// Whether an address may become a link: `javascript:` and its like may not, nor what would turn text around.
fn is_web(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
        && url.len() <= MAX_URL
        && url.chars().all(|c| !c.is_whitespace() && !crate::plain::is_unprintable(c))
}

/// The passages and their texts; each article is told which rows are its own.
fn passages(folder: &Path, themes: &[String], articles: &mut [Article<'_>]) -> Result<(Vec<Passage>, Texts)> {
    let places: HashMap<_, _> =
        articles.iter().enumerate().map(|(index, article)| (article.id, index)).collect();
    let wanted = [
        name::ARTICLE,
        name::POSITION,
        name::TEXT,
        name::COUNTED,
        name::RELEVANT,
        name::THEMES,
        name::SENTIMENT,
        name::LABELLED_BY,
    ];
    let mut passages = Vec::<Passage>::new();
    let mut kept = TextsWriter::new(folder)?;
    for frame in frame::pieces(folder, "passages", &wanted)? {
        let frame = frame?;
        let of = column::texts(&frame, name::ARTICLE)?;
        let positions = column::integers(&frame, name::POSITION)?;
        let texts = column::texts(&frame, name::TEXT)?;
        let counted = column::flags(&frame, name::COUNTED)?;
        let relevant = column::flags(&frame, name::RELEVANT)?;
        let given = column::text_lists(&frame, name::THEMES)?;
        let sentiments = column::texts(&frame, name::SENTIMENT)?;
        let labelled_by = column::texts(&frame, name::LABELLED_BY)?;
        for (row, given) in given.into_iter().enumerate() {
            let Some(article) = of[row].and_then(|id| places.get(id).copied()) else { continue };
            if passages.last().is_none_or(|last| last.article != article) {
                articles[article].passages = passages.len()..passages.len();
            }
            articles[article].passages.end = passages.len() + 1;
            passages.push(Passage {
                article,
                position: positions[row].and_then(|position| position.try_into().ok()).unwrap_or(0),
                is_counted: counted[row] == Some(true),
                is_relevant: relevant[row] == Some(true),
                themes: given
                    .iter()
                    .filter_map(|theme| themes.iter().position(|known| known == theme))
                    .collect(),
                sentiment: sentiments[row]
                    .and_then(|name| Sentiment::ALL.iter().position(|sentiment| sentiment.as_str() == name)),
                is_by_person: labelled_by[row] == Some("person"),
            });
            kept.push(texts[row].unwrap_or_default())?;
        }
    }
    Ok((passages, kept.finish()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days(count: i8) -> Vec<Slot> {
        let slot = |day| Slot {
            start: date(2024, 1, day),
            last: date(2024, 1, day),
            is_complete: (2..31).contains(&day),
        };
        (1..=count).map(slot).collect()
    }

    #[test]
    fn too_many_periods_become_longer_ones() {
        assert_eq!(drawable(Period::Day, days(31), 31), (Period::Day, days(31)));
        let (period, weeks) = drawable(Period::Day, days(31), 5);
        assert_eq!((period, weeks.len(), weeks[0].start), (Period::Week, 5, date(2024, 1, 1)));
        let complete: Vec<_> = weeks.iter().map(|week| week.is_complete).collect();
        assert_eq!(complete, [false, true, true, true, false], "the first and last lack a day");
        assert_eq!(drawable(Period::Day, days(31), 0).0, Period::Year, "a year is the longest");
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert!(is_web("https://example.org/a?b=c") && is_web("HTTP://example.org"));
        for url in ["javascript:alert(1)//://", "data:text/html,x", "/a", "https://a b", "https://a\u{202e}"]
        {
            assert!(!is_web(url), "{url}");
        }
    }
}
