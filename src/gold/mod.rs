//! Passages labelled by people (or, in the shipped set, by language models): JSON Lines and sheets become [`Gold`].
//!
//! *Takes* files or folders of `*.jsonl`, one passage per line, or filled-in sheets (`*.csv`), and the theme names of
//! a codebook. *Gives* [`Gold`], in the order of the files and lines. *Fails* on lines that cannot be read, naming
//! file, line and what is wrong with it. *Cost*: one pass; the texts are kept in memory.
//!
//! - a theme counts as looked for in a file if any passage of that file has it
//! - an unknown theme is refused with the nearest known one

pub mod near;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::nearest;
use crate::error::{Error, Result};
use crate::plain;
use crate::score::Sentiment;
use crate::sheet::Sheet;

/// Largest file read, in bytes; 5,000 passages have about 3 MB.
const MAX_FILE_BYTES: u64 = 1 << 28;

/// What a passage may be used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learning.
    #[default]
    Train,
    /// Choosing: calibration, thresholds, comparisons.
    Dev,
    /// Measuring, once everything has been chosen.
    Test,
    /// Measuring apart: pairs of passages that differ in one thing. Their make-up is nobody's coverage.
    Challenge,
}

impl Split {
    /// Those of articles, in the order in which they are used.
    pub const ALL: [Self; 3] = [Self::Train, Self::Dev, Self::Test];

    /// The name in files and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Challenge => "challenge",
        }
    }
}

/// One passage with its labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoldPassage {
    /// Name of the passage; `FILE:LINE` if the line gives none.
    pub id: String,
    /// Name of its article, the unit that is never torn apart between folds; for a passage of a pair the
    /// name of the pair; the passage's own name if the line gives neither.
    pub article: String,
    /// Place in the article, counted from 1; 0 if the line gives none.
    pub position: u32,
    /// `body` or `list_item`; for a passage of a pair what the pair tests: `negation`, `metaphor`.
    pub kind: Option<String>,
    /// Headline of the article.
    pub headline: Option<String>,
    /// The passage before in the article, where the table says it; else see [`before`].
    pub before: Option<String>,
    /// The passage.
    pub text: String,
    /// For each theme of [`Gold::themes`] whether the passage has it; `None` where nobody looked for it.
    pub themes: Vec<Option<bool>>,
    /// Sentiment, where labelled.
    pub sentiment: Option<Sentiment>,
    /// Whether both good and bad are present, where labelled.
    pub is_mixed: Option<bool>,
    /// Whether it is about SEND, where labelled.
    pub is_relevant: Option<bool>,
    /// Whether it cannot be labelled without its headline or the passages before.
    pub needs_context: Option<bool>,
    /// Kind of outlet: `local`, `trade`, `forum`.
    pub outlet_kind: Option<String>,
    /// Year of publication.
    pub year: Option<i16>,
    /// Who wrote or labelled it.
    pub batch: Option<String>,
    /// What it may be used for; if the line does not say, challenge for a passage of a pair, else train.
    pub split: Split,
}

/// Labelled passages of one or more files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gold {
    /// Theme names, in the order of [`GoldPassage::themes`].
    pub themes: Vec<String>,
    /// The passages, in the order of files and lines.
    pub passages: Vec<GoldPassage>,
    /// Each file read, by its name without folders, with its SHA-256 in hexadecimal.
    pub files: Vec<(String, String)>,
    /// Rows of tables in which nobody has filled in a label; they are no passages.
    pub unlabelled: usize,
}

/// A line as it stands in a file. Fields not named here are refused: a mistyped field would be lost in silence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: Option<String>,
    article: Option<String>,
    /// Passages of one pair differ in what `kind` names.
    pair: Option<String>,
    position: Option<u32>,
    kind: Option<String>,
    headline: Option<String>,
    text: String,
    themes: Vec<String>,
    sentiment: Option<Sentiment>,
    mixed: Option<bool>,
    relevant: Option<bool>,
    needs_context: Option<bool>,
    outlet_kind: Option<String>,
    year: Option<i16>,
    batch: Option<String>,
    split: Option<Split>,
}

