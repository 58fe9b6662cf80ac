//! A sample of passages to label by hand, without a word of what the model says of them.
//!
//! *Takes* hits. *Gives* a simple random sample of them, in random order, and the sheet to fill in. Each passage of the
//! population has the same chance, so a share among the sampled estimates the share among all.
//!
//! - a larger sample begins with the smaller one

use super::Hit;
use crate::error::{Error, Result};
use crate::frame::schema;
use crate::frame::{self, Value, write_csv};
use crate::random::Random;

/// Draws `size` of `hits`, or all if there are fewer; the same seed and population give the same sample.
#[must_use]
pub fn sample(mut hits: Vec<Hit>, size: usize, seed: u64) -> Vec<Hit> {
    Random::new(seed).shuffle(&mut hits);
    hits.truncate(size);
    hits
}

/// The sheet: passage, headline, neighbours, text, and empty columns for labels.
///
/// # Errors
/// [`Error::Table`] if the table cannot be made, [`Error::Io`] if it cannot be written to memory.
pub fn sheet(hits: &[Hit], themes: &[String]) -> Result<Vec<u8>> {
    let schema = schema::sheet(themes);
    let rows = hits.iter().map(|hit| -> Vec<Value<'_>> {
        let mut row: Vec<Value<'_>> = vec![
            hit.passage.as_str().into(),
            hit.title.as_deref().into(),
            hit.before.join("\n").into(),
            hit.after.join("\n").into(),
            hit.text.as_str().into(),
        ];
        row.resize(schema.columns.len(), Value::Null);
        row
    });
    let mut bytes = Vec::new();
    write_csv(&frame::frame(&schema, rows)?, &mut bytes).map_err(|error| Error::io("write", "csv", error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn hits(count: usize) -> Vec<Hit> {
        let hit = |number: usize| Hit {
            passage: format!("a.txt#{number}"),
            article: "a.txt".into(),
            outlet: Some("Echo".into()),
            title: Some("=Buses".into()),
            url: None,
            date: None,
            date_precision: None,
            date_source: None,
            date_confidence: None,
            themes: vec!["transport".into()],
            sentiment: Some("negative".into()),
            relevant: Some(true),
            labelled_by: Some("engine".into()),
            text: format!("- Passage, \"{number}\"."),
            before: ["Further off.", "Nearest."].map(String::from).to_vec(),
            after: Vec::new(),
        };
        (1..=count).map(hit).collect()
    }

    #[test]
    fn a_larger_sample_begins_with_the_smaller_one() {
        let (small, large) = (sample(hits(50), 10, 7), sample(hits(50), 20, 7));
        assert_eq!(large[..10], small);
        assert_ne!(small, hits(50)[..10], "the order is random");
        assert_ne!(small, sample(hits(50), 10, 8), "another seed draws others");
        assert_eq!(sample(hits(3), 10, 1).len(), 3);
    }

    #[test]
    fn a_sheet_is_blind_and_is_read_as_it_was_written() {
        let themes = ["leadership", "transport"].map(String::from);
        let hits = hits(3);
        let bytes = sheet(&hits, &themes).expect("a table");
        let text = String::from_utf8(bytes.clone()).expect("UTF-8");
        let header = "\u{feff}passage,title,before,after,text,relevant,leadership,transport,sentiment,note\n";
        assert!(text.starts_with(header) && !text.contains("negative") && !text.contains("Echo"), "{text}");
        let read = Sheet::parse("sample.csv", &bytes, &themes).expect("our own sheet");
        for (row, hit) in read.rows.iter().zip(&hits) {
            assert_eq!((&row.passage, &row.text), (&Some(hit.passage.clone()), &Some(hit.text.clone())));
            assert_eq!(row.title.as_deref(), Some("=Buses"), "what was disarmed is armed again");
            assert_eq!(row.before.as_deref(), Some("Nearest."), "of several passages before the last");
            assert!(row.labels.is_empty());
        }
    }
}
