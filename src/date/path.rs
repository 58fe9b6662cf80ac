//! Finds a date in the address or the file name of an article.
//!
//! *Takes* an address or an article id. *Gives* the text that is a date and what it reads as, or nothing.
//! *Cost*: one pass; nothing is allocated.
//!
//! Only forms that stand apart are read, so that a story's number (`/news/20220519`, `uk-61503719`) is no
//! date. A year written `19…` or `20…` comes first or last, and its neighbours are neither letters nor digits.
//!
//! Invariants: `story_numbers_are_no_dates`, `school_years_are_no_months`.

use super::pattern::{Fault, Reading, day, month, month_named};

/// A date found in a name: the text it stands in and what it reads as.
pub(super) type Named<'t> = (&'t str, Result<Reading, Fault>);

/// The date in the path of `address`: `/2022/05/19/`, `/2022/may/19/`, `2022-05-19` in a segment; the month
/// alone (`/2022/05/`) only if there is no day.
pub(super) fn in_address(address: &str) -> Option<Named<'_>> {
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let start = after_scheme + address[after_scheme..].find('/')?;
    let path = &address[start..];
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let mut only_month = None;
    let mut at = 0;
    for segment in path.split('/') {
        let start = at;
        at += segment.len() + 1;
        if let Some(year) = year_of(segment) {
            let mut after = path.get(at..).unwrap_or_default().splitn(3, '/');
            let Some(middle) = after.next() else { continue };
            let Some(number) = short_number(middle).or_else(|| month_named(middle)) else { continue };
            if let Some((last, of_month)) = after.next().and_then(|last| Some((last, short_number(last)?))) {
                let end = at + middle.len() + 1 + last.len();
                return Some((&path[start..end], day(year, number, of_month)));
            }
            if let Ok(reading) = month(year, number) {
                only_month = only_month.or(Some((&path[start..at + middle.len()], Ok(reading))));
            }
        } else if let Some(named) = year_first(segment, b"-") {
            return Some(named);
        } else if let Some(named) = year_and_month(segment).filter(|named| named.0.len() == segment.len()) {
            only_month = only_month.or(Some(named));
        }
    }
    only_month
}

/// The date in the file name of the article `id`: `2022-05-19`, `19-05-2022` (also with `_` or `.`) anywhere,
/// `20220519` and `2022_05` at the start or the end.
pub(super) fn in_file_name(id: &str) -> Option<Named<'_>> {
    let mut stem = without_record(id);
    stem = &stem[stem.rfind('/').map_or(0, |at| at + 1)..];
    // Two extensions at most: `.json.gz`.
    for _ in 0..2 {
        match stem.rsplit_once('.') {
            Some((before, extension)) if extension.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                stem = before;
            }
            _ => break,
        }
    }
    year_first(stem, b"-_.")
        .or_else(|| year_last(stem))
        .or_else(|| compact(stem))
        .or_else(|| year_and_month(stem))
}

/// Whether `id` names a record of a file that holds several (`export.jsonl!3`).
pub(super) fn is_record(id: &str) -> bool {
    without_record(id).len() < id.len()
}

