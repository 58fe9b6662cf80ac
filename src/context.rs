//! What an engine is shown beside a passage, so that "he", "the report" or "the talks" can be resolved.
//!
//! *Takes* the headline and the passage before. *Gives* the second segment of an input. Cannot fail.
//! *Cost*: what is kept of the passage before is bounded, so that a context never outweighs its passage.
//!
//! - of the passage before, its end is kept
//! - without headline and passage before there is no context

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Words kept of the passage before, counted from its end. Four passages in five are shorter.
const WORDS_BEFORE: usize = 40;

/// What stands between headline and passage before.
const BETWEEN: &str = " / ";

/// Which surroundings of a passage an engine looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Nothing but the passage.
    #[default]
    None,
    /// The article's headline.
    Headline,
    /// The passage before in the article.
    Before,
    /// Both, the headline first.
    HeadlineAndBefore,
}

impl Context {
    /// All, the simplest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Headline, Self::Before, Self::HeadlineAndBefore];

    /// What goes in, in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "passage alone",
            Self::Headline => "with headline",
            Self::Before => "with passage before",
            Self::HeadlineAndBefore => "with headline and passage before",
        }
    }

    /// The second segment for a passage under `headline` and after the passage `before`.
    #[must_use]
    pub fn of<'a>(self, headline: Option<&'a str>, before: Option<&'a str>) -> Option<Cow<'a, str>> {
        let headline = headline.filter(|headline| !headline.trim().is_empty());
        let before = before.map(end_of).filter(|before| !before.is_empty());
        match self {
            Self::None => None,
            Self::Headline => headline.map(Cow::Borrowed),
            Self::Before => before.map(Cow::Borrowed),
            Self::HeadlineAndBefore => match (headline, before) {
                (Some(headline), Some(before)) => Some(Cow::Owned([headline, BETWEEN, before].concat())),
                (headline, before) => headline.or(before).map(Cow::Borrowed),
            },
        }
    }
}

/// The last words of a text.
fn end_of(text: &str) -> &str {
    let text = text.trim();
    let spaces = text.rmatch_indices(char::is_whitespace);
    // White space in a row ends one word only.
    let mut before_words = spaces.filter(|(at, _)| !text[..*at].ends_with(char::is_whitespace));
    match before_words.nth(WORDS_BEFORE - 1) {
        Some((at, _)) => text[at..].trim_start(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_passage_before_its_end_is_kept() {
        let words = |from: usize, to: usize| (from..to).map(|word| format!("w{word}")).collect::<Vec<_>>();
        let long = words(0, WORDS_BEFORE + 5).join(" \n ");
        let expected = words(5, WORDS_BEFORE + 5).join(" \n ");
        assert_eq!(Context::Before.of(None, Some(&long)).as_deref(), Some(expected.as_str()));
        let short = words(0, WORDS_BEFORE).join(" ");
        assert_eq!(Context::Before.of(None, Some(&short)).as_deref(), Some(short.as_str()));
    }

    #[test]
    fn without_headline_and_passage_before_there_is_no_context() {
        for context in Context::ALL {
            assert_eq!(context.of(None, None), None, "{context:?}");
            assert_eq!(context.of(Some(" "), Some("\n")), None, "{context:?}");
        }
    }

    #[test]
    fn each_context_is_what_its_name_says() {
        let of = |context: Context| context.of(Some("Buses cut"), Some("He resigned."));
        let expected = [None, Some("Buses cut"), Some("He resigned."), Some("Buses cut / He resigned.")];
        for (context, expected) in Context::ALL.into_iter().zip(expected) {
            assert_eq!(of(context).as_deref(), expected, "{context:?}");
        }
        let both = Context::HeadlineAndBefore;
        assert_eq!(both.of(Some("Buses cut"), None).as_deref(), Some("Buses cut"));
        assert_eq!(both.of(None, Some("He resigned.")).as_deref(), Some("He resigned."));
    }
}
