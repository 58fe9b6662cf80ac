//! A buffer of f32 that starts on a cache line: a vector load across two lines costs twice.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// Numbers that start on a cache line, all 0 at first.
#[derive(Debug, Default)]
pub(super) struct Aligned {
    /// The numbers, with room before them; never grows in place, which would move them.
    values: Vec<f32>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// A buffer of `length` zeros.
    pub(super) fn zeros(length: usize) -> Self {
        let values = vec![0.0; length + LINE / size_of::<f32>() - 1];
        let start = (LINE - values.as_ptr().addr() % LINE) % LINE / size_of::<f32>();
        Self { values, start, length }
    }

    /// A buffer of at least `length` numbers, keeping this one if it is long enough.
    pub(super) fn at_least(&mut self, length: usize) -> &mut [f32] {
        if self.length < length {
            *self = Self::zeros(length);
        }
        &mut self[..length]
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.start..self.start + self.length]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_on_a_cache_line() {
        for length in [0, 1, 15, 16, 17, 100_000] {
            let buffer = Aligned::zeros(length);
            assert_eq!(buffer.len(), length);
            assert_eq!(buffer.as_ptr().addr() % LINE, 0);
        }
    }
}
