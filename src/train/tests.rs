//! Tests of the whole, on made-up vectors and passages: the encoder itself is tested elsewhere.

use super::fit::{Decisions, KeptHead, cross_validate, fit};
use super::plan::{Plan, Source};
use super::*;
use crate::gold::GoldPassage;
use crate::models::Head;
use crate::random::Random;

/// Passages whose theme, relevance and sentiment can be read off the first three elements of their vectors.
fn problem(passages: usize) -> (Gold, Vec<Vec<f32>>) {
    let mut random = Random::new(11);
    let vectors: Vec<Vec<f32>> =
        (0..passages).map(|_| (0..12).map(|_| random.below(2001) as f32 / 1000.0 - 1.0).collect()).collect();
    let passage = |(index, vector): (usize, &Vec<f32>)| {
        let is_relevant = vector[1] > -0.8;
        GoldPassage {
            id: index.to_string(),
            article: format!("article {}", index / 5),
            text: "Text.".into(),
            themes: vec![Some(is_relevant && vector[0] > 0.2)],
            sentiment: Some(
                Sentiment::ALL[if vector[2] < -0.3 { 0 } else { 1 + usize::from(vector[2] > 0.3) }],
            ),
            is_relevant: Some(is_relevant),
            split: if index % 20 < 10 { Split::Train } else { Split::Dev },
            ..GoldPassage::default()
        }
    };
    let passages = vectors.iter().enumerate().map(passage).collect();
    (Gold { themes: vec!["transport".into()], passages, ..Gold::default() }, vectors)
}

#[test]
fn what_can_be_learned_is_learned() {
    let (gold, vectors) = problem(600);
    let [train, dev, _] = Split::ALL.map(|split| gold.of(split));
    let plan = Plan::learn_all(1);
    let fitted = fit(&gold, &vectors, &train, &plan);
    let decisions = Decisions::choose(&gold, &dev, &fitted.logits, &plan);
    let honest = evaluate(&gold, &train, &cross_validate(&gold, &train, &fitted, &plan));
    let dev = evaluate(&gold, &dev, &decisions.predict(&gold, &dev, &fitted.logits));
    for evaluation in [&honest, &dev] {
        assert!(evaluation.macro_f1.expect("a theme").value > 0.9);
        assert!(evaluation.relevant.as_ref().and_then(|label| label.f1).expect("labelled").value > 0.95);
        assert!(evaluation.sentiment_macro_f1.expect("labelled").value > 0.85);
    }
}

#[test]
fn themes_lean_on_articles_that_are_whole_and_speak_of_one_thing() {
    let mut random = Random::new(3);
    let (mut gold, _) = problem(600);
    let mut logits = Vec::new();
    for (index, passage) in gold.passages.iter_mut().enumerate() {
        let is_about_it = index / 5 % 4 == 0;
        let has_theme = is_about_it && random.below(5) > 0;
        (passage.position, passage.themes, passage.is_relevant) =
            (index as u32 % 5 + 1, vec![Some(has_theme)], Some(true));
        let noise = (random.below(4001) as f64 - 2000.0) / 1000.0;
        let theme = if has_theme { 0.5 + noise } else { noise - 1.0 };
        logits.push(super::fit::Logits { themes: vec![theme], relevant: Some(9.0), sentiment: [0.0; 3] });
    }
    let plan = Plan::learn_all(1);
    let all: Vec<usize> = (0..600).collect();
    let f1 = |decisions: &Decisions, gold: &Gold| {
        evaluate(gold, &all, &decisions.predict(gold, &all, &logits)).macro_f1.expect("a theme").value
    };
    let alone = Decisions::choose(&gold, &all, &logits, &plan);
    let leaning = alone.clone().leaning(&gold, &all, &logits, &plan);
    let prior = leaning.themes[0].article.expect("articles tell");
    assert!((prior.base - 0.2).abs() < 0.02 && prior.weight > 0.3, "{prior:?}");
    let (before, after) = (f1(&alone, &gold), f1(&leaning, &gold));
    assert!(after > before + 0.1, "{before} {after}");
    // A sample: the first passage of every article is missing.
    gold.passages.iter_mut().for_each(|passage| passage.position += 1);
    assert_eq!(alone.clone().leaning(&gold, &all, &logits, &plan), alone);
}

#[test]
fn labels_that_are_noise_are_not_learned() {
    let (mut gold, vectors) = problem(300);
    let mut random = Random::new(5);
    gold.passages.iter_mut().for_each(|passage| passage.themes = vec![Some(random.below(5) == 0)]);
    let train: Vec<usize> = (0..300).collect();
    let plan = Plan::learn_all(1);
    let fitted = fit(&gold, &vectors, &train, &plan);
    let honest = evaluate(&gold, &train, &cross_validate(&gold, &train, &fitted, &plan));
    assert!(honest.macro_f1.expect("a theme").value < 0.45);
}

#[test]
fn the_same_input_gives_the_same_heads() {
    let (gold, vectors) = problem(200);
    let train = gold.of(Split::Train);
    let plan = Plan::learn_all(1);
    let first = fit(&gold, &vectors, &train, &plan);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("three threads");
    let second = pool.install(|| fit(&gold, &vectors, &train, &plan));
    assert_eq!(first.heads, second.heads);
    assert_eq!(first.logits, second.logits);
}

