//! Any text as the HTML of a page or of a fragment.

use sendlens::article::{Body, Fields, Format, RawArticle};

/// Cleaning a page keeps the promises of cleaning, and what the page says of itself is text.
pub fn holds(bytes: &[u8]) {
    let raw = RawArticle {
        id: "a.html".to_owned(),
        format: Format::Html,
        encoding: "utf-8",
        body: Body::Html(super::text(bytes).into_owned()),
        fields: Fields::default(),
        is_truncated: false,
        warnings: Vec::new(),
    };
    super::clean::cleaned(raw.clone());
    let fields = sendlens::clean::clean(raw).fields;
    let texts = [&fields.title, &fields.outlet, &fields.url, &fields.language].into_iter().flatten();
    for text in texts.chain(&fields.authors).chain(fields.dates.iter().map(|date| &date.text)) {
        assert!(!text.trim().is_empty(), "empty strings are never stored: {fields:?}");
    }
}
