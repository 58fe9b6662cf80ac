//! The tokenizer gives the ids of the crate `tokenizers`, whichever way a word takes.

use std::fs;
use std::path::Path;

use sendlens::models::ModelFiles;
use sendlens::random::Random;
use sendlens::token::Tokenizer;
use walkdir::WalkDir;

/// The shipped tokenizer, and the crate's own of the same file.
fn pair() -> (Tokenizer, tokenizers::Tokenizer) {
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let ours = Tokenizer::load("shipped", files.tokenizer(), 1 << 20).expect("a sound tokenizer");
    let mut reference = tokenizers::Tokenizer::from_bytes(files.tokenizer()).expect("a sound tokenizer");
    reference.with_truncation(None).expect("no truncation");
    reference.with_padding(None);
    reference.set_encode_special_tokens(true);
    (ours, reference)
}

fn assert_same((ours, reference): &(Tokenizer, tokenizers::Tokenizer), text: &str) {
    let found = ours.encode(text, None).expect("encodes").ids;
    let expected = reference.encode_fast(text, false).expect("encodes");
    assert_eq!(
        found[1..found.len() - 1],
        *expected.get_ids(),
        "{:?}",
        text.chars().take(300).collect::<String>()
    );
}

#[test]
fn everything_in_the_repository_has_the_ids_of_the_reference() {
    let pair = pair();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bytes = 0;
    for folder in ["corpus", "src", "tests/fixtures"] {
        for entry in WalkDir::new(root.join(folder)).into_iter().filter_map(Result::ok) {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            for line in text.lines() {
                assert_same(&pair, line);
                bytes += line.len();
            }
        }
    }
    assert!(bytes > 1_000_000, "{bytes}");
}

#[test]
fn random_strings_have_the_ids_of_the_reference() {
    let pair = pair();
    let mut random = Random::new(11);
    let parts = [
        "the",
        "School",
        "SEND",
        "unaffordable",
        "##s",
        "[SEP]",
        "[UNK]",
        "£",
        "£5m",
        "’",
        "“",
        "—",
        "…",
        "‑",
        " ",
        "  ",
        "\t",
        "\r\n",
        "\u{a0}",
        "\u{2028}",
        "\0",
        "\u{b}",
        "\u{7f}",
        "\u{ad}",
        "\u{fffd}",
        "é",
        "e\u{301}",
        "ß",
        "İ",
        "学",
        "校",
        "🚌",
        "\u{200d}",
        "\u{202e}",
        "ﬁ",
        "½",
        "€",
        "'",
        "-",
        ".",
        "#",
        "$",
        "_",
        "~",
        "1",
        "2024",
        "x",
        "Z",
        "œ",
        "ŵ",
        "אין",
        "Ω",
        "\u{e000}",
        "\u{10ffff}",
        "\u{300}",
    ];
    for _ in 0..100_000 {
        let length = 1 + random.below(12);
        let text: String = (0..length)
            .map(|_| match random.below(8) {
                0 => char::from_u32(random.below(0x3000) as u32).unwrap_or(' ').to_string(),
                1 => char::from(b' ' + random.below(95) as u8).to_string().repeat(1 + random.below(3)),
                _ => parts[random.below(parts.len())].to_owned(),
            })
            .collect();
        assert_same(&pair, &text);
    }
    for length in [99, 100, 101, 5_000] {
        assert_same(&pair, &"a".repeat(length));
        assert_same(&pair, &format!("{}’s", "£".repeat(length)));
    }
}
