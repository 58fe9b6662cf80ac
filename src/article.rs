//! The nouns that every stage speaks of. Plain data, no I/O.
//!
//! A [`RawArticle`] is what a reader found in a source; cleaning turns it into an [`Article`]: one
//! cleaned text and typed [`Block`]s that are spans into it. A [`Passage`] is the unit that is
//! labelled. Every [`Span`] is a half-open range of UTF-8 bytes on character boundaries.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

/// A half-open range of UTF-8 bytes in a named text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a span never ends before it starts");
        Self { start, end }
    }

    /// The text of this span in `text`.
    ///
    /// # Panics
    /// If the span does not lie on character boundaries of `text`.
    #[must_use]
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether the span covers no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// The format of a source, recognised by content, never by file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// An HTML page.
    Html,
    /// One JSON document holding one or many articles.
    Json,
    /// One JSON document per line.
    JsonLines,
    /// Comma-, semicolon- or tab-separated values with a header line.
    Csv,
}

impl Format {
    /// The name used in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// What a reader found: text with whatever the source says about it, nothing judged yet.
#[derive(Debug, Clone, PartialEq)]
pub struct RawArticle {
    /// Path relative to the corpus with `/`, followed by `!n` (from 1) for the n-th record of a file.
    pub id: String,
    /// Format of the source.
    pub format: Format,
    /// WHATWG name of the encoding that was decoded, lower case: `utf-8`, `windows-1252`.
    pub encoding: &'static str,
    /// The decoded text.
    pub body: Body,
    /// What the source says about the article.
    pub fields: Fields,
    /// The source holds only the beginning of the article (news API previews).
    pub is_truncated: bool,
    /// What the reader had to repair.
    pub warnings: Vec<Warning>,
}

/// The decoded text of an article, by what cleaning has to do with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A page dumped as text: furniture and body, line by line. Spans lead back to this text.
    Dump(String),
    /// A field that holds the article's text alone (an export); paragraphs by line breaks.
    Prose(String),
    /// Markdown source.
    Markdown(String),
    /// HTML source, a whole page or a fragment.
    Html(String),
}

impl Body {
    /// The decoded source.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Dump(text) | Self::Prose(text) | Self::Markdown(text) | Self::Html(text) => text,
        }
    }
}

/// What a source says about an article outside its text. Empty strings are never stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    /// Headline.
    pub title: Option<String>,
    /// Names of the authors, in the order given.
    pub authors: Vec<String>,
    /// Name of the outlet as given, or host of the address.
    pub outlet: Option<String>,
    /// Address of the article.
    pub url: Option<String>,
    /// ISO 639-1 code as given by the source.
    pub language: Option<String>,
    /// Dates as the source gives them, unparsed.
    pub dates: Vec<DateField>,
    /// Further columns of the user's metadata, usable in `--by`.
    pub extra: BTreeMap<String, String>,
}

/// A date as a source gives it, with the place it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateField {
    /// Where it was found.
    pub source: DateSource,
    /// The text as found.
    pub text: String,
}

/// Where a date clue was found. The order is that of trust, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateSource {
    /// The user's metadata file.
    Metadata,
    /// A publication field of an export.
    Field,
    /// `datePublished` of the page's own article in JSON-LD.
    JsonLd,
    /// A publication `meta` element.
    Meta,
    /// The address.
    Url,
    /// A `time` element in the head of the article.
    Time,
    /// A line with a label ("Published …") before the body.
    Label,
    /// A line that is only a date above the first body line.
    Line,
    /// The file name.
    FileName,
    /// When the page was changed: a bound, never a date of publication.
    Modified,
    /// When the page was captured or indexed: a bound, never a date of publication.
    Captured,
    /// The date of a related story: a bound, never a date of publication.
    Related,
}

impl DateSource {
    /// The name used in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Field => "field",
            Self::JsonLd => "json_ld",
            Self::Meta => "meta",
            Self::Url => "url",
            Self::Time => "time",
            Self::Label => "label",
            Self::Line => "line",
            Self::FileName => "file_name",
            Self::Modified => "modified",
            Self::Captured => "captured",
            Self::Related => "related",
        }
    }
}

/// What a block of an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The article's title.
    Headline,
    /// The summary under the title.
    Standfirst,
    /// Who wrote it.
    Byline,
    /// A line with the article's date.
    Date,
    /// A heading inside the body.
    Subhead,
    /// A paragraph of the article.
    Body,
    /// An item of a list in the article.
    ListItem,
    /// The caption of a picture.
    Caption,
    /// Who took the picture.
    Credit,
    /// A label of the page ("Related topics").
    Label,
    /// A teaser of another story.
    Related,
    /// A reader's comment.
    Comment,
    /// Everything else of the page: menus, notices, share buttons.
    Furniture,
}

impl Role {
    /// The name used in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Headline => "headline",
            Self::Standfirst => "standfirst",
            Self::Byline => "byline",
            Self::Date => "date",
            Self::Subhead => "subhead",
            Self::Body => "body",
            Self::ListItem => "list_item",
            Self::Caption => "caption",
            Self::Credit => "credit",
            Self::Label => "label",
            Self::Related => "related",
            Self::Comment => "comment",
            Self::Furniture => "furniture",
        }
    }

    /// Whether blocks of this role are text of the article that is counted.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(self, Self::Body | Self::ListItem)
    }
}

