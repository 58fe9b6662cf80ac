//! rten as one of the engines that `bench.py` compares: `peer-rten PASSAGES.json THREADS MODEL.onnx`.

#[path = "../../batches.rs"]
mod batches;
#[path = "../../protocol.rs"]
mod protocol;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use batches::batches;
use protocol::{Passage, Peer};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde_json::{Value, json};

/// A model of ONNX with its weights laid out for the kernels once.
struct Rten {
    model: Model,
    inputs: [NodeId; 3],
    output: NodeId,
    options: RunOptions,
    size: usize,
}

impl Rten {
    fn load(model: &str, threads: usize) -> Result<Self, Box<dyn Error>> {
        let model = ModelOptions::with_all_ops().prepack_weights(true).load_file(model)?;
        let node = |name| model.node_id(name);
        let inputs = [node("input_ids")?, node("attention_mask")?, node("token_type_ids")?];
        let output = node("vectors")?;
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::new(ThreadPool::with_num_threads(threads)));
        Ok(Self { model, inputs, output, options, size: 1 })
    }
}

impl Peer for Rten {
    fn settings(&self) -> Vec<Value> {
        [1, 2, 4, 8, 16, 32, 64].iter().map(|size| json!({"batch": size})).collect()
    }

    fn choose(&mut self, setting: &Value) {
        self.size = setting["batch"].as_u64().map_or(1, |size| size as usize);
    }

    fn embed(&self, passages: &[Passage]) -> Vec<Vec<f32>> {
        let mut vectors = vec![Vec::new(); passages.len()];
        for places in batches(passages, self.size) {
            let shape = [places.len(), passages[places[0]].ids.len()];
            let mut ids = NdTensor::<i32, 2>::zeros(shape); // [passages, tokens]
            let mut mask = NdTensor::<i32, 2>::zeros(shape);
            let mut types = NdTensor::<i32, 2>::zeros(shape);
            for (row, place) in places.iter().enumerate() {
                let passage = &passages[*place];
                for (column, (id, kind)) in passage.ids.iter().zip(&passage.type_ids).enumerate() {
                    ids[[row, column]] = *id as i32;
                    mask[[row, column]] = 1;
                    types[[row, column]] = i32::from(*kind);
                }
            }
            let inputs = vec![
                (self.inputs[0], ids.into()),
                (self.inputs[1], mask.into()),
                (self.inputs[2], types.into()),
            ];
            let [pooled] = self
                .model
                .run_n(inputs, [self.output], Some(self.options.clone()))
                .expect("the model takes what it was made for");
            let pooled: NdTensor<f32, 2> = pooled.try_into().expect("vectors are a matrix of f32");
            for (row, place) in places.iter().enumerate() {
                vectors[*place] = pooled.slice(row).to_vec();
            }
        }
        vectors
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, threads, model] = &arguments[..] else {
        return Err("usage: peer-rten PASSAGES.json THREADS MODEL.onnx".into());
    };
    let passages = protocol::passages(Path::new(file));
    let start = Instant::now();
    let peer = Rten::load(model, threads.parse()?)?;
    protocol::serve(peer, &passages, start)?;
    Ok(())
}
