//! Passages agree with their articles, and stand in them where they say.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::{Check, Faults, Run, shown};
use crate::passage::words;
use crate::written::article_texts;

/// Kinds of passages that are counted.
const COUNTED: [&str; 2] = ["body", "list_item"];

/// Passages of an article and their words.
#[derive(Default, Clone, Copy)]
struct Sum {
    passages: i64,
    words: i64,
}

impl AddAssign<i64> for Sum {
    fn add_assign(&mut self, words: i64) {
        self.passages += 1;
        self.words += words;
    }
}

/// Checks what `passages` repeats of `articles`, and what `articles` sums of `passages`.
pub(super) fn articles(run: &Run<'_>) -> Check {
    let mut faults = Faults::default();
    let mut sums = HashMap::<&str, Sum>::new();
    for passage in &run.passages {
        let is_text = COUNTED.contains(&passage.kind);
        if is_text {
            *sums.entry(passage.article).or_default() += passage.words;
        }
        // One without article is a fault of its id.
        let Some(article) = run.article(passage.article) else { continue };
        let of = |column: &str| format!("{column} of passage {}", passage.id);
        faults.compare(shown(passage.date), shown(article.date), || of("date"));
        faults.compare(shown(passage.outlet), shown(article.outlet), || of("outlet"));
        faults.compare(shown(passage.cluster), shown(article.cluster), || of("cluster"));
        faults.compare(passage.is_counted, is_text && article.is_counted, || of("counted"));
    }
    for article in &run.articles {
        let sum = sums.get(article.id).copied().unwrap_or_default();
        faults.compare(article.passages, sum.passages, || format!("passages of article {}", article.id));
        faults.compare(article.words, sum.words, || format!("words of article {}", article.id));
    }
    let detail = "date, outlet, cluster and counted of passages; passages and words of articles";
    faults.into_check("articles", detail)
}

/// Checks that blocks make a text in which every block and passage stands at its span.
pub(super) fn spans(run: &Run<'_>) -> Check {
    let mut faults = Faults::default();
    let texts = article_texts(&run.blocks);
    let at = |article: &str, start: i64, end: i64| {
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        texts.get(article)?.get(start..end)
    };
    let mut numbers = HashMap::<&str, i64>::new();
    for block in &run.blocks {
        let number = numbers.entry(block.article).or_default();
        *number += 1;
        let name = || format!("block {} of {}", block.number, block.article);
        faults.compare(block.number, *number, || format!("the number of {}", name()));
        if at(block.article, block.start, block.end) != Some(block.text) {
            faults.add(|| format!("{} is not what stands at {}..{}", name(), block.start, block.end));
        }
        if !run.by_id.contains_key(block.article) {
            faults.add(|| format!("{} is of an article that is not there", name()));
        }
    }
    for passage in &run.passages {
        if at(passage.article, passage.start, passage.end) != Some(passage.text) {
            faults.add(|| {
                format!("passage {} is not what stands at {}..{}", passage.id, passage.start, passage.end)
            });
        }
        let counted = i64::try_from(words(passage.text)).unwrap_or(i64::MAX);
        faults.compare(passage.words, counted, || format!("words of passage {}", passage.id));
    }
    let detail = format!(
        "spans of {} blocks and {} passages in the text of their articles",
        run.blocks.len(),
        run.passages.len()
    );
    faults.into_check("spans", detail)
}
