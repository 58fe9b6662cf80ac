//! Labels by a person: they win over the engine's, stay across runs and decisions, and none is lost unnoticed.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::program::{Workplace, hashes};
use crate::tables_of::{Row, csv, optional, parquet, text};

/// Columns of a sheet.
const HEADER: &str = "passage,text,relevant,leadership,politics,transport,outcomes,sentiment,note\n";

/// A corpus of two files: the word lists give transport to the first and third passage, and nothing to the second.
fn place() -> Workplace {
    let place = Workplace::empty();
    place.write(
        "corpus/a.json",
        r#"[{"title": "Buses", "date": "2021-03-12", "outlet": "Echo",
             "text": "The taxi came at nine and nobody minded.\nThe form has four pages and a map.\nA minibus stood outside."}]"#,
    );
    place.write(
        "corpus/b.json",
        r#"[{"title": "Halls", "date": "2022-04-01", "outlet": "Post", "text": "The hall was open until the evening."}]"#,
    );
    place
}

fn record(place: &Workplace) -> Value {
    serde_json::from_str(&place.read("out/run.json")).expect("the record is JSON")
}

/// The rows of `passages` by id.
fn passages(place: &Workplace) -> BTreeMap<String, Row> {
    let rows = parquet(&place.path("out"), "passages");
    rows.into_iter().map(|row| (text(&row, "passage").to_owned(), row)).collect()
}

/// The labels of passages: themes, sentiment, relevance and who they are from.
fn shown(place: &Workplace) -> Vec<String> {
    let shown = |(id, row): (String, Row)| {
        let columns =
            ["themes", "sentiment", "relevant", "labelled_by"].map(|name| text(&row, name).to_owned());
        format!("{id}: {}", columns.join(" | "))
    };
    passages(place).into_iter().filter(|(_, row)| optional(row, "sentiment").is_some()).map(shown).collect()
}

const CORRECTIONS: &str = "passage,text,relevant,leadership,politics,transport,outcomes,sentiment,note
a.json!1#1,The taxi came at nine and nobody minded.,,,,no,,positive,not the point
a.json!1#2,The form has four pages and a map.,yes,x,,,,,
a.json!1#3,A minibus stood outside.,no,,,,,,
b.json!1#1,The hall was open until the evening.,,,,,,,
";

#[test]
fn a_persons_label_wins_over_the_engines() {
    let place = place();
    place.run(&[]).exits(0);
    let before = [
        "a.json!1#1: transport | neutral | true | engine",
        "a.json!1#2:  | neutral | true | engine",
        "a.json!1#3: transport | neutral | true | engine",
        "b.json!1#1:  | neutral | true | engine",
    ];
    assert_eq!(shown(&place), before);
    assert_eq!(record(&place)["labels"], Value::Null);

    place.write("mine.csv", CORRECTIONS);
    place
        .run(&["--labels", "mine.csv"])
        .exits(0)
        .says(&["Labelled by a person: 3 passages, 4 labels changed, 1 confirmed"]);
    let after = [
        "a.json!1#1:  | positive | true | person",
        "a.json!1#2: leadership | neutral | true | person",
        "a.json!1#3:  | neutral | false | person",
        "b.json!1#1:  | neutral | true | engine",
    ];
    assert_eq!(shown(&place), after);
    let counts = &record(&place)["labels"];
    let count = |name: &str| counts[name].as_u64().expect("a count");
    assert_eq!(["rows", "passages", "changed", "confirmed"].map(count), [3, 3, 4, 1]);
    assert_eq!(["moved", "not_counted", "not_found"].map(count), [0, 0, 0]);

    let out = place.path("out");
    let of_transport = |row: &&Row| text(row, "theme") == "transport";
    let labels = parquet(&out, "labels");
    let by: Vec<_> = labels.iter().filter(of_transport).map(|row| text(row, "labelled_by")).collect();
    assert_eq!(by, ["person", "engine", "person", "engine"]);
    let given: Vec<_> = labels.iter().filter(|row| text(row, "assigned") == "true").collect();
    assert_eq!(given.len(), 1);
    assert_eq!((text(given[0], "theme"), text(given[0], "labelled_by")), ("leadership", "person"));
    // Frequencies count what the person said.
    let counts = |theme: &str| record(&place)["totals"][theme]["passages"].as_u64().expect("a count");
    assert_eq!(["transport", "leadership", "none", "off_topic", "all"].map(counts), [0, 1, 2, 1, 3]);
    let hits = place.sendlens(&["query", "out", "--theme", "leadership", "--format", "json"]).exits(0).stdout;
    let hits: Value = serde_json::from_str(&hits).expect("JSON");
    assert_eq!((hits.as_array().expect("a list").len(), &hits[0]["labelled_by"]), (1, &"person".into()));
    // Scores are the engine's still.
    assert_eq!(text(&passages(&place)["a.json!1#3"], "p_relevant"), "1");
}

