//! Fingerprints that copies of one text share. Nothing is deleted: copies are kept and can be counted once.
//!
//! *Takes* an article or a passage. *Gives* a hash of its normalised text. *Cost*: one pass, a few
//! nanoseconds a byte.
//!
//! Normalised are words in order and nothing else: NFKC, lower case, one space between; apostrophes inside
//! words go, and every other mark is a space. Outlets that share agency copy change quotes, dashes, commas
//! and paragraph breaks, not words; so punctuation must not tell copies apart.
//!
//! Invariants: `copies_share_a_cluster`, `different_words_differ`, `an_article_without_body_has_no_cluster`.

use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::Xxh3Default;

use crate::article::Article;

/// The fingerprint of the body of `article`: 32 hexadecimal digits of XXH3-128 over the normalised words of all
/// counted blocks; `None` if there is no word in them. Headline, captions and furniture do not count.
#[must_use]
pub fn cluster(article: &Article) -> Option<String> {
    let mut words = Words::default();
    for block in article.blocks.iter().filter(|block| block.role.is_counted()) {
        words.add(article.text_of(block));
    }
    (!words.is_empty()).then(|| format!("{:032x}", words.hash().digest128()))
}

/// The fingerprint of a passage: XXH3-64 over its normalised words. Equal for passages of the same words.
#[must_use]
pub fn passage_key(text: &str) -> u64 {
    let mut words = Words::default();
    words.add(text);
    words.hash().digest()
}

/// Bytes gathered before they are hashed; the hash works best on long runs.
const BUFFER_BYTES: usize = 1024;

/// Normalised words on their way into a hash.
#[derive(Default)]
struct Words {
    hash: Xxh3Default,
    buffer: Vec<u8>,
    /// A word has ended and none has begun since.
    has_gap: bool,
    has_word: bool,
}

impl Words {
    fn is_empty(&self) -> bool {
        !self.has_word
    }

    fn hash(mut self) -> Xxh3Default {
        self.hash.update(&self.buffer);
        self.hash
    }

    /// Adds the words of `text`, the first of which is no part of the last word added before.
    fn add(&mut self, text: &str) {
        self.has_gap = true;
        if text.is_ascii() {
            for part in text.as_bytes().chunks(BUFFER_BYTES) {
                self.ascii(part);
                self.empty_buffer();
            }
            return;
        }
        // NFKC joins nothing across white space, so each run between is normalised by itself, and only runs
        // with more than ASCII and the common marks need it.
        for run in text.split_whitespace() {
            if run.is_ascii() {
                self.ascii(run.as_bytes());
            } else if run.chars().all(|letter| letter.is_ascii() || is_common_mark(letter)) {
                run.chars().for_each(|letter| self.letter(letter));
            } else {
                run.nfkc().flat_map(char::to_lowercase).for_each(|letter| self.letter(letter));
            }
            self.has_gap = true;
            self.empty_buffer();
        }
    }

    /// Hashes what is gathered, if it is enough.
    fn empty_buffer(&mut self) {
        if self.buffer.len() >= BUFFER_BYTES {
            self.hash.update(&self.buffer);
            self.buffer.clear();
        }
    }

    /// What [`Self::letter`] does, for ASCII.
    fn ascii(&mut self, text: &[u8]) {
        let (mut has_gap, mut has_word) = (self.has_gap, self.has_word);
        for &byte in text {
            if byte.is_ascii_alphanumeric() {
                if has_gap && has_word {
                    self.buffer.push(b' ');
                }
                (has_gap, has_word) = (false, true);
                self.buffer.push(byte.to_ascii_lowercase());
            } else if byte != b'\'' {
                has_gap = true;
            }
        }
        (self.has_gap, self.has_word) = (has_gap, has_word);
    }

