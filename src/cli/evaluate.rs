//! `sendlens evaluate`: how well an engine does on passages labelled by people.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use sendlens::config::{Layers, Origin};
use sendlens::engine::lexicon::Lexicon;
use sendlens::engine::{self, Classifier, EngineConfig};
use sendlens::evaluate::report::{Measurement, Report, measure, nothing_of, thresholds};
use sendlens::evaluate::{card, predict, published};
use sendlens::gold::{Gold, Split};
use sendlens::models::ModelFiles;
use sendlens::record::Record;
use sendlens::score::LabelSet;
use sendlens::{Error, Result, plain};

use super::{WORK, bar_of, print, say};

/// Measure an engine on labelled passages, beside the word lists.
///
/// Prints per theme precision, recall and F1 with intervals, sentiment, agreement, calibration, results by kind of
/// outlet, year and context, what changes when names are swapped, and the challenge set, as Markdown tables.
///
/// Labelled passages are JSON Lines, {"text": "…", "themes": ["transport"], "split": "test"}, or the table that
/// `sendlens query OUT --sample 200 --format csv` writes, filled in: yes, y, true, 1 or x for yes; no, n, false or 0
/// for no; negative, neutral or positive. A row left empty is not measured on. Where nobody wrote a no under the
/// themes, an empty cell of a filled row is one; else it is a fault, named by its line. Of a row with `relevant` no,
/// nothing else need be filled in.
#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Labelled passages: .jsonl or .csv files, or folders of .jsonl files.
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    gold: Vec<PathBuf>,
    /// Measure the labels that a published run gave, from its scores and thresholds: the passages are those of a sheet
    /// drawn from it. Without it passages are scored anew, those of a sheet as if each were alone in its article.
    #[arg(long, value_name = "OUT", conflicts_with_all = ["model", "engine", "device", "precision", "challenge", "card"])]
    run: Option<PathBuf>,
    /// A model to measure in place of the built-in one: its name (see `sendlens models list`) or its folder.
    #[arg(long, value_name = "NAME|FOLDER")]
    model: Option<String>,
    /// What to measure: encoder (the built-in model), lexicon (word lists), rust-bert or zero-shot.
    #[arg(long, default_value = "encoder")]
    engine: String,
    /// Where rust-bert and zero-shot run: cpu or cuda.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// What the built-in encoder computes in: int8, bf16 or f32.
    #[arg(long, default_value = "int8")]
    precision: String,
    /// A codebook to use in place of that of the model.
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Passages to measure on; rows of a table are test.
    #[arg(long, value_enum, default_value_t = SplitArg::Test)]
    split: SplitArg,
    /// Pairs of passages that differ in one thing [default: those among the labelled passages].
    #[arg(long, value_name = "FILE")]
    challenge: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write the results into the model folder too: its card, and the precision and recall that runs and reports show,
    /// unless they were measured on train. Its weights stay as they are.
    #[arg(long, requires = "model")]
    card: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SplitArg {
    /// What models learn from.
    Train,
    /// What chose thresholds.
    Dev,
    /// What chose nothing.
    Test,
}

impl From<SplitArg> for Split {
    fn from(given: SplitArg) -> Self {
        match given {
            SplitArg::Train => Self::Train,
            SplitArg::Dev => Self::Dev,
            SplitArg::Test => Self::Test,
        }
    }
}

