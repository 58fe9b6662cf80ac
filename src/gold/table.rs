//! A filled-in sheet becomes labelled passages, to measure with.
//!
//! *Takes* a [`Sheet`]. *Gives* passages of the split test, and the number of rows that nobody has filled in. *Fails*
//! on rows that are filled in half, naming their lines.
//!
//! - a row without a label is no passage
//! - where nobody wrote a no under the themes, an empty cell of a filled row is one
//! - where somebody wrote a no, an empty cell is forgotten
//! - of a row about something else nothing more is asked

use super::{GoldPassage, Split};
use crate::error::{Error, Result};
use crate::sheet::{self, RELEVANT, Row, SENTIMENT, Sheet};

/// The labelled passages of `sheet`, and the number of rows without a label; `path` in messages, `name` in made-up
/// ids.
///
/// # Errors
/// [`Error::Config`] naming the lines that lack text or a label that other rows have.
pub(super) fn passages(
    path: &str,
    name: &str,
    sheet: Sheet,
    themes: &[String],
) -> Result<(Vec<GoldPassage>, usize)> {
    let all = sheet.rows.len();
    let rows: Vec<Row> = sheet.rows.into_iter().filter(|row| !row.labels.is_empty()).collect();
    if rows.is_empty() && all > 0 {
        return Err(Error::config_hint(
            format!("{path}: no row has a label"),
            "fill in relevant, the themes and sentiment",
        ));
    }
    let asked = Asked::new(&rows, themes.len());
    let mut faults = Vec::new();
    for row in &rows {
        let missing = asked.missing(row, themes);
        if row.text.is_none() {
            faults.push((row.line, "`text` is empty".to_owned()));
        } else if !missing.is_empty() {
            faults.push((row.line, format!("the row is filled in half: {} is empty", missing.join(", "))));
        }
    }
    sheet::refuse(path, &faults, HINT)?;
    let unlabelled = all - rows.len();
    Ok((rows.into_iter().map(|row| asked.passage(row, name)).collect(), unlabelled))
}

const HINT: &str = "fill in the whole row, or none of it; of a row with `relevant` no, nothing else. Empty cells under \
                    the themes mean no only where no row says no";

/// Which labels were looked for in a sheet.
struct Asked {
    themes: Vec<bool>,
    relevant: bool,
    sentiment: bool,
    /// Whether somebody wrote a no under a theme.
    has_no: bool,
}

impl Asked {
    fn new(rows: &[Row], themes: usize) -> Self {
        let any = |is: &dyn Fn(&Row) -> bool| rows.iter().any(is);
        Self {
            themes: (0..themes).map(|theme| any(&|row| row.labels.themes[theme].is_some())).collect(),
            relevant: any(&|row| row.labels.relevant.is_some()),
            sentiment: any(&|row| row.labels.sentiment.is_some()),
            has_no: any(&|row| row.labels.themes.contains(&Some(false))),
        }
    }

    /// Names of the labels that the row lacks.
    fn missing(&self, row: &Row, themes: &[String]) -> Vec<String> {
        let given = &row.labels;
        if given.relevant == Some(false) {
            return Vec::new();
        }
        let lacking = (0..themes.len())
            .filter(|&theme| self.has_no && self.themes[theme] && given.themes[theme].is_none())
            .map(|theme| themes[theme].as_str());
        let relevant = (self.relevant && given.relevant.is_none()).then_some(RELEVANT);
        let sentiment = (self.sentiment && given.sentiment.is_none()).then_some(SENTIMENT);
        relevant.into_iter().chain(lacking).chain(sentiment).map(|label| format!("`{label}`")).collect()
    }

