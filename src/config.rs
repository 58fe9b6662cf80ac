//! Settings: flags over environment over `sendlens.toml` over defaults, each with its origin.
//!
//! *Takes* layers of texts. *Gives* one [`Config`], typed and checked. *Fails* on an unknown key or a
//! value that cannot be read, and says where it stands. Every layer goes through the same table of
//! [`KEYS`] and the same parser, so a value means the same wherever it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::civil::Date;
use serde::Serialize;

use crate::engine::encoder::Precision;
use crate::engine::{Device, EngineConfig};
use crate::error::{Error, Result};
use crate::models;
use crate::passage::Unit;
use crate::read::{Mapping, parse_mapping};
use crate::tally::Period;

/// The settings file that is read from the working folder if it is there.
pub const FILE: &str = "sendlens.toml";

/// Every key, with its default as text (empty: none).
pub const KEYS: [(&str, &str); 25] = [
    ("corpus", ""),
    ("out", ""),
    ("period", "month"),
    ("by", ""),
    ("since", ""),
    ("until", ""),
    ("engine", "encoder"),
    ("model", ""),
    ("device", "cpu"),
    ("precision", "int8"),
    ("codebook", ""),
    ("metadata", ""),
    ("labels", ""),
    ("map", ""),
    ("unit", "paragraph"),
    ("threshold", ""),
    ("jobs", "0"),
    ("cache", ""),
    ("no-cache", "false"),
    ("as-of", "today"),
    ("strict", "false"),
    ("allow-skipped", "false"),
    ("max-file-mib", "256"),
    ("report", "true"),
    ("report-text", "snippet"),
];

/// How much of the articles' text a report shows. Reports are passed on; the articles are somebody's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportText {
    /// Headlines and citations only.
    None,
    /// The beginning of each passage.
    #[default]
    Snippet,
    /// Whole passages.
    Full,
}

impl ReportText {
    /// All, least first.
    pub const ALL: [Self; 3] = [Self::None, Self::Snippet, Self::Full];

    /// The name used in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snippet => "snippet",
            Self::Full => "full",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|text| text.as_str() == name)
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Built in.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl Origin {
    /// The kind of place, without its name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Environment(_) => "environment",
            Self::Flag => "flag",
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => formatter.write_str("the default"),
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Environment(name) => write!(formatter, "the environment variable {name}"),
            Self::Flag => formatter.write_str("the command line"),
        }
    }
}

/// A value as text, with its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The value; lists are joined by commas.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Texts of all layers, later layers over earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Layers {
    settings: BTreeMap<&'static str, Setting>,
}

impl Layers {
    /// The defaults.
    #[must_use]
    pub fn defaults() -> Self {
        let settings = KEYS.iter().filter(|(_, value)| !value.is_empty());
        let settings = settings
            .map(|(key, value)| (*key, Setting { value: (*value).to_owned(), origin: Origin::Default }))
            .collect();
        Self { settings }
    }

    /// Puts a value over what stands there.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no such key; the hint names the nearest one.
    pub fn set(&mut self, key: &str, value: String, origin: Origin) -> Result<()> {
        let Some((known, _)) = KEYS.iter().find(|(known, _)| *known == key) else {
            let message = format!("unknown key `{key}` in {origin}");
            return Err(match nearest(key, KEYS.iter().map(|(known, _)| *known)) {
                Some(near) => Error::config_hint(message, format!("did you mean `{near}`?")),
                None => Error::config_hint(message, "`sendlens run --help` lists the settings"),
            });
        };
        self.settings.insert(known, Setting { value, origin });
        Ok(())
    }

