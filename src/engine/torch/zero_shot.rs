//! Themes without training: a model of natural language inference says whether a passage entails what the
//! codebook says of a theme (Yin, Hay & Roth, "Benchmarking zero-shot text classification", EMNLP 2019).
//!
//! A theme's score is the probability of entailment against contradiction. Sentiment is that of the lexicon, and
//! every passage counts as being about SEND. What such scores are worth has to be measured on labelled passages.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::runner::Runner;
use super::{by_lexicon, softmax};
use crate::codebook::Codebook;
use crate::context::Context;
use crate::engine::lexicon::Lexicon;
use crate::engine::{Classifier, Device, Input};
use crate::error::{Error, Result};
use crate::models::ForeignModel;
use crate::score::{LabelSet, Scores, Thresholds};

/// A model of inference with a hypothesis per theme.
pub struct ZeroShot {
    name: String,
    hash: String,
    labels: LabelSet,
    thresholds: Thresholds,
    hypotheses: Vec<String>,
    /// libtorch's tensors may be used by one thread at a time.
    runner: Mutex<Runner>,
    lexicon: Lexicon,
    entailment: usize,
    contradiction: usize,
}

impl ZeroShot {
    /// Opens the model in `folder` with the hypotheses of `codebook`.
    ///
    /// # Errors
    /// [`Error::Model`] if the folder cannot be run or has no labels `entailment` and `contradiction`;
    /// [`Error::Io`] if a file cannot be read.
    pub fn open(folder: &Path, codebook: &Codebook, device: Device) -> Result<Self> {
        let model = ForeignModel::read(folder)?;
        let place = |label: &str| {
            model.place(label).ok_or_else(|| {
                Error::model(
                    format!("model `{}` has no label `{label}` but {}", model.name, model.labels.join(", ")),
                    "zero-shot themes want a model of natural language inference",
                )
            })
        };
        let (entailment, contradiction) = (place("entailment")?, place("contradiction")?);
        let hypotheses: Vec<String> = codebook.themes.iter().map(|theme| theme.hypothesis()).collect();
        let lexicon = Lexicon::new(codebook);
        let themes = codebook.names();
        Ok(Self {
            name: format!("zero-shot {}, sentiment by lexicon", model.name),
            hash: format!("{} {} {}", model.hash, lexicon.hash(), hypotheses.join(" ")),
            thresholds: Thresholds { themes: vec![0.5; themes.len()], relevant: 0.5 },
            labels: LabelSet { themes, has_relevance: false },
            hypotheses,
            runner: Mutex::new(Runner::open(&model, device.into())?),
            lexicon,
            entailment,
            contradiction,
        })
    }

    fn score_one(&self, input: &Input<'_>) -> Result<Scores> {
        let mut scores = by_lexicon(&self.lexicon, input)?;
        let runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner);
        for (score, hypothesis) in scores.themes.iter_mut().zip(&self.hypotheses) {
            let row = runner.run(input.text, Some(hypothesis))?;
            *score = softmax(&[row.logits[self.entailment], row.logits[self.contradiction]])[0];
            (scores.tokens, scores.truncated_tokens) = (row.tokens, row.truncated_tokens);
        }
        Ok(scores)
    }
}

impl Classifier for ZeroShot {
    fn name(&self) -> &str {
        &self.name
    }

    fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    fn context(&self) -> Context {
        Context::None
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        inputs.iter().map(|input| self.score_one(input)).collect()
    }
}
