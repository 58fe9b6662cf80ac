//! What differs between two runs is named with its cause.

use serde_json::Value;

use crate::program::Workplace;

/// A corpus of two files: the word lists give transport to the first and third passage, and nothing to the second.
fn place() -> Workplace {
    let place = Workplace::empty();
    place.write("corpus/a.txt", "Buses late\n\n12 March 2021\n\nThe taxi came at nine and nobody minded.\n\nThe form has four pages and a map, said the council on Monday.\n");
    place.write(
        "corpus/b.txt",
        "Halls open\n\n1 April 2022\n\nA minibus stood outside the school hall all the morning.\n",
    );
    place
}

/// Runs into a folder, with further arguments.
fn run(place: &Workplace, out: &str, args: &[&str]) {
    let fixed = ["run", "corpus", "-o", out, "--engine", "lexicon", "--as-of", crate::program::DAY];
    place.sendlens(&[&fixed, args].concat()).exits(0);
}

/// What differs, as JSON.
fn diff(place: &Workplace) -> Value {
    let shown =
        place.sendlens(&["diff", "before", "after", "--format", "json", "--exit-code"]).exits(4).stdout;
    serde_json::from_str(&shown).expect("JSON")
}

/// What the causes are about.
fn causes(difference: &Value) -> Vec<String> {
    let causes = difference["causes"].as_array().expect("a list").iter();
    causes.map(|cause| cause["what"].as_str().expect("a text").to_owned()).collect()
}

