//! A model of ours as rust-bert runs it: BERT encoder, mean pooling and heads, with gradients.
//!
//! *Takes* a [`ModelFiles`] with f32 or int8 weights (int8 rows become the f32 numbers they stand for) and
//! [`Batch`]es of token ids. *Gives* logits as tensors, and its weights. *Fails* on a network that rust-bert
//! runs in another way than the built-in encoder. *Cost*: four bytes per weight, and as much for gradients.

use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use rust_bert::{Activation, RustBertError};
use tch::nn::{self, Module, VarStore};
use tch::{Device, Kind, Tensor, no_grad};

use crate::error::{Error, Result};
use crate::models::{Matrix, ModelFiles, Weights};
use crate::token::Encoding;

/// Added to the variance in layer normalisation; rust-bert has no other.
const LAYER_NORM_EPS: f64 = 1e-12;

/// Inputs of one pass, padded to the longest.
#[derive(Debug)]
pub struct Batch {
    /// Token ids, [inputs, tokens], i64.
    ids: Tensor,
    /// Segments, [inputs, tokens], i64.
    type_ids: Tensor,
    /// 1 for a token, 0 for padding, [inputs, tokens], i64.
    mask: Tensor,
}

impl Batch {
    /// Puts `encodings` together on `device`.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn new<'a>(encodings: impl IntoIterator<Item = &'a Encoding>, device: Device) -> Self {
        let encodings: Vec<&Encoding> = encodings.into_iter().collect();
        let longest = encodings.iter().map(|encoding| encoding.ids.len()).max().expect("a batch has inputs");
        let padded = |value: &dyn Fn(&Encoding, usize) -> i64| {
            let values: Vec<i64> = encodings
                .iter()
                .flat_map(|encoding| {
                    (0..longest)
                        .map(|place| if place < encoding.ids.len() { value(encoding, place) } else { 0 })
                })
                .collect();
            let shape = [encodings.len() as i64, longest as i64];
            Tensor::from_slice(&values).reshape(shape).to_device(device)
        };
        Self {
            ids: padded(&|encoding, place| i64::from(encoding.ids[place])),
            type_ids: padded(&|encoding, place| i64::from(encoding.type_ids[place])),
            mask: padded(&|_, _| 1),
        }
    }
}

/// Raw outputs for a batch.
#[derive(Debug)]
pub struct Logits {
    /// [inputs, themes]
    pub themes: Tensor,
    /// [inputs, 1], if the model has such a head.
    pub relevant: Option<Tensor>,
    /// [inputs, 3], in the order of the model.
    pub sentiment: Tensor,
}

/// Encoder and heads with their variables, named as in `model.safetensors`.
pub struct Network {
    model: String,
    variables: VarStore,
    bert: BertModel<BertEmbeddings>,
    themes: nn::Linear,
    relevant: Option<nn::Linear>,
    sentiment: nn::Linear,
    dropout: f64,
    kind: Kind,
}

impl Network {
    /// Loads a model; `dropout` is that of a training pass, within the encoder and before the heads; `kind` is
    /// what it computes with, f32 or bf16.
    ///
    /// # Errors
    /// [`Error::Model`] if the weights do not fit the configuration, or rust-bert would compute something
    /// else with them.
    pub fn load(files: &ModelFiles, dropout: f64, kind: Kind, device: Device) -> Result<Self> {
        let serving = files.config.serving("without a name")?;
        let model = serving.name.clone();
        let config = &files.config;
        if (config.layer_norm_eps - LAYER_NORM_EPS).abs() > f64::EPSILON * LAYER_NORM_EPS {
            return Err(Error::model(
                format!("model `{model}` has `layer_norm_eps` {}", config.layer_norm_eps),
                "rust-bert only knows 1e-12; use the built-in encoder",
            ));
        }
        let shape = BertConfig {
            hidden_act: Activation::gelu,
            attention_probs_dropout_prob: dropout,
            hidden_dropout_prob: dropout,
            hidden_size: config.hidden_size as i64,
            intermediate_size: config.intermediate_size as i64,
            max_position_embeddings: config.max_position_embeddings as i64,
            num_attention_heads: config.num_attention_heads as i64,
            num_hidden_layers: config.num_hidden_layers as i64,
            type_vocab_size: config.type_vocab_size as i64,
            vocab_size: config.vocab_size as i64,
            ..BertConfig::default()
        };
        let variables = VarStore::new(device);
        let root = variables.root();
        let bert = BertModel::new_with_optional_pooler(&root, &shape, false);
        let head = |task: &str, outputs: usize| {
            nn::linear(&root / "heads" / task, shape.hidden_size, outputs as i64, Default::default())
        };
        let mut network = Self {
            themes: head("themes", serving.themes.len()),
            relevant: serving.relevance.map(|_| head("relevant", 1)),
            sentiment: head("sentiment", 3),
            model,
            variables,
            bert,
            dropout,
            kind,
        };
        network
            .set_weights(Weights::parse(&network.model, files.weights(), |name| Some(name.to_owned()))?)?;
        network.variables.set_kind(kind);
        Ok(network)
    }

