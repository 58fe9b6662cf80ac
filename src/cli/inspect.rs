//! `sendlens inspect`: one file, explained.

use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;

use sendlens::config::{Layers, Origin};
use sendlens::run::{self, Detail};
use sendlens::{Result, inspect, plain};

use super::{look, print, say};

/// Explain one file: blocks with roles, date clues and why, passages with scores.
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The file.
    file: PathBuf,
    /// The n-th article of a file that holds many [default: all].
    #[arg(long, value_name = "N")]
    record: Option<usize>,
    /// What labels passages: encoder or lexicon.
    #[arg(long, default_value = "encoder")]
    engine: String,
    /// A model to use in place of the built-in one: its name (see `sendlens models list`) or its folder.
    #[arg(long, value_name = "NAME|FOLDER")]
    model: Option<String>,
    /// Where JSON or CSV records keep things: text=body,date=pubdate.
    #[arg(long, value_name = "TARGET=KEY,…")]
    map: Option<String>,
    /// What is labelled: paragraph, segment, sentence or article.
    #[arg(long, default_value = "paragraph")]
    unit: String,
    /// Later dates are rejected.
    #[arg(long, value_name = "DAY", default_value = "today")]
    as_of: String,
    /// Show the words that each label rests on: those without which its score falls most. Scores every passage once
    /// per word.
    #[arg(long)]
    explain: bool,
    /// Print JSON: an array of articles.
    #[arg(long)]
    json: bool,
}

pub(super) fn inspect(args: &InspectArgs) -> Result<u8> {
    let mut layers = Layers::defaults();
    let file = args.file.display().to_string();
    let given = [
        ("corpus", Some(&file)),
        ("out", Some(&file)),
        ("model", args.model.as_ref()),
        ("map", args.map.as_ref()),
    ];
    let always = [("engine", Some(&args.engine)), ("unit", Some(&args.unit)), ("as-of", Some(&args.as_of))];
    for (key, value) in given.into_iter().chain(always) {
        if let Some(value) = value {
            layers.set(key, value.clone(), Origin::Flag)?;
        }
    }
    let detail = if args.explain { Detail::Words } else { Detail::Passages };
    let explained = run::explain(&layers.config(Zoned::now().date())?, args.record, detail)?;
    let (labels, thresholds) = (&explained.labels, &explained.thresholds);
    let words = |index: usize| explained.words.get(index).map_or(&[][..], Vec::as_slice);
    let documents = explained.documents.iter().enumerate();
    if args.json {
        let values: Vec<_> = documents
            .map(|(index, document)| inspect::json(document, labels, thresholds, words(index)))
            .collect();
        print(&plain::json(&format!("{:#}\n", serde_json::Value::from(values))))?;
    } else {
        let look = look(&std::io::stdout());
        let texts: Vec<_> = documents
            .map(|(index, document)| inspect::text(document, labels, thresholds, words(index), &look))
            .collect();
        print(&texts.join("\n"))?;
    }
    if !explained.skipped.is_empty() {
        say(inspect::skipped(&explained.skipped).trim_end());
        return Ok(3);
    }
    Ok(0)
}
