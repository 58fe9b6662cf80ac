//! Splits an article into passages, the units that are labelled.
//!
//! *Takes* a cleaned article and a [`Unit`]. *Gives* passages in reading order, numbered from 1. *Cost*: one
//! pass over the counted text.
//!
//! Passages come from body paragraphs and list items; headline and standfirst become passages of their own
//! kind, which the caller does not score. Captions, labels, teasers and furniture make none. A text without
//! a word makes none.
//!
//! Invariants: `a_span_gives_back_its_text`, `every_counted_word_is_in_one_passage`,
//! `positions_count_from_one`, `no_passage_is_longer_than_its_limit`.

mod sentence;
mod segment;
mod word;

use crate::article::{Article, Block, Passage, Role, Span};
pub use word::words;

/// Longest passage but for [`Unit::Article`], in bytes of UTF-8: 1,300 words, ten times what a model reads. A
/// longer paragraph is what a source without line breaks leaves.
pub const MAX_BYTES: usize = 8 * 1024;

/// Longest passage of [`Unit::Article`], in bytes of UTF-8: 10,000 words, longer than any press article.
pub const MAX_ARTICLE_BYTES: usize = 64 * 1024;

/// The unit that is labelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unit {
    /// A body paragraph or a list item.
    #[default]
    Paragraph,
    /// 60 to 120 words of neighbouring paragraphs under one subhead. Shorter where nothing else stands
    /// between two subheads or captions, longer only for a sentence of more than 120 words.
    Segment,
    /// A sentence.
    Sentence,
    /// From the first counted block to the last, with what stands between them.
    Article,
}

impl Unit {
    /// All units, the default first.
    pub const ALL: [Self; 4] = [Self::Paragraph, Self::Segment, Self::Sentence, Self::Article];

    /// The name used on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paragraph => "paragraph",
            Self::Segment => "segment",
            Self::Sentence => "sentence",
            Self::Article => "article",
        }
    }
}

/// Splits `article` into passages of `unit`, in reading order.
///
/// The source span of a part of a block is exact where cleaning kept the length of the block, else it is that
/// of the whole block.
#[must_use]
pub fn split(article: &Article, unit: Unit) -> Vec<Passage> {
    let mut cutter = Cutter { article, passages: Vec::new(), last_of_block: vec![0; article.blocks.len()] };
    match unit {
        Unit::Paragraph => cutter.blocks(|text, cut| cut_long(text, MAX_BYTES, cut)),
        Unit::Sentence => cutter.blocks(|text, cut| {
            for sentence in sentence::sentences(text) {
                cut_long(sentence.of(text), MAX_BYTES, &mut |part| {
                    cut(Span::new(sentence.start + part.start, sentence.start + part.end));
                });
            }
        }),
        Unit::Segment => cutter.segments(),
        Unit::Article => cutter.article(),
    }
    cutter.passages
}

/// Headline and standfirst: passages whatever the unit, never scored.
fn is_heading(block: &Block) -> bool {
    matches!(block.role, Role::Headline | Role::Standfirst)
}

/// Gives `text` to `cut` in parts of at most `limit` bytes that end where sentences end, or if one sentence is
/// longer, between words, or if one word is longer, between characters.
fn cut_long(text: &str, limit: usize, cut: &mut dyn FnMut(Span)) {
    if text.len() <= limit {
        return cut(Span::new(0, text.len()));
    }
    let mut open: Option<Span> = None;
    for sentence in sentence::sentences(text) {
        if let Some(part) = open {
            if sentence.end - part.start <= limit {
                open = Some(Span::new(part.start, sentence.end));
                continue;
            }
            cut(part);
        }
        let mut start = sentence.start;
        while sentence.end - start > limit {
            let end = text.floor_char_boundary(start + limit);
            let end = match text[start..end].rfind(char::is_whitespace) {
                Some(space) if space > 0 => start + space,
                _ => end,
            };
            cut(Span::new(start, end));
            start = sentence.end - text[end..sentence.end].trim_start().len();
        }
        open = Some(Span::new(start, sentence.end));
    }
    if let Some(part) = open {
        cut(part);
    }
}

/// Collects the passages of one article.
struct Cutter<'a> {
    article: &'a Article,
    passages: Vec<Passage>,
    /// For each block, the position of the last passage that holds a part of it; 0 for none.
    last_of_block: Vec<usize>,
}

