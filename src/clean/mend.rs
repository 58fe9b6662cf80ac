//! Puts paragraphs together again that a dump has broken.
//!
//! *Takes* the lines of a dump. *Gives* the same words in fewer lines. *Fails* never. *Cost*: one pass to
//! measure columns, one to join.
//!
//! Two kinds of damage: text wrapped at a column (mail, archives), and a paragraph broken in mid-sentence
//! where the page had a link or a name in a box. Invariants: no word is lost (`no_word_is_lost`); a joined
//! line's source runs from its first to its last byte (`source_spans_the_join`).

use super::lines::{Hint, Line};
use super::phrases;
use super::shape;
use crate::article::Span;

/// What was put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mended {
    /// Lines joined because the text was wrapped at a column.
    pub unwrapped: usize,
    /// Lines joined because a sentence went on.
    pub joined: usize,
}

/// Joins what belongs together.
pub fn mend(lines: &mut Vec<Line>) -> Mended {
    let column = wrap_column(lines);
    let mut mended = Mended::default();
    let mut whole: Vec<Line> = Vec::with_capacity(lines.len());
    // Columns of the last physical line of `whole.last()`.
    let mut columns = 0;
    let mut in_list = false;
    for line in lines.drain(..) {
        let line_columns = if column.is_some() { line.text.chars().count() } else { 0 };
        if let Some(last) = whole.last_mut() {
            if column.is_some_and(|column| is_wrapped(columns, &line, column)) {
                join(last, &line);
                columns = line_columns;
                mended.unwrapped += 1;
                continue;
            }
            in_list = shape::ends_with_colon(&last.text) || (in_list && !shape::is_terminated(&last.text));
            if !in_list && is_broken(last, &line) {
                join(last, &line);
                columns = line_columns;
                mended.joined += 1;
                continue;
            }
        }
        columns = line_columns;
        whole.push(line);
    }
    *lines = whole;
    mended
}

/// Appends `next` to `line`.
fn join(line: &mut Line, next: &Line) {
    line.text.push(' ');
    line.text.push_str(&next.text);
    if let (Some(first), Some(last)) = (line.source, next.source) {
        line.source = Some(Span::new(first.start, last.end));
    }
}

/// The column at which the text was wrapped by a machine, if it was.
///
/// A machine breaks a line only where the next word does not fit, so the lines that are followed directly
/// by another must be full: longest line within 60 to 90 columns, and at least 60% of such lines (and at
/// least 4) with no room for the next line's first word.
fn wrap_column(lines: &[Line]) -> Option<usize> {
    // A dump of one paragraph per line has long lines; the first one settles it.
    const WIDEST: usize = 90;
    if lines.iter().any(|line| line.text.len() > WIDEST * 4) {
        return None;
    }
    let columns: Vec<usize> = lines.iter().map(|line| line.text.chars().count()).collect();
    let column = columns.iter().copied().max().filter(|column| (60..=WIDEST).contains(column))?;
    let mut inner = 0;
    let mut full = 0;
    for (pair, columns) in lines.windows(2).zip(&columns) {
        if !pair[1].after_gap {
            inner += 1;
            full += usize::from(is_wrapped(*columns, &pair[1], column));
        }
    }
    (full >= 4 && full * 10 >= inner * 6).then_some(column)
}

/// Whether a line of `columns` columns had no room for the first word of `next`.
fn is_wrapped(columns: usize, next: &Line, column: usize) -> bool {
    let first = next.text.split(' ').next().unwrap_or_default().chars().count();
    !next.after_gap && !next.has_bullet && columns + 1 + first > column
}

/// Words that cannot end a headline, a list item or a name.
const HANGING: [&str; 21] = [
    "a", "an", "and", "as", "at", "by", "from", "her", "his", "into", "its", "of", "or", "our", "than",
    "that", "the", "their", "which", "whose", "with",
];

/// Words of an office, after which a name goes on.
const OFFICES: [&str; 24] = [
    "chair",
    "chairman",
    "chief",
    "cllr",
    "commissioner",
    "councillor",
    "dame",
    "director",
    "dr",
    "executive",
    "headteacher",
    "inspector",
    "leader",
    "lord",
    "member",
    "minister",
    "mp",
    "mr",
    "mrs",
    "ms",
    "prof",
    "professor",
    "secretary",
    "sir",
];

