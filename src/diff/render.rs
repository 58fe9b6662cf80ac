//! What differs, as text for people and as JSON for programs.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Articles, Cells, Counts, Difference, LabelChange, Labels};
use crate::look::Look;
use crate::plain;

/// The difference as text: sums first, then at most `limit` examples of each kind.
#[must_use]
pub fn text(difference: &Difference, limit: usize, look: &Look) -> String {
    if difference.is_empty() {
        return "The runs do not differ.\n".to_owned();
    }
    let mut page = Page { text: String::new(), limit, look };
    page.causes(difference);
    page.articles(&difference.articles);
    page.labels(&difference.labels);
    page.cells(&difference.cells);
    page.text
}

/// The difference as JSON, all of it.
#[must_use]
pub fn json(difference: &Difference) -> String {
    let mut json = serde_json::to_string_pretty(difference).expect("differences are plain data");
    json.push('\n');
    json
}

/// A text that grows.
struct Page<'a> {
    text: String,
    limit: usize,
    look: &'a Look,
}

impl Page<'_> {
    fn heading(&mut self, heading: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        for line in self.look.wrap(heading, 0) {
            let _ = writeln!(self.text, "{}", self.look.heading(&line));
        }
    }

    /// A line that is wrapped; what follows the first is set in by two columns more.
    fn line(&mut self, indent: usize, line: &str) {
        for (number, part) in self.look.wrap(&plain::line(line), indent + 2).iter().enumerate() {
            let indent = if number == 0 { indent } else { indent + 2 };
            let _ = writeln!(self.text, "{:indent$}{part}", "");
        }
    }

    /// The first few of `items`, and how many more there are.
    fn some<T>(&mut self, items: &[T], mut show: impl FnMut(&mut Self, &T)) {
        for item in items.iter().take(self.limit) {
            show(self, item);
        }
        if items.len() > self.limit {
            self.line(2, &format!("and {} more; --limit 0 shows all", items.len() - self.limit));
        }
    }

    /// Rows of cells, each column as wide as its widest cell. The last one is wrapped.
    fn table(&mut self, rows: &[Vec<String>]) {
        let rows: Vec<Vec<_>> =
            rows.iter().map(|row| row.iter().map(|cell| plain::line(cell).into_owned()).collect()).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for row in &rows {
            let Some((last, rest)) = row.split_last() else { continue };
            let mut line = " ".to_owned();
            for (cell, width) in rest.iter().zip(&widths) {
                let _ = write!(line, " {cell}{:1$} ", "", width - cell.width());
            }
            let indent = line.width() + 1;
            for (number, part) in self.look.wrap(last, indent).iter().enumerate() {
                let before = if number == 0 { line.clone() } else { " ".repeat(indent - 1) };
                let _ = writeln!(self.text, "{}", format!("{before} {part}").trim_end());
            }
        }
    }

    fn causes(&mut self, difference: &Difference) {
        self.heading(if difference.causes.is_empty() {
            "The runs were made from the same and with the same"
        } else {
            "What the runs were made from and with"
        });
        let rows: Vec<_> = difference
            .causes
            .iter()
            .map(|cause| vec![cause.what.clone(), format!("{} → {}", cause.before, cause.after)])
            .collect();
        self.table(&rows);
    }

    fn articles(&mut self, articles: &Articles) {
        self.heading(&format!(
            "Articles: {} added, {} removed, {} renamed, {} changed, {} the same",
            articles.added.len(),
            articles.removed.len(),
            articles.renamed.len(),
            articles.changed.len(),
            articles.same
        ));
        self.some(&articles.added, |page, id| page.line(2, &format!("added {id}")));
        self.some(&articles.removed, |page, id| page.line(2, &format!("removed {id}")));
        self.some(&articles.renamed, |page, renamed| {
            page.line(2, &format!("renamed {} → {}", renamed.before, renamed.after));
        });
        self.some(&articles.changed, |page, changed| {
            let changes = changed.changes.iter();
            let changes: Vec<_> = changes
                .map(|change| format!("{} {} → {}", change.column, change.before, change.after))
                .collect();
            page.line(2, &format!("changed {}: {}", changed.article, changes.join("; ")));
        });
    }

    fn labels(&mut self, labels: &Labels) {
        self.heading(&format!(
            "Passages counted: {} in both, {} only in the first run, {} only in the second",
            labels.in_both, labels.only_before, labels.only_after
        ));
        let rows: Vec<_> = labels
            .summary
            .iter()
            .map(|row| {
                let count = if row.changed > 0 {
                    format!("{} changed", row.changed)
                } else {
                    format!("{} gained, {} lost", row.gained, row.lost)
                };
                let reasons =
                    row.reasons.iter().map(|(reason, count)| format!("{} {count}", reason.as_str()));
                vec![row.label.clone(), count, reasons.collect::<Vec<_>>().join(", ")]
            })
            .collect();
        self.table(&rows);
        self.some(&labels.changes, Self::label);
    }

    fn label(&mut self, change: &LabelChange) {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let mut line = format!(
            "{} {} {} → {} ({})",
            change.passage,
            change.label,
            value(&change.before),
            value(&change.after),
            change.reason.as_str()
        );
        if change.score_before.or(change.score_after).is_some() {
            let score =
                |score: Option<f32>| score.map_or_else(|| "–".to_owned(), |score| format!("{score:.3}"));
            let _ = write!(line, ", score {} → {}", score(change.score_before), score(change.score_after));
        }
        self.line(2, &line);
        for line in self.look.wrap(&plain::line(&start(&change.text)), 6) {
            let _ = writeln!(self.text, "      {}", self.look.aside(&line));
        }
    }

    fn cells(&mut self, cells: &Cells) {
        if let Some(why) = &cells.not_compared {
            self.heading("Cells of theme_by_date were not compared");
            return self.line(2, why);
        }
        self.heading(&format!("Cells of theme_by_date: {} changed", cells.changed.len()));
        let shown = &cells.changed[..cells.changed.len().min(self.limit)];
        let mut rows = Vec::new();
        if !shown.is_empty() {
            rows.push(["date", "theme", "group", "passages", "share"].map(str::to_owned).to_vec());
        }
        rows.extend(shown.iter().map(|cell| {
            let group = cell.key.group.iter().map(|value| value.as_deref().unwrap_or("(unknown)"));
            let arrow =
                |of: &dyn Fn(&Counts) -> String| format!("{} → {}", of(&cell.before), of(&cell.after));
            vec![
                cell.key.date.map_or_else(|| "undated".to_owned(), |date| date.to_string()),
                cell.key.theme.clone(),
                group.collect::<Vec<_>>().join(", "),
                arrow(&|counts| counts.passages.to_string()),
                arrow(&|counts| percent(counts.share)),
            ]
        }));
        // A column for groups where there are any.
        if shown.iter().all(|cell| cell.key.group.is_empty()) {
            rows.iter_mut().for_each(|row| drop(row.remove(2)));
        }
        self.table(&rows);
        self.some(&cells.changed, |_, _| {});
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1}%", 100.0 * share))
}

