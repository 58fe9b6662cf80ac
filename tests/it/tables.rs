//! What a published run promises: every number is recounted from the tables below it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde_json::Value;

use sendlens::article::Precision;
use sendlens::frame;
use sendlens::query::{self, Filter};
use sendlens::tally::{MIN_CONFIDENCE, Period};

use crate::program::{Workplace, hashes, names};
use crate::tables_of::{Row, count, csv, number, optional, parquet, text};

/// Rows of every table that are no themes.
const NO_THEMES: [&str; 4] = ["all", "any", "none", "off_topic"];

const TABLES: [&str; 7] =
    ["theme_by_date", "passages", "labels", "articles", "blocks", "date_clues", "explanations"];

const SPREADSHEETS: [&str; 6] =
    ["theme_by_date", "theme_shares_wide", "theme_counts_wide", "skipped", "undated", "dictionary"];

/// A run over the fixture corpus.
struct Run {
    place: Workplace,
    period: Period,
    by: Vec<&'static str>,
    record: Value,
}

impl Run {
    fn new(period: Period, by: &[&'static str], args: &[&str]) -> Self {
        let place = Workplace::with_corpus();
        let columns = by.join(",");
        place.run(&[&["--period", period.as_str(), "--by", &columns], args].concat()).exits(0);
        let record = serde_json::from_str(&place.read("out/run.json")).expect("the record is JSON");
        Self { place, period, by: by.to_vec(), record }
    }

    fn out(&self) -> std::path::PathBuf {
        self.place.path("out")
    }

    fn themes(&self) -> Vec<String> {
        let themes = self.record["codebook"]["themes"].as_array().expect("a list");
        themes.iter().map(|theme| theme.as_str().expect("a name").to_owned()).collect()
    }

    /// Period and group of a row of `theme_by_date`, as text.
    fn slot(&self, row: &Row) -> Vec<Option<String>> {
        let group = self.by.iter().map(|column| optional(row, column).map(str::to_owned));
        std::iter::once(optional(row, "date").map(str::to_owned)).chain(group).collect()
    }

    /// Period and group that an article counts in.
    fn slot_of(&self, article: &Row) -> Vec<Option<String>> {
        let date = optional(article, "date").filter(|_| {
            let precision = optional(article, "date_precision").and_then(Precision::parse);
            number(article, "date_confidence").is_some_and(|confidence| confidence >= MIN_CONFIDENCE)
                && precision.is_some_and(|precision| self.period.is_served_by(precision))
        });
        let date = date.map(|date| self.period.start(Date::from_str(date).expect("a day")).to_string());
        let group = self.by.iter().map(|column| optional(article, column).map(str::to_owned));
        std::iter::once(date).chain(group).collect()
    }
}

/// Runs that cover every period, with and without groups.
static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| {
    vec![
        Run::new(Period::Month, &[], &[]),
        Run::new(Period::Day, &[], &["--since", "2021-03-05", "--until", "2021-06-28"]),
        Run::new(Period::Week, &["outlet"], &["--unit", "sentence"]),
        Run::new(Period::Quarter, &["format", "date_source"], &["--unit", "segment"]),
        Run::new(Period::Year, &[], &["--unit", "article"]),
    ]
});

/// Whether a passage belongs to a row of this name.
fn is_of(passage: &Row, theme: &str) -> bool {
    let is_relevant = text(passage, "relevant") == "true";
    let themes: Vec<_> = text(passage, "themes").split("; ").filter(|theme| !theme.is_empty()).collect();
    match theme {
        "off_topic" => !is_relevant,
        "all" => is_relevant,
        "any" => is_relevant && !themes.is_empty(),
        "none" => is_relevant && themes.is_empty(),
        theme => is_relevant && themes.contains(&theme),
    }
}

