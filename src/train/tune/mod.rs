//! Fine-tunes encoder and heads together with rust-bert and libtorch.
//!
//! *Takes* a model with weights as floats or int8, labelled passages and a [`Recipe`]. *Gives* [`Tuned`]: the f32
//! weights, averaged over its last steps, of the epoch that did best on dev. *Fails* on a model that rust-bert
//! runs in another way, and on a loss that is not finite. *Cost*: three passes of the encoder per passage and
//! epoch; seven times the f32 weights in memory, and five times on disk after each epoch, so that a training can
//! be taken up again.
//!
//! - the same input on the same machine and threads gives the same weights, broken off or not

mod adamw;
mod average;
mod batches;
mod state;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tch::{Kind, Tensor, no_grad};

use super::Progress;
use super::fit::{Decisions, Logits, sentiment_of};
use super::plan::Plan;
use super::recipe::{DROPOUT, Epoch, Precision, Recipe, WARM_UP};
use crate::engine::Input;
use crate::engine::torch::network::{self, Batch, Network, numbers};
use crate::error::{Error, Result};
use crate::evaluate::tally;
use crate::gold::Gold;
use crate::models::{ModelFiles, Weights};
use crate::plain::hexadecimal;
use crate::token::{Encoding, Tokenizer};
use adamw::AdamW;
use average::Average;
use batches::{in_order, shuffled};
use state::{Facts, States};

/// How much the themes, relevance and sentiment count in the loss.
const LOSS_WEIGHTS: [f64; 3] = [2.0, 0.5, 1.0];

/// Prefix of the best weights so far in a stored state.
const BEST: &str = "best.";

/// Prefix of the weights of the last epoch in a stored state.
const LAST: &str = "last.";

/// Prefix of the running means of the weights in a stored state.
const AVERAGE: &str = "average.";

/// libtorch has one stream of random numbers for the whole process; two trainings would share it.
static STREAM: Mutex<()> = Mutex::new(());

/// What training learns from and is judged by.
pub(super) struct Task<'a> {
    pub(super) gold: &'a Gold,
    /// One per passage of the gold.
    pub(super) inputs: Vec<Input<'a>>,
    /// Passages learned from.
    pub(super) train: &'a [usize],
    /// Passages that choose the epoch.
    pub(super) dev: &'a [usize],
    pub(super) plan: &'a Plan,
    /// Where states are kept until the model is written.
    pub(super) states: PathBuf,
}

/// A fine-tuned network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tuned {
    /// Encoder and heads, f32.
    pub(super) weights: Weights,
    /// Each epoch that was run.
    pub(super) epochs: Vec<Epoch>,
}

impl From<Precision> for Kind {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Float32 => Self::Float,
            Precision::BFloat16 => Self::BFloat16,
        }
    }
}

