//! How far scores can be read as probabilities.
//!
//! Guo et al., "On calibration of modern neural networks", ICML 2017, for the expected calibration error; Brier,
//! "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.

use serde::Serialize;

use super::Prediction;
use crate::gold::Gold;

/// Bins of equal width (15 in the paper; fewer here for fewer passages).
const BINS: usize = 10;

/// Calibration of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Name of the theme; `themes` for all decisions about themes together; `relevant`; `sentiment` for the
    /// probability of the sentiment that was chosen.
    pub name: String,
    /// Decisions.
    pub decisions: usize,
    /// Expected calibration error: mean distance between score and share of decisions that are deserved, in ten bins.
    pub expected_error: f64,
    /// Brier score: mean squared distance between score and truth.
    pub brier: f64,
}

/// A score, and whether what it stands for is so.
type Pair = (f64, bool);

impl Calibration {
    fn new(name: &str, pairs: &[Pair]) -> Self {
        let distance = |(score, truth): &Pair| score - f64::from(u8::from(*truth));
        // Per bin: sum of the scores less number of decisions that are deserved.
        let mut bins = [0.0; BINS];
        for pair in pairs {
            bins[((pair.0 * BINS as f64) as usize).min(BINS - 1)] += distance(pair);
        }
        let all = pairs.len() as f64;
        Self {
            name: name.to_owned(),
            decisions: pairs.len(),
            expected_error: bins.iter().map(|bin| bin.abs()).sum::<f64>() / all,
            brier: pairs.iter().map(|pair| distance(pair).powi(2)).sum::<f64>() / all,
        }
    }
}

/// Calibration per theme, of all themes together, of relevance and of the sentiment chosen, where labelled.
pub(super) fn calibration(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<Calibration> {
    let both =
        || passages.iter().zip(predictions).map(|(&index, prediction)| (&gold.passages[index], prediction));
    let mut rows = Vec::new();
    let mut add = |name: &str, pairs: &[Pair]| {
        if !pairs.is_empty() {
            rows.push(Calibration::new(name, pairs));
        }
    };
    let mut pooled = Vec::new();
    for (theme, name) in gold.themes.iter().enumerate() {
        let score = |prediction: &Prediction| f64::from(prediction.scores.themes[theme]);
        let pairs: Vec<Pair> = both()
            .filter_map(|(passage, prediction)| Some((score(prediction), passage.themes[theme]?)))
            .collect();
        add(name, &pairs);
        pooled.extend(pairs);
    }
    if gold.themes.len() > 1 {
        add("themes", &pooled);
    }
    let relevant: Vec<Pair> = both()
        .filter_map(|(passage, given)| Some((f64::from(given.scores.relevant), passage.is_relevant?)))
        .collect();
    add("relevant", &relevant);
    let sentiment: Vec<Pair> = both()
        .filter(|(passage, _)| passage.is_relevant != Some(false))
        .filter_map(|(passage, given)| {
            let chosen = given.labels.sentiment;
            Some((f64::from(given.scores.sentiment[chosen as usize]), passage.sentiment? == chosen))
        })
        .collect();
    add("sentiment", &sentiment);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_and_brier_score_agree_with_those_worked_out_by_hand() {
        // One bin with 0.62, 0.64 and 0.66, of which two are so: |1.92 - 2| / 3.
        let pairs = [(0.62, true), (0.64, true), (0.66, false)];
        let found = Calibration::new("x", &pairs);
        assert!((found.expected_error - 0.08 / 3.0).abs() < 1e-12);
        assert!((found.brier - (0.38_f64.powi(2) + 0.36_f64.powi(2) + 0.66_f64.powi(2)) / 3.0).abs() < 1e-12);
        // Scores at the ends stay inside the bins.
        assert_eq!(Calibration::new("x", &[(1.0, true), (0.0, false)]).expected_error, 0.0);
    }
}
