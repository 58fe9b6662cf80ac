//! Splits a dumped text into lines, each with the place it came from.
//!
//! *Takes* decoded text. *Gives* [`Line`]s in order, their text normalised. *Fails* never. *Cost*: two
//! passes over the text, one allocation per line.
//!
//! Invariants, each with a test of the same name: a line's source lies on character boundaries and leads
//! back to its words (`source_leads_back`); no line is blank (`no_line_is_blank`).

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::article::Span;
use crate::plain;

/// Longest line, in bytes of source; a longer one is split at white space and counted.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// What the markup of a source says about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hint {
    /// Nothing: the source has no markup, or none that helps.
    #[default]
    None,
    /// A paragraph.
    Paragraph,
    /// A heading, with its level from 1 to 6.
    Heading(u8),
    /// An item of a list.
    Item,
    /// The caption of a figure.
    Caption,
    /// A line that is nothing but links.
    Link,
    /// A line of a part that is no article text by its element (`nav`, `footer`, `aside`, `form`).
    Aside,
}

/// One line of a source on its way to being a block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// The text: no control or bidi characters, white space as single spaces, list glyph taken off.
    pub text: String,
    /// Where it stands in the decoded source; `None` if the text is rendered.
    pub source: Option<Span>,
    /// Whether a blank line stands before it.
    pub after_gap: bool,
    /// Whether a list glyph (`•`, `-`, `1.`) stood before it.
    pub has_bullet: bool,
    /// What the markup says.
    pub hint: Hint,
}

/// The lines of a text and what had to be repaired to get them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// The lines in order.
    pub lines: Vec<Line>,
    /// Control and bidi characters removed.
    pub removed_characters: usize,
    /// Labels that were glued to the text before them.
    pub split_labels: usize,
    /// Lines over [`MAX_LINE_BYTES`] that were split.
    pub long_lines: usize,
}

impl Lines {
    /// The same lines of a text that is not the source.
    #[must_use]
    pub fn without_source(mut self) -> Self {
        for line in &mut self.lines {
            line.source = None;
        }
        self
    }
}

/// Labels that pages glue to the end of an alternative text when they are dumped.
const GLUED: [&str; 5] =
    ["Image source,", "Image caption,", "Image copyright", "Media caption,", "Video caption,"];

static ANY_GLUED: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(GLUED).expect("the labels are few and short"));

/// Splits `text` at line breaks, glued labels and, where a line is longer than [`MAX_LINE_BYTES`], at white
/// space.
#[must_use]
pub fn split(text: &str) -> Lines {
    let mut found = Lines::default();
    let mut gap = false;
    let mut bullet_before = false;
    let mut next = Some(0);
    while let Some(here) = next {
        let (end, after) = end_of_line(text, here);
        let piece = &text[here..end];
        next = after;
        // `\r\n` is one break: the empty piece between the two is no blank line.
        if piece.is_empty() && here > 0 && text[..here].ends_with('\r') && text[here..].starts_with('\n') {
            continue;
        }
        if piece.trim().is_empty() {
            gap = true;
            continue;
        }
        for part in Parts::new(piece) {
            if part.start > 0 && !is_label(&piece[part.start..]) {
                found.long_lines += 1;
            } else if part.start > 0 {
                found.split_labels += 1;
            }
            let mut line = read_line(text, here + part.start, here + part.end, &mut found.removed_characters);
            if line.text.is_empty() {
                continue;
            }
            line.after_gap = gap && part.start == 0;
            line.has_bullet |= std::mem::take(&mut bullet_before);
            bullet_before = line.text.chars().all(is_glyph);
            found.lines.push(line);
        }
        gap = false;
    }
    found
}

/// Appends `raw` to `text` as normalised text: white space as single spaces, nothing unprintable. Returns how
/// many control and bidi characters were removed; byte-order marks, soft hyphens and zero-width spaces go
/// uncounted, as they carry no meaning in print.
pub fn normalise(raw: &str, text: &mut String) -> usize {
    let mut removed = 0;
    let mut space = false;
    if is_normal(raw) {
        text.push_str(raw);
        return 0;
    }
    for c in raw.chars() {
        if c.is_whitespace() {
            space = true;
        } else if plain::is_unprintable(c) {
            removed += usize::from(!matches!(c, '\u{feff}' | '\u{ad}' | '\u{200b}' | '\u{2060}'));
        } else {
            if std::mem::take(&mut space) && !text.is_empty() {
                text.push(' ');
            }
            text.push(c);
        }
    }
    removed
}

/// Whether a text is printable ASCII with single spaces inside, as most lines are.
fn is_normal(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    // Both look at every byte, many at a time: quicker than one by one up to the first that is odd.
    let is_odd = bytes.iter().fold(false, |is_odd, byte| is_odd | !(b' '..=b'~').contains(byte));
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let is_double = pairs.fold(false, |is_double, pair| is_double | (pair == (&b' ', &b' ')));
    !is_odd && !is_double && !bytes.starts_with(b" ") && !bytes.ends_with(b" ")
}

/// Whether `text` begins with a label that can be glued on.
fn is_label(text: &str) -> bool {
    GLUED.iter().any(|label| text.starts_with(label))
}

/// Where the line that begins at `start` ends, and where the next one begins, if there is one.
fn end_of_line(text: &str, start: usize) -> (usize, Option<usize>) {
    // The first bytes of all breaks.
    let may_break = |byte: &u8| matches!(byte, b'\n'..=b'\r' | 0xC2 | 0xE2);
    let mut at = start;
    while let Some(found) = text.as_bytes()[at..].iter().position(may_break) {
        at += found;
        let c = text[at..].chars().next().unwrap_or_default();
        if is_break(c) {
            return (at, Some(at + c.len_utf8()));
        }
        at += c.len_utf8();
    }
    (text.len(), None)
}