    /// Puts a settings file over what stands there. Relative paths are taken from the working folder.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not TOML, has an unknown key or a value that is no text, number,
    /// truth value, list of these, or (for `map` and `threshold`) table of these.
    pub fn file(&mut self, path: &Path, text: &str) -> Result<()> {
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            Error::config(format!("`{}` is not TOML: {}", path.display(), error.to_string().trim_end()))
        })?;
        for (key, value) in table {
            let text = flatten(&value).ok_or_else(|| {
                Error::config(format!("`{key}` in `{}` is not a plain value or list", path.display()))
            })?;
            self.set(&key, text, Origin::File(path.to_owned()))?;
        }
        Ok(())
    }

    /// Puts the variables `SENDLENS_<KEY>` over what stands there; [`models::VARIABLE`] is no key.
    ///
    /// # Errors
    /// [`Error::Config`] if a variable with that prefix names no key.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<()> {
        for (name, value) in variables {
            if name == models::VARIABLE {
                continue;
            }
            if let Some(key) = name.strip_prefix("SENDLENS_") {
                let key = key.to_lowercase().replace('_', "-");
                self.set(&key, value, Origin::Environment(name))?;
            }
        }
        Ok(())
    }

    /// Every setting that has a value, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.settings.iter().map(|(key, setting)| (*key, setting))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(|setting| setting.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Reads a value with `parse`; a fault names the key, the value, its origin and what is `wanted`.
    fn parse<T>(&self, key: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(setting) = self.settings.get(key).filter(|setting| !setting.value.is_empty()) else {
            return Ok(None);
        };
        parse(&setting.value).map(Some).ok_or_else(|| {
            Error::config_hint(
                format!("`{key} = {}` in {} cannot be read", setting.value, setting.origin),
                format!("wanted: {wanted}"),
            )
        })
    }

    /// The thresholds alone.
    ///
    /// # Errors
    /// [`Error::Config`] if they are no `theme=value` pairs with values in [0, 1].
    pub fn thresholds(&self) -> Result<BTreeMap<String, f32>> {
        let wanted = "theme=value pairs such as transport=0.4, each in [0, 1]";
        let read = |text: &str| {
            let pairs = pairs(text)?.into_iter().map(|(theme, value)| {
                let number = value.parse::<f32>().ok().filter(|number| (0.0..=1.0).contains(number))?;
                Some((theme, number))
            });
            pairs.collect::<Option<BTreeMap<_, _>>>()
        };
        Ok(self.parse("threshold", wanted, read)?.unwrap_or_default())
    }

    /// The engine that is named, with the folder of its model.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no such engine or device, or it wants a model and none is named;
    /// [`Error::Model`] if `model` is a name that no model has.
    pub fn engine(&self) -> Result<EngineConfig> {
        let path = |key| self.text(key).map(PathBuf::from);
        let device = self.parse("device", "cpu or cuda", |text| match text {
            "cpu" => Some(Device::Cpu),
            "cuda" => Some(Device::Cuda),
            _ => None,
        })?;
        let device = device.unwrap_or_default();
        let precision = self.parse("precision", "int8, bf16 or f32", Precision::parse)?.unwrap_or_default();
        let engine = match self.text("engine") {
            Some("zero-shot") => Some(EngineConfig::ZeroShot {
                path: path("model").ok_or_else(|| {
                    Error::config_hint(
                        "no `model` is given",
                        "zero-shot themes want a model of inference: --model FOLDER",
                    )
                })?,
                device,
            }),
            Some("rust-bert") => Some(EngineConfig::RustBert { path: path("model"), device }),
            _ => self.parse("engine", "encoder, lexicon, rust-bert or zero-shot", |text| match text {
                "lexicon" => Some(EngineConfig::Lexicon),
                "encoder" => Some(EngineConfig::Encoder { path: path("model"), precision }),
                _ => None,
            })?,
        };
        engine.unwrap_or_default().located()
    }

    /// How much text a report shows.
    ///
    /// # Errors
    /// [`Error::Config`] if it is none of the names.
    pub fn report_text(&self) -> Result<ReportText> {
        Ok(self.parse("report-text", "none, snippet or full", ReportText::parse)?.unwrap_or_default())
    }

    /// The typed configuration; `today` is what `as-of = today` stands for.
    ///
    /// # Errors
    /// [`Error::Config`] if a value is missing or cannot be read, [`Error::Model`] if `model` is a name that no
    /// model has.
    pub fn config(&self, today: Date) -> Result<Config> {
        let needed = |key: &str, hint: &str| {
            self.text(key)
                .map(PathBuf::from)
                .ok_or_else(|| Error::config_hint(format!("no `{key}` is given"), hint))
        };
        let day = |key| self.parse(key, "a day as 2024-05-31", |text| Date::from_str(text).ok());
        let flag = |key| self.parse(key, "true or false", |text| bool::from_str(text).ok());
        let path = |key| self.text(key).map(PathBuf::from);
        let engine = self.engine()?;
        let since = day("since")?;
        let until = day("until")?;
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            return Err(Error::config(format!("`since` ({since}) lies after `until` ({until})")));
        }
        Ok(Config {
            corpus: needed("corpus", "name the folder of articles: `sendlens run CORPUS -o OUT`")?,
            out: needed("out", "name the output folder: `sendlens run CORPUS -o OUT`")?,
            period: self
                .parse("period", "day, week, month, quarter or year", |text| {
                    Period::ALL.into_iter().find(|period| period.as_str() == text)
                })?
                .unwrap_or_default(),
            by: self.text("by").map(list).unwrap_or_default(),
            since,
            until,
            engine,
            codebook: path("codebook"),
            metadata: path("metadata"),
            labels: path("labels"),
            map: self.text("map").map(parse_mapping).transpose()?.unwrap_or_default(),
            unit: self
                .parse("unit", "paragraph, segment, sentence or article", |text| {
                    Unit::ALL.into_iter().find(|unit| unit.as_str() == text)
                })?
                .unwrap_or_default(),
            thresholds: self.thresholds()?,
            jobs: self
                .parse("jobs", "a number of threads, 0 for all", |text| text.parse().ok())?
                .unwrap_or(0),
            cache: match (path("cache"), flag("no-cache")?.unwrap_or(false)) {
                (Some(_), true) => return Err(Error::config("`cache` and `no-cache` exclude each other")),
                (_, true) => Cache::Off,
                (Some(folder), false) => Cache::Folder(folder),
                (None, false) => Cache::BesideOut,
            },
            as_of: self
                .parse("as-of", "today or a day as 2024-05-31", |text| {
                    if text == "today" { Some(today) } else { Date::from_str(text).ok() }
                })?
                .unwrap_or(today),
            is_strict: flag("strict")?.unwrap_or(false),
            allows_skipped: flag("allow-skipped")?.unwrap_or(false),
            max_file_bytes: self
                .parse("max-file-mib", "a number of mebibytes", |text| text.parse::<u64>().ok())?
                .unwrap_or(256)
                .saturating_mul(1 << 20),
            has_report: flag("report")?.unwrap_or(true),
            report_text: self.report_text()?,
        })
    }
}

