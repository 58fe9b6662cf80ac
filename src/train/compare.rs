//! Comparisons on dev, for whoever decides about the model: other contexts, fewer passages.

use super::fit::{Decisions, fit};
use super::folds::SEED;
use super::plan::Plan;
use crate::context::Context;
use crate::error::Result;
use crate::evaluate::counts::Tallied;
use crate::evaluate::render::Table;
use crate::evaluate::{Interval, Prediction, difference, evaluate};
use crate::gold::Gold;
use crate::random::Random;

/// Title of the comparison of contexts.
pub(super) const CONTEXTS: &str =
    "Context, macro F1 on dev (gain over the passage alone, with its 95% interval)";

/// Title of the learning curve.
pub(super) const CURVE: &str = "Learning curve, macro F1 on dev (mean and range of the draws)";

/// Passages learned from; each doubles the one before.
const SIZES: [usize; 4] = [250, 500, 1000, 2000];

/// Draws of articles per size.
const DRAWS: usize = 3;

/// Learns with each context and compares what it brings to dev.
pub(super) fn contexts(
    gold: &Gold,
    train: &[usize],
    dev: &[usize],
    embed: &mut dyn FnMut(Context) -> Result<Vec<Vec<f32>>>,
) -> Result<Table> {
    let mut table = Table::new(["context", "themes", "gain", "sentiment", "gain"]);
    let mut first: Option<Vec<Prediction>> = None;
    for context in Context::ALL {
        let predictions = predictions(gold, &embed(context)?, train, dev);
        let evaluation = evaluate(gold, dev, &predictions);
        let gain = |measure: fn(&Tallied) -> Option<f64>| {
            let first = first.as_ref()?;
            difference(gold, dev, [first, &predictions], measure)
        };
        table.row([
            context.as_str().to_owned(),
            value(evaluation.macro_f1),
            signed(gain(Tallied::macro_f1)),
            value(evaluation.sentiment_macro_f1),
            signed(gain(Tallied::sentiment_macro_f1)),
        ]);
        first.get_or_insert(predictions);
    }
    Ok(table)
}

/// Learns from fewer and fewer articles and measures on dev.
pub(super) fn curve(gold: &Gold, vectors: &[Vec<f32>], train: &[usize], dev: &[usize]) -> Table {
    let mut table = Table::new(["passages", "themes", "sentiment"]);
    for size in SIZES.into_iter().filter(|size| *size < train.len()).chain([train.len()]) {
        // All passages can be drawn in one way only.
        let draws = if size == train.len() { 1 } else { DRAWS };
        let drawn = (0..draws).map(|draw| {
            let passages = draw_articles(gold, train, size, SEED + draw as u64);
            let predictions = predictions(gold, vectors, &passages, dev);
            let evaluation = evaluate(gold, dev, &predictions);
            [evaluation.macro_f1, evaluation.sentiment_macro_f1].map(|f1| f1.map_or(0.0, |f1| f1.value))
        });
        let drawn: Vec<[f64; 2]> = drawn.collect();
        let [themes, sentiment] = [0, 1].map(|measure| {
            let values = drawn.iter().map(|values| values[measure]);
            let mean = values.clone().sum::<f64>() / drawn.len() as f64;
            let (low, high) =
                values.fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
            if draws == 1 { format!("{mean:.3}") } else { format!("{mean:.3} ({low:.3}–{high:.3})") }
        });
        table.row([size.to_string(), themes, sentiment]);
    }
    table
}

/// Whole articles in random order until there are `size` passages or more.
fn draw_articles(gold: &Gold, train: &[usize], size: usize, seed: u64) -> Vec<usize> {
    let article = |index: usize| gold.passages[index].article.as_str();
    let mut articles: Vec<&str> = train.iter().map(|&index| article(index)).collect();
    articles.sort_unstable();
    articles.dedup();
    Random::new(seed).shuffle(&mut articles);
    let mut drawn = Vec::new();
    for name in articles {
        if drawn.len() >= size {
            break;
        }
        drawn.extend(train.iter().copied().filter(|&index| article(index) == name));
    }
    drawn.sort_unstable();
    drawn
}

fn predictions(gold: &Gold, vectors: &[Vec<f32>], train: &[usize], dev: &[usize]) -> Vec<Prediction> {
    let plan = Plan::learn_all(gold.themes.len());
    let fitted = fit(gold, vectors, train, &plan);
    Decisions::choose(gold, dev, &fitted.logits, &plan).predict(gold, dev, &fitted.logits)
}

fn value(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "–".to_owned(), |interval| format!("{:.3}", interval.value))
}

fn signed(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "–".to_owned(),
        |Interval { value, low, high }| format!("{value:+.3} ({low:+.3} to {high:+.3})"),
    )
}
