//! Trains the line model on rendered pages and measures it on hosts it has not seen.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::{fs, io};

use sendlens::article::Role;
use sendlens::clean::lines::{self, Line};
use sendlens::clean::model::{self, FEATURES, Features, Weights};
use sendlens::clean::phrases::{self, Known};
use sendlens::clean::roles::{self, Scope};
use sendlens::clean::{html, language, mend};

use crate::pages::Page;
use crate::regression::{Example, fit};
use crate::shingles::{self, Score};

/// Parts of the cross-validation; a host is in one part only.
const FOLDS: usize = 10;

/// A page as a text dump, ready to be typed.
pub struct Dump {
    pub lines: Vec<Line>,
    pub known: Vec<Option<Known>>,
    pub features: Vec<Features>,
}

impl Dump {
    /// The text dump of a page: what the page shows, line by line, without its markup.
    pub fn of(page: &Page) -> Self {
        let rendered = html::render::render(&scraper::Html::parse_document(&page.html));
        let text: Vec<&str> = rendered.lines.iter().map(|line| line.text.as_str()).collect();
        let mut lines = lines::split(&text.join("\n")).lines;
        mend::mend(&mut lines);
        let known: Vec<_> = lines.iter().map(|line| phrases::recognise(&line.text)).collect();
        let features = model::features(&lines, &known);
        Self { lines, known, features }
    }

    /// Probabilities of the lines by other weights than those compiled in.
    pub fn probabilities(&self, (bias, weights): &(f32, Features)) -> Vec<f32> {
        self.features.iter().map(|features| model::probability(*bias, weights, features)).collect()
    }

    /// The lines that `keeps` keeps, one per line.
    pub fn text(&self, keeps: impl Fn(usize) -> bool) -> String {
        let kept = self.lines.iter().enumerate().filter(|(index, _)| keeps(*index));
        kept.map(|(_, line)| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// Which lines of a page are article text: those whose words mostly stand in the true text in this order.
fn labels(dump: &Dump, truth: &str) -> Vec<bool> {
    let shingles = shingles::shingles(truth);
    let whole: HashSet<Vec<&str>> = truth.lines().map(shingles::tokens).collect();
    let is_text = |line: &Line| {
        let tokens = shingles::tokens(&line.text);
        if tokens.len() < 4 {
            return whole.contains(&tokens);
        }
        let found = tokens.windows(4).filter(|words| shingles.contains_key(*words)).count();
        found * 2 >= tokens.len() - 3
    };
    dump.lines.iter().map(is_text).collect()
}

/// Lines of a page as examples. Each page weighs the same; a line weighs as the root of its words, between what
/// the score counts (words) and what the reader sees (lines).
fn examples(dump: &Dump, truth: &str) -> Vec<Example> {
    let weights: Vec<f64> =
        dump.lines.iter().map(|line| (1.0 + line.text.split(' ').count() as f64).sqrt()).collect();
    let total: f64 = weights.iter().sum();
    let labels = labels(dump, truth);
    let rows = dump.features.iter().zip(labels).zip(weights);
    rows.map(|((features, is_text), weight)| Example {
        features: *features,
        is_text,
        weight: weight / total * 100.0,
    })
    .collect()
}

/// One model per page, trained without the pages of its part.
pub fn cross_validate(pages: &[Page], dumps: &[Dump]) -> Vec<(f32, Features)> {
    let hosts: BTreeSet<&str> = pages.iter().map(|page| page.host.as_str()).collect();
    let folds: BTreeMap<&str, usize> =
        hosts.into_iter().enumerate().map(|(i, host)| (host, i % FOLDS)).collect();
    let examples: Vec<Vec<Example>> =
        pages.iter().zip(dumps).map(|(page, dump)| examples(dump, &page.truth)).collect();
    let models: Vec<_> = (0..FOLDS)
        .map(|fold| {
            let others = pages.iter().zip(&examples).filter(|(page, _)| folds[page.host.as_str()] != fold);
            fit(&others.flat_map(|(_, examples)| examples).collect::<Vec<_>>())
        })
        .collect();
    pages.iter().map(|page| models[folds[page.host.as_str()]]).collect()
}

/// Whether the benchmark's people mark such lines as article text: they mark subheads, which `sendlens` types
/// but does not count.
pub fn is_marked(role: Role) -> bool {
    role.is_counted() || role == Role::Subhead
}

/// Prints one row of a table of scores: all pages, then those in English, then those of UK outlets.
pub fn print_row(name: &str, pages: &[Page], scores: &[Score]) {
    let (f1, precision, recall) = shingles::mean(scores.iter().copied());
    let uk = pages.iter().zip(scores).filter(|(page, _)| page.is_uk()).map(|(_, score)| *score);
    let (uk_f1, ..) = shingles::mean(uk);
    let english = pages.iter().zip(scores).filter(|(page, _)| language::language(&page.truth) == Some("en"));
    let (english_f1, ..) = shingles::mean(english.map(|(_, score)| *score));
    println!(
        "{name:<48} F1 {f1:.3}  precision {precision:.3}  recall {recall:.3}  English F1 {english_f1:.3}  UK F1 {uk_f1:.3}"
    );
}

/// Cross-validates, prints the scores, and writes the weights learned from all pages.
pub fn train(pages: &[Page]) -> io::Result<()> {
    let dumps: Vec<Dump> = pages.iter().map(Dump::of).collect();
    let models = cross_validate(pages, &dumps);
    let uk = pages.iter().filter(|page| page.is_uk()).count();
    println!("{} pages, {uk} of UK outlets, {FOLDS} parts by host", pages.len());
    let scored = |text: &dyn Fn(usize) -> String| -> Vec<Score> {
        pages.iter().enumerate().map(|(index, page)| shingles::score(&page.truth, &text(index))).collect()
    };
    print_row("all lines", pages, &scored(&|page| dumps[page].text(|_| true)));
    print_row(
        "line model alone",
        pages,
        &scored(&|page| {
            let likely = dumps[page].probabilities(&models[page]);
            dumps[page].text(|line| likely[line] >= roles::KEEP)
        }),
    );
    print_row(
        "line model and rules",
        pages,
        &scored(&|page| {
            let dump = &dumps[page];
            let roles = roles::assign(
                &dump.lines,
                &dump.known,
                &dump.probabilities(&models[page]),
                None,
                Scope::Page,
            );
            dump.text(|line| is_marked(roles.typed[line].role))
        }),
    );
    let all: Vec<Vec<Example>> =
        pages.iter().zip(&dumps).map(|(page, dump)| examples(dump, &page.truth)).collect();
    let (bias, weights) = fit(&all.iter().flatten().collect::<Vec<_>>());
    let weights = FEATURES.iter().zip(weights).map(|(name, weight)| ((*name).to_owned(), weight)).collect();
    let stored = toml::to_string(&Weights { bias, weights }).map_err(io::Error::other)?;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../src/clean/line_model.toml");
    fs::write(
        path,
        format!("# Written by `extractors train` (tests/bench/extractors); not to be edited.\n{stored}"),
    )
}
