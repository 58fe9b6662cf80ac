//! Parity: the encoder against vectors that an independent NumPy program recorded
//! (`tests/reference/bert.py`), for every kernel this machine can run.

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use sendlens::codebook::Codebook;
use sendlens::engine::encoder::{Encoder, Kernel, Precision};
use sendlens::engine::{Classifier, Input};
use sendlens::evaluate;
use sendlens::gold::Gold;
use sendlens::models::{BaseModel, ModelFiles};
use sendlens::score::{Labels, Sentiment, decide};
use serde::Deserialize;

/// Most that an element of a pooled vector or a score may differ from the reference, which sums in f64.
const TOLERANCE: f32 = 1e-4;

/// Least mean cosine between pooled vectors of int8 rows and of the weights they were made from.
const QUANTISED_COSINE: f64 = 0.999;

#[derive(Deserialize)]
struct Record {
    text: String,
    context: Option<String>,
    vector: Vec<f32>,
    scores: Vec<f32>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity").join(name)
}

fn distance(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max)
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let product = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(left, right)| f64::from(*left) * f64::from(*right)).sum()
    };
    product(left, right) / (product(left, left) * product(right, right)).sqrt()
}

#[test]
fn a_random_model_gives_the_recorded_vectors_and_scores() {
    let files = ModelFiles::read(&fixture("tiny")).expect("the fixture is a model folder");
    let records = std::fs::read(fixture("tiny.json")).expect("the fixture is there");
    let records: Vec<Record> = serde_json::from_slice(&records).expect("the fixture is a list of records");
    let inputs: Vec<Input<'_>> = records
        .iter()
        .map(|record| Input { headline: record.context.as_deref(), ..Input::alone(&record.text) })
        .collect();
    for kernel in Kernel::supported() {
        let encoder = Encoder::new(&files, kernel, Precision::F32).expect("the fixture can be served");
        let vectors = encoder.embed(&inputs).expect("the fixture embeds");
        let scores = encoder.score(&inputs).expect("the fixture scores");
        for ((record, vector), scores) in records.iter().zip(&vectors).zip(&scores) {
            let (kernel, text) = (kernel.name(), &record.text);
            assert!(distance(vector, &record.vector) < TOLERANCE, "{kernel}: vector of {text:?}");
            let found: Vec<f32> =
                scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment).copied().collect();
            assert!(distance(&found, &record.scores) < TOLERANCE, "{kernel}: scores of {text:?}");
        }
    }
}

#[test]
fn the_shipped_model_gives_the_recorded_vectors() {
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let bytes = std::fs::read(fixture("shipped.safetensors")).expect("the fixture is there");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("the fixture is safetensors");
    let metadata = header.metadata().as_ref().expect("the fixture says what it was recorded from");
    assert_eq!(
        metadata["weights"],
        files.sums()["model.safetensors"],
        "the shipped weights have changed: run `python tests/reference/bert.py shipped`"
    );
    let texts: Vec<String> = serde_json::from_str(&metadata["texts"]).expect("a list of texts");
    let tensor = SafeTensors::deserialize(&bytes).expect("the fixture is safetensors");
    let tensor = tensor.tensor("vectors").expect("the fixture has vectors");
    let expected: Vec<f32> =
        tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let width = expected.len() / texts.len();
    let inputs: Vec<Input<'_>> = texts.iter().map(|text| Input::alone(text)).collect();
    for kernel in Kernel::supported() {
        let encoder = Encoder::new(&files, kernel, Precision::F32).expect("the shipped model can be served");
        let vectors = encoder.embed(&inputs).expect("the shipped model embeds");
        for ((text, vector), expected) in texts.iter().zip(&vectors).zip(expected.chunks(width)) {
            let distance = distance(vector, expected);
            assert!(distance < TOLERANCE, "{}: {distance} for {text:?}", kernel.name());
        }
    }
}

