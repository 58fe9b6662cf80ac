//! The command line: arguments become settings, results become text, faults become exit codes.
//!
//! stdout is data, stderr is talk; progress bars are drawn only on a terminal.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Zoned;

use sendlens::config::{self, Config, Layers, Origin};
use sendlens::pipeline::Progress;
use sendlens::query::{self, Filter, render};
use sendlens::run::{self, Outcome, summary};
use sendlens::score::Sentiment;
use sendlens::{Error, Result, inspect, plain, train};

/// Passages of a query shown on a terminal unless more are asked for.
const DEFAULT_LIMIT: usize = 50;

/// Why a template of a progress bar can be read.
const FIXED: &str = "the template is fixed";

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
    Run(Box<RunArgs>),
    Query(Box<QueryArgs>),
    Inspect(InspectArgs),
    Decide(DecideArgs),
    Train(Box<TrainArgs>),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Read a corpus, label its passages and write the tables.
///
/// Exit codes: 0 done; 1 failed, nothing published; 2 usage or configuration, or OUT is not ours;
/// 3 done, but inputs could not be read (see skipped.csv; --allow-skipped makes it 0); 4 --strict and there
/// were warnings; 5 another run holds OUT.
#[derive(Debug, Args)]
struct RunArgs {
    /// Folder of articles, or one file.
    corpus: Option<String>,
    /// Folder to publish: new, empty, or a former run of sendlens.
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<String>,
    /// Length of a row's period: day, week, month, quarter or year [default: month].
    #[arg(long)]
    period: Option<String>,
    /// Columns to group rows by: outlet, format, language, date_source or a column of the metadata.
    #[arg(long, value_name = "COLUMN,…")]
    by: Option<String>,
    /// First day of publication wanted; undated articles always stay.
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Last day of publication wanted.
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// What labels passages: encoder (the built-in model) or lexicon (word lists) [default: encoder].
    #[arg(long)]
    engine: Option<String>,
    /// A model folder to use in place of the built-in model.
    #[arg(long, value_name = "FOLDER")]
    model: Option<String>,
    /// A codebook to use in place of the built-in one.
    #[arg(long, value_name = "FILE")]
    codebook: Option<String>,
    /// A CSV or JSON table about the articles: path, file or url, and date, outlet, title, author, ….
    #[arg(long, value_name = "FILE")]
    metadata: Option<String>,
    /// Where JSON or CSV records keep things: text=body,date=pubdate.
    #[arg(long, value_name = "TARGET=KEY,…")]
    map: Option<String>,
    /// What is labelled: paragraph, segment, sentence or article [default: paragraph].
    #[arg(long)]
    unit: Option<String>,
    /// Thresholds over those of the model: transport=0.4,relevant=0.3.
    #[arg(long, value_name = "THEME=VALUE,…")]
    threshold: Option<String>,
    /// Threads; 0 for one per core [default: 0].
    #[arg(long, value_name = "N")]
    jobs: Option<String>,
    /// Day of the run, for reproducing an earlier one: later dates are rejected [default: today].
    #[arg(long, value_name = "DAY")]
    as_of: Option<String>,
    /// Largest file that is read, in MiB [default: 256].
    #[arg(long, value_name = "MIB")]
    max_file_mib: Option<String>,
    /// Fail with exit code 4, publishing nothing, if there is any warning.
    #[arg(long)]
    strict: bool,
    /// Exit with 0 although inputs could not be read.
    #[arg(long)]
    allow_skipped: bool,
    /// Settings file [default: sendlens.toml in the working folder, if there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read everything and say what a run would meet; score and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print no summary and no progress.
    #[arg(short, long)]
    quiet: bool,
    /// Print the run record as JSON on stdout in place of the summary.
    #[arg(long)]
    json: bool,
}

