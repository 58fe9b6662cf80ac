//! Passages of a published run, filtered: the way from a number to the texts behind it.
//!
//! *Takes* an output folder and a [`Filter`]. *Gives* [`Hit`]s in the order of the corpus. *Fails* if the
//! tables are damaged or the filter names what there is not. A theme with a date gives exactly the
//! passages counted in that cell of `theme_by_date` (`tests/it/tables.rs` recounts every cell).

pub mod expression;
pub mod render;
pub mod sample;

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use serde::Serialize;

use crate::article::Precision;
use crate::error::{Error, Result};
use crate::frame::schema::name;
use crate::frame::{self, column};
use crate::record::Record;
use crate::score::Sentiment;
use crate::tally::{MIN_CONFIDENCE, Period, Subject};
use expression::Expression;

/// Which passages are wanted. Every condition that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Theme expression, as [`Expression::parse`] reads it.
    pub theme: Option<String>,
    /// One of these sentiments; empty for any.
    pub sentiments: Vec<Sentiment>,
    /// One of these outlets; empty for any.
    pub outlets: Vec<String>,
    /// A period: `2022`, `2022-Q2`, `2022-05`, `2022-W20`, `2022-05-19`, or `undated`.
    pub date: Option<String>,
    /// First day wanted; leaves out undated articles.
    pub since: Option<Date>,
    /// Last day wanted; leaves out undated articles.
    pub until: Option<Date>,
    /// Text the passage contains, whatever its case.
    pub text: Option<String>,
    /// Lowest score of every theme that is asked for.
    pub min_score: Option<f32>,
    /// Passages before and after each hit to give with it.
    pub around: usize,
}

/// A passage with what is needed to cite it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Id of the passage.
    pub passage: String,
    /// Id of the article.
    pub article: String,
    /// Outlet of the article.
    pub outlet: Option<String>,
    /// Headline of the article.
    pub title: Option<String>,
    /// Address of the article.
    pub url: Option<String>,
    /// Day of publication.
    pub date: Option<Date>,
    /// How finely it is known: day, month or year.
    pub date_precision: Option<String>,
    /// Where it was found.
    pub date_source: Option<String>,
    /// Trust in it, in [0, 1].
    pub date_confidence: Option<f64>,
    /// Themes given.
    pub themes: Vec<String>,
    /// Sentiment of the passage.
    pub sentiment: Option<String>,
    /// Whether it is about SEND.
    pub relevant: Option<bool>,
    /// Who its labels are from: engine, or person if any is.
    pub labelled_by: Option<String>,
    /// The passage.
    pub text: String,
    /// Texts before it in the article, nearest last.
    pub before: Vec<String>,
    /// Texts after it in the article, nearest first.
    pub after: Vec<String>,
}

/// What `articles` says, by article.
struct About {
    title: Option<String>,
    url: Option<String>,
    precision: Option<Precision>,
    source: Option<String>,
    confidence: f64,
}

