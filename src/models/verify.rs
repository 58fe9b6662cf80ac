//! Whether a model is what it was: every file against its SHA-256, and whether the program can use it at all.
//!
//! *Takes* a [`Place`]. *Gives* the state of each file. *Fails* on a folder that has no checksums and on a file
//! that cannot be read; an altered file is a result, not an error. *Cost*: one read and one SHA-256 of each file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::copy::measure;
use super::provenance::Provenance;
use super::store::Place;
use super::{BaseModel, ModelFiles, SHIPPED, SUMS, most_bytes, parse_sums, read_file, sha256};
use crate::error::{Error, Result};
use crate::token::Tokenizer;

/// What came of checking a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The model as it was named.
    pub model: String,
    /// Its folder; `None` for the built-in model.
    pub folder: Option<PathBuf>,
    /// Its files, by name.
    pub files: Vec<VerifiedFile>,
}

/// What came of checking a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedFile {
    /// Its name.
    pub name: String,
    /// The SHA-256 that it must have, in hexadecimal.
    pub expected: String,
    /// What it is.
    #[serde(flatten)]
    pub state: FileState,
}

/// What a file is, measured against what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// As it was.
    Sound,
    /// Not there.
    Missing,
    /// Another.
    Altered {
        /// Its SHA-256, or of its first part if it is too large for a model.
        found: String,
    },
}

impl Verified {
    /// The files that are not as they were.
    pub fn faults(&self) -> impl Iterator<Item = &VerifiedFile> {
        self.files.iter().filter(|file| file.state != FileState::Sound)
    }
}

impl std::fmt::Display for VerifiedFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, expected, state } = self;
        match state {
            FileState::Sound => write!(formatter, "`{name}` is as it was"),
            FileState::Missing => write!(formatter, "`{name}` is missing"),
            FileState::Altered { found } => {
                write!(formatter, "`{name}` is altered: its SHA-256 is {found}, not {expected}")
            }
        }
    }
}

/// Checks every file of a model that has a checksum; `model` is its name in the result and in messages.
///
/// # Errors
/// [`Error::Model`] if there is no such folder or it has no checksums; [`Error::Io`] if a file cannot be read.
pub fn verify(model: &str, place: &Place) -> Result<Verified> {
    match place {
        Place::BuiltIn => verify_built_in(),
        Place::Folder(folder) => verify_folder(model, folder),
    }
}

fn verify_built_in() -> Result<Verified> {
    let files = ModelFiles::embedded()?;
    let checked = files.contents().map(|(name, bytes)| {
        let expected = files.sums().get(name).cloned().unwrap_or_default();
        let found = sha256(bytes);
        let state = if found == expected { FileState::Sound } else { FileState::Altered { found } };
        VerifiedFile { name: name.to_owned(), expected, state }
    });
    Ok(Verified { model: SHIPPED.to_owned(), folder: None, files: checked.collect() })
}

fn verify_folder(model: &str, folder: &Path) -> Result<Verified> {
    if !folder.is_dir() {
        return Err(Error::model(
            format!("there is no model folder `{}`", folder.display()),
            "`sendlens models list` shows the models there are",
        ));
    }
    // A set: a file that both lists name must be what both say.
    let mut expected = BTreeSet::new();
    if let Some(provenance) = Provenance::read(folder, model)? {
        expected.extend(provenance.files.into_iter().map(|file| (file.name, file.sha256)));
    }
    if ModelFiles::is_model(folder) {
        let sums = read_file(folder, model, SUMS, most_bytes(SUMS).unwrap_or_default())?;
        expected.extend(parse_sums(model, &sums)?);
    }
    if expected.is_empty() {
        return Err(Error::model(
            format!("`{}` has no checksums to verify it against", folder.display()),
            "`sendlens models import` makes a copy that has them",
        ));
    }
    let mut files = Vec::new();
    for (name, expected) in expected {
        let most = most_bytes(&name).unwrap_or_default();
        let state = match measure(&folder.join(&name), most)? {
            None => FileState::Missing,
            Some(found) if found.sha256 == expected => FileState::Sound,
            Some(found) => FileState::Altered { found: found.sha256 },
        };
        files.push(VerifiedFile { name, expected, state });
    }
    Ok(Verified { model: model.to_owned(), folder: Some(folder.to_owned()), files })
}

/// Checks that the program can use what stands in `folder`, named `model` in messages: a model with outputs, or
/// an encoder to learn outputs for.
///
/// # Errors
/// [`Error::Model`] naming the file that is missing, altered, too large or of a kind that is not served;
/// [`Error::Io`] if a file cannot be read.
pub(super) fn check_usable(folder: &Path, model: &str) -> Result<()> {
    if ModelFiles::is_model(folder) {
        let files = ModelFiles::read_as(folder, model)?;
        let max_tokens = files.config.serving(model)?.max_tokens;
        Tokenizer::load(model, files.tokenizer(), max_tokens)?;
        return Ok(());
    }
    let BaseModel { config, mut weights, tokenizer, .. } = BaseModel::read_as(folder, model)?;
    Tokenizer::load(model, &tokenizer, config.max_position_embeddings)?;
    // The first matrix and the last: weights of another network lack them.
    let (hidden, last) = (config.hidden_size, config.num_hidden_layers - 1);
    weights.take_matrix(model, "embeddings.word_embeddings.weight", config.vocab_size, hidden)?;
    let name = format!("encoder.layer.{last}.output.dense.weight");
    weights.take_matrix(model, &name, hidden, config.intermediate_size)?;
    Ok(())
}
