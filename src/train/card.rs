//! `CARD.md` of a learned model: where it comes from, how good it is and what it is not good for.

use std::path::{Path, PathBuf};

use super::recipe::{AVERAGED, DROPOUT, HEADS_OVER_TOP, LAYER_DECAY, WARM_UP, WEIGHT_DECAY};
use super::{Fitted, Method, Options, Plan, Results, Tuning};
use crate::context::Context;
use crate::error::Result;
use crate::evaluate::render::{self, Table};
use crate::evaluate::{Evaluation, card as results_section};
use crate::gold::{Gold, Split};
use crate::models::{Catalogue, Serving};
use crate::score::Sentiment;

/// Everything a card tells of.
pub(super) struct Facts<'a> {
    pub(super) options: &'a Options,
    pub(super) gold: &'a Gold,
    /// Passages learned from.
    pub(super) train: &'a [usize],
    /// Passages of train left out as near-copies.
    pub(super) left_out: usize,
    pub(super) plan: &'a Plan,
    pub(super) fitted: &'a Fitted,
    pub(super) serving: &'a Serving,
    pub(super) results: &'a Results,
}

/// What the README beside the labelled passages says first of them: the paragraph after its title.
pub(super) fn about(gold: &[PathBuf]) -> Option<String> {
    let folder =
        gold.iter().find_map(|path| if path.is_dir() { Some(path.as_path()) } else { path.parent() });
    let text = std::fs::read_to_string(folder.unwrap_or(Path::new(".")).join("README.md")).ok()?;
    let mut paragraphs = text.split("\n\n").map(str::trim);
    paragraphs.find(|paragraph| !paragraph.is_empty() && !paragraph.starts_with('#')).map(str::to_owned)
}

/// Writes the card.
pub(super) fn card(facts: &Facts<'_>, about: Option<&str>) -> String {
    let Facts { serving, results, .. } = facts;
    let about = about.unwrap_or(
        "The folder of the labelled passages has no README.md that says who wrote and who labelled them.",
    );
    let mut card = format!("# {}\n\n{about}\n", serving.name);
    section(
        &mut card,
        "What it is",
        &format!(
            "The encoder {} (SHA-256 of its `model.safetensors`: `{}`), {}its matrices as int8 rows, with one logistic output per theme{} and a softmax over three sentiments. Input: {}. {}",
            serving.base.name,
            serving.base.sha256,
            if results.tuning.is_some() { "fine-tuned, " } else { "not fine-tuned, " },
            if serving.relevance.is_some() { ", one for being about SEND at all," } else { "" },
            match serving.context {
                Context::None => "the passage alone".to_owned(),
                context => format!("the passage, {} as second segment", context.as_str()),
            },
            licence(&serving.base.sha256),
        ),
    );
    section(&mut card, "Data", &format!("{}\n{}", data(facts), bands(facts).markdown()));
    let hashes: Vec<String> = facts.gold.files.iter().map(|(file, sum)| format!("`{sum}`  {file}")).collect();
    section(&mut card, "Files labelled", &format!("SHA-256:\n\n{}", hashes.join("  \n")));
    section(&mut card, "How it was made", &method(facts));
    section(&mut card, CALIBRATION, &choice(facts));
    section(&mut card, CHOSEN_ON, &chosen_on(results));
    card.push_str(&format!("\n{}", results_section::section(&results.held_out)));
    for (title, table) in &results.extra {
        section(&mut card, title, &table.markdown());
    }
    section(&mut card, "Limits", LIMITS);
    card
}

