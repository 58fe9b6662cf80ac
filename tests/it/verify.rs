//! What was changed in a published run is found and named, even where its hash was put right.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polars::prelude::{Column, DataFrame, NamedFrom, PlSmallStr, Series};
use serde_json::{Value, json};

use sendlens::{frame, verify};

use crate::program::{Workplace, copy, fixture, hashes};

/// A run over the fixture corpus, with groups.
fn place() -> Workplace {
    let place = Workplace::with_corpus();
    place.run(&["--by", "outlet"]).exits(0);
    place
}

/// The record of the run.
fn record(place: &Workplace) -> Value {
    serde_json::from_str(&place.read("out/run.json")).expect("JSON")
}

/// Changes the record.
fn change_record(place: &Workplace, change: impl FnOnce(&mut Value)) {
    let mut record = record(place);
    change(&mut record);
    place.write("out/run.json", &record.to_string());
}

/// Puts the hash of every file right, as whoever hides a change would.
fn hide(place: &Workplace) {
    let mut hashes = hashes(&place.path("out"));
    hashes.remove("run.json");
    change_record(place, |record| record["files"] = json!(hashes));
}

/// Changes a Parquet table and puts its hash right.
fn change_table(place: &Workplace, table: &str, change: impl FnOnce(DataFrame) -> DataFrame) {
    let out = place.path("out");
    let mut changed = change(frame::read(&out, table, None).expect("a table"));
    frame::write(&out, table, &mut changed).expect("writable");
    hide(place);
}

/// The table with one cell of whole numbers changed by one.
fn plus_one(frame: DataFrame, column: &str, row: usize) -> DataFrame {
    let cells = frame.column(column).expect("there").i64().expect("whole numbers").iter();
    let cells: Vec<_> =
        cells.enumerate().map(|(at, cell)| cell.map(|cell| cell + i64::from(at == row))).collect();
    replaced(frame, column, Series::new(PlSmallStr::from_str(column), cells))
}

/// The table with every score below a half changed to `score`.
fn with_low_scores(frame: DataFrame, column: &str, score: f32) -> DataFrame {
    let cells = frame.column(column).expect("there").f32().expect("scores").iter();
    let cells: Vec<_> = cells.map(|cell| cell.map(|cell| if cell < 0.5 { score } else { cell })).collect();
    replaced(frame, column, Series::new(PlSmallStr::from_str(column), cells))
}

/// The table with its first flag turned round.
fn with_first_turned(frame: DataFrame, column: &str) -> DataFrame {
    let cells = frame.column(column).expect("there").bool().expect("flags").iter();
    let cells: Vec<_> =
        cells.enumerate().map(|(at, cell)| cell.map(|cell| if at == 0 { !cell } else { cell })).collect();
    replaced(frame, column, Series::new(PlSmallStr::from_str(column), cells))
}

fn replaced(mut frame: DataFrame, column: &str, cells: Series) -> DataFrame {
    frame.replace(column, Column::from(cells)).expect("as long as before");
    frame
}

/// The state of each check.
fn states(place: &Workplace, code: i32) -> BTreeMap<String, String> {
    let shown = place.sendlens(&["verify", "out", "--json"]).exits(code).stdout;
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["holds"], code == 0);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let checks = shown["checks"].as_array().expect("a list").iter();
    checks.map(|check| (text(&check["name"]), text(&check["state"]))).collect()
}

/// The checks that fail, all others being ok.
#[track_caller]
fn failed(place: &Workplace) -> Vec<String> {
    let states = states(place, 4);
    assert!(states.values().all(|state| state != "not_checked"), "{states:?}");
    states.into_iter().filter(|(_, state)| state == "failed").map(|(name, _)| name).collect()
}

/// What the program says of a broken run.
#[track_caller]
fn says(place: &Workplace, parts: &[&str]) {
    let shown = place.sendlens(&["verify", "out", "--sample", "0"]).exits(4).stdout;
    // Lines are wrapped between words.
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(shown.contains(part), "`{part}` is missing in: {shown}");
    }
}

