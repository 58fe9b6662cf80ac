//! The network: a BERT encoder whose tokens of several inputs lie one after another, without padding.
//!
//! *Takes* [`Encoding`]s. *Gives* one pooled vector each: the mean over all its tokens, not scaled to
//! unit length. *Fails* at load, on weights of another shape. *Cost*: 2.8 GFLOP for 64 tokens of
//! the shipped model; memory for one pack of tokens, see [`Scratch`].
//!
//! J. Devlin et al., "BERT: pre-training of deep bidirectional transformers", 2019.
//!
//! An input attends only to itself, and no sum runs over more than one input or depends on where its
//! rows lie in the pack.

use super::Precision;
use super::aligned::Aligned;
use super::attention::{Attention, Room};
use super::kernel::Kernel;
use super::linear::{Linear, Operands};
use crate::error::Result;
use crate::models::{Matrix, ModelConfig, Weights};
use crate::token::Encoding;

/// Rows that go through a matrix together: a multiple of the tiles of every kernel, so few that what they become
/// (48 × 1,536 × 4 bytes at most) stays in the second-level cache beside the matrix. A pack goes through one matrix
/// before the next, so that weights come from further away once.
const CHUNK_ROWS: usize = 48;

/// The weights, ready for the kernel.
#[derive(Debug)]
pub(super) struct Network {
    kernel: Kernel,
    hidden: usize,
    attention: Attention,
    intermediate: usize,
    eps: f32,
    words: Matrix,
    positions: Matrix,
    segments: Matrix,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values side by side.
    attention: Linear,
    attention_output: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

#[derive(Debug)]
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Buffers of one thread, used again from pack to pack.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    states: Aligned,
    attention: Aligned,
    mixed: Aligned,
    room: Room,
    chunk: Aligned,
    wide: Aligned,
    operands: Operands,
    fed: Operands,
}

impl Norm {
    fn load(model: &str, weights: &mut Weights, name: &str, width: usize) -> Result<Self> {
        Ok(Self {
            weight: weights.take_vector(model, &format!("{name}.weight"), width)?,
            bias: weights.take_vector(model, &format!("{name}.bias"), width)?,
        })
    }

    fn apply(&self, network: &Network, rows: &mut [f32], residual: &[f32]) {
        network.kernel.add_norm(rows, residual, &self.weight, &self.bias, network.eps);
    }
}

impl Network {
    /// Takes the encoder's tensors out of `weights` and lays them out.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if a tensor is missing or has another shape than `config` says.
    pub(super) fn load(
        model: &str,
        config: &ModelConfig,
        weights: &mut Weights,
        kernel: Kernel,
        precision: Precision,
    ) -> Result<Self> {
        let hidden = config.hidden_size;
        let wide = config.intermediate_size;
        let mut table = |kind: &str, rows: usize| {
            weights.take_matrix(model, &format!("embeddings.{kind}_embeddings.weight"), rows, hidden)
        };
        let words = table("word", config.vocab_size)?;
        let positions = table("position", config.max_position_embeddings)?;
        let segments = table("token_type", config.type_vocab_size)?;
        let norm = Norm::load(model, weights, "embeddings.LayerNorm", hidden)?;

        let mut layers = Vec::with_capacity(config.num_hidden_layers);
        for index in 0..config.num_hidden_layers {
            let mut linear = |names: &[&str], outputs: usize, inputs: usize| {
                let mut matrices = Vec::new();
                let mut bias = Vec::new();
                for name in names {
                    let name = format!("encoder.layer.{index}.{name}");
                    matrices.push(weights.take_matrix(model, &format!("{name}.weight"), outputs, inputs)?);
                    bias.extend(weights.take_vector(model, &format!("{name}.bias"), outputs)?);
                }
                Ok(Linear::pack(matrices, bias, inputs, precision))
            };
            let attention = ["attention.self.query", "attention.self.key", "attention.self.value"];
            let attention = linear(&attention, hidden, hidden)?;
            let attention_output = linear(&["attention.output.dense"], hidden, hidden)?;
            let up = linear(&["intermediate.dense"], wide, hidden)?;
            let down = linear(&["output.dense"], hidden, wide)?;
            let mut norm =
                |name: &str| Norm::load(model, weights, &format!("encoder.layer.{index}.{name}"), hidden);
            let attention_norm = norm("attention.output.LayerNorm")?;
            let norm = norm("output.LayerNorm")?;
            layers.push(Layer { attention, attention_output, attention_norm, up, down, norm });
        }
        let eps = config.layer_norm_eps as f32;
        let attention = Attention { kernel, precision, hidden, heads: config.num_attention_heads };
        Ok(Self {
            kernel,
            hidden,
            attention,
            intermediate: wide,
            eps,
            words,
            positions,
            segments,
            norm,
            layers,
        })
    }

    /// Number of token embeddings; ids are below it.
    pub(super) fn vocabulary(&self) -> usize {
        self.words.rows()
    }

    /// Width of a pooled vector.
    pub(super) fn hidden(&self) -> usize {
        self.hidden
    }

