//! Learns logistic heads over the frozen built-in encoder from labelled passages, and writes a model folder.
//!
//! *Takes* labelled passages, a codebook and a base model. *Gives* [`Trained`]: a model folder in memory with
//! its card, and the tables to show. *Fails* on passages that cannot be read, on a theme with too few of them
//! and on a base model that cannot be served. *Cost*: one pass of the encoder over all passages (the bulk),
//! then seconds.
//!
//! Heads are learned on train; calibration and thresholds are chosen on dev, or by cross-validation where
//! there is no dev; test is measured once, on the finished model. Passages of train that are near-copies of a
//! held-out one are left out.
//!
//! - the same input gives the same model to the byte
//! - a head that the base model has is kept unless all are learned anew

mod lbfgs;
mod logistic;
mod calibrate;
mod folds;
mod task;
mod plan;
mod fit;
mod card;
mod compare;

use std::path::PathBuf;

use crate::codebook::Codebook;
use crate::engine::encoder::{Encoder, Kernel};
use crate::engine::lexicon::Lexicon;
use crate::error::Result;
use crate::evaluate::render::{self, Table};
use crate::evaluate::{Context, Evaluation, evaluate, inputs, predict};
use crate::gold::{Gold, Split, near};
use crate::models::{
    Base, BaseModel, Decision, FORMAT, Heads, ModelFiles, Place, Pooling, SentimentHead, Serving, ThemeHead,
    locate,
};
use crate::score::{Measured, Sentiment};
use fit::{Decisions, Fitted, cross_validate, fit};
use plan::{Plan, Source};

/// Passages embedded between two reports of progress.
const CHUNK: usize = 256;

/// Most tokens of an input where the base does not say: a passage of a newspaper has about 40.
const MAX_TOKENS: usize = 512;

/// What to learn from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Files of labelled passages, or folders of them.
    pub gold: Vec<PathBuf>,
    /// A model or a downloaded encoder, by name or folder; `None` for the model compiled into the program.
    pub base: Option<PathBuf>,
    /// The codebook as TOML; `None` for the shipped one.
    pub codebook: Option<String>,
    /// Name of the model.
    pub name: String,
    /// Whether the headline goes in as context. Where heads are kept, the base model decides.
    pub has_headline: bool,
    /// Whether heads of the base model are learned anew rather than kept.
    pub is_anew: bool,
    /// Whether contexts are compared on dev.
    pub compares_contexts: bool,
    /// Whether a learning curve is drawn on dev.
    pub draws_curve: bool,
    /// The command line, for the card.
    pub command: String,
}

/// A learned model.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model folder.
    pub files: ModelFiles,
    /// What to show: sentences and tables in Markdown.
    pub report: String,
}

/// How a model did, by what it was measured on.
#[derive(Debug, Clone, PartialEq)]
struct Results {
    /// On train, each article by heads and thresholds it had no part in.
    cross_validated: Evaluation,
    /// On dev, where calibration and thresholds were chosen.
    dev: Option<Evaluation>,
    /// On test, where nothing was chosen.
    test: Option<Evaluation>,
    /// The word lists on dev.
    lexicon_dev: Option<Evaluation>,
    /// The word lists on test.
    lexicon_test: Option<Evaluation>,
    /// Tables that were asked for, with a title each.
    extra: Vec<(String, Table)>,
}

/// Learns a model. `on_progress` is told passages embedded so far and in all.
///
/// # Errors
/// [`crate::Error::Config`] if the passages or the codebook cannot be used or a theme has too few passages;
/// [`crate::Error::Model`] if the base model cannot be served; [`crate::Error::Io`] if a file cannot be read.
pub fn train(options: &Options, on_progress: &mut dyn FnMut(usize, usize)) -> Result<Trained> {
    let toml = options.codebook.as_deref().unwrap_or(Codebook::SHIPPED);
    let codebook = Codebook::parse(toml)?;
    let gold = Gold::read(&options.gold, &codebook.names())?;
    let leaks = near::leaks(&gold);
    let [mut train, dev, test] = Split::ALL.map(|split| gold.of(split));
    train.retain(|index| !leaks.contains(index));

    let base = open_base(options, &codebook)?;
    let plan = Plan::new(&gold, &train, &base, options.is_anew)?;
    let former = base.config.serving(&options.name)?;
    let has_headline = if plan.is_keeping() { former.uses_context } else { options.has_headline };
    let context = if has_headline { Context::Headline } else { Context::None };

    let vectors = embed(&base, &gold, context, on_progress)?;
    let fitted = fit(&gold, &vectors, &train, &plan);
    // Without dev, the passages learned from choose, each scored without its article.
    let choosers = if dev.is_empty() { &train } else { &dev };
    let decisions = Decisions::choose(&gold, choosers, &fitted.logits, &plan);

    let measure = |passages: &[usize]| {
        let predictions = decisions.predict(passages, &fitted.logits);
        (!passages.is_empty()).then(|| evaluate(&gold, passages, &predictions))
    };
    let lexicon = predict(&Lexicon::new(&codebook), &gold)?;
    let measure_lexicon = |passages: &[usize]| {
        let predictions: Vec<_> = passages.iter().map(|&index| lexicon[index].clone()).collect();
        (!passages.is_empty()).then(|| evaluate(&gold, passages, &predictions))
    };
    let mut results = Results {
        cross_validated: evaluate(&gold, &train, &cross_validate(&gold, &train, &fitted, &plan)),
        dev: measure(&dev),
        test: measure(&test),
        lexicon_dev: measure_lexicon(&dev),
        lexicon_test: measure_lexicon(&test),
        extra: Vec::new(),
    };
    if options.compares_contexts && !dev.is_empty() {
        let mut embed = |context| embed(&base, &gold, context, on_progress);
        results.extra.push((compare::CONTEXTS.into(), compare::contexts(&gold, &train, &dev, &mut embed)?));
    }
    if options.draws_curve && !dev.is_empty() {
        results.extra.push((compare::CURVE.into(), compare::curve(&gold, &vectors, &train, &dev)));
    }

    let serving = serving(options, former, &plan, &gold.themes, &decisions, &results, has_headline);
    let facts = card::Facts {
        options,
        gold: &gold,
        train: &train,
        left_out: leaks.len(),
        plan: &plan,
        fitted: &fitted,
        serving: &serving,
        results: &results,
    };
    let card = card::card(&facts, card::about(&options.gold).as_deref());
    let files = base.with_heads(serving.clone(), &fitted.heads, &card)?.with_codebook(toml);
    Ok(Trained { report: report(&facts), files })
}

