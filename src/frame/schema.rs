//! Every column of every table, once: name, type, unit and meaning. `dictionary.csv` is written from here.

use std::borrow::Cow;

use crate::sheet;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Whole number (64 bits).
    Integer,
    /// Number (64 bits).
    Number,
    /// Probability in [0, 1] (32 bits).
    Score,
    /// True or false.
    Flag,
    /// Calendar day.
    Date,
    /// List of texts.
    TextList,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] = [Text, Integer, Number, Score, Flag, Date, TextList];

    /// The name used in `dictionary.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "int64",
            Self::Number => "float64",
            Self::Score => "float32",
            Self::Flag => "bool",
            Self::Date => "date",
            Self::TextList => "list of text",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name in the table.
    pub name: Cow<'static, str>,
    /// Type.
    pub kind: Kind,
    /// Unit, empty where there is none.
    pub unit: &'static str,
    /// What a value means.
    pub meaning: Cow<'static, str>,
}

/// A table's columns, in order.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Name of the table, which is the stem of its file.
    pub table: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
}

/// Column names that more than one room of the program refers to.
pub mod name {
    #![expect(missing_docs, reason = "each constant is the column of that name, described in its schema")]
    pub const AFTER: &str = "after";
    pub const ARTICLE: &str = "article";
    pub const ARTICLES: &str = "articles";
    pub const ASSIGNED: &str = "assigned";
    pub const BEFORE: &str = "before";
    pub const CLUSTER: &str = "cluster";
    pub const COMPLETE: &str = "complete";
    pub const COUNTED: &str = "counted";
    pub const DATE: &str = "date";
    pub const DATE_CONFIDENCE: &str = "date_confidence";
    pub const DATE_PRECISION: &str = "date_precision";
    pub const DATE_SOURCE: &str = "date_source";
    pub const DATE_TEXT: &str = "date_text";
    pub const KIND: &str = "kind";
    pub const LABELLED_BY: &str = "labelled_by";
    pub const NET_SENTIMENT: &str = "net_sentiment";
    pub const NOT_AFTER: &str = "not_after";
    pub const NOT_BEFORE: &str = "not_before";
    pub const OUTLET: &str = "outlet";
    pub const PASSAGE: &str = "passage";
    pub const PASSAGES: &str = "passages";
    pub const POSITION: &str = "position";
    pub const P_NEGATIVE: &str = "p_negative";
    pub const P_NEUTRAL: &str = "p_neutral";
    pub const P_POSITIVE: &str = "p_positive";
    pub const P_RELEVANT: &str = "p_relevant";
    pub const RELEVANT: &str = "relevant";
    pub const SCORE: &str = "score";
    pub const SCORE_ALONE: &str = "score_alone";
    pub const SENTIMENT: &str = "sentiment";
    pub const SHARE: &str = "share";
    pub const TEXT: &str = "text";
    pub const THEME: &str = "theme";
    pub const THEMES: &str = "themes";
    pub const THRESHOLD: &str = "threshold";
    pub const TITLE: &str = "title";
    pub const URL: &str = "url";
}

use Kind::{Date, Flag, Integer, Number, Score, Text, TextList};

fn schema(table: &'static str, columns: &[(&'static str, Kind, &'static str, &'static str)]) -> Schema {
    let columns = columns
        .iter()
        .map(|(name, kind, unit, meaning)| Column {
            name: Cow::Borrowed(name),
            kind: *kind,
            unit,
            meaning: Cow::Borrowed(meaning),
        })
        .collect();
    Schema { table, columns }
}

/// Columns of a user's metadata, or of a `--by`: text, named by the user.
fn user_columns(names: &[String], meaning: &'static str) -> impl Iterator<Item = Column> {
    names.iter().map(move |name| Column {
        name: Cow::Owned(name.clone()),
        kind: Text,
        unit: "",
        meaning: Cow::Borrowed(meaning),
    })
}

