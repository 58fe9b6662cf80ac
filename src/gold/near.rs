//! Near-copies across splits: a training passage that shares its wording with a held-out one makes the
//! measured quality too good.
//!
//! *Takes* [`Gold`]. *Gives* pairs of passages of different splits. *Cost*: one hash per word; linear in the
//! number of words unless one run of five words is very common.
//!
//! Two passages are near if they share at least a third of their runs of five words by Jaccard (Broder, "On the
//! resemblance and containment of documents", 1997), or a half of the runs of the shorter one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Gold, Split};
use crate::duplicate::passage_key;

/// Words of a run. Five in a row are rarely the same by chance outside set phrases.
const RUN: usize = 5;

/// Lowest Jaccard similarity of near passages.
const MIN_JACCARD: f64 = 1.0 / 3.0;

/// Lowest share of the shorter passage's runs that the other has too.
const MIN_CONTAINED: f64 = 0.5;

/// Fewest runs a passage must have to be near by containment: a short set phrase ("the council said in a
/// statement") would be contained in anything.
const MIN_RUNS: usize = 4;

/// Two passages that share wording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Number of the passage in the earlier split: train before dev before test.
    pub first: usize,
    /// Number of the other passage.
    pub second: usize,
    /// Shared runs / all runs of both.
    pub jaccard: f64,
    /// Shared runs / runs of the passage with fewer.
    pub contained: f64,
}

/// Finds pairs of passages of different splits that share wording, in order.
#[must_use]
pub fn near(gold: &Gold) -> Vec<Near> {
    let runs: Vec<BTreeSet<u64>> = gold.passages.iter().map(|passage| runs(&passage.text)).collect();
    let mut holders: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, runs) in runs.iter().enumerate() {
        for run in runs {
            holders.entry(*run).or_default().push(index);
        }
    }
    let split = |index: usize| gold.passages[index].split;
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for together in holders.values().filter(|together| together.len() > 1) {
        for (place, &one) in together.iter().enumerate() {
            for &other in together[place + 1..].iter().filter(|&&other| split(other) != split(one)) {
                let pair = if split(one) < split(other) { (one, other) } else { (other, one) };
                *shared.entry(pair).or_default() += 1;
            }
        }
    }
    let measured = shared.into_iter().map(|((first, second), shared)| {
        let (shared, all) = (shared as f64, (runs[first].len() + runs[second].len()) as f64);
        let fewest = runs[first].len().min(runs[second].len());
        Near { first, second, jaccard: shared / (all - shared), contained: shared / fewest as f64 }
    });
    measured
        .filter(|near| {
            let fewest = runs[near.first].len().min(runs[near.second].len());
            near.jaccard >= MIN_JACCARD || (fewest >= MIN_RUNS && near.contained >= MIN_CONTAINED)
        })
        .collect()
}

/// Numbers of the training passages that are near to a held-out one.
#[must_use]
pub fn leaks(gold: &Gold) -> BTreeSet<usize> {
    near(gold)
        .into_iter()
        .filter(|near| gold.passages[near.first].split == Split::Train)
        .map(|near| near.first)
        .collect()
}

/// Hashes of the runs of five words; a shorter text is one run.
fn runs(text: &str) -> BTreeSet<u64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let last = words.len().saturating_sub(RUN);
    (0..=last).map(|start| passage_key(&words[start..words.len().min(start + RUN)].join(" "))).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::codebook::Codebook;
    use crate::gold::GoldPassage;

    fn passage(id: &str, split: Split, text: &str) -> GoldPassage {
        GoldPassage { id: id.into(), article: id.into(), text: text.into(), split, ..GoldPassage::default() }
    }

    #[test]
    fn a_copy_with_a_changed_word_is_near() {
        let passages = vec![
            passage(
                "a",
                Split::Test,
                "The council paid for a taxi on two days of the week, and no more than that.",
            ),
            passage(
                "b",
                Split::Train,
                "the council paid for a taxi on three days of the week and no more than that",
            ),
            passage(
                "c",
                Split::Train,
                "The council paid for a minibus, which the school then kept for its own use.",
            ),
            passage(
                "d",
                Split::Test,
                "The council paid for a taxi on two days of the week, and no more than that.",
            ),
        ];
        let gold = Gold { passages, ..Gold::default() };
        let pairs: Vec<_> = near(&gold).iter().map(|near| (near.first, near.second)).collect();
        assert_eq!(pairs, [(1, 0), (1, 3)]);
        assert_eq!(leaks(&gold), BTreeSet::from([1]));
    }

    #[test]
    fn no_shipped_training_passage_is_near_to_a_held_out_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/annotated");
        let gold = Gold::read(&[folder], &Codebook::shipped().names()).expect("the shipped passages");
        let leaks: Vec<&str> = leaks(&gold).iter().map(|&index| gold.passages[index].id.as_str()).collect();
        assert!(leaks.is_empty(), "remove {leaks:?} from train.jsonl");
    }
}
