//! JSON and JSON Lines: lists of records, one record, or one per line.
//!
//! *Takes* decoded text. *Gives* an article per record and a row for each that could not be read.
//! *Fails* with a [`Refusal`]: `bad_json`, `json_too_deep`, `empty`, `no_text`.
//! *Cost*: the document stands in memory as a tree; texts are moved out of it.

use serde_json::Value;

use crate::article::{Format, Skipped};
use crate::read::mapping::Mapping;
use crate::read::record::{self, Record};
use crate::read::{Reading, Refusal, Source};

/// Deepest nesting that is read; `serde_json` stops at 128 to spare the stack.
const MAX_DEPTH: usize = 127;
/// Lines looked at to tell JSON Lines from one document.
const SNIFFED_LINES: usize = 20;
/// Where exports put their list of records, most specific first.
const LISTS: [&[&str]; 13] = [
    &["response", "results"],
    &["response", "docs"],
    &["articles"],
    &["results"],
    &["data", "articles"],
    &["data", "items"],
    &["data"],
    &["items"],
    &["docs"],
    &["records"],
    &["stories"],
    &["content"],
    &["hits", "hits"],
];

/// The format, if the text begins as JSON does.
pub(super) fn recognise(text: &str, claimed: Option<Format>) -> Option<Format> {
    let is_claimed = matches!(claimed, Some(Format::Json | Format::JsonLines));
    let start = text.trim_start();
    let second = start.get(1..).and_then(|rest| rest.trim_start().bytes().next());
    let is_object = |line: &str| {
        line.trim_start()
            .strip_prefix('{')
            .is_some_and(|rest| matches!(rest.trim_start().bytes().next(), Some(b'"' | b'}')))
    };
    let begins = match start.bytes().next() {
        Some(b'{') => matches!(second, Some(b'"' | b'}')),
        Some(b'[') => matches!(second, Some(b'{' | b']')),
        _ => false,
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(SNIFFED_LINES);
    let first = lines.next()?;
    let is_lines = if begins && start.starts_with('{') {
        if is_balanced(first) {
            claimed == Some(Format::JsonLines) || lines.any(is_object)
        } else if first.trim_end().ends_with(['[', '{', ',']) {
            // Left open where a document may break: `{"results": [` above one record per line.
            false
        } else {
            // A line cut short in the middle, above the next record.
            lines.next().is_some_and(is_object) || claimed == Some(Format::JsonLines) && lines.any(is_object)
        }
    } else {
        claimed == Some(Format::JsonLines) && !start.starts_with('[') && lines.any(is_object)
    };
    if is_lines {
        Some(Format::JsonLines)
    } else if begins || is_claimed && start.starts_with(['{', '[']) {
        Some(Format::Json)
    } else {
        None
    }
}

/// Reads one document.
pub(super) fn read_document(source: &Source<'_>, mapping: &Mapping) -> Result<Reading, Refusal> {
    let value = parse(&source.text, 1)?;
    let records = match value {
        Value::Array(records) => records,
        Value::Object(object) => match list_in(object, mapping) {
            Ok(records) => records,
            Err(single) => {
                let id = source.id.to_owned();
                let article = record::article(single, id, Format::Json, source.encoding, mapping)?;
                return Ok(Reading { articles: vec![article], skipped: Vec::new() });
            }
        },
        other => return Err(Refusal::new("no_text", format!("the document is {}", kind(&other)))),
    };
    if records.is_empty() {
        return Err(Refusal::new("empty", "the list of records is empty"));
    }
    let mut reading = Reading::default();
    for (index, value) in records.into_iter().enumerate() {
        add(&mut reading, source, Format::Json, index + 1, Ok(value), mapping);
    }
    Ok(reading)
}

/// Reads one record per line.
pub(super) fn read_lines(source: &Source<'_>, mapping: &Mapping) -> Reading {
    let mut reading = Reading::default();
    let mut number = 0;
    for (index, line) in source.text.split('\n').enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        number += 1;
        add(&mut reading, source, Format::JsonLines, number, parse(line, index + 1), mapping);
    }
    reading
}

/// Adds the article of the `number`-th record, or the row that says why there is none.
fn add(
    reading: &mut Reading,
    source: &Source<'_>,
    format: Format,
    number: usize,
    value: Result<Value, Refusal>,
    mapping: &Mapping,
) {
    let article = value.and_then(|value| {
        let mut record = match value {
            Value::Object(record) => record,
            other => return Err(Refusal::new("no_text", format!("the record is {}", kind(&other)))),
        };
        // Elasticsearch wraps each record.
        if let Some(Value::Object(inner)) = record.get_mut("_source") {
            record = std::mem::take(inner);
        }
        record::article(record, format!("{}!{number}", source.id), format, source.encoding, mapping)
    });
    match article {
        Ok(article) => reading.articles.push(article),
        Err(refusal) => reading.skipped.push(Skipped {
            path: source.id.to_owned(),
            record: Some(number),
            reason: refusal.reason,
            detail: refusal.detail,
        }),
    }
}

