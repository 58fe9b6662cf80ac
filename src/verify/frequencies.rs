//! Frequencies counted anew from passages, in a plainer way than the run counted them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::str::FromStr;

use jiff::civil::Date;

use super::{Check, Faults, Run, shown};
use crate::article::Precision;
use crate::codebook::RESERVED;
use crate::error::Result;
use crate::frame::column;
use crate::pipeline::passage_key;
use crate::record::Total;
use crate::score::Sentiment;
use crate::written::{Frequency, Key, Passage};

/// Period and group.
type Slot = (Option<Date>, Vec<Option<String>>);

/// What is counted of one theme in one slot.
#[derive(Debug, Default)]
struct Cell<'a> {
    passages: i64,
    articles: HashSet<&'a str>,
    by_sentiment: [i64; 3],
    keys: HashSet<u64>,
}

/// Counts of one slot by theme.
type Cells<'a> = HashMap<&'a str, Cell<'a>>;

/// Names of the rows of every slot, in order.
fn row_names<'a>(run: &Run<'a>) -> Vec<&'a str> {
    run.record.codebook.themes.iter().map(String::as_str).chain(RESERVED).collect()
}

/// The rows that a passage counts in.
fn rows_of<'a>(passage: &Passage<'_>, themes: &'a [String]) -> Vec<&'a str> {
    if passage.is_relevant != Some(true) {
        return vec!["off_topic"];
    }
    let mut rows = vec!["all", if passage.themes.is_empty() { "none" } else { "any" }];
    rows.extend(themes.iter().filter(|theme| passage.themes.contains(theme)).map(String::as_str));
    rows
}

/// Counts anew. Groups are read from `articles`.
fn counted<'a>(run: &'a Run<'_>) -> Result<BTreeMap<Slot, Cells<'a>>> {
    let by = run.record.by();
    let groups = by.iter().map(|name| column::texts(run.articles_table, name)).collect::<Result<Vec<_>>>()?;
    let period = run.record.period();
    let mut slots = BTreeMap::<Slot, Cells<'a>>::new();
    for passage in run.passages.iter().filter(|passage| passage.is_counted) {
        // One without article is a fault of its id.
        let Some(&place) = run.by_id.get(passage.article) else { continue };
        let date = run.articles[place].period(period);
        let group = groups.iter().map(|values| values[place].map(str::to_owned)).collect();
        let cells = slots.entry((date, group)).or_default();
        let sentiment = Sentiment::ALL.iter().position(|known| passage.sentiment == Some(known.as_str()));
        let key = passage_key(passage.cluster, passage.text);
        for row in rows_of(passage, &run.record.codebook.themes) {
            let cell = cells.entry(row).or_default();
            cell.passages += 1;
            cell.articles.insert(passage.article);
            cell.keys.insert(key);
            if let Some(sentiment) = sentiment {
                cell.by_sentiment[sentiment] += 1;
            }
        }
    }
    Ok(slots)
}

/// The days that the corpus covers for certain.
fn covered(run: &Run<'_>) -> Option<(Date, Date)> {
    let bound = |key| run.record.setting(key).and_then(|text| Date::from_str(text).ok());
    let dated =
        || run.articles.iter().filter_map(|article| Some((article.usable_date()?, article.precision?)));
    let latest = |(date, precision): (Date, Precision)| match precision {
        Precision::Day => date,
        Precision::Month => date.last_of_month(),
        Precision::Year => date.last_of_year(),
    };
    Some((
        bound("since").or_else(|| dated().map(latest).min())?,
        bound("until").or_else(|| dated().map(|(date, _)| date).max())?,
    ))
}

