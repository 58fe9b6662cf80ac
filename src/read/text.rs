//! Plain text: a page as a browser or a person copied it, furniture and all.

use crate::article::{Body, Format};
use crate::read::{Reading, Source};

/// Reads the whole file as one dumped page.
pub(super) fn read(source: Source<'_>) -> Reading {
    let mut article = source.article(Format::Text, Body::Dump(String::new()));
    article.body = Body::Dump(source.text.into_owned());
    Reading { articles: vec![article], skipped: Vec::new() }
}
