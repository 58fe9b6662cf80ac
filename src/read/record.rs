//! One record of an export (an object of JSON, a row of a table, front matter) to an article.
//!
//! *Takes* keys and values. *Gives* a [`RawArticle`], or a [`Refusal`] `no_text` that names the keys seen.
//! *Cost*: the text is moved, not copied.
//!
//! Keys are known by family: Guardian content API, NewsAPI, news-please, fundus, trafilatura, WordPress,
//! schema.org, Media Cloud and the words people use for columns. They are compared without case, `_`, `-`,
//! spaces and dots, so `publish_date`, `publishDate` and `Publish Date` are one key.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::article::{Body, DateField, DateSource, Fields, Format, RawArticle, Warning};
use crate::read::Refusal;
use crate::read::authors;
use crate::read::html;
use crate::read::mapping::{Mapping, Target};

/// Keys and values of one record, in the order of the source.
pub(super) type Record = Map<String, Value>;

/// Keys that hold the text, best first. Guardian's `bodyText` comes after its `body`: it is the same text
/// without paragraph breaks.
const TEXT: &[&str] = &[
    "fields.body",
    "fields.bodytext",
    "blocks.body",
    "content.rendered",
    "maintext",
    "text",
    "bodytext",
    "body",
    "fulltext",
    "articlebody",
    "articletext",
    "content",
    "story",
    "textcontent",
    "plaintext",
    "rawtext",
    "html",
    "bodyhtml",
    "contenthtml",
    "rawhtml",
];
const TITLE: &[&str] =
    &["webtitle", "fields.headline", "title.rendered", "headline.main", "title", "headline", "articletitle"];
const URL: &[&str] = &[
    "weburl",
    "url",
    "link",
    "articleurl",
    "canonicalurl",
    "permalink",
    "sourceurl",
    "uri",
    "href",
    "documentidentifier",
    // trafilatura writes the address there; values that are no address are passed over.
    "source",
];
const OUTLET: &[&str] = &[
    "source.name",
    "source.title",
    "fields.publication",
    "outlet",
    "medianame",
    "newspaper",
    "publication",
    "publicationname",
    "sitename",
    "publisher",
    "source",
    "sourcename",
    "sourcehostname",
    "sourcecommonname",
    "sourcedomain",
    "hostname",
    "domain",
];
const AUTHORS: &[&str] =
    &["fields.byline", "byline.original", "authors", "author", "byline", "creator", "writer", "journalist"];
const LANGUAGE: &[&str] = &["fields.lang", "language", "lang", "languagecode", "inlanguage"];
const PUBLISHED: &[&str] = &[
    "webpublicationdate",
    "publishedat",
    "datepublish",
    "datepublished",
    "publishdate",
    "publisheddate",
    "publicationdate",
    "publishingdate",
    "pubdate",
    "published",
    "publishedon",
    "firstpublished",
    "date",
    "articledate",
];
const MODIFIED: &[&str] = &[
    "fields.lastmodified",
    "datemodify",
    "datemodified",
    "modified",
    "modifieddate",
    "lastmodified",
    "updated",
    "updatedat",
    "dateupdated",
    "lastupdated",
];
const CAPTURED: &[&str] = &[
    "datedownload",
    "downloaddate",
    "indexeddate",
    "filedate",
    "seendate",
    "crawldate",
    "crawledat",
    "scrapedat",
    "scrapedate",
    "dateaccessed",
    "accessed",
    "accessdate",
    "retrieved",
    "dateretrieved",
    "fetchedat",
    "collectedat",
];

/// Most keys named in a row about a record without text.
const SHOWN_KEYS: usize = 20;
/// Longest value that is taken for a title, name, address or date, in bytes.
const LONGEST_VALUE: usize = 4 << 10;

/// Makes an article of `record`.
pub(super) fn article(
    mut record: Record,
    id: String,
    format: Format,
    encoding: &'static str,
    mapping: &Mapping,
) -> Result<RawArticle, Refusal> {
    let Some(text) = take_text(&mut record, mapping) else {
        return Err(Refusal::new("no_text", missing_text(&record, mapping)));
    };
    let fields = with_host(fields(&record, mapping));
    let mut warnings = Vec::new();
    let (text, missing) = without_preview_mark(text);
    if let Some(missing) = missing {
        warnings.push(Warning::new("truncated", format!("a preview; {missing} characters are missing")));
    }
    let body = body(text);
    Ok(RawArticle { id, format, encoding, body, fields, is_truncated: missing.is_some(), warnings })
}

/// The fields with the address's host as outlet where the record names none.
pub(super) fn with_host(mut fields: Fields) -> Fields {
    if fields.outlet.is_none() {
        fields.outlet = fields.url.as_deref().and_then(host).map(str::to_owned);
    }
    fields
}

