//! The tables of a published run, read back as plain rows.
//!
//! *Takes* a table as it was read. *Gives* its rows in order; they borrow their texts from it. *Fails* if a column is
//! missing, of another type, or null where it says who or what. *Cost*: one pass.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use polars::prelude::DataFrame;
use serde::Serialize;

use crate::article::Precision;
use crate::error::{Error, Result};
use crate::frame::{self, column, schema::name};
use crate::score::Scores;
use crate::tally::{MIN_CONFIDENCE, Period};

/// What the checks and comparisons need of a row of `articles`.
#[derive(Debug, Clone, PartialEq)]
pub struct Article<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its outlet.
    pub outlet: Option<&'a str>,
    /// Its headline.
    pub title: Option<&'a str>,
    /// Its date.
    pub date: Option<Date>,
    /// How finely the date is known.
    pub precision: Option<Precision>,
    /// Trust in the date, in [0, 1]; 0 without one.
    pub confidence: f64,
    /// Words of its passages of kind body or list_item.
    pub words: i64,
    /// Number of these passages.
    pub passages: i64,
    /// Shared by articles with the same body.
    pub cluster: Option<&'a str>,
    /// Articles that share it.
    pub copies: i64,
    /// Whether its passages are counted.
    pub is_counted: bool,
}

impl Article<'_> {
    /// First day of the period it counts in; `None` if its date is missing, doubtful or too coarse.
    #[must_use]
    pub fn period(&self, period: Period) -> Option<Date> {
        let is_fine = self.precision.is_some_and(|precision| period.is_served_by(precision));
        self.usable_date().filter(|_| is_fine).map(|date| period.start(date))
    }

    /// Its date, if there is enough trust in it.
    #[must_use]
    pub fn usable_date(&self) -> Option<Date> {
        self.date.filter(|_| self.confidence >= MIN_CONFIDENCE)
    }
}

/// A row of `passages`.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage<'a> {
    /// Its id.
    pub id: &'a str,
    /// Id of its article.
    pub article: &'a str,
    /// Its number in the article, from 1.
    pub position: i64,
    /// The passage.
    pub text: &'a str,
    /// First byte in the article's cleaned text.
    pub start: i64,
    /// One past the last byte.
    pub end: i64,
    /// body, list_item, headline or standfirst.
    pub kind: &'a str,
    /// Id of the passage that introduces its list.
    pub lead_in: Option<&'a str>,
    /// Its words.
    pub words: i64,
    /// Tokens for the engine; `None` if it was not scored.
    pub tokens: Option<i64>,
    /// Tokens that the engine did not see.
    pub truncated_tokens: Option<i64>,
    /// Date of its article.
    pub date: Option<Date>,
    /// Outlet of its article.
    pub outlet: Option<&'a str>,
    /// Cluster of its article.
    pub cluster: Option<&'a str>,
    /// Whether it is counted.
    pub is_counted: bool,
    /// Whether it is about SEND.
    pub is_relevant: Option<bool>,
    /// Themes given, in codebook order.
    pub themes: Vec<String>,
    /// Sentiment of the passage.
    pub sentiment: Option<&'a str>,
    /// Probability of being about SEND.
    pub p_relevant: Option<f32>,
    /// Probabilities of negative, neutral and positive.
    pub p_sentiment: Option<[f32; 3]>,
    /// Whom its labels are from: engine or person.
    pub labelled_by: Option<&'a str>,
}

/// A row of `labels`.
#[derive(Debug, Clone, PartialEq)]
pub struct Label<'a> {
    /// Id of the passage.
    pub passage: &'a str,
    /// The theme.
    pub theme: &'a str,
    /// Its score.
    pub score: f32,
    /// Its score before it leaned on the rest of the article.
    pub score_alone: f32,
    /// Whether it was given.
    pub is_assigned: bool,
    /// Lowest score at which it is given.
    pub threshold: f32,
    /// Who decided: engine or person.
    pub labelled_by: &'a str,
}

/// What names a row of `theme_by_date`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    /// First day of the period; `None` for undated.
    pub date: Option<Date>,
    /// Values of the `--by` columns.
    pub group: Vec<Option<String>>,
    /// A theme, or `all`, `any`, `none`, `off_topic`.
    pub theme: String,
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.date {
            Some(date) => write!(formatter, "{date} {}", self.theme)?,
            None => write!(formatter, "undated {}", self.theme)?,
        }
        for value in &self.group {
            write!(formatter, " {}", value.as_deref().unwrap_or("(unknown)"))?;
        }
        Ok(())
    }
}