/// Whether `next` goes on with the sentence of `line`.
fn is_broken(line: &Line, next: &Line) -> bool {
    let plain = line.hint == Hint::None && next.hint == Hint::None && !next.has_bullet && !line.has_bullet;
    if !plain || !shape::is_open(&line.text) || shape::starts_with_quote(&next.text) {
        return false;
    }
    let next_words = shape::words(&next.text).take(3).count();
    // What goes on ends a sentence, or is long enough to be part of one.
    if next_words < 3 || !(shape::is_terminated(&next.text) || next.text.len() > 60) {
        return false;
    }
    let words = shape::words(&line.text).take(4).count();
    let last = line.text.rsplit(' ').next().unwrap_or_default();
    let goes_on = if shape::starts_lower(&next.text) {
        words >= 4
    } else if line.text.ends_with(',') {
        false
    } else {
        (words >= 4 && HANGING.contains(&last)) || is_broken_name(&line.text, &next.text)
    };
    goes_on && phrases::recognise(&line.text).is_none() && phrases::recognise(&next.text).is_none()
}

/// Whether `line` is an office with the beginning of a name ("Education Secretary Nadia") and `next` begins
/// with the rest of the name and a verb ("Hollis ordered").
fn is_broken_name(line: &str, next: &str) -> bool {
    let mut following = next.split(' ');
    let name = following.next().unwrap_or_default();
    let verb = following.next().unwrap_or_default();
    let is_office = |word: &str| {
        let word = word.trim_end_matches('.').to_ascii_lowercase();
        OFFICES.binary_search(&word.as_str()).is_ok()
    };
    shape::is_capitalised(name)
        && name.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '’' | '\''))
        && !shape::is_stop_word(name)
        && verb.starts_with(char::is_lowercase)
        && !line.ends_with(',')
        && line.len() < 80
        && line.rsplit(' ').next().is_some_and(shape::is_capitalised)
        && line.split(' ').any(is_office)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lines::split;
    use super::*;

    fn mended(text: &str) -> (Vec<String>, Mended) {
        let mut lines = split(text).lines;
        let mended = mend(&mut lines);
        (lines.into_iter().map(|line| line.text).collect(), mended)
    }

    #[test]
    fn lists_of_words_are_sorted() {
        assert!(HANGING.is_sorted());
        assert!(OFFICES.is_sorted());
    }

    #[test]
    fn a_sentence_that_goes_on_is_joined() {
        let (lines, seen) = mended(
            "Schools Minister Nadia\n\nHollis ordered the county to act.\n\nIt must answer to the regional board\n\nsetting out how it means to improve.",
        );
        assert_eq!(
            lines,
            [
                "Schools Minister Nadia Hollis ordered the county to act.",
                "It must answer to the regional board setting out how it means to improve."
            ]
        );
        assert_eq!(seen, Mended { unwrapped: 0, joined: 2 });
    }

    #[test]
    fn subheads_headlines_and_lists_stay_apart() {
        let text = "County’s plan for special schools\n\nFamilies waited for years, a report says.\n\nWhat the leader said\n\nBrookshire spends more than most.\n\nIt found:\n\nlong waiting times for therapies\n\nand poor outcomes for many children.";
        let (lines, seen) = mended(text);
        assert_eq!(lines.len(), 7);
        assert_eq!(seen, Mended::default());
    }

    #[test]
    fn hard_wrapped_text_is_unwrapped() {
        let text = "The county council has been told to improve its support for pupils with\nspecial needs after inspectors found that families waited too long for the\nplans that they were promised.\n\nParents who spoke to the inspectors said that they had lost trust in those\nwho run the service and that letters went unanswered for many months while\ntheir children stayed at home without a school place.\n";
        let (lines, seen) = mended(text);
        assert_eq!(lines.len(), 2);
        assert_eq!(seen.unwrapped, 4);
        assert!(lines[1].ends_with("without a school place."));
    }

    #[test]
    fn source_spans_the_join() {
        let text = "It must answer to the regional board\n\nsetting out how it means to improve.";
        let mut lines = split(text).lines;
        mend(&mut lines);
        assert_eq!(lines[0].source.map(|span| span.of(text)), Some(text));
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "([a-zA-Z]{1,9}[ \n.,:]){0,80}") {
            let before: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            let (lines, _) = mended(&text);
            let after: Vec<&str> = lines.iter().flat_map(|line| line.split(' ')).collect();
            prop_assert_eq!(after, before);
        }
    }
}