pub(super) fn evaluate(args: &EvaluateArgs) -> Result<u8> {
    if let Some(out) = &args.run {
        show(&of_run(args, out)?, args.json)?;
        return Ok(0);
    }
    let mut layers = Layers::default();
    let given = [
        ("engine", Some(&args.engine)),
        ("device", Some(&args.device)),
        ("precision", Some(&args.precision)),
        ("model", args.model.as_ref()),
    ];
    for (key, value) in given {
        if let Some(value) = value {
            layers.set(key, value.clone(), Origin::Flag)?;
        }
    }
    let config = layers.engine()?;
    if config == EngineConfig::Lexicon && args.model.is_some() {
        return Err(Error::config_hint("--engine lexicon uses no model", "leave out --model or --engine"));
    }
    let carded = match (&config, args.card) {
        (_, false) => None,
        (EngineConfig::Encoder { path: Some(path), .. }, true) => Some(path),
        (_, true) => {
            return Err(Error::config(
                "--card writes into the folder of a model that the built-in encoder runs",
            ));
        }
    };
    let codebook = engine::codebook(&config, args.codebook.as_deref())?;
    let themes = codebook.names();
    let gold = Gold::read(&args.gold, &themes)?;
    let pairs =
        args.challenge.as_ref().map(|file| Gold::read(std::slice::from_ref(file), &themes)).transpose()?;
    if let (Some(pairs), Some(file)) = (&pairs, &args.challenge)
        && pairs.of(Split::Challenge).is_empty()
    {
        return Err(Error::config_hint(
            format!("`{}` holds no pair of passages", file.display()),
            "each line of a challenge set names its `pair` and its `kind`",
        ));
    }
    let engine = engine::open(&config, &codebook)?;
    let lexicon = Lexicon::new(&codebook);
    let measurement = Measurement {
        gold: &gold,
        split: args.split.into(),
        challenge: pairs.as_ref(),
        lexicon: (config != EngineConfig::Lexicon).then_some(&lexicon as &dyn Classifier),
    };
    let bar = bar_of(WORK, false).with_message("passages");
    let report = measure(
        engine.as_ref(),
        &engine::thresholds(engine.as_ref(), &codebook),
        &measurement,
        &mut |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        },
    );
    bar.finish_and_clear();
    let report = report?;
    show(&report, args.json)?;
    if let Some(folder) = carded {
        let files = ModelFiles::read(folder)?;
        let former = String::from_utf8_lossy(files.card()).into_owned();
        let mut files = files.with_card(&card::with_results(&former, &report)?);
        if measurement.split != Split::Train {
            files = files.with_measured(report.evaluation.measured());
        }
        files.write(folder)?;
        say(&format!("Results written to {}", folder.join("CARD.md").display()));
    }
    Ok(0)
}

/// The report on the labels of the run in `out`.
fn of_run(args: &EvaluateArgs, out: &Path) -> Result<Report> {
    let record = Record::load(out)?;
    let gold = Gold::read(&args.gold, &record.codebook.themes)?;
    let split = Split::from(args.split);
    let passages = gold.of(split);
    if passages.is_empty() {
        return Err(nothing_of(&gold, split));
    }
    let (predictions, used) = published::predictions(out, &record, &gold, &passages)?;
    let codebook = engine::codebook(&EngineConfig::default(), args.codebook.as_deref())?;
    let lexicon = Lexicon::new(&codebook);
    // Of a run with another codebook the word lists are not known.
    let lexicon = (codebook.names() == record.codebook.themes).then_some(lexicon);
    let beside = lexicon
        .map(|lexicon| predict(&lexicon, lexicon.thresholds(), &gold, &passages, &mut |_| {}))
        .transpose()?;
    let labels =
        LabelSet { themes: record.codebook.themes.clone(), has_relevance: record.engine.has_relevance };
    let name = (record.engine.name.as_str(), split.as_str());
    Ok(Report::new(name, thresholds(&labels, &used), &gold, &passages, &predictions, beside.as_deref()))
}

fn show(report: &Report, is_json: bool) -> Result<()> {
    if is_json {
        return print(&plain::json(&report.json()));
    }
    print(&report.markdown().split_inclusive('\n').map(shown).collect::<String>())
}

/// A line made safe for a terminal: kinds of outlet and names of pairs come from the files given.
fn shown(line: &str) -> String {
    format!("{}\n", plain::line(line.trim_end_matches('\n')))
}
