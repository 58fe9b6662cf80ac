//! Reads one date from a text that is a date and nothing else.
//!
//! *Takes* a short text. *Gives* a [`Reading`]: the first day it can mean and how finely. *Fails* with a
//! [`Fault`] that says why not; never panics. *Cost*: one pass, texts over [`MAX_BYTES`] are refused unread.
//!
//! The text is cut into tokens; times, zones and weekdays are taken out; what is left must be exactly one of
//! the patterns in [`matched`]. One unknown word and there is no date, so prose cannot become one.
//!
//! Invariants: `days_are_read_before_months`, `weekday_is_checked`, `zoned_times_become_london_days`.

use std::sync::LazyLock;

use jiff::civil::{Date, time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

pub(super) use super::scan::{Fault, month_named};
use super::scan::{Token, seconds_of, tokens};
use crate::article::Precision;

/// Longest text that can be a date, in bytes of UTF-8. The longest form seen, a weekday with time, zone and
/// bracketed zone name, has 62.
const MAX_BYTES: usize = 96;

/// Two-digit years from this one on belong to the 1900s: dates before 1980 are rejected anyway.
const CENTURY_TURN: u64 = 80;

/// UK civil time, in which days are counted.
static LONDON: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/London").expect("the zone database is compiled in"));

/// A date as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// First day it can mean.
    pub(super) earliest: Date,
    /// How finely it is known.
    pub(super) precision: Precision,
}

impl Reading {
    /// Last day it can mean.
    pub(super) fn latest(self) -> Date {
        match self.precision {
            Precision::Day => self.earliest,
            Precision::Month => self.earliest.last_of_month(),
            Precision::Year => self.earliest.last_of_year(),
        }
    }
}

/// Where the text stood, which decides what a bare number can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A field made to hold a date: bare years, compact days and epoch times are read too.
    Field,
    /// Running text or a line of a page.
    Text,
}

/// Reads `text` as one date.
pub(super) fn parse(text: &str, place: Place) -> Result<Reading, Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::Foreign);
    }
    let (mut clock, mut zone, mut weekday) = (None, None, None);
    let mut rest = Vec::with_capacity(3);
    for token in tokens(text)? {
        let is_second = match token {
            Token::Time(seconds) => clock.replace(seconds).is_some(),
            // 18.44 is a time of day: no date has two parts with a full stop between.
            Token::Pair(hour, minute, b'.') if hour.is_short() && minute.digits == 2 => {
                clock.replace(seconds_of(hour.value, minute.value, 0)?).is_some()
            }
            Token::Zone(offset) => zone.replace(offset).is_some(),
            Token::Weekday(day) => weekday.replace(day).is_some(),
            other => {
                rest.push(other);
                false
            }
        };
        if is_second {
            return Err(Fault::Foreign);
        }
    }
    let reading = match matched(&rest, place) {
        Err(Fault::NoDay) if clock.is_none() && weekday.is_none() => return Err(Fault::Foreign),
        found => found?,
    };
    if reading.precision != Precision::Day {
        let is_alone = clock.is_none() && weekday.is_none();
        return if is_alone { Ok(reading) } else { Err(Fault::Foreign) };
    }
    if weekday.is_some_and(|day| day != reading.earliest.weekday()) {
        return Err(Fault::Impossible);
    }
    match (clock, zone) {
        (Some(seconds), Some(offset)) => in_london(reading, seconds, offset),
        _ => Ok(reading),
    }
}

