//! Reads the dates of a line that is only date, time, label and byline.
//!
//! *Takes* a line of a page. *Gives* each date in it with the [`DateSource`] its label makes it. *Cost*: lines
//! over [`MAX_BYTES`] and lines without a digit are passed over unread.
//!
//! Invariants: `prose_gives_nothing`, `a_label_alone_gives_nothing`.

use super::pattern::{Fault, Place, Reading, parse};
use crate::article::{DateSource, Precision};

/// Longest line that can be a line of dates, in bytes of UTF-8: two labelled dates with a long byline.
const MAX_BYTES: usize = 200;

/// Most words at the end of a byline that can be its date: weekday, day, month, year, `at`, time, half, zone,
/// with two commas or dashes standing alone.
const MAX_TAIL_WORDS: usize = 10;

/// Labels in lower case; of two that start alike the longer comes first.
const LABELS: [(&str, DateSource); 34] = [
    ("originally published", DateSource::Label),
    ("first published", DateSource::Label),
    ("published date", DateSource::Label),
    ("date published", DateSource::Label),
    ("publication date", DateSource::Label),
    ("published", DateSource::Label),
    ("date posted", DateSource::Label),
    ("posted", DateSource::Label),
    ("uploaded", DateSource::Label),
    ("created", DateSource::Label),
    ("date last updated", DateSource::Modified),
    ("date updated", DateSource::Modified),
    ("date modified", DateSource::Modified),
    ("date accessed", DateSource::Captured),
    ("dated", DateSource::Label),
    ("date", DateSource::Label),
    ("last updated", DateSource::Modified),
    ("last modified", DateSource::Modified),
    ("last edited", DateSource::Modified),
    ("last reviewed", DateSource::Modified),
    ("updated", DateSource::Modified),
    ("modified", DateSource::Modified),
    ("edited", DateSource::Modified),
    ("amended", DateSource::Modified),
    ("corrected", DateSource::Modified),
    ("reviewed", DateSource::Modified),
    ("last checked", DateSource::Captured),
    ("last accessed", DateSource::Captured),
    ("accessed", DateSource::Captured),
    ("retrieved", DateSource::Captured),
    ("captured", DateSource::Captured),
    ("downloaded", DateSource::Captured),
    ("archived", DateSource::Captured),
    ("printed", DateSource::Captured),
];

/// A date in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// Byte offset in the line.
    pub(super) start: usize,
    /// The date as written, without its label.
    pub(super) text: &'t str,
    /// What its label makes it; without a label [`DateSource::Line`].
    pub(super) source: DateSource,
    /// What it reads as.
    pub(super) read: Result<Reading, Fault>,
}

/// What may stand around the dates of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only bylines that begin with "By", times and the marks of a page ("3 min read").
    Any,
    /// Any words: cleaning found that the line is a byline or a date line.
    Byline,
}

/// The dates of `line`, in the order they stand there.
pub(super) fn read(line: &str, kind: Kind) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    if line.len() > MAX_BYTES || !line.bytes().any(|byte| byte.is_ascii_digit()) {
        return found;
    }
    let mut has_prose = false;
    for part in line.split(['|', '•', '·', '\t', '\n']) {
        let labels = labels(part);
        let head = &part[..labels.first().map_or(part.len(), |label| label.start)];
        match unlabelled(head, kind) {
            Unlabelled::Date(text, read) => {
                found.push(Found { start: offset(line, text), text, source: DateSource::Line, read });
            }
            Unlabelled::Mark => {}
            Unlabelled::Prose => {
                has_prose = true;
                // "A report published 3 March 2021": not this article's label.
                continue;
            }
        }
        for (index, label) in labels.iter().enumerate() {
            let end = labels.get(index + 1).map_or(part.len(), |next| next.start);
            let rest = without_author(trimmed(&part[label.end..end]));
            let dated = match parse(rest, Place::Text) {
                Err(Fault::NoDay) => None,
                Err(Fault::Foreign) => starts_with_by(rest).then(|| tail(rest)).flatten(),
                read => Some((rest, read)),
            };
            if let Some((text, read)) = dated {
                found.push(Found { start: offset(line, text), text, source: label.source, read });
            }
        }
    }
    if has_prose {
        found.retain(|found| found.source != DateSource::Line);
    }
    found
}

