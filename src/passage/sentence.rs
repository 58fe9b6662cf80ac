//! Splits UK news text into sentences.
//!
//! *Takes* a text. *Gives* the spans of its sentences, in order, without white space around them. *Cost*: one
//! pass; what is looked at around each full stop is bounded, so long lines stay linear.
//!
//! A line feed always ends a sentence. Closing quotes and brackets belong to the sentence they close. A stop
//! ends nothing if the text goes on in lower case (`"Why?" he asked.`), after a title (Cllr), an initial, the
//! number of a list item, or an abbreviation that needs what follows (No. 10, para. 3).
//!
//! Invariants: `sentences_cover_every_word`, `long_lines_stay_linear`.

use crate::article::Span;

/// Abbreviations that never end a sentence, since a name or an explanation follows. Lower case.
const OPEN: [&str; 45] = [
    "mr", "mrs", "ms", "mx", "dr", "drs", "cllr", "cllrs", "prof", "rev", "revd", "hon", "messrs", "fr",
    "sgt", "insp", "supt", "capt", "lt", "col", "gen", "maj", "cpl", "cmdr", "gov", "pres", "asst", "rep",
    "sen", "i.e", "e.g", "ie", "eg", "v", "vs", "cf", "viz", "approx", "esp", "mt", "hm", "hrh", "q.v", "rt",
    "mme",
];

/// Abbreviations that go on if a number follows. Lower case.
const NUMBERED: [&str; 41] = [
    "no", "nos", "para", "paras", "p", "pp", "art", "arts", "sec", "sect", "secs", "fig", "figs", "ch",
    "chap", "vol", "vols", "c", "ca", "reg", "regs", "cl", "sch", "sched", "tel", "ext", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "min", "max", "est",
];

/// Abbreviations that end a sentence only before a word that starts one. Lower case.
const EITHER: [&str; 26] = [
    "ltd", "co", "inc", "corp", "plc", "jr", "sr", "ave", "rd", "dept", "govt", "univ", "assoc", "bros",
    "ed", "eds", "st", "al", "incl", "excl", "ph.d", "phd", "b.a", "m.p", "int", "nat",
];

/// Words that start a sentence far more often than they stand in a name. Lower case.
const STARTERS: [&str; 58] = [
    "the", "a", "an", "it", "he", "she", "they", "we", "i", "you", "this", "that", "these", "those", "there",
    "in", "on", "at", "but", "and", "or", "so", "if", "when", "while", "as", "for", "from", "after",
    "before", "since", "although", "however", "its", "his", "her", "their", "our", "my", "some", "many",
    "most", "all", "no", "not", "what", "why", "how", "who", "where", "with", "by", "to", "both", "one",
    "two", "also", "last",
];

/// Verbs of speech that follow a quoted question (`"Why?" Jane Doe asked.`). Lower case.
const SPEECH: [&str; 22] = [
    "said",
    "says",
    "asked",
    "asks",
    "added",
    "adds",
    "told",
    "tells",
    "wrote",
    "writes",
    "replied",
    "wondered",
    "explained",
    "shouted",
    "continued",
    "insisted",
    "warned",
    "claimed",
    "joked",
    "recalled",
    "tweeted",
    "testified",
];

/// Longest abbreviation or word looked at, in bytes.
const MAX_WORD_BYTES: usize = 24;

/// Words looked at after a quoted question: a full name with title and office, then the verb.
const MAX_SPEAKER_WORDS: usize = 5;

/// The sentences of `text`.
pub(super) fn sentences(text: &str) -> Sentences<'_> {
    Sentences { text, at: 0 }
}

/// Iterator over the sentences of a text; see [`sentences`].
pub(super) struct Sentences<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Sentences<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        if start == self.text.len() {
            self.at = start;
            return None;
        }
        let end = end_of_sentence(self.text, start);
        self.at = end;
        Some(Span::new(start, start + self.text[start..end].trim_end().len()))
    }
}