/// The base model with heads of some kind, those of a downloaded encoder all zero.
fn open_base(options: &Options, codebook: &Codebook) -> Result<ModelFiles> {
    let folder = match options.base.as_deref().map(locate).transpose()? {
        None | Some(Place::BuiltIn) => return ModelFiles::embedded(),
        Some(Place::Folder(folder)) if ModelFiles::is_model(&folder) => return ModelFiles::read(&folder),
        Some(Place::Folder(folder)) => folder,
    };
    let encoder = BaseModel::read(&folder)?;
    let name = folder.file_name().map_or_else(|| "base".into(), |name| name.to_string_lossy().into_owned());
    let head = |name: &String| ThemeHead { name: name.clone(), decision: Decision::default() };
    let serving = Serving {
        format: FORMAT,
        name: options.name.clone(),
        base: Base { name, sha256: encoder.sha256.clone() },
        pooling: Pooling::Mean,
        max_tokens: MAX_TOKENS.min(encoder.config.max_position_embeddings),
        uses_context: false,
        themes: codebook.names().iter().map(head).collect(),
        relevance: Some(Decision::default()),
        sentiment: SentimentHead::default(),
        measured: Default::default(),
    };
    let heads = Heads::zero(&serving, encoder.config.hidden_size);
    encoder.into_model(serving, &heads, "")
}

/// The pooled vectors of all passages.
fn embed(
    base: &ModelFiles,
    gold: &Gold,
    context: Context,
    on_progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Vec<f32>>> {
    let mut serving = base.config.serving("base")?.clone();
    serving.uses_context = context != Context::None;
    let heads = base.heads()?;
    let encoder = Encoder::new(&base.with_heads(serving, &heads, "")?, Kernel::best())?;
    let inputs = inputs(gold, context);
    let mut vectors = Vec::with_capacity(inputs.len());
    for chunk in inputs.chunks(CHUNK) {
        on_progress(vectors.len(), inputs.len());
        vectors.extend(encoder.embed(chunk)?);
    }
    on_progress(vectors.len(), inputs.len());
    Ok(vectors)
}

/// What the configuration of the learned model says.
fn serving(
    options: &Options,
    former: &Serving,
    plan: &Plan,
    themes: &[String],
    decisions: &Decisions,
    results: &Results,
    uses_context: bool,
) -> Serving {
    let themes = themes.iter().zip(&decisions.themes);
    let mut serving = Serving {
        format: FORMAT,
        name: options.name.clone(),
        base: former.base.clone(),
        pooling: former.pooling,
        max_tokens: former.max_tokens,
        uses_context,
        themes: themes
            .map(|(name, decision)| ThemeHead { name: name.clone(), decision: *decision })
            .collect(),
        relevance: decisions.relevance,
        sentiment: SentimentHead { labels: Sentiment::ALL, temperature: decisions.temperature },
        measured: results.test.as_ref().unwrap_or(&results.cross_validated).measured(),
    };
    // What was measured when a kept head was learned says more than passages that were labelled for another.
    let has_test = |name: &str| results.test.as_ref().is_some_and(|test| test.measured().contains_key(name));
    for (name, measured) in &former.measured {
        if is_kept(plan, &serving, name) && !has_test(name) {
            serving.measured.insert(name.clone(), *measured);
        }
    }
    serving.measured.values_mut().for_each(round);
    serving
}

fn is_kept(plan: &Plan, serving: &Serving, label: &str) -> bool {
    match serving.themes.iter().position(|theme| theme.name == label) {
        Some(theme) => matches!(plan.themes[theme], Source::Keep(_)),
        None if label == "relevant" || label == "off_topic" => matches!(plan.relevant, Source::Keep(_)),
        None => {
            let is_sentiment = Sentiment::ALL.iter().any(|sentiment| sentiment.as_str() == label);
            is_sentiment && matches!(plan.sentiment, Source::Keep(_))
        }
    }
}

/// More than four decimals would claim a precision that hundreds of passages do not have.
fn round(measured: &mut Measured) {
    let round = |value: f64| (value * 1e4).round() / 1e4;
    measured.precision = round(measured.precision);
    measured.recall = round(measured.recall);
}

/// What to show when done.
fn report(facts: &card::Facts<'_>) -> String {
    let results = facts.results;
    let mut text = card::data(facts);
    for note in card::notes(facts) {
        text.push_str(&format!("{note}\n"));
    }
    text.push('\n');
    text.push_str(&render::side_by_side(&card::columns(results)).markdown());
    text.push_str(
        "\nF1 with 95% intervals over articles; `passages` are those that deserve the label in the last column.\n",
    );
    for (title, table) in &results.extra {
        text.push_str(&format!("\n{title}\n\n{}", table.markdown()));
    }
    text
}

#[cfg(test)]
mod tests;
