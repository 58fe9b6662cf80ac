//! stub
use crate::article::{Article, RawArticle};
/// stub
#[must_use]
pub fn clean(raw: RawArticle) -> Article {
    Article {
        id: raw.id,
        format: raw.format,
        encoding: raw.encoding,
        text: String::new(),
        blocks: Vec::new(),
        fields: raw.fields,
        language: None,
        is_truncated: raw.is_truncated,
        warnings: raw.warnings,
    }
}
