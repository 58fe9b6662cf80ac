//! The built-in encoder: a BERT network with logistic heads, run on the CPU by own kernels.
//!
//! *Takes* passages, with context where the model uses it. *Gives* [`Scores`]. *Fails* on a model folder
//! that cannot be served, never because of a text. *Cost*: about 10 ms of one core per passage of 64
//! tokens, and four bytes per weight of the layers in memory; threads are those of the current rayon pool.
//!
//! Invariants: the contract of [`crate::engine`], with scores the same to the last bit.

mod aligned;
mod bert;
mod heads;
mod kernel;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

pub use kernel::Kernel;

use crate::engine::{Classifier, Input};
use crate::error::{Error, Result};
use crate::models::{ModelFiles, Serving, Weights};
use crate::score::{LabelSet, Measured, Scores, Thresholds};
use crate::token::{Encoding, Tokenizer};
use bert::{Network, Scratch};
use heads::Outputs;

/// Most tokens that go through the network together, unless one input alone has more: enough to keep
/// the kernels at full speed, few enough for the caches. Scores do not depend on it.
const PACK_TOKENS: usize = 384;

/// Packs per thread at which the last one does not keep the others waiting for long.
const PACKS_PER_THREAD: usize = 4;

/// Fewest tokens of a pack when there is little work for many threads.
const MIN_PACK_TOKENS: usize = 96;

/// Counts into the hash of scores: a change of the arithmetic that changes scores changes this.
const ARITHMETIC: &str = "f32-1";

/// A model, ready to score.
#[derive(Debug)]
pub struct Encoder {
    name: String,
    hash: String,
    serving: Serving,
    labels: LabelSet,
    thresholds: Thresholds,
    tokenizer: Tokenizer,
    network: Network,
    outputs: Outputs,
}

impl Encoder {
    /// The model compiled into the program.
    ///
    /// # Errors
    /// [`Error::Model`] if the program was built from a damaged model folder.
    pub fn embedded() -> Result<Self> {
        Self::new(&ModelFiles::embedded()?, Kernel::best())
    }

    /// A model folder of the user's.
    ///
    /// # Errors
    /// [`Error::Model`] if the folder is incomplete, altered or not of a kind that is served;
    /// [`Error::Io`] if a file cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::new(&ModelFiles::read(folder)?, Kernel::best())
    }

    /// A model run by the kernel named.
    ///
    /// # Errors
    /// [`Error::Model`] if the weights, the tokenizer and the configuration do not belong together.
    pub fn new(files: &ModelFiles, kernel: Kernel) -> Result<Self> {
        let serving = files.config.serving("without a name")?.clone();
        let model = serving.name.as_str();
        let mut weights = Weights::parse(model, files.weights(), |name| Some(name.to_owned()))?;
        let network = Network::load(model, &files.config, &mut weights, kernel)?;
        let outputs = Outputs::load(model, &serving, network.hidden(), &mut weights)?;
        let tokenizer = Tokenizer::load(model, files.tokenizer(), serving.max_tokens)?;
        Ok(Self {
            name: format!("encoder {model}"),
            hash: format!("{}-{ARITHMETIC}", files.hash()),
            labels: serving.labels(),
            thresholds: serving.thresholds(),
            serving,
            tokenizer,
            network,
            outputs,
        })
    }

    /// The kernel that runs the model.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.network.kernel()
    }

    /// The pooled vectors the heads see, in order: the mean of an input's token vectors, special tokens
    /// counted, not scaled to unit length.
    ///
    /// # Errors
    /// [`Error::Model`] if the model itself breaks down; never because of a text.
    pub fn embed(&self, inputs: &[Input<'_>]) -> Result<Vec<Vec<f32>>> {
        let encodings = self.encode(inputs)?;
        self.pool(&encodings)
    }

    fn encode(&self, inputs: &[Input<'_>]) -> Result<Vec<Encoding>> {
        let vocabulary = self.network.vocabulary();
        inputs
            .par_iter()
            .map(|input| {
                let context = input.context.filter(|_| self.serving.uses_context);
                let encoding = self.tokenizer.encode(input.text, context)?;
                if encoding.ids.iter().any(|id| *id as usize >= vocabulary) {
                    return Err(Error::model(
                        format!(
                            "model `{}`: `tokenizer.json` has tokens that the weights lack",
                            self.serving.name
                        ),
                        "the tokenizer and the weights must be of the same model",
                    ));
                }
                Ok(encoding)
            })
            .collect()
    }

    fn pool(&self, encodings: &[Encoding]) -> Result<Vec<Vec<f32>>> {
        let packs = packs(encodings, rayon::current_num_threads());
        let vectors: Vec<Vec<f32>> = packs
            .into_par_iter()
            .map_init(Scratch::default, |scratch, pack| self.network.pool(&encodings[pack], scratch))
            .flatten_iter()
            .collect();
        if vectors.iter().flatten().all(|value| value.is_finite()) {
            return Ok(vectors);
        }
        Err(Error::model(
            format!("model `{}` gives numbers that are not finite", self.serving.name),
            "its weights are damaged or their training has diverged; use another model",
        ))
    }
}

/// Cuts encodings into runs of about equal numbers of tokens for `threads`.
fn packs(encodings: &[Encoding], threads: usize) -> Vec<Range<usize>> {
    let total: usize = encodings.iter().map(|encoding| encoding.ids.len()).sum();
    let most = (total / (threads * PACKS_PER_THREAD)).clamp(MIN_PACK_TOKENS, PACK_TOKENS);
    let mut packs = Vec::new();
    let mut from = 0;
    let mut tokens = 0;
    for (index, encoding) in encodings.iter().enumerate() {
        if index > from && tokens + encoding.ids.len() > most {
            packs.push(from..index);
            (from, tokens) = (index, 0);
        }
        tokens += encoding.ids.len();
    }
    if from < encodings.len() {
        packs.push(from..encodings.len());
    }
    packs
}

impl Classifier for Encoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    fn measured(&self) -> BTreeMap<String, Measured> {
        self.serving.measured.clone()
    }

    fn uses_context(&self) -> bool {
        self.serving.uses_context
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        let encodings = self.encode(inputs)?;
        let vectors = self.pool(&encodings)?;
        Ok(encodings
            .iter()
            .zip(&vectors)
            .map(|(encoding, vector)| self.outputs.score(vector, encoding.tokens, encoding.truncated_tokens))
            .collect())
    }
}
