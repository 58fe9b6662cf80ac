//! How well an engine does on labelled passages: per label and group, with intervals, beside the word lists.
//!
//! *Takes* [`Gold`], the numbers of the passages to measure on, and the engine's scores and thresholds.
//! *Gives* an [`Evaluation`] or a whole [`Report`](report::Report): plain data, which [`render`] makes Markdown of.
//! *Cost*: linear in the passages, and 2,000 resamples of the articles' counts.
//!
//! - a comparison draws the same articles for both

pub mod agreement;
mod bootstrap;
mod calibration;
pub mod card;
pub mod challenge;
pub mod counts;
mod groups;
mod names;
#[cfg(feature = "tables")]
pub mod published;
pub mod render;
pub mod report;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::gold::{Gold, before, whole_articles};
use crate::prior::{Prior, weigh};
use crate::score::{Labels, Measured, Scores, Sentiment, Thresholds, decide};
pub use bootstrap::Interval;
use bootstrap::Resampled;
pub use calibration::Calibration;
use counts::{Counts, Tallied, Truth};
pub use groups::GroupQuality;

/// Passages scored between two reports of progress.
const CHUNK: usize = 128;

/// The passages of `gold` as an engine takes them.
#[must_use]
pub fn inputs(gold: &Gold) -> Vec<Input<'_>> {
    gold.passages
        .iter()
        .zip(before(gold))
        .map(|(passage, before)| Input { text: &passage.text, headline: passage.headline.as_deref(), before })
        .collect()
}

/// What an engine decides by `thresholds` about the passages of `gold` numbered, in their order. Themes come in the
/// order of [`Gold::themes`]; a theme the engine does not know scores 0 and is never given. Scores lean on the rest of
/// articles of which `gold` holds all; other passages count as alone in theirs. `on_progress` is told how many of
/// `passages` have been scored since it was told last.
///
/// # Errors
/// Only if the engine itself breaks down.
pub fn predict(
    engine: &dyn Classifier,
    thresholds: &Thresholds,
    gold: &Gold,
    passages: &[usize],
    on_progress: &mut dyn FnMut(usize),
) -> Result<Vec<Prediction>> {
    let places: Vec<Option<usize>> = gold
        .themes
        .iter()
        .map(|theme| engine.labels().themes.iter().position(|known| known == theme))
        .collect();
    let scores = score(engine, gold, passages, on_progress)?;
    let prediction = |scores: &Scores| {
        let labels = decide(scores, thresholds);
        let themes = places.iter().map(|place| place.map_or(0.0, |index| scores.themes[index])).collect();
        let given = places.iter().map(|place| place.is_some_and(|index| labels.themes[index])).collect();
        Prediction { scores: Scores { themes, ..scores.clone() }, labels: Labels { themes: given, ..labels } }
    };
    Ok(passages.iter().map(|index| prediction(&scores[index])).collect())
}

/// The scores of the passages numbered, as a run gives them, and of what else is in their articles.
fn score(
    engine: &dyn Classifier,
    gold: &Gold,
    passages: &[usize],
    on_progress: &mut dyn FnMut(usize),
) -> Result<BTreeMap<usize, Scores>> {
    let asked: BTreeSet<usize> = passages.iter().copied().collect();
    let mut articles = whole_articles(gold);
    articles.retain(|article| article.iter().any(|index| asked.contains(index)));
    let needed: BTreeSet<usize> = match engine.priors() {
        [] => asked.clone(),
        _ => articles.iter().flatten().chain(&asked).copied().collect(),
    };
    let inputs = inputs(gold);
    let mut scores = BTreeMap::new();
    for chunk in needed.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let given: Vec<Input<'_>> = chunk.iter().map(|&index| inputs[index]).collect();
        scores.extend(chunk.iter().copied().zip(engine.score(&given)?));
        on_progress(chunk.iter().filter(|index| asked.contains(index)).count());
    }
    weigh_articles(engine.priors(), &articles, &mut scores);
    Ok(scores)
}

/// Lets the scores of each of the `articles` lean on each other.
pub(crate) fn weigh_articles(
    priors: &[Option<Prior>],
    articles: &[Vec<usize>],
    scores: &mut BTreeMap<usize, Scores>,
) {
    if priors.iter().all(Option::is_none) {
        return;
    }
    for article in articles {
        let mut together: Vec<Scores> = article.iter().map(|index| scores[index].clone()).collect();
        weigh(priors, &mut together);
        scores.extend(article.iter().copied().zip(together));
    }
}

/// What an engine says about one passage, themes in the order of [`Gold::themes`].
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Scores.
    pub scores: Scores,
    /// Decision.
    pub labels: Labels,
}

impl Prediction {
    /// Decides by `thresholds`.
    #[must_use]
    pub fn new(scores: Scores, thresholds: &Thresholds) -> Self {
        let labels = decide(&scores, thresholds);
        Self { scores, labels }
    }
}

