//! How well an engine does on labelled passages: per label, per outlet kind, with intervals.
//!
//! *Takes* [`Gold`], the numbers of the passages to measure on, and the engine's scores and thresholds.
//! *Gives* an [`Evaluation`]: plain data, which [`render`] makes Markdown of. *Cost*: linear in the
//! passages, and 2,000 resamples of the articles' counts.
//!
//! Intervals are percentile bootstrap intervals (Efron & Tibshirani, "An introduction to the bootstrap",
//! 1993) that draw whole articles, because passages of one article are alike (Field & Welsh,
//! "Bootstrapping clustered data", JRSS B 69, 2007). They hold for articles of this kind only, and say
//! nothing of what the labels are worth.
//!
//! - the same input gives the same intervals
//! - a comparison draws the same articles for both

pub mod counts;
pub mod random;
pub mod render;

use std::collections::BTreeMap;

use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::gold::{Gold, before};
use crate::score::{Labels, Measured, Scores, Sentiment, Thresholds, decide};
use counts::{Counts, Tallied, Truth};
use random::Random;

/// Resamples per interval: the ends of a 95% interval then rest on 50 resamples each.
const RESAMPLES: usize = 2000;

/// Seed of all resampling. Any number; fixed so that a card can be made again.
const SEED: u64 = 20_140_901;

/// Share of the resamples that an interval holds.
const COVERAGE: f64 = 0.95;

/// Bins of the calibration error, as in Guo et al., "On calibration of modern neural networks", ICML 2017
/// (15 there; 10 here for fewer passages).
const BINS: usize = 10;

/// What an input's context is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Context {
    /// Nothing but the passage.
    #[default]
    None,
    /// The article's headline.
    Headline,
    /// The passage before in the article.
    Before,
}

impl Context {
    /// All, the simplest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Headline, Self::Before];

    /// What it is, in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "passage alone",
            Self::Headline => "with headline",
            Self::Before => "with passage before",
        }
    }
}

/// The passages of `gold` as an engine takes them.
#[must_use]
pub fn inputs(gold: &Gold, context: Context) -> Vec<Input<'_>> {
    let before = before(gold);
    gold.passages
        .iter()
        .zip(before)
        .map(|(passage, before)| Input {
            text: &passage.text,
            context: match context {
                Context::None => None,
                Context::Headline => passage.headline.as_deref(),
                Context::Before => before.map(|index| gold.passages[index].text.as_str()),
            },
        })
        .collect()
}

/// What an engine decides about every passage of `gold`, with its own thresholds. An engine that uses
/// context is given the headline. Themes come in the order of [`Gold::themes`]; a theme the engine does
/// not know scores 0 and is never given.
///
/// # Errors
/// Only if the engine itself breaks down.
pub fn predict(engine: &dyn Classifier, gold: &Gold) -> Result<Vec<Prediction>> {
    let context = if engine.uses_context() { Context::Headline } else { Context::None };
    let places: Vec<Option<usize>> = gold
        .themes
        .iter()
        .map(|theme| engine.labels().themes.iter().position(|known| known == theme))
        .collect();
    let scores = engine.score(&inputs(gold, context))?;
    Ok(scores
        .into_iter()
        .map(|scores| {
            let labels = decide(&scores, engine.thresholds());
            let themes = places.iter().map(|place| place.map_or(0.0, |index| scores.themes[index])).collect();
            let given = places.iter().map(|place| place.is_some_and(|index| labels.themes[index])).collect();
            Prediction { scores: Scores { themes, ..scores }, labels: Labels { themes: given, ..labels } }
        })
        .collect())
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

/// A measure with its 95% interval; all three in the unit of the measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// On the passages as they are.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Quality of one label.
#[derive(Debug, Clone, PartialEq)]
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

/// How far scores can be read as probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Name of the theme, or `relevant`.
    pub name: String,
    /// Passages.
    pub passages: usize,
    /// Expected calibration error: mean distance between score and share of passages that deserve the
    /// label, in ten bins of equal width.
    pub expected_error: f64,
    /// Brier score: mean squared distance between score and truth (Brier 1950).
    pub brier: f64,
}

/// Quality on the passages of one outlet kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindQuality {
    /// The kind.
    pub kind: String,
    /// Articles.
    pub articles: usize,
    /// The counts behind it.
    pub tallied: Tallied,
}

/// How well an engine does on some passages.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Articles measured on.
    pub articles: usize,
    /// The counts behind everything.
    pub tallied: Tallied,
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
    /// Per theme and for relevance.
    pub calibration: Vec<Calibration>,
    /// Per outlet kind, by name.
    pub kinds: Vec<KindQuality>,
}

