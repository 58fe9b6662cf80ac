//! Learns a model from labelled passages, and writes its folder: logistic heads over the frozen built-in
//! encoder; with the feature `rust-bert`, encoder and heads together; or only what the scores of a model mean.
//!
//! *Takes* labelled passages, a codebook and a base model. *Gives* [`Trained`]: a model folder in memory with
//! its card, and the tables to show. *Fails* on passages that cannot be read, on a theme with too few of them
//! and on a base model that cannot be served. *Cost*: for heads one pass of the encoder over all passages (the
//! bulk), then seconds; for fine-tuning see [`Recipe`]. Test passages go through the finished model again.
//!
//! Weights are learned on train; calibration and thresholds are chosen on dev with the weights as they will be
//! served, or for heads by cross-validation where there is no dev; test is measured once, on the finished
//! model. Passages of train that are near-copies of a held-out one are left out.
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
mod recipe;
#[cfg(feature = "rust-bert")]
mod tune;
mod card;
mod compare;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::codebook::Codebook;
use crate::context::Context;
use crate::engine::encoder::{self, Encoder, Kernel};
use crate::engine::lexicon::Lexicon;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::evaluate::render::{self, Table};
use crate::evaluate::report::{Measurement, Report, measure, thresholds};
use crate::evaluate::{Evaluation, evaluate, inputs, predict};
use crate::gold::{Gold, Split, near};
use crate::models::{
    Base, BaseModel, Decision, FORMAT, Heads, ModelFiles, Place, Pooling, SentimentHead, Serving, ThemeHead,
    locate,
};
use crate::score::{Measured, Sentiment};
use fit::{Decisions, Fitted, cross_validate, fit};
use plan::{Plan, Source};
pub use recipe::{Epoch, Precision, Recipe};

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
    /// What goes in beside the passage. Where heads are kept, the base model decides.
    pub context: Context,
    /// What is learned.
    pub method: Method,
    /// Folder for what a fine-tuning that is broken off goes on from.
    pub states: PathBuf,
    /// Whether contexts are compared on dev.
    pub compares_contexts: bool,
    /// Whether a learning curve is drawn on dev.
    pub draws_curve: bool,
    /// The command line, for the card.
    pub command: String,
}

/// What is learned.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Heads over the encoder as it is.
    Heads {
        /// Also those that the base model has; otherwise they are kept.
        is_anew: bool,
    },
    /// Encoder and heads together.
    FineTuning(Recipe),
    /// Neither: only calibration, thresholds and how themes lean on the article are found anew, on dev, or on train
    /// where there is no dev.
    Calibration,
}

impl Default for Method {
    fn default() -> Self {
        Self::Heads { is_anew: false }
    }
}

/// A learned model.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model folder.
    pub files: ModelFiles,
    /// What to show: sentences and tables in Markdown.
    pub report: String,
}

/// How far training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// Passages that went through the encoder so far and in all.
    Scoring {
        /// So far.
        done: usize,
        /// In all.
        all: usize,
    },
    /// Steps of fine-tuning so far and at most.
    Step {
        /// So far.
        done: usize,
        /// At most.
        all: usize,
    },
    /// An epoch of fine-tuning has ended, or was taken over from a training that was broken off.
    Epoch(Epoch),
}

/// How a model did, by what it was measured on.
#[derive(Debug, Clone, PartialEq)]
struct Results {
    /// On train, each article by heads and thresholds it had no part in; not for fine-tuning, nor where dev calibrates
    /// heads that were learned before.
    cross_validated: Option<Evaluation>,
    /// On dev, where calibration and thresholds were chosen.
    dev: Option<Evaluation>,
    /// The word lists on dev.
    lexicon_dev: Option<Evaluation>,
    /// What fine-tuning was like.
    tuning: Option<Tuning>,
    /// The finished model on test, where nothing was chosen; without test, the cross-validated results, or for
    /// fine-tuning those on dev.
    held_out: Report,
    /// Tables that were asked for, with a title each.
    extra: Vec<(String, Table)>,
}

