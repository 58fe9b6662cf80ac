//! Joins the stages, from sources to labelled documents. Writes nothing.
//!
//! *Takes* sources in order, in batches bounded by bytes. *Gives* each [`Document`] to a [`Sink`] in the
//! order of the sources, whatever the number of threads. *Fails* if the engine or the sink fails; an
//! input that cannot be read is a [`Skipped`] row. *Cost*: memory of one batch.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::article::{Article, Passage, Published, RawArticle, Role, Skipped, passage_id};
use crate::correction::{ByPerson, Corrections, correct};
use crate::duplicate;
use crate::engine::{Classifier, Input};
use crate::error::{Error, Result};
use crate::passage::{self, Unit};
use crate::plain::hexadecimal;
use crate::prior::{Prior, weigh};
use crate::read::metadata::Metadata;
use crate::score::{Labels, Scores, Thresholds, decide};
use crate::stop::Stop;
use crate::walk::Source;
use crate::{clean, date, read};

/// Most bytes of sources read before they are handed on.
const BATCH_BYTES: u64 = 16 << 20;

/// Most articles scored together.
const BATCH_ARTICLES: usize = 256;

/// The language whose passages are labelled.
const LANGUAGE: &str = "en";

/// How the stages are to work.
#[derive(Debug, Clone)]
pub struct Options {
    /// How to read.
    pub read: read::Options,
    /// What a passage is.
    pub unit: Unit,
    /// The day of the run: later dates are rejected.
    pub as_of: Date,
    /// First day of publication wanted; undated articles always stay.
    pub since: Option<Date>,
    /// Last day of publication wanted.
    pub until: Option<Date>,
}

/// A scored and decided passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// In the order of the engine's labels; those of themes lean on the rest of the article.
    pub scores: Scores,
    /// The scores of themes before they leaned on it.
    pub alone: Vec<f32>,
    /// In the same order; those of a person over those of the engine.
    pub labels: Labels,
    /// What a person said of it.
    pub by_person: Option<ByPerson>,
}

/// What scores and decides.
#[derive(Clone, Copy)]
pub struct Scoring<'a> {
    /// The engine.
    pub engine: &'a dyn Classifier,
    /// Lowest score at which each label is given.
    pub thresholds: &'a Thresholds,
    /// Labels by a person, found among the passages.
    pub corrections: Option<&'a Corrections>,
}

/// An article with all that the stages found.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The cleaned article.
    pub article: Article,
    /// Its date of publication.
    pub published: Published,
    /// Its passages, headline and standfirst among them.
    pub passages: Vec<Passage>,
    /// Per passage; `None` for those not counted.
    pub scored: Vec<Option<Scored>>,
    /// Whether its passages count: in English, and not truncated by its source.
    pub is_counted: bool,
    /// The same for articles with the same normalised body; `None` without body.
    pub cluster: Option<String>,
}

impl Document {
    /// The passage at `index` as an engine takes it.
    #[must_use]
    pub fn input(&self, index: usize) -> Input<'_> {
        let text = |passage: &Passage| passage.span.of(&self.article.text);
        let before = index.checked_sub(1).map(|before| &self.passages[before]);
        Input {
            text: text(&self.passages[index]),
            headline: self.article.title(),
            // The headline is there already.
            before: before.filter(|before| before.kind != Role::Headline).map(text),
        }
    }
}

/// Where documents go.
pub trait Sink {
    /// Takes the next document.
    ///
    /// # Errors
    /// Ends the run.
    fn document(&mut self, document: Document) -> Result<()>;

    /// Takes an input that could not be read.
    ///
    /// # Errors
    /// Ends the run.
    fn skipped(&mut self, skipped: Skipped) -> Result<()>;

    /// Takes the number of articles dated outside the range that is wanted.
    fn outside(&mut self, articles: usize);

    /// Says how far the work is.
    fn progress(&mut self, done: Progress);
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Sources done.
    pub sources: usize,
    /// Articles done.
    pub articles: usize,
    /// Passages scored.
    pub passages: usize,
}

