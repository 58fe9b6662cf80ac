//! Markdown as lines: marks become hints, the text stays.
//!
//! *Takes* Markdown source without front matter. *Gives* [`Line`]s whose source leads back to the marked text.
//! *Fails* never: what is no mark stays as text. *Cost*: one pass.
//!
//! Only what changes the meaning of a line is read: headings, list items, quotations, pictures, links and
//! emphasis. Consecutive lines of a paragraph are one line, as Markdown has it.

use super::lines::{self, Hint, Line, Lines};
use crate::article::Span;

/// Splits Markdown into lines.
#[must_use]
pub fn split(source: &str) -> Lines {
    let mut found = lines::split(source);
    let mut blocks: Vec<Line> = Vec::with_capacity(found.lines.len());
    for mut line in found.lines.drain(..) {
        if is_rule(&line.text) {
            if let Some(level) = underline_level(&line) {
                // `Title` over `=====` or `-----` is a heading.
                if let Some(last) = blocks.last_mut().filter(|last| last.hint == Hint::Paragraph) {
                    last.hint = Hint::Heading(level);
                    continue;
                }
            }
            blocks.push(line);
            continue;
        }
        read_marks(&mut line);
        let goes_on = line.hint == Hint::Paragraph && !line.after_gap && !line.has_bullet;
        match blocks.last_mut() {
            Some(last) if goes_on && matches!(last.hint, Hint::Paragraph | Hint::Item) => {
                last.text.push(' ');
                last.text.push_str(&line.text);
                if let (Some(first), Some(end)) = (last.source, line.source) {
                    last.source = Some(Span::new(first.start, end.end));
                }
            }
            _ => blocks.push(line),
        }
    }
    for line in &mut blocks {
        let (bare, linked) = strip_inline(&line.text);
        let is_picture = line.text.starts_with("![");
        // A mark that stands alone leaves the spaces on both of its sides.
        let mut text = String::with_capacity(bare.len());
        lines::normalise(&bare, &mut text);
        // Marks alone, as an empty link, would leave a line without text.
        if text.is_empty() {
            continue;
        }
        line.text = text;
        match line.hint {
            Hint::Paragraph | Hint::Item if is_picture => line.hint = Hint::Caption,
            Hint::Paragraph | Hint::Item if linked * 10 >= line.text.len() * 9 => line.hint = Hint::Link,
            _ => {}
        }
    }
    found.lines = blocks;
    found
}

/// Takes the marks off the beginning of a line and notes what they say.
fn read_marks(line: &mut Line) {
    let text = line.text.as_str();
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &text[level..];
    if (1..=6).contains(&level) && rest.starts_with(' ') {
        let heading = rest.trim().trim_end_matches('#').trim_end();
        if !heading.is_empty() {
            line.hint = Hint::Heading(u8::try_from(level).unwrap_or(6));
            line.text = heading.to_owned();
            return;
        }
    }
    line.hint = if line.has_bullet { Hint::Item } else { Hint::Paragraph };
    let quoted = text.trim_start_matches(['>', ' ']);
    if text.starts_with('>') && !quoted.is_empty() {
        line.text = quoted.to_owned();
    }
}

/// Whether a line is a rule or underline: three or more of one mark.
fn is_rule(text: &str) -> bool {
    let mark = text.chars().next().unwrap_or(' ');
    matches!(mark, '-' | '=' | '*' | '_') && text.len() >= 3 && text.chars().all(|c| c == mark || c == ' ')
}

/// Level of the heading that a line of `=` or `-` directly under a text makes.
fn underline_level(line: &Line) -> Option<u8> {
    match line.text.as_bytes().first() {
        _ if line.after_gap => None,
        Some(b'=') => Some(1),
        Some(b'-') => Some(2),
        _ => None,
    }
}

/// A line without emphasis marks, addresses of links and pictures; and how many of its bytes are link text.
fn strip_inline(text: &str) -> (String, usize) {
    let mut plain = String::with_capacity(text.len());
    let mut linked = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    // Where the text of an open link begins in `plain`.
    let mut open = None;
    while at < text.len() {
        let rest = &text[at..];
        let c = rest.chars().next().unwrap_or(' ');
        at += c.len_utf8();
        match c {
            '\\' if bytes.get(at).is_some_and(u8::is_ascii_punctuation) => {
                plain.push(char::from(bytes[at]));
                at += 1;
            }
            '!' if bytes.get(at) == Some(&b'[') => {}
            '[' => open = Some(plain.len()),
            ']' => {
                let target = match bytes.get(at) {
                    Some(b'(') => link_end(bytes, at, b')'),
                    Some(b'[') => link_end(bytes, at, b']'),
                    _ => None,
                };
                match (open.take(), target) {
                    (Some(start), Some(end)) => {
                        linked += plain.len() - start;
                        at = end;
                    }
                    (Some(start), None) => {
                        plain.insert(start, '[');
                        plain.push(']');
                    }
                    (None, _) => plain.push(']'),
                }
            }
            '*' | '`' => {}
            // An underscore inside a word is no mark.
            '_' if !(plain.ends_with(char::is_alphanumeric)
                && rest[1..].starts_with(char::is_alphanumeric)) => {}
            _ => plain.push(c),
        }
    }
    if let Some(start) = open {
        plain.insert(start, '[');
    }
    (plain, linked)
}

/// Longest address of a link, in bytes. A limit, so that a line of unclosed links costs no more than its length.
const LONGEST_TARGET: usize = 2_048;

/// Index after the mark that closes a link's address which opens at `at`.
fn link_end(bytes: &[u8], at: usize, close: u8) -> Option<usize> {
    let end = bytes.len().min(at + LONGEST_TARGET);
    memchr::memchr(close, &bytes[at..end]).map(|found| at + found + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(source: &str) -> Vec<(String, Hint)> {
        split(source).lines.into_iter().map(|line| (line.text, line.hint)).collect()
    }

    #[test]
    fn marks_become_hints() {
        let source = "# County *hires* staff\n\nBy [Ada Bell](https://x.example/ada) in\nOakfield\n\n\
            Plan\n----\n\n- **Long** waits\n- snake_case [a] b\n\n> “We waited.”\n\n![A hall](hall.jpg)\n\n[Menu](/m)\n";
        let expected = [
            ("County hires staff", Hint::Heading(1)),
            ("By Ada Bell in Oakfield", Hint::Paragraph),
            ("Plan", Hint::Heading(2)),
            ("Long waits", Hint::Item),
            ("snake_case [a] b", Hint::Item),
            ("“We waited.”", Hint::Paragraph),
            ("A hall", Hint::Caption),
            ("Menu", Hint::Link),
        ];
        assert_eq!(seen(source), expected.map(|(text, hint)| (text.to_owned(), hint)));
    }

    proptest! {
        #[test]
        fn any_text_is_split(source in "[a-z *_\\[\\]()!#>\n\\\\-]{0,80}") {
            for line in split(&source).lines {
                prop_assert!(!line.text.is_empty() && !line.text.contains("  "));
                prop_assert!(line.source.is_some_and(|span| source.is_char_boundary(span.start) && span.end <= source.len()));
            }
        }
    }
}
