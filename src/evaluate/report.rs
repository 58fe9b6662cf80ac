//! Everything that is measured of one engine, put together: the one source of what cards and terminals show.
//!
//! *Takes* an engine, its thresholds and a [`Measurement`]. *Gives* a [`Report`]; [`Report::markdown`] and
//! [`Report::json`] show it. *Fails* if there is no passage to measure on. *Cost*: one pass of the engine over the
//! passages, over those of them with a name that can be swapped, and over the challenge set.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;

use super::challenge::{ChallengeQuality, challenge};
use super::names::swap;
use super::render::{self, LEXICON};
use super::{Evaluation, Gain, GroupQuality, Prediction, evaluate, gains, inputs, predict};
use crate::context::Context;
use crate::engine::Classifier;
use crate::error::{Error, Result};
use crate::gold::{Gold, Split, whole_articles};
use crate::score::{LabelSet, Labels, Thresholds};

/// What to measure on.
#[derive(Clone, Copy)]
pub struct Measurement<'a> {
    /// Labelled passages.
    pub gold: &'a Gold,
    /// Those of them to measure on.
    pub split: Split,
    /// The challenge set; without one, the passages of pairs in `gold`.
    pub challenge: Option<&'a Gold>,
    /// The engine of word lists to set beside; `None` where it is the engine measured.
    pub lexicon: Option<&'a dyn Classifier>,
}

/// What was measured of one engine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Engine and model.
    pub engine: String,
    /// What it was measured on: the name of a split, or `train, cross-validated`.
    pub measured_on: String,
    /// Rows of tables of passages in which nobody has filled in a label; not measured on.
    pub unlabelled: usize,
    /// Passages scored as if alone, though the engine leans on the rest of the article: the labelled passages do not
    /// hold it.
    pub alone: usize,
    /// Lowest score at which each label is given.
    pub thresholds: Vec<Threshold>,
    /// How well the engine does.
    pub evaluation: Evaluation,
    /// How well the word lists do on the same passages.
    pub lexicon: Option<Evaluation>,
    /// What the engine has over the word lists.
    pub gains: Vec<Gain>,
    /// What other names change.
    pub names: Option<NamesSwapped>,
    /// How well it does on pairs.
    pub challenge: Option<Challenge>,
}

/// The threshold of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// Theme, or `relevant`.
    pub label: String,
    /// Lowest score at which it is given.
    pub threshold: f32,
}

/// What changed when the names in the passages were others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamesSwapped {
    /// Names swapped, each counted once per article.
    pub names: usize,
    /// Passages with at least one of them.
    pub passages: usize,
    /// Passages of these that were given another label, whichever.
    pub changed: usize,
    /// The same by label: themes, `relevant`, `sentiment`.
    pub changed_by_label: Vec<Changed>,
    /// What the measures are with other names, beside what they were.
    pub gains: Vec<Gain>,
}

/// Passages in which one label became another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// Theme, `relevant` or `sentiment`.
    pub label: String,
    /// Passages.
    pub passages: usize,
}

/// Quality on the challenge set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Challenge {
    /// Of the engine.
    pub model: ChallengeQuality,
    /// Of the word lists.
    pub lexicon: Option<ChallengeQuality>,
}

impl Report {
    /// The report on `predictions`, one for each of the `passages` of `gold` numbered, beside those of the word
    /// lists; without what needs the engine itself.
    #[must_use]
    pub fn new(
        (engine, measured_on): (&str, &str),
        thresholds: Vec<Threshold>,
        gold: &Gold,
        passages: &[usize],
        predictions: &[Prediction],
        lexicon: Option<&[Prediction]>,
    ) -> Self {
        Self {
            engine: engine.to_owned(),
            measured_on: measured_on.to_owned(),
            unlabelled: gold.unlabelled,
            alone: 0,
            thresholds,
            evaluation: evaluate(gold, passages, predictions),
            lexicon: lexicon.map(|lexicon| evaluate(gold, passages, lexicon)),
            gains: lexicon.map(|lexicon| gains(gold, passages, [lexicon, predictions])).unwrap_or_default(),
            names: None,
            challenge: None,
        }
    }

