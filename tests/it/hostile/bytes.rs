//! Bytes that are bad whatever they say: encodings, damage, packing.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::inputs::{Maker, article, page};
use crate::program::fixture;

/// Good files, one or two of each format.
const GOOD: [&str; 8] = [
    "broadcaster.txt",
    "regional.txt",
    "front-matter.md",
    "page.html",
    "bare.html",
    "list.json",
    "records.jsonl",
    "table.csv",
];

fn good() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    GOOD.into_iter().map(|name| {
        let ending = name.rsplit('.').next().unwrap_or_default();
        (ending, std::fs::read(fixture("golden").join(name)).expect("a fixture"))
    })
}

/// `bytes` as gzip.
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes it")
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

/// Wrong marks, mixed encodings, lone surrogates, overlong forms, NULs.
pub(crate) fn encodings(maker: &mut Maker) {
    let marks: [&[u8]; 6] = [
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe\x00\x00",
        b"\x00\x00\xfe\xff",
        b"\xef\xbb\xbf\xff\xfe\xef\xbb\xbf",
    ];
    let foreign: [(&str, &[u8]); 14] = [
        ("windows-1252", b"caf\xe9 \x93quoted\x94 \xa320"),
        (
            "overlong",
            b"\xc0\xaf\xc1\xbf\xe0\x80\xaf\xf0\x80\x80\xaf\xf8\x88\x80\x80\x80\xfc\x84\x80\x80\x80\x80",
        ),
        ("surrogates", b"\xed\xa0\x80\xed\xb0\x80\xed\xaf\xbf"),
        ("beyond-unicode", b"\xf4\x90\x80\x80\xf7\xbf\xbf\xbf"),
        ("cut-sequence", b"\xe2\x82"),
        ("stray-continuations", b"\x80\xbf\x80\xbf\x80\x81"),
        ("nul", b"\0"),
        ("nuls", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("controls", b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x1b\x7f"),
        ("noncharacters", b"\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90"),
        ("utf-16-inside", b"T\0h\0e\0 \0b\0u\0s\0"),
        ("ff", b"\xff\xff\xff\xfe\xfe\xff"),
        ("iso-2022", b"\x1b$B$3$s\x1b(B"),
        ("shift-out", b"\x0e\x0f\x0e\x0f"),
    ];
    for (ending, bytes) in good() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for mark in marks {
            maker.add("wrong-mark", ending, [mark, &bytes].concat());
        }
        for (what, piece) in foreign {
            let at = maker.random.below(bytes.len());
            maker.add(what, ending, [&bytes[..at], piece, &bytes[at..]].concat());
        }
        let mut little = utf16(&text, u16::to_le_bytes);
        maker.add("utf-16-odd", ending, little[..little.len() - 1].to_vec());
        let surrogate = 2 * maker.random.below(little.len() / 2);
        little[surrogate + 1] = 0xD8;
        maker.add("utf-16-lone", ending, [&b"\xff\xfe"[..], &little].concat());
        maker.add("utf-16-other-order", ending, [&b"\xfe\xff"[..], &little].concat());
        let big = utf16(&text, u16::to_be_bytes);
        maker.add("utf-16-both-orders", ending, [&big[..], &little].concat());
        let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        maker.add("utf-32", ending, wide);
        maker.add("twice-encoded", ending, bytes.iter().map(|byte| char::from(*byte)).collect::<String>());
    }
    for label in ["utf-16", "utf-7", "x-user-defined", "replacement", "hz-gb-2312", "ebcdic", "", "\u{202e}"]
    {
        let declared = page(&format!("<meta charset=\"{label}\">"), "<p>caf\u{e9} \u{a3}20</p>");
        maker.add("declared", "html", western(&declared));
    }
}

/// One byte per character, as windows-1252 has it for the letters used here.
fn western(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0x81)).collect()
}

/// Good files cut, flipped, shuffled, repeated.
pub(crate) fn damage(maker: &mut Maker) {
    for (ending, bytes) in good() {
        for _ in 0..10 {
            let at = maker.random.below(bytes.len());
            maker.add("cut", ending, &bytes[..at]);
            maker.add("headless", ending, &bytes[at..]);
        }
        for round in 0..12 {
            flip(maker, "flipped", ending, &bytes, 1 << (round % 8));
        }
        for _ in 0..4 {
            let (one, two) = (maker.random.below(bytes.len()), maker.random.below(bytes.len()));
            let (one, two) = (one.min(two), one.max(two));
            maker.add("swapped", ending, [&bytes[two..], &bytes[one..two], &bytes[..one]].concat());
            maker.add("repeated", ending, bytes[one..two].repeat(20));
        }
        for other in ["txt", "md", "html", "json", "jsonl", "csv"] {
            let cut = maker.random.below(bytes.len()).max(bytes.len() / 2);
            maker.add("misnamed", other, &bytes[..cut]);
        }
    }
}

/// Adds `bytes` with so many bits flipped.
fn flip(maker: &mut Maker, what: &str, ending: &str, bytes: &[u8], flips: usize) {
    let mut flipped = bytes.to_vec();
    for _ in 0..flips {
        let at = maker.random.below(flipped.len());
        flipped[at] ^= 1 << maker.random.below(8);
    }
    maker.add(what, ending, flipped);
}

/// Packed files that are cut, flipped, followed by rubbish.
pub(crate) fn packed(maker: &mut Maker) {
    for (ending, bytes) in good() {
        let ending = &format!("{ending}.gz");
        let packed = pack(&bytes);
        for _ in 0..6 {
            let at = maker.random.below(packed.len());
            maker.add("cut", ending, &packed[..at]);
            flip(maker, "flipped", ending, &packed, 1);
        }
        maker.add("trailing", ending, [&packed[..], b"rubbish \x1b[31m"].concat());
        maker.add("trailing-magic", ending, [&packed[..], b"\x1f\x8b\x08\xff\xff"].concat());
        maker.add("twice", ending, pack(&packed));
        maker.add("header-only", ending, &packed[..10]);
        maker.add("not-packed", ending, bytes);
    }
    // Flags of the header: extra field, name, comment and checksum that never end.
    for flags in [0x04, 0x08, 0x10, 0x02, 0x1f, 0xe0, 0xff] {
        let header = [&[0x1f, 0x8b, 8, flags][..], &[0xff; 40]].concat();
        maker.add("flags", "txt.gz", header);
    }
}

/// Packed files that unpack to far more than they are; every one goes over a limit.
pub(crate) fn bombs(maker: &mut Maker) {
    let spaces = pack(&vec![b' '; 24 << 20]);
    let lines = pack("The bus is late.\n".repeat(2 << 20).as_bytes());
    let zeros = pack(&vec![0; 24 << 20]);
    for (what, bomb) in [("spaces", &spaces), ("lines", &lines), ("zeros", &zeros)] {
        for ending in ["txt.gz", "json.gz", "html.gz", "csv", "gz"] {
            maker.add(what, ending, bomb.clone());
        }
        maker.add("twice", "txt.gz", pack(bomb));
        maker.add("thrice", "txt.gz", pack(&pack(bomb)));
        maker.add(
            "after-good",
            "txt.gz",
            [pack(article("Bus", "It is late.").as_bytes()), bomb.clone()].concat(),
        );
        maker.add("before-rubbish", "txt.gz", [&bomb[..], b"rubbish"].concat());
    }
    maker.add("members", "txt.gz", pack(b"").repeat(100_001));
    let layers = (0..12).fold(b"text".to_vec(), |inner, _| pack(&inner));
    maker.add("layers", "txt.gz", layers);
}
