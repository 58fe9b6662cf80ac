//! `report.html`: a run as one page that opens from disk, offline, with or without scripts.
//!
//! *Takes* the tables of a run and its record. *Gives* `report.html` and, if not all passages fit into it, pages beside
//! it that hold every one in order of date. *Fails* on a damaged table, or if a file cannot be written. *Cost*: the
//! tables are read once, texts stay on disk and cost no memory; twelve passages are scored word by word when an engine is
//! given.
//!
//! Invariants: the page loads nothing and runs nothing but its own script; article text reaches it escaped only; the
//! same tables give the same bytes; no page is larger than [`MAX_BYTES`] unless the charts alone are; every number in
//! it is that of the tables (`tests/it/report.rs`).

mod scale;
mod wording;
mod texts;
mod contents;
mod policy;
mod chart;
mod figures;
mod marks;
mod selection;
mod listing;
mod page;

use std::path::Path;

use crate::config::ReportText;
use crate::engine::Classifier;
use crate::error::{Error, Result};
use crate::record::Record;
use contents::{Contents, Tables};
use marks::Explanations;
use page::Page;
use selection::Selection;

/// Name of the page.
pub const REPORT: &str = "report.html";

/// Largest page, in bytes.
pub const MAX_BYTES: usize = 10_000_000;

/// Whether a file of an output is drawn here, and so is drawn anew when labels change.
#[must_use]
pub fn is_page(name: &str) -> bool {
    name == REPORT || (name.starts_with("report-passages-") && name.ends_with(".html"))
}

/// Draws the report of the tables in `folder` into the same folder. With an engine, the passages shown first are
/// explained word by word and `explanations.parquet` is written; without, that table is read if it is there.
///
/// # Errors
/// [`Error::Io`] or [`Error::Table`] if a table cannot be read or a page not be written, and what the engine returns.
pub fn draw(folder: &Path, record: &Record, text: ReportText, engine: Option<&dyn Classifier>) -> Result<()> {
    let tables = Tables::read(folder)?;
    let contents = Contents::new(&tables, record)?;
    let mut room = MAX_BYTES;
    let none = Selection::none(&contents);
    let pages = page_spans(&contents);
    // What the page needs besides its passages.
    let bare = Page {
        contents: &contents,
        selection: &none,
        explanations: &Explanations::default(),
        text,
        pages: &pages,
    };
    let bare = bare.render()?.len();
    let mut engine = engine;
    loop {
        let selection = Selection::new(&contents, text, room.saturating_sub(bare))?;
        if let Some(engine) = engine.take() {
            let openings = selection.openings(&contents, marks::PASSAGES);
            marks::write(folder, &contents, &openings, engine)?;
        }
        let explanations = Explanations::read(folder)?;
        let pages = if selection.is_whole() { &[][..] } else { &pages };
        let page =
            Page { contents: &contents, selection: &selection, explanations: &explanations, text, pages }
                .render()?;
        if page.len() > MAX_BYTES && !selection.articles.is_empty() {
            // The passages shown first stand in the page twice.
            room = room.saturating_sub(page.len() - MAX_BYTES);
            continue;
        }
        if !pages.is_empty() {
            write_pages(folder, &contents, selection.most)?;
        }
        return write(folder, REPORT, &page);
    }
}

/// First and last day of every page beside the report.
fn page_spans(contents: &Contents<'_>) -> Vec<String> {
    let rows = listing::in_date_order(contents);
    rows.chunks(listing::PER_PAGE).map(|rows| listing::span(contents, rows)).collect()
}

fn write_pages(folder: &Path, contents: &Contents<'_>, most: Option<usize>) -> Result<()> {
    let rows = listing::in_date_order(contents);
    let pages = rows.len().div_ceil(listing::PER_PAGE);
    for (index, rows) in rows.chunks(listing::PER_PAGE).enumerate() {
        let page = listing::page(contents, rows, index + 1, pages, most)?;
        write(folder, &listing::page_name(index + 1), &page)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, page: &str) -> Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, page).map_err(|error| Error::io("write", &path, error))
}