    /// Tables and what they mean, as sections in Markdown; the same whoever asks.
    #[must_use]
    pub fn markdown(&self) -> String {
        let evaluation = &self.evaluation;
        let on = &self.measured_on;
        let mut text = String::new();
        let mut section = |title: &str, body: &str| {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = write!(text, "{gap}## {title}\n\n{}\n", body.trim_end());
        };
        section(
            &format!("Results on {on}"),
            &format!("{}\n\n{}", self.about(), render::beside(self).markdown()),
        );
        section(
            &format!("Precision and recall on {on}"),
            &format!("{}\n{}", render::labels(evaluation).markdown(), self.shown_thresholds()),
        );
        if !evaluation.agreement.is_empty() {
            section(
                &format!("Agreement with the labels on {on}"),
                &format!(
                    "Krippendorff's alpha of engine and labels: 1 is full agreement, 0 what chance would give. Nominal; \
                     sentiment ordinal.\n\n{}",
                    render::agreement(self).markdown()
                ),
            );
        }
        type Groups = fn(&Evaluation) -> &[GroupQuality];
        let groups: [(&str, Groups); 3] = [
            ("outlet kind", |evaluation| &evaluation.kinds),
            ("year", |evaluation| &evaluation.years),
            ("context", |evaluation| &evaluation.contexts),
        ];
        for (name, of) in groups {
            if !of(evaluation).is_empty() {
                let table = render::groups(name, of(evaluation), self.lexicon.as_ref().map(of));
                section(&format!("By {name} on {on}"), &table.markdown());
            }
        }
        if !evaluation.sentiment.is_empty() {
            section(&format!("Sentiment on {on}"), &render::confusion(evaluation).markdown());
        }
        section(
            &format!("Calibration on {on}"),
            &format!(
                "How far a score can be read as a probability; `themes` are all decisions about themes together, \
                 `sentiment` is the probability of the sentiment chosen.\n\n{}",
                render::calibration(evaluation).markdown()
            ),
        );
        if let Some(names) = &self.names {
            section(&format!("Names swapped on {on}"), &names.markdown());
        }
        if let Some(challenge) = &self.challenge {
            section("Challenge set", &challenge.markdown());
        }
        text
    }

    /// What was measured on, in words.
    fn about(&self) -> String {
        let Evaluation { passages, articles, .. } = self.evaluation;
        let mut text = format!(
            "{passages} passages of {articles} articles, with 95% bootstrap intervals that draw whole articles."
        );
        if self.lexicon.is_some() || self.engine == LEXICON {
            text.push_str(
                " `lexicon` is the engine of word lists, to which every passage is about SEND; `off_topic` is about \
                 something else.",
            );
        }
        if self.lexicon.is_some() {
            text.push_str(" Where the interval of a gain holds 0, the gain may be chance.");
        }
        // Cards of models without a test split say so in a name of its own.
        if self.measured_on == Split::Train.as_str() {
            text.push_str(" A model that learned from these passages looks better on them than it is.");
        } else if self.measured_on == Split::Dev.as_str() {
            text.push_str(" These passages may have chosen the thresholds, and then flatter them.");
        }
        if self.alone > 0 {
            let _ = write!(
                text,
                " A run lets scores lean on the rest of the article; of {} passages the labelled ones do not hold it, \
                 and they are scored as if alone (`--run OUT` measures the labels that a run gave).",
                self.alone
            );
        }
        match self.unlabelled {
            0 => {}
            1 => text.push_str(" One row without a label was left out."),
            count => {
                let _ = write!(text, " {count} rows without a label were left out.");
            }
        }
        text
    }

    fn shown_thresholds(&self) -> String {
        let shown: Vec<_> = self
            .thresholds
            .iter()
            .map(|Threshold { label, threshold }| format!("{label} {threshold:.2}"))
            .collect();
        format!("Thresholds: {}.", shown.join(", "))
    }

    /// The report as JSON with a final line feed.
    #[must_use]
    pub fn json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("text keys and plain values");
        json.push('\n');
        json
    }
}

impl NamesSwapped {
    fn markdown(&self) -> String {
        let percent = match self.passages {
            0 => String::new(),
            all => format!(" ({:.1}%)", 100.0 * self.changed as f64 / all as f64),
        };
        let by_label: Vec<_> = self
            .changed_by_label
            .iter()
            .map(|changed| format!("{} {}", changed.label, changed.passages))
            .collect();
        format!(
            "{} names of places and people were replaced by others, the same ones throughout an article. Of the {} \
             passages with such a name, {}{percent} were given another label: {}.\n\n{}",
            self.names,
            self.passages,
            self.changed,
            by_label.join(", "),
            render::swapped(&self.gains).markdown()
        )
    }
}

impl Challenge {
    fn markdown(&self) -> String {
        let lexicon = self.lexicon.as_ref();
        let beside = |value: Option<super::Interval>| {
            lexicon.map_or_else(String::new, |_| format!(" (lexicon {})", render::interval(value)))
        };
        format!(
            "Pairs of passages that differ in what the first column names, with intervals that draw whole pairs. A \
             passage is right if every label that differs within its pair is right, a pair if both passages are. Macro \
             F1 over all its passages: themes {}{}, sentiment {}{}.\n\n{}",
            render::interval(self.model.macro_f1),
            beside(lexicon.and_then(|lexicon| lexicon.macro_f1)),
            render::interval(self.model.sentiment_macro_f1),
            beside(lexicon.and_then(|lexicon| lexicon.sentiment_macro_f1)),
            render::pairs(&self.model, lexicon).markdown()
        )
    }
}

/// The thresholds of an engine's labels, in their order; relevance only where the engine tells it.
#[must_use]
pub fn thresholds(labels: &LabelSet, thresholds: &Thresholds) -> Vec<Threshold> {
    let themes = labels.themes.iter().zip(&thresholds.themes);
    let relevant = labels.has_relevance.then_some(("relevant", thresholds.relevant));
    themes
        .map(|(theme, threshold)| (theme.as_str(), *threshold))
        .chain(relevant)
        .map(|(label, threshold)| Threshold { label: label.to_owned(), threshold })
        .collect()
}

