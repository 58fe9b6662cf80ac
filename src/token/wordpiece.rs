//! WordPiece for words of printable ASCII, several times as fast as the general tokenizer, with the same ids.
//!
//! *Takes* `tokenizer.json` of an uncased BERT, then words between white space. *Gives* token ids, or nothing where
//! only the general tokenizer knows: a file of another kind, a word with other letters.
//!
//! Y. Wu et al., "Google's neural machine translation system", 2016 (the longest piece first).

use serde::Deserialize;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What precedes a piece within a word, in the vocabulary.
const WITHIN: &str = "##";

/// The pieces of a vocabulary.
#[derive(Debug)]
pub(super) struct WordPiece {
    /// Pieces that begin a word.
    first: Table,
    /// Pieces within a word, without their prefix.
    within: Table,
    unknown: u32,
    /// Most letters of a word; a longer one is unknown.
    max_letters: usize,
}

/// What `tokenizer.json` must say for the rules here to be its own.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Added>,
    normalizer: Normalizer,
    pre_tokenizer: Kind,
    model: Model,
}

#[derive(Deserialize)]
struct Added {
    special: bool,
}

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

#[derive(Deserialize)]
struct Normalizer {
    r#type: String,
    clean_text: bool,
    lowercase: bool,
}

#[derive(Deserialize)]
struct Model {
    r#type: String,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: BTreeMap<String, u32>,
}

impl WordPiece {
    /// The pieces of `tokenizer.json`, if it is of an uncased BERT.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let file: File = serde_json::from_slice(bytes).ok()?;
        let is_ours = file.added_tokens.iter().all(|added| added.special)
            && file.normalizer.r#type == "BertNormalizer"
            && file.normalizer.clean_text
            && file.normalizer.lowercase
            && file.pre_tokenizer.r#type == "BertPreTokenizer"
            && file.model.r#type == "WordPiece"
            && file.model.continuing_subword_prefix == WITHIN;
        if !is_ours {
            return None;
        }
        let vocab = &file.model.vocab;
        let within = |(piece, id): (&String, &u32)| Some((piece.strip_prefix(WITHIN)?.to_owned(), *id));
        Some(Self {
            first: Table::new(vocab.iter().map(|(piece, id)| (piece.clone(), *id)).collect()),
            within: Table::new(vocab.iter().filter_map(within).collect()),
            unknown: *vocab.get(&file.model.unk_token)?,
            max_letters: file.model.max_input_chars_per_word,
        })
    }

    /// Adds the ids of `segment`, which has no white space, to `ids`; `false`, with `ids` as they were, if it holds
    /// anything but printable ASCII, the pound sign and the dashes and quotation marks of print.
    pub(super) fn encode(&self, segment: &str, room: &mut Vec<u8>, ids: &mut Vec<u32>) -> bool {
        let before = ids.len();
        room.clear();
        let mut letters = 0;
        let mut rest = segment.as_bytes();
        loop {
            // Words are made of letters and digits; every other sign stands alone.
            let (length, is_letter) = match rest {
                [] => break,
                [byte, ..] if byte.is_ascii_alphanumeric() => (1, true),
                [0x21..=0x7e, ..] => (1, false),
                // £
                [0xc2, 0xa3, ..] => (2, true),
                // U+2010 to U+2027: ‐ – — ‘ ’ “ ” • …
                [0xe2, 0x80, 0x90..=0xa7, ..] => (3, false),
                _ => {
                    ids.truncate(before);
                    return false;
                }
            };
            let (sign, after) = rest.split_at(length);
            rest = after;
            if is_letter {
                room.extend(sign.iter().map(u8::to_ascii_lowercase));
                letters += 1;
            } else {
                self.word(room, letters, ids);
                room.clear();
                letters = 0;
                self.word(sign, 1, ids);
            }
        }
        self.word(room, letters, ids);
        true
    }

    /// Adds the ids of one word: the longest piece first, then the longest of what is left; one id for a word that the
    /// pieces do not make up.
    fn word(&self, word: &[u8], letters: usize, ids: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        if letters > self.max_letters {
            ids.push(self.unknown);
            return;
        }
        let before = ids.len();
        let (mut table, mut rest) = (&self.first, word);
        while !rest.is_empty() {
            let longest = table.longest.min(rest.len());
            let Some((length, id)) =
                (1..=longest).rev().find_map(|length| Some((length, table.get(&rest[..length])?)))
            else {
                ids.truncate(before);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = &rest[length..];
            table = &self.within;
        }
    }
}

/// Pieces by their bytes: open addressing, half empty, as no other lookup here is as frequent.
#[derive(Debug)]
struct Table {
    /// Where a piece lies in `bytes`, its length and its id; a length of 0 is an empty place.
    places: Vec<Place>,
    bytes: Vec<u8>,
    /// Bytes of the longest piece.
    longest: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    from: u32,
    length: u32,
    id: u32,
}

impl Table {
    fn new(pieces: Vec<(String, u32)>) -> Self {
        let mut table = Self {
            places: vec![Place::default(); (2 * pieces.len() + 1).next_power_of_two()],
            bytes: Vec::new(),
            longest: pieces.iter().map(|(piece, _)| piece.len()).max().unwrap_or(0),
        };
        for (piece, id) in pieces.iter().filter(|(piece, _)| !piece.is_empty()) {
            let mut index = table.home(piece.as_bytes());
            while table.places[index].length != 0 {
                index = table.after(index);
            }
            // A vocabulary is at most 64 MiB, the limit of its file.
            table.places[index] =
                Place { from: table.bytes.len() as u32, length: piece.len() as u32, id: *id };
            table.bytes.extend(piece.bytes());
        }
        table
    }

    fn get(&self, piece: &[u8]) -> Option<u32> {
        let mut index = self.home(piece);
        loop {
            let place = self.places[index];
            if place.length == 0 {
                return None;
            }
            if place.length as usize == piece.len() && self.bytes[place.from as usize..].starts_with(piece) {
                return Some(place.id);
            }
            index = self.after(index);
        }
    }

    fn home(&self, piece: &[u8]) -> usize {
        xxh3_64(piece) as usize & (self.places.len() - 1)
    }

    fn after(&self, index: usize) -> usize {
        (index + 1) & (self.places.len() - 1)
    }
}