/// What the record says about its article outside the text.
pub(super) fn fields(record: &Record, mapping: &Mapping) -> Fields {
    let url = values(record, mapping.get(&Target::Url), URL).filter_map(line).find(|url| is_address(url));
    let outlet =
        values(record, mapping.get(&Target::Outlet), OUTLET).filter_map(line).find(|name| !is_address(name));
    let authors = values(record, mapping.get(&Target::Authors), AUTHORS)
        .map(authors::of)
        .find(|names| !names.is_empty())
        .unwrap_or_default();
    let language = values(record, mapping.get(&Target::Language), LANGUAGE)
        .filter_map(line)
        .find_map(|name| language_code(&name));
    let mut dates: Vec<DateField> = Vec::new();
    for (source, mapped, keys) in [
        (DateSource::Field, mapping.get(&Target::Date), PUBLISHED),
        (DateSource::Modified, None, MODIFIED),
        (DateSource::Captured, None, CAPTURED),
    ] {
        for text in values(record, mapped, keys).filter_map(date_text) {
            let date = DateField { source, text };
            if !dates.contains(&date) {
                dates.push(date);
            }
        }
    }
    let title = values(record, mapping.get(&Target::Title), TITLE).find_map(line);
    Fields { title, authors, outlet, url, language, dates, extra: BTreeMap::new() }
}

/// Whether the record holds text, under the mapped key or a known one.
pub(super) fn has_text(record: &Record, mapping: &Mapping) -> bool {
    values(record, mapping.get(&Target::Text), TEXT).any(|value| match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(_) | Value::Object(_) => text_of(value.clone()).is_some(),
        _ => false,
    })
}

/// Whether a column of this name would be read.
pub(super) fn is_known(key: &str, mapping: &Mapping) -> bool {
    mapping.values().any(|mapped| is_same_key(mapped, key))
        || [TEXT, TITLE, URL, OUTLET, AUTHORS, LANGUAGE, PUBLISHED, MODIFIED, CAPTURED]
            .into_iter()
            .flatten()
            .any(|known| is_same_key(known, key))
}

/// Whether two keys differ in case (of ASCII letters) and in marks between words only.
pub(super) fn is_same_key(a: &str, b: &str) -> bool {
    // Looked up about a hundred times per record: bytes, not characters.
    fn letters(key: &str) -> impl Iterator<Item = u8> {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        key.bytes().filter(is_letter).map(|byte| byte.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// The values under the mapped key alone, or else under each known key that is there, best first.
fn values<'r>(
    record: &'r Record,
    mapped: Option<&'r String>,
    keys: &'static [&'static str],
) -> impl Iterator<Item = &'r Value> {
    let known = if mapped.is_some() { &[] } else { keys };
    mapped.map(String::as_str).into_iter().chain(known.iter().copied()).filter_map(|key| find(record, key))
}

/// The value at a path: as one key ("fields.body" is a column of flattened exports), or step by step.
fn find<'r>(record: &'r Record, path: &str) -> Option<&'r Value> {
    let member = |record: &'r Record, key: &str| {
        record.iter().find(|(name, _)| is_same_key(name, key)).map(|(_, v)| v)
    };
    if let Some(value) = record.get(path).or_else(|| member(record, path)) {
        return Some(value);
    }
    let (mut steps, last) = path.rsplit_once('.').map(|(steps, last)| (steps.split('.'), last))?;
    let inner = steps.try_fold(record, |inner, step| member(inner, step)?.as_object())?;
    member(inner, last)
}

/// As [`find`], to change the value.
fn find_mut<'r>(record: &'r mut Record, path: &str) -> Option<&'r mut Value> {
    fn name_of(record: &Record, key: &str) -> Option<String> {
        record.keys().find(|name| is_same_key(name, key)).cloned()
    }
    if record.contains_key(path) {
        return record.get_mut(path);
    }
    if let Some(name) = name_of(record, path) {
        return record.get_mut(&name);
    }
    let (first, rest) = path.split_once('.')?;
    let name = name_of(record, first)?;
    find_mut(record.get_mut(&name)?.as_object_mut()?, rest)
}

/// Moves the text out of the record.
fn take_text(record: &mut Record, mapping: &Mapping) -> Option<String> {
    if let Some(key) = mapping.get(&Target::Text) {
        return find_mut(record, key).map(Value::take).and_then(text_of);
    }
    TEXT.iter().find_map(|key| {
        // A value that is no text stays for the fields ("body" may be a number of something).
        find(record, key).filter(|value| value.is_string() || value.is_array() || value.is_object())?;
        find_mut(record, key).map(Value::take).and_then(text_of)
    })
}

