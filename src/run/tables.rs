//! Where documents go in a run: rows are written as they come, counts are kept, and what needs the
//! whole corpus (copies, the tally) is written at the end.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::labels;
use crate::article::{Precision, Skipped};
use crate::codebook::Codebook;
use crate::config::Config;
use crate::correction::Corrections;
use crate::error::{Error, Result};
use crate::frame::rows::{self, ArticleRow, subject_name};
use crate::frame::schema::{self, Kind, Schema};
use crate::frame::{self, TableFile, Value, write_csv};
use crate::pipeline::{Document, Progress, Sink, passage_key};
use crate::read::metadata::Metadata;
use crate::record::{Corrected, Counts, METADATA, Total};
use crate::score::Thresholds;
use crate::tally::{Counted, MIN_CONFIDENCE, Period, Row, Tally};

/// A gap of this many days between the outermost period and the next one draws a note.
const LONG_GAP_DAYS: i32 = 366;

/// The sink of a run.
pub(super) struct Tables<'a> {
    files: Option<Files>,
    folder: PathBuf,
    config: &'a Config,
    themes: Vec<String>,
    thresholds: Vec<f32>,
    extra: Vec<String>,
    articles: Vec<ArticleRow>,
    copies: HashMap<String, u64>,
    undated: Vec<Vec<Value<'static>>>,
    skipped: Vec<Skipped>,
    tally: Tally,
    counts: Counts,
    warnings: BTreeMap<String, u64>,
    covered: Covered,
    corrected: Corrected,
    has_metadata: bool,
    /// With metadata, id and address of every article, to find rows that match none.
    seen: Vec<(String, Option<String>)>,
    /// Told about progress.
    pub(super) on_progress: Option<&'a mut (dyn FnMut(Progress) + Send)>,
}

/// Tables that are written while documents come.
struct Files {
    passages: TableFile,
    labels: TableFile,
    blocks: TableFile,
    date_clues: TableFile,
}

/// What the sink knows at the end.
pub(super) struct Finished {
    pub(super) rows: Vec<Row>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) counts: Counts,
    /// Passages with labels by a person, and how many of these changed something; the rest is not known here.
    pub(super) corrected: Corrected,
    pub(super) totals: BTreeMap<String, Total>,
    pub(super) warnings: BTreeMap<String, u64>,
    pub(super) notes: Vec<String>,
}

impl<'a> Tables<'a> {
    /// Begins the tables in `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Table`] if a file cannot be created.
    pub(super) fn create(
        folder: &Path,
        config: &'a Config,
        codebook: &Codebook,
        thresholds: &Thresholds,
        metadata: Option<&Metadata>,
    ) -> Result<Self> {
        let mut tables = Self::counting(config, codebook, thresholds);
        tables.files = Some(Files {
            passages: TableFile::create(folder, schema::passages())?,
            labels: TableFile::create(folder, schema::labels())?,
            blocks: TableFile::create(folder, schema::blocks())?,
            date_clues: TableFile::create(folder, schema::date_clues())?,
        });
        tables.has_metadata = metadata.is_some();
        folder.clone_into(&mut tables.folder);
        tables.extra = metadata.map(|metadata| metadata.columns().to_vec()).unwrap_or_default();
        Ok(tables)
    }

    /// Counts only, for a dry run.
    pub(super) fn counting(config: &'a Config, codebook: &Codebook, thresholds: &Thresholds) -> Self {
        Self {
            files: None,
            folder: PathBuf::new(),
            config,
            themes: codebook.names(),
            thresholds: thresholds.themes.clone(),
            extra: Vec::new(),
            articles: Vec::new(),
            copies: HashMap::new(),
            undated: Vec::new(),
            skipped: Vec::new(),
            tally: Tally::new(codebook.themes.len(), config.period),
            counts: Counts::default(),
            warnings: BTreeMap::new(),
            covered: Covered::default(),
            corrected: Corrected::default(),
            has_metadata: false,
            seen: Vec::new(),
            on_progress: None,
        }
    }

