//! Quality by kind of outlet, by year, and by whether a passage can be understood alone.

use std::collections::BTreeMap;

use serde::Serialize;

use super::counts::Tallied;
use super::{Prediction, truth};
use crate::gold::{Gold, GoldPassage};

/// Fewest passages of a row by year; years with fewer are joined with those after them.
const MIN_PASSAGES: usize = 30;

/// Quality on the passages of one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupQuality {
    /// The outlet kind, the year or span of years, or what the group is.
    pub name: String,
    /// Articles.
    pub articles: usize,
    /// Passages.
    pub passages: u64,
    /// Mean of the themes' F1; `None` if none was given or deserved.
    pub macro_f1: Option<f64>,
    /// F1 over all decisions about themes together.
    pub micro_f1: Option<f64>,
    /// Mean of the sentiments' F1.
    pub sentiment_macro_f1: Option<f64>,
}

/// Passages by their place in a list, in groups.
type Groups<K> = BTreeMap<K, Vec<usize>>;

fn group<'a, K: Ord>(
    gold: &'a Gold,
    passages: &[usize],
    key: impl Fn(&'a GoldPassage) -> Option<K>,
) -> Groups<K> {
    let mut groups = Groups::new();
    for (place, &index) in passages.iter().enumerate() {
        if let Some(key) = key(&gold.passages[index]) {
            groups.entry(key).or_default().push(place);
        }
    }
    groups
}

fn measure(
    name: String,
    places: &[usize],
    (gold, passages, predictions): (&Gold, &[usize], &[Prediction]),
) -> GroupQuality {
    let mut tallied = Tallied::new(gold.themes.len());
    let members: Vec<usize> = places.iter().map(|&place| passages[place]).collect();
    for &place in places {
        tallied.add(truth(gold, passages[place]), &predictions[place].labels);
    }
    GroupQuality {
        name,
        articles: gold.articles(&members),
        passages: tallied.passages,
        macro_f1: tallied.macro_f1(),
        micro_f1: tallied.micro_f1(),
        sentiment_macro_f1: tallied.sentiment_macro_f1(),
    }
}

/// Per outlet kind, by name.
pub(super) fn kinds(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<GroupQuality> {
    let groups = group(gold, passages, |passage| passage.outlet_kind.as_deref());
    let all = (gold, passages, predictions);
    groups.into_iter().map(|(kind, places)| measure(kind.to_owned(), &places, all)).collect()
}

/// Passages that can be understood alone, and those that need their headline or what stands before.
pub(super) fn contexts(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<GroupQuality> {
    let name = |needs_context: bool| if needs_context { "needs context" } else { "stands alone" }.to_owned();
    let groups = group(gold, passages, |passage| passage.needs_context);
    let all = (gold, passages, predictions);
    groups.into_iter().map(|(needs_context, places)| measure(name(needs_context), &places, all)).collect()
}

/// Per year; years of few passages join the next, the last ones the span before.
pub(super) fn years(gold: &Gold, passages: &[usize], predictions: &[Prediction]) -> Vec<GroupQuality> {
    let mut spans: Vec<(i16, i16, Vec<usize>)> = Vec::new();
    for (year, places) in group(gold, passages, |passage| passage.year) {
        match spans.last_mut() {
            Some((_, last, before)) if before.len() < MIN_PASSAGES => {
                *last = year;
                before.extend(places);
            }
            _ => spans.push((year, year, places)),
        }
    }
    if let [.., _, (_, _, rest)] = spans.as_slice()
        && rest.len() < MIN_PASSAGES
    {
        let (_, end, rest) = spans.pop().expect("there are two");
        let (_, last, before) = spans.last_mut().expect("there was another");
        *last = end;
        before.extend(rest);
    }
    let all = (gold, passages, predictions);
    let name = |first: i16, last: i16| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    spans.into_iter().map(|(first, last, places)| measure(name(first, last), &places, all)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Labels, Scores, Sentiment};

    #[test]
    fn years_of_few_passages_are_joined() {
        let counts = [(2010, 14), (2011, 51), (2012, 12), (2014, 18), (2016, 30), (2020, 40), (2021, 3)];
        let year = |(year, count): (i16, usize)| {
            std::iter::repeat_n(GoldPassage { year: Some(year), ..GoldPassage::default() }, count)
        };
        let passages: Vec<_> = counts.into_iter().flat_map(year).collect();
        let numbers: Vec<usize> = (0..passages.len()).collect();
        let labels = Labels { is_relevant: true, themes: Vec::new(), sentiment: Sentiment::Neutral };
        let scores = Scores {
            themes: Vec::new(),
            relevant: 1.0,
            sentiment: [0.0, 1.0, 0.0],
            tokens: 0,
            truncated_tokens: 0,
        };
        let predictions = vec![Prediction { scores, labels }; passages.len()];
        let gold = Gold { passages, ..Gold::default() };
        let found = years(&gold, &numbers, &predictions);
        let shown: Vec<_> = found.iter().map(|row| (row.name.as_str(), row.passages)).collect();
        assert_eq!(shown, [("2010–2011", 65), ("2012–2014", 30), ("2016", 30), ("2020–2021", 43)]);
    }
}
