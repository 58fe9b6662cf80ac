//! Crafted model folders: each is refused with a message, or serves finite scores.

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use sendlens::engine::encoder::{Encoder, Kernel, Precision};
use sendlens::engine::{Classifier, Input};
use sendlens::models::ModelFiles;
use sendlens::random::Random;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::program::{Workplace, fixture};

const WEIGHTS: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const CONFIG: &str = "config.json";
const SUMS: &str = "SHA256SUMS";

/// A file in the place of one of a sound model folder.
struct Crafted {
    what: String,
    file: &'static str,
    bytes: Vec<u8>,
}

fn sound(file: &str) -> Vec<u8> {
    fs::read(fixture("parity/tiny").join(file)).expect("a fixture")
}

/// A safetensors file from its header as text and its data.
fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// Cuts and flips of a file, the flips within its first bytes.
fn damaged(file: &'static str, within: usize, times: usize, random: &mut Random) -> Vec<Crafted> {
    let bytes = sound(file);
    let mut crafted = Vec::new();
    for _ in 0..times {
        let cut = random.below(bytes.len());
        crafted.push(Crafted { what: format!("cut at {cut}"), file, bytes: bytes[..cut].to_vec() });
        let (at, bit) = (random.below(within.min(bytes.len())), random.below(8));
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        crafted.push(Crafted { what: format!("bit {bit} of byte {at} flipped"), file, bytes: flipped });
    }
    crafted
}

/// Headers that lie about sizes, places, types and shapes.
fn weights(random: &mut Random) -> Vec<Crafted> {
    let bytes = sound(WEIGHTS);
    let length =
        usize::try_from(u64::from_le_bytes(*bytes.first_chunk().expect("a header"))).expect("it fits");
    let (header, data) = (&bytes[8..8 + length], &bytes[8 + length..]);
    let header: Value = serde_json::from_slice(header).expect("JSON");
    let names: Vec<String> = header.as_object().expect("tensors").keys().cloned().collect();
    let mut crafted = damaged(WEIGHTS, 8 + length, 30, random);
    crafted.extend(damaged(WEIGHTS, bytes.len(), 20, random));
    let mut add = |what: String, bytes| crafted.push(Crafted { what, file: WEIGHTS, bytes });
    let huge = [
        json!(u64::MAX),
        json!(i64::MAX),
        json!(1_u64 << 32),
        json!(-1),
        json!(1e300),
        json!("1"),
        json!(null),
    ];
    let shapes = [
        json!([]),
        json!([0]),
        json!([1_u64 << 32, 1_u64 << 32]),
        json!([u64::MAX, 0]),
        json!([1, 2, 3, 4, 5]),
        json!([64, 0]),
        json!([0, u64::MAX]),
    ];
    let places = [
        json!([0, 0]),
        json!([256, 0]),
        json!([0, u64::MAX]),
        json!([u64::MAX, u64::MAX]),
        json!([1, 257]),
        json!([data.len(), data.len() + 256]),
        json!([0]),
        json!([-1, 256]),
    ];
    let types = ["F64", "F16", "BF16", "I8", "U8", "I64", "BOOL", "F8_E4M3", "F4", "f32", "C64", "\u{202e}"]
        .map(Value::from);
    for (key, values) in [
        ("shape", &shapes[..]),
        ("data_offsets", &places),
        ("dtype", &types),
        ("shape", &huge),
        ("data_offsets", &huge),
    ] {
        for value in values {
            let mut changed = header.clone();
            let name = &names[random.below(names.len())];
            if name != "__metadata__" {
                changed[name][key] = value.clone();
                add(format!("{name}: {key} {value}"), safetensors(&changed.to_string(), data));
            }
        }
    }
    for _ in 0..20 {
        let mut changed = header.clone();
        let (one, two) = (&names[random.below(names.len())], &names[random.below(names.len())]);
        let taken = changed[one].take();
        changed.as_object_mut().expect("tensors").remove(one);
        add(format!("without {one}"), safetensors(&changed.to_string(), data));
        changed[two] = taken;
        add(format!("{one} in place of {two}"), safetensors(&changed.to_string(), data));
    }
    for lie in [
        0,
        1,
        7,
        length as u64 - 1,
        length as u64 + 1,
        bytes.len() as u64,
        1 << 20,
        (1 << 20) + 1,
        100_000_000,
        1 << 40,
        u64::MAX,
    ] {
        add(format!("header of {lie} bytes"), [&lie.to_le_bytes()[..], &bytes[8..]].concat());
    }
    for header in [
        "",
        "{}",
        "[]",
        "null",
        "{\"a\":",
        "{\"__metadata__\": 1}",
        "{\"__metadata__\": {\"a\": [[[]]]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    ] {
        add(format!("header {header}"), safetensors(header, data));
    }
    for deep in ["[", "{\"a\":", "{\"__metadata__\":{\"a\":"] {
        add(format!("deep {deep}"), safetensors(&deep.repeat(100_000), data));
    }
    let many: String = (0..15_000)
        .map(|n| format!(",\"{n}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"))
        .collect();
    add(
        "many tensors".into(),
        safetensors(
            &format!("{{\"x\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}{many}}}"),
            data,
        ),
    );
    for (what, value) in [
        ("not a number", f32::NAN),
        ("infinite", f32::INFINITY),
        ("largest", f32::MAX),
        ("smallest", f32::MIN_POSITIVE),
    ] {
        // The first tensors of the fixture are f32; all of them, and one.
        for count in [1, data.len() / 4] {
            let mut changed = data.to_vec();
            changed
                .chunks_exact_mut(4)
                .take(count)
                .for_each(|place| place.copy_from_slice(&value.to_le_bytes()));
            add(format!("{count} numbers {what}"), safetensors(&header.to_string(), &changed));
        }
    }
    crafted
}

