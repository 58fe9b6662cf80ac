//! The whole job: a [`Config`] becomes tables and a run record, published at once.
//!
//! *Takes* a configuration. *Gives* an [`Outcome`] for the closing summary. *Fails* before work starts if
//! the configuration, the corpus or the output folder is wrong; later only if writing or the engine fails.

pub mod output;
pub mod summary;
mod decide;
mod labels;
mod redraw;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use sha2::{Digest, Sha256};

use crate::article::{REPAIRS, Skipped};
use crate::cache::{Cached, Used};
use crate::codebook::Codebook;
use crate::config::{Cache, Config, Layers, nearest};
use crate::engine::{self, Classifier, EngineConfig};
use crate::error::{Error, Result};
use crate::explain::{self, Word};
use crate::frame::schema;
use crate::pipeline::{self, Document, Progress, Scoring};
use crate::plain::hexadecimal;
use crate::publish::{absolute, beside};
use crate::read::metadata::Metadata;
use crate::record::{self, Corrected, METADATA, Record};
use crate::report;
use crate::score::{LabelSet, Measured, Thresholds};
use crate::stop::Stop;
use crate::tally::Row;
use crate::walk;
pub use decide::decide;
use output::Output;
pub use redraw::redraw;
use tables::Tables;

/// Columns of an article that rows can be grouped by, beside those of the user's metadata.
pub const GROUPABLE: [&str; 4] = [schema::name::OUTLET, "format", "language", schema::name::DATE_SOURCE];

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The published record; for a dry run, what it would hold as far as known without scoring.
    pub record: Record,
    /// The rows of `theme_by_date`; empty for a dry run.
    pub rows: Vec<Row>,
    /// Inputs that could not be read.
    pub skipped: Vec<Skipped>,
    /// What scores of earlier runs were good for; `None` where none are kept.
    pub cache: Option<Used>,
}

impl Outcome {
    /// The exit code: 3 if inputs were skipped and that is not allowed, else 0.
    #[must_use]
    pub fn exit_code(&self, allows_skipped: bool) -> u8 {
        if self.skipped.is_empty() || allows_skipped { 0 } else { 3 }
    }
}

/// Told how far the work is: progress, and the number of sources in all.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress, usize) + Send);

/// Runs the job of `config`. `layers` are recorded with their origins.
///
/// # Errors
/// Everything that [`Error`] lists; nothing is published then, and an earlier output is untouched.
pub fn run(config: &Config, layers: &Layers, stop: &Stop, on_progress: OnProgress<'_>) -> Result<Outcome> {
    let kept = (config.engine != EngineConfig::Lexicon).then(|| cache_folder(config)).transpose()?.flatten();
    publish(config, layers, stop, kept.as_deref(), on_progress).map_err(|error| match error {
        Error::Stopped { signal, .. } => Error::Stopped { signal, kept },
        other => other,
    })
}

/// The folder that scores are kept in, if they are.
fn cache_folder(config: &Config) -> Result<Option<PathBuf>> {
    match &config.cache {
        Cache::Off => Ok(None),
        Cache::Folder(folder) => Ok(Some(folder.clone())),
        Cache::BesideOut => beside(&absolute(&config.out)?, ".cache").map(Some),
    }
}

