//! Labels counted per period and group. Integers only; the order of adding does not matter.
//!
//! *Takes* one [`Counted`] per article. *Gives* [`Row`]s: every period from first to last for every
//! theme and group, then the undated. *Cost*: a set of 8-byte keys per row, to count distinct texts.
//!
//! Invariants: in every row `negative + neutral + positive = passages`; `any + none = all`; every
//! counted passage stands in `all` or in `off_topic`, never in both.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::article::{Chosen, Precision};
use crate::error::{Error, Result};
use crate::score::Labels;

/// Trust below which a date is not used.
pub const MIN_CONFIDENCE: f64 = 0.5;

/// Most rows a tally may have; beyond it a finer period than the data can bear was asked for.
const MAX_ROWS: usize = 5_000_000;

/// The length of a row's period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    #[default]
    Month,
    /// A quarter of a year.
    Quarter,
    /// A year.
    Year,
}

impl Period {
    /// All periods, shortest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The name used in tables and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// First day of the period that holds `date`.
    #[must_use]
    pub fn start(self, date: Date) -> Date {
        let first_of = |month: i8| Date::new(date.year(), month, 1).expect("the first of a month exists");
        match self {
            Self::Day => date,
            Self::Week => {
                let back = date.weekday().since(Weekday::Monday);
                date.checked_sub(i64::from(back).days()).unwrap_or(date)
            }
            Self::Month => first_of(date.month()),
            Self::Quarter => first_of((date.month() - 1) / 3 * 3 + 1),
            Self::Year => first_of(1),
        }
    }

    /// First day of the next period; `start` must be a first day. The calendar's last day stays itself.
    #[must_use]
    pub fn next(self, start: Date) -> Date {
        let step = match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Year => 1.year(),
        };
        start.saturating_add(step)
    }

    /// Last day of the period that begins on `start`.
    #[must_use]
    pub fn last_day(self, start: Date) -> Date {
        self.next(start).saturating_sub(1.day())
    }

    /// Whether a date of `precision` falls into one period for certain.
    #[must_use]
    pub fn is_served_by(self, precision: Precision) -> bool {
        match precision {
            Precision::Day => true,
            Precision::Month => matches!(self, Self::Month | Self::Quarter | Self::Year),
            Precision::Year => self == Self::Year,
        }
    }

    /// First day of the period an article counts in; `None` if its date is missing, doubtful or too coarse.
    #[must_use]
    pub fn of(self, chosen: Option<&Chosen>) -> Option<Date> {
        chosen
            .filter(|chosen| chosen.confidence >= MIN_CONFIDENCE && self.is_served_by(chosen.precision))
            .map(|chosen| self.start(chosen.date))
    }
}

/// A row's subject: a theme of the codebook, or one of four that are no themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The theme with this index in the codebook.
    Theme(usize),
    /// Every counted passage that is about SEND.
    All,
    /// At least one theme.
    Any,
    /// About SEND, no theme.
    None,
    /// Not about SEND.
    OffTopic,
}

impl Subject {
    /// Whether a passage with `labels` counts here.
    #[must_use]
    pub fn holds(self, labels: &Labels) -> bool {
        match self {
            Self::OffTopic => !labels.is_relevant,
            _ if !labels.is_relevant => false,
            Self::Theme(index) => labels.themes[index],
            Self::All => true,
            Self::Any => labels.themes.contains(&true),
            Self::None => !labels.themes.contains(&true),
        }
    }
}

/// The counted passages of one article.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// First day of its period; `None` for undated.
    pub period: Option<Date>,
    /// Its values of the `--by` columns.
    pub group: &'a [Option<String>],
    /// Label and key of the normalised text of each counted passage; equal texts of one cluster have equal keys.
    pub passages: &'a [(&'a Labels, u64)],
}

/// Counts of one subject in one period and group.
#[derive(Debug, Clone, Default)]
struct Cell {
    passages: u64,
    articles: u64,
    by_sentiment: [u64; 3],
    keys: HashSet<u64>,
}