/// The card of a model that was only calibrated anew: what it says of data and weights stays.
///
/// # Errors
/// [`crate::Error::Model`] if the marks of its results are damaged.
pub(super) fn calibrated(former: &str, facts: &Facts<'_>) -> Result<String> {
    let calibration = format!(
        "```sh\n{}\n```\n\n{} Weights stay as they were; what `How it was made` says of results was measured before. {}{}",
        facts.options.command,
        data(facts).trim_end(),
        choice(facts),
        notes(facts).iter().map(|note| format!(" {note}")).collect::<String>(),
    );
    let text =
        former.strip_prefix("# ").and_then(|rest| rest.split_once('\n')).map_or(former, |(_, text)| text);
    let card = format!("# {}\n{}", facts.serving.name, text);
    let card = with_section(&card, CALIBRATION, &calibration);
    let card = with_section(&card, CHOSEN_ON, &chosen_on(facts.results));
    results_section::with_results(&card, &facts.results.held_out)
}

/// The quality on passages that were learned from or chose something.
fn chosen_on(results: &Results) -> String {
    format!(
        "F1 with 95% bootstrap intervals over articles. {}`dev` chose the thresholds and is optimistic. `lexicon` is the \
         engine of word lists.\n\n{}",
        if results.cross_validated.is_some() {
            "`cross-validated` is measured on train, each article by outputs and thresholds it had no part in; "
        } else {
            ""
        },
        render::side_by_side(&learned(results)).markdown(),
    )
}

fn section(card: &mut String, title: &str, text: &str) {
    card.push_str(&format!("\n## {title}\n\n{}\n", text.trim_end()));
}

/// `card` with `text` in the place of the section of that title; at the end if there is none.
fn with_section(card: &str, title: &str, text: &str) -> String {
    let heading = format!("\n## {title}\n");
    let (before, rest) = card.split_once(&heading).unwrap_or((card.trim_end(), "\n"));
    // A section ends at the next, or at the marks of the results.
    let end = ["\n## ", "\n<!-- "].iter().filter_map(|next| rest.find(next)).min().unwrap_or(rest.len());
    let mut whole = before.trim_end().to_owned() + "\n";
    section(&mut whole, title, text);
    whole + &rest[end..]
}

/// Titles of the sections that a calibration writes anew.
const CALIBRATION: &str = "Calibration";
const CHOSEN_ON: &str = "On train and dev";

const LIMITS: &str = "\
- Counts are uncorrected. A theme with a precision of 0.6 has two wrong passages in five; compare a theme over
  time or between outlets only where the difference is larger than that can explain.
- The results hold for passages like those measured on. Nothing was measured on the articles you read; label a
  sample of your own before a number goes into a report.
- A theme says what a passage speaks of, not whether what it says is true, and not how important it is.
- Sentiment is how things look for SEND children, families and services in the passage. It is not the author's
  view, not towards a person or theme, and too weak here to rank outlets or single articles.
- Nothing here is a judgement of a council, a school or a person.";

/// The evaluations on passages that were learned from or chose something, to show beside each other.
fn learned(results: &Results) -> Vec<(&'static str, &Evaluation)> {
    let all = [
        ("cross-validated", &results.cross_validated),
        ("lexicon, dev", &results.lexicon_dev),
        ("dev", &results.dev),
    ];
    all.into_iter().filter_map(|(name, evaluation)| Some((name, evaluation.as_ref()?))).collect()
}

/// The same, and those on test, which chose nothing.
pub(super) fn columns(results: &Results) -> Vec<(&'static str, &Evaluation)> {
    let mut columns = learned(results);
    let held_out = &results.held_out;
    if held_out.measured_on == Split::Test.as_str() {
        columns.extend(held_out.lexicon.as_ref().map(|lexicon| ("lexicon, test", lexicon)));
        columns.push(("test", &held_out.evaluation));
    }
    columns
}

/// How weights, calibration and thresholds came about.
fn method(facts: &Facts<'_>) -> String {
    let learned = match &facts.results.tuning {
        None => format!(
            "The encoder is frozen. Outputs are L2-penalised logistic regressions over its pooled vector, fitted by \
             L-BFGS (those of sentiment with rarer classes counting for more); penalties by five-fold \
             cross-validation by article: {}.",
            penalties(facts)
        ),
        Some(tuning) => tuned(tuning, facts),
    };
    format!(
        "```sh\n{}\n```\n\n{learned} Fixed seeds: the same input gives the same bytes{}.{}",
        facts.options.command,
        if facts.results.tuning.is_some() { " on the same machine with as many threads" } else { "" },
        notes(facts).iter().map(|note| format!(" {note}")).collect::<String>(),
    )
}