/// The headline product: one row per period, group and theme.
#[must_use]
pub fn theme_by_date(by: &[String]) -> Schema {
    let mut table = schema(
        "theme_by_date",
        &[
            (name::DATE, Date, "", "first day of the period; null for articles without a usable date"),
            ("period", Text, "", "day, week (from Monday), month, quarter or year"),
            (
                name::THEME,
                Text,
                "",
                "a theme, or: all (every passage about SEND), any (at least one theme), none (about SEND, no theme), off_topic",
            ),
            (name::PASSAGES, Integer, "passages", "passages of the theme"),
            (name::ARTICLES, Integer, "articles", "articles with at least one of them"),
            (
                "all_passages",
                Integer,
                "passages",
                "denominator of share: any + none; in the off_topic row, off_topic too",
            ),
            (
                "all_articles",
                Integer,
                "articles",
                "denominator of article_share: articles with at least one of all_passages",
            ),
            (
                name::SHARE,
                Number,
                "proportion",
                "passages / all_passages; null if the denominator is 0. Themes overlap: never add shares",
            ),
            ("article_share", Number, "proportion", "articles / all_articles; null if the denominator is 0"),
            (
                name::NET_SENTIMENT,
                Number,
                "-1 to 1",
                "(positive - negative) / passages; null if passages is 0",
            ),
            (
                "negative",
                Integer,
                "passages",
                "passages of the theme that are negative as a whole, not towards the theme",
            ),
            ("neutral", Integer, "passages", "passages of the theme that are neutral as a whole"),
            ("positive", Integer, "passages", "passages of the theme that are positive as a whole"),
            (
                "unique_passages",
                Integer,
                "passages",
                "distinct (cluster, normalised text) in the row; does not add up over rows",
            ),
            ("all_unique_passages", Integer, "passages", "the same for all_passages"),
            (
                name::COMPLETE,
                Flag,
                "",
                "whether every day of the period lies within the range covered; null for undated",
            ),
        ],
    );
    let group = user_columns(by, "value of the --by column; null if unknown");
    table.columns.splice(3..3, group);
    table
}

/// One row per passage.
#[must_use]
pub fn passages() -> Schema {
    schema(
        "passages",
        &[
            (name::PASSAGE, Text, "", "article#n, n from 1 in reading order"),
            (name::ARTICLE, Text, "", "id of the article"),
            (name::POSITION, Integer, "", "n"),
            (name::TEXT, Text, "", "the passage"),
            ("start", Integer, "UTF-8 bytes", "first byte in the article's cleaned text"),
            ("end", Integer, "UTF-8 bytes", "one past the last byte in the cleaned text"),
            (
                "source_start",
                Integer,
                "UTF-8 bytes",
                "first byte in the decoded source; null if the format has no such place",
            ),
            ("source_end", Integer, "UTF-8 bytes", "one past the last byte in the decoded source"),
            (
                name::KIND,
                Text,
                "",
                "body, list_item, headline or standfirst; the first two are scored and counted",
            ),
            ("lead_in", Text, "", "passage that introduces the list this item belongs to"),
            ("words", Integer, "words", "words of the passage"),
            ("tokens", Integer, "tokens", "tokens for the engine; null if not scored"),
            ("truncated_tokens", Integer, "tokens", "tokens beyond the engine's limit, not seen by it"),
            (name::DATE, Date, "", "date of the article; null if undated"),
            (name::OUTLET, Text, "", "outlet of the article"),
            (name::CLUSTER, Text, "", "cluster of the article"),
            (
                name::COUNTED,
                Flag,
                "",
                "whether the passage is counted: body or list_item, in English, article not truncated",
            ),
            (name::RELEVANT, Flag, "", "whether it is about SEND; null if not scored"),
            (name::P_RELEVANT, Score, "probability", "probability of being about SEND"),
            (name::THEMES, TextList, "", "themes given, in codebook order; empty if not relevant"),
            (name::SENTIMENT, Text, "", "negative, neutral or positive, of the whole passage"),
            (name::P_NEGATIVE, Score, "probability", "probability of negative"),
            (name::P_NEUTRAL, Score, "probability", "probability of neutral"),
            (name::P_POSITIVE, Score, "probability", "probability of positive"),
            (
                name::LABELLED_BY,
                Text,
                "",
                "person if relevant, a theme or sentiment is from a person, else engine; null if not scored",
            ),
        ],
    )
}

/// One row per scored passage and theme.
#[must_use]
pub fn labels() -> Schema {
    schema(
        "labels",
        &[
            (name::PASSAGE, Text, "", "id of the passage"),
            (name::THEME, Text, "", "theme of the codebook"),
            (
                name::SCORE,
                Score,
                "probability",
                "calibrated probability of the theme, the rest of the article taken into account",
            ),
            (
                name::SCORE_ALONE,
                Score,
                "probability",
                "the same from the passage and its context alone; equal where the model has no prior for the theme",
            ),
            (
                name::ASSIGNED,
                Flag,
                "",
                "whether the theme was given: by a person; else score at or above threshold, and relevant",
            ),
            (name::THRESHOLD, Score, "probability", "lowest score at which the theme is given"),
            (name::LABELLED_BY, Text, "", "who decided: engine or person"),
        ],
    )
}

