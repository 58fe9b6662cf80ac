//! `sendlens train`: labelled passages become a model folder.

use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressStyle;

use sendlens::{Error, Result, train};

use super::{FIXED, bar, print, say};

/// Learn a theme of your own, or all labels anew, from labelled passages.
///
/// Writes a model folder for `sendlens run --model` with a card that says how good it is. Labelled passages are
/// JSON Lines: {"text": "…", "themes": ["transport"]}. A new theme needs an entry in the codebook and about 30
/// labelled passages at least; labels the base model has keep their quality. The same input gives the same model.
#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// Learn outputs over the built-in encoder, which stays as it is: seconds for hundreds of passages.
    #[arg(long, required = true)]
    heads_only: bool,
    /// Files of labelled passages, or folders of .jsonl files.
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    gold: Vec<PathBuf>,
    /// Model folder to write: new, or a model folder that is replaced.
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// A codebook with the themes to learn [default: the built-in one].
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Model, or downloaded BERT encoder, to build on: its name or its folder [default: the built-in model].
    #[arg(long, value_name = "NAME|FOLDER")]
    base: Option<PathBuf>,
    /// Name of the model [default: that of the folder written].
    #[arg(long)]
    name: Option<String>,
    /// Show the encoder the headline beside the passage.
    #[arg(long)]
    headline: bool,
    /// Learn every label anew, also those the base model has.
    #[arg(long)]
    anew: bool,
    /// Compare the passage alone with headline and with the passage before, on dev.
    #[arg(long)]
    contexts: bool,
    /// Show how quality on dev grows with the number of passages.
    #[arg(long)]
    curve: bool,
}

pub(super) fn train(args: &TrainArgs) -> Result<u8> {
    let read = |file: &PathBuf| std::fs::read_to_string(file).map_err(|error| Error::io("read", file, error));
    let folder = args.out.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().or(folder).ok_or_else(|| Error::config("--out names no folder"))?;
    let options = train::Options {
        gold: args.gold.clone(),
        base: args.base.clone(),
        codebook: args.codebook.as_ref().map(read).transpose()?,
        name,
        has_headline: args.headline,
        is_anew: args.anew,
        compares_contexts: args.contexts,
        draws_curve: args.curve,
        // Where the program lies is nobody's business.
        command: ["sendlens".to_owned()]
            .into_iter()
            .chain(std::env::args().skip(1))
            .collect::<Vec<_>>()
            .join(" "),
    };
    let bar = bar(false);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} passages  {elapsed}").expect(FIXED));
    let trained = train::train(&options, &mut |passages, all| {
        bar.set_length(all as u64);
        bar.set_position(passages as u64);
    });
    bar.finish_and_clear();
    let trained = trained?;
    trained.files.write(&args.out)?;
    print(&trained.report)?;
    say(&format!("Model written to {}", args.out.display()));
    Ok(0)
}