    /// Notes an input that could not be read.
    pub(super) fn skip(&mut self, skipped: Skipped) {
        self.counts.skipped += 1;
        self.skipped.push(skipped);
    }

    fn count(&mut self, document: &Document) {
        let counts = &mut self.counts;
        counts.articles += 1;
        counts.blocks += document.article.blocks.len() as u64;
        counts.passages += document.passages.len() as u64;
        counts.articles_truncated += u64::from(document.article.is_truncated);
        counts.articles_other_language += u64::from(!document.is_counted && !document.article.is_truncated);
        let has_body = document.passages.iter().any(|passage| passage.kind.is_counted());
        counts.articles_without_body += u64::from(!has_body);
        for warning in &document.article.warnings {
            *self.warnings.entry(warning.code.to_owned()).or_default() += 1;
        }
        let chosen = document.published.chosen.as_ref();
        if let Some(chosen) = chosen.filter(|chosen| chosen.confidence >= MIN_CONFIDENCE) {
            self.covered.add(chosen.date, chosen.precision);
        }
        if self.config.period.of(document.published.chosen.as_ref()).is_none() {
            self.counts.articles_undated += 1;
            self.undated.push(rows::undated(document));
        }
        for by_person in document.scored.iter().flatten().filter_map(|scored| scored.by_person.as_ref()) {
            self.corrected.passages += 1;
            self.corrected.changed += by_person.changed;
            self.corrected.confirmed += by_person.confirmed;
        }
        if let Some(cluster) = &document.cluster {
            *self.copies.entry(cluster.clone()).or_default() += 1;
        }
    }

    fn add_to_tally(&mut self, document: &Document) {
        let passages: Vec<_> = document
            .passages
            .iter()
            .zip(&document.scored)
            .filter_map(|(passage, scored)| {
                let text = passage.span.of(&document.article.text);
                scored.as_ref().map(|scored| (&scored.labels, passage_key(document.cluster.as_deref(), text)))
            })
            .collect();
        self.counts.passages_counted += passages.len() as u64;
        let group: Vec<_> = self.config.by.iter().map(|column| group_value(document, column)).collect();
        let period = self.config.period.of(document.published.chosen.as_ref());
        self.tally.add(&Counted { period, group: &group, passages: &passages });
    }

    /// Writes what needs the whole corpus and closes every file.
    ///
    /// # Errors
    /// [`Error::Config`] if the period is too fine for the dates, [`Error::Io`] or [`Error::Table`] if a
    /// file cannot be written.
    pub(super) fn finish(
        mut self,
        metadata: Option<&Metadata>,
        corrections: Option<&Corrections>,
    ) -> Result<Finished> {
        self.skipped.sort();
        let covered = self.covered.range(self.config.since, self.config.until);
        let rows = self.tally.rows(covered)?;
        if let Some(files) = self.files.take() {
            for file in [files.passages, files.labels, files.blocks, files.date_clues] {
                file.finish()?;
            }
            let mut articles = TableFile::create(&self.folder, schema::articles(&self.extra))?;
            for row in std::mem::take(&mut self.articles) {
                let copies = row.cluster.as_ref().and_then(|cluster| self.copies.get(cluster)).copied();
                articles.push(row.into_cells(copies.unwrap_or(1)))?;
            }
            articles.finish()?;
            let undated = std::mem::take(&mut self.undated);
            write_whole_csv(&self.folder, &schema::undated(), undated)?;
            write_whole_csv(&self.folder, &schema::skipped(), self.skipped.iter().map(rows::skipped))?;
            if let Some(metadata) = metadata {
                let path = self.folder.join(METADATA);
                std::fs::write(&path, metadata.to_csv()).map_err(|error| Error::io("write", &path, error))?;
            }
            if let Some(corrections) = corrections {
                let schema = schema::corrections(&self.themes, corrections.further());
                let rows = corrections.rows().iter();
                let rows = rows.map(|correction| rows::correction(correction, corrections.further()));
                write_whole_csv(&self.folder, &schema, rows)?;
            }
            write_frequencies(&self.folder, &rows, self.config.period, &self.config.by, &self.themes)?;
            let further = corrections.map(Corrections::further);
            write_dictionary(&self.folder, self.config, &self.extra, &self.themes, further)?;
        }
        let mut notes = isolated_periods(&self.tally, self.config.period);
        if let Some(metadata) = metadata {
            let seen = self.seen.iter().map(|(id, url)| (id.as_str(), url.as_deref()));
            for (rows, what) in [
                (metadata.unmatched(seen), "match no article"),
                (duplicates(metadata), "repeat an earlier row"),
            ] {
                if let Some(first) = rows.first() {
                    notes.push(format!("{} rows of the metadata {what}, the first: {first}", rows.len()));
                }
            }
        }
        notes.extend(corrections.map(labels::notes).unwrap_or_default());
        Ok(Finished {
            corrected: self.corrected,
            totals: totals(&rows, &self.themes),
            rows,
            skipped: self.skipped,
            counts: self.counts,
            warnings: self.warnings,
            notes,
        })
    }
}

