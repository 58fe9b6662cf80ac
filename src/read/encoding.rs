//! Bytes to text: finds the character encoding and decodes.
//!
//! *Takes* the bytes of one file. *Gives* text that borrows them where they are UTF-8 already. *Fails*
//! never: a byte that has no meaning becomes U+FFFD. *Cost*: one pass over UTF-8.
//!
//! Order of evidence: byte order mark; zero bytes in every other place (UTF-16); valid UTF-8; damaged UTF-8;
//! the declaration of an HTML or XML document; statistics ([`chardetng`]). Valid UTF-8 goes before the
//! declaration because browsers and archives re-encode pages and leave the old declaration in place,
//! while text of another encoding that is valid UTF-8 by accident hardly exists.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes looked at for zero bytes in every other place.
const UTF16_SAMPLE: usize = 4096;
/// Bytes in which a declaration must stand (WHATWG HTML, 13.2.3.2, "prescan").
const DECLARATION_WINDOW: usize = 1024;
/// Bytes, from the first that is not ASCII, that the statistics look at.
const STATISTICS_WINDOW: usize = 16 << 10;

/// A decoded file.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    /// The text without byte order mark.
    pub(super) text: Cow<'a, str>,
    /// WHATWG name of the encoding, lower case.
    pub(super) encoding: &'static str,
}

/// Decodes `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, &bytes[mark..]);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return decode_as(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), encoding: "utf-8" };
    }
    let encoding = if is_damaged_utf8(bytes) {
        UTF_8
    } else {
        declared(bytes).filter(|encoding| *encoding != UTF_8).unwrap_or_else(|| guess(bytes))
    };
    decode_as(encoding, bytes)
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text, encoding: lower_case_name(encoding) }
}

/// UTF-16 that lost its mark: western text has a zero byte in every other place, always the same one.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(UTF16_SAMPLE)];
    memchr::memchr(0, sample)?;
    let (pairs, _) = sample.as_chunks::<2>();
    // A pair speaks for an order if its other byte is a printable ASCII character or white space; arrays of
    // small numbers also have zeros in every other place, but not letters beside them.
    let is_text = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let little = pairs.iter().filter(|pair| pair[1] == 0 && is_text(pair[0])).count();
    let big = pairs.iter().filter(|pair| pair[0] == 0 && is_text(pair[1])).count();
    let is_most = |count: usize| count * 10 >= pairs.len() * 8;
    if pairs.is_empty() {
        None
    } else if is_most(little) {
        Some(UTF_16LE)
    } else if is_most(big) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether the bytes are UTF-8 with some damage (a cut, a foreign quotation): more sequences of several
/// bytes are sound than broken. In a single-byte encoding nearly every such sequence is broken.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    sound > broken
}

/// The encoding an HTML or XML document declares for itself.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(DECLARATION_WINDOW)].to_ascii_lowercase();
    let is_xml = head.trim_ascii_start().starts_with(b"<?xml");
    let markers: &[&[u8]] = if is_xml { &[b"encoding", b"charset"] } else { &[b"charset"] };
    if !is_xml && memchr::memmem::find(&head, b"<meta").is_none() {
        return None;
    }
    markers.iter().find_map(|marker| {
        let start = memchr::memmem::find(&head, marker)? + marker.len();
        let rest = head[start..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
        let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte);
        let end = rest.iter().position(|byte| !is_label(byte)).unwrap_or(rest.len());
        // A declaration that can be read byte by byte proves that the document is not UTF-16.
        Encoding::for_label(&rest[..end])
            .filter(|encoding| encoding.is_ascii_compatible() && *encoding != encoding_rs::X_USER_DEFINED)
    })
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    // The statistics want to see what stands before the first such byte.
    let start = start.saturating_sub(16);
    let window = &bytes[start..bytes.len().min(start + STATISTICS_WINDOW)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, start + window.len() == bytes.len());
    detector.guess(Some(b"uk"), Utf8Detection::Deny)
}

