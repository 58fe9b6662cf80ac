//! Our own models, encoder run by rust-bert: what the built-in encoder is measured against.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tch::{Kind, no_grad};

use super::network::{Batch, Network, numbers};
use crate::context::Context;
use crate::engine::encoder::heads::Outputs;
use crate::engine::{Classifier, Device, Input};
use crate::error::Result;
use crate::models::{ModelFiles, Serving, Weights};
use crate::prior::Prior;
use crate::score::{LabelSet, Measured, Scores, Thresholds};
use crate::token::Tokenizer;

/// Counts into the hash of scores: a change of the arithmetic that changes scores changes this.
const ARITHMETIC: &str = "rust-bert 0.23, libtorch 2.4";

/// A model of ours, run by rust-bert.
#[derive(Debug)]
pub struct Reference {
    name: String,
    hash: String,
    serving: Serving,
    labels: LabelSet,
    thresholds: Thresholds,
    priors: Vec<Option<Prior>>,
    tokenizer: Tokenizer,
    /// libtorch's tensors may be used by one thread at a time.
    network: Mutex<Network>,
    outputs: Outputs,
}

impl Reference {
    /// Opens the model in `files`.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if weights, tokenizer and configuration do not belong together, or rust-bert would
    /// compute something else with them.
    pub fn new(files: &ModelFiles, device: Device) -> Result<Self> {
        let serving = files.config.serving("without a name")?.clone();
        let model = serving.name.as_str();
        let mut weights = Weights::parse(model, files.weights(), |name| Some(name.to_owned()))?;
        Ok(Self {
            name: format!("rust-bert {model}"),
            hash: files.hash(ARITHMETIC),
            labels: serving.labels(),
            thresholds: serving.thresholds(),
            priors: serving.priors(),
            tokenizer: Tokenizer::load(model, files.tokenizer(), serving.max_tokens)?,
            network: Mutex::new(Network::load(files, 0.0, Kind::Float, device.into())?),
            outputs: Outputs::load(model, &serving, files.config.hidden_size, &mut weights)?,
            serving,
        })
    }

    /// The pooled vectors the heads see, in order, as [`crate::engine::encoder::Encoder::embed`] gives them.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if the model itself breaks down; never because of a text.
    pub fn embed(&self, inputs: &[Input<'_>]) -> Result<Vec<Vec<f32>>> {
        inputs.iter().map(|input| Ok(self.pool(input)?.0)).collect()
    }

    /// Vector, tokens and truncated tokens of one input.
    fn pool(&self, input: &Input<'_>) -> Result<(Vec<f32>, u32, u32)> {
        let context = input.context(self.serving.context);
        let encoding = self.tokenizer.encode(input.text, context.as_deref())?;
        let network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = Batch::new([&encoding], network.device());
        let vector = no_grad(|| network.pool(&batch, false))?;
        Ok((numbers(&vector), encoding.tokens, encoding.truncated_tokens))
    }
}

impl Classifier for Reference {
    fn name(&self) -> &str {
        &self.name
    }

    fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    fn priors(&self) -> &[Option<Prior>] {
        &self.priors
    }

    fn measured(&self) -> BTreeMap<String, Measured> {
        self.serving.measured.clone()
    }

    fn context(&self) -> Context {
        self.serving.context
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        let score = |input: &Input<'_>| {
            let (vector, tokens, truncated_tokens) = self.pool(input)?;
            Ok(self.outputs.score(&vector, tokens, truncated_tokens))
        };
        inputs.iter().map(score).collect()
    }
}
