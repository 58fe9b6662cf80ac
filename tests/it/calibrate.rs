//! `sendlens train --calibrate`: weights stay, what their scores mean is found anew.

use std::fmt::Write;

use serde_json::Value;

use crate::program::{Workplace, copy, fixture, hashes};

const CODEBOOK: &str = "version = \"2\"\n[[theme]]\nname = \"leadership\"\ndefinition = \"x\"\nterms = [\"leaders\"]\n\
     [[theme]]\nname = \"transport\"\ndefinition = \"x\"\nterms = [\"taxi\", \"minibus\"]\n";

const CALIBRATE: [&str; 10] = [
    "train",
    "--calibrate",
    "--base",
    "tiny",
    "--codebook",
    "codebook.toml",
    "--gold",
    "gold.jsonl",
    "--out",
    "mine",
];

/// Articles of four passages: transport in most, leadership in a few, the last article held out.
fn gold(articles: usize) -> String {
    let mut lines = String::new();
    for number in 0..articles * 4 {
        let (article, position) = (number / 4, number % 4 + 1);
        let themes = ["[\"transport\"]", "[]", "[\"leadership\", \"transport\"]"][number % 3];
        let sentiment = ["negative", "neutral", "positive"][number / 2 % 3];
        let split = if article + 1 == articles { "test" } else { "train" };
        writeln!(
            lines,
            r#"{{"id": "a{article}#{position}", "article": "a{article}", "position": {position}, "text": "The taxi number {number} never came to Harle.", "themes": {themes}, "sentiment": "{sentiment}", "relevant": true, "split": "{split}"}}"#
        )
        .expect("memory");
    }
    lines
}

fn place(articles: usize) -> Workplace {
    let place = Workplace::empty();
    copy(&fixture("parity/tiny"), &place.path("tiny"));
    place.write("codebook.toml", CODEBOOK);
    place.write("gold.jsonl", &gold(articles));
    place
}

fn settings(place: &Workplace, folder: &str) -> Value {
    let config: Value = serde_json::from_str(&place.read(&format!("{folder}/config.json"))).expect("JSON");
    config["sendlens"].clone()
}

#[test]
fn weights_stay_and_decisions_are_of_the_passages() {
    let place = place(12);
    let shown = place.sendlens(&CALIBRATE).exits(0).stdout;
    for part in [
        "train 44 passages of 11 articles; test 4 passages of 1 articles",
        "Relevance is labelled in too few passages and stays as `tiny` has it.",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    let made = hashes(&place.path("mine"));
    let (before, after) = (settings(&place, "tiny"), settings(&place, "mine"));
    assert_eq!(after["name"], "mine");
    for kept in ["base", "context", "relevance", "pooling"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    for theme in [0, 1] {
        let decision = |settings: &Value| settings["themes"][theme]["decision"].clone();
        assert_ne!(decision(&before), decision(&after));
    }
    assert_eq!(after["measured"]["transport"]["support"], 3);

    // The card tells what was done, and goes on telling where the weights come from.
    let card = place.read("mine/CARD.md");
    assert!(card.starts_with("# mine\n\nRandom weights for tests"), "{card}");
    let command = format!("sendlens {}", CALIBRATE.join(" "));
    assert!(card.contains("\n## Calibration\n") && card.contains(&command), "{card}");
    assert!(card.contains("\n## Results on test\n"), "{card}");

    // Once more from what came out: the same decisions and weights, and no section twice.
    let again: Vec<&str> = CALIBRATE.map(|part| if part == "tiny" { "mine" } else { part }).into();
    place.sendlens(&again).exits(0);
    assert_eq!(settings(&place, "mine"), after);
    for file in ["model.safetensors", "tokenizer.json", "config.json"] {
        assert_eq!(hashes(&place.path("mine"))[file], made[file], "{file}");
    }
    assert_eq!(
        place.read("mine/CARD.md"),
        card.replace("--base tiny", "--base mine").replace("`tiny`", "`mine`")
    );
}

#[test]
fn what_cannot_be_calibrated_is_refused() {
    let few = place(3);
    few.sendlens(&CALIBRATE)
        .exits(2)
        .says(&["labelled in enough passages", "at least 5 of each class and 30"]);
    let place = place(12);
    place.write("codebook.toml", &CODEBOOK.replace("\"transport\"", "\"travel\""));
    place.write("gold.jsonl", &gold(12).replace("\"transport\"", "\"travel\""));
    place.sendlens(&CALIBRATE).exits(2).says(&["`transport` of the model `tiny` is not in the codebook"]);
    assert_eq!(place.names(), ["codebook.toml", "gold.jsonl", "tiny"]);
}
