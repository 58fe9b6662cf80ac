//! Other people's classifiers: a Hugging Face folder of a sequence-classification model for libtorch.
//!
//! *Takes* a folder with `config.json`, `tokenizer.json` and `model.safetensors`. *Gives* [`ForeignModel`].
//! *Fails* on a family that is not run, by its name, on pickles, and on a folder that is incomplete. *Cost*:
//! one read and one SHA-256 of each file.

use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{CONFIG, FILES, TOKENIZER, WEIGHTS, read_file};
use crate::error::{Error, Result};
use crate::plain::hexadecimal;

/// Families of networks that rust-bert runs as classifiers here, by `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// BERT.
    Bert,
    /// DistilBERT.
    DistilBert,
    /// RoBERTa.
    Roberta,
    /// DeBERTa, the first version.
    Deberta,
}

impl Family {
    /// All with their `model_type`.
    const ALL: [(&str, Self); 4] = [
        ("bert", Self::Bert),
        ("distilbert", Self::DistilBert),
        ("roberta", Self::Roberta),
        ("deberta", Self::Deberta),
    ];
}

/// A classifier as it was downloaded.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignModel {
    /// Name of its folder.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// The bytes of `config.json`.
    pub config: Vec<u8>,
    /// The bytes of `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// The bytes of `model.safetensors`.
    pub weights: Vec<u8>,
    /// Names of its outputs, in their order.
    pub labels: Vec<String>,
    /// Whether several labels may hold at once, so that each has a probability of its own.
    pub is_multi_label: bool,
    /// Most tokens of one input, special tokens counted.
    pub max_tokens: usize,
    /// SHA-256 over its files, in hexadecimal.
    pub hash: String,
}

impl ForeignModel {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`Error::Model`] if a file is missing, too large or a pickle, or the model is of a family that is not run
    /// or no classifier; [`Error::Io`] if a file cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let model = folder.display().to_string();
        let fault = |what: String, hint: &str| Error::model(format!("model `{model}` {what}"), hint);
        let mut digest = Sha256::new();
        let mut read = |wanted: &str| {
            let known = FILES.iter().find(|(file, _)| *file == wanted);
            let (file, most) = known.expect("only files of a model folder are read");
            let bytes = read_file(folder, &model, file, *most)?;
            digest.update(Sha256::digest(&bytes));
            Ok::<_, Error>(bytes)
        };
        let config = read(CONFIG)?;
        let json: Value = serde_json::from_slice(&config).map_err(|error| {
            fault(format!("has a `config.json` that is not JSON: {error}"), "download the folder again")
        })?;
        let kind = json["model_type"].as_str().unwrap_or("without a `model_type`");
        let Some((_, family)) = Family::ALL.into_iter().find(|(name, _)| *name == kind) else {
            let kind: String = kind.chars().filter(|letter| !letter.is_control()).take(40).collect();
            return Err(fault(
                format!("is a network `{kind}`, which is not run"),
                "bert, distilbert, roberta and deberta are",
            ));
        };
        let labels = labels(&json).ok_or_else(|| {
            fault(
                "is no classifier: `config.json` has no `id2label` from 0".into(),
                "use a sequence classifier",
            )
        })?;
        // RoBERTa counts positions from 2, the number of its padding token and one.
        let positions = json["max_position_embeddings"].as_u64().unwrap_or(512) as usize;
        let max_tokens = if family == Family::Roberta { positions.saturating_sub(2) } else { positions };
        Ok(Self {
            name: folder.file_name().map_or(model.clone(), |name| name.to_string_lossy().into_owned()),
            family,
            tokenizer: read(TOKENIZER)?,
            weights: read(WEIGHTS)?,
            labels,
            is_multi_label: json["problem_type"] == "multi_label_classification",
            max_tokens: max_tokens.clamp(8, 512),
            hash: hexadecimal(&digest.finalize()),
            config,
        })
    }

    /// The place of the label `name`, whatever its case.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|label| label.eq_ignore_ascii_case(name))
    }
}

/// Names of the outputs; `None` unless every number from 0 has one.
fn labels(config: &Value) -> Option<Vec<String>> {
    let names = config["id2label"].as_object().filter(|names| !names.is_empty())?;
    (0..names.len()).map(|id| Some(names.get(&id.to_string())?.as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(config: &str, other: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(CONFIG), config).expect("a file");
        std::fs::write(folder.path().join(other), "{}").expect("a file");
        folder
    }

    #[test]
    fn another_family_is_refused_by_name() {
        let folder = folder(r#"{"model_type": "t5", "id2label": {"0": "a"}}"#, TOKENIZER);
        let fault = ForeignModel::read(folder.path()).expect_err("not run");
        assert!(fault.to_string().contains("`t5`"), "{fault}");
    }

    #[test]
    fn a_model_that_is_no_classifier_is_refused() {
        for labels in ["{}", r#"{"1": "a"}"#, "null"] {
            let folder = folder(&format!(r#"{{"model_type": "bert", "id2label": {labels}}}"#), TOKENIZER);
            let fault = ForeignModel::read(folder.path()).expect_err(labels);
            assert!(fault.to_string().contains("id2label"), "{fault}");
        }
    }

    #[test]
    fn a_folder_with_a_pickle_alone_is_refused() {
        let folder = folder(r#"{"model_type": "bert", "id2label": {"0": "a"}}"#, "pytorch_model.bin");
        std::fs::write(folder.path().join(TOKENIZER), "{}").expect("a file");
        let fault = ForeignModel::read(folder.path()).expect_err("no safetensors");
        assert!(fault.to_string().contains(WEIGHTS), "{fault}");
    }
}