/// One row per article; `extra` are the further columns of the user's metadata.
#[must_use]
pub fn articles(extra: &[String]) -> Schema {
    let mut table = schema(
        "articles",
        &[
            (name::ARTICLE, Text, "", "path relative to the corpus, !n for the n-th record of a file"),
            (name::OUTLET, Text, "", "outlet, one spelling each"),
            (name::TITLE, Text, "", "headline"),
            ("authors", TextList, "", "names of the authors"),
            (name::URL, Text, "", "address"),
            ("language", Text, "ISO 639-1", "language of the body; null if too short to tell"),
            (name::DATE, Date, "", "day of publication, or first day of what is known; null if undated"),
            (name::DATE_PRECISION, Text, "", "day, month or year"),
            (name::DATE_SOURCE, Text, "", "where the date was found"),
            (name::DATE_CONFIDENCE, Number, "0 to 1", "trust in the date; used from 0.5"),
            (name::DATE_TEXT, Text, "", "the text the date was read from"),
            (name::NOT_BEFORE, Date, "", "soft lower bound of the date"),
            (name::NOT_AFTER, Date, "", "soft upper bound of the date"),
            ("modified", Date, "", "day of the last change"),
            ("format", Text, "", "text, markdown, html, json, jsonl or csv"),
            ("encoding", Text, "", "encoding that was decoded"),
            ("words", Integer, "words", "words of counted blocks"),
            (name::PASSAGES, Integer, "passages", "passages of kind body or list_item"),
            (
                "removed_share",
                Number,
                "proportion",
                "share of the source's words that is not headline, standfirst, subhead, body or list item",
            ),
            (
                name::CLUSTER,
                Text,
                "",
                "the same for articles with the same normalised body (exact copies only); null without body",
            ),
            ("copies", Integer, "articles", "articles of the cluster, this one included"),
            (name::COUNTED, Flag, "", "whether its passages are counted: in English and not truncated"),
            ("warnings", TextList, "", "what was repaired or doubtful"),
        ],
    );
    table.columns.extend(user_columns(extra, "column of the user's metadata"));
    table
}

/// One row per block of every article.
#[must_use]
pub fn blocks() -> Schema {
    schema(
        "blocks",
        &[
            (name::ARTICLE, Text, "", "id of the article"),
            ("block", Integer, "", "number in the article, from 1"),
            (
                "role",
                Text,
                "",
                "headline, standfirst, byline, date, subhead, body, list_item, caption, credit, label, related, comment or furniture",
            ),
            ("start", Integer, "UTF-8 bytes", "first byte in the article's cleaned text"),
            ("end", Integer, "UTF-8 bytes", "one past the last byte"),
            (name::TEXT, Text, "", "the block"),
            ("rule", Text, "", "rule that chose the role"),
            (
                "probability",
                Score,
                "probability",
                "of being article text by the line model; null where a rule decided alone",
            ),
        ],
    )
}

/// One row per candidate for a date of publication.
#[must_use]
pub fn date_clues() -> Schema {
    schema(
        "date_clues",
        &[
            (name::ARTICLE, Text, "", "id of the article"),
            (name::TEXT, Text, "", "the text as found"),
            ("start", Integer, "UTF-8 bytes", "first byte in the cleaned text; null if outside it"),
            ("rule", Text, "", "where it was found"),
            ("earliest", Date, "", "first day it can mean; null if it is no date"),
            ("latest", Date, "", "last day it can mean"),
            ("confidence", Number, "0 to 1", "trust in this kind of clue"),
            ("accepted", Flag, "", "whether it is, or agrees with, the chosen date"),
            ("reason", Text, "", "why"),
        ],
    )
}

/// One row per word and label of the passages that a report explains.
#[must_use]
pub fn explanations() -> Schema {
    schema(
        "explanations",
        &[
            (name::PASSAGE, Text, "", "id of the passage"),
            ("start", Integer, "UTF-8 bytes", "first byte of the word in the passage"),
            ("end", Integer, "UTF-8 bytes", "one past its last byte"),
            ("word", Text, "", "the word"),
            ("label", Text, "", "a theme, or negative, neutral or positive"),
            (
                "support",
                Score,
                "-1 to 1",
                "score_alone, or probability of the sentiment, with the word less that without it",
            ),
        ],
    )
}

