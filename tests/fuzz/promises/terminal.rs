//! Any text on its way to a terminal or a page.

use std::borrow::Cow;

use jiff::civil::date;

use sendlens::article::{Body, Fields, Format, RawArticle, Skipped};
use sendlens::look::Look;
use sendlens::passage::Unit;
use sendlens::pipeline::{self, Options};
use sendlens::score::{LabelSet, Thresholds};
use sendlens::{inspect, plain, read};

/// What no terminal may get: control characters, and those that turn or hide text (Unicode Standard Annex #9; CVE-2021-42574).
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Nothing harmful comes out, safe text stays as it is, and of text without escape sequences no letter is lost.
pub fn holds(bytes: &[u8]) {
    let text = super::text(bytes);
    let line = plain::line(&text);
    assert!(!line.contains(is_harmful), "{line:?}");
    assert!(matches!(plain::line(&line), Cow::Borrowed(again) if again == line), "twice is once");
    if !text.contains(['\u{1b}', '\u{9b}']) {
        assert_eq!(super::letters(&line), super::letters(&text), "only sequences take letters with them");
    }

    let visible = plain::visible(&text);
    assert!(!visible.contains(is_harmful), "{visible:?}");
    assert_eq!(plain::visible(&visible), visible, "twice is once");

    let quoted = serde_json::to_string(text.as_ref()).expect("a text is JSON");
    let safe = plain::json(&quoted);
    assert!(!safe.contains(plain::is_unprintable), "{safe:?}");
    assert_eq!(serde_json::from_str::<String>(&safe).expect("still JSON"), text, "it means the same");
    assert_explained(&text);
}

/// What `inspect` prints of an article that says `text` in every place.
fn assert_explained(text: &str) {
    let some = || Some(text.to_owned());
    let fields = Fields {
        title: some(),
        authors: vec![text.to_owned()],
        outlet: some(),
        url: some(),
        ..Fields::default()
    };
    let raw = RawArticle {
        id: text.to_owned(),
        format: Format::Text,
        encoding: "utf-8",
        body: Body::Dump(text.to_owned()),
        fields,
        is_truncated: false,
        warnings: Vec::new(),
    };
    let options = Options {
        read: read::Options::default(),
        unit: Unit::Paragraph,
        as_of: date(2026, 11, 21),
        since: None,
        until: None,
    };
    let document = pipeline::prepare(raw, &options, None);
    let labels = LabelSet { themes: vec![text.to_owned()], has_relevance: false };
    let thresholds = Thresholds { themes: vec![0.5], relevant: 0.5 };
    let row = Skipped { path: text.to_owned(), record: None, reason: "binary", detail: text.to_owned() };
    let printed =
        inspect::text(&document, &labels, &thresholds, &[], &Look::default()) + &inspect::skipped(&[row]);
    assert!(!printed.replace('\n', "").contains(is_harmful), "{printed:?}");
}
