//! Fine-tuning of a tiny model on passages that a few words decide.

use std::path::Path;

use super::*;
use crate::evaluate::inputs;
use crate::gold::{GoldPassage, Split};
use crate::score::Sentiment;

fn gold() -> Gold {
    let texts = [
        ("the bus was late", true, Sentiment::Negative),
        ("the bus said the children", true, Sentiment::Neutral),
        ("council vote", false, Sentiment::Neutral),
        ("the school report was late", false, Sentiment::Negative),
    ];
    let passage = |index: usize| {
        let (text, is_transport, sentiment) = texts[index % texts.len()];
        GoldPassage {
            id: index.to_string(),
            article: (index / 2).to_string(),
            text: format!("{text} {}", "the ".repeat(index % 3)),
            // A theme nobody looked for here is no evidence against it.
            themes: vec![(!index.is_multiple_of(7)).then_some(is_transport)],
            sentiment: Some(sentiment),
            is_relevant: Some(true),
            split: if index < 32 { Split::Train } else { Split::Dev },
            ..GoldPassage::default()
        }
    };
    Gold { themes: vec!["transport".into()], passages: (0..48).map(passage).collect(), ..Gold::default() }
}

fn tuned(recipe: &Recipe, states: &Path, on_progress: &mut dyn FnMut(Progress)) -> Tuned {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/tiny");
    let files = ModelFiles::read(&folder).expect("the fixture is a model folder");
    let mut serving = files.config.serving("tiny").expect("a model of ours").clone();
    serving.themes.truncate(1);
    serving.relevance = None;
    let heads = crate::models::Heads::zero(&serving, files.config.hidden_size);
    let files = files.with_heads(serving, &heads, "").expect("heads of its shape");
    let gold = gold();
    let [train, dev, _] = Split::ALL.map(|split| gold.of(split));
    let task = Task {
        gold: &gold,
        inputs: inputs(&gold),
        train: &train,
        dev: &dev,
        plan: &Plan::learn_all(1),
        states: states.to_path_buf(),
    };
    tune(&files, &task, recipe, on_progress).expect("it can be tuned")
}

fn recipe(epochs: usize) -> Recipe {
    Recipe { epochs, batch: 8, learning_rate: 3e-3, patience: 99, ..Recipe::default() }
}

#[test]
fn what_words_decide_is_learned() {
    let states = tempfile::tempdir().expect("a folder");
    let tuned = tuned(&recipe(12), &states.path().join("states"), &mut |_| {});
    let best = tuned.epochs.iter().rev().find(|epoch| epoch.is_best).expect("an epoch was the best");
    assert!(best.themes > 0.95, "{best:?}");
    assert!(best.loss < tuned.epochs[0].loss, "{best:?}");
}

#[test]
fn gradients_in_bf16_learn_the_same() {
    let states = tempfile::tempdir().expect("a folder");
    let recipe = Recipe { precision: Precision::BFloat16, ..recipe(12) };
    let tuned = tuned(&recipe, &states.path().join("states"), &mut |_| {});
    let best = tuned.epochs.iter().rev().find(|epoch| epoch.is_best).expect("an epoch was the best");
    assert!(best.themes > 0.95, "{best:?}");
}

#[test]
fn a_training_broken_off_gives_the_same_weights() {
    let place = tempfile::tempdir().expect("a folder");
    let (states, kept) = (place.path().join("states"), place.path().join("kept"));
    // What lies there after two of four epochs is what a training that was killed leaves behind.
    let mut keep = |progress| {
        if matches!(progress, Progress::Epoch(Epoch { number: 2, .. })) {
            std::fs::create_dir_all(kept.join("epoch-2")).expect("a folder");
            for file in std::fs::read_dir(states.join("epoch-2")).expect("the state of the second epoch") {
                let file = file.expect("a file").path();
                let name = file.file_name().expect("a name");
                std::fs::copy(&file, kept.join("epoch-2").join(name)).expect("a copy");
            }
        }
    };
    let whole = tuned(&recipe(4), &states, &mut keep);
    let resumed = tuned(&Recipe { resumes: true, ..recipe(4) }, &kept, &mut |_| {});
    assert_eq!(resumed.weights, whole.weights);
    assert_eq!(resumed.epochs, whole.epochs);
}

#[test]
fn the_learning_rate_rises_and_falls_to_nothing() {
    let rates: Vec<f64> = (0..100).map(|step| schedule(step, 100)).collect();
    assert!((rates[9] - 1.0).abs() < 1e-9 && rates[0] < 0.11 && rates[99] < 0.02, "{rates:?}");
    assert!(rates[..10].is_sorted() && rates[10..].iter().rev().is_sorted());
    assert!(schedule(0, 1) > 0.0);
}
