//! Labels by a person, which win over those of an engine, run after run.
//!
//! *Takes* sheets. *Gives* [`Corrections`], which are found among the passages of a corpus and applied to what an
//! engine decided. *Fails* if two rows of a sheet say different things of one passage. *Cost*: a hash per passage
//! of the corpus to find them.
//!
//! A row belongs to the passage with its id and its text. Where there is none (ids move when a file is cleaned
//! differently, gains a record or is renamed) it belongs to the first passage with its text in the same article, else
//! in the same file, else, if its file is gone, anywhere. It then takes that passage's id. A row without a text
//! belongs to the passage with its id, whatever stands there.
//!
//! - an empty cell corrects nothing
//! - later rows win cell by cell
//! - a row that finds no passage is kept and counted

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::article::passage_id;
use crate::duplicate::passage_key;
use crate::error::Result;
use crate::score::{Labels, Scores, Thresholds, decide};
use crate::sheet::{self, Given, Row, Sheet};

/// Labels by a person, for passages of a corpus.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Corrections {
    rows: Vec<Correction>,
    /// Columns of the user's own, in order.
    further: Vec<String>,
    /// Numbers of the rows by the id of their passage.
    by_passage: HashMap<String, Vec<usize>>,
    /// Numbers of the rows without an id by their text.
    by_text: HashMap<u64, usize>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Where it stands, for people: `corrections.csv:7`.
    pub place: String,
    /// What stands there; once found, under the id of its passage.
    pub row: Row,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fate {
    /// No passage is it.
    #[default]
    NotFound,
    /// Its passage is in the corpus and is not counted: outside the dates wanted, a headline, another language.
    NotCounted,
    /// Its passage has its labels.
    Used,
}

impl Fate {
    /// The name used in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "no",
            Self::NotCounted => "not counted",
            Self::Used => "yes",
        }
    }
}

/// What a person's labels did to one passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByPerson {
    /// The labels that were given.
    pub given: Given,
    /// How many of them the engine had decided otherwise.
    pub changed: u64,
    /// How many the engine had decided so.
    pub confirmed: u64,
}

impl ByPerson {
    /// Whether the person decided about the theme: by a word on it, or by calling the passage something else.
    #[must_use]
    pub fn decides(&self, theme: usize) -> bool {
        self.given.themes[theme].is_some() || self.given.relevant == Some(false)
    }
}

impl Corrections {
    /// Parses a sheet. Rows without a label correct nothing and are left out.
    ///
    /// # Errors
    /// [`crate::Error::Config`] if it is no sheet, a row names no passage, or two rows say different things of one.
    pub fn parse(name: &str, bytes: &[u8], themes: &[String]) -> Result<Self> {
        let sheet = Sheet::parse(name, bytes, themes)?;
        let mut corrections = Self { further: sheet.further, ..Self::default() };
        // Where the file lies is of the machine; what it is called goes into the record.
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let mut faults = Vec::new();
        for row in sheet.rows.into_iter().filter(|row| !row.labels.is_empty()) {
            if row.passage.is_none() && row.text.is_none() {
                faults.push((row.line, "the row names no passage".to_owned()));
                continue;
            }
            if let Some(earlier) = corrections.same(&row) {
                let earlier = &corrections.rows[earlier].row;
                if is_contrary(&earlier.labels, &row.labels) {
                    faults.push((row.line, format!("the row contradicts line {}", earlier.line)));
                }
            }
            let place = format!("{file}:{}", row.line);
            corrections.add(Correction { place, row, fate: Fate::NotFound });
        }
        sheet::refuse(name, &faults, "leave one row for each passage")?;
        Ok(corrections)
    }

    /// These rows with those of `later` over them, cell by cell where both are about the same passage.
    #[must_use]
    pub fn overlaid_with(mut self, later: Self) -> Self {
        for correction in later.rows {
            self.add(correction);
        }
        for column in later.further {
            if !self.further.contains(&column) {
                self.further.push(column);
            }
        }
        self
    }

