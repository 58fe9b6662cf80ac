//! What becomes of invented inputs of every shape: roles, passages and the decision about the date.
//!
//! A change of behaviour shows here as a changed snapshot. To accept it, run the tests with
//! `INSTA_UPDATE=always` and read the difference before committing it.

use std::fmt::Write;
use std::fs;

use jiff::civil::date;

use sendlens::article::Warning;
use sendlens::passage::Unit;
use sendlens::pipeline::{self, Document};
use sendlens::read;

use crate::program::{fixture, names};

/// Characters shown of a block.
const SHOWN: usize = 60;

fn options() -> pipeline::Options {
    pipeline::Options {
        read: read::Options::default(),
        unit: Unit::Paragraph,
        as_of: date(2024, 1, 1),
        since: None,
        until: None,
    }
}

/// The document in a few lines.
fn shown(document: &Document) -> String {
    let article = &document.article;
    let mut text = format!("{} ({}, {})\n", article.id, article.format.as_str(), article.encoding);
    let dash = || "–".to_owned();
    let _ = writeln!(text, "title: {}", article.title().map_or_else(dash, str::to_owned));
    let _ = writeln!(text, "outlet: {}", article.fields.outlet.clone().unwrap_or_else(dash));
    let _ = writeln!(text, "authors: {}", article.fields.authors.join("; "));
    let _ = writeln!(text, "language: {}", article.language.clone().unwrap_or_else(dash));
    let published = &document.published;
    let date = published.chosen.as_ref().map_or_else(
        || "none".to_owned(),
        |chosen| {
            let (precision, source) = (chosen.precision.as_str(), chosen.source.as_str());
            format!("{} ({precision}, {source}, {:.2})", chosen.date, chosen.confidence)
        },
    );
    let _ = writeln!(text, "date: {date}");
    for (name, day) in [("not before", published.not_before), ("not after", published.not_after)] {
        if let Some(day) = day {
            let _ = writeln!(text, "{name}: {day}");
        }
    }
    let warnings: Vec<_> =
        article.warnings.iter().map(|Warning { code, detail }| format!("{code} {detail}")).collect();
    let _ = writeln!(text, "warnings: {}", warnings.join("; "));
    let _ = writeln!(text, "counted: {}, {} passages", document.is_counted, document.passages.len());
    for block in &article.blocks {
        let whole = article.text_of(block);
        let start: String = whole.chars().take(SHOWN).collect();
        let rest = if start.len() < whole.len() { "…" } else { "" };
        let lead_in = block.lead_in.map(|index| format!(" (of {})", index + 1)).unwrap_or_default();
        let _ = writeln!(text, "{:10} {start}{rest}{lead_in}", block.role.as_str());
    }
    text
}

fn check(name: &str) {
    let bytes = fs::read(fixture("golden").join(name)).expect("an input");
    let reading = read::read(name, &bytes, &options().read);
    let mut parts: Vec<_> =
        reading.articles.into_iter().map(|raw| shown(&pipeline::prepare(raw, &options(), None))).collect();
    parts.extend(reading.skipped.iter().map(|row| format!("not read: {} {}\n", row.reason, row.detail)));
    insta::with_settings!(
        { snapshot_path => "../fixtures/golden", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!(name, parts.join("\n")); }
    );
}

macro_rules! golden {
    ($($test:ident: $file:literal;)+) => {
        $(
            #[test]
            fn $test() {
                check($file);
            }
        )+

        #[test]
        fn every_input_is_checked() {
            let inputs = names(&fixture("golden"));
            let inputs: Vec<_> = inputs.iter().filter(|name| !name.contains(".snap")).collect();
            let mut listed = vec![$($file),+];
            listed.sort_unstable();
            assert_eq!(inputs, listed);
        }
    };
}

golden! {
    a_broadcaster_page_with_captions_and_related_topics: "broadcaster.txt";
    a_broadcaster_page_without_a_date: "broadcaster-undated.txt";
    a_page_whose_date_stands_in_a_related_story: "related-date.txt";
    a_regional_page_with_labels_above_the_body: "regional.txt";
    a_page_broken_in_mid_sentence: "broken-lines.txt";
    a_list_under_its_lead_in: "list.txt";
    a_hard_wrapped_page: "hard-wrapped.txt";
    a_page_with_comments_and_teasers: "comments.txt";
    an_html_page: "page.html";
    an_html_page_without_metadata: "bare.html";
    markdown_with_front_matter: "front-matter.md";
    a_list_of_the_guardian: "list.json";
    one_record_per_line: "records.jsonl";
    a_table: "table.csv";
}