/// Quality of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelQuality {
    /// Name of the theme, `relevant`, `off_topic`, or the sentiment.
    pub name: String,
    /// The counts behind it.
    pub counts: Counts,
    /// Precision; `None` if the label was never given.
    pub precision: Option<Interval>,
    /// Recall; `None` if no passage deserves it.
    pub recall: Option<Interval>,
    /// F1; `None` if neither given nor deserved.
    pub f1: Option<Interval>,
}

/// Agreement of one label as given and as it should be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Name of the theme, `relevant`, or `sentiment`.
    pub name: String,
    /// Krippendorff's alpha, nominal, for sentiment ordinal; `None` if there is only one value.
    pub alpha: Option<Interval>,
}

/// How well an engine does on some passages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Passages measured on.
    pub passages: u64,
    /// Their articles.
    pub articles: usize,
    /// Per theme, in the order of [`Gold::themes`]; themes that nobody looked for are absent.
    pub themes: Vec<LabelQuality>,
    /// Mean of the themes' F1.
    pub macro_f1: Option<Interval>,
    /// F1 over all decisions about themes together.
    pub micro_f1: Option<Interval>,
    /// About SEND or not; `None` if not labelled.
    pub relevant: Option<LabelQuality>,
    /// About something else: the rarer side of the same decision; `None` if not labelled.
    pub off_topic: Option<LabelQuality>,
    /// Per sentiment, on passages about SEND; empty if not labelled.
    pub sentiment: Vec<LabelQuality>,
    /// Mean of the sentiments' F1.
    pub sentiment_macro_f1: Option<Interval>,
    /// Share of passages about SEND with the right sentiment.
    pub sentiment_accuracy: Option<Interval>,
    /// Passages about SEND by true sentiment (rows) and given sentiment (columns), both in the order of
    /// [`Sentiment::ALL`].
    pub confusion: [[u64; 3]; 3],
    /// Per theme, for relevance and for sentiment, where labelled.
    pub agreement: Vec<Agreement>,
    /// Per theme, for all of them, for relevance and for the sentiment chosen.
    pub calibration: Vec<Calibration>,
    /// Per outlet kind, by name.
    pub kinds: Vec<GroupQuality>,
    /// Per year or span of years, in order.
    pub years: Vec<GroupQuality>,
    /// Passages that can be understood alone and those that cannot.
    pub contexts: Vec<GroupQuality>,
}