    /// The rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[Correction] {
        &self.rows
    }

    /// Columns of the user's own, in order.
    #[must_use]
    pub fn further(&self) -> &[String] {
        &self.further
    }

    /// Rows of this fate.
    pub fn of(&self, fate: Fate) -> impl Iterator<Item = &Correction> {
        self.rows.iter().filter(move |correction| correction.fate == fate)
    }

    /// What a person says of the passage with this id and text; `None` for nothing.
    #[must_use]
    pub fn given(&self, passage: &str, text: &str) -> Option<Given> {
        let mut given: Option<Given> = None;
        for &place in self.by_passage.get(passage)? {
            let row = &self.rows[place].row;
            if row.text.as_deref().is_none_or(|wanted| passage_key(wanted) == passage_key(text)) {
                let given = given.get_or_insert_with(|| Given {
                    themes: vec![None; row.labels.themes.len()],
                    ..Given::default()
                });
                put_over(given, &row.labels);
            }
        }
        given
    }

    /// Gives each row the id of its passage among those that `search` has seen, and its fate; rows that turn out to be
    /// about one passage become one. Returns the number of rows whose id was another.
    pub fn locate(&mut self, search: Search) -> u64 {
        let Search { passages, files, .. } = search;
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        let mut by_key: HashMap<u64, Vec<usize>> = HashMap::new();
        for (place, passage) in passages.iter().enumerate() {
            by_id.insert(&passage.id, place);
            by_key.entry(passage.key).or_default().push(place);
        }
        let mut moved = 0;
        for Correction { row, fate, .. } in &mut self.rows {
            let key = row.text.as_deref().map(passage_key);
            let exact = row.passage.as_deref().and_then(|id| by_id.get(id).copied());
            let exact = exact.filter(|&place| key.is_none_or(|key| key == passages[place].key));
            let found = exact.or_else(|| {
                let id = row.passage.as_deref();
                let candidates = by_key.get(&key?)?.iter().map(|&place| (place, &passages[place]));
                let ranked = candidates.filter_map(|(place, seen)| Some((seen.rank(id, &files)?, place)));
                ranked.min().map(|(_, place)| place)
            });
            let Some(passage) = found.map(|place| &passages[place]) else {
                *fate = Fate::NotFound;
                continue;
            };
            *fate = if passage.is_counted { Fate::Used } else { Fate::NotCounted };
            moved += u64::from(row.passage.as_deref().is_some_and(|id| id != passage.id));
            row.passage = Some(passage.id.clone());
            row.text.get_or_insert_with(|| passage.text.clone());
        }
        self.by_passage.clear();
        self.by_text.clear();
        for correction in std::mem::take(&mut self.rows) {
            self.add(correction);
        }
        moved
    }

    /// Adds a row, or puts it over the one about the same passage.
    fn add(&mut self, correction: Correction) {
        if let Some(earlier) = self.same(&correction.row) {
            let earlier = &mut self.rows[earlier];
            earlier.place = correction.place;
            earlier.fate = correction.fate;
            overlay(&mut earlier.row, correction.row);
            return;
        }
        let place = self.rows.len();
        match (&correction.row.passage, &correction.row.text) {
            (Some(id), _) => self.by_passage.entry(id.clone()).or_default().push(place),
            (None, Some(text)) => drop(self.by_text.insert(passage_key(text), place)),
            (None, None) => {}
        }
        self.rows.push(correction);
    }

    /// The row about the same passage as `row`: of the same id and, where both have one, text.
    fn same(&self, row: &Row) -> Option<usize> {
        let key = |row: &Row| row.text.as_deref().map(passage_key);
        let same_text = |place: &usize| match (key(&self.rows[*place].row), key(row)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        match &row.passage {
            Some(id) => self.by_passage.get(id)?.iter().copied().find(same_text),
            None => self.by_text.get(&key(row)?).copied(),
        }
    }
}

/// Puts `later` over `row`.
fn overlay(row: &mut Row, later: Row) {
    put_over(&mut row.labels, &later.labels);
    row.title = later.title.or(row.title.take());
    row.text = later.text.or(row.text.take());
    row.note = later.note.or(row.note.take());
    row.further.extend(later.further);
}

fn put_over(given: &mut Given, later: &Given) {
    given.relevant = later.relevant.or(given.relevant);
    given.sentiment = later.sentiment.or(given.sentiment);
    for (given, later) in given.themes.iter_mut().zip(&later.themes) {
        *given = later.or(*given);
    }
    // A passage that has a theme is about SEND, and one that is not has none: what was said last holds.
    if later.relevant == Some(false) {
        given.themes.iter_mut().filter(|theme| **theme == Some(true)).for_each(|theme| *theme = None);
    } else if later.themes.contains(&Some(true)) && given.relevant == Some(false) {
        given.relevant = None;
    }
}

