//! How the scores of themes lean on the rest of the article.

use super::{Check, Faults, Run};
use crate::prior::weigh;
use crate::score::Scores;
use crate::written::{Label, Passage, by_passage, scores_of};

/// Checks that every score follows from those that the passages of its article have alone.
pub(super) fn priors(run: &Run<'_>) -> Check {
    let priors = run.record.priors();
    let themes = &run.record.codebook.themes;
    let labels = by_passage(&run.labels);
    let labels_of = |passage: &Passage<'_>| labels.get(passage.id).map(Vec::as_slice).unwrap_or_default();
    let counted: Vec<_> = run.passages.iter().filter(|passage| passage.is_counted).collect();
    let mut faults = Faults::default();
    for article in counted.chunk_by(|one, next| one.article == next.article) {
        let alone = article.iter().map(|passage| {
            let alone = scores_of(passage, labels_of(passage), |label| label.score_alone)?;
            (alone.themes.len() == themes.len()).then_some(alone)
        });
        let Some(mut scores) = alone.collect::<Option<Vec<_>>>() else {
            faults.add(|| format!("a passage of {} lacks a score", article[0].article));
            continue;
        };
        weigh(&priors, &mut scores);
        for (passage, Scores { themes: expected, .. }) in article.iter().zip(scores) {
            for (label, expected) in labels_of(passage).iter().zip(expected) {
                let Label { theme, score, .. } = label;
                faults.compare(*score, expected, || format!("score of {theme} for {}", passage.id));
            }
        }
    }
    let leaning = priors.iter().flatten().count();
    faults.into_check(
        "priors",
        format!(
            "{} scores follow from those of passages alone; {leaning} themes lean on the article",
            run.labels.len()
        ),
    )
}
