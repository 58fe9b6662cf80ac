//! Tests against numbers worked out by hand.

use super::*;
use crate::gold::{GoldPassage, Split};

fn passage(article: &str, themes: &[Option<bool>], sentiment: Sentiment) -> GoldPassage {
    GoldPassage {
        id: String::new(),
        article: article.into(),
        headline: Some("Headline".into()),
        text: "Text.".into(),
        themes: themes.to_vec(),
        sentiment: Some(sentiment),
        is_relevant: Some(true),
        outlet_kind: Some(if article == "a" { "local" } else { "trade" }.into()),
        split: Split::Test,
        ..GoldPassage::default()
    }
}

fn prediction(theme: f32, sentiment: [f32; 3]) -> Prediction {
    let scores = Scores { themes: vec![theme], relevant: 1.0, sentiment, tokens: 0, truncated_tokens: 0 };
    Prediction::new(scores, &Thresholds { themes: vec![0.5], relevant: 0.5 })
}

/// Three articles, six passages, one theme.
fn gold() -> Gold {
    let passages = [("a", true), ("a", false), ("b", true), ("b", true), ("c", false), ("c", false)]
        .map(|(article, has_theme)| passage(article, &[Some(has_theme)], Sentiment::Negative));
    Gold { themes: vec!["transport".into()], passages: passages.to_vec(), ..Gold::default() }
}

fn predictions() -> Vec<Prediction> {
    [0.95, 0.85, 0.65, 0.25, 0.05, 0.35].map(|score| prediction(score, [0.8, 0.1, 0.1])).to_vec()
}

const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];

#[test]
fn measures_of_a_small_set_are_right() {
    let evaluation = evaluate(&gold(), &ALL, &predictions());
    assert_eq!(evaluation.articles, 3);
    let theme = &evaluation.themes[0];
    assert_eq!(theme.counts, Counts { hits: 2, false_alarms: 1, misses: 1, rejections: 2 });
    let f1 = theme.f1.expect("given and deserved");
    assert_eq!(f1.value, 4.0 / 6.0);
    assert!(f1.low <= f1.value && f1.value <= f1.high);
    assert_eq!(evaluation.sentiment_accuracy.expect("labelled").value, 1.0);
    let calibration = &evaluation.calibration[0];
    let brier =
        [0.05_f64, 0.85, 0.35, 0.75, 0.05, 0.35].map(|distance| distance * distance).iter().sum::<f64>()
            / 6.0;
    assert!((calibration.brier - brier).abs() < 1e-6);
    // Every score is alone in its bin.
    let error = (0.05 + 0.85 + 0.35 + 0.75 + 0.05 + 0.35) / 6.0;
    assert!((calibration.expected_error - error).abs() < 1e-6);
    assert_eq!(evaluation.measured()["transport"].support, 3);
    let kinds: Vec<_> = evaluation.kinds.iter().map(|kind| (kind.name.as_str(), kind.articles)).collect();
    assert_eq!(kinds, [("local", 1), ("trade", 2)]);
}

#[test]
fn the_same_input_gives_the_same_intervals() {
    assert_eq!(evaluate(&gold(), &ALL, &predictions()), evaluate(&gold(), &ALL, &predictions()));
}

#[test]
fn intervals_draw_whole_articles() {
    // Within an article all passages are right or all are wrong: with two articles, accuracy is 0, ½ or 1.
    let passages = (0..40)
        .map(|index| passage(if index < 20 { "a" } else { "b" }, &[Some(false)], Sentiment::Negative))
        .collect();
    let gold = Gold { themes: vec!["transport".into()], passages, ..Gold::default() };
    let given = |index: usize| if index < 20 { [0.8, 0.1, 0.1] } else { [0.1, 0.1, 0.8] };
    let predictions: Vec<_> = (0..40).map(|index| prediction(0.0, given(index))).collect();
    let all: Vec<usize> = (0..40).collect();
    let accuracy = evaluate(&gold, &all, &predictions).sentiment_accuracy.expect("labelled");
    assert_eq!(accuracy, Interval { value: 0.5, low: 0.0, high: 1.0 });
}

#[test]
fn a_comparison_draws_the_same_articles_for_both() {
    let same = predictions();
    let none = difference(&gold(), &ALL, [&same, &same], Tallied::micro_f1).expect("defined");
    assert_eq!(none, Interval { value: 0.0, low: 0.0, high: 0.0 });
    let right = [0.9, 0.1, 0.9, 0.9, 0.1, 0.1].map(|score| prediction(score, [0.8, 0.1, 0.1]));
    let gain = difference(&gold(), &ALL, [&same, &right], Tallied::micro_f1).expect("defined");
    assert_eq!(gain.value, 1.0 - 4.0 / 6.0);
    assert!(gain.low >= 0.0);
}

/// Gives every passage 0.4, and lets it lean on its article.
#[derive(Debug)]
struct Leaning(crate::score::LabelSet, Thresholds, [Option<Prior>; 1]);

impl Classifier for Leaning {
    fn name(&self) -> &str {
        "leaning"
    }

    fn labels(&self) -> &crate::score::LabelSet {
        &self.0
    }

    fn thresholds(&self) -> &Thresholds {
        &self.1
    }

    fn priors(&self) -> &[Option<Prior>] {
        &self.2
    }

    fn context(&self) -> crate::context::Context {
        crate::context::Context::None
    }

    fn hash(&self) -> &str {
        ""
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        Ok(inputs.iter().map(|_| prediction(0.4, [0.1, 0.8, 0.1]).scores).collect())
    }
}

#[test]
fn a_prediction_leans_on_a_whole_article_even_if_one_passage_is_asked_for() {
    let mut gold = gold();
    (0..2).for_each(|index| gold.passages[index].position = index as u32 + 1);
    let labels = crate::score::LabelSet { themes: gold.themes.clone(), has_relevance: false };
    let thresholds = Thresholds { themes: vec![0.5], relevant: 0.0 };
    let engine = Leaning(labels, thresholds.clone(), [Some(Prior { base: 0.1, weight: 1.0 })]);
    let mut told = 0;
    let found = predict(&engine, &thresholds, &gold, &[1, 2], &mut |passages| told += passages);
    let found = found.expect("it never fails");
    let scores: Vec<f32> = found.iter().map(|prediction| prediction.scores.themes[0]).collect();
    assert!(scores[0] > 0.5 && found[0].labels.themes[0], "{scores:?}");
    assert_eq!((scores[1], told), (0.4, 2), "of the other article there is but a part");
}

#[test]
fn an_input_has_its_headline_and_the_passage_before() {
    let mut gold = gold();
    gold.passages[0].position = 1;
    gold.passages[1].position = 2;
    gold.passages[1].text = "Second.".into();
    let expected = Input { text: "Second.", headline: Some("Headline"), before: Some("Text.") };
    assert_eq!(inputs(&gold)[1], expected);
    assert_eq!(inputs(&gold)[0].before, None);
}
