//! Numbers, days and codes as people write them.

use jiff::civil::Date;

use crate::article::Precision;
use crate::plain;
use crate::tally::Period;

/// Stands where there is no number: a share without a denominator is not 0.
pub(super) const NONE: &str = "–";

/// A count with commas: `1,234`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 passage`, `2 passages`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share with one decimal, or [`NONE`].
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { NONE.to_owned() } else { format!("{:.1}%", 100.0 * part as f64 / whole as f64) }
}

/// A theme's name for people: `school_places` is `School places`.
pub(super) fn theme(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A period by its first day: `March 2024`, `Q1 2024`, `2024`, `week of 4 March 2024`.
pub(super) fn period(period: Period, start: Date) -> String {
    match period {
        Period::Day => start.strftime("%-d %B %Y").to_string(),
        Period::Week => start.strftime("week of %-d %B %Y").to_string(),
        Period::Month => start.strftime("%B %Y").to_string(),
        Period::Quarter => format!("Q{} {}", (start.month() - 1) / 3 + 1, start.year()),
        Period::Year => start.year().to_string(),
    }
}

/// The same for an axis, where there is little room.
pub(super) fn period_short(period: Period, start: Date) -> String {
    match period {
        Period::Day | Period::Week => start.strftime("%-d %b").to_string(),
        Period::Month => start.strftime("%b %y").to_string(),
        Period::Quarter | Period::Year => self::period(period, start),
    }
}

/// A day as finely as it is known.
pub(super) fn day(date: Date, precision: Precision) -> String {
    match precision {
        Precision::Day => date.strftime("%-d %B %Y").to_string(),
        Precision::Month => date.strftime("%B %Y").to_string(),
        Precision::Year => date.year().to_string(),
    }
}

/// Codes of `date_source` with what they mean in a sentence that begins with "from".
pub(super) const DATE_SOURCES: [(&str, &str); 9] = [
    ("metadata", "your metadata"),
    ("field", "a field of the export"),
    ("json_ld", "the page’s own data (JSON-LD)"),
    ("meta", "the head of the page"),
    ("url", "the address"),
    ("time", "a time stamp beside the headline"),
    ("label", "a line with a label"),
    ("line", "a line that is only a date"),
    ("file_name", "the file name"),
];

/// What a code of `date_source` means; a code that is not known stands for itself.
pub(super) fn date_source(code: &str) -> &str {
    DATE_SOURCES.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

/// How many bytes of `text` stay if it is cut at a word end to at most `most` characters; all of it if it is short enough.
pub(super) fn kept(text: &str, most: usize) -> usize {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.len() };
    let head = &text[..end];
    let is_word_end = text[end..].starts_with(char::is_whitespace);
    let head = match head.rfind(char::is_whitespace) {
        // A word longer than half the room is cut through.
        Some(space) if !is_word_end && space > end / 2 => &head[..space],
        _ => head,
    };
    head.trim_end().len()
}

/// `text` made safe for a page and cut at a word end, with an ellipsis if anything went.
pub(super) fn cut(text: &str, most: usize) -> String {
    let end = kept(text, most);
    let shown = plain::visible(&text[..end]);
    if end < text.len() { format!("{shown} …") } else { shown.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((counted(1, "passage"), counted(2, "passage")), ("1 passage".into(), "2 passages".into()));
        assert_eq!((percent(1, 8).as_str(), percent(0, 0).as_str()), ("12.5%", "–"), "null is not 0");
    }

    #[test]
    fn periods_are_named() {
        let start = date(2024, 4, 1);
        let names = Period::ALL.map(|length| period(length, start));
        assert_eq!(names, ["1 April 2024", "week of 1 April 2024", "April 2024", "Q2 2024", "2024"]);
    }

    #[test]
    fn a_snippet_ends_with_a_word() {
        assert_eq!(cut("one two three", 8), "one two …");
        assert_eq!(cut("one two three", 7), "one two …");
        assert_eq!(cut("one two", 7), "one two");
        assert_eq!(cut("ééé\u{202e}ééééé", 4), "ééé⟨U+202E⟩ …");
        assert_eq!(cut("", 0), "");
    }
}
