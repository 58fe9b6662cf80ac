//! Theme expressions: `transport and not (politics or leadership)`.
//!
//! `not` binds closest, then `and`, then `or`. Names are the themes of the run and the rows that are no
//! themes: `all`, `any`, `none`, `off_topic`.

use crate::config::nearest;
use crate::error::{Error, Result};
use crate::tally::Subject;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// A condition on the labels of a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// The passage counts in this row.
    Is(Subject),
    /// The inner condition does not hold.
    Not(Box<Self>),
    /// Both hold.
    And(Box<Self>, Box<Self>),
    /// At least one holds.
    Or(Box<Self>, Box<Self>),
}

impl Expression {
    /// Parses `text` over the theme names of a run.
    ///
    /// # Errors
    /// [`Error::Config`] if a name is unknown or the expression is not well formed.
    pub fn parse(text: &str, themes: &[String]) -> Result<Self> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let mut parser = Parser { words: spaced.split_whitespace().peekable(), themes, text };
        let expression = parser.or(0)?;
        match parser.words.next() {
            None => Ok(expression),
            Some(word) => Err(parser.fault(&format!("`{word}` is not expected there"))),
        }
    }

    /// Whether the condition holds where `is_in` says which rows a passage counts in.
    pub fn holds(&self, is_in: &impl Fn(Subject) -> bool) -> bool {
        match self {
            Self::Is(subject) => is_in(*subject),
            Self::Not(inner) => !inner.holds(is_in),
            Self::And(left, right) => left.holds(is_in) && right.holds(is_in),
            Self::Or(left, right) => left.holds(is_in) || right.holds(is_in),
        }
    }

    /// Indices of the themes that are asked for, those behind `not` left out.
    #[must_use]
    pub fn wanted_themes(&self) -> Vec<usize> {
        match self {
            Self::Is(Subject::Theme(index)) => vec![*index],
            Self::Is(_) | Self::Not(_) => Vec::new(),
            Self::And(left, right) | Self::Or(left, right) => {
                let mut themes = left.wanted_themes();
                themes.extend(right.wanted_themes());
                themes
            }
        }
    }
}

struct Parser<'a, I: Iterator<Item = &'a str>> {
    words: std::iter::Peekable<I>,
    themes: &'a [String],
    text: &'a str,
}

impl<'a, I: Iterator<Item = &'a str>> Parser<'a, I> {
    fn or(&mut self, depth: usize) -> Result<Expression> {
        let mut left = self.and(depth)?;
        while self.words.next_if_eq(&"or").is_some() {
            left = Expression::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Expression> {
        let mut left = self.not(depth)?;
        while self.words.next_if_eq(&"and").is_some() {
            left = Expression::And(Box::new(left), Box::new(self.not(depth)?));
        }
        Ok(left)
    }

    fn not(&mut self, depth: usize) -> Result<Expression> {
        if depth > MAX_DEPTH {
            return Err(self.fault("it is nested too deeply"));
        }
        match self.words.next() {
            Some("not") => Ok(Expression::Not(Box::new(self.not(depth + 1)?))),
            Some("(") => {
                let inner = self.or(depth + 1)?;
                match self.words.next() {
                    Some(")") => Ok(inner),
                    _ => Err(self.fault("a `)` is missing")),
                }
            }
            Some(name) => self.subject(name).map(Expression::Is),
            None => Err(self.fault("a theme is missing")),
        }
    }

    fn subject(&self, name: &str) -> Result<Subject> {
        if let Some(index) = self.themes.iter().position(|theme| theme == name) {
            return Ok(Subject::Theme(index));
        }
        match name {
            "all" => Ok(Subject::All),
            "any" => Ok(Subject::Any),
            "none" => Ok(Subject::None),
            "off_topic" => Ok(Subject::OffTopic),
            _ => {
                let known = || {
                    let themes = self.themes.iter().map(String::as_str);
                    themes.chain(crate::codebook::RESERVED)
                };
                let message = format!("there is no theme `{name}` in this run");
                let list = known().collect::<Vec<_>>().join(", ");
                Err(match nearest(name, known()) {
                    Some(near) => Error::config_hint(message, format!("did you mean `{near}`?")),
                    None => Error::config_hint(message, format!("themes and rows: {list}")),
                })
            }
        }
    }

    fn fault(&self, what: &str) -> Error {
        Error::config_hint(
            format!("cannot read the theme expression `{}`: {what}", self.text),
            "write for example: transport and not (politics or leadership)",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Expression> {
        Expression::parse(text, &["transport".to_owned(), "politics".to_owned()])
    }

    /// Whether `text` holds for a passage with these two themes.
    fn holds(text: &str, transport: bool, politics: bool) -> bool {
        parse(text).expect("well formed").holds(&|subject| match subject {
            Subject::Theme(0) => transport,
            Subject::Theme(_) => politics,
            _ => true,
        })
    }

    #[test]
    fn not_binds_closer_than_and_and_closer_than_or() {
        assert!(holds("not transport and politics", false, true));
        assert!(!holds("not (transport and politics)", true, true));
        assert!(holds("politics or transport and not politics", false, true));
    }

    #[test]
    fn a_slip_in_a_name_is_named() {
        let error = parse("transprt").expect_err("no such theme");
        assert_eq!(error.hint().as_deref(), Some("did you mean `transport`?"));
    }

    #[test]
    fn a_malformed_expression_is_refused() {
        for text in ["", "transport and", "(transport", "transport politics", ")", "not"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&"(".repeat(10_000)).is_err(), "deep nesting does not overflow the stack");
    }
}
