//! What a training that was broken off goes on from: one folder per finished epoch, written whole.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::Epoch;
use crate::error::{Error, Result};

const TENSORS: &str = "state.safetensors";
const FACTS: &str = "state.json";

/// Where a training stands after an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Facts {
    /// SHA-256 over everything that decides the result.
    pub(super) fingerprint: String,
    /// The epochs so far.
    pub(super) epochs: Vec<Epoch>,
}

/// A folder of states.
#[derive(Debug)]
pub(super) struct States {
    folder: PathBuf,
}

impl States {
    /// The states kept in `folder`, which need not exist.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Stores a state in place of the former one.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn store(&self, facts: &Facts, tensors: &[(String, Tensor)]) -> Result<()> {
        let place = self.place(facts.epochs.len());
        let staged = place.with_extension("new");
        remove(&staged)?;
        fs::create_dir_all(&staged).map_err(|error| Error::io("create", &staged, error))?;
        let file = staged.join(TENSORS);
        Tensor::write_safetensors(tensors, &file)
            .map_err(|error| Error::io("write", &file, std::io::Error::other(error.to_string())))?;
        let file = staged.join(FACTS);
        let json = serde_json::to_vec(facts).expect("epochs and a hash fit JSON");
        fs::write(&file, json).map_err(|error| Error::io("write", &file, error))?;
        remove(&place)?;
        fs::rename(&staged, &place).map_err(|error| Error::io("create", &place, error))?;
        facts.epochs.len().checked_sub(1).map_or(Ok(()), |former| remove(&self.place(former)))
    }

    /// The last state, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Config`] if it is of another training.
    pub(super) fn last(&self, fingerprint: &str) -> Result<Option<(Facts, HashMap<String, Tensor>)>> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(None) };
        let numbers = entries.filter_map(|entry| {
            entry.ok()?.file_name().to_str()?.strip_prefix("epoch-")?.parse::<usize>().ok()
        });
        let Some(last) = numbers.max() else { return Ok(None) };
        let file = self.place(last).join(FACTS);
        let json = fs::read(&file).map_err(|error| Error::io("read", &file, error))?;
        let facts: Facts =
            serde_json::from_slice(&json).map_err(|error| Error::io("read", &file, error.into()))?;
        if facts.fingerprint != fingerprint {
            return Err(Error::config_hint(
                format!("{} is of a training with other passages or settings", self.folder.display()),
                "train without --resume to start anew",
            ));
        }
        let file = self.place(last).join(TENSORS);
        let tensors = Tensor::read_safetensors(&file)
            .map_err(|error| Error::io("read", &file, std::io::Error::other(error.to_string())))?;
        Ok(Some((facts, tensors.into_iter().collect())))
    }

    /// Removes all states.
    ///
    /// # Errors
    /// [`Error::Io`] if they cannot be removed.
    pub(super) fn clear(&self) -> Result<()> {
        remove(&self.folder)
    }

    fn place(&self, epochs: usize) -> PathBuf {
        self.folder.join(format!("epoch-{epochs}"))
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", folder, error)),
        _ => Ok(()),
    }
}
