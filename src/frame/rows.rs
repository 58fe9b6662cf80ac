//! Nouns become rows, in the order of their [`super::schema`].

use crate::article::{Published, Role, Skipped, passage_id};
use crate::correction::Correction;
use crate::pipeline::Document;
use crate::score::Sentiment;
use crate::tally::{Period, Row, Subject};

use super::Value;

type Cells<'a> = Vec<Value<'a>>;

/// The name of a subject in the `theme` column.
#[must_use]
pub fn subject_name(subject: Subject, themes: &[String]) -> &str {
    match subject {
        Subject::Theme(index) => &themes[index],
        Subject::All => "all",
        Subject::Any => "any",
        Subject::None => "none",
        Subject::OffTopic => "off_topic",
    }
}

/// A row of `theme_by_date`.
#[must_use]
pub fn theme_by_date<'a>(row: &'a Row, period: Period, themes: &'a [String]) -> Cells<'a> {
    let mut cells: Cells<'a> =
        vec![row.date.into(), period.as_str().into(), subject_name(row.subject, themes).into()];
    cells.extend(row.group.iter().map(|value| Value::from(value.as_deref())));
    let [negative, neutral, positive] = row.by_sentiment;
    cells.extend([
        row.passages.into(),
        row.articles.into(),
        row.all_passages.into(),
        row.all_articles.into(),
        row.share().into(),
        row.article_share().into(),
        row.net_sentiment().into(),
        negative.into(),
        neutral.into(),
        positive.into(),
        row.unique_passages.into(),
        row.all_unique_passages.into(),
        row.is_complete.into(),
    ]);
    cells
}

/// The rows of `theme_shares_wide` (with `share`) or `theme_counts_wide` (without) from the rows of one tally.
#[must_use]
pub fn wide<'a>(rows: &'a [Row], period: Period, themes: usize, has_shares: bool) -> Vec<Cells<'a>> {
    let subjects = themes + 4;
    rows.chunks(subjects)
        .map(|chunk| {
            let first = &chunk[0];
            let mut cells: Cells<'a> = vec![first.date.into(), period.as_str().into()];
            cells.extend(first.group.iter().map(|value| Value::from(value.as_deref())));
            cells.extend(
                chunk[..themes]
                    .iter()
                    .map(|row| if has_shares { Value::from(row.share()) } else { Value::from(row.passages) }),
            );
            cells
        })
        .collect()
}

/// The rows of `passages` for one document.
#[must_use]
pub fn passages<'a>(document: &'a Document, themes: &'a [String]) -> Vec<Cells<'a>> {
    let article = &document.article;
    let date = document.published.chosen.as_ref().map(|chosen| chosen.date);
    document
        .passages
        .iter()
        .zip(&document.scored)
        .map(|(passage, scored)| {
            let scores = scored.as_ref().map(|scored| &scored.scores);
            let labels = scored.as_ref().map(|scored| &scored.labels);
            let given = labels.map(|labels| labels.given(themes));
            let is_corrected = scored.as_ref().map(|scored| scored.by_person.is_some());
            vec![
                passage_id(&article.id, passage.position).into(),
                article.id.as_str().into(),
                passage.position.into(),
                passage.span.of(&article.text).into(),
                passage.span.start.into(),
                passage.span.end.into(),
                passage.source.map(|span| span.start).into(),
                passage.source.map(|span| span.end).into(),
                passage.kind.as_str().into(),
                passage.lead_in.map(|position| passage_id(&article.id, position)).into(),
                passage.words.into(),
                scores.map(|scores| scores.tokens).into(),
                scores.map(|scores| scores.truncated_tokens).into(),
                date.into(),
                article.fields.outlet.as_deref().into(),
                document.cluster.as_deref().into(),
                scored.is_some().into(),
                labels.map(|labels| labels.is_relevant).into(),
                scores.map(|scores| scores.relevant).into(),
                given.into(),
                labels.map(|labels| labels.sentiment.as_str()).into(),
                scores.map(|scores| scores.sentiment[0]).into(),
                scores.map(|scores| scores.sentiment[1]).into(),
                scores.map(|scores| scores.sentiment[2]).into(),
                is_corrected.map(labelled_by).into(),
            ]
        })
        .collect()
}

/// Who a label is from.
#[must_use]
pub fn labelled_by(is_person: bool) -> &'static str {
    if is_person { "person" } else { "engine" }
}

/// A row of `labels.csv`.
#[must_use]
pub fn correction<'a>(correction: &'a Correction, further: &'a [String]) -> Cells<'a> {
    let row = &correction.row;
    let flag = |given: Option<bool>| Value::from(given.map(|given| if given { "yes" } else { "no" }));
    let mut cells: Cells<'a> =
        vec![row.passage.as_deref().into(), row.title.as_deref().into(), row.text.as_deref().into()];
    cells.push(flag(row.labels.relevant));
    cells.extend(row.labels.themes.iter().map(|given| flag(*given)));
    cells.extend([
        row.labels.sentiment.map(Sentiment::as_str).into(),
        row.note.as_deref().into(),
        correction.fate.as_str().into(),
    ]);
    cells.extend(further.iter().map(|column| Value::from(row.further.get(column).map(String::as_str))));
    cells
}

