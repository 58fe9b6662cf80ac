//! Labels of counted passages that changed, each with the reason.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;

use super::Side;
use super::articles::Pairing;
use crate::article::Role;
use crate::score::{Sentiment, most_probable};
use crate::written::{Label, Passage};

/// Name under which a change of relevance is counted.
const RELEVANT: &str = "relevant";

/// Name under which a change of sentiment is counted.
const SENTIMENT: &str = "sentiment";

/// Who a label by a person is from, as tables say it.
const PERSON: &str = "person";

/// Why a label changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A person decided in one of the runs.
    Person,
    /// The scores of the first run give it under the thresholds of the second, and the engine is the same.
    Threshold,
    /// Only one codebook has the theme.
    Codebook,
    /// Another engine or model scored.
    Model,
    /// The engine scores otherwise; so does the codebook differ, whose words some engines look for.
    ModelOrCodebook,
    /// The headline or the passage before it changed, which the engine sees.
    Context,
    /// Another version of the program scored.
    Version,
    /// Scores differ for no reason that the runs record, such as another kernel.
    Unrecorded,
    /// The article is only in the second run.
    ArticleAdded,
    /// The article is only in the first run.
    ArticleRemoved,
    /// The article is counted in one run only.
    Counting,
    /// The text of the article changed.
    Text,
    /// The same text was split into other passages.
    Splitting,
}

impl Reason {
    /// The reason in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "label by a person",
            Self::Threshold => "threshold",
            Self::Codebook => "theme of one codebook",
            Self::Model => "model",
            Self::ModelOrCodebook => "model or codebook",
            Self::Context => "headline or passage before",
            Self::Version => "version",
            Self::Unrecorded => "scores, unrecorded",
            Self::ArticleAdded => "article added",
            Self::ArticleRemoved => "article removed",
            Self::Counting => "article counted or not",
            Self::Text => "text changed",
            Self::Splitting => "split otherwise",
        }
    }
}

/// What became of labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Labels {
    /// Counted passages of both runs.
    pub in_both: u64,
    /// Counted passages of the first run only.
    pub only_before: u64,
    /// Counted passages of the second run only.
    pub only_after: u64,
    /// By theme in the order of the codebooks, then relevant and sentiment; those of which nothing changed are left out.
    pub summary: Vec<Summary>,
    /// Every change, in the order of the second run, then what only the first had.
    pub changes: Vec<LabelChange>,
}

impl Labels {
    pub(super) fn is_empty(&self) -> bool {
        self.only_before + self.only_after == 0 && self.changes.is_empty()
    }
}

/// Changes of one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The theme, `relevant` or `sentiment`.
    pub label: String,
    /// Passages that have it now and had not.
    pub gained: u64,
    /// Passages that had it and have not now.
    pub lost: u64,
    /// For a sentiment, passages that have another.
    pub changed: u64,
    /// How often each reason.
    pub reasons: BTreeMap<Reason, u64>,
}

/// A label that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelChange {
    /// Id of the passage in the second run; in the first, if it is only there.
    pub passage: String,
    /// The theme, `relevant` or `sentiment`.
    pub label: String,
    /// What it was: yes, no or a sentiment; `None` where the passage was not there.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Score of the theme in the first run.
    pub score_before: Option<f32>,
    /// Score of the theme in the second run.
    pub score_after: Option<f32>,
    /// The passage.
    pub text: String,
}