/// Fine-tunes the network of `files`.
///
/// # Errors
/// [`Error::Model`] if the network cannot be run or its loss is no longer finite; [`Error::Config`] if a state
/// of another training is to be taken up; [`Error::Io`] if a state cannot be read or written.
pub(super) fn tune(
    files: &ModelFiles,
    task: &Task<'_>,
    recipe: &Recipe,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Tuned> {
    let _alone = STREAM.lock().unwrap_or_else(PoisonError::into_inner);
    let serving = files.config.serving("base")?;
    let tokenizer = Tokenizer::load(&serving.name, files.tokenizer(), serving.max_tokens)?;
    let encode = |input: &Input<'_>| tokenizer.encode(input.text, input.context(serving.context).as_deref());
    let encodings: Vec<Encoding> = task.inputs.iter().map(encode).collect::<Result<_>>()?;

    seed(recipe, 0);
    // Gradients come from a network in the precision asked for; what is learned, judged and kept is f32.
    let worker = Network::load(files, DROPOUT, recipe.precision.into(), recipe.device.into())?;
    let network = Network::load(files, DROPOUT, Kind::Float, recipe.device.into())?;
    let mut optimiser = AdamW::new(network.variables(), worker.variables(), files.config.num_hidden_layers);
    let mut average = Average::new(network.variables());
    let states = States::new(task.states.clone());
    let mut facts = Facts { fingerprint: fingerprint(files, task, recipe), epochs: Vec::new() };
    let mut best: Option<Vec<(String, Tensor)>> = None;
    if recipe.resumes
        && let Some((stored, tensors)) = states.last(&facts.fingerprint)?
    {
        let find = |name: &str| tensors.get(name).map(|tensor| tensor.to_device(network.device()));
        let damaged = || {
            Error::config_hint(
                format!("{} is damaged", task.states.display()),
                "train without --resume to start anew",
            )
        };
        for (name, mut variable) in network.variables() {
            let value = find(&format!("{LAST}{name}")).ok_or_else(damaged)?;
            no_grad(|| variable.copy_(&value));
        }
        optimiser.restore(find).ok_or_else(damaged)?;
        average.restore(|name| find(&format!("{AVERAGE}{name}"))).ok_or_else(damaged)?;
        for ((_, variable), (_, mut copy)) in network.variables().iter().zip(worker.variables()) {
            no_grad(|| copy.copy_(variable));
        }
        let names = network.variables().into_iter().map(|(name, _)| name);
        best = names.map(|name| Some((name.clone(), find(&format!("{BEST}{name}"))?))).collect();
        facts = stored;
        facts.epochs.iter().for_each(|epoch| on_progress(Progress::Epoch(*epoch)));
    } else {
        states.clear()?;
    }

    let steps = task.train.len().div_ceil(recipe.batch);
    for number in facts.epochs.len() + 1..=recipe.epochs {
        if is_over(&facts.epochs, recipe) {
            break;
        }
        seed(recipe, number);
        let mut total = 0.0;
        let batches = shuffled(task.train, &encodings, recipe.batch, recipe.seed.wrapping_add(number as u64));
        for (place, passages) in batches.iter().enumerate() {
            let step = (number - 1) * steps + place;
            on_progress(Progress::Step { done: step, all: recipe.epochs * steps });
            let batch = Batch::new(passages.iter().map(|&index| &encodings[index]), network.device());
            let loss = loss(&worker.forward(&batch, true)?, task.gold, passages);
            let value = loss.double_value(&[]);
            if !value.is_finite() {
                return Err(Error::model(
                    format!("the loss is no longer a number in epoch {number}"),
                    "train with a lower --learning-rate",
                ));
            }
            total += value * passages.len() as f64;
            optimiser.step(&loss, recipe.learning_rate * schedule(step, recipe.epochs * steps));
            average.follow(step);
        }
        let (themes, sentiment) = average.stand_in(|| judge(&network, task, &encodings))?;
        let loss = total / task.train.len() as f64;
        let mut epoch = Epoch { number, loss, themes, sentiment, is_best: true };
        epoch.is_best = facts.epochs.iter().all(|former| former.quality() < epoch.quality());
        if epoch.is_best {
            best = Some(average.means());
        }
        facts.epochs.push(epoch);
        let named = |prefix: &'static str, tensors: &[(String, Tensor)]| {
            let named =
                tensors.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.shallow_clone()));
            named.collect::<Vec<_>>()
        };
        let mut tensors = named(LAST, &network.variables());
        tensors.extend(best.iter().flat_map(|best| named(BEST, best)));
        tensors.extend(optimiser.state());
        tensors.extend(named(AVERAGE, &average.means()));
        states.store(&facts, &tensors)?;
        on_progress(Progress::Epoch(epoch));
    }

    for (name, value) in best.unwrap_or_default() {
        let found = network.variables().into_iter().find(|(known, _)| *known == name);
        let (_, mut variable) = found.expect("the best weights are of this network");
        no_grad(|| variable.copy_(&value));
    }
    Ok(Tuned { weights: network.weights(), epochs: facts.epochs })
}

/// One stream of random numbers per epoch, so that an epoch comes out the same after a pause.
fn seed(recipe: &Recipe, epoch: usize) {
    tch::manual_seed(recipe.seed.wrapping_mul(1_000).wrapping_add(epoch as u64) as i64);
}

fn is_over(epochs: &[Epoch], recipe: &Recipe) -> bool {
    epochs.iter().rev().take_while(|epoch| !epoch.is_best).count() >= recipe.patience
}

/// Share of the highest learning rate at a step: up in a line, down in a line.
fn schedule(step: usize, steps: usize) -> f64 {
    let (step, steps) = (step as f64, steps as f64);
    let rise = (WARM_UP * steps).max(1.0);
    if step < rise { (step + 1.0) / rise } else { (steps - step) / (steps - rise).max(1.0) }
}

