//! What is learned and what is taken over from the base model.
//!
//! A head that the base model has is kept, unless all are to be learned anew; a theme that is new is learned.
//! So an analyst who labels one new theme keeps the quality of all others. Or all heads are kept, and only what
//! their scores mean is found anew.

use super::fit::KeptHead;
use crate::error::{Error, Result};
use crate::gold::Gold;
use crate::models::{Head, Heads, ModelFiles, Serving};
use crate::score::Sentiment;

/// Fewest labelled passages a task is learned from.
const MIN_PASSAGES: usize = 30;

/// Fewest passages of each class: with fewer, folds are left without any.
const MIN_OF_CLASS: usize = 5;

/// Where a head comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source<T> {
    /// Learned from the passages.
    Learn,
    /// Taken over from the base model, but calibrated and decided anew.
    Calibrate(T),
    /// Taken over from the base model.
    Keep(T),
    /// Neither labelled nor in the base model.
    Absent,
}

/// Where each head comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// One per theme of the codebook; never absent.
    pub(super) themes: Vec<Source<KeptHead>>,
    pub(super) relevant: Source<KeptHead>,
    /// Heads in the order of [`Sentiment::ALL`], and the temperature.
    pub(super) sentiment: Source<([Head; 3], f32)>,
    /// What a reader should know, one sentence each.
    pub(super) notes: Vec<String>,
}

impl Plan {
    /// Whether any head is taken over.
    pub(super) fn is_keeping(&self) -> bool {
        self.themes.iter().any(|theme| matches!(theme, Source::Keep(_) | Source::Calibrate(_)))
            || matches!(self.relevant, Source::Keep(_) | Source::Calibrate(_))
            || matches!(self.sentiment, Source::Keep(_) | Source::Calibrate(_))
    }

    /// Everything is learned.
    pub(super) fn learn_all(themes: usize) -> Self {
        let themes = vec![Source::Learn; themes];
        Self { themes, relevant: Source::Learn, sentiment: Source::Learn, notes: Vec::new() }
    }

    /// Decides for the passages numbered by `train`.
    ///
    /// # Errors
    /// [`Error::Config`] if a theme is neither in the base model nor labelled in enough passages, or there
    /// is nothing to learn.
    pub(super) fn new(gold: &Gold, train: &[usize], base: &ModelFiles, is_anew: bool) -> Result<Self> {
        let model = base.config.sendlens.as_ref().map_or("base", |serving| serving.name.as_str());
        let serving = base.config.serving(model)?;
        let heads = base.heads()?;
        let kept = |head: &Head, decision| {
            (is_learned(head) && !is_anew).then(|| KeptHead { head: head.clone(), decision })
        };
        let mut notes = Vec::new();

        let mut themes = Vec::new();
        for (theme, name) in gold.themes.iter().enumerate() {
            let known = serving.themes.iter().position(|known| known.name == *name);
            if let Some(head) =
                known.and_then(|place| kept(&heads.themes[place], serving.themes[place].decision))
            {
                notes.push(format!("The theme `{name}` keeps the head of `{model}`."));
                themes.push(Source::Keep(head));
                continue;
            }
            let labels = train.iter().filter_map(|&index| gold.passages[index].themes[theme]);
            enough(labels.map(usize::from), 2).map_err(|counts| {
                Error::config_hint(
                    format!(
                        "the theme `{name}` has {} training passages with it and {} without",
                        counts[1], counts[0]
                    ),
                    format!("label at least {MIN_OF_CLASS} of each and {MIN_PASSAGES} in all"),
                )
            })?;
            themes.push(Source::Learn);
        }
        for known in serving.themes.iter().filter(|known| !gold.themes.contains(&known.name)) {
            notes.push(format!(
                "The theme `{}` of `{model}` is not in the codebook and is left out.",
                known.name
            ));
        }

        let relevant = match (&heads.relevant, serving.relevance) {
            (Some(head), Some(decision)) => kept(head, decision),
            _ => None,
        };
        let labels = train.iter().filter_map(|&index| gold.passages[index].is_relevant.map(usize::from));
        let relevant = match (relevant, enough(labels, 2)) {
            (Some(head), _) => Source::Keep(head),
            (None, Ok(())) => Source::Learn,
            (None, Err(_)) => {
                notes.push("Relevance is hardly labelled: every passage counts as being about SEND.".into());
                Source::Absent
            }
        };

        let in_order = sentiment_in_order(serving, &heads);
        let is_learned = in_order.iter().any(is_learned);
        let labels = train.iter().filter_map(|&index| super::fit::sentiment_of(gold, index));
        let sentiment = if is_learned && !is_anew {
            Source::Keep((in_order, serving.sentiment.temperature))
        } else if enough(labels, 3).is_ok() {
            Source::Learn
        } else {
            notes.push("Sentiment is hardly labelled: every passage is neutral.".into());
            Source::Absent
        };

        if let Source::Keep(_) = relevant {
            notes.push(format!("Relevance keeps the head of `{model}`."));
        }
        if let Source::Keep(_) = sentiment {
            notes.push(format!("Sentiment keeps the heads of `{model}`."));
        }
        let plan = Self { themes, relevant, sentiment, notes };
        let is_learning = plan.themes.contains(&Source::Learn)
            || plan.relevant == Source::Learn
            || plan.sentiment == Source::Learn;
        if is_learning {
            return Ok(plan);
        }
        Err(Error::config_hint(
            format!("the model `{model}` has every theme of the codebook, so there is nothing to learn"),
            "add a theme to the codebook and name it with --codebook, or learn all anew with --anew",
        ))
    }