/// What fine-tuning was like.
#[derive(Debug, Clone, PartialEq)]
struct Tuning {
    recipe: Recipe,
    epochs: Vec<Epoch>,
    /// On dev and test with the f32 weights, before they became int8 rows.
    float: [Option<Evaluation>; 2],
}

/// Learns a model.
///
/// # Errors
/// [`crate::Error::Config`] if the passages or the codebook cannot be used, a theme has too few passages or the
/// program was built without what the recipe needs; [`crate::Error::Model`] if the base model cannot be served;
/// [`crate::Error::Io`] if a file cannot be read.
pub fn train(options: &Options, on_progress: &mut dyn FnMut(Progress)) -> Result<Trained> {
    let toml = options.codebook.as_deref().unwrap_or(Codebook::SHIPPED);
    let codebook = Codebook::parse(toml)?;
    let gold = Gold::read(&options.gold, &codebook.names())?;
    let leaks = near::leaks(&gold);
    let [mut train, dev, test] = Split::ALL.map(|split| gold.of(split));
    train.retain(|index| !leaks.contains(index));

    // What was learned before needs no passage that nothing is chosen by.
    if options.method == Method::Calibration && !dev.is_empty() {
        train.clear();
    }
    // Without dev, the passages learned from choose, each scored without its article.
    let choosers = if dev.is_empty() { train.clone() } else { dev.clone() };

    let mut base = open_base(options, &codebook)?;
    let plan = match options.method {
        Method::Heads { is_anew } => Plan::new(&gold, &train, &base, is_anew)?,
        Method::FineTuning(_) => Plan::new(&gold, &train, &base, true)?,
        Method::Calibration => Plan::calibrate(&gold, &choosers, &base)?,
    };
    let former = base.config.serving(&options.name)?.clone();
    let former_card = String::from_utf8_lossy(base.card()).into_owned();
    let context = if plan.is_keeping() { former.context } else { options.context };

    let mut tuned = None;
    if let Method::FineTuning(recipe) = &options.method {
        let found = fine_tune(options, recipe, &base, &gold, [&train, &dev], &plan, context, on_progress)?;
        base = found.served.clone();
        tuned = Some(found);
    }
    // Heads that are not learned here, or with the encoder, are only looked at where they are measured.
    let wanted: Vec<usize> = match options.method {
        Method::Heads { .. } => (0..gold.passages.len()).collect(),
        Method::FineTuning(_) | Method::Calibration => choosers.iter().chain(&test).copied().collect(),
    };
    let vectors = embed((&base, encoder::Precision::default()), &gold, context, &wanted, on_progress)?;
    let fitted = match &tuned {
        None => fit(&gold, &vectors, &train, &plan),
        Some(_) => Fitted::given(base.heads()?, &vectors),
    };
    let decisions = Decisions::of(&gold, &choosers, &fitted.logits, &plan);

    let tuning = match (&options.method, tuned) {
        (Method::FineTuning(recipe), Some(tuned)) => {
            let vectors =
                embed((&tuned.float, encoder::Precision::F32), &gold, context, &wanted, on_progress)?;
            let fitted = Fitted::given(tuned.float.heads()?, &vectors);
            let decisions = Decisions::of(&gold, &dev, &fitted.logits, &plan);
            let float = [&dev, &test].map(|passages| {
                let predictions = decisions.predict(&gold, passages, &fitted.logits);
                (!passages.is_empty()).then(|| evaluate(&gold, passages, &predictions))
            });
            Some(Tuning { recipe: recipe.clone(), epochs: tuned.epochs, float })
        }
        _ => None,
    };

    let lexicon = Lexicon::new(&codebook);
    let by_lexicon =
        |passages: &[usize]| predict(&lexicon, lexicon.thresholds(), &gold, passages, &mut |_| {});
    let is_cross_validated = tuning.is_none() && !train.is_empty();
    let cross_validated = is_cross_validated.then(|| cross_validate(&gold, &train, &fitted, &plan));
    let of_dev = |predictions: &[_]| (!dev.is_empty()).then(|| evaluate(&gold, &dev, predictions));
    let on_dev = decisions.predict(&gold, &dev, &fitted.logits);
    let mut serving = serving(options, &former, &gold.themes, &decisions, context);
    let held_out = if test.is_empty() {
        let used = thresholds(&serving.labels(), &serving.thresholds());
        let (on, passages, predictions) = match &cross_validated {
            Some(predictions) => ("train, cross-validated", &train, predictions),
            None => ("dev, which chose the thresholds", &dev, &on_dev),
        };
        let name = (serving.name.as_str(), on);
        Report::new(name, used, &gold, passages, predictions, Some(&by_lexicon(passages)?))
    } else {
        let files = base.with_heads(serving.clone(), &fitted.heads, "")?;
        let encoder = Encoder::new(&files, Kernel::best(), encoder::Precision::default())?;
        let on = Measurement { gold: &gold, split: Split::Test, challenge: None, lexicon: Some(&lexicon) };
        let mut tell = |done, all| on_progress(Progress::Scoring { done, all });
        measure(&encoder, encoder.thresholds(), &on, &mut tell)?
    };
    let mut results = Results {
        cross_validated: cross_validated.map(|predictions| evaluate(&gold, &train, &predictions)),
        dev: of_dev(&on_dev),
        lexicon_dev: of_dev(&by_lexicon(&dev)?),
        tuning,
        held_out,
        extra: Vec::new(),
    };
    if options.compares_contexts && !dev.is_empty() {
        let served = (&base, encoder::Precision::default());
        let mut embed = |context| embed(served, &gold, context, &wanted, on_progress);
        results.extra.push((compare::CONTEXTS.into(), compare::contexts(&gold, &train, &dev, &mut embed)?));
    }
    if options.draws_curve && !dev.is_empty() {
        results.extra.push((compare::CURVE.into(), compare::curve(&gold, &vectors, &train, &dev)));
    }

    serving.measured = measured(&former, &plan, &serving, &results.held_out, !test.is_empty());
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
    let card = match options.method {
        Method::Calibration => card::calibrated(&former_card, &facts)?,
        Method::Heads { .. } | Method::FineTuning(_) => {
            card::card(&facts, card::about(&options.gold).as_deref())
        }
    };
    let files = base.with_heads(serving.clone(), &fitted.heads, &card)?.with_codebook(toml);
    Ok(Trained { report: report(&facts), files })
}