/// Compares counted passages, which are the same by their text in the same article.
pub(super) fn compare(before: &Side<'_>, after: &Side<'_>, pairing: &Pairing) -> Labels {
    let (of_before, of_after) = (counted(before), counted(after));
    let places = |of: &HashMap<&str, Vec<usize>>, article: &str| of.get(article).cloned().unwrap_or_default();
    let comparison = Comparison::new(before, after);
    let mut found = Labels::default();
    let mut gone = Vec::new();
    // Either list is in the order of the second run.
    let mut articles: Vec<_> = pairing.pairs.iter().map(|(one, other)| (*other, Some(*one))).collect();
    articles.extend(pairing.added.iter().map(|other| (*other, None)));
    articles.sort_unstable();
    for (later, earlier) in articles {
        let article = &after.articles[later];
        let mut by_text = HashMap::<&str, VecDeque<usize>>::new();
        let mut reason = Reason::ArticleAdded;
        if let Some(earlier) = earlier {
            let former = &before.articles[earlier];
            for place in places(&of_before, former.id) {
                by_text.entry(before.passages[place].text).or_default().push_back(place);
            }
            reason = if former.is_counted != article.is_counted {
                Reason::Counting
            } else if before.text(former.id) == after.text(article.id) {
                Reason::Splitting
            } else {
                Reason::Text
            };
        }
        for place in places(&of_after, article.id) {
            let passage = &after.passages[place];
            match by_text.get_mut(passage.text).and_then(VecDeque::pop_front) {
                Some(former) => {
                    found.in_both += 1;
                    let is_same_context =
                        context(before, former, earlier) == context(after, place, Some(later));
                    comparison.matched(
                        &before.passages[former],
                        passage,
                        is_same_context,
                        &mut found.changes,
                    );
                }
                None => {
                    found.only_after += 1;
                    found.changes.extend(alone(after, passage, reason, true));
                }
            }
        }
        let mut left: Vec<_> = by_text.into_values().flatten().collect();
        left.sort_unstable();
        gone.extend(left.into_iter().map(|place| (place, reason)));
    }
    for article in &pairing.removed {
        let of = places(&of_before, before.articles[*article].id);
        gone.extend(of.into_iter().map(|place| (place, Reason::ArticleRemoved)));
    }
    found.only_before = gone.len() as u64;
    for (place, reason) in gone {
        found.changes.extend(alone(before, &before.passages[place], reason, false));
    }
    found.summary = summary(before, after, &found.changes);
    found
}

/// Places of the counted passages of each article.
fn counted<'a>(side: &Side<'a>) -> HashMap<&'a str, Vec<usize>> {
    let mut places = HashMap::<_, Vec<_>>::new();
    for (place, passage) in side.passages.iter().enumerate().filter(|(_, passage)| passage.is_counted) {
        places.entry(passage.article).or_default().push(place);
    }
    places
}

/// What an engine may see beside a passage: the headline, and the passage before it unless that is the headline.
fn context<'s>(
    side: &'s Side<'_>,
    passage: usize,
    article: Option<usize>,
) -> (Option<&'s str>, Option<&'s str>) {
    let before = passage.checked_sub(1).map(|before| &side.passages[before]);
    let before = before.filter(|before| {
        before.article == side.passages[passage].article && before.kind != Role::Headline.as_str()
    });
    (article.and_then(|article| side.articles[article].title), before.map(|before| before.text))
}

