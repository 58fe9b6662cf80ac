//! Compares extractors of article text, each alone and with the line cleaner as a filter behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use sendlens::clean::roles::{self, Scope};
use sendlens::clean::{html, model, phrases};

use crate::pages::Page;
use crate::shingles;
use crate::train::{self, Dump};

/// Text of an article from a page; empty if the extractor gives up.
type Extract = fn(&str) -> String;

const EXTRACTORS: [(&str, Extract); 5] = [
    ("trafilatura 0.6", |html| {
        let options = trafilatura::Options::default();
        trafilatura::extract(html, &options).map(|found| found.content_text).unwrap_or_default()
    }),
    ("trafilatura 0.6, with fallback", |html| {
        let options = trafilatura::Options::default().with_fallback(true);
        trafilatura::extract(html, &options).map(|found| found.content_text).unwrap_or_default()
    }),
    ("rs-trafilatura 0.2", |html| {
        rs_trafilatura::extract(html).map(|found| found.content_text).unwrap_or_default()
    }),
    ("dom_smoothie 0.19", |html| {
        let config =
            dom_smoothie::Config { text_mode: dom_smoothie::TextMode::Formatted, ..Default::default() };
        let read = dom_smoothie::Readability::new(html, None, Some(config)).and_then(|mut page| page.parse());
        read.map(|article| article.text_content.to_string()).unwrap_or_default()
    }),
    ("text dump, no extractor", |_| String::new()),
];

/// Prints a table: each extractor alone, then with the line cleaner, then pages per second of the extractor.
///
/// The line model is cross-validated by host, so no page is judged by weights that saw it.
pub fn compare(pages: &[Page]) {
    let dumps: Vec<Dump> = pages.iter().map(Dump::of).collect();
    let models = train::cross_validate(pages, &dumps);
    for (name, extract) in EXTRACTORS {
        let clock = Instant::now();
        let texts: Vec<String> = pages
            .iter()
            .map(|page| catch_unwind(AssertUnwindSafe(|| extract(&page.html))).unwrap_or_default())
            .collect();
        let pages_per_second = pages.len() as f64 / clock.elapsed().as_secs_f64();
        if texts.iter().any(|text| !text.is_empty()) {
            let scores: Vec<_> =
                pages.iter().zip(&texts).map(|(page, text)| shingles::score(&page.truth, text)).collect();
            train::print_row(&format!("{name} ({pages_per_second:.0} pages/s)"), pages, &scores);
        }
        let scores: Vec<_> = (0..pages.len())
            .map(|page| {
                let rendered = html::render::render(&scraper::Html::parse_document(&pages[page].html)).lines;
                let known: Vec<_> = rendered.iter().map(|line| phrases::recognise(&line.text)).collect();
                let (bias, weights) = &models[page];
                let features = model::features(&rendered, &known);
                let mut likely: Vec<f32> =
                    features.iter().map(|features| model::probability(*bias, weights, features)).collect();
                html::vote(&rendered, &texts[page], &mut likely);
                let roles = roles::assign(&rendered, &known, &likely, None, Scope::Page);
                let kept =
                    rendered.iter().zip(&roles.typed).filter(|(_, typed)| train::is_marked(typed.role));
                let text = kept.map(|(line, _)| line.text.as_str()).collect::<Vec<_>>().join("\n");
                shingles::score(&pages[page].truth, &text)
            })
            .collect();
        train::print_row(&format!("{name}, and line cleaner"), pages, &scores);
    }
}
