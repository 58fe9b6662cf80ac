//! The user's own words on which key of a record holds what: `--map text=body,date=pubdate`.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// What a key of a record can be said to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The article's text.
    Text,
    /// The headline.
    Title,
    /// The date of publication.
    Date,
    /// The address.
    Url,
    /// The outlet's name.
    Outlet,
    /// The authors, one name or a list.
    Authors,
    /// The language, as a code or an English name.
    Language,
}

impl Target {
    /// Every target, in the order of the documentation.
    pub const ALL: [Self; 7] =
        [Self::Text, Self::Title, Self::Date, Self::Url, Self::Outlet, Self::Authors, Self::Language];

    /// The name used on the command line and in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Title => "title",
            Self::Date => "date",
            Self::Url => "url",
            Self::Outlet => "outlet",
            Self::Authors => "authors",
            Self::Language => "language",
        }
    }
}

/// For each target, the key that holds it; a path into nested objects has dots (`fields.body`).
///
/// A mapped target is looked for under this key alone.
pub type Mapping = BTreeMap<Target, String>;

/// Parses `text=body,date=pubdate`.
///
/// # Errors
/// If a part is not `target=key`, names an unknown target, or a target twice.
pub fn parse_mapping(text: &str) -> Result<Mapping> {
    let mut mapping = Mapping::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let fault = |what: &str| {
            let names = Target::ALL.map(Target::as_str).join(", ");
            Error::config_hint(
                format!("mapping `{part}` {what}"),
                format!("write target=key, for example text=body,date=pubdate; the targets are {names}"),
            )
        };
        let (name, key) = part.split_once('=').ok_or_else(|| fault("has no `=`"))?;
        let (name, key) = (name.trim(), key.trim());
        let target = Target::ALL
            .into_iter()
            .find(|target| target.as_str() == name)
            .ok_or_else(|| fault("names no target"))?;
        if key.is_empty() {
            return Err(fault("names no key"));
        }
        if mapping.insert(target, key.to_owned()).is_some() {
            return Err(fault("names its target a second time"));
        }
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_parsed_and_faults_named() {
        let mapping = parse_mapping("text = body, date=fields.day").expect("valid");
        let pairs: Vec<_> = mapping.iter().map(|(target, key)| (*target, key.as_str())).collect();
        assert_eq!(pairs, [(Target::Text, "body"), (Target::Date, "fields.day")]);
        for (text, message) in [
            ("text", "mapping `text` has no `=`"),
            ("body=text", "mapping `body=text` names no target"),
            ("text=", "mapping `text=` names no key"),
            ("text=a,text=b", "mapping `text=b` names its target a second time"),
        ] {
            let error = parse_mapping(text).expect_err("invalid");
            assert_eq!(error.to_string(), message);
            assert!(error.hint().is_some());
        }
    }
}
