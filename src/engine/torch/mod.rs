//! Models run by libtorch through rust-bert: other people's classifiers, zero-shot themes, and our own models as
//! the reference for the built-in encoder.
//!
//! *Takes* passages. *Gives* [`Scores`]. *Fails* on a folder that is incomplete, of a family that is not run, or
//! whose labels are not those of the codebook. *Cost*: each passage goes through alone, for zero-shot once per
//! label; libtorch uses all cores.
//!
//! Invariants: the contract of [`crate::engine`]. rust-bert fixes two things that some models have otherwise:
//! 1e-12 in layer normalisation, and the padding token 1 of RoBERTa.

mod runner;
pub mod network;
mod reference;
mod sequence;
mod zero_shot;

use crate::engine::Device;
use crate::engine::lexicon::Lexicon;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::score::Scores;

pub use reference::Reference;
pub use sequence::SequenceClassifier;
pub use zero_shot::ZeroShot;

impl From<Device> for tch::Device {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => Self::Cpu,
            Device::Cuda => Self::Cuda(0),
        }
    }
}

/// Scores of the lexicon, for whatever a model has no labels for.
fn by_lexicon(lexicon: &Lexicon, input: &Input<'_>) -> Result<Scores> {
    let mut scores = lexicon.score(&[*input])?;
    Ok(scores.pop().expect("one result per input"))
}

/// Probabilities of labels of which exactly one holds.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|logit| f64::from(logit - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| (power / sum) as f32).collect()
}

#[cfg(test)]
mod tests;