/// The passages of the run in `out` for which `filter` holds.
///
/// # Errors
/// [`Error::Config`] if the filter cannot be read, [`Error::Io`] or [`Error::Table`] if the folder holds
/// no run or a damaged one.
pub fn query(out: &Path, filter: &Filter) -> Result<Vec<Hit>> {
    let record = Record::load(out)?;
    let themes = &record.codebook.themes;
    let expression = filter.theme.as_deref().map(|text| Expression::parse(text, themes)).transpose()?;
    let period = record.period();
    let cell = filter.date.as_deref().map(|text| Cell::parse(text, period)).transpose()?;
    let low = match (filter.min_score, &expression) {
        (Some(least), Some(expression)) => {
            let wanted: Vec<_> =
                expression.wanted_themes().iter().map(|index| themes[*index].clone()).collect();
            below(out, &wanted, least)?
        }
        (Some(_), None) => {
            return Err(Error::config_hint("--min-score needs a theme", "add --theme"));
        }
        (None, _) => HashMap::new(),
    };
    let needle = filter.text.as_ref().map(|text| text.to_lowercase());
    let articles = about(out)?;

    let frame = frame::read(out, "passages", None)?;
    let ids = column::texts(&frame, name::PASSAGE)?;
    let article_ids = column::texts(&frame, name::ARTICLE)?;
    let texts = column::texts(&frame, name::TEXT)?;
    let outlets = column::texts(&frame, name::OUTLET)?;
    let dates = column::dates(&frame, name::DATE)?;
    let counted = column::flags(&frame, name::COUNTED)?;
    let relevant = column::flags(&frame, name::RELEVANT)?;
    let given = column::text_lists(&frame, name::THEMES)?;
    let sentiments = column::texts(&frame, name::SENTIMENT)?;
    let labelled_by = column::texts(&frame, name::LABELLED_BY)?;

    let mut hits = Vec::new();
    for row in 0..frame.height() {
        let (Some(id), Some(article), Some(text)) = (ids[row], article_ids[row], texts[row]) else {
            continue;
        };
        let is_in = |subject: Subject| match subject {
            Subject::OffTopic => relevant[row] == Some(false),
            _ if relevant[row] != Some(true) => false,
            Subject::Theme(index) => given[row].contains(&themes[index]),
            Subject::All => true,
            Subject::Any => !given[row].is_empty(),
            Subject::None => given[row].is_empty(),
        };
        let about = articles.get(article);
        let date = dates[row];
        let is_wanted = counted[row] == Some(true)
            && expression.as_ref().is_none_or(|expression| expression.holds(&is_in))
            && (filter.sentiments.is_empty()
                || filter.sentiments.iter().any(|wanted| sentiments[row] == Some(wanted.as_str())))
            && (filter.outlets.is_empty()
                || filter.outlets.iter().any(|wanted| outlets[row] == Some(wanted.as_str())))
            && cell.as_ref().is_none_or(|cell| cell.holds(date, about))
            && filter.since.is_none_or(|since| date.is_some_and(|date| date >= since))
            && filter.until.is_none_or(|until| date.is_some_and(|date| date <= until))
            && needle.as_ref().is_none_or(|needle| text.to_lowercase().contains(needle.as_str()))
            && !low.contains_key(id);
        if !is_wanted {
            continue;
        }
        let same_article = |other: &usize| article_ids[*other] == Some(article);
        let text_of = |other: usize| texts[other].unwrap_or_default().to_owned();
        let before = row.saturating_sub(filter.around)..row;
        let after = row + 1..(row + 1 + filter.around).min(frame.height());
        hits.push(Hit {
            passage: id.to_owned(),
            article: article.to_owned(),
            outlet: outlets[row].map(str::to_owned),
            title: about.and_then(|about| about.title.clone()),
            url: about.and_then(|about| about.url.clone()),
            date,
            date_precision: about.and_then(|about| about.precision).map(|known| known.as_str().to_owned()),
            date_source: about.and_then(|about| about.source.clone()),
            date_confidence: date.and(about).map(|about| about.confidence),
            themes: given[row].clone(),
            sentiment: sentiments[row].map(str::to_owned),
            relevant: relevant[row],
            labelled_by: labelled_by[row].map(str::to_owned),
            text: text.to_owned(),
            before: before.filter(same_article).map(text_of).collect(),
            after: after.filter(same_article).map(text_of).collect(),
        });
    }
    Ok(hits)
}

/// Passages in which one of `wanted` scores below `least`.
fn below(out: &Path, wanted: &[String], least: f32) -> Result<HashMap<String, ()>> {
    let frame = frame::read(out, "labels", None)?;
    let ids = column::texts(&frame, name::PASSAGE)?;
    let themes = column::texts(&frame, name::THEME)?;
    let scores = column::scores(&frame, name::SCORE)?;
    let mut low = HashMap::new();
    for ((id, theme), score) in ids.into_iter().zip(themes).zip(scores) {
        if let (Some(id), Some(theme), Some(score)) = (id, theme, score)
            && score < least
            && wanted.iter().any(|name| name == theme)
        {
            low.insert(id.to_owned(), ());
        }
    }
    Ok(low)
}

