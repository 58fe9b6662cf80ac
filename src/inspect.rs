//! One file, explained: blocks with their roles, date clues and why, passages with scores.
//!
//! The answer to "why does it say that?". *Takes* a prepared and scored [`Document`]. *Gives* text for
//! people or JSON for programs. Article text is made safe to print.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::article::{Block, Role, Skipped};
use crate::explain::Word;
use crate::look::Look;
use crate::pipeline::{Document, Scored};
use crate::plain;
use crate::score::{LabelSet, Sentiment, Thresholds};

/// Columns before the text of a block: its number, role, probability and rule.
const BLOCK_INDENT: usize = 47;

/// Columns before the text of a passage.
const PASSAGE_INDENT: usize = 6;

/// Characters shown of a block where there is little room beside these.
const LEAST_SHOWN: usize = 30;

/// Words shown per label, and the support below which none is.
const WORDS: usize = 6;
const LEAST_SUPPORT: f32 = 0.005;

/// The least change of a score by the rest of the article that is shown.
const LEAST_SHIFT: f32 = 0.1;

/// The document as text; `words` are those of each passage, or nothing.
#[must_use]
pub fn text(
    document: &Document,
    labels: &LabelSet,
    thresholds: &Thresholds,
    words: &[Vec<Word>],
    look: &Look,
) -> String {
    let article = &document.article;
    let mut text = String::new();
    let _ = writeln!(text, "{}", look.heading(&plain::line(&article.id)));
    let facts = [
        ("title", article.title().map(str::to_owned)),
        ("outlet", article.fields.outlet.clone()),
        ("authors", Some(article.fields.authors.join(", ")).filter(|names| !names.is_empty())),
        ("url", article.fields.url.clone()),
        ("language", article.language.clone()),
        ("format", Some(format!("{}, {}", article.format.as_str(), article.encoding))),
        ("cluster", document.cluster.clone()),
    ];
    for (name, value) in facts {
        let _ = writeln!(text, "  {name:9} {}", plain::line(value.as_deref().unwrap_or("–")));
    }
    for warning in &article.warnings {
        let line = format!("  warning   {} {}", warning.code, warning.detail);
        let _ = writeln!(text, "{}", plain::line(line.trim_end()));
    }
    if !document.is_counted {
        text.push_str(
            "  not counted: the article is not in English, or its source holds only the beginning\n",
        );
    }
    date(&mut text, document, look);
    blocks(&mut text, document, look);
    passages(&mut text, document, labels, thresholds, words, look);
    text
}

fn date(text: &mut String, document: &Document, look: &Look) {
    let published = &document.published;
    let _ = writeln!(text, "\n{}", look.heading("Date"));
    match &published.chosen {
        Some(chosen) => {
            let _ = writeln!(
                text,
                "  {} ({}), from {}, confidence {:.2}, read from “{}”",
                chosen.date,
                chosen.precision.as_str(),
                chosen.source.as_str(),
                chosen.confidence,
                plain::line(&chosen.text)
            );
        }
        None => text.push_str("  undated\n"),
    }
    for (name, day) in [
        ("not before", published.not_before),
        ("not after", published.not_after),
        ("modified", published.modified),
    ] {
        if let Some(day) = day {
            let _ = writeln!(text, "  {name} {day}");
        }
    }
    for clue in &published.clues {
        let range = match (clue.earliest, clue.latest) {
            (Some(earliest), Some(latest)) if earliest != latest => format!("{earliest} to {latest}"),
            (Some(earliest), _) => earliest.to_string(),
            _ => "no date".to_owned(),
        };
        let quoted = plain::line(&clue.text);
        let line = format!("{:9} {:10} {range:24} “{quoted}”", clue.source.as_str(), clue.reason);
        let _ = writeln!(text, "  {}", if clue.is_accepted { line.into() } else { look.aside(&line) });
    }
}

fn blocks(text: &mut String, document: &Document, look: &Look) {
    let heading = "Blocks (role, probability of being article text, rule)";
    let _ = writeln!(text, "\n{}", look.heading(heading));
    for (index, block) in document.article.blocks.iter().enumerate() {
        let probability = block.probability.map_or_else(|| "    ".to_owned(), |value| format!("{value:.2}"));
        let line = format!(
            "{:>4} {:10} {probability} {:22} {}",
            index + 1,
            block.role.as_str(),
            block.rule,
            shown(document, block, look)
        );
        let _ =
            writeln!(text, "  {}", if is_article_text(block.role) { line.into() } else { look.aside(&line) });
    }
}

