//! The same corpus gives the same bytes, whatever the threads, the folder, the clock's zone, the language of
//! the machine and the order of files on disk.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::program::{DAY, Workplace, copy, fixture, hashes, names};
use crate::resume::CODEBOOK;

/// Hashes of all files of an output but `run.json`, and `run.json` without what may differ.
fn published(place: &Workplace, out: &str) -> (BTreeMap<String, String>, Value) {
    let folder = place.path(out);
    let mut files = hashes(&folder);
    files.remove("run.json").expect("a run has a record");
    let mut record: Value = serde_json::from_str(&place.read(&format!("{out}/run.json"))).expect("JSON");
    let environment = record.as_object_mut().expect("an object").shift_remove("environment");
    assert!(environment.is_some_and(|environment| environment["threads"].is_number()));
    (files, record)
}

#[test]
fn threads_folders_zones_and_languages_change_nothing() {
    let place = Workplace::with_corpus();
    copy(&fixture("parity/tiny"), &place.path("model"));
    place.write("codebook.toml", CODEBOOK);
    let (model, codebook) = (place.path("model"), place.path("codebook.toml"));
    let (model, codebook) = (model.to_str().expect("UTF-8"), codebook.to_str().expect("UTF-8"));
    let by_words = ["--engine", "lexicon"];
    let grouped = ["--engine", "lexicon", "--period", "week", "--by", "outlet,format", "--unit", "sentence"];
    let by_model = ["--model", model, "--codebook", codebook, "--report-text", "full"];
    for args in [&by_words[..], &grouped, &by_model] {
        let run = |corpus: &str, out: &str, jobs: &str, folder: &str, variables: &[(&str, &str)]| {
            let fixed = ["run", corpus, "-o", out, "--jobs", jobs, "--as-of", DAY];
            place.sendlens_in(&place.path(folder), variables, &[&fixed, args].concat()).exits(0);
        };
        let elsewhere = [
            ("TZ", "Pacific/Kiritimati"),
            ("LANG", "cy_GB.UTF-8"),
            ("LC_ALL", "de_DE.UTF-8"),
            ("HOME", "/nowhere"),
            ("USER", "ann"),
            ("COLUMNS", "40"),
            ("POLARS_MAX_THREADS", "1"),
        ];
        run("corpus", "one", "1", "", &[]);
        run("corpus", "two", "2", "", &[("TZ", "America/New_York"), ("LANG", "C")]);
        run("corpus", "four", "4", "", &[("RAYON_NUM_THREADS", "3")]);
        fs::create_dir_all(place.path("elsewhere")).expect("writable");
        run("../corpus", "../other", "0", "elsewhere", &elsewhere);
        let (files, record) = published(&place, "one");
        for file in ["report.html", "explanations.parquet", "theme_by_date.parquet", "skipped.csv"] {
            assert!(files.contains_key(file), "{file} is among {:?}", files.keys());
        }
        for out in ["two", "four", "other"] {
            let (other_files, other_record) = published(&place, out);
            assert_eq!(files, other_files, "{out} {args:?}");
            assert_eq!(record, other_record, "{out} {args:?}");
        }
        // Drawn anew from the tables alone, the page is the same.
        place.sendlens(&["report", "one"]).exits(0);
        assert_eq!(published(&place, "one").0, files, "{args:?}");
    }
}

#[test]
fn the_order_of_files_on_disk_changes_nothing() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let other = Workplace::empty();
    // Written a second time in another order: the copy is a copy in reverse order of a reversed copy.
    copy(&place.path("corpus"), &other.path("between"));
    for name in names(&fixture("corpus")) {
        let (from, to) = (other.path("between").join(&name), other.path("corpus").join(&name));
        fs::create_dir_all(other.path("corpus")).expect("writable");
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a readable file");
        }
    }
    other.run(&[]).exits(0);
    assert_eq!(published(&place, "out"), published(&other, "out"));
}

#[test]
fn a_second_run_over_an_output_gives_the_same_bytes() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let first = published(&place, "out");
    place.run(&[]).exits(0);
    assert_eq!(first, published(&place, "out"));
    assert_eq!(place.names(), ["corpus", "out"], "nothing is left beside the output");
}
