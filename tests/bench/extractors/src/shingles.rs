//! Word 4-gram scores as the article-extraction benchmark defines them: shingles are counted, each page weighs
//! the same, precision and recall are means over pages.

use std::collections::HashMap;

/// Words of a shingle.
const WORDS: usize = 4;

/// Precision and recall of one page; `None` where nothing was predicted, or nothing is true.
#[derive(Debug, Clone, Copy, Default)]
pub struct Score {
    pub precision: Option<f64>,
    pub recall: Option<f64>,
}

/// Runs of letters, digits and underscores.
pub fn tokens(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|token| !token.is_empty()).collect()
}

/// Shingles of a text with their counts; a text of fewer than four words is one shingle.
pub fn shingles(text: &str) -> HashMap<Vec<&str>, u32> {
    let tokens = tokens(text);
    let mut counts = HashMap::new();
    if tokens.is_empty() {
        return counts;
    }
    for shingle in tokens.windows(WORDS.min(tokens.len())) {
        *counts.entry(shingle.to_vec()).or_default() += 1;
    }
    counts
}

/// Scores a predicted text against the true one.
pub fn score(truth: &str, predicted: &str) -> Score {
    let (truth, predicted) = (shingles(truth), shingles(predicted));
    let all = |counts: &HashMap<Vec<&str>, u32>| f64::from(counts.values().sum::<u32>());
    let shared: u32 =
        truth.iter().map(|(key, count)| (*count).min(predicted.get(key).copied().unwrap_or(0))).sum();
    let shared = f64::from(shared);
    let (all_truth, all_predicted) = (all(&truth), all(&predicted));
    // The benchmark's definition where one side is empty: wrong, unless both are.
    let of = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    Score {
        precision: (all_predicted > 0.0).then(|| of(shared, all_predicted)),
        recall: (all_truth > 0.0).then(|| of(shared, all_truth)),
    }
}

/// F1, precision and recall over pages.
pub fn mean(scores: impl IntoIterator<Item = Score>) -> (f64, f64, f64) {
    let (mut precisions, mut recalls) = (Vec::new(), Vec::new());
    for score in scores {
        precisions.extend(score.precision);
        recalls.extend(score.recall);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (precision, recall) = (mean(&precisions), mean(&recalls));
    (2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE), precision, recall)
}