fn without_record(id: &str) -> &str {
    match id.rsplit_once('!') {
        Some((file, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            file
        }
        _ => id,
    }
}

/// Digits of `bytes[at..at + count]` as a number; `None` unless all are digits and the number fits.
fn number_at(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    bytes.get(at..at + count)?.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

fn year_of(text: &str) -> Option<u64> {
    number_at(text.as_bytes(), 0, text.len()).filter(|year| text.len() == 4 && (1900..2100).contains(year))
}

fn short_number(text: &str) -> Option<u64> {
    if text.len() > 2 || text.is_empty() {
        return None;
    }
    number_at(text.as_bytes(), 0, text.len())
}

/// Whether `text[start..end]` has neither a letter nor a digit as a neighbour.
fn stands_apart(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// Three numbers at `start`, of these lengths and joined by one of `marks`.
fn three(text: &str, start: usize, lengths: [usize; 3], marks: &[u8]) -> Option<(usize, [u64; 3])> {
    let bytes = text.as_bytes();
    let mark = *bytes.get(start + lengths[0])?;
    let last = start + lengths[0] + lengths[1] + 2;
    let numbers = [
        number_at(bytes, start, lengths[0])?,
        number_at(bytes, start + lengths[0] + 1, lengths[1])?,
        number_at(bytes, last, lengths[2])?,
    ];
    let is_joined = marks.contains(&mark) && bytes[last - 1] == mark;
    let end = last + lengths[2];
    (is_joined && stands_apart(text, start, end)).then_some((end, numbers))
}

/// A day, if its numbers can be one at all: `2020-21-05` is a school year and something else.
fn plausible_day(year: u64, number: u64, of_month: u64) -> Option<Result<Reading, Fault>> {
    let is_plausible =
        (1900..2100).contains(&year) && (1..=12).contains(&number) && (1..=31).contains(&of_month);
    is_plausible.then(|| day(year, number, of_month))
}

fn digit_starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit()))
}

fn year_first<'t>(text: &'t str, marks: &[u8]) -> Option<Named<'t>> {
    digit_starts(text).find_map(|start| {
        let (end, [year, number, of_month]) = three(text, start, [4, 2, 2], marks)?;
        Some((&text[start..end], plausible_day(year, number, of_month)?))
    })
}

fn year_last(text: &str) -> Option<Named<'_>> {
    digit_starts(text).find_map(|start| {
        let (end, [of_month, number, year]) = three(text, start, [2, 2, 4], b"-_.")?;
        Some((&text[start..end], plausible_day(year, number, of_month)?))
    })
}

/// The start of `length` bytes at either end of `text` that stand apart.
fn at_ends(text: &str, length: usize) -> impl Iterator<Item = usize> {
    let last = text.len().checked_sub(length);
    let is_cut = move |at: &usize| text.is_char_boundary(*at) && text.is_char_boundary(*at + length);
    let first = last.map(|_| 0);
    first.into_iter().chain(last).filter(is_cut).filter(move |&at| stands_apart(text, at, at + length))
}

fn compact(text: &str) -> Option<Named<'_>> {
    at_ends(text, 8).find_map(|start| {
        let number = number_at(text.as_bytes(), start, 8)?;
        let read = plausible_day(number / 10_000, number / 100 % 100, number % 100)?;
        Some((&text[start..start + 8], read))
    })
}