/// Where scores are kept for later runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cache {
    /// In a hidden folder beside the output, named after it.
    #[default]
    BesideOut,
    /// In this folder, which runs can share.
    Folder(PathBuf),
    /// Nowhere.
    Off,
}

/// What a run is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Folder (or file) of articles.
    pub corpus: PathBuf,
    /// Folder that is published.
    pub out: PathBuf,
    /// Length of a row's period.
    pub period: Period,
    /// Columns that rows are grouped by.
    pub by: Vec<String>,
    /// First day wanted.
    pub since: Option<Date>,
    /// Last day wanted.
    pub until: Option<Date>,
    /// What scores.
    pub engine: EngineConfig,
    /// A codebook of the user's.
    pub codebook: Option<PathBuf>,
    /// The user's metadata table.
    pub metadata: Option<PathBuf>,
    /// Labels by a person.
    pub labels: Option<PathBuf>,
    /// Where exports keep text, title, date, …: target to key.
    pub map: Mapping,
    /// What a passage is.
    pub unit: Unit,
    /// Thresholds over those of codebook and model, by theme; `relevant` is one of them.
    pub thresholds: BTreeMap<String, f32>,
    /// Threads; 0 for one per core.
    pub jobs: usize,
    /// Where scores are kept for later runs.
    pub cache: Cache,
    /// Day of the run: dates after it are rejected.
    pub as_of: Date,
    /// Whether a warning fails the run.
    pub is_strict: bool,
    /// Whether skipped inputs leave the exit code at 0.
    pub allows_skipped: bool,
    /// Largest file that is read, in bytes.
    pub max_file_bytes: u64,
    /// Whether a report is drawn.
    pub has_report: bool,
    /// How much text it shows.
    pub report_text: ReportText,
}