/// How a fine-tuned model was learned, and what the rounding to int8 rows cost.
fn tuned(tuning: &Tuning, facts: &Facts<'_>) -> String {
    let Tuning { recipe, epochs, float } = tuning;
    let best = epochs.iter().rev().find(|epoch| epoch.is_best).map_or(0, |epoch| epoch.number);
    let macros = |evaluation: Option<&Evaluation>| {
        let measures = evaluation.map(|found| [found.macro_f1, found.sentiment_macro_f1]);
        let shown = measures.into_iter().flatten().flatten().map(|measure| format!("{:.3}", measure.value));
        shown.collect::<Vec<_>>().join(" and ")
    };
    let results = facts.results;
    format!(
        "Encoder and outputs were learned together (rust-bert, AdamW, learning rate {} for the top layer and \
         {LAYER_DECAY} of it for each layer below, {HEADS_OVER_TOP} times it for the outputs, risen over {WARM_UP} of \
         the steps and fallen to 0; weight decay {WEIGHT_DECAY}, dropout {DROPOUT}, batches of {}, seed {}). The \
         weights are the running mean (step n keeps n/(n + 9) of it, at most {AVERAGED}) at the end of epoch {best} of \
         {}, the best on dev, then rounded to int8 rows; calibration and thresholds belong to the rounded weights. \
         Macro F1 of themes and sentiment with the f32 weights, dev: {}; held-out: {}. As served, dev: {}; held-out: {}.\n\n{}\n",
        recipe.learning_rate,
        recipe.batch,
        recipe.seed,
        epochs.len(),
        macros(float[0].as_ref()),
        macros(float[1].as_ref()),
        macros(results.dev.as_ref()),
        macros(Some(&results.held_out.evaluation)),
        self::epochs(tuning).markdown(),
    )
}

/// The epochs of fine-tuning.
pub(super) fn epochs(tuning: &Tuning) -> Table {
    let mut table = Table::new(["epoch", "loss", "themes, dev", "sentiment, dev", "best so far"]);
    for epoch in &tuning.epochs {
        table.row([
            epoch.number.to_string(),
            format!("{:.3}", epoch.loss),
            format!("{:.3}", epoch.themes),
            format!("{:.3}", epoch.sentiment),
            if epoch.is_best { "yes".into() } else { String::new() },
        ]);
    }
    table
}

/// What was learned from and measured on, in one line.
pub(super) fn data(facts: &Facts<'_>) -> String {
    let gold = facts.gold;
    let parts: Vec<String> = Split::ALL
        .iter()
        .map(|&split| (split, if split == Split::Train { facts.train.to_vec() } else { gold.of(split) }))
        .filter(|(_, passages)| !passages.is_empty())
        .map(|(split, passages)| {
            format!("{} {} passages of {} articles", split.as_str(), passages.len(), gold.articles(&passages))
        })
        .collect();
    let left_out = match facts.left_out {
        0 => "No passage of train is a near-copy of a held-out one.".to_owned(),
        1 => "One passage of train was left out as a near-copy of a held-out one.".to_owned(),
        count => format!("{count} passages of train were left out as near-copies of held-out ones."),
    };
    format!("Labelled: {}. {left_out}\n", parts.join("; "))
}