    /// The kernel that runs the network.
    pub(super) fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// One pooled vector per encoding, in order.
    ///
    /// # Panics
    /// If an id, a segment or a length is beyond the embeddings.
    pub(super) fn pool(&self, encodings: &[Encoding], scratch: &mut Scratch) -> Vec<Vec<f32>> {
        let hidden = self.hidden;
        let tokens: usize = encodings.iter().map(|encoding| encoding.ids.len()).sum();
        self.embed(encodings, tokens, scratch);
        for layer in &self.layers {
            self.attend(layer, encodings, tokens, scratch);
            self.feed_forward(layer, tokens, scratch);
        }

        let mut states = scratch.states.chunks_exact(hidden); // [tokens, hidden]
        let mut vectors = Vec::with_capacity(encodings.len());
        for encoding in encodings {
            let mut vector = vec![0.0; hidden];
            for state in states.by_ref().take(encoding.ids.len()) {
                for (sum, value) in vector.iter_mut().zip(state) {
                    *sum += value;
                }
            }
            let inverse = 1.0 / encoding.ids.len() as f32;
            vector.iter_mut().for_each(|value| *value *= inverse);
            vectors.push(vector);
        }
        vectors
    }

    /// Sets the states to the normalised sum of token, position and segment embeddings.
    fn embed(&self, encodings: &[Encoding], tokens: usize, scratch: &mut Scratch) {
        let hidden = self.hidden;
        let mut other = vec![0.0; hidden];
        let mut residual = vec![0.0; hidden];
        let states = scratch.states.at_least(tokens * hidden);
        let mut rows = states.chunks_exact_mut(hidden);
        for encoding in encodings {
            for (position, (id, segment)) in encoding.ids.iter().zip(&encoding.type_ids).enumerate() {
                let row = rows.next().expect("one row per token");
                self.words.write_row(*id as usize, row).expect("ids are checked against the vocabulary");
                self.positions.write_row(position, &mut residual).expect("the limit is checked at load");
                self.segments.write_row(usize::from(*segment), &mut other).expect("checked at load");
                for (sum, value) in residual.iter_mut().zip(&other) {
                    *sum += value;
                }
                self.norm.apply(self, row, &residual);
            }
        }
    }

    /// Self-attention of each input, its output projection and normalisation.
    fn attend(&self, layer: &Layer, encodings: &[Encoding], tokens: usize, scratch: &mut Scratch) {
        let hidden = self.hidden;
        let Scratch { states, attention, mixed, room, chunk, operands, .. } = scratch;
        let states = &mut states[..tokens * hidden]; // [tokens, hidden]
        let mixed = mixed.at_least(tokens * hidden); // [tokens, hidden]
        let mut from = 0;
        for inputs in chunks_of_inputs(encodings) {
            let length: usize = inputs.iter().map(|input| input.ids.len()).sum();
            let rows = &mut states[from * hidden..(from + length) * hidden];
            let given = attention.at_least(length * 3 * hidden); // [length, 3 × hidden]
            layer.attention.apply(self.kernel, rows, operands, given);
            let mut given = &given[..];
            for input in inputs {
                let (of_input, rest) = given.split_at(input.ids.len() * 3 * hidden);
                let mixed = &mut mixed[from * hidden..][..input.ids.len() * hidden];
                self.attention.mix(of_input, mixed, room);
                given = rest;
                from += input.ids.len();
            }
        }
        for (rows, mixed) in states.chunks_mut(CHUNK_ROWS * hidden).zip(mixed.chunks_mut(CHUNK_ROWS * hidden))
        {
            let out = chunk.at_least(rows.len());
            layer.attention_output.apply(self.kernel, mixed, operands, out);
            layer.attention_norm.apply(self, rows, out);
        }
    }

    /// The feed-forward block and its normalisation.
    fn feed_forward(&self, layer: &Layer, tokens: usize, scratch: &mut Scratch) {
        let hidden = self.hidden;
        let Scratch { states, mixed, wide, operands, fed, .. } = scratch;
        let states = &mut states[..tokens * hidden]; // [tokens, hidden]
        layer.down.begin(tokens, fed);
        for rows in states.chunks_mut(CHUNK_ROWS * hidden) {
            let wide = wide.at_least(rows.len() / hidden * self.intermediate);
            layer.up.apply(self.kernel, rows, operands, wide);
            layer.down.take_gelu(self.kernel, wide, fed);
        }
        let out = mixed.at_least(tokens * hidden); // [tokens, hidden]
        layer.down.give(self.kernel, fed, out);
        layer.norm.apply(self, states, out);
    }
}

/// Inputs in their order, cut where the tokens of a chunk would be more than [`CHUNK_ROWS`]; a longer one is a chunk of
/// its own.
fn chunks_of_inputs(encodings: &[Encoding]) -> impl Iterator<Item = &[Encoding]> {
    let mut rest = encodings;
    std::iter::from_fn(move || {
        let mut tokens = 0;
        let beyond = |input: &Encoding| {
            tokens += input.ids.len();
            tokens > CHUNK_ROWS
        };
        let count = rest.iter().position(beyond).unwrap_or(rest.len()).clamp(1, rest.len().max(1));
        let (chunk, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(chunk)
    })
}
