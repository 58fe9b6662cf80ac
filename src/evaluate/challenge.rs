//! The challenge set: pairs of passages that differ in one thing, judged by whether an engine sees it.
//!
//! *Takes* [`Gold`] with passages of pairs. *Gives* a [`ChallengeQuality`]. A passage is right if every label that
//! differs within its pair is right; where none differs, every label counts. The sentiment of a passage about
//! something else is not asked. F1 over all passages stands beside it, because an engine that gives a label to
//! everything, or to nothing, is right on one side of every pair.
//!
//! Gardner et al., "Evaluating models' local decision boundaries via contrast sets", Findings of EMNLP 2020.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

use super::bootstrap::Resampled;
use super::{Evaluation, Interval, Prediction, evaluate};
use crate::gold::{Gold, GoldPassage};
use crate::score::{Labels, Sentiment};

/// Name of the row over all kinds.
pub const ALL: &str = "all";

/// What a pair tests if it does not say.
const UNNAMED: &str = "other";

/// How well an engine does on pairs; intervals draw whole pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChallengeQuality {
    /// Mean of the themes' F1 over all passages.
    pub macro_f1: Option<Interval>,
    /// Mean of the sentiments' F1 over all passages about SEND.
    pub sentiment_macro_f1: Option<Interval>,
    /// What came of the pairs of each kind, by name, then of [`ALL`].
    pub kinds: Vec<PairQuality>,
}

/// How well an engine does on the pairs of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairQuality {
    /// What the pairs test.
    pub kind: String,
    /// Pairs.
    pub pairs: u64,
    /// Their passages.
    pub passages: u64,
    /// Share of the passages that are right.
    pub accuracy: Option<Interval>,
    /// Share of the pairs of which both sides are right.
    pub pairs_right: Option<Interval>,
}

/// What came of some pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Outcome {
    passages: u64,
    passages_right: u64,
    pairs: u64,
    pairs_right: u64,
}

impl AddAssign<&Outcome> for Outcome {
    fn add_assign(&mut self, other: &Outcome) {
        self.passages += other.passages;
        self.passages_right += other.passages_right;
        self.pairs += other.pairs;
        self.pairs_right += other.pairs_right;
    }
}

/// Measures `predictions`, one for each of the `passages` of `gold` numbered.
///
/// # Panics
/// If there is not one prediction per passage.
#[must_use]
pub fn challenge(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> ChallengeQuality {
    let Evaluation { macro_f1, sentiment_macro_f1, .. } = evaluate(gold, passages, predictions);
    let mut pairs: BTreeMap<&str, Vec<(&GoldPassage, &Labels)>> = BTreeMap::new();
    for (&index, prediction) in passages.iter().zip(predictions) {
        let passage = &gold.passages[index];
        pairs.entry(&passage.article).or_default().push((passage, &prediction.labels));
    }
    let mut of_kind: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    let mut all = Vec::new();
    for sides in pairs.values() {
        let kind = sides.iter().find_map(|(passage, _)| passage.kind.as_deref()).unwrap_or(UNNAMED);
        let outcome = judge(sides);
        of_kind.entry(kind).or_default().push(outcome);
        all.push(outcome);
    }
    let kinds = of_kind.iter().map(|(kind, outcomes)| quality(kind, outcomes));
    ChallengeQuality { macro_f1, sentiment_macro_f1, kinds: kinds.chain([quality(ALL, &all)]).collect() }
}

fn quality(kind: &str, outcomes: &[Outcome]) -> PairQuality {
    let resampled = Resampled::new(outcomes, &Outcome::default());
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    PairQuality {
        kind: kind.to_owned(),
        pairs: resampled.whole.pairs,
        passages: resampled.whole.passages,
        accuracy: resampled.interval(|outcome| share(outcome.passages_right, outcome.passages)),
        pairs_right: resampled.interval(|outcome| share(outcome.pairs_right, outcome.pairs)),
    }
}

/// Judges the sides of one pair by the labels that differ between them.
fn judge(sides: &[(&GoldPassage, &Labels)]) -> Outcome {
    let differs = |label: &dyn Fn(&GoldPassage) -> Truth| {
        let mut known =
            sides.iter().map(|(passage, _)| label(passage)).filter(|truth| *truth != Truth::Unknown);
        known.next().is_some_and(|first| known.any(|other| other != first))
    };
    let themes = sides.iter().map(|(passage, _)| passage.themes.len()).max().unwrap_or(0);
    let labels: Vec<Label> =
        (0..themes).map(Label::Theme).chain([Label::Relevant, Label::Sentiment]).collect();
    let tested: Vec<Label> =
        labels.iter().copied().filter(|label| differs(&|passage| label.truth(passage))).collect();
    let tested = if tested.is_empty() { labels } else { tested };
    let right = sides.iter().filter(|(passage, given)| {
        tested.iter().all(|label| match label.truth(passage) {
            Truth::Unknown => true,
            truth => truth == label.given(given),
        })
    });
    let passages_right = right.count() as u64;
    let passages = sides.len() as u64;
    Outcome { passages, passages_right, pairs: 1, pairs_right: u64::from(passages_right == passages) }
}

/// A label of a passage.
#[derive(Debug, Clone, Copy)]
enum Label {
    Theme(usize),
    Relevant,
    Sentiment,
}

/// What a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// Nobody looked, or it is not asked.
    Unknown,
    Is(bool),
    Sentiment(Sentiment),
}