/// One row per input that could not be read.
#[must_use]
pub fn skipped() -> Schema {
    schema(
        "skipped",
        &[
            ("path", Text, "", "path relative to the corpus"),
            ("record", Integer, "", "record in the file, from 1; empty if the whole file is meant"),
            ("reason", Text, "", "code"),
            ("detail", Text, "", "what was seen"),
        ],
    )
}

/// One row per article without a usable date, with an empty column to fill in.
#[must_use]
pub fn undated() -> Schema {
    schema(
        "undated",
        &[
            (name::ARTICLE, Text, "", "id of the article"),
            (name::TITLE, Text, "", "headline"),
            (name::NOT_BEFORE, Date, "", "soft lower bound"),
            (name::NOT_AFTER, Date, "", "soft upper bound"),
            (name::DATE, Date, "", "empty: fill in and pass the file with --metadata"),
        ],
    )
}

/// One row per passage of a sample, with empty columns for a person's labels.
#[must_use]
pub fn sheet(themes: &[String]) -> Schema {
    let mut sheet = schema(
        "sheet",
        &[
            (name::PASSAGE, Text, "", "id of the passage"),
            (name::TITLE, Text, "", "headline of the article"),
            (name::BEFORE, Text, "", "passages before it in the article"),
            (name::AFTER, Text, "", "passages after it in the article"),
            (name::TEXT, Text, "", "the passage"),
        ],
    );
    sheet.columns.extend(label_columns(themes));
    sheet
}

/// One row per passage that a person has labelled; `further` are the user's own columns.
#[must_use]
pub fn corrections(themes: &[String], further: &[String]) -> Schema {
    let mut table = schema(
        // Not `labels`: that is the table of all labels.
        "labels.csv",
        &[
            (name::PASSAGE, Text, "", "id of the passage"),
            (name::TITLE, Text, "", "headline of the article"),
            (name::TEXT, Text, "", "the passage"),
        ],
    );
    table.columns.extend(label_columns(themes));
    table.columns.push(Column {
        name: Cow::Borrowed(sheet::FOUND),
        kind: Text,
        unit: "",
        meaning: Cow::Borrowed(
            "yes, no, or not counted: whether the corpus has the passage, and whether it counts",
        ),
    });
    table.columns.extend(user_columns(further, "column of the user's labels"));
    table
}

/// Columns for the labels of a person, and for remarks.
fn label_columns(themes: &[String]) -> impl Iterator<Item = Column> {
    let column = |name: &str, meaning: &'static str| Column {
        name: Cow::Owned(name.to_owned()),
        kind: Text,
        unit: "",
        meaning: Cow::Borrowed(meaning),
    };
    let relevant = column(name::RELEVANT, "a person's yes or no: is it about SEND? Empty: not said");
    let themes = themes
        .iter()
        .map(move |theme| column(theme, "a person's yes or no: has it the theme? Empty: not said"));
    let rest = [
        column(name::SENTIMENT, "a person's negative, neutral or positive. Empty: not said"),
        column(sheet::NOTE, "a person's remarks"),
    ];
    [relevant].into_iter().chain(themes).chain(rest)
}

/// Themes side by side: one row per period and group, one column per theme.
#[must_use]
pub fn wide(
    table: &'static str,
    by: &[String],
    themes: &[String],
    kind: Kind,
    meaning: &'static str,
) -> Schema {
    let mut wide = schema(
        table,
        &[
            (name::DATE, Date, "", "first day of the period; empty for undated"),
            ("period", Text, "", "day, week (from Monday), month, quarter or year"),
        ],
    );
    wide.columns.extend(user_columns(by, "value of the --by column"));
    wide.columns.extend(themes.iter().map(|theme| Column {
        name: Cow::Owned(theme.clone()),
        kind,
        unit: if kind == Integer { "passages" } else { "proportion" },
        meaning: Cow::Borrowed(meaning),
    }));
    wide
}

/// The data dictionary itself.
#[must_use]
pub fn dictionary() -> Schema {
    schema(
        "dictionary",
        &[
            ("table", Text, "", "table"),
            ("column", Text, "", "column"),
            ("type", Text, "", "type in Parquet"),
            ("unit", Text, "", "unit, empty where there is none"),
            ("meaning", Text, "", "what a value means"),
        ],
    )
}

/// Columns that quote articles, by table; all others hold facts about them, headlines or a user's own words.
pub const QUOTING: [(&str, &str); 5] = [
    ("passages", name::TEXT),
    ("blocks", name::TEXT),
    ("date_clues", name::TEXT),
    ("articles", "date_text"),
    ("labels.csv", name::TEXT),
];
