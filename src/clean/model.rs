//! The line model: how likely each line of a page is article text.
//!
//! *Takes* all lines of a page and what their words say. *Gives* one probability per line. *Fails* never.
//! *Cost*: one pass over the words and one over the lines.
//!
//! A logistic regression over shallow features of a line and its neighbours, after Kohlschütter et al.,
//! "Boilerplate detection using shallow text features" (WSDM 2010). Its weights stand in `line_model.toml`,
//! written by `extractors train` (`tests/bench/extractors`); features and weights are matched by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::dateline;
use super::lines::Line;
use super::phrases::{Known, Then};
use super::shape;

/// Number of features of a line.
pub const FEATURE_COUNT: usize = 48;

/// Features of a line by itself.
const OWN: usize = 18;
/// Features of [`OWN`] that are also taken of the lines around.
const SHARED: [usize; 5] = [0, 1, 2, 3, 4];
/// Where the lines around stand.
const AROUND: [isize; 4] = [-2, -1, 1, 2];
/// Lines on each side that make the surroundings.
const WINDOW: usize = 5;

/// Names of the features, in their order.
pub const FEATURES: [&str; FEATURE_COUNT] = [
    "words",
    "terminated",
    "stop_words",
    "capitals",
    "known",
    "digits",
    "word_length",
    "quotes",
    "colon",
    "bullet",
    "lower_start",
    "commas",
    "sentences",
    "speech",
    "address",
    "marks",
    "shaped",
    "short",
    "words_2_before",
    "terminated_2_before",
    "stop_words_2_before",
    "capitals_2_before",
    "known_2_before",
    "words_before",
    "terminated_before",
    "stop_words_before",
    "capitals_before",
    "known_before",
    "words_after",
    "terminated_after",
    "stop_words_after",
    "capitals_after",
    "known_after",
    "words_2_after",
    "terminated_2_after",
    "stop_words_2_after",
    "capitals_2_after",
    "known_2_after",
    "position",
    "position_squared",
    "first_lines",
    "window_terminated",
    "window_words",
    "window_longest",
    "window_known",
    "behind_label",
    "page_terminated",
    "page_lines",
];

/// The features of one line.
pub type Features = [f32; FEATURE_COUNT];

/// The weights of the model as they are stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Weights {
    /// Weight of every line alike.
    pub bias: f32,
    /// Weight of each feature by its name.
    pub weights: BTreeMap<String, f32>,
}

impl Weights {
    /// The weights in the order of [`FEATURES`]; a feature that is not named weighs nothing.
    #[must_use]
    pub fn in_order(&self) -> Features {
        FEATURES.map(|name| self.weights.get(name).copied().unwrap_or(0.0))
    }
}

static MODEL: LazyLock<(f32, Features)> = LazyLock::new(|| {
    let weights: Weights = toml::from_str(include_str!("line_model.toml"))
        .expect("a test parses the weights that are compiled in");
    (weights.bias, weights.in_order())
});

/// How likely each line of a page is article text, in [0, 1].
#[must_use]
pub fn probabilities(lines: &[Line], known: &[Option<Known>]) -> Vec<f32> {
    let (bias, weights) = &*MODEL;
    features(lines, known).iter().map(|features| probability(*bias, weights, features)).collect()
}

/// The probability that `weights` give to a line.
#[must_use]
pub fn probability(bias: f32, weights: &Features, features: &Features) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, value)| weight * value).sum();
    1.0 / (1.0 + (-(bias + sum)).exp())
}

/// The features of each line of a page.
#[must_use]
pub fn features(lines: &[Line], known: &[Option<Known>]) -> Vec<Features> {
    let own: Vec<([f32; OWN], usize)> =
        lines.iter().zip(known).map(|(line, known)| own(line, *known)).collect();
    let counts: Vec<usize> = own.iter().map(|(_, words)| *words).collect();
    let all_words: usize = counts.iter().sum();
    let total = share(all_words.max(1), 1);
    let sum_of = |of: &dyn Fn(usize) -> f32| -> Vec<f32> {
        let mut sums = Vec::with_capacity(lines.len() + 1);
        let mut sum = 0.0;
        sums.push(sum);
        for index in 0..lines.len() {
            sum += of(index);
            sums.push(sum);
        }
        sums
    };
    let terminated = sum_of(&|index| own[index].0[1]);
    let recognised = sum_of(&|index| own[index].0[4]);
    let words = sum_of(&|index| share(counts[index], 1));
    let page_terminated = terminated[lines.len()] / share(lines.len().max(1), 1);
    let page_lines = share(lines.len(), 1).ln_1p();
    let mut behind_label = 0.0;
    let mut rows = Vec::with_capacity(lines.len());
    for index in 0..lines.len() {
        let mut row = [0.0; FEATURE_COUNT];
        row[..OWN].copy_from_slice(&own[index].0);
        let mut at = OWN;
        for offset in AROUND {
            let near = index.checked_add_signed(offset).and_then(|near| own.get(near));
            for feature in SHARED {
                row[at] = near.map_or(0.0, |(near, _)| near[feature]);
                at += 1;
            }
        }
        let first = index.saturating_sub(WINDOW);
        let end = (index + WINDOW + 1).min(lines.len());
        let size = share(end - first, 1);
        let position = words[index] / total;
        let longest = own[first..end].iter().map(|(near, _)| near[0]).fold(0.0, f32::max);
        row[at..].copy_from_slice(&[
            position,
            position * position,
            1.0 / (1.0 + share(index, 1)),
            (terminated[end] - terminated[first]) / size,
            ((words[end] - words[first]) / size).ln_1p(),
            longest,
            (recognised[end] - recognised[first]) / size,
            behind_label,
            page_terminated,
            page_lines,
        ]);
        rows.push(row);
        if known[index].is_some_and(|known| matches!(known.then, Then::Related | Then::Comments)) {
            behind_label = 1.0;
        }
    }
    rows
}

