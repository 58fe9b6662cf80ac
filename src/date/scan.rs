//! Cuts a text into the parts that dates are made of.
//!
//! *Takes* a short text. *Gives* its [`Token`]s in order; commas, brackets, dashes and small words are passed
//! over. *Fails* at the first word or sign that belongs to no date. *Cost*: one pass.
//!
//! Invariant: `a_foreign_word_ends_the_reading`.

use jiff::civil::Weekday;

/// Most tokens a date can have: weekday, day, month, year, time and zone are 6; the rest is slack.
const MAX_TOKENS: usize = 10;

/// Why a text gives no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It holds something that belongs to no date.
    Foreign,
    /// Only a time or a weekday.
    NoDay,
    /// A day and a month without a year.
    NoYear,
    /// A day that is not in the calendar, or that is not the weekday given with it.
    Impossible,
}

/// Digits as written; their count tells a year from a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) value: u64,
    pub(super) digits: usize,
}

impl Number {
    pub(super) fn is_year(self) -> bool {
        self.digits == 4
    }

    pub(super) fn is_short(self) -> bool {
        self.digits <= 2
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Token {
    Number(Number),
    Pair(Number, Number, u8),
    Triple(Number, Number, Number, u8),
    Month(u64),
    Weekday(Weekday),
    /// Seconds since midnight.
    Time(u32),
    /// Seconds east of Greenwich.
    Zone(i32),
}

/// The tokens of `text`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    Scan { text, at: 0, tokens: Vec::with_capacity(MAX_TOKENS) }.tokens()
}

/// Seconds since midnight; a time no clock shows is foreign, for it may be a score or a ratio.
pub(super) fn seconds_of(hour: u64, minute: u64, second: u64) -> Result<u32, Fault> {
    if hour > 23 || minute > 59 || second > 60 {
        return Err(Fault::Foreign);
    }
    // A leap second counts as the one before, so that the day stays the same.
    u32::try_from(hour * 3600 + minute * 60 + second.min(59)).map_err(|_| Fault::Foreign)
}

/// The number of a month by its English name, in full or cut to three letters; `sept` too.
pub(super) fn month_named(word: &str) -> Option<u64> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let index = NAMES.iter().position(|name| {
        let is_short = word.len() == 3 && name[..3].eq_ignore_ascii_case(word);
        is_short || name.eq_ignore_ascii_case(word)
    });
    let index = index.or_else(|| word.eq_ignore_ascii_case("sept").then_some(8))?;
    Some(index as u64 + 1)
}

