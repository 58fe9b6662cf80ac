//! `sendlens evaluate`: what it prints, what it refuses, and that the shipped card says the same.

use std::path::Path;

use sendlens::codebook::Codebook;
use sendlens::engine::encoder::{Encoder, Kernel, Precision};
use sendlens::engine::lexicon::Lexicon;
use sendlens::engine::{self, Classifier};
use sendlens::evaluate::card;
use sendlens::evaluate::report::{Measurement, measure};
use sendlens::gold::{Gold, Split};
use sendlens::models::ModelFiles;
use serde_json::Value;

use crate::program::{Workplace, copy, fixture, hashes};

/// Two articles about two themes; the word lists are right about transport and blind to the first leadership.
const GOLD: &str = r#"{"id": "a#1", "article": "a", "text": "The taxi to Harle never came.", "themes": ["transport"], "sentiment": "negative", "relevant": true, "year": 2020, "outlet_kind": "local", "needs_context": false, "split": "test"}
{"id": "a#2", "article": "a", "text": "Nobody in Harle knew who ran it.", "themes": ["leadership"], "sentiment": "neutral", "relevant": true, "year": 2020, "outlet_kind": "local", "needs_context": true, "split": "test"}
{"id": "b#1", "article": "b", "text": "Its leaders praised the excellent minibus.", "themes": ["leadership", "transport"], "sentiment": "positive", "relevant": true, "year": 2021, "outlet_kind": "trade", "needs_context": false, "split": "test"}
{"id": "b#2", "article": "b", "text": "The form has four pages.", "themes": [], "sentiment": "neutral", "relevant": true, "year": 2021, "outlet_kind": "trade", "needs_context": false, "split": "test"}
{"id": "c#1", "article": "c", "text": "The bus is a taxi.", "themes": ["transport"], "sentiment": "neutral", "relevant": true, "split": "dev"}
"#;

/// Two pairs: the word lists see a taxi, and cannot tell a metaphor.
const PAIRS: &str = r#"{"id": "p1a", "pair": "p1", "kind": "mention", "text": "The taxi is late.", "themes": ["transport"], "sentiment": "neutral", "mixed": false, "relevant": true}
{"id": "p1b", "pair": "p1", "kind": "mention", "text": "The form is late.", "themes": [], "sentiment": "neutral", "mixed": false, "relevant": true}
{"id": "p2a", "pair": "p2", "kind": "metaphor", "text": "The drivers are here.", "themes": ["transport"], "sentiment": "neutral", "mixed": false, "relevant": true}
{"id": "p2b", "pair": "p2", "kind": "metaphor", "text": "The drivers of cost are clear.", "themes": [], "sentiment": "neutral", "mixed": false, "relevant": true}
"#;

const LEXICON: [&str; 5] = ["evaluate", "--engine", "lexicon", "--gold", "gold.jsonl"];

fn place() -> Workplace {
    let place = Workplace::empty();
    place.write("gold.jsonl", GOLD);
    place.write("pairs.jsonl", PAIRS);
    place
}

#[test]
fn the_shipped_card_says_what_evaluate_says() {
    let codebook = Codebook::shipped();
    let files = ModelFiles::embedded().expect("the shipped model");
    let encoder = Encoder::new(&files, Kernel::best(), Precision::default()).expect("it can be served");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/annotated");
    let gold = Gold::read(&[folder], &codebook.names()).expect("the shipped passages");
    let lexicon = Lexicon::new(&codebook);
    let on = Measurement { gold: &gold, split: Split::Test, challenge: None, lexicon: Some(&lexicon) };
    let thresholds = engine::thresholds(&encoder, &codebook);
    let report = measure(&encoder, &thresholds, &on, &mut |_, _| {}).expect("it scores");
    let shipped = String::from_utf8(files.card().to_vec()).expect("a card is text");
    assert!(
        shipped.contains(&card::section(&report)),
        "the card is out of date: sendlens evaluate --gold corpus/annotated --model models/sendlens-minilm --card"
    );
    let measured = report.evaluation.measured();
    for (label, stored) in encoder.measured() {
        let found = measured[&label];
        assert_eq!(stored.support, found.support, "{label}");
        for (stored, found) in [(stored.precision, found.precision), (stored.recall, found.recall)] {
            assert!(
                (stored - found).abs() <= 5e-5,
                "{label}: the configuration says {stored}, {found} is so"
            );
        }
    }
}