/// A share, or a count for `of` = 1, as the model computes.
#[expect(clippy::cast_precision_loss, reason = "counts of one line or page; their logarithm is what matters")]
fn share(part: usize, of: usize) -> f32 {
    part as f32 / of as f32
}

/// The features of a line by itself, and its words.
fn own(line: &Line, known: Option<Known>) -> ([f32; OWN], usize) {
    let text = &line.text;
    let mut words = 0_usize;
    let (mut stop_words, mut capitals, mut letters, mut sentences) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut speech, mut address) = (false, 0_usize);
    let mut ended = false;
    for word in shape::words(text) {
        let is_stop_word = shape::is_stop_word(word);
        let is_capital = shape::is_capitalised(word);
        words += 1;
        stop_words += usize::from(is_stop_word);
        capitals += usize::from(is_capital);
        letters += word.len();
        sentences += usize::from(ended && is_capital);
        ended = matches!(word.as_bytes(), [.., b'.' | b'!' | b'?' | b'"']) || word.ends_with('”');
        if word.len() <= 7 {
            let bare = letters_of(word.as_bytes());
            speech |= matches!(bare, b"said" | b"says" | b"told" | b"added" | b"adding" | b"saying");
            address +=
                usize::from(matches!(bare, b"you" | b"your" | b"You" | b"Your" | b"our" | b"Our" | b"us"));
        }
    }
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let commas = memchr::memchr_iter(b',', bytes).count();
    let is_ascii = text.is_ascii();
    let quotes = memchr::memchr(b'"', bytes).is_some() || !is_ascii && text.contains(['“', '”', '‘']);
    let marks = memchr::memchr3(b'|', b'@', b'>', bytes).is_some()
        || memchr::memchr3(b'{', b'/', b'#', bytes).is_some()
        || !is_ascii && text.contains(['›', '»', '©', '→']);
    let of_words = words.max(1);
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    let is_shaped =
        known.is_none() && text.len() < 140 && (dateline::is_date(text) || dateline::is_byline(text));
    let features = [
        share(words, 1).ln_1p(),
        flag(shape::is_terminated(text)),
        share(stop_words, of_words),
        share(capitals, of_words),
        flag(known.is_some()),
        share(digits, text.len().max(1)),
        share(letters, of_words).min(20.0),
        flag(quotes),
        flag(shape::ends_with_colon(text)),
        flag(line.has_bullet),
        flag(shape::starts_lower(text)),
        share(commas, of_words).min(1.0),
        share(sentences, 1).ln_1p(),
        flag(speech),
        share(address, of_words),
        flag(marks),
        flag(is_shaped),
        flag(words <= 3),
    ];
    (features, words)
}

/// A word without what is no ASCII letter around it.
fn letters_of(word: &[u8]) -> &[u8] {
    let Some(start) = word.iter().position(u8::is_ascii_alphabetic) else { return &[] };
    let end = word.iter().rposition(u8::is_ascii_alphabetic).unwrap_or(start);
    &word[start..=end]
}

#[cfg(test)]
mod tests {
    use super::super::lines::split;
    use super::*;

    #[test]
    fn every_feature_has_a_weight() {
        let weights: Weights = toml::from_str(include_str!("line_model.toml")).expect("the weights parse");
        let named: Vec<&str> = weights.weights.keys().map(String::as_str).collect();
        let mut features = FEATURES;
        features.sort_unstable();
        assert_eq!(named, features);
        assert!(weights.weights.values().all(|weight| weight.is_finite()));
    }

    #[test]
    fn sentences_are_likelier_than_menus() {
        let paragraph = "The county council said it had hired forty caseworkers to clear the backlog of plans, and \
            that parents who had waited for more than a year would be told by the end of the month.";
        let text = format!("Home\nNews\nSport\n{}Contact us\nPrivacy", format!("{paragraph}\n").repeat(9));
        let lines = split(&text).lines;
        let known: Vec<_> = lines.iter().map(|line| super::super::phrases::recognise(&line.text)).collect();
        let likely = probabilities(&lines, &known);
        let kept: Vec<bool> = likely.iter().map(|&probability| probability >= 0.5).collect();
        let is_paragraph: Vec<bool> = lines.iter().map(|line| line.text == paragraph).collect();
        assert_eq!(kept, is_paragraph);
    }
}
