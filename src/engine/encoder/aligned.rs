//! A buffer of numbers that starts on a cache line: a vector load across two lines costs twice.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
pub(super) const LINE: usize = 64;

/// Numbers that start on a cache line, all 0 at first.
#[derive(Debug, Default)]
pub(super) struct Aligned<T = f32> {
    /// The numbers, with room before them; never grows in place, which would move them.
    values: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// A buffer of `length` zeros.
    pub(super) fn zeros(length: usize) -> Self {
        let values = vec![T::default(); length + LINE / size_of::<T>() - 1];
        let start = (LINE - values.as_ptr().addr() % LINE) % LINE / size_of::<T>();
        Self { values, start, length }
    }

    /// A buffer of at least `length` numbers, keeping this one if it is long enough.
    pub(super) fn at_least(&mut self, length: usize) -> &mut [T] {
        if self.length < length {
            *self = Self::zeros(length);
        }
        &mut self[..length]
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_on_a_cache_line() {
        for length in [0, 1, 15, 16, 17, 100_000] {
            let (floats, bytes) = (Aligned::<f32>::zeros(length), Aligned::<i8>::zeros(length));
            assert_eq!((floats.len(), bytes.len()), (length, length));
            assert_eq!((floats.as_ptr().addr() % LINE, bytes.as_ptr().addr() % LINE), (0, 0));
        }
    }
}
