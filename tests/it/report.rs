//! The page of a run: its numbers are those of the tables, nothing foreign runs in it, and it gives away no more text
//! than was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::{DAY, Workplace, copy, fixture, hashes, names};
use crate::tables_of::{csv, optional, parquet, text};

/// Closes every kind of element and would run a script if it did.
const PAYLOAD: &str =
    "</script></style></title>--><img src=x onerror=alert(1)>\"'><svg onload=alert(2)>{{7*7}}&lt;b&gt;";

/// Turns text around and hides.
const INVISIBLE: &str = "\u{202e}\u{2066}\u{1b}[31m\u{2028}";

/// A run over the sample that ships with the program.
static SAMPLE: LazyLock<Workplace> = LazyLock::new(|| {
    let place = with_sample();
    place.sendlens(&["run", "corpus", "-o", "out", "--engine", "lexicon", "--as-of", "2026-06-01"]).exits(0);
    place
});

fn with_sample() -> Workplace {
    let place = Workplace::empty();
    copy(&fixture("../../corpus/sample"), &place.path("corpus"));
    place
}

fn page(place: &Workplace) -> Html {
    Html::parse_document(&place.read("out/report.html"))
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("a selector")).collect()
}

fn within<'a>(element: &ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    element.select(&Selector::parse(selector).expect("a selector")).collect()
}

