//! Which words a score rests on: each word is left out once, and the fall of the score is its support.
//!
//! *Takes* an engine and an [`Input`]. *Gives* a [`Word`] with its support per label. *Fails* if the engine does.
//! *Cost*: one scoring per word and one for the whole, in one call of the engine.
//!
//! Occlusion (Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014) needs nothing of the
//! engine but its scores, so it explains word lists and encoders alike. Of two words that each suffice alone, neither
//! has support: leaving out one changes nothing. Scores are those of the passage alone, before themes lean on the rest
//! of its article ([`crate::prior`]).
//!
//! - the words are those of the text, in order
//! - a word without which nothing changes has no support

use crate::article::Span;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::score::Scores;

/// Words of a passage that are worth explaining; each costs a scoring.
pub const MAX_WORDS: usize = 80;

/// A word and what the scores owe to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Where it stands in the text, without punctuation around it.
    pub span: Span,
    /// Score with the word less the score without it, per theme of the engine; in [-1, 1].
    pub themes: Vec<f32>,
    /// The same for negative, neutral and positive.
    pub sentiment: [f32; 3],
}

/// What each of the first `most` words of each input adds to its scores, in the order of the text; later words are
/// never left out.
///
/// # Errors
/// What the engine returns.
pub fn explain(engine: &dyn Classifier, inputs: &[Input<'_>], most: usize) -> Result<Vec<Vec<Word>>> {
    let spans: Vec<_> = inputs.iter().map(|input| words(input.text, most)).collect();
    let mut texts = Vec::new();
    for (number, (input, spans)) in inputs.iter().zip(&spans).enumerate() {
        texts.push((number, input.text.to_owned()));
        texts.extend(spans.iter().map(|span| (number, without(input.text, *span))));
    }
    let asked: Vec<_> = texts.iter().map(|(number, text)| Input { text, ..inputs[*number] }).collect();
    let mut scores = engine.score(&asked)?.into_iter();
    let mut explained = Vec::with_capacity(inputs.len());
    for spans in spans {
        let Some(whole) = scores.next() else { break };
        let words = spans.into_iter().zip(scores.by_ref()).map(|(span, left)| support(span, &whole, &left));
        explained.push(words.collect());
    }
    Ok(explained)
}

fn support(span: Span, whole: &Scores, left: &Scores) -> Word {
    let themes = whole.themes.iter().zip(&left.themes).map(|(with, without)| with - without).collect();
    let sentiment = std::array::from_fn(|index| whole.sentiment[index] - left.sentiment[index]);
    Word { span, themes, sentiment }
}

/// Words by white space, less the punctuation around them; at most `most`.
fn words(text: &str, most: usize) -> Vec<Span> {
    let mut words = Vec::new();
    let mut rest = 0;
    for piece in text.split_whitespace() {
        if words.len() == most {
            break;
        }
        let start = rest + text[rest..].find(piece).unwrap_or(0);
        rest = start + piece.len();
        let bare = piece.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let start = rest - bare.len();
        let bare = bare.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        if !bare.is_empty() {
            words.push(Span::new(start, start + bare.len()));
        }
    }
    words
}

fn without(text: &str, span: Span) -> String {
    format!("{}{}", &text[..span.start], text[span.end..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::Codebook;
    use crate::engine::lexicon::Lexicon;

    const TEXT: &str = "“The taxi” was late – again; the council’s head resigned.";

    fn explained(text: &str) -> Vec<Word> {
        let engine = Lexicon::new(&Codebook::shipped());
        explain(&engine, &[Input::alone(text)], MAX_WORDS).expect("word lists do not fail").remove(0)
    }

    #[test]
    fn the_words_are_those_of_the_text_in_order() {
        let words: Vec<_> = words(TEXT, MAX_WORDS).into_iter().map(|span| span.of(TEXT)).collect();
        assert_eq!(words, ["The", "taxi", "was", "late", "again", "the", "council’s", "head", "resigned"]);
        assert!(explained("").is_empty() && explained(" … – ").is_empty());
        assert_eq!(explained(&"word ".repeat(500)).len(), MAX_WORDS);
    }

    #[test]
    fn a_word_without_which_nothing_changes_has_no_support() {
        let transport = 2;
        for word in explained(TEXT) {
            let is_taxi = word.span.of(TEXT) == "taxi";
            assert_eq!(word.themes[transport] > 0.0, is_taxi, "{word:?}");
            assert!(word.themes.iter().chain(&word.sentiment).all(|value| (-1.0..=1.0).contains(value)));
        }
    }
}