#[test]
fn sentiments_sum_to_passages_and_shares_are_quotients() {
    for run in RUNS.iter() {
        let rows = parquet(&run.out(), "theme_by_date");
        assert!(!rows.is_empty());
        for row in &rows {
            let (passages, all) = (count(row, "passages"), count(row, "all_passages"));
            let (articles, all_articles) = (count(row, "articles"), count(row, "all_articles"));
            let (negative, positive) = (count(row, "negative"), count(row, "positive"));
            assert_eq!(negative + count(row, "neutral") + positive, passages, "{row:?}");
            assert!(passages <= all && articles <= all_articles && articles <= passages, "{row:?}");
            assert!((articles == 0) == (passages == 0), "{row:?}");
            let unique = count(row, "unique_passages");
            assert!(unique <= passages && (unique == 0) == (passages == 0), "{row:?}");
            assert!(count(row, "all_unique_passages") <= all, "{row:?}");
            let quotient = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
            assert_eq!(number(row, "share"), quotient(passages, all), "{row:?}");
            assert_eq!(number(row, "article_share"), quotient(articles, all_articles), "{row:?}");
            assert_eq!(number(row, "net_sentiment"), quotient(positive - negative, passages), "{row:?}");
            assert_eq!(text(row, "period"), run.period.as_str());
            assert_eq!(optional(row, "complete").is_none(), optional(row, "date").is_none(), "{row:?}");
        }
        let empty = rows.iter().filter(|row| count(row, "all_passages") == 0);
        assert!(run.period == Period::Year || empty.count() > 0, "the corpus has no empty period");
    }
}

#[test]
fn any_and_none_make_all() {
    for run in RUNS.iter() {
        let mut slots = BTreeMap::<_, BTreeMap<String, Row>>::new();
        for row in parquet(&run.out(), "theme_by_date") {
            let theme = text(&row, "theme").to_owned();
            assert!(
                slots.entry(run.slot(&row)).or_default().insert(theme, row).is_none(),
                "the key is unique"
            );
        }
        let names: BTreeSet<_> = run.themes().into_iter().chain(NO_THEMES.map(str::to_owned)).collect();
        for (slot, rows) in &slots {
            assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), names, "{slot:?}");
            for column in ["passages", "negative", "neutral", "positive"] {
                let value = |theme: &str| count(&rows[theme], column);
                assert_eq!(value("any") + value("none"), value("all"), "{slot:?} {column}");
                assert!(run.themes().iter().all(|theme| value(theme) <= value("any")), "{slot:?} {column}");
            }
            for theme in names.iter().filter(|name| *name != "off_topic") {
                assert_eq!(count(&rows[theme], "all_passages"), count(&rows["all"], "passages"), "{slot:?}");
                assert_eq!(count(&rows[theme], "all_articles"), count(&rows["all"], "articles"), "{slot:?}");
            }
            let off_topic = &rows["off_topic"];
            assert_eq!(
                count(off_topic, "all_passages"),
                count(off_topic, "passages") + count(&rows["all"], "passages")
            );
        }
    }
}

#[test]
fn every_period_is_present_for_every_group() {
    for run in RUNS.iter() {
        let rows = parquet(&run.out(), "theme_by_date");
        let slots: BTreeSet<_> = rows.iter().map(|row| run.slot(row)).collect();
        let dates: BTreeSet<_> = slots.iter().filter_map(|slot| slot[0].clone()).collect();
        let groups: BTreeSet<_> = slots.iter().map(|slot| slot[1..].to_vec()).collect();
        let day = |text: &String| Date::from_str(text).expect("a day");
        let (first, last) = (day(dates.first().expect("dated")), day(dates.last().expect("dated")));
        let mut expected = vec![None];
        let mut date = first;
        while date <= last {
            assert_eq!(run.period.start(date), date);
            expected.push(Some(date.to_string()));
            date = run.period.next(date);
        }
        for group in &groups {
            for date in &expected {
                let slot = [std::slice::from_ref(date), group].concat();
                assert!(slots.contains(&slot), "{slot:?} is missing");
            }
        }
        assert_eq!(slots.len(), expected.len() * groups.len());
        let filled = |slot: &Vec<Option<String>>| {
            rows.iter().any(|row| run.slot(row) == *slot && count(row, "all_passages") > 0)
        };
        assert!(slots.iter().any(|slot| slot[0].is_none() && filled(slot)), "undated articles have rows");
        let ends = [&expected[1], &expected[expected.len() - 1]];
        for end in ends {
            assert!(slots.iter().any(|slot| slot[0] == *end && filled(slot)), "{end:?} is an empty end");
        }
    }
}

