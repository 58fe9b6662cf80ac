//! Logistic heads: a pooled vector becomes [`Scores`].
//!
//! Sums are in f64 and in one order, and e^x is that of the crate `libm`, not of the system, so that scores depend on
//! nothing but the vector. A logit so large that its calibration overflows gives a score of 0 or 1, never a NaN.

use crate::error::Result;
use crate::models::{Platt, Serving, Weights};
use crate::score::{Scores, Sentiment};

/// The heads of a model, ready to score.
#[derive(Debug)]
pub(in crate::engine) struct Outputs {
    themes: Vec<(Row, Platt)>,
    relevant: Option<(Row, Platt)>,
    /// In the order of [`Sentiment::ALL`], whatever the order of the model.
    sentiment: [Row; 3],
    temperature: f64,
}

/// One row of a head: a weight per element of the pooled vector, and a bias.
#[derive(Debug, Clone)]
struct Row {
    weight: Vec<f32>,
    bias: f32,
}

impl Row {
    fn logit(&self, vector: &[f32]) -> f64 {
        let product: f64 = self
            .weight
            .iter()
            .zip(vector)
            .map(|(weight, value)| f64::from(*weight) * f64::from(*value))
            .sum();
        product + f64::from(self.bias)
    }
}

impl Outputs {
    /// Takes the heads that `serving` names out of `weights`.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if one is missing or has another shape.
    pub(in crate::engine) fn load(
        model: &str,
        serving: &Serving,
        hidden: usize,
        weights: &mut Weights,
    ) -> Result<Self> {
        let mut rows = |task: &str, count: usize| -> Result<Vec<Row>> {
            let matrix = weights.take_matrix(model, &format!("heads.{task}.weight"), count, hidden)?;
            let bias = weights.take_vector(model, &format!("heads.{task}.bias"), count)?;
            let rows = bias.into_iter().enumerate().map(|(index, bias)| {
                let mut weight = vec![0.0; hidden];
                matrix.write_row(index, &mut weight).expect("the matrix has a row per bias");
                Row { weight, bias }
            });
            Ok(rows.collect())
        };
        let themes = rows("themes", serving.themes.len())?
            .into_iter()
            .zip(serving.themes.iter().map(|theme| theme.decision.calibration))
            .collect();
        let relevant = match serving.relevance {
            Some(relevance) => rows("relevant", 1)?.pop().map(|row| (row, relevance.calibration)),
            None => None,
        };
        let sentiment = rows("sentiment", 3)?;
        let labels = &serving.sentiment.labels;
        let row_of = |sentiment_label: Sentiment| {
            let place = labels.iter().position(|label| *label == sentiment_label);
            sentiment[place.expect("a checked configuration names each sentiment once")].clone()
        };
        Ok(Self {
            themes,
            relevant,
            sentiment: Sentiment::ALL.map(row_of),
            temperature: f64::from(serving.sentiment.temperature),
        })
    }

    /// Scores one pooled vector.
    pub(in crate::engine) fn score(&self, vector: &[f32], tokens: u32, truncated_tokens: u32) -> Scores {
        let probability = |(row, platt): &(Row, Platt)| sigmoid(calibrated(row.logit(vector), *platt));
        Scores {
            themes: self.themes.iter().map(probability).collect(),
            relevant: self.relevant.as_ref().map_or(1.0, probability),
            sentiment: softmax([0, 1, 2].map(|index| self.sentiment[index].logit(vector) / self.temperature)),
            tokens,
            truncated_tokens,
        }
    }
}

fn calibrated(logit: f64, Platt { a, b }: Platt) -> f64 {
    f64::from(a) * logit + f64::from(b)
}

/// 1 / (1 + e^−x); e^−x may overflow to infinity, which gives 0.
pub(in crate::engine) fn sigmoid(x: f64) -> f32 {
    (1.0 / (1.0 + libm::exp(-x))) as f32
}

fn softmax(logits: [f64; 3]) -> [f32; 3] {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers = logits.map(|logit| libm::exp(logit - most));
    let sum: f64 = powers.iter().sum();
    powers.map(|power| (power / sum) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_logit_gives_no_nan() {
        assert_eq!(sigmoid(1e300), 1.0);
        assert_eq!(sigmoid(-1e300), 0.0);
        assert_eq!(sigmoid(0.0), 0.5);
        assert_eq!(softmax([1e38, -1e38, 0.0]), [1.0, 0.0, 0.0]);
        assert_eq!(softmax([0.0; 3]), [1.0 / 3.0; 3]);
    }
}
