//! A sequence classifier of one of four families, run by rust-bert: texts in, one row of logits each out.
//!
//! *Takes* a [`ForeignModel`]. *Gives* logits in the order of its labels. *Fails* on weights that do not fit its
//! configuration. *Cost*: one pass per text, alone, so that a text's result depends on nothing but the text.

use rust_bert::bert::{BertConfig, BertForSequenceClassification};
use rust_bert::deberta::{DebertaConfig, DebertaForSequenceClassification};
use rust_bert::distilbert::{DistilBertConfig, DistilBertModelClassifier};
use rust_bert::roberta::RobertaForSequenceClassification;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};
use tokenizers::{Tokenizer, TruncationParams, TruncationStrategy};

use super::network::numbers;
use crate::caught::catch;
use crate::error::{Error, Result};
use crate::models::{Family, ForeignModel};

/// Bytes of text looked at per token of the limit.
const BYTES_PER_TOKEN: usize = 32;

/// A classifier, ready to run.
pub(super) struct Runner {
    name: String,
    network: Network,
    tokenizer: Tokenizer,
    max_tokens: usize,
    variables: VarStore,
}

/// A network of one of the families.
enum Network {
    Bert(BertForSequenceClassification),
    DistilBert(DistilBertModelClassifier),
    Roberta(RobertaForSequenceClassification),
    Deberta(DebertaForSequenceClassification),
}

/// The logits of a text, and its length.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// One per label.
    pub(super) logits: Vec<f32>,
    /// Tokens of the text, special tokens and a second segment not counted.
    pub(super) tokens: u32,
    /// Tokens that the model did not see.
    pub(super) truncated_tokens: u32,
}

impl Runner {
    /// Builds the network and fills it with the weights of `model`.
    pub(super) fn open(model: &ForeignModel, device: Device) -> Result<Self> {
        let mut variables = VarStore::new(device);
        let network = Network::new(model, &variables)?;
        fill(&mut variables, model)?;
        let mut tokenizer = catch(|| Tokenizer::from_bytes(&model.tokenizer))
            .ok_or_else(|| unusable(&model.name, "it breaks the tokenizer"))?
            .map_err(|error| unusable(&model.name, &error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: model.max_tokens,
                strategy: TruncationStrategy::OnlyFirst,
                ..TruncationParams::default()
            }))
            .map_err(|error| unusable(&model.name, &error.to_string()))?;
        tokenizer.set_encode_special_tokens(true);
        Ok(Self { name: model.name.clone(), network, tokenizer, max_tokens: model.max_tokens, variables })
    }

    /// Runs one text, with a second segment if there is one.
    pub(super) fn run(&self, text: &str, second: Option<&str>) -> Result<Row> {
        let most = text.floor_char_boundary(text.len().min(self.max_tokens * BYTES_PER_TOKEN));
        let head = &text[..most];
        let encoded = catch(|| match second {
            Some(second) => self.tokenizer.encode((head, second), true),
            None => self.tokenizer.encode(head, true),
        });
        let encoding = encoded
            .ok_or_else(|| unusable(&self.name, "it breaks on a text"))?
            .map_err(|error| unusable(&self.name, &error.to_string()))?;
        let tensor = |values: &[u32]| {
            let values: Vec<i64> = values.iter().map(|value| i64::from(*value)).collect();
            Tensor::from_slice(&values).unsqueeze(0).to_device(self.variables.device())
        };
        let (ids, types) = (tensor(encoding.get_ids()), tensor(encoding.get_type_ids()));
        // rust-bert panics where a network and its input do not belong together.
        let logits = catch(|| no_grad(|| self.network.logits(&ids, &types)))
            .flatten()
            .map(|logits| numbers(&logits))
            .filter(|logits| logits.iter().all(|logit| logit.is_finite()))
            .ok_or_else(|| {
                Error::model(
                    format!("model `{}` breaks on a text or gives numbers that are not finite", self.name),
                    "its tokenizer and weights may not belong together; download the folder again",
                )
            })?;
        let of_text =
            |sequences: &[Option<usize>]| sequences.iter().filter(|place| **place == Some(0)).count();
        let seen = of_text(encoding.get_sequence_ids().as_slice());
        let beyond: usize =
            encoding.get_overflowing().iter().map(|part| of_text(part.get_sequence_ids().as_slice())).sum();
        // What lies beyond the part looked at is estimated from its rate of tokens per byte.
        let unseen = ((seen + beyond) * (text.len() - most)).div_ceil(most.max(1));
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        Ok(Row { logits, tokens: count(seen + beyond + unseen), truncated_tokens: count(beyond + unseen) })
    }
}