/// The first words of a passage: enough to know it again.
fn start(text: &str) -> String {
    const WORDS: usize = 24;
    let mut words = text.split_whitespace();
    let mut start = words.by_ref().take(WORDS).collect::<Vec<_>>().join(" ");
    if words.next().is_some() {
        start.push_str(" …");
    }
    start
}

#[cfg(test)]
mod tests {
    use super::super::{Cause, ChangedCell};
    use super::*;
    use crate::written::Key;

    fn difference() -> Difference {
        let text = "\u{1b}[2JThe taxi came.".to_owned();
        let counts = |passages| Counts {
            passages,
            all_passages: 10,
            share: Some(passages as f64 / 10.0),
            ..Counts::default()
        };
        let cell = |theme: &str, passages| ChangedCell {
            key: Key { date: None, group: Vec::new(), theme: theme.to_owned() },
            before: counts(4),
            after: counts(passages),
        };
        Difference {
            causes: vec![Cause { what: "corpus".into(), before: "abc".into(), after: "def".into() }],
            articles: Articles {
                added: vec!["a\u{202e}.txt".into(), "b.txt".into()],
                same: 3,
                ..Articles::default()
            },
            labels: Labels {
                changes: vec![LabelChange {
                    passage: "a.txt#1".into(),
                    label: "transport".into(),
                    before: Some("yes".into()),
                    after: Some("no".into()),
                    reason: super::super::Reason::Threshold,
                    score_before: Some(0.5),
                    score_after: Some(0.5),
                    text,
                }],
                in_both: 7,
                ..Labels::default()
            },
            cells: Cells { not_compared: None, changed: vec![cell("transport", 5), cell("all", 12)] },
        }
    }

    #[test]
    fn sums_come_first_and_text_cannot_drive_a_terminal() {
        let expected = "What the runs were made from and with
  corpus  abc → def

Articles: 2 added, 0 removed, 0 renamed, 0 changed, 3 the same
  added a.txt
  and 1 more; --limit 0 shows all

Passages counted: 7 in both, 0 only in the first run, 0 only in the second
  a.txt#1 transport yes → no (threshold), score 0.500 → 0.500
      The taxi came.

Cells of theme_by_date: 2 changed
  date     theme      passages  share
  undated  transport  4 → 5     40.0% → 50.0%
  and 1 more; --limit 0 shows all
";
        let shown = text(&difference(), 1, &Look::default());
        assert_eq!(shown, expected);
        assert!(json(&difference()).contains("\"reason\": \"threshold\""));
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        let look = Look { width: 44, ..Look::default() };
        let shown = text(&difference(), 10, &look);
        assert!(shown.lines().all(|line| line.width() <= 44), "{shown}");
    }
}
