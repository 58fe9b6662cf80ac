//! Bad files among good ones: the good come out as they would alone, the bad are listed with their reason.

use std::fs;

use crate::program::{Workplace, copy, fixture, names};
use crate::tables_of::{Row, csv, optional, parquet, text};

/// What is skipped of `tests/fixtures/bad`: path, record, reason.
const SKIPPED: [(&str, Option<&str>, &str); 25] = [
    ("bad/articles.zip", None, "unsupported"),
    ("bad/binary.txt", None, "binary"),
    ("bad/blank.txt", None, "empty"),
    ("bad/bomb.txt.gz", None, "archive_limit"),
    ("bad/broken.csv", None, "bad_csv"),
    ("bad/broken.json", None, "bad_json"),
    ("bad/crawl.warc", None, "unsupported"),
    ("bad/cut.txt.gz", None, "unreadable"),
    ("bad/deep.json", None, "json_too_deep"),
    ("bad/empty.txt", None, "empty"),
    ("bad/export.docx", None, "unsupported"),
    ("bad/factiva.html", None, "unsupported"),
    ("bad/letter.rtf", None, "unsupported"),
    ("bad/lines.jsonl", Some("2"), "bad_json"),
    ("bad/link.txt", None, "symlink"),
    ("bad/mail.eml", None, "unsupported"),
    ("bad/media-cloud.csv", Some("1"), "no_text"),
    ("bad/nexis.txt", None, "unsupported"),
    ("bad/no-text.json", None, "no_text"),
    ("bad/open-quote.csv", Some("5"), "ragged_row"),
    ("bad/pipe", None, "special_file"),
    ("bad/ragged.csv", Some("5"), "ragged_row"),
    ("bad/report.pdf", None, "unsupported"),
    ("bad/thrice.txt.gz", None, "archive_limit"),
    ("bad/zeros.txt", None, "binary"),
];

/// What is doubtful about articles of `tests/fixtures/bad` that could be read: article, code.
const DOUBTFUL: [(&str, &str); 6] = [
    ("bad/garbled.txt", "garbled"),
    ("bad/lost-character.txt", "lost_characters"),
    ("bad/not-packed.txt.gz", "extension_mismatch"),
    ("bad/page.txt", "extension_mismatch"),
    ("bad/preview.json!1", "truncated"),
    ("bad/text.docx", "extension_mismatch"),
];

/// The fixture corpus with the bad files in a folder of it.
fn mixed() -> Workplace {
    let place = Workplace::with_corpus();
    copy(&fixture("bad"), &place.path("corpus/bad"));
    std::os::unix::fs::symlink("../elmbury.md", place.path("corpus/bad/link.txt")).expect("a link");
    let pipe = place.path("corpus/bad/pipe");
    let made = std::process::Command::new("mkfifo").arg(pipe).status().expect("mkfifo is part of POSIX");
    assert!(made.success());
    place
}

fn good(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().filter(|row| !text(row, "article").starts_with("bad/")).collect()
}

#[test]
fn good_neighbours_come_out_unchanged() {
    let (alone, among) = (Workplace::with_corpus(), mixed());
    alone.run(&[]).exits(0);
    among.run(&[]).exits(3);
    for table in ["articles", "passages", "blocks", "date_clues"] {
        assert_eq!(parquet(&alone.path("out"), table), good(parquet(&among.path("out"), table)), "{table}");
    }
}

#[test]
fn each_bad_input_is_listed_with_its_reason() {
    let place = mixed();
    place.run(&[]).exits(3).says(&["Could not be read: 25 inputs", "skipped.csv"]);
    let rows = csv(&place.path("out"), "skipped");
    let found: Vec<_> =
        rows.iter().map(|row| (text(row, "path"), optional(row, "record"), text(row, "reason"))).collect();
    assert_eq!(found, SKIPPED);
    let detailed = rows.iter().filter(|row| optional(row, "detail").is_some()).count();
    assert_eq!(detailed, rows.len(), "every row says what was seen");
    let articles = parquet(&place.path("out"), "articles");
    for (id, code) in DOUBTFUL {
        let article = articles.iter().find(|row| text(row, "article") == id).expect("it was read");
        assert!(text(article, "warnings").contains(code), "{article:?}");
    }
    let unlisted: Vec<_> = names(&fixture("bad"))
        .into_iter()
        .filter(|name| {
            let path = format!("bad/{name}");
            let is_article = articles.iter().any(|row| text(row, "article").starts_with(&path));
            !is_article && !found.iter().any(|(skipped, ..)| *skipped == path)
        })
        .collect();
    assert!(unlisted.is_empty(), "vanished without a word: {unlisted:?}");
}

#[test]
fn a_file_over_the_limit_is_skipped() {
    let place = Workplace::with_corpus();
    place.write("corpus/long.txt", &"The council has cut a school bus. ".repeat(40_000));
    place.run(&["--max-file-mib", "1"]).exits(3);
    let rows = csv(&place.path("out"), "skipped");
    assert_eq!((text(&rows[0], "path"), text(&rows[0], "reason")), ("long.txt", "too_large"));
    place.run(&[]).exits(0);
}

#[test]
fn the_output_inside_the_corpus_is_not_read() {
    let place = Workplace::with_corpus();
    let args = ["run", "corpus", "-o", "corpus/out", "--engine", "lexicon", "--as-of", crate::program::DAY];
    place.sendlens(&args).exits(0);
    let first = fs::read(place.path("corpus/out/articles.parquet")).expect("published");
    place.sendlens(&args).exits(0);
    assert_eq!(first, fs::read(place.path("corpus/out/articles.parquet")).expect("published"));
}