/// Whether blocks of a role are the article's own words.
fn is_article_text(role: Role) -> bool {
    matches!(role, Role::Headline | Role::Standfirst | Role::Subhead | Role::Body | Role::ListItem)
}

/// The beginning of a block, safe to print.
fn shown(document: &Document, block: &Block, look: &Look) -> String {
    let whole = plain::line(document.article.text_of(block)).into_owned();
    let most = look.width.saturating_sub(BLOCK_INDENT).max(LEAST_SHOWN);
    match whole.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

fn passages(
    text: &mut String,
    document: &Document,
    labels: &LabelSet,
    thresholds: &Thresholds,
    words: &[Vec<Word>],
    look: &Look,
) {
    let names: Vec<_> = labels
        .themes
        .iter()
        .zip(&thresholds.themes)
        .map(|(theme, threshold)| format!("{} ≥ {threshold:.2}", plain::line(theme)))
        .collect();
    let heading = format!("Passages ({}; * given)", names.join(", "));
    let _ = writeln!(text, "\n{}", look.heading(&heading));
    for (index, (passage, scored)) in document.passages.iter().zip(&document.scored).enumerate() {
        let Some(scored) = scored else { continue };
        let shown = passage.span.of(&document.article.text);
        let _ = writeln!(text, "  #{} {}", passage.position, line_of_scores(labels, scored, look));
        for line in look.wrap(&plain::line(shown), PASSAGE_INDENT) {
            let _ = writeln!(text, "{:PASSAGE_INDENT$}{line}", "");
        }
        if let Some(line) = line_of_article(labels, scored) {
            let _ = writeln!(text, "{:PASSAGE_INDENT$}{line}", "");
        }
        if let Some(words) = words.get(index).filter(|words| !words.is_empty()) {
            text.push_str(&lines_of_words(shown, words, labels, scored));
        }
    }
}

/// What the rest of the article adds to or takes from scores, where that shows.
fn line_of_article(labels: &LabelSet, scored: &Scored) -> Option<String> {
    let scores = scored.alone.iter().zip(&scored.scores.themes);
    let parts = labels.themes.iter().zip(scores).filter_map(|(theme, (alone, score))| {
        let is_seen = (score - alone).abs() >= LEAST_SHIFT;
        is_seen.then(|| format!("{} from {alone:.2} to {score:.2}", plain::line(theme)))
    });
    let parts = parts.collect::<Vec<_>>().join(", ");
    (!parts.is_empty()).then(|| format!("the rest of the article moves {parts}"))
}

/// Per theme given, and for the sentiment, the words without which its score falls most.
fn lines_of_words(passage: &str, words: &[Word], labels: &LabelSet, scored: &Scored) -> String {
    let given = labels.themes.iter().enumerate().filter(|(index, _)| scored.labels.themes[*index]);
    let themes = given.map(|(index, theme)| {
        let support: Vec<_> = words.iter().map(|word| word.themes[index]).collect();
        (theme.as_str(), support)
    });
    let sentiment = scored.labels.sentiment;
    let of_sentiment = words.iter().map(|word| word.sentiment[sentiment as usize]).collect();
    let mut text = String::new();
    for (label, support) in themes.chain([(sentiment.as_str(), of_sentiment)]) {
        let mut order: Vec<_> = (0..words.len()).filter(|index| support[*index] >= LEAST_SUPPORT).collect();
        order.sort_by(|left, right| support[*right].total_cmp(&support[*left]));
        order.truncate(WORDS);
        let parts = order
            .iter()
            .map(|index| format!("{} {:.2}", plain::line(words[*index].span.of(passage)), support[*index]));
        let parts = parts.collect::<Vec<_>>().join(", ");
        let parts = if parts.is_empty() { "no single word".to_owned() } else { parts };
        let _ = writeln!(text, "      {label} rests on: {parts}");
    }
    text
}

fn line_of_scores(labels: &LabelSet, scored: &Scored, look: &Look) -> String {
    let Scored { scores, labels: given, .. } = scored;
    let mut parts: Vec<_> = labels
        .themes
        .iter()
        .zip(scores.themes.iter().zip(&given.themes))
        .enumerate()
        .map(|(place, (theme, (score, is_given)))| {
            let theme = plain::line(theme);
            if *is_given {
                look.theme(place, &format!("{theme} {score:.2}*")).into_owned()
            } else {
                format!("{theme} {score:.2}")
            }
        })
        .collect();
    if labels.has_relevance {
        parts.push(format!("relevant {:.2}{}", scores.relevant, if given.is_relevant { "*" } else { "" }));
    }
    let [negative, neutral, positive] = scores.sentiment;
    let sentiment = given.sentiment.as_str();
    let shown = look.sentiment(sentiment, sentiment);
    parts.push(format!("{shown} ({negative:.2} {neutral:.2} {positive:.2})"));
    parts.join("  ")
}

/// What could not be read, as text.
#[must_use]
pub fn skipped(rows: &[Skipped]) -> String {
    let mut text = String::new();
    for row in rows {
        let record = row.record.map(|number| format!(" record {number}")).unwrap_or_default();
        let line = format!("not read: {}{record}: {} {}", row.path, row.reason, row.detail);
        let _ = writeln!(text, "{}", plain::line(line.trim_end()));
    }
    text
}

/// The document as JSON; `words` are those of each passage, or nothing.
#[must_use]
pub fn json(document: &Document, labels: &LabelSet, thresholds: &Thresholds, words: &[Vec<Word>]) -> Value {
    let article = &document.article;
    let published = &document.published;
    let blocks = article.blocks.iter().enumerate().map(|(index, block)| {
        json!({
            "block": index + 1,
            "role": block.role.as_str(),
            "start": block.span.start,
            "end": block.span.end,
            "text": article.text_of(block),
            "rule": block.rule,
            "probability": block.probability,
        })
    });
    let clues = published.clues.iter().map(|clue| {
        json!({
            "text": clue.text,
            "start": clue.start,
            "rule": clue.source.as_str(),
            "earliest": clue.earliest,
            "latest": clue.latest,
            "confidence": clue.confidence,
            "accepted": clue.is_accepted,
            "reason": clue.reason,
        })
    });
    let rows = document.passages.iter().zip(&document.scored).enumerate();
    let passages = rows.map(|(index, (passage, scored))| {
        let mut value = json!({
            "position": passage.position,
            "kind": passage.kind.as_str(),
            "start": passage.span.start,
            "end": passage.span.end,
            "text": passage.span.of(&article.text),
        });
        if let Some(scored) = scored {
            value["scores"] = scores(labels, scored);
            value["scores_alone"] = by_theme(labels, &scored.alone).into();
            value["themes"] = scored.labels.given(&labels.themes).into();
            value["sentiment"] = scored.labels.sentiment.as_str().into();
            value["relevant"] = scored.labels.is_relevant.into();
            if let Some(words) = words.get(index) {
                let text = passage.span.of(&article.text);
                value["words"] = words.iter().map(|word| support(text, word, labels)).collect();
            }
        }
        value
    });
    json!({
        "article": article.id,
        "title": article.title(),
        "outlet": article.fields.outlet,
        "authors": article.fields.authors,
        "url": article.fields.url,
        "language": article.language,
        "format": article.format.as_str(),
        "encoding": article.encoding,
        "cluster": document.cluster,
        "counted": document.is_counted,
        "warnings": article.warnings,
        "date": published.chosen.as_ref().map(|chosen| json!({
            "date": chosen.date,
            "precision": chosen.precision.as_str(),
            "source": chosen.source.as_str(),
            "confidence": chosen.confidence,
            "text": chosen.text,
        })),
        "not_before": published.not_before,
        "not_after": published.not_after,
        "modified": published.modified,
        "date_clues": clues.collect::<Vec<_>>(),
        "blocks": blocks.collect::<Vec<_>>(),
        "passages": passages.collect::<Vec<_>>(),
        "thresholds": labels.themes.iter().cloned().zip(thresholds.themes.iter().map(|value| json!(value)))
            .collect::<Map<_, _>>(),
    })
}

/// A word with its support per label.
fn support(passage: &str, word: &Word, labels: &LabelSet) -> Value {
    let themes = labels.themes.iter().map(String::as_str).zip(&word.themes);
    let sentiments = Sentiment::ALL.iter().map(|label| label.as_str()).zip(&word.sentiment);
    let support = themes.chain(sentiments).map(|(label, value)| (label.to_owned(), json!(value)));
    json!({
        "word": word.span.of(passage),
        "start": word.span.start,
        "end": word.span.end,
        "support": support.collect::<Map<_, _>>(),
    })
}

fn by_theme(labels: &LabelSet, scores: &[f32]) -> Map<String, Value> {
    labels.themes.iter().cloned().zip(scores.iter().map(|score| json!(score))).collect()
}

fn scores(labels: &LabelSet, scored: &Scored) -> Value {
    let mut values = by_theme(labels, &scored.scores.themes);
    values.insert("relevant".to_owned(), json!(scored.scores.relevant));
    for (sentiment, score) in Sentiment::ALL.iter().zip(scored.scores.sentiment) {
        values.insert(sentiment.as_str().to_owned(), json!(score));
    }
    Value::Object(values)
}
