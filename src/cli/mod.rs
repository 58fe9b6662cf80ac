//! The command line: arguments become settings, results become text, faults become exit codes.
//!
//! stdout is data, stderr is talk; progress bars are drawn only on a terminal.

mod decide;
mod evaluate;
mod inspect;
mod models;
mod query;
mod report;
mod run;
mod train;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use sendlens::engine::Device;
use sendlens::{Error, Result, plain};

/// Theme frequency and sentiment per date from press coverage of SEND services.
///
/// Reads a folder of articles (text, Markdown, HTML, JSON, CSV, each also as .gz), cleans and dates them,
/// labels every passage with themes and sentiment, and writes tables with every count's denominator and
/// every passage behind it. Works offline; the model is part of the program.
#[derive(Debug, Parser)]
#[command(name = "sendlens", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<run::RunArgs>),
    Query(Box<query::QueryArgs>),
    Report(report::ReportArgs),
    Inspect(inspect::InspectArgs),
    Decide(decide::DecideArgs),
    Train(Box<train::TrainArgs>),
    Evaluate(evaluate::EvaluateArgs),
    Models(models::ModelsArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where libtorch computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DeviceArg {
    /// The processor.
    #[default]
    Cpu,
    /// The first CUDA device.
    Cuda,
}

impl From<DeviceArg> for Device {
    fn from(given: DeviceArg) -> Self {
        match given {
            DeviceArg::Cpu => Self::Cpu,
            DeviceArg::Cuda => Self::Cuda,
        }
    }
}

/// Runs the program and gives its exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Query(args) => query::query(&args),
        Command::Report(args) => report::report(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Decide(args) => decide::decide(&args),
        Command::Train(args) => train::train(&args),
        Command::Evaluate(args) => evaluate::evaluate(&args),
        Command::Models(args) => models::models(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "sendlens", &mut std::io::stdout());
            Ok(0)
        }
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints a fault with its causes and its hint.
fn complain(error: &Error) {
    let mut text = format!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n\nhint: {hint}"));
    }
    say(&text.lines().map(plain::line).collect::<Vec<_>>().join("\n"));
}

/// Writes talk to stderr. A closed stderr is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes data to stdout.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // A reader that has seen enough (`| head`) is no fault.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Error::io("write", "stdout", error)),
    }
}

/// A progress bar over files on stderr; hidden where nobody looks.
fn bar(is_quiet: bool) -> ProgressBar {
    bar_of("{bar:30} {pos}/{len} files  {msg}  {elapsed} (about {eta} left)", is_quiet)
}

/// A bar for work that is named by its message.
const WORK: &str = "{bar:30} {pos}/{len} {msg}  {elapsed}";

fn bar_of(template: &str, is_quiet: bool) -> ProgressBar {
    if is_quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    ProgressBar::new(0).with_style(ProgressStyle::with_template(template).expect("the template is fixed"))
}
