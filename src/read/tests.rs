use proptest::strategy::Strategy;

use super::*;

fn read_one(id: &str, bytes: &[u8]) -> RawArticle {
    let reading = read(id, bytes, &Options::default());
    assert!(reading.skipped.is_empty(), "{:?}", reading.skipped);
    assert_eq!(reading.articles.len(), 1);
    reading.articles.into_iter().next().expect("one article")
}

fn refusal(id: &str, bytes: &[u8]) -> (&'static str, String) {
    let reading = read(id, bytes, &Options::default());
    assert!(reading.articles.is_empty());
    let row = reading.skipped.into_iter().next().expect("one row");
    (row.reason, row.detail)
}

fn codes(article: &RawArticle) -> Vec<&'static str> {
    article.warnings.iter().map(|warning| warning.code).collect()
}

#[test]
fn plain_text_is_a_dump() {
    let article = read_one("a/b.txt", b"\xEF\xBB\xBFA headline\r\n\r\nA paragraph.");
    assert_eq!(article.id, "a/b.txt");
    assert_eq!(article.format, Format::Text);
    assert_eq!(article.body, Body::Dump("A headline\r\n\r\nA paragraph.".into()));
    assert!(article.warnings.is_empty());
}

#[test]
fn content_decides_and_the_name_warns() {
    let article = read_one("a.docx", b"A headline\n\nA paragraph.");
    assert_eq!(article.format, Format::Text);
    assert_eq!(codes(&article), ["extension_mismatch"]);
    let article = read_one("a.txt", b"<!doctype html><p>A paragraph.");
    assert_eq!(article.format, Format::Html);
    assert_eq!(codes(&article), ["extension_mismatch"]);
    let article = read_one("a.txt.gz", b"A paragraph.");
    assert_eq!(codes(&article), ["extension_mismatch"]);
    assert_eq!(refusal("a.txt", b"%PDF-1.4 ..."), ("unsupported", "pdf (named as text)".into()));
}

#[test]
fn empty_blank_and_binary_are_rows() {
    assert_eq!(refusal("a.txt", b"").0, "empty");
    assert_eq!(refusal("a.txt", " \r\n\t\u{a0}\u{feff}".as_bytes()).0, "empty");
    assert_eq!(refusal("a.txt", b"text \0 text").0, "binary");
    let mut mostly_text = b"word ".repeat(400);
    mostly_text[3] = 0;
    assert!(read_one("a.txt", &mostly_text).warnings.is_empty());
}

#[test]
fn lost_characters_are_counted() {
    let mut bytes = "“Quoted” text. ".repeat(20).into_bytes();
    bytes.extend(b"\xFF");
    assert_eq!(codes(&read_one("a.txt", &bytes)), ["lost_characters"]);
    bytes.extend(b"\xFF\xFF\xFF\xFF");
    let article = read_one("a.txt", &bytes);
    assert_eq!(codes(&article), ["garbled"]);
    assert_eq!(article.warnings[0].detail, "5 of 305 characters could not be decoded");
}

#[test]
fn endless_lines_draw_a_warning() {
    let text = "word ".repeat(LONG_LINE / 5 + 1);
    assert_eq!(codes(&read_one("a.txt", text.as_bytes())), ["long_line"]);
}

/// What each file of `tests/fixtures/bad` becomes: articles, codes of their warnings, reasons of rows.
const BAD: [(&str, usize, &[&str], &[&str]); 32] = [
    ("articles.zip", 0, &[], &["unsupported"]),
    ("binary.txt", 0, &[], &["binary"]),
    ("blank.txt", 0, &[], &["empty"]),
    ("bomb.txt.gz", 0, &[], &["archive_limit"]),
    ("broken.csv", 0, &[], &["bad_csv"]),
    ("broken.json", 0, &[], &["bad_json"]),
    ("crawl.warc", 0, &[], &["unsupported"]),
    ("cut.txt.gz", 0, &[], &["unreadable"]),
    ("deep.json", 0, &[], &["json_too_deep"]),
    ("empty.txt", 0, &[], &["empty"]),
    ("export.docx", 0, &[], &["unsupported"]),
    ("factiva.html", 0, &[], &["unsupported"]),
    ("garbled.txt", 1, &["garbled"], &[]),
    ("letter.rtf", 0, &[], &["unsupported"]),
    ("lines.jsonl", 2, &[], &["bad_json"]),
    ("lost-character.txt", 1, &["lost_characters"], &[]),
    ("mail.eml", 0, &[], &["unsupported"]),
    ("media-cloud.csv", 0, &[], &["no_text"]),
    ("nexis.txt", 0, &[], &["unsupported"]),
    ("no-text.json", 0, &[], &["no_text"]),
    ("not-packed.txt.gz", 1, &["extension_mismatch"], &[]),
    ("open-quote.csv", 4, &[], &["ragged_row"]),
    ("page.txt", 1, &["extension_mismatch"], &[]),
    ("preview.json", 1, &["truncated"], &[]),
    ("ragged.csv", 4, &[], &["ragged_row"]),
    ("report.pdf", 0, &[], &["unsupported"]),
    ("text.docx", 1, &["extension_mismatch"], &[]),
    ("thrice.txt.gz", 0, &[], &["archive_limit"]),
    ("utf-16-without-mark.txt", 1, &[], &[]),
    ("utf-16.txt", 1, &[], &[]),
    ("windows-1252.txt", 1, &[], &[]),
    ("zeros.txt", 0, &[], &["binary"]),
];