fn year_and_month(text: &str) -> Option<Named<'_>> {
    let bytes = text.as_bytes();
    at_ends(text, 7).find_map(|start| {
        let end = start + 7;
        let (year, number) = (number_at(bytes, start, 4)?, number_at(bytes, start + 5, 2)?);
        // 2009-10 is as likely a school year.
        let is_school_year = (year + 1) % 100 == number;
        // Part of a longer row of numbers: 2022-05-1, 3-2022-05.
        let is_longer = bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
            || start.checked_sub(2).is_some_and(|before| bytes[before].is_ascii_digit());
        let is_month = matches!(bytes[start + 4], b'-' | b'_' | b'.') && (1900..2100).contains(&year);
        let reading = month(year, number).ok()?;
        (is_month && !is_longer && !is_school_year).then_some((&text[start..end], Ok(reading)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Precision;

    fn shown(named: Option<Named<'_>>) -> String {
        match named {
            None => "-".to_owned(),
            Some((_, Err(fault))) => format!("{fault:?}"),
            Some((text, Ok(reading))) if reading.precision == Precision::Month => {
                format!("{text} {}", &reading.earliest.to_string()[..7])
            }
            Some((text, Ok(reading))) => format!("{text} {}", reading.earliest),
        }
    }

    #[test]
    fn addresses_are_read() {
        for (address, expected) in [
            ("https://paper.example/2022/05/19/send-cuts/", "2022/05/19 2022-05-19"),
            ("https://paper.example/education/2022/may/19/send-cuts", "2022/may/19 2022-05-19"),
            ("https://paper.example/education/2022/May/9/send-cuts", "2022/May/9 2022-05-09"),
            ("https://paper.example/news/send-2022-05-19-cuts?x=2020-01-01", "2022-05-19 2022-05-19"),
            ("paper.example/2022/05/send-cuts", "2022/05 2022-05"),
            ("https://paper.example/2022/05/send/2022-05-19", "2022-05-19 2022-05-19"),
            ("https://paper.example/archive/2022-05/send", "2022-05 2022-05"),
            ("/2022/05/19", "2022/05/19 2022-05-19"),
            ("https://paper.example/2022/02/31/send", "Impossible"),
            ("https://paper.example/2022/send", "-"),
            ("https://paper.example/2022/", "-"),
            ("https://2022-05-19.example/", "-"),
            ("https://2022-05-19.example", "-"),
            ("https://paper.example/?d=/2022/05/19/", "-"),
            ("https://paper.example/1200/600/image", "-"),
            ("https://paper.example/2022/13/send", "-"),
            ("https://paper.example/2022/é/19/", "-"),
            ("", "-"),
        ] {
            assert_eq!(shown(in_address(address)), expected, "{address}");
        }
    }

    #[test]
    fn file_names_are_read() {
        for (id, expected) in [
            ("2022-05-19.txt", "2022-05-19 2022-05-19"),
            ("post/2022-05-19_send-cuts.html.gz", "2022-05-19 2022-05-19"),
            ("post/send_2022_05_19_cuts.txt", "2022_05_19 2022-05-19"),
            ("2022.05.19.txt", "2022.05.19 2022-05-19"),
            ("20220519.txt", "20220519 2022-05-19"),
            ("20220519-send.txt", "20220519 2022-05-19"),
            ("send_20220519.json!3", "20220519 2022-05-19"),
            ("19-05-2022.txt", "19-05-2022 2022-05-19"),
            ("2022_05.jsonl", "2022_05 2022-05"),
            ("send-2022-05.csv!12", "2022-05 2022-05"),
            ("2022-02-31.txt", "Impossible"),
            ("2022-05-19/send.txt", "-"),
            ("é2022-05-19.txt", "-"),
            ("ééé1.txt", "-"),
            ("", "-"),
            ("!1", "-"),
        ] {
            assert_eq!(shown(in_file_name(id)), expected, "{id}");
        }
    }

    #[test]
    fn story_numbers_are_no_dates() {
        assert_eq!(shown(in_address("https://paper.example/news/20220519")), "-");
        assert_eq!(shown(in_address("https://paper.example/news/uk-61503719")), "-");
        for id in [
            "000_a20220519.txt",
            "send_20220519_cuts.txt",
            "99999999.txt",
            "120220519.txt",
            "12-2022-05-1.txt",
        ] {
            assert_eq!(shown(in_file_name(id)), "-", "{id}");
        }
    }

    #[test]
    fn school_years_are_no_months() {
        for id in ["2009-10_accounts.txt", "send_2020-21.txt", "2021_22.txt"] {
            assert_eq!(shown(in_file_name(id)), "-", "{id}");
        }
    }

    #[test]
    fn records_are_told_from_files() {
        assert!(is_record("export.csv!12"));
        assert!(!is_record("export.csv"));
        assert!(!is_record("help!.txt"));
        assert!(!is_record("help!"));
    }

    proptest::proptest! {
        #[test]
        fn no_name_panics(
            parts in proptest::collection::vec(
                proptest::sample::select(vec!["2022", "05", "19", "-", "_", ".", "/", "!", "é", "may", "x", "://", "?"]),
                0..14,
            )
        ) {
            let name = parts.concat();
            let _ = in_address(&name);
            let _ = in_file_name(&name);
        }
    }
}