    /// Takes over every head of the base model, calibrated by the passages numbered where enough are labelled.
    ///
    /// # Errors
    /// [`Error::Config`] if the themes of the gold are not those of the base model, or nothing is labelled in enough
    /// passages.
    pub(super) fn calibrate(gold: &Gold, passages: &[usize], base: &ModelFiles) -> Result<Self> {
        let serving = base.config.serving("base")?;
        let model = &serving.name;
        let heads = base.heads()?;
        let mut notes = Vec::new();
        let mut of = |name: &str, labels: &mut dyn Iterator<Item = usize>, classes| {
            let is_enough = enough(labels, classes).is_ok();
            if !is_enough {
                notes.push(format!("{name} is labelled in too few passages and stays as `{model}` has it."));
            }
            is_enough
        };

        let strange = serving.themes.iter().find(|known| !gold.themes.contains(&known.name));
        if let Some(theme) = strange {
            return Err(Error::config_hint(
                format!("the theme `{}` of the model `{model}` is not in the codebook", theme.name),
                "name the codebook of the model with --codebook",
            ));
        }
        let mut themes = Vec::new();
        for (theme, name) in gold.themes.iter().enumerate() {
            let known = serving.themes.iter().position(|known| known.name == *name);
            let place = known.filter(|&place| is_learned(&heads.themes[place])).ok_or_else(|| {
                Error::config_hint(
                    format!(
                        "the model `{model}` has no output for the theme `{name}` that could be calibrated"
                    ),
                    "learn it with --heads-only first",
                )
            })?;
            let kept =
                KeptHead { head: heads.themes[place].clone(), decision: serving.themes[place].decision };
            let mut labels =
                passages.iter().filter_map(|&index| gold.passages[index].themes[theme].map(usize::from));
            let is_enough = of(&format!("The theme `{name}`"), &mut labels, 2);
            themes.push(if is_enough { Source::Calibrate(kept) } else { Source::Keep(kept) });
        }
        let relevant = match (&heads.relevant, serving.relevance) {
            (Some(head), Some(decision)) => {
                let kept = KeptHead { head: head.clone(), decision };
                let mut labels =
                    passages.iter().filter_map(|&index| gold.passages[index].is_relevant.map(usize::from));
                if of("Relevance", &mut labels, 2) { Source::Calibrate(kept) } else { Source::Keep(kept) }
            }
            _ => Source::Absent,
        };
        let kept = (sentiment_in_order(serving, &heads), serving.sentiment.temperature);
        let mut labels = passages.iter().filter_map(|&index| super::fit::sentiment_of(gold, index));
        let is_enough = of("Sentiment", &mut labels, 3);
        let sentiment = if is_enough { Source::Calibrate(kept) } else { Source::Keep(kept) };

        let plan = Self { themes, relevant, sentiment, notes };
        let is_calibrating = plan.themes.iter().any(|theme| matches!(theme, Source::Calibrate(_)))
            || matches!(plan.relevant, Source::Calibrate(_))
            || matches!(plan.sentiment, Source::Calibrate(_));
        if is_calibrating {
            return Ok(plan);
        }
        Err(Error::config_hint(
            "no theme, nor anything else, is labelled in enough passages to be calibrated",
            format!("label at least {MIN_OF_CLASS} of each class and {MIN_PASSAGES} in all"),
        ))
    }
}

fn is_learned(head: &Head) -> bool {
    head.weight.iter().any(|weight| *weight != 0.0)
}

/// The heads of sentiment in the order of [`Sentiment::ALL`].
fn sentiment_in_order(serving: &Serving, heads: &Heads) -> [Head; 3] {
    Sentiment::ALL.map(|sentiment| {
        let place = serving.sentiment.labels.iter().position(|label| *label == sentiment);
        heads.sentiment[place.expect("a checked configuration names each sentiment once")].clone()
    })
}

/// Whether there are enough labels of each of `classes`; if not, how many there are of each.
fn enough(labels: impl Iterator<Item = usize>, classes: usize) -> Result<(), Vec<usize>> {
    let mut counts = vec![0; classes];
    labels.for_each(|class| counts[class] += 1);
    let is_enough =
        counts.iter().sum::<usize>() >= MIN_PASSAGES && counts.iter().all(|count| *count >= MIN_OF_CLASS);
    if is_enough { Ok(()) } else { Err(counts) }
}