    fn passage(&self, row: Row, name: &str) -> GoldPassage {
        let themes = row.labels.themes.iter().zip(&self.themes);
        let id = row.passage.unwrap_or_else(|| format!("{name}:{}", row.line));
        let (article, position) = match id.rsplit_once('#') {
            Some((article, position)) if !article.is_empty() => {
                (article.to_owned(), position.parse().unwrap_or(0))
            }
            _ => (id.clone(), 0),
        };
        GoldPassage {
            article,
            position,
            headline: row.title,
            before: row.before,
            text: row.text.unwrap_or_default(),
            themes: themes.map(|(given, is_asked)| is_asked.then(|| *given == Some(true))).collect(),
            sentiment: row.labels.sentiment,
            is_relevant: row.labels.relevant,
            split: Split::Test,
            id,
            ..GoldPassage::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Sentiment;

    fn themes() -> Vec<String> {
        ["leadership", "transport"].map(String::from).to_vec()
    }

    fn read(text: &str) -> Result<(Vec<GoldPassage>, usize)> {
        let sheet = Sheet::parse("mine.csv", text.as_bytes(), &themes())?;
        passages("folder/mine.csv", "mine.csv", sheet, &themes())
    }

    const HEADER: &str = "passage,title,text,relevant,leadership,transport,sentiment,note\n";

    #[test]
    fn a_row_without_a_label_is_no_passage() {
        let text = format!(
            "{HEADER}a.txt#3,Buses,Late.,yes,no,yes,negative,\na.txt#4,Buses,On time.,,,,,not sure\n"
        );
        let (passages, unlabelled) = read(&text).expect("one filled row");
        assert_eq!((passages.len(), unlabelled), (1, 1));
        let passage = &passages[0];
        assert_eq!(
            (passage.id.as_str(), passage.article.as_str(), passage.position),
            ("a.txt#3", "a.txt", 3)
        );
        assert_eq!(passage.themes, [Some(false), Some(true)]);
        assert_eq!((passage.sentiment, passage.is_relevant), (Some(Sentiment::Negative), Some(true)));
        assert_eq!((passage.split, passage.headline.as_deref()), (Split::Test, Some("Buses")));
        let error = read(&format!("{HEADER}a.txt#4,Buses,On time.,,,,,\n")).expect_err("nothing filled in");
        assert_eq!(error.to_string(), "folder/mine.csv: no row has a label");
    }

    #[test]
    fn where_nobody_wrote_a_no_under_the_themes_an_empty_cell_of_a_filled_row_is_one() {
        let text = format!(
            "{HEADER}a#1,,One.,x,x,,neu,\na#2,,Two.,x,,x,neg,\na#3,,Three.,x,,,pos,\na#4,,Four.,no,,,,\n"
        );
        let (passages, _) = read(&text).expect("four rows");
        let found: Vec<_> = passages.iter().map(|passage| passage.themes.clone()).collect();
        let both = |leadership, transport| vec![Some(leadership), Some(transport)];
        assert_eq!(found, [both(true, false), both(false, true), both(false, false), both(false, false)]);
    }

    #[test]
    fn where_somebody_wrote_a_no_an_empty_cell_is_forgotten() {
        let text = format!(
            "{HEADER}a#1,,One.,yes,no,yes,neu,\na#2,,Two.,yes,,yes,neg,\na#3,,Three.,,no,no,,\na#4,,,yes,no,no,neu,\n"
        );
        let error = read(&text).expect_err("two rows are filled in half, one has no text").to_string();
        let expected = "folder/mine.csv:3: the row is filled in half: `leadership` is empty\n\
                        folder/mine.csv:4: the row is filled in half: `relevant`, `sentiment` is empty\n\
                        folder/mine.csv:5: `text` is empty";
        assert_eq!(error, expected);
    }

    #[test]
    fn of_a_row_about_something_else_nothing_more_is_asked() {
        let text = format!("{HEADER}a#1,,One.,yes,no,yes,neu,\na#2,,Two.,no,,,,\n");
        let (passages, _) = read(&text).expect("two rows");
        assert_eq!(passages[1].themes, [Some(false), Some(false)]);
        assert_eq!((passages[1].is_relevant, passages[1].sentiment), (Some(false), None));
    }

    #[test]
    fn a_label_that_nobody_gave_was_not_looked_for() {
        let (passages, _) =
            read("text,transport,leadership,sentiment\nOne.,yes,,\nTwo.,no,,\n").expect("two rows");
        assert_eq!(passages[1].themes, [None, Some(false)]);
        assert_eq!((passages[1].is_relevant, passages[1].sentiment), (None, None));
        assert_eq!((passages[1].id.as_str(), passages[1].article.as_str()), ("mine.csv:3", "mine.csv:3"));
    }
}