/// Counts of one period and group.
#[derive(Debug, Clone)]
struct Slot {
    /// In the order of [`Tally::subjects`].
    cells: Vec<Cell>,
    /// Articles with at least one counted passage, about SEND or not.
    articles: u64,
}

/// Values of the `--by` columns.
type Group = Vec<Option<String>>;

/// Counts per period, group and subject.
#[derive(Debug, Clone)]
pub struct Tally {
    period: Period,
    subjects: Vec<Subject>,
    slots: BTreeMap<(Option<Date>, Group), Slot>,
    groups: BTreeSet<Group>,
}

/// One row of `theme_by_date`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// First day of the period; `None` for the undated row.
    pub date: Option<Date>,
    /// Values of the `--by` columns.
    pub group: Vec<Option<String>>,
    /// What is counted.
    pub subject: Subject,
    /// Passages of the subject.
    pub passages: u64,
    /// Articles with at least one of them.
    pub articles: u64,
    /// The denominator of `passages`.
    pub all_passages: u64,
    /// The denominator of `articles`.
    pub all_articles: u64,
    /// Passages by sentiment: negative, neutral, positive.
    pub by_sentiment: [u64; 3],
    /// Distinct (cluster, normalised text) among `passages`.
    pub unique_passages: u64,
    /// Distinct (cluster, normalised text) among `all_passages`.
    pub all_unique_passages: u64,
    /// Whether the corpus covers every day of the period; `None` for the undated row.
    pub is_complete: Option<bool>,
}

impl Row {
    /// `passages / all_passages`; `None` where the denominator is 0.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        ratio(self.passages as f64, self.all_passages)
    }

    /// `articles / all_articles`; `None` where the denominator is 0.
    #[must_use]
    pub fn article_share(&self) -> Option<f64> {
        ratio(self.articles as f64, self.all_articles)
    }

    /// `(positive − negative) / passages`, in [-1, 1]; `None` where the denominator is 0.
    #[must_use]
    pub fn net_sentiment(&self) -> Option<f64> {
        let [negative, _, positive] = self.by_sentiment;
        ratio(positive as f64 - negative as f64, self.passages)
    }
}

fn ratio(part: f64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part / whole as f64)
}

impl Tally {
    /// An empty tally of `themes` themes per `period`.
    #[must_use]
    pub fn new(themes: usize, period: Period) -> Self {
        let mut subjects: Vec<_> = (0..themes).map(Subject::Theme).collect();
        subjects.extend([Subject::All, Subject::Any, Subject::None, Subject::OffTopic]);
        Self { period, subjects, slots: BTreeMap::new(), groups: BTreeSet::new() }
    }

    /// Adds the counted passages of one article. Each article is added once.
    pub fn add(&mut self, article: &Counted<'_>) {
        if article.passages.is_empty() {
            return;
        }
        self.groups.insert(article.group.to_vec());
        let subjects = self.subjects.len();
        let slot = self
            .slots
            .entry((article.period, article.group.to_vec()))
            .or_insert_with(|| Slot { cells: vec![Cell::default(); subjects], articles: 0 });
        slot.articles += 1;
        let mut has_subject = vec![false; subjects];
        for (labels, key) in article.passages {
            for (index, subject) in self.subjects.iter().enumerate() {
                if !subject.holds(labels) {
                    continue;
                }
                let cell = &mut slot.cells[index];
                cell.passages += 1;
                cell.by_sentiment[labels.sentiment as usize] += 1;
                cell.keys.insert(*key);
                has_subject[index] = true;
            }
        }
        for (cell, has) in slot.cells.iter_mut().zip(has_subject) {
            cell.articles += u64::from(has);
        }
    }

