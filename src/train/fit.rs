//! All tasks together: vectors and labels become heads, decisions and predictions.

use std::collections::BTreeMap;

use crate::evaluate::{Prediction, weigh_articles};
use crate::gold::{Gold, whole_articles};
use crate::models::{Decision, Head, Heads, Platt};
use crate::prior::{Prior, log_odds};
use crate::score::{Scores, Thresholds};

use super::calibrate::{RELEVANCE, platt, temperature, threshold, weight};
use super::folds::{FOLDS, folds};
use super::logistic::{Example, Features};
use super::plan::{Plan, Source};
use super::task::learn;

/// A head that is not learned anew, with its decision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeptHead {
    pub(super) head: Head,
    pub(super) decision: Decision,
}

/// Raw outputs for one passage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Logits {
    pub(super) themes: Vec<f64>,
    pub(super) relevant: Option<f64>,
    pub(super) sentiment: [f64; 3],
}

/// Heads and what they were chosen by.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    /// All heads, learned and kept.
    pub(super) heads: Heads,
    /// Penalty of each task learned, by name.
    pub(super) penalties: Vec<(String, f64)>,
    /// Outputs for each passage of the gold; for a passage learned from, by heads that were fitted without
    /// its article, but for heads that are kept.
    pub(super) logits: Vec<Logits>,
    /// Fold of each passage.
    pub(super) folds: Vec<usize>,
}

impl Fitted {
    /// Heads that were learned together with the encoder; `vectors` are of all passages, those of passages
    /// that nobody asks about may be empty.
    pub(super) fn given(heads: Heads, vectors: &[Vec<f32>]) -> Self {
        let logits = vectors.iter().map(|vector| outputs(&heads, vector)).collect();
        Self { heads, penalties: Vec::new(), logits, folds: Vec::new() }
    }
}

/// Learns from the passages numbered by `train` what the plan says.
///
/// Themes are learned from all passages, those about something else included: on dev that was as good as
/// leaving them out, and weighting by class as good as not.
pub(super) fn fit(gold: &Gold, vectors: &[Vec<f32>], train: &[usize], plan: &Plan) -> Fitted {
    let features = Features::new(vectors, train);
    let articles: Vec<&str> = gold.passages.iter().map(|passage| passage.article.as_str()).collect();
    let folds = fold_of_train(&articles, train);
    let hidden = vectors.first().map_or(0, Vec::len);
    let mut penalties = Vec::new();
    let mut held_out = HeldOut::default();

    let mut themes = Vec::new();
    for (theme, name) in gold.themes.iter().enumerate() {
        if let Source::Keep(kept) | Source::Calibrate(kept) = &plan.themes[theme] {
            themes.push(kept.head.clone());
            continue;
        }
        let examples = examples(train, |index| gold.passages[index].themes[theme].map(usize::from));
        let learned = learn::<1>(&features, &examples, &folds);
        let [head] = learned.heads;
        themes.push(head);
        penalties.push((name.clone(), learned.penalty));
        held_out.themes.push((theme, numbered(&examples, learned.held_out)));
    }

    let relevant = match &plan.relevant {
        Source::Keep(kept) | Source::Calibrate(kept) => Some(kept.head.clone()),
        Source::Absent => None,
        Source::Learn => {
            let examples = examples(train, |index| gold.passages[index].is_relevant.map(usize::from));
            let learned = learn::<1>(&features, &examples, &folds);
            penalties.push(("relevant".into(), learned.penalty));
            held_out.relevant = numbered(&examples, learned.held_out);
            let [head] = learned.heads;
            Some(head)
        }
    };

    let sentiment = match &plan.sentiment {
        Source::Keep((heads, _)) | Source::Calibrate((heads, _)) => heads.clone(),
        Source::Absent => std::array::from_fn(|_| Head::zero(hidden)),
        Source::Learn => {
            let mut examples = examples(train, |index| sentiment_of(gold, index));
            weigh(&mut examples);
            let learned = learn::<3>(&features, &examples, &folds);
            penalties.push(("sentiment".into(), learned.penalty));
            held_out.sentiment = numbered(&examples, learned.held_out);
            learned.heads
        }
    };

    let heads = Heads { themes, relevant, sentiment };
    let mut logits: Vec<Logits> = vectors.iter().map(|vector| outputs(&heads, vector)).collect();
    held_out.replace(&mut logits);
    Fitted { heads, penalties, logits, folds }
}

