//! Decisions remade from stored scores: new thresholds, no inference. Labels by a person stay.
//!
//! Themes, assignments and frequencies are made anew in a copy of the output, which takes its place at
//! once; the report is drawn anew. Everything else of the output stays byte for byte.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::str::FromStr;

use jiff::civil::Date;
use polars::prelude::{DataFrame, PlSmallStr};

use super::output::Output;
use super::tables::{Covered, totals, write_frequencies};
use super::{Outcome, labels, override_thresholds, redraw, still_measured};
use crate::article::{Chosen, DateSource, Precision};
use crate::correction::{Corrections, correct};
use crate::error::{Error, Result};
use crate::frame::schema::{self, name};
use crate::frame::{self, TableFile, Value, column, rows};
use crate::pipeline::passage_key;
use crate::record::Corrected;
use crate::report;
use crate::score::{Labels, Scores, Thresholds};
use crate::tally::{Counted, MIN_CONFIDENCE, Period, Tally};
use crate::written;

/// Files that depend on thresholds.
const REMADE: [&str; 6] = [
    "labels.parquet",
    "passages.parquet",
    "theme_by_date.csv",
    "theme_by_date.parquet",
    "theme_counts_wide.csv",
    "theme_shares_wide.csv",
];

/// Remakes the decisions in `out` with `thresholds` over those of its run.
///
/// # Errors
/// [`Error::Config`] if a name is no theme of the run, [`Error::ForeignOutput`] if `out` is no unchanged
/// output, [`Error::Table`] if a table is damaged, [`Error::Io`] if one cannot be written.
pub fn decide(out: &Path, thresholds: &BTreeMap<String, f32>) -> Result<Outcome> {
    let output = Output::claim(out, &[])?;
    let mut record = redraw::former(&output, out)?;
    let themes = record.codebook.themes.clone();
    let mut used = Thresholds {
        themes: themes
            .iter()
            .map(|theme| record.engine.thresholds.get(theme).copied().unwrap_or(0.5))
            .collect(),
        relevant: record.engine.thresholds.get(name::RELEVANT).copied().unwrap_or(0.0),
    };
    let before = used.clone();
    override_thresholds(&mut used, &themes, thresholds)?;
    let measured = std::mem::take(&mut record.engine.measured);
    record.engine.measured = still_measured(measured, &themes, &before, &used);
    for (theme, threshold) in themes.iter().zip(&used.themes) {
        record.engine.thresholds.insert(theme.clone(), *threshold);
    }
    if record.engine.has_relevance {
        record.engine.thresholds.insert(name::RELEVANT.to_owned(), used.relevant);
    }
    redraw::copy(&output, &record, |file| !REMADE.contains(&file) && !report::is_page(file))?;
    let corrections = labels::kept(&output, &themes)?;
    let (labels, corrected) = remake(output.out(), output.folder(), &themes, &used, corrections.as_ref())?;
    if let Some(former) = record.labels {
        record.labels =
            Some(Corrected { changed: corrected.changed, confirmed: corrected.confirmed, ..former });
    }
    let (period, by) = (record.period(), record.by());
    let day = |key| record.setting(key).and_then(|text| Date::from_str(text).ok());
    let (tally, covered) = retally(output.out(), &labels, themes.len(), period, &by)?;
    let rows = tally.rows(covered.range(day("since"), day("until")))?;
    write_frequencies(output.folder(), &rows, period, &by, &themes)?;
    record.totals = totals(&rows, &themes);
    if record.files.contains_key(report::REPORT) {
        redraw::draw(&output, &record)?;
    }
    let record = output.publish(record)?;
    Ok(Outcome { record, rows, skipped: Vec::new(), cache: None })
}

/// Writes `labels` and `passages` anew and gives the labels by passage id, and how many labels by a person changed or
/// confirmed the engine's.
fn remake(
    from: &Path,
    to: &Path,
    themes: &[String],
    thresholds: &Thresholds,
    corrections: Option<&Corrections>,
) -> Result<(HashMap<String, Labels>, Corrected)> {
    let scored = frame::read(from, "labels", None)?;
    let scored = written::labels(&scored)?;
    let passages = frame::read(from, "passages", None)?;
    let mut made = scores_of(&passages, themes.len())?;
    let place = |theme: &str| themes.iter().position(|known| known == theme);
    for label in &scored {
        if let (Some(scores), Some(index)) = (made.get_mut(label.passage), place(label.theme)) {
            scores.themes[index] = label.score;
        }
    }
    let mut corrected = Corrected::default();
    let mut labels = HashMap::new();
    let mut by_person = HashMap::new();
    let ids = column::texts(&passages, name::PASSAGE)?;
    for (id, text) in ids.iter().zip(column::texts(&passages, name::TEXT)?) {
        let Some((id, scores)) = id.and_then(|id| made.remove_entry(id)) else { continue };
        let given = corrections.and_then(|corrections| corrections.given(&id, text.unwrap_or_default()));
        let decided = match given {
            Some(given) => {
                let (labels, person) = correct(given, &scores, thresholds);
                corrected.changed += person.changed;
                corrected.confirmed += person.confirmed;
                by_person.insert(id.clone(), person);
                labels
            }
            None => crate::score::decide(&scores, thresholds),
        };
        labels.insert(id, decided);
    }
    let mut file = TableFile::create(to, schema::labels())?;
    for label in scored {
        let Some(index) = place(label.theme) else { continue };
        let is_given = labels.get(label.passage).is_some_and(|labels| labels.themes[index]);
        let is_person = by_person.get(label.passage).is_some_and(|person| person.decides(index));
        file.push(vec![
            label.passage.into(),
            label.theme.into(),
            label.score.into(),
            label.score_alone.into(),
            is_given.into(),
            thresholds.themes[index].into(),
            rows::labelled_by(is_person).into(),
        ])?;
    }
    file.finish()?;
    write_passages(to, passages, themes, &labels)?;
    Ok((labels, corrected))
}