/// Every changed label: passage, label, before, after, reason.
fn labels(difference: &Value) -> Vec<String> {
    let changes = difference["labels"]["changes"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    changes
        .map(|change| {
            ["passage", "label", "before", "after", "reason"].map(|name| text(&change[name])).join(" ")
        })
        .collect()
}

/// The changed cells of a theme: date, passages before and after.
fn cells(difference: &Value, theme: &str) -> Vec<String> {
    let cells = difference["cells"]["changed"].as_array().expect("a list").iter();
    cells
        .filter(|cell| cell["theme"] == theme)
        .map(|cell| {
            let date = cell["date"].as_str().unwrap_or("undated");
            format!("{date} {} {}", cell["before"]["passages"], cell["after"]["passages"])
        })
        .collect()
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let place = Workplace::with_corpus();
    run(&place, "before", &["--by", "outlet"]);
    run(&place, "after", &["--by", "outlet"]);
    let shown = place.sendlens(&["diff", "before", "after", "--exit-code"]).exits(0).stdout;
    assert_eq!(shown, "The runs do not differ.\n");
    place.sendlens(&["diff", "before", "nowhere"]).exits(1).says(&["nowhere"]);
}

#[test]
fn another_threshold_is_named() {
    let place = place();
    run(&place, "before", &[]);
    run(&place, "after", &["--threshold", "transport=1"]);
    let difference = diff(&place);
    assert_eq!(causes(&difference), ["threshold of transport"]);
    assert_eq!(
        labels(&difference),
        ["a.txt#2 transport yes no threshold", "b.txt#2 transport yes no threshold"]
    );
    assert_eq!(cells(&difference, "transport"), ["2021-03-01 1 0", "2022-04-01 1 0"]);
    assert_eq!(difference["articles"]["same"], 2);
    let shown = place.sendlens(&["diff", "before", "after", "--limit", "1"]).exits(0).stdout;
    for part in ["0.5 → 1", "0 gained, 2 lost", "threshold 2", "1 → 0", "and 1 more; --limit 0 shows all"]
    {
        assert!(shown.contains(part), "`{part}` is missing in: {shown}");
    }
}

#[test]
fn one_article_more_and_one_less_are_named() {
    let place = place();
    run(&place, "before", &[]);
    place.write("corpus/c.txt", "More buses\n\n2 April 2022\n\nThe school transport was cancelled again.\n");
    std::fs::remove_file(place.path("corpus/a.txt")).expect("it was there");
    run(&place, "after", &[]);
    let difference = diff(&place);
    assert_eq!(causes(&difference), ["corpus"]);
    assert_eq!(difference["articles"]["added"], serde_json::json!(["c.txt"]));
    assert_eq!(difference["articles"]["removed"], serde_json::json!(["a.txt"]));
    let found = labels(&difference);
    assert!(found.contains(&"c.txt#2 transport – yes article_added".to_owned()), "{found:?}");
    assert!(found.contains(&"a.txt#2 transport yes – article_removed".to_owned()), "{found:?}");
    assert_eq!(cells(&difference, "transport"), ["2021-03-01 1 0", "2022-04-01 1 2"]);
}

#[test]
fn a_changed_article_is_told_from_a_renamed_one() {
    let place = place();
    run(&place, "before", &[]);
    let text = place.read("corpus/a.txt");
    place.write("corpus/a.txt", &text.replace("12 March", "12 May").replace("The taxi", "The school bus"));
    std::fs::rename(place.path("corpus/b.txt"), place.path("corpus/z.txt")).expect("writable");
    run(&place, "after", &[]);
    let difference = diff(&place);
    assert_eq!(
        difference["articles"]["renamed"],
        serde_json::json!([{ "before": "b.txt", "after": "z.txt" }])
    );
    let changed = difference["articles"]["changed"].as_array().expect("a list");
    assert_eq!((changed.len(), &changed[0]["article"]), (1, &"a.txt".into()));
    let columns: Vec<_> = changed[0]["changes"].as_array().expect("a list").iter().collect();
    let columns: Vec<_> = columns.iter().map(|change| change["column"].as_str().expect("a text")).collect();
    assert_eq!(columns, ["text", "date"]);
    assert_eq!(
        labels(&difference),
        ["a.txt#2 transport – yes text", "a.txt#2 transport yes – text"],
        "a passage of the renamed article has the labels it had"
    );
    assert_eq!(difference["labels"]["in_both"], 2);
}

#[test]
fn another_period_and_another_unit_are_named() {
    let place = place();
    run(&place, "before", &[]);
    run(&place, "after", &["--period", "year", "--unit", "article"]);
    let difference = diff(&place);
    assert_eq!(causes(&difference), ["setting period", "setting unit"]);
    let why = difference["cells"]["not_compared"].as_str().expect("a reason");
    assert!(why.contains("month") && why.contains("year"), "{why}");
    assert!(labels(&difference).iter().all(|change| change.ends_with("splitting")), "{difference}");
}

#[test]
fn labels_by_a_person_are_named() {
    let place = place();
    run(&place, "before", &[]);
    place.write("mine.csv", "passage,transport,politics,sentiment\na.txt#2,no,yes,positive\n");
    run(&place, "after", &["--labels", "mine.csv", "--threshold", "transport=1"]);
    let difference = diff(&place);
    assert_eq!(causes(&difference), ["labels by a person", "threshold of transport"]);
    let expected = [
        "a.txt#2 politics no yes person",
        "a.txt#2 transport yes no person",
        "a.txt#2 sentiment neutral positive person",
        "b.txt#2 transport yes no threshold",
    ];
    assert_eq!(labels(&difference), expected);
}

#[test]
fn another_codebook_is_named() {
    let place = place();
    let codebook = |terms: &str| {
        format!(
            "version = \"1\"\n[[theme]]\nname = \"transport\"\ndefinition = \"x\"\nterms = [{terms}]\n\
             [[theme]]\nname = \"rooms\"\ndefinition = \"y\"\nterms = [\"hall\"]\n"
        )
    };
    place.write("one.toml", &codebook("\"taxi\""));
    place.write("two.toml", &codebook("\"minibus\"").replace("rooms", "halls"));
    run(&place, "before", &["--codebook", "one.toml"]);
    run(&place, "after", &["--codebook", "two.toml"]);
    let difference = diff(&place);
    let found = causes(&difference);
    assert!(found.contains(&"codebook".to_owned()) && found.contains(&"model".to_owned()), "{found:?}");
    let expected = [
        "a.txt#2 transport yes no model_or_codebook",
        "b.txt#2 transport no yes model_or_codebook",
        "b.txt#2 rooms yes no codebook",
        "b.txt#2 halls no yes codebook",
    ];
    assert_eq!(labels(&difference), expected);
}
