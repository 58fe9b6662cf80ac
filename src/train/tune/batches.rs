//! Which passages go through the network together: of like length, so that little is padding.

use crate::random::Random;
use crate::token::Encoding;

/// Batches that are sorted by length together: enough for little padding, few enough for a random mix.
const SORTED_TOGETHER: usize = 16;

/// Passages of one batch where nothing is learned.
const IN_ORDER: usize = 64;

/// All `passages` once in random order, in batches of at most `size`.
pub(super) fn shuffled(
    passages: &[usize],
    encodings: &[Encoding],
    size: usize,
    seed: u64,
) -> Vec<Vec<usize>> {
    let mut random = Random::new(seed);
    let mut order = passages.to_vec();
    random.shuffle(&mut order);
    let mut batches = Vec::new();
    for group in order.chunks_mut(size * SORTED_TOGETHER) {
        group.sort_by_key(|&index| encodings[index].ids.len());
        batches.extend(group.chunks(size).map(<[usize]>::to_vec));
    }
    random.shuffle(&mut batches);
    batches
}

/// All `passages` once, the shortest first.
pub(super) fn in_order(passages: &[usize], encodings: &[Encoding]) -> Vec<Vec<usize>> {
    let mut order = passages.to_vec();
    order.sort_by_key(|&index| encodings[index].ids.len());
    order.chunks(IN_ORDER).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_passage_comes_once_and_the_seed_decides_the_order() {
        let encoding = |index: usize| Encoding {
            ids: vec![0; 3 + index * 7 % 11],
            type_ids: Vec::new(),
            tokens: 1,
            truncated_tokens: 0,
        };
        let encodings: Vec<Encoding> = (0..100).map(encoding).collect();
        let passages: Vec<usize> = (10..100).collect();
        let sorted = |batches: Vec<Vec<usize>>| {
            let mut all: Vec<usize> = batches.concat();
            all.sort_unstable();
            all
        };
        let batches = shuffled(&passages, &encodings, 4, 1);
        assert_eq!(batches, shuffled(&passages, &encodings, 4, 1));
        assert_ne!(batches, shuffled(&passages, &encodings, 4, 2));
        assert!(batches.iter().all(|batch| batch.len() <= 4));
        assert_eq!(sorted(batches), passages);
        assert_eq!(sorted(in_order(&passages, &encodings)), passages);
    }
}
