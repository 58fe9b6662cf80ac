//! Labels by a person across runs: those kept in the output folder, those given now, found in the corpus.

use std::path::Path;

use super::output::Output;
use crate::article::Skipped;
use crate::correction::{Corrections, Fate, Search};
use crate::error::Result;
use crate::pipeline::{self, Document, Options, Progress, Sink, load_corrections};
use crate::read::metadata::Metadata;
use crate::record::{Corrected, LABELS};
use crate::stop::Stop;
use crate::walk::Source;

/// The labels given now over what the output folder kept from earlier runs.
pub(super) fn corrections(
    given: Option<&Path>,
    output: &Output,
    themes: &[String],
) -> Result<Option<Corrections>> {
    let kept = kept(output, themes)?;
    let given = given.map(|path| load_corrections(path, themes)).transpose()?;
    Ok(match (kept, given) {
        (Some(kept), Some(given)) => Some(kept.overlaid_with(given)),
        (kept, given) => given.or(kept),
    })
}

/// The labels that the output folder kept from earlier runs.
pub(super) fn kept(output: &Output, themes: &[String]) -> Result<Option<Corrections>> {
    let is_kept = output.former().is_some_and(|former| former.files.contains_key(LABELS));
    is_kept.then(|| load_corrections(&output.out().join(LABELS), themes)).transpose()
}

/// Finds the passages of `corrections` in the corpus, which is read for it once more; scoring takes a hundred times
/// as long. Gives what became of them.
pub(super) fn locate(
    corrections: &mut Corrections,
    sources: &[Source],
    options: &Options,
    metadata: Option<&Metadata>,
    stop: &Stop,
) -> Result<Corrected> {
    let mut finder = Finder { search: Search::new(corrections), options };
    let everything = Options { since: None, until: None, ..options.clone() };
    pipeline::run(sources, &everything, None, metadata, stop, &mut finder)?;
    let moved = corrections.locate(finder.search);
    let count = |fate| corrections.of(fate).count() as u64;
    Ok(Corrected {
        rows: corrections.rows().len() as u64,
        moved,
        not_counted: count(Fate::NotCounted),
        not_found: count(Fate::NotFound),
        ..Corrected::default()
    })
}

/// Notes on labels that change nothing, for the record.
pub(super) fn notes(corrections: &Corrections) -> Vec<String> {
    let fates =
        [(Fate::NotFound, "match no passage"), (Fate::NotCounted, "are of passages that are not counted")];
    fates
        .into_iter()
        .filter_map(|(fate, what)| {
            let first = corrections.of(fate).next()?;
            let passage = first.row.passage.as_deref().or(first.row.text.as_deref()).unwrap_or_default();
            let rows = corrections.of(fate).count();
            Some(format!("{rows} rows of the labels {what}, the first: {}: {passage}", first.place))
        })
        .collect()
}

/// Shows every passage of a corpus to a search.
struct Finder<'a> {
    search: Search,
    /// Those of the run, with its bounds.
    options: &'a Options,
}

impl Sink for Finder<'_> {
    fn document(&mut self, document: Document) -> Result<()> {
        let is_counted = document.is_counted && pipeline::is_wanted(&document.published, self.options);
        for passage in &document.passages {
            let text = passage.span.of(&document.article.text);
            let is_counted = is_counted && passage.kind.is_counted();
            self.search.see(&document.article.id, passage.position, text, is_counted);
        }
        Ok(())
    }

    fn skipped(&mut self, _: Skipped) -> Result<()> {
        Ok(())
    }

    fn outside(&mut self, _: usize) {}

    fn progress(&mut self, _: Progress) {}
}
