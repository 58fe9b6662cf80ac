//! `config.json` of a model folder: the shape of the network, and under `sendlens` what its outputs
//! mean and how logits become scores.
//!
//! *Takes* JSON. *Gives* a [`ModelConfig`] that has been checked: every size is within bounds before
//! anyone allocates by it. *Fails* with the name of the field, or of the architecture that is not served.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::LEARN_OUTPUTS;
use crate::codebook::RESERVED;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::prior::Prior;
use crate::score::{LabelSet, Measured, Sentiment, Thresholds};

/// Version of the `sendlens` section this program writes and reads.
pub const FORMAT: u32 = 1;

/// Lanes of the encoder's packed layout; rows of every weight and the width of a head are multiples.
pub const LANES: usize = 16;

/// A Hugging Face BERT configuration with the section `sendlens`. Fields not named here are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Family of the network; only `bert` is served.
    pub model_type: String,
    /// Width of a token's vector.
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Attention heads per layer; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Width inside the feed-forward block.
    pub intermediate_size: usize,
    /// Activation of the feed-forward block; only `gelu` (the erf form) is served.
    pub hidden_act: String,
    /// Added to the variance in layer normalisation.
    pub layer_norm_eps: f64,
    /// Number of position embeddings.
    pub max_position_embeddings: usize,
    /// Number of segment embeddings.
    pub type_vocab_size: usize,
    /// Number of token embeddings.
    pub vocab_size: usize,
    /// How positions enter; only `absolute` is served.
    #[serde(default = "absolute")]
    pub position_embedding_type: String,
    /// Names of all outputs by their index: the themes, `relevant` if there is one, the sentiments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id2label: BTreeMap<String, String>,
    /// What the outputs mean; absent in a base model that has no heads yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sendlens: Option<Serving>,
    /// Whatever else the file says, for other programs that read it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn absolute() -> String {
    "absolute".into()
}

/// What the outputs of a model mean and how its logits become scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// Version of this section, [`FORMAT`].
    pub format: u32,
    /// Name of the model.
    pub name: String,
    /// What it was made from.
    pub base: Base,
    /// How token vectors become the one vector that the heads see.
    pub pooling: Pooling,
    /// Most tokens of one input, special tokens counted; the rest is not seen.
    pub max_tokens: usize,
    /// What goes in as the second segment.
    pub context: Context,
    /// The themes, in the order of the rows of `heads.themes.weight`.
    pub themes: Vec<ThemeHead>,
    /// The relevance head, if the model has one.
    pub relevance: Option<Decision>,
    /// The sentiment head.
    pub sentiment: SentimentHead,
    /// Precision and recall on held-out passages by theme, `relevant` and sentiment; empty if not measured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, Measured>,
}

/// The weights a model was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// Name of the base model.
    pub name: String,
    /// SHA-256 of its `model.safetensors`, in hexadecimal.
    pub sha256: String,
}

/// How token vectors become one vector per input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over all tokens, special tokens counted, not scaled to unit length: logistic heads
    /// then see values of about ±0.5 and need neither large weights nor a scale of their own.
    Mean,
}

/// One theme output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemeHead {
    /// Name of the theme in tables.
    pub name: String,
    /// How its logit becomes a score and a decision.
    pub decision: Decision,
}

impl ThemeHead {
    /// An output that nothing was chosen for yet.
    #[must_use]
    pub fn undecided(name: &str) -> Self {
        Self { name: name.to_owned(), decision: Decision::default() }
    }
}

/// How one logit becomes a score, and at which score the label is given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Lowest score at which the label is given, in [0, 1].
    pub threshold: f32,
    /// From logit to probability.
    pub calibration: Platt,
    /// How the probability leans on the rest of the article; absent where it does not, and always for relevance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Prior>,
}

impl Default for Decision {
    fn default() -> Self {
        Self { threshold: 0.5, calibration: Platt { a: 1.0, b: 0.0 }, article: None }
    }
}

/// Platt scaling: score = sigmoid(a × logit + b).
///
/// J. Platt, "Probabilistic outputs for support vector machines", 1999. Not calibrated is a = 1, b = 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platt {
    /// Factor of the logit.
    pub a: f32,
    /// Added to it.
    pub b: f32,
}

