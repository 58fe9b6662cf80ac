//! The decisions of a published run, to measure what was printed rather than what would be decided now.
//!
//! *Takes* an output folder and labelled passages with the ids that the run gave them. *Gives* a [`Prediction`] each,
//! from the scores and thresholds of the run; labels that a person put over them do not count. *Fails* if a passage is
//! not in the run, or there with another text. *Cost*: two tables in memory.

use std::collections::HashMap;
use std::path::Path;

use super::Prediction;
use crate::duplicate::passage_key;
use crate::error::{Error, Result};
use crate::frame;
use crate::gold::Gold;
use crate::plain;
use crate::record::Record;
use crate::score::{Labels, Scores, Thresholds, decide};
use crate::written::{self, by_passage, scores_of};

/// What the run in `out`, of this `record`, decided about the passages of `gold` numbered, in their order; themes in
/// the order of [`Gold::themes`], and its thresholds in that of the record.
///
/// # Errors
/// [`Error::Config`] if a passage is not one of the run's; [`Error::Io`] and [`Error::Table`] if its tables cannot be
/// read.
pub fn predictions(
    out: &Path,
    record: &Record,
    gold: &Gold,
    passages: &[usize],
) -> Result<(Vec<Prediction>, Thresholds)> {
    let damaged =
        || Error::config_hint("run.json lacks the threshold of a theme", "`sendlens verify` checks a run");
    let thresholds = record.thresholds().ok_or_else(damaged)?;
    let (rows, labels) = (frame::read(out, "passages", None)?, frame::read(out, "labels", None)?);
    let labels = written::labels(&labels)?;
    let labels = by_passage(&labels);
    let rows = written::passages(&rows)?;
    let rows: HashMap<&str, _> = rows.iter().map(|passage| (passage.id, passage)).collect();
    let known = &record.codebook.themes;
    let places: Vec<Option<usize>> =
        gold.themes.iter().map(|theme| known.iter().position(|known| known == theme)).collect();
    let found = |index: &usize| -> Option<Prediction> {
        let passage = &gold.passages[*index];
        let row = rows
            .get(passage.id.as_str())
            .filter(|row| passage_key(row.text) == passage_key(&passage.text))?;
        let scores = scores_of(row, labels.get(row.id)?, |label| label.score)?;
        let scores = Some(scores).filter(|scores| scores.themes.len() == known.len())?;
        let given = decide(&scores, &thresholds);
        let themes = places.iter().map(|place| place.map_or(0.0, |place| scores.themes[place]));
        let labels = places.iter().map(|place| place.is_some_and(|place| given.themes[place]));
        Some(Prediction {
            labels: Labels { themes: labels.collect(), ..given },
            scores: Scores { themes: themes.collect(), ..scores },
        })
    };
    let predictions: Vec<Option<Prediction>> = passages.iter().map(found).collect();
    let lost = predictions.iter().filter(|prediction| prediction.is_none()).count();
    if let Some(first) = predictions.iter().position(Option::is_none) {
        let id = plain::line(&gold.passages[passages[first]].id);
        return Err(Error::config_hint(
            format!(
                "{lost} of {} labelled passages are not among those that {} counts, or have another text; the first is `{id}`",
                passages.len(),
                out.display()
            ),
            "measure with the run that the sheet was drawn from, or without --run",
        ));
    }
    Ok((predictions.into_iter().flatten().collect(), thresholds))
}
