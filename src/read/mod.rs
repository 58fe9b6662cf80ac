//! Reads the articles of one file, whatever its format: recognises it by content and decodes it.
//!
//! *Takes* bytes and the name they were found under. *Gives* [`RawArticle`]s with what the source says
//! about them, and a [`Skipped`] row for each record, or the file, that could not be read. *Fails* never.
//! *Cost*: one copy of the text; a JSON document also stands in memory as a tree while it is read.
//!
//! Every reader is a pure function of bytes and sits in a file of its own. [`metadata`] reads the table a
//! user gives about the corpus, [`table`] any other table of a user's.
//!
//! - The content decides the format, the name only warns (`content_decides_and_the_name_warns`).
//! - No bytes make a reader panic (`no_bytes_panic_and_no_file_vanishes`).
//! - Each file gives at least one article or one row (`no_bytes_panic_and_no_file_vanishes`).

use std::borrow::Cow;

use crate::article::{Body, Fields, Format, RawArticle, Skipped, Warning};
use crate::read::sniff::{Found, Kind};

pub use crate::read::mapping::{Mapping, Target, parse_mapping};

mod mapping;
mod address;
mod encoding;
mod gzip;
mod html;
mod authors;
mod record;
mod json;
mod csv;
mod markdown;
mod text;
mod sniff;
pub mod metadata;
pub mod table;

/// Length of a line that draws a warning, in bytes.
const LONG_LINE: usize = 1 << 20;

/// What a reader made of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Articles in file order.
    pub articles: Vec<RawArticle>,
    /// Records, or the file itself, that could not be read.
    pub skipped: Vec<Skipped>,
}

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which keys of records hold what; keys that are not named here are recognised by themselves.
    pub map: Mapping,
}

/// Why a whole file gives no article.
#[derive(Debug)]
struct Refusal {
    reason: &'static str,
    detail: String,
}

impl Refusal {
    fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// A decoded file, as the readers of text formats take it.
struct Source<'a> {
    /// Path relative to the corpus.
    id: &'a str,
    text: Cow<'a, str>,
    encoding: &'static str,
}

impl Source<'_> {
    /// The article that is the whole file.
    fn article(&self, format: Format, body: Body) -> RawArticle {
        RawArticle {
            id: self.id.to_owned(),
            format,
            encoding: self.encoding,
            body,
            fields: Fields::default(),
            is_truncated: false,
            warnings: Vec::new(),
        }
    }
}

/// Reads the articles of one file. `id` is the file's path relative to the corpus.
///
/// A list, table or file of lines gives articles with the ids `id!1`, `id!2`, …, counted over all records,
/// also those that could not be read; any other file gives one article with the id `id`. Warnings about
/// the file stand with its first article.
#[must_use]
pub fn read(id: &str, bytes: &[u8], options: &Options) -> Reading {
    let mut reading = read_file(id, bytes, options).unwrap_or_else(|refusal| Reading {
        articles: Vec::new(),
        skipped: vec![Skipped {
            path: id.to_owned(),
            record: None,
            reason: refusal.reason,
            detail: refusal.detail,
        }],
    });
    for article in &mut reading.articles {
        let warnings = doubts(article.body.as_str());
        article.warnings.extend(warnings);
    }
    reading
}

fn read_file(id: &str, bytes: &[u8], options: &Options) -> Result<Reading, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new("empty", "the file holds no byte"));
    }
    let unpacked = gzip::unpack(bytes)?;
    let (claimed, is_named_gz) = sniff::claimed(id);
    if let Some(name) = sniff::by_magic(&unpacked.bytes) {
        return Err(unsupported(name, claimed));
    }
    let decoded = encoding::decode(&unpacked.bytes);
    refuse_binary(&decoded.text)?;
    if is_blank(&decoded.text) {
        return Err(Refusal::new("empty", "white space only"));
    }
    let found = sniff::by_text(&decoded.text, claimed, &options.map);
    let source = Source { id, text: decoded.text, encoding: decoded.encoding };
    let mapping = &options.map;
    let (format, mut reading) = match found {
        Found::Text => (Format::Text, text::read(source)),
        Found::Markdown => (Format::Markdown, markdown::read(source, mapping)),
        Found::Html => (Format::Html, html::read(source)),
        Found::Json => (Format::Json, json::read_document(&source, mapping)?),
        Found::JsonLines => (Format::JsonLines, json::read_lines(&source, mapping)),
        Found::Csv(dialect) => (Format::Csv, csv::read(&source, dialect, mapping)?),
        Found::Unsupported(name) => return Err(unsupported(name, claimed)),
    };

    let mut warnings = Vec::new();
    if let Some(claim) = claimed.filter(|claim| !claim.allows(format)) {
        let (claim, found) = (claim.as_str(), format.as_str());
        warnings.push(Warning::new("extension_mismatch", format!("named as {claim}, read as {found}")));
    } else if is_named_gz && unpacked.layers == 0 {
        warnings.push(Warning::new("extension_mismatch", "named .gz, but not packed"));
    }
    if unpacked.trailing > 0 {
        let detail = format!("{} bytes after the end of the gzip data left out", unpacked.trailing);
        warnings.push(Warning::new("trailing_bytes", detail));
    }
    if let Some(first) = reading.articles.first_mut() {
        first.warnings.extend(warnings);
    }
    Ok(reading)
}

fn unsupported(name: &'static str, claimed: Option<Kind>) -> Refusal {
    let detail = match claimed {
        Some(Kind::Read(format)) => format!("{name} (named as {})", format.as_str()),
        _ => name.to_owned(),
    };
    Refusal::new("unsupported", detail)
}

/// Whether a text shows nothing: white space and marks of no width only.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}'))
}

/// Refuses data that is no text: more than 0.1% NUL, or more than 2% other control characters.
///
/// Stray control characters come with copied pages; a file of numbers or packed data has 10% and more.
fn refuse_binary(text: &str) -> Result<(), Refusal> {
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0x1B);
    let controls = text.bytes().filter(|byte| is_control(*byte)).count();
    if controls == 0 {
        return Ok(());
    }
    let nul = memchr::memchr_iter(0, text.as_bytes()).count();
    let characters = text.chars().count();
    if nul * 1000 > characters || (controls - nul) * 50 > characters {
        let detail = format!("{controls} control characters, {nul} of them NUL, in {characters}");
        return Err(Refusal::new("binary", detail));
    }
    Ok(())
}

/// What is doubtful about a decoded text: lost characters, endless lines.
fn doubts(text: &str) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let lost = memchr::memmem::find_iter(text.as_bytes(), "\u{fffd}".as_bytes()).count();
    if lost > 0 {
        let characters = text.chars().count();
        let code = if lost * 100 > characters { "garbled" } else { "lost_characters" };
        let detail = format!("{lost} of {characters} characters could not be decoded");
        warnings.push(Warning::new(code, detail));
    }
    if text.len() > LONG_LINE {
        let longest = text.split(['\n', '\r']).map(str::len).max().unwrap_or(0);
        if longest > LONG_LINE {
            warnings.push(Warning::new("long_line", format!("a line of {longest} bytes")));
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
