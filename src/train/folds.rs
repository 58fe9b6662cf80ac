//! Folds for cross-validation that never tear an article apart.
//!
//! Articles are shuffled by a fixed seed and each goes to the fold that has the fewest passages so far,
//! the largest articles first: folds of about equal size (as scikit-learn's `GroupKFold` does).

use std::collections::BTreeMap;

use crate::random::Random;

/// Folds. Five train on 80% of the passages each, at five times the cost of one fit.
pub(super) const FOLDS: usize = 5;

/// Seed of the shuffle. Any number; fixed so that the same passages give the same model.
pub(super) const SEED: u64 = 20_140_901;

/// The fold, below [`FOLDS`], of each passage by the article it belongs to.
pub(super) fn folds(articles: &[&str]) -> Vec<usize> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    articles.iter().for_each(|article| *sizes.entry(article).or_default() += 1);
    let mut order: Vec<(&str, usize)> = sizes.into_iter().collect();
    Random::new(SEED).shuffle(&mut order);
    // Stable: articles of one size stay shuffled.
    order.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let mut filled = [0; FOLDS];
    let mut fold_of = BTreeMap::new();
    for (article, size) in order {
        let fold = (0..FOLDS).min_by_key(|&fold| filled[fold]).expect("there are folds");
        filled[fold] += size;
        fold_of.insert(article, fold);
    }
    articles.iter().map(|article| fold_of[article]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_never_torn_apart_and_folds_are_even() {
        let names: Vec<String> = (0..200).map(|index| format!("a{}", index * index % 37)).collect();
        let articles: Vec<&str> = names.iter().map(String::as_str).collect();
        let folds = folds(&articles);
        let mut sizes = [0; FOLDS];
        for (index, fold) in folds.iter().enumerate() {
            sizes[*fold] += 1;
            let first = articles.iter().position(|article| *article == articles[index]).expect("itself");
            assert_eq!(folds[first], *fold);
        }
        assert!(sizes.iter().all(|size| (30..=50).contains(size)), "{sizes:?}");
        assert_eq!(folds, super::folds(&articles));
    }
}