/// Where `inner` starts in `outer`, of which it is a part.
fn offset(outer: &str, inner: &str) -> usize {
    inner.as_ptr() as usize - outer.as_ptr() as usize
}

/// Most words of an author after "by", at the end of a line of dates.
const MAX_AUTHOR_WORDS: usize = 5;

/// `text` without the author at its end: "18 November 2022 by Cath Imrie", "22 May 2020, by Lorna Pike".
fn without_author(text: &str) -> &str {
    let Some((head, author)) = text.rsplit_once(" by ") else { return text };
    let is_name = author.chars().next().is_some_and(char::is_uppercase)
        && author.split_whitespace().count() <= MAX_AUTHOR_WORDS
        && !author.bytes().any(|byte| byte.is_ascii_digit());
    if is_name { trimmed(head) } else { text }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|mark: char| mark.is_whitespace() || ":,;-–—*>([".contains(mark))
}

struct Label {
    start: usize,
    end: usize,
    source: DateSource,
}

/// The labels in `part`, each at the start of a word or glued to the word before ("pmUpdated").
fn labels(part: &str) -> Vec<Label> {
    let lower = part.to_ascii_lowercase();
    let bytes = part.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        let is_start =
            !before.is_ascii_alphabetic() || before.is_ascii_lowercase() && bytes[at].is_ascii_uppercase();
        let label = is_start
            .then(|| LABELS.iter().find(|label| lower.as_bytes()[at..].starts_with(label.0.as_bytes())));
        match label.flatten() {
            Some(&(name, source)) if !bytes.get(at + name.len()).is_some_and(u8::is_ascii_lowercase) => {
                found.push(Label { start: at, end: at + name.len(), source });
                at += name.len();
            }
            _ => at += 1,
        }
    }
    found
}

enum Unlabelled<'t> {
    Date(&'t str, Result<Reading, Fault>),
    Mark,
    Prose,
}

fn unlabelled(text: &str, kind: Kind) -> Unlabelled<'_> {
    let text = without_author(trimmed(text));
    match parse(text, Place::Text) {
        Err(Fault::NoDay) => Unlabelled::Mark,
        Err(Fault::Foreign) if kind == Kind::Byline || starts_with_by(text) => {
            tail(text).map_or(Unlabelled::Mark, |(text, read)| Unlabelled::Date(text, read))
        }
        Err(Fault::Foreign) if is_mark(text) => Unlabelled::Mark,
        Err(Fault::Foreign) => Unlabelled::Prose,
        read => Unlabelled::Date(text, read),
    }
}