fn weekday_named(word: &str) -> Option<Weekday> {
    Some(match word {
        "mon" | "monday" => Weekday::Monday,
        "tue" | "tues" | "tuesday" => Weekday::Tuesday,
        "wed" | "weds" | "wednesday" => Weekday::Wednesday,
        "thu" | "thur" | "thurs" | "thursday" => Weekday::Thursday,
        "fri" | "friday" => Weekday::Friday,
        "sat" | "saturday" => Weekday::Saturday,
        "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// Hours east of Greenwich of the zones named in UK pages and in RFC 5322, section 4.3.
fn zone_named(word: &str) -> Option<i32> {
    Some(match word {
        "z" | "utc" | "gmt" | "ut" => 0,
        "bst" => 1,
        "edt" => -4,
        "est" | "cdt" => -5,
        "cst" | "mdt" => -6,
        "mst" | "pdt" => -7,
        "pst" => -8,
        _ => return None,
    })
}

/// Cuts a text into tokens.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

impl Scan<'_> {
    fn tokens(mut self) -> Result<Vec<Token>, Fault> {
        while let Some(next) = self.text[self.at..].chars().next() {
            match next {
                '0'..='9' => self.number()?,
                'a'..='z' | 'A'..='Z' => self.word()?,
                '+' | '-' | '\u{2212}' if self.offset(next.len_utf8()) => {}
                // The zone's name behind the zone: "+0100 (British Summer Time)".
                '(' if matches!(self.tokens.last(), Some(Token::Zone(_))) && self.text.ends_with(')') => {
                    break;
                }
                ',' | ';' | '.' | '-' | '–' | '—' | '(' | ')' | '[' | ']' | '@' => {
                    self.at += next.len_utf8()
                }
                // "19 May 2022 / 18:44"
                '/' if self.text[self.at + 1..].starts_with(char::is_whitespace) => self.at += 1,
                _ if next.is_whitespace() => self.at += next.len_utf8(),
                _ => return Err(Fault::Foreign),
            }
            if self.tokens.len() > MAX_TOKENS {
                return Err(Fault::Foreign);
            }
        }
        Ok(self.tokens)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn has_digit_at(&self, at: usize) -> bool {
        self.text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
    }

    /// Reads digits; more than an epoch time in milliseconds has is no date.
    fn digits(&mut self) -> Result<Number, Fault> {
        let mut number = Number { value: 0, digits: 0 };
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number.value = number.value * 10 + u64::from(digit - b'0');
            number.digits += 1;
            self.at += 1;
            if number.digits > 13 {
                return Err(Fault::Foreign);
            }
        }
        Ok(number)
    }

    /// Reads what starts with a digit: a number, a time, or two or three numbers joined by `-`, `/` or `.`.
    fn number(&mut self) -> Result<(), Fault> {
        let first = self.digits()?;
        let token = match self.peek() {
            Some(b':') if first.is_short() && self.has_digit_at(self.at + 1) => self.time(first)?,
            Some(mark @ (b'-' | b'/' | b'.')) if self.has_digit_at(self.at + 1) => {
                self.at += 1;
                let second = self.digits()?;
                if self.peek() == Some(mark) && self.has_digit_at(self.at + 1) {
                    self.at += 1;
                    Token::Triple(first, second, self.digits()?, mark)
                } else {
                    Token::Pair(first, second, mark)
                }
            }
            _ => Token::Number(first),
        };
        self.tokens.push(token);
        Ok(())
    }

    /// Reads the rest of `18:44`, `18:44:05` or `18:44:05.123`.
    fn time(&mut self, hour: Number) -> Result<Token, Fault> {
        self.at += 1;
        let minute = self.digits()?;
        let mut second = Number { value: 0, digits: 2 };
        if self.peek() == Some(b':') {
            self.at += 1;
            second = self.digits()?;
            if self.peek() == Some(b'.') && self.has_digit_at(self.at + 1) {
                while self.has_digit_at(self.at + 1) {
                    self.at += 1;
                }
                self.at += 1;
            }
        }
        if minute.digits != 2 || second.digits != 2 {
            return Err(Fault::Foreign);
        }
        seconds_of(hour.value, minute.value, second.value).map(Token::Time)
    }

    /// Reads `+01:00` or `+0100` directly after a time or a zone (`GMT+0100`).
    fn offset(&mut self, sign_len: usize) -> bool {
        let bytes = self.text.as_bytes();
        let is_placed = matches!(self.tokens.last(), Some(Token::Time(_) | Token::Zone(_)));
        let after = self.at + sign_len;
        let mut digits = [0; 4];
        let (mut count, mut end) = (0, after);
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'0'..=b'9' if count < 4 => {
                    digits[count] = i32::from(byte - b'0');
                    count += 1;
                }
                b':' if count == 2 && end == after + 2 => {}
                _ => break,
            }
            end += 1;
        }
        if !is_placed || count != 4 || self.has_digit_at(end) {
            return false;
        }
        let seconds = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60;
        let seconds = if bytes[self.at] == b'+' { seconds } else { -seconds };
        if matches!(self.tokens.last(), Some(Token::Zone(_))) {
            self.tokens.pop();
        }
        self.tokens.push(Token::Zone(seconds));
        self.at = end;
        true
    }

    fn word(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let is_glued = start > 0 && self.has_digit_at(start - 1);
        let word = self.text[start..self.at].to_ascii_lowercase();
        match word.as_str() {
            "am" => self.meridiem(0)?,
            "pm" => self.meridiem(12)?,
            "a" | "p" if self.text[self.at..].starts_with(".m") => {
                self.at += 2;
                self.meridiem(if word == "p" { 12 } else { 0 })?;
            }
            "noon" => self.tokens.push(Token::Time(12 * 3600)),
            "st" | "nd" | "rd" | "th" if is_glued => self.ordinal()?,
            "t" if is_glued && self.peek().is_some_and(|byte| byte.is_ascii_digit()) => self.iso_time()?,
            // "11:42, UK": the clock that days are counted by anyway.
            "at" | "on" | "the" | "of" | "uk" => {}
            name => {
                let token = month_named(name)
                    .map(Token::Month)
                    .or_else(|| weekday_named(name).map(Token::Weekday))
                    .or_else(|| zone_named(name).map(|hours| Token::Zone(hours * 3600)));
                self.tokens.push(token.ok_or(Fault::Foreign)?);
            }
        }
        Ok(())
    }

    /// The ending of `19th`: the number before it must be able to be a day.
    fn ordinal(&self) -> Result<(), Fault> {
        match self.tokens.last() {
            Some(Token::Number(number)) if number.is_short() => Ok(()),
            _ => Err(Fault::Foreign),
        }
    }

    /// Makes what stands before `am` or `pm` a time: `5`, `5.30`, `5:30`. `14:30pm` is seen and keeps its hour.
    fn meridiem(&mut self, noon: u64) -> Result<(), Fault> {
        let (hour, minute, second) = match self.tokens.pop() {
            Some(Token::Time(seconds)) => {
                let seconds = u64::from(seconds);
                (seconds / 3600, seconds / 60 % 60, seconds % 60)
            }
            Some(Token::Number(hour)) if hour.is_short() => (hour.value, 0, 0),
            Some(Token::Pair(hour, minute, b'.')) if hour.is_short() && minute.digits == 2 => {
                (hour.value, minute.value, 0)
            }
            _ => return Err(Fault::Foreign),
        };
        let hour = if hour > 12 { hour } else { hour % 12 + noon };
        self.tokens.push(Token::Time(seconds_of(hour, minute, second)?));
        Ok(())
    }

    /// Reads the compact time of `20220519T184405Z` or `20220519T1844Z`; others are read as times anyway.
    fn iso_time(&mut self) -> Result<(), Fault> {
        if !matches!(self.tokens.last(), Some(Token::Triple(..) | Token::Number(Number { digits: 8, .. }))) {
            return Err(Fault::Foreign);
        }
        let start = self.at;
        let number = self.digits()?;
        let time = match number.digits {
            4 => seconds_of(number.value / 100, number.value % 100, 0)?,
            6 => seconds_of(number.value / 10_000, number.value / 100 % 100, number.value % 100)?,
            2 if self.peek() == Some(b':') => {
                self.at = start;
                return Ok(());
            }
            _ => return Err(Fault::Foreign),
        };
        self.tokens.push(Token::Time(time));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_word_ends_the_reading() {
        assert_eq!(tokens("Thursday, 19th of May 2022 at 6.44 p.m. (BST)").map(|tokens| tokens.len()), Ok(6));
        for text in ["19 Mai 2022", "19 May 2022!", "19th report", "May 19rd of x", "T18:44"] {
            assert_eq!(tokens(text).err(), Some(Fault::Foreign), "{text}");
        }
    }

    #[test]
    fn twelve_is_noon_or_midnight() {
        for (text, seconds) in
            [("12am", 0), ("12pm", 43_200), ("12:30 a.m.", 1800), ("5pm", 61_200), ("14:30pm", 52_200)]
        {
            let tokens = tokens(text);
            assert!(matches!(tokens.as_deref(), Ok([Token::Time(read)]) if *read == seconds), "{text}");
        }
    }
}
