//! Joins neighbouring paragraphs into segments of 60 to 120 words.
//!
//! *Takes* counted blocks that follow each other. *Gives* segments that cover them in order. *Cost*: one pass.
//!
//! Whole paragraphs are joined while they fit; a paragraph is cut, where a sentence ends, only if the segment
//! before it would stay too short and the paragraph does not fit whole. A short rest joins the segment before
//! it if both fit.

use super::sentence::sentences;
use super::{MAX_BYTES, cut_long, words};
use crate::article::{Block, Span};

/// A segment has at least this many words where the text allows: two median paragraphs (29 words each).
const MIN_WORDS: usize = 60;

/// A segment has at most this many words; longer is only a sentence.
const MAX_WORDS: usize = 120;

/// Part of a text that ends and begins with blocks or sentences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// Where it stands in the text.
    pub(super) span: Span,
    /// Index of the block it begins in.
    pub(super) first: usize,
    /// Index of the block it ends in.
    pub(super) last: usize,
    words: usize,
}

impl Segment {
    fn joined(self, next: Self) -> Self {
        let span = Span::new(self.span.start, next.span.end);
        Self { span, first: self.first, last: next.last, words: self.words + next.words }
    }

    /// Whether both together are a segment.
    fn fits(&self, next: &Self) -> bool {
        self.words + next.words <= MAX_WORDS && next.span.end - self.span.start <= MAX_BYTES
    }
}

/// The segments of `blocks`, which follow each other in `text`.
pub(super) fn segments(text: &str, blocks: &[Block]) -> Vec<Segment> {
    let mut joiner = Joiner { done: Vec::new(), open: None };
    for (index, block) in blocks.iter().enumerate() {
        let whole = segment(text, block.span, index);
        if whole.words == 0 {
            continue;
        }
        let is_short = joiner.open.is_some_and(|open| open.words < MIN_WORDS);
        let fits_open = joiner.open.is_none_or(|open| open.fits(&whole));
        let fits_alone = whole.words <= MAX_WORDS && whole.span.len() <= MAX_BYTES;
        if fits_alone && (fits_open || !is_short) {
            joiner.add(whole);
        } else {
            for sentence in sentences(block.span.of(text)) {
                cut_long(sentence.of(block.span.of(text)), MAX_BYTES, &mut |part| {
                    let start = block.span.start + sentence.start;
                    joiner.add(segment(text, Span::new(start + part.start, start + part.end), index));
                });
            }
        }
    }
    joiner.end()
}

fn segment(text: &str, span: Span, block: usize) -> Segment {
    Segment { span, first: block, last: block, words: words(span.of(text)) }
}

struct Joiner {
    done: Vec<Segment>,
    open: Option<Segment>,
}

impl Joiner {
    fn add(&mut self, next: Segment) {
        self.open = match self.open {
            Some(open) if open.fits(&next) && (open.words < MIN_WORDS || open.last == next.last) => {
                Some(open.joined(next))
            }
            Some(open) => {
                self.done.push(open);
                Some(next)
            }
            None => Some(next),
        };
    }

    fn end(mut self) -> Vec<Segment> {
        if let Some(rest) = self.open {
            match self.done.last_mut() {
                Some(before) if rest.words < MIN_WORDS && before.fits(&rest) => *before = before.joined(rest),
                _ => self.done.push(rest),
            }
        }
        self.done
    }
}