impl Label {
    fn truth(self, passage: &GoldPassage) -> Truth {
        let known = match self {
            Self::Theme(theme) => passage.themes[theme].map(Truth::Is),
            Self::Relevant => passage.is_relevant.map(Truth::Is),
            Self::Sentiment => {
                passage.sentiment.filter(|_| passage.is_relevant != Some(false)).map(Truth::Sentiment)
            }
        };
        known.unwrap_or(Truth::Unknown)
    }

    fn given(self, labels: &Labels) -> Truth {
        match self {
            Self::Theme(theme) => Truth::Is(labels.themes[theme]),
            Self::Relevant => Truth::Is(labels.is_relevant),
            Self::Sentiment => Truth::Sentiment(labels.sentiment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gold::Split;
    use crate::score::Scores;

    fn side(pair: &str, kind: &str, theme: bool, sentiment: Sentiment, is_relevant: bool) -> GoldPassage {
        GoldPassage {
            article: pair.into(),
            kind: Some(kind.into()),
            themes: vec![Some(theme)],
            sentiment: Some(sentiment),
            is_relevant: Some(is_relevant),
            split: Split::Challenge,
            ..GoldPassage::default()
        }
    }

    fn given(theme: bool, sentiment: Sentiment, is_relevant: bool) -> Prediction {
        let scores = Scores {
            themes: vec![0.0],
            relevant: 1.0,
            sentiment: [0.0, 1.0, 0.0],
            tokens: 0,
            truncated_tokens: 0,
        };
        Prediction { scores, labels: Labels { is_relevant, themes: vec![theme], sentiment } }
    }

    #[test]
    fn a_passage_is_right_if_the_labels_that_differ_are_right() {
        use Sentiment::{Negative, Neutral, Positive};
        let passages = vec![
            // Sentiment differs; the theme given wrongly to both is not what is tested.
            side("a", "negation", false, Negative, true),
            side("a", "negation", false, Positive, true),
            // The theme differs; one side is right.
            side("b", "metaphor", true, Neutral, true),
            side("b", "metaphor", false, Neutral, true),
            // Relevance differs; the sentiment of the other side is not asked.
            side("c", "verb", false, Negative, true),
            side("c", "verb", false, Positive, false),
            // Nothing differs: every label counts.
            side("d", "title", false, Neutral, true),
            side("d", "title", false, Neutral, true),
        ];
        let gold = Gold { themes: vec!["transport".into()], passages, ..Gold::default() };
        let predictions = [
            given(true, Negative, true),
            given(true, Positive, true),
            given(true, Negative, true),
            given(true, Negative, true),
            given(false, Neutral, true),
            given(false, Neutral, false),
            given(false, Neutral, true),
            given(true, Neutral, true),
        ];
        let found = challenge(&gold, &[0, 1, 2, 3, 4, 5, 6, 7], &predictions);
        let value = |interval: Option<Interval>| interval.expect("there are pairs").value;
        let shown: Vec<_> = found
            .kinds
            .iter()
            .map(|row| (row.kind.as_str(), row.pairs, value(row.accuracy), value(row.pairs_right)))
            .collect();
        let expected = [
            ("metaphor", 1, 0.5, 0.0),
            ("negation", 1, 1.0, 1.0),
            ("title", 1, 0.5, 0.0),
            ("verb", 1, 1.0, 1.0),
            (ALL, 4, 0.75, 0.5),
        ];
        assert_eq!(shown, expected);
    }
}
