//! Batches for engines that want rectangles: passages sorted by length, padded to the longest of their batch.

use crate::protocol::Passage;

/// Passages that go through together.
pub(crate) struct Batch {
    /// Where each row belongs in the order of the passages.
    pub(crate) places: Vec<usize>,
    /// Tokens of the longest.
    pub(crate) width: usize,
}

/// Cuts passages into batches of at most `size`, lengths alike; the longest first, so that memory is claimed once.
pub(crate) fn batches(passages: &[Passage], size: usize) -> Vec<Batch> {
    let mut order: Vec<usize> = (0..passages.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(passages[*place].ids.len()));
    order
        .chunks(size.max(1))
        .map(|places| Batch { places: places.to_vec(), width: passages[places[0]].ids.len() })
        .collect()
}