impl Sink for Tables<'_> {
    fn document(&mut self, document: Document) -> Result<()> {
        self.count(&document);
        if self.has_metadata {
            self.seen.push((document.article.id.clone(), document.article.fields.url.clone()));
        }
        self.add_to_tally(&document);
        if let Some(files) = &mut self.files {
            for row in rows::passages(&document, &self.themes) {
                files.passages.push(row)?;
            }
            for row in rows::labels(&document, &self.themes, &self.thresholds) {
                files.labels.push(row)?;
            }
            for row in rows::blocks(&document) {
                files.blocks.push(row)?;
            }
            for row in rows::date_clues(&document.article.id, &document.published) {
                files.date_clues.push(row)?;
            }
            self.articles.push(ArticleRow::new(&document, &self.extra));
        }
        Ok(())
    }

    fn skipped(&mut self, skipped: Skipped) -> Result<()> {
        self.skip(skipped);
        Ok(())
    }

    fn outside(&mut self, articles: usize) {
        self.counts.articles_outside += articles as u64;
    }

    fn progress(&mut self, done: Progress) {
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(done);
        }
    }
}

/// The days a corpus covers for certain: from the last day its first article can mean to the first day
/// its last one can.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Covered {
    first: Option<Date>,
    last: Option<Date>,
}

impl Covered {
    pub(super) fn add(&mut self, date: Date, precision: Precision) {
        let latest = match precision {
            Precision::Day => date,
            Precision::Month => date.last_of_month(),
            Precision::Year => date.last_of_year(),
        };
        self.first = Some(self.first.map_or(latest, |first| first.min(latest)));
        self.last = Some(self.last.map_or(date, |last| last.max(date)));
    }

    /// With the bounds the user set in place of those of the corpus.
    pub(super) fn range(self, since: Option<Date>, until: Option<Date>) -> Option<(Date, Date)> {
        Some((since.or(self.first)?, until.or(self.last)?))
    }
}

/// The value of an article in a `--by` column.
fn group_value(document: &Document, column: &str) -> Option<String> {
    let article = &document.article;
    match column {
        schema::name::OUTLET => article.fields.outlet.clone(),
        "format" => Some(article.format.as_str().to_owned()),
        "language" => article.language.clone(),
        schema::name::DATE_SOURCE => {
            document.published.chosen.as_ref().map(|chosen| chosen.source.as_str().to_owned())
        }
        _ => article.fields.extra.get(column).cloned(),
    }
}

fn duplicates(metadata: &Metadata) -> Vec<&str> {
    metadata.duplicates().iter().map(String::as_str).collect()
}

