//! stub
use crate::engine::{Classifier, Input};
use crate::error::{Error, Result};
use crate::score::{LabelSet, Scores, Thresholds};
use std::path::Path;
/// stub
#[derive(Debug)]
pub struct Encoder {
    labels: LabelSet,
    thresholds: Thresholds,
}
impl Encoder {
    /// stub
    pub fn embedded() -> Result<Self> {
        Err(Error::config("stub"))
    }
    /// stub
    pub fn open(_path: &Path) -> Result<Self> {
        Err(Error::config("stub"))
    }
}
impl Classifier for Encoder {
    fn name(&self) -> &str {
        "encoder"
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
