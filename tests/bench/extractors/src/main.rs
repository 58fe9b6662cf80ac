//! Trains the line model of sendlens and compares extractors of article text on a folder in the form of the
//! article-extraction benchmark (`ground-truth.json`, `html/ID.html.gz`).
//!
//! `extractors train DATA` writes `src/clean/line_model.toml` and prints cross-validated scores;
//! `extractors compare DATA` prints a table of extractors; `extractors show FILE…` prints the typed blocks of a
//! file.

mod compare;
mod pages;
mod regression;
mod show;
mod shingles;
mod train;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["train", data] => pages::load(Path::new(data)).and_then(|pages| train::train(&pages)),
        ["compare", data] => pages::load(Path::new(data)).map(|pages| compare::compare(&pages)),
        ["show", files @ ..] => show::show(files),
        _ => {
            eprintln!("usage: extractors train DATA | compare DATA | show FILE…");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
