//! Themes and sentiment as data: `codebook.toml` becomes a [`Codebook`].
//!
//! The codebook names the themes, defines them for people, gives the lexicon its seed terms and may
//! override a model's thresholds. It holds no decision of the program.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What labels mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codebook {
    /// Name and version, kept in the run record.
    pub version: String,
    /// The themes, in the order of every table.
    #[serde(rename = "theme")]
    pub themes: Vec<Theme>,
}

/// One theme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Name in tables: lower-case letters, digits and `_`.
    pub name: String,
    /// One sentence: what a passage of this theme speaks of.
    pub definition: String,
    /// Overrides the model's threshold, in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// What a model of inference is asked to find in a passage, for zero-shot themes; made from the name
    /// if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    /// Seed terms of the lexicon: words or phrases in lower case; a final `*` matches any ending.
    #[serde(default)]
    pub terms: Vec<String>,
}

impl Theme {
    /// The sentence that a passage of this theme entails.
    #[must_use]
    pub fn hypothesis(&self) -> String {
        self.hypothesis.clone().unwrap_or_else(|| format!("This is about {}.", self.name.replace('_', " ")))
    }
}

/// Rows of `theme_by_date` that are no themes; no theme may take one of these names.
pub const RESERVED: [&str; 4] = ["all", "any", "none", "off_topic"];

impl Codebook {
    /// The codebook that ships with the program, as TOML.
    pub const SHIPPED: &str = include_str!("codebook.toml");

    /// The codebook that ships with the program.
    #[must_use]
    pub fn shipped() -> Self {
        Self::parse(Self::SHIPPED).expect("a test parses the shipped codebook")
    }

    /// Reads a codebook from TOML.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not TOML of this shape, names a theme twice, has no theme, or uses
    /// a reserved name or a threshold outside [0, 1].
    pub fn parse(text: &str) -> Result<Self> {
        let codebook: Self = toml::from_str(text).map_err(|error| {
            Error::config(format!("the codebook cannot be read: {}", error.to_string().trim_end()))
        })?;
        codebook.check()?;
        Ok(codebook)
    }

    fn check(&self) -> Result<()> {
        if self.themes.is_empty() {
            return Err(Error::config_hint(
                "the codebook has no theme",
                "add a `[[theme]]` with name and definition",
            ));
        }
        for (index, theme) in self.themes.iter().enumerate() {
            let name = &theme.name;
            let is_plain = !name.is_empty()
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
            if !is_plain {
                return Err(Error::config_hint(
                    format!("the codebook names a theme {name:?}"),
                    "use lower-case letters, digits and `_`",
                ));
            }
            if RESERVED.contains(&name.as_str()) {
                return Err(Error::config_hint(
                    format!("the codebook names a theme `{name}`, which is a row of its own in every table"),
                    "choose another name",
                ));
            }
            if self.themes[..index].iter().any(|earlier| earlier.name == *name) {
                return Err(Error::config(format!("the codebook names the theme `{name}` twice")));
            }
            if let Some(threshold) = theme.threshold
                && !(0.0..=1.0).contains(&threshold)
            {
                return Err(Error::config(format!(
                    "the codebook gives theme `{name}` the threshold {threshold}, which is not in [0, 1]"
                )));
            }
        }
        Ok(())
    }

    /// Theme names in codebook order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.themes.iter().map(|theme| theme.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_codebook_has_the_four_themes() {
        assert_eq!(Codebook::shipped().names(), ["leadership", "politics", "transport", "outcomes"]);
    }

    #[test]
    fn a_reserved_theme_name_is_refused() {
        let text = "version = \"1\"\n[[theme]]\nname = \"none\"\ndefinition = \"x\"\n";
        let error = Codebook::parse(text).expect_err("`none` is a row of its own");
        assert!(error.to_string().contains("`none`"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = "version = \"1\"\n[[theme]]\nname = \"a\"\ndefinition = \"x\"\ntresholds = 1\n";
        assert!(Codebook::parse(text).is_err());
    }
}
