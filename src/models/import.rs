//! Base weights become a model folder: names without their prefix, int8 rows, heads, labels.
//!
//! *Takes* a Hugging Face folder of a BERT encoder, or a model folder, and [`Heads`]. *Gives*
//! [`ModelFiles`]. *Fails* where [`super::ModelFiles::read`] does, and on heads of another shape.
//!
//! Heads stay f32: they are small, and their rounding would go straight into the scores.

use std::path::Path;

use super::provenance::ORIGIN;
use super::{
    CONFIG, Matrix, ModelConfig, ModelFiles, Provenance, Serving, TOKENIZER, WEIGHTS, Weights, most_bytes,
    read_file, sha256,
};
use crate::error::{Error, Result};

/// Prefix of the tensors of the heads.
const HEADS: &str = "heads.";

/// A base encoder as it was downloaded: configuration, weights and tokenizer, no checksums of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseModel {
    /// The configuration, without a section `sendlens`.
    pub config: ModelConfig,
    /// The encoder's tensors, without a `bert.` prefix, a pooler or heads of another task.
    pub weights: Weights,
    /// The bytes of `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// SHA-256 of `model.safetensors` as it was read, in hexadecimal.
    pub sha256: String,
}

/// One logistic output over the pooled vector: logit = weight · vector + bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// One weight per element of the pooled vector.
    pub weight: Vec<f32>,
    /// Added to the product.
    pub bias: f32,
}

impl Head {
    /// A head whose logit is always 0.
    #[must_use]
    pub fn zero(hidden: usize) -> Self {
        Self { weight: vec![0.0; hidden], bias: 0.0 }
    }
}

/// The outputs of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Heads {
    /// One per theme, in the order of [`Serving::themes`].
    pub themes: Vec<Head>,
    /// About SEND or not.
    pub relevant: Option<Head>,
    /// In the order of `sentiment.labels` of the [`Serving`].
    pub sentiment: [Head; 3],
}

impl Heads {
    /// Heads that say 0 to everything, of the shape that `serving` asks for.
    #[must_use]
    pub fn zero(serving: &Serving, hidden: usize) -> Self {
        let zero = || Head::zero(hidden);
        Self {
            themes: serving.themes.iter().map(|_| zero()).collect(),
            relevant: serving.relevance.map(|_| zero()),
            sentiment: [zero(), zero(), zero()],
        }
    }

    fn insert_into(&self, weights: &mut Weights) {
        let groups: [(&str, Vec<&Head>); 3] = [
            ("themes", self.themes.iter().collect()),
            ("relevant", self.relevant.iter().collect()),
            ("sentiment", self.sentiment.iter().collect()),
        ];
        for (task, heads) in groups.into_iter().filter(|(_, heads)| !heads.is_empty()) {
            let columns = heads[0].weight.len();
            let values = heads.iter().flat_map(|head| head.weight.iter().copied()).collect();
            weights.insert_matrix(format!("{HEADS}{task}.weight"), Matrix::new(heads.len(), columns, values));
            weights
                .insert_vector(format!("{HEADS}{task}.bias"), heads.iter().map(|head| head.bias).collect());
        }
    }

    fn check(&self, serving: &Serving, hidden: usize) -> Result<()> {
        let all = || self.themes.iter().chain(&self.relevant).chain(&self.sentiment);
        let is_fit = self.themes.len() == serving.themes.len()
            && self.relevant.is_some() == serving.relevance.is_some()
            && all().all(|head| head.weight.len() == hidden)
            && all().all(|head| head.bias.is_finite() && head.weight.iter().all(|value| value.is_finite()));
        if is_fit {
            return Ok(());
        }
        Err(Error::model(
            format!("the heads for model `{}` are not finite or not of its shape", serving.name),
            "train the heads again with the labels that the model names",
        ))
    }
}

impl Weights {
    /// Turns the matrices of the encoder into int8 rows; those of the heads stay f32.
    pub fn quantise_encoder(&mut self) {
        self.quantise(|name| !name.starts_with(HEADS));
    }
}