fn publish(
    config: &Config,
    layers: &Layers,
    stop: &Stop,
    kept: Option<&Path>,
    on_progress: OnProgress<'_>,
) -> Result<Outcome> {
    let started = Zoned::now();
    let codebook = engine::codebook(&config.engine, config.codebook.as_deref())?;
    let engine = engine::open(&config.engine, &codebook)?;
    let thresholds = thresholds(engine.as_ref(), &codebook, &config.thresholds)?;
    let passed = [config.metadata.as_deref(), config.labels.as_deref()];
    let output = Output::claim(&config.out, &passed.into_iter().flatten().collect::<Vec<_>>())?;
    let metadata = metadata(config, &output)?;
    let mut corrections = labels::corrections(config.labels.as_deref(), &output, &codebook.names())?;
    check_by(&config.by, metadata.as_ref())?;
    let walk = walk_corpus(config, &output)?;
    if walk.sources.is_empty() {
        return Err(nothing_to_read(config, &walk.skipped));
    }
    let mut tables = Tables::create(output.folder(), config, &codebook, &thresholds, metadata.as_ref())?;
    for skipped in walk.skipped {
        tables.skip(skipped);
    }
    let mut report = |progress| on_progress(progress, walk.sources.len());
    tables.on_progress = Some(&mut report);
    let pool = thread_pool(config.jobs)?;
    let options = options(config);
    let located = corrections
        .as_mut()
        .map(|found| pool.install(|| labels::locate(found, &walk.sources, &options, metadata.as_ref(), stop)))
        .transpose()?;
    let corrections = corrections.as_ref();
    let cached = Cached::new(engine.as_ref(), kept, stop.clone())?;
    let scoring = Scoring { engine: &cached, thresholds: &thresholds, corrections };
    let input_hash = pool.install(|| {
        pipeline::run(&walk.sources, &options, Some(scoring), metadata.as_ref(), stop, &mut tables)
    })?;
    let finished = tables.finish(metadata.as_ref(), corrections)?;
    if finished.counts.articles + finished.counts.articles_outside == 0 {
        return Err(nothing_to_read(config, &finished.skipped));
    }
    let used = cached.used();
    let mut record = Record {
        sendlens: env!("CARGO_PKG_VERSION").to_owned(),
        configuration: configuration(layers),
        as_of: config.as_of.to_string(),
        engine: engine_record(engine.as_ref(), &thresholds),
        codebook: record::Codebook {
            version: codebook.version.clone(),
            hash: codebook_hash(&codebook),
            themes: codebook.names(),
            definitions: definitions(&codebook),
        },
        input_hash,
        counts: finished.counts,
        labels: located.map(|located| Corrected {
            passages: finished.corrected.passages,
            changed: finished.corrected.changed,
            confirmed: finished.corrected.confirmed,
            ..located
        }),
        totals: finished.totals,
        warnings: finished.warnings,
        notes: finished.notes,
        files: BTreeMap::new(),
        environment: environment(
            config,
            &started,
            pool.current_num_threads(),
            Some((engine.as_ref(), &used)),
        ),
    };
    record.counts.sources = walk.sources.len() as u64;
    let doubts = record.warnings.iter().filter(|(code, _)| !REPAIRS.contains(&code.as_str()));
    let doubts = doubts.map(|(code, count)| format!("{code} ({count})"));
    let all: Vec<_> = doubts.chain(record.notes.iter().cloned()).collect();
    if config.is_strict && !all.is_empty() {
        return Err(Error::Check {
            message: format!("--strict, and there are warnings: {}", all.join(", ")),
        });
    }
    stop.check()?;
    if config.has_report {
        // Explanations go through the cache, too.
        pool.install(|| report::draw(output.folder(), &record, config.report_text, Some(&cached)))?;
        stop.check()?;
    }
    let record = output.publish(record)?;
    Ok(Outcome { record, rows: finished.rows, skipped: finished.skipped, cache: kept.map(|_| used) })
}

