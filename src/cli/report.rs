//! `sendlens report`: the page of a run, drawn anew.

use std::path::PathBuf;

use clap::Args;

use sendlens::config::{Layers, Origin};
use sendlens::{Result, report, run};

use super::say;

/// Draw report.html of a run anew, from its tables.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Output folder of a former run.
    out: PathBuf,
    /// How much text of the articles it shows: none, snippet (the beginning of each passage) or full
    /// [default: as the run did].
    #[arg(long)]
    text: Option<String>,
}

pub(super) fn report(args: &ReportArgs) -> Result<u8> {
    let text = match &args.text {
        None => None,
        Some(text) => {
            let mut layers = Layers::default();
            layers.set("report-text", text.clone(), Origin::Flag)?;
            Some(layers.report_text()?)
        }
    };
    let record = run::redraw(&args.out, text)?;
    let pages = record.files.keys().filter(|file| report::is_page(file)).count();
    let beside = if pages > 1 { format!(", and {} pages beside it", pages - 1) } else { String::new() };
    say(&format!("{}{beside}", args.out.join(report::REPORT).display()));
    Ok(0)
}
