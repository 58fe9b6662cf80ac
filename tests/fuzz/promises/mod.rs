//! What sendlens promises for any bytes at all, one file per fuzz target.
//!
//! *Takes* the bytes a fuzzer makes up. *Gives* nothing; panics if a promise is broken. The targets in `targets/`
//! call `holds` on what libFuzzer makes up; `tests/it/regressions.rs` calls it on everything found before and on
//! the fixtures, so that both check the same.

use std::borrow::Cow;

use sendlens::article::{Article, Fields, Format, Span};

pub mod clean;
pub mod html;
pub mod json;
pub mod csv;
pub mod dates;
pub mod passages;
pub mod metadata;
pub mod codebook;
pub mod terminal;
pub mod cells;

/// Checks what one target promises.
pub type Promise = fn(&[u8]);

/// Every target by its name.
pub const ALL: [(&str, Promise); 10] = [
    ("clean", clean::holds),
    ("html", html::holds),
    ("json", json::holds),
    ("csv", csv::holds),
    ("dates", dates::holds),
    ("passages", passages::holds),
    ("metadata", metadata::holds),
    ("codebook", codebook::holds),
    ("terminal", terminal::holds),
    ("cells", cells::holds),
];

/// The bytes as text; what is no UTF-8 becomes U+FFFD.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The letters and digits of a text that are printed.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() && !sendlens::plain::is_unprintable(*c)).collect()
}

/// An article without text, to be filled.
fn blank(id: &str) -> Article {
    Article {
        id: id.to_owned(),
        format: Format::Text,
        encoding: "utf-8",
        text: String::new(),
        blocks: Vec::new(),
        fields: Fields::default(),
        language: None,
        is_truncated: false,
        warnings: Vec::new(),
    }
}

/// Blocks lie on character boundaries, in order, one line feed apart, and hold printable text; what they say of
/// source and lead-in is there.
fn assert_tiled(article: &Article, source: &str) {
    let mut end = 0;
    for (index, block) in article.blocks.iter().enumerate() {
        assert_eq!(
            block.span.start,
            if index == 0 { 0 } else { end + 1 },
            "block {index} begins where the last ends"
        );
        end = block.span.end;
        let text = article.text_of(block);
        assert!(!text.trim().is_empty(), "block {index} is blank");
        assert!(!text.contains(is_line_break), "block {index} is one line: {text:?}");
        assert!(!text.contains(sendlens::plain::is_unprintable), "block {index} is printable: {text:?}");
        assert!(block.probability.is_none_or(|value| (0.0..=1.0).contains(&value)), "{block:?}");
        if let Some(span) = block.source {
            assert!(!of(span, source).is_empty(), "block {index} stands in its source");
        }
        if let Some(lead_in) = block.lead_in {
            assert!(lead_in < index && article.blocks[lead_in].role.is_counted(), "{block:?}");
        }
    }
    assert_eq!(end, article.text.len(), "blocks tile the text");
}

/// Whether a terminal or a reader takes `c` as a new line.
fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text of `span`, which must lie in `text`.
fn of(span: Span, text: &str) -> &str {
    text.get(span.start..span.end).expect("a span lies on character boundaries of its text")
}
