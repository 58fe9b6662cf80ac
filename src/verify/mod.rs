//! Checks a published run: that it is as it was written, and that its numbers follow from its tables.
//!
//! *Takes* an output folder. *Gives* a [`Check`] for each promise, with numbers and examples of what breaks it. *Fails* if
//! there is no run. *Cost*: every table in memory, and a sample of passages scored again.
//!
//! What is counted is counted anew here, without the code that counted first. Not checked: cleaning, dates and
//! `removed_share` against the corpus, which is no part of a run, and `run.json` itself, which vouches for the other files
//! and is vouched for only as far as its numbers follow from them.
//!
//! - a fresh run passes (`tests/it/verify.rs`)
//! - what was changed is found and named, even where its hash was put right (`tests/it/verify.rs`)

mod files;
mod counts;
mod articles;
mod decisions;
mod priors;
mod frequencies;
mod sheets;
mod scores;
pub mod render;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use polars::prelude::DataFrame;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::record::Record;
use crate::written::{self, Article, Block, Frequency, Label, Passage, Tables};

/// Most examples that a check gives of what breaks its promise.
const EXAMPLES: usize = 5;

/// How to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Passages that are scored again; 0 for none.
    pub sample: usize,
}

impl Default for Options {
    /// Fifty passages are scored in a second or two, and find a model that scores one passage in twenty otherwise in nine
    /// samples of ten.
    fn default() -> Self {
        Self { sample: 50 }
    }
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The promise holds.
    Ok,
    /// It does not.
    Failed,
    /// It could not be checked.
    NotChecked,
}

/// One promise, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A word for it.
    pub name: &'static str,
    /// How it went.
    pub state: State,
    /// What was checked, in words and numbers; why not, if it was not.
    pub detail: String,
    /// How often the promise is broken.
    pub faults: u64,
    /// Where it is broken, the first few.
    pub examples: Vec<String>,
}

impl Check {
    fn not_checked(name: &'static str, why: impl Into<String>) -> Self {
        Self { name, state: State::NotChecked, detail: why.into(), faults: 0, examples: Vec::new() }
    }

    /// A check that something was wrong with as a whole.
    fn failed(name: &'static str, detail: impl Into<String>, what: String) -> Self {
        let mut faults = Faults::default();
        faults.add(|| what);
        faults.into_check(name, detail)
    }
}

/// What was checked of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Every check, in order.
    pub checks: Vec<Check>,
}

impl Verified {
    /// How many checks went this way.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    /// Whether no check failed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.count(State::Failed) == 0
    }
}

/// Faults found by one check.
#[derive(Default)]
struct Faults {
    count: u64,
    examples: Vec<String>,
}

impl Faults {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    /// Notes a fault unless two values are the same.
    fn compare<T: PartialEq + std::fmt::Display>(
        &mut self,
        found: T,
        wanted: T,
        what: impl FnOnce() -> String,
    ) {
        if found != wanted {
            self.add(|| format!("{} is {found}, expected {wanted}", what()));
        }
    }

    fn into_check(self, name: &'static str, detail: impl Into<String>) -> Check {
        let state = if self.count == 0 { State::Ok } else { State::Failed };
        Check { name, state, detail: detail.into(), faults: self.count, examples: self.examples }
    }
}

/// A value in words; nothing where there is none.
fn shown<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}

/// The rows of a run.
struct Run<'a> {
    out: &'a Path,
    record: &'a Record,
    /// For the columns that rows are grouped by.
    articles_table: &'a DataFrame,
    articles: Vec<Article<'a>>,
    /// Places in `articles`.
    by_id: HashMap<&'a str, usize>,
    passages: Vec<Passage<'a>>,
    labels: Vec<Label<'a>>,
    blocks: Vec<Block<'a>>,
    frequencies: Vec<Frequency>,
    /// What `frequencies` should be; counted once, by whoever asks first.
    expected: OnceCell<std::result::Result<Vec<Frequency>, String>>,
}

