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