/// Everything that decides the result.
fn fingerprint(files: &ModelFiles, task: &Task<'_>, recipe: &Recipe) -> String {
    let mut digest = Sha256::new();
    digest.update(serde_json::to_vec(recipe).expect("a recipe fits JSON"));
    digest.update(files.hash("tuning 2"));
    digest.update(serde_json::to_vec(&(task.train, task.dev)).expect("numbers fit JSON"));
    for (input, passage) in task.inputs.iter().zip(&task.gold.passages) {
        let labels = format!("{:?} {:?} {:?}", passage.themes, passage.is_relevant, passage.sentiment);
        digest.update(format!("{input:?}\n{labels}\n"));
    }
    hexadecimal(&digest.finalize())
}

/// The loss of a batch: mean cross-entropy per task over what is labelled, weighted.
fn loss(logits: &network::Logits, gold: &Gold, passages: &[usize]) -> Tensor {
    let device = logits.sentiment.device();
    // Truths and which of them are known, as matrices of 0 and 1.
    let binary = |outputs: &Tensor, truth: &dyn Fn(usize) -> Vec<Option<bool>>| {
        let truths: Vec<Option<bool>> = passages.iter().flat_map(|&index| truth(index)).collect();
        let tensor = |value: &dyn Fn(&Option<bool>) -> bool| {
            let values: Vec<f32> = truths.iter().map(|truth| f32::from(u8::from(value(truth)))).collect();
            Tensor::from_slice(&values).to_device(device).reshape(outputs.size())
        };
        let known = tensor(&Option::is_some);
        let targets = tensor(&|truth| *truth == Some(true));
        let losses =
            outputs.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, tch::Reduction::None);
        (losses * &known).sum(Kind::Float) / known.sum(Kind::Float).clamp_min(1.0)
    };
    let themes = binary(&logits.themes, &|index| gold.passages[index].themes.clone());
    let classes: Vec<i64> =
        passages.iter().map(|&index| sentiment_of(gold, index).map_or(-1, |class| class as i64)).collect();
    let mut loss = themes * LOSS_WEIGHTS[0];
    if let Some(relevant) = &logits.relevant {
        loss += binary(relevant, &|index| vec![gold.passages[index].is_relevant]) * LOSS_WEIGHTS[1];
    }
    // A batch without any sentiment has none to learn.
    if classes.iter().any(|class| *class >= 0) {
        let classes = Tensor::from_slice(&classes).to_device(device);
        let sentiment =
            logits.sentiment.cross_entropy_loss::<Tensor>(&classes, None, tch::Reduction::Mean, -1, 0.0);
        loss += sentiment * LOSS_WEIGHTS[2];
    }
    loss
}

/// Macro-F1 of themes and sentiments on dev, thresholds chosen there.
fn judge(network: &Network, task: &Task<'_>, encodings: &[Encoding]) -> Result<(f64, f64)> {
    let nothing = Logits { themes: vec![0.0; task.gold.themes.len()], relevant: None, sentiment: [0.0; 3] };
    let mut logits = vec![nothing; task.gold.passages.len()];
    for passages in in_order(task.dev, encodings) {
        let batch = Batch::new(passages.iter().map(|&index| &encodings[index]), network.device());
        let outputs = no_grad(|| network.forward(&batch, false))?;
        let (themes, sentiment) = (numbers(&outputs.themes), numbers(&outputs.sentiment));
        let relevant = outputs.relevant.as_ref().map(numbers);
        for (row, index) in passages.into_iter().enumerate() {
            let themes = themes.chunks_exact(task.gold.themes.len()).nth(row).expect("a row per passage");
            logits[index] = Logits {
                themes: themes.iter().copied().map(f64::from).collect(),
                relevant: relevant.as_ref().map(|relevant| f64::from(relevant[row])),
                sentiment: [0, 1, 2].map(|class| f64::from(sentiment[3 * row + class])),
            };
        }
    }
    let decisions = Decisions::choose(task.gold, task.dev, &logits, task.plan);
    let tallied = tally(task.gold, task.dev, &decisions.predict(task.gold, task.dev, &logits));
    Ok((tallied.macro_f1().unwrap_or(0.0), tallied.sentiment_macro_f1().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests;