fn about(out: &Path) -> Result<HashMap<String, About>> {
    let wanted = [
        name::ARTICLE,
        name::TITLE,
        name::URL,
        name::DATE_PRECISION,
        name::DATE_SOURCE,
        name::DATE_CONFIDENCE,
    ];
    let frame = frame::read(out, "articles", Some(&wanted))?;
    let ids = column::texts(&frame, name::ARTICLE)?;
    let titles = column::texts(&frame, name::TITLE)?;
    let urls = column::texts(&frame, name::URL)?;
    let precisions = column::texts(&frame, name::DATE_PRECISION)?;
    let sources = column::texts(&frame, name::DATE_SOURCE)?;
    let confidences = column::numbers(&frame, name::DATE_CONFIDENCE)?;
    let rows = ids.into_iter().enumerate().filter_map(|(row, id)| Some((row, id?)));
    Ok(rows
        .map(|(row, id)| {
            let about = About {
                title: titles[row].map(str::to_owned),
                url: urls[row].map(str::to_owned),
                precision: precisions[row].and_then(Precision::parse),
                source: sources[row].map(str::to_owned),
                confidence: confidences[row].unwrap_or(0.0),
            };
            (id.to_owned(), about)
        })
        .collect())
}

/// A period of `theme_by_date`, or its undated row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// The period that begins on this day.
    Period(Period, Date),
    /// Articles without a date usable for this period.
    Undated(Period),
}

impl Cell {
    fn parse(text: &str, of_run: Period) -> Result<Self> {
        if text == "undated" {
            return Ok(Self::Undated(of_run));
        }
        let read = || {
            if let Some((year, week)) = text.split_once("-W") {
                let monday =
                    ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
                return Some(Self::Period(Period::Week, monday.date()));
            }
            if let Some((year, quarter)) = text.split_once("-Q") {
                let quarter: i8 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
                return Some(Self::Period(
                    Period::Quarter,
                    Date::new(year.parse().ok()?, quarter * 3 - 2, 1).ok()?,
                ));
            }
            match text.split('-').count() {
                1 => Some(Self::Period(Period::Year, Date::new(text.parse().ok()?, 1, 1).ok()?)),
                2 => Some(Self::Period(Period::Month, Date::from_str(&format!("{text}-01")).ok()?)),
                // A day names the period of the run that begins on it, as in `theme_by_date`, if one does.
                _ => {
                    let day = Date::from_str(text).ok()?;
                    let period =
                        if of_run.start(day) == day && of_run == Period::Week { of_run } else { Period::Day };
                    Some(Self::Period(period, day))
                }
            }
        };
        read().ok_or_else(|| {
            Error::config_hint(
                format!("`{text}` is no period"),
                "write 2022, 2022-Q2, 2022-05, 2022-W20, 2022-05-19 or undated",
            )
        })
    }

    fn holds(self, date: Option<Date>, about: Option<&About>) -> bool {
        let usable = |period: Period| {
            let about = about?;
            let is_usable = about.confidence >= MIN_CONFIDENCE && period.is_served_by(about.precision?);
            date.filter(|_| is_usable).map(|date| period.start(date))
        };
        match self {
            Self::Period(period, start) => usable(period) == Some(start),
            Self::Undated(period) => usable(period).is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_form_of_period_is_read() {
        let parse = |text| Cell::parse(text, Period::Month).expect("a period");
        assert_eq!(parse("2022"), Cell::Period(Period::Year, date(2022, 1, 1)));
        assert_eq!(parse("2022-Q2"), Cell::Period(Period::Quarter, date(2022, 4, 1)));
        assert_eq!(parse("2022-05"), Cell::Period(Period::Month, date(2022, 5, 1)));
        assert_eq!(parse("2022-W20"), Cell::Period(Period::Week, date(2022, 5, 16)));
        assert_eq!(parse("2022-05-19"), Cell::Period(Period::Day, date(2022, 5, 19)));
        assert_eq!(parse("undated"), Cell::Undated(Period::Month));
        assert!(Cell::parse("May", Period::Month).is_err());
    }
}