/// Reads everything, scores nothing and writes nothing: what a run would meet.
///
/// # Errors
/// As [`run`], but for what concerns scoring and writing.
pub fn dry_run(
    config: &Config,
    layers: &Layers,
    stop: &Stop,
    on_progress: OnProgress<'_>,
) -> Result<Outcome> {
    let started = Zoned::now();
    let codebook = engine::codebook(&config.engine, config.codebook.as_deref())?;
    let metadata = config.metadata.as_ref().map(pipeline::load_metadata).transpose()?;
    let themes = codebook.names();
    let corrections = config.labels.as_deref().map(|path| pipeline::load_corrections(path, &themes));
    let mut corrections = corrections.transpose()?;
    check_by(&config.by, metadata.as_ref())?;
    let walk = walk::walk(&config.corpus, &walk_options(config))?;
    let scratch = Thresholds { themes: vec![0.0; codebook.themes.len()], relevant: 0.0 };
    let mut tables = Tables::counting(config, &codebook, &scratch);
    for skipped in walk.skipped {
        tables.skip(skipped);
    }
    let mut report = |progress| on_progress(progress, walk.sources.len());
    tables.on_progress = Some(&mut report);
    let pool = thread_pool(config.jobs)?;
    let options = options(config);
    let input_hash =
        pool.install(|| pipeline::run(&walk.sources, &options, None, metadata.as_ref(), stop, &mut tables))?;
    let labels = corrections
        .as_mut()
        .map(|found| pool.install(|| labels::locate(found, &walk.sources, &options, metadata.as_ref(), stop)))
        .transpose()?;
    let finished = tables.finish(metadata.as_ref(), corrections.as_ref())?;
    if finished.counts.articles + finished.counts.articles_outside == 0 {
        return Err(nothing_to_read(config, &finished.skipped));
    }
    let mut record = Record {
        sendlens: env!("CARGO_PKG_VERSION").to_owned(),
        configuration: configuration(layers),
        as_of: config.as_of.to_string(),
        input_hash,
        counts: finished.counts,
        labels,
        warnings: finished.warnings,
        notes: finished.notes,
        environment: environment(config, &started, pool.current_num_threads(), None),
        ..Record::default()
    };
    record.counts.sources = walk.sources.len() as u64;
    Ok(Outcome { record, rows: Vec::new(), skipped: finished.skipped, cache: None })
}

/// Articles of one file with everything that was found, for `inspect`.
#[derive(Debug)]
pub struct Explained {
    /// The articles.
    pub documents: Vec<Document>,
    /// What could not be read.
    pub skipped: Vec<Skipped>,
    /// Labels of the engine.
    pub labels: LabelSet,
    /// Thresholds used.
    pub thresholds: Thresholds,
    /// Per document and passage the words that its scores rest on; empty unless [`Detail::Words`] was asked for.
    pub words: Vec<Vec<Vec<Word>>>,
}

/// How far [`explain()`] goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Scores of passages.
    Passages,
    /// And what each word adds to them, for one more scoring per word.
    Words,
}

/// Reads, cleans, dates, splits and scores the file that `config` names as corpus; `record` picks one of
/// its articles, from 1.
///
/// # Errors
/// [`Error::Io`] if there is no such file, [`Error::Config`] if it has no such record, and what the engine
/// returns.
pub fn explain(config: &Config, record: Option<usize>, detail: Detail) -> Result<Explained> {
    let codebook = engine::codebook(&config.engine, config.codebook.as_deref())?;
    let engine = engine::open(&config.engine, &codebook)?;
    let thresholds = thresholds(engine.as_ref(), &codebook, &config.thresholds)?;
    let bytes = std::fs::read(&config.corpus).map_err(|error| Error::io("read", &config.corpus, error))?;
    let name = config.corpus.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let options = options(config);
    let mut reading = crate::read::read(&name, &bytes, &options.read);
    if let Some(number) = record {
        let found = reading.articles.len();
        let wanted = format!("{name}!{number}");
        reading.articles.retain(|article| article.id == wanted);
        reading.skipped.retain(|skipped| skipped.record == Some(number));
        if reading.articles.is_empty() && reading.skipped.is_empty() {
            return Err(Error::config(format!("`{name}` has no record {number}; it holds {found} articles")));
        }
    }
    let prepared = reading.articles.into_iter().map(|raw| pipeline::prepare(raw, &options, None));
    let mut documents: Vec<_> = prepared.collect();
    let scoring = Scoring { engine: engine.as_ref(), thresholds: &thresholds, corrections: None };
    pipeline::score(&mut documents, scoring)?;
    let words = match detail {
        Detail::Passages => Vec::new(),
        Detail::Words => {
            let words = documents.iter().map(|document| words_of(engine.as_ref(), document));
            words.collect::<Result<_>>()?
        }
    };
    let labels = engine.labels().clone();
    Ok(Explained { documents, skipped: reading.skipped, labels, thresholds, words })
}