#[test]
fn a_kept_head_and_its_decision_stay_as_they_are() {
    let (gold, vectors) = problem(200);
    let train = gold.of(Split::Train);
    let mut head = Head::zero(12);
    head.weight[0] = 3.0;
    let decision = Decision { threshold: 0.37, ..Decision::default() };
    let mut plan = Plan::learn_all(1);
    plan.themes[0] = Source::Keep(KeptHead { head: head.clone(), decision });
    let fitted = fit(&gold, &vectors, &train, &plan);
    assert_eq!(fitted.heads.themes, [head]);
    assert_eq!(Decisions::choose(&gold, &train, &fitted.logits, &plan).themes, [decision]);
    assert!(fitted.penalties.iter().all(|(task, _)| task != "transport"));
}

#[test]
fn a_model_learned_is_served_as_it_was_measured() {
    let base = ModelFiles::embedded().expect("the shipped model");
    let mut options = Options { name: "mine".into(), ..Options::default() };
    options.method = Method::Heads { is_anew: true };
    let texts = [
        ("The taxi to school was cancelled again and the driver never called.", true),
        ("The minibus leaves at seven and the ride takes an hour.", true),
        ("Reading results have gone up for the third year.", false),
        ("The committee will meet on Tuesday evening.", false),
    ];
    let passage = |index: usize| {
        let (text, has_theme) = texts[index % texts.len()];
        GoldPassage {
            id: index.to_string(),
            article: index.to_string(),
            text: format!("{text} It was week {index}."),
            themes: vec![Some(has_theme)],
            ..GoldPassage::default()
        }
    };
    let gold = Gold {
        themes: vec!["transport".into()],
        passages: (0..32).map(passage).collect(),
        ..Gold::default()
    };
    let train: Vec<usize> = (0..32).collect();
    let plan = Plan::new(&gold, &train, &base, true).expect("enough passages");
    assert_eq!((&plan.relevant, &plan.sentiment), (&Source::Absent, &Source::Absent));
    let vectors = embed((&base, encoder::Precision::default()), &gold, Context::None, &train, &mut |_| {})
        .expect("the shipped encoder");
    let fitted = fit(&gold, &vectors, &train, &plan);
    let decisions = Decisions::choose(&gold, &train, &fitted.logits, &plan);
    let cross_validated = cross_validate(&gold, &train, &fitted, &plan);
    let held_out = Report::new(("mine", "train"), Vec::new(), &gold, &train, &cross_validated, None);
    let former = base.config.serving("base").expect("a section");
    let mut serving = serving(&options, former, &gold.themes, &decisions, Context::None);
    serving.measured = measured(former, &plan, &serving, &held_out, false);
    assert!(serving.measured["transport"].support == 16);
    let files = base.with_heads(serving, &fitted.heads, "card").expect("heads of the model's shape");
    let encoder = Encoder::new(&files, Kernel::best(), encoder::Precision::default()).expect("a model");
    let served = predict(&encoder, encoder.thresholds(), &gold, &train, &mut |_| {}).expect("scores");
    // Outputs of training passages come from cross-validation: those of the finished heads are worked out anew.
    let mut whole = fitted.clone();
    whole.logits = vectors.iter().map(|vector| super::fit::outputs(&whole.heads, vector)).collect();
    for (served, expected) in served.iter().zip(decisions.predict(&gold, &train, &whole.logits)) {
        assert!((served.scores.themes[0] - expected.scores.themes[0]).abs() < 1e-6);
        assert_eq!(served.labels, expected.labels);
    }
}

#[test]
fn too_few_passages_of_a_theme_are_refused_by_its_name() {
    let base = ModelFiles::embedded().expect("the shipped model");
    let (mut gold, _) = problem(100);
    let train = gold.of(Split::Train);
    gold.passages.iter_mut().for_each(|passage| passage.themes = vec![Some(false)]);
    let error = Plan::new(&gold, &train, &base, true).expect_err("no passage has the theme");
    assert!(
        error.to_string().contains("`transport` has 0 training passages with it and 50 without"),
        "{error}"
    );
    assert!(error.hint().is_some());
}

#[test]
fn few_passages_with_many_elements_give_finite_heads() {
    let mut random = Random::new(2);
    let vectors: Vec<Vec<f32>> =
        (0..40).map(|_| (0..384).map(|_| random.below(2001) as f32 / 1000.0 - 1.0).collect()).collect();
    let (mut gold, _) = problem(40);
    gold.passages.iter_mut().enumerate().for_each(|(index, passage)| {
        passage.split = Split::Train;
        passage.themes = vec![Some(index % 2 == 1)];
    });
    let train: Vec<usize> = (0..40).collect();
    let fitted = fit(&gold, &vectors, &train, &Plan::learn_all(1));
    let heads = fitted.heads.themes.iter().chain(&fitted.heads.relevant).chain(&fitted.heads.sentiment);
    for head in heads {
        assert!(head.bias.is_finite() && head.weight.iter().all(|weight| weight.is_finite()), "{head:?}");
    }
}