/// Where the sentence that begins at `start` ends.
fn end_of_sentence(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(found) =
        bytes[at..].iter().position(|byte| matches!(byte, b'.' | b'!' | b'?' | b'\n' | 0xE2))
    {
        let stop = at + found;
        match bytes[stop] {
            b'\n' => return stop,
            0xE2 if !text[stop..].starts_with('…') => at = stop + '…'.len_utf8(),
            _ => {
                let (end, is_end) = judge(text, start, stop);
                if is_end {
                    return end;
                }
                at = end;
            }
        }
    }
    text.len()
}

/// Whether the stops at `stop` end the sentence, and where they and the quotes and brackets behind them end.
fn judge(text: &str, start: usize, stop: usize) -> (usize, bool) {
    let rest = &text[stop..];
    let behind = rest.trim_start_matches(['.', '!', '?', '…']);
    let stops = &rest[..rest.len() - behind.len()];
    let after = behind.trim_start_matches(['"', '\'', '”', '’', '»', ')', ']']);
    let is_closing = after.len() < behind.len();
    let end = text.len() - after.len();
    if after.is_empty() {
        return (end, true);
    }
    if !after.starts_with(char::is_whitespace) {
        return (end, false);
    }
    // White space that holds a line feed ends every sentence.
    let mut next = after.trim_start_matches(|space: char| space.is_whitespace() && space != '\n');
    if next.is_empty() || next.starts_with('\n') {
        return (end, true);
    }
    next = next.trim_start_matches(['"', '\'', '“', '‘', '«', '(', '[']);
    let Some(first) = next.chars().next() else { return (end, true) };
    if first.is_lowercase() || matches!(first, '.' | '!' | '?' | '…' | ',' | ';' | ':') {
        return (end, false);
    }
    let is_end = match stops {
        "." if is_closing => true,
        "." => ends_after(text, start, stop, next),
        "..." | "…" if word_before(text, start, stop).eq_ignore_ascii_case(word_at(next)) => false,
        _ => !(is_closing && stops != "." && is_speech(next)),
    };
    (end, is_end)
}

/// Whether the full stop at `stop` ends a sentence before `next`, which is not lower case.
fn ends_after(text: &str, start: usize, stop: usize, next: &str) -> bool {
    let word = word_before(text, start, stop);
    let is_first = text[start..stop - word.len()].chars().all(|mark| !mark.is_alphanumeric());
    // "1. Provide transport", "b. Provide transport", "iv. Provide transport"
    if is_first && is_numbering(word) {
        return false;
    }
    let lower = word.to_ascii_lowercase();
    let name = lower.as_str();
    let is_number = next.starts_with(|first: char| first.is_ascii_digit());
    if OPEN.contains(&name) {
        return false;
    }
    // "p. 4", but not "P. Lowe".
    let is_initial = word.len() == 1 && word.bytes().all(|letter| letter.is_ascii_uppercase());
    if !is_initial && NUMBERED.contains(&name) {
        return !is_number;
    }
    if EITHER.contains(&name) {
        return !is_number && is_starter(next);
    }
    // "J. Smith", "J.K. Smith", "U.K. Government"
    let is_initials = word.split('.').all(|part| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_none()
    });
    !is_initials || is_number || is_starter(next)
}

/// The word that ends at `end`, with inner full stops (`i.e`); empty if it is longer than any abbreviation.
fn word_before(text: &str, start: usize, end: usize) -> &str {
    let floor = start.max(text.floor_char_boundary(end.saturating_sub(MAX_WORD_BYTES)));
    let window = &text[floor..end];
    let length: usize = window
        .chars()
        .rev()
        .take_while(|&letter| letter.is_alphanumeric() || letter == '.')
        .map(char::len_utf8)
        .sum();
    if length == window.len() && floor > start {
        ""
    } else {
        window[window.len() - length..].trim_start_matches('.')
    }
}

