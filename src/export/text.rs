//! How much of the articles' text leaves the house.
//!
//! - every column of text is known to quote articles or not to
//! - a snippet ends with a word

use polars::prelude::{Column, DataFrame, NamedFrom, PlSmallStr, Series};

use crate::error::{Error, Result};
use crate::frame::column;
use crate::frame::schema::QUOTING;

/// How much of the articles' text is exported. Headlines stay, and so does what a user wrote: columns of metadata, and
/// notes on labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Texts {
    /// All of it.
    #[default]
    Whole,
    /// Its first characters, at most this many, up to the end of a word.
    Snippet(usize),
    /// None.
    Absent,
}

impl Texts {
    /// Takes from `frame`, which is the table `table` of a run, what is not to leave.
    pub(super) fn apply(self, table: &str, frame: &mut DataFrame) -> Result<()> {
        if self == Self::Whole {
            return Ok(());
        }
        for (_, name) in QUOTING.iter().filter(|(of, _)| *of == table) {
            let left: Vec<Option<String>> =
                column::texts(frame, name)?.into_iter().map(|text| self.left_of(text?)).collect();
            let left = Series::new(PlSmallStr::from_str(name), left);
            frame
                .with_column(Column::from(left))
                .map_err(|error| Error::Table { path: table.into(), message: error.to_string() })?;
        }
        Ok(())
    }

    /// What is left of a text.
    fn left_of(self, text: &str) -> Option<String> {
        match self {
            Self::Whole => Some(text.to_owned()),
            Self::Snippet(most) => Some(snippet(text, most)),
            Self::Absent => None,
        }
    }
}

/// The first words of `text`, at most `most` characters of them, and a mark if there are more.
fn snippet(text: &str, most: usize) -> String {
    let Some((end, next)) = text.char_indices().nth(most) else { return text.to_owned() };
    let head = &text[..end];
    // A word longer than that is cut.
    let cut = match head.rfind(char::is_whitespace) {
        Some(space) if !next.is_whitespace() => &head[..space],
        _ => head,
    };
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::schema::{self, Kind};
    use proptest::prelude::*;

    #[test]
    fn a_snippet_ends_with_a_word() {
        for (most, expected) in [
            (3, "The…"),
            (4, "The…"),
            (6, "The…"),
            (7, "The bus…"),
            (8, "The bus…"),
            (2, "Th…"),
            (99, "The bus was late."),
        ] {
            assert_eq!(snippet("The bus was late.", most), expected, "{most}");
        }
        assert_eq!(snippet("Ääääh", 2), "Ää…");
    }

    #[test]
    fn every_column_of_text_is_known_to_quote_articles_or_not_to() {
        let user = ["user".to_owned()];
        let schemas = [
            schema::theme_by_date(&user),
            schema::wide("theme_shares_wide", &user, &user, Kind::Number, ""),
            schema::passages(),
            schema::labels(),
            schema::articles(&user),
            schema::blocks(),
            schema::date_clues(),
            schema::skipped(),
            schema::undated(),
            schema::corrections(&user, &user),
            schema::dictionary(),
        ];
        // Ids, facts, headlines and a user's own words. Whoever adds a column says here or in `QUOTING` what it is.
        let facts = "accepted article authors cluster column date_precision date_source detail encoding format found \
                     kind labelled_by language lead_in meaning note outlet passage path period reason relevant role \
                     rule sentiment table theme themes title type unit url user warnings";
        let facts: Vec<_> = facts.split_whitespace().collect();
        let mut quoting = Vec::new();
        for schema in &schemas {
            for column in &schema.columns {
                let is_text = matches!(column.kind, Kind::Text | Kind::TextList);
                if is_text && !facts.contains(&column.name.as_ref()) {
                    quoting.push((schema.table, column.name.to_string()));
                }
            }
        }
        quoting.sort();
        let mut listed: Vec<_> =
            QUOTING.iter().map(|(table, column)| (*table, (*column).to_owned())).collect();
        listed.sort();
        assert_eq!(quoting, listed);
    }

    proptest! {
        #[test]
        fn a_snippet_is_the_beginning(text in any::<String>(), most in 1_usize..40) {
            let cut = snippet(&text, most);
            if cut != text {
                let kept = cut.strip_suffix('…').expect("a mark");
                prop_assert!(text.starts_with(kept) && kept.chars().count() <= most);
            }
        }
    }
}