/// Measures an engine. `on_progress` is told passages scored so far and in all.
///
/// # Errors
/// [`Error::Config`] if the split has no passage; otherwise only if the engine itself breaks down.
pub fn measure(
    engine: &dyn Classifier,
    used: &Thresholds,
    measurement: &Measurement<'_>,
    on_progress: &mut dyn FnMut(usize, usize),
) -> Result<Report> {
    let Measurement { gold, split, lexicon, .. } = *measurement;
    let passages = gold.of(split);
    if passages.is_empty() {
        return Err(nothing_of(gold, split));
    }
    let swapped = swap(gold, &passages);
    let with_names = others(gold, &swapped.gold, &passages, engine.context());
    let pairs = measurement.challenge.unwrap_or(gold);
    let of_pairs = pairs.of(Split::Challenge);
    let all = passages.len() + with_names.len() + of_pairs.len();
    let mut done = 0;
    let mut count = |passages| {
        done += passages;
        on_progress(done, all);
    };
    let mut score = |gold: &Gold, passages: &[usize]| predict(engine, used, gold, passages, &mut count);
    let beside = |gold: &Gold, passages: &[usize]| -> Result<Option<Vec<Prediction>>> {
        lexicon.map(|lexicon| predict(lexicon, lexicon.thresholds(), gold, passages, &mut |_| {})).transpose()
    };
    let predictions = score(gold, &passages)?;
    let mut report = Report::new(
        (engine.name(), split.as_str()),
        thresholds(engine.labels(), used),
        gold,
        &passages,
        &predictions,
        beside(gold, &passages)?.as_deref(),
    );
    if engine.priors().iter().any(Option::is_some) {
        let whole: BTreeSet<usize> = whole_articles(gold).into_iter().flatten().collect();
        report.alone = passages.iter().filter(|index| !whole.contains(index)).count();
    }
    if !with_names.is_empty() {
        let mut renamed = predictions.clone();
        for (index, other) in with_names.iter().zip(score(&swapped.gold, &with_names)?) {
            let place = passages.binary_search(index).expect("passages of a split are in order");
            renamed[place] = other;
        }
        let labels =
            || predictions.iter().zip(&renamed).map(|(before, after)| (&before.labels, &after.labels));
        report.names = Some(NamesSwapped {
            names: swapped.names,
            passages: with_names.len(),
            changed: labels().filter(|(before, after)| before != after).count(),
            changed_by_label: changed_by_label(&gold.themes, labels),
            gains: gains(gold, &passages, [&predictions, &renamed]),
        });
    }
    if !of_pairs.is_empty() {
        let model = challenge(pairs, &of_pairs, &score(pairs, &of_pairs)?);
        let lexicon = beside(pairs, &of_pairs)?.map(|lexicon| challenge(pairs, &of_pairs, &lexicon));
        report.challenge = Some(Challenge { model, lexicon });
    }
    Ok(report)
}

/// How often each label differs between pairs of decisions.
fn changed_by_label<'a, I: Iterator<Item = (&'a Labels, &'a Labels)>>(
    themes: &[String],
    pairs: impl Fn() -> I,
) -> Vec<Changed> {
    let count = |label: &str, differs: &dyn Fn(&Labels, &Labels) -> bool| Changed {
        label: label.to_owned(),
        passages: pairs().filter(|(before, after)| differs(before, after)).count(),
    };
    let of_theme = |(theme, name): (usize, &String)| {
        count(name, &|before, after| before.themes[theme] != after.themes[theme])
    };
    themes
        .iter()
        .enumerate()
        .map(of_theme)
        .chain([
            count("relevant", &|before, after| before.is_relevant != after.is_relevant),
            count("sentiment", &|before, after| before.sentiment != after.sentiment),
        ])
        .collect()
}

/// Passages of which an engine that looks at `context` sees something else after names were swapped.
fn others(before: &Gold, after: &Gold, passages: &[usize], context: Context) -> Vec<usize> {
    let [before, after] = [before, after].map(inputs);
    let is_other = |index: &usize| {
        let (before, after) = (&before[*index], &after[*index]);
        before.text != after.text || before.context(context) != after.context(context)
    };
    passages.iter().copied().filter(is_other).collect()
}

/// The fault of measuring on a split without passages.
#[must_use]
pub fn nothing_of(gold: &Gold, split: Split) -> Error {
    let splits = Split::ALL.into_iter().chain([Split::Challenge]);
    let counts: Vec<String> = splits
        .map(|split| (split.as_str(), gold.of(split).len()))
        .filter(|(_, passages)| *passages > 0)
        .map(|(split, passages)| format!("{passages} of {split}"))
        .collect();
    Error::config_hint(
        format!("no labelled passage is of the split {}", split.as_str()),
        format!("the files have {}; choose with --split", counts.join(", ")),
    )
}