/// Measures `predictions`, one for each of the `passages` of `gold` numbered.
///
/// # Panics
/// If there is not one prediction per passage.
#[must_use]
pub fn evaluate(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Evaluation {
    assert_eq!(passages.len(), predictions.len(), "one prediction per passage");
    let by_article = by_article(gold, passages, predictions);
    let mut tallied = Tallied::new(gold.themes.len());
    by_article.iter().for_each(|article| tallied.merge(article));
    let resamples = resamples(&by_article, gold.themes.len());
    let interval = |measure: &dyn Fn(&Tallied) -> Option<f64>| {
        measure(&tallied).map(|value| spread(value, resamples.iter().filter_map(measure).collect()))
    };
    let quality = |name: &str, counts: &dyn Fn(&Tallied) -> Counts| LabelQuality {
        name: name.to_owned(),
        counts: counts(&tallied),
        precision: interval(&|tallied| counts(tallied).precision()),
        recall: interval(&|tallied| counts(tallied).recall()),
        f1: interval(&|tallied| counts(tallied).f1()),
    };
    let is_labelled =
        |theme: usize| passages.iter().any(|&index| gold.passages[index].themes[theme].is_some());
    let has_relevance = passages.iter().any(|&index| gold.passages[index].is_relevant.is_some());
    let has_sentiment = tallied.confusion.as_flattened().iter().any(|count| *count > 0);
    let sentiments = if has_sentiment { &Sentiment::ALL[..] } else { &[] };
    Evaluation {
        articles: by_article.len(),
        themes: (0..gold.themes.len())
            .filter(|&theme| is_labelled(theme))
            .map(|theme| quality(&gold.themes[theme], &|tallied| tallied.themes[theme]))
            .collect(),
        macro_f1: interval(&Tallied::macro_f1),
        micro_f1: interval(&Tallied::micro_f1),
        relevant: has_relevance.then(|| quality("relevant", &|tallied| tallied.relevant)),
        off_topic: has_relevance.then(|| quality("off_topic", &|tallied| tallied.off_topic)),
        sentiment: sentiments
            .iter()
            .map(|&sentiment| quality(sentiment.as_str(), &|tallied| tallied.sentiment(sentiment)))
            .collect(),
        sentiment_macro_f1: interval(&Tallied::sentiment_macro_f1),
        sentiment_accuracy: interval(&Tallied::sentiment_accuracy),
        calibration: calibration(gold, passages, predictions),
        kinds: kinds(gold, passages, predictions),
        tallied,
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

/// What one engine has over another on the same passages: the difference of a measure, second less first.
/// Where the interval holds 0, the difference may be noise. `None` if the measure is not defined for both.
#[must_use]
pub fn difference(
    gold: &Gold,
    passages: &[usize],
    [first, second]: [&[Prediction]; 2],
    measure: impl Fn(&Tallied) -> Option<f64>,
) -> Option<Interval> {
    let [first, second] = [first, second].map(|predictions| by_article(gold, passages, predictions));
    let whole = |articles: &[Tallied]| {
        let mut all = Tallied::new(gold.themes.len());
        articles.iter().for_each(|article| all.merge(article));
        measure(&all)
    };
    let value = whole(&second)? - whole(&first)?;
    let [first, second] = [first, second].map(|articles| resamples(&articles, gold.themes.len()));
    let differences = first.iter().zip(&second).filter_map(|(a, b)| Some(measure(b)? - measure(a)?));
    Some(spread(value, differences.collect()))
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

/// Counts of as many articles as there are, drawn with replacement, again and again.
fn resamples(articles: &[Tallied], themes: usize) -> Vec<Tallied> {
    let mut random = Random::new(SEED);
    let resample = |_| {
        let mut drawn = Tallied::new(themes);
        articles.iter().for_each(|_| drawn.merge(&articles[random.below(articles.len())]));
        drawn
    };
    (0..RESAMPLES).map(resample).collect()
}

/// The percentile interval of resampled values.
fn spread(value: f64, mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (values.len().saturating_sub(1)) as f64;
        values.get(place.round() as usize).copied().unwrap_or(value)
    };
    let tail = (1.0 - COVERAGE) / 2.0;
    Interval { value, low: at(tail), high: at(1.0 - tail) }
}

fn calibration(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<Calibration> {
    let pairs = |score: &dyn Fn(&Scores) -> f32, truth: &dyn Fn(usize) -> Option<bool>| {
        let both = passages.iter().zip(predictions);
        both.filter_map(|(&index, prediction)| Some((f64::from(score(&prediction.scores)), truth(index)?)))
            .collect::<Vec<_>>()
    };
    let themes = gold.themes.iter().enumerate().map(|(theme, name)| {
        (name.as_str(), pairs(&|scores| scores.themes[theme], &|index| gold.passages[index].themes[theme]))
    });
    let relevant = pairs(&|scores| scores.relevant, &|index| gold.passages[index].is_relevant);
    themes
        .chain([("relevant", relevant)])
        .filter(|(_, pairs)| !pairs.is_empty())
        .map(|(name, pairs)| Calibration {
            name: name.to_owned(),
            passages: pairs.len(),
            expected_error: expected_error(&pairs),
            brier: pairs
                .iter()
                .map(|(score, truth)| (score - f64::from(u8::from(*truth))).powi(2))
                .sum::<f64>()
                / pairs.len() as f64,
        })
        .collect()
}

fn expected_error(pairs: &[(f64, bool)]) -> f64 {
    // Per bin: sum of the scores less number of passages that deserve the label.
    let mut bins = [0.0; BINS];
    for (score, truth) in pairs {
        let bin = ((score * BINS as f64) as usize).min(BINS - 1);
        bins[bin] += score - f64::from(u8::from(*truth));
    }
    bins.iter().map(|bin| bin.abs()).sum::<f64>() / pairs.len() as f64
}

fn kinds(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<KindQuality> {
    let mut kinds: BTreeMap<&str, (Vec<usize>, Tallied)> = BTreeMap::new();
    for (&index, prediction) in passages.iter().zip(predictions) {
        let Some(kind) = gold.passages[index].outlet_kind.as_deref() else { continue };
        let (members, tallied) =
            kinds.entry(kind).or_insert_with(|| (Vec::new(), Tallied::new(gold.themes.len())));
        members.push(index);
        tallied.add(truth(gold, index), &prediction.labels);
    }
    kinds
        .into_iter()
        .map(|(kind, (members, tallied))| KindQuality {
            kind: kind.to_owned(),
            articles: gold.articles(&members),
            tallied,
        })
        .collect()
}

#[cfg(test)]
mod tests;