/// The sentiment output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentimentHead {
    /// The sentiments in the order of the rows of `heads.sentiment.weight`.
    pub labels: [Sentiment; 3],
    /// Logits are divided by this before the softmax; above 0.
    pub temperature: f32,
}

impl Default for SentimentHead {
    fn default() -> Self {
        Self { labels: Sentiment::ALL, temperature: 1.0 }
    }
}

impl Serving {
    /// The label set of the model.
    #[must_use]
    pub fn labels(&self) -> LabelSet {
        LabelSet {
            themes: self.themes.iter().map(|theme| theme.name.clone()).collect(),
            has_relevance: self.relevance.is_some(),
        }
    }

    /// The model's own thresholds. Without a relevance head every passage is relevant.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            themes: self.themes.iter().map(|theme| theme.decision.threshold).collect(),
            relevant: self.relevance.map_or(0.0, |relevance| relevance.threshold),
        }
    }

    /// How each theme leans on the rest of the article.
    #[must_use]
    pub fn priors(&self) -> Vec<Option<Prior>> {
        self.themes.iter().map(|theme| theme.decision.article).collect()
    }

    /// The `id2label` of this section: themes, `relevant` if there is one, sentiments.
    #[must_use]
    pub fn id2label(&self) -> BTreeMap<String, String> {
        let themes = self.themes.iter().map(|theme| theme.name.as_str());
        let relevant = self.relevance.map(|_| "relevant");
        let sentiments = self.sentiment.labels.iter().map(|sentiment| sentiment.as_str());
        themes
            .chain(relevant)
            .chain(sentiments)
            .enumerate()
            .map(|(index, label)| (index.to_string(), label.to_owned()))
            .collect()
    }
}

/// Most that a configuration may ask for; BERT-large is 1,024 wide with 24 layers.
const LIMITS: Limits = Limits { hidden: 4096, layers: 64, intermediate: 16_384, vocabulary: 1 << 20 };

struct Limits {
    hidden: usize,
    layers: usize,
    intermediate: usize,
    vocabulary: usize,
}