impl<'a> Run<'a> {
    fn new(out: &'a Path, record: &'a Record, tables: &'a Tables) -> Result<Self> {
        let articles = written::articles(&tables.articles)?;
        Ok(Self {
            out,
            record,
            articles_table: &tables.articles,
            by_id: articles.iter().enumerate().map(|(place, article)| (article.id, place)).collect(),
            articles,
            passages: written::passages(&tables.passages)?,
            labels: written::labels(&tables.labels)?,
            blocks: written::blocks(&tables.blocks)?,
            frequencies: written::frequencies(&tables.frequencies, &record.by())?,
            expected: OnceCell::new(),
        })
    }

    fn article(&self, id: &str) -> Option<&Article<'a>> {
        self.by_id.get(id).map(|place| &self.articles[*place])
    }
}

/// A check of rows by its name.
type OfRows = (&'static str, fn(&Run<'_>) -> Check);

/// The checks of rows, in order.
const OF_ROWS: [OfRows; 11] = [
    ("counts", counts::counts),
    ("ids", counts::ids),
    ("articles", articles::articles),
    ("spans", articles::spans),
    ("priors", priors::priors),
    ("labels", decisions::labels),
    ("sums", frequencies::sums),
    ("periods", frequencies::periods),
    ("recount", frequencies::recount),
    ("totals", frequencies::totals),
    ("sheets", sheets::sheets),
];

/// Checks the run in `out`.
///
/// # Errors
/// [`Error::Io`] if `out` holds no run.
pub fn verify(out: &Path, options: Options) -> Result<Verified> {
    let record = match Record::load(out) {
        Ok(record) => record,
        Err(Error::Table { message, .. }) => {
            return Ok(Verified { checks: vec![Check::failed("record", "run.json", message)] });
        }
        Err(other) => return Err(other),
    };
    let (files, altered) = files::files(out, &record)?;
    let mut checks = vec![files];
    if let Some(why) = unread(&altered) {
        checks.extend(all_not_checked(&why));
        return Ok(Verified { checks });
    }
    let tables = Tables::read(out);
    let run = tables.as_ref().map_err(ToString::to_string);
    let run = run.and_then(|tables| Run::new(out, &record, tables).map_err(|error| error.to_string()));
    match run {
        Ok(run) => {
            checks.push(files::columns(out, &record));
            checks.extend(OF_ROWS.iter().map(|(_, check)| check(&run)));
            checks.push(scores::scores(&run, options.sample));
        }
        Err(what) => {
            checks.push(Check::failed("columns", "tables with the columns that they should have", what));
            checks.extend(all_not_checked("a table cannot be read").into_iter().skip(1));
        }
    }
    Ok(Verified { checks })
}

/// Why the tables are not read: what a damaged Parquet file makes its reader do is not known.
fn unread(altered: &BTreeSet<String>) -> Option<String> {
    let tables: Vec<_> =
        altered.iter().filter(|name| name.ends_with(".parquet")).map(String::as_str).collect();
    (!tables.is_empty()).then(|| format!("not as it was written: {}", tables.join(", ")))
}

fn all_not_checked(why: &str) -> Vec<Check> {
    let names = OF_ROWS.iter().map(|(name, _)| *name);
    ["columns"].into_iter().chain(names).chain(["scores"]).map(|name| Check::not_checked(name, why)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_faults_a_few_are_shown_and_all_are_counted() {
        let mut faults = Faults::default();
        (0..20).for_each(|number| faults.add(|| number.to_string()));
        let check = faults.into_check("ids", "20 rows");
        assert_eq!((check.state, check.faults, check.examples.len()), (State::Failed, 20, EXAMPLES));
        assert!(!Verified { checks: vec![check] }.holds());
        let verified = Verified { checks: vec![Check::not_checked("scores", "no engine")] };
        assert!(verified.holds(), "what cannot be checked does not fail");
    }
}
