//! `sendlens decide`: other thresholds on stored scores.

use std::path::PathBuf;

use clap::Args;

use sendlens::config::{Layers, Origin};
use sendlens::run::{self, summary};
use sendlens::{Result, plain};

use super::{look, print, say};

/// Remake decisions and tables from stored scores with other thresholds, without inference. Labels by a person stay.
#[derive(Debug, Args)]
pub(super) struct DecideArgs {
    /// Output folder of a former run.
    out: PathBuf,
    /// Thresholds: transport=0.4,relevant=0.3.
    #[arg(long, value_name = "THEME=VALUE,…", required = true)]
    threshold: String,
    /// Print the run record as JSON on stdout in place of the summary.
    #[arg(long)]
    json: bool,
}

pub(super) fn decide(args: &DecideArgs) -> Result<u8> {
    let mut layers = Layers::default();
    layers.set("threshold", args.threshold.clone(), Origin::Flag)?;
    let outcome = run::decide(&args.out, &layers.thresholds()?)?;
    if args.json {
        print(&plain::json(&outcome.record.to_json()))?;
    } else {
        let look = look(&std::io::stderr());
        say(summary::summary(&outcome, &args.out.display().to_string(), &look).trim_end());
    }
    Ok(0)
}
