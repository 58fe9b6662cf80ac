//! The model's tokenizer: a text and perhaps its context become one [`Encoding`].
//!
//! *Takes* `tokenizer.json` and texts. *Gives* token ids as BERT wants them: `[CLS]` text `[SEP]`, with a
//! context `[CLS]` text `[SEP]` context `[SEP]`. *Fails* on a tokenizer that cannot be used, never
//! because of a text. *Cost*: bounded per text, because a text is cut before it is tokenised.
//!
//! - truncation and padding of the file are overridden
//! - the text goes before the context when there is not room for both
//! - special tokens written in a text are plain text
//! - a huge text costs no more than its first part
//! - the ids are those of the crate `tokenizers`, whichever way a word takes

mod wordpiece;

use crate::caught::catch;
use crate::error::{Error, Result};
use wordpiece::WordPiece;

/// Bytes of text kept per token of the limit before tokenising, so 16 KiB at 512 tokens.
///
/// A token of English news has about 5 bytes, a token of the vocabulary at most 18 letters. Only a text
/// with long runs that make few tokens (spaces, encoded data) loses tokens that would have had room.
const BYTES_PER_TOKEN: usize = 32;

/// Turns texts into token ids. Cheap to share between threads.
#[derive(Debug)]
pub struct Tokenizer {
    tokenizer: tokenizers::Tokenizer,
    /// The same for plain words, if the file is of an uncased BERT.
    words: Option<WordPiece>,
    /// Id that opens an input.
    cls: u32,
    /// Id that ends a segment.
    sep: u32,
    max_tokens: usize,
}

/// One input as the network takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// Token ids, special tokens included; at most the tokenizer's limit, at least two.
    pub ids: Vec<u32>,
    /// Segment of each token: 0 for the text, 1 for the context.
    pub type_ids: Vec<u8>,
    /// Tokens of the whole text, special tokens and context not counted. Beyond the part that is
    /// tokenised they are estimated from its rate of tokens per byte.
    pub tokens: u32,
    /// Tokens of the text beyond the limit.
    pub truncated_tokens: u32,
}

impl Tokenizer {
    /// Loads `tokenizer.json` of `model` (named in messages); an encoding has at most `max_tokens`
    /// tokens, special tokens included.
    ///
    /// A crafted file can panic the tokenizer; the panic is caught.
    ///
    /// # Errors
    /// [`Error::Model`] if the file is no tokenizer or has no `[CLS]` and `[SEP]`.
    pub fn load(model: &str, bytes: &[u8], max_tokens: usize) -> Result<Self> {
        let loaded = catch(|| {
            let mut tokenizer =
                tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| error.to_string())?;
            tokenizer.with_truncation(None).map_err(|error| error.to_string())?;
            tokenizer.with_padding(None);
            tokenizer.set_encode_special_tokens(true);
            let id = |token: &str| tokenizer.token_to_id(token).ok_or_else(|| format!("it has no `{token}`"));
            let (cls, sep) = (id("[CLS]")?, id("[SEP]")?);
            let words = WordPiece::read(bytes);
            Ok(Self { tokenizer, words, cls, sep, max_tokens: max_tokens.max(4) })
        });
        loaded.unwrap_or_else(|| Err("it breaks the tokenizer".into())).map_err(|reason: String| {
            Error::model(
                format!("model `{model}`: `tokenizer.json` cannot be used: {reason}"),
                "the built-in encoder wants the `tokenizer.json` of a BERT model",
            )
        })
    }

    /// Encodes a text with its context, if the model takes one.
    ///
    /// # Errors
    /// [`Error::Model`] if the tokenizer itself breaks down; never with the tokenizer of a sound model.
    pub fn encode(&self, text: &str, context: Option<&str>) -> Result<Encoding> {
        let (text_ids, unseen_tokens) = self.ids(text)?;
        let room = self.max_tokens - 2;
        let kept = &text_ids[..text_ids.len().min(room)];

        let mut ids = Vec::with_capacity(kept.len() + 2);
        ids.push(self.cls);
        ids.extend_from_slice(kept);
        ids.push(self.sep);
        let mut type_ids = vec![0; ids.len()];

        // A context wants room for at least one token and its `[SEP]`.
        let room = self.max_tokens - ids.len();
        if let Some(context) = context.filter(|_| room >= 2) {
            let (context_ids, _) = self.ids(context)?;
            if !context_ids.is_empty() {
                ids.extend(context_ids.into_iter().take(room - 1));
                ids.push(self.sep);
                type_ids.resize(ids.len(), 1);
            }
        }

        let truncated_tokens = count(text_ids.len() - kept.len()).saturating_add(unseen_tokens);
        let tokens = count(text_ids.len()).saturating_add(unseen_tokens);
        Ok(Encoding { ids, type_ids, tokens, truncated_tokens })
    }

    /// Ids of the first part of a text, and an estimate of the tokens in the rest.
    fn ids(&self, text: &str) -> Result<(Vec<u32>, u32)> {
        let (head, rest_bytes) = cut(text, self.max_tokens * BYTES_PER_TOKEN);
        let ids = match &self.words {
            None => self.any(head)?,
            Some(words) => {
                let (mut ids, mut room) = (Vec::with_capacity(head.len() / 4), Vec::new());
                for segment in head.split([' ', '\t', '\n', '\r']) {
                    if !words.encode(segment, &mut room, &mut ids) {
                        ids.extend(self.any(segment)?);
                    }
                }
                ids
            }
        };
        let unseen_tokens = if rest_bytes == 0 { 0 } else { (ids.len() * rest_bytes).div_ceil(head.len()) };
        Ok((ids, count(unseen_tokens)))
    }

    /// Ids of any text.
    fn any(&self, text: &str) -> Result<Vec<u32>> {
        let encoded = catch(|| self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string()));
        match encoded.unwrap_or_else(|| Err("it breaks on a text".into())) {
            Ok(encoding) => Ok(encoding.get_ids().to_vec()),
            Err(reason) => Err(Error::model(
                format!("the model's tokenizer cannot be used: {reason}"),
                "get `tokenizer.json` again from where the model came",
            )),
        }
    }
}