impl ModelConfig {
    /// Reads and checks `config.json` of `model` (named in messages).
    ///
    /// # Errors
    /// [`Error::Model`] if it is not JSON of this shape, names an architecture that is not served, or
    /// a size or a number is out of bounds.
    pub fn parse(model: &str, bytes: &[u8]) -> Result<Self> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            Error::model(format!("model `{model}`: `config.json` is not JSON: {error}"), WHOLE_FOLDER)
        })?;
        // The family is looked at first: another family lacks fields, and "missing field" would mislead.
        let family = value.get("model_type").and_then(Value::as_str).unwrap_or("unknown");
        if family != "bert" {
            return Err(not_served(model, &format!("of the family `{}`", shown(family))));
        }
        let config: Self = serde_json::from_value(value).map_err(|error| {
            Error::model(format!("model `{model}`: `config.json` cannot be used: {error}"), WHOLE_FOLDER)
        })?;
        config.check(model)?;
        Ok(config)
    }

    /// Writes `config.json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a configuration holds only finite numbers and strings");
        text.push('\n');
        text
    }

    /// The `sendlens` section.
    ///
    /// # Errors
    /// [`Error::Model`] if the model has no heads yet.
    pub fn serving(&self, model: &str) -> Result<&Serving> {
        self.sendlens.as_ref().ok_or_else(|| {
            Error::model(
                format!(
                    "model `{model}`: `config.json` has no section `sendlens`, so its outputs have no names"
                ),
                LEARN_OUTPUTS,
            )
        })
    }

    /// What of it decides scores, as JSON: no name, no thresholds, nothing that was measured.
    pub(super) fn scoring_json(&self) -> Vec<u8> {
        let mut config = self.clone();
        if let Some(serving) = &mut config.sendlens {
            serving.name.clear();
            serving.measured.clear();
            let decisions = serving.themes.iter_mut().map(|theme| &mut theme.decision);
            decisions.chain(&mut serving.relevance).for_each(|decision| decision.threshold = 0.0);
        }
        serde_json::to_vec(&config).expect("text keys and plain values")
    }

    /// Width of one attention head.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    pub(super) fn check(&self, model: &str) -> Result<()> {
        if self.model_type != "bert" {
            return Err(not_served(model, &format!("of the family `{}`", shown(&self.model_type))));
        }
        if self.hidden_act != "gelu" {
            return Err(not_served(model, &format!("with the activation `{}`", shown(&self.hidden_act))));
        }
        if self.position_embedding_type != "absolute" {
            let kind = shown(&self.position_embedding_type);
            return Err(not_served(model, &format!("with positions of the kind `{kind}`")));
        }
        let bounded = [
            ("hidden_size", self.hidden_size, LIMITS.hidden),
            ("num_hidden_layers", self.num_hidden_layers, LIMITS.layers),
            ("num_attention_heads", self.num_attention_heads, LIMITS.hidden),
            ("intermediate_size", self.intermediate_size, LIMITS.intermediate),
            ("max_position_embeddings", self.max_position_embeddings, LIMITS.intermediate),
            ("type_vocab_size", self.type_vocab_size, LIMITS.layers),
            ("vocab_size", self.vocab_size, LIMITS.vocabulary),
        ];
        for (field, value, most) in bounded {
            if value == 0 || value > most {
                return Err(unusable(model, &format!("`{field}` is {value}, not between 1 and {most}")));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads)
            || !self.head_size().is_multiple_of(LANES)
            || !self.intermediate_size.is_multiple_of(LANES)
        {
            return Err(unusable(
                model,
                &format!("the width of a head and `intermediate_size` are not multiples of {LANES}"),
            ));
        }
        if !(0.0..=0.1).contains(&self.layer_norm_eps) {
            return Err(unusable(model, "`layer_norm_eps` is not between 0 and 0.1"));
        }
        self.sendlens.as_ref().map_or(Ok(()), |serving| self.check_serving(model, serving))
    }

    fn check_serving(&self, model: &str, serving: &Serving) -> Result<()> {
        if serving.format != FORMAT {
            return Err(Error::model(
                format!("model `{model}` has format {}, this program reads format {FORMAT}", serving.format),
                "use a version of sendlens and of the model that belong together",
            ));
        }
        // Three special tokens of a pair, and at least one of the passage.
        if serving.max_tokens < 4 || serving.max_tokens > self.max_position_embeddings {
            return Err(unusable(model, "`max_tokens` is not between 4 and `max_position_embeddings`"));
        }
        if serving.context != Context::None && self.type_vocab_size < 2 {
            return Err(unusable(model, "a context needs two segment embeddings"));
        }
        if serving.themes.is_empty() || serving.themes.len() > LIMITS.layers {
            return Err(unusable(model, "the number of themes is not between 1 and 64"));
        }
        for (index, theme) in serving.themes.iter().enumerate() {
            let is_taken = serving.themes[..index].iter().any(|earlier| earlier.name == theme.name);
            if is_taken || theme.name.is_empty() || RESERVED.contains(&theme.name.as_str()) {
                let name = shown(&theme.name);
                return Err(unusable(
                    model,
                    &format!("the theme name `{name}` is empty, reserved or there twice"),
                ));
            }
        }
        let decisions = serving.themes.iter().map(|theme| theme.decision).chain(serving.relevance);
        for decision in decisions {
            let Platt { a, b } = decision.calibration;
            if !(0.0..=1.0).contains(&decision.threshold) || !a.is_finite() || !b.is_finite() {
                return Err(unusable(model, "a threshold is not in [0, 1] or a calibration is not finite"));
            }
            let is_prior = |prior: Prior| {
                prior.base > 0.0 && prior.base < 1.0 && prior.weight > 0.0 && prior.weight.is_finite()
            };
            if !decision.article.is_none_or(is_prior) {
                return Err(unusable(
                    model,
                    "a prior's `base` is not between 0 and 1 or its `weight` not above 0",
                ));
            }
        }
        let SentimentHead { labels, temperature } = &serving.sentiment;
        if Sentiment::ALL.iter().any(|sentiment| !labels.contains(sentiment)) {
            return Err(unusable(model, "`sentiment.labels` does not name each sentiment once"));
        }
        if !temperature.is_finite() || *temperature < 1e-3 {
            return Err(unusable(model, "`sentiment.temperature` is below 0.001"));
        }
        if self.id2label != serving.id2label() {
            return Err(unusable(model, "`id2label` and the section `sendlens` name different outputs"));
        }
        Ok(())
    }
}

