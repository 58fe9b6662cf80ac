//! HTML: recognises pages and fragments. The page is only decoded here; cleaning takes it apart.

use std::borrow::Cow;

use crate::article::{Body, Format};
use crate::plain;
use crate::read::{Reading, Source};

/// Bytes in which a page must show that it is one.
const PAGE_WINDOW: usize = 4096;
/// Bytes in which an opened tag must close; longer ones are a stray `<` in text.
const TAG_WINDOW: usize = 2048;
/// Longest character reference that is looked for, in bytes.
const LONGEST_REFERENCE: usize = 10;
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

/// Text with its character references ("&amp;", "&#8217;") resolved; borrowed if there is none.
///
/// Only the names that stand in news text are known; others stay as they are.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let mut done = 0;
    for start in memchr::memchr_iter(b'&', text.as_bytes()) {
        let window = &text.as_bytes()[start + 1..text.len().min(start + 1 + LONGEST_REFERENCE)];
        let Some(length) = memchr::memchr(b';', window) else { continue };
        let Some(character) = character(&window[..length]) else { continue };
        plain.push_str(&text[done..start]);
        plain.push(character);
        done = start + 1 + length + 1;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(&text[done..]);
    Cow::Owned(plain)
}

/// The character that a reference without `&` and `;` stands for.
fn character(name: &[u8]) -> Option<char> {
    const NAMES: [(&[u8], char); 16] = [
        (b"amp", '&'),
        (b"lt", '<'),
        (b"gt", '>'),
        (b"quot", '"'),
        (b"apos", '\''),
        (b"nbsp", '\u{a0}'),
        (b"lsquo", '‘'),
        (b"rsquo", '’'),
        (b"ldquo", '“'),
        (b"rdquo", '”'),
        (b"ndash", '–'),
        (b"mdash", '—'),
        (b"hellip", '…'),
        (b"bull", '•'),
        (b"pound", '£'),
        (b"eacute", 'é'),
    ];
    if let Some(number) = name.strip_prefix(b"#") {
        let number = std::str::from_utf8(number).ok()?;
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// Text without the tags of known elements; borrowed if there is none.
pub(super) fn without_tags(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let mut done = 0;
    for start in memchr::memchr_iter(b'<', text.as_bytes()) {
        if !tag_at(&text[start..]).is_some_and(|name| ELEMENTS.contains(&name.as_str())) {
            continue;
        }
        if let Some(end) = memchr::memchr(b'>', &text.as_bytes()[start..]) {
            plain.push_str(&text[done..start]);
            done = start + end + 1;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(&text[done..]);
    Cow::Owned(plain)
}

/// Text without tags, character references, line breaks, and characters that drive a terminal; `None` if
/// nothing is left.
pub(super) fn one_line(text: &str) -> Option<String> {
    let text = unescape(text);
    let text = without_tags(&text);
    let text = plain::line(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
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
    fn references_and_tags_are_resolved() {
        for (text, plain) in [
            ("Bath &amp; Wells", "Bath & Wells"),
            ("The council&#8217;s &pound;2m &#x2013; &quot;late&quot;", "The council’s £2m – \"late\""),
            ("&lt;p&gt;", "<p>"),
            ("A&E & B; &unknown; &#0; &#xD800; &", "A&E & B; &unknown; &#0; &#xD800; &"),
        ] {
            assert_eq!(unescape(text), plain);
        }
        assert_eq!(without_tags("One <em>two</em> <5 <a href='x'>three</a>"), "One two <5 three");
        assert_eq!(one_line("\u{1b}[31mA\u{202e} &lt;b>bus\n"), Some("A bus".into()));
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