    /// The rows, by date, group and subject; the undated rows come last.
    ///
    /// `covered` is the span of days the corpus covers, by which a row is complete or not; `None` if
    /// nothing is dated.
    ///
    /// # Errors
    /// [`Error::Config`] if the period is too fine for the range of dates: the table would have more
    /// than five million rows.
    pub fn rows(&self, covered: Option<(Date, Date)>) -> Result<Vec<Row>> {
        let mut periods = Vec::new();
        if let Some((first, last)) = self.range() {
            let mut date = first;
            while date <= last {
                periods.push(Some(date));
                let next = self.period.next(date);
                if next <= date {
                    break;
                }
                date = next;
            }
        }
        periods.push(None);
        let groups: Vec<_> = self.groups.iter().collect();
        let count = periods.len().saturating_mul(groups.len()).saturating_mul(self.subjects.len());
        if count > MAX_ROWS {
            return Err(Error::config_hint(
                format!(
                    "{} periods of a {}, {} groups: theme_by_date would have {count} rows",
                    periods.len(),
                    self.period.as_str(),
                    groups.len()
                ),
                "choose a longer --period, fewer --by columns, or bounds with --since and --until",
            ));
        }
        let empty = Slot { cells: vec![Cell::default(); self.subjects.len()], articles: 0 };
        let mut rows = Vec::with_capacity(count);
        for period in periods {
            let is_complete = period.map(|start| {
                covered.is_some_and(|(first, last)| first <= start && self.period.last_day(start) <= last)
            });
            for group in &groups {
                let slot = self.slots.get(&(period, (*group).clone())).unwrap_or(&empty);
                for (index, subject) in self.subjects.iter().enumerate() {
                    rows.push(self.row(period, group, *subject, index, slot, is_complete));
                }
            }
        }
        Ok(rows)
    }

    fn row(
        &self,
        date: Option<Date>,
        group: &Group,
        subject: Subject,
        index: usize,
        slot: &Slot,
        is_complete: Option<bool>,
    ) -> Row {
        let cell = &slot.cells[index];
        let all = &slot.cells[self.index_of(Subject::All)];
        let off_topic = &slot.cells[self.index_of(Subject::OffTopic)];
        let (all_passages, all_articles, all_unique_passages) = if subject == Subject::OffTopic {
            let unique = all.keys.union(&off_topic.keys).count();
            (all.passages + off_topic.passages, slot.articles, unique as u64)
        } else {
            (all.passages, all.articles, all.keys.len() as u64)
        };
        Row {
            date,
            group: group.clone(),
            subject,
            passages: cell.passages,
            articles: cell.articles,
            all_passages,
            all_articles,
            by_sentiment: cell.by_sentiment,
            unique_passages: cell.keys.len() as u64,
            all_unique_passages,
            is_complete,
        }
    }

    fn index_of(&self, subject: Subject) -> usize {
        self.subjects.iter().position(|other| *other == subject).expect("`new` lists every subject")
    }

    /// First day of the first and of the last dated period; `None` if nothing is dated.
    #[must_use]
    pub fn range(&self) -> Option<(Date, Date)> {
        let filled = self.filled();
        Some((*filled.keys().next()?, *filled.keys().next_back()?))
    }