#[test]
fn a_fresh_run_passes() {
    for args in [
        &[][..],
        &["--period", "day", "--since", "2021-03-05", "--until", "2021-06-28"],
        &["--period", "week", "--by", "outlet", "--unit", "sentence"],
        &["--period", "quarter", "--by", "format,date_source", "--unit", "segment"],
        &["--period", "year", "--unit", "article"],
    ] {
        let place = Workplace::with_corpus();
        place.run(args).exits(0);
        let states = states(&place, 0);
        assert!(states.values().all(|state| state == "ok"), "{args:?}: {states:?}");
        assert_eq!(states.len(), 14);
    }
}

#[test]
fn a_run_with_metadata_and_labels_by_a_person_passes() {
    let place = Workplace::empty();
    place.write(
        "corpus/a.json",
        r#"[{"title": "Buses", "date": "2021-03-12", "text": "The taxi came at nine.\nThe form has four pages."}]"#,
    );
    place.write("meta.csv", "article,region\na.json!1,=North\n");
    place.write("mine.csv", "passage,transport,politics,sentiment\na.json!1#1,no,yes,negative\n");
    place.run(&["--metadata", "meta.csv", "--by", "region", "--labels", "mine.csv"]).exits(0);
    assert!(states(&place, 0).values().all(|state| state == "ok"));
    place.sendlens(&["decide", "out", "--threshold", "transport=0.9"]).exits(0);
    assert!(states(&place, 0).values().all(|state| state == "ok"), "and after new decisions");
    change_record(&place, |record| record["labels"]["changed"] = json!(7));
    assert_eq!(failed(&place), ["labels"]);
}

#[test]
fn scores_of_a_model_are_the_same_to_the_last_bit() {
    let place = Workplace::with_corpus();
    place.write(
        "codebook.toml",
        "version = \"1\"\n[[theme]]\nname = \"leadership\"\ndefinition = \"who runs it\"\n\
         [[theme]]\nname = \"transport\"\ndefinition = \"getting there\"\n",
    );
    copy(&fixture("parity/tiny"), &place.path("model"));
    let args = ["--engine", "encoder", "--model", "model", "--codebook", "codebook.toml"];
    let fixed = ["run", "corpus", "-o", "out", "--as-of", crate::program::DAY];
    place.sendlens(&[&fixed[..], &args].concat()).exits(0);
    let shown = place.sendlens(&["verify", "out", "--sample", "100000"]).exits(0).stdout;
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("the same to the last bit"), "{shown}");
    // Another model, or none, is no failure.
    fs::rename(place.path("model"), place.path("elsewhere")).expect("writable");
    assert_eq!(states(&place, 0)["scores"], "not_checked");
    fs::rename(place.path("elsewhere"), place.path("model")).expect("writable");
    // Scores that nobody would see in a label: one that its article does not give, then one that the model does not.
    change_table(&place, "labels", |table| with_low_scores(table, "score", 0.4321));
    assert_eq!(failed(&place), ["priors"]);
    change_table(&place, "labels", |table| with_low_scores(table, "score_alone", 0.4321));
    assert!(failed(&place).contains(&"scores".to_owned()));
}

#[test]
fn a_changed_prior_is_found() {
    let place = place();
    change_record(&place, |record| {
        record["engine"]["priors"] = json!({"transport": {"base": 0.3, "weight": 0.9}})
    });
    assert_eq!(failed(&place), ["priors"]);
}

#[test]
fn a_flipped_byte_is_found_and_the_table_is_not_read() {
    let place = place();
    let path = place.path("out/passages.parquet");
    let mut bytes = fs::read(&path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).expect("writable");
    let states = states(&place, 4);
    assert_eq!(states["files"], "failed");
    assert_eq!(states["recount"], "not_checked");
    says(&place, &["passages.parquet is not as it was written"]);
}

#[test]
fn a_foreign_file_and_a_missing_one_are_named() {
    let place = place();
    place.write("out/notes\u{1b}[2J.docx", "years of work");
    fs::remove_file(place.path("out/undated.csv")).expect("it was there");
    says(&place, &["notes.docx was not written by the run", "undated.csv is gone"]);
    hide(&place);
    says(&place, &["run.json does not list undated.csv"]);
    fs::remove_file(place.path("out/run.json")).expect("it was there");
    place.sendlens(&["verify", "out"]).exits(1).says(&["run.json"]);
    place.write("out/run.json", "{");
    assert_eq!(states(&place, 4).into_keys().collect::<Vec<_>>(), ["record"]);
}

