//! Recognises the format of a file by its content; the name decides only where the content does not.
//!
//! *Takes* the first bytes, or the decoded text. *Gives* a format, or the name of one that is not read.
//! *Cost*: a few kilobytes from the beginning, whatever the size.

use crate::article::Format;
use crate::read::mapping::Mapping;
use crate::read::{csv, html, json, markdown};

/// Bytes of text looked at for the marks of mails and database exports.
const TEXT_WINDOW: usize = 8 << 10;
/// Bytes of a zip looked at for the names of its first entries.
const ZIP_WINDOW: usize = 64 << 10;

/// What a file is, or what its name says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A format that is read.
    Read(Format),
    /// The name of a format that is not read.
    Unsupported(&'static str),
}

impl Kind {
    /// Whether a file of this name may hold `found` without a word. Markdown in `.txt` and lines of JSON
    /// in `.json` are common and harmless.
    pub(super) fn allows(self, found: Format) -> bool {
        let family = |format| match format {
            Format::Markdown => Format::Text,
            Format::JsonLines => Format::Json,
            other => other,
        };
        matches!(self, Self::Read(claim) if family(claim) == family(found))
    }

    /// The name for people.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Read(format) => format.as_str(),
            Self::Unsupported(name) => name,
        }
    }
}

/// What the name says the file is, without a last `.gz`, and whether it had that.
pub(super) fn claimed(id: &str) -> (Option<Kind>, bool) {
    let name = id.rsplit('/').next().unwrap_or(id).to_ascii_lowercase();
    let packed = name.strip_suffix(".gz");
    let name = packed.unwrap_or(&name);
    let kind = name.rsplit_once('.').and_then(|(_, extension)| {
        Some(match extension {
            "txt" | "text" => Kind::Read(Format::Text),
            "md" | "markdown" => Kind::Read(Format::Markdown),
            "html" | "htm" | "xhtml" => Kind::Read(Format::Html),
            "json" => Kind::Read(Format::Json),
            "jsonl" | "ndjson" => Kind::Read(Format::JsonLines),
            "csv" | "tsv" => Kind::Read(Format::Csv),
            "docx" => Kind::Unsupported("docx"),
            "doc" => Kind::Unsupported("doc"),
            "odt" => Kind::Unsupported("odt"),
            "rtf" => Kind::Unsupported("rtf"),
            "pdf" => Kind::Unsupported("pdf"),
            "eml" => Kind::Unsupported("eml"),
            "zip" => Kind::Unsupported("zip"),
            "warc" => Kind::Unsupported("warc"),
            "xlsx" => Kind::Unsupported("xlsx"),
            "xml" => Kind::Unsupported("xml"),
            _ => return None,
        })
    });
    (kind, packed.is_some())
}

/// The name of a format that is not read and is known by its first bytes.
pub(super) fn by_magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 21] = [
        (b"{\\rtf", "rtf"),
        (b"WARC/1.", "warc"),
        (b"WARC/0.", "warc"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "doc, xls or encrypted office file"),
        (b"PAR1", "parquet"),
        (b"ARROW1", "arrow"),
        (b"SQLite format 3\0", "sqlite"),
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"Rar!\x1A\x07", "rar"),
        (b"BZh", "bzip2"),
        (b"\xFD7zXZ\0", "xz"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
        (b"\x89PNG\r\n\x1A\n", "image"),
        (b"\xFF\xD8\xFF", "image"),
        (b"GIF87a", "image"),
        (b"GIF89a", "image"),
        (b"II*\0", "image"),
        (b"MM\0*", "image"),
        (b"ID3\x03", "audio"),
        (b"OggS", "audio"),
        (b"\x7FELF", "program"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(zip_kind(bytes));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image");
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("video");
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Some("tar");
    }
    // Readers of PDF accept rubbish before the header, but a text about PDF files does not begin with it.
    bytes.trim_ascii_start().starts_with(b"%PDF-").then_some("pdf")
}

/// What a zip holds, by the names of its first entries.
fn zip_kind(bytes: &[u8]) -> &'static str {
    let window = &bytes[..bytes.len().min(ZIP_WINDOW)];
    let holds = |name: &str| memchr::memmem::find(window, name.as_bytes()).is_some();
    if holds("word/document.xml") || holds("word/_rels") || holds("word/styles") {
        "docx"
    } else if holds("mimetypeapplication/vnd.oasis.opendocument.text") {
        "odt"
    } else if holds("mimetypeapplication/epub+zip") {
        "epub"
    } else if holds("xl/workbook.xml") || holds("xl/worksheets") || holds("xl/_rels") {
        "xlsx"
    } else if holds("ppt/presentation.xml") || holds("ppt/_rels") {
        "pptx"
    } else {
        "zip"
    }
}

/// What a decoded text is, with what its reader needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Text,
    Markdown,
    Html,
    Json,
    JsonLines,
    Csv(csv::Dialect),
    /// The name of a format that is not read.
    Unsupported(&'static str),
}