    /// The dated periods that hold an article, with the number of articles, in order.
    #[must_use]
    pub fn filled(&self) -> BTreeMap<Date, u64> {
        let mut filled = BTreeMap::new();
        for ((date, _), slot) in &self.slots {
            if let Some(date) = date {
                *filled.entry(*date).or_default() += slot.articles;
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Sentiment;
    use jiff::civil::date;

    fn labels(themes: [bool; 2], is_relevant: bool, sentiment: Sentiment) -> Labels {
        Labels { is_relevant, themes: themes.to_vec(), sentiment }
    }

    /// A date and labelled passages.
    type Dated = (Option<Date>, Vec<(Labels, u64)>);

    fn rows_of(articles: &[Dated], period: Period) -> Vec<Row> {
        let mut tally = Tally::new(2, period);
        for (date, passages) in articles {
            let passages: Vec<_> = passages.iter().map(|(labels, key)| (labels, *key)).collect();
            tally.add(&Counted {
                period: date.map(|date| period.start(date)),
                group: &[],
                passages: &passages,
            });
        }
        tally.rows(tally.range()).expect("few rows")
    }

    #[test]
    fn counts_and_denominators_of_one_month() {
        let passages = vec![
            (labels([true, false], true, Sentiment::Negative), 1),
            (labels([true, true], true, Sentiment::Positive), 2),
            (labels([false, false], true, Sentiment::Neutral), 3),
            (labels([false, false], false, Sentiment::Neutral), 4),
        ];
        let rows = rows_of(&[(Some(date(2024, 5, 9)), passages)], Period::Month);
        let first = &rows[0];
        assert_eq!((first.passages, first.all_passages, first.articles, first.all_articles), (2, 3, 1, 1));
        assert_eq!(first.net_sentiment(), Some(0.0));
        let off_topic = &rows[5];
        assert_eq!(
            (off_topic.subject, off_topic.passages, off_topic.all_passages),
            (Subject::OffTopic, 1, 4)
        );
    }

    #[test]
    fn every_period_between_first_and_last_is_present() {
        let passage = || vec![(labels([true, false], true, Sentiment::Neutral), 1)];
        let articles = [(Some(date(2024, 1, 31)), passage()), (Some(date(2024, 4, 1)), passage())];
        let rows = rows_of(&articles, Period::Month);
        let dates: BTreeSet<_> = rows.iter().filter_map(|row| row.date).collect();
        assert_eq!(dates.len(), 4);
        let empty = rows.iter().find(|row| row.date == Some(date(2024, 2, 1))).expect("February is present");
        assert_eq!((empty.passages, empty.share(), empty.net_sentiment()), (0, None, None));
        assert!(rows.iter().any(|row| row.date.is_none()), "the undated row stays");
    }

    #[test]
    fn equal_texts_of_one_cluster_are_one_unique_passage() {
        let passage = || vec![(labels([true, false], true, Sentiment::Neutral), 7)];
        let articles = [(Some(date(2024, 1, 3)), passage()), (Some(date(2024, 1, 4)), passage())];
        let rows = rows_of(&articles, Period::Year);
        assert_eq!((rows[0].passages, rows[0].unique_passages, rows[0].all_unique_passages), (2, 1, 1));
    }

    #[test]
    fn a_week_begins_on_monday() {
        assert_eq!(Period::Week.start(date(2024, 5, 19)), date(2024, 5, 13));
        assert_eq!(Period::Quarter.start(date(2024, 5, 19)), date(2024, 4, 1));
        assert_eq!(Period::Quarter.last_day(date(2024, 4, 1)), date(2024, 6, 30));
    }

    #[test]
    fn a_coarse_or_doubtful_date_leaves_an_article_undated() {
        let chosen = |precision, confidence| Chosen {
            date: date(2024, 5, 1),
            precision,
            source: crate::article::DateSource::Url,
            confidence,
            text: String::new(),
        };
        assert_eq!(Period::Day.of(Some(&chosen(Precision::Month, 0.9))), None);
        assert_eq!(Period::Month.of(Some(&chosen(Precision::Month, 0.9))), Some(date(2024, 5, 1)));
        assert_eq!(Period::Month.of(Some(&chosen(Precision::Day, 0.47))), None);
    }

    #[test]
    fn a_range_too_long_for_its_period_is_refused() {
        let passage = || vec![(labels([true, false], true, Sentiment::Neutral), 1)];
        let mut tally = Tally::new(2, Period::Day);
        for outlet in 0..100 {
            let group = [Some(format!("{outlet}"))];
            let passages = passage();
            let passages: Vec<_> = passages.iter().map(|(labels, key)| (labels, *key)).collect();
            for day in [date(1980, 1, 1), date(2026, 1, 1)] {
                tally.add(&Counted { period: Some(day), group: &group, passages: &passages });
            }
        }
        assert!(tally.rows(None).is_err());
    }
}