/// The class of a passage's sentiment; `None` where it is not labelled or the passage is about something else.
pub(super) fn sentiment_of(gold: &Gold, index: usize) -> Option<usize> {
    let passage = &gold.passages[index];
    passage.sentiment.filter(|_| passage.is_relevant != Some(false)).map(|sentiment| sentiment as usize)
}

/// Folds by article for the passages numbered; passages that are not learned from are in fold 0, unused.
fn fold_of_train(articles: &[&str], train: &[usize]) -> Vec<usize> {
    let names: Vec<&str> = train.iter().map(|&index| articles[index]).collect();
    let mut all = vec![0; articles.len()];
    for (&index, fold) in train.iter().zip(folds(&names)) {
        all[index] = fold;
    }
    all
}

fn examples(train: &[usize], class: impl Fn(usize) -> Option<usize>) -> Vec<Example> {
    train.iter().filter_map(|&row| Some(Example { row, class: class(row)?, weight: 1.0 })).collect()
}

/// Lets rarer classes count for more, by one over the root of their frequency.
///
/// The most probable of three sentiments is given, without a threshold that could make up for rarity. On dev
/// this weighting gained 4 points of macro-F1 over none, and as much as full balance at less bias.
fn weigh(examples: &mut [Example]) {
    let mut counts = [0.0_f64; 3];
    examples.iter().for_each(|example| counts[example.class] += 1.0);
    examples.iter_mut().for_each(|example| example.weight = counts[example.class].sqrt().recip());
    let sum: f64 = examples.iter().map(|example| example.weight).sum();
    let scale = examples.len() as f64 / sum;
    examples.iter_mut().for_each(|example| example.weight *= scale);
}

fn numbered<const K: usize>(examples: &[Example], outputs: Vec<[f64; K]>) -> Numbered<K> {
    examples.iter().map(|example| example.row).zip(outputs).collect()
}

/// Outputs of one task, each with the number of its passage.
type Numbered<const K: usize> = Vec<(usize, [f64; K])>;

/// Outputs by fits without the passage's fold.
#[derive(Default)]
struct HeldOut {
    /// Theme and outputs.
    themes: Vec<(usize, Numbered<1>)>,
    relevant: Numbered<1>,
    sentiment: Numbered<3>,
}

impl HeldOut {
    fn replace(self, logits: &mut [Logits]) {
        for (theme, outputs) in self.themes {
            outputs.into_iter().for_each(|(row, [logit])| logits[row].themes[theme] = logit);
        }
        self.relevant.into_iter().for_each(|(row, [logit])| logits[row].relevant = Some(logit));
        self.sentiment.into_iter().for_each(|(row, outputs)| logits[row].sentiment = outputs);
    }
}

/// What `heads` say of a pooled vector.
pub(super) fn outputs(heads: &Heads, vector: &[f32]) -> Logits {
    let logit = |head: &Head| {
        let product: f64 = head.weight.iter().zip(vector).map(|(w, v)| f64::from(*w) * f64::from(*v)).sum();
        product + f64::from(head.bias)
    };
    Logits {
        themes: heads.themes.iter().map(logit).collect(),
        relevant: heads.relevant.as_ref().map(logit),
        sentiment: [0, 1, 2].map(|index| logit(&heads.sentiment[index])),
    }
}

/// How logits become decisions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decisions {
    pub(super) themes: Vec<Decision>,
    pub(super) relevance: Option<Decision>,
    pub(super) temperature: f32,
}

impl Decisions {
    /// All that the passages numbered decide.
    pub(super) fn of(gold: &Gold, passages: &[usize], logits: &[Logits], plan: &Plan) -> Self {
        Self::choose(gold, passages, logits, plan).leaning(gold, passages, logits, plan)
    }