/// The word that `text` begins with; empty if it is longer than any word looked for.
fn word_at(text: &str) -> &str {
    let window = &text[..text.floor_char_boundary(MAX_WORD_BYTES)];
    let end = window.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(window.len());
    if end == MAX_WORD_BYTES { "" } else { &window[..end] }
}

fn is_numbering(word: &str) -> bool {
    let is_number = word.len() <= 3 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_roman = word.len() <= 4 && !word.is_empty() && word.bytes().all(|byte| b"ivx".contains(&byte));
    is_number || is_letter || is_roman
}

fn is_starter(next: &str) -> bool {
    let word = word_at(next);
    STARTERS.iter().any(|starter| starter.eq_ignore_ascii_case(word))
}

/// Whether names and then a verb of speech follow: "Jane Doe asked".
fn is_speech(next: &str) -> bool {
    let window = &next[..next.floor_char_boundary(MAX_SPEAKER_WORDS * MAX_WORD_BYTES)];
    for word in window.split_whitespace().take(MAX_SPEAKER_WORDS) {
        let bare = word.trim_end_matches(['.', ',', ':']);
        if SPEECH.contains(&bare) {
            return true;
        }
        let is_title = bare.len() < word.len() && OPEN.iter().any(|title| title.eq_ignore_ascii_case(bare));
        let is_name = bare.starts_with(char::is_uppercase) && (bare.len() == word.len() || is_title);
        if !is_name {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each case is written with `|` where a sentence ends.
    const CASES: [&str; 82] = [
        "Plans are late. | Families wait.",
        "Plans are late.",
        "No full stop at the end",
        "Mr Lowe said so. | Mrs. Lowe did not.",
        "Cllr. Ann Lowe voted. | Dr. Patel left.",
        "Prof. Ruth Lowe and Rev. Tom Hale spoke to Ms. Dean.",
        "The Rt. Hon. Ann Lowe MP replied.",
        "The Rt Hon. Ann Lowe MP replied.",
        "Pupils of St. Mary's walked. | They were late.",
        "She lives in St. Albans. | He does not.",
        "It stands in the High St. | The council owns it.",
        "A letter to No. 10 was sent. | Nobody replied.",
        "Was it fair? | No. | The council disagreed.",
        "See para. 12 and paras. 14 to 16. | Then decide.",
        "See p. 4 and pp. 6-9. | Then decide.",
        "It cost approx. £40 a day. | That is too much.",
        "It took approx. 40 weeks.",
        "Some needs, i.e. Speech and language, grew.",
        "Some needs, e.g. Autism, grew. | Others fell.",
        "Taxis, buses, etc. were cut. | Parents drove.",
        "They cut taxis, buses, etc. | The parents drove.",
        "In R v. Norchester the court agreed. | The council paid.",
        "P. C. Lowe wrote it. | See p. 4.",
        "Taxis, buses, etc. | Parents drove.",
        "The bus came at 5.30 p.m. | Children went home.",
        "J. K. Lowe wrote it. | J.K. Lowe sold it.",
        "Ann B. Lowe wrote it.",
        "They chose plan B. | The council paid.",
        "The rate rose by 3.5 per cent. | It had been 2.1.",
        "It costs £1.5m. | Next year it will cost £2m.",
        "The bus came at 5.30pm. | It was full.",
        "The bus came at 5.30 p.m. on Monday.",
        "The bus came at 5.30 p.m. | The children went home.",
        "We waited... and waited. | Then it came.",
        "We waited… | Then it came.",
        "We waited... | Then it came.",
        "I... I did not know.",
        "The report [...] was late. | It was long.",
        "\"We tried,\" she said. | \"We failed.\"",
        "“We tried,” she said. | “We failed.”",
        "'We tried,' she said. | 'We failed.'",
        "‘We tried,’ she said. | ‘We failed.’",
        "\"We tried.\" | She left.",
        "“We tried. | We failed,” she said. | “We will try again.”",
        "\"Is it fair?\" he asked. | Nobody replied.",
        "'Is it fair?' he asked.",
        "“Is it fair?” Ann Lowe asked. | Nobody replied.",
        "“Stop!” Cllr. Lowe said. | Nobody did.",
        "“Is it fair?” | The council said it was.",
        "“Is it fair?” | Ann Lowe left. | She said no.",
        "Is it fair? | It is not! | Why?!",
        "(The council was asked.) | It did not reply.",
        "The council was asked (twice). | It did not reply.",
        "The council (see para. 3) was asked. | It did not reply.",
        "1. Provide transport. | 2. Write plans.",
        "1. Provide transport.",
        "a. Provide transport. | Then write plans.",
        "iv. Provide transport.",
        "It rose in 2019. | In 2020 it fell.",
        "It rose in 2019. | 40 schools closed.",
        "See www.paper.example. | It is there.",
        "Write to plans@paper.example today. | Do it.",
        "Lowe Ltd. runs the buses. | Lowe & Co. | The bus firm paid.",
        "Lowe & Co. Limited paid.",
        "The U.K. Government paid. | The U.S. Army did not.",
        "It happened in the U.K. | The council knew.",
        "Born on 3 Sept. 2010 in Norchester. | He is 12.",
        "He has a Ph.D. from Leeds. | She has none.",
        "Smith et al. | The authors agree. | Smith et al. Leeds.",
        "It is Ofsted's view. | Families' views differ.",
        "Yahoo! has a page on it. | Nobody reads it.",
        "It is over . | It is not.",
        "One line\n|Another line\n|A third. | A fourth.",
        "She said: \"We tried.\"\n|He said nothing.",
        "Wait . . . it comes. | It came.",
        "Élan is late. | Été comes. | Écoles close.",
        "The wait was 20 weeks. | £5m was spent. | • Plans",
        "\"It's 'unfair'.\" | He left.",
        "She called it \"unfair.\" | He left.",
        "Sgt. Hale and Insp. Dean came. | They left.",
        "Call ext. 12 or tel. 01234. | Do it.",
        "‘Why?’ asked Ann Lowe. | ‘Why not?’",
    ];

    fn split(text: &str) -> Vec<&str> {
        sentences(text).map(|span| span.of(text)).collect()
    }

    #[test]
    fn uk_news_text_is_split() {
        for case in CASES {
            let expected: Vec<&str> = case.split('|').map(str::trim).collect();
            let text = case.replace("\n|", "\n").replace(" |", "");
            assert_eq!(split(&text), expected);
        }
    }

    #[test]
    fn text_without_words_has_no_sentence() {
        assert!(split("").is_empty());
        assert!(split(" \n\t ").is_empty());
        assert_eq!(split("..."), ["..."]);
    }

    #[test]
    fn long_lines_stay_linear() {
        // Each of these takes minutes if any step looks further than its bound.
        for part in [". ", "? Ann ", "a.a.", "… ", "?\" Ann Ann ", "(. ", "x", "’", "\n"] {
            let text = part.repeat(1_000_000 / part.len());
            assert!(sentences(&text).count() > 0 || text.trim().is_empty());
        }
    }

    proptest::proptest! {
        #[test]
        fn sentences_cover_every_word(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "Mr", "No", "St", "plans", "The", "J", "1", "3.5", ".", "?", "!", "…", "...", " ", " ", "\n", "\"", "”",
                    "’", "(", ")", "é", "said", "\u{a0}", "–",
                ]),
                0..30,
            )
        ) {
            let text = parts.concat();
            let mut at = 0;
            for span in sentences(&text) {
                proptest::prop_assert!(text[at..span.start].trim().is_empty());
                proptest::prop_assert!(!span.is_empty());
                proptest::prop_assert_eq!(span.of(&text).trim(), span.of(&text));
                at = span.end;
            }
            proptest::prop_assert!(text[at..].trim().is_empty());
        }
    }
}
