//! `sendlens query`: the passages behind a number, for people, spreadsheets and programs.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use sendlens::query::{self, Filter, Hit, render, sample};
use sendlens::record::Record;
use sendlens::score::Sentiment;
use sendlens::{Error, Result, plain};

use super::{look, print, say};

/// Passages of a query shown on a terminal unless more are asked for.
const DEFAULT_LIMIT: usize = 50;

/// Show the passages behind a number.
///
/// Every condition that is given must hold. `--theme T --date 2022-05` shows exactly the passages counted in
/// that cell of theme_by_date.
#[derive(Debug, Args)]
pub(super) struct QueryArgs {
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
    /// A simple random sample of the passages, to label by hand: a table without what the model says of them,
    /// with empty columns to fill in, for `sendlens evaluate --gold` and `sendlens run --labels`. Wants --format csv.
    #[arg(long, value_name = "N", conflicts_with = "limit", value_parser = clap::value_parser!(u64).range(1..))]
    sample: Option<u64>,
    /// Chooses the sample: another seed draws other passages, a larger sample begins with the smaller one.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "sample")]
    seed: u64,
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

pub(super) fn query(args: &QueryArgs) -> Result<u8> {
    let filter = Filter {
        theme: args.theme.clone(),
        sentiments: args.sentiment.iter().map(|sentiment| (*sentiment).into()).collect(),
        outlets: args.outlet.clone(),
        date: args.date.clone(),
        since: args.since,
        until: args.until,
        text: args.text.clone(),
        min_score: args.min_score,
        // Whoever labels, and whatever is then compared with the labels, may need what stands before.
        around: if args.sample.is_some() { args.around.max(1) } else { args.around },
    };
    if args.sample.is_some() && args.format != QueryFormat::Csv {
        return Err(Error::config_hint("a sample is a table to fill in", "add --format csv"));
    }
    let mut hits = query::query(&args.out, &filter)?;
    let found = hits.len();
    let articles: BTreeSet<_> = hits.iter().map(|hit| hit.article.as_str()).collect();
    let articles = articles.len();
    if let Some(size) = args.sample {
        return sample(args, hits, usize::try_from(size).unwrap_or(usize::MAX), articles);
    }
    let limit = match (args.limit, args.format) {
        (Some(0), _) | (None, QueryFormat::Csv | QueryFormat::Json) => usize::MAX,
        (Some(limit), _) => limit,
        (None, QueryFormat::Table) => DEFAULT_LIMIT,
    };
    hits.truncate(limit);
    match args.format {
        QueryFormat::Table => {
            let themes = Record::load(&args.out)?.codebook.themes;
            print(&render::text(&hits, &themes, &look(&std::io::stdout())))?;
        }
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

/// Prints a sheet of `size` passages out of `hits`, which are of this many articles.
fn sample(args: &QueryArgs, hits: Vec<Hit>, size: usize, articles: usize) -> Result<u8> {
    let found = hits.len();
    let sampled = sample::sample(hits, size, args.seed);
    let themes = Record::load(&args.out)?.codebook.themes;
    print(&shown_csv(&String::from_utf8_lossy(&sample::sheet(&sampled, &themes)?)))?;
    say(&format!(
        "Sample of {} out of {found} passages of {articles} articles (seed {}).\n\
         Fill in yes or no, and the sentiment; then: sendlens evaluate --gold FILE --run OUT, or sendlens run --labels FILE",
        sampled.len(),
        args.seed
    ));
    Ok(0)
}

/// CSV as it is for files and pipes, whose cells must join with the tables; made safe for a terminal.
fn shown_csv(csv: &str) -> Cow<'_, str> {
    if !std::io::stdout().is_terminal() {
        return Cow::Borrowed(csv);
    }
    csv.lines().flat_map(|line| [plain::line(line), Cow::Borrowed("\n")]).collect::<String>().into()
}