/// The scores of every scored passage by its id, those of themes still to come.
fn scores_of(passages: &DataFrame, themes: usize) -> Result<HashMap<String, Scores>> {
    let ids = column::texts(passages, name::PASSAGE)?;
    let relevant = column::scores(passages, name::P_RELEVANT)?;
    let [negative, neutral, positive] =
        [name::P_NEGATIVE, name::P_NEUTRAL, name::P_POSITIVE].map(|name| column::scores(passages, name));
    let (negative, neutral, positive) = (negative?, neutral?, positive?);
    let mut made = HashMap::new();
    for (row, id) in ids.iter().enumerate() {
        if let (Some(id), Some(relevant), Some(negative), Some(neutral), Some(positive)) =
            (id, relevant[row], negative[row], neutral[row], positive[row])
        {
            let sentiment = [negative, neutral, positive];
            let scores =
                Scores { themes: vec![0.0; themes], relevant, sentiment, tokens: 0, truncated_tokens: 0 };
            made.insert((*id).to_owned(), scores);
        }
    }
    Ok(made)
}

/// Writes `passages` with the columns that thresholds decide replaced.
fn write_passages(
    to: &Path,
    mut passages: DataFrame,
    themes: &[String],
    labels: &HashMap<String, Labels>,
) -> Result<()> {
    let mut schema = schema::passages();
    schema.columns.retain(|column| column.name == name::RELEVANT || column.name == name::THEMES);
    let decided = column::texts(&passages, name::PASSAGE)?
        .into_iter()
        .map(|id| {
            let labels = id.and_then(|id| labels.get(id));
            let given = labels.map(|labels| labels.given(themes));
            vec![labels.map(|labels| labels.is_relevant).into(), Value::from(given)]
        })
        .collect::<Vec<_>>();
    for column in frame::frame(&schema, decided)?.into_columns() {
        let name: PlSmallStr = column.name().clone();
        passages.replace(&name, column).map_err(|error| Error::Table {
            path: to.join("passages.parquet"),
            message: error.to_string(),
        })?;
    }
    frame::write(to, "passages", &mut passages)
}

/// Counts anew from the tables in `folder`.
fn retally(
    folder: &Path,
    labels: &HashMap<String, Labels>,
    themes: usize,
    period: Period,
    by: &[String],
) -> Result<(Tally, Covered)> {
    let articles = frame::read(folder, "articles", None)?;
    let ids = column::texts(&articles, name::ARTICLE)?;
    let dates = column::dates(&articles, name::DATE)?;
    let precisions = column::texts(&articles, name::DATE_PRECISION)?;
    let confidences = column::numbers(&articles, name::DATE_CONFIDENCE)?;
    let groups = by.iter().map(|name| column::texts(&articles, name)).collect::<Result<Vec<_>>>()?;
    let passages =
        frame::read(folder, "passages", Some(&[name::PASSAGE, name::ARTICLE, name::TEXT, name::CLUSTER]))?;
    let texts = column::texts(&passages, name::TEXT)?;
    let clusters = column::texts(&passages, name::CLUSTER)?;
    let mut of_article = HashMap::<&str, Vec<(&Labels, u64)>>::new();
    let keys =
        column::texts(&passages, name::PASSAGE)?.into_iter().zip(column::texts(&passages, name::ARTICLE)?);
    for ((passage, article), (text, cluster)) in keys.zip(texts.into_iter().zip(clusters)) {
        if let (Some(passage), Some(article), Some(text)) = (passage, article, text)
            && let Some(labels) = labels.get(passage)
        {
            of_article.entry(article).or_default().push((labels, passage_key(cluster, text)));
        }
    }
    let mut tally = Tally::new(themes, period);
    let mut covered = Covered::default();
    for (index, id) in ids.iter().enumerate() {
        let Some(id) = id else { continue };
        let chosen = dates[index].map(|date| Chosen {
            date,
            precision: precisions[index].and_then(Precision::parse).unwrap_or(Precision::Year),
            source: DateSource::Metadata,
            confidence: confidences[index].unwrap_or(0.0),
            text: String::new(),
        });
        if let Some(chosen) = chosen.as_ref().filter(|chosen| chosen.confidence >= MIN_CONFIDENCE) {
            covered.add(chosen.date, chosen.precision);
        }
        let group: Vec<_> = groups.iter().map(|column| column[index].map(str::to_owned)).collect();
        let passages = of_article.remove(id).unwrap_or_default();
        tally.add(&Counted { period: period.of(chosen.as_ref()), group: &group, passages: &passages });
    }
    Ok((tally, covered))
}