fn quotient(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The rows that `theme_by_date` should have, in order; or why that is not known.
fn expected<'r>(run: &'r Run<'_>) -> std::result::Result<&'r [Frequency], String> {
    let expected = run.expected.get_or_init(|| {
        count(run).map_err(|error| format!("a column that rows are grouped by is not in articles: {error}"))
    });
    expected.as_deref().map_err(Clone::clone)
}

fn count(run: &Run<'_>) -> Result<Vec<Frequency>> {
    let slots = counted(run)?;
    let period = run.record.period();
    let groups: BTreeSet<_> = slots.keys().map(|(_, group)| group).collect();
    let dates: BTreeSet<_> = slots.keys().filter_map(|(date, _)| *date).collect();
    let mut periods = Vec::new();
    if let (Some(first), Some(last)) = (dates.first(), dates.last()) {
        let mut date = *first;
        // No longer than the table, so that a date that was made up does not take all memory.
        while date <= *last && periods.len() <= run.frequencies.len() {
            periods.push(Some(date));
            date = period.next(date);
        }
    }
    periods.push(None);
    let covered = covered(run);
    let nothing = Cells::new();
    let mut rows = Vec::new();
    for date in periods {
        let is_complete = date.map(|start| {
            covered.is_some_and(|(first, last)| first <= start && period.last_day(start) <= last)
        });
        for group in &groups {
            let cells = slots.get(&(date, (*group).clone())).unwrap_or(&nothing);
            rows.extend(row_names(run).into_iter().map(|theme| {
                let key = Key { date, group: (*group).clone(), theme: theme.to_owned() };
                row(key, period.as_str(), cells, is_complete)
            }));
        }
    }
    Ok(rows)
}

/// The row of `key` from the counts of its slot.
fn row(key: Key, period: &str, cells: &Cells<'_>, is_complete: Option<bool>) -> Frequency {
    let empty = Cell::default();
    let of = |theme: &str| cells.get(theme).unwrap_or(&empty);
    let cell = of(&key.theme);
    let mut whole = vec![of("all")];
    if key.theme == "off_topic" {
        whole.push(of("off_topic"));
    }
    let all_passages = whole.iter().map(|cell| cell.passages).sum();
    let all_articles = whole.iter().flat_map(|cell| &cell.articles).collect::<HashSet<_>>().len() as i64;
    let all_keys = whole.iter().flat_map(|cell| &cell.keys).collect::<HashSet<_>>().len() as i64;
    let [negative, _, positive] = cell.by_sentiment;
    let articles = cell.articles.len() as i64;
    Frequency {
        period: period.to_owned(),
        passages: cell.passages,
        articles,
        all_passages,
        all_articles,
        share: quotient(cell.passages, all_passages),
        article_share: quotient(articles, all_articles),
        net_sentiment: quotient(positive - negative, cell.passages),
        by_sentiment: cell.by_sentiment,
        unique_passages: cell.keys.len() as i64,
        all_unique_passages: all_keys,
        is_complete,
        key,
    }
}

/// The cells of a row by column, in words.
pub(super) fn cells_of(row: &Frequency) -> [(&'static str, String); 14] {
    let [negative, neutral, positive] = row.by_sentiment;
    [
        ("period", row.period.clone()),
        ("passages", row.passages.to_string()),
        ("articles", row.articles.to_string()),
        ("all_passages", row.all_passages.to_string()),
        ("all_articles", row.all_articles.to_string()),
        ("share", shown(row.share)),
        ("article_share", shown(row.article_share)),
        ("net_sentiment", shown(row.net_sentiment)),
        ("negative", negative.to_string()),
        ("neutral", neutral.to_string()),
        ("positive", positive.to_string()),
        ("unique_passages", row.unique_passages.to_string()),
        ("all_unique_passages", row.all_unique_passages.to_string()),
        ("complete", shown(row.is_complete)),
    ]
}

/// Checks that the numbers of a row, and of the rows of a slot, fit each other.
pub(super) fn sums(run: &Run<'_>) -> Check {
    let mut faults = Faults::default();
    for row in &run.frequencies {
        let of = |column: &str| format!("{column} of {}", row.key);
        let [negative, neutral, positive] = row.by_sentiment;
        faults.compare(row.passages, negative + neutral + positive, || of("passages"));
        faults.compare(shown(row.share), shown(quotient(row.passages, row.all_passages)), || of("share"));
        faults.compare(shown(row.article_share), shown(quotient(row.articles, row.all_articles)), || {
            of("article_share")
        });
        faults.compare(shown(row.net_sentiment), shown(quotient(positive - negative, row.passages)), || {
            of("net_sentiment")
        });
        if row.articles > row.passages
            || row.unique_passages > row.passages
            || row.passages > row.all_passages
        {
            faults.add(|| format!("{} has more articles, texts or passages than it can have", row.key));
        }
    }
    let mut slots = BTreeMap::<_, Vec<&Frequency>>::new();
    for row in &run.frequencies {
        slots.entry((row.key.date, &row.key.group)).or_default().push(row);
    }
    for rows in slots.into_values() {
        // Rows that are not there are a fault of the periods.
        let of = |theme: &str| rows.iter().find(|row| row.key.theme == theme);
        let (Some(all), Some(any), Some(none), Some(off_topic)) =
            (of("all"), of("any"), of("none"), of("off_topic"))
        else {
            continue;
        };
        faults.compare(all.passages, any.passages + none.passages, || format!("passages of {}", all.key));
        for row in &rows {
            let more = if row.key.theme == "off_topic" { off_topic.passages } else { 0 };
            faults.compare(row.all_passages, all.passages + more, || format!("all_passages of {}", row.key));
        }
    }
    faults
        .into_check("sums", format!("sums and quotients of {} rows of theme_by_date", run.frequencies.len()))
}

/// Checks that every theme has a row for every group in every period, in order.
pub(super) fn periods(run: &Run<'_>) -> Check {
    let detail =
        format!("{} rows of theme_by_date: each period, group and theme, in order", run.frequencies.len());
    let expected = match expected(run) {
        Ok(expected) => expected,
        Err(why) => return Check::not_checked("periods", why),
    };
    let mut faults = Faults::default();
    let wanted: BTreeSet<_> = expected.iter().map(|row| &row.key).collect();
    let mut found = BTreeSet::new();
    for row in &run.frequencies {
        if !wanted.contains(&row.key) {
            faults.add(|| format!("{} is no row that should be there", row.key));
        }
        if !found.insert(&row.key) {
            faults.add(|| format!("{} stands twice", row.key));
        }
    }
    for key in wanted.difference(&found) {
        faults.add(|| format!("{key} is missing"));
    }
    let order = || run.frequencies.iter().map(|row| &row.key);
    if faults.count == 0 && !order().eq(expected.iter().map(|row| &row.key)) {
        faults.add(|| "the rows are in another order".to_owned());
    }
    faults.into_check("periods", detail)
}

/// Checks every number of every row against passages and articles.
pub(super) fn recount(run: &Run<'_>) -> Check {
    let detail = format!("{} rows of theme_by_date counted again from passages", run.frequencies.len());
    let expected = match expected(run) {
        Ok(expected) => expected,
        Err(why) => return Check::not_checked("recount", why),
    };
    let mut faults = Faults::default();
    let by_key: HashMap<_, _> = expected.iter().map(|row| (&row.key, row)).collect();
    for row in &run.frequencies {
        // A row that should not be there is a fault of the periods.
        let Some(expected) = by_key.get(&row.key) else { continue };
        for ((column, found), (_, wanted)) in cells_of(row).into_iter().zip(cells_of(expected)) {
            faults.compare(found, wanted, || format!("{column} of {}", row.key));
        }
    }
    faults.into_check("recount", detail)
}

/// Checks the totals of `run.json` against the rows.
pub(super) fn totals(run: &Run<'_>) -> Check {
    let mut faults = Faults::default();
    let mut sums = BTreeMap::<&str, [i64; 5]>::new();
    for row in &run.frequencies {
        let [negative, neutral, positive] = row.by_sentiment;
        let sum = sums.entry(&row.key.theme).or_default();
        for (sum, number) in sum.iter_mut().zip([row.passages, row.articles, negative, neutral, positive]) {
            *sum += number;
        }
    }
    let totals = &run.record.totals;
    for theme in totals.keys().map(String::as_str).chain(sums.keys().copied()).collect::<BTreeSet<_>>() {
        let Total { passages, articles, negative, neutral, positive } =
            totals.get(theme).copied().unwrap_or_default();
        let columns = ["passages", "articles", "negative", "neutral", "positive"];
        let said = [passages, articles, negative, neutral, positive];
        let found = sums.get(theme).copied().unwrap_or_default();
        for ((column, said), found) in columns.into_iter().zip(said).zip(found) {
            faults.compare(i128::from(said), i128::from(found), || {
                format!("{column} of {theme} in the totals of run.json")
            });
        }
    }
    faults.into_check("totals", format!("totals of {} row names in run.json", totals.len()))
}