/// The words of each passage of a document; none for one that is not scored.
fn words_of(engine: &dyn Classifier, document: &Document) -> Result<Vec<Vec<Word>>> {
    let scored = document.scored.iter().enumerate();
    let inputs: Vec<_> =
        scored.map(|(index, scored)| scored.as_ref().map(|_| document.input(index))).collect();
    let asked: Vec<_> = inputs.iter().flatten().copied().collect();
    let mut explained = explain::explain(engine, &asked, explain::MAX_WORDS)?.into_iter();
    Ok(inputs.iter().map(|input| input.and_then(|_| explained.next()).unwrap_or_default()).collect())
}

/// Thresholds of the model, then of the codebook, then of the user.
///
/// # Errors
/// [`Error::Config`] if the user names a theme that there is not.
pub fn thresholds(
    engine: &dyn Classifier,
    codebook: &Codebook,
    user: &BTreeMap<String, f32>,
) -> Result<Thresholds> {
    let mut thresholds = engine::thresholds(engine, codebook);
    override_thresholds(&mut thresholds, &codebook.names(), user)?;
    Ok(thresholds)
}

/// Puts the user's thresholds over `thresholds`; `relevant` is one of the names.
fn override_thresholds(
    thresholds: &mut Thresholds,
    themes: &[String],
    user: &BTreeMap<String, f32>,
) -> Result<()> {
    for (name, value) in user {
        if let Some(index) = themes.iter().position(|theme| theme == name) {
            thresholds.themes[index] = *value;
        } else if name == schema::name::RELEVANT {
            thresholds.relevant = *value;
        } else {
            let message = format!("there is no theme `{name}` to set a threshold for");
            let known = themes.iter().map(String::as_str).chain([schema::name::RELEVANT]);
            return Err(match nearest(name, known) {
                Some(near) => Error::config_hint(message, format!("did you mean `{near}`?")),
                None => Error::config_hint(message, format!("the themes are {}", themes.join(", "))),
            });
        }
    }
    Ok(())
}

/// The user's metadata over what the output folder kept from earlier runs.
fn metadata(config: &Config, output: &Output) -> Result<Option<Metadata>> {
    let kept = output.out().join(METADATA);
    let is_kept = output.former().is_some_and(|former| former.files.contains_key(METADATA));
    let mut metadata = is_kept.then(|| pipeline::load_metadata(&kept)).transpose()?;
    if let Some(path) = &config.metadata {
        let given = pipeline::load_metadata(path)?;
        metadata = Some(match metadata {
            Some(earlier) => earlier.overlaid_with(given),
            None => given,
        });
    }
    Ok(metadata)
}

fn check_by(by: &[String], metadata: Option<&Metadata>) -> Result<()> {
    let extra = metadata.map(|metadata| metadata.columns().to_vec()).unwrap_or_default();
    for name in by {
        let known = || GROUPABLE.into_iter().chain(extra.iter().map(String::as_str));
        if !known().any(|column| column == name) {
            let message = format!("rows cannot be grouped by `{name}`");
            let columns: Vec<_> = known().collect();
            return Err(match nearest(name, known()) {
                Some(near) => Error::config_hint(message, format!("did you mean `{near}`?")),
                None => Error::config_hint(message, format!("columns to group by: {}", columns.join(", "))),
            });
        }
    }
    Ok(())
}

fn walk_options(config: &Config) -> walk::Options {
    walk::Options { exclude: vec![config.out.clone()], max_bytes: config.max_file_bytes }
}

fn walk_corpus(config: &Config, output: &Output) -> Result<walk::Walk> {
    let mut options = walk_options(config);
    options.exclude.push(output.folder().to_owned());
    walk::walk(&config.corpus, &options)
}

fn options(config: &Config) -> pipeline::Options {
    pipeline::Options {
        read: crate::read::Options { map: config.map.clone() },
        unit: config.unit,
        as_of: config.as_of,
        since: config.since,
        until: config.until,
    }
}

