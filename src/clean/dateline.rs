//! Lines of an article's head and foot that are known by their shape: dates and bylines.
//!
//! *Takes* one line of normalised text. *Gives* whether it is nothing but a date, or names an author.

use super::shape;

/// Words that stand in a line which is only a date; sorted, lower case, without full stops.
const DATE_WORDS: [&str; 71] = [
    "a",
    "ago",
    "am",
    "and",
    "apr",
    "april",
    "at",
    "aug",
    "august",
    "bst",
    "created",
    "date",
    "day",
    "days",
    "dec",
    "december",
    "edited",
    "feb",
    "february",
    "first",
    "fri",
    "friday",
    "gmt",
    "hour",
    "hours",
    "hrs",
    "jan",
    "january",
    "jul",
    "july",
    "jun",
    "june",
    "last",
    "mar",
    "march",
    "may",
    "min",
    "minutes",
    "modified",
    "mon",
    "monday",
    "months",
    "nd",
    "nov",
    "november",
    "oct",
    "october",
    "on",
    "pm",
    "posted",
    "published",
    "rd",
    "sat",
    "saturday",
    "sep",
    "sept",
    "september",
    "st",
    "sun",
    "sunday",
    "th",
    "thu",
    "thursday",
    "today",
    "tue",
    "tuesday",
    "updated",
    "wed",
    "wednesday",
    "weeks",
    "yesterday",
];

/// Whether a line is nothing but a date or a time, with labels such as `Published` or `Updated`, also glued
/// on (`Published16 May 2023`).
#[must_use]
pub fn is_date(text: &str) -> bool {
    // `Wednesday 15 September 2021, 10:30 am | Updated Wednesday 15 September 2021, 11:45 am` has 70.
    if text.len() > 120 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return is_relative(text);
    }
    let mut letters = 0;
    let mut digits = 0;
    let mut has_name = false;
    // Runs of letters and runs of digits are apart, so that glued labels need no rule of their own.
    for run in text.split(|c: char| !c.is_alphanumeric()) {
        let mut rest = run;
        while let Some(first) = rest.chars().next() {
            let is_digit = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
            let part = &rest[..end];
            rest = &rest[end..];
            if is_digit {
                digits += 1;
                if part.len() > 4 {
                    return false;
                }
            } else {
                letters += 1;
                // ISO 8601 glues `T` and `Z` between digits.
                let word = part.to_lowercase();
                if DATE_WORDS.binary_search(&word.as_str()).is_err()
                    && !matches!(word.as_str(), "t" | "z" | "by")
                {
                    return false;
                }
                has_name |= word.len() >= 3;
            }
        }
    }
    // `12` or `3-2` is no date; `10:30`, `05/06/2023` and `May 2023` are.
    digits > 0
        && ((letters > 0 && has_name) || digits >= 3 || (digits == 2 && (text.contains(':') || letters > 0)))
}

/// Whether a line only says how long ago something appeared in words ("Yesterday", "an hour ago").
fn is_relative(text: &str) -> bool {
    if text.len() > 30 {
        return false;
    }
    matches!(
        text.to_lowercase().trim_start_matches("published ").trim(),
        "yesterday" | "today" | "an hour ago" | "just now"
    )
}

/// Words of a profession that ends a byline; sorted, lower case.
const PROFESSIONS: [&str; 10] = [
    "correspondent",
    "editor",
    "journalist",
    "photographer",
    "producer",
    "reporter",
    "reporters",
    "service",
    "trainee",
    "writer",
];

/// Whether a line names who wrote the article by its form: `By Ada Bell`, `Ada Bell, Education Reporter`,
/// `ada.bell@example.org`, `@adabell`.
#[must_use]
pub fn is_byline(text: &str) -> bool {
    if text.len() > 140 || shape::is_terminated(text) && !text.contains('@') {
        return false;
    }
    let words = shape::word_count(text);
    if words == 0 || words > 18 {
        return false;
    }
    for start in [
        "By ",
        "BY ",
        "by ",
        "Words by ",
        "Written by ",
        "Author: ",
        "Reporter: ",
        "Reporting by ",
        "Exclusive by ",
    ] {
        if let Some(rest) = text.strip_prefix(start) {
            let name = rest.split([',', '|']).next().unwrap_or_default();
            return is_name(name)
                || shape::words(rest).next().is_some_and(shape::is_capitalised) && words <= 12;
        }
    }
    if words <= 2 && text.contains('@') && !text.contains(": ") {
        return true;
    }
    let mut parts = text.split([',', '|', '–', '-', '@']).map(str::trim);
    let first = parts.next().unwrap_or_default();
    let last =
        text.rsplit(' ').next().unwrap_or_default().trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    let has_profession = text.split(' ').any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        PROFESSIONS.binary_search(&word.as_str()).is_ok() && word != "service"
    }) || last == "service" && text.contains("Local Democracy Reporting");
    has_profession && (is_name(first) || words <= 5) && words <= 12 && shape::is_capitalised(first)
}

/// Whether a text is two to four capitalised words without anything else, as names of people are.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut words = 0;
    for word in text.trim().split(' ') {
        let is_part = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '’' | '\'' | '.'))
            && (shape::is_capitalised(word) || matches!(word, "de" | "van" | "von" | "der" | "al"))
            && !shape::is_stop_word(word);
        if !is_part {
            return matches!(word, "and" | "&") && (2..=4).contains(&words);
        }
        words += 1;
    }
    (2..=4).contains(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_words_are_sorted() {
        assert!(DATE_WORDS.is_sorted());
        assert!(PROFESSIONS.is_sorted());
    }

    #[test]
    fn dates() {
        for text in [
            "19 May 2021, 18:44",
            "Friday, 7th January 2022",
            "Updated Tuesday, 8th February 2022, 2:01 pm",
            "09:30AM, Monday 01 December 2025",
            "Posted On 11 Nov 2019 at 5:25 pm",
            "PUBLISHED: 15:45 14 October 2019 | UPDATED:",
            "Published16 May 2023",
            "2022-05-19T18:44:00Z",
            "14-05-2026",
            "3 hours ago",
            "Mar 11, 2024",
            "May 2023",
            "Yesterday",
        ] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "12",
            "The council met on 5 May 2022",
            "May",
            "500 children",
            "Section 2 of 2014",
            "Years 7 and 8",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn bylines() {
        for text in [
            "By Ada Bell",
            "By Ada Bell, BBC political reporter for Oakfield",
            "Ada Bell, Local Democracy Reporter",
            "Ada Bell Education Correspondent",
            "@adabell",
            "ada.bell@example.org",
        ] {
            assert!(is_byline(text), "{text}");
        }
        for text in [
            "By then it was too late.",
            "By the time they left",
            "Council leader is sorry",
            "Ada Bell said so.",
        ] {
            assert!(!is_byline(text), "{text}");
        }
    }
}