impl BaseModel {
    /// Reads a downloaded encoder. Where `ORIGIN.toml` says what its files must be, they are checked.
    ///
    /// # Errors
    /// [`Error::Model`] if a file is missing, altered, too large or of a kind that is not served;
    /// [`Error::Io`] if a file cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        Self::read_as(folder, &folder.display().to_string())
    }

    /// Reads a downloaded encoder that is called `model` in messages.
    pub(super) fn read_as(folder: &Path, model: &str) -> Result<Self> {
        let provenance = Provenance::read(folder, model)?;
        let pin = |file: &str| provenance.as_ref().and_then(|provenance| provenance.pin(file));
        let read = |file: &str| {
            let most = most_bytes(file).expect("only files of a model folder are read");
            let bytes = read_file(folder, model, file, most)?;
            match pin(file) {
                Some(pin) if pin.sha256 != sha256(&bytes) => Err(Error::model(
                    format!("model `{model}`: `{file}` is not the file that `{ORIGIN}` names"),
                    "fetch or import the model again",
                )),
                _ => Ok(bytes),
            }
        };
        let mut config = ModelConfig::parse(model, &read(CONFIG)?)?;
        // Labels of another task would contradict ours.
        config.id2label.clear();
        config.other.remove("label2id");
        config.sendlens = None;
        let bytes = read(WEIGHTS)?;
        let sha256 = sha256(&bytes);
        let weights = Weights::parse(model, &bytes, encoder_name)?;
        Ok(Self { config, weights, tokenizer: read(TOKENIZER)?, sha256 })
    }

    /// The model folder of this encoder with `heads`, the encoder's matrices as int8 rows.
    ///
    /// # Errors
    /// [`Error::Model`] if `serving` or `heads` do not fit the encoder.
    pub fn into_model(mut self, serving: Serving, heads: &Heads, card: &str) -> Result<ModelFiles> {
        self.weights.quantise_encoder();
        self.into_float_model(serving, heads, card)
    }

    /// The model folder of this encoder with `heads` and its weights as they are: four times as large, and
    /// what int8 rows are measured against.
    ///
    /// # Errors
    /// [`Error::Model`] if `serving` or `heads` do not fit the encoder.
    pub fn into_float_model(mut self, serving: Serving, heads: &Heads, card: &str) -> Result<ModelFiles> {
        heads.check(&serving, self.config.hidden_size)?;
        heads.insert_into(&mut self.weights);
        self.config.id2label = serving.id2label();
        self.config.sendlens = Some(serving);
        ModelFiles::new(&self.config, &self.weights, self.tokenizer, card)
    }
}

impl ModelFiles {
    /// The heads as they stand in the weights.
    ///
    /// # Errors
    /// [`Error::Model`] if the weights lack a head that the configuration names.
    pub fn heads(&self) -> Result<Heads> {
        let model = self.config.sendlens.as_ref().map_or("without a name", |serving| &serving.name);
        let serving = self.config.serving(model)?;
        let mut weights =
            Weights::parse(model, &self.weights, |name| name.starts_with(HEADS).then(|| name.into()))?;
        let hidden = self.config.hidden_size;
        let mut take = |task: &str, count: usize| -> Result<Vec<Head>> {
            let matrix = weights.take_matrix(model, &format!("{HEADS}{task}.weight"), count, hidden)?;
            let biases = weights.take_vector(model, &format!("{HEADS}{task}.bias"), count)?;
            let heads = biases.into_iter().enumerate().map(|(index, bias)| {
                let mut weight = vec![0.0; hidden];
                matrix.write_row(index, &mut weight).expect("the matrix has a row per bias");
                Head { weight, bias }
            });
            Ok(heads.collect())
        };
        let themes = take("themes", serving.themes.len())?;
        let relevant = if serving.relevance.is_some() { take("relevant", 1)?.pop() } else { None };
        let sentiment = take("sentiment", 3)?.try_into().expect("three rows were taken");
        Ok(Heads { themes, relevant, sentiment })
    }

    /// The same model with other numbers: `weights` holds encoder and heads.
    ///
    /// # Errors
    /// [`Error::Model`] if the configuration cannot be used.
    pub fn with_weights(&self, weights: &Weights) -> Result<Self> {
        Self::new(&self.config, weights, self.tokenizer.to_vec(), "")
    }

    /// The same encoder with other outputs: how an analyst adds a theme of their own.
    ///
    /// # Errors
    /// [`Error::Model`] if `serving` or `heads` do not fit the encoder.
    pub fn with_heads(&self, serving: Serving, heads: &Heads, card: &str) -> Result<Self> {
        let mut weights = Weights::parse(&serving.name, &self.weights, |name| {
            (!name.starts_with(HEADS)).then(|| name.into())
        })?;
        let mut config = self.config.clone();
        heads.check(&serving, config.hidden_size)?;
        heads.insert_into(&mut weights);
        config.id2label = serving.id2label();
        config.sendlens = Some(serving);
        Self::new(&config, &weights, self.tokenizer.to_vec(), card)
    }
}

/// The name of an encoder tensor without the prefix that sequence-classification models give it.
fn encoder_name(name: &str) -> Option<String> {
    let name = name.strip_prefix("bert.").unwrap_or(name);
    let is_encoder = name.starts_with("encoder.") || name.starts_with("embeddings.");
    // Position ids are a counter, not weights.
    (is_encoder && !name.ends_with(".position_ids")).then(|| name.to_owned())
}
