//! Scores and decisions, kept apart: an engine gives [`Scores`], [`decide`] turns them into
//! [`Labels`], and a changed threshold remakes labels without a new inference.

use serde::{Deserialize, Serialize};

/// Names of the labels an engine scores, in the order of [`Scores`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSet {
    /// Theme names.
    pub themes: Vec<String>,
    /// Whether the engine says if a passage is about SEND at all.
    pub has_relevance: bool,
}

/// What an engine says about one passage. All values are probabilities in [0, 1] and finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// One value per theme of the [`LabelSet`], independent of each other.
    pub themes: Vec<f32>,
    /// Probability of being about SEND; 1 for an engine without relevance.
    pub relevant: f32,
    /// Negative, neutral, positive; they sum to 1.
    pub sentiment: [f32; 3],
    /// Tokens of the passage for the engine's tokenizer (words for the lexicon), special tokens not counted.
    pub tokens: u32,
    /// Tokens beyond the engine's limit, which it did not see.
    pub truncated_tokens: u32,
}

/// Measured quality of one label on held-out passages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Share of the passages given the label that deserve it.
    pub precision: f64,
    /// Share of the passages that deserve the label that were given it.
    pub recall: f64,
    /// Passages that deserve it.
    pub support: u64,
}

/// Sentiment of a passage as a whole, not towards a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    /// Things look bad for SEND children, families and services.
    Negative,
    /// Neither, or evenly both.
    Neutral,
    /// Things look good.
    Positive,
}

impl Sentiment {
    /// All, in the order of [`Scores::sentiment`].
    pub const ALL: [Self; 3] = [Self::Negative, Self::Neutral, Self::Positive];

    /// The name used in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

/// Lowest score at which a label is given, each in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// One value per theme of the [`LabelSet`].
    pub themes: Vec<f32>,
    /// For [`Scores::relevant`].
    pub relevant: f32,
}

/// The decision about one passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Whether the passage is about SEND. If not, no theme is given.
    pub is_relevant: bool,
    /// One entry per theme of the [`LabelSet`].
    pub themes: Vec<bool>,
    /// The most probable sentiment; on a tie the neutral one, then the negative one.
    pub sentiment: Sentiment,
}

impl Labels {
    /// Names of the themes given, out of all `themes` in their order.
    #[must_use]
    pub fn given(&self, themes: &[String]) -> Vec<String> {
        let pairs = themes.iter().zip(&self.themes);
        pairs.filter(|(_, is_given)| **is_given).map(|(theme, _)| theme.clone()).collect()
    }
}

/// Turns scores into labels.
///
/// A theme is given at or above its threshold, and only to a relevant passage.
#[must_use]
pub fn decide(scores: &Scores, thresholds: &Thresholds) -> Labels {
    let is_relevant = scores.relevant >= thresholds.relevant;
    let themes = scores
        .themes
        .iter()
        .zip(&thresholds.themes)
        .map(|(score, threshold)| is_relevant && score >= threshold)
        .collect();
    Labels { is_relevant, themes, sentiment: most_probable(scores.sentiment) }
}

/// The most probable of the sentiments negative, neutral and positive; on a tie the neutral one, then the negative one.
#[must_use]
pub fn most_probable([negative, neutral, positive]: [f32; 3]) -> Sentiment {
    if neutral >= negative && neutral >= positive {
        Sentiment::Neutral
    } else if negative >= positive {
        Sentiment::Negative
    } else {
        Sentiment::Positive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(themes: &[f32], relevant: f32, sentiment: [f32; 3]) -> Scores {
        Scores { themes: themes.to_vec(), relevant, sentiment, tokens: 0, truncated_tokens: 0 }
    }

    #[test]
    fn a_theme_is_given_at_its_threshold() {
        let thresholds = Thresholds { themes: vec![0.5, 0.3], relevant: 0.5 };
        let labels = decide(&scores(&[0.5, 0.29], 0.9, [0.1, 0.2, 0.7]), &thresholds);
        assert_eq!(labels.themes, [true, false]);
        assert_eq!(labels.sentiment, Sentiment::Positive);
    }

    #[test]
    fn an_irrelevant_passage_has_no_theme() {
        let thresholds = Thresholds { themes: vec![0.5], relevant: 0.5 };
        let labels = decide(&scores(&[0.99], 0.4, [0.5, 0.5, 0.0]), &thresholds);
        assert!(!labels.is_relevant);
        assert_eq!(labels.themes, [false]);
        assert_eq!(labels.sentiment, Sentiment::Neutral);
    }
}