#[test]
fn every_number_is_recounted_from_passages_and_articles() {
    for run in RUNS.iter() {
        let articles: BTreeMap<_, _> = parquet(&run.out(), "articles")
            .into_iter()
            .map(|article| (text(&article, "article").to_owned(), article))
            .collect();
        let passages = parquet(&run.out(), "passages");
        let mut cells = BTreeMap::<_, Vec<&Row>>::new();
        let mut counted = 0;
        for passage in &passages {
            let article = &articles[text(passage, "article")];
            for column in ["date", "outlet", "cluster"] {
                assert_eq!(optional(passage, column), optional(article, column), "{passage:?}");
            }
            let is_counted =
                matches!(text(passage, "kind"), "body" | "list_item") && text(article, "counted") == "true";
            assert_eq!(text(passage, "counted") == "true", is_counted, "{passage:?}");
            for column in ["relevant", "themes", "sentiment", "p_negative", "tokens"] {
                assert_eq!(optional(passage, column).is_some(), is_counted, "{column} of {passage:?}");
            }
            if is_counted {
                counted += 1;
                for theme in run.themes().iter().map(String::as_str).chain(NO_THEMES) {
                    if is_of(passage, theme) {
                        cells.entry((run.slot_of(article), theme.to_owned())).or_default().push(passage);
                    }
                }
            }
        }
        assert_eq!(run.record["counts"]["passages_counted"], counted);
        let mut totals = BTreeMap::<String, [i64; 5]>::new();
        for row in parquet(&run.out(), "theme_by_date") {
            let key = (run.slot(&row), text(&row, "theme").to_owned());
            let found = cells.remove(&key).unwrap_or_default();
            let of =
                |sentiment| found.iter().filter(|row| text(row, "sentiment") == sentiment).count() as i64;
            let in_articles: BTreeSet<_> = found.iter().map(|row| text(row, "article")).collect();
            let numbers = [
                ("passages", found.len() as i64),
                ("articles", in_articles.len() as i64),
                ("negative", of("negative")),
                ("neutral", of("neutral")),
                ("positive", of("positive")),
            ];
            for (index, (column, recounted)) in numbers.into_iter().enumerate() {
                assert_eq!(count(&row, column), recounted, "{column} of {key:?}");
                totals.entry(key.1.clone()).or_default()[index] += recounted;
            }
        }
        assert!(cells.is_empty(), "passages without a row: {:?}", cells.keys());
        for (theme, numbers) in totals {
            let total = &run.record["totals"][&theme];
            let columns = ["passages", "articles", "negative", "neutral", "positive"];
            for (column, number) in columns.into_iter().zip(numbers) {
                assert_eq!(total[column], number, "{column} of {theme} in run.json");
            }
        }
    }
}

