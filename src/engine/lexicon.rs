//! stub
use crate::codebook::Codebook;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::score::{LabelSet, Scores, Thresholds};
/// stub
#[derive(Debug)]
pub struct Lexicon {
    labels: LabelSet,
    thresholds: Thresholds,
}
impl Lexicon {
    /// stub
    #[must_use]
    pub fn new(codebook: &Codebook) -> Self {
        let themes = codebook.names();
        Self {
            thresholds: Thresholds { themes: vec![0.5; themes.len()], relevant: 0.5 },
            labels: LabelSet { themes, has_relevance: false },
        }
    }
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
    fn uses_context(&self) -> bool {
        false
    }
    fn hash(&self) -> &str {
        ""
    }
    fn score(&self, _inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        Ok(Vec::new())
    }
}
