//! Batches for engines that want rectangles: passages sorted by length, to be padded to the longest of their batch.

use crate::protocol::Passage;

/// Places of passages in batches of at most `size`, lengths alike; the longest first, in each batch and of all, so
/// that memory is claimed once.
pub(crate) fn batches(passages: &[Passage], size: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..passages.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(passages[*place].ids.len()));
    order.chunks(size.max(1)).map(<[usize]>::to_vec).collect()
}
