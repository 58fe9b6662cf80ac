//! The program as its user meets it: exit codes, messages, what goes to stdout and what to stderr.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::program::{DAY, Workplace, fixture, hashes};
use crate::tables_of::{csv, optional, parquet, text};

/// Characters that drive a terminal or turn text around.
fn is_dangerous(letter: char) -> bool {
    matches!(letter, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}')
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn a_run_ends_with_a_summary_on_stderr() {
    let place = Workplace::with_corpus();
    let ran = place.run(&[]).exits(0).says(&["articles from 12 files", "transport", "Undated:", "query out"]);
    assert!(ran.stdout.is_empty(), "stdout is data: {}", ran.stdout);
    assert!(ran.stderr.lines().count() <= 25, "{}", ran.stderr);
    assert!(!ran.stderr.contains('\u{1b}'), "no colour where nobody looks");
}

#[test]
fn a_missing_corpus_is_named() {
    let place = Workplace::empty();
    place.run(&[]).exits(2).says(&["error: ", "corpus", "does not exist", "hint: "]);
    assert!(place.names().is_empty(), "nothing is left: {:?}", place.names());
}

#[test]
fn an_empty_folder_is_an_error() {
    let place = Workplace::empty();
    fs::create_dir(place.path("corpus")).expect("writable");
    place.run(&[]).exits(1).says(&["no readable article under `corpus`", "hint: sendlens reads .txt"]);
    place.write("corpus/report.pdf", "%PDF-1.4");
    place.run(&[]).exits(1).says(&["no readable article", "1 unsupported"]);
    assert_eq!(place.names(), ["corpus"], "nothing is published");
}

#[test]
fn an_unknown_key_is_refused_with_a_suggestion() {
    let place = Workplace::with_corpus();
    place.write("sendlens.toml", "perod = \"week\"\n");
    place.run(&[]).exits(2).says(&["unknown key `perod`", "`sendlens.toml`", "did you mean `period`?"]);
    let other = Workplace::with_corpus();
    let variables = [("SENDLENS_PEROD", "week")];
    let args = ["run", "corpus", "-o", "out"];
    other.sendlens_in(&other.path(""), &variables, &args).exits(2).says(&["SENDLENS_PEROD", "`period`"]);
    other
        .sendlens(&["run", "corpus", "-o", "out", "--perod", "week"])
        .exits(2)
        .says(&["--perod", "--period"]);
    other.run(&["--by", "outlets"]).exits(2).says(&["`outlets`", "did you mean `outlet`?"]);
    other.run(&["--threshold", "transprt=0.4"]).exits(2).says(&["`transprt`", "did you mean `transport`?"]);
    assert_eq!(other.names(), ["corpus"]);
}

#[test]
fn a_value_that_cannot_be_read_is_named_with_what_is_wanted() {
    let place = Workplace::with_corpus();
    place.run(&["--period", "fortnight"]).exits(2).says(&["`period = fortnight`", "day, week, month"]);
    place.run(&["--since", "yesterday"]).exits(2).says(&["`since = yesterday`", "2024-05-31"]);
    place.run(&["--since", "2022-01-02", "--until", "2022-01-01"]).exits(2).says(&["lies after"]);
    place.run(&["--threshold", "transport=2"]).exits(2).says(&["threshold", "[0, 1]"]);
    place.run(&["--map", "body"]).exits(2).says(&["mapping `body`", "target=key"]);
    place.sendlens(&["run"]).exits(2).says(&["no `corpus` is given", "hint: "]);
    place.sendlens(&["fly"]).exits(2);
    place.sendlens(&["query", "nowhere"]).exits(1).says(&["cannot read", "nowhere"]);
}

#[test]
fn flags_win_over_environment_and_file() {
    let place = Workplace::with_corpus();
    place.write("sendlens.toml", "period = \"year\"\nengine = \"lexicon\"\nby = [\"outlet\"]\n");
    let args = ["run", "corpus", "-o", "out", "--as-of", DAY, "--period", "week", "--json"];
    let variables = [("SENDLENS_PERIOD", "quarter"), ("SENDLENS_UNIT", "sentence")];
    let ran = place.sendlens_in(&place.path(""), &variables, &args).exits(0);
    let record: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let setting = |key: &str| {
        let setting = &record["configuration"][key];
        (
            setting["value"].as_str().expect("a value").to_owned(),
            setting["origin"].as_str().expect("an origin").to_owned(),
        )
    };
    assert_eq!(setting("period"), ("week".into(), "flag".into()));
    assert_eq!(setting("unit"), ("sentence".into(), "environment".into()));
    assert_eq!(setting("by"), ("outlet".into(), "file".into()));
    assert_eq!(setting("strict"), ("false".into(), "default".into()));
}

#[test]
fn a_foreign_folder_is_refused_and_untouched() {
    let place = Workplace::with_corpus();
    place.write("out/thesis.docx", "years of work");
    place.run(&[]).exits(2).says(&[
        "`",
        "is not an output of sendlens",
        "thesis.docx",
        "hint: name a folder",
    ]);
    assert_eq!(place.read("out/thesis.docx"), "years of work");
    assert_eq!(place.names(), ["corpus", "out"]);
}

#[test]
fn a_file_beside_a_former_run_stops_the_next() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    place.write("out/notes.txt", "my notes");
    let before = hashes(&place.path("out"));
    place.run(&[]).exits(2).says(&["`notes.txt` was not written by the run that stands there"]);
    assert_eq!(before, hashes(&place.path("out")));
}

