//! Labels as scores, thresholds and a person's word make them.

use super::{Check, Faults, Run, shown};
use crate::correction::{Corrections, correct};
use crate::error::Result;
use crate::frame::rows::labelled_by;
use crate::pipeline::load_corrections;
use crate::record::{Corrected, LABELS};
use crate::score::{Scores, decide};
use crate::written::{by_passage, scores_of};

/// How far probabilities of sentiment may sum beside 1: three values of 32 bits, rounded.
const SUM_TOLERANCE: f32 = 1e-4;

/// Checks every decision against what it was made from.
pub(super) fn labels(run: &Run<'_>) -> Check {
    let counted = run.passages.iter().filter(|passage| passage.is_counted).count();
    let detail = format!("{} labels of {counted} passages decided again from scores", run.labels.len());
    match compare(run) {
        Ok(faults) => faults.into_check("labels", detail),
        Err(error) => Check::failed("labels", detail, error.to_string()),
    }
}

fn compare(run: &Run<'_>) -> Result<Faults> {
    let mut faults = Faults::default();
    let Some(thresholds) = run.record.thresholds() else {
        faults.add(|| "run.json lacks the threshold of a theme".to_owned());
        return Ok(faults);
    };
    let themes = &run.record.codebook.themes;
    let corrections = corrections(run)?;
    let by_passage = by_passage(&run.labels);
    let mut corrected = Corrected::default();
    for passage in &run.passages {
        if !passage.is_counted {
            if passage.is_relevant.is_some() || passage.sentiment.is_some() || !passage.themes.is_empty() {
                faults.add(|| format!("passage {} is not counted and has labels", passage.id));
            }
            continue;
        }
        let labels = by_passage.get(passage.id).map(Vec::as_slice).unwrap_or_default();
        let Some(scores) = scores_of(passage, labels, |label| label.score)
            .filter(|scores| scores.themes.len() == themes.len())
        else {
            faults.add(|| format!("passage {} lacks a score", passage.id));
            continue;
        };
        if let Some(what) = improbable(&scores) {
            faults.add(|| format!("passage {}: {what}", passage.id));
        }
        let given = corrections.as_ref().and_then(|corrections| corrections.given(passage.id, passage.text));
        let (expected, by_person) = match given {
            Some(given) => {
                let (labels, by_person) = correct(given, &scores, &thresholds);
                corrected.passages += 1;
                corrected.changed += by_person.changed;
                corrected.confirmed += by_person.confirmed;
                (labels, Some(by_person))
            }
            None => (decide(&scores, &thresholds), None),
        };
        for (index, label) in labels.iter().enumerate() {
            let of = |column: &str| format!("{column} of {} for {}", label.theme, passage.id);
            let score = label.score;
            faults.compare(label.threshold, thresholds.themes[index], || of("threshold"));
            faults.compare(label.is_assigned, expected.themes[index], || {
                format!("{} (score {score}, threshold {})", of("assigned"), label.threshold)
            });
            let is_person = by_person.as_ref().is_some_and(|by_person| by_person.decides(index));
            faults.compare(label.labelled_by, labelled_by(is_person), || of("labelled_by"));
        }
        let of = |column: &str| format!("{column} of passage {}", passage.id);
        faults.compare(shown(passage.is_relevant), expected.is_relevant.to_string(), || of("relevant"));
        faults.compare(passage.themes.join(", "), expected.given(themes).join(", "), || of("themes"));
        let sentiment = Some(expected.sentiment.as_str());
        faults.compare(shown(passage.sentiment), shown(sentiment), || of("sentiment"));
        let by = Some(labelled_by(by_person.is_some()));
        faults.compare(shown(passage.labelled_by), shown(by), || of("labelled_by"));
    }
    let said = run.record.labels.unwrap_or_default();
    for (what, said, found) in [
        ("passages", said.passages, corrected.passages),
        ("changed", said.changed, corrected.changed),
        ("confirmed", said.confirmed, corrected.confirmed),
    ] {
        faults.compare(said, found, || format!("{what} under labels in run.json"));
    }
    Ok(faults)
}

/// The labels by a person that the run kept.
fn corrections(run: &Run<'_>) -> Result<Option<Corrections>> {
    let is_kept = run.record.files.contains_key(LABELS);
    is_kept.then(|| load_corrections(&run.out.join(LABELS), &run.record.codebook.themes)).transpose()
}

/// Why scores are no probabilities, if they are none.
fn improbable(scores: &Scores) -> Option<String> {
    let all = scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment);
    if let Some(score) = all.copied().find(|score| !(0.0..=1.0).contains(score)) {
        return Some(format!("{score} is no probability"));
    }
    let sum: f32 = scores.sentiment.iter().sum();
    ((sum - 1.0).abs() > SUM_TOLERANCE).then(|| format!("the probabilities of sentiment sum to {sum}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_no_probabilities_are_named() {
        let scores = |themes: &[f32], sentiment| Scores {
            themes: themes.to_vec(),
            relevant: 1.0,
            sentiment,
            tokens: 1,
            truncated_tokens: 0,
        };
        assert_eq!(improbable(&scores(&[0.0, 1.0], [0.25, 0.5, 0.25])), None);
        for (scores, what) in [
            (scores(&[1.5], [0.0, 1.0, 0.0]), "1.5 is no probability"),
            (scores(&[f32::NAN], [0.0, 1.0, 0.0]), "NaN is no probability"),
            (scores(&[0.5], [0.5, 1.0, 0.0]), "the probabilities of sentiment sum to 1.5"),
        ] {
            assert_eq!(improbable(&scores).as_deref(), Some(what));
        }
    }
}