fn starts_with_by(text: &str) -> bool {
    const STARTS: [&str; 5] = ["by ", "written by ", "words by ", "report by ", "reported by "];
    STARTS.iter().any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Nothing but the small print that pages put beside a date: "3 min read", "12 comments", "Share".
fn is_mark(text: &str) -> bool {
    const WORDS: [&str; 13] = [
        "min", "mins", "minute", "minutes", "read", "time", "share", "save", "print", "email", "comment",
        "comments", "on",
    ];
    text.split(|mark: char| mark.is_whitespace() || mark == '-').all(|word| {
        word.bytes().all(|byte| byte.is_ascii_digit())
            || WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
    })
}

/// The date at the end of a byline: the longest run of last words that is a day.
fn tail(text: &str) -> Option<(&str, Result<Reading, Fault>)> {
    let mut starts: Vec<usize> = text
        .char_indices()
        .rev()
        .filter(|&(at, first)| {
            !first.is_whitespace() && text[..at].chars().next_back().is_some_and(char::is_whitespace)
        })
        .map(|(at, _)| at)
        .take(MAX_TAIL_WORDS)
        .collect();
    starts.reverse();
    starts.into_iter().find_map(|start| {
        let text = trimmed(&text[start..]);
        match parse(text, Place::Text) {
            // A month here is what is left of something else: "Jane Doe 2-6 May 2022".
            Ok(reading) if reading.precision != Precision::Day => None,
            Err(Fault::Foreign | Fault::NoDay | Fault::NoYear) => None,
            read => Some((text, read)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, kind: Kind) -> String {
        let dates = read(line, kind).into_iter().map(|found| {
            assert_eq!(&line[found.start..found.start + found.text.len()], found.text);
            match found.read {
                Ok(reading) => format!("{} {}", found.source.as_str(), reading.earliest),
                Err(fault) => format!("{} {fault:?}", found.source.as_str()),
            }
        });
        dates.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn lines_are_read() {
        for (line, expected) in [
            ("19 May 2022, 18:44", "line 2022-05-19"),
            ("Published 3 March 2021", "label 2021-03-03"),
            ("- Published16 May 2023", "label 2023-05-16"),
            ("• Published 16 May 2023", "label 2023-05-16"),
            ("Published: 3 March 2021 at 10:15", "label 2021-03-03"),
            ("PUBLISHED: 15:45 14 October 2019 | UPDATED:", "label 2019-10-14"),
            (
                "PUBLISHED: 15:45 14 October 2019 | UPDATED: 09:00 15 October 2019",
                "label 2019-10-14; modified 2019-10-15",
            ),
            ("Posted On 11 Nov 2019 at 5:25 pm", "label 2019-11-11"),
            ("Posted On 11 Nov 2019 at 5:25 pm by Ada", "label 2019-11-11"),
            ("22 May 2020, by Ada Bell", "line 2020-05-22"),
            ("Published 19 May 2022, 2:01 pmUpdated 20 May 2022", "label 2022-05-19; modified 2022-05-20"),
            (
                "First published on Thursday 19 May 2022 - Last updated: 20 May 2022",
                "label 2022-05-19; modified 2022-05-20",
            ),
            ("Updated 10 July 2024", "modified 2024-07-10"),
            ("Date: 19/05/2022", "label 2022-05-19"),
            ("Accessed 19/05/2022", "captured 2022-05-19"),
            ("By Jane Doe, Education reporter, 19 May 2022, 18:44", "line 2022-05-19"),
            ("By Jane Doe | 19 May 2022 | 3 min read", "line 2022-05-19"),
            ("By Local Democracy Reporter Published 12:00, 10 Dec 2025", "label 2025-12-10"),
            ("Published by Jane Doe on 10 Dec 2025", "label 2025-12-10"),
            ("19 May 2022 · 12 comments", "line 2022-05-19"),
            ("Written by Jane Doe on 19 May 2022", "line 2022-05-19"),
            ("(Published Thursday, 19 May 2022)", "label 2022-05-19"),
            ("By Jane Doe, Sunday 19 May 2022", "line Impossible"),
            ("Published 31/02/2022", "label Impossible"),
            ("(Friday, November 10)", "line NoYear"),
            ("Published Friday, November 10", "label NoYear"),
        ] {
            assert_eq!(shown(line, Kind::Any), expected, "{line}");
        }
    }

    #[test]
    fn bylines_may_hold_any_words() {
        assert_eq!(shown("Jane Doe 10th Dec 2025", Kind::Any), "");
        assert_eq!(shown("Jane Doe 10th Dec 2025", Kind::Byline), "line 2025-12-10");
        assert_eq!(shown("Jane Doe, Leeds, published 10th Dec 2025", Kind::Byline), "label 2025-12-10");
        assert_eq!(shown("Jane Doe 2-6 May 2022", Kind::Byline), "");
    }

    #[test]
    fn prose_gives_nothing() {
        for line in [
            "A report published 3 March 2021",
            "Inspectors visited the school on 3 March 2021",
            "Home | News | 3 March 2021",
            "The meeting is on 3 March 2021.",
            "A report dated 3 March 2021 | News",
            "Updated policy of 3 March 2021",
            "3 March 2021 was chosen by Ada Bell",
        ] {
            assert_eq!(shown(line, Kind::Any), "", "{line}");
        }
    }

    #[test]
    fn a_label_alone_gives_nothing() {
        for line in
            ["Published", "- Published", "Published 18:44", "Updated: 2 hours ago", "Published in 2022"]
        {
            assert_eq!(shown(line, Kind::Any), "", "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "Published", "Updated", "date", " ", "|", "·", "19 May 2022", "By ", "é", "18:44", ",", "–", "\n", "x",
                ]),
                0..14,
            )
        ) {
            let line = parts.concat();
            shown(&line, Kind::Any);
            shown(&line, Kind::Byline);
        }
    }
}