impl Gold {
    /// Reads files (`*.csv` as filled-in sheets, others as JSON Lines), and the `*.jsonl` files of folders in the
    /// order of their names.
    ///
    /// # Errors
    /// [`Error::Config`] naming file and line if a line is no passage, names a theme that is not among
    /// `themes` or gives a theme to an irrelevant passage; if two passages have one id; if there is no
    /// passage at all. [`Error::Io`] if a file cannot be read.
    pub fn read(paths: &[PathBuf], themes: &[String]) -> Result<Self> {
        let mut gold = Self { themes: themes.to_vec(), ..Self::default() };
        let mut ids = BTreeSet::new();
        for path in &files(paths)? {
            let size = fs::metadata(path).map_err(|error| Error::io("read", path, error))?.len();
            if size > MAX_FILE_BYTES {
                return Err(Error::config(format!(
                    "`{}` has {size} bytes, more than {MAX_FILE_BYTES}",
                    path.display()
                )));
            }
            let bytes = fs::read(path).map_err(|error| Error::io("read", path, error))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let shown = path.display().to_string();
            let first = gold.passages.len();
            if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
                let sheet = Sheet::parse(&shown, &bytes, themes)?;
                let (passages, unlabelled) = table::passages(&shown, &name, sheet, themes)?;
                gold.passages.extend(passages);
                gold.unlabelled += unlabelled;
            } else {
                let text = std::str::from_utf8(&bytes)
                    .map_err(|_| Error::config(format!("`{shown}` is not UTF-8")))?;
                gold.passages.extend(parse(&shown, &name, text, themes)?);
            }
            check_pairs(&shown, &gold.passages[first..])?;
            for passage in &gold.passages[first..] {
                if !ids.insert(passage.id.clone()) {
                    let id = plain::line(&passage.id);
                    return Err(Error::config_hint(
                        format!("`{}` has a second passage `{id}`", path.display()),
                        "give each passage an id of its own",
                    ));
                }
            }
            let digest = Sha256::digest(&bytes);
            gold.files.push((name, plain::hexadecimal(&digest)));
        }
        if gold.passages.is_empty() {
            return Err(Error::config_hint("there is no labelled passage", ONE_LINE));
        }
        Ok(gold)
    }

    /// Numbers of the passages of `split`, in order.
    #[must_use]
    pub fn of(&self, split: Split) -> Vec<usize> {
        (0..self.passages.len()).filter(|&index| self.passages[index].split == split).collect()
    }

    /// Number of articles among the passages numbered.
    #[must_use]
    pub fn articles(&self, passages: &[usize]) -> usize {
        passages.iter().map(|&index| &self.passages[index].article).collect::<BTreeSet<_>>().len()
    }
}

const ONE_LINE: &str = r#"one passage per line: {"text": "…", "themes": ["transport"]}"#;

