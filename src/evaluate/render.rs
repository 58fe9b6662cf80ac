//! An [`Evaluation`] as tables in Markdown, aligned so that they read as plain text too.

use super::challenge::ChallengeQuality;
use super::report::Report;
use super::{Evaluation, Gain, GroupQuality, Interval, LabelQuality};
use crate::score::Sentiment;

/// Names of the means that stand beside labels in tables.
pub const MACRO: &str = "themes, macro";
/// F1 over all decisions about themes together.
pub const MICRO: &str = "themes, micro";
/// Mean of the sentiments' F1.
pub const SENTIMENT_MACRO: &str = "sentiment, macro";
/// Share of the sentiments that are right.
pub const ACCURACY: &str = "sentiment, accuracy";

/// Name of the engine of word lists, and of its column.
pub(super) const LEXICON: &str = "lexicon";

/// Name of the column of the engine measured.
const MODEL: &str = "model";

/// Where a measure is not defined, or a label was not measured.
const NOTHING: &str = "–";

/// A table of text; the first column is aligned left, the others right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Column titles.
    pub header: Vec<String>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Markdown with cells padded to the width of their column, ending in a line break.
    #[must_use]
    pub fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.chain(self.header.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let line = |cells: &[String]| {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
        };
        let rule: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| match column {
                0 => "-".repeat(*width),
                _ => format!("{}:", "-".repeat(width.saturating_sub(1))),
            })
            .collect();
        let mut text = line(&self.header);
        text.push_str(&line(&rule));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text
    }
}

/// F1 per label with intervals, one column per evaluation; the last column is the support in the last one.
#[must_use]
pub fn side_by_side(evaluations: &[(&str, &Evaluation)]) -> Table {
    let header = ["F1"].into_iter().chain(evaluations.iter().map(|(name, _)| *name)).chain(["passages"]);
    let mut table = Table { header: header.map(str::to_owned).collect(), rows: Vec::new() };
    let Some((_, last)) = evaluations.last() else { return table };
    let mut names: Vec<&str> = Vec::new();
    for label in evaluations.iter().flat_map(|(_, evaluation)| &evaluation.themes) {
        if !names.contains(&label.name.as_str()) {
            names.push(&label.name);
        }
    }
    let row = |name: &str, value: &dyn Fn(&Evaluation) -> Option<Interval>, support: String| {
        let cells = evaluations.iter().map(|(_, evaluation)| interval(value(evaluation)));
        [name.to_owned()].into_iter().chain(cells).chain([support]).collect::<Vec<_>>()
    };
    let support = |label: Option<&LabelQuality>| {
        label.map_or_else(|| NOTHING.to_owned(), |label| label.counts.support().to_string())
    };
    for name in names {
        let find = |evaluation: &Evaluation| label(&evaluation.themes, name).and_then(|label| label.f1);
        table.rows.push(row(name, &find, support(label(&last.themes, name))));
    }
    let themes = NOTHING.to_owned();
    table.rows.push(row(MACRO, &|evaluation| evaluation.macro_f1, themes.clone()));
    table.rows.push(row(MICRO, &|evaluation| evaluation.micro_f1, themes));
    if evaluations.iter().any(|(_, evaluation)| evaluation.relevant.is_some()) {
        let find = |evaluation: &Evaluation| evaluation.relevant.as_ref().and_then(|label| label.f1);
        table.rows.push(row("relevant", &find, support(last.relevant.as_ref())));
        let find = |evaluation: &Evaluation| evaluation.off_topic.as_ref().and_then(|label| label.f1);
        table.rows.push(row("off_topic", &find, support(last.off_topic.as_ref())));
    }
    if evaluations.iter().any(|(_, evaluation)| !evaluation.sentiment.is_empty()) {
        for sentiment in Sentiment::ALL {
            let name = sentiment.as_str();
            let find =
                |evaluation: &Evaluation| label(&evaluation.sentiment, name).and_then(|label| label.f1);
            table.rows.push(row(name, &find, support(label(&last.sentiment, name))));
        }
        let all: u64 = last.sentiment.iter().map(|label| label.counts.support()).sum();
        table.rows.push(row(SENTIMENT_MACRO, &|evaluation| evaluation.sentiment_macro_f1, all.to_string()));
        let accuracy = |evaluation: &Evaluation| evaluation.sentiment_accuracy;
        table.rows.push(row(ACCURACY, &accuracy, all.to_string()));
    }
    table
}

/// F1 of the engine beside that of the word lists, with the gain.
#[must_use]
pub fn beside(report: &Report) -> Table {
    let model = if report.engine == LEXICON { LEXICON } else { MODEL };
    let Some(lexicon) = &report.lexicon else { return side_by_side(&[(model, &report.evaluation)]) };
    let mut table = side_by_side(&[(LEXICON, lexicon), (model, &report.evaluation)]);
    let place = table.header.len() - 1;
    table.header.insert(place, "gain".to_owned());
    for row in &mut table.rows {
        let gain = report.gains.iter().find(|gain| gain.name == row[0]);
        row.insert(place, signed(gain.map(|gain| gain.gain)));
    }
    table
}

/// Precision, recall and F1 with intervals, and support, per label.
#[must_use]
pub fn labels(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(["label", "precision", "recall", "F1", "passages"]);
    for label in evaluation
        .themes
        .iter()
        .chain(&evaluation.relevant)
        .chain(&evaluation.off_topic)
        .chain(&evaluation.sentiment)
    {
        table.row([
            label.name.clone(),
            interval(label.precision),
            interval(label.recall),
            interval(label.f1),
            label.counts.support().to_string(),
        ]);
    }
    table
}

