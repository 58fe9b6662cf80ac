//! The seam between text and labels: every engine is a [`Classifier`], chosen by an
//! [`EngineConfig`] and opened by [`open`].
//!
//! *Takes* passages as text. *Gives* [`Scores`]. *Fails* on a model folder that cannot be served.
//!
//! Contract, run for every engine by one test macro (`tests/it/contract.rs`): one result per input,
//! in order; scores finite and in [0, 1]; an input scores the same alone and among others, on one
//! thread and many; the same call twice gives the same result.

pub mod lexicon;
pub mod encoder;
#[cfg(feature = "rust-bert")]
pub mod torch;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::codebook::Codebook;
use crate::context::Context;
use crate::engine::encoder::{Encoder, Precision};
use crate::error::{Error, Result};
#[cfg(feature = "rust-bert")]
use crate::models::ModelFiles;
use crate::models::{Place, locate};
use crate::prior::Prior;
use crate::score::{LabelSet, Measured, Scores, Thresholds};

/// One text to score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Input<'a> {
    /// The passage.
    pub text: &'a str,
    /// The headline of its article.
    pub headline: Option<&'a str>,
    /// The passage before it in its article.
    pub before: Option<&'a str>,
}

impl<'a> Input<'a> {
    /// A passage of which nothing else is known.
    #[must_use]
    pub fn alone(text: &'a str) -> Self {
        Self { text, headline: None, before: None }
    }

    /// What an engine that looks at `context` sees beside the passage.
    #[must_use]
    pub fn context(&self, context: Context) -> Option<Cow<'a, str>> {
        context.of(self.headline, self.before)
    }
}

/// Scores passages against themes, relevance and sentiment.
pub trait Classifier: Send + Sync {
    /// Name of the engine and its model, for the run record: `encoder sendlens-minilm`.
    fn name(&self) -> &str;

    /// The labels of each task, in the order of [`Scores`].
    fn labels(&self) -> &LabelSet;

    /// The model's own thresholds, in the order of [`Classifier::labels`].
    fn thresholds(&self) -> &Thresholds;

    /// How each theme's score leans on the rest of the article, in the order of [`Classifier::labels`]; empty for an
    /// engine whose passages stand alone. [`crate::prior::weigh`] applies it to what [`Classifier::score`] gives.
    fn priors(&self) -> &[Option<Prior>] {
        &[]
    }

    /// Precision and recall per label on held-out passages, as its card has them; empty if not measured.
    fn measured(&self) -> BTreeMap<String, Measured> {
        BTreeMap::new()
    }

    /// Which surroundings of a passage change its scores; whoever stores scores keys on text and context.
    fn context(&self) -> Context;

    /// Changes with everything that decides scores: a SHA-256 in hexadecimal, and what the engine adds to it.
    fn hash(&self) -> &str;

    /// Names what computes where it may change the last digits of scores: the kernel, for this machine.
    fn arithmetic(&self) -> &str {
        ""
    }

    /// Scores each input, in order. An odd text (empty, huge, another language) is not an error.
    ///
    /// # Errors
    /// Only if the engine itself breaks down; never because of a text.
    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>>;
}

/// Which engine scores, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum EngineConfig {
    /// Seed terms of the codebook for themes, VADER for sentiment.
    Lexicon,
    /// The built-in encoder.
    Encoder {
        /// The model folder; `None` for the model compiled into the program.
        path: Option<PathBuf>,
        /// What its dense layers are computed in.
        #[serde(default)]
        precision: Precision,
    },
    /// rust-bert: another's sequence classifier, or a model of ours.
    RustBert {
        /// The model folder; `None` for the model compiled into the program.
        path: Option<PathBuf>,
        /// Where it runs.
        device: Device,
    },
    /// rust-bert: a model of inference with the codebook's hypotheses.
    ZeroShot {
        /// The model folder.
        path: PathBuf,
        /// Where it runs.
        device: Device,
    },
}

impl Default for EngineConfig {
    /// The built-in encoder with the model compiled into the program.
    fn default() -> Self {
        Self::Encoder { path: None, precision: Precision::default() }
    }
}

impl EngineConfig {
    /// The same with the folder of the model where its name was given.
    ///
    /// # Errors
    /// [`Error::Model`] if it is a name that no model has.
    pub fn located(self) -> Result<Self> {
        let folder = |path: PathBuf| match locate(&path)? {
            Place::BuiltIn => Ok::<_, Error>(None),
            Place::Folder(folder) => Ok(Some(folder)),
        };
        Ok(match self {
            Self::Lexicon => self,
            Self::Encoder { path, precision } => {
                Self::Encoder { path: path.map(folder).transpose()?.flatten(), precision }
            }
            Self::RustBert { path, device } => {
                Self::RustBert { path: path.map(folder).transpose()?.flatten(), device }
            }
            // The built-in model is none of inference; whoever opens it as one says so.
            Self::ZeroShot { path, device } => {
                Self::ZeroShot { path: folder(path.clone())?.unwrap_or(path), device }
            }
        })
    }
}