#[test]
fn tables_of_every_measure_are_printed() {
    let place = place();
    let ran = place.sendlens(&[&LEXICON[..], &["--challenge", "pairs.jsonl"]].concat()).exits(0);
    for part in [
        "## Results on test",
        "4 passages of 2 articles",
        "| leadership          | 0.67 (",
        "| transport           | 1.00 (",
        "## Agreement with the labels on test",
        "## By outlet kind on test",
        "## By year on test",
        "| needs context |        1 |        1 |",
        "## Sentiment on test",
        "## Calibration on test",
        "## Challenge set",
        "| mention  |     1 |        2 |",
        "| all      |     2 |        4 | 0.75 (",
    ] {
        assert!(ran.stdout.contains(part), "`{part}` is missing in: {}", ran.stdout);
    }
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    let again = place.sendlens(&[&LEXICON[..], &["--challenge", "pairs.jsonl"]].concat()).exits(0);
    assert_eq!(ran.stdout, again.stdout);
    let dev = place.sendlens(&[&LEXICON[..], &["--split", "dev"]].concat()).exits(0);
    assert!(dev.stdout.contains("## Results on dev") && !dev.stdout.contains("Challenge"), "{}", dev.stdout);
}

#[test]
fn json_holds_the_same_numbers() {
    let place = place();
    let args = [&LEXICON[..], &["pairs.jsonl", "--json"]].concat();
    let report: Value = serde_json::from_str(&place.sendlens(&args).exits(0).stdout).expect("JSON");
    assert_eq!(report["engine"], "lexicon");
    assert_eq!(report["measured_on"], "test");
    let evaluation = &report["evaluation"];
    assert_eq!(evaluation["passages"], 4);
    let transport =
        evaluation["themes"].as_array().expect("a list").iter().find(|row| row["name"] == "transport");
    let transport = transport.expect("it was looked for");
    assert_eq!((&transport["f1"]["value"], &transport["counts"]["hits"]), (&1.0.into(), &2.into()));
    assert_eq!(
        report["challenge"]["model"]["kinds"][2]["pairs_right"]["value"], 0.5,
        "pairs among the gold count"
    );
    assert_eq!(report["lexicon"], Value::Null, "the word lists are not set beside themselves");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let place = place();
    place.sendlens(&[&LEXICON[..], &["--split", "train"]].concat()).exits(2).says(&[
        "no labelled passage is of the split train",
        "hint: the files have 1 of dev, 4 of test; choose with --split",
    ]);
    place
        .sendlens(&[&LEXICON[..], &["--challenge", "gold.jsonl"]].concat())
        .exits(2)
        .says(&["`gold.jsonl` holds no pair", "hint: each line"]);
    place.sendlens(&[&LEXICON[..], &["--model", "mine"]].concat()).exits(2).says(&["uses no model"]);
    place.sendlens(&["evaluate", "--gold", "gold.jsonl", "--card"]).exits(2).says(&["--model"]);
    place.sendlens(&["evaluate", "--gold", "nowhere.jsonl"]).exits(1).says(&["cannot read", "nowhere.jsonl"]);
    place.write("one.jsonl", PAIRS.lines().next().expect("a line"));
    place.sendlens(&["evaluate", "--gold", "one.jsonl"]).exits(2).says(&["the pair `p1` has one passage"]);
}