/// Krippendorff's alpha per label, of the engine and of the word lists.
#[must_use]
pub fn agreement(report: &Report) -> Table {
    let mut table = Table::new(["alpha", MODEL]);
    if report.lexicon.is_some() {
        table.header.insert(1, LEXICON.to_owned());
    }
    for label in &report.evaluation.agreement {
        let mut row = vec![label.name.clone(), interval(label.alpha)];
        if let Some(lexicon) = &report.lexicon {
            let found = lexicon.agreement.iter().find(|other| other.name == label.name);
            row.insert(1, interval(found.and_then(|found| found.alpha)));
        }
        table.rows.push(row);
    }
    table
}

/// F1 of themes and sentiment per group, each mean after that of the word lists.
#[must_use]
pub fn groups(name: &str, groups: &[GroupQuality], lexicon: Option<&[GroupQuality]>) -> Table {
    type Measure = fn(&GroupQuality) -> Option<f64>;
    let measures: [(&str, Measure); 3] = [
        ("themes, macro F1", |group| group.macro_f1),
        ("themes, micro F1", |group| group.micro_f1),
        ("sentiment, macro F1", |group| group.sentiment_macro_f1),
    ];
    let mut table = Table::new([name, "articles", "passages"]);
    for (measure, _) in measures {
        table.header.extend(lexicon.map(|_| LEXICON.to_owned()));
        table.header.push(measure.to_owned());
    }
    for (place, group) in groups.iter().enumerate() {
        let mut row = vec![group.name.clone(), group.articles.to_string(), group.passages.to_string()];
        for (_, measure) in measures {
            // Groups are those of the passages, so they are the same for every engine.
            row.extend(lexicon.map(|lexicon| share(measure(&lexicon[place]))));
            row.push(share(measure(group)));
        }
        table.rows.push(row);
    }
    table
}

/// Measures as they were and with other names.
#[must_use]
pub fn swapped(gains: &[Gain]) -> Table {
    let mut table = Table::new(["F1", "names as they are", "other names", "change"]);
    for gain in gains {
        table.row([
            gain.name.clone(),
            share(Some(gain.first)),
            share(Some(gain.second)),
            signed(Some(gain.gain)),
        ]);
    }
    table
}

/// Shares of passages and of pairs that are right, per kind of pair.
#[must_use]
pub fn pairs(model: &ChallengeQuality, lexicon: Option<&ChallengeQuality>) -> Table {
    let mut table = Table::new(["pair", "pairs", "passages"]);
    for title in ["passages right", "pairs right"] {
        table.header.extend(lexicon.map(|_| LEXICON.to_owned()));
        table.header.push(title.to_owned());
    }
    for (place, row) in model.kinds.iter().enumerate() {
        let beside = lexicon.map(|lexicon| &lexicon.kinds[place]);
        let mut cells = vec![row.kind.clone(), row.pairs.to_string(), row.passages.to_string()];
        cells.extend(beside.map(|beside| interval(beside.accuracy)));
        cells.push(interval(row.accuracy));
        cells.extend(beside.map(|beside| interval(beside.pairs_right)));
        cells.push(interval(row.pairs_right));
        table.rows.push(cells);
    }
    table
}

/// Passages about SEND by true sentiment (rows) and given sentiment (columns).
#[must_use]
pub fn confusion(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(["is", "given negative", "given neutral", "given positive"]);
    for (sentiment, row) in Sentiment::ALL.iter().zip(&evaluation.confusion) {
        let [negative, neutral, positive] = row.map(|count| count.to_string());
        table.row([sentiment.as_str().to_owned(), negative, neutral, positive]);
    }
    table
}

/// Expected calibration error and Brier score per label.
#[must_use]
pub fn calibration(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(["label", "expected calibration error", "Brier score", "decisions"]);
    for label in &evaluation.calibration {
        table.row([
            label.name.clone(),
            format!("{:.3}", label.expected_error),
            format!("{:.3}", label.brier),
            label.decisions.to_string(),
        ]);
    }
    table
}

/// A measure and its interval, to two decimals.
#[must_use]
pub fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || NOTHING.to_owned(),
        |Interval { value, low, high }| {
            // A dash before a minus is hard to read.
            let dash = if low < 0.0 { " to " } else { "–" };
            format!("{value:.2} ({low:.2}{dash}{high:.2})")
        },
    )
}

/// A difference and its interval, to two decimals, with signs.
#[must_use]
pub fn signed(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || NOTHING.to_owned(),
        |Interval { value, low, high }| {
            // Rounded first, so that a difference below half a hundredth has no sign of its own.
            let [value, low, high] = [value, low, high].map(|value| (value * 100.0).round() / 100.0 + 0.0);
            format!("{value:+.2} ({low:+.2} to {high:+.2})")
        },
    )
}

/// A measure to two decimals.
#[must_use]
pub fn share(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.2}"))
}

fn label<'a>(labels: &'a [LabelQuality], name: &str) -> Option<&'a LabelQuality> {
    labels.iter().find(|label| label.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_padded_to_their_column() {
        let mut table = Table::new(["a", "long"]);
        table.row(["wide".into(), "1".into()]);
        assert_eq!(table.markdown(), "| a    | long |\n| ---- | ---: |\n| wide |    1 |\n");
    }

    #[test]
    fn an_interval_is_shown_with_its_ends() {
        let shown = interval(Some(Interval { value: 0.5, low: 0.25, high: 0.755 }));
        assert_eq!(shown, "0.50 (0.25–0.76)");
        assert_eq!(interval(None), NOTHING);
        let below = Some(Interval { value: -0.05, low: -0.25, high: -0.01 });
        assert_eq!(interval(below), "-0.05 (-0.25 to -0.01)");
        let shown = signed(Some(Interval { value: -0.004, low: -0.1, high: 0.25 }));
        assert_eq!(shown, "+0.00 (-0.10 to +0.25)");
    }
}