/// A row of `theme_by_date`.
#[derive(Debug, Clone, PartialEq)]
pub struct Frequency {
    /// What names it.
    pub key: Key,
    /// The length of its period.
    pub period: String,
    /// Passages of the theme.
    pub passages: i64,
    /// Articles with at least one of them.
    pub articles: i64,
    /// Denominator of `share`.
    pub all_passages: i64,
    /// Denominator of `article_share`.
    pub all_articles: i64,
    /// Passages over all passages.
    pub share: Option<f64>,
    /// Articles over all articles.
    pub article_share: Option<f64>,
    /// Positive less negative passages, over passages.
    pub net_sentiment: Option<f64>,
    /// Negative, neutral and positive passages.
    pub by_sentiment: [i64; 3],
    /// Distinct texts among the passages.
    pub unique_passages: i64,
    /// Distinct texts among all passages.
    pub all_unique_passages: i64,
    /// Whether the corpus covers every day of the period.
    pub is_complete: Option<bool>,
}

/// The tables of a run that rows are read from.
#[derive(Debug)]
pub struct Tables {
    /// `articles`
    pub articles: DataFrame,
    /// `passages`
    pub passages: DataFrame,
    /// `labels`
    pub labels: DataFrame,
    /// `blocks`
    pub blocks: DataFrame,
    /// `theme_by_date`
    pub frequencies: DataFrame,
}

impl Tables {
    /// Reads those of the run in `out`.
    ///
    /// # Errors
    /// [`Error::Io`] if a file is missing, [`Error::Table`] if one is damaged.
    pub fn read(out: &Path) -> Result<Self> {
        let read = |table| frame::read(out, table, None);
        Ok(Self {
            articles: read("articles")?,
            passages: read("passages")?,
            labels: read("labels")?,
            blocks: read("blocks")?,
            frequencies: read("theme_by_date")?,
        })
    }
}

/// The cells of a column that has no nulls.
fn whole<T>(frame: &DataFrame, name: &str, cells: Vec<Option<T>>) -> Result<Vec<T>> {
    let count = frame.height();
    let found: Vec<_> = cells.into_iter().flatten().collect();
    if found.len() == count {
        return Ok(found);
    }
    let message = format!("{} of its {count} rows have no value", count - found.len());
    Err(Error::Table { path: PathBuf::from(name), message })
}

fn whole_texts<'a>(frame: &'a DataFrame, name: &str) -> Result<Vec<&'a str>> {
    whole(frame, name, column::texts(frame, name)?)
}

fn whole_integers(frame: &DataFrame, name: &str) -> Result<Vec<i64>> {
    whole(frame, name, column::integers(frame, name)?)
}

/// The rows of `articles`.
///
/// # Errors
/// [`Error::Table`] if a column is missing, of another type, or null where it may not be.
pub fn articles(frame: &DataFrame) -> Result<Vec<Article<'_>>> {
    let ids = whole_texts(frame, name::ARTICLE)?;
    let outlets = column::texts(frame, name::OUTLET)?;
    let titles = column::texts(frame, name::TITLE)?;
    let dates = column::dates(frame, name::DATE)?;
    let precisions = column::texts(frame, name::DATE_PRECISION)?;
    let confidences = column::numbers(frame, name::DATE_CONFIDENCE)?;
    let words = whole_integers(frame, "words")?;
    let passages = whole_integers(frame, name::PASSAGES)?;
    let clusters = column::texts(frame, name::CLUSTER)?;
    let copies = whole_integers(frame, "copies")?;
    let counted = whole(frame, name::COUNTED, column::flags(frame, name::COUNTED)?)?;
    let row = |row: usize| Article {
        id: ids[row],
        outlet: outlets[row],
        title: titles[row],
        date: dates[row],
        precision: precisions[row].and_then(Precision::parse),
        confidence: confidences[row].unwrap_or(0.0),
        words: words[row],
        passages: passages[row],
        cluster: clusters[row],
        copies: copies[row],
        is_counted: counted[row],
    };
    Ok((0..frame.height()).map(row).collect())
}

