//! The closing summary of a run: what came out, what did not, and what to do next. At most 25 lines.

use std::fmt::Write;

use super::Outcome;
use crate::inspect;
use crate::look::Look;
use crate::plain;
use crate::record::{Corrected, Record};
use crate::tally::{Row, Subject};

/// Cells of a trend line.
const TREND_CELLS: usize = 12;

/// Heights of a trend cell, lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The summary of a published run.
#[must_use]
pub fn summary(outcome: &Outcome, out: &str, look: &Look) -> String {
    let record = &outcome.record;
    let out = plain::line(out);
    let mut text = String::new();
    heading(&mut text, record, &outcome.rows);
    table(&mut text, record, &outcome.rows, look);
    left_aside(&mut text, outcome, &out);
    remembered(&mut text, outcome);
    let theme = most_negative(record).unwrap_or("all");
    let _ = writeln!(
        text,
        "\nRead the passages:  sendlens query {out} --theme {theme} --sentiment negative --around 1"
    );
    let _ = writeln!(text, "Tables and columns: {out}/theme_by_date.csv, {out}/dictionary.csv");
    text
}

/// The summary of a dry run.
#[must_use]
pub fn dry_summary(outcome: &Outcome) -> String {
    let record = &outcome.record;
    let counts = &record.counts;
    let mut text = format!(
        "{} files hold {} articles: {} undated, {} without body, {} not in English, {} cut short.\n",
        counts.sources,
        counts.articles + counts.articles_outside,
        counts.articles_undated,
        counts.articles_without_body,
        counts.articles_other_language,
        counts.articles_truncated,
    );
    if counts.articles_outside > 0 {
        let _ = writeln!(text, "{} are dated outside --since/--until.", counts.articles_outside);
    }
    if let Some(labels) = &record.labels {
        let _ = writeln!(text, "{} rows of labels by a person{}.", labels.rows, rest(labels, ""));
    }
    text.push_str(&inspect::skipped(&outcome.skipped));
    text.push_str("Nothing was scored or written.\n");
    text
}

fn heading(text: &mut String, record: &Record, rows: &[Row]) {
    let counts = &record.counts;
    let filled = rows.iter().filter(|row| row.subject == Subject::All && row.passages > 0);
    let dates: Vec<_> = filled.filter_map(|row| row.date).collect();
    let range = match (dates.first(), dates.last()) {
        (Some(first), Some(last)) => format!(" ({} to {})", first.strftime("%Y-%m"), last.strftime("%Y-%m")),
        _ => String::new(),
    };
    let dated = counts.articles - counts.articles_undated;
    let _ = writeln!(
        text,
        "{} articles from {} files; {dated} dated{range}, {} undated",
        counts.articles, counts.sources, counts.articles_undated
    );
    let off_topic = record.totals.get("off_topic").map_or(0, |total| total.passages);
    let _ = writeln!(
        text,
        "{} passages about SEND, {off_topic} off topic; engine {}\n",
        counts.passages_counted - off_topic,
        plain::line(&record.engine.name)
    );
}

