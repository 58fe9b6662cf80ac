//! `sendlens verify`: whether a published run is as it was written and holds what it promises.

use std::path::PathBuf;

use clap::Args;

use sendlens::verify::{self, Options, render};
use sendlens::{Result, plain};

use super::{look, print};

/// What a failed check exits with.
const FAILED: u8 = 4;

/// Check a run: its files, every number counted again, every label decided again, a sample scored again.
///
/// One line per check: ok, FAILED with examples, or not checked with the reason. Exits with 4 if a check failed.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Output folder of a run.
    out: PathBuf,
    /// Passages to score again with the engine of the run; 0 for none.
    #[arg(long, value_name = "N", default_value_t = Options::default().sample)]
    sample: usize,
    /// Print the checks as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn verify(args: &VerifyArgs) -> Result<u8> {
    let verified = verify::verify(&args.out, Options { sample: args.sample })?;
    if args.json {
        print(&plain::json(&render::json(&verified)))?;
    } else {
        print(&render::text(&verified, &look(&std::io::stdout())))?;
    }
    Ok(if verified.holds() { 0 } else { FAILED })
}