/// Every value of a JSON file replaced by what it should not be, one at a time.
fn changed_json(file: &'static str, most: usize, random: &mut Random) -> Vec<Crafted> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(object) => object.iter().for_each(|(key, inner)| {
                places(inner, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }),
            Value::Array(list) => list
                .iter()
                .enumerate()
                .for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), found)),
            _ => {}
        }
    }
    let whole: Value = serde_json::from_slice(&sound(file)).expect("JSON");
    let mut found = Vec::new();
    places(&whole, "", &mut found);
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(3),
        json!(1e308),
        json!(u64::MAX),
        json!(1_u64 << 32),
        json!(1_u64 << 24),
        json!(""),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!("x".repeat(100_000)),
        json!(1e-320),
        json!("(a+)+$"),
        json!({ "type": "Sequence" }),
    ];
    (0..most)
        .map(|_| {
            let place = &found[random.below(found.len())];
            let value = &values[random.below(values.len())];
            let mut changed = whole.clone();
            *changed.pointer_mut(place).expect("a place in it") = value.clone();
            let shown: String = value.to_string().chars().take(40).collect();
            Crafted { what: format!("{place} = {shown}"), file, bytes: changed.to_string().into_bytes() }
        })
        .collect()
}

fn crafted() -> Vec<Crafted> {
    let mut random = Random::new(17);
    let mut all = weights(&mut random);
    for file in [TOKENIZER, CONFIG] {
        all.extend(damaged(file, usize::MAX, 30, &mut random));
        all.extend(changed_json(file, 120, &mut random));
        for deep in ["[", "{\"a\":", "{\"model_type\":\"bert\",\"a\":["] {
            all.push(Crafted {
                what: format!("deep {deep}"),
                file,
                bytes: deep.repeat(100_000).into_bytes(),
            });
        }
        for text in ["", "null", "[]", "{}", "\u{feff}{}", "\"\"", "1e999999", "\u{0}"] {
            all.push(Crafted { what: text.to_owned(), file, bytes: text.into() });
        }
    }
    // Numbers that each fit their bounds and together ask for terabytes.
    let mut config: Value = serde_json::from_slice(&sound(CONFIG)).expect("JSON");
    for (field, value) in [
        ("hidden_size", 4_096),
        ("num_hidden_layers", 64),
        ("intermediate_size", 16_384),
        ("vocab_size", 1 << 20),
        ("max_position_embeddings", 16_384),
    ] {
        config[field] = json!(value);
        all.push(Crafted {
            what: format!("{field} and those before at their most"),
            file: CONFIG,
            bytes: config.to_string().into(),
        });
    }
    for sums in
        ["", "x", "\u{0}", &"0".repeat(70_000), "../../etc/passwd", &format!("{}  ../x\n", "0".repeat(64))]
    {
        all.push(Crafted { what: sums.chars().take(20).collect(), file: SUMS, bytes: sums.into() });
    }
    all
}

/// Writes a model folder with one crafted file and the checksums of what is there.
fn write(folder: &Path, crafted: &Crafted) {
    fs::create_dir_all(folder).expect("writable");
    let mut sums = String::new();
    for file in ["CARD.md", CONFIG, WEIGHTS, TOKENIZER] {
        let bytes = if file == crafted.file { crafted.bytes.clone() } else { sound(file) };
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        sums.push_str(&format!("{digest}  {file}\n"));
        fs::write(folder.join(file), bytes).expect("writable");
    }
    let sums = if crafted.file == SUMS { crafted.bytes.clone() } else { sums.into_bytes() };
    fs::write(folder.join(SUMS), sums).expect("writable");
}