/// Writes `theme_by_date` and its wide forms.
///
/// # Errors
/// [`Error::Io`] or [`Error::Table`] if a file cannot be written.
pub(super) fn write_frequencies(
    folder: &Path,
    rows: &[Row],
    period: Period,
    by: &[String],
    themes: &[String],
) -> Result<()> {
    let schema = schema::theme_by_date(by);
    let mut long = frame::frame(&schema, rows.iter().map(|row| rows::theme_by_date(row, period, themes)))?;
    write_csv_file(folder, schema.table, &long)?;
    frame::write(folder, schema.table, &mut long)?;
    for (schema, has_shares) in wide_schemas(by, themes) {
        write_whole_csv(folder, &schema, rows::wide(rows, period, themes.len(), has_shares))?;
    }
    Ok(())
}

fn wide_schemas(by: &[String], themes: &[String]) -> [(Schema, bool); 2] {
    [
        (schema::wide("theme_shares_wide", by, themes, Kind::Number, "share of the theme"), true),
        (schema::wide("theme_counts_wide", by, themes, Kind::Integer, "passages of the theme"), false),
    ]
}

/// `labels` are the user's own columns of labels by a person, if there are any.
fn write_dictionary(
    folder: &Path,
    config: &Config,
    extra: &[String],
    themes: &[String],
    labels: Option<&[String]>,
) -> Result<()> {
    let mut schemas = vec![schema::theme_by_date(&config.by)];
    schemas.extend(wide_schemas(&config.by, themes).map(|(schema, _)| schema));
    schemas.extend([
        schema::passages(),
        schema::labels(),
        schema::articles(extra),
        schema::blocks(),
        schema::date_clues(),
        schema::skipped(),
        schema::undated(),
    ]);
    schemas.extend(labels.map(|further| schema::corrections(themes, further)));
    schemas.extend(config.has_report.then(schema::explanations));
    let rows = schemas.iter().flat_map(|schema| {
        schema.columns.iter().map(move |column| -> Vec<Value<'_>> {
            vec![
                schema.table.into(),
                column.name.as_ref().into(),
                column.kind.as_str().into(),
                column.unit.into(),
                column.meaning.as_ref().into(),
            ]
        })
    });
    write_whole_csv(folder, &schema::dictionary(), rows)
}

fn write_whole_csv<'a>(
    folder: &Path,
    schema: &Schema,
    rows: impl IntoIterator<Item = Vec<Value<'a>>>,
) -> Result<()> {
    write_csv_file(folder, schema.table, &frame::frame(schema, rows)?)
}

fn write_csv_file(folder: &Path, table: &str, frame: &polars::prelude::DataFrame) -> Result<()> {
    let path = folder.join(table).with_extension("csv");
    let write = || {
        let mut writer = BufWriter::new(File::create(&path)?);
        write_csv(frame, &mut writer)?;
        writer.flush()
    };
    write().map_err(|error| Error::io("write", &path, error))
}

/// Sums of the rows over dates and groups.
pub(super) fn totals(rows: &[Row], themes: &[String]) -> BTreeMap<String, Total> {
    let mut totals = BTreeMap::<String, Total>::new();
    for row in rows {
        let total = totals.entry(subject_name(row.subject, themes).to_owned()).or_default();
        total.passages += row.passages;
        total.articles += row.articles;
        total.negative += row.by_sentiment[0];
        total.neutral += row.by_sentiment[1];
        total.positive += row.by_sentiment[2];
    }
    totals
}

/// Notes on an outermost period that lies far from the rest: one wrong date can stretch the range.
fn isolated_periods(tally: &Tally, period: Period) -> Vec<String> {
    let filled = tally.filled();
    let mut notes = Vec::new();
    let mut ends = vec![filled.iter().take(2).collect::<Vec<_>>()];
    ends.push(filled.iter().rev().take(2).collect());
    for end in ends {
        if let [(outer, articles), (next, _)] = end[..] {
            let gap = outer.until(*next).map_or(0, |span| span.get_days().abs());
            if gap > LONG_GAP_DAYS {
                notes.push(format!(
                    "the {} of {outer} lies {gap} days from the next one ({articles} articles): check their dates",
                    period.as_str()
                ));
            }
        }
    }
    notes
}