#[test]
fn labels_stay_across_runs_until_they_are_given_anew() {
    let place = place();
    place.write("mine.csv", CORRECTIONS);
    place.run(&["--labels", "mine.csv"]).exits(0);
    let (labelled, before) = (shown(&place), hashes(&place.path("out")));
    fs::remove_file(place.path("mine.csv")).expect("it was there");
    place.run(&[]).exits(0);
    assert_eq!(shown(&place), labelled);
    let mut after = hashes(&place.path("out"));
    // The record differs in clock and threads alone.
    after.insert("run.json".into(), before["run.json"].clone());
    assert_eq!(after, before);
    let kept = csv(&place.path("out"), "labels");
    assert_eq!(kept.len(), 3, "a row without a label corrects nothing");
    assert_eq!((text(&kept[0], "transport"), text(&kept[0], "found")), ("no", "yes"));
    assert_eq!(optional(&kept[0], "note"), Some("not the point"));

    // A later sheet wins cell by cell.
    place.write("more.csv", &format!("{HEADER}a.json!1#1,,,,yes,,,,\nb.json!1#1,,,,yes,,,,\n"));
    place.run(&["--labels", "more.csv"]).exits(0);
    let found = shown(&place);
    assert_eq!(found[0], "a.json!1#1: politics | positive | true | person");
    assert_eq!(found[3], "b.json!1#1: politics | neutral | true | person");
    assert_eq!(found[1..3], labelled[1..3]);

    // A row is taken back by taking it out of what was kept, which is accepted only if it is passed.
    let kept = place.read("out/labels.csv");
    let rest: Vec<_> = kept.lines().filter(|line| !line.starts_with("b.json")).collect();
    place.write("out/labels.csv", &format!("{}\n", rest.join("\n")));
    place.run(&[]).exits(2).says(&["`labels.csv` was changed since it was written"]);
    place.run(&["--labels", "out/labels.csv"]).exits(0);
    assert_eq!(shown(&place)[3], "b.json!1#1:  | neutral | true | engine");
}

#[test]
fn deciding_anew_respects_labels() {
    let thresholds = "transport=0.9,leadership=0.1,politics=0.4";
    let (run, decided) = (place(), place());
    for place in [&run, &decided] {
        place.write("mine.csv", CORRECTIONS);
    }
    run.run(&["--labels", "mine.csv", "--threshold", thresholds]).exits(0);
    decided.run(&["--labels", "mine.csv"]).exits(0);
    decided
        .sendlens(&["decide", "out", "--threshold", thresholds])
        .exits(0)
        .says(&["Labelled by a person: 3"]);
    assert_eq!(shown(&run), shown(&decided));
    let (mut left, mut right) = (hashes(&run.path("out")), hashes(&decided.path("out")));
    left.remove("run.json");
    right.remove("run.json");
    assert_eq!(left, right);
    assert_eq!(record(&run)["labels"], record(&decided)["labels"]);
    assert_eq!(record(&run)["totals"], record(&decided)["totals"]);
}

#[test]
fn labels_follow_their_text_when_ids_move() {
    let place = place();
    place.write("mine.csv", CORRECTIONS);
    place.run(&["--labels", "mine.csv"]).exits(0);
    // The export gains a record, an article gains a paragraph, a file is renamed.
    place.write(
        "corpus/a.json",
        r#"[{"title": "New", "date": "2021-03-01", "outlet": "Echo", "text": "Something else was said."},
            {"title": "Buses", "date": "2021-03-12", "outlet": "Echo",
             "text": "It was raining.\nThe taxi came at nine and nobody minded.\nThe form has four pages and a map."}]"#,
    );
    fs::rename(place.path("corpus/b.json"), place.path("corpus/c.json")).expect("writable");
    place.write("hall.csv", &format!("{HEADER}b.json!1#1,The hall was open until the evening.,,,,,yes,,\n"));
    place.run(&["--labels", "hall.csv"]).exits(0).says(&[
        "Labelled by a person: 3 passages",
        "rows: 3 found by their text, 1 not found; out/labels.csv says which",
        "Note: 1 rows of the labels match no passage, the first: labels.csv:4: a.json!1#3",
    ]);
    let expected = [
        "a.json!1#1:  | neutral | true | engine",
        "a.json!2#1:  | neutral | true | engine",
        "a.json!2#2:  | positive | true | person",
        "a.json!2#3: leadership | neutral | true | person",
        "c.json!1#1: outcomes | neutral | true | person",
    ];
    assert_eq!(shown(&place), expected);
    let kept = csv(&place.path("out"), "labels");
    let found: Vec<_> = kept.iter().map(|row| (text(row, "passage"), text(row, "found"))).collect();
    let expected =
        [("a.json!2#2", "yes"), ("a.json!2#3", "yes"), ("a.json!1#3", "no"), ("c.json!1#1", "yes")];
    assert_eq!(found, expected, "what was not found is kept");
    // Where no label moves, nothing changes.
    let before = hashes(&place.path("out"));
    place.run(&[]).exits(0).says(&["rows: 1 not found"]);
    let mut after = hashes(&place.path("out"));
    after.insert("run.json".into(), before["run.json"].clone());
    assert_eq!(after, before);
}