    /// Calibrates on the passages numbered and takes the thresholds that give each theme as often as it is
    /// deserved there.
    pub(super) fn choose(gold: &Gold, passages: &[usize], logits: &[Logits], plan: &Plan) -> Self {
        let relevance = match &plan.relevant {
            Source::Keep(kept) => Some(kept.decision),
            Source::Absent => None,
            Source::Learn | Source::Calibrate(_) => {
                let pairs: Vec<(f64, bool)> = passages
                    .iter()
                    .filter_map(|&index| Some((logits[index].relevant?, gold.passages[index].is_relevant?)))
                    .collect();
                let calibration = platt(&pairs);
                Some(Decision { threshold: RELEVANCE, calibration, article: None })
            }
        };
        // A passage that is taken to be about something else is given no theme.
        let is_given_themes = |index: usize| match (relevance, logits[index].relevant) {
            (Some(decision), Some(logit)) => score(logit, decision.calibration) >= decision.threshold,
            _ => true,
        };
        let themes = (0..gold.themes.len())
            .map(|theme| {
                if let Source::Keep(kept) = &plan.themes[theme] {
                    return kept.decision;
                }
                let labelled: Vec<(usize, bool)> = passages
                    .iter()
                    .filter_map(|&index| Some((index, gold.passages[index].themes[theme]?)))
                    .collect();
                let pairs: Vec<(f64, bool)> =
                    labelled.iter().map(|&(index, truth)| (logits[index].themes[theme], truth)).collect();
                let calibration = platt(&pairs);
                let scored: Vec<(Option<f32>, bool)> = labelled
                    .iter()
                    .map(|&(index, truth)| {
                        let given =
                            is_given_themes(index).then(|| score(logits[index].themes[theme], calibration));
                        (given, truth)
                    })
                    .collect();
                Decision { threshold: threshold(&scored), calibration, article: None }
            })
            .collect();
        let temperature = match &plan.sentiment {
            Source::Keep((_, temperature)) => *temperature,
            Source::Absent => 1.0,
            Source::Learn | Source::Calibrate(_) => {
                let rows: Vec<([f64; 3], usize)> = passages
                    .iter()
                    .filter_map(|&index| Some((logits[index].sentiment, sentiment_of(gold, index)?)))
                    .collect();
                temperature(&rows)
            }
        };
        Self { themes, relevance, temperature }
    }

    /// The same with themes that lean on the rest of the article where that explains the passages numbered better, and
    /// with thresholds for what they then score. Articles of which the gold has a part do not tell.
    pub(super) fn leaning(mut self, gold: &Gold, passages: &[usize], logits: &[Logits], plan: &Plan) -> Self {
        let alone: BTreeMap<usize, Scores> =
            passages.iter().map(|&index| (index, self.scores(&logits[index]))).collect();
        let articles = articles_among(gold, &alone);
        for (theme, decision) in self.themes.iter_mut().enumerate() {
            if !matches!(plan.themes[theme], Source::Keep(_)) {
                decision.article = prior(gold, theme, &articles, &alone);
            }
        }
        let scores = self.weighed(gold, passages, logits);
        for (theme, decision) in self.themes.iter_mut().enumerate() {
            if decision.article.is_none() || matches!(plan.themes[theme], Source::Keep(_)) {
                continue;
            }
            let is_given_themes = |scores: &Scores| {
                self.relevance.is_none_or(|relevance| scores.relevant >= relevance.threshold)
            };
            let scored: Vec<(Option<f32>, bool)> = passages
                .iter()
                .filter_map(|index| {
                    let scores = &scores[index];
                    let given = is_given_themes(scores).then_some(scores.themes[theme]);
                    Some((given, gold.passages[*index].themes[theme]?))
                })
                .collect();
            decision.threshold = threshold(&scored);
        }
        self
    }

    /// Scores of the passages numbered, those of whole articles leaning on each other.
    fn weighed(&self, gold: &Gold, passages: &[usize], logits: &[Logits]) -> BTreeMap<usize, Scores> {
        let mut scores = passages.iter().map(|&index| (index, self.scores(&logits[index]))).collect();
        let priors: Vec<_> = self.themes.iter().map(|decision| decision.article).collect();
        weigh_articles(&priors, &articles_among(gold, &scores), &mut scores);
        scores
    }