/// Whether two rows say different things of one label.
fn is_contrary(one: &Given, other: &Given) -> bool {
    let differ =
        |one: Option<bool>, other: Option<bool>| one.zip(other).is_some_and(|(one, other)| one != other);
    let themes = || one.themes.iter().zip(&other.themes);
    let has_theme = |given: &Given| given.themes.contains(&Some(true));
    differ(one.relevant, other.relevant)
        || themes().any(|(one, other)| differ(*one, *other))
        || one.sentiment.zip(other.sentiment).is_some_and(|(one, other)| one != other)
        || (one.relevant == Some(false) && has_theme(other))
        || (other.relevant == Some(false) && has_theme(one))
}

/// The decision about a passage with what a person says of it.
///
/// A passage that is given a theme is about SEND; one that a person calls relevant has the themes that its scores
/// give it, if the person says nothing of them.
#[must_use]
pub fn correct(given: Given, scores: &Scores, thresholds: &Thresholds) -> (Labels, ByPerson) {
    let by_engine = decide(scores, thresholds);
    let has_theme = given.themes.contains(&Some(true));
    let is_relevant = given.relevant.unwrap_or(by_engine.is_relevant || has_theme);
    let reaches = scores.themes.iter().zip(&thresholds.themes).map(|(score, threshold)| score >= threshold);
    let labels = Labels {
        is_relevant,
        themes: reaches
            .zip(&given.themes)
            .map(|(reaches, given)| is_relevant && given.unwrap_or(reaches))
            .collect(),
        sentiment: given.sentiment.unwrap_or(by_engine.sentiment),
    };
    let themes = given.themes.iter().zip(&by_engine.themes);
    let agreed: Vec<bool> = themes
        .filter_map(|(given, by_engine)| given.map(|given| given == *by_engine))
        .chain(given.relevant.map(|given| given == by_engine.is_relevant))
        .chain(given.sentiment.map(|given| given == by_engine.sentiment))
        .collect();
    let confirmed = agreed.iter().filter(|agreed| **agreed).count() as u64;
    (labels, ByPerson { given, changed: agreed.len() as u64 - confirmed, confirmed })
}

/// A search through a corpus for the passages that rows name.
#[derive(Debug, Clone, Default)]
pub struct Search {
    ids: HashSet<String>,
    keys: HashSet<u64>,
    /// Files that rows name, with whether the corpus has them.
    files: BTreeMap<String, bool>,
    passages: Vec<Seen>,
}

/// A passage that a row may mean.
#[derive(Debug, Clone)]
struct Seen {
    id: String,
    text: String,
    key: u64,
    is_counted: bool,
}

impl Search {
    /// The search for the rows of `corrections`.
    #[must_use]
    pub fn new(corrections: &Corrections) -> Self {
        let rows = || corrections.rows.iter().map(|correction| &correction.row);
        let ids = || rows().filter_map(|row| row.passage.as_deref());
        Self {
            ids: ids().map(str::to_owned).collect(),
            keys: rows().filter_map(|row| row.text.as_deref()).map(passage_key).collect(),
            files: ids().map(|id| (file_of(id).to_owned(), false)).collect(),
            passages: Vec::new(),
        }
    }

    /// Looks at one passage, in the order of the corpus.
    pub fn see(&mut self, article: &str, position: usize, text: &str, is_counted: bool) {
        if let Some(is_there) = self.files.get_mut(file_of(article)) {
            *is_there = true;
        }
        let (id, key) = (passage_id(article, position), passage_key(text));
        if self.ids.contains(&id) || self.keys.contains(&key) {
            self.passages.push(Seen { id, text: text.to_owned(), key, is_counted });
        }
    }
}