/// The rows of `labels` for one document.
#[must_use]
pub fn labels<'a>(document: &'a Document, themes: &'a [String], thresholds: &[f32]) -> Vec<Cells<'a>> {
    let mut rows = Vec::new();
    for (passage, scored) in document.passages.iter().zip(&document.scored) {
        let Some(scored) = scored else { continue };
        let id = passage_id(&document.article.id, passage.position);
        for (index, theme) in themes.iter().enumerate() {
            rows.push(vec![
                id.clone().into(),
                theme.as_str().into(),
                scored.scores.themes[index].into(),
                scored.alone[index].into(),
                scored.labels.themes[index].into(),
                thresholds[index].into(),
                labelled_by(scored.by_person.as_ref().is_some_and(|by| by.decides(index))).into(),
            ]);
        }
    }
    rows
}

/// The rows of `blocks` for one document.
#[must_use]
pub fn blocks(document: &Document) -> Vec<Cells<'_>> {
    let article = &document.article;
    let numbered = article.blocks.iter().enumerate();
    numbered
        .map(|(index, block)| {
            vec![
                article.id.as_str().into(),
                (index + 1).into(),
                block.role.as_str().into(),
                block.span.start.into(),
                block.span.end.into(),
                article.text_of(block).into(),
                block.rule.into(),
                block.probability.into(),
            ]
        })
        .collect()
}

/// The rows of `date_clues` for one article.
#[must_use]
pub fn date_clues<'a>(article: &'a str, published: &'a Published) -> Vec<Cells<'a>> {
    let clues = published.clues.iter();
    clues
        .map(|clue| {
            vec![
                article.into(),
                clue.text.as_str().into(),
                clue.start.into(),
                clue.source.as_str().into(),
                clue.earliest.into(),
                clue.latest.into(),
                clue.confidence.into(),
                clue.is_accepted.into(),
                clue.reason.into(),
            ]
        })
        .collect()
}

/// What `articles` says of one article, kept until the number of copies is known.
#[derive(Debug, Clone)]
pub struct ArticleRow {
    cells: Cells<'static>,
    extra: Vec<Option<String>>,
    warnings: Vec<String>,
    is_counted: bool,
    /// See [`Document::cluster`].
    pub cluster: Option<String>,
}

impl ArticleRow {
    /// Takes from `document` what the table needs; `extra` names the columns of the user's metadata.
    #[must_use]
    pub fn new(document: &Document, extra: &[String]) -> Self {
        let article = &document.article;
        let fields = &article.fields;
        let published = &document.published;
        let chosen = published.chosen.as_ref();
        let counted = || document.passages.iter().filter(|passage| passage.kind.is_counted());
        let cells = vec![
            article.id.clone().into(),
            fields.outlet.clone().into(),
            article.title().map(str::to_owned).into(),
            fields.authors.clone().into(),
            fields.url.clone().into(),
            article.language.clone().into(),
            chosen.map(|chosen| chosen.date).into(),
            chosen.map(|chosen| chosen.precision.as_str()).into(),
            chosen.map(|chosen| chosen.source.as_str()).into(),
            chosen.map(|chosen| chosen.confidence).into(),
            chosen.map(|chosen| chosen.text.clone()).into(),
            published.not_before.into(),
            published.not_after.into(),
            published.modified.into(),
            article.format.as_str().into(),
            article.encoding.into(),
            counted().map(|passage| passage.words).sum::<usize>().into(),
            counted().count().into(),
            removed_share(document).into(),
            document.cluster.clone().into(),
        ];
        Self {
            cells,
            extra: extra.iter().map(|name| fields.extra.get(name).cloned()).collect(),
            warnings: article.warnings.iter().map(|warning| warning.code.to_owned()).collect(),
            is_counted: document.is_counted,
            cluster: document.cluster.clone(),
        }
    }

    /// The row, with the number of articles in its cluster (1 for an article without body).
    #[must_use]
    pub fn into_cells(self, copies: u64) -> Cells<'static> {
        let mut cells = self.cells;
        cells.extend([copies.into(), self.is_counted.into(), self.warnings.into()]);
        cells.extend(self.extra.into_iter().map(Value::from));
        cells
    }
}

/// Share of an article's words outside headline, standfirst, subheads, body and list items; `None` without words.
fn removed_share(document: &Document) -> Option<f64> {
    let article = &document.article;
    let mut kept = 0;
    let mut all = 0;
    for block in &article.blocks {
        let words = article.text_of(block).split_whitespace().count();
        all += words;
        if matches!(
            block.role,
            Role::Headline | Role::Standfirst | Role::Subhead | Role::Body | Role::ListItem
        ) {
            kept += words;
        }
    }
    (all > 0).then(|| (all - kept) as f64 / all as f64)
}

/// A row of `skipped`.
#[must_use]
pub fn skipped(skipped: &Skipped) -> Cells<'_> {
    vec![
        skipped.path.as_str().into(),
        skipped.record.into(),
        skipped.reason.into(),
        skipped.detail.as_str().into(),
    ]
}

/// A row of `undated`.
#[must_use]
pub fn undated(document: &Document) -> Cells<'static> {
    vec![
        document.article.id.clone().into(),
        document.article.title().map(str::to_owned).into(),
        document.published.not_before.into(),
        document.published.not_after.into(),
        Value::Null,
    ]
}