/// A typed span of an article's cleaned text.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What it is.
    pub role: Role,
    /// Where it stands in the cleaned text.
    pub span: Span,
    /// Where it stands in the decoded source; `None` for formats whose text is rendered.
    pub source: Option<Span>,
    /// Name of the rule that chose the role.
    pub rule: &'static str,
    /// Probability of being article text by the line model, in [0, 1]; `None` where a rule decided alone.
    pub probability: Option<f32>,
    /// For a list item: index in [`Article::blocks`] of the line that introduces the list.
    pub lead_in: Option<usize>,
}

/// A cleaned article: one text, typed blocks in reading order, and what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    /// See [`RawArticle::id`].
    pub id: String,
    /// Format of the source.
    pub format: Format,
    /// See [`RawArticle::encoding`].
    pub encoding: &'static str,
    /// The cleaned text: every block in order, joined by one line feed.
    pub text: String,
    /// Blocks in reading order; they do not overlap, and between two stands one line feed.
    pub blocks: Vec<Block>,
    /// What the source says, completed by what cleaning found (title, authors, outlet, dates).
    pub fields: Fields,
    /// ISO 639-1 code of the body's language; `None` if there is too little text to tell.
    pub language: Option<String>,
    /// See [`RawArticle::is_truncated`].
    pub is_truncated: bool,
    /// What was repaired or doubtful, in order of discovery.
    pub warnings: Vec<Warning>,
}

impl Article {
    /// The text of `block`.
    #[must_use]
    pub fn text_of(&self, block: &Block) -> &str {
        block.span.of(&self.text)
    }

    /// The headline: the field of the source, else the first headline block.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.fields.title.as_deref().or_else(|| {
            self.blocks.iter().find(|block| block.role == Role::Headline).map(|block| self.text_of(block))
        })
    }
}

/// How finely a date is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the day.
    Day,
    /// To the month; the date is its first day.
    Month,
    /// To the year; the date is its first day.
    Year,
}

impl Precision {
    /// The name used in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The precision with this name in tables.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Day, Self::Month, Self::Year].into_iter().find(|precision| precision.as_str() == name)
    }
}

/// The decision about an article's publication day, with its evidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Published {
    /// The chosen date; `None` for an undated article.
    pub chosen: Option<Chosen>,
    /// Earliest day the article can have appeared, if something bounds it. Never rejects a dated clue.
    pub not_before: Option<Date>,
    /// Latest day the article can have appeared, if something bounds it. Never rejects a dated clue.
    pub not_after: Option<Date>,
    /// Day of the last change given by the source.
    pub modified: Option<Date>,
    /// Every candidate that was looked at, accepted or not, best first.
    pub clues: Vec<Clue>,
}

/// A chosen date of publication.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// First day of what is known (see [`Precision`]).
    pub date: Date,
    /// How finely it is known.
    pub precision: Precision,
    /// Where it was found.
    pub source: DateSource,
    /// Trust in [0, 1], as measured per source on UK pages.
    pub confidence: f64,
    /// The text it was read from.
    pub text: String,
}

/// A candidate for the date of publication.
#[derive(Debug, Clone, PartialEq)]
pub struct Clue {
    /// The text as found.
    pub text: String,
    /// Byte offset in the cleaned text; `None` if it stands outside (a field, the file name).
    pub start: Option<usize>,
    /// Where it was found.
    pub source: DateSource,
    /// First day it can mean; `None` if it could not be read as a date.
    pub earliest: Option<Date>,
    /// Last day it can mean.
    pub latest: Option<Date>,
    /// Trust in [0, 1] before agreement and conflict.
    pub confidence: f64,
    /// Whether it is the chosen one or agrees with it.
    pub is_accepted: bool,
    /// Why, as a code: `chosen`, `agrees`, `outranked`, `bound`, `unparsable`, `impossible`, `future`, `too_old`.
    pub reason: &'static str,
}

/// The unit that is labelled: one paragraph, list item, segment, sentence or article.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Number within the article, from 1; with the article's id it makes the passage id `article#n`.
    pub position: usize,
    /// Where it stands in [`Article::text`].
    pub span: Span,
    /// Where it stands in the decoded source; `None` for formats without one.
    pub source: Option<Span>,
    /// Body, list item, headline or standfirst.
    pub kind: Role,
    /// Position of the passage that introduces the list this item belongs to.
    pub lead_in: Option<usize>,
    /// Words: runs of letters or digits, apostrophes and hyphens inside a word joined.
    pub words: usize,
}

/// The id of passage `position` of `article`.
#[must_use]
pub fn passage_id(article: &str, position: usize) -> String {
    format!("{article}#{position}")
}

/// Codes of repairs that leave no doubt.
pub const REPAIRS: [&str; 5] =
    ["joined_lines", "removed_characters", "repeated_lines", "split_labels", "unwrapped_lines"];

/// Something doubtful or repaired about an input that was nevertheless read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// Stable code, snake_case: `no_body`, `garbled`, `extension_mismatch`.
    pub code: &'static str,
    /// What was seen, for people; may be empty.
    pub detail: String,
}

impl Warning {
    /// A warning with a code and what was seen.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Whether it notes a repair that leaves no doubt, as most page dumps need.
    #[must_use]
    pub fn is_repair(&self) -> bool {
        REPAIRS.contains(&self.code)
    }
}

/// An input that could not be read. The run goes on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Path relative to the corpus.
    pub path: String,
    /// Number of the record in its file, from 1; `None` if the whole file is meant.
    pub record: Option<usize>,
    /// Stable code: `empty`, `unsupported`, `binary`, `bad_json`, …
    pub reason: &'static str,
    /// What was seen, for people.
    pub detail: String,
}
