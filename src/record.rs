//! `run.json`: what was done, with what, and what came of it.
//!
//! Everything but `environment` is the same for the same input, version and settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::prior::Prior;
use crate::score::{Measured, Thresholds};
use crate::tally::Period;

/// Name of the file.
pub const RECORD: &str = "run.json";

/// Name of the metadata kept in an output folder, so that the next run on it uses it again.
pub const METADATA: &str = "metadata.csv";

/// Name of the labels by a person kept in an output folder, so that the next run on it uses them again.
pub const LABELS: &str = "labels.csv";

/// Name of the threshold below which a passage is off topic.
const RELEVANT: &str = "relevant";

/// The record of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the program.
    pub sendlens: String,
    /// Settings that decide results, each with its value and origin.
    pub configuration: serde_json::Value,
    /// Day of the run.
    pub as_of: String,
    /// What scored.
    pub engine: Engine,
    /// What labels mean.
    pub codebook: Codebook,
    /// SHA-256 over names and bytes of all that was read.
    pub input_hash: String,
    /// Counts per stage.
    pub counts: Counts,
    /// What became of labels by a person, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Corrected>,
    /// Per row name (themes, all, any, none, off_topic): counts over every date, the undated included.
    pub totals: BTreeMap<String, Total>,
    /// Number of articles per warning code, and of whole-run warnings.
    pub warnings: BTreeMap<String, u64>,
    /// Whole-run warnings in words.
    pub notes: Vec<String>,
    /// SHA-256 per file of the output.
    pub files: BTreeMap<String, String>,
    /// Clock, host, paths, threads: whatever differs from run to run.
    pub environment: serde_json::Value,
}

/// The engine of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    /// Engine and model.
    pub name: String,
    /// SHA-256 over everything that decides scores.
    pub hash: String,
    /// Whether it tells passages about SEND from others; if not, every passage counts as relevant.
    pub has_relevance: bool,
    /// Thresholds used, by theme; `relevant` is one of them.
    pub thresholds: BTreeMap<String, f32>,
    /// How scores lean on the rest of the article, by theme; empty if none does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub priors: BTreeMap<String, Prior>,
    /// Precision and recall measured on held-out passages, by theme; empty if not measured.
    pub measured: BTreeMap<String, Measured>,
}

/// The codebook of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Codebook {
    /// Its version.
    pub version: String,
    /// SHA-256 of the codebook as it was used.
    pub hash: String,
    /// Theme names in order.
    pub themes: Vec<String>,
    /// What a passage of each theme speaks of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<String, String>,
}

/// Counts per stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Files read.
    pub sources: u64,
    /// Files and records that could not be read.
    pub skipped: u64,
    /// Articles in the tables.
    pub articles: u64,
    /// Articles dated outside `since`/`until`, in no table.
    pub articles_outside: u64,
    /// Articles without a usable date.
    pub articles_undated: u64,
    /// Articles in another language than English, not counted.
    pub articles_other_language: u64,
    /// Articles of which the source holds only the beginning, not counted.
    pub articles_truncated: u64,
    /// Articles without any body or list item.
    pub articles_without_body: u64,
    /// Blocks of all roles.
    pub blocks: u64,
    /// Passages of all kinds.
    pub passages: u64,
    /// Passages counted and scored.
    pub passages_counted: u64,
}

/// What became of labels by a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Rows with a label.
    pub rows: u64,
    /// Passages with a label by a person.
    pub passages: u64,
    /// Their labels that the engine had decided otherwise.
    pub changed: u64,
    /// Their labels that the engine had decided so.
    pub confirmed: u64,
    /// Rows whose passage has another id than they say, found by its text.
    pub moved: u64,
    /// Rows whose passage is not counted.
    pub not_counted: u64,
    /// Rows whose passage was not found.
    pub not_found: u64,
}

/// Totals of one row name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Passages.
    pub passages: u64,
    /// Articles with at least one of them.
    pub articles: u64,
    /// Negative passages.
    pub negative: u64,
    /// Neutral passages.
    pub neutral: u64,
    /// Positive passages.
    pub positive: u64,
}

impl Record {
    /// Reads the record in `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] if there is none, [`Error::Table`] if it is no record of this version.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORD);
        let text = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        serde_json::from_slice(&text)
            .map_err(|error| Error::Table { path, message: format!("it is no run record: {error}") })
    }

    /// The thresholds of the run in the order of its themes; `None` if one is not recorded.
    #[must_use]
    pub fn thresholds(&self) -> Option<Thresholds> {
        let of = |name: &str| self.engine.thresholds.get(name).copied();
        let themes = self.codebook.themes.iter().map(|theme| of(theme)).collect::<Option<_>>()?;
        // An engine without relevance has none for it: every passage is relevant.
        let relevant = if self.engine.has_relevance { of(RELEVANT)? } else { 0.0 };
        Some(Thresholds { themes, relevant })
    }

    /// How scores lean on the rest of the article, in the order of the run's themes.
    #[must_use]
    pub fn priors(&self) -> Vec<Option<Prior>> {
        self.codebook.themes.iter().map(|theme| self.engine.priors.get(theme).copied()).collect()
    }

    /// The value of a setting of the run; `None` if it had none.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.configuration.get(key)?.get("value")?.as_str()
    }

    /// The length of a row's period.
    #[must_use]
    pub fn period(&self) -> Period {
        let name = self.setting("period");
        Period::ALL.into_iter().find(|period| Some(period.as_str()) == name).unwrap_or_default()
    }

    /// The columns that rows are grouped by.
    #[must_use]
    pub fn by(&self) -> Vec<String> {
        let columns = self.setting("by").unwrap_or_default().split(',').map(str::trim);
        columns.filter(|column| !column.is_empty()).map(str::to_owned).collect()
    }

    /// The record as JSON with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("text keys and plain values");
        json.push('\n');
        json
    }
}
