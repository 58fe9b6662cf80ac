//! Cleaning: a [`RawArticle`] becomes an [`Article`] of typed blocks.
//!
//! *Takes* decoded text as a reader found it. *Gives* one cleaned text and blocks that are spans into it; nothing
//! of a page is deleted, it is typed. *Fails* never: what cannot be told is furniture, and a warning says so.
//! *Cost*: well under 100 µs for a dumped article of 25 lines, milliseconds for an HTML page.
//!
//! Invariants, each with a test of the same name: spans lie on character boundaries, in order, one line feed
//! apart (`blocks_tile_the_text`); every character of a dump that is not white space, list glyph or control
//! character stands in exactly one block (`nothing_is_lost`).

pub mod html;
pub mod language;
pub mod lines;
pub mod markdown;
pub mod model;
pub mod phrases;
pub mod roles;
pub mod shape;
pub mod dateline;
pub mod mend;
pub mod outlet;

use self::html::Page;
use self::lines::{Line, Lines};
use self::phrases::Known;
use self::roles::{Roles, Scope};
use crate::article::{Article, Block, Body, Fields, RawArticle, Span, Warning};

/// Fewest words that the line model must keep of a page with more than [`WORDS_TO_JUDGE`].
const FEWEST_WORDS: usize = 40;
/// Words of a page from which keeping too few is suspicious.
const WORDS_TO_JUDGE: usize = 80;

/// Longest text, in words, that a consent page can have.
const CONSENT_WORDS: usize = 800;
/// Terms that every other sentence of a consent page has, lower case.
const CONSENT_TERMS: [&str; 9] = [
    "cookie",
    "consent",
    "our partners",
    "personal data",
    "privacy",
    "your data",
    "your choices",
    "advertis",
    "vendors",
];

/// Cleans one article.
#[must_use]
pub fn clean(raw: RawArticle) -> Article {
    let RawArticle { id, format, encoding, body, mut fields, is_truncated, mut warnings } = raw;
    let (scope, page) = match &body {
        Body::Dump(text) => (Scope::Page, Page { lines: lines::split(text), extracted: None }),
        Body::Prose(text) => (Scope::Text, Page { lines: lines::split(text), extracted: None }),
        Body::Markdown(text) => (Scope::Page, Page { lines: markdown::split(text), extracted: None }),
        Body::Html(text) => html::read(text, &mut fields, &mut warnings),
    };
    let (text, blocks) = type_lines(page, scope, &mut fields, &mut warnings);
    fields.outlet = fields.outlet.as_deref().map(outlet::canonical);
    let language = language_of(&text, &blocks).map(str::to_owned);
    Article { id, format, encoding, text, blocks, fields, language, is_truncated, warnings }
}

/// The language of the text that is counted; of all text if none is.
fn language_of(text: &str, blocks: &[Block]) -> Option<&'static str> {
    let mut counted = blocks.iter().filter(|block| block.role.is_counted());
    let Some(first) = counted.next() else { return language::language(text) };
    let last = counted.next_back().unwrap_or(first);
    language::language(&text[first.span.start..last.span.end])
}

