//! What a line looks like: how it ends, how many words it has, whether it is a sentence.
//!
//! Pure functions of one line of normalised text, shared by the repairs, the rules and the line model.

/// Words of a line: pieces between white space that hold a letter or a digit.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| word.chars().any(char::is_alphanumeric))
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
    text.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_lowercase)
}

/// Whether a word begins with a capital letter, past quotation marks and brackets.
#[must_use]
pub fn is_capitalised(word: &str) -> bool {
    word.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase)
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

/// [`STOP_WORDS`], packed.
static PACKED: [u64; STOP_WORDS.len()] = pack_all(STOP_WORDS);

/// Packs words of at most eight bytes into numbers that sort as the words do.
#[must_use]
pub const fn pack_all<const N: usize>(words: [&str; N]) -> [u64; N] {
    let mut packed = [0; N];
    let mut at = 0;
    while at < N {
        let bytes = words[at].as_bytes();
        assert!(bytes.len() <= 8, "a packed word has at most eight bytes");
        let mut index = 0;
        while index < bytes.len() {
            packed[at] |= (bytes[index] as u64) << (56 - 8 * index);
            index += 1;
        }
        at += 1;
    }
    packed
}

/// A word in lower case (of ASCII), punctuation around it taken off, packed as [`pack_all`] packs; `None` if it is
/// longer than eight bytes. Word lists are searched for every word of every article: comparing numbers instead of
/// texts halves the time of cleaning.
#[must_use]
pub fn pack(word: &str) -> Option<u64> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut bytes = [0; 8];
    bytes.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    bytes.make_ascii_lowercase();
    Some(u64::from_be_bytes(bytes))
}

/// Whether a word, in any case, with punctuation around it, is an English stop word.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    pack(word).is_some_and(|word| PACKED.binary_search(&word).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
        assert!(PACKED.is_sorted());
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
}
