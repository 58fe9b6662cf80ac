//! What models there are, and what one of them is: as data and as text for people.
//!
//! *Takes* a [`Store`], a [`Catalogue`], a [`Place`]. *Gives* [`Listed`] rows and [`Info`]. *Fails* on a model that
//! cannot be read. *Cost*: listing looks at sizes only; facts about one model read and check all of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::catalogue::{Catalogue, Known};
use super::copy::measure;
use super::provenance::{PinnedFile, Provenance};
use super::store::{Place, Store};
use super::{
    Base, BaseModel, CARD, CONFIG, Decision, FILES, ModelConfig, ModelFiles, SHIPPED, SUMS, Serving,
    TOKENIZER, WEIGHTS, most_bytes,
};
use crate::context::Context;
use crate::error::Result;
use crate::plain;
use crate::prior::Prior;
use crate::score::{Measured, Sentiment};

/// Where a listed model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In the program.
    BuiltIn,
    /// In the store, or in a folder that was named.
    Here,
    /// Known by name, and not here.
    Known,
}

impl Kind {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built in",
            Self::Here => "here",
            Self::Known => "known",
        }
    }
}

/// What a model can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It has outputs: `sendlens run --model`.
    Run,
    /// It is an encoder to learn outputs for: `sendlens train --base`.
    Train,
}

impl Purpose {
    fn of(has_outputs: bool) -> Self {
        if has_outputs { Self::Run } else { Self::Train }
    }

    /// The command.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Train => "train",
        }
    }
}

/// A row of the list of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub kind: Kind,
    /// What it is for.
    pub purpose: Purpose,
    /// Size of its files.
    pub bytes: u64,
    /// Licence of its encoder, if it is known.
    pub licence: Option<String>,
    /// `ready`, or what is wrong with it, or how to get it.
    pub state: String,
}

/// An output of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelInfo {
    /// Its name in tables.
    pub name: String,
    /// Lowest score at which the label is given; sentiments have none.
    pub threshold: Option<f32>,
    /// How its score leans on the rest of the article, if it does.
    pub article: Option<Prior>,
    /// Quality on held-out passages, if it was measured.
    pub measured: Option<Measured>,
}

/// What a model is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub kind: Kind,
    /// Its folder, if it has one.
    pub folder: Option<PathBuf>,
    /// What it is for.
    pub purpose: Purpose,
    /// What it is, if it is known by name.
    pub about: Option<String>,
    /// Licence of its encoder, if it is known.
    pub licence: Option<String>,
    /// Where its files come from, if that is recorded.
    pub source: Option<String>,
    /// What it was made from; none for an encoder.
    pub base: Option<Base>,
    /// Most tokens of an input that it sees.
    pub max_tokens: Option<usize>,
    /// What it looks at beside the passage.
    pub context: Context,
    /// Its outputs, with what they were measured at; none for an encoder.
    pub labels: Vec<LabelInfo>,
    /// Its files.
    pub files: Vec<PinnedFile>,
}

/// A size for people, in decimal units.
#[must_use]
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// The models there are: the one in the program, those of the store, those known and not here.
///
/// # Errors
/// [`crate::Error::Io`] if the store cannot be read; [`crate::Error::Model`] if the program was built from a damaged
/// model folder.
pub fn list(store: &Store, catalogue: &Catalogue) -> Result<Vec<Listed>> {
    let built_in = info(SHIPPED, &Place::BuiltIn, catalogue)?;
    let mut rows = vec![Listed {
        name: built_in.name,
        kind: Kind::BuiltIn,
        purpose: built_in.purpose,
        bytes: built_in.files.iter().map(|file| file.bytes).sum(),
        licence: built_in.licence,
        state: "ready".into(),
    }];
    let names = store.names()?;
    rows.extend(names.iter().map(|name| glance(name, &store.folder().join(name), catalogue)));
    let absent = catalogue.iter().filter(|known| !names.contains(&known.name));
    rows.extend(absent.map(|known| Listed {
        name: known.name.clone(),
        kind: Kind::Known,
        purpose: Purpose::of(known.has_outputs()),
        bytes: known.bytes(),
        licence: Some(known.licence.clone()),
        state: format!("sendlens models pull {}", known.name),
    }));
    Ok(rows)
}