/// `Encoding::name` in lower case; a table because the names must live as long as the program.
fn lower_case_name(encoding: &'static Encoding) -> &'static str {
    const NAMES: [&str; 39] = [
        "utf-8",
        "windows-1252",
        "utf-16le",
        "utf-16be",
        "big5",
        "euc-jp",
        "euc-kr",
        "gb18030",
        "gbk",
        "ibm866",
        "iso-2022-jp",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "shift_jis",
        "windows-1250",
        "windows-1251",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "windows-874",
        "x-mac-cyrillic",
        "replacement",
    ];
    let name = encoding.name();
    NAMES.into_iter().find(|lower| lower.eq_ignore_ascii_case(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "The café’s owner said the “review” cost £20 – too much.";

    fn windows_1252(text: &str) -> Vec<u8> {
        encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn marks_decide_first() {
        let marked = format!("\u{feff}{SENTENCE}");
        for (bytes, name) in [
            (marked.clone().into_bytes(), "utf-8"),
            (utf16(&marked, u16::to_le_bytes), "utf-16le"),
            (utf16(&marked, u16::to_be_bytes), "utf-16be"),
        ] {
            let decoded = decode(&bytes);
            assert_eq!((decoded.text.as_ref(), decoded.encoding), (SENTENCE, name));
        }
    }

    #[test]
    fn utf16_is_found_without_a_mark() {
        for (bytes, name) in
            [(utf16(SENTENCE, u16::to_le_bytes), "utf-16le"), (utf16(SENTENCE, u16::to_be_bytes), "utf-16be")]
        {
            let decoded = decode(&bytes);
            assert_eq!((decoded.text.as_ref(), decoded.encoding), (SENTENCE, name));
        }
        let numbers: Vec<u8> = (0..500_u16).flat_map(u16::to_le_bytes).collect();
        assert_ne!(decode(&numbers).encoding, "utf-16le");
    }

    #[test]
    fn utf8_is_borrowed() {
        assert!(matches!(decode(SENTENCE.as_bytes()).text, Cow::Borrowed(_)));
    }

    #[test]
    fn single_byte_text_is_guessed_as_western() {
        let decoded_from = windows_1252(SENTENCE);
        let decoded = decode(&decoded_from);
        assert_eq!((decoded.text.as_ref(), decoded.encoding), (SENTENCE, "windows-1252"));
    }

    #[test]
    fn a_declaration_decides_where_the_bytes_are_not_utf8() {
        for (head, name) in [
            ("<meta charset=\"iso-8859-2\">", "iso-8859-2"),
            ("<META http-equiv=Content-Type content='text/html; charset = windows-1251'>", "windows-1251"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><html>", "windows-1252"),
        ] {
            let bytes = windows_1252(&format!("{head}{SENTENCE}"));
            assert_eq!(decode(&bytes).encoding, name, "{head}");
        }
        let utf8 = format!("<meta charset=iso-8859-1>{SENTENCE}");
        assert_eq!(decode(utf8.as_bytes()).encoding, "utf-8");
        let wrong = windows_1252(&format!("<meta charset=utf-8>{SENTENCE}"));
        assert_eq!(decode(&wrong).encoding, "windows-1252");
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let mut bytes = SENTENCE.as_bytes().to_vec();
        bytes.insert(3, 0xFF);
        let decoded = decode(&bytes);
        assert_eq!(decoded.encoding, "utf-8");
        assert_eq!(decoded.text.matches('\u{fffd}').count(), 1);
        let cut = &SENTENCE.as_bytes()[..SENTENCE.find('“').expect("quote") + 1];
        assert_eq!(decode(cut).encoding, "utf-8");
    }

    #[test]
    fn every_encoding_has_a_lower_case_name() {
        for encoding in [UTF_8, UTF_16LE, encoding_rs::SHIFT_JIS, encoding_rs::X_MAC_CYRILLIC] {
            assert_eq!(lower_case_name(encoding), encoding.name().to_ascii_lowercase());
        }
    }
}