#[test]
fn bad_files_become_what_the_manual_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad");
    let walk = crate::walk::walk(&folder, &crate::walk::Options::default()).expect("fixtures");
    let names: Vec<&str> = walk.sources.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(names, BAD.map(|(name, ..)| name));
    for (source, (name, articles, warnings, reasons)) in walk.sources.iter().zip(BAD) {
        let bytes = std::fs::read(&source.path).expect("a fixture");
        let reading = read(name, &bytes, &Options::default());
        assert_eq!(reading.articles.len(), articles, "{name}");
        assert_eq!(reading.articles.iter().flat_map(codes).collect::<Vec<_>>(), warnings, "{name}");
        assert_eq!(reading.skipped.iter().map(|row| row.reason).collect::<Vec<_>>(), reasons, "{name}");
    }
}

#[test]
fn each_format_is_also_read_packed() {
    use std::io::Write;
    for (id, text, format) in [
        ("a.txt.gz", "A headline\n\nA paragraph.", Format::Text),
        ("a.md.gz", "# A headline\n\nA paragraph.", Format::Markdown),
        ("a.html.gz", "<p>A paragraph.</p>", Format::Html),
        ("a.json.gz", "[{\"text\": \"A paragraph.\"}]", Format::Json),
        ("a.jsonl.gz", "{\"text\": \"A paragraph.\"}", Format::JsonLines),
        ("a.csv.gz", "title,text\nOne,A paragraph.\n", Format::Csv),
    ] {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory");
        let article = read_one(id, &encoder.finish().expect("memory"));
        assert_eq!((article.format, article.warnings.as_slice()), (format, &[][..]), "{id}");
        let is_record = matches!(format, Format::Json | Format::JsonLines | Format::Csv);
        assert_eq!(article.id, if is_record { format!("{id}!1") } else { id.to_owned() });
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    /// Random bytes are mostly binary, so pieces of every format are mixed in.
    #[test]
    fn no_bytes_panic_and_no_file_vanishes(
        pieces in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::collection::vec(proptest::num::u8::ANY, 0..40),
                proptest::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
                "[a-z é\u{301}€\u{1f600}]{0,12}".prop_map(String::into_bytes),
            ],
            0..24,
        ),
        extension in proptest::sample::select(vec!["txt", "md", "html", "json", "jsonl", "csv", "gz", "docx"]),
    ) {
        let bytes = pieces.concat();
        let reading = read(&format!("a.{extension}"), &bytes, &Options::default());
        proptest::prop_assert!(
            !reading.articles.is_empty() || !reading.skipped.is_empty(),
            "{:?}", String::from_utf8_lossy(&bytes)
        );
        let _ = metadata::Metadata::parse("m", &bytes);
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\\",
    "<p>",
    "</p>",
    "<!--",
    "-->",
    "<html",
    "&amp;",
    "&#",
    "---\n",
    "title: ",
    "- a\n",
    "# A\n",
    "](http",
    "**",
    "title,text\n",
    "date;text\n",
    "sep=;\n",
    "{\"text\": \"A.\"}",
    "\"text\": ",
    "\"body\": {\"sections\": [",
    "[+12 chars]",
    "NaN",
    "From: a\n",
    "MIME-Version: 1\n",
    "\u{feff}",
    "\0",
    "1 of 2 DOCUMENTS\n",
    "______________________\n",
    "\u{1f}\u{8b}",
];