/// The files that `paths` name: files as they are, of folders their `*.jsonl`.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| Error::io("read", path, error))? {
            let file = entry.map_err(|error| Error::io("read", path, error))?.path();
            if file.is_file() && file.extension().is_some_and(|extension| extension == "jsonl") {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            return Err(Error::config_hint(
                format!("`{}` has no `.jsonl` file", path.display()),
                "name a folder of labelled passages, or the file itself",
            ));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// Parses the lines of one file, `path` in messages and `name` in made-up ids.
fn parse(path: &str, name: &str, text: &str, themes: &[String]) -> Result<Vec<GoldPassage>> {
    let mut lines = Vec::new();
    // Windows editors put a byte-order mark first.
    for (index, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = index + 1;
        let parsed: Line = serde_json::from_str(line).map_err(|error| {
            // The position within the line; serde's own "at line 1" would contradict ours.
            let column = error.column();
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            Error::config_hint(format!("{path}:{number}: {} (column {column})", plain::line(what)), ONE_LINE)
        })?;
        check(&parsed, themes).map_err(|(what, hint)| {
            let message = format!("{path}:{number}: {what}");
            hint.map_or_else(|| Error::config(&message), |hint| Error::config_hint(&message, hint))
        })?;
        lines.push((number, parsed));
    }
    let looked_for: BTreeSet<String> =
        lines.iter().flat_map(|(_, line)| line.themes.iter().cloned()).collect();
    let labelled = lines.into_iter().map(|(number, line)| {
        let id = line.id.unwrap_or_else(|| format!("{name}:{number}"));
        let given = |theme: &String| looked_for.contains(theme).then(|| line.themes.contains(theme));
        GoldPassage {
            split: line.split.unwrap_or(if line.pair.is_some() { Split::Challenge } else { Split::Train }),
            article: line.pair.or(line.article).unwrap_or_else(|| id.clone()),
            id,
            position: line.position.unwrap_or(0),
            kind: line.kind,
            headline: line.headline.filter(|headline| !headline.trim().is_empty()),
            before: None,
            themes: themes.iter().map(given).collect(),
            text: line.text,
            sentiment: line.sentiment,
            is_mixed: line.mixed,
            is_relevant: line.relevant,
            needs_context: line.needs_context,
            outlet_kind: line.outlet_kind,
            year: line.year,
            batch: line.batch,
        }
    });
    Ok(labelled.collect())
}

/// What is wrong with a line and, if there is one way, how to put it right.
type Complaint = (String, Option<String>);

fn check(line: &Line, themes: &[String]) -> Result<(), Complaint> {
    if line.text.trim().is_empty() {
        return Err(("`text` is empty".into(), None));
    }
    for (index, theme) in line.themes.iter().enumerate() {
        if !themes.contains(theme) {
            let hint = nearest(&theme.to_lowercase(), themes.iter().map(String::as_str)).map_or_else(
                || format!("the codebook has {}", themes.join(", ")),
                |known| format!("did you mean `{known}`?"),
            );
            return Err((format!("the codebook has no theme `{}`", plain::line(theme)), Some(hint)));
        }
        if line.themes[..index].contains(theme) {
            return Err((format!("`themes` names `{theme}` twice"), None));
        }
    }
    if line.relevant == Some(false) && !line.themes.is_empty() {
        let hint = "a passage that is not about SEND has no theme".into();
        return Err(("`relevant` is false, but there are themes".into(), Some(hint)));
    }
    Ok(())
}

/// Refuses a pair of one passage, which can show nothing.
fn check_pairs(path: &str, passages: &[GoldPassage]) -> Result<()> {
    let mut sides: BTreeMap<&str, usize> = BTreeMap::new();
    for passage in passages.iter().filter(|passage| passage.split == Split::Challenge) {
        *sides.entry(&passage.article).or_default() += 1;
    }
    match sides.into_iter().find(|(_, sides)| *sides < 2) {
        Some((pair, _)) => Err(Error::config_hint(
            format!("{path}: the pair `{}` has one passage", plain::line(pair)),
            "a pair has two passages that differ in what it tests, in one file",
        )),
        None => Ok(()),
    }
}

/// The passages of each article of which `gold` holds all, in their order: those numbered from 1 without a gap. A
/// sample has no such article, but for the shortest.
#[must_use]
pub fn whole_articles(gold: &Gold) -> Vec<Vec<usize>> {
    let mut articles: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, passage) in gold.passages.iter().enumerate() {
        articles.entry(&passage.article).or_default().push(index);
    }
    let mut whole: Vec<Vec<usize>> = articles.into_values().collect();
    for article in &mut whole {
        article.sort_by_key(|&index| gold.passages[index].position);
    }
    let number = |index: usize| gold.passages[index].position as usize;
    whole.retain(|article| article.iter().enumerate().all(|(place, &index)| number(index) == place + 1));
    whole
}

