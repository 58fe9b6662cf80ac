//! `sendlens train`: labelled passages become a model folder.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use sendlens::context::Context;
use sendlens::train::{self, Epoch, Method, Precision, Progress, Recipe};
use sendlens::{Error, Result};

use super::{DeviceArg, WORK, bar_of, print, say};

/// Learn a theme of your own, or all labels anew, from labelled passages.
///
/// Writes a model folder for `sendlens run --model` with a card that says how good it is. Labelled passages are
/// JSON Lines: {"text": "…", "themes": ["transport"]}. With --heads-only, a new theme needs an entry in the
/// codebook and about 30 labelled passages at least, and labels the base model has keep their quality. With
/// --calibrate, nothing is learned but how far the scores of a model can be trusted on passages like yours.
/// Without either, encoder and outputs are learned anew together from thousands of passages, which needs a
/// program built with the feature rust-bert. The same input gives the same model.
#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// Learn outputs over the built-in encoder, which stays as it is: seconds for hundreds of passages.
    #[arg(long)]
    heads_only: bool,
    /// Leave encoder and outputs as they are: find calibration, thresholds and what a theme takes from the rest of its
    /// article anew.
    #[arg(long, conflicts_with_all = ["heads_only", "context"])]
    calibrate: bool,
    /// Files of labelled passages, or folders of .jsonl files.
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    gold: Vec<PathBuf>,
    /// Model folder to write: new, or a model folder that is replaced.
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// A codebook with the themes to learn [default: the built-in one].
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Model, or downloaded BERT encoder, to build on: its name or its folder [default: the built-in model].
    #[arg(long, value_name = "NAME|FOLDER")]
    base: Option<PathBuf>,
    /// Name of the model [default: that of the folder written].
    #[arg(long)]
    name: Option<String>,
    /// What the encoder is shown beside the passage.
    #[arg(long, value_enum, default_value_t)]
    context: ContextArg,
    /// With --heads-only: learn every label anew, also those the base model has.
    #[arg(long, requires = "heads_only")]
    anew: bool,
    /// With --heads-only: compare what each context brings, on dev.
    #[arg(long, requires = "heads_only")]
    contexts: bool,
    /// With --heads-only: show how quality on dev grows with the number of passages.
    #[arg(long, requires = "heads_only")]
    curve: bool,
    #[command(flatten)]
    tuning: TuningArgs,
}

/// Settings of fine-tuning.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fine-tuning")]
struct TuningArgs {
    /// Most passes over the training passages.
    #[arg(long, value_name = "N", default_value_t = Recipe::default().epochs, conflicts_with_all = ["heads_only", "calibrate"])]
    epochs: usize,
    /// Passages of one step.
    #[arg(long, value_name = "N", default_value_t = Recipe::default().batch, conflicts_with_all = ["heads_only", "calibrate"])]
    batch: usize,
    /// Highest learning rate of the encoder's top layer.
    #[arg(long, value_name = "RATE", default_value_t = Recipe::default().learning_rate, conflicts_with_all = ["heads_only", "calibrate"])]
    learning_rate: f64,
    /// Decides order, dropout and nothing else.
    #[arg(long, value_name = "N", default_value_t = Recipe::default().seed, conflicts_with_all = ["heads_only", "calibrate"])]
    seed: u64,
    /// Epochs without a better result on dev after which training stops.
    #[arg(long, value_name = "N", default_value_t = Recipe::default().patience, conflicts_with_all = ["heads_only", "calibrate"])]
    patience: usize,
    /// What gradients are worked out with; weights are learned in f32 either way.
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["heads_only", "calibrate"])]
    precision: PrecisionArg,
    /// Where it runs: cpu or cuda.
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["heads_only", "calibrate"])]
    device: DeviceArg,
    /// Go on after the last whole epoch of a training that was broken off.
    #[arg(long, conflicts_with_all = ["heads_only", "calibrate"])]
    resume: bool,
}

/// What the encoder is shown beside the passage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ContextArg {
    /// Nothing.
    #[default]
    None,
    /// The headline.
    Headline,
    /// The end of the passage before.
    Before,
    /// The headline and the end of the passage before.
    HeadlineAndBefore,
}

impl From<ContextArg> for Context {
    fn from(given: ContextArg) -> Self {
        match given {
            ContextArg::None => Self::None,
            ContextArg::Headline => Self::Headline,
            ContextArg::Before => Self::Before,
            ContextArg::HeadlineAndBefore => Self::HeadlineAndBefore,
        }
    }
}

/// What gradients are worked out with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum PrecisionArg {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with the range of 32: faster where the processor has instructions for it.
    Bf16,
}

impl From<PrecisionArg> for Precision {
    fn from(given: PrecisionArg) -> Self {
        match given {
            PrecisionArg::F32 => Self::Float32,
            PrecisionArg::Bf16 => Self::BFloat16,
        }
    }
}

impl TuningArgs {
    fn recipe(&self) -> Result<Recipe> {
        if self.epochs == 0 || self.batch == 0 || self.patience == 0 {
            return Err(Error::config("--epochs, --batch and --patience are at least 1"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate < 1.0) {
            return Err(Error::config("--learning-rate is between 0 and 1"));
        }
        Ok(Recipe {
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            seed: self.seed,
            patience: self.patience,
            precision: self.precision.into(),
            device: self.device.into(),
            resumes: self.resume,
        })
    }
}

pub(super) fn train(args: &TrainArgs) -> Result<u8> {
    let read = |file: &PathBuf| std::fs::read_to_string(file).map_err(|error| Error::io("read", file, error));
    let folder = args.out.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().or(folder).ok_or_else(|| Error::config("--out names no folder"))?;
    let method = match (args.heads_only, args.calibrate) {
        (true, _) => Method::Heads { is_anew: args.anew },
        (_, true) => Method::Calibration,
        _ => Method::FineTuning(args.tuning.recipe()?),
    };
    let options = train::Options {
        gold: args.gold.clone(),
        base: args.base.clone(),
        codebook: args.codebook.as_ref().map(read).transpose()?,
        name,
        context: args.context.into(),
        method,
        states: states(&args.out),
        compares_contexts: args.contexts,
        draws_curve: args.curve,
        // Where the program lies is nobody's business.
        command: ["sendlens".to_owned()]
            .into_iter()
            .chain(std::env::args().skip(1))
            .collect::<Vec<_>>()
            .join(" "),
    };
    let bar = bar_of(WORK, false);
    let trained = train::train(&options, &mut |progress| {
        let (done, all, what) = match progress {
            Progress::Scoring { done, all } => (done, all, "passages"),
            Progress::Step { done, all } => (done, all, "steps"),
            Progress::Epoch(epoch) => {
                bar.suspend(|| say(&line(&epoch)));
                return;
            }
        };
        bar.set_length(all as u64);
        bar.set_position(done as u64);
        bar.set_message(what);
    });
    bar.finish_and_clear();
    let trained = trained?;
    trained.files.write(&args.out)?;
    train::finish(&options)?;
    print(&trained.report)?;
    say(&format!("Model written to {}", args.out.display()));
    Ok(0)
}

/// Where a fine-tuning keeps what it can be taken up from: beside the model folder.
fn states(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".training");
    out.with_file_name(name)
}

/// How an epoch went.
fn line(epoch: &Epoch) -> String {
    format!(
        "epoch {:>2}  loss {:.3}  macro F1 on dev: themes {:.3}, sentiment {:.3}{}",
        epoch.number,
        epoch.loss,
        epoch.themes,
        epoch.sentiment,
        if epoch.is_best { "  best so far" } else { "" }
    )
}
