//! `ORIGIN.toml` of a model folder: where its files come from, under which licence, and what they must be.
//!
//! *Takes* and *gives* TOML. *Fails* on anything else, and on a file that no model folder has.
//!
//! It stands beside files that carry no checksums of their own, as those of a downloaded encoder; a folder that
//! was trained here has `SHA256SUMS` and may have it too.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{most_bytes, read_file, write_file};
use crate::error::{Error, Result};

/// Name of the file.
pub(super) const ORIGIN: &str = "ORIGIN.toml";

/// Most bytes of the file: a few lines per file of a model.
const MAX_BYTES: u64 = 1 << 16;

/// The first line of the file.
const HEAD: &str =
    "# Where these files come from and what they must be: `sendlens models verify` checks them.\n";

/// A file of a model folder and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    /// Its name in the folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: String,
}

/// Where the files of a model folder come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// An address with its revision, or what was imported.
    pub source: String,
    /// The licence, if it is known, as an SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The files, by name.
    #[serde(rename = "file")]
    pub files: Vec<PinnedFile>,
}

impl PinnedFile {
    /// What is wrong with the entry, if anything is.
    pub(super) fn fault(&self) -> Option<String> {
        let name: String = self.name.chars().filter(|letter| !letter.is_control()).take(80).collect();
        let Some(most) = most_bytes(&self.name) else {
            return Some(format!("no model folder has a file `{name}`"));
        };
        if !is_sha256(&self.sha256) {
            return Some(format!("`{name}` has no SHA-256 of 64 digits"));
        }
        (self.bytes > most).then(|| format!("`{name}` has {} bytes, more than {most}", self.bytes))
    }
}

/// Whether this is a SHA-256 in lower-case hexadecimal.
pub(super) fn is_sha256(sum: &str) -> bool {
    sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl Provenance {
    /// Reads `ORIGIN.toml` of `folder`, named `model` in messages; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Model`] if it cannot be used, [`Error::Io`] if it cannot be read.
    pub(super) fn read(folder: &Path, model: &str) -> Result<Option<Self>> {
        if !folder.join(ORIGIN).exists() {
            return Ok(None);
        }
        Self::parse(model, &read_file(folder, model, ORIGIN, MAX_BYTES)?).map(Some)
    }

    /// Reads and checks the TOML of `model`, named in messages.
    ///
    /// # Errors
    /// [`Error::Model`] if it is not TOML of this shape or names a file that no model folder has.
    pub(super) fn parse(model: &str, bytes: &[u8]) -> Result<Self> {
        let fault = |what: String| {
            Error::model(
                format!("model `{model}`: `{ORIGIN}` cannot be used: {what}"),
                "fetch or import the model again",
            )
        };
        let text = std::str::from_utf8(bytes).map_err(|_| fault("it is not UTF-8".into()))?;
        let provenance: Self = toml::from_str(text).map_err(|error| fault(error.message().to_owned()))?;
        match provenance.files.iter().find_map(PinnedFile::fault) {
            Some(what) => Err(fault(what)),
            None => Ok(provenance),
        }
    }

    /// Writes it into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let toml = toml::to_string(self).expect("texts and numbers are TOML");
        write_file(&folder.join(ORIGIN), format!("{HEAD}{toml}").as_bytes())
    }

    /// What the file `name` must be.
    pub(super) fn pin(&self, name: &str) -> Option<&PinnedFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(name: &str) -> PinnedFile {
        PinnedFile { name: name.into(), bytes: 3, sha256: "ab".repeat(32) }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(Provenance::read(folder.path(), "m").expect("none is no fault").is_none());
        let provenance = Provenance {
            source: "imported from \"a\nb\"".into(),
            licence: None,
            files: vec![pinned("config.json"), pinned("model.safetensors")],
        };
        provenance.write(folder.path()).expect("writable");
        assert_eq!(Provenance::read(folder.path(), "m").expect("its own output"), Some(provenance));
    }

    #[test]
    fn what_no_model_folder_has_is_refused() {
        let wrong = [
            PinnedFile { name: "../config.json".into(), ..pinned("") },
            PinnedFile { sha256: "AB".repeat(32), ..pinned("config.json") },
            PinnedFile { bytes: 1 << 40, ..pinned("config.json") },
        ];
        assert_eq!(pinned("config.json").fault(), None);
        for file in wrong {
            assert!(file.fault().is_some(), "{file:?}");
        }
        assert!(Provenance::parse("m", b"source = 1").is_err());
        assert!(Provenance::parse("m", b"\xff").is_err());
    }
}