/// Texts separated by commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// `a=b` pairs separated by commas; `None` if one has no `=`.
fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    list(text)
        .iter()
        .map(|pair| pair.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())))
        .collect()
}

/// A TOML value as text, as it would stand on the command line; `None` if it is too deep.
fn flatten(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::Array(items) => {
            items.iter().map(flatten).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        toml::Value::Table(table) => table
            .iter()
            .map(|(key, value)| flatten(value).map(|value| format!("{key}={value}")))
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(",")),
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Datetime(day) => Some(day.to_string()),
    }
}

/// The nearest of `known` to `word`, if it is near enough to be a slip.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, known)| *distance <= known.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn layers(file: &str) -> Result<Layers> {
        let mut layers = Layers::defaults();
        layers.file(Path::new(FILE), file)?;
        Ok(layers)
    }

    #[test]
    fn flags_win_over_environment_over_file_over_default() {
        let mut layers = layers("period = \"week\"\njobs = 1\nunit = \"sentence\"").expect("valid");
        let variables =
            [("SENDLENS_PERIOD", "day"), ("SENDLENS_JOBS", "2"), ("HOME", "x"), (models::VARIABLE, "y")];
        layers
            .environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
            .expect("known keys");
        for (key, value) in [("period", "year"), ("corpus", "in"), ("out", "out")] {
            layers.set(key, value.to_owned(), Origin::Flag).expect("a known key");
        }
        let config = layers.config(date(2026, 1, 2)).expect("valid");
        assert_eq!((config.period, config.jobs, config.unit), (Period::Year, 2, Unit::Sentence));
        assert_eq!(config.as_of, date(2026, 1, 2));
    }

    #[test]
    fn a_model_is_named_or_a_folder() {
        let engine = |model: &str| {
            let mut layers = Layers::defaults();
            for (key, value) in [("corpus", "in"), ("out", "out"), ("model", model)] {
                layers.set(key, value.to_owned(), Origin::Flag).expect("a known key");
            }
            Ok::<_, Error>(layers.config(date(2026, 1, 2))?.engine)
        };
        assert_eq!(engine(models::SHIPPED).expect("built in"), EngineConfig::default());
        let path = PathBuf::from("src/models");
        assert_eq!(
            engine("src/models").expect("a folder"),
            EngineConfig::Encoder { path: Some(path), precision: Precision::Int8 }
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_a_suggestion() {
        let error = layers("perriod = \"week\"").expect_err("no such key");
        assert_eq!(error.hint().as_deref(), Some("did you mean `period`?"));
    }

    #[test]
    fn a_bad_value_names_key_value_and_origin() {
        let mut layers = layers("period = \"fortnight\"").expect("a known key");
        layers.set("corpus", "in".into(), Origin::Flag).expect("a known key");
        layers.set("out", "out".into(), Origin::Flag).expect("a known key");
        let error = layers.config(date(2026, 1, 2)).expect_err("no such period");
        assert_eq!(error.to_string(), "`period = fortnight` in `sendlens.toml` cannot be read");
    }

    #[test]
    fn tables_and_lists_of_a_file_read_as_on_the_command_line() {
        let mut layers =
            layers("by = [\"outlet\", \"format\"]\n[threshold]\ntransport = 0.4").expect("valid");
        layers.set("corpus", "in".into(), Origin::Flag).expect("a known key");
        layers.set("out", "out".into(), Origin::Flag).expect("a known key");
        let config = layers.config(date(2026, 1, 2)).expect("valid");
        assert_eq!(config.by, ["outlet", "format"]);
        assert_eq!(config.thresholds["transport"], 0.4);
    }
}
