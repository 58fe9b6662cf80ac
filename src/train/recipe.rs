//! How an encoder is fine-tuned: the numbers that were chosen on dev, and those a user may change.

use serde::{Deserialize, Serialize};

use crate::engine::Device;

/// Share of all steps over which the learning rate rises from 0; it then falls to 0 in a line.
pub(super) const WARM_UP: f64 = 0.1;

/// The learning rate of a layer over that of the layer above it (Howard & Ruder, "Universal language model
/// fine-tuning for text classification", ACL 2018).
pub(super) const LAYER_DECAY: f64 = 0.9;

/// Learning rate of the heads, which start from nothing, over that of the top layer.
pub(super) const HEADS_OVER_TOP: f64 = 10.0;

/// Weight decay of matrices; vectors have none.
pub(super) const WEIGHT_DECAY: f64 = 0.01;

/// Share of values dropped in training, in the encoder and before the heads.
pub(super) const DROPOUT: f64 = 0.1;

/// Largest share of the running mean of the weights that a step keeps: the mean covers about the last 200 steps.
pub(super) const AVERAGED: f64 = 0.995;

/// How the encoder is fine-tuned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Passes over the training passages, if training is not stopped earlier.
    pub epochs: usize,
    /// Passages of one step.
    pub batch: usize,
    /// Highest learning rate of the top layer.
    pub learning_rate: f64,
    /// Decides order, dropout and the first numbers of the heads.
    pub seed: u64,
    /// Epochs without a better result on dev after which training stops.
    pub patience: usize,
    /// What gradients are worked out with.
    pub precision: Precision,
    /// Where it runs.
    pub device: Device,
    /// Whether a training that was broken off is taken up after its last whole epoch.
    #[serde(skip)]
    pub resumes: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            epochs: 8,
            batch: 32,
            learning_rate: 1e-4,
            seed: 1,
            patience: 3,
            precision: Precision::default(),
            device: Device::Cpu,
            resumes: false,
        }
    }
}

/// What gradients are worked out with; weights are learned in f32 either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    Float32,
    /// 16 bits with the range of 32: several times as fast where the processor has instructions for it.
    BFloat16,
}

/// One pass over the training passages, and how the model did on dev after it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub number: usize,
    /// Mean loss per passage.
    pub loss: f64,
    /// Macro-F1 of the themes on dev, in [0, 1].
    pub themes: f64,
    /// Macro-F1 of the sentiments on dev, in [0, 1].
    pub sentiment: f64,
    /// Whether no epoch before was as good: mean of the two.
    pub is_best: bool,
}

impl Epoch {
    /// What the epochs are compared by.
    #[must_use]
    pub fn quality(&self) -> f64 {
        (self.themes + self.sentiment) / 2.0
    }
}
