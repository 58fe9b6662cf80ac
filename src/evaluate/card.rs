//! The results section of a model's `CARD.md`: between two marks, written by the program alone.
//!
//! Everything else of a card is for people to write, or was written when the model was learned.
//!
//! - what stands outside the marks stays as it is

use super::report::Report;
use crate::error::{Error, Result};

const BEGIN: &str = "<!-- results: everything up to their end is written by `sendlens evaluate --card` -->";
const END: &str = "<!-- end of results -->";

/// The section, marks and all.
#[must_use]
pub fn section(report: &Report) -> String {
    format!("{BEGIN}\n\n{}\n{END}\n", report.markdown())
}

/// `card` with the results of `report` in the place of those that stand there; at the end if there are none.
///
/// # Errors
/// [`Error::Model`] if a mark stands alone, twice, or before the other.
pub fn with_results(card: &str, report: &Report) -> Result<String> {
    let section = section(report);
    let (begins, ends) = (card.matches(BEGIN).count(), card.matches(END).count());
    if (begins, ends) == (0, 0) {
        return Ok(format!("{}\n\n{section}", card.trim_end()));
    }
    let marks = card.split_once(BEGIN).filter(|_| (begins, ends) == (1, 1));
    let rest = marks.and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = rest else {
        return Err(Error::model(
            "`CARD.md` does not hold one beginning and then one end of results",
            format!("put `{BEGIN}` before and `{END}` after them, or remove both"),
        ));
    };
    Ok(format!("{before}{}{after}", section.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gold::{Gold, GoldPassage};

    fn report(engine: &str) -> Report {
        let gold = Gold { passages: vec![GoldPassage::default()], ..Gold::default() };
        Report::new((engine, engine), Vec::new(), &gold, &[], &[], None)
    }

    #[test]
    fn what_stands_outside_the_marks_stays_as_it_is() {
        let card = "# Mine\n\nWords of my own.\n\n## Limits\n\nMany.\n";
        let first = with_results(card, &report("one")).expect("no marks yet");
        assert!(first.starts_with(card) && first.contains("## Results on one"), "{first}");
        let moved = first.replacen("# Mine\n", "", 1) + "\n## After\n\n- as it was  \n";
        let second = with_results(&moved, &report("two")).expect("both marks");
        assert!(second.starts_with("\nWords of my own.\n\n## Limits") && second.ends_with("- as it was  \n"));
        assert!(!second.contains("Results on one"), "{second}");
        assert_eq!(second.replace("on two", "on one"), moved);
        assert_eq!(with_results(&second, &report("two")).expect("both marks"), second);
    }

    #[test]
    fn a_mark_without_the_other_is_refused() {
        for card in
            [BEGIN.to_owned(), END.to_owned(), format!("{END}\n{BEGIN}"), format!("{BEGIN}{BEGIN}{END}")]
        {
            assert!(with_results(&card, &report("one")).is_err(), "{card}");
        }
    }
}
