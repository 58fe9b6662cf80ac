//! What a user passes beside a corpus: configuration, codebook, metadata, labels, gold, scripts' output. Damaged or
//! crafted, each is refused with a message that is safe to print, or serves.

use sendlens::random::Random;

use crate::program::{Ran, Workplace, fixture};
use crate::resume::CODEBOOK;

/// A file that is passed, what it holds when it is sound, and the command that takes it.
struct Passed {
    name: &'static str,
    sound: String,
    args: &'static [&'static str],
}

const RUN: [&str; 6] = ["run", "corpus", "-o", "out", "--as-of", crate::program::DAY];

fn passed() -> [Passed; 5] {
    [
        Passed {
            name: "settings.toml",
            sound: "period = \"week\"\nby = [\"outlet\"]\nengine = \"lexicon\"\njobs = 1\nreport = false\n[threshold]\ntransport = 0.4\n".into(),
            args: &["--config", "settings.toml"],
        },
        Passed {
            name: "codebook.toml",
            sound: CODEBOOK.into(),
            args: &["--engine", "lexicon", "--codebook", "codebook.toml", "--no-report"],
        },
        Passed {
            name: "metadata.csv",
            sound: "article,date,outlet\na.txt,2021-03-12,Echo\nb.txt,12/04/2021,\"Post, The\"\n".into(),
            args: &["--engine", "lexicon", "--metadata", "metadata.csv", "--no-report"],
        },
        Passed {
            name: "labels.csv",
            sound: "passage,text,relevant,leadership,politics,transport,outcomes,sentiment,note\n\
                    a.txt#1,The bus is late.,yes,,,yes,,negative,\n".into(),
            args: &["--engine", "lexicon", "--labels", "labels.csv", "--no-report"],
        },
        Passed {
            name: "known.toml",
            sound: std::fs::read_to_string(fixture("../../src/models/catalogue.toml")).expect("the catalogue"),
            args: &[],
        },
    ]
}

/// Ways to make a text file bad.
fn damaged(sound: &str, random: &mut Random) -> Vec<Vec<u8>> {
    let bytes = sound.as_bytes();
    let mut all: Vec<Vec<u8>> = Vec::new();
    for _ in 0..8 {
        all.push(bytes[..random.below(bytes.len())].to_vec());
        let mut flipped = bytes.to_vec();
        for _ in 0..3 {
            let at = random.below(flipped.len());
            flipped[at] ^= 1 << random.below(8);
        }
        all.push(flipped);
    }
    let pieces = [
        "",
        "\0",
        "\u{feff}",
        "\u{1b}[2J\u{202e}",
        "=",
        "[",
        "\"",
        "[[theme]]\n",
        "x = ",
        "article\n",
        "passage\n",
        ",,,,\n,,,,\n",
        "\n\n\n",
    ];
    all.extend(pieces.map(|piece| piece.as_bytes().to_vec()));
    all.extend(
        ["[", "{a=", "[[theme]]\n", "\"", "a.", "x,", "\u{1b}[31m", "\u{202e}"]
            .map(|p| p.repeat(50_000).into()),
    );
    all.push([b"\xff\xfe".to_vec(), sound.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat());
    all.push([bytes, &bytes.repeat(200)].concat());
    all.push(sound.replace(['1', '4'], "99999999999999999999").into());
    all.push(sound.replace(|c: char| c.is_ascii_digit(), "\u{1b}[2J\u{202e}").into());
    all.push(sound.replace('=', "= [] #").into());
    all
}

#[track_caller]
fn is_clear(ran: &Ran, what: &str) {
    assert!(matches!(ran.code, Some(0..=3)), "{what}: {:?} {}", ran.code, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
    let is_fault = matches!(ran.code, Some(1 | 2));
    assert!(!is_fault || ran.stderr.contains("error: "), "{what}: {}", ran.stderr);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(sendlens::plain::is_unprintable), "{what}: {text:?}");
    }
    assert!(ran.stderr.len() < 10_000, "{what}: a message of {} bytes", ran.stderr.len());
}

#[test]
fn what_a_user_passes_is_refused_or_serves() {
    let place = Workplace::empty();
    for name in ["a.txt", "b.txt"] {
        place.write(&format!("corpus/{name}"), &super::inputs::article("Plans late", "The bus is late."));
    }
    let mut random = Random::new(23);
    let (mut all, mut refused) = (0, 0);
    for passed in passed() {
        place.write(passed.name, &passed.sound);
        let args = if passed.args.is_empty() {
            vec!["models", "--catalogue", "known.toml", "list"]
        } else {
            [&RUN[..], passed.args].concat()
        };
        place.sendlens_in(&place.path(""), &[("SENDLENS_MODELS", "models")], &args).exits(0);
        for (number, bytes) in damaged(&passed.sound, &mut random).into_iter().enumerate() {
            std::fs::write(place.path(passed.name), bytes).expect("writable");
            let ran = place.sendlens_in(&place.path(""), &[("SENDLENS_MODELS", "models")], &args);
            is_clear(&ran, &format!("{} {number}", passed.name));
            all += 1;
            refused += usize::from(ran.code != Some(0));
        }
    }
    assert!(all >= 200 && refused * 2 > all, "{refused} of {all} refused");
}

#[test]
fn a_damaged_output_is_refused_or_read() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let mut random = Random::new(29);
    let commands: [&[&str]; 4] = [
        &["query", "out", "--limit", "0"],
        &["verify", "out"],
        &["report", "out"],
        &["export", "out", "--format", "jsonl", "-o", "-"],
    ];
    let whole = place.path("whole");
    std::fs::rename(place.path("out"), &whole).expect("published");
    for name in crate::program::names(&whole) {
        let bytes = std::fs::read(whole.join(&name)).expect("published");
        let is_parquet = name.ends_with(".parquet");
        for round in 0..if is_parquet { 4 } else { 2 } {
            let mut damaged = bytes.clone();
            match round {
                0 => damaged.truncate(random.below(bytes.len())),
                // What a table says of itself stands at its end.
                1 => {
                    let at = bytes.len() - 1 - random.below(bytes.len().min(400));
                    damaged[at] ^= 1 << random.below(8);
                }
                _ => (0..8).for_each(|_| damaged[random.below(bytes.len())] ^= 1 << random.below(8)),
            }
            for args in commands {
                let _ = std::fs::remove_dir_all(place.path("out"));
                crate::program::copy(&whole, &place.path("out"));
                std::fs::write(place.path("out").join(&name), &damaged).expect("writable");
                let ran = place.sendlens(args);
                let what = format!("{args:?} with {name} damaged {round}");
                assert!(matches!(ran.code, Some(0..=2 | 4)), "{what}: {:?} {}", ran.code, ran.stderr);
                assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
                if args[0] == "verify" && damaged != bytes {
                    assert_ne!(ran.code, Some(0), "{what}: found");
                }
            }
        }
    }
}
