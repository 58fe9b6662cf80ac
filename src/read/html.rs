//! HTML: recognises pages and fragments. The page is only decoded here; cleaning takes it apart.

use crate::article::{Body, Format};
use crate::read::{Reading, Source};

/// Bytes in which a page must show that it is one.
const PAGE_WINDOW: usize = 4096;
/// Bytes in which an opened tag must close; longer ones are a stray `<` in text.
const TAG_WINDOW: usize = 2048;
/// Elements whose tags prove that a text is HTML; names that are also words ("link", "time") are left out.
const ELEMENTS: [&str; 27] = [
    "a",
    "article",
    "b",
    "blockquote",
    "body",
    "br",
    "div",
    "em",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "main",
    "ol",
    "p",
    "section",
    "span",
    "strong",
    "table",
    "ul",
];

/// Reads the whole file as one page.
pub(super) fn read(source: Source<'_>) -> Reading {
    let mut article = source.article(Format::Html, Body::Html(String::new()));
    article.body = Body::Html(source.text.into_owned());
    Reading { articles: vec![article], skipped: Vec::new() }
}

/// Whether `text` is an HTML page or a file that begins as a fragment of one.
pub(super) fn is_page(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(PAGE_WINDOW)];
    let start = head.trim_start();
    let mut rest = start;
    // Comments ("saved from url=…") may stand before the document.
    while let Some(comment) = rest.strip_prefix("<!--") {
        rest = comment.split_once("-->").map_or("", |(_, after)| after).trim_start();
    }
    begins_with(rest, "<!doctype html")
        || rest.starts_with('<') && tag_at(rest).is_some_and(|name| ELEMENTS.contains(&name.as_str()))
        || ["<script", "<style", "<meta", "<title", "<link"].iter().any(|tag| begins_with(rest, tag))
        || start.starts_with('<') && contains(head, "<html")
        || contains(head, "<!doctype html")
}

/// Whether a field's text holds HTML tags.
pub(super) fn holds_tags(text: &str) -> bool {
    memchr::memchr_iter(b'<', text.as_bytes())
        .any(|start| tag_at(&text[start..]).is_some_and(|name| ELEMENTS.contains(&name.as_str())))
}

/// The lower-case name of the tag that `text`, which begins with `<`, opens or closes.
fn tag_at(text: &str) -> Option<String> {
    let inner = text.strip_prefix("</").or_else(|| text.strip_prefix('<'))?;
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric())?;
    if end == 0 || end > 10 {
        return None;
    }
    let after = &inner.as_bytes()[end..];
    let window = &after[..after.len().min(TAG_WINDOW)];
    let closes = memchr::memchr2(b'>', b'<', window).is_some_and(|at| window[at] == b'>');
    let ends_name = after[0] == b'>' || after[0] == b'/' || after[0].is_ascii_whitespace();
    (closes && ends_name).then(|| inner[..end].to_ascii_lowercase())
}

fn begins_with(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

fn contains(text: &str, wanted: &str) -> bool {
    memchr::memchr_iter(b'<', text.as_bytes()).any(|start| begins_with(&text[start..], wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_fragments_are_recognised() {
        for page in [
            "<!DOCTYPE html><html><p>Text",
            "\n<!-- saved from url=(0042)https://example.org -->\n<HTML lang=en>",
            "<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">",
            "<div class=\"story\">\nText</div>",
            "<p>Text</p>",
            "<meta charset=utf-8><title>Text</title>",
        ] {
            assert!(is_page(page), "{page}");
        }
        for text in ["The <b>board</b> met.", "<3 this school", "< 5% of pupils", "<rss><channel>", "<"] {
            assert!(!is_page(text), "{text}");
        }
    }

    #[test]
    fn tags_in_fields_are_told_from_signs() {
        for html in ["One.<br>Two.", "<p>One.</p>", "One <a href=\"https://example.org\">link</a>", "x</P>"] {
            assert!(holds_tags(html), "{html}");
        }
        for text in ["a < b and c > d", "x <a b", "under <5 and >10", "<sic>", "<p", "I <3 <i", "<é>"] {
            assert!(!holds_tags(text), "{text}");
        }
        // A long run of openings costs one window each, not the rest of the text.
        assert!(!holds_tags(&"<p ".repeat(300_000)));
    }
}