/// Removes what a fine-tuning kept in case it was broken off; to be called when its model has been written.
///
/// # Errors
/// [`crate::Error::Io`] if it cannot be removed.
pub fn finish(options: &Options) -> Result<()> {
    match std::fs::remove_dir_all(&options.states) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(crate::Error::io("remove", &options.states, error))
        }
        _ => Ok(()),
    }
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
    let serving = Serving {
        format: FORMAT,
        name: options.name.clone(),
        base: Base { name, sha256: encoder.sha256.clone() },
        pooling: Pooling::Mean,
        max_tokens: MAX_TOKENS.min(encoder.config.max_position_embeddings),
        context: Context::None,
        themes: codebook.names().iter().map(|name| ThemeHead::undecided(name)).collect(),
        relevance: Some(Decision::default()),
        sentiment: SentimentHead::default(),
        measured: Default::default(),
    };
    let heads = Heads::zero(&serving, encoder.config.hidden_size);
    if matches!(options.method, Method::FineTuning(_)) {
        // What is tuned starts from the numbers as they were learned.
        return encoder.into_float_model(serving, &heads, "");
    }
    encoder.into_model(serving, &heads, "")
}

/// A fine-tuned model before its outputs are calibrated.
struct FineTuned {
    /// As it will be served.
    served: ModelFiles,
    /// With f32 weights.
    float: ModelFiles,
    epochs: Vec<Epoch>,
}