fn table(text: &mut String, record: &Record, rows: &[Row], look: &Look) {
    let themes = &record.codebook.themes;
    let width = themes.iter().map(String::len).max().unwrap_or(0).max("no theme".len());
    let header = format!(
        "{:width$}  passages   share    neg  neut   pos  trend of share   precision  recall",
        "theme"
    );
    let _ = writeln!(text, "{}", look.heading(&header));
    let all = record.totals.get("all").map_or(0, |total| total.passages);
    let subjects = (0..themes.len()).map(Subject::Theme).chain([Subject::None, Subject::All]);
    for subject in subjects {
        let (key, name) = match subject {
            Subject::Theme(index) => (themes[index].as_str(), themes[index].as_str()),
            Subject::None => ("none", "no theme"),
            _ => ("all", "all"),
        };
        let total = record.totals.get(key).copied().unwrap_or_default();
        let percent = |part: u64, whole: u64| match whole {
            0 => "–".to_owned(),
            _ => format!("{:.0}%", 100.0 * part as f64 / whole as f64),
        };
        let share = match all {
            0 => "–".to_owned(),
            _ => format!("{:.1}%", 100.0 * total.passages as f64 / all as f64),
        };
        let measured = record.engine.measured.get(key);
        let quality =
            |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        let (precision, recall) = match subject {
            Subject::Theme(_) => {
                (quality(measured.map(|label| label.precision)), quality(measured.map(|label| label.recall)))
            }
            _ => (String::new(), String::new()),
        };
        let trend = if matches!(subject, Subject::All) { String::new() } else { trend(rows, subject) };
        let padded = format!("{name:width$}");
        let name = match subject {
            Subject::Theme(index) => look.theme(index, &padded),
            _ => padded.as_str().into(),
        };
        let line = format!(
            "{name}  {:>8}  {share:>6}  {:>5} {:>5} {:>5}  {trend:TREND_CELLS$}     {precision:>9}  {recall:>6}",
            total.passages,
            percent(total.negative, total.passages),
            percent(total.neutral, total.passages),
            percent(total.positive, total.passages),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if record.engine.measured.is_empty() {
        text.push_str("Precision and recall of this engine have not been measured.\n");
    } else {
        text.push_str(
            "Counts are the model's, uncorrected; precision and recall come from passages that it had not learned from.\n",
        );
    }
}

/// What scores of earlier runs were good for, where they were.
fn remembered(text: &mut String, outcome: &Outcome) {
    let Some(used) = &outcome.cache else { return };
    if used.found > 0 {
        let all = used.found + used.scored;
        let _ =
            writeln!(text, "{} of {all} distinct inputs had been scored before (--no-cache).", used.found);
    }
    if let Some(reason) = &used.rebuilt {
        let _ = writeln!(text, "The cache was unusable and was begun anew: {}.", plain::line(reason));
    }
}

/// The share of a subject over time, each cell a stretch of equal length, scaled from 0 to its highest.
fn trend(rows: &[Row], subject: Subject) -> String {
    let mut dates: Vec<_> = rows.iter().filter_map(|row| row.date).collect();
    dates.dedup();
    let cells = dates.len().min(TREND_CELLS);
    let mut parts = vec![(0, 0); cells];
    for row in rows.iter().filter(|row| row.subject == subject) {
        if let Some(place) = row.date.and_then(|date| dates.binary_search(&date).ok()) {
            let cell = &mut parts[place * cells / dates.len()];
            cell.0 += row.passages;
            cell.1 += row.all_passages;
        }
    }
    let shares: Vec<_> =
        parts.iter().map(|(part, all)| (*all > 0).then(|| *part as f64 / *all as f64)).collect();
    let highest = shares.iter().flatten().copied().fold(0.0, f64::max);
    shares
        .iter()
        .map(|share| match share {
            Some(share) if highest > 0.0 => {
                // The quotient lies in [0, 1]; the product's integer part is an index of BARS or one past it.
                BARS[((share / highest * BARS.len() as f64) as usize).min(BARS.len() - 1)]
            }
            Some(_) => BARS[0],
            None => ' ',
        })
        .collect()
}

fn left_aside(text: &mut String, outcome: &Outcome, out: &str) {
    let record = &outcome.record;
    let counts = &record.counts;
    text.push('\n');
    if let Some(labels) = &record.labels {
        let _ = writeln!(
            text,
            "Labelled by a person: {} passages, {} labels changed, {} confirmed{}",
            labels.passages,
            labels.changed,
            labels.confirmed,
            rest(labels, &format!("; {out}/labels.csv says which"))
        );
    }
    if !outcome.skipped.is_empty() {
        let mut reasons = std::collections::BTreeMap::<_, usize>::new();
        for row in &outcome.skipped {
            *reasons.entry(row.reason).or_default() += 1;
        }
        let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let _ = writeln!(
            text,
            "Could not be read: {} inputs ({}), listed in {out}/skipped.csv",
            outcome.skipped.len(),
            reasons.join(", ")
        );
    }
    if counts.articles_undated > 0 {
        let _ = writeln!(
            text,
            "Undated: {} articles; fill in {out}/undated.csv and run again with --metadata {out}/undated.csv",
            counts.articles_undated
        );
    }
    let uncounted = [
        (counts.articles_other_language, "not in English"),
        (counts.articles_truncated, "cut short by their source"),
        (counts.articles_without_body, "without body"),
        (counts.articles_outside, "outside --since/--until"),
    ];
    let uncounted: Vec<_> = uncounted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !uncounted.is_empty() {
        let _ = writeln!(text, "Not counted: {} (articles.parquet says which)", uncounted.join(", "));
    }
    for note in record.notes.iter().take(3) {
        let _ = writeln!(text, "Note: {}", plain::line(note));
    }
}

/// What became of the rows of labels that did not simply find their passage, and where to look.
fn rest(labels: &Corrected, where_to_look: &str) -> String {
    let parts = [
        (labels.moved, "found by their text"),
        (labels.not_counted, "of passages that are not counted"),
        (labels.not_found, "not found"),
    ];
    let parts: Vec<_> =
        parts.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!("{rows} {what}")).collect();
    if parts.is_empty() { String::new() } else { format!("; rows: {}{where_to_look}", parts.join(", ")) }
}

/// The theme with the most negative passages.
fn most_negative(record: &Record) -> Option<&str> {
    let themes = record.codebook.themes.iter();
    themes.max_by_key(|theme| record.totals.get(*theme).map_or(0, |total| total.negative)).map(String::as_str)
}