/// Opens and uses a model folder; gives the fault, if there is one.
fn fault(folder: &Path) -> Option<sendlens::Error> {
    let text = "The council said that the school bus was late.";
    let inputs = [Input { headline: Some("Late again"), ..Input::alone(text) }, Input::alone("")];
    let scored = ModelFiles::read(folder)
        .and_then(|files| Encoder::new(&files, Kernel::best(), Precision::default()))
        .and_then(|encoder| encoder.score(&inputs));
    match scored {
        Ok(scores) => {
            for scores in scores {
                let mut values = scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment);
                assert!(values.all(|value| (0.0..=1.0).contains(value)), "{scores:?}");
            }
            None
        }
        Err(error) => Some(error),
    }
}

#[test]
fn crafted_models_are_refused_or_serve() {
    let place = Workplace::empty();
    let all = crafted();
    assert!(all.len() >= 550, "{} models", all.len());
    let refused: usize = all
        .par_iter()
        .enumerate()
        .map(|(number, crafted)| {
            let folder = place.path(&number.to_string());
            write(&folder, crafted);
            let found = std::panic::catch_unwind(|| fault(&folder));
            fs::remove_dir_all(&folder).expect("ours");
            let found = found.unwrap_or_else(|_| panic!("{}: {} panics", crafted.file, crafted.what));
            if let Some(error) = &found {
                let code = error.exit_code();
                assert!((1..=2).contains(&code), "{}: {}: {code} {error}", crafted.file, crafted.what);
                assert!(
                    error.to_string().len() < 4_000,
                    "{}: {}: a message too long",
                    crafted.file,
                    crafted.what
                );
            }
            usize::from(found.is_some())
        })
        .sum();
    assert!(refused * 2 > all.len(), "{refused} of {} refused", all.len());
    assert!(fault(&fixture("parity/tiny")).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn lying_sizes_take_no_memory() {
    let place = Workplace::empty();
    place.write("a.txt", "The bus is late.");
    place.write("codebook.toml", "version = \"1\"\n");
    let is_large = |crafted: &&Crafted| {
        ["header of", "at their most", "shape [4294967296", "data_offsets [0,1844", "many tensors"]
            .iter()
            .any(|part| crafted.what.contains(part))
    };
    let all = crafted();
    for (number, crafted) in all.iter().filter(is_large).enumerate() {
        let folder = format!("model-{number}");
        write(&place.path(&folder), crafted);
        let limited = std::process::Command::new("sh")
            .args(["-c", "ulimit -v 1048576 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sendlens")])
            .args(["inspect", "a.txt", "--model", &folder])
            .current_dir(place.path(""))
            .output()
            .expect("sh is part of POSIX");
        let said = String::from_utf8_lossy(&limited.stderr);
        assert!(
            matches!(limited.status.code(), Some(1 | 2)),
            "{}: {:?} {said}",
            crafted.what,
            limited.status
        );
        assert!(said.starts_with("error: "), "{}: {said}", crafted.what);
    }
}

#[test]
fn what_a_refusal_repeats_of_a_model_is_safe() {
    let place = Workplace::empty();
    place.write("a.txt", "The bus is late.");
    let evil = "\u{1b}[2J\u{202e}evil";
    let mut config: Value = serde_json::from_slice(&sound(CONFIG)).expect("JSON");
    let mut crafted = Vec::new();
    for pointer in [
        "/model_type",
        "/hidden_act",
        "/sendlens/name",
        "/sendlens/themes/0/name",
        "/sendlens/pooling",
        "/sendlens/context",
    ] {
        let before = config.pointer(pointer).cloned().expect("a place in it");
        *config.pointer_mut(pointer).expect("a place in it") = json!(evil);
        crafted.push(Crafted { what: pointer.into(), file: CONFIG, bytes: config.to_string().into() });
        *config.pointer_mut(pointer).expect("a place in it") = before;
    }
    crafted.push(Crafted {
        what: "tensor".into(),
        file: WEIGHTS,
        bytes: safetensors(
            &json!({ evil: { "dtype": "I64", "shape": [1], "data_offsets": [0, 8] } }).to_string(),
            &[0; 8],
        ),
    });
    for crafted in crafted {
        write(&place.path("model"), &crafted);
        let ran = place.sendlens(&["inspect", "a.txt", "--engine", "encoder", "--model", "model"]);
        assert!(matches!(ran.code, Some(1 | 2)), "{}: {:?} {}", crafted.what, ran.code, ran.stderr);
        assert!(
            !ran.stderr.contains(|c: char| sendlens::plain::is_unprintable(c)),
            "{}: {:?}",
            crafted.what,
            ran.stderr
        );
    }
}