/// The rows of `passages`.
///
/// # Errors
/// As [`articles`].
pub fn passages(frame: &DataFrame) -> Result<Vec<Passage<'_>>> {
    let ids = whole_texts(frame, name::PASSAGE)?;
    let articles = whole_texts(frame, name::ARTICLE)?;
    let positions = whole_integers(frame, name::POSITION)?;
    let texts = whole_texts(frame, name::TEXT)?;
    let (starts, ends) = (whole_integers(frame, "start")?, whole_integers(frame, "end")?);
    let kinds = whole_texts(frame, name::KIND)?;
    let lead_ins = column::texts(frame, "lead_in")?;
    let words = whole_integers(frame, "words")?;
    let tokens = column::integers(frame, "tokens")?;
    let truncated = column::integers(frame, "truncated_tokens")?;
    let dates = column::dates(frame, name::DATE)?;
    let outlets = column::texts(frame, name::OUTLET)?;
    let clusters = column::texts(frame, name::CLUSTER)?;
    let counted = whole(frame, name::COUNTED, column::flags(frame, name::COUNTED)?)?;
    let relevant = column::flags(frame, name::RELEVANT)?;
    let p_relevant = column::scores(frame, name::P_RELEVANT)?;
    let mut themes = column::text_lists(frame, name::THEMES)?;
    let sentiments = column::texts(frame, name::SENTIMENT)?;
    let negative = column::scores(frame, name::P_NEGATIVE)?;
    let neutral = column::scores(frame, name::P_NEUTRAL)?;
    let positive = column::scores(frame, name::P_POSITIVE)?;
    let labelled_by = column::texts(frame, name::LABELLED_BY)?;
    let row = |row: usize| Passage {
        id: ids[row],
        article: articles[row],
        position: positions[row],
        text: texts[row],
        start: starts[row],
        end: ends[row],
        kind: kinds[row],
        lead_in: lead_ins[row],
        words: words[row],
        tokens: tokens[row],
        truncated_tokens: truncated[row],
        date: dates[row],
        outlet: outlets[row],
        cluster: clusters[row],
        is_counted: counted[row],
        is_relevant: relevant[row],
        themes: std::mem::take(&mut themes[row]),
        sentiment: sentiments[row],
        p_relevant: p_relevant[row],
        p_sentiment: negative[row]
            .zip(neutral[row])
            .zip(positive[row])
            .map(|((negative, neutral), positive)| [negative, neutral, positive]),
        labelled_by: labelled_by[row],
    };
    Ok((0..frame.height()).map(row).collect())
}

/// The rows of `labels`.
///
/// # Errors
/// As [`articles`].
pub fn labels(frame: &DataFrame) -> Result<Vec<Label<'_>>> {
    let passages = whole_texts(frame, name::PASSAGE)?;
    let themes = whole_texts(frame, name::THEME)?;
    let scores = whole(frame, name::SCORE, column::scores(frame, name::SCORE)?)?;
    let alone = scores_alone(frame, &scores)?;
    let assigned = whole(frame, name::ASSIGNED, column::flags(frame, name::ASSIGNED)?)?;
    let thresholds = whole(frame, name::THRESHOLD, column::scores(frame, name::THRESHOLD)?)?;
    let labelled_by = whole_texts(frame, name::LABELLED_BY)?;
    let row = |row: usize| Label {
        passage: passages[row],
        theme: themes[row],
        score: scores[row],
        score_alone: alone[row],
        is_assigned: assigned[row],
        threshold: thresholds[row],
        labelled_by: labelled_by[row],
    };
    Ok((0..frame.height()).map(row).collect())
}

/// The scores before they leaned on the rest of the article: `scores` themselves in tables of versions in which no score
/// did.
fn scores_alone(frame: &DataFrame, scores: &[f32]) -> Result<Vec<f32>> {
    if frame.column(name::SCORE_ALONE).is_err() {
        return Ok(scores.to_vec());
    }
    whole(frame, name::SCORE_ALONE, column::scores(frame, name::SCORE_ALONE)?)
}

/// Labels by the passage they are of, each in the order of the table.
#[must_use]
pub fn by_passage<'r, 'a>(labels: &'r [Label<'a>]) -> HashMap<&'a str, Vec<&'r Label<'a>>> {
    let mut found = HashMap::<_, Vec<_>>::new();
    for label in labels {
        found.entry(label.passage).or_default().push(label);
    }
    found
}

