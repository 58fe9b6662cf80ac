//! What the rest of an article says about a passage: theme scores of one article's passages lean on each other.
//!
//! *Takes* the [`Scores`] of an article's counted passages, as the engine gives them for each alone, and a
//! [`Prior`] per theme. *Gives* the same scores with the prior probability of the theme in coverage at large
//! replaced by that in the article. *Cost*: linear, no inference.
//!
//! A model learns how often a theme comes up in coverage, and a passage that says "they refused again" gets about
//! that. In an article whose other passages are about school transport it deserves more. M. Saerens, P. Latinne and
//! C. Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 14,
//! 2002, add the difference of the log-odds; here it is weighted, because the passage alone knows some of it already,
//! from its headline for one.
//!
//! - a passage alone in its article keeps its scores, and so does a theme without a prior
//! - a passage about something else says nothing about the others

use serde::{Deserialize, Serialize};

use crate::score::Scores;

/// Passages at the base rate that every article counts as having beside its own: with few passages an article
/// says little. On dev any number from 1 to 8 does as well.
const PSEUDO_PASSAGES: f64 = 2.0;

/// Scores nearer to 0 or 1 than this count as this near: an f32 cannot tell them from 1.
const LEAST: f64 = 1e-6;

/// How much a theme's score leans on the rest of the article.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Share of the theme in coverage at large, as the model learned it; between 0 and 1.
    pub base: f32,
    /// Factor of the difference in log-odds, above 0: 1 if what a passage says and what its article says were
    /// independent.
    pub weight: f32,
}

impl Prior {
    /// What is added to the log-odds of a theme in each passage of an article, by the theme's score in each and
    /// by how likely each is about SEND.
    #[must_use]
    pub fn shifts(self, scores: &[f32], relevant: &[f32]) -> Vec<f64> {
        let base = f64::from(self.base);
        let terms: Vec<[f64; 2]> = scores
            .iter()
            .zip(relevant)
            .map(|(score, relevant)| [f64::from(*relevant) * f64::from(*score), f64::from(*relevant)])
            .collect();
        let sum = |place: usize| terms.iter().map(|term| term[place]).sum::<f64>();
        let [given, passages] = [sum(0), sum(1)];
        terms
            .iter()
            .map(|[own, counts]| {
                // Rounding must not make a small negative number of what is left.
                let rest = ((given - own).max(0.0) + PSEUDO_PASSAGES * base)
                    / ((passages - counts).max(0.0) + PSEUDO_PASSAGES);
                f64::from(self.weight) * (log_odds(rest) - log_odds(base))
            })
            .collect()
    }
}

/// Lets the theme scores of one article's passages lean on each other; `priors` are in the order of the themes, and
/// none at all change nothing.
pub fn weigh(priors: &[Option<Prior>], article: &mut [Scores]) {
    let relevant: Vec<f32> = article.iter().map(|scores| scores.relevant).collect();
    for (theme, prior) in priors.iter().enumerate() {
        let Some(prior) = prior else { continue };
        let alone: Vec<f32> = article.iter().map(|scores| scores.themes[theme]).collect();
        for (scores, shift) in article.iter_mut().zip(prior.shifts(&alone, &relevant)) {
            scores.themes[theme] = shifted(scores.themes[theme], shift);
        }
    }
}

/// The probability whose log-odds are those of `score` and `shift`; `score` itself if nothing is added.
#[must_use]
pub fn shifted(score: f32, shift: f64) -> f32 {
    if shift == 0.0 {
        return score;
    }
    (1.0 / (1.0 + libm::exp(-(log_odds(score) + shift)))) as f32
}

/// ln(p / (1 − p)), with p kept from 0 and 1.
#[must_use]
pub fn log_odds(probability: impl Into<f64>) -> f64 {
    let probability = probability.into().clamp(LEAST, 1.0 - LEAST);
    libm::log(probability / (1.0 - probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Prior = Prior { base: 0.2, weight: 0.5 };

    fn article(themes: &[f32], relevant: f32) -> Vec<Scores> {
        let scores = |theme: &f32| Scores {
            themes: vec![*theme, 0.3],
            relevant,
            sentiment: [0.0, 1.0, 0.0],
            tokens: 1,
            truncated_tokens: 0,
        };
        themes.iter().map(scores).collect()
    }

    fn weighed(themes: &[f32], relevant: f32) -> Vec<f32> {
        let mut article = article(themes, relevant);
        weigh(&[Some(PRIOR), None], &mut article);
        assert!(
            article.iter().all(|scores| scores.themes[1] == 0.3),
            "a theme without a prior keeps its scores"
        );
        article.into_iter().map(|scores| scores.themes[0]).collect()
    }

    #[test]
    fn a_passage_alone_in_its_article_keeps_its_scores() {
        for score in [0.0, 0.123_456_7, 1.0] {
            assert_eq!(weighed(&[score], 1.0), [score]);
        }
    }

    #[test]
    fn a_passage_leans_towards_the_rest_of_its_article() {
        // (0.9 + 0.8 + 2 × 0.2) / 4 = 0.525 beside a base of 0.2: log-odds 0.100 and −1.386, half of 1.486 added.
        let scores = weighed(&[0.3, 0.9, 0.8], 1.0);
        let expected =
            1.0 / (1.0 + (-((0.3_f64 / 0.7).ln() + 0.5 * ((0.525_f64 / 0.475).ln() + 4.0_f64.ln()))).exp());
        assert!((f64::from(scores[0]) - expected).abs() < 1e-6, "{scores:?} {expected}");
        let scores = weighed(&[0.3, 0.01, 0.02], 1.0);
        assert!(scores[0] < 0.3, "and away from what it is not about: {scores:?}");
    }

    #[test]
    fn a_passage_about_something_else_says_nothing_about_the_others() {
        for score in weighed(&[0.4, 0.9, 0.9], 0.0).into_iter().zip([0.4, 0.9, 0.9]) {
            assert!((score.0 - score.1).abs() < 1e-6, "{score:?}");
        }
    }

    #[test]
    fn the_sorest_numbers_give_probabilities() {
        for prior in [Prior { base: f32::MIN_POSITIVE, weight: f32::MAX }, Prior { base: 1.0, weight: 1e30 }]
        {
            let mut article = article(&[0.0, 1.0, 0.5], 1.0);
            weigh(&[Some(prior)], &mut article);
            assert!(article.iter().all(|scores| (0.0..=1.0).contains(&scores.themes[0])), "{article:?}");
        }
    }
}
