//! rust-bert with the weights of sendlens, in batches.

use sendlens::engine::torch::network::{Batch, Network, numbers};
use sendlens::models::ModelFiles;
use sendlens::token::Encoding;
use serde_json::{Value, json};
use tch::{Device, Kind, no_grad};

use crate::batches::batches;
use crate::protocol::{Passage, Peer};

/// A network of rust-bert on libtorch.
pub(crate) struct RustBert {
    network: Network,
    size: usize,
}

impl RustBert {
    pub(crate) fn load(precision: &str, threads: usize) -> Result<Self, String> {
        let kind = match precision {
            "f32" => Kind::Float,
            "bf16" => Kind::BFloat16,
            other => return Err(format!("rust-bert is not run in {other}")),
        };
        tch::set_num_threads(threads as i32);
        let files = ModelFiles::embedded().map_err(|error| error.to_string())?;
        let network = Network::load(&files, 0.0, kind, Device::Cpu).map_err(|error| error.to_string())?;
        Ok(Self { network, size: 1 })
    }
}

impl Peer for RustBert {
    fn settings(&self) -> Vec<Value> {
        [1, 4, 8, 16, 32, 64].iter().map(|size| json!({"batch": size})).collect()
    }

    fn choose(&mut self, setting: &Value) {
        self.size = setting["batch"].as_u64().map_or(1, |size| size as usize);
    }

    fn embed(&self, passages: &[Passage]) -> Vec<Vec<f32>> {
        let encodings: Vec<Encoding> = passages
            .iter()
            .map(|passage| Encoding {
                ids: passage.ids.clone(),
                type_ids: passage.type_ids.clone(),
                tokens: 0,
                truncated_tokens: 0,
            })
            .collect();
        let mut vectors = vec![Vec::new(); passages.len()];
        for places in batches(passages, self.size) {
            let padded = Batch::new(places.iter().map(|place| &encodings[*place]), Device::Cpu);
            let pooled = no_grad(|| self.network.pool(&padded, false)).expect("a sound model takes any ids");
            let pooled = numbers(&pooled);
            for (place, vector) in places.iter().zip(pooled.chunks(pooled.len() / places.len())) {
                vectors[*place] = vector.to_vec();
            }
        }
        vectors
    }
}