/// The patterns: what is left of a date without its time, zone and weekday.
fn matched(tokens: &[Token], place: Place) -> Result<Reading, Fault> {
    use Token::{Month, Pair, Triple};
    let is_field = place == Place::Field;
    match *tokens {
        // 19 May 2022
        [Token::Number(d), Month(m), Token::Number(y)] if d.is_short() && y.is_year() => {
            day(y.value, m, d.value)
        }
        // May 19, 2022
        [Month(m), Token::Number(d), Token::Number(y)] if d.is_short() && y.is_year() => {
            day(y.value, m, d.value)
        }
        // 2022 May 19
        [Token::Number(y), Month(m), Token::Number(d)] if d.is_short() && y.is_year() => {
            day(y.value, m, d.value)
        }
        // 2022-05-19, 2022/5/19
        [Triple(y, m, d, _)] if y.is_year() && m.is_short() && d.is_short() => day(y.value, m.value, d.value),
        // 19/05/2022, 19-05-2022, 19.05.2022
        [Triple(d, m, y, _)] if y.is_year() && m.is_short() && d.is_short() => day(y.value, m.value, d.value),
        // 19/05/22: only with strokes, since 22-05-19 may start with the year
        [Triple(d, m, y, b'/')] if y.digits == 2 && m.is_short() && d.is_short() => {
            let century = if y.value < CENTURY_TURN { 2000 } else { 1900 };
            day(century + y.value, m.value, d.value)
        }
        // May 2022
        [Month(m), Token::Number(y)] if y.is_year() => month(y.value, m),
        // 2022-05
        [Pair(y, m, b'-' | b'/')] if y.is_year() && m.digits == 2 => month(y.value, m.value),
        // 05/2022
        [Pair(m, y, b'-' | b'/')] if y.is_year() && m.is_short() => month(y.value, m.value),
        // 20220519
        [Token::Number(n)] if is_field && n.digits == 8 => {
            day(n.value / 10_000, n.value / 100 % 100, n.value % 100)
        }
        // 1652985840, 1652985840000, 1652985840.0
        [Token::Number(n)] if is_field && n.digits == 10 => epoch(n.value, 1),
        [Token::Number(n)] if is_field && n.digits == 13 => epoch(n.value, 1000),
        [Pair(n, _, b'.')] if is_field && n.digits == 10 => epoch(n.value, 1),
        // 2022
        [Token::Number(y)] if is_field && y.is_year() => {
            let earliest = calendar(y.value, 1, 1)?;
            Ok(Reading { earliest, precision: Precision::Year })
        }
        // 19 May; May 19; 19/05
        [Token::Number(d), Month(_)] | [Month(_), Token::Number(d)] if d.is_short() => Err(Fault::NoYear),
        [Pair(d, m, b'/')] if d.is_short() && m.is_short() => Err(Fault::NoYear),
        [] => Err(Fault::NoDay),
        _ => Err(Fault::Foreign),
    }
}

fn calendar(year: u64, month: u64, day: u64) -> Result<Date, Fault> {
    let year = i16::try_from(year).map_err(|_| Fault::Impossible)?;
    let month = i8::try_from(month).map_err(|_| Fault::Impossible)?;
    let day = i8::try_from(day).map_err(|_| Fault::Impossible)?;
    Date::new(year, month, day).map_err(|_| Fault::Impossible)
}

/// A day by its numbers.
pub(super) fn day(year: u64, month: u64, day: u64) -> Result<Reading, Fault> {
    Ok(Reading { earliest: calendar(year, month, day)?, precision: Precision::Day })
}

/// A month by its numbers.
pub(super) fn month(year: u64, month: u64) -> Result<Reading, Fault> {
    Ok(Reading { earliest: calendar(year, month, 1)?, precision: Precision::Month })
}

fn epoch(value: u64, per_second: u64) -> Result<Reading, Fault> {
    let seconds = i64::try_from(value / per_second).map_err(|_| Fault::Impossible)?;
    let instant = Timestamp::from_second(seconds).map_err(|_| Fault::Impossible)?;
    Ok(Reading { earliest: instant.to_zoned(LONDON.clone()).date(), precision: Precision::Day })
}