/// What a reader should know besides.
pub(super) fn notes(facts: &Facts<'_>) -> Vec<String> {
    let mut notes = facts.plan.notes.clone();
    if facts.plan.is_keeping() && facts.options.method != Method::Calibration {
        notes.push(
            "What kept heads were learned from and how good they are says the card of that model.".into(),
        );
    }
    if facts.gold.of(Split::Dev).is_empty() && facts.options.method != Method::Calibration {
        notes.push(
            "There is no dev split: calibration and thresholds were chosen by cross-validation.".into(),
        );
    }
    if facts.gold.of(Split::Test).is_empty() && facts.results.tuning.is_none() {
        notes.push("There is no test split: the cross-validated results are the honest ones.".into());
    }
    notes
}

/// Shares of labels per split, of the passages in which somebody looked for them.
fn bands(facts: &Facts<'_>) -> Table {
    let gold = facts.gold;
    let header = ["share of passages"].into_iter().chain(Split::ALL.iter().map(|split| split.as_str()));
    let mut table = Table { header: header.map(str::to_owned).collect(), rows: Vec::new() };
    let splits: Vec<Vec<usize>> = Split::ALL.iter().map(|&split| gold.of(split)).collect();
    let mut add = |name: &str, holds: &dyn Fn(usize) -> Option<bool>| {
        let cells = splits.iter().map(|passages| {
            let labelled: Vec<bool> = passages.iter().filter_map(|&index| holds(index)).collect();
            match labelled.len() {
                0 => "–".to_owned(),
                all => {
                    let holding = labelled.iter().filter(|holds| **holds).count();
                    format!("{:.0}%", 100.0 * holding as f64 / all as f64)
                }
            }
        });
        table.rows.push([name.to_owned()].into_iter().chain(cells).collect());
    };
    for (theme, name) in gold.themes.iter().enumerate() {
        add(name, &|index| gold.passages[index].themes[theme]);
    }
    let has_no_theme = |index: usize| !gold.passages[index].themes.contains(&Some(true));
    let is_elsewhere = |index: usize| gold.passages[index].is_relevant == Some(false);
    add("no theme", &|index| Some(has_no_theme(index) && !is_elsewhere(index)));
    add("about something else", &|index| gold.passages[index].is_relevant.map(|is_relevant| !is_relevant));
    for sentiment in Sentiment::ALL {
        add(sentiment.as_str(), &|index| gold.passages[index].sentiment.map(|given| given == sentiment));
    }
    table
}

fn penalties(facts: &Facts<'_>) -> String {
    let shown: Vec<String> =
        facts.fitted.penalties.iter().map(|(task, penalty)| format!("{task} {penalty}")).collect();
    shown.join(", ")
}

fn choice(facts: &Facts<'_>) -> String {
    let on = match facts.options.method {
        _ if !facts.gold.of(Split::Dev).is_empty() => "dev",
        Method::Calibration => "all of train",
        Method::Heads { .. } | Method::FineTuning(_) => "outputs of cross-validation",
    };
    let leaning = facts.serving.themes.iter().filter_map(|theme| {
        let prior = theme.decision.article?;
        Some(format!("{} {:.2} (base {:.3})", theme.name, prior.weight, prior.base))
    });
    let leaning = leaning.collect::<Vec<_>>().join(", ");
    let leaning = if leaning.is_empty() {
        String::new()
    } else {
        format!(
            " The log-odds of themes are shifted by a weight times what the log-odds of the theme in the article's other \
             passages have over its base rate: {leaning}. Weights are the likeliest on {on}, and stand only where they \
             explain its labels better than chance would (likelihood ratio, 95%)."
        )
    };
    format!(
        "Platt scaling per theme, the temperature of sentiment and the thresholds (themes as often given as deserved, off \
         topic what is so more likely than not) were chosen on {on}.{leaning}"
    )
}

/// Licence of the base, where it is one that is known.
fn licence(weights: &str) -> String {
    match Catalogue::shipped().of_weights(weights) {
        Some(known) => format!(
            "Licence of the encoder: {} ({}); of the outputs: as the project.",
            known.licence, known.repository
        ),
        None => "The licence of the encoder is that of its origin.".to_owned(),
    }
}