    fn letter(&mut self, letter: char) {
        let is_part = letter.is_alphanumeric() || unicode_normalization::char::is_combining_mark(letter);
        if is_part {
            if self.has_gap && self.has_word {
                self.buffer.push(b' ');
            }
            (self.has_gap, self.has_word) = (false, true);
            if letter.is_ascii() {
                self.buffer.push(letter.to_ascii_lowercase() as u8);
            } else {
                self.buffer.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        } else if !is_apostrophe(letter) {
            self.has_gap = true;
        }
    }
}

/// An apostrophe joins: "children's" and "childrens" are one word. So does the soft hyphen, which is not seen.
fn is_apostrophe(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '\u{2019}' | '\u{2018}' | '\u{2BC}' | '\u{FF07}' | '\u{AD}' | '\u{200B}'..='\u{200D}'
    )
}

/// Marks of UK news text that NFKC leaves or makes other marks.
fn is_common_mark(letter: char) -> bool {
    matches!(
        letter,
        '\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}' | '\u{2013}' | '\u{2014}' | '\u{2026}' | '£' | '•'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Block, Fields, Format, Role, Span};

    fn article(lines: &[(Role, &str)]) -> Article {
        let mut text = String::new();
        let mut blocks = Vec::new();
        for &(role, line) in lines {
            let start = text.len();
            text.push_str(line);
            let span = Span::new(start, text.len());
            text.push('\n');
            blocks.push(Block { role, span, source: None, rule: "test", probability: None, lead_in: None });
        }
        Article {
            id: "a.txt".to_owned(),
            format: Format::Text,
            encoding: "utf-8",
            text,
            blocks,
            fields: Fields::default(),
            language: None,
            is_truncated: false,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn copies_share_a_cluster() {
        let first = article(&[
            (Role::Headline, "Plans late"),
            (Role::Body, "“Children’s plans are late,” said Ann Lowe – again."),
            (Role::Caption, "A bus"),
            (Role::ListItem, "Families wait."),
        ]);
        let second = article(&[
            (Role::Headline, "Families wait for plans"),
            (Role::Body, "'CHILDREN'S plans  are late', said Ann\u{a0}Lowe - again. Families wait"),
        ]);
        assert_eq!(cluster(&first), cluster(&second));
        assert_eq!(cluster(&first).map(|cluster| cluster.len()), Some(32));
    }

    #[test]
    fn equal_words_have_equal_keys() {
        for (left, right) in [
            ("Plans are late.", "plans are late"),
            ("e\u{301}cole", "École"),
            ("ﬁnance", "finance"),
            ("２０２２", "2022"),
            ("well-known", "well – known"),
            ("don’t", "don't"),
            ("  a\tb\n", "A b"),
            ("co\u{AD}operate", "cooperate"),
            ("wait…", "wait..."),
            ("", " … "),
        ] {
            assert_eq!(passage_key(left), passage_key(right), "{left} {right}");
        }
    }

    #[test]
    fn different_words_differ() {
        for (left, right) in [
            ("Plans are late.", "Plans were late."),
            ("plans late", "planslate"),
            ("late plans", "plans late"),
            ("3.5", "35"),
            ("", "a"),
        ] {
            assert_ne!(passage_key(left), passage_key(right), "{left} {right}");
        }
    }

    #[test]
    fn an_article_without_body_has_no_cluster() {
        assert_eq!(cluster(&article(&[])), None);
        assert_eq!(cluster(&article(&[(Role::Headline, "Plans late"), (Role::Body, " … ")])), None);
        assert!(cluster(&article(&[(Role::Body, "Plans")])).is_some());
    }

    #[test]
    fn the_buffer_changes_nothing() {
        let long = "Families wait for “plans”. ".repeat(1000);
        let spread: Vec<_> = long.split_inclusive(". ").map(|line| (Role::Body, line)).collect();
        assert_eq!(cluster(&article(&spread)), cluster(&article(&[(Role::Body, &long)])));
    }

    proptest::proptest! {
        #[test]
        fn ascii_is_hashed_as_any_text(text in "[ -~\n\t]{0,60}") {
            // The quotation mark is no word, but it makes the text one of Unicode.
            proptest::prop_assert_eq!(passage_key(&text), passage_key(&format!("{text} “")));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            proptest::prop_assert_eq!(passage_key(&text), passage_key(&format!(" {text} ")));
        }
    }
}
