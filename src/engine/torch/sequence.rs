//! Another's classifier as an engine: its labels that are themes of the codebook are themes, `negative`,
//! `neutral` and `positive` are sentiment, `relevant` is relevance.
//!
//! A classifier may know themes or sentiments alone; the lexicon then says the rest, and the engine's name says
//! so. A label that is none of these is refused: its counts would be lost in silence.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::runner::Runner;
use super::{by_lexicon, softmax};
use crate::codebook::Codebook;
use crate::context::Context;
use crate::engine::encoder::heads::sigmoid;
use crate::engine::lexicon::Lexicon;
use crate::engine::{Classifier, Device, Input};
use crate::error::{Error, Result};
use crate::models::ForeignModel;
use crate::score::{LabelSet, Scores, Sentiment, Thresholds};

/// The label of relevance.
const RELEVANT: &str = "relevant";

/// A sequence classifier, ready to score.
pub struct SequenceClassifier {
    name: String,
    hash: String,
    labels: LabelSet,
    thresholds: Thresholds,
    /// libtorch's tensors may be used by one thread at a time.
    runner: Mutex<Runner>,
    lexicon: Lexicon,
    /// Place of each theme among the outputs; `None` if the model has no themes at all.
    themes: Option<Vec<usize>>,
    /// Place of each sentiment among the outputs; `None` if the model has no sentiments.
    sentiment: Option<[Option<usize>; 3]>,
    relevant: Option<usize>,
    is_multi_label: bool,
}

impl SequenceClassifier {
    /// Opens the model in `folder` for the themes of `codebook`.
    ///
    /// # Errors
    /// [`Error::Model`] if the folder cannot be run, lacks a theme of the codebook although it has others, or has
    /// a label that is no theme, sentiment or relevance; [`Error::Io`] if a file cannot be read.
    pub fn open(folder: &Path, codebook: &Codebook, device: Device) -> Result<Self> {
        let model = ForeignModel::read(folder)?;
        let names = codebook.names();
        let places: Vec<Option<usize>> = names.iter().map(|name| model.place(name)).collect();
        let sentiments = Sentiment::ALL.map(|sentiment| model.place(sentiment.as_str()));
        let relevant = model.place(RELEVANT).filter(|_| model.is_multi_label);
        let is_known = |place: &usize| {
            places.contains(&Some(*place)) || sentiments.contains(&Some(*place)) || relevant == Some(*place)
        };
        let unknown: Vec<&str> = (0..model.labels.len())
            .filter(|place| !is_known(place))
            .map(|place| &*model.labels[place])
            .collect();
        let has_themes = places.iter().any(Option::is_some);
        if !unknown.is_empty() || (has_themes && places.contains(&None)) {
            return Err(Error::model(
                format!(
                    "model `{}` has the labels {}, the codebook the themes {}",
                    model.name,
                    model.labels.join(", "),
                    names.join(", ")
                ),
                "give a codebook with the model's labels as themes; negative, neutral and positive are sentiment",
            ));
        }
        let has_sentiments = sentiments.iter().any(Option::is_some);
        let rest = match (has_themes, has_sentiments) {
            (true, true) => "",
            (true, false) => ", sentiment by lexicon",
            (false, _) => ", themes by lexicon",
        };
        let lexicon = Lexicon::new(codebook);
        Ok(Self {
            name: format!("rust-bert {}{rest}", model.name),
            hash: format!("{} {}", model.hash, lexicon.hash()),
            labels: LabelSet { themes: names, has_relevance: relevant.is_some() },
            thresholds: Thresholds { themes: vec![0.5; places.len()], relevant: 0.5 },
            runner: Mutex::new(Runner::open(&model, device.into())?),
            lexicon,
            themes: places.into_iter().collect(),
            sentiment: has_sentiments.then_some(sentiments),
            relevant,
            is_multi_label: model.is_multi_label,
        })
    }

    fn score_one(&self, input: &Input<'_>) -> Result<Scores> {
        let row = self.runner.lock().unwrap_or_else(PoisonError::into_inner).run(input.text, None)?;
        let probabilities: Vec<f32> = if self.is_multi_label {
            row.logits.iter().map(|logit| sigmoid(f64::from(*logit))).collect()
        } else {
            softmax(&row.logits)
        };
        let mut scores = by_lexicon(&self.lexicon, input)?;
        if let Some(themes) = &self.themes {
            scores.themes = themes.iter().map(|place| probabilities[*place]).collect();
        }
        if let Some(sentiment) = self.sentiment {
            // A sentiment that the model does not know never holds.
            let logits = sentiment.map(|place| place.map_or(f32::NEG_INFINITY, |place| row.logits[place]));
            scores.sentiment.copy_from_slice(&softmax(&logits));
        }
        scores.relevant = self.relevant.map_or(1.0, |place| probabilities[place]);
        (scores.tokens, scores.truncated_tokens) = (row.tokens, row.truncated_tokens);
        Ok(scores)
    }
}

impl Classifier for SequenceClassifier {
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