#[test]
fn a_changed_table_is_refused_and_untouched() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    place.write("out/theme_by_date.csv", "corrected by hand\n");
    let before = hashes(&place.path("out"));
    place.run(&[]).exits(2).says(&["`theme_by_date.csv` was changed since it was written"]);
    place.sendlens(&["decide", "out", "--threshold", "transport=0.6"]).exits(2).says(&["was changed"]);
    assert_eq!(before, hashes(&place.path("out")));
}

#[test]
fn an_output_that_is_a_file_is_refused() {
    let place = Workplace::with_corpus();
    place.write("out", "a file");
    place.run(&[]).exits(2).says(&["it is a file"]);
    assert_eq!(place.read("out"), "a file");
    let args = ["run", "corpus", "-o", "out/below", "--engine", "lexicon"];
    place.sendlens(&args).exits(1).says(&["error: cannot create"]);
    assert_eq!(place.names(), ["corpus", "out"]);
    place
        .sendlens(&["run", "corpus", "-o", "/", "--engine", "lexicon"])
        .exits(2)
        .says(&["cannot be an output folder"]);
}

#[test]
fn an_output_that_is_held_is_busy() {
    let place = Workplace::with_corpus();
    let lock = fs::File::create(place.path(".out.lock")).expect("writable");
    lock.lock().expect("nobody else holds it");
    place.run(&[]).exits(5).says(&["another run is writing", "hint: wait"]);
    drop(lock);
    place.run(&[]).exits(0);
}

#[test]
fn strict_publishes_nothing_where_there_are_warnings() {
    let place = Workplace::with_corpus();
    place.run(&["--strict"]).exits(4).says(&["error: --strict", "paywall (1)"]);
    assert_eq!(place.names(), ["corpus"]);
    let clean = Workplace::empty();
    clean.write(
        "corpus/a.json",
        r#"[{"title": "Buses", "text": "The school bus is late.", "date": "2021-03-12"}]"#,
    );
    clean.run(&["--strict"]).exits(0);
}

