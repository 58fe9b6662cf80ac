//! stub
use crate::article::{Article, Passage};
/// The unit that is labelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unit {
    /// A body paragraph or a list item.
    #[default]
    Paragraph,
    /// 60 to 120 words under one subhead.
    Segment,
    /// A sentence.
    Sentence,
    /// All counted blocks of an article.
    Article,
}
/// stub
#[must_use]
pub fn split(_article: &Article, _unit: Unit) -> Vec<Passage> {
    Vec::new()
}