impl Network {
    fn new(model: &ForeignModel, variables: &VarStore) -> Result<Self> {
        let root = variables.root();
        let built = match model.family {
            Family::Bert => {
                BertForSequenceClassification::new(&root, &config::<BertConfig>(model)?).map(Self::Bert)
            }
            Family::DistilBert => DistilBertModelClassifier::new(&root, &config::<DistilBertConfig>(model)?)
                .map(Self::DistilBert),
            Family::Roberta => {
                RobertaForSequenceClassification::new(&root, &config::<BertConfig>(model)?).map(Self::Roberta)
            }
            Family::Deberta => DebertaForSequenceClassification::new(&root, &config::<DebertaConfig>(model)?)
                .map(Self::Deberta),
        };
        built.map_err(|error| super::network::refused(&model.name, &error))
    }

    fn logits(&self, ids: &Tensor, types: &Tensor) -> Option<Tensor> {
        match self {
            Self::Bert(network) => {
                Some(network.forward_t(Some(ids), None, Some(types), None, None, false).logits)
            }
            Self::DistilBert(network) => Some(network.forward_t(Some(ids), None, None, false).ok()?.logits),
            // RoBERTa has one segment.
            Self::Roberta(network) => {
                Some(network.forward_t(Some(ids), None, None, None, None, false).logits)
            }
            Self::Deberta(network) => {
                let mask = ids.ones_like();
                let output = network.forward_t(Some(ids), Some(&mask), Some(types), None, None, false);
                Some(output.ok()?.logits)
            }
        }
    }
}

fn config<T: DeserializeOwned>(model: &ForeignModel) -> Result<T> {
    serde_json::from_slice(&model.config).map_err(|error| {
        Error::model(
            format!("model `{}`: `config.json` cannot be used: {error}", model.name),
            "download the folder again",
        )
    })
}

/// Sets every variable to the tensor of its name.
fn fill(variables: &mut VarStore, model: &ForeignModel) -> Result<()> {
    let fault = |what: String| {
        Error::model(
            format!("model `{}`: `model.safetensors` {what}", model.name),
            "`config.json` and the weights must be of the same model",
        )
    };
    let file = SafeTensors::deserialize(&model.weights)
        .map_err(|error| fault(format!("is not a sound safetensors file: {error}")))?;
    for (name, mut variable) in variables.variables() {
        let view = known_as(&name).iter().find_map(|name| file.tensor(name).ok());
        let view = view.ok_or_else(|| fault(format!("has no `{name}`")))?;
        let shape: Vec<i64> = view.shape().iter().map(|size| *size as i64).collect();
        if shape != variable.size() {
            return Err(fault(format!("has `{name}` of shape {shape:?}, wanted is {:?}", variable.size())));
        }
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            other => return Err(fault(format!("has `{name}` of type {other:?}"))),
        };
        no_grad(|| variable.copy_(&Tensor::from_data_size(view.data(), &shape, kind)));
    }
    Ok(())
}

/// Names that a variable may have in a file: older ones call the two vectors of a layer norm gamma and beta.
fn known_as(name: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    for (new, old) in [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")] {
        if let Some(stem) = name.strip_suffix(new) {
            names.push(format!("{stem}{old}"));
        }
    }
    names
}

fn unusable(model: &str, reason: &str) -> Error {
    Error::model(
        format!("model `{model}`: `tokenizer.json` cannot be used: {reason}"),
        "download `tokenizer.json` again from where the model came",
    )
}