#[test]
fn a_model_gets_its_results_and_nothing_else_changes() {
    let place = Workplace::empty();
    copy(&fixture("parity/tiny"), &place.path("tiny"));
    place.write(
        "codebook.toml",
        "version = \"2\"\n[[theme]]\nname = \"leadership\"\ndefinition = \"x\"\nterms = [\"leaders\"]\n\
         [[theme]]\nname = \"transport\"\ndefinition = \"x\"\nterms = [\"taxi\", \"minibus\"]\n",
    );
    place.write("gold.jsonl", GOLD);
    let before = hashes(&place.path("tiny"));
    let args =
        ["evaluate", "--gold", "gold.jsonl", "--codebook", "codebook.toml", "--model", "tiny", "--card"];
    let ran = place.sendlens(&args).exits(0).says(&["Results written to tiny/CARD.md"]);
    let card = place.read("tiny/CARD.md");
    assert!(card.starts_with("# tiny\n\nRandom weights for tests"), "{card}");
    assert!(card.contains(&ran.stdout) && card.contains("| lexicon"), "{card}");
    let after = hashes(&place.path("tiny"));
    let changed: Vec<_> = before.keys().filter(|file| before[*file] != after[*file]).collect();
    assert_eq!(changed, ["CARD.md", "SHA256SUMS", "config.json"]);
    let config: serde_json::Value = serde_json::from_str(&place.read("tiny/config.json")).expect("JSON");
    let supports = ["leadership", "transport"].map(|theme| &config["sendlens"]["measured"][theme]["support"]);
    assert_eq!(supports, [2, 2], "{config}");
    // The folder is still a model, and writing again changes nothing.
    place.sendlens(&args).exits(0);
    assert_eq!(hashes(&place.path("tiny")), after);
    assert_eq!(place.names(), ["codebook.toml", "gold.jsonl", "tiny"]);
}

/// A sample of the fixture corpus, as it is written.
fn sample(place: &Workplace, size: &str, seed: &str) -> String {
    let args = ["query", "out", "--sample", size, "--seed", seed, "--format", "csv"];
    place.sendlens(&args).exits(0).stdout
}

#[test]
fn a_sample_is_blind_and_can_be_drawn_again() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let args = ["query", "out", "--sample", "10", "--format", "csv"];
    let ran = place.sendlens(&args).exits(0).says(&["Sample of 10 out of ", " passages of ", "(seed 1)"]);
    let mut lines = ran.stdout.lines();
    let header = "\u{feff}passage,title,before,after,text,relevant,leadership,politics,transport,outcomes,sentiment,\
                  note";
    assert_eq!(lines.next(), Some(header));
    for word in ["negative", "true", "false", "0."] {
        assert!(!lines.clone().any(|line| line.ends_with(word)), "{word} in {}", ran.stdout);
    }
    assert!(lines.all(|line| line.ends_with(",,,,,,")), "every label is empty: {}", ran.stdout);
    assert_eq!(ran.stdout, sample(&place, "10", "1"));
    assert_ne!(ran.stdout, sample(&place, "10", "2"));
    assert!(sample(&place, "20", "1").starts_with(ran.stdout.trim_end()));
    // Conditions make the population.
    let args = ["query", "out", "--theme", "transport", "--sample", "9999", "--format", "csv"];
    let hits = place.sendlens(&["query", "out", "--theme", "transport", "--format", "csv"]).exits(0);
    let count = hits.stderr.split(' ').next().expect("a count").to_owned();
    place.sendlens(&args).exits(0).says(&[&format!("Sample of {count} out of {count} passages")]);
    place.sendlens(&["query", "out", "--sample", "5"]).exits(2).says(&["hint: add --format csv"]);
    place.sendlens(&["query", "out", "--seed", "5", "--format", "csv"]).exits(2);
    place.sendlens(&["query", "out", "--sample", "0", "--format", "csv"]).exits(2);
}