/// What to do about a folder that is not as it was written.
pub(super) const WHOLE_FOLDER: &str = "copy the whole model folder again from where it came";

fn unusable(model: &str, what: &str) -> Error {
    Error::model(format!("model `{model}`: `config.json` cannot be used: {what}"), WHOLE_FOLDER)
}

fn not_served(model: &str, what: &str) -> Error {
    Error::model(
        format!("model `{model}` is a network {what}, which the built-in encoder does not serve"),
        "use a BERT model with erf GELU and absolute positions, or the engine rust-bert",
    )
}

/// A name from a file, safe and short enough for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> Value {
        serde_json::json!({
            "model_type": "bert", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 128, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
            "max_position_embeddings": 64, "type_vocab_size": 2, "vocab_size": 100,
            "hidden_dropout_prob": 0.1,
        })
    }

    fn parse(value: &Value) -> Result<ModelConfig> {
        ModelConfig::parse("tiny", value.to_string().as_bytes())
    }

    #[test]
    fn what_other_programs_read_is_kept() {
        let config = parse(&tiny()).expect("a sound configuration");
        let again = ModelConfig::parse("tiny", config.to_json().as_bytes()).expect("its own output");
        assert_eq!(config, again);
        assert!(config.to_json().contains("hidden_dropout_prob"));
    }

    #[test]
    fn another_family_is_refused_by_name() {
        let error = ModelConfig::parse("m", br#"{"model_type": "roberta"}"#).expect_err("not served");
        assert!(error.to_string().contains("`roberta`"), "{error}");
        assert!(error.hint().is_some());
    }

    #[test]
    fn a_size_out_of_bounds_is_refused_by_field() {
        for (field, value) in [("vocab_size", 1_u64 << 40), ("hidden_size", 0), ("num_attention_heads", 3)] {
            let mut config = tiny();
            config[field] = value.into();
            assert!(parse(&config).is_err(), "{field} = {value}");
        }
        let mut config = tiny();
        config["hidden_act"] = "gelu_new".into();
        assert!(parse(&config).expect_err("tanh form").to_string().contains("gelu_new"));
    }

    #[test]
    fn a_prior_that_is_none_is_refused() {
        for (base, weight) in
            [(0.0, 0.5), (1.0, 0.5), (0.2, 0.0), (0.2, -1.0), (f32::NAN, 1.0), (0.2, f32::INFINITY)]
        {
            let mut config = with_outputs();
            let serving = config.sendlens.as_mut().expect("a model");
            serving.themes[0].decision.article = Some(Prior { base, weight });
            let error = config.check("m").expect_err("no prior");
            assert!(error.to_string().contains("prior"), "{error}");
        }
    }

    /// A configuration of a model with one theme.
    fn with_outputs() -> ModelConfig {
        let mut config = parse(&tiny()).expect("a sound configuration");
        let serving = Serving {
            format: FORMAT,
            name: "tiny".into(),
            base: Base { name: "none".into(), sha256: String::new() },
            pooling: Pooling::Mean,
            max_tokens: 64,
            context: Context::None,
            themes: vec![ThemeHead { name: "transport".into(), decision: Decision::default() }],
            relevance: Some(Decision::default()),
            sentiment: SentimentHead::default(),
            measured: BTreeMap::new(),
        };
        config.id2label = serving.id2label();
        config.sendlens = Some(serving);
        config
    }

    #[test]
    fn outputs_have_the_names_of_id2label() {
        let mut config = with_outputs();
        assert_eq!(config.id2label["1"], "relevant");
        let again = ModelConfig::parse("tiny", config.to_json().as_bytes()).expect("its own output");
        assert_eq!(config, again);
        config.id2label.insert("0".into(), "leadership".into());
        assert!(config.check("tiny").is_err());
    }
}