/// Repairs the lines, gives each a role and lays them out as one text.
fn type_lines(
    page: Page,
    scope: Scope,
    fields: &mut Fields,
    warnings: &mut Vec<Warning>,
) -> (String, Vec<Block>) {
    let Lines { mut lines, removed_characters, split_labels, long_lines } = page.lines;
    let mended = mend::mend(&mut lines);
    let known: Vec<Option<Known>> = lines.iter().map(|line| phrases::recognise(&line.text)).collect();
    let title = fields.title.as_deref();
    let mut probabilities = match scope {
        Scope::Page => model::probabilities(&lines, &known),
        Scope::Text => Vec::new(),
    };
    let mut voted = probabilities.clone();
    if let Some(extracted) = page.extracted.filter(|_| scope == Scope::Page)
        && !html::vote(&lines, &extracted, &mut voted)
    {
        let detail = "the extractor found too little; the line model decided";
        warnings.push(Warning::new("extractor_fallback", detail));
    }
    let mut roles = roles::assign(&lines, &known, &voted, title, scope);
    let all: usize = roles.words.iter().sum();
    if scope == Scope::Page && roles.counted_words() < FEWEST_WORDS && all > WORDS_TO_JUDGE {
        let guesses: Vec<f32> = lines.iter().map(guess).collect();
        let by_rules = roles::assign(&lines, &known, &guesses, title, scope);
        if by_rules.counted_words() > roles.counted_words() {
            warnings.push(Warning::new("rules_only", "the line model kept almost nothing"));
            (roles, probabilities) = (by_rules, Vec::new());
        }
    }
    if let Some(index) = roles.outlet {
        fields.outlet.get_or_insert_with(|| lines[index].text.clone());
    }
    let counts = [
        ("removed_characters", removed_characters),
        ("split_labels", split_labels),
        ("long_line", long_lines),
        ("unwrapped_lines", mended.unwrapped),
        ("joined_lines", mended.joined),
        ("repeated_lines", roles.repeats),
    ];
    let counted = counts.into_iter().filter(|(_, count)| *count > 0);
    warnings.extend(counted.map(|(code, count)| Warning::new(code, count.to_string())));
    if scope == Scope::Page
        && let Some(rule) = barrier(&lines, &known, &roles)
    {
        roles.withdraw(rule);
    }
    if roles.counted_words() == 0 {
        let has_wall = known.iter().flatten().any(|known| known.rule == "wall");
        warnings.push(Warning::new(if has_wall { "paywall" } else { "no_body" }, ""));
    }
    lay_out(&lines, &roles, &probabilities)
}

/// What stands in an article's place, if anything: the rule that says so.
///
/// A wall, or a page that says there is none, with hardly any text; a consent page, most of whose sentences speak
/// of cookies and partners.
fn barrier(lines: &[Line], known: &[Option<Known>], roles: &Roles) -> Option<&'static str> {
    let has = |rule: &str| known.iter().flatten().any(|known| known.rule == rule);
    let words = roles.counted_words();
    if words < FEWEST_WORDS
        && let Some(rule) = ["wall", "no_page"].into_iter().find(|rule| has(rule))
    {
        return Some(rule);
    }
    // A news article about cookies is long, or its page has no consent notice.
    if words > CONSENT_WORDS || !has("consent") {
        return None;
    }
    let counted = lines.iter().zip(&roles.typed).filter(|(_, typed)| typed.role.is_counted());
    let (mut all, mut about) = (0, 0);
    for (line, _) in counted {
        let text = line.text.to_lowercase();
        all += 1;
        about += usize::from(CONSENT_TERMS.iter().any(|term| text.contains(term)));
    }
    (all > 0 && about * 2 >= all).then_some("consent")
}

/// How likely a line is article text by its own shape alone, without the line model.
fn guess(line: &Line) -> f32 {
    let words = shape::word_count(&line.text);
    match (shape::is_terminated(&line.text), words) {
        (true, 5..) => 0.9,
        (true, 3..) => 0.6,
        (_, 20..) => 0.8,
        (true, _) => 0.3,
        _ => 0.1,
    }
}

/// Joins the lines by line feeds and makes blocks of them. `probabilities` is empty where rules decided alone.
fn lay_out(lines: &[Line], roles: &Roles, probabilities: &[f32]) -> (String, Vec<Block>) {
    let bytes = lines.iter().map(|line| line.text.len() + 1).sum();
    let mut text = String::with_capacity(bytes);
    let mut blocks = Vec::with_capacity(lines.len());
    for (index, (line, typed)) in lines.iter().zip(&roles.typed).enumerate() {
        if !blocks.is_empty() {
            text.push('\n');
        }
        let start = text.len();
        text.push_str(&line.text);
        blocks.push(Block {
            role: typed.role,
            span: Span::new(start, text.len()),
            source: line.source,
            rule: typed.rule,
            probability: probabilities.get(index).copied(),
            lead_in: typed.lead_in,
        });
    }
    (text, blocks)
}

#[cfg(test)]
mod tests;
