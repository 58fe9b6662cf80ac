//! `sendlens run`: settings from flags, environment and file; progress; the summary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Zoned;
use signal_hook::consts::SIGXFSZ;
use signal_hook::iterator::Signals;

use sendlens::config::{self, Config, Layers, Origin};
use sendlens::error::Signal;
use sendlens::pipeline::Progress;
use sendlens::run::{self, Outcome, summary};
use sendlens::stop::Stop;
use sendlens::{Error, Result, plain};

use super::{bar, complain, look, print, say};

/// Read a corpus, label its passages and write the tables.
///
/// Exit codes: 0 done; 1 failed, nothing published; 2 usage or configuration, or OUT is not ours;
/// 3 done, but inputs could not be read (see skipped.csv; --allow-skipped makes it 0); 4 --strict and there
/// were warnings; 5 another run holds OUT; 130, 143 stopped by Ctrl-C, SIGTERM: the same command goes on.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
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
    /// What labels passages: encoder (the built-in model), lexicon (word lists), or in a program built with
    /// rust-bert: rust-bert (a classifier of another's) and zero-shot (a model of inference) [default: encoder].
    #[arg(long)]
    engine: Option<String>,
    /// A model to use in place of the built-in one: its name (see `sendlens models list`) or its folder.
    #[arg(long, value_name = "NAME|FOLDER")]
    model: Option<String>,
    /// Where rust-bert and zero-shot run: cpu or cuda [default: cpu].
    #[arg(long)]
    device: Option<String>,
    /// What the built-in encoder computes in: int8 (the fastest), bf16 (where the processor has it) or f32 [default:
    /// int8].
    #[arg(long)]
    precision: Option<String>,
    /// A codebook to use in place of the built-in one.
    #[arg(long, value_name = "FILE")]
    codebook: Option<String>,
    /// A CSV or JSON table about the articles: path, file or url, and date, outlet, title, author, ….
    #[arg(long, value_name = "FILE")]
    metadata: Option<String>,
    /// A table of labels by a person, which win over the engine's: passage or text, and relevant, themes, sentiment.
    /// An empty cell corrects nothing. Kept in OUT as labels.csv and used again by the next run on it.
    #[arg(long, value_name = "FILE")]
    labels: Option<String>,
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
    /// Folder that keeps scores for later runs, which can share it [default: .<name of OUT>.cache beside OUT].
    #[arg(long, value_name = "FOLDER")]
    cache: Option<String>,
    /// Keep no scores: a run that is stopped begins anew.
    #[arg(long)]
    no_cache: bool,
    /// Day of the run, for reproducing an earlier one: later dates are rejected [default: today].
    #[arg(long, value_name = "DAY")]
    as_of: Option<String>,
    /// Largest file that is read, in MiB [default: 256].
    #[arg(long, value_name = "MIB")]
    max_file_mib: Option<String>,
    /// How much text of the articles the report shows: none, snippet (the beginning of each passage) or full
    /// [default: snippet].
    #[arg(long, value_name = "TEXT")]
    report_text: Option<String>,
    /// Draw no report.html.
    #[arg(long)]
    no_report: bool,
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

pub(super) fn run(args: &RunArgs) -> Result<u8> {
    let layers = layers(args)?;
    let config = layers.config(Zoned::now().date())?;
    let stop = heed_signals()?;
    let bar = bar(args.quiet);
    let mut on_progress = |progress: Progress, sources: usize| {
        bar.set_length(sources as u64);
        bar.set_position(progress.sources as u64);
        bar.set_message(format!("{} articles, {} passages", progress.articles, progress.passages));
    };
    let outcome = if args.dry_run {
        run::dry_run(&config, &layers, &stop, &mut on_progress)
    } else {
        run::run(&config, &layers, &stop, &mut on_progress)
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

/// How long a run that was asked to stop may take to get to a place where it can.
const GRACE: Duration = Duration::from_millis(1500);

/// From now on Ctrl-C and SIGTERM ask for a stop. Work that does not heed it in time is ended: at no moment would
/// that leave half an output, or lose a score that was kept.
fn heed_signals() -> Result<Stop> {
    let stop = Stop::default();
    let numbers = Signal::ALL.map(|signal| i32::from(signal.number()));
    let mut signals = Signals::new(numbers).map_err(|error| Error::io("watch", "signals", error))?;
    // Past a limit on the size of files the system would kill the run; so it says what went wrong.
    signal_hook::flag::register(SIGXFSZ, Arc::default())
        .map_err(|error| Error::io("watch", "signals", error))?;
    let asked = stop.clone();
    std::thread::spawn(move || {
        let number = signals.forever().next();
        let signal = Signal::ALL.into_iter().find(|signal| Some(i32::from(signal.number())) == number);
        let signal = signal.unwrap_or(Signal::Terminate);
        asked.ask(signal);
        std::thread::sleep(GRACE);
        complain(&Error::Stopped { signal, kept: None });
        std::process::exit(signal.exit_code().into());
    });
    Ok(stop)
}

fn summarise(outcome: &Outcome, config: &Config) -> String {
    let look = look(&std::io::stderr());
    summary::summary(outcome, &config.out.display().to_string(), &look).trim_end().to_owned()
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
        ("device", args.device.as_ref()),
        ("precision", args.precision.as_ref()),
        ("codebook", args.codebook.as_ref()),
        ("metadata", args.metadata.as_ref()),
        ("labels", args.labels.as_ref()),
        ("map", args.map.as_ref()),
        ("unit", args.unit.as_ref()),
        ("threshold", args.threshold.as_ref()),
        ("jobs", args.jobs.as_ref()),
        ("cache", args.cache.as_ref()),
        ("as-of", args.as_of.as_ref()),
        ("max-file-mib", args.max_file_mib.as_ref()),
        ("report-text", args.report_text.as_ref()),
    ]);
    for (key, value) in flags {
        if let Some(value) = value {
            layers.set(key, value.clone(), Origin::Flag)?;
        }
    }
    let switches =
        [("strict", args.strict), ("allow-skipped", args.allow_skipped), ("no-cache", args.no_cache)];
    for (key, is_set) in switches {
        if is_set {
            layers.set(key, "true".to_owned(), Origin::Flag)?;
        }
    }
    if args.no_report {
        layers.set("report", "false".to_owned(), Origin::Flag)?;
    }
    Ok(layers)
}
