//! The built-in encoder: a BERT network with logistic heads, run on the CPU by own kernels.
//!
//! *Takes* passages, with context where the model uses it. *Gives* [`Scores`]. *Fails* on a model folder
//! that cannot be served, never because of a text. *Cost*: for a passage of 64 tokens and 12 layers about 7 ms
//! of one core with AVX-512 VNNI in int8 and 25 ms in f32, and two or four bytes per weight of the layers in
//! memory; threads are those of the current rayon pool.
//!
//! Invariants: the contract of [`crate::engine`], with scores the same to the last bit; in int8 with every kernel.

mod aligned;
mod attention;
mod bert;
pub(super) mod heads;
mod kernel;
mod linear;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use kernel::Kernel;

use crate::context::Context;
use crate::engine::{Classifier, Input};
use crate::error::{Error, Result};
use crate::models::{ModelFiles, Serving, Weights};
use crate::prior::Prior;
use crate::score::{LabelSet, Measured, Scores, Thresholds};
use crate::token::{Encoding, Tokenizer};
use bert::{Network, Scratch};
use heads::Outputs;

/// Most tokens that go through the network together, unless one input alone has more: enough to keep
/// the kernels at full speed, few enough for the caches. Scores do not depend on it.
const PACK_TOKENS: usize = 384;

/// Packs per thread at which the last one does not keep the others waiting for long.
const PACKS_PER_THREAD: usize = 4;

/// Fewest tokens of a pack when there is little work for many threads.
const MIN_PACK_TOKENS: usize = 96;

/// What the dense layers are computed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// int8 weights with a scale per output, activations rounded to bytes per token, sums of whole numbers; attention,
    /// softmax, GELU and normalisation in f32. The same bits with every kernel.
    #[default]
    Int8,
    /// Dense layers in bf16, sums and the rest in f32, where the processor has AVX512-BF16.
    Bf16,
    /// f32 throughout; kernels add in other orders.
    F32,
}

impl Precision {
    /// All, the default first.
    pub const ALL: [Self; 3] = [Self::Int8, Self::Bf16, Self::F32];

    /// The name: `int8`, `bf16` or `f32`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
        }
    }

    /// The precision of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|precision| precision.as_str() == name)
    }

    /// Whether `kernel` computes in it.
    #[must_use]
    pub fn runs_on(self, kernel: Kernel) -> bool {
        self != Self::Bf16 || kernel.has_bf16()
    }

    /// Counts into the hash of scores: a change of the arithmetic that changes scores changes this.
    fn arithmetic(self) -> &'static str {
        match self {
            Self::Int8 => "encoder int8 4",
            Self::Bf16 => "encoder bf16 2",
            Self::F32 => "encoder f32 2",
        }
    }
}

/// A model, ready to score.
#[derive(Debug)]
pub struct Encoder {
    name: String,
    hash: String,
    precision: Precision,
    serving: Serving,
    labels: LabelSet,
    thresholds: Thresholds,
    priors: Vec<Option<Prior>>,
    tokenizer: Tokenizer,
    network: Network,
    outputs: Outputs,
}

impl Encoder {
    /// The model compiled into the program.
    ///
    /// # Errors
    /// [`Error::Model`] if the program was built from a damaged model folder.
    pub fn embedded(precision: Precision) -> Result<Self> {
        Self::new(&ModelFiles::embedded()?, Kernel::best(), precision)
    }

    /// A model folder of the user's.
    ///
    /// # Errors
    /// [`Error::Model`] if the folder is incomplete, altered or not of a kind that is served;
    /// [`Error::Io`] if a file cannot be read.
    pub fn open(folder: &Path, precision: Precision) -> Result<Self> {
        Self::new(&ModelFiles::read(folder)?, Kernel::best(), precision)
    }