/// Runs every stage over `sources` and gives the SHA-256 of all that was read. Without an engine nothing
/// is scored.
///
/// # Errors
/// What the engine or the sink returns; [`Error::Stopped`] once a stop is asked for.
pub fn run(
    sources: &[Source],
    options: &Options,
    scoring: Option<Scoring<'_>>,
    metadata: Option<&Metadata>,
    stop: &Stop,
    sink: &mut dyn Sink,
) -> Result<String> {
    let mut digest = Sha256::new();
    let mut done = Progress::default();
    let mut rest = sources;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(batch_len(rest));
        rest = later;
        stop.check()?;
        let readings: Vec<_> = batch.par_iter().map(|source| read_one(source, &options.read)).collect();
        let mut articles = Vec::new();
        for (source, (hash, reading)) in batch.iter().zip(readings) {
            digest.update(source.id.as_bytes());
            digest.update([0]);
            digest.update(hash);
            for skipped in reading.skipped {
                sink.skipped(skipped)?;
            }
            articles.extend(reading.articles);
        }
        while !articles.is_empty() {
            stop.check()?;
            let later = articles.split_off(articles.len().min(BATCH_ARTICLES));
            let batch = std::mem::replace(&mut articles, later);
            let read = batch.len();
            let mut documents: Vec<_> =
                batch.into_par_iter().map(|raw| prepare(raw, options, metadata)).collect();
            documents.retain(|document| is_wanted(&document.published, options));
            sink.outside(read - documents.len());
            if let Some(scoring) = scoring {
                done.passages += score(&mut documents, scoring)?;
            }
            done.articles += read;
            for document in documents {
                sink.document(document)?;
            }
            sink.progress(done);
        }
        done.sources += batch.len();
        sink.progress(done);
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// How many of `sources` make the next batch: at least one.
fn batch_len(sources: &[Source]) -> usize {
    let mut bytes = 0;
    let fits = sources.iter().take_while(|source| {
        bytes += source.bytes;
        bytes <= BATCH_BYTES
    });
    fits.count().max(1)
}

/// Reads one file; the hash is that of its bytes.
fn read_one(source: &Source, options: &read::Options) -> (Vec<u8>, read::Reading) {
    match source.read() {
        Ok(bytes) => (Sha256::digest(&bytes).to_vec(), read::read(&source.id, &bytes, options)),
        Err(skipped) => (Vec::new(), read::Reading { articles: Vec::new(), skipped: vec![skipped] }),
    }
}

/// Everything that needs no model.
#[must_use]
pub fn prepare(raw: RawArticle, options: &Options, metadata: Option<&Metadata>) -> Document {
    let mut article = clean::clean(raw);
    if let Some(metadata) = metadata {
        metadata.apply(&mut article);
    }
    let published = date::resolve(&article, options.as_of);
    article.warnings.extend(date::conflict(&published));
    let passages = passage::split(&article, options.unit);
    let cluster = duplicate::cluster(&article);
    let is_counted = !article.is_truncated && article.language.as_deref().is_none_or(|code| code == LANGUAGE);
    let scored = vec![None; passages.len()];
    Document { article, published, passages, scored, is_counted, cluster }
}

/// Scores the counted passages of `documents` together and gives their number.
///
/// # Errors
/// What the engine returns.
pub fn score(documents: &mut [Document], scoring: Scoring<'_>) -> Result<usize> {
    let Scoring { engine, thresholds, corrections } = scoring;
    let mut places = Vec::new();
    let mut inputs = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        if !document.is_counted {
            continue;
        }
        for (index, passage) in document.passages.iter().enumerate() {
            if passage.kind.is_counted() {
                places.push((number, index));
                inputs.push(document.input(index));
            }
        }
    }
    let alone = engine.score(&inputs)?;
    let scores = weighed(&places, &alone, engine.priors());
    for (((number, index), alone), scores) in places.iter().zip(alone).zip(scores) {
        let document = &mut documents[*number];
        let passage = &document.passages[*index];
        let given = corrections.and_then(|corrections| {
            let id = passage_id(&document.article.id, passage.position);
            corrections.given(&id, passage.span.of(&document.article.text))
        });
        let (labels, by_person) = match given {
            Some(given) => {
                let (labels, by_person) = correct(given, &scores, thresholds);
                (labels, Some(by_person))
            }
            None => (decide(&scores, thresholds), None),
        };
        document.scored[*index] = Some(Scored { scores, alone: alone.themes, labels, by_person });
    }
    Ok(places.len())
}

/// The scores of passages, each with the number of its document before it, once those of one document lean on each
/// other.
fn weighed(places: &[(usize, usize)], alone: &[Scores], priors: &[Option<Prior>]) -> Vec<Scores> {
    let mut scores = alone.to_vec();
    let mut rest = scores.as_mut_slice();
    for document in places.chunk_by(|one, next| one.0 == next.0) {
        let (article, others) = rest.split_at_mut(document.len());
        weigh(priors, article);
        rest = others;
    }
    scores
}

/// Whether an article lies in the range of dates, or is undated. A month or year that overlaps the range does.
#[must_use]
pub fn is_wanted(published: &Published, options: &Options) -> bool {
    let Some(chosen) = &published.chosen else { return true };
    if chosen.confidence < crate::tally::MIN_CONFIDENCE {
        return true;
    }
    let last = match chosen.precision {
        crate::article::Precision::Day => chosen.date,
        crate::article::Precision::Month => chosen.date.last_of_month(),
        crate::article::Precision::Year => chosen.date.last_of_year(),
    };
    options.since.is_none_or(|since| last >= since) && options.until.is_none_or(|until| chosen.date <= until)
}

/// The key by which a passage's text counts as distinct: its cluster and normalised text.
#[must_use]
pub fn passage_key(cluster: Option<&str>, text: &str) -> u64 {
    let cluster = cluster.map_or(0, |cluster| xxhash_rust::xxh3::xxh3_64(cluster.as_bytes()));
    duplicate::passage_key(text) ^ cluster.rotate_left(17)
}

/// Reads labels by a person.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Config`] if it is no sheet.
pub fn load_corrections(path: &Path, themes: &[String]) -> Result<Corrections> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    Corrections::parse(&path.to_string_lossy(), &bytes, themes)
}

/// Reads the user's metadata file.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Config`] if it is no table of metadata.
pub fn load_metadata(path: &PathBuf) -> Result<Metadata> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    Metadata::parse(&path.to_string_lossy(), &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_lean_on_those_of_their_own_article() {
        let scores = |theme| Scores {
            themes: vec![theme],
            relevant: 1.0,
            sentiment: [0.0, 1.0, 0.0],
            tokens: 1,
            truncated_tokens: 0,
        };
        let alone = [0.4, 0.9, 0.4].map(scores);
        let prior = [Some(Prior { base: 0.2, weight: 1.0 })];
        let themes = |places: &[(usize, usize)]| -> Vec<f32> {
            weighed(places, &alone, &prior).into_iter().map(|scores| scores.themes[0]).collect()
        };
        let apart = themes(&[(0, 1), (1, 0), (4, 2)]);
        assert_eq!(apart, [0.4, 0.9, 0.4]);
        let together = themes(&[(0, 1), (0, 2), (4, 2)]);
        assert!(together[0] > 0.4 && together[1] > 0.9 && together[2] == 0.4, "{together:?}");
    }
}