#[test]
fn a_sample_that_was_filled_in_is_measured_on() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let empty = sample(&place, "12", "3");
    place.write("empty.csv", &empty);
    let args = |file: &'static str| ["evaluate", "--engine", "lexicon", "--gold", file];
    place.sendlens(&args("empty.csv")).exits(2).says(&["empty.csv: no row has a label", "hint: fill in"]);

    // A spreadsheet in Europe saves semicolons and Windows line ends; the last two rows stay empty.
    let mut reader = csv::Reader::from_reader(empty.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().expect("a header").clone();
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    let save = |name: &str, labels: &dyn Fn(usize) -> [&'static str; 6]| {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(b';')
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(&header).expect("memory");
        for (place, row) in rows.iter().enumerate() {
            let cells = row.iter().take(5).chain(labels(place)).chain([""]);
            writer.write_record(cells).expect("memory");
        }
        place.write(name, &String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8"));
    };
    save("filled.csv", &|row| match row {
        0..8 => ["yes", "no", "no", if row < 4 { "yes" } else { "no" }, "no", "neutral"],
        8 | 9 => ["no", "", "", "", "", ""],
        _ => [""; 6],
    });
    let ran = place.sendlens(&args("filled.csv")).exits(0);
    for part in
        ["10 passages of ", "2 rows without a label were left out", "| relevant            |", "| neutral "]
    {
        assert!(ran.stdout.contains(part), "`{part}` is missing in: {}", ran.stdout);
    }
    let json = place.sendlens(&[&args("filled.csv")[..], &["--json"]].concat()).exits(0).stdout;
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&report["unlabelled"], &report["measured_on"]), (&2.into(), &"test".into()));
    let support = |counts: &Value| counts["hits"].as_u64().zip(counts["misses"].as_u64()).map(|(a, b)| a + b);
    let themes = report["evaluation"]["themes"].as_array().expect("a list");
    let found: Vec<_> = themes.iter().map(|theme| support(&theme["counts"]).expect("counts")).collect();
    assert_eq!(found, [0, 0, 4, 0], "transport was seen four times, the others were looked for");

    save("half.csv", &|row| {
        if row == 5 { ["yes", "no", "", "no", "no", ""] } else { ["yes", "no", "no", "no", "no", "neu"] }
    });
    place.sendlens(&args("half.csv")).exits(2).says(&[
        "half.csv:7: the row is filled in half: `politics`, `sentiment` is empty",
        "hint: fill in the whole row, or none of it",
    ]);
}

#[test]
fn the_labels_of_a_run_are_measured_as_it_gave_them() {
    let place = Workplace::with_corpus();
    copy(&fixture("parity/tiny"), &place.path("model"));
    place.write(
        "codebook.toml",
        "version = \"1\"\n[[theme]]\nname = \"leadership\"\ndefinition = \"who runs it\"\n\
         [[theme]]\nname = \"transport\"\ndefinition = \"getting there\"\n",
    );
    let model = ["--engine", "encoder", "--model", "model", "--codebook", "codebook.toml"];
    let run = ["run", "corpus", "-o", "out", "--as-of", crate::program::DAY, "--threshold", "transport=0.6"];
    place.sendlens(&[&run[..], &model].concat()).exits(0);
    let shown = place.sendlens(&["query", "out", "--format", "json"]).exits(0).stdout;
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    // A sheet with the labels that the run gave.
    let labels = shown.as_array().expect("passages").iter().map(|passage| {
        let has = |theme: &str| passage["themes"].as_array().expect("a list").contains(&theme.into());
        let cell = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let labels = [cell(has("leadership")), cell(has("transport"))];
        (passage["passage"].as_str().expect("an id").to_owned(), labels)
    });
    let labels: std::collections::BTreeMap<_, _> = labels.collect();
    let empty = sample(&place, "30", "1");
    let mut reader = csv::Reader::from_reader(empty.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().expect("a header").clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("memory");
    for row in reader.records().map(|row| row.expect("a row")) {
        let [leadership, transport] = &labels[&row[0]];
        let filled = ["yes", leadership, transport, "neutral", ""];
        writer.write_record(row.iter().take(5).chain(filled)).expect("memory");
    }
    let filled = String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8");
    place.write("filled.csv", &filled);
    let args = ["evaluate", "--gold", "filled.csv", "--run", "out", "--json"];
    let report: Value = serde_json::from_str(&place.sendlens(&args).exits(0).stdout).expect("JSON");
    let threshold = report["thresholds"][1]["threshold"].as_f64().expect("that of the run");
    assert!((threshold - 0.6).abs() < 1e-6, "{threshold}");
    for theme in report["evaluation"]["themes"].as_array().expect("a list") {
        let counts = &theme["counts"];
        assert_eq!((&counts["misses"], &counts["false_alarms"]), (&0.into(), &0.into()), "{theme}");
    }
    assert_eq!(report["alone"], 0);
    let anew = [&["evaluate", "--gold", "filled.csv"][..], &model].concat();
    let anew = place.sendlens(&anew).exits(0).stdout;
    assert!(anew.contains("scored as if alone (`--run OUT`"), "{anew}");
    place.write("other.csv", &filled.replace(" the ", " thy "));
    let other = ["evaluate", "--gold", "other.csv", "--run", "out"];
    place.sendlens(&other).exits(2).says(&["labelled passages are not among those that out counts", "--run"]);
    place.sendlens(&[&args[..], &["--model", "model"]].concat()).exits(2);
}