#[test]
fn skipped_inputs_give_three_unless_allowed() {
    let place = Workplace::with_corpus();
    place.write("corpus/bad.json", "{\"text\": ");
    place.run(&[]).exits(3).says(&["Could not be read: 1 inputs (1 bad_json)"]);
    place.run(&["--allow-skipped"]).exits(0);
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Workplace::with_corpus();
    place.write("corpus/bad.json", "{\"text\": ");
    place.run(&["--dry-run"]).exits(3).says(&[
        "hold 16 articles",
        "not read: bad.json",
        "Nothing was scored or written",
    ]);
    assert_eq!(place.names(), ["corpus"]);
    let ran = place.run(&["--dry-run", "--json"]).exits(3);
    let record: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(record["counts"]["articles"], 16);
    assert_eq!(place.names(), ["corpus"]);
    place.run(&["--allow-skipped"]).exits(0);
    let before = hashes(&place.path("out"));
    place.run(&["--dry-run", "--allow-skipped"]).exits(0);
    assert_eq!(before, hashes(&place.path("out")));
}

#[test]
fn json_is_all_that_stdout_gets() {
    let place = Workplace::with_corpus();
    let ran = place.run(&["--json"]).exits(0);
    let record: Value = serde_json::from_str(&ran.stdout).expect("stdout is JSON and nothing else");
    let written: Value = serde_json::from_str(&place.read("out/run.json")).expect("JSON");
    assert_eq!(record, written);
    let ran = place.sendlens(&["decide", "out", "--threshold", "transport=0.6", "--json"]).exits(0);
    let record: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(record["engine"]["thresholds"]["transport"], 0.6);
}