/// The list of records in a document, or the document as the single record.
fn list_in(mut object: Record, mapping: &Mapping) -> Result<Vec<Value>, Record> {
    if record::has_text(&object, mapping) {
        return Err(object);
    }
    for path in LISTS {
        let Some((last, steps)) = path.split_last() else { continue };
        let inner = steps.iter().try_fold(&mut object, |inner, step| inner.get_mut(*step)?.as_object_mut());
        if let Some(Value::Array(records)) = inner.and_then(|inner| inner.get_mut(*last))
            && records.first().is_none_or(Value::is_object)
        {
            return Ok(std::mem::take(records));
        }
    }
    // The Guardian's answer about one item.
    if let Some(Value::Object(content)) =
        object.get_mut("response").and_then(|response| response.get_mut("content"))
    {
        return Err(std::mem::take(content));
    }
    // Records under their ids.
    let is_record = |value: &Value| value.as_object().is_some_and(|record| record::has_text(record, mapping));
    if object.values().all(Value::is_object) && object.values().any(is_record) {
        return Ok(object.into_iter().map(|(_, value)| value).collect());
    }
    Err(object)
}

/// Parses a document or a line; `first_line` is the number of its first line in the file.
pub(super) fn parse(text: &str, first_line: usize) -> Result<Value, Refusal> {
    if let Some((line, column)) = too_deep(text) {
        let line = first_line + line - 1;
        let detail = format!("{line}:{column}: nested deeper than {MAX_DEPTH}");
        return Err(Refusal::new("json_too_deep", detail));
    }
    serde_json::from_str(text).or_else(|error| {
        // Python writes missing numbers as NaN, which is not JSON but common in exports.
        if let Some(value) = without_nan(text).and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(value);
        }
        let message = error.to_string();
        // serde_json ends its messages with the place; here it stands at the beginning.
        let bare = message.rsplit_once(" at line ").map_or(message.as_str(), |(bare, _)| bare);
        let line = first_line + error.line().saturating_sub(1);
        Err(Refusal::new("bad_json", format!("{line}:{}: {bare}", error.column())))
    })
}

/// The text with `null` for each `NaN` outside strings; `None` if there is none.
fn without_nan(text: &str) -> Option<String> {
    let mut scan = Brackets::default();
    let mut plain = String::new();
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'N' && !scan.is_in_string && text[at..].starts_with("NaN") {
            plain.push_str(&text[done..at]);
            plain.push_str("null");
            done = at + "NaN".len();
        }
        scan.step(byte);
    }
    plain.push_str(&text[done..]);
    (done > 0).then_some(plain)
}

/// Line and column, from 1, of the bracket that exceeds [`MAX_DEPTH`].
fn too_deep(text: &str) -> Option<(usize, usize)> {
    let mut scan = Brackets::default();
    let at = text.bytes().position(|byte| scan.step(byte) > MAX_DEPTH)?;
    let before = &text.as_bytes()[..at];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = at - memchr::memrchr(b'\n', before).map_or(0, |end| end + 1) + 1;
    Some((line, column))
}

/// Whether every bracket that `line` opens is closed in it.
fn is_balanced(line: &str) -> bool {
    let mut scan = Brackets::default();
    for byte in line.bytes() {
        scan.step(byte);
    }
    scan.depth == 0 && !scan.is_in_string
}

/// Depth of brackets outside strings.
#[derive(Default)]
struct Brackets {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl Brackets {
    /// Takes one more byte and gives the depth after it.
    fn step(&mut self, byte: u8) -> usize {
        if self.is_in_string {
            if self.is_escaped {
                self.is_escaped = false;
            } else if byte == b'\\' {
                self.is_escaped = true;
            } else if byte == b'"' {
                self.is_in_string = false;
            }
        } else {
            match byte {
                b'"' => self.is_in_string = true,
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.depth
    }
}

/// What a value is, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source<'_> {
        Source { id: "a.json", text: text.into(), encoding: "utf-8" }
    }

    fn document(text: &str) -> Result<Reading, Refusal> {
        read_document(&source(text), &Mapping::new())
    }

    fn ids(reading: &Reading) -> Vec<&str> {
        reading.articles.iter().map(|article| article.id.as_str()).collect()
    }