#[test]
fn a_query_gives_the_passages_of_its_cell() {
    for run in RUNS.iter() {
        let mut cells = BTreeMap::<(Option<String>, String), [i64; 4]>::new();
        for row in parquet(&run.out(), "theme_by_date") {
            let key = (optional(&row, "date").map(str::to_owned), text(&row, "theme").to_owned());
            let sums = cells.entry(key).or_default();
            for (sum, column) in sums.iter_mut().zip(["passages", "negative", "neutral", "positive"]) {
                *sum += count(&row, column);
            }
        }
        // Of the days of a long range only those with passages, and the first empty ones, are asked for.
        let mut empty = 0;
        for ((date, theme), [passages, negative, neutral, positive]) in cells {
            empty += usize::from(passages == 0);
            if run.period == Period::Day && passages == 0 && empty > 20 {
                continue;
            }
            let date = date.map_or_else(|| "undated".to_owned(), |date| cell_name(run.period, &date));
            let filter = Filter { theme: Some(theme.clone()), date: Some(date.clone()), ..Filter::default() };
            let hits = query::query(&run.out(), &filter).expect("a cell of the table");
            let of = |name| hits.iter().filter(|hit| hit.sentiment.as_deref() == Some(name)).count() as i64;
            let found = [hits.len() as i64, of("negative"), of("neutral"), of("positive")];
            assert_eq!(found, [passages, negative, neutral, positive], "{theme} {date}");
        }
    }
}

/// How a period is named in a query.
fn cell_name(period: Period, start: &str) -> String {
    let date = Date::from_str(start).expect("a day");
    match period {
        Period::Day => start.to_owned(),
        Period::Week => {
            let week = date.iso_week_date();
            format!("{}-W{:02}", week.year(), week.week())
        }
        Period::Month => start[..7].to_owned(),
        Period::Quarter => format!("{}-Q{}", date.year(), (date.month() - 1) / 3 + 1),
        Period::Year => start[..4].to_owned(),
    }
}

#[test]
fn wide_tables_say_what_the_long_one_says() {
    for run in RUNS.iter() {
        let mut long = BTreeMap::new();
        for row in parquet(&run.out(), "theme_by_date") {
            long.insert((run.slot(&row), text(&row, "theme").to_owned()), row);
        }
        for (table, column) in [("theme_counts_wide", "passages"), ("theme_shares_wide", "share")] {
            let mut cells = 0;
            for row in csv(&run.out(), table) {
                for theme in run.themes() {
                    cells += 1;
                    let expected = number(&long[&(run.slot(&row), theme.clone())], column);
                    assert_eq!(number(&row, &theme), expected, "{theme} of {row:?} in {table}");
                }
            }
            assert_eq!(cells * (run.themes().len() + 4), long.len() * run.themes().len(), "{table}");
        }
        let same = |row: &Row| {
            let mut row = row.clone();
            for value in row.values_mut() {
                *value = value.take().filter(|value| !value.is_empty());
            }
            row
        };
        let of_parquet: Vec<_> = parquet(&run.out(), "theme_by_date").iter().map(same).collect();
        assert_eq!(csv(&run.out(), "theme_by_date"), of_parquet, "the CSV is the Parquet file");
    }
}

#[test]
fn labels_and_passages_agree() {
    for run in RUNS.iter() {
        let mut given = BTreeMap::<String, Vec<String>>::new();
        for label in parquet(&run.out(), "labels") {
            let (score, threshold) = (number(&label, "score"), number(&label, "threshold"));
            let is_given = text(&label, "assigned") == "true";
            assert_eq!(is_given, score >= threshold, "{label:?}");
            let themes = given.entry(text(&label, "passage").to_owned()).or_default();
            if is_given {
                themes.push(text(&label, "theme").to_owned());
            }
        }
        for passage in parquet(&run.out(), "passages").iter().filter(|row| text(row, "counted") == "true") {
            let themes = given.remove(text(passage, "passage")).expect("every counted passage is scored");
            assert_eq!(text(passage, "themes"), themes.join("; "), "{passage:?}");
            let [negative, neutral, positive] = ["p_negative", "p_neutral", "p_positive"]
                .map(|column| number(passage, column).expect("scored"));
            let highest = negative.max(neutral).max(positive);
            let chosen = match text(passage, "sentiment") {
                "negative" => negative,
                "neutral" => neutral,
                _ => positive,
            };
            assert!(chosen >= highest, "{passage:?}");
        }
        assert!(given.is_empty(), "labels without a counted passage: {given:?}");
    }
}