impl Seen {
    /// How near it lies to where a row with its text says: the least is nearest; `None` if it cannot be meant.
    fn rank(&self, id: Option<&str>, files: &BTreeMap<String, bool>) -> Option<(u8, bool)> {
        let near = match id {
            None => 3,
            Some(id) if article_of(id) == article_of(&self.id) => 0,
            Some(id) if file_of(id) == file_of(&self.id) => 1,
            // The file is there and its passage is not: another article's is not meant.
            Some(id) if files.get(file_of(id)) == Some(&true) => return None,
            Some(id) => {
                let name = |id| file_of(id).rsplit('/').next().unwrap_or_default().to_owned();
                if name(id) == name(&self.id) { 2 } else { 3 }
            }
        };
        Some((near, !self.is_counted))
    }
}

/// The article of a passage.
fn article_of(id: &str) -> &str {
    id.rsplit_once('#').map_or(id, |(article, _)| article)
}

/// The file of a passage or article.
fn file_of(id: &str) -> &str {
    let article = article_of(id);
    match article.rsplit_once('!') {
        Some((file, record)) if record.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => article,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Sentiment;

    fn themes() -> Vec<String> {
        ["leadership", "transport"].map(String::from).to_vec()
    }

    const HEADER: &str = "passage,text,relevant,leadership,transport,sentiment,note,coder\n";

    fn parse(rows: &str) -> Result<Corrections> {
        Corrections::parse("mine.csv", format!("{HEADER}{rows}").as_bytes(), &themes())
    }

    fn located(rows: &str, passages: &[(&str, usize, &str)]) -> (Corrections, u64) {
        let mut corrections = parse(rows).expect("a sheet");
        let mut search = Search::new(&corrections);
        for (article, position, text) in passages {
            search.see(article, *position, text, !text.is_empty());
        }
        let moved = corrections.locate(search);
        (corrections, moved)
    }

    fn found(corrections: &Corrections) -> Vec<(&str, Fate)> {
        corrections
            .rows()
            .iter()
            .map(|correction| (correction.row.passage.as_deref().unwrap_or("–"), correction.fate))
            .collect()
    }

    #[test]
    fn a_row_belongs_to_the_passage_with_its_id_and_text() {
        let rows = "a.txt#2,The bus is late.,,,yes,,,\na.txt#3,,,,no,,,\nb.csv!1#1,\"Once more,  with feeling\",,,no,,,\n";
        let corpus = [
            ("a.txt", 1, "The bus is late."),
            ("a.txt", 2, "“The bus” is late."),
            ("a.txt", 3, "Whatever stands here."),
            ("b.csv!1", 1, "Another record."),
            ("b.csv!2", 1, "Once more, with feeling"),
        ];
        let (corrections, moved) = located(rows, &corpus);
        let expected = [("a.txt#2", Fate::Used), ("a.txt#3", Fate::Used), ("b.csv!2#1", Fate::Used)];
        assert_eq!((found(&corrections), moved), (expected.to_vec(), 1));
        let given = corrections.given("a.txt#2", "The bus is late.").expect("a label");
        assert_eq!(given.themes, [None, Some(true)]);
        assert_eq!(corrections.given("a.txt#1", "The bus is late."), None);
        assert_eq!(corrections.given("a.txt#2", "Something else."), None, "the text tells");
        assert_eq!(corrections.rows()[1].row.text.as_deref(), Some("Whatever stands here."));
    }

    #[test]
    fn a_row_whose_file_is_gone_finds_its_text_elsewhere() {
        let row = "old/a.txt#2,The bus is late.,,,yes,,,\n";
        let elsewhere = ("x/b.txt", 4, "The bus is late.");
        let (corrections, moved) = located(row, &[elsewhere, ("new/a.txt", 2, "The bus is late.")]);
        assert_eq!((found(&corrections), moved), (vec![("new/a.txt#2", Fate::Used)], 1));
        let (corrections, _) = located(row, &[elsewhere, ("x/b.txt", 9, "The bus is late.")]);
        assert_eq!(found(&corrections), [("x/b.txt#4", Fate::Used)]);
        // Its file is there and says something else now.
        let (corrections, _) = located(row, &[elsewhere, ("old/a.txt", 2, "The bus is early.")]);
        assert_eq!(found(&corrections), [("old/a.txt#2", Fate::NotFound)]);
        assert_eq!(corrections.of(Fate::NotFound).count(), 1, "it is kept");
    }

    #[test]
    fn rows_that_turn_out_to_be_about_one_passage_become_one() {
        let rows = "old.txt#1,The bus is late.,,,yes,,,\n,The bus is late.,,,,neg,,\nnew.txt#1,The bus is late.,no,,,,,\n";
        let (corrections, moved) = located(rows, &[("new.txt", 1, "The bus is late.")]);
        assert_eq!((found(&corrections), moved), (vec![("new.txt#1", Fate::Used)], 1));
        let given = corrections.given("new.txt#1", "The bus is late.").expect("labels");
        assert_eq!((given.relevant, given.sentiment), (Some(false), Some(Sentiment::Negative)));
        assert_eq!(given.themes, [None, None], "what was said last holds");
    }

    #[test]
    fn a_passage_that_is_not_counted_is_found_and_not_used() {
        let mut corrections = parse("a.txt#1,Headline,,,yes,,,\n").expect("a sheet");
        let mut search = Search::new(&corrections);
        search.see("a.txt", 1, "Headline", false);
        assert_eq!(corrections.locate(search), 0);
        assert_eq!(found(&corrections), [("a.txt#1", Fate::NotCounted)]);
    }

    #[test]
    fn later_rows_win_cell_by_cell() {
        let earlier = parse("a#1,One.,yes,no,,negative,first,Jo\nb#1,Two.,,,yes,,,\n").expect("a sheet");
        let later = parse("a#1,One.,,yes,,,,\nb#1,Three.,no,,,,,\n").expect("a sheet");
        let both = earlier.overlaid_with(later);
        assert_eq!(both.rows().len(), 3, "another text is another passage");
        let row = &both.rows()[0].row;
        let expected = Given {
            relevant: Some(true),
            themes: vec![Some(true), None],
            sentiment: Some(Sentiment::Negative),
        };
        assert_eq!(row.labels, expected);
        assert_eq!((row.note.as_deref(), row.further["coder"].as_str()), (Some("first"), "Jo"));
        // What was said last holds where two cells exclude each other.
        let theme = parse("a#1,One.,,,yes,,,\n").expect("a sheet");
        let elsewhere = parse("a#1,One.,no,,,,,\n").expect("a sheet");
        let labels = |both: Corrections| both.rows()[0].row.labels.clone();
        assert_eq!(labels(theme.clone().overlaid_with(elsewhere.clone())).themes, [None, None]);
        assert_eq!(labels(elsewhere.overlaid_with(theme)).relevant, None);
    }

    #[test]
    fn rows_that_contradict_each_other_are_refused_by_their_lines() {
        let same = parse("a#1,One.,,,yes,,,\na#1,One.,,,yes,neg,,\n").expect("both say yes");
        assert_eq!(same.rows().len(), 1);
        let error =
            parse("a#1,One.,,,yes,,,\n,,,,x,,,\na#1,One.,no,,,,,\n").expect_err("two faults").to_string();
        assert_eq!(error, "mine.csv:3: the row names no passage\nmine.csv:4: the row contradicts line 2");
    }

    #[test]
    fn an_empty_cell_corrects_nothing() {
        let thresholds = Thresholds { themes: vec![0.5, 0.5], relevant: 0.5 };
        let scores = |relevant| Scores {
            themes: vec![0.9, 0.1],
            relevant,
            sentiment: [0.8, 0.1, 0.1],
            tokens: 0,
            truncated_tokens: 0,
        };
        let given = |relevant, themes: [Option<bool>; 2], sentiment| Given {
            relevant,
            themes: themes.to_vec(),
            sentiment,
        };
        let (labels, by) =
            correct(given(None, [None, None], Some(Sentiment::Negative)), &scores(0.9), &thresholds);
        assert_eq!(labels, decide(&scores(0.9), &thresholds));
        assert_eq!((by.changed, by.confirmed), (0, 1));
        let (labels, by) = correct(given(Some(false), [None, Some(false)], None), &scores(0.9), &thresholds);
        assert_eq!((labels.is_relevant, labels.themes), (false, vec![false, false]));
        assert_eq!((by.changed, by.confirmed), (1, 1));
        // A theme makes a passage relevant, and then its scores speak for the other one.
        let (labels, by) = correct(given(None, [None, Some(true)], None), &scores(0.1), &thresholds);
        assert_eq!((labels.is_relevant, labels.themes), (true, vec![true, true]));
        assert_eq!((by.changed, by.confirmed), (1, 0));
    }
}