/// Where libtorch computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The first CUDA device.
    Cuda,
}

/// The fault of asking for `what` in a program built without the feature `rust-bert`.
#[must_use]
pub fn without_rust_bert(what: &str) -> Error {
    Error::config_hint(
        format!("{what} needs libtorch, and this program was built without it"),
        "build it with `cargo build --release --features rust-bert`; `.ci/libtorch` prepares libtorch",
    )
}

/// The codebook to use with the engine that `config` names: the user's, else the one in the model folder, else the
/// shipped one.
///
/// # Errors
/// [`Error::Io`] or [`Error::Config`] if a codebook is named and cannot be used.
pub fn codebook(config: &EngineConfig, user: Option<&Path>) -> Result<Codebook> {
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        Codebook::parse(&text)
    };
    if let Some(path) = user {
        return read(path);
    }
    if let EngineConfig::Encoder { path: Some(path), .. } | EngineConfig::RustBert { path: Some(path), .. } =
        config
    {
        let own = path.join("codebook.toml");
        if own.exists() {
            return read(&own);
        }
    }
    Ok(Codebook::shipped())
}

/// The model's thresholds with those of `codebook`, whose themes are the model's, over them.
#[must_use]
pub fn thresholds(engine: &dyn Classifier, codebook: &Codebook) -> Thresholds {
    let mut thresholds = engine.thresholds().clone();
    for (threshold, theme) in thresholds.themes.iter_mut().zip(&codebook.themes) {
        *threshold = theme.threshold.unwrap_or(*threshold);
    }
    thresholds
}

/// Opens the engine that `config` names.
///
/// # Errors
/// [`Error::Model`] if a model folder is incomplete, altered or not of a kind that is served, or if its themes
/// are not those of the codebook in their order.
pub fn open(config: &EngineConfig, codebook: &Codebook) -> Result<Box<dyn Classifier>> {
    let engine: Box<dyn Classifier> = match config {
        EngineConfig::Lexicon => Box::new(lexicon::Lexicon::new(codebook)),
        EngineConfig::Encoder { path: None, precision } => Box::new(Encoder::embedded(*precision)?),
        EngineConfig::Encoder { path: Some(path), precision } => Box::new(Encoder::open(path, *precision)?),
        EngineConfig::RustBert { path, device } => rust_bert(path.as_deref(), codebook, *device)?,
        EngineConfig::ZeroShot { path, device } => zero_shot(path, codebook, *device)?,
    };
    let (has, wanted) = (&engine.labels().themes, codebook.names());
    if *has != wanted {
        return Err(Error::model(
            format!(
                "{} has the themes {}, the codebook has {}",
                engine.name(),
                has.join(", "),
                wanted.join(", ")
            ),
            "use --engine lexicon, or learn the themes of the codebook with `sendlens train --heads-only`",
        ));
    }
    Ok(engine)
}

#[cfg(feature = "rust-bert")]
fn rust_bert(folder: Option<&Path>, codebook: &Codebook, device: Device) -> Result<Box<dyn Classifier>> {
    let files = match folder {
        None => ModelFiles::embedded()?,
        Some(folder) if ModelFiles::is_model(folder) => ModelFiles::read(folder)?,
        Some(folder) => return Ok(Box::new(torch::SequenceClassifier::open(folder, codebook, device)?)),
    };
    Ok(Box::new(torch::Reference::new(&files, device)?))
}

#[cfg(feature = "rust-bert")]
fn zero_shot(folder: &Path, codebook: &Codebook, device: Device) -> Result<Box<dyn Classifier>> {
    Ok(Box::new(torch::ZeroShot::open(folder, codebook, device)?))
}

#[cfg(not(feature = "rust-bert"))]
fn rust_bert(_: Option<&Path>, _: &Codebook, _: Device) -> Result<Box<dyn Classifier>> {
    Err(without_rust_bert("the engine rust-bert"))
}

#[cfg(not(feature = "rust-bert"))]
fn zero_shot(_: &Path, _: &Codebook, _: Device) -> Result<Box<dyn Classifier>> {
    Err(without_rust_bert("the engine zero-shot"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_the_themes_of_the_codebook_is_refused() {
        let text = "version = \"1\"\n[[theme]]\nname = \"funding\"\ndefinition = \"x\"\n";
        let codebook = Codebook::parse(text).expect("a codebook");
        let fault = open(&EngineConfig::default(), &codebook).err().expect("other themes");
        assert!(fault.to_string().contains("funding"), "{fault}");
        assert!(open(&EngineConfig::Lexicon, &codebook).is_ok());
    }
}
