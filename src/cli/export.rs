//! `sendlens export`: a run handed on as a workbook, a database, CSV, JSON Lines or Arrow files.

use std::io::BufWriter;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use sendlens::export::{self, Exported, Format, Options, Texts};
use sendlens::publish::Existing;
use sendlens::{Error, Result, plain};

use super::say;

/// The place that stands for stdout.
const STDOUT: &str = "-";

/// Write a run as an Excel workbook, an SQLite database, CSV, JSON Lines or Arrow files.
///
/// What is written stands there whole or not at all, and every row is counted again in it. OUT must be as its run wrote
/// it. The same run gives the same bytes.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Output folder of a run.
    out: PathBuf,
    /// What to write.
    #[arg(long, value_enum)]
    format: ExportFormat,
    /// File to write, or for csv and arrow the folder; with jsonl, - for stdout.
    #[arg(short = 'o', long = "out", id = "to", value_name = "FILE|FOLDER")]
    to: PathBuf,
    /// Leave out the text of articles (for sharing). Headlines, and notes and columns of your own, stay.
    #[arg(long)]
    no_text: bool,
    /// Keep only the first N characters of each text, up to the end of a word.
    #[arg(long, value_name = "N", conflicts_with = "no_text", value_parser = clap::value_parser!(u64).range(1..))]
    snippet: Option<u64>,
    /// Replace what stands there; a folder only if it holds an export of the same format.
    #[arg(long)]
    force: bool,
    /// Do not say what was written.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// A folder with every table as CSV, safe to open in a spreadsheet.
    Csv,
    /// An Excel workbook: dictionary, frequencies, articles and passages.
    Xlsx,
    /// A database with every table, views and full-text search, for sqlite3 and Datasette.
    Sqlite,
    /// A passage per line as JSON, with the fields of its article inside.
    Jsonl,
    /// A folder with every table as an Arrow file (Feather 2).
    Arrow,
}

impl From<ExportFormat> for Format {
    fn from(given: ExportFormat) -> Self {
        match given {
            ExportFormat::Csv => Self::Csv,
            ExportFormat::Xlsx => Self::Xlsx,
            ExportFormat::Sqlite => Self::Sqlite,
            ExportFormat::Jsonl => Self::Jsonl,
            ExportFormat::Arrow => Self::Arrow,
        }
    }
}

pub(super) fn export(args: &ExportArgs) -> Result<u8> {
    let texts = match (args.no_text, args.snippet) {
        (true, _) => Texts::Absent,
        (false, Some(most)) => Texts::Snippet(usize::try_from(most).unwrap_or(usize::MAX)),
        (false, None) => Texts::Whole,
    };
    let exported = if args.to.as_os_str() == STDOUT {
        if args.format != ExportFormat::Jsonl {
            return Err(Error::config_hint(
                "only jsonl can be written to stdout",
                "name a file or a folder with -o",
            ));
        }
        to_stdout(&args.out, texts)?
    } else {
        let existing = if args.force { Existing::Replaced } else { Existing::Kept };
        export::export(&args.out, &args.to, &Options { format: args.format.into(), texts, existing })?
    };
    if !args.quiet {
        say(&plain::line(&summary(&exported, &args.to.display().to_string())));
        for note in &exported.notes {
            say(&plain::line(&format!("Note: {note}")));
        }
    }
    Ok(0)
}

fn to_stdout(out: &std::path::Path, texts: Texts) -> Result<Exported> {
    let mut writer = BufWriter::new(std::io::stdout().lock());
    let done = export::lines(out, texts, &mut writer);
    let done = done.and_then(|exported| {
        std::io::Write::flush(&mut writer).map_err(|error| Error::io("write", "stdout", error))?;
        Ok(exported)
    });
    match done {
        // A reader that has seen enough (`| head`) is no fault.
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(Exported::default())
        }
        Err(Error::Io { action: "write", source, .. }) => Err(Error::io("write", "stdout", source)),
        other => other,
    }
}

/// What was written, in a line.
fn summary(exported: &Exported, to: &str) -> String {
    let tables: Vec<_> =
        exported.tables.iter().map(|table| format!("{} {}", table.name, table.rows)).collect();
    format!("Wrote {to} (rows: {})", tables.join(", "))
}