/// Whether `c` ends a line.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether `c` is a glyph that only lists use.
fn is_glyph(c: char) -> bool {
    matches!(c, '•' | '◦' | '▪' | '‣' | '●' | '■' | '·' | '∙' | '⁃' | '\u{f0b7}')
}

/// Reads the line between two bytes of `source`.
fn read_line(source: &str, start: usize, end: usize, removed: &mut usize) -> Line {
    let is_blank = |c: char| c.is_whitespace() || plain::is_unprintable(c);
    let raw = source[start..end].trim_matches(is_blank);
    let (inner, has_glyph) = strip_glyph(raw);
    let inner = inner.trim_start_matches(is_blank);
    let mut line = Line { has_bullet: has_glyph || is_numbered(inner), ..Line::default() };
    line.text.reserve(inner.len());
    *removed += normalise(&source[start..end], &mut line.text);
    if has_glyph {
        line.text.clear();
        normalise(inner, &mut line.text);
    }
    let offset = inner.as_ptr() as usize - source.as_ptr() as usize;
    line.source = Some(Span::new(offset, offset + inner.len()));
    line
}

/// Takes a list glyph off the beginning, if something follows it.
fn strip_glyph(raw: &str) -> (&str, bool) {
    let mut chars = raw.chars();
    let Some(first) = chars.next() else { return (raw, false) };
    let rest = chars.as_str();
    let is_list = is_glyph(first)
        || (matches!(first, '-' | '*' | '–' | '—' | '+') && rest.starts_with(char::is_whitespace));
    let has_words = rest.chars().any(char::is_alphanumeric);
    if is_list && has_words { (rest, true) } else { (raw, false) }
}

/// Whether a line begins like `1. ` or `12) `.
fn is_numbered(text: &str) -> bool {
    let digits = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let rest = &text.as_bytes()[digits..];
    (1..=2).contains(&digits) && matches!(rest, [b'.' | b')', b' ', ..])
}

/// Cuts one line at glued labels and after at most [`MAX_LINE_BYTES`].
struct Parts<'t> {
    line: &'t str,
    start: usize,
    /// Where labels are glued on, last first. Found once per line: a search per part would be quadratic.
    labels: Vec<usize>,
}

impl<'t> Parts<'t> {
    fn new(line: &'t str) -> Self {
        // No label can begin inside another.
        let mut labels: Vec<usize> = ANY_GLUED
            .find_iter(line)
            .map(|found| found.start())
            // A space before a label is an ordinary sentence that names it; only a letter can be glued on.
            .filter(|&at| line[..at].ends_with(char::is_alphanumeric))
            .collect();
        labels.reverse();
        Self { line, start: 0, labels }
    }
}

impl Iterator for Parts<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let rest = &self.line[self.start..];
        if rest.is_empty() {
            return None;
        }
        let mut end = rest.len();
        if end > MAX_LINE_BYTES {
            let limit = rest.floor_char_boundary(MAX_LINE_BYTES);
            end = rest[..limit].rfind(char::is_whitespace).filter(|&at| at > 0).unwrap_or(limit);
        }
        end += self.start;
        if let Some(at) = self.labels.pop_if(|at| *at < end) {
            end = at;
        }
        let span = Span::new(self.start, end);
        self.start = end;
        Some(span)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(text).lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn breaks_of_every_kind() {
        assert_eq!(texts("a\r\nb\rc\n\nd\u{2028}e"), ["a", "b", "c", "d", "e"]);
        let gaps: Vec<bool> = split("a\r\nb\r\n\r\nc").lines.iter().map(|line| line.after_gap).collect();
        assert_eq!(gaps, [false, false, true]);
    }

    #[test]
    fn glued_labels_are_split() {
        let found = split("Oakfield Town HallImage source, Some Agency\nThe Image source, of it");
        let texts: Vec<&str> = found.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["Oakfield Town Hall", "Image source, Some Agency", "The Image source, of it"]);
        assert_eq!(found.split_labels, 1);
    }

    #[test]
    fn glyphs_are_taken_off() {
        let found = split("  •\u{a0} Long waits\n- Published\n-\n1. First\n•\nAlone");
        let seen: Vec<(&str, bool)> =
            found.lines.iter().map(|line| (line.text.as_str(), line.has_bullet)).collect();
        assert_eq!(
            seen,
            [
                ("Long waits", true),
                ("Published", true),
                ("-", false),
                ("1. First", true),
                ("•", false),
                ("Alone", true)
            ]
        );
    }

    #[test]
    fn control_characters_are_counted() {
        let found = split("\u{feff}one\u{202e} two\u{0}\u{a0}\u{a0}three");
        assert_eq!(found.lines[0].text, "one two three");
        assert_eq!(found.removed_characters, 2);
    }

    #[test]
    fn long_lines_are_split() {
        let found = split(&"word ".repeat(MAX_LINE_BYTES / 5 * 2 + 10));
        assert_eq!(found.long_lines, 2);
        assert!(found.lines.iter().all(|line| line.text.len() <= MAX_LINE_BYTES));
        assert!(found.lines.iter().all(|line| line.text.ends_with("word")));
    }

    proptest! {
        #[test]
        fn source_leads_back(text in "(\\PC|[\n\r\u{202e} •-])*") {
            for line in split(&text).lines {
                let mut again = String::new();
                normalise(line.source.expect("a split line has a source").of(&text), &mut again);
                prop_assert_eq!(again, line.text);
            }
        }

        #[test]
        fn no_line_is_blank(text in any::<String>()) {
            for line in split(&text).lines {
                prop_assert!(!line.text.trim().is_empty());
            }
        }
    }
}
