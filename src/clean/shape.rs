//! What a line looks like: how it ends, how many words it has, whether it is a sentence.
//!
//! Pure functions of one line of normalised text, shared by the repairs, the rules and the line model.

/// Pieces of a line between single spaces, empty ones too. Such pieces are a few bytes long: [`str::split`], made for
/// long ones, takes three times as long.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.bytes().position(|byte| byte == b' ') else { return rest.take() };
        rest = Some(&text[end + 1..]);
        Some(&text[..end])
    })
}

/// Words of a line: pieces between white space that hold a letter or a digit.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter(|piece| first_letter(piece).is_some())
}

/// The first letter or digit of a text.
#[inline]
fn first_letter(text: &str) -> Option<char> {
    match text.as_bytes().first() {
        // Nearly always.
        Some(first) if first.is_ascii_alphanumeric() => Some(char::from(*first)),
        _ => text.chars().find(|c| c.is_alphanumeric()),
    }
}

/// Number of [`words`].
#[must_use]
pub fn word_count(text: &str) -> usize {
    words(text).count()
}

/// A line without closing quotation marks and brackets, and without the notes that pages put behind links.
fn bare_end(text: &str) -> &str {
    text.trim_end_matches(|c: char| {
        matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*') || c.is_whitespace()
    })
}

/// Whether a line ends a sentence: `.`, `!`, `?` or `…`, also inside closing quotation marks or brackets.
#[must_use]
pub fn is_terminated(text: &str) -> bool {
    bare_end(text).ends_with(['.', '!', '?', '…', '。'])
}

/// Whether a line announces what follows it.
#[must_use]
pub fn ends_with_colon(text: &str) -> bool {
    bare_end(text).ends_with(':')
}

/// Whether a line stops in the middle of a sentence: no mark at its end that could close anything.
#[must_use]
pub fn is_open(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == ',')
}

/// Whether a line begins with a quotation mark.
#[must_use]
pub fn starts_with_quote(text: &str) -> bool {
    text.starts_with(['"', '“', '‘', '\'', '«', '„'])
}

/// Whether the first letter of a line, past quotation marks and brackets, is lower case.
#[must_use]
pub fn starts_lower(text: &str) -> bool {
    first_letter(text).is_some_and(char::is_lowercase)
}

/// Whether a word begins with a capital letter, past quotation marks and brackets.
#[must_use]
pub fn is_capitalised(word: &str) -> bool {
    first_letter(word).is_some_and(char::is_uppercase)
}

/// Words without weight for meaning, as they stand in running text; sorted, lower case.
const STOP_WORDS: [&str; 119] = [
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been",
    "before", "being", "between", "both", "but", "by", "can", "could", "did", "do", "does", "during", "each",
    "for", "from", "further", "had", "has", "have", "having", "he", "her", "here", "him", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "just", "may", "me", "might", "more", "most", "much", "must",
    "my", "no", "not", "now", "of", "off", "on", "once", "one", "only", "or", "other", "our", "out", "over",
    "own", "said", "same", "says", "she", "should", "so", "some", "still", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under",
    "until", "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "whom", "why", "will", "with", "within", "without", "would", "yet", "you", "your", "yours",
];

static STOP_WORD_SET: WordSet = WordSet::new(&STOP_WORDS);

/// A fixed list of words, asked about every word of every article: a hash table of numbers, as a rule with one look.
pub struct WordSet([u64; 1 << Self::BITS]);

impl WordSet {
    /// Slots, as a power of two: an eighth of them are taken by the longest list.
    const BITS: u32 = 10;

    /// The set of `words`: lower case, at most eight bytes each.
    #[must_use]
    pub const fn new(words: &[&str]) -> Self {
        let mut slots = [0; 1 << Self::BITS];
        let mut next = 0;
        while next < words.len() {
            let packed = pack_bytes(words[next].as_bytes());
            let mut at = Self::home(packed);
            while slots[at] != 0 {
                at = (at + 1) % slots.len();
            }
            slots[at] = packed;
            next += 1;
        }
        Self(slots)
    }

    /// Whether a word as [`pack`] gives it is in the set.
    #[must_use]
    pub fn contains(&self, packed: u64) -> bool {
        let mut at = Self::home(packed);
        while self.0[at] != packed && self.0[at] != 0 {
            at = (at + 1) % self.0.len();
        }
        self.0[at] == packed
    }

    /// The slot where a word is looked for first (Fibonacci hashing: Knuth, TAOCP vol. 3, 6.4).
    const fn home(packed: u64) -> usize {
        (packed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Self::BITS)) as usize
    }
}

/// A word in lower case (of ASCII), punctuation around it taken off, as one number; `None` if nothing is left or more
/// than eight bytes.
#[must_use]
pub fn pack(word: &str) -> Option<u64> {
    let bytes = match word.as_bytes() {
        // Most words have nothing around them.
        bytes @ [first, .., last] if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => bytes,
        _ => word.trim_matches(|c: char| !c.is_alphanumeric()).as_bytes(),
    };
    (1..=8).contains(&bytes.len()).then(|| pack_bytes(bytes))
}

/// At most eight bytes, in lower case, as one number.
const fn pack_bytes(bytes: &[u8]) -> u64 {
    assert!(bytes.len() <= 8, "a packed word has at most eight bytes");
    let mut packed = 0;
    let mut at = 0;
    while at < bytes.len() {
        packed = packed << 8 | bytes[at].to_ascii_lowercase() as u64;
        at += 1;
    }
    packed
}

/// Whether a word, in any case, with punctuation around it, is an English stop word.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    pack(word).is_some_and(|word| STOP_WORD_SET.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_found() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.into_iter().all(is_stop_word));
        assert!(!["", "—", "theirs", "withinwithin"].into_iter().any(is_stop_word));
        assert!(is_stop_word("“The"));
        assert!(!is_stop_word("Council"));
    }

    #[test]
    fn ends() {
        assert!(is_terminated("It is “late”."));
        assert!(is_terminated("“It is late.”"));
        assert!(!is_terminated("Council 'sorry for delays'"));
        assert!(ends_with_colon("Inspectors found:"));
        assert!(is_open("ordered by the Education Secretary,"));
        assert!(!is_open("It is late."));
        assert!(starts_lower("“and then"));
    }

    proptest::proptest! {
        #[test]
        fn pieces_are_those_of_split(text in "[a-c é]{0,12}") {
            proptest::prop_assert!(pieces(&text).eq(text.split(' ')));
        }
    }
}