    /// A model run by the kernel named.
    ///
    /// # Errors
    /// [`Error::Config`] if the kernel does not compute in `precision`;
    /// [`Error::Model`] if the weights, the tokenizer and the configuration do not belong together.
    pub fn new(files: &ModelFiles, kernel: Kernel, precision: Precision) -> Result<Self> {
        if !precision.runs_on(kernel) {
            return Err(Error::config_hint(
                "this processor has no instructions for bf16",
                "use --precision int8, the fastest, or f32",
            ));
        }
        let serving = files.config.serving("without a name")?.clone();
        let model = serving.name.as_str();
        let mut weights = Weights::parse(model, files.weights(), |name| Some(name.to_owned()))?;
        let network = Network::load(model, &files.config, &mut weights, kernel, precision)?;
        let outputs = Outputs::load(model, &serving, network.hidden(), &mut weights)?;
        let tokenizer = Tokenizer::load(model, files.tokenizer(), serving.max_tokens)?;
        Ok(Self {
            name: format!("encoder {model}"),
            hash: files.hash(precision.arithmetic()),
            precision,
            labels: serving.labels(),
            thresholds: serving.thresholds(),
            priors: serving.priors(),
            serving,
            tokenizer,
            network,
            outputs,
        })
    }

    /// The kernel that runs the model.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.network.kernel()
    }

    /// The pooled vectors the heads see, in order: the mean of an input's token vectors, special tokens
    /// counted, not scaled to unit length.
    ///
    /// # Errors
    /// [`Error::Model`] if the model itself breaks down; never because of a text.
    pub fn embed(&self, inputs: &[Input<'_>]) -> Result<Vec<Vec<f32>>> {
        let encodings = self.encode(inputs)?;
        self.pool(&encodings)
    }

    fn encode(&self, inputs: &[Input<'_>]) -> Result<Vec<Encoding>> {
        let vocabulary = self.network.vocabulary();
        inputs
            .par_iter()
            .map(|input| {
                let context = input.context(self.serving.context);
                let encoding = self.tokenizer.encode(input.text, context.as_deref())?;
                if encoding.ids.iter().any(|id| *id as usize >= vocabulary) {
                    return Err(Error::model(
                        format!(
                            "model `{}`: `tokenizer.json` has tokens that the weights lack",
                            self.serving.name
                        ),
                        "the tokenizer and the weights must be of the same model",
                    ));
                }
                Ok(encoding)
            })
            .collect()
    }

    fn pool(&self, encodings: &[Encoding]) -> Result<Vec<Vec<f32>>> {
        let packs = packs(encodings, rayon::current_num_threads());
        let vectors: Vec<Vec<f32>> = packs
            .into_par_iter()
            .map_init(Scratch::default, |scratch, pack| self.network.pool(&encodings[pack], scratch))
            .flatten_iter()
            .collect();
        if vectors.iter().flatten().all(|value| value.is_finite()) {
            return Ok(vectors);
        }
        Err(Error::model(
            format!("model `{}` gives numbers that are not finite", self.serving.name),
            "its weights are damaged or their training has diverged; use another model",
        ))
    }
}

/// Cuts encodings into runs of about equal numbers of tokens for `threads`.
fn packs(encodings: &[Encoding], threads: usize) -> Vec<Range<usize>> {
    let total: usize = encodings.iter().map(|encoding| encoding.ids.len()).sum();
    let most = (total / (threads * PACKS_PER_THREAD)).clamp(MIN_PACK_TOKENS, PACK_TOKENS);
    let mut packs = Vec::new();
    let mut from = 0;
    let mut tokens = 0;
    for (index, encoding) in encodings.iter().enumerate() {
        if index > from && tokens + encoding.ids.len() > most {
            packs.push(from..index);
            (from, tokens) = (index, 0);
        }
        tokens += encoding.ids.len();
    }
    if from < encodings.len() {
        packs.push(from..encodings.len());
    }
    packs
}

impl Classifier for Encoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    fn priors(&self) -> &[Option<Prior>] {
        &self.priors
    }

    fn measured(&self) -> BTreeMap<String, Measured> {
        self.serving.measured.clone()
    }

    fn context(&self) -> Context {
        self.serving.context
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn arithmetic(&self) -> &str {
        match self.precision {
            Precision::Int8 | Precision::Bf16 => self.precision.as_str(),
            Precision::F32 => self.kernel().name(),
        }
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        let encodings = self.encode(inputs)?;
        let vectors = self.pool(&encodings)?;
        Ok(encodings
            .iter()
            .zip(&vectors)
            .map(|(encoding, vector)| self.outputs.score(vector, encoding.tokens, encoding.truncated_tokens))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::plain::hexadecimal;

    /// SHA-256 of the scores that the small model gives in int8.
    const INT8_SCORES: &str = "2447295a86c6d4f972a551f823c31bfc3b58a51aa1db85e223b3c043812a48ab";

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity").join(name)
    }

    fn tiny(kernel: Kernel, precision: Precision) -> Encoder {
        let files = ModelFiles::read(&fixture("tiny")).expect("the fixture is a model folder");
        Encoder::new(&files, kernel, precision).expect("the fixture can be served")
    }

    /// Every kernel in every precision.
    fn ways() -> impl Iterator<Item = (Kernel, Precision)> {
        let kernels = Kernel::supported().into_iter();
        kernels
            .flat_map(|kernel| Precision::ALL.map(|precision| (kernel, precision)))
            .filter(|(kernel, precision)| precision.runs_on(*kernel))
    }

    /// Texts of many lengths, so that rows fall into tiles and chunks in every way.
    fn texts() -> Vec<String> {
        let words = ["the", "bus", "was", "late", "council", "said", "children", "waiting", "12", "vote"];
        let text =
            |index: usize| (0..index * index % 71).map(|n| words[(n * 3 + index) % 10]).collect::<Vec<_>>();
        (0..40).map(|index| text(index).join(" ")).collect()
    }

    fn inputs(texts: &[String]) -> Vec<Input<'_>> {
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| Input {
                headline: (index % 3 == 0).then_some("the school report"),
                ..Input::alone(text)
            })
            .collect()
    }

    fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads can be started").install(run)
    }

    #[test]
    fn an_input_gives_the_same_bits_alone_in_any_batch_and_on_any_threads() {
        let texts = texts();
        let inputs = inputs(&texts);
        for (kernel, precision) in ways() {
            let encoder = tiny(kernel, precision);
            let together = on_threads(1, || encoder.embed(&inputs)).expect("embeds");
            for threads in [2, 5] {
                let again = on_threads(threads, || encoder.embed(&inputs)).expect("embeds");
                assert_eq!(again, together, "{} on {threads} threads", kernel.name());
            }
            for (index, input) in inputs.iter().enumerate() {
                let alone = encoder.embed(&[*input]).expect("embeds");
                assert_eq!(alone[0], together[index], "{} alone {index}", kernel.name());
                let from = index.saturating_sub(3);
                let some = encoder.embed(&inputs[from..=index]).expect("embeds");
                assert_eq!(some[index - from], together[index], "{} in a run {index}", kernel.name());
            }
        }
    }

    #[test]
    fn kernels_agree_and_in_int8_to_the_last_bit() {
        let texts = texts();
        let inputs = inputs(&texts);
        let of = |kernel, precision| tiny(kernel, precision).embed(&inputs).expect("embeds");
        for (kernel, precision) in ways() {
            let (vectors, best) = (of(kernel, precision), of(Kernel::best(), precision));
            if precision == Precision::Int8 || kernel.name() != "plain" {
                assert_eq!(vectors, best, "{}", kernel.name());
            }
            let pairs = vectors.iter().flatten().zip(best.iter().flatten());
            assert!(pairs.into_iter().all(|(value, best)| (value - best).abs() < 1e-4), "{}", kernel.name());
        }
    }

    #[test]
    fn int8_scores_have_one_hash_on_every_machine() {
        let texts = texts();
        let inputs = inputs(&texts);
        for kernel in Kernel::supported() {
            let mut digest = Sha256::new();
            for scores in tiny(kernel, Precision::Int8).score(&inputs).expect("scores") {
                for value in scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment) {
                    digest.update(value.to_le_bytes());
                }
            }
            assert_eq!(hexadecimal(&digest.finalize()), INT8_SCORES, "{}", kernel.name());
        }
    }

    #[test]
    fn every_kernel_gives_the_recorded_vectors() {
        let records = std::fs::read(fixture("tiny.json")).expect("the fixture is there");
        let records: Vec<serde_json::Value> = serde_json::from_slice(&records).expect("a list of records");
        for kernel in Kernel::supported() {
            let encoder = tiny(kernel, Precision::F32);
            for record in &records {
                let input = Input {
                    headline: record["context"].as_str(),
                    ..Input::alone(record["text"].as_str().expect("a text"))
                };
                let vector = encoder.embed(&[input]).expect("embeds").remove(0);
                let expected: Vec<f32> = serde_json::from_value(record["vector"].clone()).expect("numbers");
                assert_eq!(vector.len(), expected.len());
                for (value, expected) in vector.iter().zip(&expected) {
                    assert!((value - expected).abs() < 1e-4, "{}: {:?}", kernel.name(), input.text);
                }
            }
        }
    }

    #[test]
    fn odd_texts_score_within_0_and_1() {
        let huge = "the council said ".repeat(60_000);
        let odd = ["", " ", "\0\u{7f}\u{202e}", "日本語のニュース", &huge, "🚌", "[SEP] [CLS] [PAD]"];
        let odd: Vec<Input<'_>> = odd
            .iter()
            .map(|text| Input { headline: Some(text), before: Some(text), ..Input::alone(text) })
            .collect();
        let encoder = tiny(Kernel::best(), Precision::Int8);
        let scores = encoder.score(&odd).expect("an odd text is no error");
        assert_eq!(scores.len(), odd.len());
        for score in &scores {
            assert_eq!(score.themes.len(), encoder.labels().themes.len());
            let mut all = score.themes.iter().chain([&score.relevant]).chain(&score.sentiment);
            assert!(all.all(|value| (0.0..=1.0).contains(value)), "{score:?}");
            assert!((score.sentiment.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        assert_eq!((scores[0].tokens, scores[0].truncated_tokens), (0, 0));
        assert_eq!(scores[4].tokens - scores[4].truncated_tokens, 62);
        assert!(encoder.score(&[]).expect("nothing is no error").is_empty());
    }

    #[test]
    fn the_shipped_model_scores() {
        let encoder = Encoder::embedded(Precision::Int8).expect("the shipped model is sound");
        let text = "Parents said the council had let their children down.";
        let scores = encoder.score(&[Input::alone(text)]).expect("scores");
        assert_eq!(scores[0].themes.len(), encoder.thresholds().themes.len());
        assert_eq!(scores[0].tokens, 10);
        assert_eq!(encoder.name(), "encoder sendlens-minilm");
        assert!(encoder.hash().len() == 64 && encoder.hash().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn packs_hold_every_input_once_in_order() {
        let encoding = |tokens: usize| Encoding {
            ids: vec![0; tokens],
            type_ids: vec![0; tokens],
            tokens: 0,
            truncated_tokens: 0,
        };
        for (count, tokens, threads) in [(0, 5, 2), (1, 512, 2), (7, 512, 3), (1000, 40, 2), (3, 2, 16)] {
            let encodings: Vec<Encoding> = (0..count).map(|_| encoding(tokens)).collect();
            let packs = packs(&encodings, threads);
            assert_eq!(packs.iter().cloned().flatten().collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
            assert!(packs.iter().all(|pack| pack.len() == 1 || pack.len() * tokens <= PACK_TOKENS));
        }
    }
}