fn yes_or_no(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

/// The themes of a passage that only one of the runs has.
fn alone(side: &Side<'_>, passage: &Passage<'_>, reason: Reason, is_after: bool) -> Vec<LabelChange> {
    let change = |theme: &String| {
        let (given, score) = (Some(yes_or_no(true)), side.label(passage.id, theme).map(|label| label.score));
        LabelChange {
            passage: passage.id.to_owned(),
            label: theme.clone(),
            before: given.clone().filter(|_| !is_after),
            after: given.filter(|_| is_after),
            reason,
            score_before: score.filter(|_| !is_after),
            score_after: score.filter(|_| is_after),
            text: passage.text.to_owned(),
        }
    };
    passage.themes.iter().map(change).collect()
}

/// Compares the labels of one passage in both runs.
struct Comparison<'s, 'a> {
    before: &'s Side<'a>,
    after: &'s Side<'a>,
    themes: Vec<&'s String>,
    /// Relevance thresholds of the two runs.
    relevance: [f32; 2],
    /// Why all scores differ, if another engine gave them.
    other_scores: Option<Reason>,
}

impl<'s, 'a> Comparison<'s, 'a> {
    fn new(before: &'s Side<'a>, after: &'s Side<'a>) -> Self {
        let (one, other) = (before.record, after.record);
        let relevance =
            [one, other].map(|record| record.thresholds().map_or(0.0, |thresholds| thresholds.relevant));
        let is_other_engine = one.engine.hash != other.engine.hash || one.engine.name != other.engine.name;
        let other_scores = if is_other_engine {
            let is_same_name = one.engine.name == other.engine.name;
            let is_other_codebook = one.codebook.hash != other.codebook.hash;
            Some(if is_same_name && is_other_codebook { Reason::ModelOrCodebook } else { Reason::Model })
        } else {
            None
        };
        Self { before, after, themes: themes(before, after), relevance, other_scores }
    }

    /// Adds what changed of a passage.
    fn matched(
        &self,
        before: &Passage<'_>,
        after: &Passage<'_>,
        is_same_context: bool,
        changes: &mut Vec<LabelChange>,
    ) {
        let of_scores = self.other_scores.unwrap_or({
            if !is_same_context {
                Reason::Context
            } else if self.before.record.sendlens != self.after.record.sendlens {
                Reason::Version
            } else {
                Reason::Unrecorded
            }
        });
        // Thresholds of one engine say nothing of the scores of another.
        let is_same_engine = self.other_scores.is_none();
        let change = |label: &str, values: [String; 2], reason, scores: [Option<f32>; 2]| {
            let [was, is] = values.map(Some);
            LabelChange {
                passage: after.id.to_owned(),
                label: label.to_owned(),
                before: was,
                after: is,
                reason,
                score_before: scores[0],
                score_after: scores[1],
                text: after.text.to_owned(),
            }
        };
        let relevant = [before, after].map(|passage| passage.is_relevant == Some(true));
        let decided = |passage: &Passage<'_>, threshold: f32| {
            passage.p_relevant.is_some_and(|score| score >= threshold)
        };
        let by_person = decided(before, self.relevance[0]) != relevant[0]
            || decided(after, self.relevance[1]) != relevant[1];
        // The first run's scores under the second run's threshold.
        let is_still_relevant = decided(before, self.relevance[1]);
        if relevant[0] != relevant[1] {
            let reason = if by_person {
                Reason::Person
            } else if is_same_engine && is_still_relevant == relevant[1] {
                Reason::Threshold
            } else {
                of_scores
            };
            let scores = [before.p_relevant, after.p_relevant];
            changes.push(change(RELEVANT, relevant.map(yes_or_no), reason, scores));
        }
        for theme in &self.themes {
            let labels = [self.before.label(before.id, theme), self.after.label(after.id, theme)];
            let given = labels.map(|label| label.is_some_and(|label| label.is_assigned));
            if given[0] == given[1] {
                continue;
            }
            let is_persons = |label: &Label<'_>| label.labelled_by == PERSON;
            let reason = match labels {
                [Some(old), Some(new)] => {
                    let would_be = is_still_relevant && old.score >= new.threshold;
                    let is_by_relevance = by_person && relevant[0] != relevant[1];
                    if is_persons(old) || is_persons(new) || is_by_relevance {
                        Reason::Person
                    } else if is_same_engine && would_be == given[1] {
                        Reason::Threshold
                    } else {
                        of_scores
                    }
                }
                _ => Reason::Codebook,
            };
            changes.push(change(
                theme,
                given.map(yes_or_no),
                reason,
                labels.map(|label| label.map(|label| label.score)),
            ));
        }
        if before.sentiment != after.sentiment {
            let own = |passage: &Passage<'_>| {
                passage.sentiment == passage.p_sentiment.map(most_probable).map(Sentiment::as_str)
            };
            let reason = if own(before) && own(after) { of_scores } else { Reason::Person };
            let values = [before, after].map(|passage| passage.sentiment.unwrap_or("none").to_owned());
            changes.push(change(SENTIMENT, values, reason, [None, None]));
        }
    }
}

/// Themes of both codebooks, in the order of the first, then what only the second has.
fn themes<'s>(before: &'s Side<'_>, after: &'s Side<'_>) -> Vec<&'s String> {
    let mut themes: Vec<_> = before.record.codebook.themes.iter().collect();
    for theme in &after.record.codebook.themes {
        if !themes.contains(&theme) {
            themes.push(theme);
        }
    }
    themes
}

fn summary(before: &Side<'_>, after: &Side<'_>, changes: &[LabelChange]) -> Vec<Summary> {
    let names = themes(before, after).into_iter().map(String::as_str).chain([RELEVANT, SENTIMENT]);
    let rows = names.map(|label| {
        let mut row =
            Summary { label: label.to_owned(), gained: 0, lost: 0, changed: 0, reasons: BTreeMap::new() };
        for change in changes.iter().filter(|change| change.label == label) {
            if label == SENTIMENT {
                row.changed += 1;
            } else if change.after.as_deref() == Some("yes") {
                row.gained += 1;
            } else {
                row.lost += 1;
            }
            *row.reasons.entry(change.reason).or_default() += 1;
        }
        row
    });
    rows.filter(|row| !row.reasons.is_empty()).collect()
}
