//! The seam between text and labels: every engine is a [`Classifier`], chosen by an
//! [`EngineConfig`] and opened by [`open`].
//!
//! *Takes* passages as text. *Gives* [`Scores`]. *Fails* on a model folder that cannot be served.
//!
//! Contract, run for every engine by one test macro (`tests/it/contract.rs`): one result per input,
//! in order; scores finite and in [0, 1]; an input scores the same alone and among others, on one
//! thread and many; the same call twice gives the same result.

pub mod lexicon;
pub mod encoder;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::codebook::Codebook;
use crate::error::Result;
use crate::score::{LabelSet, Measured, Scores, Thresholds};

/// One text to score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Input<'a> {
    /// The passage.
    pub text: &'a str,
    /// What may resolve "he", "the report", "it": headline, lead-in or the passage before.
    pub context: Option<&'a str>,
}

/// Scores passages against themes, relevance and sentiment.
pub trait Classifier: Send + Sync {
    /// Name of the engine and its model, for the run record: `encoder sendlens-minilm`.
    fn name(&self) -> &str;

    /// The labels of each task, in the order of [`Scores`].
    fn labels(&self) -> &LabelSet;

    /// The model's own thresholds, in the order of [`Classifier::labels`].
    fn thresholds(&self) -> &Thresholds;

    /// Precision and recall per label on held-out passages, as its card has them; empty if not measured.
    fn measured(&self) -> BTreeMap<String, Measured> {
        BTreeMap::new()
    }

    /// Whether `context` changes scores; if so, whoever stores scores keys on both.
    fn uses_context(&self) -> bool;

    /// SHA-256 over everything that decides scores, in hexadecimal.
    fn hash(&self) -> &str;

    /// Scores each input, in order. An odd text (empty, huge, another language) is not an error.
    ///
    /// # Errors
    /// Only if the engine itself breaks down; never because of a text.
    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>>;
}

/// Which engine scores, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum EngineConfig {
    /// Seed terms of the codebook for themes, VADER for sentiment.
    Lexicon,
    /// The built-in encoder.
    #[default]
    Encoder,
    /// The built-in encoder with a model folder of the user's.
    Model {
        /// The model folder.
        path: PathBuf,
    },
}

/// Opens the engine that `config` names.
///
/// # Errors
/// [`crate::Error::Model`] if a model folder is incomplete, altered or not of a kind that is served.
pub fn open(config: &EngineConfig, codebook: &Codebook) -> Result<Box<dyn Classifier>> {
    Ok(match config {
        EngineConfig::Lexicon => Box::new(lexicon::Lexicon::new(codebook)),
        EngineConfig::Encoder => Box::new(encoder::Encoder::embedded()?),
        EngineConfig::Model { path } => Box::new(encoder::Encoder::open(path)?),
    })
}