fn in_london(reading: Reading, seconds: u32, offset: i32) -> Result<Reading, Fault> {
    let midnight = reading.earliest.to_datetime(time(0, 0, 0, 0));
    let civil = midnight.checked_add(i64::from(seconds).seconds()).map_err(|_| Fault::Impossible)?;
    let offset = Offset::from_seconds(offset).map_err(|_| Fault::Impossible)?;
    let instant = offset.to_timestamp(civil).map_err(|_| Fault::Impossible)?;
    Ok(Reading { earliest: instant.to_zoned(LONDON.clone()).date(), ..reading })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `text` reads as: `2022-05-19`, `2022-05`, `2022`, or the fault.
    fn read(text: &str, place: Place) -> String {
        match parse(text, place) {
            Ok(Reading { earliest, precision: Precision::Day }) => earliest.to_string(),
            Ok(Reading { earliest, precision: Precision::Month }) => earliest.to_string()[..7].to_owned(),
            Ok(Reading { earliest, precision: Precision::Year }) => earliest.to_string()[..4].to_owned(),
            Err(fault) => format!("{fault:?}"),
        }
    }

    #[test]
    fn every_form_seen_is_read() {
        for (text, expected) in [
            ("19 May 2022, 18:44", "2022-05-19"),
            ("Friday, 7th January 2022", "2022-01-07"),
            ("Tuesday, 8th February 2022, 2:01 pm", "2022-02-08"),
            ("09:30AM, Monday 01 December 2025", "2025-12-01"),
            ("Friday 20 Mar, 2020 at 10:30AM", "2020-03-20"),
            ("11 Nov 2019 at 5:25 pm", "2019-11-11"),
            ("10th Dec 2025", "2025-12-10"),
            ("15:45 14 October 2019", "2019-10-14"),
            ("Mar 11, 2024", "2024-03-11"),
            ("March 11th, 2024", "2024-03-11"),
            ("16 May 2023", "2023-05-16"),
            ("14-05-2026", "2026-05-14"),
            ("14.05.2026", "2026-05-14"),
            ("2022-05-19", "2022-05-19"),
            ("2022/5/19", "2022-05-19"),
            ("2022 May 19", "2022-05-19"),
            ("19-May-2022", "2022-05-19"),
            ("19May2022", "2022-05-19"),
            ("1 Sept 2021", "2021-09-01"),
            ("1 Sept. 2021 at 5.30pm", "2021-09-01"),
            ("Thurs 19 May 2022 18.44", "2022-05-19"),
            ("19th of May 2022", "2022-05-19"),
            ("(19 May 2022)", "2022-05-19"),
            ("19\u{a0}May\u{a0}2022", "2022-05-19"),
            ("19 May 2022 – 6 p.m.", "2022-05-19"),
            ("Wednesday 20 November 2019 11:42, UK", "2019-11-20"),
            ("19/05/2022 / 18:44", "2022-05-19"),
            ("19/05/22", "2022-05-19"),
            ("01/01/99", "1999-01-01"),
            ("May 2022", "2022-05"),
            ("2022-05", "2022-05"),
            ("05/2022", "2022-05"),
            ("(Friday, November 10)", "NoYear"),
            ("19 May", "NoYear"),
            ("19/05", "NoYear"),
            ("Thursday", "NoDay"),
            ("18:44", "NoDay"),
            ("5.30pm", "NoDay"),
        ] {
            assert_eq!(read(text, Place::Text), expected, "{text}");
            assert_eq!(read(text, Place::Field), expected, "{text} in a field");
        }
    }

    #[test]
    fn zoned_times_become_london_days() {
        for (text, expected) in [
            ("2022-05-19T18:44:00+01:00", "2022-05-19"),
            ("2022-05-18T23:10:00Z", "2022-05-19"),
            ("2022-01-18T23:10:00Z", "2022-01-18"),
            ("2022-05-18 23:10:00.123456 +0000", "2022-05-19"),
            ("2022-05-18T22:30:00-04:00", "2022-05-19"),
            ("2022-05-19T00:30:00+02:00", "2022-05-18"),
            ("20220518T231000Z", "2022-05-19"),
            ("2022-05-18T23:10", "2022-05-18"),
            ("Wed, 18 May 2022 23:10:00 GMT", "2022-05-19"),
            ("Wed, 18 May 2022 23:10:00 +0000 (UTC)", "2022-05-19"),
            ("Wed, 18 May 2022 20:10:00 EDT", "2022-05-19"),
            ("Wed May 18 23:10:00 BST 2022", "2022-05-18"),
            ("Wed May 18 2022 23:10:00 GMT+0100 (British Summer Time)", "2022-05-18"),
            ("2022-05-18T23:59:60Z", "2022-05-19"),
        ] {
            assert_eq!(read(text, Place::Field), expected, "{text}");
        }
    }

    #[test]
    fn days_are_read_before_months() {
        assert_eq!(read("05/06/2023", Place::Text), "2023-06-05");
        assert_eq!(read("05-06-2023", Place::Text), "2023-06-05");
        assert_eq!(read("05/19/2023", Place::Text), "Impossible");
    }

    #[test]
    fn weekday_is_checked() {
        assert_eq!(read("Thursday 19 May 2022", Place::Text), "2022-05-19");
        assert_eq!(read("Friday 19 May 2022", Place::Text), "Impossible");
        // The weekday belongs to the day as written, not to the day in London.
        assert_eq!(read("Wed, 18 May 2022 23:10:00 GMT", Place::Text), "2022-05-19");
    }

    #[test]
    fn numbers_mean_dates_only_in_fields() {
        for (text, expected) in [
            ("1652919000", "2022-05-19"),
            ("1652919000000", "2022-05-19"),
            ("1652919000.0", "2022-05-19"),
            ("20220519", "2022-05-19"),
            ("2022", "2022"),
        ] {
            assert_eq!(read(text, Place::Field), expected, "{text}");
            assert_eq!(read(text, Place::Text), "Foreign", "{text} in text");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            " ",
            "19",
            "5 - 19 May 2022",
            "19 May 2022 20 May 2022",
            "May 2022 – June 2022",
            "Thursday May 2022",
            "May 2022 18:44",
            "a report of 19 May 2022",
            "19 Mai 2022",
            "19 May 20222",
            "119 May 2022",
            "19:99 19 May 2022",
            "25:00 19 May 2022",
            "2022-05-19-20",
            "19/05-2022",
            "22-05-19",
            "12345678901234567890",
            "19 May 2022 18:44 19:55",
            "pm 19 May 2022",
            "2022th May 19",
            "19\u{301} May 2022",
            "١٩ May 2022",
        ] {
            assert_eq!(read(text, Place::Text), "Foreign", "{text:?}");
        }
        for text in [
            "31/02/2022",
            "31 June 2022",
            "29 Feb 2023",
            "0 May 2022",
            "2022-13-01",
            "2022-13",
            "32 May 2022",
        ] {
            assert_eq!(read(text, Place::Text), "Impossible", "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = parse(&text, Place::Field);
        }

        #[test]
        fn no_text_made_of_date_parts_panics(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "19", "2022", "May", "-", "/", ".", ":", "T", "Z", "+0100", "pm", "th", " ", "(", ")", "18:44",
                    "9999-12-31", "23:59:60", "-23:59", "99", "é", "\u{2212}", "+99:99",
                ]),
                0..12,
            )
        ) {
            let text = parts.concat();
            let _ = parse(&text, Place::Field);
            let _ = parse(&text, Place::Text);
        }

        #[test]
        fn every_day_is_read_back(days in -5000_i64..20_000) {
            let date = jiff::civil::date(2000, 1, 1).checked_add(jiff::Span::new().days(days)).expect("in range");
            for form in ["%Y-%m-%d", "%d/%m/%Y", "%A, %d %B %Y", "%b %d, %Y", "%a %d %b %Y, %H:%M"] {
                let text = date.at(12, 5, 0, 0).strftime(form).to_string();
                proptest::prop_assert_eq!(parse(&text, Place::Text).map(|reading| reading.earliest), Ok(date));
            }
        }
    }
}