    /// The variables by name, in the order of their names.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, Tensor)> {
        let mut variables: Vec<(String, Tensor)> = self.variables.variables().into_iter().collect();
        variables.sort_by(|(a, _), (b, _)| a.cmp(b));
        variables
    }

    /// Where the network runs.
    #[must_use]
    pub fn device(&self) -> Device {
        self.variables.device()
    }

    /// One pass through the encoder: vectors of tokens averaged, special tokens counted, as the built-in
    /// encoder does; [inputs, width].
    ///
    /// # Errors
    /// [`Error::Model`] if rust-bert refuses the batch.
    pub fn pool(&self, batch: &Batch, is_training: bool) -> Result<Tensor> {
        let Batch { ids, type_ids, mask } = batch;
        let output = self
            .bert
            .forward_t(Some(ids), Some(mask), Some(type_ids), None, None, None, None, is_training)
            .map_err(|error| refused(&self.model, &error))?;
        let weight = mask.to_kind(Kind::Float).unsqueeze(-1);
        let sum = (output.hidden_state * &weight).sum_dim_intlist(1, false, Kind::Float);
        Ok(sum / weight.sum_dim_intlist(1, false, Kind::Float))
    }

    /// One pass through encoder and heads.
    ///
    /// # Errors
    /// [`Error::Model`] if rust-bert refuses the batch.
    pub fn forward(&self, batch: &Batch, is_training: bool) -> Result<Logits> {
        let pooled = self.pool(batch, is_training)?.dropout(self.dropout, is_training).to_kind(self.kind);
        let logits = |head: &nn::Linear| head.forward(&pooled).to_kind(Kind::Float);
        Ok(Logits {
            themes: logits(&self.themes),
            relevant: self.relevant.as_ref().map(logits),
            sentiment: logits(&self.sentiment),
        })
    }

    /// A copy of all weights, as f32.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let mut weights = Weights::default();
        for (name, variable) in self.variables() {
            let shape = variable.size();
            let values = numbers(&variable);
            match shape[..] {
                [rows, columns] => {
                    weights.insert_matrix(name, Matrix::new(rows as usize, columns as usize, values));
                }
                _ => weights.insert_vector(name, values),
            }
        }
        weights
    }

    /// Replaces all weights.
    ///
    /// # Errors
    /// [`Error::Model`] if one is missing or has another shape.
    pub fn set_weights(&self, mut weights: Weights) -> Result<()> {
        for (name, mut variable) in self.variables() {
            let shape = variable.size();
            let values = match shape[..] {
                [rows, columns] => {
                    let (rows, columns) = (rows as usize, columns as usize);
                    let matrix = weights.take_matrix(&self.model, &name, rows, columns)?;
                    let mut values = vec![0.0; rows * columns];
                    for (index, row) in values.chunks_exact_mut(columns).enumerate() {
                        matrix.write_row(index, row).expect("the matrix has the rows it was taken with");
                    }
                    values
                }
                _ => weights.take_vector(&self.model, &name, shape.iter().product::<i64>() as usize)?,
            };
            no_grad(|| variable.copy_(&Tensor::from_slice(&values).reshape(&shape)));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Network").field("model", &self.model).finish_non_exhaustive()
    }
}

/// All numbers of a tensor, row by row.
pub fn numbers(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.to_device(Device::Cpu).to_kind(Kind::Float).flatten(0, -1);
    Vec::try_from(&flat).expect("a flat tensor of f32 is a vector")
}

/// A fault of rust-bert as one of ours.
pub(super) fn refused(model: &str, error: &RustBertError) -> Error {
    Error::model(
        format!("rust-bert cannot run model `{model}`: {error}"),
        "`config.json` and the weights must be of the same model",
    )
}