    #[test]
    fn lists_are_found_wherever_exports_put_them() {
        let records = r#"[{"text": "One."}, {"title": "No text"}, {"text": "Three."}]"#;
        for text in [
            records.to_owned(),
            format!(r#"{{"status": "ok", "totalResults": 3, "articles": {records}}}"#),
            format!(r#"{{"response": {{"status": "ok", "results": {records}}}}}"#),
            format!(r#"{{"data": {{"items": {records}}}}}"#),
            format!(r#"{{"data": {records}}}"#),
            r#"{"x": {"text": "One."}, "y": {"title": "No text"}, "z": {"text": "Three."}}"#.to_owned(),
            format!(r#"{{"content": {}}}"#, records.replace(r#"{"t"#, r#"{"url": "u", "t"#)),
        ] {
            let reading = document(&text).expect("readable");
            assert_eq!(ids(&reading), ["a.json!1", "a.json!3"]);
            assert_eq!((reading.skipped[0].record, reading.skipped[0].reason), (Some(2), "no_text"));
        }
        let single =
            document(r#"{"response": {"content": {"webTitle": "T", "fields": {"body": "<p>One.</p>"}}}}"#);
        assert_eq!(ids(&single.expect("readable")), ["a.json"]);
        // A record may have members that are named like lists.
        let own = document(r#"{"text": "One.", "items": [{"text": "Other."}]}"#).expect("readable");
        assert_eq!(ids(&own), ["a.json"]);
        let wrapped = document(r#"{"hits": {"hits": [{"_id": "x", "_source": {"text": "One."}}]}}"#);
        assert_eq!(ids(&wrapped.expect("readable")), ["a.json!1"]);
    }

    #[test]
    fn faults_name_line_and_column() {
        let refusal = document("[\n  {\"text\": \"One.\",}\n]").expect_err("bad");
        assert_eq!((refusal.reason, refusal.detail.as_str()), ("bad_json", "2:19: trailing comma"));
        assert_eq!(document("[]").expect_err("empty").reason, "empty");
        assert_eq!(document("\"text\"").expect_err("string").detail, "the document is a string");
        let refusal = document(r#"{"title": "T", "url": "u"}"#).expect_err("no text");
        assert_eq!(refusal.detail, "no text under any known key; keys: title, url");
    }

    #[test]
    fn missing_numbers_of_python_are_null() {
        let reading = document(r#"[{"text": "NaN is no name.", "author": NaN}]"#).expect("readable");
        assert_eq!(reading.articles[0].body.as_str(), "NaN is no name.");
        assert_eq!(document("[NaN, nan]").expect_err("bad").detail, "1:2: expected value");
    }

    #[test]
    fn depth_is_limited_before_parsing() {
        let nested = |depth: usize| format!("\n {}{}", "[".repeat(depth), "]".repeat(depth));
        let refusal = document(&nested(100_000)).expect_err("deep");
        assert_eq!(
            (refusal.reason, refusal.detail.as_str()),
            ("json_too_deep", "2:129: nested deeper than 127")
        );
        assert!(parse(&nested(MAX_DEPTH), 1).is_ok());
        assert!(parse(&format!("[\"{}\\\"[\"]", "[".repeat(200)), 1).is_ok());
    }

    #[test]
    fn bad_lines_are_rows_and_the_rest_is_read() {
        let text = "{\"text\": \"One.\"}\r\n\n{\"text\": \n{\"text\": \"Three.\"}\n[1]\n";
        let reading = read_lines(&source(text), &Mapping::new());
        assert_eq!(ids(&reading), ["a.json!1", "a.json!3"]);
        let rows: Vec<_> =
            reading.skipped.iter().map(|row| (row.record, row.reason, row.detail.as_str())).collect();
        assert_eq!(
            rows,
            [
                (Some(2), "bad_json", "3:9: EOF while parsing a value"),
                (Some(4), "no_text", "the record is a list")
            ]
        );
    }

    #[test]
    fn lines_are_told_from_documents() {
        let json = Some(Format::Json);
        let lines = Some(Format::JsonLines);
        for (text, claimed, format) in [
            ("{\"a\": 1}\n{\"a\": 2}\n", None, lines),
            ("{\"a\": 1}\n", None, json),
            ("{\"a\": 1}\n", lines, lines),
            ("{\n  \"a\": 1\n}\n", None, json),
            ("{\"a\": {\n  \"b\": 1\n}}\n", lines, json),
            ("{\"a\": \n{\"a\": 2}\n", None, lines),
            ("{\"a\": 1}\nrubbish\n{\"a\": 2}\n", None, lines),
            ("rubbish\n{\"a\": 2}\n", lines, lines),
            ("rubbish\n{\"a\": 2}\n", json, None),
            ("[{\"a\": 1},\n{\"a\": 2}]", None, json),
            ("{\"articles\": [\n{\"a\": 1},\n{\"a\": 2}\n]}\n", json, json),
            ("{\"articles\": [\n{\"a\": 1},\n{\"a\": 2}\n]}\n", None, json),
            ("[Updated] The council", None, None),
            ("[1, 2]", json, json),
            ("{curly} words", None, None),
            ("{curly} words", json, json),
            ("{é", None, None),
        ] {
            assert_eq!(recognise(text, claimed), format, "{text}");
        }
    }
}
