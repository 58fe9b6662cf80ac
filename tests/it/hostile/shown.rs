//! What people see of hostile text: on a terminal and in what commands print.

use super::inputs;
use crate::program::{Ran, Workplace, names};

/// A corpus of odd text under odd names.
fn place() -> Workplace {
    let place = Workplace::empty();
    for (class, make) in inputs::CLASSES {
        if ["text", "dates", "records"].contains(&class) {
            for input in inputs::of(class, make).into_iter().filter(|input| input.bytes.len() < 20_000) {
                place.write(&format!("corpus/{}", input.name), &String::from_utf8_lossy(&input.bytes));
            }
        }
    }
    let body = "The school bus was \u{1b}[31mlate\u{202e}, \u{9b}2Jthe council \u{200b}said\u{7}.";
    let names = [
        "\u{1b}[2J\u{1b}]0;x\u{7}.txt",
        "\u{202e}etal.html",
        "\u{9b}31m.md",
        "a\nb.csv",
        "=1+1.json",
        "\u{200b}\u{2066}.txt",
    ];
    for name in names {
        place.write(&format!("corpus/{name}"), &inputs::article(body, body));
        // And one that cannot be read, to be named as such.
        place.write(&format!("corpus/not-{name}"), "\0\0\0\0\0\0");
    }
    place
}

#[track_caller]
fn is_safe(ran: &Ran, what: &str) {
    for text in [&ran.stdout, &ran.stderr] {
        let at = text.find(|c: char| sendlens::plain::is_unprintable(c));
        let around = at.map(|at| {
            &text[text.floor_char_boundary(at.saturating_sub(60))..text.ceil_char_boundary(at + 20)]
        });
        assert_eq!(around, None, "{what}");
        assert!(!text.contains("panicked"), "{what}: {text}");
    }
}

#[test]
fn nothing_hostile_reaches_a_terminal() {
    let place = place();
    is_safe(&place.run(&["--by", "outlet"]).exits(3), "run");
    is_safe(&place.run(&["--strict"]).exits(4), "run --strict");
    is_safe(
        &place.sendlens(&["run", "corpus", "-o", "dry", "--engine", "lexicon", "--dry-run"]).exits(3),
        "run --dry-run",
    );
    for format in ["table", "csv", "json"] {
        is_safe(
            &place.sendlens(&["query", "out", "--around", "2", "--limit", "0", "--format", format]).exits(0),
            format,
        );
    }
    is_safe(&place.sendlens(&["export", "out", "--format", "jsonl", "-o", "-"]).exits(0), "export");
    for name in
        names(&place.path("corpus")).iter().filter(|name| place.path(&format!("corpus/{name}")).is_file())
    {
        let path = format!("corpus/{name}");
        is_safe(&place.sendlens(&["inspect", "--engine", "lexicon", &path]), name);
        is_safe(&place.sendlens(&["inspect", "--engine", "lexicon", "--json", &path]), name);
    }
    for class in ["text", "dates", "records"] {
        let folder = format!("corpus/hostile/{class}");
        for name in names(&place.path(&folder)).iter().step_by(40) {
            is_safe(&place.sendlens(&["inspect", "--engine", "lexicon", &format!("{folder}/{name}")]), name);
        }
    }
}