/// Runs where `SENDLENS_BASE` names the folder of the base weights; says nothing elsewhere.
#[test]
fn int8_rows_keep_the_vectors_of_the_base_weights() {
    let Some(folder) = std::env::var_os("SENDLENS_BASE") else { return };
    let base = BaseModel::read(Path::new(&folder)).expect("a base model");
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let serving = files.config.serving("shipped").expect("the shipped model has heads").clone();
    let heads = sendlens::models::Heads::zero(&serving, base.config.hidden_size);
    let encoder = |files: &ModelFiles| {
        Encoder::new(files, Kernel::best(), Precision::F32).expect("the model can be served")
    };
    let exact = encoder(&base.clone().into_float_model(serving.clone(), &heads, "").expect("heads fit"));
    let quantised = encoder(&base.into_model(serving, &heads, "").expect("heads fit"));

    let texts = [
        "Late.",
        "The director of children's services said that the waiting list had grown to 1,400.",
        "Parents in Eastmarsh have waited more than a year for a plan.",
        "\"It is not good,\" said a parent of two. The minibus had not come on Monday either.",
        "Councillors voted 31 to 22 against a motion calling for an inquiry.",
        "Road works will continue until Thursday.",
    ];
    let inputs: Vec<Input<'_>> = texts.iter().map(|text| Input::alone(text)).collect();
    let exact = exact.embed(&inputs).expect("the model embeds");
    let quantised = quantised.embed(&inputs).expect("the model embeds");
    let sum: f64 = exact.iter().zip(&quantised).map(|(exact, quantised)| cosine(exact, quantised)).sum();
    let mean = sum / texts.len() as f64;
    assert!(mean >= QUANTISED_COSINE, "mean cosine {mean}");
}

#[test]
fn int8_keeps_the_vectors_and_labels_of_f32() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/annotated/dev.jsonl");
    let gold = Gold::read(&[file], &Codebook::shipped().names()).expect("labelled passages");
    let inputs = &evaluate::inputs(&gold)[..240];
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let [int8, float] = [Precision::Int8, Precision::F32].map(|precision| {
        let encoder = Encoder::new(&files, Kernel::best(), precision).expect("it can be served");
        let labels: Vec<Labels> = encoder
            .score(inputs)
            .expect("it scores")
            .iter()
            .map(|scores| decide(scores, encoder.thresholds()))
            .collect();
        (encoder.embed(inputs).expect("it embeds"), labels)
    });
    let cosines: Vec<f64> = int8.0.iter().zip(&float.0).map(|(one, other)| cosine(one, other)).collect();
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    let least = cosines.iter().copied().fold(1.0, f64::min);
    assert!(mean >= 0.997 && least >= 0.994, "cosine {mean}, at least {least}");
    let decisions = |labels: &Labels| -> Vec<bool> {
        let sentiment = Sentiment::ALL.map(|sentiment| labels.sentiment == sentiment);
        [&labels.themes[..], &[labels.is_relevant], &sentiment].concat()
    };
    let pairs = int8.1.iter().flat_map(decisions).zip(float.1.iter().flat_map(decisions));
    let (same, all) =
        pairs.fold((0, 0), |(same, all), (one, other)| (same + usize::from(one == other), all + 1));
    assert!(same as f64 >= 0.995 * f64::from(all), "{same} of {all} decisions");
}

/// rust-bert is the reference: the shipped weights give the same logits, to a thousandth.
#[cfg(feature = "rust-bert")]
#[test]
fn rust_bert_gives_the_same_logits() {
    use sendlens::engine::Device;
    use sendlens::engine::torch::Reference;

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/annotated/dev.jsonl");
    let gold = Gold::read(&[file], &Codebook::shipped().names()).expect("labelled passages");
    let inputs = &evaluate::inputs(&gold)[..240];
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let heads = files.heads().expect("the shipped model has heads");
    let all: Vec<_> = heads.themes.iter().chain(&heads.relevant).chain(&heads.sentiment).collect();
    let logits = |vector: &[f32]| -> Vec<f64> {
        let product = |weight: &[f32]| -> f64 {
            weight.iter().zip(vector).map(|(weight, value)| f64::from(*weight) * f64::from(*value)).sum()
        };
        all.iter().map(|head| product(&head.weight) + f64::from(head.bias)).collect()
    };
    let ours =
        Encoder::new(&files, Kernel::best(), Precision::F32).expect("served").embed(inputs).expect("embeds");
    let theirs = Reference::new(&files, Device::Cpu).expect("served").embed(inputs).expect("embeds");
    for (input, (ours, theirs)) in inputs.iter().zip(ours.iter().zip(&theirs)) {
        for (ours, theirs) in logits(ours).into_iter().zip(logits(theirs)) {
            assert!((ours - theirs).abs() <= 1e-3, "{ours} {theirs} {:?}", input.text);
        }
    }
}