/// What stands in a corpus without a readable article.
fn nothing_to_read(config: &Config, skipped: &[Skipped]) -> Error {
    let mut reasons = BTreeMap::<_, usize>::new();
    for row in skipped {
        *reasons.entry(row.reason).or_default() += 1;
    }
    let found: Vec<_> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let found = if found.is_empty() {
        "the folder holds no file that is not hidden".to_owned()
    } else {
        format!("found and not read: {}", found.join(", "))
    };
    Error::EmptyCorpus { path: config.corpus.clone(), found }
}

fn thread_pool(jobs: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .map_err(|error| Error::config(format!("cannot start {jobs} threads: {error}")))
}

fn definitions(codebook: &Codebook) -> BTreeMap<String, String> {
    codebook.themes.iter().map(|theme| (theme.name.clone(), theme.definition.clone())).collect()
}

fn codebook_hash(codebook: &Codebook) -> String {
    let text = serde_json::to_vec(codebook).expect("a codebook is plain data");
    hexadecimal(&Sha256::digest(text))
}

fn engine_record(engine: &dyn Classifier, thresholds: &Thresholds) -> record::Engine {
    let labels = engine.labels();
    let mut used: BTreeMap<_, _> =
        labels.themes.iter().cloned().zip(thresholds.themes.iter().copied()).collect();
    if labels.has_relevance {
        used.insert(schema::name::RELEVANT.to_owned(), thresholds.relevant);
    }
    record::Engine {
        name: engine.name().to_owned(),
        hash: engine.hash().to_owned(),
        has_relevance: labels.has_relevance,
        thresholds: used,
        priors: labels
            .themes
            .iter()
            .zip(engine.priors())
            .filter_map(|(theme, prior)| Some((theme.clone(), (*prior)?)))
            .collect(),
        measured: still_measured(engine.measured(), &labels.themes, engine.thresholds(), thresholds),
    }
}

/// What was measured, less what other thresholds than those measured with make untrue.
fn still_measured(
    mut measured: BTreeMap<String, Measured>,
    themes: &[String],
    before: &Thresholds,
    used: &Thresholds,
) -> BTreeMap<String, Measured> {
    if before.relevant != used.relevant {
        return BTreeMap::new();
    }
    for (index, theme) in themes.iter().enumerate() {
        if before.themes[index] != used.themes[index] {
            measured.remove(theme);
        }
    }
    measured
}

/// Settings that differ between machines without changing results; they stand under `environment`.
const OF_THE_MACHINE: [&str; 10] =
    ["corpus", "out", "model", "device", "codebook", "metadata", "labels", "jobs", "cache", "no-cache"];

/// The settings that decide results, with value and kind of origin.
fn configuration(layers: &Layers) -> serde_json::Value {
    let settings = layers.iter().filter(|(key, _)| !OF_THE_MACHINE.contains(key) && *key != "as-of");
    settings
        .map(|(key, setting)| {
            let value = serde_json::json!({ "value": setting.value, "origin": setting.origin.kind() });
            (key.to_owned(), value)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What differs from run to run; `scored` is what scored and what it took from earlier runs.
fn environment(
    config: &Config,
    started: &Zoned,
    threads: usize,
    scored: Option<(&dyn Classifier, &Used)>,
) -> serde_json::Value {
    let path = |path: &Path| path.display().to_string();
    serde_json::json!({
        "started": started.to_string(),
        "finished": Zoned::now().to_string(),
        "host": rustix::system::uname().nodename().to_string_lossy(),
        "threads": threads,
        "corpus": path(&config.corpus),
        "out": path(&config.out),
        "codebook": config.codebook.as_deref().map(path),
        "metadata": config.metadata.as_deref().map(path),
        "labels": config.labels.as_deref().map(path),
        "engine": config.engine,
        // `sendlens verify` wants the same scores to the last bit from the same arithmetic only.
        "arithmetic": scored.map(|(engine, _)| engine.arithmetic()),
        "inputs_scored": scored.map(|(_, used)| used.scored),
        "inputs_from_cache": scored.map(|(_, used)| used.found),
    })
}