fn words(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

fn record(place: &Workplace) -> Value {
    serde_json::from_str(&place.read("out/run.json")).expect("the record is JSON")
}

/// The data block of the page.
fn data(page: &Html) -> Value {
    let block = all(page, "script#data").remove(0);
    serde_json::from_str(&block.text().collect::<String>()).expect("the block is JSON")
}

/// Checks that a page loads nothing and runs nothing but what its policy names.
fn assert_closed(page: &Html) {
    let policy = all(page, "meta[http-equiv='Content-Security-Policy']").remove(0);
    let policy = policy.attr("content").expect("a policy");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    for element in all(page, "*") {
        let name = element.value().name();
        assert!(
            !matches!(name, "img" | "iframe" | "link" | "object" | "embed" | "base" | "image"),
            "{}",
            element.html()
        );
        for (attribute, value) in element.value().attrs() {
            assert!(
                !attribute.starts_with("on") && attribute != "style",
                "{attribute} in {}",
                element.html()
            );
            assert!(attribute != "src" && attribute != "srcset", "{}", element.html());
            if attribute.ends_with("href") {
                let is_own = value.starts_with('#') || value.starts_with("report");
                let is_source =
                    value.starts_with("http") && element.attr("rel") == Some("noreferrer noopener");
                assert!(name == "a" && (is_own || is_source), "{}", element.html());
            }
        }
        if name == "style" || (name == "script" && element.attr("type").is_none()) {
            let digest = Sha256::digest(element.text().collect::<String>());
            assert!(policy.contains(&base64(&digest)), "{name} is not named by the policy");
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letters = bits.as_bytes().chunks(6).map(|six| {
        let padded = format!("{:0<6}", String::from_utf8_lossy(six));
        char::from(ALPHABET[usize::from_str_radix(&padded, 2).expect("bits")])
    });
    letters.collect()
}

#[test]
fn the_totals_of_the_page_are_those_of_the_record() {
    let record = record(&SAMPLE);
    let page = page(&SAMPLE);
    let totals: BTreeMap<_, _> = all(&page, "[data-total]")
        .iter()
        .map(|cell| (cell.attr("data-total").expect("asked for").to_owned(), words(cell).replace(',', "")))
        .collect();
    assert_eq!(totals.len(), 6, "four themes, all, off topic: {totals:?}");
    for (name, shown) in &totals {
        assert_eq!(*shown, record["totals"][name]["passages"].to_string(), "{name}");
    }
    for cell in all(&page, "[data-count]") {
        let name = cell.attr("data-count").expect("asked for");
        assert_eq!(words(&cell), record["counts"][name].to_string(), "{name}");
    }
    let matches = all(&page, "#matches").remove(0);
    assert_eq!(matches.attr("data-passages"), Some(totals["all"].as_str()));
    assert_eq!(
        matches.attr("data-articles").map(str::to_owned),
        Some(record["totals"]["all"]["articles"].to_string())
    );
}

#[test]
fn the_charts_hold_the_numbers_of_theme_by_date() {
    let page = page(&SAMPLE);
    let table = parquet(&SAMPLE.path("out"), "theme_by_date");
    let figures = all(&page, "figure.chart[data-theme]");
    assert_eq!(figures.len(), 4);
    for figure in figures {
        let theme = figure.attr("data-theme").expect("asked for");
        let of_theme = || table.iter().filter(|row| text(row, "theme") == theme);
        let points: Vec<_> =
            within(&figure, "[data-period]").iter().filter_map(|point| point.attr("data-period")).collect();
        assert_eq!(points, of_theme().filter_map(|row| optional(row, "date")).collect::<Vec<_>>());
        let dots: Vec<_> = within(&figure, "[data-period]")
            .iter()
            .map(|point| within(point, "circle").first().map(|dot| dot.attr("class") == Some("dot")))
            .collect();
        for (dot, row) in dots.iter().zip(of_theme()) {
            let has_share = optional(row, "share").is_some();
            assert_eq!(dot.is_some(), has_share, "no passages, no point: {row:?}");
            assert!(dot.is_none_or(|is_full| is_full == (text(row, "complete") == "true")), "{row:?}");
        }
        for (line, row) in within(&figure, "tbody tr").iter().zip(of_theme()) {
            let cells: Vec<_> = within(line, "td").iter().map(|cell| words(cell).replace(',', "")).collect();
            let expected =
                ["passages", "all_passages", "articles", "all_articles"].map(|name| text(row, name));
            assert_eq!([&cells[0], &cells[1], &cells[3], &cells[4]], expected.each_ref(), "{row:?}");
        }
    }
}

#[test]
fn nothing_foreign_runs_and_nothing_is_loaded() {
    assert_closed(&page(&SAMPLE));
    let page = SAMPLE.read("out/report.html");
    assert!(
        !page.contains("@import")
            && !page.contains("url(")
            && page.contains("name=\"referrer\" content=\"no-referrer\"")
    );
}

#[test]
fn without_a_script_there_are_charts_tables_and_passages() {
    let page = page(&SAMPLE);
    assert_eq!(all(&page, "figure.chart svg").len(), 7);
    assert_eq!(all(&page, "figure.chart details table").len(), 7);
    let passages = all(&page, "article.passage");
    assert_eq!(passages.len(), 12);
    for passage in passages {
        assert!(!within(&passage, ".text, .evidence, .citation").is_empty());
    }
    for control in all(&page, "form, input, button, .save-svg, .save-csv") {
        let is_hidden = control.ancestors().filter_map(ElementRef::wrap).chain([control]).any(|element| {
            element.attr("class").is_some_and(|class| class.split(' ').any(|name| name == "js-only"))
        });
        assert!(is_hidden, "{}", control.html());
    }
}

#[test]
fn every_passage_is_in_the_data_with_its_labels() {
    let data = data(&page(&SAMPLE));
    let themes: Vec<_> = data["themes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|name| name.as_str().expect("a name"))
        .collect();
    let mut found = BTreeMap::new();
    for article in data["articles"].as_array().expect("a list") {
        for passage in article[11].as_array().expect("a list") {
            let id = format!("{}#{}", article[0].as_str().expect("an id"), passage[0]);
            let given = passage[3].as_array().expect("a list").iter();
            let given: Vec<_> =
                given.map(|theme| themes[theme.as_u64().expect("an index") as usize]).collect();
            if passage[1].as_u64().expect("flags") & 1 == 1 {
                found.insert(id, given.join("; "));
            }
        }
    }
    let expected: BTreeMap<_, _> = parquet(&SAMPLE.path("out"), "passages")
        .iter()
        .filter(|row| text(row, "counted") == "true")
        .map(|row| (text(row, "passage").to_owned(), text(row, "themes").to_owned()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn hostile_text_comes_out_escaped() {
    let place = Workplace::empty();
    let body = "The council in Harrowmere said school transport for pupils with special needs was late again";
    let shown = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let payload = shown(&format!("{PAYLOAD}{INVISIBLE}"));
    place.write(
        "corpus/page.html",
        &format!(
            "<html><head><title>Headline {payload}</title><meta property=\"og:site_name\" content=\"Outlet {payload}\">\
             <meta property=\"article:published_time\" content=\"2023-05-06\"></head><body><article>\
             <h1>Headline {payload}</h1><p>{body} {payload} and nobody came.</p><p>{body} a second time.</p></article></body></html>"
        ),
    );
    let record = serde_json::json!([{
        "title": format!("Headline {PAYLOAD}{INVISIBLE}"), "text": format!("{body} {INVISIBLE}.\n\n{body}, {PAYLOAD}"),
        "source": format!("Outlet {PAYLOAD}{INVISIBLE}"), "date": "2023-05-04",
        "url": "javascript:alert(1)//https://example.org", "author": PAYLOAD,
    }]);
    place.write("corpus/<img src=x onerror=alert(3)>&quot;'\u{202e}.json", &record.to_string());
    place.run(&["--report-text", "full"]).exits(0);
    let source = place.read("out/report.html");
    for raw in ["<img", "onerror=alert(1)>\"", "<svg onload", INVISIBLE, "\u{202e}", "\u{1b}"] {
        assert!(!source.contains(raw), "{raw:?}");
    }
    let page = page(&place);
    assert_closed(&page);
    assert_eq!(all(&page, "script").len(), 3);
    assert_eq!(all(&page, "a[href^='javascript']").len(), 0);
    let data = data(&page);
    let articles = data["articles"].as_array().expect("a list");
    let from_json = articles.iter().find(|article| article[0] != "page.html").expect("two articles");
    let from_page = articles.iter().find(|article| article[0] == "page.html").expect("two articles");
    let id = from_json[0].as_str().expect("an id");
    assert!(
        id.contains("<img src=x onerror=alert(3)>") && id.contains('\u{202e}'),
        "ids are those of the tables: {id}"
    );
    assert!(from_json[1].as_str().expect("a title").contains("<svg onload=alert(2)>"), "{from_json}");
    assert!(from_page[1].as_str().expect("a title").contains("<img src=x onerror=alert(1)>"), "{from_page}");
    assert_eq!(from_json[8], Value::Null, "no link but to the web");
    let texts: Vec<_> = all(&page, "article.passage .text").iter().map(words).collect();
    assert!(
        texts.iter().any(|text| text.contains("<img src=x onerror=alert(1)>")),
        "it is there, as text: {texts:?}"
    );
    let cited: Vec<_> = all(&page, "article.passage .citation").iter().map(words).collect();
    assert!(
        cited.iter().any(|text| text.contains("⟨U+202E⟩.json")),
        "what turns text around is shown: {cited:?}"
    );
}

#[test]
fn drawn_again_it_is_the_same() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let before = hashes(&place.path("out"));
    assert!(before.contains_key("report.html") && before.contains_key("explanations.parquet"));
    place.sendlens(&["report", "out"]).exits(0).says(&["out/report.html"]);
    assert_eq!(before, hashes(&place.path("out")));
    let page = page(&place);
    assert!(!all(&page, "mark[title]").is_empty(), "words that decided are marked");
}

#[test]
fn a_report_without_text_leaks_none() {
    let place = with_sample();
    place.run(&["--report-text", "none"]).exits(0);
    let passages = parquet(&place.path("out"), "passages");
    let titles: BTreeSet<_> = parquet(&place.path("out"), "articles")
        .iter()
        .filter_map(|row| optional(row, "title").map(str::to_owned))
        .collect();
    let texts: Vec<_> = passages
        .iter()
        .filter(|row| matches!(text(row, "kind"), "body" | "list_item"))
        .map(|row| text(row, "text").chars().take(40).collect::<String>())
        .filter(|text| text.len() > 20 && !titles.iter().any(|title| title.contains(text.as_str())))
        .collect();
    assert!(texts.len() > 5);
    let holds = |texts: &[String]| {
        let page = place.read("out/report.html").replace("&quot;", "\"").replace("\\\"", "\"");
        texts.iter().filter(|text| page.contains(text.as_str())).count()
    };
    assert_eq!(holds(&texts), 0, "no passage, no neighbour, no marked word");
    assert!(all(&page(&place), "mark[title]").is_empty());
    place.sendlens(&["report", "out", "--text", "snippet"]).exits(0);
    assert!(holds(&texts) > texts.len() / 2);
    let is_plain = |text: &str| text.is_ascii() && !text.contains(['<', '>', '&', '"', '\'']);
    let counted = passages.iter().filter(|row| text(row, "counted") == "true").map(|row| text(row, "text"));
    let longest = counted.filter(|text| is_plain(text)).max_by_key(|text| text.len()).expect("passages");
    assert!(longest.len() > 250);
    let end: String = longest.chars().rev().take(30).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(holds(std::slice::from_ref(&end)), 0, "a snippet is a beginning");
    place.sendlens(&["report", "out", "--text", "full"]).exits(0);
    assert_eq!(holds(std::slice::from_ref(&end)), 1);
    assert_eq!(record(&place)["configuration"]["report-text"]["value"], "full");
    place.sendlens(&["decide", "out", "--threshold", "transport=0.9"]).exits(0);
    assert_eq!(holds(std::slice::from_ref(&end)), 1, "decisions remade keep what was chosen");
    place.sendlens(&["report", "out", "--text", "some"]).exits(2).says(&["none, snippet or full"]);
}

#[test]
fn decisions_remade_are_drawn_anew() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let before = words(&all(&page(&place), "[data-total='transport']")[0]);
    place.sendlens(&["decide", "out", "--threshold", "transport=1"]).exits(0);
    let after = words(&all(&page(&place), "[data-total='transport']")[0]);
    assert_ne!(before, after);
    assert_eq!(after, record(&place)["totals"]["transport"]["passages"].to_string());
}

#[test]
fn who_wants_no_report_gets_none() {
    let place = Workplace::with_corpus();
    place.run(&["--no-report"]).exits(0);
    let out = place.path("out");
    assert!(!names(&out).iter().any(|name| name.ends_with(".html") || name.starts_with("explanations")));
    assert!(!csv(&out, "dictionary").iter().any(|row| text(row, "table") == "explanations"));
    place.sendlens(&["decide", "out", "--threshold", "transport=0.9"]).exits(0);
    assert!(!out.join("report.html").exists());
    place.sendlens(&["report", "out"]).exits(0);
    assert_closed(&page(&place));
    place.sendlens(&["report", "nowhere"]).exits(2).says(&["holds no run"]);
}

#[test]
fn what_does_not_fit_stands_in_pages_beside_it() {
    let place = Workplace::empty();
    let mut lines = String::new();
    for article in 0..1_100 {
        let passages: Vec<_> = (0..20)
            .map(|number| {
                format!("Passage {number} of article {article} says that pupils with special needs wait for a taxi again, {number}.")
            })
            .collect();
        let day = format!("20{:02}-{:02}-{:02}", 10 + article % 12, 1 + article % 12, 1 + article % 28);
        let record = serde_json::json!({ "title": format!("Story {article}"), "text": passages.join("\n\n"),
            "date": day, "source": format!("Outlet {}", article % 7) });
        lines.push_str(&format!("{record}\n"));
    }
    place.write("corpus/many.jsonl", &lines);
    let args = ["run", "corpus", "-o", "out", "--engine", "lexicon", "--as-of", DAY];
    place.sendlens(&args).exits(0);
    let source = place.read("out/report.html");
    assert!(source.len() <= 10_000_000, "{}", source.len());
    let page = page(&place);
    let shown = data(&page);
    let held = shown["held"].as_u64().expect("a count");
    assert!(shown["passages"] == 22_000 && held <= 20_000 && held > 19_000, "{held}");
    assert!(words(&all(&page, ".notice")[0]).contains("22,000 passages"));
    let pages: Vec<_> =
        all(&page, "#pages a").iter().filter_map(|link| link.attr("href").map(str::to_owned)).collect();
    let files = names(&place.path("out"));
    let beside: Vec<_> = files.into_iter().filter(|name| name.starts_with("report-passages")).collect();
    assert_eq!(pages, beside);
    let mut listed = Vec::new();
    for name in &pages {
        let page = Html::parse_document(&place.read(&format!("out/{name}")));
        assert_closed(&page);
        let found = all(&page, "article.passage");
        listed.extend(found.iter().filter_map(|passage| passage.attr("data-passage").map(str::to_owned)));
    }
    let counted: BTreeSet<_> = parquet(&place.path("out"), "passages")
        .iter()
        .filter(|row| text(row, "counted") == "true")
        .map(|row| text(row, "passage").to_owned())
        .collect();
    assert_eq!(listed.len(), counted.len(), "each stands there once");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), counted);
    let before = hashes(&place.path("out"));
    place.sendlens(&["report", "out"]).exits(0).says(&["pages beside it"]);
    assert_eq!(before, hashes(&place.path("out")), "the sample is the same");
    fs::remove_file(place.path("out/report-passages-0001.html")).expect("there");
    place.sendlens(&["report", "out"]).exits(0);
    assert_eq!(before, hashes(&place.path("out")), "a page that is gone is drawn anew");
}

#[test]
fn inspect_explains_words() {
    let place = Workplace::empty();
    let body =
        "Parents in Harrowmere said the school taxi for their son with special needs never came on Monday.";
    place.write("a.txt", &format!("The long wait\n\nPublished 4 May 2023\n\n{body}\n\n{body} Again.\n"));
    let args = ["inspect", "a.txt", "--engine", "lexicon", "--as-of", DAY];
    let plain = place.sendlens(&args).exits(0).stdout;
    assert!(!plain.contains("rests on"));
    let explained = place.sendlens(&[&args[..], &["--explain"]].concat()).exits(0).stdout;
    assert!(explained.contains("transport rests on: taxi"), "{explained}");
    let json = place.sendlens(&[&args[..], &["--explain", "--json"]].concat()).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let passages = json[0]["passages"].as_array().expect("a list");
    let words = passages.iter().flat_map(|passage| passage["words"].as_array().into_iter().flatten());
    let taxi = words.clone().find(|word| word["word"] == "taxi").expect("a word of the text");
    assert!(taxi["support"]["transport"].as_f64().expect("a number") > 0.0);
}
