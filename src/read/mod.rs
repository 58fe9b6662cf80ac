//! stub
use crate::article::{RawArticle, Skipped};
/// What a reader made of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Articles in file order.
    pub articles: Vec<RawArticle>,
    /// Records, or the file itself, that could not be read.
    pub skipped: Vec<Skipped>,
}
/// How to read.
#[derive(Debug, Clone, Default)]
pub struct Options {}
/// Reads the articles of one file. `id` is the file's path relative to the corpus.
#[must_use]
pub fn read(_id: &str, _bytes: &[u8], _options: &Options) -> Reading {
    Reading::default()
}