/// The part of a text to tokenise and the number of bytes left out: at most `most` bytes without outer
/// white space, ending before a word where there is one to end before.
fn cut(text: &str, most: usize) -> (&str, usize) {
    let text = text.trim();
    if text.len() <= most {
        return (text, 0);
    }
    let boundary = text.floor_char_boundary(most);
    let head = &text[..boundary];
    let end = head.rfind(char::is_whitespace).filter(|end| *end > 0).unwrap_or(boundary);
    (&text[..end], text.len() - end)
}

/// A number of tokens as it is stored; texts are far shorter than the limit of the type.
fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lower-casing WordPiece tokenizer with truncation 3 and padding 5 baked in.
    fn file() -> Vec<u8> {
        let words = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "bus", "is", "late", "##r", "school", "[", "]", "sep",
        ];
        let vocabulary: serde_json::Map<String, serde_json::Value> =
            words.iter().zip(0..).map(|(word, id): (&&str, i32)| ((*word).to_owned(), id.into())).collect();
        let special = |id: u32, content: &str| {
            serde_json::json!({"id": id, "special": true, "content": content, "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false})
        };
        serde_json::json!({
            "version": "1.0",
            "truncation": {"max_length": 3, "strategy": "LongestFirst", "stride": 0},
            "padding": {"strategy": {"Fixed": 5}, "direction": "Right", "pad_to_multiple_of": null,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
            "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]")],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": null,
            "decoder": null,
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocabulary},
        })
        .to_string()
        .into_bytes()
    }

    fn tokenizer(max_tokens: usize) -> Tokenizer {
        Tokenizer::load("tiny", &file(), max_tokens).expect("a sound tokenizer")
    }

    #[test]
    fn truncation_and_padding_of_the_file_are_overridden() {
        let encoding = tokenizer(16).encode("The bus is later", None).expect("encodes");
        assert_eq!(encoding.ids, [2, 4, 5, 6, 7, 8, 3]);
        assert_eq!((encoding.tokens, encoding.truncated_tokens), (5, 0));
    }

    #[test]
    fn the_text_goes_before_the_context_when_there_is_not_room_for_both() {
        let encode = |most, text| tokenizer(most).encode(text, Some("school bus")).expect("encodes");
        let both = encode(16, "the bus");
        assert_eq!(both.ids, [2, 4, 5, 3, 9, 5, 3]);
        assert_eq!(both.type_ids, [0, 0, 0, 0, 1, 1, 1]);
        let some = encode(6, "the bus");
        assert_eq!(some.ids, [2, 4, 5, 3, 9, 3]);
        let none = encode(5, "the bus is late");
        assert_eq!(none.ids, [2, 4, 5, 6, 3]);
        assert_eq!((none.tokens, none.truncated_tokens), (4, 1));
    }

    #[test]
    fn special_tokens_written_in_a_text_are_plain_text() {
        let encoding = tokenizer(16).encode("the [SEP] bus", None).expect("encodes");
        assert_eq!(encoding.ids, [2, 4, 10, 12, 11, 5, 3]);
    }

    #[test]
    fn odd_texts_encode() {
        let tokenizer = tokenizer(16);
        for text in
            ["", " \n\t", "\0\u{1}\u{7f}\u{200b}\u{feff}", "\u{202e}e\u{301}\u{301}", "日本語", "🚌🏽‍🦽"]
        {
            let encoding = tokenizer.encode(text, Some(text)).expect("an odd text is no error");
            assert_eq!(encoding.ids.len(), encoding.type_ids.len());
            assert!(encoding.ids.len() >= 2 && encoding.ids.len() <= 16);
        }
    }

    #[test]
    fn a_huge_text_costs_no_more_than_its_first_part() {
        let tokenizer = tokenizer(16);
        let long = "the bus is late ".repeat(100_000);
        let encoding = tokenizer.encode(&long, None).expect("encodes");
        assert_eq!(encoding.ids.len(), 16);
        assert_eq!(encoding.tokens - encoding.truncated_tokens, 14);
        let words = 400_000_f64;
        assert!((f64::from(encoding.tokens) / words - 1.0).abs() < 0.02, "{}", encoding.tokens);
        for text in ["x".repeat(1 << 20), "é".repeat(1 << 19), "(".repeat(1 << 20), " ".repeat(1 << 20)] {
            tokenizer.encode(&text, None).expect("a huge word is no error");
        }
    }

    #[test]
    fn a_cut_ends_before_a_word_and_on_a_character() {
        assert_eq!(cut("  the bus is", 9), ("the bus", 3));
        assert_eq!(cut("éééé", 3), ("é", 6));
        assert_eq!(cut("the bus", 7), ("the bus", 0));
    }

    #[test]
    fn a_broken_tokenizer_is_an_error() {
        for bytes in [&b"{}"[..], b"", b"\xff", br#"{"version":"1.0","model":{"type":"BPE"}}"#] {
            assert!(Tokenizer::load("broken", bytes, 16).is_err());
        }
    }
}
