//! The command line: arguments become settings, results become text, faults become exit codes.
//!
//! stdout is data, stderr is talk; progress bars are drawn only on a terminal.

mod decide;
mod diff;
mod evaluate;
mod export;
mod inspect;
mod man;
mod models;
mod query;
mod report;
mod run;
mod train;
mod verify;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use sendlens::engine::Device;
use sendlens::look::{Colours, Look};
use sendlens::{Error, Result, caught, plain};

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
    /// Colours: auto is on a terminal, unless NO_COLOR is set.
    #[arg(long, alias = "colour", global = true, value_enum, value_name = "WHEN", default_value_t = ColorArg::Auto)]
    color: ColorArg,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<run::RunArgs>),
    Query(Box<query::QueryArgs>),
    Report(report::ReportArgs),
    Inspect(inspect::InspectArgs),
    Export(export::ExportArgs),
    Decide(decide::DecideArgs),
    Verify(verify::VerifyArgs),
    Diff(diff::DiffArgs),
    Train(Box<train::TrainArgs>),
    Evaluate(evaluate::EvaluateArgs),
    Models(models::ModelsArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    Man(man::ManArgs),
}

/// When text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArg {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<ColorArg> for ColorChoice {
    fn from(given: ColorArg) -> Self {
        match given {
            ColorArg::Auto => Self::Auto,
            ColorArg::Always => Self::Always,
            ColorArg::Never => Self::Never,
        }
    }
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
    caught::install_hook();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    ColorChoice::from(cli.color).write_global();
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Query(args) => query::query(&args),
        Command::Report(args) => report::report(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Export(args) => export::export(&args),
        Command::Decide(args) => decide::decide(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Train(args) => train::train(&args),
        Command::Evaluate(args) => evaluate::evaluate(&args),
        Command::Models(args) => models::models(&args),
        Command::Completions { shell } => {
            // Made whole first: the generator panics where nobody reads.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "sendlens", &mut script);
            print(&String::from_utf8_lossy(&script)).map(|()| 0)
        }
        Command::Man(args) => man::man(&args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints what clap has to say: help, or what is wrong with the arguments. It repeats these as they are, and a name that
/// the shell put there (`*`) may hold what a terminal obeys.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    if std::env::args_os().any(|argument| argument.to_string_lossy().contains(plain::is_unprintable)) {
        let shown = error.render().to_string();
        say(shown.lines().map(plain::line).collect::<Vec<_>>().join("\n").trim_end());
    } else {
        // A closed stderr is no reason to fail in another way.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// How text looks on `stream`: as wide as its terminal, but no wider than is read with ease.
fn look(stream: &impl RawStream) -> Look {
    let mut look = Look::default();
    if AutoStream::choice(stream) != ColorChoice::Never {
        look.colours = Colours::Ansi;
    }
    if stream.is_terminal()
        && let Some((terminal_size::Width(columns), _)) = terminal_size::terminal_size()
    {
        look.width = usize::from(columns).clamp(MIN_WIDTH, look.width);
    }
    look
}

/// Columns of the narrowest terminal that text is wrapped for.
const MIN_WIDTH: usize = 40;

/// Prints a fault with its causes and its hint.
fn complain(error: &Error) {
    let look = look(&std::io::stderr());
    let mut text = format!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n\nhint: {hint}"));
    }
    let text = text.lines().map(plain::line).collect::<Vec<_>>().join("\n");
    let text = text.replacen("error:", &look.fault("error:"), 1);
    // The last one is ours; a message may hold another.
    say(&match text.rsplit_once("\n\nhint:") {
        Some((fault, hint)) => format!("{fault}\n\n{}{hint}", look.heading("hint:")),
        None => text,
    });
}

/// Writes talk to stderr. A closed stderr is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes data to stdout.
fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout();
    // What is left for the end of the process would be lost without a word.
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
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