#[test]
fn labels_that_change_nothing_are_named() {
    let place = place();
    place.write(
        "mine.csv",
        &format!(
            "{HEADER}a.json!1#1,,,,,no,,,\nnobody.txt#1,Who said so?,,,,yes,,,\nb.json!1#1,,,,,yes,,,\n"
        ),
    );
    let args = ["--labels", "mine.csv", "--until", "2021-12-31"];
    place.run(&args).exits(0).says(&[
        "rows: 1 of passages that are not counted, 1 not found",
        "match no passage, the first: mine.csv:3: nobody.txt#1",
        "are of passages that are not counted, the first: mine.csv:4: b.json!1#1",
    ]);
    let kept = csv(&place.path("out"), "labels");
    let found: Vec<_> = kept.iter().map(|row| text(row, "found")).collect();
    assert_eq!(found, ["yes", "no", "not counted"]);
    place.run(&[&args[..], &["--strict"]].concat()).exits(4).says(&["match no passage"]);
    let dry = place.run(&[&args[..], &["--dry-run"]].concat()).exits(0);
    dry.says(&["3 rows of labels by a person; rows: 1 of passages that are not counted, 1 not found."]);
    // Without the bound the passage counts.
    place.run(&["--labels", "mine.csv"]).exits(0);
    assert_eq!(shown(&place)[3], "b.json!1#1: transport | neutral | true | person");
    let columns: Vec<_> = csv(&place.path("out"), "dictionary")
        .iter()
        .filter(|row| text(row, "table") == "labels.csv")
        .map(|row| text(row, "column").to_owned())
        .collect();
    let header = place
        .read("out/labels.csv")
        .trim_start_matches('\u{feff}')
        .lines()
        .next()
        .expect("a header")
        .to_owned();
    assert_eq!(header, columns.join(","));
}

#[test]
fn labels_that_cannot_be_read_stop_the_run_before_it_starts() {
    let place = place();
    for (sheet, what) in [
        (format!("{HEADER}a.json!1#1,,maybe,,,,,,\n"), "mine.csv:2: `relevant` is `maybe`"),
        (format!("{HEADER}a.json!1#1,,no,,,yes,,,\n"), "mine.csv:2: `relevant` is no, but there are themes"),
        (format!("{HEADER}a#1,,,,,yes,,,\na#1,,,,,no,,,\n"), "mine.csv:3: the row contradicts line 2"),
        ("passage,tranport\na#1,yes\n".to_owned(), "`mine.csv` has a column `tranport`"),
        ("id,transport\na#1,yes\n".to_owned(), "`mine.csv` names no passage"),
    ] {
        place.write("mine.csv", &sheet);
        place.run(&["--labels", "mine.csv"]).exits(2).says(&[what, "hint: "]);
    }
    place.run(&["--labels", "nowhere.csv"]).exits(1).says(&["cannot read `nowhere.csv`"]);
    assert_eq!(place.names(), ["corpus", "mine.csv"], "nothing is published");
}

#[test]
fn a_filled_in_sample_corrects_the_run_it_is_from() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let args = ["query", "out", "--sample", "500", "--format", "csv"];
    let sheet = place.sendlens(&args).exits(0).stdout;
    // Everything is marked as outcomes, and nothing else is said.
    let filled: Vec<_> = sheet
        .lines()
        .enumerate()
        .map(|(line, text)| match line {
            0 => text.to_owned(),
            _ => format!("{},,,,,x,,", text.strip_suffix(",,,,,,,").expect("seven empty columns")),
        })
        .collect();
    place.write("filled.csv", &filled.join("\r\n"));
    place.run(&["--labels", "filled.csv"]).exits(0);
    let labels = &record(&place)["labels"];
    let totals = &record(&place)["totals"];
    assert_eq!(labels["passages"], filled.len() - 1);
    assert_eq!(totals["outcomes"]["passages"], totals["all"]["passages"]);
    assert_eq!((&labels["not_found"], &labels["moved"]), (&0.into(), &0.into()));
}
