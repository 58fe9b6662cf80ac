//! The baseline engine: seed terms of the codebook for themes, VADER for sentiment.
//!
//! *Gives* a theme the score `n / (n + 1)` for `n` distinct terms found, so that one term reaches the
//! threshold of one half. Sentiment comes from VADER (Hutto & Gilbert, ICWSM 2014) by its authors'
//! convention that a compound score within ±0.05 is neutral. It cannot tell whether a passage is
//! about SEND: every passage counts as relevant. *Cost*: one pass over the words of a passage.

use std::collections::BTreeSet;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use vader_parity::SentimentIntensityAnalyzer;

use crate::codebook::Codebook;
use crate::context::Context;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::plain::hexadecimal;
use crate::score::{LabelSet, Scores, Thresholds};

/// Compound scores no further from zero than this are neutral, as VADER's authors have it.
const NEUTRAL_BAND: f32 = 0.05;

/// The word-list engine.
pub struct Lexicon {
    labels: LabelSet,
    thresholds: Thresholds,
    /// Terms by the first byte of their first word.
    terms: Vec<Vec<Term>>,
    vader: SentimentIntensityAnalyzer,
    hash: String,
}

/// A seed term, split into words.
struct Term {
    theme: usize,
    /// Tells terms of a theme apart.
    index: usize,
    words: Vec<String>,
    /// The last word stands for every word that begins with it.
    is_prefix: bool,
}

impl Lexicon {
    /// Builds the engine from the seed terms of `codebook`.
    #[must_use]
    pub fn new(codebook: &Codebook) -> Self {
        let mut terms: Vec<Vec<Term>> = (0..=usize::from(u8::MAX)).map(|_| Vec::new()).collect();
        let mut digest = Sha256::new();
        for (theme, entry) in codebook.themes.iter().enumerate() {
            digest.update(entry.name.as_bytes());
            for (index, term) in entry.terms.iter().enumerate() {
                digest.update([0]);
                digest.update(term.as_bytes());
                let is_prefix = term.ends_with('*');
                let words = words(term);
                if let Some(first) = words.first().and_then(|word| word.bytes().next()) {
                    terms[usize::from(first)].push(Term { theme, index, words, is_prefix });
                }
            }
            digest.update([1]);
        }
        let themes = codebook.names();
        Self {
            thresholds: Thresholds { themes: vec![0.5; themes.len()], relevant: 0.5 },
            labels: LabelSet { themes, has_relevance: false },
            terms,
            vader: SentimentIntensityAnalyzer::new(),
            hash: hexadecimal(&digest.finalize()),
        }
    }

    fn score_one(&self, text: &str) -> Scores {
        let words = words(text);
        let mut found = BTreeSet::new();
        for (position, word) in words.iter().enumerate() {
            let Some(first) = word.bytes().next() else { continue };
            for term in &self.terms[usize::from(first)] {
                if term.matches(&words[position..]) {
                    found.insert((term.theme, term.index));
                }
            }
        }
        let mut counts = vec![0.0_f32; self.labels.themes.len()];
        for (theme, _) in found {
            counts[theme] += 1.0;
        }
        let compound = self.vader.polarity_scores(text).compound as f32;
        let total = NEUTRAL_BAND + compound.abs();
        Scores {
            themes: counts.into_iter().map(|count| count / (count + 1.0)).collect(),
            relevant: 1.0,
            sentiment: [(0.0 - compound).max(0.0) / total, NEUTRAL_BAND / total, compound.max(0.0) / total],
            tokens: u32::try_from(words.len()).unwrap_or(u32::MAX),
            truncated_tokens: 0,
        }
    }
}

impl Term {
    fn matches(&self, words: &[String]) -> bool {
        let Some(last) = self.words.len().checked_sub(1) else { return false };
        words.len() > last
            && self.words[..last] == words[..last]
            && if self.is_prefix {
                words[last].starts_with(&self.words[last])
            } else {
                words[last] == self.words[last]
            }
    }
}

/// Lower-case words: runs of letters and digits; an apostrophe inside a word is dropped with what follows
/// it ("council's" is "council"), a hyphen separates.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('’', "'");
    lower
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .filter_map(|word| word.trim_matches('\'').split('\'').next())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

impl Classifier for Lexicon {
    fn name(&self) -> &str {
        "lexicon"
    }

    fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    fn context(&self) -> Context {
        Context::None
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        Ok(inputs.par_iter().map(|input| self.score_one(input.text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Sentiment, decide};

    fn labels(text: &str) -> (Vec<String>, Sentiment) {
        let lexicon = Lexicon::new(&Codebook::shipped());
        let labels = decide(&lexicon.score_one(text), lexicon.thresholds());
        let names = lexicon.labels.themes.iter().zip(&labels.themes);
        (names.filter(|(_, is_given)| **is_given).map(|(name, _)| name.clone()).collect(), labels.sentiment)
    }

    #[test]
    fn a_term_is_found_across_hyphens_and_capitals() {
        assert_eq!(labels("Home-to-School journeys were cancelled.").0, ["transport"]);
    }

    #[test]
    fn a_term_matches_whole_words_only() {
        assert!(labels("The motionless billboard said nothing.").0.is_empty());
    }

    #[test]
    fn a_prefix_term_matches_any_ending() {
        assert_eq!(labels("Nobody was accountable.").0, ["leadership"]);
    }

    #[test]
    fn vader_decides_sentiment() {
        assert_eq!(labels("It was a terrible, harmful failure.").1, Sentiment::Negative);
        assert_eq!(labels("Families praised the excellent support.").1, Sentiment::Positive);
        assert_eq!(labels("The form has four pages.").1, Sentiment::Neutral);
    }
}
