//! Markdown: recognises it by its marks and reads the fields of its front matter.

use serde_json::Value;

use crate::article::{Body, Fields, Format};
use crate::read::mapping::Mapping;
use crate::read::record::{self, Record};
use crate::read::{Reading, Source};

/// Bytes looked at for marks.
const MARK_WINDOW: usize = 64 << 10;
/// Bytes in which front matter must end.
const FRONT_WINDOW: usize = 16 << 10;

/// Whether a text that is nothing else is Markdown. The name counts only where marks are few.
pub(super) fn is_markdown(text: &str, is_claimed: bool, mapping: &Mapping) -> bool {
    if front_matter(text, mapping).is_some() {
        return true;
    }
    let (headings, other) = marks(text);
    // Marks of emphasis alone also stand in text copied from chats and forums.
    if is_claimed { headings + other > 0 } else { headings > 1 || headings > 0 && other > 0 || other > 3 }
}

/// Reads the whole file as one article.
pub(super) fn read(source: Source<'_>, mapping: &Mapping) -> Reading {
    let mut article = source.article(Format::Markdown, Body::Markdown(String::new()));
    let mut text = source.text.into_owned();
    if let Some((fields, end)) = front_matter(&text, mapping) {
        article.fields = record::with_host(fields);
        text.drain(..end);
    }
    article.body = Body::Markdown(text);
    Reading { articles: vec![article], skipped: Vec::new() }
}

/// Lines that are headings, and links, pictures and bold passages.
fn marks(text: &str) -> (usize, usize) {
    let head = &text[..text.floor_char_boundary(MARK_WINDOW)];
    // Most plain texts hold none of the three.
    if memchr::memchr3(b'#', b'*', b'[', head.as_bytes()).is_none() {
        return (0, 0);
    }
    let headings = head.lines().filter(|line| is_heading(line)).count();
    let links = ["](http", "](/", "](#"].iter().map(|mark| head.matches(mark).count()).sum::<usize>();
    let bold = head.lines().filter(|line| line.matches("**").count() >= 2).count();
    (headings, links + bold)
}

/// An ATX heading (CommonMark, 4.2): one to six `#`, then a space, then words.
fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    (1..=6).contains(&level) && rest.starts_with(' ') && !rest.trim().is_empty()
}

/// What front matter says and the byte where the text after it begins.
///
/// It must say something that is known: a rule of dashes also opens articles without front matter.
fn front_matter(text: &str, mapping: &Mapping) -> Option<(Fields, usize)> {
    let mut record = Record::new();
    let mut last_key: Option<String> = None;
    let mut end = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        let line = line.trim_end();
        if index == 0 {
            if line != "---" {
                return None;
            }
        } else if line == "---" || line == "..." {
            let fields = record::fields(&record, mapping);
            return (fields != Fields::default()).then_some((fields, end));
        } else if end > FRONT_WINDOW {
            return None;
        } else if let (Some(item), Some(key)) = (line.trim_start().strip_prefix("- "), &last_key) {
            let list = record.entry(key.clone()).or_insert(Value::Array(Vec::new()));
            if let Value::Array(items) = list {
                items.push(Value::String(unquoted(item).to_owned()));
            }
        } else if !line.starts_with([' ', '\t', '#']) && !line.is_empty() {
            let (key, value) = line.split_once(':')?;
            let key = key.trim();
            last_key = Some(key.to_owned());
            if let Some(value) = value_of(value) {
                record.insert(key.to_owned(), value);
            }
        }
    }
    None
}

/// A value of YAML as far as front matter of articles goes: a string or a list in brackets.
fn value_of(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Some(list) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let items = list.split(',').map(|item| Value::String(unquoted(item).to_owned()));
        return Some(Value::Array(items.collect()));
    }
    let text = unquoted(text);
    (!text.is_empty() && text != "|" && text != ">").then(|| Value::String(text.to_owned()))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    ['"', '\''].into_iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::DateSource;

    fn article(text: &str) -> crate::article::RawArticle {
        let source = Source { id: "a.md", text: text.into(), encoding: "utf-8" };
        read(source, &Mapping::new()).articles.remove(0)
    }

    #[test]
    fn marks_make_markdown() {
        let none = Mapping::new();
        for text in [
            "# Headline\n\nText with a [link](https://example.org/a).",
            "# Headline\n\nText\n\n## Subhead\n",
            "---\ntitle: Headline\n---\nText",
        ] {
            assert!(is_markdown(text, false, &none), "{text}");
        }
        for text in ["#SEND is in crisis", "# 1 headline\n\nText", "---\nText: more\n---\nText", "Text"] {
            assert!(!is_markdown(text, false, &none), "{text}");
        }
        assert!(is_markdown("# Headline\n\nText", true, &none));
        assert!(!is_markdown("Headline\n\nText", true, &none));
    }

    #[test]
    fn front_matter_becomes_fields() {
        let article = article(
            "---\r\ntitle: \"Support: a report\"\r\ndate: 2024-03-05\r\nauthors:\r\n  - Jane Doe\r\n  - John Roe\r\n\
             tags: [a, b]\r\nurl: https://paper.example/a\r\n---\r\n\r\nText.\r\n",
        );
        assert_eq!(article.body, Body::Markdown("\r\nText.\r\n".into()));
        assert_eq!(article.fields.title.as_deref(), Some("Support: a report"));
        assert_eq!(article.fields.authors, ["Jane Doe", "John Roe"]);
        assert_eq!(article.fields.outlet.as_deref(), Some("paper.example"));
        let date = &article.fields.dates[0];
        assert_eq!((date.source, date.text.as_str()), (DateSource::Field, "2024-03-05"));
    }
}