/// A model of the store as far as names and sizes tell.
fn glance(name: &str, folder: &Path, catalogue: &Catalogue) -> Listed {
    let bytes_of = |file: &str| fs::metadata(folder.join(file)).ok().map(|metadata| metadata.len());
    let has_outputs = ModelFiles::is_model(folder);
    let needed: Vec<&str> = if has_outputs {
        FILES.iter().map(|(file, _)| *file).chain([SUMS]).collect()
    } else {
        vec![CONFIG, WEIGHTS, TOKENIZER]
    };
    let provenance = Provenance::read(folder, name);
    let missing = needed.iter().find(|file| bytes_of(file).is_none());
    let resized = || {
        let provenance = provenance.as_ref().ok()?.as_ref()?;
        provenance.files.iter().find(|file| bytes_of(&file.name).is_some_and(|bytes| bytes != file.bytes))
    };
    let state = match (missing, &provenance, resized()) {
        (Some(file), _, _) => format!("has no `{file}`"),
        (None, Err(error), _) => error.to_string(),
        (None, _, Some(file)) => format!("`{}` is altered", file.name),
        (None, Ok(None), None) if !has_outputs => "has no checksums".into(),
        _ => "ready".into(),
    };
    let licence = provenance.ok().flatten().and_then(|provenance| provenance.licence);
    let of_base = || {
        let config = fs::read(folder.join(CONFIG)).ok()?;
        let base = ModelConfig::parse(name, &config).ok()?.sendlens?.base;
        Some(catalogue.of_weights(&base.sha256)?.licence.clone())
    };
    Listed {
        name: name.to_owned(),
        kind: Kind::Here,
        purpose: Purpose::of(has_outputs),
        bytes: needed.iter().filter_map(|file| bytes_of(file)).sum(),
        licence: licence.or_else(of_base),
        state,
    }
}

/// The list as text.
#[must_use]
pub fn list_text(rows: &[Listed]) -> String {
    let head = ["name", "where", "for", "size", "licence", "state"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        let licence = row.licence.clone().unwrap_or_else(|| "unknown".into());
        let (kind, purpose) = (row.kind.as_str().into(), row.purpose.as_str().into());
        [row.name.clone(), kind, purpose, size(row.bytes), licence, row.state.clone()]
    });
    let cells: Vec<[String; 6]> = std::iter::once(head).chain(cells).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in &cells {
        let row: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(&plain::line(row.join("  ").trim_end()));
        text.push('\n');
    }
    text
}

/// What the model `name` in `place` is. Every file is read and checked.
///
/// # Errors
/// [`crate::Error::Model`] if a file is missing or altered, or the folder has no model; [`crate::Error::Io`] if a
/// file cannot be read.
pub fn info(name: &str, place: &Place, catalogue: &Catalogue) -> Result<Info> {
    let folder = match place {
        Place::BuiltIn => return Ok(with_outputs(name, None, &ModelFiles::embedded()?, None, catalogue)),
        Place::Folder(folder) => folder,
    };
    let provenance = Provenance::read(folder, name)?;
    if ModelFiles::is_model(folder) || !folder.join(WEIGHTS).exists() {
        let files = ModelFiles::read(folder)?;
        return Ok(with_outputs(name, Some(folder), &files, provenance, catalogue));
    }
    let base = BaseModel::read(folder)?;
    let files = match &provenance {
        Some(provenance) => provenance.files.clone(),
        None => measured(folder)?,
    };
    let known = catalogue.of_weights(&base.sha256);
    Ok(Info {
        name: name.to_owned(),
        kind: Kind::Here,
        folder: Some(folder.to_owned()),
        purpose: Purpose::Train,
        about: known.map(|known| known.about.clone()),
        licence: provenance
            .as_ref()
            .and_then(|provenance| provenance.licence.clone())
            .or_else(|| known.map(|known| known.licence.clone())),
        source: provenance.map(|provenance| provenance.source),
        base: None,
        max_tokens: Some(base.config.max_position_embeddings),
        context: Context::None,
        labels: Vec::new(),
        files,
    })
}

/// The files of an encoder as they are.
fn measured(folder: &Path) -> Result<Vec<PinnedFile>> {
    let mut files = Vec::new();
    for name in [CONFIG, WEIGHTS, TOKENIZER] {
        let most = most_bytes(name).unwrap_or_default();
        files.extend(measure(&folder.join(name), most)?.map(|found| PinnedFile {
            name: name.to_owned(),
            bytes: found.bytes,
            sha256: found.sha256,
        }));
    }
    Ok(files)
}

/// What a model of `catalogue` is that is not here.
#[must_use]
pub fn known_info(known: &Known) -> Info {
    Info {
        name: known.name.clone(),
        kind: Kind::Known,
        folder: None,
        purpose: Purpose::of(known.has_outputs()),
        about: Some(known.about.clone()),
        licence: Some(known.licence.clone()),
        source: Some(format!("{} at revision {}", known.repository, known.revision)),
        base: None,
        max_tokens: None,
        context: Context::None,
        labels: Vec::new(),
        files: known.files.clone(),
    }
}

