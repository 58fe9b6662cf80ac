//! What people see of hostile text: on a terminal and in what commands print.

use super::inputs;
use crate::program::{Ran, Workplace, names};

/// Classes whose text is odd.
const CLASSES: [&str; 3] = ["text", "dates", "records"];

/// Whether a spreadsheet would run a cell as a formula.
pub(super) fn is_armed(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err()
}

/// A corpus of odd text under odd names.
fn place() -> Workplace {
    let place = Workplace::empty();
    for (class, make) in inputs::CLASSES {
        if CLASSES.contains(&class) {
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
    // The byte-order mark that spreadsheets need is ours.
    for text in [ran.stdout.trim_start_matches('\u{feff}'), &ran.stderr] {
        let at = text.find(sendlens::plain::is_unprintable);
        let around = at.map(|at| {
            let from = text.floor_char_boundary(at.saturating_sub(60));
            &text[from..text.ceil_char_boundary(at + 20)]
        });
        assert_eq!(around, None, "{what}");
        assert!(!text.contains("panicked"), "{what}: {text}");
    }
}

/// Runs the program with a terminal of its own as stdout and stderr.
fn on_terminal(place: &Workplace, args: &str) -> Ran {
    let command = format!("'{}' {args}", env!("CARGO_BIN_EXE_sendlens"));
    let ran = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(place.path(""))
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .expect("`script` is part of util-linux");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    Ran { code: ran.status.code(), stdout: text(ran.stdout), stderr: text(ran.stderr) }
}

#[test]
fn nothing_hostile_reaches_a_terminal() {
    let place = place();
    is_safe(&place.run(&["--by", "outlet"]).exits(3), "run");
    is_safe(&place.run(&["--strict"]).exits(4), "run --strict");
    let dry = ["run", "corpus", "-o", "dry", "--engine", "lexicon", "--dry-run"];
    is_safe(&place.sendlens(&dry).exits(3), "run --dry-run");
    let query = ["query", "out", "--around", "2", "--limit", "0", "--format"];
    for format in ["table", "json"] {
        is_safe(&place.sendlens(&[&query[..], &[format]].concat()).exits(0), format);
    }
    // To a pipe a table goes as it is, for programs; to a terminal it does not.
    let shown = on_terminal(&place, &format!("{} csv", query.join(" "))).exits(0);
    assert!(shown.stdout.contains("passages of"), "it has printed: {}", shown.stdout);
    is_safe(&shown, "query --format csv");
    is_safe(&place.sendlens(&["export", "out", "--format", "jsonl", "-o", "-"]).exits(0), "export");
    let here = names(&place.path("corpus")).into_iter().map(|name| format!("corpus/{name}"));
    let mut files: Vec<_> = here.filter(|path| place.path(path).is_file()).collect();
    for class in CLASSES {
        let folder = format!("corpus/hostile/{class}");
        files.extend(names(&place.path(&folder)).iter().step_by(40).map(|name| format!("{folder}/{name}")));
    }
    for file in &files {
        is_safe(&place.sendlens(&["inspect", "--engine", "lexicon", file]), file);
        is_safe(&place.sendlens(&["inspect", "--engine", "lexicon", "--json", file]), file);
    }
}

#[test]
fn a_query_as_csv_holds_no_formula() {
    let place = place();
    place.run(&[]).exits(3);
    for more in [&["--limit", "0"][..], &["--sample", "500"]] {
        let query = ["query", "out", "--around", "1", "--format", "csv"];
        let csv = place.sendlens(&[&query[..], more].concat()).exits(0).stdout;
        let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
        for record in reader.records() {
            let record = record.expect("a row of the header's length");
            assert_eq!(record.iter().find(|cell| is_armed(cell)), None, "{more:?}");
        }
    }
}