/// Recognises a decoded, non-blank text.
pub(super) fn by_text(text: &str, claimed: Option<Kind>, mapping: &Mapping) -> Found {
    let claimed = match claimed {
        Some(Kind::Read(format)) => Some(format),
        _ => None,
    };
    let start = text.trim_start();
    let head = &start[..start.floor_char_boundary(TEXT_WINDOW)];
    match json::recognise(text, claimed) {
        Some(Format::JsonLines) => return Found::JsonLines,
        Some(_) => return Found::Json,
        None => {}
    }
    if html::is_page(head) {
        return database_page(head).map_or(Found::Html, Found::Unsupported);
    }
    if head.starts_with("<?xml") || head.starts_with("<rss") {
        return Found::Unsupported("xml");
    }
    if let Some(name) = mail(head).or_else(|| database_text(head)) {
        return Found::Unsupported(name);
    }
    if let Some(dialect) = csv::sniff(text, claimed == Some(Format::Csv), mapping) {
        return Found::Csv(dialect);
    }
    if markdown::is_markdown(text, claimed == Some(Format::Markdown), mapping) {
        return Found::Markdown;
    }
    Found::Text
}

/// The name of the database whose export a page is.
fn database_page(head: &str) -> Option<&'static str> {
    if head.contains("<DOCFULL>") || head.contains("<!-- Hide XML section from browser") {
        return Some("nexis html");
    }
    let is_factiva = ["class=\"article enArticle\"", "class=\"article deArticle\"", "<title>Factiva</title>"]
        .iter()
        .any(|mark| head.contains(mark));
    is_factiva.then_some("factiva html")
}

/// Whether a text is a mail or a web archive made of mail parts: a block of headers at its beginning.
fn mail(head: &str) -> Option<&'static str> {
    let mut names = Vec::new();
    for line in head.lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && !names.is_empty() {
            continue;
        }
        let (name, _) = line.split_once(':')?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return None;
        }
        names.push(name.to_ascii_lowercase());
    }
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let is_mail = (has("message-id") || has("mime-version") || has("received"))
        && (has("from") || has("subject") || has("date"));
    let is_archive = head.contains("multipart/related");
    is_mail.then_some(if is_archive { "mhtml" } else { "eml" })
}

/// The name of the database whose plain-text export a text is.
fn database_text(head: &str) -> Option<&'static str> {
    const LABELS: [&str; 7] = ["HD", "WC", "PD", "SN", "LP", "TD", "AN"];
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let mut seen = [false; LABELS.len()];
    let mut follows_rule = false;
    for line in head.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.ends_with(" DOCUMENTS") {
            let words: Vec<&str> = line.split_whitespace().take(5).collect();
            if matches!(words[..], [n, "of", m, "DOCUMENTS"] if is_number(n) && is_number(m)) {
                return Some("nexis text");
            }
        } else if follows_rule && line.starts_with("Document ") {
            let words: Vec<&str> = line.split_whitespace().take(5).collect();
            if matches!(words[..], ["Document", n, "of", m] if is_number(n) && is_number(m)) {
                return Some("proquest text");
            }
        } else if matches!(line.as_bytes(), [_, _] | [_, _, b' ', ..])
            && let Some(label) = LABELS.iter().position(|label| line.starts_with(label))
        {
            seen[label] = true;
        }
        follows_rule = line.starts_with("____________________") && line.bytes().all(|byte| byte == b'_');
    }
    (seen.iter().filter(|seen| **seen).count() >= 5).then_some("factiva text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_formats_are_named() {
        for (bytes, name) in [
            (&b"PK\x03\x04....word/document.xml"[..], "docx"),
            (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.textPK", "odt"),
            (b"PK\x03\x04....a.txt", "zip"),
            (b"%PDF-1.7", "pdf"),
            (b"{\\rtf1\\ansi", "rtf"),
            (b"WARC/1.1\r\n", "warc"),
        ] {
            assert_eq!(by_magic(bytes), Some(name));
        }
        assert_eq!(by_magic(b"PDF files are hard"), None);
        assert_eq!(by_magic(b""), None);
    }

    #[test]
    fn database_exports_are_named() {
        let factiva = "HD Support falls short\nWC 808 words\nPD 13 November 2017\nSN The Paper\nLP\nText";
        for (text, name) in [
            ("\n\n                 1 of 500 DOCUMENTS\n\n  The Paper\n", "nexis text"),
            ("____________________________________\n\nDocument 1 of 500\n\nTitle\n", "proquest text"),
            (factiva, "factiva text"),
            ("<html><body><DOC><DOCFULL> -->", "nexis html"),
            ("<html><div class=\"article enArticle\">", "factiva html"),
            ("From: a@example.org\nSubject: News\n folded\nMIME-Version: 1.0\n\nText", "eml"),
            ("<?xml version=\"1.0\"?><rss><channel>", "xml"),
        ] {
            assert_eq!(by_text(text, None, &Mapping::new()), Found::Unsupported(name), "{text}");
        }
        for text in [
            "From: the editor\nTo: all readers\n\nText",
            "Document 1 of 500 was never sent.",
            "It was 1 of 500 documents.",
            "Published: 5 May\n\nText",
        ] {
            assert_eq!(by_text(text, None, &Mapping::new()), Found::Text, "{text}");
        }
    }

    #[test]
    fn names_claim_formats() {
        assert_eq!(claimed("a/b.TXT"), (Some(Kind::Read(Format::Text)), false));
        assert_eq!(claimed("a.b/c.json.gz"), (Some(Kind::Read(Format::Json)), true));
        assert_eq!(claimed("a.csv/c"), (None, false));
        assert!(Kind::Read(Format::Text).allows(Format::Markdown));
        assert!(!Kind::Unsupported("docx").allows(Format::Text));
    }
}