#[test]
fn spans_and_ids_lead_back() {
    for run in RUNS.iter() {
        let mut texts = BTreeMap::<String, Vec<String>>::new();
        for block in parquet(&run.out(), "blocks") {
            let blocks = texts.entry(text(&block, "article").to_owned()).or_default();
            blocks.push(optional(&block, "text").unwrap_or_default().to_owned());
            assert_eq!(count(&block, "block"), blocks.len() as i64);
        }
        let texts: BTreeMap<_, _> = texts.into_iter().map(|(id, blocks)| (id, blocks.join("\n"))).collect();
        let span = |row: &Row| count(row, "start") as usize..count(row, "end") as usize;
        for block in parquet(&run.out(), "blocks") {
            assert_eq!(&texts[text(&block, "article")][span(&block)], text(&block, "text"));
        }
        let passages = parquet(&run.out(), "passages");
        let ids: BTreeSet<_> = passages.iter().map(|row| text(row, "passage")).collect();
        assert_eq!(ids.len(), passages.len(), "ids are unique");
        for passage in &passages {
            assert_eq!(&texts[text(passage, "article")][span(passage)], text(passage, "text"));
            let id = format!("{}#{}", text(passage, "article"), count(passage, "position"));
            assert_eq!(text(passage, "passage"), id);
            assert!(optional(passage, "lead_in").is_none_or(|lead_in| ids.contains(lead_in)), "{passage:?}");
        }
    }
}

#[test]
fn dated_articles_lie_in_the_range_and_undated_ones_are_listed() {
    for run in RUNS.iter() {
        let articles = parquet(&run.out(), "articles");
        let undated: Vec<_> = articles
            .iter()
            .filter(|article| run.slot_of(article)[0].is_none())
            .map(|article| text(article, "article").to_owned())
            .collect();
        let listed = csv(&run.out(), "undated");
        assert!(listed.iter().all(|row| optional(row, "date").is_none()), "the column is there to be filled");
        assert_eq!(listed.iter().map(|row| text(row, "article").to_owned()).collect::<Vec<_>>(), undated);
        assert_eq!(run.record["counts"]["articles_undated"], undated.len());
        let outside = run.record["counts"]["articles_outside"].as_u64().expect("a count");
        assert_eq!(articles.len() as u64 + outside, 16, "every article of the corpus is accounted for");
        assert_eq!(outside > 0, run.period == Period::Day, "only that run has bounds");
    }
}

#[test]
fn copies_share_a_cluster_and_count_once_as_unique() {
    let run = &RUNS[0];
    let articles = parquet(&run.out(), "articles");
    let copies: Vec<_> = articles.iter().filter(|article| count(article, "copies") == 2).collect();
    assert_eq!(copies.len(), 2, "the corpus holds one story twice");
    assert_eq!(text(copies[0], "cluster"), text(copies[1], "cluster"));
    let rows = parquet(&run.out(), "theme_by_date");
    let march =
        rows.iter().find(|row| optional(row, "date") == Some("2021-03-01") && text(row, "theme") == "all");
    let march = march.expect("March has a row");
    assert_eq!(count(march, "passages") - count(march, "unique_passages"), 6, "six passages stand twice");
}