/// The text of a value: a string, a list of paragraphs, or an object that holds either.
fn text_of(value: Value) -> Option<String> {
    // fundus: body {summary, sections [{headline, paragraphs}]}.
    const STRUCTURE: [&str; 4] = ["headline", "summary", "sections", "paragraphs"];
    const ALTERNATIVES: [&str; 5] = ["rendered", "bodyHtml", "html", "text", "content"];
    let text = match value {
        Value::String(text) => text,
        // A list of whole records is for the list's reader, not one long text.
        Value::Array(parts) if parts.iter().any(|part| part.get("url").or(part.get("link")).is_some()) => {
            return None;
        }
        Value::Array(parts) => parts.into_iter().filter_map(text_of).collect::<Vec<_>>().join("\n\n"),
        Value::Object(mut object) => {
            let is_structured = object.contains_key("sections") || object.contains_key("paragraphs");
            if is_structured {
                let parts = STRUCTURE.iter().filter_map(|key| object.remove(*key)).filter_map(text_of);
                parts.collect::<Vec<_>>().join("\n\n")
            } else {
                ALTERNATIVES.iter().filter_map(|key| object.remove(*key)).find_map(text_of)?
            }
        }
        _ => return None,
    };
    (!super::is_blank(&text)).then_some(text)
}

/// A text as what it is: HTML if it holds tags, else prose, without character references.
fn body(text: String) -> Body {
    if html::holds_tags(&text) {
        return Body::Html(text);
    }
    match html::unescape(&text) {
        Cow::Borrowed(_) => Body::Prose(text),
        Cow::Owned(plain) if html::holds_tags(&plain) => Body::Html(plain),
        Cow::Owned(plain) => Body::Prose(plain),
    }
}

/// Cuts off the mark of a NewsAPI preview, "… [+1234 chars]", and gives the number in it.
fn without_preview_mark(mut text: String) -> (String, Option<u64>) {
    let end = text.trim_end();
    let mark = end.rfind("[+").and_then(|start| {
        let missing = end[start + 2..].strip_suffix(" chars]")?.parse().ok()?;
        Some((start, missing))
    });
    let Some((start, missing)) = mark else { return (text, None) };
    let kept = text[..start].trim_end().trim_end_matches('…').trim_end().len();
    text.truncate(kept);
    (text, Some(missing))
}

fn missing_text(record: &Record, mapping: &Mapping) -> String {
    let has = |wanted: &str| record.keys().any(|key| is_same_key(key, wanted));
    let mut keys: Vec<&str> = record.keys().map(String::as_str).take(SHOWN_KEYS).collect();
    if record.len() > SHOWN_KEYS {
        keys.push("…");
    }
    let keys = keys.join(", ");
    let place = mapping.get(&Target::Text).map_or("any known key".to_owned(), |key| format!("`{key}`"));
    let export = if has("media_name") || has("indexed_date") {
        "; a Media Cloud export holds metadata only: give it as metadata"
    } else if has("seendate") || has("DocumentIdentifier") {
        "; a GDELT export holds metadata only: give it as metadata"
    } else {
        ""
    };
    format!("no text under {place}; keys: {keys}{export}")
}

/// A value that is one line of text, its white space collapsed.
fn line(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) if text.len() <= LONGEST_VALUE => text.as_str(),
        Value::Object(object) => {
            return ["name", "title", "rendered", "main"]
                .iter()
                .find_map(|key| object.get(*key)?.as_str().and_then(html::one_line));
        }
        _ => return None,
    };
    html::one_line(text)
}

/// A date as it stands in the source; numbers are seconds or milliseconds and are kept as such.
fn date_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.len() <= LONGEST_VALUE => {
            let text = text.trim();
            let is_null = ["none", "null", "nan", "nat", "n/a", "unknown"]
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word));
            (!text.is_empty() && !is_null).then(|| text.to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        // MongoDB's extended JSON.
        Value::Object(object) => object.get("$date").and_then(date_text),
        _ => None,
    }
}

/// Whether a value is a web address: it begins as one, or a host with a path stands alone.
pub(super) fn is_address(text: &str) -> bool {
    let begins = |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let is_bare = |(host, _): (&str, &str)| host.contains('.') && !text.contains(char::is_whitespace);
    ["http://", "https://", "www."].into_iter().any(begins) || text.split_once('/').is_some_and(is_bare)
}

/// The host of an address, without `www.`.
pub(super) fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    (host.contains('.')).then_some(host)
}

/// The ISO 639-1 code of a language given as `en`, `en-GB`, `eng` or `English`; `None` if unknown.
pub(super) fn language_code(name: &str) -> Option<String> {
    const NAMES: [(&str, &str, &str); 8] = [
        ("en", "eng", "english"),
        ("cy", "cym", "welsh"),
        ("gd", "gla", "gaelic"),
        ("fr", "fra", "french"),
        ("de", "deu", "german"),
        ("es", "spa", "spanish"),
        ("pl", "pol", "polish"),
        ("ur", "urd", "urdu"),
    ];
    let name = name.trim().to_ascii_lowercase();
    let first = name.split(['-', '_']).next().unwrap_or_default();
    if first.len() == 2 && first.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Some(first.to_owned());
    }
    NAMES.iter().find(|(_, three, long)| *three == first || *long == name).map(|(two, ..)| (*two).to_owned())
}

#[cfg(test)]
mod tests;