#[test]
fn a_changed_count_is_found_though_its_hash_is_right() {
    let place = place();
    change_table(&place, "theme_by_date", |table| plus_one(table, "passages", 0));
    assert_eq!(failed(&place), ["recount", "sheets", "sums", "totals"]);
    says(&place, &["passages of 20", "in the totals of run.json"]);
}

#[test]
fn counts_that_fit_each_other_are_found_by_the_recount() {
    // Without groups: the copies are of two outlets.
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    // One more passage in `unique_passages` contradicts nothing but the passages themselves.
    let table = frame::read(&place.path("out"), "theme_by_date", None).expect("a table");
    let numbers = |name: &str| -> Vec<i64> {
        table.column(name).expect("there").i64().expect("whole numbers").iter().flatten().collect()
    };
    let (unique, all) = (numbers("unique_passages"), numbers("passages"));
    let row = (0..all.len()).find(|row| unique[*row] < all[*row]).expect("copies count once");
    change_table(&place, "theme_by_date", |table| plus_one(table, "unique_passages", row));
    assert_eq!(failed(&place), ["recount", "sheets"]);
}

#[test]
fn a_dropped_row_is_missed() {
    let place = place();
    change_table(&place, "theme_by_date", |table| {
        let rows = table.height();
        table.slice(1, rows - 1)
    });
    let found = failed(&place);
    assert!(found.contains(&"periods".to_owned()), "{found:?}");
    says(&place, &["is missing"]);
    let place = self::place();
    change_table(&place, "passages", |table| table.slice(0, table.height() - 1));
    let found = failed(&place);
    assert!(found.contains(&"counts".to_owned()) && found.contains(&"recount".to_owned()), "{found:?}");
}

#[test]
fn a_changed_label_is_found() {
    let place = place();
    change_table(&place, "labels", |table| with_first_turned(table, "assigned"));
    assert_eq!(failed(&place), ["labels"]);
    says(&place, &["assigned of leadership for"]);
}

#[test]
fn a_changed_threshold_is_found() {
    let place = place();
    change_record(&place, |record| record["engine"]["thresholds"]["transport"] = json!(0.75));
    assert_eq!(failed(&place), ["labels"]);
}

#[test]
fn a_moved_span_is_found() {
    let place = place();
    change_table(&place, "passages", |table| plus_one(table, "start", 3));
    assert_eq!(failed(&place), ["spans"]);
}

#[test]
fn an_article_that_stands_twice_is_found() {
    let place = place();
    change_table(&place, "articles", |table| table.vstack(&table.slice(0, 1)).expect("the same columns"));
    let found = failed(&place);
    assert!(found.contains(&"ids".to_owned()) && found.contains(&"counts".to_owned()), "{found:?}");
    says(&place, &["stands twice"]);
}

#[test]
fn a_changed_sheet_is_found() {
    for (sheet, row) in [("theme_counts_wide.csv", 1), ("theme_by_date.csv", 1), ("theme_shares_wide.csv", 1)]
    {
        let place = place();
        let path = format!("out/{sheet}");
        let text = place.read(&path);
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.remove(row);
        place.write(&path, &(lines.join("\n") + "\n"));
        hide(&place);
        assert_eq!(failed(&place), ["sheets"], "{sheet}");
    }
}

#[test]
fn a_changed_dictionary_is_found() {
    let place = place();
    let text = place.read("out/dictionary.csv").replacen("passages,position", "passages,place", 1);
    place.write("out/dictionary.csv", &text);
    hide(&place);
    assert_eq!(failed(&place), ["columns"]);
}

#[test]
fn names_in_the_record_do_not_lead_out_of_the_run() {
    let place = place();
    place.write("secret.txt", "not of the run");
    change_record(&place, |record| record["files"]["../secret.txt"] = json!("0"));
    says(&place, &["../secret.txt, which is no name of a file"]);
}

#[test]
fn verifying_writes_nothing() {
    let place = place();
    let before = hashes(&place.path("out"));
    verify::verify(Path::new(&place.path("out")), verify::Options::default()).expect("a run");
    assert_eq!(hashes(&place.path("out")), before);
    assert_eq!(place.names(), ["corpus", "out"]);
}
