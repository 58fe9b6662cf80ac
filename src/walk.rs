//! stub
use crate::article::Skipped;
use crate::error::Result;
use std::path::{Path, PathBuf};
/// A file of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where to open it.
    pub path: PathBuf,
    /// Path relative to the corpus with `/` on every system; the id of its article.
    pub id: String,
    /// Size in bytes.
    pub bytes: u64,
}
/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Files to read, in byte order of their ids.
    pub sources: Vec<Source>,
    /// What was met and is no readable file.
    pub skipped: Vec<Skipped>,
}
/// Limits of a walk.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folders left out: the output folder and its cache.
    pub exclude: Vec<PathBuf>,
    /// Largest file, in bytes.
    pub max_bytes: u64,
}
/// Lists the files under `root` (or `root` itself if it is a file).
pub fn walk(_root: &Path, _options: &Options) -> Result<Walk> {
    Ok(Walk::default())
}