/// Show the passages behind a number.
///
/// Every condition that is given must hold. `--theme T --date 2022-05` shows exactly the passages counted in
/// that cell of theme_by_date.
#[derive(Debug, Args)]
struct QueryArgs {
    /// Output folder of a run.
    out: PathBuf,
    /// Themes, with and, or, not and brackets: "transport and not politics". Also all, any, none, off_topic.
    #[arg(long, value_name = "EXPRESSION")]
    theme: Option<String>,
    /// negative, neutral or positive; several by commas.
    #[arg(long, value_delimiter = ',')]
    sentiment: Vec<SentimentArg>,
    /// Outlets as they stand in the tables; the option may be repeated.
    #[arg(long)]
    outlet: Vec<String>,
    /// A period: 2022, 2022-Q2, 2022-05, 2022-W20, 2022-05-19 or undated.
    #[arg(long, value_name = "PERIOD")]
    date: Option<String>,
    /// First day of publication.
    #[arg(long, value_name = "DAY")]
    since: Option<jiff::civil::Date>,
    /// Last day of publication.
    #[arg(long, value_name = "DAY")]
    until: Option<jiff::civil::Date>,
    /// Text the passage contains, whatever its case.
    #[arg(long)]
    text: Option<String>,
    /// Lowest score of every theme asked for.
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f32>,
    /// Passages before and after each hit to show with it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    around: usize,
    /// Most passages shown; 0 for all [default: 50 for table, all for csv and json].
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    format: QueryFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum QueryFormat {
    /// Text for people.
    Table,
    /// CSV for spreadsheets.
    Csv,
    /// A JSON array.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SentimentArg {
    Negative,
    Neutral,
    Positive,
}

impl From<SentimentArg> for Sentiment {
    fn from(given: SentimentArg) -> Self {
        match given {
            SentimentArg::Negative => Self::Negative,
            SentimentArg::Neutral => Self::Neutral,
            SentimentArg::Positive => Self::Positive,
        }
    }
}

/// Explain one file: blocks with roles, date clues and why, passages with scores.
#[derive(Debug, Args)]
struct InspectArgs {
    /// The file.
    file: PathBuf,
    /// The n-th article of a file that holds many [default: all].
    #[arg(long, value_name = "N")]
    record: Option<usize>,
    /// What labels passages: encoder or lexicon.
    #[arg(long, default_value = "encoder")]
    engine: String,
    /// A model folder to use in place of the built-in model.
    #[arg(long, value_name = "FOLDER")]
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
    /// Print JSON: an array of articles.
    #[arg(long)]
    json: bool,
}

/// Remake decisions and tables from stored scores with other thresholds, without inference.
#[derive(Debug, Args)]
struct DecideArgs {
    /// Output folder of a former run.
    out: PathBuf,
    /// Thresholds: transport=0.4,relevant=0.3.
    #[arg(long, value_name = "THEME=VALUE,…", required = true)]
    threshold: String,
    /// Print the run record as JSON on stdout in place of the summary.
    #[arg(long)]
    json: bool,
}

/// Learn a theme of your own, or all labels anew, from labelled passages.
///
/// Writes a model folder for `sendlens run --model` with a card that says how good it is. Labelled passages are
/// JSON Lines: {"text": "…", "themes": ["transport"]}. A new theme needs an entry in the codebook and about 30
/// labelled passages at least; labels the base model has keep their quality. The same input gives the same model.
#[derive(Debug, Args)]
struct TrainArgs {
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
    /// Model folder, or folder of a downloaded BERT encoder, to build on [default: the built-in model].
    #[arg(long, value_name = "FOLDER")]
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

/// Runs the program and gives its exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(args) => run_command(&args),
        Command::Query(args) => query_command(&args),
        Command::Inspect(args) => inspect_command(&args),
        Command::Decide(args) => decide_command(&args),
        Command::Train(args) => train_command(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "sendlens", &mut std::io::stdout());
            Ok(0)
        }
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints a fault with its causes and its hint.
fn report(error: &Error) {
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

fn run_command(args: &RunArgs) -> Result<u8> {
    let layers = layers(args)?;
    let config = layers.config(Zoned::now().date())?;
    let bar = bar(args.quiet);
    let mut on_progress = |progress: Progress, sources: usize| {
        bar.set_length(sources as u64);
        bar.set_position(progress.sources as u64);
        bar.set_message(format!("{} articles, {} passages", progress.articles, progress.passages));
    };
    let outcome = if args.dry_run {
        run::dry_run(&config, &layers, &mut on_progress)
    } else {
        run::run(&config, &layers, &mut on_progress)
    };
    bar.finish_and_clear();
    let outcome = outcome?;
    if args.json {
        print(&plain::json(&outcome.record.to_json()))?;
    } else if !args.quiet {
        say(&if args.dry_run { summary::dry_summary(&outcome) } else { summarise(&outcome, &config) });
    }
    Ok(outcome.exit_code(config.allows_skipped))
}

fn summarise(outcome: &Outcome, config: &Config) -> String {
    summary::summary(outcome, &config.out.display().to_string()).trim_end().to_owned()
}

fn query_command(args: &QueryArgs) -> Result<u8> {
    let filter = Filter {
        theme: args.theme.clone(),
        sentiments: args.sentiment.iter().map(|sentiment| (*sentiment).into()).collect(),
        outlets: args.outlet.clone(),
        date: args.date.clone(),
        since: args.since,
        until: args.until,
        text: args.text.clone(),
        min_score: args.min_score,
        around: args.around,
    };
    let mut hits = query::query(&args.out, &filter)?;
    let found = hits.len();
    let articles: BTreeSet<_> = hits.iter().map(|hit| hit.article.as_str()).collect();
    let articles = articles.len();
    let limit = match (args.limit, args.format) {
        (Some(0), _) | (None, QueryFormat::Csv | QueryFormat::Json) => usize::MAX,
        (Some(limit), _) => limit,
        (None, QueryFormat::Table) => DEFAULT_LIMIT,
    };
    hits.truncate(limit);
    match args.format {
        QueryFormat::Table => print(&render::text(&hits))?,
        QueryFormat::Json => print(&plain::json(&render::json(&hits)))?,
        QueryFormat::Csv => print(&shown_csv(&String::from_utf8_lossy(&render::csv(&hits)?)))?,
    }
    let rest = if found > hits.len() {
        format!("; {} shown, --limit 0 shows all", hits.len())
    } else {
        String::new()
    };
    say(&format!("{found} passages of {articles} articles{rest}"));
    Ok(0)
}

/// CSV as it is for files and pipes, whose cells must join with the tables; made safe for a terminal.
fn shown_csv(csv: &str) -> Cow<'_, str> {
    if !std::io::stdout().is_terminal() {
        return Cow::Borrowed(csv);
    }
    csv.lines().flat_map(|line| [plain::line(line), Cow::Borrowed("\n")]).collect::<String>().into()
}

fn inspect_command(args: &InspectArgs) -> Result<u8> {
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
    let explained = run::explain(&layers.config(Zoned::now().date())?, args.record)?;
    let (labels, thresholds) = (&explained.labels, &explained.thresholds);
    let documents = explained.documents.iter();
    if args.json {
        let values: Vec<_> = documents.map(|document| inspect::json(document, labels, thresholds)).collect();
        print(&plain::json(&format!("{:#}\n", serde_json::Value::from(values))))?;
    } else {
        let texts: Vec<_> = documents.map(|document| inspect::text(document, labels, thresholds)).collect();
        print(&texts.join("\n"))?;
    }
    if !explained.skipped.is_empty() {
        say(inspect::skipped(&explained.skipped).trim_end());
        return Ok(3);
    }
    Ok(0)
}

fn decide_command(args: &DecideArgs) -> Result<u8> {
    let mut layers = Layers::default();
    layers.set("threshold", args.threshold.clone(), Origin::Flag)?;
    let outcome = run::decide(&args.out, &layers.thresholds()?)?;
    if args.json {
        print(&plain::json(&outcome.record.to_json()))?;
    } else {
        say(summary::summary(&outcome, &args.out.display().to_string()).trim_end());
    }
    Ok(0)
}

fn train_command(args: &TrainArgs) -> Result<u8> {
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

/// The settings of a run from all layers.
fn layers(args: &RunArgs) -> Result<Layers> {
    let mut layers = Layers::defaults();
    let file = args.config.clone().unwrap_or_else(|| PathBuf::from(config::FILE));
    if args.config.is_some() || Path::new(&file).exists() {
        let text = std::fs::read_to_string(&file).map_err(|error| Error::io("read", &file, error))?;
        layers.file(&file, &text)?;
    }
    layers.environment(std::env::vars_os().filter_map(|(name, value)| {
        // A variable that is not UTF-8 cannot be one of ours.
        Some((name.into_string().ok()?, value.into_string().ok()?))
    }))?;
    let flags: BTreeMap<&str, Option<&String>> = BTreeMap::from([
        ("corpus", args.corpus.as_ref()),
        ("out", args.out.as_ref()),
        ("period", args.period.as_ref()),
        ("by", args.by.as_ref()),
        ("since", args.since.as_ref()),
        ("until", args.until.as_ref()),
        ("engine", args.engine.as_ref()),
        ("model", args.model.as_ref()),
        ("codebook", args.codebook.as_ref()),
        ("metadata", args.metadata.as_ref()),
        ("map", args.map.as_ref()),
        ("unit", args.unit.as_ref()),
        ("threshold", args.threshold.as_ref()),
        ("jobs", args.jobs.as_ref()),
        ("as-of", args.as_of.as_ref()),
        ("max-file-mib", args.max_file_mib.as_ref()),
    ]);
    for (key, value) in flags {
        if let Some(value) = value {
            layers.set(key, value.clone(), Origin::Flag)?;
        }
    }
    for (key, is_set) in [("strict", args.strict), ("allow-skipped", args.allow_skipped)] {
        if is_set {
            layers.set(key, "true".to_owned(), Origin::Flag)?;
        }
    }
    Ok(layers)
}

/// A progress bar on stderr; hidden where nobody looks.
fn bar(is_quiet: bool) -> ProgressBar {
    if is_quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} files  {msg}  {elapsed} (about {eta} left)");
    ProgressBar::new(0).with_style(style.expect(FIXED))
}