#[test]
fn formulas_are_disarmed_in_spreadsheets_and_kept_in_parquet() {
    let place = Workplace::empty();
    place.write("corpus/a.json", r#"[{"title": "=cmd()", "text": "=1+1 is what the school bus costs."}]"#);
    place.run(&[]).exits(0);
    let out = place.path("out");
    assert_eq!(text(&csv(&out, "undated")[0], "title"), "'=cmd()");
    assert_eq!(text(&parquet(&out, "articles")[0], "title"), "=cmd()");
    let found = place.sendlens(&["query", "out", "--format", "csv"]).exits(0).stdout;
    assert!(found.starts_with('\u{feff}') && found.contains("'=cmd()") && found.contains("'=1+1"), "{found}");
    for table in SPREADSHEETS {
        for row in RUNS.iter().flat_map(|run| csv(&run.out(), table)) {
            for (column, cell) in &row {
                let cell = cell.as_deref().unwrap_or_default();
                let is_number = cell.parse::<f64>().is_ok();
                assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{column}: {cell}");
            }
        }
    }
}

#[test]
fn the_dictionary_lists_every_column_of_every_table() {
    for run in RUNS.iter() {
        let mut listed = BTreeMap::<String, Vec<(String, String)>>::new();
        for row in csv(&run.out(), "dictionary") {
            assert!(optional(&row, "meaning").is_some(), "{row:?}");
            let columns = listed.entry(text(&row, "table").to_owned()).or_default();
            columns.push((text(&row, "column").to_owned(), text(&row, "type").to_owned()));
        }
        for table in TABLES {
            let frame = frame::read(&run.out(), table, None).expect("a table of the run");
            let type_name = |name: &str| match name {
                "str" => "text".to_owned(),
                "i64" => "int64".to_owned(),
                "f64" => "float64".to_owned(),
                "f32" => "float32".to_owned(),
                "list[str]" => "list of text".to_owned(),
                other => other.to_owned(),
            };
            let columns: Vec<_> = frame
                .columns()
                .iter()
                .map(|column| (column.name().to_string(), type_name(&column.dtype().to_string())))
                .collect();
            assert_eq!(listed[table], columns, "{table}");
        }
        for table in SPREADSHEETS.into_iter().filter(|table| *table != "dictionary") {
            let text = fs::read_to_string(run.out().join(table).with_extension("csv")).expect("a table");
            let header = text.trim_start_matches('\u{feff}').lines().next().expect("a header").to_owned();
            let names: Vec<_> = listed[table].iter().map(|(name, _)| name.clone()).collect();
            assert_eq!(header, names.join(","), "{table}");
        }
        let tables: BTreeSet<_> =
            TABLES.into_iter().chain(SPREADSHEETS).filter(|name| *name != "dictionary").collect();
        assert_eq!(listed.keys().map(String::as_str).collect::<BTreeSet<_>>(), tables);
    }
}

#[test]
fn tables_keep_their_columns() {
    let mut shown = String::new();
    for row in csv(&RUNS[0].out(), "dictionary") {
        let unit = optional(&row, "unit").unwrap_or("–");
        let _ = writeln!(
            shown,
            "{}.{}: {} ({unit})",
            text(&row, "table"),
            text(&row, "column"),
            text(&row, "type")
        );
    }
    insta::with_settings!(
        { snapshot_path => "../fixtures", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!("columns", shown); }
    );
}

#[test]
fn the_record_has_the_hash_of_every_file() {
    for run in RUNS.iter() {
        let mut hashes = hashes(&run.out());
        hashes.remove("run.json").expect("a run has a record");
        let recorded: BTreeMap<String, String> =
            serde_json::from_value(run.record["files"].clone()).expect("texts by name");
        assert_eq!(recorded, hashes);
        let counts = &run.record["counts"];
        assert_eq!(counts["articles"], parquet(&run.out(), "articles").len());
        assert_eq!(counts["passages"], parquet(&run.out(), "passages").len());
        assert_eq!(counts["blocks"], parquet(&run.out(), "blocks").len());
        assert_eq!(counts["skipped"], csv(&run.out(), "skipped").len());
        assert_eq!(run.record["as_of"], crate::program::DAY);
        assert_eq!(run.record["engine"]["has_relevance"], false, "the word lists cannot tell");
        assert_eq!(run.place.names(), ["corpus", "out"], "nothing is left beside the output");
        let files: BTreeSet<_> = names(&run.out()).into_iter().collect();
        let tables = TABLES.map(|table| format!("{table}.parquet"));
        let spreadsheets = SPREADSHEETS.map(|table| format!("{table}.csv"));
        let expected =
            tables.into_iter().chain(spreadsheets).chain(["report.html", "run.json"].map(str::to_owned));
        assert_eq!(files, expected.collect());
    }
}
