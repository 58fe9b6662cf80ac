//! `sendlens diff`: what differs between two runs, and why.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use sendlens::diff::{self, render};
use sendlens::{Result, plain};

use super::{look, print};

/// Examples of each kind shown unless more are asked for.
const DEFAULT_LIMIT: usize = 10;

/// What runs that differ exit with, where that is asked for.
const DIFFERENT: u8 = 4;

/// Say what differs between two runs, and why: articles, labels of passages, cells of theme_by_date.
///
/// Every label that changed has a reason: a person's label, a threshold, the model, the text or the version.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Output folder of the first run.
    before: PathBuf,
    /// Output folder of the second run.
    after: PathBuf,
    /// How to print; json is everything.
    #[arg(long, value_enum, default_value_t = DiffFormat::Table)]
    format: DiffFormat,
    /// Most examples of each kind shown in a table; 0 for all.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT)]
    limit: usize,
    /// Exit with 4 if the runs differ.
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// Text for people.
    Table,
    /// A JSON object.
    Json,
}

pub(super) fn diff(args: &DiffArgs) -> Result<u8> {
    let difference = diff::diff(&args.before, &args.after)?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    match args.format {
        DiffFormat::Table => print(&render::text(&difference, limit, &look(&std::io::stdout())))?,
        DiffFormat::Json => print(&plain::json(&render::json(&difference)))?,
    }
    Ok(if args.exit_code && !difference.is_empty() { DIFFERENT } else { 0 })
}