/// What a model with outputs is.
fn with_outputs(
    name: &str,
    folder: Option<&PathBuf>,
    files: &ModelFiles,
    provenance: Option<Provenance>,
    catalogue: &Catalogue,
) -> Info {
    let serving = files.config.sendlens.as_ref();
    let base = serving.map(|serving| serving.base.clone());
    let known = base.as_ref().and_then(|base| catalogue.of_weights(&base.sha256));
    let pinned = files.contents().map(|(name, bytes)| PinnedFile {
        name: name.to_owned(),
        bytes: bytes.len() as u64,
        sha256: files.sums().get(name).cloned().unwrap_or_default(),
    });
    Info {
        name: name.to_owned(),
        kind: if folder.is_some() { Kind::Here } else { Kind::BuiltIn },
        folder: folder.cloned(),
        purpose: Purpose::Run,
        about: None,
        licence: provenance
            .as_ref()
            .and_then(|provenance| provenance.licence.clone())
            .or_else(|| known.map(|known| known.licence.clone())),
        source: provenance.map(|provenance| provenance.source),
        base,
        max_tokens: serving.map(|serving| serving.max_tokens),
        context: serving.map_or(Context::None, |serving| serving.context),
        labels: serving.map(labels).unwrap_or_default(),
        files: pinned.collect(),
    }
}

/// The outputs of a model: themes, `relevant` and what is not, sentiments.
fn labels(serving: &Serving) -> Vec<LabelInfo> {
    let label = |name: &str, decision: Option<Decision>| LabelInfo {
        name: name.to_owned(),
        threshold: decision.map(|decision| decision.threshold),
        article: decision.and_then(|decision| decision.article),
        measured: serving.measured.get(name).copied(),
    };
    let themes = serving.themes.iter().map(|theme| label(&theme.name, Some(theme.decision)));
    let relevant = serving.relevance.map(|decision| label("relevant", Some(decision)));
    let off_topic = serving.relevance.map(|_| label("off_topic", None));
    let sentiments = Sentiment::ALL.into_iter().map(|sentiment| label(sentiment.as_str(), None));
    themes.chain(relevant).chain(off_topic).chain(sentiments).collect()
}

impl Info {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{} ({})", self.name, self.kind.as_str())];
        let mut fact = |name: &str, value: Option<String>| {
            lines.extend(value.map(|value| format!("  {name:<10}{value}")));
        };
        fact("about", self.about.clone());
        fact("folder", self.folder.as_ref().map(|folder| folder.display().to_string()));
        fact(
            "for",
            Some(match self.purpose {
                Purpose::Run => format!("sendlens run --model {}", self.shown()),
                Purpose::Train => format!("sendlens train --heads-only --base {}", self.shown()),
            }),
        );
        fact("licence", Some(self.licence_text()));
        fact("from", self.source.clone());
        fact("base", self.base.as_ref().map(|base| format!("{}, SHA-256 {}", base.name, base.sha256)));
        fact(
            "sees",
            self.max_tokens.map(|tokens| format!("at most {tokens} tokens, {}", self.context.as_str())),
        );
        if !self.labels.is_empty() {
            lines.push(String::new());
            lines.push("  label             threshold  precision  recall    F1  passages measured".into());
            lines.extend(self.labels.iter().map(LabelInfo::line));
            let leaning = self
                .labels
                .iter()
                .filter_map(|label| label.article.map(|prior| format!("{} {:.2}", label.name, prior.weight)));
            let leaning = leaning.collect::<Vec<_>>().join(", ");
            if !leaning.is_empty() {
                lines.push(format!("  leaning on the rest of the article, by weight: {leaning}"));
            }
        }
        if !self.files.is_empty() {
            lines.push(String::new());
            let width = self.files.iter().map(|file| file.name.len()).max().unwrap_or(0);
            lines.extend(
                self.files
                    .iter()
                    .map(|file| format!("  {:width$}  {:>8}  {}", file.name, size(file.bytes), file.sha256)),
            );
        }
        if self.files.iter().any(|file| file.name == CARD) {
            let card = format!("sendlens models info {} --card", self.shown());
            lines.push(format!("\n  More, with intervals and limits: {card}"));
        }
        let safe: Vec<_> = lines.join("\n").lines().map(|line| plain::line(line).into_owned()).collect();
        safe.join("\n") + "\n"
    }

    /// The licence, and of what it is.
    #[must_use]
    pub fn licence_text(&self) -> String {
        let whose = if self.base.is_some() { " (the encoder)" } else { "" };
        match &self.licence {
            Some(licence) => format!("{licence}{whose}"),
            None => "unknown: see where it came from".into(),
        }
    }

    /// How to name it in a command.
    fn shown(&self) -> String {
        match &self.folder {
            Some(folder) if !folder.ends_with(&self.name) => folder.display().to_string(),
            _ => self.name.clone(),
        }
    }
}

impl LabelInfo {
    fn line(&self) -> String {
        let number = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.2}"));
        let precision = self.measured.map(|measured| measured.precision);
        let recall = self.measured.map(|measured| measured.recall);
        let both = precision.zip(recall);
        let f1 = both.map(|(p, r)| if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 });
        let support = self.measured.map_or_else(|| "–".into(), |measured| measured.support.to_string());
        format!(
            "  {:<16}  {:>9}  {:>9}  {:>6}  {:>4}  {support:>17}",
            self.name,
            number(self.threshold.map(f64::from)),
            number(precision),
            number(recall),
            number(f1)
        )
    }
}