#[cfg(feature = "rust-bert")]
#[expect(clippy::too_many_arguments, reason = "it is one step of `train` and sees what `train` sees")]
fn fine_tune(
    options: &Options,
    recipe: &Recipe,
    base: &ModelFiles,
    gold: &Gold,
    [train, dev]: [&[usize]; 2],
    plan: &Plan,
    context: Context,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<FineTuned> {
    if dev.is_empty() {
        return Err(crate::Error::config_hint(
            "there are no passages of the split `dev`, which choose the epoch and the thresholds",
            "mark the passages of some articles with \"split\": \"dev\", or use --heads-only",
        ));
    }
    let mut serving = base.config.serving("base")?.clone();
    serving.themes = gold.themes.iter().map(|name| ThemeHead::undecided(name)).collect();
    serving.relevance = (plan.relevant != Source::Absent).then(Decision::default);
    serving.sentiment = SentimentHead::default();
    serving.context = context;
    let heads = Heads::zero(&serving, base.config.hidden_size);
    let start = base.with_heads(serving, &heads, "")?;
    let task = tune::Task { gold, inputs: inputs(gold), train, dev, plan, states: options.states.clone() };
    let tuned = tune::tune(&start, &task, recipe, on_progress)?;
    let mut weights = tuned.weights;
    let float = start.with_weights(&weights)?;
    weights.quantise_encoder();
    Ok(FineTuned { served: start.with_weights(&weights)?, float, epochs: tuned.epochs })
}

#[cfg(not(feature = "rust-bert"))]
#[expect(clippy::too_many_arguments, reason = "as the function that tunes")]
fn fine_tune(
    _: &Options,
    _: &Recipe,
    _: &ModelFiles,
    _: &Gold,
    _: [&[usize]; 2],
    _: &Plan,
    _: Context,
    _: &mut dyn FnMut(Progress),
) -> Result<FineTuned> {
    Err(crate::engine::without_rust_bert("fine-tuning"))
}

/// The pooled vectors of the `passages` numbered; those of others stay empty.
fn embed(
    (base, precision): (&ModelFiles, encoder::Precision),
    gold: &Gold,
    context: Context,
    passages: &[usize],
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Vec<f32>>> {
    let mut serving = base.config.serving("base")?.clone();
    serving.context = context;
    let heads = base.heads()?;
    let encoder = Encoder::new(&base.with_heads(serving, &heads, "")?, Kernel::best(), precision)?;
    let inputs = inputs(gold);
    let mut vectors = vec![Vec::new(); inputs.len()];
    let mut done = 0;
    for chunk in passages.chunks(CHUNK) {
        on_progress(Progress::Scoring { done, all: passages.len() });
        let wanted: Vec<Input<'_>> = chunk.iter().map(|&index| inputs[index]).collect();
        for (&index, vector) in chunk.iter().zip(encoder.embed(&wanted)?) {
            vectors[index] = vector;
        }
        done += chunk.len();
    }
    on_progress(Progress::Scoring { done, all: passages.len() });
    Ok(vectors)
}

/// What the configuration of the learned model says, nothing having been measured.
fn serving(
    options: &Options,
    former: &Serving,
    themes: &[String],
    decisions: &Decisions,
    context: Context,
) -> Serving {
    let themes = themes.iter().zip(&decisions.themes);
    Serving {
        format: FORMAT,
        name: options.name.clone(),
        base: former.base.clone(),
        pooling: former.pooling,
        max_tokens: former.max_tokens,
        context,
        themes: themes
            .map(|(name, decision)| ThemeHead { name: name.clone(), decision: *decision })
            .collect(),
        relevance: decisions.relevance,
        sentiment: SentimentHead { labels: Sentiment::ALL, temperature: decisions.temperature },
        measured: BTreeMap::new(),
    }
}

/// Precision and recall for the configuration.
fn measured(
    former: &Serving,
    plan: &Plan,
    serving: &Serving,
    held_out: &Report,
    has_test: bool,
) -> BTreeMap<String, Measured> {
    let mut measured = held_out.evaluation.measured();
    for (name, before) in &former.measured {
        // What was measured when a kept head was learned says more than passages that were labelled for another.
        if is_kept(plan, serving, name) && !(has_test && measured.contains_key(name)) {
            measured.insert(name.clone(), *before);
        }
    }
    measured.values_mut().for_each(round);
    measured
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
    if let Some(tuning) = &results.tuning {
        text.push_str(&format!("\n{}", card::epochs(tuning).markdown()));
    }
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