impl Cutter<'_> {
    /// Cuts each block by itself.
    fn blocks(&mut self, cut: impl Fn(&str, &mut dyn FnMut(Span))) {
        let article = self.article;
        for (index, block) in article.blocks.iter().enumerate() {
            if is_heading(block) {
                self.heading(index);
            } else if block.role.is_counted() {
                cut(article.text_of(block), &mut |part| {
                    let start = block.span.start;
                    self.add(index, index, Span::new(start + part.start, start + part.end), block.role);
                });
            }
        }
    }

    fn heading(&mut self, index: usize) {
        let block = &self.article.blocks[index];
        cut_long(self.article.text_of(block), MAX_BYTES, &mut |part| {
            let start = block.span.start;
            self.add(index, index, Span::new(start + part.start, start + part.end), block.role);
        });
    }

    /// Joins neighbouring blocks, up to the next block that is not counted.
    fn segments(&mut self) {
        let blocks = &self.article.blocks;
        let mut index = 0;
        while index < blocks.len() {
            if is_heading(&blocks[index]) {
                self.heading(index);
            }
            let end = index + blocks[index..].iter().take_while(|block| block.role.is_counted()).count();
            for segment in segment::segments(&self.article.text, &blocks[index..end]) {
                let (first, last) = (index + segment.first, index + segment.last);
                let kind = self.kind_of(first, last);
                self.add(first, last, segment.span, kind);
            }
            index = end.max(index + 1);
        }
    }

    /// Makes one passage of all counted blocks, between headings before it and after it.
    fn article(&mut self) {
        let blocks = &self.article.blocks;
        let is_text =
            |block: &Block| block.role.is_counted() && !self.article.text_of(block).trim().is_empty();
        let first = blocks.iter().position(is_text);
        let last = blocks.iter().rposition(is_text);
        for (index, block) in blocks.iter().enumerate() {
            let (Some(first), Some(last)) = (first, last) else {
                if is_heading(block) {
                    self.heading(index);
                }
                continue;
            };
            if index == first {
                let span = Span::new(block.span.start, blocks[last].span.end);
                let kind = self.kind_of(first, last);
                cut_long(span.of(&self.article.text), MAX_ARTICLE_BYTES, &mut |part| {
                    let part = Span::new(span.start + part.start, span.start + part.end);
                    // Blocks are in order, so both ends are found by halving.
                    let from = blocks.partition_point(|block| block.span.end <= part.start);
                    let to = blocks.partition_point(|block| block.span.start < part.end).saturating_sub(1);
                    self.add(from.min(last), to.clamp(from.min(last), last), part, kind);
                });
            } else if is_heading(block) && !(first..=last).contains(&index) {
                self.heading(index);
            }
        }
    }

    /// What a passage over these blocks is: body, unless all are list items.
    fn kind_of(&self, first: usize, last: usize) -> Role {
        let has_body = self.article.blocks[first..=last].iter().any(|block| block.role == Role::Body);
        if has_body { Role::Body } else { Role::ListItem }
    }

    /// Adds the passage `span`, which begins in block `first` and ends in block `last`.
    fn add(&mut self, first: usize, last: usize, span: Span, kind: Role) {
        let text = span.of(&self.article.text);
        let start = span.end - text.trim_start().len();
        let span = Span::new(start, start + text.trim().len());
        let words = words(span.of(&self.article.text));
        if words == 0 {
            return;
        }
        let position = self.passages.len() + 1;
        let introduced_by = self.article.blocks[first].lead_in.filter(|&lead_in| lead_in < first);
        let lead_in = introduced_by.map(|lead_in| self.last_of_block[lead_in]).filter(|&lead_in| lead_in > 0);
        self.last_of_block[first..=last].fill(position);
        let source = self.source(first, last, span);
        self.passages.push(Passage { position, span, source, kind, lead_in, words });
    }

    /// Where `span` stands in the decoded source.
    fn source(&self, first: usize, last: usize, span: Span) -> Option<Span> {
        let start = edge(&self.article.blocks[first], span.start, Edge::Start)?;
        let end = edge(&self.article.blocks[last], span.end, Edge::End)?;
        (start <= end).then(|| Span::new(start, end))
    }
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// Where the offset `at` of the cleaned text, in `block`, stands in the source.
fn edge(block: &Block, at: usize, edge: Edge) -> Option<usize> {
    let source = block.source?;
    if source.len() == block.span.len() {
        return Some(source.start + at.clamp(block.span.start, block.span.end) - block.span.start);
    }
    Some(match edge {
        Edge::Start => source.start,
        Edge::End => source.end,
    })
}

#[cfg(test)]
mod tests;