/// Measures `predictions`, one for each of the `passages` of `gold` numbered.
///
/// # Panics
/// If there is not one prediction per passage.
#[must_use]
pub fn evaluate(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Evaluation {
    assert_eq!(passages.len(), predictions.len(), "one prediction per passage");
    let by_article = by_article(gold, passages, predictions);
    let resampled = Resampled::new(&by_article, &Tallied::new(gold.themes.len()));
    let tallied = &resampled.whole;
    let quality = |name: &str, counts: &dyn Fn(&Tallied) -> Counts| LabelQuality {
        name: name.to_owned(),
        counts: counts(tallied),
        precision: resampled.interval(|tallied| counts(tallied).precision()),
        recall: resampled.interval(|tallied| counts(tallied).recall()),
        f1: resampled.interval(|tallied| counts(tallied).f1()),
    };
    let is_labelled =
        |theme: usize| passages.iter().any(|&index| gold.passages[index].themes[theme].is_some());
    let themes: Vec<usize> = (0..gold.themes.len()).filter(|&theme| is_labelled(theme)).collect();
    let has_relevance = passages.iter().any(|&index| gold.passages[index].is_relevant.is_some());
    let has_sentiment = tallied.confusion.as_flattened().iter().any(|count| *count > 0);
    let sentiments = if has_sentiment { &Sentiment::ALL[..] } else { &[] };
    let mut agreement = Vec::new();
    let mut agree = |name: &str, measure: &dyn Fn(&Tallied) -> Option<f64>| {
        agreement.push(Agreement { name: name.to_owned(), alpha: resampled.interval(measure) });
    };
    for &theme in &themes {
        agree(&gold.themes[theme], &|tallied| tallied.themes[theme].alpha());
    }
    if has_relevance {
        agree("relevant", &|tallied| tallied.relevant.alpha());
    }
    if has_sentiment {
        agree("sentiment", &Tallied::sentiment_alpha);
    }
    Evaluation {
        passages: tallied.passages,
        articles: by_article.len(),
        themes: themes
            .iter()
            .map(|&theme| quality(&gold.themes[theme], &|tallied| tallied.themes[theme]))
            .collect(),
        macro_f1: resampled.interval(Tallied::macro_f1),
        micro_f1: resampled.interval(Tallied::micro_f1),
        relevant: has_relevance.then(|| quality("relevant", &|tallied| tallied.relevant)),
        off_topic: has_relevance.then(|| quality("off_topic", &|tallied| tallied.off_topic)),
        sentiment: sentiments
            .iter()
            .map(|&sentiment| quality(sentiment.as_str(), &|tallied| tallied.sentiment(sentiment)))
            .collect(),
        sentiment_macro_f1: resampled.interval(Tallied::sentiment_macro_f1),
        sentiment_accuracy: resampled.interval(Tallied::sentiment_accuracy),
        confusion: tallied.confusion,
        agreement,
        calibration: calibration::calibration(gold, passages, predictions),
        kinds: groups::kinds(gold, passages, predictions),
        years: groups::years(gold, passages, predictions),
        contexts: groups::contexts(gold, passages, predictions),
    }
}

impl Evaluation {
    /// Precision, recall and support of every label that was measured, by name; a precision or recall that
    /// is not defined is 0.
    #[must_use]
    pub fn measured(&self) -> BTreeMap<String, Measured> {
        self.themes
            .iter()
            .chain(&self.relevant)
            .chain(&self.off_topic)
            .chain(&self.sentiment)
            .map(|label| {
                let measured = Measured {
                    precision: label.counts.precision().unwrap_or(0.0),
                    recall: label.counts.recall().unwrap_or(0.0),
                    support: label.counts.support(),
                };
                (label.name.clone(), measured)
            })
            .collect()
    }
}

/// Counts over all the `passages`: what an [`Evaluation`] rests on, without its intervals.
///
/// # Panics
/// If there is not one prediction per passage.
#[must_use]
pub fn tally(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Tallied {
    assert_eq!(passages.len(), predictions.len(), "one prediction per passage");
    let mut all = Tallied::new(gold.themes.len());
    for (&index, prediction) in passages.iter().zip(predictions) {
        all.add(truth(gold, index), &prediction.labels);
    }
    all
}

/// What one set of predictions has over another on the same passages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gain {
    /// Name of the label or the mean that F1 is of, or `sentiment, accuracy`.
    pub name: String,
    /// The measure of the first.
    pub first: f64,
    /// That of the second.
    pub second: f64,
    /// Second less first. Where the interval holds 0, the difference may be chance.
    pub gain: Interval,
}

/// Compares two sets of predictions about the same passages measure by measure, leaving out measures that are not
/// defined for both.
#[must_use]
pub fn gains(gold: &Gold, passages: &[usize], [first, second]: [&[Prediction]; 2]) -> Vec<Gain> {
    let [first, second] = pair(gold, passages, [first, second]);
    let mut gains = Vec::new();
    let mut add = |name: &str, measure: &dyn Fn(&Tallied) -> Option<f64>| {
        if let (Some(before), Some(after), Some(gain)) =
            (measure(&first.whole), measure(&second.whole), second.difference(&first, measure))
        {
            gains.push(Gain { name: name.to_owned(), first: before, second: after, gain });
        }
    };
    for (theme, name) in gold.themes.iter().enumerate() {
        add(name, &|tallied| tallied.themes[theme].f1());
    }
    add(render::MACRO, &Tallied::macro_f1);
    add(render::MICRO, &Tallied::micro_f1);
    add("relevant", &|tallied| tallied.relevant.f1());
    add("off_topic", &|tallied| tallied.off_topic.f1());
    for sentiment in Sentiment::ALL {
        add(sentiment.as_str(), &|tallied| tallied.sentiment(sentiment).f1());
    }
    add(render::SENTIMENT_MACRO, &Tallied::sentiment_macro_f1);
    add(render::ACCURACY, &Tallied::sentiment_accuracy);
    gains
}

/// What one engine has over another on the same passages: the difference of a measure, second less first.
/// Where the interval holds 0, the difference may be noise. `None` if the measure is not defined for both.
#[must_use]
pub fn difference(
    gold: &Gold,
    passages: &[usize],
    predictions: [&[Prediction]; 2],
    measure: impl Fn(&Tallied) -> Option<f64>,
) -> Option<Interval> {
    let [first, second] = pair(gold, passages, predictions);
    second.difference(&first, measure)
}

/// Two sets of predictions, resampled alike.
fn pair(gold: &Gold, passages: &[usize], predictions: [&[Prediction]; 2]) -> [Resampled<Tallied>; 2] {
    predictions.map(|predictions| {
        let by_article = by_article(gold, passages, predictions);
        Resampled::new(&by_article, &Tallied::new(gold.themes.len()))
    })
}

/// The truth about a passage.
fn truth(gold: &Gold, index: usize) -> Truth<'_> {
    let passage = &gold.passages[index];
    Truth { themes: &passage.themes, is_relevant: passage.is_relevant, sentiment: passage.sentiment }
}

/// Counts per article, in the order of the articles' names.
fn by_article(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<Tallied> {
    let mut articles: BTreeMap<&str, Tallied> = BTreeMap::new();
    for (&index, prediction) in passages.iter().zip(predictions) {
        articles
            .entry(&gold.passages[index].article)
            .or_insert_with(|| Tallied::new(gold.themes.len()))
            .add(truth(gold, index), &prediction.labels);
    }
    articles.into_values().collect()
}

#[cfg(test)]
mod tests;