/// The passage before each in its article: what its table says, else the one whose `position` says so.
#[must_use]
pub fn before(gold: &Gold) -> Vec<Option<&str>> {
    let places: BTreeMap<(&str, u32), usize> = gold
        .passages
        .iter()
        .enumerate()
        .map(|(index, passage)| ((passage.article.as_str(), passage.position), index))
        .collect();
    gold.passages
        .iter()
        .map(|passage| {
            if passage.before.is_some() {
                return passage.before.as_deref();
            }
            let position = passage.position.checked_sub(1).filter(|before| *before > 0)?;
            let place = places.get(&(passage.article.as_str(), position))?;
            Some(gold.passages[*place].text.as_str())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn themes() -> Vec<String> {
        ["leadership", "transport"].map(String::from).to_vec()
    }

    fn read(text: &str) -> Result<Vec<GoldPassage>> {
        parse("folder/mine.jsonl", "mine.jsonl", text, &themes())
    }

    #[test]
    fn text_and_themes_are_enough() {
        let passages =
            read("\n{\"text\": \"The taxi never came.\", \"themes\": [\"transport\"]}\n").expect("a passage");
        assert_eq!(passages.len(), 1);
        assert_eq!(passages[0].id, "mine.jsonl:2");
        assert_eq!(passages[0].article, "mine.jsonl:2");
        assert_eq!(passages[0].split, Split::Train);
        assert_eq!((passages[0].sentiment, passages[0].is_relevant), (None, None));
    }

    #[test]
    fn a_theme_counts_as_looked_for_in_a_file_if_any_passage_of_that_file_has_it() {
        let passages =
            read("{\"text\": \"a\", \"themes\": [\"transport\"]}\n{\"text\": \"b\", \"themes\": []}")
                .expect("two passages");
        assert_eq!(passages[0].themes, [None, Some(true)]);
        assert_eq!(passages[1].themes, [None, Some(false)]);
    }

    #[test]
    fn a_pair_is_an_article_that_only_challenges() {
        let side = |id| {
            format!(
                r#"{{"id": "{id}", "pair": "p1", "kind": "negation", "text": "a", "themes": [], "relevant": true}}"#
            )
        };
        let passages = read(&[side("p1a"), side("p1b")].join("\n")).expect("a pair");
        assert_eq!((passages[1].article.as_str(), passages[1].split), ("p1", Split::Challenge));
        assert_eq!(passages[1].kind.as_deref(), Some("negation"));
        assert!(check_pairs("x.jsonl", &passages).is_ok());
        let error = check_pairs("x.jsonl", &passages[..1]).expect_err("one side").to_string();
        assert_eq!(error, "x.jsonl: the pair `p1` has one passage");
    }

    #[test]
    fn an_unknown_theme_is_refused_with_the_nearest_known_one() {
        let error = read("{\"text\": \"a\", \"themes\": [\"Tranport\"]}").expect_err("no such theme");
        assert_eq!(error.to_string(), "folder/mine.jsonl:1: the codebook has no theme `Tranport`");
        assert_eq!(error.hint().as_deref(), Some("did you mean `transport`?"));
    }

    #[test]
    fn a_fault_names_file_line_and_column() {
        let text = "{\"text\": \"a\", \"themes\": []}\n{\"text\": \"a\", \"theme\": []}";
        let error = read(text).expect_err("a mistyped field").to_string();
        assert!(error.starts_with("folder/mine.jsonl:2: unknown field `theme`"), "{error}");
        for (line, what) in [
            ("{\"text\": \" \", \"themes\": []}", "`text` is empty"),
            ("{\"text\": \"a\", \"themes\": [\"transport\"], \"relevant\": false}", "`relevant` is false"),
            ("{\"text\": \"a\", \"themes\": [\"transport\", \"transport\"]}", "twice"),
            ("{\"text\": \"a\"}", "missing field `themes`"),
            ("not JSON", "expected"),
        ] {
            let error = read(line).expect_err(what).to_string();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn the_held_out_files_are_those_that_were_frozen() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/annotated");
        let themes = crate::codebook::Codebook::shipped().names();
        let gold = Gold::read(std::slice::from_ref(&folder), &themes).expect("the shipped passages");
        let readme = fs::read_to_string(folder.join("README.md")).expect("a README");
        for (file, sum) in
            gold.files.iter().filter(|(file, _)| ["dev.jsonl", "test.jsonl"].contains(&file.as_str()))
        {
            assert!(readme.contains(&format!("{sum}  {file}")), "{file} is not the file that was frozen");
        }
        for (split, passages) in [(Split::Dev, 527), (Split::Test, 866)] {
            assert_eq!(gold.of(split).len(), passages);
        }
    }

    #[test]
    fn an_article_is_whole_if_its_passages_are_numbered_without_a_gap() {
        let passage = |article: &str, position| GoldPassage {
            article: article.into(),
            position,
            ..GoldPassage::default()
        };
        let numbered = [("a", 2), ("b", 1), ("a", 1), ("b", 3), ("c", 0), ("d", 2), ("e", 1)];
        let passages = numbered.map(|(article, position)| passage(article, position)).to_vec();
        let gold = Gold { passages, ..Gold::default() };
        assert_eq!(whole_articles(&gold), [vec![2, 0], vec![6]]);
    }

    /// What coverage is made of, in per cent of the passages; training text stays within five points.
    #[test]
    fn the_training_passages_keep_to_the_bands() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/annotated");
        let themes = crate::codebook::Codebook::shipped().names();
        let gold = Gold::read(&[folder], &themes).expect("the shipped passages");
        let train: Vec<&GoldPassage> =
            gold.of(Split::Train).iter().map(|&index| &gold.passages[index]).collect();
        let check = |what: &str, wanted: f64, holds: &dyn Fn(&GoldPassage) -> bool| {
            let share = train.iter().filter(|passage| holds(passage)).count() as f64 / train.len() as f64;
            assert!((100.0 * share - wanted).abs() <= 5.0, "{what}: {share:.3}, wanted {wanted}%");
        };
        for (theme, wanted) in [20.0, 20.0, 10.0, 30.0].into_iter().enumerate() {
            check(&themes[theme], wanted, &|passage| passage.themes[theme] == Some(true));
        }
        let is_elsewhere = |passage: &GoldPassage| passage.is_relevant == Some(false);
        check("no theme", 28.0, &|passage| !is_elsewhere(passage) && !passage.themes.contains(&Some(true)));
        check("about something else", 7.0, &is_elsewhere);
        for (sentiment, wanted) in Sentiment::ALL.into_iter().zip([47.0, 36.0, 16.0]) {
            check(sentiment.as_str(), wanted, &|passage| passage.sentiment == Some(sentiment));
        }
        check("with a quotation", 38.0, &|passage| passage.text.contains(['“', '"', '‘']));
        let mut words: Vec<usize> =
            train.iter().map(|passage| passage.text.split_whitespace().count()).collect();
        words.sort_unstable();
        assert!(words[words.len() / 2].abs_diff(29) <= 3, "median words {}", words[words.len() / 2]);
    }

    #[test]
    fn the_passage_before_is_of_the_same_article() {
        let line = |article, position| {
            format!(
                "{{\"text\": \"a\", \"themes\": [], \"article\": \"{article}\", \"position\": {position}}}\n"
            )
        };
        let text = [line("a", 1), line("a", 2), line("b", 1), line("b", 3)].concat();
        let gold = Gold { passages: read(&text).expect("four passages"), ..Gold::default() };
        assert_eq!(before(&gold), [None, Some("a"), None, None]);
    }
}