    /// Thresholds as an engine has them.
    pub(super) fn thresholds(&self) -> Thresholds {
        Thresholds {
            themes: self.themes.iter().map(|decision| decision.threshold).collect(),
            relevant: self.relevance.map_or(0.0, |decision| decision.threshold),
        }
    }

    /// What a model with these decisions says of the passages numbered.
    pub(super) fn predict(&self, gold: &Gold, passages: &[usize], logits: &[Logits]) -> Vec<Prediction> {
        let thresholds = self.thresholds();
        let scores = self.weighed(gold, passages, logits);
        passages.iter().map(|index| Prediction::new(scores[index].clone(), &thresholds)).collect()
    }

    fn scores(&self, logits: &Logits) -> Scores {
        let themes = logits.themes.iter().zip(&self.themes);
        let heated = logits.sentiment.map(|logit| logit / f64::from(self.temperature));
        let most = heated.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers = heated.map(|logit| (logit - most).exp());
        let sum: f64 = powers.iter().sum();
        Scores {
            themes: themes.map(|(logit, decision)| score(*logit, decision.calibration)).collect(),
            relevant: match (logits.relevant, self.relevance) {
                (Some(logit), Some(decision)) => score(logit, decision.calibration),
                _ => 1.0,
            },
            sentiment: powers.map(|power| (power / sum) as f32),
            // Nobody asks for the length of a labelled passage.
            tokens: 0,
            truncated_tokens: 0,
        }
    }
}

/// The articles of which the gold has all and `scores` too.
fn articles_among(gold: &Gold, scores: &BTreeMap<usize, Scores>) -> Vec<Vec<usize>> {
    let mut articles = whole_articles(gold);
    articles.retain(|article| article.iter().all(|index| scores.contains_key(index)));
    articles
}

/// How a theme leans on the rest of these articles, by the scores of passages alone; `None` if it does not.
fn prior(
    gold: &Gold,
    theme: usize,
    articles: &[Vec<usize>],
    alone: &BTreeMap<usize, Scores>,
) -> Option<Prior> {
    let truths = articles.iter().flatten().filter_map(|&index| gold.passages[index].themes[theme]);
    let truths: Vec<bool> = truths.collect();
    let base = truths.iter().filter(|truth| **truth).count() as f32 / truths.len() as f32;
    // Without passages not a number, which is not above 0 either.
    if !(base > 0.0 && base < 1.0) {
        return None;
    }
    let whole = Prior { base, weight: 1.0 };
    let mut rows = Vec::new();
    for article in articles {
        let scores = article.iter().map(|index| &alone[index]);
        let (themes, relevant): (Vec<f32>, Vec<f32>) =
            scores.map(|scores| (scores.themes[theme], scores.relevant)).unzip();
        for ((index, score), shift) in article.iter().zip(&themes).zip(whole.shifts(&themes, &relevant)) {
            let truth = gold.passages[*index].themes[theme];
            rows.extend(truth.map(|truth| ([log_odds(*score), shift], truth)));
        }
    }
    weight(&rows).map(|weight| Prior { base, weight })
}

/// What each training passage would be given by heads, calibration and thresholds that its article had no part
/// in; in the order of `train`.
pub(super) fn cross_validate(gold: &Gold, train: &[usize], fitted: &Fitted, plan: &Plan) -> Vec<Prediction> {
    let mut predictions: Vec<Option<Prediction>> = vec![None; train.len()];
    for fold in 0..FOLDS {
        let is_held_out = |index: &usize| fitted.folds[*index] == fold;
        let others: Vec<usize> = train.iter().copied().filter(|index| !is_held_out(index)).collect();
        let decisions = Decisions::of(gold, &others, &fitted.logits, plan);
        let (places, held_out): (Vec<usize>, Vec<usize>) =
            train.iter().copied().enumerate().filter(|(_, index)| is_held_out(index)).unzip();
        for (place, prediction) in places.into_iter().zip(decisions.predict(gold, &held_out, &fitted.logits))
        {
            predictions[place] = Some(prediction);
        }
    }
    predictions.into_iter().map(|prediction| prediction.expect("each passage is in one fold")).collect()
}

fn score(logit: f64, calibration: Platt) -> f32 {
    (1.0 / (1.0 + (-(f64::from(calibration.a) * logit + f64::from(calibration.b))).exp())) as f32
}