#[test]
fn quiet_says_nothing() {
    let place = Workplace::with_corpus();
    let ran = place.run(&["--quiet"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

/// Fills the date of every row of `out/undated.csv` in, as a spreadsheet would save it.
fn fill(place: &Workplace, date: &str) {
    let table = place.read("out/undated.csv");
    let mut lines = table.lines();
    let header = lines.next().expect("a header").to_owned();
    let rows = lines.map(|line| format!("{line}{date}"));
    let filled: Vec<_> = std::iter::once(header).chain(rows).collect();
    place.write("out/undated.csv", &format!("{}\r\n", filled.join("\r\n")));
}

#[test]
fn dates_filled_in_by_hand_are_used_and_kept() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    assert_eq!(csv(&place.path("out"), "undated").len(), 3);
    fill(&place, "12/05/2021");
    let filled = place.read("out/undated.csv");
    place.run(&[]).exits(2).says(&["`undated.csv` was changed since it was written"]);
    assert_eq!(place.read("out/undated.csv"), filled, "what the user wrote is never overwritten");

    place.run(&["--metadata", "out/undated.csv"]).exits(0);
    let check = || {
        let out = place.path("out");
        assert!(csv(&out, "undated").is_empty(), "every article has a date now");
        let articles = parquet(&out, "articles");
        let plans = articles.iter().find(|row| text(row, "article") == "echo/undated-plans.txt");
        let plans = plans.expect("it was undated");
        assert_eq!(text(plans, "date"), "2021-05-12");
        assert_eq!((text(plans, "date_source"), text(plans, "date_confidence")), ("metadata", "1"));
        assert!(out.join("metadata.csv").exists());
    };
    check();
    place.run(&[]).exits(0);
    check();
    // What was kept is checked too: nobody changes it unnoticed.
    place.write("out/metadata.csv", "path,date\n");
    place.run(&[]).exits(2).says(&["`metadata.csv` was changed"]);
}

#[test]
fn a_further_column_of_the_metadata_groups_rows() {
    let place = Workplace::with_corpus();
    place.write(
        "about.csv",
        "path,owner\necho/2021-03-12-buses.txt,Echo Group\nelmbury.md,Post Group\nnobody.txt,None\n",
    );
    place.run(&["--by", "owner"]).exits(2).says(&["rows cannot be grouped by `owner`"]);
    place
        .run(&["--by", "owner", "--metadata", "about.csv"])
        .exits(0)
        .says(&["1 rows of the metadata match no article", "nobody.txt"]);
    let out = place.path("out");
    let rows = parquet(&out, "theme_by_date");
    let owners: std::collections::BTreeSet<_> = rows.iter().map(|row| optional(row, "owner")).collect();
    assert_eq!(owners, [None, Some("Echo Group"), Some("Post Group")].into());
    let listed = csv(&out, "dictionary");
    let is_listed =
        |table| listed.iter().any(|row| text(row, "table") == table && text(row, "column") == "owner");
    assert!(["theme_by_date", "theme_counts_wide", "articles"].into_iter().all(is_listed));
}

#[test]
fn deciding_anew_equals_a_run_with_that_threshold() {
    for args in [&[][..], &["--by", "outlet", "--period", "quarter", "--unit", "sentence"]] {
        let (run, decided) = (Workplace::with_corpus(), Workplace::with_corpus());
        let thresholds = "transport=0.6,leadership=0.4,outcomes=0.9";
        run.run(&[args, &["--threshold", thresholds]].concat()).exits(0);
        decided.run(args).exits(0);
        decided.sendlens(&["decide", "out", "--threshold", thresholds]).exits(0).says(&["transport"]);
        let (mut left, mut right) = (hashes(&run.path("out")), hashes(&decided.path("out")));
        left.remove("run.json");
        right.remove("run.json");
        assert_eq!(left, right, "{args:?}");
        let record =
            |place: &Workplace| -> Value { serde_json::from_str(&place.read("out/run.json")).expect("JSON") };
        let (left, right) = (record(&run), record(&decided));
        for key in ["engine", "totals", "counts", "files", "warnings", "codebook", "input_hash"] {
            assert_eq!(left[key], right[key], "{key}");
        }
        decided.run(args).exits(0);
    }
    let place = Workplace::with_corpus();
    place.sendlens(&["decide", "out", "--threshold", "transport=0.6"]).exits(2).says(&["holds no run"]);
}

#[test]
fn inspect_explains_a_file() {
    let place = Workplace::with_corpus();
    let inspect = |args: &[&str]| {
        let fixed = ["inspect", "--engine", "lexicon", "--as-of", DAY];
        place.sendlens(&[&fixed, args].concat())
    };
    let ran = inspect(&["corpus/echo/2021-03-12-buses.txt"]).exits(0);
    for part in ["2021-03-12 (day), from line", "headline", "byline", "transport 0.50*", "Norchester Echo"] {
        assert!(ran.stdout.contains(part), "`{part}` is missing in: {}", ran.stdout);
    }
    let ran = inspect(&["corpus/exports/wire.jsonl", "--record", "2", "--json"]).exits(0);
    let articles: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(articles.as_array().map(Vec::len), Some(1));
    assert_eq!(articles[0]["article"], "wire.jsonl!2");
    assert_eq!(articles[0]["date"]["date"], "2021-06-28");
    inspect(&["corpus/exports/wire.jsonl", "--record", "9"]).exits(2).says(&["no record 9"]);
    inspect(&["nowhere.txt"]).exits(1).says(&["cannot read `nowhere.txt`"]);
    place.write("empty.txt", "");
    inspect(&["empty.txt"]).exits(3).says(&["not read: empty.txt: empty"]);
}

#[test]
fn queries_filter_and_cite() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let ran = place.sendlens(&["query", "out", "--theme", "transport", "--date", "2021-03"]).exits(0);
    assert!(
        ran.stdout
            .contains("Norchester Echo, “School buses for disabled pupils cut in Norchester”, 12 March 2021")
    );
    assert!(ran.stderr.contains("6 passages of 2 articles"), "{}", ran.stderr);
    let json = |args: &[&str]| -> Vec<Value> {
        let ran = place.sendlens(&[&["query", "out", "--format", "json"], args].concat()).exits(0);
        serde_json::from_str(&ran.stdout).expect("stdout is JSON")
    };
    let both = json(&["--theme", "transport and outcomes"]).len();
    let either = json(&["--theme", "transport or outcomes"]).len();
    assert_eq!(both + either, json(&["--theme", "transport"]).len() + json(&["--theme", "outcomes"]).len());
    let moods: BTreeMap<_, _> =
        ["negative", "neutral", "positive"].map(|mood| (mood, json(&["--sentiment", mood]).len())).into();
    assert_eq!(moods.values().sum::<usize>(), json(&[]).len());
    assert!(
        json(&["--theme", "transport", "--min-score", "0.6"]).len() < json(&["--theme", "transport"]).len()
    );
    let hits = json(&["--text", "PICK-UP POINT", "--around", "1", "--outlet", "Norchester Echo"]);
    assert_eq!(hits.len(), 1);
    assert!(hits[0]["before"][0].as_str().is_some_and(|text| text.starts_with("Ruth Dale")));
    assert_eq!(hits[0]["date_source"], "line");
    place.sendlens(&["query", "out", "--theme", "trnsport"]).exits(2).says(&["did you mean `transport`?"]);
    place.sendlens(&["query", "out", "--date", "May"]).exits(2).says(&["`May` is no period"]);
    place.sendlens(&["query", "out", "--theme", "transport and"]).exits(2).says(&["error: "]);
}

#[test]
fn text_of_articles_cannot_drive_a_terminal() {
    let place = Workplace::with_corpus();
    let query = |format| ["query", "out", "--around", "1", "--limit", "0", "--format", format];
    // Ids stand in CSV as they are, so that they join with the tables; titles and texts must be clean.
    place.run(&[]).exits(0);
    let mut shown = vec![place.sendlens(&query("csv")).exits(0)];
    place.write("corpus/\u{1b}[2Jname\u{202e}.txt", "School bus late\nBy A\u{1b}]0;owned\u{7}nn\nThe bus is late, \u{1b}[31mthey said\u{202e} and it was raining on the children.\n");
    place.write("corpus/bad\u{1b}[2J\u{202e}.json", "{\"text\": ");
    shown.push(place.run(&["--by", "outlet"]).exits(3));
    shown.push(place.run(&["--dry-run"]).exits(3));
    shown.push(place.sendlens(&query("table")).exits(0));
    shown.push(place.sendlens(&query("json")).exits(0));
    for file in
        ["corpus/exports/guild.json", "corpus/\u{1b}[2Jname\u{202e}.txt", "corpus/bad\u{1b}[2J\u{202e}.json"]
    {
        let args = ["inspect", "--engine", "lexicon", file];
        shown.push(place.sendlens(&args));
        shown.push(place.sendlens(&[&args[..], &["--json"]].concat()));
    }
    shown.push(place.sendlens(&["inspect", "no\u{1b}[2J\u{202e}where.txt"]).exits(1));
    shown.push(place.run(&["--theme\u{1b}[2J", "x"]).exits(2));
    for ran in shown {
        for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            let found =
                text.char_indices().find(|(_, letter)| is_dangerous(*letter) && !"\r\n".contains(*letter));
            let around = found.map(|(at, _)| text[..at].chars().rev().take(80).collect::<Vec<_>>());
            let around = around.map(|letters| letters.into_iter().rev().collect::<String>());
            assert!(found.is_none(), "{stream} holds {found:?} after {around:?}");
        }
    }
}

#[test]
fn completions_and_help_are_printed() {
    let place = Workplace::empty();
    let ran = place.sendlens(&["completions", "bash"]).exits(0);
    assert!(ran.stdout.contains("complete -F _sendlens"), "{}", ran.stdout);
    let ran = place.sendlens(&["run", "--help"]).exits(0);
    assert!(ran.stdout.contains("--allow-skipped") && ran.stdout.contains("Exit codes"), "{}", ran.stdout);
    let ran = place.sendlens(&["--version"]).exits(0);
    assert_eq!(ran.stdout.trim(), concat!("sendlens ", env!("CARGO_PKG_VERSION")));
    place.sendlens(&["completions", "klingon"]).exits(2);
}

#[test]
fn one_file_is_a_corpus() {
    let place = Workplace::empty();
    let file = fixture("corpus/elmbury.md");
    let file = file.to_str().expect("UTF-8");
    place.sendlens(&["run", file, "-o", "out", "--engine", "lexicon", "--as-of", DAY]).exits(0);
    assert_eq!(text(&parquet(&place.path("out"), "articles")[0], "article"), "elmbury.md");
}