/// The scores of a passage with those of its themes from `score`; `None` if one is missing.
#[must_use]
pub fn scores_of(
    passage: &Passage<'_>,
    labels: &[&Label<'_>],
    score: impl Fn(&Label<'_>) -> f32,
) -> Option<Scores> {
    let tokens = |tokens: Option<i64>| u32::try_from(tokens?).ok();
    Some(Scores {
        themes: labels.iter().map(|label| score(label)).collect(),
        relevant: passage.p_relevant?,
        sentiment: passage.p_sentiment?,
        tokens: tokens(passage.tokens)?,
        truncated_tokens: tokens(passage.truncated_tokens)?,
    })
}

/// The rows of `theme_by_date` of a run grouped by these columns.
///
/// # Errors
/// As [`articles`].
pub fn frequencies(frame: &DataFrame, by: &[String]) -> Result<Vec<Frequency>> {
    let dates = column::dates(frame, name::DATE)?;
    let periods = whole_texts(frame, "period")?;
    let themes = whole_texts(frame, name::THEME)?;
    let groups = by.iter().map(|name| column::texts(frame, name)).collect::<Result<Vec<_>>>()?;
    let passages = whole_integers(frame, name::PASSAGES)?;
    let articles = whole_integers(frame, name::ARTICLES)?;
    let all_passages = whole_integers(frame, "all_passages")?;
    let all_articles = whole_integers(frame, "all_articles")?;
    let shares = column::numbers(frame, name::SHARE)?;
    let article_shares = column::numbers(frame, "article_share")?;
    let net_sentiments = column::numbers(frame, name::NET_SENTIMENT)?;
    let negative = whole_integers(frame, "negative")?;
    let neutral = whole_integers(frame, "neutral")?;
    let positive = whole_integers(frame, "positive")?;
    let unique = whole_integers(frame, "unique_passages")?;
    let all_unique = whole_integers(frame, "all_unique_passages")?;
    let complete = column::flags(frame, "complete")?;
    let row = |row: usize| Frequency {
        key: Key {
            date: dates[row],
            group: groups.iter().map(|values| values[row].map(str::to_owned)).collect(),
            theme: themes[row].to_owned(),
        },
        period: periods[row].to_owned(),
        passages: passages[row],
        articles: articles[row],
        all_passages: all_passages[row],
        all_articles: all_articles[row],
        share: shares[row],
        article_share: article_shares[row],
        net_sentiment: net_sentiments[row],
        by_sentiment: [negative[row], neutral[row], positive[row]],
        unique_passages: unique[row],
        all_unique_passages: all_unique[row],
        is_complete: complete[row],
    };
    Ok((0..frame.height()).map(row).collect())
}

/// A row of `blocks`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<'a> {
    /// Id of its article.
    pub article: &'a str,
    /// Its number in the article, from 1.
    pub number: i64,
    /// First byte in the article's cleaned text.
    pub start: i64,
    /// One past the last byte.
    pub end: i64,
    /// The block.
    pub text: &'a str,
}

/// The rows of `blocks`.
///
/// # Errors
/// As [`articles`].
pub fn blocks(frame: &DataFrame) -> Result<Vec<Block<'_>>> {
    let articles = whole_texts(frame, name::ARTICLE)?;
    let numbers = whole_integers(frame, "block")?;
    let (starts, ends) = (whole_integers(frame, "start")?, whole_integers(frame, "end")?);
    let texts = whole_texts(frame, name::TEXT)?;
    let row = |row: usize| Block {
        article: articles[row],
        number: numbers[row],
        start: starts[row],
        end: ends[row],
        text: texts[row],
    };
    Ok((0..frame.height()).map(row).collect())
}

/// The cleaned text of every article: its blocks in order, joined by one line feed.
#[must_use]
pub fn article_texts<'a>(blocks: &[Block<'a>]) -> HashMap<&'a str, String> {
    let mut texts = HashMap::<&str, String>::new();
    for block in blocks {
        match texts.get_mut(block.article) {
            Some(text) => {
                text.push('\n');
                text.push_str(block.text);
            }
            None => {
                texts.insert(block.article, block.text.to_owned());
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::schema;

    #[test]
    fn a_null_where_none_may_be_is_named() {
        let rows = vec![vec![
            "a#1".into(),
            "transport".into(),
            0.5_f32.into(),
            0.5_f32.into(),
            frame::Value::Null,
            0.5_f32.into(),
            "engine".into(),
        ]];
        let table = frame::frame(&schema::labels(), rows).expect("of the schema");
        let error = labels(&table).expect_err("who knows");
        assert!(error.to_string().contains("assigned"), "{error}");
        let error = articles(&table).expect_err("another table");
        assert!(error.to_string().contains("article"), "{error}");
    }

    #[test]
    fn a_score_of_a_version_without_priors_is_that_of_the_passage_alone() {
        let row: Vec<frame::Value<'_>> = vec![
            "a#1".into(),
            "transport".into(),
            0.7_f32.into(),
            0.2_f32.into(),
            true.into(),
            0.5_f32.into(),
            "engine".into(),
        ];
        let mut table = frame::frame(&schema::labels(), [row]).expect("of the schema");
        assert_eq!(labels(&table).expect("whole")[0].score_alone, 0.2);
        table.drop_in_place(name::SCORE_ALONE).expect("it is there");
        assert_eq!(labels(&table).expect("whole")[0].score_alone, 0.7);
    }

    #[test]
    fn blocks_make_the_text_of_their_article() {
        let block = |article, number, text| Block { article, number, start: 0, end: 0, text };
        let blocks = [block("a", 1, "One"), block("a", 2, ""), block("b", 1, "Two"), block("a", 3, "three")];
        let texts = article_texts(&blocks);
        assert_eq!((texts["a"].as_str(), texts["b"].as_str()), ("One\n\nthree", "Two"));
    }

    #[test]
    fn a_key_reads_as_a_person_would_say_it() {
        let key = Key { date: None, group: vec![Some("Echo".into()), None], theme: "transport".into() };
        assert_eq!(key.to_string(), "undated transport Echo (unknown)");
    }
}
